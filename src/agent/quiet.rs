//! Warnings that do not repeat themselves for ever: an outage of a night is a handful of lines.

use std::time::{Duration, Instant};

/// The same warning is said again after this time, with the number of times that it was held back.
const AGAIN: Duration = Duration::from_hours(1);

/// The last warning about one thing.
#[derive(Debug, Default)]
pub struct Quiet {
    last: Option<(String, Instant)>,
    held_back: u64,
}

impl Quiet {
    /// What to say now; `None`: it was said already. `now` is passed so that this can be tested.
    pub fn word(&mut self, text: &str, now: Instant) -> Option<String> {
        match &self.last {
            Some((said, at)) if said == text && now < *at + AGAIN => {
                self.held_back += 1;
                return None;
            }
            _ => {}
        }
        let held_back = std::mem::take(&mut self.held_back);
        let is_again = self.last.as_ref().is_some_and(|(said, _)| said == text);
        self.last = Some((text.to_owned(), now));
        Some(if is_again { format!("{text} (still so, after {held_back} more attempts)") } else { text.to_owned() })
    }

    /// Warns, unless the same was said a short time ago.
    pub fn warn(&mut self, text: &str) {
        if let Some(word) = self.word(text, Instant::now()) {
            tracing::warn!("{word}");
        }
    }

    /// It works again: the next warning is news. Says whether there had been one.
    pub fn over(&mut self) -> bool {
        self.held_back = 0;
        self.last.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_warning_is_said_once_an_hour_and_another_one_at_once() {
        let start = Instant::now();
        let at = |minutes| start + Duration::from_mins(minutes);
        let mut quiet = Quiet::default();
        assert_eq!(quiet.word("no route", start).as_deref(), Some("no route"));
        assert_eq!(quiet.word("no route", at(1)), None);
        assert_eq!(quiet.word("no route", at(59)), None);
        assert_eq!(quiet.word("no route", at(60)).as_deref(), Some("no route (still so, after 2 more attempts)"));
        assert_eq!(quiet.word("refused", at(61)).as_deref(), Some("refused"));
        assert!(quiet.over() && !quiet.over());
        assert_eq!(quiet.word("refused", at(62)).as_deref(), Some("refused"));
    }
}
