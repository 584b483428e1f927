//! Lines that leave the program as text: to the clipboard, into files, to other programs.

use super::entry::{Entry, Part};
use super::{LogView, Stamps, ansi};
use crate::domain::Moment;
use crate::tui::effect::Ticket;

/// What a line carries besides its text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Form {
    /// Its time.
    pub stamps: bool,
    /// The names of the streams; none where there is only one.
    pub names: Vec<String>,
    /// Its colours.
    pub colours: bool,
}

/// Writes lines one after the other; the pieces of a long one are joined.
#[derive(Debug)]
pub struct Scribe {
    form: Form,
    /// Lines that were begun.
    pub lines: usize,
    /// The time of the first line that has one, and of the last.
    pub span: Option<(Moment, Moment)>,
}

impl Scribe {
    /// One that has written nothing.
    pub fn new(form: Form) -> Self {
        Self { form, lines: 0, span: None }
    }

    /// Writes a line with this text.
    pub fn add(&mut self, out: &mut String, entry: &Entry, text: &str) {
        if entry.part == Part::Begins || self.lines == 0 {
            if self.lines > 0 {
                out.push('\n');
            }
            self.lines += 1;
            if let Some(at) = entry.at {
                self.span = Some((self.span.map_or(at, |(first, _)| first), at));
                if self.form.stamps {
                    out.push_str(&at.to_iso());
                    out.push(' ');
                }
            }
            if let Some(name) = self.form.names.get(usize::from(entry.stream)) {
                out.push_str(name);
                out.push_str(" | ");
            }
        }
        out.push_str(text);
    }

    /// Writes a line as it was sent.
    pub fn add_sent(&mut self, out: &mut String, entry: &Entry) {
        if self.form.colours {
            self.add(out, entry, &entry.text);
            if entry.text.contains('\u{1b}') {
                out.push_str("\u{1b}[0m");
            }
        } else {
            self.add(out, entry, &ansi::plain(&entry.text));
        }
    }
}

/// Everything that is held of a log: what the file has, and then what is in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// Which log.
    pub log: Ticket,
    /// The first line that counts.
    pub from: u64,
    /// The first line that is in memory.
    pub until: u64,
    /// The lines in memory.
    pub lines: Vec<Entry>,
    /// What each line carries.
    pub form: Form,
}

/// The name of a file for a log: `stardist-8c1f20e4-20261124-185334.log`, the time in UTC.
pub fn file_name(name: &str, now: Moment) -> String {
    let digits: String = now.to_iso().chars().filter(char::is_ascii_digit).take(14).collect();
    let (day, time) = digits.split_at(8.min(digits.len()));
    let plain = |letter: char| if letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.') { letter } else { '-' };
    let name: String = name.chars().map(plain).collect();
    format!("{}-{day}-{time}.log", name.trim_start_matches('.'))
}

impl LogView {
    /// What copied lines carry: what is shown.
    pub(super) fn form(&self) -> Form {
        let names =
            if self.is_merged() { self.streams.iter().map(|stream| stream.name.clone()).collect() } else { Vec::new() };
        Form { stamps: self.stamps != Stamps::Off, names, colours: false }
    }

    /// Everything that is held, whatever is shown of it.
    pub fn held(&self) -> Held {
        Held {
            log: self.id,
            from: self.store.oldest(),
            until: self.store.in_memory_from(),
            lines: self.store.in_memory().cloned().collect(),
            form: self.form(),
        }
    }

    /// Where it is saved unless somebody says otherwise: `./stardist-8c1f20e4-20261124-185334.log`.
    pub fn default_path(&self, now: Moment) -> String {
        let name = self.streams.first().map_or("log", |stream| stream.name.as_str());
        let more = if self.is_merged() { format!("-and-{}-more", self.streams.len() - 1) } else { String::new() };
        format!("./{}", file_name(&format!("{name}{more}"), now))
    }

    /// How many lines are held.
    pub fn held_lines(&self) -> usize {
        self.store.total()
    }
}
