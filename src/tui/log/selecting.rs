//! Selecting lines, and what is copied.

use super::held::Scribe;
use super::{LogView, Position};
use crate::tui::action::Step;
use crate::tui::app::stepped;

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

    /// The selected lines as text, or why not; `None`: nothing is selected. Ends the selection.
    pub fn take_selection(&mut self) -> Option<Result<String, String>> {
        let Selection { anchor, cursor } = self.selection.take()?;
        let from = self.store.place_of(anchor.min(cursor));
        let to = self.store.place_of(anchor.max(cursor));
        Some(
            self.text(from..to + 1).ok_or_else(|| "Some of these lines are only in the file; ⟨save⟩ saves them".into()),
        )
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
