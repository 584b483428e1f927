//! The state of a list: which rows, which one is chosen, what is typed. Choice is an id, never a row number.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use tui_input::Input;

use super::action::Step;
use super::app::{Direction, Order};
use crate::domain::Moment;
use crate::search::{Facts, Query, Searcher};

/// A list as somebody sees it.
#[derive(Debug)]
pub struct ListView {
    /// Indexes into the data, in the order shown.
    pub rows: Vec<usize>,
    /// The chosen row.
    pub cursor: usize,
    /// The key of the chosen row, by which it is found again when rows change.
    pub chosen: Option<String>,
    /// The key of a row that was chosen at an earlier time, and is chosen as soon as it comes.
    pub wanted: Option<String>,
    /// The first row that is shown.
    pub top: usize,
    /// What is typed.
    pub filter: Input,
    /// What was typed before the filter was cleared.
    pub last_filter: String,
    /// Marked rows, by key.
    pub marks: BTreeSet<String>,
    /// Where the marking of a range began (a place in `rows`), and what was marked before.
    pub range: Option<(usize, BTreeSet<String>)>,
    /// Rows that are hidden by default.
    pub hidden: usize,
    /// Whether hidden rows are shown all the same.
    pub shows_hidden: Hidden,
    /// In which order it is shown; the usual one gives way to how well rows fit while words are typed.
    pub order: Order,
    /// Whether that order is turned round.
    pub direction: Direction,
    /// Whether somebody moved in it; before that the first row is the chosen one, whatever arrives.
    pub moved: bool,
    /// How wide its columns are.
    pub widths: Widths,
    /// Columns after the first one that are scrolled away.
    pub skipped: usize,
    /// When.
    pub moved_at: Moment,
    /// Rows that are new, or stand elsewhere now, and are not shown while somebody moves.
    pub waiting: usize,
    /// The keys of the rows as they are shown, since somebody moved in them.
    shown: Vec<String>,
    /// Finds rows as somebody types.
    pub searcher: Searcher,
}

/// Whether hidden rows are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hidden {
    /// As usual.
    #[default]
    Hidden,
    /// Shown, muted.
    Shown,
}

/// How wide columns are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Widths {
    /// As usual.
    #[default]
    Normal,
    /// Wider, so that less is cut.
    Wide,
    /// Narrower, so that there is room for more of them.
    Narrow,
}

impl Widths {
    /// The one after this.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Normal => Self::Wide,
            Self::Wide => Self::Narrow,
            Self::Narrow => Self::Normal,
        }
    }
}

impl Default for ListView {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            cursor: 0,
            chosen: None,
            wanted: None,
            top: 0,
            filter: Input::default(),
            last_filter: String::new(),
            marks: BTreeSet::new(),
            range: None,
            hidden: 0,
            shows_hidden: Hidden::default(),
            order: Order::Usual,
            direction: Direction::default(),
            moved: false,
            widths: Widths::Normal,
            skipped: 0,
            moved_at: Moment(0),
            waiting: 0,
            shown: Vec::new(),
            searcher: Searcher::default(),
        }
    }
}

impl ListView {
    /// Whether rows stand in the order of how well they fit what is typed.
    pub fn is_by_relevance(&self) -> bool {
        self.order == Order::Usual && !Query::parse(self.filter.value()).words.is_empty()
    }

    /// Whether something is typed.
    pub fn is_filtered(&self) -> bool {
        !self.filter.value().trim().is_empty()
    }

    /// The chosen row's index into the data.
    pub fn current(&self) -> Option<usize> {
        self.rows.get(self.cursor).copied()
    }

    /// Which of so many things are shown, in which order: all, or those that what is typed finds, the best first. Facts are
    /// asked for where it needs them and has none.
    pub fn found(&mut self, all: usize, facts: impl FnOnce() -> Vec<Facts>) -> Vec<usize> {
        if !self.is_filtered() {
            return (0..all).collect();
        }
        let typed = self.filter.value().trim();
        if self.searcher.wants_facts(typed) {
            self.searcher.take_facts(Some(facts()));
        }
        self.searcher.search(typed).to_vec()
    }

