//! What the log wants of others: lines kept in a file, read back from it, looked through.

use std::ops::RangeInclusive;

use super::entry::Entry;
use super::selecting::Copying;
use super::store::Room;
use super::{LogView, Position};
use crate::tui::effect::Effect;

/// Shown lines around the screen that are read from the file together.
const AROUND: usize = 200;

/// Whether lines of the file were looked through for what is shown and searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Older {
    /// Nothing was asked for: there is no file, or somebody is still typing.
    #[default]
    Left,
    /// They are to be looked through.
    Due(u64),
    /// They are being looked through; the answer has this number.
    Asked(u64),
    /// They were.
    Done(u64),
}

impl Older {
    fn number(self) -> u64 {
        match self {
            Self::Left => 0,
            Self::Due(number) | Self::Asked(number) | Self::Done(number) => number,
        }
    }
}

impl LogView {
    /// Older lines have to be looked through anew, where there are any.
    pub(super) fn look_through_older(&mut self) {
        let hunt = self.store.hunt();
        let wants = !hunt.sieve.is_open() || !hunt.needle.is_empty();
        let next = self.older.number() + 1;
        let is_due = wants && self.store.oldest() < self.store.in_memory_from();
        self.older = if is_due { Older::Due(next) } else { Older::Done(next) };
    }

    /// What was asked before means nothing any more; nothing else is asked while somebody types.
    pub(super) fn leave_older(&mut self) {
        self.older = Older::Done(self.older.number() + 1);
    }

    /// Whether the older lines are still being looked through.
    pub(super) fn looks_through(&self) -> bool {
        matches!(self.older, Older::Due(_) | Older::Asked(_))
    }

    /// The lines around the screen, by their numbers.
    fn around(&self) -> Option<RangeInclusive<u64>> {
        let Position::Pinned { .. } = self.position else { return None };
        let place = self.top().0;
        let from = self.store.number_at(place.saturating_sub(AROUND))?;
        let last = (place + self.screen_rows() + AROUND).min(self.store.len().saturating_sub(1));
        Some(from..=self.store.number_at(last)?)
    }

    /// Tells the store what somebody looks at.
    pub(super) fn tell_pin(&mut self) {
        let around = self.around();
        self.store.look_at(around);
    }

    /// What is wanted now. Asked after everything that happened to the log.
    pub fn wishes(&mut self) -> Vec<Effect> {
        let mut wishes = Vec::new();
        if let Some((from, lines)) = self.store.leaving() {
            wishes.push(Effect::KeepLog { log: self.id, from, lines });
        }
        if let Older::Due(question) = self.older {
            self.older = Older::Asked(question);
            let before = self.store.in_memory_from();
            wishes.push(Effect::ScanLog { log: self.id, question, before, hunt: self.store.hunt().clone() });
        }
        wishes.extend(self.missing());
        wishes.extend(self.copy_wish());
        wishes
    }

    /// Lines that are on the screen, or near it, and not in memory.
    fn missing(&mut self) -> Option<Effect> {
        if self.position == Position::Following || self.store.room() == Room::Bounded {
            return None;
        }
        let is_missing = |number: &u64| self.store.line(*number).is_none() && !self.asked_for.contains(number);
        let visible = self.visible();
        if !visible.clone().filter_map(|place| self.store.number_at(place)).any(|number| is_missing(&number)) {
            return None;
        }
        let places = visible.start.saturating_sub(AROUND)..(visible.end + AROUND).min(self.store.len());
        let numbers: Vec<u64> = places.filter_map(|place| self.store.number_at(place)).filter(is_missing).collect();
        self.asked_for.extend(&numbers);
        Some(Effect::ReadLog { log: self.id, numbers })
    }

    /// Lines of the file arrived.
    pub fn take_page(&mut self, lines: Vec<(u64, Entry)>) {
        self.asked_for.clear();
        let arrived = lines.iter().map(|(number, _)| *number).collect();
        self.store.add_window(lines);
        self.go_on_copying(&arrived);
        self.tell_pin();
    }

    /// The lines of the file were looked through.
    pub fn take_scan(&mut self, question: u64, shown: Vec<u64>, matches: Vec<u64>) {
        if self.older == Older::Asked(question) {
            self.older = Older::Done(question);
            self.store.add_older(shown, matches);
            self.stay_within();
            self.tell_pin();
        }
    }

    /// The file cannot be kept; says whether it was before.
    pub fn lose_the_file(&mut self) -> bool {
        if self.store.room() == Room::Bounded {
            return false;
        }
        self.store.lose_the_file();
        self.copying = Copying::Nothing;
        self.asked_for.clear();
        self.push(Vec::new());
        true
    }
}
