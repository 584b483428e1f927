//! Agents.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::clause::{Clause, Part};
use super::super::{Error, Result};

/// An agent with its client, user and organisation.
#[derive(Debug, Clone)]
pub struct AgentRow {
    /// Row.
    pub id: i64,
    /// Whose.
    pub organisation_id: i64,
    /// Its client's row.
    pub client_row: i64,
    /// For people.
    pub name: String,
    /// Fingerprint of what it last registered.
    pub hash: String,
    /// `WEBSOCKET` or `WEBHOOK`.
    pub kind: String,
    /// Whether a socket is open.
    pub connected: bool,
    /// Whether it may not come back.
    pub blocked: bool,
    /// Whether somebody likes it.
    pub pinned: bool,
    /// Session of its process.
    pub session: Option<String>,
    /// Last sign of life, milliseconds.
    pub last_seen: Option<i64>,
    /// OAuth client id.
    pub client_id: String,
    /// App identifier.
    pub app: String,
    /// App version.
    pub version: String,
    /// Hashed node id, or empty.
    pub device: String,
    /// Row of the user.
    pub user_id: i64,
    /// Subject of the user.
    pub sub: String,
    /// Slug of the organisation.
    pub organisation: String,
}

impl AgentRow {
    /// Whether it can be given work: connected, and seen within the lease (milliseconds).
    pub fn is_active(&self, now: i64, lease: i64) -> bool {
        self.connected && !self.blocked && self.last_seen.is_some_and(|seen| seen >= now - lease)
    }
}

/// The columns of [`AgentRow`]; `a` is the agent, `c` its client.
pub const AGENT: &str = "SELECT a.id, a.organisation_id, a.client_row, a.name, a.hash, a.kind, a.connected, a.blocked,
        a.pinned, a.session, a.last_seen, c.client_id, c.app, c.version, c.device, c.user_id, u.sub, o.slug
    FROM agents a
    JOIN clients c ON c.id = a.client_row
    JOIN users u ON u.id = c.user_id
    JOIN organisations o ON o.id = a.organisation_id";

fn agent(row: &rusqlite::Row<'_>) -> rusqlite::Result<AgentRow> {
    Ok(AgentRow {
        id: row.get(0)?,
        organisation_id: row.get(1)?,
        client_row: row.get(2)?,
        name: row.get(3)?,
        hash: row.get(4)?,
        kind: row.get(5)?,
        connected: row.get(6)?,
        blocked: row.get(7)?,
        pinned: row.get(8)?,
        session: row.get(9)?,
        last_seen: row.get(10)?,
        client_id: row.get(11)?,
        app: row.get(12)?,
        version: row.get(13)?,
        device: row.get(14)?,
        user_id: row.get(15)?,
        sub: row.get(16)?,
        organisation: row.get(17)?,
    })
}

/// Agents that fit.
pub fn find(connection: &Connection, clause: Clause, part: &Part) -> Result<Vec<AgentRow>> {
    super::list(connection, AGENT, clause, part, agent)
}

/// One agent of an organisation.
pub fn get(connection: &Connection, organisation_id: i64, id: i64) -> Result<AgentRow> {
    let clause = Clause::equals("a.id", id).and(Clause::equals("a.organisation_id", organisation_id));
    find(connection, clause, &Part::by("a.id"))?.pop().ok_or(Error::Missing("Agent"))
}

/// The agent of a client, if it has one.
pub fn of_client(connection: &Connection, client_row: i64) -> Result<Option<AgentRow>> {
    Ok(find(connection, Clause::equals("a.client_row", client_row), &Part::by("a.id"))?.pop())
}

/// Finds or makes the agent of a client; a name is taken over only when it is new.
pub fn ensure(
    connection: &Connection,
    organisation_id: i64,
    client_row: i64,
    name: Option<&str>,
    kind: &str,
) -> Result<(AgentRow, bool)> {
    let made = connection.execute(
        "INSERT INTO agents (organisation_id, client_row, name, kind)
         VALUES (?1, ?2, COALESCE(?3, (SELECT app || ':' || version FROM clients WHERE id = ?2)), ?4)
         ON CONFLICT (client_row) DO NOTHING",
        params![organisation_id, client_row, name, kind],
    )?;
    let row = of_client(connection, client_row)?.ok_or(Error::Missing("Agent"))?;
    Ok((row, made > 0))
}

