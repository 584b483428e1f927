//! How long to wait before trying again: doubles from half a second to half a minute (or, for what hardly passes by
//! itself, from there to ten minutes), with a spread so that agents that lost the same server do not return in step. Pure.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);
const SLOWEST: Duration = Duration::from_mins(10);

/// The wait before the attempt after `failures` failures in a row. `spread` is 0 to 255 and adds up to a quarter.
pub fn backoff(failures: u32, spread: u8) -> Duration {
    grown(FIRST, LONGEST, failures, spread)
}

/// As [`backoff`], for what hardly passes by itself: half a minute to ten minutes.
pub fn slowly(failures: u32, spread: u8) -> Duration {
    grown(LONGEST, SLOWEST, failures, spread)
}

fn grown(first: Duration, longest: Duration, failures: u32, spread: u8) -> Duration {
    let doubled = 2_u32.checked_pow(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    let base = first.saturating_mul(doubled).min(longest);
    base + base / 4 * u32::from(spread) / 255
}

/// A spread that differs between calls.
pub fn spread() -> u8 {
    uuid::Uuid::new_v4().as_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_its_limit() {
        for (failures, milliseconds) in
            [(0, 500), (1, 500), (2, 1000), (3, 2000), (6, 16_000), (7, 30_000), (40, 30_000), (u32::MAX, 30_000)]
        {
            assert_eq!(backoff(failures, 0), Duration::from_millis(milliseconds), "after {failures}");
        }
    }

    #[test]
    fn the_spread_adds_a_quarter_at_most() {
        assert_eq!(backoff(1, 255), Duration::from_millis(625));
        assert!(backoff(7, 255) <= Duration::from_millis(37_500));
        assert!(slowly(u32::MAX, 255) <= Duration::from_secs(750));
    }
}
