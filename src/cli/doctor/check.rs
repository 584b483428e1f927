//! What was looked at and how it went: one shape for people, for programs and for the bundle.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::cli::output::{Answer, Columns, Format};
use crate::domain::{Failure, FailureKind, clean_line};

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, and something about it should be known.
    Warn,
    /// It does not work.
    Fail,
    /// Not there, or not tried.
    Skipped,
}

impl State {
    /// The word for people and programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skipped => "skipped",
        }
    }
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Machine,
    Terminal,
    Settings,
    Keys,
    Context,
    SignIn,
    Network,
    Services,
    Engines,
    Server,
    Sockets,
    Contexts,
    Bundle,
}

impl Section {
    /// The word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::Terminal => "terminal",
            Self::Settings => "settings",
            Self::Keys => "keys",
            Self::Context => "context",
            Self::SignIn => "sign_in",
            Self::Network => "network",
            Self::Services => "services",
            Self::Engines => "engines",
            Self::Server => "server",
            Self::Sockets => "sockets",
            Self::Contexts => "contexts",
            Self::Bundle => "bundle",
        }
    }

    /// The heading for people.
    fn title(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Server => "server of this machine",
            Self::Sockets => "container engines of this machine",
            Self::Contexts => "other contexts",
            other => other.word(),
        }
    }
}

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What it is about.
    pub section: Section,
    /// Which one: `token`, `tls lab.example.org:443`.
    pub name: String,
    /// How it went.
    pub state: State,
    /// A sentence.
    pub detail: String,
    /// What to do; empty when there is nothing to do.
    pub hint: String,
    /// The fact behind the sentence, for programs.
    pub value: Value,
    /// What kind of failure it is, where it is one.
    pub kind: FailureKind,
}

impl Check {
    /// A check with that outcome.
    pub fn new(section: Section, name: impl AsRef<str>, state: State, detail: impl AsRef<str>) -> Self {
        Self {
            section,
            name: clean_line(name.as_ref()),
            state,
            detail: clean_line(detail.as_ref()),
            hint: String::new(),
            value: Value::Null,
            kind: FailureKind::Failed,
        }
    }

    /// As it should be.
    pub fn ok(section: Section, name: impl AsRef<str>, detail: impl AsRef<str>) -> Self {
        Self::new(section, name, State::Ok, detail)
    }

    /// Works, but.
    pub fn warn(section: Section, name: impl AsRef<str>, detail: impl AsRef<str>) -> Self {
        Self::new(section, name, State::Warn, detail)
    }

    /// Does not work.
    pub fn fail(section: Section, name: impl AsRef<str>, detail: impl AsRef<str>) -> Self {
        Self::new(section, name, State::Fail, detail)
    }

    /// Not there, or not tried.
    pub fn skipped(section: Section, name: impl AsRef<str>, detail: impl AsRef<str>) -> Self {
        Self::new(section, name, State::Skipped, detail)
    }

    /// Does not work, as a failure says.
    pub fn failed(section: Section, name: impl AsRef<str>, failure: &Failure) -> Self {
        let why = if failure.why.is_empty() { &failure.what } else { &failure.why };
        Self::fail(section, name, why).hint(&failure.hint).kind(failure.kind)
    }

    /// The same with something to do.
    #[must_use]
    pub fn hint(self, hint: impl AsRef<str>) -> Self {
        Self { hint: clean_line(hint.as_ref()), ..self }
    }

    /// The same with the fact behind it.
    #[must_use]
    pub fn value(self, value: impl Into<Value>) -> Self {
        Self { value: value.into(), ..self }
    }

    /// The same of another kind of failure.
    #[must_use]
    pub fn kind(self, kind: FailureKind) -> Self {
        Self { kind, ..self }
    }
}

/// All checks, in the order in which they are read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// The checks.
    pub checks: Vec<Check>,
}

impl Report {
    /// For programs.
    pub fn data(&self) -> Vec<Value> {
        let one = |check: &Check| {
            let Check { section, name, state, detail, hint, value, kind: _ } = check;
            let (section, state) = (section.word(), state.word());
            json!({
                "section": section, "check": name, "state": state, "detail": detail, "hint": hint, "value": value,
            })
        };
        self.checks.iter().map(one).collect()
    }

    /// For people: sections with a line for each check, and what to do below it.
    pub fn text(&self) -> String {
        let widest = self.checks.iter().map(|check| width(&check.name)).max().unwrap_or_default().min(WIDEST);
        let mut text = String::new();
        let mut section = None;
        for check in &self.checks {
            if section != Some(check.section) {
                if section.is_some() {
                    text.push('\n');
                }
                section = Some(check.section);
                _ = writeln!(text, "{}", check.section.title());
            }
            if width(&check.name) > widest {
                _ = writeln!(text, "  {:<7}  {}", check.state.word(), check.name);
                _ = writeln!(text, "  {:7}  {:widest$}  {}", "", "", check.detail);
            } else {
                let gap = " ".repeat(widest - width(&check.name));
                _ = writeln!(text, "  {:<7}  {}{gap}  {}", check.state.word(), check.name, check.detail);
            }
            if !check.hint.is_empty() {
                _ = writeln!(text, "  {:7}  {:widest$}    {}", "", "", check.hint);
            }
        }
        text
    }

