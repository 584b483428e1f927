//! The lines of a log, with the ones that are shown and the ones that were found.
//!
//! The newest lines are in memory, within bounds. Older ones leave it for a file that somebody else keeps; what of them
//! is looked at comes back as a window. Where no file can be kept they are dropped, and a marker stands in their place.

use std::collections::{BTreeMap, VecDeque};
use std::ops::RangeInclusive;

use super::entry::{Entry, Level, Part};
use super::needle::{Fit, Hunt, Lister, Needle, Sieve, each_line};
use crate::tui::widgets::text::grouped;

/// Lines that are in memory at most.
pub const MOST_LINES: usize = 50_000;
/// Bytes of text that are in memory at most.
pub const MOST_BYTES: usize = 32 * 1024 * 1024;

/// What becomes of lines for which there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Room {
    /// They are dropped.
    #[default]
    Bounded,
    /// They go to a file.
    Spilling,
}

/// Lines in a row, by the number of the first.
#[derive(Debug, Default)]
struct Run {
    from: u64,
    lines: VecDeque<Entry>,
}

impl Run {
    fn end(&self) -> u64 {
        self.from + self.lines.len() as u64
    }

    fn line(&self, number: u64) -> Option<&Entry> {
        self.lines.get(usize::try_from(number.checked_sub(self.from)?).ok()?)
    }
}

/// The lines. Each has a number that never changes.
#[derive(Debug)]
pub struct Store {
    memory: Run,
    /// The number of the first line that counts; those before were taken back.
    origin: u64,
    bytes: usize,
    bounds: (usize, usize),
    room: Room,
    /// Lines on their way to the file.
    leaving: Run,
    /// Lines of the file that are looked at.
    window: BTreeMap<u64, Entry>,
    /// The lines that are on the screen, while it is pinned.
    looked_at: Option<RangeInclusive<u64>>,
    /// Stands in the place of lines that were dropped.
    marker: Option<Entry>,
    hunt: Hunt,
    lister: Lister,
    shown: VecDeque<u64>,
    matches: VecDeque<u64>,
    errors: VecDeque<u64>,
}

impl Default for Store {
    fn default() -> Self {
        Self::bounded(MOST_LINES, MOST_BYTES)
    }
}

impl Store {
    /// A store with bounds of its own.
    pub fn bounded(lines: usize, bytes: usize) -> Self {
        Self {
            memory: Run::default(),
            origin: 0,
            bytes: 0,
            bounds: (lines, bytes),
            room: Room::default(),
            leaving: Run::default(),
            window: BTreeMap::new(),
            looked_at: None,
            marker: None,
            hunt: Hunt::default(),
            lister: Lister::default(),
            shown: VecDeque::new(),
            matches: VecDeque::new(),
            errors: VecDeque::new(),
        }
    }

    /// The same with a file for what has no room.
    #[must_use]
    pub fn spilling(mut self) -> Self {
        self.room = Room::Spilling;
        self
    }

    /// What becomes of lines for which there is no room.
    pub fn room(&self) -> Room {
        self.room
    }

    /// Takes lines, with all their pieces; tells how many are shown in addition.
    pub fn take(&mut self, entries: Vec<Entry>) -> usize {
        let mut added = entries.len();
        if !self.is_open() || !self.hunt.needle.is_empty() {
            let (is_open, before) = (self.is_open(), self.shown.len());
            let Self { memory, hunt, lister, shown, matches, .. } = self;
            each_line((memory.end()..).zip(&entries), |number, pieces| {
                let fit = hunt.judge(pieces, |at| matches.push_back(number + at as u64));
                if !is_open {
                    for number in (number..).take(pieces.len()) {
                        lister.feed(number, fit, |number| shown.push_back(number));
                    }
                }
            });
            if !is_open {
                added = self.shown.len() - before;
            }
        }
        for entry in entries {
            if entry.level == Some(Level::Error) {
                self.errors.push_back(self.end());
            }
            self.bytes += entry.text.len();
            self.memory.lines.push_back(entry);
            let (lines, bytes) = self.bounds;
            while self.memory.lines.len() > lines || (self.bytes > bytes && self.memory.lines.len() > 1) {
                self.evict();
            }
        }
        added
    }

