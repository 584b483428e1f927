//! What the program has to say: errors that stay until dismissed, short notes that go, and all of them to read again.

use std::collections::VecDeque;

use crate::domain::{Failure, FailureKind, Moment};

/// How many are kept.
const KEPT: usize = 500;
/// Errors that wait to be dismissed, at most; the oldest are still in the list.
const WAITING: usize = 50;
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

/// An error that waits to be dismissed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What went wrong.
    pub failure: Failure,
    /// When it was reported last.
    pub at: Moment,
    /// How often.
    pub times: u32,
    /// The context and the address of the server that it is about, where another one is shown by now.
    pub elsewhere: Option<(String, String)>,
}

/// Everything that was said.
#[derive(Debug, Default)]
pub struct Notes {
    /// All, the oldest first.
    pub all: VecDeque<Note>,
    /// The errors that wait to be dismissed, the newest last.
    pub troubles: Vec<Trouble>,
    /// The note that is shown, and until when.
    pub word: Option<(String, Moment)>,
    /// Errors that are not in the log of this program yet.
    unwritten: Vec<Failure>,
}

impl Notes {
    /// Says something.
    pub fn say(&mut self, now: Moment, text: impl Into<String>) {
        let text = text.into();
        self.word = Some((text.clone(), Moment(now.0 + STAYS)));
        self.keep(Note { at: now, text: Said::Word(text) });
    }

    /// Writes something down that need not be seen at once.
    pub fn record(&mut self, now: Moment, text: impl Into<String>) {
        self.keep(Note { at: now, text: Said::Word(text.into()) });
    }

    /// Writes an error down that is seen elsewhere on the screen.
    pub fn record_failure(&mut self, now: Moment, failure: Failure) {
        if self.unwritten.len() < WAITING {
            self.unwritten.push(failure.clone());
        }
        self.keep(Note { at: now, text: Said::Error(failure) });
    }

    /// Reports an error. It lies over those that wait; one that waits already comes to the top.
    pub fn fail(&mut self, now: Moment, failure: Failure) {
        let known = self.troubles.iter().position(|trouble| trouble.failure == failure && trouble.elsewhere.is_none());
        let times = known.map_or(0, |at| self.troubles.remove(at).times);
        if self.troubles.len() == WAITING {
            self.troubles.remove(0);
        }
        self.troubles.push(Trouble { failure: failure.clone(), at: now, times: times + 1, elsewhere: None });
        // It is newer than what was said before.
        self.word = None;
        self.record_failure(now, failure);
    }

    /// The error on top.
    pub fn error(&self) -> Option<&Failure> {
        self.troubles.last().map(|trouble| &trouble.failure)
    }

    /// Dismisses the error on top; the one below is seen again.
    pub fn dismiss(&mut self) -> Option<Trouble> {
        self.troubles.pop()
    }

    /// Another server is shown from now on, of that context. What went wrong at this one is still to be read, and says where
    /// it was; that it could not be reached is nothing to do there.
    pub fn leave(&mut self, (context, url): (&str, &str), next: &str) {
        let is_about_way = |kind: FailureKind| matches!(kind, FailureKind::Network | FailureKind::SignIn);
        self.troubles.retain(|trouble| !is_about_way(trouble.failure.kind));
        for trouble in &mut self.troubles {
            let place = trouble.elsewhere.take().unwrap_or_else(|| (context.to_owned(), url.to_owned()));
            trouble.elsewhere = Some(place).filter(|(context, _)| context != next);
        }
    }

    /// Errors that have to be written to the log of this program.
    pub fn take_unwritten(&mut self) -> Vec<Failure> {
        std::mem::take(&mut self.unwritten)
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