    fn columns(&self) -> Columns {
        let row = |check: &Check| {
            let texts = [&check.name, &check.detail, &check.hint].map(String::clone);
            [check.section.word(), check.state.word()].map(str::to_owned).into_iter().chain(texts).collect()
        };
        Columns {
            headings: vec!["SECTION", "STATE", "CHECK", "DETAIL", "HINT"],
            rows: self.checks.iter().map(row).collect(),
            empty: String::new(),
        }
    }

    /// What is wrong, as one failure. A server that cannot be reached says more than a login that cannot be used there.
    pub fn failure(&self) -> Option<Failure> {
        let failed: Vec<&Check> = self.checks.iter().filter(|check| check.state == State::Fail).collect();
        let order = [FailureKind::Network, FailureKind::SignIn, FailureKind::NotFound, FailureKind::Usage];
        let has = |kind: &FailureKind| failed.iter().any(|check| check.kind == *kind);
        let kind = order.into_iter().find(has).unwrap_or(FailureKind::Failed);
        let first = failed.iter().find(|check| check.kind == kind).or(failed.first())?;
        let what = match failed.len() {
            1 => String::from("1 check failed"),
            more => format!("{more} checks failed"),
        };
        Some(Failure::new(what, format!("{}: {}", first.name, first.detail)).kind(kind).hint(&first.hint))
    }

    /// The answer to print: for a person's table it is the text.
    pub fn answer(&self, format: Format) -> Answer {
        let names = self.checks.iter().map(|check| format!("{}/{}", check.section.word(), check.name)).collect();
        let answer = Answer::list(self.data(), self.columns(), names);
        let answer = match format {
            Format::Table => Answer { text: Some(self.text()), columns: None, ..answer },
            _ => answer,
        };
        match self.failure() {
            Some(failure) => answer.but(failure),
            None => answer,
        }
    }
}

/// A name that takes more columns than this has its sentence on the next line.
const WIDEST: usize = 30;

fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(kinds: &[FailureKind]) -> Report {
        let check = |kind: &FailureKind| Check::fail(Section::Services, "x", "down").hint("do").kind(*kind);
        let mut checks =
            vec![Check::ok(Section::Machine, "version", "kab"), Check::warn(Section::Machine, "disk", "y")];
        checks.extend(kinds.iter().map(check));
        Report { checks }
    }

    #[test]
    fn the_exit_code_says_what_is_worst() {
        use FailureKind::{Failed, Network, NotFound, SignIn};
        for (kinds, code) in [
            (&[][..], None),
            (&[Failed], Some(1)),
            (&[Failed, SignIn], Some(5)),
            (&[SignIn, Failed, Network], Some(3)),
            (&[NotFound], Some(7)),
        ] {
            assert_eq!(failing(kinds).failure().map(|failure| failure.kind.exit_code()), code, "{kinds:?}");
        }
    }

    #[test]
    fn every_check_says_the_same_to_people_and_to_programs() {
        let report = failing(&[FailureKind::Failed]);
        let text = report.text();
        assert!(text.starts_with("machine\n  ok       version  kab\n  warn     disk     y\n\nservices\n"), "{text}");
        assert!(text.contains(&format!("  fail     x        down\n{:22}do\n", "")), "{text}");
        let data = report.data();
        assert_eq!(
            data[2],
            json!({"section": "services", "check": "x", "state": "fail", "detail": "down", "hint": "do", "value": null})
        );
    }

    #[test]
    fn a_long_name_leaves_the_sentences_in_one_column() {
        let long = "tls a-name-that-does-not-end.lab.example.org:8443";
        let check = |name: &str| Check::ok(Section::Network, name, "DETAIL").hint("HINT");
        let text = Report { checks: vec![check("dns a"), check(long), check("dns \u{7814}\u{7a76}")] }.text();
        let column = |line: &str| width(line.split("DETAIL").next().unwrap());
        let columns: Vec<usize> = text.lines().filter(|line| line.contains("DETAIL")).map(column).collect();
        assert_eq!(columns, [columns[0]; 3], "{text}");
        assert!(text.lines().any(|line| line.ends_with(long)), "{text}");
    }

    #[test]
    fn nothing_of_others_steers_a_terminal() {
        let check = Check::ok(Section::Engines, "a\u{1b}[2J", "b\u{7}\nc").hint("d\u{202e}");
        assert_eq!((check.name.as_str(), check.detail.as_str(), check.hint.as_str()), ("a", "b c", "d"));
    }
}
