//! What live feeds carry: relations are plain ids there.

use async_graphql::{ID, SimpleObject};

use super::task_types::{Task, event_kind, instruct_kind, json};
use super::types::Implementation;
use super::words::{AgentEventKind, AgentKind, AnyDefault, DateTime, LogLevel, TaskEventKind, TaskInstructKind};
use crate::server::store::rekuest::agents::AgentRow;
use crate::server::store::rekuest::tasks::{EventRow, TaskRow};

/// A task in a feed: relations are plain ids.
#[derive(SimpleObject, Clone)]
pub struct TaskChange {
    id: ID,
    reference: Option<String>,
    is_done: bool,
    latest_event_kind: TaskEventKind,
    latest_instruct_kind: TaskInstructKind,
    status_message: Option<String>,
    action: ID,
    implementation: Option<ID>,
    agent: Option<ID>,
    root: Option<ID>,
    parent: Option<ID>,
    created_at: DateTime,
    updated_at: DateTime,
    finished_at: Option<DateTime>,
}

impl From<&TaskRow> for TaskChange {
    fn from(row: &TaskRow) -> Self {
        Self {
            id: row.id.into(),
            reference: Some(row.reference.clone()),
            is_done: row.is_done,
            latest_event_kind: event_kind(&row.latest_event_kind),
            latest_instruct_kind: instruct_kind(&row.latest_instruct_kind),
            status_message: None,
            action: row.action_id.into(),
            implementation: row.implementation_id.map(ID::from),
            agent: row.agent_id.map(ID::from),
            root: row.root_id.map(ID::from),
            parent: row.parent_id.map(ID::from),
            created_at: DateTime::of(row.created_at),
            updated_at: DateTime::of(row.updated_at),
            finished_at: row.finished_at.map(DateTime::of),
        }
    }
}

/// An event in a feed.
#[derive(SimpleObject, Clone)]
pub struct TaskEventChange {
    id: ID,
    task: ID,
    kind: TaskEventKind,
    message: Option<String>,
    progress: Option<i64>,
    returns: Option<AnyDefault>,
    level: LogLevel,
    created_at: DateTime,
}

impl From<&EventRow> for TaskEventChange {
    fn from(row: &EventRow) -> Self {
        Self {
            id: row.id.into(),
            task: row.task_id.into(),
            kind: event_kind(&row.kind),
            message: row.message.clone(),
            progress: row.progress,
            returns: row.returns.as_deref().map(json).map(AnyDefault),
            level: LogLevel::of(&row.level).unwrap_or(LogLevel::Info),
            created_at: DateTime::of(row.created_at),
        }
    }
}

/// A new task, or an event of one.
#[derive(SimpleObject, Clone)]
pub struct TaskChangeEvent {
    /// What was said.
    pub event: Option<TaskEventChange>,
    /// The task that is new.
    pub create: Option<TaskChange>,
}

/// A task below another one.
#[derive(SimpleObject, Clone)]
pub struct ChildTaskEvent {
    /// It is new.
    pub create: Option<TaskChange>,
    /// It stands elsewhere.
    pub update: Option<TaskChange>,
}

/// A task of an agent.
#[derive(SimpleObject)]
pub struct AgentTaskUpdate {
    /// It is new.
    pub create: Option<Task>,
    /// It stands elsewhere.
    pub update: Option<Task>,
}

/// An agent in a feed: relations are plain ids.
#[derive(SimpleObject, Clone)]
pub struct AgentChange {
    id: ID,
    name: String,
    kind: AgentKind,
    latest_event: AgentEventKind,
    connected: bool,
    blocked: bool,
    last_seen: Option<DateTime>,
    client: ID,
    user: ID,
    organization: ID,
    app: ID,
    release: ID,
}

impl From<&AgentRow> for AgentChange {
    fn from(row: &AgentRow) -> Self {
        Self {
            id: row.id.into(),
            name: row.name.clone(),
            kind: AgentKind::of(&row.kind).unwrap_or(AgentKind::Websocket),
            latest_event: if row.connected { AgentEventKind::Connect } else { AgentEventKind::Disconnect },
            connected: row.connected,
            blocked: row.blocked,
            last_seen: row.last_seen.map(DateTime::of),
            client: row.client_row.into(),
            user: row.user_id.into(),
            organization: row.organisation_id.into(),
            app: ID(row.app.clone()),
            release: ID(format!("{}:{}", row.app, row.version)),
        }
    }
}

/// An agent is new, different or gone.
#[derive(SimpleObject, Clone)]
pub struct AgentChangeEvent {
    /// It is new.
    pub create: Option<AgentChange>,
    /// It is different.
    pub update: Option<AgentChange>,
    /// It is gone.
    pub delete: Option<ID>,
}

/// An implementation is new, different or gone.
#[derive(SimpleObject)]
pub struct ImplementationUpdate {
    /// It is new.
    pub create: Option<Implementation>,
    /// It is different.
    pub update: Option<Implementation>,
    /// It is gone.
    pub delete: Option<ID>,
}
