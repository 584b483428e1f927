//! A search that narrows what it found while more is typed.

use std::collections::BTreeSet;

use super::facts::Facts;
use super::index::{Found, Index, highlight};
use super::query::Query;

/// A search in progress: while a query grows, only the survivors of the shorter one are looked at again, and taking
/// letters back costs nothing.
#[derive(Debug, Default)]
pub struct Searcher {
    index: Index,
    /// Queries, each narrowing the one before, with what they found.
    steps: Vec<(Query, Found)>,
    facts: Option<Vec<Facts>>,
}

impl Searcher {
    /// A searcher over an index, with nothing typed.
    pub fn new(index: Index) -> Self {
        Self { index, ..Self::default() }
    }

    /// Whether facts are missing to search for that.
    pub fn wants_facts(&self, typed: &str) -> bool {
        self.facts.is_none() && Query::parse(typed).needs_facts()
    }

    /// Takes facts about each document, by its position; `None`: what was known holds no more.
    pub fn take_facts(&mut self, facts: Option<Vec<Facts>>) {
        if facts.is_some() || self.facts.is_some() {
            self.steps.retain(|(query, _)| !query.needs_facts());
        }
        self.facts = facts;
    }

    /// The facts, where somebody took them down.
    pub fn facts(&self) -> &[Facts] {
        self.facts.as_deref().unwrap_or_default()
    }

    /// Searches for what stands in the input line now. Returns positions, best first.
    pub fn search(&mut self, typed: &str) -> &[usize] {
        let query = Query::parse(typed);
        while let Some((last, _)) = self.steps.last() {
            if *last == query || query.narrows(last) {
                break;
            }
            self.steps.pop();
        }
        let facts = self.facts.as_deref().unwrap_or_default();
        let found = match self.steps.last() {
            Some((last, _)) if *last == query => None,
            Some((_, Found { hits, weak })) => {
                let mut survivors = [hits.as_slice(), weak.as_slice()].concat();
                survivors.sort_unstable();
                Some(self.index.search_among((&query, facts), survivors.into_iter()))
            }
            None => Some(self.index.search_among((&query, facts), 0..self.index.len())),
        };
        if let Some(found) = found {
            self.steps.push((query, found));
        }
        self.found()
    }

    /// What the last search found.
    pub fn found(&self) -> &[usize] {
        self.steps.last().map_or(&[], |(_, found)| &found.hits)
    }

    /// Which characters of a name matched the last search, by position.
    pub fn highlight(&self, name: &str) -> BTreeSet<usize> {
        self.steps.last().map_or_else(BTreeSet::new, |(query, _)| highlight(name, query))
    }

    /// The index.
    pub fn index(&self) -> &Index {
        &self.index
    }
}
