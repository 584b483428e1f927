//! What a link is like, estimated from what is measured anyway. Pure.
//!
//! A pong takes one round trip. The first byte of an answer takes one and the server's work, so that of these the
//! shortest of the last few counts. How much comes through is measured while answers arrive.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::Speed;

/// First bytes of answers that are remembered.
const FIRSTS: usize = 6;

/// Shorter transfers say more about buffers than about the link.
const SAMPLE: u64 = 8 * 1024;

/// More than this is simply enough.
const ENOUGH: u64 = 256 * 1024;

/// The link counts as slow above this round trip, or below so many bytes a second …
const SLOW: (Duration, u64) = (Duration::from_millis(400), 64 * 1024);

/// … and as usual again below this one and above so many: a link at the border does not flutter.
const USUAL: (Duration, u64) = (Duration::from_millis(300), 96 * 1024);

/// The estimate.
#[derive(Debug, Clone, Default)]
pub struct Estimate {
    pong: Option<Duration>,
    firsts: VecDeque<Duration>,
    rate: Option<u64>,
    speed: Speed,
}

impl Estimate {
    /// A ping came back.
    pub fn pong(&mut self, took: Duration) {
        self.pong = Some(self.pong.map_or(took, |smooth| (smooth * 3 + took) / 4));
        self.judge();
    }

    /// Pings are too long ago to count.
    pub fn forget_pongs(&mut self) {
        self.pong = None;
    }

    /// The first byte of an answer came so long after its question.
    pub fn first_byte(&mut self, took: Duration) {
        if self.firsts.len() == FIRSTS {
            self.firsts.pop_front();
        }
        self.firsts.push_back(took);
        self.judge();
    }

    /// So many bytes came in that time, of everything that came at once.
    pub fn transfer(&mut self, bytes: u64, took: Duration) {
        if bytes < SAMPLE {
            return;
        }
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
        let sample = (bytes.saturating_mul(1000) / millis).min(ENOUGH);
        self.rate = Some(match self.rate {
            None => sample,
            // Trouble is believed sooner than its end.
            Some(known) if sample < known => u64::midpoint(known, sample),
            Some(known) => (known * 7 + sample) / 8,
        });
        self.judge();
    }

    /// The round trip, where enough was measured to tell.
    pub fn round_trip(&self) -> Option<Duration> {
        // The first answer of all had to wait for its connection, too.
        self.pong.or_else(|| self.firsts.iter().min().copied().filter(|_| self.firsts.len() > 1))
    }

    /// What comes through in a second, where enough was measured to tell.
    pub fn rate(&self) -> Option<u64> {
        self.rate
    }

    /// Whether the link is slow.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    fn judge(&mut self) {
        let exceeds = |(trip, rate): (Duration, u64)| {
            self.round_trip().is_some_and(|known| known > trip) || self.rate.is_some_and(|known| known < rate)
        };
        let limits = if self.speed == Speed::Slow { USUAL } else { SLOW };
        self.speed = if exceeds(limits) { Speed::Slow } else { Speed::Usual };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(number: u64) -> Duration {
        Duration::from_millis(number)
    }

    #[test]
    fn a_server_that_works_long_is_no_slow_link() {
        let mut estimate = Estimate::default();
        for took in [900, 2_000, 30, 4_000, 5_000, 3_000] {
            estimate.first_byte(millis(took));
        }
        assert_eq!((estimate.round_trip(), estimate.speed()), (Some(millis(30)), Speed::Usual));
    }

    #[test]
    fn one_answer_alone_says_nothing() {
        let mut estimate = Estimate::default();
        estimate.first_byte(millis(2_000));
        assert_eq!((estimate.round_trip(), estimate.speed()), (None, Speed::Usual));
    }

    #[test]
    fn a_link_at_the_border_does_not_flutter() {
        let mut estimate = Estimate::default();
        let mut speeds = Vec::new();
        for took in [450, 390, 410, 390, 350, 450] {
            estimate.pong(millis(took));
            speeds.push(estimate.speed());
        }
        assert_eq!(speeds, [Speed::Slow; 6]);
        for _ in 0..8 {
            estimate.pong(millis(40));
        }
        assert_eq!(estimate.speed(), Speed::Usual);
    }

    #[test]
    fn what_comes_through_counts_too_and_trouble_is_believed_sooner_than_its_end() {
        let mut estimate = Estimate::default();
        estimate.transfer(1_000, millis(10_000));
        assert_eq!(estimate.rate(), None, "too little to tell");
        estimate.transfer(1 << 20, millis(1));
        assert_eq!(estimate.speed(), Speed::Usual);
        let slow = (0..9).take_while(|_| {
            estimate.transfer(16 * 1024, millis(1_000));
            estimate.speed() == Speed::Usual
        });
        assert_eq!(slow.count(), 2);
        for _ in 0..2 {
            estimate.transfer(1 << 20, millis(1));
            assert_eq!(estimate.speed(), Speed::Slow, "one good answer is not the end of it");
        }
        estimate.transfer(1 << 20, millis(1));
        assert_eq!(estimate.speed(), Speed::Usual);
    }
}
