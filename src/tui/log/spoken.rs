//! A log line by line, for those who do not look at a screen: which lines are new, and how each of them reads.

use super::entry::Part;
use super::title::word;
use super::view::{nothing, options, stamp};
use super::{End, LogView, Position};
use crate::domain::{LogSource, clean};
use crate::tui::app::App;
use crate::tui::message::LogKind;
use crate::tui::widgets::text::grouped;

impl LogView {
    /// Whether it shows what is written as it comes.
    pub fn follows(&self) -> bool {
        self.position == Position::Following
    }

    /// Whether it is known yet how the lines come.
    pub fn has_begun(&self) -> bool {
        self.due().is_none() && self.streams.iter().all(|stream| stream.kind.is_some() || stream.end != End::Open)
    }

    /// The truth about where the lines come from, stream by stream.
    pub fn truth(&self) -> String {
        let of_stream = |stream: &super::streams::Stream| {
            let word = word(stream).0;
            match (&stream.end, stream.kind) {
                (_, Some(LogKind::Kept { at })) => {
                    format!("{word}, as it was at {}", at.to_iso().get(..16).unwrap_or_default().replace('T', " "))
                }
                (End::Broken(why), _) => format!("{word}: {why}"),
                (End::Open, Some(LogKind::Snapshot { taken_at: Some(at) })) if stream.reconnecting.is_none() => {
                    format!("{word} of {} UTC", super::view::clock(at))
                }
                // How often grows and shrinks by itself: nothing to be read aloud each time.
                (End::Open, Some(LogKind::Polled { .. })) if stream.reconnecting.is_none() => "POLL".to_owned(),
                (End::Open, _) => match &stream.reconnecting {
                    Some(lost) => format!("{word}: {}", lost.why),
                    None => word.into_owned(),
                },
                _ => word.into_owned(),
            }
        };
        match self.streams.as_slice() {
            [only] => of_stream(only),
            several => {
                let told = several.iter().map(|stream| format!("{} {}", stream.name, of_stream(stream)));
                told.collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// What is shown and how, in words; changes only when somebody wants something else.
    pub fn looks(&self) -> String {
        let mut looks: Vec<String> = self.chips().iter().map(|chip| format!("only {}", chip.typed())).collect();
        let sieve = &self.store.hunt().sieve;
        if sieve.context > 0 && !sieve.chips.is_empty() {
            looks.push(format!("with {} around", sieve.context));
        }
        if self.is_searching() {
            looks.push(format!("looking for {}", self.store.hunt().needle.typed()));
        }
        looks.extend(options(self));
        looks.join(", ")
    }

    /// Lines that are shown, and lines in all.
    pub fn counts(&self) -> (usize, usize) {
        (self.store.len(), self.store.total())
    }

    /// Why there is no line.
    pub fn why_empty(&self) -> String {
        nothing(self)
    }

    /// The numbers of the last lines that are shown.
    pub fn newest(&self, most: usize) -> Vec<u64> {
        let len = self.store.len();
        (len.saturating_sub(most)..len).filter_map(|place| self.store.number_at(place)).collect()
    }

    /// How many shown lines there are after one.
    pub fn after(&self, number: u64) -> usize {
        self.store.len().saturating_sub(self.store.place_of(number + 1))
    }

    /// The numbers of the lines that would be on a screen, and of the one that was found.
    pub fn on_screen(&self) -> (Vec<u64>, Option<u64>) {
        (self.visible().filter_map(|place| self.store.number_at(place)).collect(), self.found)
    }

    /// The text of the lines that are selected, to be said.
    pub fn selection(&self) -> Option<String> {
        let selection = self.selection?;
        let (from, to) = selection.ends();
        let count = self.store.place_of(to) + 1 - self.store.place_of(from).min(self.store.place_of(to));
        let line = |number| self.store.line(number).map_or_else(String::new, |entry| self.shape.text(entry));
        Some(format!("{} selected, from: {} to: {}", super::super::view::counted(count, "line"), line(from), line(to)))
    }

    /// A line as it reads, with what is shown before it.
    pub fn spoken(&self, app: &App, number: u64) -> String {
        let Some(entry) = self.store.line(number) else { return String::from("(being read)") };
        let text = clean(&self.shape.text(entry));
        if entry.part == Part::Continues || entry.source == LogSource::Marker {
            return text;
        }
        let at = entry.at.map_or_else(String::new, |at| stamp(app, self, at));
        let name = match self.streams.get(usize::from(entry.stream)) {
            Some(stream) if self.is_merged() => format!("{}: ", stream.name),
            _ => String::new(),
        };
        format!("{}{name}{text}", at.trim_start())
    }

    /// The streams, for the list in which some can be muted.
    pub fn spoken_streams(&self) -> Vec<String> {
        let told = self.streams.iter().map(|stream| {
            let word = if stream.is_muted { "muted".into() } else { word(stream).0 };
            format!("{} - {word}", stream.name)
        });
        told.collect()
    }

    /// How many lines are held, for people.
    pub fn held_text(&self) -> String {
        let (shown, total) = self.counts();
        if shown == total {
            format!("{} lines", grouped(total))
        } else {
            format!("{} of {} lines", grouped(shown), grouped(total))
        }
    }
}
