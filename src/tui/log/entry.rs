//! A line of a log as it is kept. Made where lines arrive, away from the screen: there they are cleaned and judged.

use std::sync::{Arc, LazyLock};

use regex::Regex;

use super::{ansi, json};
use crate::domain::{LogLine, LogSource, Moment};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For those who wrote it.
    Debug,
    /// As it should be.
    Info,
    /// Perhaps not.
    Warn,
    /// It went wrong.
    Error,
}

static ERROR: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i-u)error|exception|traceback|critical|fatal|panicked").ok());
/// What says that nothing went wrong: `0 errors`, `no fatal exceptions`, `errors: 0`, `error=None`.
static NONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let word = r"(errors?|exceptions?|fatals?|criticals?|warnings?)";
    let before = format!(r"\b(0|no|zero|without|without any)\s+([\w-]+\s+)?{word}\b");
    // `error: no such file` and `error: 0 bytes were read` are errors.
    let after = format!(r#"\b{word}["']?\s*[:=]\s*["']?(0|none|null|nil|false)["']?\s*($|[,;|)}}\]]|\w+\s*[:=])"#);
    Regex::new(&format!("(?i){before}|{after}")).ok()
});
static WARNING: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i-u)warn(ing)?").ok());
static INFO: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?-u)\b(INFO|info|NOTICE|notice)\b").ok());
static DEBUG: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?-u)\b(DEBUG|debug|TRACE|trace)\b").ok());

impl Level {
    /// The level that a text without colours speaks of, and the word that says so, in bytes.
    pub fn of(plain: &str) -> Option<(Self, std::ops::Range<usize>)> {
        let found = |pattern: &LazyLock<Option<Regex>>, level: Self| {
            let mut places = LazyLock::force(pattern).as_ref()?.find_iter(plain).map(|found| found.range()).peekable();
            places.peek()?;
            let none = LazyLock::force(&NONE).as_ref().filter(|_| level >= Self::Warn);
            let nones: Vec<_> = none.map_or_else(Vec::new, |none| none.find_iter(plain).map(|it| it.range()).collect());
            let means_none = |place: &std::ops::Range<usize>| {
                let around = nones.partition_point(|none| none.end < place.end);
                nones.get(around).is_some_and(|none| none.start <= place.start)
            };
            Some((level, places.find(|place| !means_none(place))?))
        };
        found(&ERROR, Self::Error)
            .or_else(|| found(&WARNING, Self::Warn))
            .or_else(|| found(&INFO, Self::Info))
            .or_else(|| found(&DEBUG, Self::Debug))
    }

    /// The level that a word names, as loggers write it.
    pub fn named(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "trace" | "debug" | "10" | "20" => Self::Debug,
            "info" | "information" | "notice" | "30" => Self::Info,
            "warn" | "warning" | "40" => Self::Warn,
            "error" | "err" | "critical" | "crit" | "fatal" | "panic" | "alert" | "emergency" | "50" | "60" => {
                Self::Error
            }
            _ => return None,
        })
    }
}

/// Whether it begins a line, or goes on with the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It begins one.
    Begins,
    /// The line before was too long.
    Continues,
}

/// A line that is kept, or a piece of a very long one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Option<Moment>,
    /// Standard output or standard error.
    pub source: LogSource,
    /// Whose it is, among the streams of a view.
    pub stream: u8,
    /// How bad it is, as far as it says so.
    pub level: Option<Level>,
    /// Whether it begins a line.
    pub part: Part,
    /// Cleaned; colours are kept.
    pub text: Arc<str>,
}

impl Entry {
    /// What kab itself says in the log.
    pub fn marker(at: Option<Moment>, text: impl Into<Arc<str>>) -> Self {
        Self { at, source: LogSource::Marker, stream: 0, level: None, part: Part::Begins, text: text.into() }
    }

    /// Its text without colours.
    pub fn plain(&self) -> std::borrow::Cow<'_, str> {
        ansi::plain(&self.text)
    }

    /// The same as a line without text, for whoever compares times.
    pub fn stamp(&self) -> LogLine {
        LogLine { at: self.at, source: self.source, text: String::new() }
    }
}

/// Lines that arrived together, cleaned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Burst(pub Vec<Entry>);

impl From<Vec<LogLine>> for Burst {
    fn from(lines: Vec<LogLine>) -> Self {
        let mut entries = Vec::with_capacity(lines.len());
        for line in lines {
            let text = ansi::clean(&line.text);
            let level = match line.source {
                LogSource::Marker => None,
                _ => json::level(&text).or_else(|| Level::of(&ansi::plain(&text)).map(|(level, _)| level)),
            };
            let entry = |part, text: &str| Entry {
                at: line.at,
                source: line.source,
                stream: 0,
                level,
                part,
                text: Arc::from(text),
            };
            if text.len() <= ansi::LONGEST {
                entries.push(entry(Part::Begins, &text));
                continue;
            }
            for (at, piece) in ansi::folded(&text).into_iter().enumerate() {
                let part = if at == 0 { Part::Begins } else { Part::Continues };
                // A line has one level: it stands at its beginning.
                let level = if at == 0 { level } else { None };
                entries.push(Entry { level, ..entry(part, &piece) });
            }
        }
        Self(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_bad_it_is() {
        for (text, level) in [
            ("\u{1b}[1;31mER\u{1b}[0mROR x", Some(Level::Error)),
            ("torch.cuda.OutOfMemoryError", Some(Level::Error)),
            ("WARNING: slow", Some(Level::Warn)),
            ("INFO ready", Some(Level::Info)),
            ("information", None),
            ("done: 0 errors, 0 warnings", None),
            ("finished without any errors", None),
            ("INFO no fatal errors", Some(Level::Info)),
            ("errors: 0, skipped: 3", None),
            ("exit error=None", None),
            ("error: 0.5 is no weight", Some(Level::Error)),
            ("0 errors, then ERROR x", Some(Level::Error)),
            ("errors=0 skipped=3", None),
            (r#"{"error":null,"tile":7}"#, None),
            ("error: no such file", Some(Level::Error)),
            ("error: 0 bytes were read", Some(Level::Error)),
            ("10 errors", Some(Level::Error)),
            ("no such file: error", Some(Level::Error)),
            ("0 errors, 2 warnings", Some(Level::Warn)),
            ("heartbeat", None),
            (r#"{"level":"info","error":null}"#, Some(Level::Info)),
            (r#"{"severity":"CRITICAL","msg":"x"}"#, Some(Level::Error)),
        ] {
            let line = LogLine { at: None, source: LogSource::Stdout, text: text.into() };
            assert_eq!(Burst::from(vec![line]).0[0].level, level, "{text}");
        }
    }

    #[test]
    fn a_line_of_a_hundred_thousand_bytes_is_kept_in_pieces() {
        let line = LogLine { at: Some(Moment(1)), source: LogSource::Stderr, text: "0123456789".repeat(10_000) };
        let burst = Burst::from(vec![line]).0;
        assert_eq!(burst.len(), 7);
        assert_eq!(burst.iter().map(|entry| entry.text.len()).sum::<usize>(), 100_000);
        assert!(burst[0].part == Part::Begins && burst[1..].iter().all(|entry| entry.part == Part::Continues));
    }
}