    /// What was perhaps meant, where nothing matches what is typed.
    pub fn suggestion(&self) -> Option<String> {
        let is_needed = self.rows.is_empty() && self.hidden == 0 && self.is_filtered();
        if is_needed { self.searcher.index().suggest(self.filter.value()) } else { None }
    }

    /// Moves the cursor; `page` is the number of rows that fit. `key` names a row of the data.
    pub fn step(&mut self, step: Step, page: usize, key: impl Fn(usize) -> Option<String>) {
        let half = (page / 2).max(1);
        let last = self.rows.len().saturating_sub(1);
        let to = match step {
            Step::Down => self.cursor + 1,
            Step::Up => self.cursor.saturating_sub(1),
            Step::Top => 0,
            Step::Bottom => last,
            Step::HalfDown => self.cursor + half,
            Step::HalfUp => self.cursor.saturating_sub(half),
            Step::PageDown => self.cursor + page.max(1),
            Step::PageUp => self.cursor.saturating_sub(page.max(1)),
        };
        self.stand_on(to, page, key);
    }

    /// Shows all rows again; what was typed is remembered, to go through its matches.
    pub fn clear_filter(&mut self) {
        if self.is_filtered() {
            self.last_filter = self.filter.value().trim().to_owned();
        }
        self.filter.reset();
    }

    /// Chooses a row, or the last one where there are fewer.
    pub fn stand_on(&mut self, row: usize, page: usize, key: impl Fn(usize) -> Option<String>) {
        self.cursor = row.min(self.rows.len().saturating_sub(1));
        self.moved = true;
        self.wanted = None;
        self.chosen = self.current().and_then(key);
        self.turn(page);
    }

    /// Remembers which rows are shown, so that they can stay where they are.
    pub fn note_rows(&mut self, key: impl Fn(usize) -> Option<String>) {
        if self.shown.is_empty() {
            self.shown = self.rows.iter().filter_map(|row| key(*row)).collect();
        }
    }

    /// All rows are shown where they belong from now on.
    pub fn apply(&mut self) {
        self.waiting = 0;
        self.shown.clear();
    }

    /// Of new rows with their keys those that are shown already, in the order in which they are; the others wait.
    pub fn hold(&mut self, rows: &[usize], keys: &[Option<String>]) -> Vec<usize> {
        let places: HashMap<&str, usize> =
            keys.iter().enumerate().filter_map(|(place, key)| Some((key.as_deref()?, place))).collect();
        let kept: Vec<(String, usize)> = std::mem::take(&mut self.shown)
            .into_iter()
            .filter_map(|key| places.get(key.as_str()).copied().map(|place| (key, place)))
            .collect();
        let order: Vec<usize> = kept.iter().map(|(_, place)| *place).collect();
        self.waiting = rows.len() - in_order(&order);
        self.shown = kept.into_iter().map(|(key, _)| key).collect();
        order.into_iter().filter_map(|place| rows.get(place).copied()).collect()
    }

    /// Chooses a row by its place; whether there is one.
    pub fn choose_row(&mut self, row: usize, page: usize, key: impl Fn(usize) -> Option<String>) -> bool {
        let is_there = row < self.rows.len();
        if is_there {
            (self.cursor, self.moved) = (row, true);
            self.wanted = None;
            self.chosen = self.current().and_then(key);
            self.turn(page);
        }
        is_there
    }

    /// Takes new rows. The chosen one stays chosen; where it is gone, its place is kept.
    pub fn refill(&mut self, rows: Vec<usize>, page: usize, key: impl Fn(usize) -> Option<String>) {
        self.rows = rows;
        let is_there = |wanted: &String| self.rows.iter().any(|row| key(*row).as_ref() == Some(wanted));
        if self.wanted.as_ref().is_some_and(is_there) {
            self.chosen = self.wanted.take();
        }
        if let Some(chosen) = &self.chosen {
            let is_it = |row: &usize| key(*row).as_deref() == Some(chosen);
            let same = self.rows.get(self.cursor).is_some_and(is_it);
            if !same && let Some(at) = self.rows.iter().position(is_it) {
                self.cursor = at;
            }
        }
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
        self.chosen = self.current().and_then(key);
        self.turn(page);
    }

