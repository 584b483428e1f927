//! Where in the log the screen is. A row of a line is at the top; lines taller than the screen can be walked through.

use super::shape::{Long, Row};
use super::{LogView, OpensAt, Position, Stamps};
use crate::tui::action::{Action, Step};
use crate::tui::theme::Theme;
use crate::tui::widgets::text::width;

/// Columns of the list of streams.
pub const SIDE: u16 = 28;
/// Columns of a stream's name at most.
const LONGEST_NAME: usize = 16;

/// A place among the shown lines, and a row of it.
pub(super) type Spot = (usize, usize);

impl LogView {
    /// Columns of a line's text.
    pub(super) fn columns(&self) -> usize {
        let side = if self.side.is_some() { SIDE + 1 } else { 0 };
        usize::from(self.size.0.saturating_sub(side)).saturating_sub(self.gutter()).max(1)
    }

    /// Columns before the text: a sign, the time, the stream's name.
    pub(super) fn gutter(&self) -> usize {
        1 + self.stamp_width() + self.name_width()
    }

    pub(super) fn stamp_width(&self) -> usize {
        match self.stamps {
            Stamps::Off => 0,
            Stamps::Relative => 5,
            Stamps::Local | Stamps::Utc => 9,
        }
    }

    pub(super) fn name_width(&self) -> usize {
        if !self.is_merged() {
            return 0;
        }
        self.streams.iter().map(|stream| width(&stream.name)).max().unwrap_or(0).min(LONGEST_NAME) + 1
    }

    /// The rows of a line; one that is not in memory is being read.
    pub(super) fn rows_at(&self, place: usize, theme: &Theme) -> Vec<Row> {
        let entry = self.store.number_at(place).and_then(|number| self.store.line(number));
        let Some(entry) = entry else { return vec![vec![ratatui::text::Span::raw(theme.glyphs.ellipsis)]] };
        self.shape.rows(entry, self.columns(), (theme, &self.store.hunt().needle))
    }

    /// Rows that a line takes.
    pub(super) fn height(&self, place: usize) -> usize {
        let entry = self.store.number_at(place).and_then(|number| self.store.line(number));
        entry.map_or(1, |entry| self.shape.height(entry, self.columns()))
    }

    pub(super) fn screen_rows(&self) -> usize {
        usize::from(self.size.1).max(1)
    }

    /// What is at the top of the screen.
    pub(super) fn top(&self) -> Spot {
        match self.position {
            Position::Following => self.last_top(),
            Position::Pinned { line, row } => {
                let place = self.store.place_of(line).min(self.store.len().saturating_sub(1));
                if self.store.number_at(place) == Some(line) {
                    (place, row.min(self.height(place).saturating_sub(1)))
                } else {
                    (place, 0)
                }
            }
        }
    }

    /// The spot from which on the lines just fill the screen.
    pub(super) fn last_top(&self) -> Spot {
        self.top_for_end(self.store.len())
    }

    /// The spot from which on the lines before a place just fill the screen.
    pub(super) fn top_for_end(&self, end: usize) -> Spot {
        let mut rows = self.screen_rows();
        let mut place = end;
        while place > 0 {
            let height = self.height(place - 1);
            if height >= rows {
                return (place - 1, height - rows);
            }
            rows -= height;
            place -= 1;
        }
        (0, 0)
    }

    fn down(&self, (mut place, row): Spot, rows: usize) -> Spot {
        let mut rest = row + rows;
        while place < self.store.len() {
            let height = self.height(place);
            if rest < height {
                return (place, rest);
            }
            rest -= height;
            place += 1;
        }
        (place, 0)
    }

    fn up(&self, (mut place, row): Spot, rows: usize) -> Spot {
        if rows <= row {
            return (place, row - rows);
        }
        let mut rest = rows - row;
        while place > 0 {
            place -= 1;
            let height = self.height(place);
            if rest <= height {
                return (place, height - rest);
            }
            rest -= height;
        }
        (0, 0)
    }

    /// Stays at a spot from now on.
    pub(super) fn pin(&mut self, (place, row): Spot) {
        if self.position == Position::Following {
            self.new = 0;
        }
        let line = self.store.number_at(place).unwrap_or_else(|| self.store.oldest());
        self.position = Position::Pinned { line, row };
        self.tell_pin();
    }

    /// Follows the end from now on.
    pub(super) fn follow(&mut self) {
        (self.position, self.new) = (Position::Following, 0);
        self.tell_pin();
    }

    /// After lines take another room: nothing empty below the last line.
    pub(super) fn stay_within(&mut self) {
        if let Position::Pinned { .. } = self.position {
            let (top, last) = (self.top(), self.last_top());
            if top > last || self.store.len() == 0 {
                self.pin(last);
            }
        }
    }

    /// Moves by rows. Arriving at the end follows again. Any movement pauses what follows.
    pub fn step(&mut self, step: Step) {
        self.lost = None;
        self.opens_at = OpensAt::End;
        if self.step_in_side(step) || self.step_in_selection(step) {
            return;
        }
        let page = self.screen_rows();
        let from = self.top();
        let less = page.saturating_sub(1).max(1);
        let to = match step {
            Step::Bottom => {
                self.follow();
                return;
            }
            Step::Top => (0, 0),
            Step::Down => self.down(from, 1),
            Step::Up => self.up(from, 1),
            Step::HalfDown => self.down(from, (page / 2).max(1)),
            Step::HalfUp => self.up(from, (page / 2).max(1)),
            Step::PageDown => self.down(from, less),
            Step::PageUp => self.up(from, less),
        };
        let last = self.last_top();
        let is_down = matches!(step, Step::Down | Step::HalfDown | Step::PageDown);
        if is_down && to >= last {
            self.follow();
        } else {
            self.pin(to.min(last));
        }
    }

    /// Brings a line onto the screen, a third from the top.
    pub(super) fn show(&mut self, number: u64) {
        self.found = Some(number);
        let place = self.store.place_of(number);
        let spot = self.up((place, 0), self.screen_rows() / 3);
        self.pin(spot.min(self.last_top()));
    }

    /// Scrolls sideways, where lines are cut.
    pub(super) fn scroll_sideways(&mut self, action: Action) -> Option<String> {
        let step = (self.columns() / 4).max(8);
        let Long::Cut(left) = &mut self.shape.long else {
            return Some("Long lines are wrapped; w cuts them, then Left and Right scroll".into());
        };
        *left = if action == Action::ScrollRight { *left + step } else { left.saturating_sub(step) };
        // No further than to the end of the longest line on the screen.
        let (left, columns) = (*left, self.columns());
        let longest = self.visible().filter_map(|place| self.store.line(self.store.number_at(place)?));
        let longest = longest.map(|entry| width(&self.shape.text(entry))).max().unwrap_or(0);
        self.shape.long = Long::Cut(left.min((longest + 2).saturating_sub(columns)));
        None
    }

    /// The places of the lines that are on the screen, if only in part.
    pub(super) fn visible(&self) -> std::ops::Range<usize> {
        let (from, row) = self.top();
        let mut rows = self.screen_rows() + row;
        let mut end = from;
        while end < self.store.len() && rows > 0 {
            rows = rows.saturating_sub(self.height(end));
            end += 1;
        }
        from..end
    }
}