    fn evict(&mut self) {
        let Some(gone) = self.memory.lines.pop_front() else { return };
        let number = self.memory.from;
        self.bytes -= gone.text.len();
        self.memory.from += 1;
        if self.room == Room::Bounded {
            self.drop_before_memory();
            return;
        }
        // What somebody looks at does not blink while the file takes it.
        let is_seen = self.looked_at.as_ref().is_some_and(|seen| seen.contains(&number));
        if is_seen && (self.is_open() || self.shown.binary_search(&number).is_ok()) {
            self.window.insert(number, gone.clone());
        }
        if self.leaving.lines.is_empty() {
            self.leaving.from = number;
        }
        self.leaving.lines.push_back(gone);
    }

    fn drop_before_memory(&mut self) {
        let first = self.memory.from;
        for list in [&mut self.shown, &mut self.matches, &mut self.errors] {
            while list.front().is_some_and(|number| *number < first) {
                list.pop_front();
            }
        }
        self.marker = None;
    }

    /// Puts a marker in the place of lines that were dropped. Called when a burst has been taken in.
    pub fn settle(&mut self) {
        if self.marker.is_none() && self.dropped() > 0 {
            // The marker takes the place of one more line.
            let count = grouped(usize::try_from(self.dropped() + 1).unwrap_or(usize::MAX));
            self.marker = Some(Entry::marker(None, format!("--- {count} lines dropped (buffer full) ---")));
        }
    }

    /// Forgets all lines.
    pub fn clear(&mut self) {
        self.memory = Run { from: self.end(), lines: VecDeque::new() };
        self.origin = self.memory.from;
        self.bytes = 0;
        (self.leaving, self.window, self.marker) = (Run::default(), BTreeMap::new(), None);
        (self.shown, self.matches, self.errors) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        self.lister = Lister::new(self.hunt.sieve.context);
    }

    /// Lines on their way to the file, with the number of the first.
    pub fn leaving(&mut self) -> Option<(u64, Vec<Entry>)> {
        let from = self.leaving.from;
        let lines: Vec<_> = std::mem::take(&mut self.leaving.lines).into();
        (!lines.is_empty()).then_some((from, lines))
    }

    /// The file cannot be kept: what is not in memory is lost, from now on as well.
    pub fn lose_the_file(&mut self) {
        self.room = Room::Bounded;
        (self.leaving, self.window) = (Run::default(), BTreeMap::new());
        self.drop_before_memory();
        self.settle();
    }

    /// Lines of the file arrived.
    pub fn add_window(&mut self, lines: Vec<(u64, Entry)>) {
        self.window.extend(lines);
    }

    /// The lines that are on the screen while it is pinned; `None`: the end is looked at. Other lines of the file are
    /// forgotten.
    pub fn look_at(&mut self, seen: Option<RangeInclusive<u64>>) {
        match &seen {
            Some(seen) => self.window.retain(|number, _| seen.contains(number)),
            None => self.window.clear(),
        }
        self.looked_at = seen;
    }

    /// Lines that were dropped because there was no room.
    pub fn dropped(&self) -> u64 {
        self.oldest() - self.origin
    }

    /// The number of the oldest line that is held.
    pub fn oldest(&self) -> u64 {
        if self.room == Room::Spilling { self.origin } else { self.memory.from }
    }

    /// The number of the oldest line in memory.
    pub fn in_memory_from(&self) -> u64 {
        self.memory.from
    }

    /// The number that the next line will have.
    pub fn end(&self) -> u64 {
        self.memory.end()
    }

