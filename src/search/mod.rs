//! Finding things by what a person types: an index, a small query language, a ranking. Pure.
//!
//! Ranking: exact name, prefix, start of a word, inside the name, fuzzy name, then the names of what the thing provides,
//! then its description. Words are joined by AND. `in:` and `out:` match port types of nodes, `repo:` the repository;
//! any other `key:` is plain text, so that nothing that is typed is an error.

mod fold;
mod fuzzy;
mod index;
mod query;

pub use fold::fold;
pub use index::{Document, Index, Searcher};
pub use query::{Filter, Query};
