//! What a caller may ask of lists, turned into conditions on rows.

use async_graphql::{ID, InputObject, OneofObject};

use super::words::{ActionHash, ActionKind, DateTime, DemandKind, Ordering, PortKind, TaskEventKind};
use crate::server::store::clause::{Clause, Part};
use crate::server::store::rekuest::demands::{PortDemand, PortMatch};

/// Which rows an id means; what is no number means none.
pub fn row(id: &ID) -> i64 {
    id.parse().unwrap_or(-1)
}

fn rows(ids: &[ID]) -> impl Iterator<Item = i64> {
    ids.iter().map(row)
}

/// Which part of a list.
#[derive(InputObject, Debug, Clone, Copy, Default)]
pub struct OffsetPaginationInput {
    /// Rows to leave out at the beginning.
    #[graphql(default)]
    pub offset: i32,
    /// Rows at most.
    pub limit: Option<i32>,
}

/// The part of a list that is asked for, in this order.
pub fn part(order: String, pagination: Option<OffsetPaginationInput>) -> Part {
    let pagination = pagination.unwrap_or_default();
    Part {
        order,
        offset: i64::from(pagination.offset.max(0)),
        limit: pagination.limit.map(|limit| i64::from(limit.max(0))),
    }
}

/// The same on rows that have been read already.
pub fn slice<T>(rows: Vec<T>, pagination: Option<OffsetPaginationInput>) -> Vec<T> {
    let pagination = pagination.unwrap_or_default();
    let offset = usize::try_from(pagination.offset).unwrap_or(0);
    let limit = pagination.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(0));
    rows.into_iter().skip(offset).take(limit).collect()
}

fn direction(column: &str, ordering: Ordering) -> String {
    let words = match ordering {
        Ordering::Asc => "ASC",
        Ordering::AscNullsFirst => "ASC NULLS FIRST",
        Ordering::AscNullsLast => "ASC NULLS LAST",
        Ordering::Desc => "DESC",
        Ordering::DescNullsFirst => "DESC NULLS FIRST",
        Ordering::DescNullsLast => "DESC NULLS LAST",
    };
    format!("{column} {words}")
}

/// Whether the order begins with the last.
pub fn is_descending(ordering: Ordering) -> bool {
    matches!(ordering, Ordering::Desc | Ordering::DescNullsFirst | Ordering::DescNullsLast)
}

