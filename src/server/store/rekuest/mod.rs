//! Rekuest in the store: agents, actions and implementations, tasks and their events, and the outbox of agents.

pub mod agents;
pub mod capabilities;
pub mod demands;
pub mod outbox;
pub mod settle;
pub mod states;
pub mod tasks;

use rusqlite::Connection;

use super::Result;
use super::clause::{Clause, Part};

/// Runs `select WHERE clause ORDER …`.
fn list<T>(
    connection: &Connection,
    select: &str,
    clause: Clause,
    part: &Part,
    read: fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut query = connection.prepare_cached(&format!("{select} WHERE {} {}", clause.sql(), part.sql()))?;
    let rows = query.query_map(rusqlite::params_from_iter(clause.into_values()), read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
