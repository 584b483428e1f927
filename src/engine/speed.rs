//! How fast this engine has fetched images lately: what the next installation will take is guessed by it.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// So many pulls count, the newest ones: links change.
const PULLS: usize = 5;

/// Less than this is no measure: a pull begins with questions.
const BYTES: u64 = 1_000_000;

/// The newest pulls, since the engine was started.
#[derive(Debug, Default)]
pub struct Speed(Mutex<VecDeque<(u64, Duration)>>);

impl Speed {
    /// A pull that went well: the bytes that travelled, and how long it took with all unpacking.
    pub fn note(&self, bytes: u64, took: Duration) {
        if bytes < BYTES {
            return;
        }
        let mut pulls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pulls.push_back((bytes, took));
        while pulls.len() > PULLS {
            pulls.pop_front();
        }
    }

    /// Bytes a second; `None` before anything was fetched.
    pub fn lately(&self) -> Option<u64> {
        let pulls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: u128 = pulls.iter().map(|(bytes, _)| u128::from(*bytes)).sum();
        let took: Duration = pulls.iter().map(|(_, took)| *took).sum();
        let rate = bytes * 1000 / took.as_millis().max(1);
        u64::try_from(rate).ok().filter(|rate| *rate > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_pulls_count_by_their_bytes_and_small_ones_do_not() {
        let speed = Speed::default();
        assert_eq!(speed.lately(), None);
        speed.note(999, Duration::from_mins(1));
        assert_eq!(speed.lately(), None);
        speed.note(30_000_000, Duration::from_secs(2));
        speed.note(10_000_000, Duration::from_secs(3));
        assert_eq!(speed.lately(), Some(8_000_000));
        for _ in 0..PULLS {
            speed.note(5_000_000, Duration::from_secs(5));
        }
        assert_eq!(speed.lately(), Some(1_000_000));
        speed.note(u64::MAX, Duration::ZERO);
        assert!(speed.lately() > Some(1_000_000));
    }
}
