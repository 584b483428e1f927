//! `n` and `N` in a list, or among the rows of a page: to the next row that the filter matches, or the last filter after it
//! was cleared, so that the rows around a match can be seen. Round the end of the list, and that is said.

use std::collections::HashSet;

use super::App;
use super::moving::Turn;
use crate::search::Query;

impl App {
    /// Goes to the next match of the list, or to the one before.
    pub(super) fn step_to_match(&mut self, turn: Turn) {
        let (is_filtered, last) = self.last_filtered();
        if !is_filtered && last.is_empty() {
            self.notes.say(self.now, "⟨next-match⟩ goes to the next row that a filter matches: ⟨filter⟩ types one");
            return;
        }
        let typed = if is_filtered { self.filter().value().trim() } else { last }.to_owned();
        let places = self.matching_places();
        let cursor = if self.sieve().is_some() { self.page_place().unwrap_or_default() } else { self.front().cursor };
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

    /// Whether the list or the page is filtered, and what it was filtered by before.
    fn last_filtered(&self) -> (bool, &str) {
        match self.sieve() {
            Some(sieve) => (!sieve.typed().is_empty(), &sieve.last_filter),
            None => (self.front().is_filtered(), &self.front().last_filter),
        }
    }

    fn stand_on_match(&mut self, place: usize) {
        if self.sieve().is_some() {
            return self.stand_on(place);
        }
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
        if let Some(sieve) = self.sieve() {
            if !sieve.typed().is_empty() {
                return (0..self.sifted().rows.len()).collect();
            }
            let mut places = self.fitting(&sieve.last_filter);
            places.sort_unstable();
            return places;
        }
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
