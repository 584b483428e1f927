//! Finding things by what a person types: an index, a small query language, a ranking. Pure.
//!
//! Ranking: exact name, prefix, start of a word, inside the name, fuzzy name, then the names of what the thing provides,
//! then its collections and protocols, then its description. Words are joined by AND, and so are filters (`status: engine:
//! flavour: in: out: scope: collection: protocol: repo: installed: updated:`, and `server:` where several servers are listed);
//! between the commas of one filter it is OR, `!` turns it round. Any other `key:` is plain text, so that nothing that is
//! typed is an error.

mod facets;
mod facts;
mod fold;
mod fuzzy;
mod index;
mod query;
mod searcher;
mod suggest;

pub use facets::{Counted, Facet, Value, facets};
pub use facts::{Facts, Key, typed};
pub use fold::fold;
pub use index::{Document, Index};
pub use query::{Filter, Query, Sense, toggle};
pub use searcher::Searcher;
