//! What waits to be sent to agents: at least once, in order, until the agent has shown that it got it.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::Result;
use super::super::clause::Clause;

/// A frame that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameRow {
    /// Row; grows with time.
    pub id: i64,
    /// The task that it is about.
    pub task_id: Option<i64>,
    /// Its type.
    pub kind: String,
    /// The text of the frame.
    pub frame: String,
}

/// Queues a frame.
pub fn push(connection: &Connection, agent_id: i64, task_id: Option<i64>, kind: &str, frame: &str) -> Result<()> {
    connection.execute(
        "INSERT INTO agent_outbox (agent_id, task_id, kind, frame) VALUES (?1, ?2, ?3, ?4)",
        params![agent_id, task_id, kind, frame],
    )?;
    Ok(())
}

/// Takes the next frames after `after` and notes that they may reach the agent from now on.
pub fn take(connection: &Connection, agent_id: i64, after: i64, limit: i64) -> Result<Vec<FrameRow>> {
    let mut query = connection.prepare_cached(
        "SELECT id, task_id, kind, frame FROM agent_outbox WHERE agent_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
    )?;
    let rows: Vec<FrameRow> = query
        .query_map(params![agent_id, after, limit], |row| {
            Ok(FrameRow { id: row.get(0)?, task_id: row.get(1)?, kind: row.get(2)?, frame: row.get(3)? })
        })?
        .collect::<rusqlite::Result<_>>()?;
    if let Some(last) = rows.last() {
        connection.execute(
            "UPDATE agent_outbox SET sent = 1 WHERE agent_id = ?1 AND id > ?2 AND id <= ?3",
            params![agent_id, after, last.id],
        )?;
    }
    Ok(rows)
}

/// The agent got everything up to here.
pub fn confirm(connection: &Connection, agent_id: i64, up_to: i64) -> Result<()> {
    connection.execute("DELETE FROM agent_outbox WHERE agent_id = ?1 AND id <= ?2", params![agent_id, up_to])?;
    Ok(())
}

/// The agent has spoken about a task, so it knows of it.
pub fn confirm_assignment(connection: &Connection, task_id: i64) -> Result<()> {
    let mut query =
        connection.prepare_cached("DELETE FROM agent_outbox WHERE task_id = ?1 AND kind = 'ASSIGN' AND sent = 1")?;
    query.execute([task_id])?;
    Ok(())
}

/// Tasks whose assignment still waits here.
pub fn waiting_assignments(connection: &Connection, agent_id: i64) -> Result<Vec<i64>> {
    let mut query = connection
        .prepare("SELECT task_id FROM agent_outbox WHERE agent_id = ?1 AND kind = 'ASSIGN' AND task_id IS NOT NULL")?;
    let ids = query.query_map([agent_id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(ids)
}

/// Whether the assignment of a task has not even been tried.
pub fn is_unsent(connection: &Connection, task_id: i64) -> Result<bool> {
    let sql = "SELECT 1 FROM agent_outbox WHERE task_id = ?1 AND kind = 'ASSIGN' AND sent = 0";
    Ok(connection.query_row(sql, [task_id], |_| Ok(())).optional()?.is_some())
}

/// Forgets everything that waits for a task.
pub fn drop_task(connection: &Connection, task_id: i64) -> Result<()> {
    connection.execute("DELETE FROM agent_outbox WHERE task_id = ?1", [task_id])?;
    Ok(())
}

/// Forgets everything that waits for an agent and is not about these tasks.
pub fn drop_others(connection: &Connection, agent_id: i64, tasks: &[i64]) -> Result<()> {
    let clause = Clause::equals("agent_id", agent_id).and(Clause::among("task_id", tasks.iter().copied()).opposite());
    let sql = format!("DELETE FROM agent_outbox WHERE {}", clause.sql());
    connection.execute(&sql, rusqlite::params_from_iter(clause.into_values()))?;
    Ok(())
}
