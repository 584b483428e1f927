//! Implementations: actions as one agent offers them.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use serde_json::Value as Json;

use super::super::context::{identity, now, rekuest};
use super::super::filters::{ImplementationFilter, ImplementationOrder, OffsetPaginationInput, part};
use super::super::loaders::{ActionKey, AgentKey, ImplementationKey, needed};
use super::super::task_types::Task;
use super::super::words::{AnyDefault, EffectClass};
use super::{Action, Agent, json_list};
use crate::server::store::clause::{Clause, Part};
use crate::server::store::rekuest::capabilities::{self, ImplementationRow};
use crate::server::store::rekuest::tasks;

/// An action as one agent offers it.
pub struct Implementation(pub ImplementationRow);

#[Object]
impl Implementation {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What the agent calls it.
    async fn interface(&self) -> &str {
        &self.0.interface
    }

    /// Its name: that of the action.
    async fn name(&self) -> &str {
        &self.0.action_name
    }

    /// Who offers it.
    async fn agent(&self, context: &Context<'_>) -> Result<Agent> {
        Ok(Agent(needed(AgentKey(self.0.agent_id).find(context).await?, "Agent")?))
    }

    /// What is offered.
    async fn action(&self, context: &Context<'_>) -> Result<Action> {
        Ok(Action(needed(ActionKey(self.0.action_id).find(context).await?, "Action")?))
    }

    /// The agent's own notes.
    async fn params(&self) -> AnyDefault {
        AnyDefault(serde_json::from_str(&self.0.params).unwrap_or_default())
    }

    /// Agents that it works with.
    async fn dependencies(&self) -> Vec<Dependency> {
        json_list(&self.0.dependencies).iter().map(Dependency::of).collect()
    }

    /// Whether it wants a provenance token; this server gives none.
    async fn needs_token(&self) -> bool {
        self.0.needs_token
    }

    /// Whether its work leaves traces outside the computer.
    async fn effect(&self) -> EffectClass {
        EffectClass::of(&self.0.effect).unwrap_or(EffectClass::None)
    }

    /// Whether somebody pinned it.
    async fn pinned(&self) -> bool {
        self.0.pinned
    }

    /// The caller's newest task of it.
    async fn my_latest_task(&self, context: &Context<'_>) -> Result<Option<Task>> {
        let clause = Clause::equals("t.implementation_id", self.0.id)
            .and(Clause::equals("t.caller_row", identity(context)?.client_row));
        let part = Part { limit: Some(1), ..Part::by("t.id DESC") };
        let rows = rekuest(context)?.store.read(move |connection| tasks::find(connection, clause, &part)).await?;
        Ok(rows.into_iter().next().map(Task))
    }
}

/// Agents that an implementation works with.
#[derive(SimpleObject)]
pub struct Dependency {
    key: String,
    optional: bool,
    description: Option<String>,
    auto_resolvable: bool,
    app_filter: Option<String>,
    version_filter: Option<String>,
}

impl Dependency {
    fn of(json: &Json) -> Self {
        let text = |member: &str| json[member].as_str().map(str::to_owned);
        Self {
            key: text("key").unwrap_or_default(),
            optional: json["optional"].as_bool().unwrap_or(false),
            description: text("description"),
            auto_resolvable: json["autoResolvable"].as_bool().unwrap_or(false),
            app_filter: text("app"),
            version_filter: text("version"),
        }
    }
}

/// Implementations of the caller's organisation that fit.
pub async fn find_implementations(
    context: &Context<'_>,
    own: Clause,
    filters: Option<ImplementationFilter>,
    ordering: &[ImplementationOrder],
    pagination: Option<OffsetPaginationInput>,
) -> Result<Vec<Implementation>> {
    let clause = own
        .and(Clause::equals("a.organisation_id", identity(context)?.organisation_id))
        .and(filters.unwrap_or_default().clause(now(context)?));
    let part = part(ImplementationOrder::sql(ordering), pagination);
    let read = rekuest(context)?.store.read(move |connection| capabilities::implementations(connection, clause, &part));
    Ok(read.await?.into_iter().map(Implementation).collect())
}

/// The implementation of a task, while it exists.
pub async fn implementation_of(context: &Context<'_>, id: Option<i64>) -> Result<Option<Implementation>> {
    match id {
        Some(id) => Ok(ImplementationKey(id).find(context).await?.map(Implementation)),
        None => Ok(None),
    }
}
