//! What is looked for in a log, and which lines are shown.

use std::borrow::Cow;
use std::ops::Range;

use regex::{Regex, RegexBuilder};

use super::entry::{Entry, Part};
use super::shape::Looks;
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

    /// Whether a text without colours is one of those; the rows of one that is written out are looked at one by one.
    pub fn fits(&self, plain: &str) -> bool {
        let Some(pattern) = &self.pattern else { return true };
        plain.split('\n').any(|row| pattern.is_match(row)) == (self.wants == Wants::With)
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
    /// How lines are shown: what is looked for is looked for in that.
    pub looks: Looks,
}

impl Sieve {
    /// Whether everything is shown.
    pub fn is_open(&self) -> bool {
        self.chips.is_empty() && self.sources == Sources::All && self.muted == 0
    }

    /// How a line stands to it, whose pieces share its fate. What kab itself says in the log is always shown.
    pub fn fit(&self, pieces: &[&Entry]) -> Fit {
        let Some(first) = pieces.first() else { return Fit::Never };
        match (first.source, self.sources) {
            (LogSource::Marker, _) => return Fit::Fits,
            (LogSource::Stdout, Sources::Errors) | (LogSource::Stderr, Sources::Output) => return Fit::Never,
            _ => {}
        }
        if self.muted & 1_u32.checked_shl(first.stream.into()).unwrap_or(0) != 0 {
            return Fit::Never;
        }
        if self.chips.is_empty() {
            return Fit::Fits;
        }
        let text = self.whole(pieces);
        if self.chips.iter().all(|chip| chip.fits(&text)) { Fit::Fits } else { Fit::Near }
    }

    /// The text of a line in one piece.
    fn whole<'e>(&self, pieces: &[&'e Entry]) -> Cow<'e, str> {
        match pieces {
            &[only] => self.looks.text(only),
            several => several.iter().map(|piece| self.looks.text(piece)).collect::<String>().into(),
        }
    }
}

/// Hands out whole lines: the number of the first piece, and all pieces.
pub fn each_line<'e>(entries: impl Iterator<Item = (u64, &'e Entry)>, mut take: impl FnMut(u64, &[&'e Entry])) {
    let (mut first, mut pieces) = (0, Vec::new());
    for (number, entry) in entries {
        if entry.part == Part::Begins && !pieces.is_empty() {
            take(first, &pieces);
            pieces.clear();
        }
        if pieces.is_empty() {
            first = number;
        }
        pieces.push(entry);
    }
    if !pieces.is_empty() {
        take(first, &pieces);
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
    /// How a line stands to what is shown; tells which of its pieces were looked for.
    pub fn judge(&self, pieces: &[&Entry], mut found: impl FnMut(usize)) -> Fit {
        let fit = self.sieve.fit(pieces);
        let is_ours = pieces.first().is_none_or(|first| first.source == LogSource::Marker);
        if self.needle.is_empty() || fit != Fit::Fits || is_ours {
            return fit;
        }
        let mut any = false;
        for (at, piece) in pieces.iter().enumerate() {
            if self.needle.fits(&self.sieve.looks.text(piece)) {
                any = true;
                found(at);
            }
        }
        // It may stand where two pieces meet.
        if !any && pieces.len() > 1 && self.needle.fits(&self.sieve.whole(pieces)) {
            found(0);
        }
        fit
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
        assert!(!Needle::filter("!tile").fits("a\ntile") && Needle::filter("!tile").fits("a\nti\nle"));
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
