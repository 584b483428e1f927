//! Printing: a table for people, one JSON envelope for programs, nothing but data on standard output.
//!
//! The envelope is `{"schema":1,"ok":…,"data":…,"meta":{…},"error":…}`; errors have the same one. Progress goes to
//! standard error, and only where that is a terminal. Text from others is cleaned before it is printed in any form
//! that a terminal may show.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Mutex;

use clap::ValueEnum;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

pub use super::columns::Columns;
use crate::domain::{Failure, FailureKind, clean, clean_line};

/// Version of the envelope.
const SCHEMA: u32 = 1;

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

/// What a verb found out.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// For programs. Lists are arrays; keys are stable.
    pub data: Value,
    /// For people, as columns.
    pub columns: Option<Columns>,
    /// For people, as text, before the columns.
    pub text: Option<String>,
    /// For `-o name`.
    pub names: Vec<String>,
    /// What is wrong although there is an answer; decides the exit code.
    pub failure: Option<Failure>,
    /// Whether everything was printed already, item by item: then no format has anything to add.
    pub is_streamed: bool,
}

impl Answer {
    /// Nothing to say.
    pub fn nothing() -> Self {
        Self { data: Value::Null, columns: None, text: None, names: Vec::new(), failure: None, is_streamed: false }
    }

    /// Everything was printed already by [`Printer::item`].
    pub fn streamed() -> Self {
        Self { is_streamed: true, ..Self::nothing() }
    }

    /// A list.
    pub fn list(data: Vec<Value>, columns: Columns, names: Vec<String>) -> Self {
        Self { data: Value::Array(data), columns: Some(columns), names, ..Self::nothing() }
    }

    /// One thing, as text for people.
    pub fn text(data: Value, text: impl Into<String>, name: impl Into<String>) -> Self {
        Self { data, text: Some(text.into()), names: vec![name.into()], ..Self::nothing() }
    }

    /// The same with something wrong.
    #[must_use]
    pub fn but(self, failure: Failure) -> Self {
        Self { failure: Some(failure), ..self }
    }
}

/// Prints in one format.
#[derive(Debug)]
pub struct Printer {
    format: Format,
    quiet: bool,
    /// Cells of the progress line that stands on the terminal.
    line: Mutex<usize>,
}

impl Printer {
    /// A printer of that format; `quiet` leaves out notes and progress.
    pub fn new(format: Format, quiet: bool) -> Self {
        Self { format, quiet, line: Mutex::new(0) }
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

    /// Prints an item of a stream at once: a line of JSON in the formats for programs, the text otherwise.
    ///
    /// # Errors
    /// As [`Self::answer`]. `Ok(false)`: the reader went away, and the stream should end.
    pub fn item(&self, data: &Value, text: &str) -> Result<bool, Failure> {
        let line = match self.format {
            Format::Json | Format::Jsonl | Format::Yaml => format!("{}\n", json_line(data)),
            Format::Table | Format::Name | Format::Tsv => format!("{text}\n"),
        };
        self.progress_over();
        write_out(&line)
    }

    /// Prints a failure; the exit code.
    pub fn failure(&self, failure: &Failure) -> ExitCode {
        self.progress_over();
        match self.format {
            Format::Json | Format::Jsonl | Format::Yaml => {
                let answer = Answer::nothing().but(failure.clone());
                write_out(&self.render(&answer)).ok();
            }
            Format::Table | Format::Name | Format::Tsv => self.say_failure(failure),
        }
        ExitCode::from(failure.kind.exit_code())
    }

    /// Says something beside the data.
    pub fn note(&self, text: &str) {
        if !self.quiet && !text.is_empty() {
            self.progress_over();
            writeln!(io::stderr(), "{}", clean_line(text)).ok();
        }
    }

    /// Shows how far something is, on a line that the next word replaces. Only on a terminal.
    pub fn progress(&self, text: &str) {
        if self.quiet || !io::stderr().is_terminal() {
            return;
        }
        let room = terminal_width().saturating_sub(1);
        let text: String = clean_line(text).chars().take(room).collect();
        let mut shown = self.line.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let width = text.width();
        let blank = shown.saturating_sub(width);
        write!(io::stderr(), "\r{text}{:blank$}", "").ok();
        io::stderr().flush().ok();
        *shown = width;
    }

    /// Takes the progress line away.
    pub fn progress_over(&self) {
        let mut shown = self.line.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *shown > 0 {
            write!(io::stderr(), "\r{:width$}\r", "", width = *shown).ok();
            *shown = 0;
        }
    }

    fn say_failure(&self, failure: &Failure) {
        let mut text = format!("error: {}", failure.what);
        if !failure.why.is_empty() {
            _ = write!(text, ": {}", failure.why);
        }
        if !failure.hint.is_empty() {
            _ = write!(text, "\n  {}", failure.hint);
        }
        self.progress_over();
        writeln!(io::stderr(), "{text}").ok();
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
                let told = answer.text.as_deref().map(str::trim_end).filter(|text| !text.is_empty());
                let mut text = told.map(|text| format!("{text}\n")).unwrap_or_default();
                if let Some(columns) = &answer.columns
                    && !columns.rows.is_empty()
                {
                    if !text.is_empty() {
                        text.push('\n');
                    }
                    text.push_str(&columns.to_text());
                }
                text
            }
        }
    }
}

