//! The lines of a log, bounded, with the ones that a filter shows and the ones that a search found.

use std::collections::VecDeque;

use super::ansi;
use crate::domain::{LogLine, LogSource, Moment};

/// Lines that are kept at most.
pub const MOST_LINES: usize = 50_000;
/// Bytes of text that are kept at most.
pub const MOST_BYTES: usize = 32 * 1024 * 1024;

/// A line that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Option<Moment>,
    /// Which stream.
    pub source: LogSource,
    /// Cleaned; colours are kept.
    pub text: Box<str>,
}

/// A text to look for. Capitals count when there are any.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needle {
    text: String,
    folds: Fold,
    wants: Wants,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Fold {
    #[default]
    Case,
    Exact,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Wants {
    #[default]
    With,
    Without,
}

impl Needle {
    /// A text to find.
    pub fn new(text: &str) -> Self {
        let folds = if text.chars().any(char::is_uppercase) { Fold::Exact } else { Fold::Case };
        Self { text: text.to_owned(), folds, wants: Wants::With }
    }

    /// A filter: `!` in front means the lines without it.
    pub fn filter(text: &str) -> Self {
        match text.strip_prefix('!') {
            Some(rest) => Self { wants: Wants::Without, ..Self::new(rest) },
            None => Self::new(text),
        }
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// As it was typed.
    pub fn typed(&self) -> String {
        let sign = if self.wants == Wants::Without { "!" } else { "" };
        format!("{sign}{}", self.text)
    }

    /// Whether a line is one of those.
    pub fn fits(&self, line: &str) -> bool {
        let plain = ansi::plain(line);
        let found = match self.folds {
            Fold::Exact => plain.contains(&self.text),
            Fold::Case if plain.is_ascii() && self.text.is_ascii() => contains_folded(&plain, &self.text),
            Fold::Case => plain.to_lowercase().contains(&self.text),
        };
        found == (self.wants == Wants::With)
    }

    /// Where it stands in a text without colours, in bytes.
    pub fn places(&self, plain: &str) -> Vec<std::ops::Range<usize>> {
        if self.is_empty() || self.wants == Wants::Without {
            return Vec::new();
        }
        let folded = match self.folds {
            Fold::Exact => plain.to_owned(),
            Fold::Case if plain.is_ascii() => plain.to_ascii_lowercase(),
            // Lower case may take another number of bytes; then no letters are marked.
            Fold::Case => Some(plain.to_lowercase()).filter(|low| low.len() == plain.len()).unwrap_or_default(),
        };
        let places = folded.match_indices(&self.text).map(|(at, found)| at..at + found.len());
        places.filter(|place| plain.is_char_boundary(place.start) && plain.is_char_boundary(place.end)).collect()
    }
}

fn contains_folded(text: &str, needle: &str) -> bool {
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    needle.is_empty() || text.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle))
}

/// The lines. Each has a number that never changes.
#[derive(Debug, Default)]
pub struct Store {
    lines: VecDeque<Entry>,
    first: u64,
    bytes: usize,
    only: Needle,
    shown: VecDeque<u64>,
    needle: Needle,
    matches: VecDeque<u64>,
}

impl Store {
    /// Takes a line; returns its number.
    pub fn push(&mut self, line: &LogLine) -> u64 {
        let text = ansi::clean(&line.text).into_boxed_str();
        self.push_entry(Entry { at: line.at, source: line.source, text })
    }

    /// Takes a line that is clean.
    pub fn push_entry(&mut self, entry: Entry) -> u64 {
        let number = self.first + self.lines.len() as u64;
        if !self.only.is_empty() && self.only.fits(&entry.text) {
            self.shown.push_back(number);
        }
        if !self.needle.is_empty() && self.needle.fits(&entry.text) {
            self.matches.push_back(number);
        }
        self.bytes += entry.text.len();
        self.lines.push_back(entry);
        while self.lines.len() > MOST_LINES || (self.bytes > MOST_BYTES && self.lines.len() > 1) {
            if let Some(gone) = self.lines.pop_front() {
                self.bytes -= gone.text.len();
            }
            self.first += 1;
            for list in [&mut self.shown, &mut self.matches] {
                while list.front().is_some_and(|number| *number < self.first) {
                    list.pop_front();
                }
            }
        }
        number
    }

