//! Tasks and their events.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::clause::{Clause, Part};
use super::super::{Error, Result};

/// Events of one kind that are kept for one task, for the kinds that may come without end.
const KEPT_EVENTS: u32 = 1000;

/// A task.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "one column each")]
pub struct TaskRow {
    /// Row.
    pub id: i64,
    /// Whose.
    pub organisation_id: i64,
    /// Client that assigned it.
    pub caller_row: i64,
    /// The caller's own name for it.
    pub reference: String,
    /// The action's row.
    pub action_id: i64,
    /// The implementation's row, while it exists.
    pub implementation_id: Option<i64>,
    /// The agent's row, while it exists.
    pub agent_id: Option<i64>,
    /// The task that it belongs to.
    pub parent_id: Option<i64>,
    /// The topmost task that it belongs to.
    pub root_id: Option<i64>,
    /// JSON.
    pub args: String,
    /// `identifier:object` of its arguments, JSON.
    pub acted_on: String,
    /// Forgotten soon after it ends.
    pub ephemeral: bool,
    /// Printed output becomes log events.
    pub capture: bool,
    /// Stops after each step.
    pub step: bool,
    /// May be done twice.
    pub idempotent: bool,
    /// Must not be done twice.
    pub physical: bool,
    /// Ended.
    pub is_done: bool,
    /// Where it stands.
    pub latest_event_kind: String,
    /// What was last asked of it.
    pub latest_instruct_kind: String,
    /// Milliseconds.
    pub created_at: i64,
    /// Milliseconds.
    pub updated_at: i64,
    /// Milliseconds.
    pub finished_at: Option<i64>,
}

const TASK: &str = "SELECT t.id, t.organisation_id, t.caller_row, t.reference, t.action_id, t.implementation_id,
        t.agent_id, t.parent_id, t.root_id, t.args, t.acted_on, t.ephemeral, t.capture, t.step, t.idempotent, t.physical,
        t.is_done, t.latest_event_kind, t.latest_instruct_kind, t.created_at, t.updated_at, t.finished_at
    FROM tasks t JOIN clients c ON c.id = t.caller_row";

fn task(row: &rusqlite::Row<'_>) -> rusqlite::Result<TaskRow> {
    Ok(TaskRow {
        id: row.get(0)?,
        organisation_id: row.get(1)?,
        caller_row: row.get(2)?,
        reference: row.get(3)?,
        action_id: row.get(4)?,
        implementation_id: row.get(5)?,
        agent_id: row.get(6)?,
        parent_id: row.get(7)?,
        root_id: row.get(8)?,
        args: row.get(9)?,
        acted_on: row.get(10)?,
        ephemeral: row.get(11)?,
        capture: row.get(12)?,
        step: row.get(13)?,
        idempotent: row.get(14)?,
        physical: row.get(15)?,
        is_done: row.get(16)?,
        latest_event_kind: row.get(17)?,
        latest_instruct_kind: row.get(18)?,
        created_at: row.get(19)?,
        updated_at: row.get(20)?,
        finished_at: row.get(21)?,
    })
}

/// Tasks (`t`, with their caller's client `c`) that fit.
pub fn find(connection: &Connection, clause: Clause, part: &Part) -> Result<Vec<TaskRow>> {
    super::list(connection, TASK, clause, part, task)
}

/// One task of an organisation.
pub fn get(connection: &Connection, organisation_id: i64, id: i64) -> Result<TaskRow> {
    let clause = Clause::equals("t.id", id).and(Clause::equals("t.organisation_id", organisation_id));
    find(connection, clause, &Part::by("t.id"))?.pop().ok_or(Error::Missing("Task"))
}

/// The open task of an agent, if this is one of its own; finished ones count too.
pub fn of_agent(connection: &Connection, agent_id: i64, id: i64) -> Result<Option<TaskRow>> {
    let clause = Clause::equals("t.id", id).and(Clause::equals("t.agent_id", agent_id));
    Ok(find(connection, clause, &Part::by("t.id"))?.pop())
}

