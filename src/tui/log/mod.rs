//! The log of a pod: follows the end, stays where it is put, finds, filters, copies.
//!
//! Following is a position: at the end it follows, any movement upwards pauses. While paused, the view is pinned to its
//! first line, whatever arrives or is dropped.

pub mod ansi;
mod store;
#[cfg(test)]
mod tests;
mod view;

use super::action::{Action, Step};
use super::effect::Ticket;
use super::message::LogKind;
use super::widgets::text::{grouped, width};
use crate::domain::{LogLine, LogSeam, LogSource, PodId};
use store::{Entry, Needle, Store, is_error};

pub use view::draw;

/// Long lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Long {
    Cut,
    Wrapped,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Switch {
    On,
    Off,
}

impl Switch {
    fn turned(self) -> Self {
        match self {
            Self::On => Self::Off,
            Self::Off => Self::On,
        }
    }
}

/// Whether lines still come.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    Open,
    Ended,
    Broken(String),
}

/// The position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// At the end, whatever arrives.
    Following,
    /// Pinned to a line, with the number of lines that arrived since.
    Pinned { line: u64, new: u64 },
}

/// The log of a pod.
#[derive(Debug)]
pub struct LogView {
    /// Whose answers these are.
    pub ticket: Ticket,
    /// Whose log it is.
    pub pod: PodId,
    /// What people call it.
    pub title: String,
    store: Store,
    kind: Option<LogKind>,
    seam: LogSeam,
    end: End,
    /// Why no lines come at the moment; they will again.
    reconnecting: Option<String>,
    /// The next lines replace all that are there: nobody can tell which of them are the same.
    renews: bool,
    position: Position,
    long: Long,
    stamps: Switch,
    colours: Switch,
    found: Option<u64>,
    lost: Option<u64>,
    size: (u16, u16),
}

impl LogView {
    /// An empty log that follows.
    pub fn new(ticket: Ticket, pod: PodId, title: String, size: (u16, u16)) -> Self {
        Self {
            ticket,
            pod,
            title,
            store: Store::default(),
            kind: None,
            seam: LogSeam::default(),
            end: End::Open,
            reconnecting: None,
            renews: false,
            position: Position::Following,
            long: Long::Wrapped,
            stamps: Switch::On,
            colours: Switch::On,
            found: None,
            lost: None,
            size,
        }
    }

