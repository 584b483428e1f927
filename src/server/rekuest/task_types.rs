//! Tasks and their events as callers see them.

use async_graphql::{Context, ID, Object, Result};
use serde_json::Value as Json;

use super::context::{identity, rekuest};
use super::filters::{OffsetPaginationInput, TaskEventFilter, TaskEventOrder, TaskFilter, TaskOrder, part, slice};
use super::loaders::{ActionKey, AgentKey, ChildrenOf, ClientKey, EventsOf, InstructsOf, TaskKey, needed};
use super::types::{Action, Agent, Caller, Implementation, implementation_of};
use super::words::{AnyDefault, Args, DateTime, LogLevel, TaskEventKind, TaskInstructKind};
use crate::server::store::clause::Clause;
use crate::server::store::rekuest::tasks::{self, EventRow, InstructRow, TaskRow};

pub(super) fn event_kind(word: &str) -> TaskEventKind {
    TaskEventKind::of(word).unwrap_or(TaskEventKind::Bound)
}

pub(super) fn instruct_kind(word: &str) -> TaskInstructKind {
    TaskInstructKind::of(word).unwrap_or(TaskInstructKind::Assign)
}

pub(super) fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_default()
}

/// Work that was given to an agent.
pub struct Task(pub TaskRow);

#[Object]
impl Task {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The caller's name for it.
    async fn reference(&self) -> Option<&str> {
        Some(&self.0.reference)
    }

    /// Whether it has ended.
    async fn is_done(&self) -> bool {
        self.0.is_done
    }

    /// What it was given.
    async fn args(&self) -> AnyDefault {
        AnyDefault(json(&self.0.args))
    }

    /// One of the arguments.
    async fn arg(&self, key: String) -> Option<Args> {
        json(&self.0.args).get(&key).cloned().map(Args)
    }

    /// The topmost task that it belongs to.
    async fn root(&self, context: &Context<'_>) -> Result<Option<Task>> {
        task_of(context, self.0.root_id).await
    }

    /// The task that it belongs to.
    async fn parent(&self, context: &Context<'_>) -> Result<Option<Task>> {
        task_of(context, self.0.parent_id).await
    }

    /// What is done.
    async fn action(&self, context: &Context<'_>) -> Result<Action> {
        Ok(Action(needed(ActionKey(self.0.action_id).find(context).await?, "Action")?))
    }

    /// How it is done.
    async fn implementation(&self, context: &Context<'_>) -> Result<Option<Implementation>> {
        implementation_of(context, self.0.implementation_id).await
    }

    /// Who does it.
    async fn agent(&self, context: &Context<'_>) -> Result<Option<Agent>> {
        match self.0.agent_id {
            Some(id) => Ok(AgentKey(id).find(context).await?.map(Agent)),
            None => Ok(None),
        }
    }

    /// Who wanted it.
    async fn caller(&self, context: &Context<'_>) -> Result<Option<Caller>> {
        Ok(ClientKey(self.0.caller_row).find(context).await?.as_ref().map(Caller::from))
    }

    /// Whether printed output becomes log events.
    async fn capture(&self) -> bool {
        self.0.capture
    }

    /// Where it stands.
    async fn latest_event_kind(&self) -> TaskEventKind {
        event_kind(&self.0.latest_event_kind)
    }

    /// What was last asked of it.
    async fn latest_instruct_kind(&self) -> TaskInstructKind {
        instruct_kind(&self.0.latest_instruct_kind)
    }

    /// When it was assigned.
    async fn created_at(&self) -> DateTime {
        DateTime::of(self.0.created_at)
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime::of(self.0.updated_at)
    }

