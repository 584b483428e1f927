//! Filters of agents, actions and implementations.

use async_graphql::{ID, InputObject};

use super::super::words::{ActionHash, ActionKind};
use super::demands::{ActionDemandInput, PortDemandInput};
use super::text::StrFilterLookup;
use super::{combine, row, rows};
use crate::server::store::clause::Clause;

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
