//! Progress of one task, held back: two messages a second, only when something changed, never backwards. Pure.

use std::time::{Duration, Instant};

/// At most one message in this time: each is a row and a broadcast on the server.
pub const EVERY: Duration = Duration::from_millis(500);

/// What a `PROGRESS` carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// 0 to 100.
    pub percent: u8,
    /// For people; see `domain::Phase` for those of an install.
    pub message: String,
}

/// The newest progress of a task, and what of it was sent.
#[derive(Debug, Default)]
pub struct Throttle {
    newest: Option<Progress>,
    sent: Option<(Progress, Instant)>,
}

impl Throttle {
    /// Takes a progress in. A smaller number than before is raised to it.
    pub fn note(&mut self, percent: u8, message: String) {
        let least = self.newest.as_ref().map_or(0, |newest| newest.percent);
        self.newest = Some(Progress { percent: percent.min(100).max(least), message });
    }

    /// When the next message is due; `None` when there is nothing new to say.
    pub fn due(&self) -> Option<Due> {
        let newest = self.newest.as_ref()?;
        match &self.sent {
            None => Some(Due::Now),
            Some((sent, _)) if sent == newest => None,
            Some((_, at)) => Some(Due::At(*at + EVERY)),
        }
    }

    /// The message to send, if it is due at `now`.
    pub fn take(&mut self, now: Instant) -> Option<Progress> {
        match self.due()? {
            Due::At(at) if at > now => None,
            Due::At(_) | Due::Now => self.flush(now),
        }
    }

    /// The message that is still unsaid, due or not: the last one before a result.
    pub fn flush(&mut self, now: Instant) -> Option<Progress> {
        self.due()?;
        let newest = self.newest.clone()?;
        self.sent = Some((newest.clone(), now));
        Some(newest)
    }

    /// The newest progress, to answer an inquiry.
    pub fn newest(&self) -> Option<&Progress> {
        self.newest.as_ref()
    }
}

/// When a message is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Now.
    Now,
    /// Not before then.
    At(Instant),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_messages_a_second_and_the_newest_wins() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut throttle = Throttle::default();
        assert_eq!(throttle.take(start), None, "nothing noted");
        throttle.note(1, "a".into());
        assert_eq!(throttle.take(start).unwrap().message, "a");
        throttle.note(2, "b".into());
        throttle.note(3, "c".into());
        assert_eq!(throttle.take(at(499)), None);
        assert_eq!(throttle.due(), Some(Due::At(at(500))));
        assert_eq!(throttle.take(at(500)).unwrap().message, "c");
        assert_eq!(throttle.take(at(2000)), None, "nothing changed");
    }

    #[test]
    fn progress_never_goes_backwards() {
        let mut throttle = Throttle::default();
        throttle.note(40, "pull".into());
        throttle.note(10, "pull again".into());
        assert_eq!(throttle.newest(), Some(&Progress { percent: 40, message: "pull again".into() }));
        throttle.note(255, "done".into());
        assert_eq!(throttle.newest().unwrap().percent, 100);
    }

    #[test]
    fn what_was_held_back_is_said_before_the_result() {
        let start = Instant::now();
        let mut throttle = Throttle::default();
        throttle.note(1, "a".into());
        throttle.take(start);
        throttle.note(99, "last".into());
        assert_eq!(throttle.flush(start).unwrap().message, "last");
        assert_eq!(throttle.flush(start), None);
    }
}
