//! Selecting lines, and what is copied.

use std::collections::BTreeSet;

use super::held::Scribe;
use super::{LogView, Position};
use crate::tui::action::Step;
use crate::tui::app::stepped;
use crate::tui::effect::Effect;

/// Lines from one to another, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    anchor: u64,
    cursor: u64,
}

impl Selection {
    /// Its first line and its last one.
    pub fn ends(&self) -> (u64, u64) {
        (self.anchor.min(self.cursor), self.anchor.max(self.cursor))
    }

    /// Whether a line belongs to it.
    pub fn holds(&self, number: u64) -> bool {
        let (first, last) = self.ends();
        (first..=last).contains(&number)
    }
}

/// Lines of the file that are read to be copied at most.
const MOST: usize = 50_000;

/// Lines that are to be copied and are not all in memory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Copying {
    /// None.
    #[default]
    Nothing,
    /// The file is to be asked for them.
    Due(Selection),
    /// It was asked.
    Asked(Selection),
    /// They are here, as text.
    Ready(String),
}

/// What became of the wish to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// The lines as text.
    Text(String),
    /// The file is asked for so many of them first.
    Fetching(usize),
    /// The file would have to be asked for so many, which is too much. They stay selected.
    TooMany(usize),
}

impl LogView {
    /// `v`: begins to select, or gives it up. Begins at the line that was found, else at the last line while the end is
    /// followed, else at the first on the screen.
    pub(super) fn select(&mut self) {
        if self.selection.take().is_some() {
            return;
        }
        let visible = self.visible();
        let found =
            self.found.filter(|found| self.store.shows(*found) && visible.contains(&self.store.place_of(*found)));
        let edge = match self.position {
            Position::Following => visible.end.checked_sub(1),
            Position::Pinned { .. } => Some(visible.start),
        };
        let line = found.or_else(|| self.store.number_at(edge?));
        if let Some(line) = line {
            self.pin(self.top());
            self.selection = Some(Selection { anchor: line, cursor: line });
        }
    }

    /// Moves the end of the selection; says whether there is one. The screen goes along.
    pub(super) fn step_in_selection(&mut self, step: Step) -> bool {
        let Some(mut selection) = self.selection else { return false };
        let last = self.store.len().saturating_sub(1);
        let place = stepped(self.store.place_of(selection.cursor), step, self.screen_rows(), last);
        if let Some(number) = self.store.number_at(place) {
            selection.cursor = number;
        }
        self.selection = Some(selection);
        let (top, row) = self.top();
        if place < top || (place == top && row > 0) {
            self.pin((place, 0));
        } else {
            let lowest = self.top_for_end(place + 1);
            if lowest > (top, row) {
                self.pin(lowest);
            }
        }
        true
    }

    /// Where the selection's moving end is, for the real cursor.
    pub(super) fn selected(&self, number: u64) -> bool {
        self.selection.is_some_and(|selection| selection.holds(number))
    }

    /// Copies the selected lines; `None`: nothing is selected. Ends the selection, where that can be.
    pub fn take_selection(&mut self) -> Option<Taken> {
        let selection = self.selection?;
        let places = self.places(selection);
        if let Some(text) = self.text(places.clone()) {
            self.selection = None;
            return Some(Taken::Text(text));
        }
        let missing = self.not_here(places).len();
        if missing > MOST {
            return Some(Taken::TooMany(missing));
        }
        (self.selection, self.copying) = (None, Copying::Due(selection));
        Some(Taken::Fetching(missing))
    }

    fn places(&self, selection: Selection) -> std::ops::Range<usize> {
        let (first, last) = selection.ends();
        self.store.place_of(first)..(self.store.place_of(last) + 1).min(self.store.len())
    }

    /// The numbers of the lines at these places that are only in the file.
    fn not_here(&self, places: std::ops::Range<usize>) -> Vec<u64> {
        places.filter_map(|place| self.store.number_at(place)).filter(|at| self.store.line(*at).is_none()).collect()
    }

    /// What is wanted so that lines can be copied.
    pub(super) fn copy_wish(&mut self) -> Option<Effect> {
        match std::mem::take(&mut self.copying) {
            Copying::Nothing => None,
            Copying::Due(selection) => {
                self.copying = Copying::Asked(selection);
                Some(Effect::ReadLog { log: self.id, numbers: self.not_here(self.places(selection)) })
            }
            asked @ Copying::Asked(_) => {
                self.copying = asked;
                None
            }
            Copying::Ready(text) => Some(Effect::Copy(text)),
        }
    }

    /// Lines of the file arrived, perhaps those that are to be copied. Called before others are forgotten.
    pub(super) fn go_on_copying(&mut self, arrived: &BTreeSet<u64>) {
        let Copying::Asked(selection) = self.copying else { return };
        if let Some(text) = self.text(self.places(selection)) {
            self.copying = Copying::Ready(text);
        } else if arrived.contains(&selection.ends().0) {
            // Meanwhile others have left memory.
            self.copying = Copying::Due(selection);
        }
    }

    /// What is on the screen, as text: whole lines, without colours.
    pub fn visible_text(&self) -> String {
        self.text(self.visible()).unwrap_or_default()
    }

    /// Lines as text, as they are shown; `None` where some are not in memory.
    fn text(&self, places: std::ops::Range<usize>) -> Option<String> {
        let mut text = String::new();
        let mut scribe = Scribe::new(self.form());
        for place in places {
            let entry = self.store.line(self.store.number_at(place)?)?;
            scribe.add(&mut text, entry, &self.shape.text(entry));
        }
        text.push('\n');
        Some(text)
    }
}