    /// A line by its number, where it is in memory.
    pub fn line(&self, number: u64) -> Option<&Entry> {
        if number == self.memory.from && self.marker.is_some() {
            return self.marker.as_ref();
        }
        self.memory.line(number).or_else(|| self.window.get(&number))
    }

    /// Whether a line is shown only because it is near one that fits.
    pub fn is_near(&self, number: u64) -> bool {
        let continues = |number: u64| self.line(number).is_some_and(|entry| entry.part == Part::Continues);
        let mut first = number;
        while continues(first) && first > self.oldest() {
            first -= 1;
        }
        let rest = (first + 1..).take_while(|number| continues(*number));
        let pieces: Vec<&Entry> = std::iter::once(first).chain(rest).filter_map(|number| self.line(number)).collect();
        self.hunt.sieve.fit(&pieces) == Fit::Near
    }

    /// All lines in memory.
    pub fn in_memory(&self) -> impl Iterator<Item = &Entry> {
        self.marker.iter().chain(self.memory.lines.iter().skip(usize::from(self.marker.is_some())))
    }

    /// Whether every line is shown.
    pub fn is_open(&self) -> bool {
        self.hunt.sieve.is_open()
    }

    /// Lines that are shown.
    pub fn len(&self) -> usize {
        if self.is_open() { self.total() } else { self.shown.len() }
    }

    /// Lines in all.
    pub fn total(&self) -> usize {
        usize::try_from(self.end() - self.oldest()).unwrap_or(usize::MAX)
    }

    /// The number of the line at a place among the shown ones.
    pub fn number_at(&self, place: usize) -> Option<u64> {
        if self.is_open() {
            (place < self.total()).then(|| self.oldest() + place as u64)
        } else {
            self.shown.get(place).copied()
        }
    }

    /// The place of a line among the shown ones; where it is not shown, that of the next one.
    pub fn place_of(&self, number: u64) -> usize {
        if self.is_open() {
            usize::try_from(number.saturating_sub(self.oldest())).unwrap_or(usize::MAX).min(self.total())
        } else {
            self.shown.partition_point(|shown| *shown < number)
        }
    }

    /// What is shown, and what is looked for.
    pub fn hunt(&self) -> &Hunt {
        &self.hunt
    }

    /// Shows other lines.
    pub fn set_sieve(&mut self, sieve: Sieve) {
        self.hunt.sieve = sieve;
        self.list();
    }

    /// Looks for something else.
    pub fn set_needle(&mut self, needle: Needle) {
        self.hunt.needle = needle;
        self.list();
    }

    /// Lists what is in memory anew.
    fn list(&mut self) {
        let (mut shown, mut matches) = (VecDeque::new(), VecDeque::new());
        let mut lister = Lister::new(self.hunt.sieve.context);
        if !self.is_open() || !self.hunt.needle.is_empty() {
            each_line((self.memory.from..).zip(self.in_memory()), |number, pieces| {
                let fit = self.hunt.judge(pieces, |at| matches.push_back(number + at as u64));
                if !self.is_open() {
                    for number in (number..).take(pieces.len()) {
                        lister.feed(number, fit, |number| shown.push_back(number));
                    }
                }
            });
        }
        (self.shown, self.matches, self.lister) = (shown, matches, lister);
    }

    /// What the file holds was looked through: these are shown, and these were found.
    pub fn add_older(&mut self, shown: Vec<u64>, matches: Vec<u64>) {
        for (list, older) in [(&mut self.shown, shown), (&mut self.matches, matches)] {
            let newer = std::mem::replace(list, older.into());
            list.extend(newer);
        }
    }

    /// Lines that were found.
    pub fn matches(&self) -> &VecDeque<u64> {
        &self.matches
    }

    /// Lines that speak of an error.
    pub fn errors(&self) -> &VecDeque<u64> {
        &self.errors
    }

    /// Whether a line is shown.
    pub fn shows(&self, number: u64) -> bool {
        self.is_open() || self.shown.binary_search(&number).is_ok()
    }
}
