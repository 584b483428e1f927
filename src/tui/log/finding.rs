//! Looking for a text, for errors; showing only some lines.

use super::needle::{Needle, Reading, Sieve};
use super::{LogView, Position};
use crate::tui::action::Action;

impl LogView {
    /// Whether something is looked for.
    pub fn is_searching(&self) -> bool {
        !self.store.hunt().needle.is_empty()
    }

    /// A search begins to be typed: it looks from what is on the screen now on.
    pub fn begin_search(&mut self) {
        self.began = Some((self.position, self.store.number_at(self.top().0).unwrap_or(0)));
    }

    /// The search is given up: everything is where it was.
    pub fn give_up_search(&mut self) {
        self.find("");
        if let Some((position, _)) = self.began.take() {
            match position {
                Position::Following => self.follow(),
                pinned @ Position::Pinned { .. } => {
                    self.position = pinned;
                    self.tell_pin();
                }
            }
        }
        self.accept();
    }

    /// Looks for a text while it is typed.
    pub fn find(&mut self, text: &str) {
        self.leave_older();
        self.store.set_needle(Needle::new(text));
        self.found = None;
        if !text.is_empty() {
            let from = self.began.map_or_else(|| self.store.number_at(self.top().0).unwrap_or(0), |(_, line)| line);
            let matches = self.store.matches();
            let next = matches.partition_point(|number| *number < from);
            if let Some(number) = matches.get(next).or_else(|| matches.back()).copied() {
                self.show(number);
            }
        }
    }

    /// Shows only some of the lines while the filter is typed: those of the filters there are, and of this one.
    pub fn show_only(&mut self, text: &str) {
        let mut sieve = self.store.hunt().sieve.clone();
        sieve.chips.truncate(self.kept_chips());
        if !matches!(text, "" | "!") {
            sieve.chips.push(Needle::filter(text));
        }
        self.leave_older();
        self.sieve(sieve);
    }

    /// A filter begins to be typed: those there are stay.
    pub fn begin_filter(&mut self) {
        self.kept = self.store.hunt().sieve.chips.len();
    }

    fn kept_chips(&self) -> usize {
        self.kept.min(self.store.hunt().sieve.chips.len())
    }

    /// What was typed is meant. Older lines are looked through as well.
    pub fn accept(&mut self) {
        self.began = None;
        self.look_through_older();
    }

    /// Shows all lines again.
    pub fn show_all(&mut self) {
        let sieve = Sieve { chips: Vec::new(), ..self.store.hunt().sieve.clone() };
        self.sift(sieve);
    }

    /// Shows other lines, the older ones as well.
    pub(super) fn sift(&mut self, sieve: Sieve) {
        self.sieve(sieve);
        self.look_through_older();
    }

    /// Shows other lines; the one at the top stays as near as it can.
    fn sieve(&mut self, sieve: Sieve) {
        let was_last = self.position == Position::Following;
        let top = self.top();
        let line = self.store.number_at(top.0);
        self.store.set_sieve(sieve);
        if !was_last && let Some(line) = line {
            self.position = Position::Pinned { line, row: top.1 };
            self.stay_within();
            self.tell_pin();
        }
    }

    /// What is looked for is looked for in what is shown.
    pub(super) fn look_as_shown(&mut self) {
        let looks = self.shape.looks();
        if self.store.hunt().sieve.looks != looks {
            let sieve = Sieve { looks, ..self.store.hunt().sieve.clone() };
            self.sift(sieve);
        }
    }

    /// The filters, as they were typed.
    pub(super) fn chips(&self) -> &[Needle] {
        &self.store.hunt().sieve.chips
    }

    /// What to say of a pattern that is none.
    pub fn reading(&self) -> Option<&'static str> {
        let hunt = self.store.hunt();
        let is_literal = |needle: &Needle| needle.reading() == Reading::Literal;
        let any = is_literal(&hunt.needle) || hunt.sieve.chips.iter().any(is_literal);
        any.then_some("no valid pattern: looked for letter by letter")
    }

    /// `c`: lines around those that the filters show.
    pub(super) fn turn_context(&mut self) -> String {
        let mut sieve = self.store.hunt().sieve.clone();
        if sieve.chips.is_empty() {
            return "All lines are shown; & shows only some, c then those around them".into();
        }
        sieve.context = match sieve.context {
            0 => 3,
            3 => 10,
            _ => 0,
        };
        let text = match sieve.context {
            0 => "Only lines that fit".into(),
            count => format!("{count} lines around each match"),
        };
        self.sift(sieve);
        text
    }

    /// `n` and `N`: round and round.
    pub(super) fn go_to_match(&mut self, action: Action) -> Option<String> {
        if !self.is_searching() {
            return Some("Nothing is looked for; / finds".into());
        }
        let matches = self.store.matches();
        let forward = action == Action::NextMatch;
        let (from, after) = self.anchor();
        let after = matches.partition_point(|number| *number < after);
        let before = matches.partition_point(|number| *number < from);
        let next = if forward { Some(after).filter(|at| *at < matches.len()) } else { before.checked_sub(1) };
        let round = if forward { matches.front() } else { matches.back() };
        match (next.and_then(|at| matches.get(at)), round) {
            (Some(number), _) => {
                let number = *number;
                self.show(number);
                None
            }
            (None, Some(number)) => {
                let number = *number;
                self.show(number);
                Some(if forward { "Went on at the top" } else { "Went on at the end" }.into())
            }
            (None, None) if self.looks_through() => Some("No match yet; older lines are being looked through".into()),
            (None, None) => Some("No match".into()),
        }
    }

    /// From where `n` and `e` look, backwards and forwards: the line that was found, while it is on the screen, else the
    /// first line on the screen.
    fn anchor(&self) -> (u64, u64) {
        let visible = self.visible();
        let found = self.found.filter(|found| visible.contains(&self.store.place_of(*found)));
        let top = self.store.number_at(visible.start).unwrap_or(0);
        found.map_or((top, top), |found| (found, found + 1))
    }

    /// `e` and `E`: to the next line that speaks of an error, or the one before.
    pub(super) fn go_to_error(&mut self, action: Action) -> Option<String> {
        let (from, after) = self.anchor();
        let mut errors = self.store.errors().iter().copied();
        let shown = |number: &u64| self.store.shows(*number);
        let next = if action == Action::NextError {
            errors.find(|number| *number >= after && shown(number))
        } else {
            errors.rev().find(|number| *number < from && shown(number))
        };
        match next {
            Some(number) => self.show(number),
            None => return Some("No error this way".into()),
        }
        None
    }
}
