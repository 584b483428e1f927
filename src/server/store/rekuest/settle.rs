//! What becomes of an agent's open tasks when it is lost: the three fates.

use rusqlite::Connection;

use super::super::Result;
use super::tasks::TaskRow;
use super::{outbox, tasks};

/// Why tasks are settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The agent did not come back in time.
    Gone,
    /// Another process of the same agent came.
    Restarted,
}

/// What became of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was physical: nobody may try it again.
    Critical,
    /// It may be done twice: it waits to be done again.
    Queued,
    /// Nobody knows.
    Disconnected,
}

impl Fate {
    /// Kind of the event that says so.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Critical => "CRITICAL",
            Self::Queued => "QUEUED",
            Self::Disconnected => "DISCONNECTED",
        }
    }

    /// What the event says.
    pub fn message(self) -> &'static str {
        match self {
            Self::Critical => "Agent lost while doing physical work. It must not be repeated unseen",
            Self::Queued => "Agent lost. Queued again",
            Self::Disconnected => "Agent disconnected. Fate unknown",
        }
    }
}

/// Open tasks of an agent, each with what becomes of it; frames of settled ones leave the outbox.
pub fn fates(connection: &Connection, agent_id: i64, cause: Cause) -> Result<Vec<(TaskRow, Fate)>> {
    let mut settled = Vec::new();
    for task in tasks::open_of_agent(connection, agent_id)? {
        let unsent = outbox::is_unsent(connection, task.id)?;
        // A new process gets what no process has seen yet, and work that already waits goes on waiting.
        if unsent && (cause == Cause::Restarted || task.latest_event_kind == "QUEUED") {
            continue;
        }
        let fate = match () {
            () if task.physical && !unsent => Fate::Critical,
            () if task.idempotent => Fate::Queued,
            () if task.latest_event_kind == "DISCONNECTED" => continue,
            () => Fate::Disconnected,
        };
        outbox::drop_task(connection, task.id)?;
        settled.push((task, fate));
    }
    Ok(settled)
}