/// Open tasks of an agent, oldest first.
pub fn open_of_agent(connection: &Connection, agent_id: i64) -> Result<Vec<TaskRow>> {
    let clause = Clause::equals("t.agent_id", agent_id).and(Clause::equals("t.is_done", 0));
    find(connection, clause, &Part::by("t.id"))
}

/// The task that a caller gave this name.
pub fn by_reference(connection: &Connection, caller_row: i64, reference: &str) -> Result<Option<TaskRow>> {
    let clause = Clause::equals("t.caller_row", caller_row).and(Clause::equals("t.reference", reference.to_owned()));
    Ok(find(connection, clause, &Part::by("t.id"))?.pop())
}

/// Adds a task; the id in `row` does not count.
pub fn add(connection: &Connection, row: &TaskRow) -> Result<TaskRow> {
    let id: i64 = connection.query_row(
        "INSERT INTO tasks (organisation_id, caller_row, reference, action_id, implementation_id, agent_id, parent_id, root_id,
             args, acted_on, ephemeral, capture, step, idempotent, physical, is_done, latest_event_kind,
             latest_instruct_kind, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, 0, ?16, ?17, ?18, ?18)
         RETURNING id",
        params![
            row.organisation_id,
            row.caller_row,
            row.reference,
            row.action_id,
            row.implementation_id,
            row.agent_id,
            row.parent_id,
            row.root_id,
            row.args,
            row.acted_on,
            row.ephemeral,
            row.capture,
            row.step,
            row.idempotent,
            row.physical,
            row.latest_event_kind,
            row.latest_instruct_kind,
            row.created_at,
        ],
        |row| row.get(0),
    )?;
    instruct(connection, id, &row.latest_instruct_kind, row.created_at)?;
    get(connection, row.organisation_id, id)
}

/// Notes what is asked of a task.
pub fn instruct(connection: &Connection, task_id: i64, kind: &str, now: i64) -> Result<()> {
    connection.execute(
        "INSERT INTO task_instructs (task_id, kind, created_at) VALUES (?1, ?2, ?3)",
        params![task_id, kind, now],
    )?;
    connection.execute(
        "UPDATE tasks SET latest_instruct_kind = ?2, updated_at = ?3 WHERE id = ?1",
        params![task_id, kind, now],
    )?;
    Ok(())
}

/// What was asked of a task.
#[derive(Debug, Clone)]
pub struct InstructRow {
    /// Row.
    pub id: i64,
    /// The task's row.
    pub task_id: i64,
    /// What.
    pub kind: String,
    /// Milliseconds.
    pub created_at: i64,
}

/// What was asked of tasks (`n`), as far as it fits.
pub fn instructs(connection: &Connection, clause: Clause, part: &Part) -> Result<Vec<InstructRow>> {
    let select = "SELECT n.id, n.task_id, n.kind, n.created_at FROM task_instructs n";
    super::list(connection, select, clause, part, |row| {
        Ok(InstructRow { id: row.get(0)?, task_id: row.get(1)?, kind: row.get(2)?, created_at: row.get(3)? })
    })
}

/// An event of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Row; grows with time over all tasks.
    pub id: i64,
    /// The task's row.
    pub task_id: i64,
    /// Organisation of the task.
    pub organisation_id: i64,
    /// What happened.
    pub kind: String,
    /// For people.
    pub message: Option<String>,
    /// 0 to 100, by convention.
    pub progress: Option<i64>,
    /// JSON.
    pub returns: Option<String>,
    /// Of log events.
    pub level: String,
    /// Milliseconds.
    pub created_at: i64,
}

const EVENT: &str =
    "SELECT e.id, e.task_id, t.organisation_id, e.kind, e.message, e.progress, e.returns, e.level, e.created_at
    FROM task_events e JOIN tasks t ON t.id = e.task_id";

