//! What people read: fields, headings, columns; and the words for needs, ages and the like.

use std::fmt::Write as _;

use crate::cli::output::Columns;
use crate::domain::{Engine, Liveness, Moment, Selector, SelectorKind, Selectors, clean, clean_line};
use crate::tui::widgets::text::age;

/// Cells of a field's name.
const NAME: usize = 14;

/// A text that grows, cleaned.
#[derive(Debug, Default)]
pub struct Page {
    text: String,
}

impl Page {
    /// An empty page.
    pub fn new() -> Self {
        Self::default()
    }

    /// A line of prose. What has several lines becomes one.
    pub fn line(&mut self, text: impl AsRef<str>) {
        _ = writeln!(self.text, "{}", clean_line(text.as_ref()));
    }

    /// A name and a value; nothing where there is no value.
    pub fn field(&mut self, name: &str, value: impl AsRef<str>) {
        let value = clean_line(value.as_ref());
        if !value.is_empty() {
            _ = writeln!(self.text, "{name:<NAME$}{value}");
        }
    }

    /// A heading, after an empty line.
    pub fn head(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        _ = writeln!(self.text, "{title}");
    }

    /// Columns below a heading; nothing where there are no rows.
    pub fn columns(&mut self, title: &str, columns: &Columns) {
        if columns.rows.is_empty() {
            return;
        }
        self.head(title);
        for line in columns.to_text().lines() {
            _ = writeln!(self.text, "  {line}");
        }
    }

    /// Lines below a heading, as they stand; nothing where there are none.
    pub fn block(&mut self, title: &str, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        self.head(title);
        for line in lines {
            _ = writeln!(self.text, " {}", clean(line));
        }
    }

    /// The whole text.
    pub fn into_text(self) -> String {
        self.text
    }
}

/// The present.
pub fn now() -> Moment {
    Moment(jiff::Timestamp::now().as_millisecond())
}

/// `now`, `3m`, `2h`; `-` where unknown.
pub fn age_of(at: Option<Moment>, now: Moment) -> String {
    at.map_or_else(|| "-".to_owned(), |at| age(at.seconds_until(now)))
}

/// `just now`, `3m ago`; `unknown`.
pub fn ago(at: Option<Moment>, now: Moment) -> String {
    match at.map(|at| at.seconds_until(now)) {
        None => "unknown".into(),
        Some(0..60) => "just now".into(),
        Some(seconds) => format!("{} ago", age(seconds)),
    }
}

/// `1 app`, `2 apps`.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// `ONLINE`, `OFFLINE 2h`, `UNKNOWN`.
pub fn liveness(engine: &Engine, now: Moment) -> String {
    match engine.liveness {
        Liveness::Online => "ONLINE".into(),
        Liveness::Offline { last_seen: Some(at) } if at.seconds_until(now) >= 60 => {
            format!("OFFLINE {}", age(at.seconds_until(now)))
        }
        Liveness::Offline { .. } => "OFFLINE".into(),
        Liveness::Unknown => "UNKNOWN".into(),
    }
}

/// All selectors, in words.
pub fn selectors(selectors: &Selectors) -> String {
    match selectors {
        Selectors::Known(known) if known.is_empty() => "needs nothing special".into(),
        Selectors::Known(known) => known.iter().map(selector).collect::<Vec<_>>().join("; "),
        Selectors::Unreadable(why) => format!("the server could not read its needs: {why}"),
    }
}

/// `needs a CUDA GPU, CUDA 12.1 or newer`, `prefers 16 processor cores (weight 5)`.
pub fn selector(selector: &Selector) -> String {
    let words = kind(&selector.kind);
    if selector.required { format!("needs {words}") } else { format!("prefers {words} (weight {})", selector.weight) }
}

fn kind(kind: &SelectorKind) -> String {
    let gpus = |count: &Option<u64>, what: &str| match count {
        Some(count) if *count > 1 => format!("{count} {what}s"),
        _ => format!("{} {what}", if what.starts_with('I') { "an" } else { "a" }),
    };
    let megabytes = |amount: u64| crate::domain::human_bytes(amount.saturating_mul(1_000_000));
    let parts: Vec<Option<String>> = match kind {
        SelectorKind::Cpu { min_count, frequency, arch } => vec![
            min_count.map(|count| counted(usize::try_from(count).unwrap_or(usize::MAX), "processor core")),
            frequency.map(|clock| format!("a processor of {clock} MHz")),
            arch.as_ref().map(|arch| format!("an {arch} processor")),
        ],
        SelectorKind::Ram { min } => vec![min.map(|amount| format!("{} of memory", megabytes(amount)))],
        SelectorKind::Cuda { compute_capability, cuda_version, memory, count, cuda_cores: _ } => vec![
            Some(gpus(count, "CUDA GPU")),
            cuda_version.as_ref().map(|version| format!("CUDA {version} or newer")),
            compute_capability.as_ref().map(|version| format!("compute capability {version} or newer")),
            memory.map(|amount| format!("{} of GPU memory", megabytes(amount))),
        ],
        SelectorKind::Rocm { api_version, api_thing: _, count } => {
            vec![Some(gpus(count, "ROCm GPU")), api_version.as_ref().map(|version| format!("ROCm {version} or newer"))]
        }
        SelectorKind::OneApi { version, count } => {
            vec![Some(gpus(count, "Intel GPU")), version.as_ref().map(|version| format!("oneAPI {version} or newer"))]
        }
        SelectorKind::Label { key, value } => vec![Some(match value {
            Some(value) => format!("the label {key}={value}"),
            None => format!("the label {key}"),
        })],
        SelectorKind::Unknown { name, .. } => vec![Some(format!("something called `{name}`"))],
    };
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "nothing special".into() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_and_preferences_are_told_in_words() {
        let known = |selectors| super::selectors(&Selectors::Known(selectors));
        assert_eq!(known(vec![]), "needs nothing special");
        let cores = SelectorKind::Cpu { min_count: Some(16), frequency: None, arch: Some("arm64".into()) };
        let memory = SelectorKind::Ram { min: Some(16_000) };
        assert_eq!(
            known(vec![Selector::preferred(cores, 5), Selector::required(memory)]),
            "prefers 16 processor cores, an arm64 processor (weight 5); needs 16.0 GB of memory"
        );
        let gpus = SelectorKind::OneApi { version: None, count: Some(2) };
        assert_eq!(known(vec![Selector::required(gpus)]), "needs 2 Intel GPUs");
    }

    #[test]
    fn a_page_is_clean_and_leaves_out_what_is_unknown() {
        let mut page = Page::new();
        page.field("App", "a\u{1b}[2Jb");
        page.field("Why", "");
        page.head("More");
        page.line("two\nlines");
        assert_eq!(page.into_text(), "App           ab\n\nMore\ntwo lines\n");
    }

    #[test]
    fn ages_are_told_in_minutes_and_more() {
        let now = Moment(7_200_000);
        assert_eq!(ago(Some(Moment(0)), now), "2h ago");
        assert_eq!(ago(Some(now), now), "just now");
        assert_eq!((ago(None, now), age_of(None, now)), ("unknown".into(), "-".into()));
    }
}
