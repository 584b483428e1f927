//! `n` and `N` in a list: to the next row that the filter matches, or the last filter after it was cleared, so that the
//! rows around a match can be seen. Round the end of the list, and that is said.

use std::collections::HashSet;

use super::App;
use super::moving::Turn;
use crate::search::Query;

impl App {
    /// Goes to the next match of the list, or to the one before.
    pub(super) fn step_to_match(&mut self, turn: Turn) {
        let list = self.front();
        if !list.is_filtered() && list.last_filter.is_empty() {
            self.notes.say(self.now, "⟨next-match⟩ goes to the next row that a filter matches: ⟨filter⟩ types one");
            return;
        }
        let places = self.matching_places();
        let typed = self.front().last_filter.clone();
        let cursor = self.front().cursor;
        let on = match turn {
            Turn::Next => places.iter().copied().find(|place| *place > cursor),
            Turn::Previous => places.iter().copied().rfind(|place| *place < cursor),
        };
        let round = match turn {
            Turn::Next => places.first().copied(),
            Turn::Previous => places.last().copied(),
        };
        match (on, round) {
            (Some(place), _) => self.stand_on_match(place),
            (None, Some(place)) if place != cursor => {
                self.stand_on_match(place);
                let end = if turn == Turn::Next { "end" } else { "beginning" };
                self.notes.say(self.now, format!("Went on round the {end} of the list"));
            }
            (None, Some(_)) => self.notes.say(self.now, "No other row matches"),
            (None, None) => self.notes.say(self.now, format!("No row that is shown matches {typed}")),
        }
    }

    fn stand_on_match(&mut self, place: usize) {
        let now = self.now;
        self.in_front(|list, _, key| {
            // As with every move: what others do moves no row under the cursor for a while.
            list.note_rows(key);
            list.moved_at = now;
        });
        self.stand_on(place);
    }

    /// The places of the matches among the rows that are shown.
    fn matching_places(&self) -> Vec<usize> {
        let list = self.front();
        if list.is_filtered() {
            return (0..list.rows.len()).collect();
        }
        let query = Query::parse(&list.last_filter);
        let facts = if query.needs_facts() { self.front_facts() } else { Vec::new() };
        let found: HashSet<usize> = list.searcher.index().search_with(&query, &facts).into_iter().collect();
        let rows = list.rows.iter().enumerate();
        rows.filter(|(_, row)| found.contains(row)).map(|(place, _)| place).collect()
    }
}