macro_rules! orders {
    ($($(#[$doc:meta])* $name:ident, $tie:literal { $($(#[$variant_doc:meta])* $variant:ident $column:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(OneofObject, Debug, Clone, Copy)]
        pub enum $name { $($(#[$variant_doc])* $variant(Ordering)),* }

        impl $name {
            /// The order of rows; equal ones in the order of their making.
            pub fn sql(orders: &[Self]) -> String {
                let mut terms: Vec<String> = orders.iter().map(|order| match order {
                    $(Self::$variant(ordering) => direction($column, *ordering)),*
                }).collect();
                // Rows of one moment follow the way of the first term.
                let descending = orders.first().is_some_and(|order| match order {
                    $(Self::$variant(ordering) => is_descending(*ordering)),*
                });
                terms.push(format!("{} {}", $tie, if descending { "DESC" } else { "ASC" }));
                terms.join(", ")
            }
        }
    )*};
}

orders! {
    /// Order of agents.
    AgentOrder, "a.id" {
        /// By the last sign of life.
        LastSeen "a.last_seen",
    }
    /// Order of actions.
    ActionOrder, "x.id" {
        /// By the last definition.
        DefinedAt "x.defined_at",
        /// By the last task.
        UsedAt "(SELECT MAX(u.id) FROM tasks u WHERE u.action_id = x.id)",
    }
    /// Order of implementations.
    ImplementationOrder, "i.id" {
        /// By their making.
        CreatedAt "i.created_at",
        /// By the last sign of life of their agents.
        Active "a.last_seen",
    }
    /// Order of tasks.
    TaskOrder, "t.id" {
        /// By their making.
        CreatedAt "t.created_at",
        /// By their end.
        FinishedAt "t.finished_at",
    }
    /// Order of events.
    TaskEventOrder, "e.id" {
        /// By their making.
        CreatedAt "e.created_at",
    }
}

/// Conditions on a text.
#[derive(InputObject, Debug, Clone, Default)]
pub struct StrFilterLookup {
    exact: Option<String>,
    i_exact: Option<String>,
    contains: Option<String>,
    i_contains: Option<String>,
    in_list: Option<Vec<String>>,
    starts_with: Option<String>,
    i_starts_with: Option<String>,
    ends_with: Option<String>,
    i_ends_with: Option<String>,
    is_null: Option<bool>,
}

impl StrFilterLookup {
    fn clause(&self, column: &str) -> Clause {
        let mut clause = Clause::everything();
        let mut and = |condition: String, value: &str| {
            clause = clause.clone().and(Clause::new(condition, vec![value.to_owned().into()]));
        };
        let lookups = [
            (&self.exact, format!("{column} = ?")),
            (&self.i_exact, format!("lower({column}) = lower(?)")),
            (&self.contains, format!("instr({column}, ?) > 0")),
            (&self.i_contains, format!("instr(lower({column}), lower(?)) > 0")),
            (&self.starts_with, format!("instr({column}, ?) = 1")),
            (&self.i_starts_with, format!("instr(lower({column}), lower(?)) = 1")),
        ];
        for (wanted, condition) in lookups {
            if let Some(wanted) = wanted {
                and(condition, wanted);
            }
        }
        for (wanted, subject) in [(&self.ends_with, column.to_owned()), (&self.i_ends_with, format!("lower({column})"))]
        {
            if let Some(wanted) = wanted {
                let lowered = if subject == column { wanted.clone() } else { wanted.to_lowercase() };
                and(format!("substr({subject}, -{}) = ?", lowered.chars().count().max(1)), &lowered);
            }
        }
        if let Some(list) = &self.in_list {
            clause = clause.and(Clause::among(column, list.clone()));
        }
        if let Some(is_null) = self.is_null {
            let word = if is_null { "IS NULL" } else { "IS NOT NULL" };
            clause = clause.and(Clause::new(format!("{column} {word}"), Vec::new()));
        }
        clause
    }
}

/// What a port must be.
#[derive(InputObject, Debug, Clone, Default)]
pub struct PortMatchInput {
    at: Option<i32>,
    key: Option<String>,
    kind: Option<PortKind>,
    identifier: Option<String>,
    nullable: Option<bool>,
    dimension: Option<String>,
    children: Option<Vec<PortMatchInput>>,
}

impl From<&PortMatchInput> for PortMatch {
    fn from(input: &PortMatchInput) -> Self {
        Self {
            at: input.at.map(i64::from),
            key: input.key.clone(),
            kind: input.kind.map(|kind| kind.word().to_owned()),
            identifier: input.identifier.clone(),
            nullable: input.nullable,
            dimension: input.dimension.clone(),
            children: input.children.iter().flatten().map(Self::from).collect(),
        }
    }
}

/// What one side of an action must have.
#[derive(InputObject, Debug, Clone)]
pub struct PortDemandInput {
    kind: DemandKind,
    matches: Option<Vec<PortMatchInput>>,
    force_length: Option<i32>,
    force_non_nullable_length: Option<i32>,
    force_structure_length: Option<i32>,
}

impl PortDemandInput {
    fn clause(&self) -> Clause {
        let demand = PortDemand {
            matches: self.matches.iter().flatten().map(PortMatch::from).collect(),
            length: self.force_length.map(i64::from),
            required_length: self.force_non_nullable_length.map(i64::from),
            structure_length: self.force_structure_length.map(i64::from),
        };
        match self.kind {
            DemandKind::Args => demand.clause("x.args"),
            DemandKind::Returns => demand.clause("x.returns"),
        }
    }
}

/// What an action must be.
#[derive(InputObject, Debug, Clone, Default)]
pub struct ActionDemandInput {
    hash: Option<String>,
    key: Option<String>,
    app: Option<String>,
    version: Option<String>,
    name: Option<String>,
    arg_matches: Option<Vec<PortMatchInput>>,
    return_matches: Option<Vec<PortMatchInput>>,
    force_arg_length: Option<i32>,
    force_return_length: Option<i32>,
    pure: Option<bool>,
    idempotent: Option<bool>,
    stateful: Option<bool>,
}

impl ActionDemandInput {
    /// The condition on an action.
    pub fn clause(&self) -> Clause {
        let side = |matches: &Option<Vec<PortMatchInput>>, length: Option<i32>| PortDemand {
            matches: matches.iter().flatten().map(PortMatch::from).collect(),
            length: length.map(i64::from),
            ..PortDemand::default()
        };
        let mut clause = side(&self.arg_matches, self.force_arg_length).clause("x.args");
        clause = clause.and(side(&self.return_matches, self.force_return_length).clause("x.returns"));
        for (column, wanted) in [
            ("x.hash", &self.hash),
            ("x.key", &self.key),
            ("x.app", &self.app),
            ("x.version", &self.version),
            ("x.name", &self.name),
        ] {
            if let Some(wanted) = wanted {
                clause = clause.and(Clause::equals(column, wanted.clone()));
            }
        }
        for (column, wanted) in
            [("x.pure", self.pure), ("x.idempotent", self.idempotent), ("x.stateful", self.stateful)]
        {
            if let Some(wanted) = wanted {
                clause = clause.and(Clause::equals(column, i64::from(wanted)));
            }
        }
        clause
    }
}

/// Joins a filter's own conditions with its `AND`, `OR` and `NOT`.
macro_rules! combine {
    ($filter:expr, $own:expr $(, $now:expr)?) => {{
        let mut clause = $own;
        if let Some(other) = &$filter.and {
            clause = clause.and(other.clause($($now)?));
        }
        if let Some(other) = &$filter.or {
            let other = other.clause($($now)?);
            // A filter that asks nothing itself leaves the choice to its `OR`.
            clause = if clause == Clause::everything() { other } else { clause.or(other) };
        }
        if let Some(other) = &$filter.not {
            clause = clause.and(other.clause($($now)?).opposite());
        }
        clause
    }};
}

/// Actions that fit.
#[derive(InputObject, Debug, Clone, Default)]
pub struct ActionFilter {
    name: Option<StrFilterLookup>,
    #[graphql(name = "AND")]
    and: Option<Box<ActionFilter>>,
    #[graphql(name = "OR")]
    or: Option<Box<ActionFilter>>,
    #[graphql(name = "NOT")]
    not: Option<Box<ActionFilter>>,
    #[graphql(name = "DISTINCT")]
    distinct: Option<bool>,
    search: Option<String>,
    ids: Option<Vec<ID>>,
    demands: Option<Vec<PortDemandInput>>,
    kind: Option<ActionKind>,
    in_collection: Option<String>,
    stateful: Option<bool>,
    app_identifier: Option<String>,
}

impl ActionFilter {
    /// The condition on an action.
    pub fn clause(&self) -> Clause {
        let mut own = Clause::everything();
        if let Some(name) = &self.name {
            own = own.and(name.clause("x.name"));
        }
        if let Some(ids) = &self.ids {
            own = own.and(Clause::among("x.id", rows(ids)));
        }
        if let Some(search) = &self.search {
            own = own.and(Clause::contains(&["x.name", "x.description"], search));
        }
        for demand in self.demands.iter().flatten() {
            own = own.and(demand.clause());
        }
        if let Some(kind) = self.kind {
            own = own.and(Clause::equals("x.kind", kind.word().to_owned()));
        }
        if let Some(collection) = &self.in_collection {
            let sql = "EXISTS (SELECT 1 FROM json_each(x.collections) k WHERE k.value = ?)";
            own = own.and(Clause::new(sql, vec![collection.clone().into()]));
        }
        if let Some(stateful) = self.stateful {
            own = own.and(Clause::equals("x.stateful", i64::from(stateful)));
        }
        if let Some(app) = &self.app_identifier {
            own = own.and(Clause::equals("x.app", app.clone()));
        }
        combine!(self, own)
    }
}

/// The moment of a question, and what counts as alive then (milliseconds).
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Milliseconds since 1970.
    pub at: i64,
    /// Milliseconds.
    pub lease: i64,
}

impl Now {
    fn active(self) -> Clause {
        let sql = "a.connected = 1 AND a.blocked = 0 AND a.last_seen >= ?";
        Clause::new(sql, vec![(self.at - self.lease).into()])
    }
}

/// Agents that fit.
#[derive(InputObject, Debug, Clone, Default)]
pub struct AgentFilter {
    #[graphql(name = "AND")]
    and: Option<Box<AgentFilter>>,
    #[graphql(name = "OR")]
    or: Option<Box<AgentFilter>>,
    #[graphql(name = "NOT")]
    not: Option<Box<AgentFilter>>,
    #[graphql(name = "DISTINCT")]
    distinct_rows: Option<bool>,
    distinct: Option<bool>,
    client_id: Option<String>,
    ids: Option<Vec<ID>>,
    has_implementations: Option<Vec<String>>,
    pinned: Option<bool>,
    search: Option<String>,
    action_demands: Option<Vec<ActionDemandInput>>,
    user: Option<ID>,
    app_identifier: Option<ID>,
    version_number: Option<String>,
    device_id: Option<String>,
    active: Option<bool>,
}

impl AgentFilter {
    /// The condition on an agent.
    pub fn clause(&self, now: Now) -> Clause {
        let mut own = Clause::everything();
        for (column, wanted) in [
            ("c.client_id", self.client_id.clone()),
            ("c.app", self.app_identifier.as_ref().map(|id| id.to_string())),
            ("c.version", self.version_number.clone()),
            ("c.device", self.device_id.clone()),
        ] {
            if let Some(wanted) = wanted {
                own = own.and(Clause::equals(column, wanted));
            }
        }
        if let Some(ids) = &self.ids {
            own = own.and(Clause::among("a.id", rows(ids)));
        }
        let implements = |clause: Clause| {
            let sql = format!(
                "EXISTS (SELECT 1 FROM implementations i JOIN actions x ON x.id = i.action_id
                     WHERE i.agent_id = a.id AND {})",
                clause.sql()
            );
            Clause::new(sql, clause.into_values())
        };
        for hash in self.has_implementations.iter().flatten() {
            own = own.and(implements(Clause::equals("x.hash", hash.clone())));
        }
        for demand in self.action_demands.iter().flatten() {
            own = own.and(implements(demand.clause()));
        }
        if let Some(pinned) = self.pinned {
            own = own.and(Clause::equals("a.pinned", i64::from(pinned)));
        }
        if let Some(search) = &self.search {
            own = own.and(Clause::contains(&["a.name", "c.app"], search));
        }
        if let Some(user) = &self.user {
            own = own.and(Clause::equals("c.user_id", row(user)));
        }
        if let Some(active) = self.active {
            own = own.and(if active { now.active() } else { now.active().opposite() });
        }
        combine!(self, own, now)
    }
}

/// Implementations that fit.
#[derive(InputObject, Debug, Clone, Default)]
pub struct ImplementationFilter {
    interface: Option<StrFilterLookup>,
    action: Option<ImplementationActionFilter>,
    agent: Option<ImplementationAgentFilter>,
    #[graphql(name = "AND")]
    and: Option<Box<ImplementationFilter>>,
    #[graphql(name = "OR")]
    or: Option<Box<ImplementationFilter>>,
    #[graphql(name = "NOT")]
    not: Option<Box<ImplementationFilter>>,
    #[graphql(name = "DISTINCT")]
    distinct: Option<bool>,
    active: Option<bool>,
    ids: Option<Vec<ID>>,
    action_hash: Option<ActionHash>,
    search: Option<String>,
    action_demand: Option<ActionDemandInput>,
}

impl ImplementationFilter {
    /// The condition on an implementation.
    pub fn clause(&self, now: Now) -> Clause {
        let mut own = Clause::everything();
        if let Some(interface) = &self.interface {
            own = own.and(interface.clause("i.interface"));
        }
        if let Some(action) = &self.action {
            own = own.and(action.clause());
        }
        if let Some(agent) = &self.agent {
            own = own.and(agent.clause(now));
        }
        if let Some(active) = self.active {
            own = own.and(if active { now.active() } else { now.active().opposite() });
        }
        if let Some(ids) = &self.ids {
            own = own.and(Clause::among("i.id", rows(ids)));
        }
        if let Some(ActionHash(hash)) = &self.action_hash {
            own = own.and(Clause::equals("x.hash", hash.clone()));
        }
        if let Some(search) = &self.search {
            own = own.and(Clause::contains(&["i.interface", "x.name", "a.name"], search));
        }
        if let Some(demand) = &self.action_demand {
            own = own.and(demand.clause());
        }
        combine!(self, own, now)
    }
}

/// Actions of implementations that fit.
#[derive(InputObject, Debug, Clone, Default)]
pub struct ImplementationActionFilter {
    #[graphql(name = "AND")]
    and: Option<Box<ImplementationActionFilter>>,
    #[graphql(name = "OR")]
    or: Option<Box<ImplementationActionFilter>>,
    #[graphql(name = "NOT")]
    not: Option<Box<ImplementationActionFilter>>,
    #[graphql(name = "DISTINCT")]
    distinct: Option<bool>,
    search: Option<String>,
    name: Option<String>,
    ids: Option<Vec<ID>>,
    demands: Option<Vec<PortDemandInput>>,
    kind: Option<ActionKind>,
}

impl ImplementationActionFilter {
    fn clause(&self) -> Clause {
        let same = ActionFilter {
            search: self.search.clone(),
            ids: self.ids.clone(),
            demands: self.demands.clone(),
            kind: self.kind,
            ..ActionFilter::default()
        };
        let mut own = same.clause();
        if let Some(name) = &self.name {
            own = own.and(Clause::contains(&["x.name"], name));
        }
        combine!(self, own)
    }
}

/// Agents of implementations that fit.
#[derive(InputObject, Debug, Clone, Default)]
pub struct ImplementationAgentFilter {
    #[graphql(name = "AND")]
    and: Option<Box<ImplementationAgentFilter>>,
    #[graphql(name = "OR")]
    or: Option<Box<ImplementationAgentFilter>>,
    #[graphql(name = "NOT")]
    not: Option<Box<ImplementationAgentFilter>>,
    #[graphql(name = "DISTINCT")]
    distinct: Option<bool>,
    client_id: Option<String>,
    ids: Option<Vec<ID>>,
    has_implementations: Option<Vec<String>>,
}

impl ImplementationAgentFilter {
    fn clause(&self, now: Now) -> Clause {
        let same = AgentFilter {
            client_id: self.client_id.clone(),
            ids: self.ids.clone(),
            has_implementations: self.has_implementations.clone(),
            ..AgentFilter::default()
        };
        let own = same.clause(now);
        combine!(self, own, now)
    }
}

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