fn event(row: &rusqlite::Row<'_>) -> rusqlite::Result<EventRow> {
    Ok(EventRow {
        id: row.get(0)?,
        task_id: row.get(1)?,
        organisation_id: row.get(2)?,
        kind: row.get(3)?,
        message: row.get(4)?,
        progress: row.get(5)?,
        returns: row.get(6)?,
        level: row.get(7)?,
        created_at: row.get(8)?,
    })
}

/// Events (`e`, of task `t`) that fit.
pub fn events(connection: &Connection, clause: Clause, part: &Part) -> Result<Vec<EventRow>> {
    super::list(connection, EVENT, clause, part, event)
}

/// Adds an event, and forgets the oldest of its kind when there are too many.
pub fn add_event(connection: &Connection, row: &EventRow) -> Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO task_events (id, task_id, kind, message, progress, returns, level, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    insert.execute(params![
        row.id,
        row.task_id,
        row.kind,
        row.message,
        row.progress,
        row.returns,
        row.level,
        row.created_at
    ])?;
    let mut forget = connection.prepare_cached(
        "DELETE FROM task_events WHERE id IN
             (SELECT id FROM task_events WHERE task_id = ?1 AND kind = ?2 ORDER BY id DESC LIMIT -1 OFFSET ?3)",
    )?;
    forget.execute(params![row.task_id, row.kind, KEPT_EVENTS])?;
    Ok(())
}

/// Moves a task to where an event brought it.
pub fn advance(connection: &Connection, task_id: i64, kind: &str, ended: Option<i64>, now: i64) -> Result<()> {
    connection.execute(
        "UPDATE tasks SET latest_event_kind = ?2, updated_at = ?4, is_done = is_done OR ?3 IS NOT NULL,
             finished_at = COALESCE(finished_at, ?3) WHERE id = ?1",
        params![task_id, kind, ended, now],
    )?;
    Ok(())
}

/// The newest event id, so that the process can go on counting.
pub fn newest_event(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("SELECT COALESCE(MAX(id), 0) FROM task_events", [], |row| row.get(0))?)
}

/// Ids of the task and of everything below it that is still open, topmost first.
pub fn open_below(connection: &Connection, task_id: i64) -> Result<Vec<i64>> {
    let mut query = connection.prepare(
        "WITH RECURSIVE below (id) AS (
             SELECT ?1 UNION SELECT t.id FROM tasks t JOIN below b ON t.parent_id = b.id)
         SELECT t.id FROM tasks t JOIN below b ON b.id = t.id WHERE t.is_done = 0 ORDER BY t.id",
    )?;
    let ids = query.query_map([task_id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(ids)
}

/// Tasks that run now, as far as anybody knows.
pub fn running(connection: &Connection) -> Result<i64> {
    let sql = "SELECT count(*) FROM tasks WHERE is_done = 0 AND latest_event_kind <> 'DISCONNECTED'";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// Forgets ephemeral tasks that ended before this moment, and all but the newest finished tasks.
pub fn forget(connection: &Connection, before: i64, keep: i64) -> Result<Vec<(i64, i64)>> {
    let mut query = connection.prepare_cached(
        "DELETE FROM tasks WHERE is_done = 1 AND (
             (ephemeral = 1 AND finished_at <= ?1)
             OR id <= COALESCE((SELECT id FROM tasks WHERE is_done = 1 ORDER BY id DESC LIMIT 1 OFFSET ?2), -1))
         RETURNING organisation_id, id",
    )?;
    let gone = query
        .query_map(params![before, keep], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(gone)
}

/// Whether the task is still there.
pub fn exists(connection: &Connection, id: i64) -> Result<bool> {
    Ok(connection.query_row("SELECT 1 FROM tasks WHERE id = ?1", [id], |_| Ok(())).optional()?.is_some())
}
