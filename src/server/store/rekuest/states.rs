//! States that agents publish. Their values are not kept.

use rusqlite::Connection;

use super::super::Result;
use super::super::clause::{Clause, Part};

/// A state that an agent publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateOffer {
    /// How the agent calls it.
    pub interface: String,
    /// Key within the app.
    pub key: Option<String>,
    /// App that defines it.
    pub app: Option<String>,
    /// For people.
    pub name: String,
    /// Ports, JSON.
    pub ports: String,
}

/// A state row.
#[derive(Debug, Clone)]
pub struct StateRow {
    /// Row.
    pub id: i64,
    /// The agent's row.
    pub agent_id: i64,
    /// What it says about itself.
    pub offer: StateOffer,
    /// Milliseconds.
    pub created_at: i64,
    /// Milliseconds.
    pub updated_at: i64,
}

/// States (`s`) that fit.
pub fn states(connection: &Connection, clause: Clause, part: &Part) -> Result<Vec<StateRow>> {
    let select = "SELECT s.id, s.agent_id, s.interface, s.key, s.app, s.name, s.ports, s.created_at, s.updated_at
        FROM states s JOIN agents a ON a.id = s.agent_id";
    super::list(connection, select, clause, part, |row| {
        Ok(StateRow {
            id: row.get(0)?,
            agent_id: row.get(1)?,
            offer: StateOffer {
                interface: row.get(2)?,
                key: row.get(3)?,
                app: row.get(4)?,
                name: row.get(5)?,
                ports: row.get(6)?,
            },
            created_at: row.get(7)?,
            updated_at: row.get(8)?,
        })
    })
}
