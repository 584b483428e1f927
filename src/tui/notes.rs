//! What the program has to say: errors that stay until dismissed, short notes that go, and all of them to read again.

use std::collections::VecDeque;

use crate::domain::{Failure, Moment};

/// How many are kept.
const KEPT: usize = 500;
/// How long a short note stays, in milliseconds.
const STAYS: i64 = 6_000;

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// When.
    pub at: Moment,
    /// What.
    pub text: Said,
}

/// A short note, or an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A short note.
    Word(String),
    /// An error.
    Error(Failure),
}

/// Everything that was said.
#[derive(Debug, Default)]
pub struct Notes {
    /// All, the oldest first.
    pub all: VecDeque<Note>,
    /// The error that waits to be dismissed.
    pub error: Option<Failure>,
    /// The note that is shown, and until when.
    pub word: Option<(String, Moment)>,
}

impl Notes {
    /// Says something.
    pub fn say(&mut self, now: Moment, text: impl Into<String>) {
        let text = text.into();
        self.word = Some((text.clone(), Moment(now.0 + STAYS)));
        self.keep(Note { at: now, text: Said::Word(text) });
    }

    /// Reports an error.
    pub fn fail(&mut self, now: Moment, failure: Failure) {
        self.error = Some(failure.clone());
        self.keep(Note { at: now, text: Said::Error(failure) });
    }

    /// Lets a note go whose time is over.
    pub fn age(&mut self, now: Moment) {
        if self.word.as_ref().is_some_and(|(_, until)| *until <= now) {
            self.word = None;
        }
    }

    fn keep(&mut self, note: Note) {
        if self.all.len() == KEPT {
            self.all.pop_front();
        }
        self.all.push_back(note);
    }
}