    /// When it ended.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime::of)
    }

    /// Structures among its arguments: `@kabinet/flavour:17`.
    async fn acted_on(&self) -> Vec<String> {
        serde_json::from_str(&self.0.acted_on).unwrap_or_default()
    }

    /// Whether it is forgotten soon after it ends.
    async fn ephemeral(&self) -> bool {
        self.0.ephemeral
    }

    /// Tasks below it.
    async fn children(
        &self,
        context: &Context<'_>,
        filters: Option<TaskFilter>,
        #[graphql(default)] ordering: Vec<TaskOrder>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Task>> {
        if filters.is_none() && ordering.is_empty() {
            let rows = ChildrenOf(self.0.id).get(context).await?;
            return Ok(slice(rows, pagination).into_iter().map(Task).collect());
        }
        find_tasks(context, Clause::equals("t.parent_id", self.0.id), filters, &ordering, pagination).await
    }

    /// What happened to it.
    async fn events(
        &self,
        context: &Context<'_>,
        filters: Option<TaskEventFilter>,
        #[graphql(default)] ordering: Vec<TaskEventOrder>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<TaskEvent>> {
        let order = TaskEventOrder::sql(&ordering);
        let rows = match filters {
            None if order.ends_with("ASC") => slice(EventsOf(self.0.id).get(context).await?, pagination),
            None => {
                let mut rows = EventsOf(self.0.id).get(context).await?;
                rows.reverse();
                slice(rows, pagination)
            }
            Some(filters) => {
                let clause = Clause::equals("e.task_id", self.0.id).and(filters.clause());
                let part = part(order, pagination);
                rekuest(context)?.store.read(move |connection| tasks::events(connection, clause, &part)).await?
            }
        };
        Ok(rows.into_iter().map(TaskEvent).collect())
    }

    /// What was asked of it.
    async fn instructs(&self, context: &Context<'_>) -> Result<Vec<TaskInstruct>> {
        Ok(InstructsOf(self.0.id).get(context).await?.into_iter().map(TaskInstruct).collect())
    }
}

async fn task_of(context: &Context<'_>, id: Option<i64>) -> Result<Option<Task>> {
    match id {
        Some(id) => Ok(TaskKey(id).find(context).await?.map(Task)),
        None => Ok(None),
    }
}

/// Tasks of the caller's organisation that fit.
pub async fn find_tasks(
    context: &Context<'_>,
    own: Clause,
    filters: Option<TaskFilter>,
    ordering: &[TaskOrder],
    pagination: Option<OffsetPaginationInput>,
) -> Result<Vec<Task>> {
    let clause = own
        .and(Clause::equals("t.organisation_id", identity(context)?.organisation_id))
        .and(filters.unwrap_or_default().clause());
    let part = part(TaskOrder::sql(ordering), pagination);
    let read = rekuest(context)?.store.read(move |connection| tasks::find(connection, clause, &part));
    Ok(read.await?.into_iter().map(Task).collect())
}

/// Something that happened to a task.
pub struct TaskEvent(pub EventRow);

#[Object]
impl TaskEvent {
    /// Its id; grows with time.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Its kind as a name.
    async fn name(&self) -> &str {
        &self.0.kind
    }

    /// A result.
    async fn returns(&self) -> Option<AnyDefault> {
        self.0.returns.as_deref().map(json).map(AnyDefault)
    }

    /// Of which task.
    async fn task(&self, context: &Context<'_>) -> Result<Task> {
        Ok(Task(needed(TaskKey(self.0.task_id).find(context).await?, "Task")?))
    }

    /// What happened.
    async fn kind(&self) -> TaskEventKind {
        event_kind(&self.0.kind)
    }

    /// What was said.
    async fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// 0 to 100, by convention.
    async fn progress(&self) -> Option<i64> {
        self.0.progress
    }

    /// When.
    async fn created_at(&self) -> DateTime {
        DateTime::of(self.0.created_at)
    }

    /// How much a log line matters.
    async fn level(&self) -> LogLevel {
        LogLevel::of(&self.0.level).unwrap_or(LogLevel::Info)
    }

    /// Its id as a name.
    async fn reference(&self) -> String {
        self.0.id.to_string()
    }
}

/// Something that was asked of a task.
pub struct TaskInstruct(pub InstructRow);

#[Object]
impl TaskInstruct {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Of which task.
    async fn task(&self, context: &Context<'_>) -> Result<Task> {
        Ok(Task(needed(TaskKey(self.0.task_id).find(context).await?, "Task")?))
    }

    /// What was asked.
    async fn kind(&self) -> TaskInstructKind {
        instruct_kind(&self.0.kind)
    }

    /// When.
    async fn created_at(&self) -> DateTime {
        DateTime::of(self.0.created_at)
    }
}