    /// The terminal has another size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.size = (columns, rows);
    }

    /// Takes lines in. Where the engine takes over from a snapshot, lines that the snapshot held are left out.
    pub fn take(&mut self, kind: LogKind, lines: Vec<LogLine>) {
        let is_snapshot = |kind| matches!(kind, LogKind::Snapshot { .. });
        let takes_over = self.kind.is_some_and(is_snapshot) && !is_snapshot(kind);
        if takes_over {
            self.seam.reopen();
        }
        if !lines.is_empty() {
            self.reconnecting = None;
        }
        let renewed = !lines.is_empty() && std::mem::take(&mut self.renews);
        if (takes_over || renewed) && !self.seam.has_times() {
            // Without times nobody can tell which lines are the same: the newer answer holds them all.
            self.store.clear();
        }
        self.kind = Some(kind);
        for line in lines {
            if self.seam.is_new(&line) {
                self.push(&line);
            }
        }
    }

    fn push(&mut self, line: &LogLine) {
        self.store.push(line);
        self.count_new();
    }

    fn count_new(&mut self) {
        let first = self.store.dropped();
        if let Position::Pinned { line, new } = &mut self.position {
            *new += 1;
            if *line < first {
                // The pinned line is gone: say so once, and stay at what is the oldest now.
                self.lost.get_or_insert(*line);
                *line = first;
            }
        }
    }

    /// Notes that lines were dropped on the way.
    pub fn note_dropped(&mut self, count: u64) {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let text = format!("--- {} lines dropped: they came faster than they could be kept ---", grouped(count));
        self.store.push_entry(Entry { at: None, source: LogSource::Unknown, text: text.into() });
        self.count_new();
    }

    /// No more lines will come.
    pub fn end(&mut self, why: Option<String>) {
        self.reconnecting = None;
        self.end = why.map_or(End::Ended, End::Broken);
    }

    /// Whether no more lines come, and nothing broke.
    pub fn has_ended(&self) -> bool {
        self.end == End::Ended
    }

    /// The log is read once more, because its pod runs again. Known lines are left out.
    pub fn resume(&mut self, ticket: Ticket) {
        (self.ticket, self.end) = (ticket, End::Open);
        self.seam.reopen();
    }

    /// The log is read once more, because somebody wants to see the newest. Known lines are left out, or replaced.
    pub fn read_again(&mut self, ticket: Ticket) {
        self.resume(ticket);
        (self.renews, self.kind, self.reconnecting) = (true, None, None);
    }

    /// No lines come at the moment, for this reason; `None`: they come again.
    pub fn lose(&mut self, why: Option<String>) {
        self.reconnecting = why;
    }

    /// Whether something is looked for.
    pub fn is_searching(&self) -> bool {
        !self.store.needle().is_empty()
    }

    /// Clears the search, then the filter; says whether there was one.
    pub fn clear(&mut self) -> bool {
        if self.is_searching() {
            self.find("");
        } else if !self.store.only().is_empty() {
            self.show_only("");
        } else {
            return false;
        }
        true
    }

    /// The filter as it was typed.
    pub fn only_text(&self) -> String {
        self.store.only().typed()
    }

    /// Shows only some lines; the line at the top stays as near as it can.
    pub fn show_only(&mut self, text: &str) {
        self.store.set_only(Needle::filter(text));
    }

    /// Looks for a text, from what is on the screen on.
    pub fn find(&mut self, text: &str) {
        self.store.set_needle(Needle::new(text));
        self.found = None;
        if !text.is_empty() {
            let from = self.store.number_at(self.first_place()).unwrap_or(0);
            let matches = self.store.matches();
            let next = matches.partition_point(|number| *number < from);
            if let Some(number) = matches.get(next).or_else(|| matches.back()).copied() {
                self.show(number);
            }
        }
    }

    /// Does what a key asks for; the answer is something to say.
    pub fn act(&mut self, action: Action) -> Option<String> {
        match action {
            Action::Follow => {
                self.position = match self.position {
                    Position::Following => self.pinned(self.first_place()),
                    Position::Pinned { .. } => Position::Following,
                };
            }
            Action::Wrap => {
                self.long = match self.long {
                    Long::Cut => Long::Wrapped,
                    Long::Wrapped => Long::Cut,
                };
            }
            Action::Stamps => self.stamps = self.stamps.turned(),
            Action::Colours => self.colours = self.colours.turned(),
            Action::NextMatch | Action::PreviousMatch => {
                if !self.is_searching() {
                    return Some("Nothing is looked for; / finds".into());
                }
                let matches = self.store.matches();
                let at = self.found.map(|found| matches.partition_point(|number| *number < found));
                let next = match (at, action) {
                    (None, _) => Some(0),
                    (Some(at), Action::NextMatch) => Some(at + 1).filter(|next| *next < matches.len()),
                    (Some(at), _) => at.checked_sub(1),
                };
                match next.and_then(|next| matches.get(next)).copied() {
                    Some(number) => self.show(number),
                    None if self.store.matches().is_empty() => return Some("No match".into()),
                    None => return Some("No more matches this way".into()),
                }
            }
            Action::NextError | Action::PreviousError => return self.go_to_error(action),
            _ => {}
        }
        None
    }

    fn go_to_error(&mut self, action: Action) -> Option<String> {
        let from = self.found.map_or_else(|| self.first_place(), |found| self.store.place_of(found));
        let is_error = |place: &usize| {
            let line = self.store.number_at(*place).and_then(|number| self.store.line(number));
            line.is_some_and(|entry| is_error(&entry.text))
        };
        let place = match action {
            Action::NextError => {
                let start = if self.found.is_some() { from + 1 } else { from };
                (start..self.store.len()).find(is_error)
            }
            _ => (0..from.min(self.store.len())).rev().find(is_error),
        };
        match place.and_then(|place| self.store.number_at(place)) {
            Some(number) => self.show(number),
            None => return Some("No error this way".into()),
        }
        None
    }

    /// Brings a line onto the screen, a third from the top.
    fn show(&mut self, number: u64) {
        self.found = Some(number);
        let place = self.store.place_of(number).saturating_sub(usize::from(self.size.1) / 3);
        self.position = self.pinned(place.min(self.last_top()));
    }

    fn pinned(&self, place: usize) -> Position {
        let new = match self.position {
            Position::Following => 0,
            Position::Pinned { new, .. } => new,
        };
        Position::Pinned { line: self.store.number_at(place).unwrap_or(0), new }
    }

    /// Moves by lines. Arriving at the end follows again.
    pub fn step(&mut self, step: Step) {
        self.lost = None;
        let page = usize::from(self.size.1).max(1);
        let (from, last) = (self.first_place(), self.last_top());
        let to = match step {
            Step::Bottom => {
                self.position = Position::Following;
                return;
            }
            Step::Top => 0,
            Step::Down => from + 1,
            Step::Up => from.saturating_sub(1),
            Step::HalfDown => from + page / 2,
            Step::HalfUp => from.saturating_sub(page / 2),
            Step::PageDown => from + page.saturating_sub(1).max(1),
            Step::PageUp => from.saturating_sub(page.saturating_sub(1).max(1)),
        };
        let down = matches!(step, Step::Down | Step::HalfDown | Step::PageDown);
        self.position = if down && to >= last { Position::Following } else { self.pinned(to.min(last)) };
    }

    /// The place of the first line on the screen.
    fn first_place(&self) -> usize {
        match self.position {
            Position::Following => self.last_top(),
            Position::Pinned { line, .. } => self.store.place_of(line).min(self.store.len().saturating_sub(1)),
        }
    }

    /// The place from which on the lines just fill the screen.
    fn last_top(&self) -> usize {
        let mut rows = usize::from(self.size.1);
        let mut place = self.store.len();
        while place > 0 {
            let height = self.height(place - 1);
            if height > rows {
                break;
            }
            rows -= height;
            place -= 1;
        }
        place.min(self.store.len().saturating_sub(1))
    }

    /// Rows that a line takes.
    fn height(&self, place: usize) -> usize {
        let columns = usize::from(self.size.0).saturating_sub(self.stamp_width()).max(1);
        match self.long {
            Long::Cut => 1,
            Long::Wrapped => self
                .store
                .number_at(place)
                .and_then(|number| self.store.line(number))
                .map_or(1, |entry| width(&ansi::plain(&entry.text)).div_ceil(columns).max(1)),
        }
    }

    fn stamp_width(&self) -> usize {
        if self.stamps == Switch::On { 10 } else { 1 }
    }

    /// What is on the screen, as text without colours.
    pub fn visible_text(&self) -> String {
        let mut rows = usize::from(self.size.1);
        let mut text = String::new();
        for place in self.first_place()..self.store.len() {
            let height = self.height(place);
            if rows == 0 {
                break;
            }
            rows = rows.saturating_sub(height);
            if let Some(entry) = self.store.number_at(place).and_then(|number| self.store.line(number)) {
                if let (Switch::On, Some(at)) = (self.stamps, entry.at) {
                    text.push_str(&at.to_iso());
                    text.push(' ');
                }
                text.push_str(&ansi::plain(&entry.text));
                text.push('\n');
            }
        }
        text
    }
}
