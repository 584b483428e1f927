//! When lists are read again that a server does not push. How long a reading takes is not looked at here: whoever reads
//! leaves out what comes too early.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future;

use super::{super::meter::Meter, backoff, changes::Topic};
use crate::domain::Speed;

/// How often a list that cannot be pushed is read again while somebody looks at it …
const LOOKED_AT: Duration = Duration::from_secs(3);

/// … and how often while nobody does.
const ASIDE: Duration = Duration::from_secs(15);

/// Over a slow link everything is read so many times less often.
const PATIENCE: u32 = 4;

/// When which list is read again.
#[derive(Default)]
pub(super) struct Polls {
    at: BTreeMap<Topic, tokio::time::Instant>,
    meter: Meter,
    is_paused: bool,
}

impl Polls {
    pub fn new(meter: &Meter, topics: Vec<Topic>, looked_at: &[Topic]) -> Self {
        let mut polls = Self { meter: meter.clone(), ..Self::default() };
        for topic in topics {
            polls.add(topic, looked_at);
        }
        polls
    }

    /// The list is read after its pause from now on, give or take a fifth: many clients do not come together.
    pub fn add(&mut self, topic: Topic, looked_at: &[Topic]) {
        let pause = if looked_at.contains(&topic) { LOOKED_AT } else { ASIDE };
        let pause = if self.meter.speed() == Speed::Slow { pause * PATIENCE } else { pause };
        let spread = pause * 2 / 5 * u32::from(backoff::jitter()) / 100;
        self.at.insert(topic, tokio::time::Instant::now() + pause * 4 / 5 + spread);
    }

    /// These lists are told by the server from now on.
    pub fn forget(&mut self, topics: &[Topic]) {
        self.at.retain(|topic, _| !topics.contains(topic));
    }

    /// Nobody looks at all, and nothing is read again until somebody does.
    pub fn pause(&mut self) {
        self.is_paused = true;
    }

    /// Whether nobody looks at all.
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Somebody looks at other lists now: those are not waited for any longer than usual.
    pub fn hurry(&mut self, looked_at: &[Topic]) {
        self.is_paused = false;
        let soon = tokio::time::Instant::now() + LOOKED_AT / 3;
        for (topic, at) in &mut self.at {
            if looked_at.contains(topic) {
                *at = (*at).min(soon);
            }
        }
    }

    /// The lists that are due, once some are; they are taken out.
    pub async fn due(&mut self) -> Vec<Topic> {
        if self.is_paused {
            return future::pending().await;
        }
        let Some(first) = self.at.values().min().copied() else { return future::pending().await };
        tokio::time::sleep_until(first).await;
        let now = tokio::time::Instant::now();
        let due: Vec<_> = self.at.iter().filter(|(_, at)| **at <= now).map(|(topic, _)| *topic).collect();
        self.at.retain(|topic, _| !due.contains(topic));
        due
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::super::super::meter::LowBandwidth;
    use super::*;

    #[test]
    fn what_is_looked_at_is_read_more_often() {
        let mut polls = Polls::new(&Meter::default(), vec![Topic::Pods, Topic::Tasks], &[Topic::Pods]);
        let now = tokio::time::Instant::now();
        let wait = |polls: &Polls, topic| polls.at[&topic].saturating_duration_since(now);
        assert!(wait(&polls, Topic::Pods) <= LOOKED_AT * 6 / 5);
        assert!(wait(&polls, Topic::Tasks) >= ASIDE * 3 / 5);
        polls.hurry(&[Topic::Tasks]);
        assert!(wait(&polls, Topic::Tasks) <= LOOKED_AT);
        polls.add(Topic::Pods, &[Topic::Tasks]);
        assert!(wait(&polls, Topic::Pods) >= ASIDE * 3 / 5);
        polls.meter.hold(LowBandwidth::On, None);
        polls.add(Topic::Pods, &[Topic::Pods]);
        assert!(wait(&polls, Topic::Pods) >= LOOKED_AT * 3, "a slow link is asked more seldom");
        polls.forget(&[Topic::Pods]);
        assert_eq!(polls.at.keys().collect::<Vec<_>>(), [&Topic::Tasks]);
    }

    #[tokio::test]
    async fn nothing_is_read_again_while_nobody_looks() {
        let mut polls = Polls::new(&Meter::default(), vec![Topic::Pods], &[Topic::Pods]);
        let past = tokio::time::Instant::now();
        polls.at.insert(Topic::Pods, past);
        polls.pause();
        assert_eq!(polls.due().now_or_never(), None);
        polls.hurry(&[Topic::Pods]);
        assert_eq!(polls.due().await, [Topic::Pods]);
    }
}
