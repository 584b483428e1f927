//! How work tells what it does: progress, log, results.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use super::{Level, mailbox::Mailbox};
use crate::domain::{Phase, PullProgress};

/// Speaks about one task; cheap to clone. After the task's end it is mute.
#[derive(Debug, Clone)]
pub struct Reporter {
    task: String,
    mailbox: Arc<Mailbox>,
}

impl Reporter {
    pub(super) fn new(task: String, mailbox: Arc<Mailbox>) -> Self {
        Self { task, mailbox }
    }

    /// One that nobody hears.
    #[cfg(test)]
    pub fn unheard(task: &str) -> Self {
        Self::new(task.to_owned(), Arc::new(Mailbox::open(None)))
    }

    /// The task's id.
    pub fn task(&self) -> &str {
        &self.task
    }

    /// How far it is, 0 to 100. Sent twice a second at most; smaller numbers than before are raised.
    pub fn progress(&self, percent: u8, message: impl Into<String>) {
        self.mailbox.progress(&self.task, percent, message.into());
    }

    /// The phase of an install, with more words where there are any.
    pub fn phase(&self, percent: u8, phase: Phase, more: &str) {
        let heading = phase.heading();
        self.progress(percent, if more.is_empty() { heading.to_owned() } else { format!("{heading}: {more}") });
    }

    /// How far a pull is, between the percentages `from` and `to`.
    pub fn pull(&self, pull: &PullProgress, from: u8, to: u8) {
        let (current, total) = pull.bytes();
        let (here, all) = pull.counts();
        // Bytes say it best; layers are what some engines tell.
        let (done, whole) = match total {
            Some(total) => (current, total),
            None => (here as u64, all as u64),
        };
        let width = u64::from(to.saturating_sub(from));
        let gained = (done.min(whole) * width).checked_div(whole).unwrap_or(0);
        self.progress(from + u8::try_from(gained).unwrap_or(0), pull.to_message());
    }

    /// A message of the task's log.
    pub fn log(&self, level: Level, message: impl AsRef<str>) {
        self.mailbox.log(&self.task, level, message.as_ref());
    }

    /// A result, by port key. A function calls it once, a generator as often as it likes. Waits while the socket lags.
    pub async fn yield_result(&self, returns: Value) {
        self.mailbox.result(&self.task, returns).await;
    }

    /// Returns when nobody can have heard anything for that long, because the connection is lost.
    pub async fn lost_for(&self, time: Duration) {
        self.mailbox.standing.lost_for(time).await;
    }
}