/// Renames it.
pub fn rename(connection: &Connection, id: i64, name: &str) -> Result<()> {
    connection.execute("UPDATE agents SET name = ?2 WHERE id = ?1", params![id, name])?;
    Ok(())
}

/// Pins or unpins it.
pub fn pin(connection: &Connection, id: i64, pinned: Pin) -> Result<()> {
    connection.execute("UPDATE agents SET pinned = ?2 WHERE id = ?1", params![id, pinned == Pin::Pinned])?;
    Ok(())
}

/// Whether somebody likes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pin {
    /// Yes.
    Pinned,
    /// No.
    Unpinned,
}

/// Locks it out.
pub fn block(connection: &Connection, id: i64) -> Result<()> {
    connection.execute("UPDATE agents SET blocked = 1 WHERE id = ?1", [id])?;
    Ok(())
}

/// Lets it in again.
pub fn unblock(connection: &Connection, id: i64) -> Result<()> {
    connection.execute("UPDATE agents SET blocked = 0 WHERE id = ?1", [id])?;
    Ok(())
}

/// Removes it with its implementations; its tasks stay.
pub fn delete(connection: &Connection, id: i64) -> Result<()> {
    connection.execute("DELETE FROM agents WHERE id = ?1", [id])?;
    Ok(())
}

/// Its socket is open now.
pub fn connected(connection: &Connection, id: i64, session: Option<&str>, now: i64) -> Result<()> {
    connection.execute(
        "UPDATE agents SET connected = 1, session = ?2, last_seen = ?3, lost_at = NULL WHERE id = ?1",
        params![id, session, now],
    )?;
    Ok(())
}

/// It answered a heartbeat.
pub fn seen(connection: &Connection, id: i64, now: i64) -> Result<()> {
    connection.execute("UPDATE agents SET last_seen = ?2 WHERE id = ?1", params![id, now])?;
    Ok(())
}

/// Its socket is gone.
pub fn lost(connection: &Connection, id: i64, now: i64) -> Result<()> {
    connection.execute("UPDATE agents SET connected = 0, lost_at = ?2 WHERE id = ?1", params![id, now])?;
    Ok(())
}

/// After a start no agent is connected; the grace of those that were begins now.
pub fn all_lost(connection: &Connection, now: i64) -> Result<()> {
    connection
        .execute("UPDATE agents SET connected = 0, lost_at = ?1 WHERE connected = 1 OR lost_at IS NOT NULL", [now])?;
    Ok(())
}

/// Agents lost before this moment whose open tasks are not settled yet.
pub fn overdue(connection: &Connection, before: i64) -> Result<Vec<AgentRow>> {
    let clause = Clause::new("a.connected = 0 AND a.lost_at IS NOT NULL AND a.lost_at <= ?", vec![before.into()]);
    find(connection, clause, &Part::by("a.id"))
}

/// Their open tasks are settled.
pub fn settled(connection: &Connection, id: i64) -> Result<()> {
    connection.execute("UPDATE agents SET lost_at = NULL WHERE id = ?1", [id])?;
    Ok(())
}

/// How many agents of clients other than these are connected.
pub fn connected_besides(connection: &Connection, clients: &[i64]) -> Result<i64> {
    let clause = Clause::among("client_row", clients.iter().copied()).opposite();
    let mut query =
        connection.prepare(&format!("SELECT count(*) FROM agents WHERE connected = 1 AND {}", clause.sql()))?;
    Ok(query.query_row(rusqlite::params_from_iter(clause.into_values()), |row| row.get(0))?)
}

/// Whether the row is still there.
pub fn exists(connection: &Connection, id: i64) -> Result<bool> {
    Ok(connection.query_row("SELECT 1 FROM agents WHERE id = ?1", [id], |_| Ok(())).optional()?.is_some())
}
