//! When lists are read again that a server does not push. How long a reading takes is not looked at here: whoever reads
//! leaves out what comes too early.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future;

use super::{backoff, changes::Topic};

/// How often a list that cannot be pushed is read again while somebody looks at it …
const LOOKED_AT: Duration = Duration::from_secs(3);

/// … and how often while nobody does.
const ASIDE: Duration = Duration::from_secs(15);

/// When which list is read again.
#[derive(Default)]
pub(super) struct Polls(BTreeMap<Topic, tokio::time::Instant>);

impl Polls {
    pub fn new(topics: Vec<Topic>, looked_at: &[Topic]) -> Self {
        let mut polls = Self::default();
        for topic in topics {
            polls.add(topic, looked_at);
        }
        polls
    }

    /// The list is read after its pause from now on, give or take a fifth: many clients do not come together.
    pub fn add(&mut self, topic: Topic, looked_at: &[Topic]) {
        let pause = if looked_at.contains(&topic) { LOOKED_AT } else { ASIDE };
        let spread = pause * 2 / 5 * u32::from(backoff::jitter()) / 100;
        self.0.insert(topic, tokio::time::Instant::now() + pause * 4 / 5 + spread);
    }

    /// These lists are told by the server from now on.
    pub fn forget(&mut self, topics: &[Topic]) {
        self.0.retain(|topic, _| !topics.contains(topic));
    }

    /// Somebody looks at other lists now: those are not waited for any longer than usual.
    pub fn hurry(&mut self, looked_at: &[Topic]) {
        let soon = tokio::time::Instant::now() + LOOKED_AT / 3;
        for (topic, at) in &mut self.0 {
            if looked_at.contains(topic) {
                *at = (*at).min(soon);
            }
        }
    }

    /// The lists that are due, once some are; they are taken out.
    pub async fn due(&mut self) -> Vec<Topic> {
        let Some(first) = self.0.values().min().copied() else { return future::pending().await };
        tokio::time::sleep_until(first).await;
        let now = tokio::time::Instant::now();
        let due: Vec<_> = self.0.iter().filter(|(_, at)| **at <= now).map(|(topic, _)| *topic).collect();
        self.0.retain(|topic, _| !due.contains(topic));
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_at_is_read_more_often() {
        let mut polls = Polls::new(vec![Topic::Pods, Topic::Tasks], &[Topic::Pods]);
        let now = tokio::time::Instant::now();
        let wait = |polls: &Polls, topic| polls.0[&topic].saturating_duration_since(now);
        assert!(wait(&polls, Topic::Pods) <= LOOKED_AT * 6 / 5);
        assert!(wait(&polls, Topic::Tasks) >= ASIDE * 3 / 5);
        polls.hurry(&[Topic::Tasks]);
        assert!(wait(&polls, Topic::Tasks) <= LOOKED_AT);
        polls.add(Topic::Pods, &[Topic::Tasks]);
        assert!(wait(&polls, Topic::Pods) >= ASIDE * 3 / 5);
        polls.forget(&[Topic::Pods]);
        assert_eq!(polls.0.keys().collect::<Vec<_>>(), [&Topic::Tasks]);
    }
}
