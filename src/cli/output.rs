//! Printing: a table for people, one JSON envelope for programs, nothing but data on standard output.
//!
//! The envelope is `{"schema":1,"ok":…,"data":…,"meta":{…},"error":…}`; errors have the same one. Progress goes to
//! standard error, and only where that is a terminal. Text from others is cleaned before it is printed in any form
//! that a terminal may show.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use clap::ValueEnum;
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

pub use super::answer::Answer;
pub use super::columns::Columns;
use super::encode::{json_line, yaml};
use super::envelope::envelope;
pub use super::envelope::error_of;
use super::style::Colours;
use crate::domain::{Failure, FailureKind, clean, clean_line};
use crate::tui::widgets::text::cut_end;

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for people
    Table,
    /// One document: {"schema", "ok", "data", "meta", "error"}
    Json,
    /// One line of JSON for each item
    Jsonl,
    /// The document of json, as YAML
    Yaml,
    /// Names only
    Name,
    /// Columns between tabs, with a heading
    Tsv,
}

/// Prints in one format.
#[derive(Debug)]
pub struct Printer {
    format: Format,
    quiet: bool,
    colours: Colours,
    /// What stands on the terminal's line without an end.
    line: Mutex<Line>,
    /// Whether an item of a stream was printed.
    has_streamed: AtomicBool,
}

/// A line on the terminal that has no end yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Nothing,
    /// Progress, so many cells wide.
    Progress(usize),
    Question,
}

impl Printer {
    /// A printer of that format; `quiet` leaves out notes and progress.
    pub fn new(format: Format, quiet: bool) -> Self {
        Self {
            format,
            quiet,
            colours: Colours::default(),
            line: Mutex::new(Line::Nothing),
            has_streamed: AtomicBool::new(false),
        }
    }

    /// The same with colours.
    #[must_use]
    pub fn coloured(self, colours: Colours) -> Self {
        Self { colours, ..self }
    }

    /// Whether a program reads, rather than a person.
    pub fn is_for_programs(&self) -> bool {
        matches!(self.format, Format::Json | Format::Jsonl | Format::Yaml)
    }