/// The format that these words ask for, where they ask for one of those for programs.
pub fn format_in(words: &[OsString]) -> Option<Format> {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let named = words.iter().enumerate().find_map(|(at, word)| match word.as_ref() {
        "--json" => Some("json".to_owned()),
        "-o" | "--output" => words.get(at + 1).map(|next| next.as_ref().to_owned()),
        word => word.strip_prefix("--output=").or_else(|| word.strip_prefix("-o")).map(str::to_owned),
    })?;
    Format::from_str(named.trim_start_matches('='), false)
        .ok()
        .filter(|format| matches!(format, Format::Json | Format::Jsonl | Format::Yaml))
}

fn envelope(answer: &Answer) -> Value {
    let error = answer.failure.as_ref().map(|failure| {
        json!({
            "kind": failure.kind,
            "exit_code": failure.kind.exit_code(),
            "what": failure.what,
            "why": failure.why,
            "hint": failure.hint,
        })
    });
    json!({
        "schema": SCHEMA,
        "ok": error.is_none(),
        "data": answer.data,
        "meta": {"source": "live"},
        "error": error,
    })
}

/// JSON on one line, in which nothing can steer a terminal: JSON itself leaves the C1 controls and the characters that
/// reorder text as they are. They stand only inside of strings, where an escape means the same.
fn json_line(value: &Value) -> String {
    let text = value.to_string();
    if text.is_ascii() && !text.contains('\u{7f}') {
        return text;
    }
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        let code = u32::from(character);
        if character.is_control() || clean(character.encode_utf8(&mut [0; 4])).is_empty() {
            _ = write!(safe, "\\u{code:04x}");
        } else {
            safe.push(character);
        }
    }
    safe
}

/// YAML in which nothing can steer a terminal. Characters that reorder text are not escaped by it: a document that has
/// some is written as JSON, which is YAML too.
fn yaml(value: &Value) -> String {
    match serde_saphyr::to_string(value) {
        Ok(text) if clean(&text) == text => text,
        _ => format!("{}\n", json_line(value)),
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

fn terminal_width() -> usize {
    // Terminals that do not know their size say zero.
    match crossterm::terminal::size() {
        Ok((columns, _)) if columns > 0 => usize::from(columns.max(20)),
        _ => 80,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_json_steers_a_terminal_and_nothing_is_lost() {
        let value = json!({"text": "a\u{1b}[2J b\u{9b}31m c\u{202e} d\u{7f} 細胞"});
        let line = json_line(&value);
        assert_eq!(clean(&line), line);
        assert_eq!(serde_json::from_str::<Value>(&line).expect("json"), value);
        let yaml = yaml(&value);
        assert_eq!(clean(&yaml), yaml);
        assert_eq!(serde_saphyr::from_str::<Value>(&yaml).expect("yaml"), value);
        assert_eq!(super::yaml(&json!({"text": "plain"})), "text: plain\n");
    }

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
    }

    #[test]
    fn a_usage_error_is_json_where_json_was_asked_for() {
        let format = |words: &[&str]| format_in(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(format(&["kab", "--json"]), Some(Format::Json));
        assert_eq!(format(&["kab", "-ojson"]), Some(Format::Json));
        assert_eq!(format(&["kab", "-o=yaml"]), Some(Format::Yaml));
        assert_eq!(format(&["kab", "--output", "jsonl"]), Some(Format::Jsonl));
        assert_eq!(format(&["kab", "-o", "table"]), None);
        assert_eq!(format(&["kab"]), None);
    }
}
