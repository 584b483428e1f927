//! Filters of tasks and their events.

use async_graphql::{ID, InputObject};

use super::super::words::{DateTime, TaskEventKind};
use super::{combine, row, rows};
use crate::server::store::clause::Clause;

/// Tasks that fit.
#[derive(InputObject, Debug, Clone, Default)]
pub struct TaskFilter {
    #[graphql(name = "AND")]
    and: Option<Box<TaskFilter>>,
    #[graphql(name = "OR")]
    or: Option<Box<TaskFilter>>,
    #[graphql(name = "NOT")]
    not: Option<Box<TaskFilter>>,
    #[graphql(name = "DISTINCT")]
    distinct: Option<bool>,
    ids: Option<Vec<ID>>,
    client_id: Option<ID>,
    state: Option<Vec<TaskEventKind>>,
    implementation: Option<ID>,
    action: Option<ID>,
    agent: Option<ID>,
    caller: Option<ID>,
    parent: Option<ID>,
    root: Option<ID>,
    root_isnull: Option<bool>,
    is_done: Option<bool>,
    acted_on: Option<Vec<String>>,
    reference: Option<String>,
    created_before: Option<DateTime>,
    created_after: Option<DateTime>,
    ephemeral: Option<bool>,
}

impl TaskFilter {
    /// The condition on a task.
    pub fn clause(&self) -> Clause {
        let mut own = Clause::everything();
        if let Some(ids) = &self.ids {
            own = own.and(Clause::among("t.id", rows(ids)));
        }
        if let Some(client) = &self.client_id {
            own = own.and(Clause::equals("c.client_id", client.to_string()));
        }
        if let Some(states) = &self.state {
            own = own.and(Clause::among("t.latest_event_kind", states.iter().map(|kind| kind.word().to_owned())));
        }
        for (column, wanted) in [
            ("t.implementation_id", &self.implementation),
            ("t.action_id", &self.action),
            ("t.agent_id", &self.agent),
            ("t.caller_row", &self.caller),
            ("t.parent_id", &self.parent),
            ("t.root_id", &self.root),
        ] {
            if let Some(wanted) = wanted {
                own = own.and(Clause::equals(column, row(wanted)));
            }
        }
        if let Some(is_null) = self.root_isnull {
            let word = if is_null { "t.root_id IS NULL" } else { "t.root_id IS NOT NULL" };
            own = own.and(Clause::new(word, Vec::new()));
        }
        for (column, wanted) in [("t.is_done", self.is_done), ("t.ephemeral", self.ephemeral)] {
            if let Some(wanted) = wanted {
                own = own.and(Clause::equals(column, i64::from(wanted)));
            }
        }
        for object in self.acted_on.iter().flatten() {
            let sql = "EXISTS (SELECT 1 FROM json_each(t.acted_on) o WHERE o.value = ?)";
            own = own.and(Clause::new(sql, vec![object.clone().into()]));
        }
        if let Some(reference) = &self.reference {
            own = own.and(Clause::equals("t.reference", reference.clone()));
        }
        for (condition, wanted) in [("t.created_at < ?", self.created_before), ("t.created_at > ?", self.created_after)]
        {
            if let Some(DateTime(moment)) = wanted {
                own = own.and(Clause::new(condition, vec![moment.0.into()]));
            }
        }
        combine!(self, own)
    }
}

/// Events that fit.
#[derive(InputObject, Debug, Clone, Default)]
pub struct TaskEventFilter {
    #[graphql(name = "AND")]
    and: Option<Box<TaskEventFilter>>,
    #[graphql(name = "OR")]
    or: Option<Box<TaskEventFilter>>,
    #[graphql(name = "NOT")]
    not: Option<Box<TaskEventFilter>>,
    #[graphql(name = "DISTINCT")]
    distinct: Option<bool>,
    ids: Option<Vec<ID>>,
    kind: Option<Vec<TaskEventKind>>,
}

impl TaskEventFilter {
    /// The condition on an event.
    pub fn clause(&self) -> Clause {
        let mut own = Clause::everything();
        if let Some(ids) = &self.ids {
            own = own.and(Clause::among("e.id", rows(ids)));
        }
        if let Some(kinds) = &self.kind {
            own = own.and(Clause::among("e.kind", kinds.iter().map(|kind| kind.word().to_owned())));
        }
        combine!(self, own)
    }
}