    /// Forgets all lines.
    pub fn clear(&mut self) {
        self.first += self.lines.len() as u64;
        self.lines.clear();
        self.shown.clear();
        self.matches.clear();
        self.bytes = 0;
    }

    /// Lines that were dropped because there was no room.
    pub fn dropped(&self) -> u64 {
        self.first
    }

    /// A line by its number.
    pub fn line(&self, number: u64) -> Option<&Entry> {
        self.lines.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// Lines that the filter shows.
    pub fn len(&self) -> usize {
        if self.only.is_empty() { self.lines.len() } else { self.shown.len() }
    }

    /// Lines in all.
    pub fn total(&self) -> usize {
        self.lines.len()
    }

    /// The number of the line at a place among the shown ones.
    pub fn number_at(&self, place: usize) -> Option<u64> {
        if self.only.is_empty() {
            (place < self.lines.len()).then(|| self.first + place as u64)
        } else {
            self.shown.get(place).copied()
        }
    }

    /// The place of a line among the shown ones; where it is not shown, that of the next one.
    pub fn place_of(&self, number: u64) -> usize {
        if self.only.is_empty() {
            usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX).min(self.lines.len())
        } else {
            self.shown.partition_point(|shown| *shown < number)
        }
    }

    /// The filter.
    pub fn only(&self) -> &Needle {
        &self.only
    }

    /// Shows only some lines.
    pub fn set_only(&mut self, only: Needle) {
        self.shown = if only.is_empty() { VecDeque::new() } else { self.numbers(&only) };
        self.only = only;
    }

    /// What is looked for.
    pub fn needle(&self) -> &Needle {
        &self.needle
    }

    /// Looks for a text.
    pub fn set_needle(&mut self, needle: Needle) {
        self.matches = if needle.is_empty() { VecDeque::new() } else { self.numbers(&needle) };
        self.needle = needle;
    }

    /// Lines that were found.
    pub fn matches(&self) -> &VecDeque<u64> {
        &self.matches
    }

    fn numbers(&self, needle: &Needle) -> VecDeque<u64> {
        let first = self.first;
        let fitting = self.lines.iter().enumerate().filter(|(_, entry)| needle.fits(&entry.text));
        fitting.map(|(at, _)| first + at as u64).collect()
    }
}

/// Whether a line speaks of an error.
pub fn is_error(line: &str) -> bool {
    const WORDS: [&str; 6] = ["error", "exception", "traceback", "critical", "fatal", "panicked"];
    let plain = ansi::plain(line).to_ascii_lowercase();
    WORDS.iter().any(|word| plain.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(count: usize) -> Store {
        let mut store = Store::default();
        for at in 0..count {
            let text = format!("line {at} {}", if at % 10 == 0 { "ERROR" } else { "info" });
            store.push(&LogLine { at: None, source: LogSource::Stdout, text });
        }
        store
    }

    #[test]
    fn the_store_is_bounded_and_numbers_stay() {
        let mut store = filled(MOST_LINES + 5);
        assert_eq!((store.total(), store.dropped()), (MOST_LINES, 5));
        assert_eq!(store.line(4), None);
        assert_eq!(store.line(5).unwrap().text.as_ref(), "line 5 info");
        store.push(&LogLine { at: None, source: LogSource::Stdout, text: "x".repeat(10_000) });
        assert_eq!(store.place_of(6), 0);
    }

    #[test]
    fn the_bytes_are_bounded_too() {
        let mut store = Store::default();
        for _ in 0..4_000 {
            store.push(&LogLine { at: None, source: LogSource::Stdout, text: "y".repeat(16_000) });
        }
        assert!(store.total() < 2_200, "{}", store.total());
    }

    #[test]
    fn filters_and_searches_follow_new_lines() {
        let mut store = filled(100);
        store.set_only(Needle::filter("error"));
        store.set_needle(Needle::new("ERROR"));
        assert_eq!((store.len(), store.matches().len(), store.number_at(1)), (10, 10, Some(10)));
        store.push(&LogLine { at: None, source: LogSource::Stderr, text: "\u{1b}[31mER\u{1b}[0mROR".into() });
        assert_eq!((store.len(), store.matches().len()), (11, 11));
        store.set_only(Needle::filter("!error"));
        assert_eq!(store.len(), 90);
        store.set_only(Needle::filter(""));
        assert_eq!(store.len(), 101);
        assert_eq!(Needle::new("ér").places("Erreur ér").first().map(|place| place.start), Some(7));
    }
}
