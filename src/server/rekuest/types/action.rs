//! Actions: the contracts that agents fulfil.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use serde_json::Value as Json;

use super::super::context::rekuest;
use super::super::filters::{
    ImplementationFilter, ImplementationOrder, OffsetPaginationInput, TaskFilter, TaskOrder, slice,
};
use super::super::loaders::ImplementersOf;
use super::super::task_types::{Task, find_tasks};
use super::super::words::{ActionHash, ActionKind, ActionScope, ArgPort, DateTime, ReturnPort};
use super::{App, Implementation, Organization, find_implementations, json_list};
use crate::server::store::clause::{Clause, Part};
use crate::server::store::rekuest::capabilities::ActionRow;
use crate::server::store::rekuest::tasks;

/// A contract.
pub struct Action(pub ActionRow);

#[Object]
impl Action {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Hash of its content.
    async fn hash(&self) -> ActionHash {
        ActionHash(self.0.definition.hash.clone())
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.definition.name
    }

    /// Its key within the app.
    async fn key(&self) -> &str {
        &self.0.definition.key
    }

    /// The app that defines it.
    async fn app(&self) -> App {
        App::of(&self.0.definition.app)
    }

    /// Version of the definition.
    async fn version(&self) -> &str {
        &self.0.definition.version
    }

    /// How often it answers.
    async fn kind(&self) -> ActionKind {
        ActionKind::of(&self.0.definition.kind).unwrap_or(ActionKind::Function)
    }

    /// Keeps a state between calls.
    async fn stateful(&self) -> bool {
        self.0.definition.stateful
    }

    /// Has no effect but its result.
    async fn pure(&self) -> bool {
        self.0.definition.pure
    }

    /// May be done twice.
    async fn idempotent(&self) -> bool {
        self.0.definition.idempotent
    }

    /// What it does.
    async fn description(&self) -> Option<&str> {
        self.0.definition.description.as_deref()
    }

    /// Words that group it.
    async fn collections(&self) -> Vec<Collection> {
        let names: Vec<String> = serde_json::from_str(&self.0.definition.collections).unwrap_or_default();
        names.into_iter().map(|name| Collection { id: ID(name.clone()), name }).collect()
    }

    /// Where its structures are understood.
    async fn scope(&self) -> ActionScope {
        let is_local = |text: &str| json_list(text).iter().any(|port| port["kind"] == "MEMORY_STRUCTURE");
        match (is_local(&self.0.definition.args), is_local(&self.0.definition.returns)) {
            (false, false) => ActionScope::Global,
            (true, true) => ActionScope::Local,
            (false, true) => ActionScope::BridgeGlobalToLocal,
            (true, false) => ActionScope::BridgeLocalToGlobal,
        }
    }

    /// Whether it is still being made.
    async fn is_dev(&self) -> bool {
        self.0.definition.is_dev
    }

    /// When it was last defined.
    async fn defined_at(&self) -> DateTime {
        DateTime::of(self.0.defined_at)
    }

    /// Whose it is.
    async fn organization(&self) -> Organization {
        Organization { id: self.0.organisation_id.into(), slug: self.0.organisation.clone() }
    }

    /// What goes in.
    async fn args(&self) -> Vec<ArgPort> {
        json_list(&self.0.definition.args).into_iter().map(ArgPort).collect()
    }

    /// What comes out.
    async fn returns(&self) -> Vec<ReturnPort> {
        json_list(&self.0.definition.returns).into_iter().map(ReturnPort).collect()
    }

    /// Groups of ports.
    async fn port_groups(&self) -> Vec<PortGroup> {
        json_list(&self.0.definition.port_groups).iter().map(PortGroup::of).collect()
    }

    /// Whether somebody pinned it.
    async fn pinned(&self) -> bool {
        self.0.pinned
    }

    /// Who offers it.
    async fn implementations(
        &self,
        context: &Context<'_>,
        filters: Option<ImplementationFilter>,
        #[graphql(default)] ordering: Vec<ImplementationOrder>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Implementation>> {
        if filters.is_none() && ordering.is_empty() {
            let rows = ImplementersOf(self.0.id).get(context).await?;
            return Ok(slice(rows, pagination).into_iter().map(Implementation).collect());
        }
        let own = Clause::equals("i.action_id", self.0.id);
        find_implementations(context, own, filters, &ordering, pagination).await
    }

    /// Tasks of it.
    async fn tasks(
        &self,
        context: &Context<'_>,
        filters: Option<TaskFilter>,
        #[graphql(default)] ordering: Vec<TaskOrder>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Task>> {
        find_tasks(context, Clause::equals("t.action_id", self.0.id), filters, &ordering, pagination).await
    }

    /// The newest task of it.
    async fn latest_task(&self, context: &Context<'_>) -> Result<Option<Task>> {
        let clause = Clause::equals("t.action_id", self.0.id);
        let part = Part { limit: Some(1), ..Part::by("t.id DESC") };
        let rows = rekuest(context)?.store.read(move |connection| tasks::find(connection, clause, &part)).await?;
        Ok(rows.into_iter().next().map(Task))
    }
}

/// A word that groups actions.
#[derive(SimpleObject)]
pub struct Collection {
    id: ID,
    name: String,
}

/// A group of ports.
#[derive(SimpleObject)]
pub struct PortGroup {
    key: String,
    title: Option<String>,
    description: Option<String>,
    ports: Vec<String>,
}

impl PortGroup {
    fn of(json: &Json) -> Self {
        let text = |member: &str| json[member].as_str().map(str::to_owned);
        let ports = json["ports"].as_array().into_iter().flatten();
        Self {
            key: text("key").unwrap_or_default(),
            title: text("title"),
            description: text("description"),
            ports: ports.filter_map(Json::as_str).map(str::to_owned).collect(),
        }
    }
}