    /// Chooses the best row: after typing, the first one is meant.
    pub fn choose_first(&mut self, key: impl Fn(usize) -> Option<String>) {
        self.wanted = None;
        self.cursor = 0;
        self.top = 0;
        self.chosen = self.current().and_then(key);
    }

    /// Turns the page when the cursor left it. Turning costs one repaint a page, scrolling one a line.
    pub fn turn(&mut self, page: usize) {
        let page = page.max(1);
        if self.cursor < self.top {
            self.top = (self.cursor + 1).saturating_sub(page);
        } else if self.cursor >= self.top + page {
            self.top = self.cursor;
        }
        self.top = self.top.min(self.rows.len().saturating_sub(page));
    }
}

/// How many of these need not move for all to be in order: the longest run that rises, with gaps.
fn in_order(places: &[usize]) -> usize {
    let mut ends: Vec<usize> = Vec::new();
    for place in places {
        let at = ends.partition_point(|end| end < place);
        if at == ends.len() {
            ends.push(*place);
        } else {
            ends[at] = *place;
        }
    }
    ends.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(rows: usize) -> ListView {
        let mut list = ListView::default();
        list.refill((0..rows).collect(), 10, |row| Some(row.to_string()));
        list
    }

    #[test]
    fn the_page_turns_at_its_edge() {
        let mut list = list(35);
        let key = |row: usize| Some(row.to_string());
        for _ in 0..9 {
            list.step(Step::Down, 10, key);
        }
        assert_eq!((list.cursor, list.top), (9, 0));
        list.step(Step::Down, 10, key);
        assert_eq!((list.cursor, list.top), (10, 10));
        list.step(Step::Up, 10, key);
        assert_eq!((list.cursor, list.top), (9, 0));
        list.step(Step::Bottom, 10, key);
        assert_eq!((list.cursor, list.top), (34, 25));
        list.step(Step::Top, 10, key);
        assert_eq!((list.cursor, list.top), (0, 0));
    }

    #[test]
    fn a_row_that_was_chosen_earlier_is_chosen_when_it_comes_unless_somebody_moved() {
        let key = |row: usize| Some(row.to_string());
        let waiting = || ListView { wanted: Some("7".into()), ..ListView::default() };
        let mut list = waiting();
        list.refill(vec![1, 2], 10, key);
        assert_eq!(list.chosen.as_deref(), Some("1"));
        list.refill(vec![1, 2, 7], 10, key);
        assert_eq!((list.cursor, list.chosen.as_deref(), &list.wanted), (2, Some("7"), &None));
        let mut list = waiting();
        list.refill(vec![1, 2], 10, key);
        list.step(Step::Down, 10, key);
        list.refill(vec![1, 2, 7], 10, key);
        assert_eq!(list.chosen.as_deref(), Some("2"));
    }

    #[test]
    fn rows_that_are_shown_stay_where_they_are_and_the_others_are_counted() {
        let mut list = list(4);
        let key = |row: usize| Some(row.to_string());
        list.note_rows(key);
        let told = [7, 2, 0, 1, 8];
        let keys: Vec<_> = told.into_iter().map(key).collect();
        // 3 is gone, 7 and 8 are new, and 2 stands before 0 and 1 now.
        assert_eq!((list.hold(&told, &keys), list.waiting), (vec![0, 1, 2], 3));
        assert_eq!((list.hold(&told, &keys), list.waiting), (vec![0, 1, 2], 3));
        list.apply();
        assert_eq!(list.waiting, 0);
    }

    #[test]
    fn the_chosen_row_stays_chosen_when_rows_come_and_go() {
        let mut list = list(20);
        let key = |row: usize| Some(row.to_string());
        for _ in 0..5 {
            list.step(Step::Down, 10, key);
        }
        list.refill(vec![19, 18, 5, 4], 10, key);
        assert_eq!((list.cursor, list.chosen.as_deref()), (2, Some("5")));
        list.refill(vec![1], 10, key);
        assert_eq!((list.cursor, list.chosen.as_deref()), (0, Some("1")));
        list.refill(vec![], 10, key);
        assert_eq!((list.cursor, list.chosen.as_deref()), (0, None));
    }
}
