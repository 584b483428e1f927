//! How long to wait before the next attempt.

use std::time::Duration;

/// 1, 2, 4 … 60 s for the first, second, third … failure in a row; `jitter` in 0 to 99 takes up to a fifth away, so that
/// many clients do not come back together.
pub fn delay(failures: u32, jitter: u8) -> Duration {
    const LONGEST: u64 = 60_000;
    let whole = 1000_u64.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST);
    Duration::from_millis(whole - whole / 5 * u64::from(jitter.min(99)) / 100)
}

/// A number in 0 to 99 out of the system's clock.
pub(super) fn jitter() -> u8 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u8::try_from(now.subsec_micros() % 100).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_up_to_a_minute() {
        let seconds: Vec<u64> = (0..9).map(|failures| delay(failures, 0).as_secs()).collect();
        assert_eq!(seconds, [1, 1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(delay(u32::MAX, 0), Duration::from_mins(1));
        assert_eq!(delay(1, 50), Duration::from_millis(900));
        assert!(delay(9, 99) >= Duration::from_secs(48));
    }
}
