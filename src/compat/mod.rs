//! Can it run there, and why not; which flavour on which engine.
//!
//! One pure function stands behind the marks in the lists, the table, the install sheet, `kab why` and the engine's own
//! choice: [`judge`]. A rule per kind of selector lies in `rules/`. Liveness is left out on purpose: an engine that is
//! offline keeps its last verdict, and whoever shows it says so.

mod access;
mod account;
mod choose;
mod judge;
mod outlook;
mod permissions;
mod rules;
mod table;
#[cfg(test)]
mod tests;
mod update;
mod version;

pub use access::{Installed, access_words, installed};
pub use account::{Answer, Extent, Need, Offered, Scopes, Summary, What, needs, summary};
pub use choose::{Candidate, NoPlan, Plan, Wish, forced, marks, plan, rank};
pub use judge::{DEMO_IMAGES, Judgement, Reason, Verdict, judge};
pub use outlook::{Fetch, Outlook, Queue, Space, already, is_fetched, outlook, queue};
pub use permissions::{Permissions, permissions, running, update_for};
pub use rules::{Check, check};
pub use table::{Cell, Mark, Note, Row, Table, table};
pub use update::{Update, update};
pub use version::at_least as version_at_least;