    /// Prints an answer; the exit code.
    ///
    /// # Errors
    /// When standard output does not take it. A reader that went away is no error.
    pub fn answer(&self, answer: &Answer) -> Result<ExitCode, Failure> {
        self.progress_over();
        let text = self.render(answer);
        write_out(&text)?;
        if let Some(failure) = &answer.failure {
            if !matches!(self.format, Format::Json | Format::Yaml) {
                self.say_failure(failure);
            }
            return Ok(ExitCode::from(failure.kind.exit_code()));
        }
        if let Some(columns) = &answer.columns
            && self.format == Format::Table
            && columns.rows.is_empty()
        {
            self.note(&columns.empty);
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Prints an item of a stream at once: a line of JSON or a document of YAML for programs, the text otherwise.
    ///
    /// # Errors
    /// As [`Self::answer`]. `Ok(false)`: the reader went away, and the stream should end.
    pub fn item(&self, data: &Value, text: &str) -> Result<bool, Failure> {
        let line = match self.format {
            Format::Json | Format::Jsonl => format!("{}\n", json_line(data)),
            Format::Yaml => format!("---\n{}", yaml(data)),
            Format::Table | Format::Name | Format::Tsv => format!("{text}\n"),
        };
        self.has_streamed.store(true, Ordering::Relaxed);
        self.progress_over();
        write_out(&line)
    }

    /// Prints a failure; the exit code.
    pub fn failure(&self, failure: &Failure) -> ExitCode {
        self.failure_with(failure, Value::Null)
    }

    /// Prints a failure with what programs may need to go on from there; the exit code.
    pub fn failure_with(&self, failure: &Failure, data: Value) -> ExitCode {
        self.progress_over();
        let envelope = envelope(&Answer { data, ..Answer::nothing() }.but(failure.clone()));
        let text = match self.format {
            Format::Json | Format::Jsonl => format!("{}\n", json_line(&envelope)),
            Format::Yaml if self.has_streamed.load(Ordering::Relaxed) => format!("---\n{}", yaml(&envelope)),
            Format::Yaml => yaml(&envelope),
            Format::Table | Format::Name | Format::Tsv => String::new(),
        };
        // Where standard output takes nothing, the person has to hear of it all the same.
        if text.is_empty() || write_out(&text).is_err() {
            self.say_failure(failure);
        }
        ExitCode::from(failure.kind.exit_code())
    }

    /// Says something beside the data.
    pub fn note(&self, text: &str) {
        if !self.quiet && !text.is_empty() {
            self.tell(text);
        }
    }

    /// Says something that the person has to read, also with `--quiet`.
    pub fn tell(&self, text: &str) {
        self.progress_over();
        let indent = text.len() - text.trim_start_matches(' ').len();
        writeln!(io::stderr(), "{:indent$}{}", "", clean_line(text)).ok();
    }

    /// Puts a question on the terminal; the answer follows on the same line.
    pub fn ask(&self, question: &str) {
        self.progress_over();
        write!(io::stderr(), "{} ", clean_line(question)).ok();
        io::stderr().flush().ok();
        *self.line() = Line::Question;
    }

    /// The person has ended the line of the question.
    pub fn answered(&self) {
        *self.line() = Line::Nothing;
    }

    /// Ends the line on which the terminal shows `^C`.
    pub fn interrupted(&self) {
        if io::stderr().is_terminal() {
            writeln!(io::stderr()).ok();
            *self.line() = Line::Nothing;
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows how far something is, on a line that the next word replaces. Only on a terminal.
    pub fn progress(&self, text: &str) {
        if self.quiet || !io::stderr().is_terminal() {
            return;
        }
        let room = terminal_width().saturating_sub(1);
        let text = cut_end(&clean_line(text), room, "");
        let mut line = self.line();
        let width = text.width();
        let blank = match *line {
            Line::Progress(shown) => shown.saturating_sub(width),
            Line::Nothing | Line::Question => 0,
        };
        write!(io::stderr(), "\r{text}{:blank$}", "").ok();
        io::stderr().flush().ok();
        *line = Line::Progress(width);
    }

    /// Takes the progress line away; a question without an answer stays and gets an end.
    pub fn progress_over(&self) {
        let mut line = self.line();
        match *line {
            Line::Nothing => {}
            Line::Progress(width) => _ = write!(io::stderr(), "\r{:width$}\r", "").ok(),
            Line::Question => _ = writeln!(io::stderr()).ok(),
        }
        *line = Line::Nothing;
    }

    fn say_failure(&self, failure: &Failure) {
        self.progress_over();
        writeln!(io::stderr(), "{}", self.told(failure)).ok();
    }

    /// A failure for people: what, why and its name, and what to do on a line of its own.
    fn told(&self, failure: &Failure) -> String {
        // A failure may have come out of a file or an answer.
        let mut text = format!("{} {}", self.colours.error(), clean_line(&failure.what));
        if !failure.why.is_empty() {
            _ = write!(text, ": {}", clean_line(&failure.why));
        }
        _ = write!(text, " {}", self.colours.aside(&format!("({})", failure.id())));
        if !failure.hint.is_empty() {
            _ = write!(text, "\n  {}", clean_line(&failure.hint));
        }
        text
    }

    fn render(&self, answer: &Answer) -> String {
        if answer.is_streamed && answer.failure.is_none() {
            return String::new();
        }
        match self.format {
            Format::Json => format!("{}\n", json_line(&envelope(answer))),
            Format::Yaml => yaml(&envelope(answer)),
            Format::Jsonl => match (&answer.data, &answer.failure) {
                (Value::Null, Some(_)) => format!("{}\n", json_line(&envelope(answer))),
                (Value::Null, None) => String::new(),
                (Value::Array(items), _) => items.iter().fold(String::new(), |mut text, item| {
                    _ = writeln!(text, "{}", json_line(item));
                    text
                }),
                (one, _) => format!("{}\n", json_line(one)),
            },
            Format::Name => names(answer),
            Format::Tsv => match &answer.columns {
                Some(columns) => columns.to_tsv(),
                None => names(answer),
            },
            Format::Table => {
                // Whatever the verbs have cleaned: here nothing gets past.
                let told = answer.text.as_deref().map(clean).unwrap_or_default();
                let mut text = told.trim_end().to_owned();
                if !text.is_empty() {
                    text.push('\n');
                }
                if let Some(columns) = &answer.columns
                    && !columns.rows.is_empty()
                {
                    if !text.is_empty() {
                        text.push('\n');
                    }
                    let table = columns.to_text_within(room());
                    let (headings, rows) = table.split_once('\n').unwrap_or((&table, ""));
                    text.extend([self.colours.heading(headings).as_str(), "\n", rows]);
                }
                text
            }
        }
    }
}

fn names(answer: &Answer) -> String {
    answer.names.iter().fold(String::new(), |mut text, name| {
        _ = writeln!(text, "{}", clean_line(name));
        text
    })
}

/// Writes to standard output; `false`: the reader has gone, as `head` does.
fn write_out(text: &str) -> Result<bool, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new("Could not print", error.to_string()).kind(FailureKind::Failed)),
    }
}

/// The width that columns have to fit into; `None`: nobody reads them on a terminal, so that they stay as they are.
fn room() -> Option<usize> {
    io::stdout().is_terminal().then(terminal_width)
}

fn terminal_width() -> usize {
    // Terminals that do not know their size say zero.
    match crossterm::terminal::size() {
        Ok((columns, _)) if columns > 0 => usize::from(columns.max(20)),
        _ => 80,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stream_ends_without_an_envelope_unless_it_fails() {
        let printer = Printer::new(Format::Json, false);
        assert_eq!(printer.render(&Answer::streamed()), "");
        assert!(printer.render(&Answer::streamed().but(Failure::new("a", "b"))).contains("\"ok\":false"));
    }

    #[test]
    fn the_envelope_is_the_same_for_answers_and_failures() {
        let answer = Answer::list(vec![json!({"id": "1"})], Columns::default(), vec![]);
        assert_eq!(envelope(&answer)["ok"], true);
        assert_eq!(envelope(&answer)["data"][0]["id"], "1");
        let failed = envelope(&Answer::nothing().but(Failure::new("a", "b").kind(FailureKind::NotFound)));
        assert_eq!((&failed["ok"], &failed["error"]["exit_code"]), (&json!(false), &json!(7)));
        assert_eq!(failed["error"]["kind"], "not_found");
        let kept = envelope(&Answer { age: Some(90), ..answer.clone() });
        assert_eq!(kept["meta"], json!({"source": "cache", "age_s": 90}));
        assert_eq!((&failed["meta"]["source"], &envelope(&answer)["meta"]["source"]), (&Value::Null, &json!("live")));
    }

    #[test]
    fn people_are_told_the_name_of_a_failure_that_programs_get() {
        let failure =
            Failure::new("Could not show nope", "there is no such pod\u{9b}2J").hint("`kab pods` lists them.");
        let told = Printer::new(Format::Table, false).told(&failure);
        let id = failure.id();
        assert_eq!(told, format!("error: Could not show nope: there is no such pod ({id})\n  `kab pods` lists them."));
        assert_eq!(error_of(&failure)["id"], id.as_str());
    }

    #[test]
    fn no_text_of_others_gets_through_to_the_terminal() {
        let printer = Printer::new(Format::Table, false);
        let answer = Answer::text(Value::Null, "a\u{1b}[2J\nb\u{9b}31m\u{202e}c", "");
        assert_eq!(printer.render(&answer), "a\nbc\n");
    }
}
