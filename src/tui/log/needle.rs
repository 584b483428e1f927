//! What is looked for in a log, and which lines are shown.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use super::ansi;
use super::entry::Entry;
use crate::domain::LogSource;

/// Memory that a pattern may take, in bytes; one that takes more is looked for as text.
const LARGEST: usize = 1 << 20;

/// A pattern to look for. Capitals count when there are any.
#[derive(Debug, Clone, Default)]
pub struct Needle {
    text: String,
    pattern: Option<Regex>,
    reading: Reading,
    wants: Wants,
}

/// How a pattern is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// As a regular expression.
    #[default]
    Pattern,
    /// Letter by letter, because it is none.
    Literal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Wants {
    #[default]
    With,
    Without,
}

impl PartialEq for Needle {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.wants) == (&other.text, other.wants)
    }
}

impl Needle {
    /// A pattern to find; what is no pattern is found as it stands.
    pub fn new(text: &str) -> Self {
        if text.is_empty() {
            return Self::default();
        }
        let exact = has_capitals(text);
        let compiled = |pattern: &str| {
            RegexBuilder::new(pattern).case_insensitive(!exact).size_limit(LARGEST).dfa_size_limit(8 * LARGEST).build()
        };
        let (pattern, reading) = match compiled(text) {
            Ok(pattern) => (Some(pattern), Reading::Pattern),
            Err(_) => (compiled(&regex::escape(text)).ok(), Reading::Literal),
        };
        Self { text: text.to_owned(), pattern, reading, wants: Wants::With }
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

    /// How it is understood.
    pub fn reading(&self) -> Reading {
        self.reading
    }

    /// As it was typed.
    pub fn typed(&self) -> String {
        let sign = if self.wants == Wants::Without { "!" } else { "" };
        format!("{sign}{}", self.text)
    }

    /// Whether a line is one of those.
    pub fn fits(&self, line: &str) -> bool {
        let Some(pattern) = &self.pattern else { return true };
        pattern.is_match(&ansi::plain(line)) == (self.wants == Wants::With)
    }

    /// Where it stands in a text without colours, in bytes.
    pub fn places(&self, plain: &str) -> Vec<Range<usize>> {
        match &self.pattern {
            Some(pattern) if self.wants == Wants::With => {
                pattern.find_iter(plain).map(|found| found.range()).filter(|place| !place.is_empty()).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Whether a pattern has capitals. Those after a backslash mean something else.
fn has_capitals(text: &str) -> bool {
    let mut is_escaped = false;
    text.chars().any(|letter| {
        let counts = !is_escaped && letter.is_uppercase();
        is_escaped = letter == '\\' && !is_escaped;
        counts
    })
}

/// Which of the two streams of a program are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sources {
    /// Both.
    #[default]
    All,
    /// Standard output.
    Output,
    /// Standard error.
    Errors,
}

/// How a line stands to what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Not at all, whatever is near it.
    Never,
    /// Only near one that fits.
    Near,
    /// It is shown.
    Fits,
}

/// Which lines are shown.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sieve {
    /// Filters; a line has to fit all of them.
    pub chips: Vec<Needle>,
    /// Which streams of the program.
    pub sources: Sources,
    /// A bit for each stream of the view that is muted.
    pub muted: u32,
    /// Lines that are shown before and after one that fits.
    pub context: usize,
}

impl Sieve {
    /// Whether everything is shown.
    pub fn is_open(&self) -> bool {
        self.chips.is_empty() && self.sources == Sources::All && self.muted == 0
    }

    /// How a line stands to it. What kab itself says in the log is always shown.
    pub fn fit(&self, entry: &Entry) -> Fit {
        match (entry.source, self.sources) {
            (LogSource::Marker, _) => return Fit::Fits,
            (LogSource::Stdout, Sources::Errors) | (LogSource::Stderr, Sources::Output) => return Fit::Never,
            _ => {}
        }
        if self.muted & 1_u32.checked_shl(entry.stream.into()).unwrap_or(0) != 0 {
            return Fit::Never;
        }
        if self.chips.iter().all(|chip| chip.fits(&entry.text)) { Fit::Fits } else { Fit::Near }
    }
}

/// Lists the numbers of lines that are shown, with those near them.
#[derive(Debug, Clone, Default)]
pub struct Lister {
    context: usize,
    recent: std::collections::VecDeque<u64>,
    after: usize,
}

impl Lister {
    /// One that lists so many lines around each that fits.
    pub fn new(context: usize) -> Self {
        Self { context, ..Self::default() }
    }

    /// Takes the next line; tells whom it shows.
    pub fn feed(&mut self, number: u64, fit: Fit, mut show: impl FnMut(u64)) {
        match fit {
            Fit::Fits => {
                self.recent.drain(..).for_each(&mut show);
                show(number);
                self.after = self.context;
            }
            Fit::Near if self.after > 0 => {
                self.after -= 1;
                show(number);
            }
            Fit::Near if self.context > 0 => {
                if self.recent.len() == self.context {
                    self.recent.pop_front();
                }
                self.recent.push_back(number);
            }
            Fit::Never | Fit::Near => {}
        }
    }
}

/// What is asked of lines that are not in memory: which of them are shown, and which were looked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Hunt {
    /// Which are shown.
    pub sieve: Sieve,
    /// What is looked for among them.
    pub needle: Needle,
}

impl Hunt {
    /// Whether a line that is shown was looked for.
    pub fn finds(&self, fit: Fit, entry: &Entry) -> bool {
        !self.needle.is_empty()
            && fit == Fit::Fits
            && entry.source != LogSource::Marker
            && self.needle.fits(&entry.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_regular_expression_with_smart_case_and_else_it_is_text() {
        for (pattern, line, fits) in [
            ("error|warn", "a WARNING", true),
            ("Error", "an error", false),
            (r"tile \d+", "TILE 7", true),
            (r"\S+Error", "OutOfMemoryError", true),
            (r"\Serror", "XERROR", true),
            ("tile (", "tile (7)", true),
            ("[unclosed", "an [UNCLOSED one", true),
            ("straße", "STRASSE", false),
            ("é+", "ÉÉ", true),
        ] {
            assert_eq!(Needle::new(pattern).fits(line), fits, "{pattern} in {line}");
        }
        assert_eq!(Needle::new("tile (").reading(), Reading::Literal);
        assert_eq!(Needle::new(r"\w{1000}{1000}").reading(), Reading::Literal);
        assert_eq!(Needle::filter("!tile").typed(), "!tile");
        assert!(!Needle::filter("!tile").fits("\u{1b}[31mti\u{1b}[0mle"));
        assert_eq!(Needle::new("ér").places("Erreur ér").first(), Some(&(7..10)));
        assert!(Needle::new("x*").places("aaa").is_empty());
    }

    #[test]
    fn lines_near_one_that_fits_are_listed_once() {
        let mut lister = Lister::new(2);
        let mut shown = Vec::new();
        for number in 0..20 {
            let fit = match number {
                5 | 8 => Fit::Fits,
                7 => Fit::Never,
                _ => Fit::Near,
            };
            lister.feed(number, fit, |shows| shown.push(shows));
        }
        assert_eq!(shown, [3, 4, 5, 6, 8, 9, 10]);
    }
}
