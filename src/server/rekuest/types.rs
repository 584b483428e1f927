//! Agents, actions and implementations as callers see them.

use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use serde_json::Value as Json;

use super::context::{identity, now, rekuest};
use super::filters::{
    ImplementationFilter, ImplementationOrder, OffsetPaginationInput, TaskFilter, TaskOrder, part, slice,
};
use super::loaders::{ActionKey, AgentKey, ImplementationKey, ImplementationsOf, ImplementersOf, StatesOf, needed};
use super::task_types::{Task, find_tasks};
use super::words::{ActionHash, ActionKind, ActionScope, AgentKind, AnyDefault, ArgPort, DateTime, ReturnPort};
use crate::server::store::clause::{Clause, Part};
use crate::server::store::identity::ClientRow;
use crate::server::store::rekuest::agents::AgentRow;
use crate::server::store::rekuest::capabilities::{self, ActionRow, ImplementationRow, StateRow};
use crate::server::store::rekuest::tasks;

/// An app, known by its identifier.
#[derive(SimpleObject, Debug, Clone)]
pub struct App {
    id: ID,
    identifier: String,
}

impl App {
    fn of(identifier: &str) -> Self {
        Self { id: ID(identifier.to_owned()), identifier: identifier.to_owned() }
    }
}

/// A version of an app.
#[derive(SimpleObject, Debug, Clone)]
pub struct Release {
    id: ID,
    app: App,
    version: String,
}

impl Release {
    fn of(app: &str, version: &str) -> Self {
        Self { id: ID(format!("{app}:{version}")), app: App::of(app), version: version.to_owned() }
    }
}

/// A machine.
#[derive(SimpleObject, Debug, Clone)]
pub struct Device {
    id: ID,
    device_id: ID,
}

impl Device {
    fn of(device: &str) -> Option<Self> {
        (!device.is_empty()).then(|| Self { id: ID(device.to_owned()), device_id: ID(device.to_owned()) })
    }
}

/// A person or a service account.
#[derive(SimpleObject, Debug, Clone)]
pub struct User {
    id: ID,
    sub: ID,
}

/// An organisation.
#[derive(SimpleObject, Debug, Clone)]
pub struct Organization {
    id: ID,
    slug: String,
}

/// A registered program.
#[derive(SimpleObject, Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "the names are upstream's")]
pub struct Client {
    id: ID,
    name: String,
    client_id: String,
    release: Option<Release>,
    device: Option<Device>,
}

impl From<&ClientRow> for Client {
    fn from(row: &ClientRow) -> Self {
        Self {
            id: row.id.into(),
            name: format!("{}:{}", row.app, row.version),
            client_id: row.client_id.clone(),
            release: Some(Release::of(&row.app, &row.version)),
            device: Device::of(&row.device),
        }
    }
}

/// Who assigned a task.
#[derive(SimpleObject, Debug, Clone)]
pub struct Caller {
    id: ID,
    client: Client,
    user: User,
    organization: Organization,
}

impl From<&ClientRow> for Caller {
    fn from(row: &ClientRow) -> Self {
        Self {
            id: row.id.into(),
            client: Client::from(row),
            user: User { id: row.member.user_id.into(), sub: ID(row.sub.clone()) },
            organization: Organization { id: row.member.organisation_id.into(), slug: row.organisation.clone() },
        }
    }
}

/// A program that does work.
pub struct Agent(pub AgentRow);

#[Object]
impl Agent {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Fingerprint of its last registration.
    async fn hash(&self) -> &str {
        &self.0.hash
    }

    /// Its client.
    async fn client(&self) -> Client {
        Client {
            id: self.0.client_row.into(),
            name: format!("{}:{}", self.0.app, self.0.version),
            client_id: self.0.client_id.clone(),
            release: Some(Release::of(&self.0.app, &self.0.version)),
            device: Device::of(&self.0.device),
        }
    }

    /// For whom it works.
    async fn user(&self) -> User {
        User { id: self.0.user_id.into(), sub: ID(self.0.sub.clone()) }
    }

    /// Where it works.
    async fn organization(&self) -> Organization {
        Organization { id: self.0.organisation_id.into(), slug: self.0.organisation.clone() }
    }

    /// Its app.
    async fn app(&self) -> App {
        App::of(&self.0.app)
    }

    /// Its version.
    async fn release(&self) -> Release {
        Release::of(&self.0.app, &self.0.version)
    }

    /// Its machine.
    async fn device(&self) -> Option<Device> {
        Device::of(&self.0.device)
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How it is reached.
    async fn kind(&self) -> AgentKind {
        AgentKind::of(&self.0.kind).unwrap_or(AgentKind::Websocket)
    }

    /// Webhook agents are not offered.
    async fn hook_url(&self) -> Option<String> {
        None
    }

    /// Whether its socket is open.
    async fn connected(&self) -> bool {
        self.0.connected
    }

    /// Its last sign of life.
    async fn last_seen(&self) -> Option<DateTime> {
        self.0.last_seen.map(DateTime::of)
    }

    /// Whether it can be given work.
    #[expect(clippy::unused_async, reason = "resolvers are asynchronous")]
    async fn active(&self, context: &Context<'_>) -> Result<bool> {
        let now = now(context)?;
        Ok(self.0.is_active(now.at, now.lease))
    }

    /// Whether somebody pinned it.
    async fn pinned(&self) -> bool {
        self.0.pinned
    }

    /// Whether it is locked out.
    async fn blocked(&self) -> bool {
        self.0.blocked
    }

    /// What it can do.
    async fn implementations(
        &self,
        context: &Context<'_>,
        filters: Option<ImplementationFilter>,
        #[graphql(default)] ordering: Vec<ImplementationOrder>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Implementation>> {
        if filters.is_none() && ordering.is_empty() {
            let rows = ImplementationsOf(self.0.id).get(context).await?;
            return Ok(slice(rows, pagination).into_iter().map(Implementation).collect());
        }
        let own = Clause::equals("i.agent_id", self.0.id);
        find_implementations(context, own, filters, &ordering, pagination).await
    }

    /// What it calls so.
    async fn implementation(&self, context: &Context<'_>, interface: String) -> Result<Option<Implementation>> {
        let rows = ImplementationsOf(self.0.id).get(context).await?;
        Ok(rows.into_iter().find(|row| row.interface == interface).map(Implementation))
    }

    /// What it was asked to do.
    async fn tasks(
        &self,
        context: &Context<'_>,
        filters: Option<TaskFilter>,
        #[graphql(default)] ordering: Vec<TaskOrder>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Task>> {
        find_tasks(context, Clause::equals("t.agent_id", self.0.id), filters, &ordering, pagination).await
    }

    /// What it publishes.
    async fn states(&self, context: &Context<'_>) -> Result<Vec<State>> {
        Ok(StatesOf(self.0.id).get(context).await?.into_iter().map(State).collect())
    }
}

/// A contract.
pub struct Action(pub ActionRow);

fn json_list(text: &str) -> Vec<Json> {
    serde_json::from_str(text).unwrap_or_default()
}

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
    async fn effect(&self) -> super::words::EffectClass {
        super::words::EffectClass::of(&self.0.effect).unwrap_or(super::words::EffectClass::None)
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

/// A state that an agent publishes. Its values are not kept here.
pub struct State(pub StateRow);

#[Object]
impl State {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What the agent calls it.
    async fn interface(&self) -> &str {
        &self.0.offer.interface
    }

    /// Its key within the app.
    async fn key(&self) -> Option<&str> {
        self.0.offer.key.as_deref()
    }

    /// The app that defines it.
    async fn app_identifier(&self) -> Option<&str> {
        self.0.offer.app.as_deref()
    }

    /// What it looks like.
    async fn definition(&self) -> StateDefinition {
        StateDefinition {
            id: self.0.id.into(),
            hash: crate::server::keys::hex(&crate::server::keys::hash(&self.0.offer.ports)),
            name: self.0.offer.name.clone(),
            ports_json: json_list(&self.0.offer.ports),
        }
    }

    /// Whose it is.
    async fn agent(&self, context: &Context<'_>) -> Result<Agent> {
        Ok(Agent(needed(AgentKey(self.0.agent_id).find(context).await?, "Agent")?))
    }

    /// When it was first registered.
    async fn created_at(&self) -> DateTime {
        DateTime::of(self.0.created_at)
    }

    /// When it was last registered.
    async fn updated_at(&self) -> DateTime {
        DateTime::of(self.0.updated_at)
    }
}

/// What a state looks like.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct StateDefinition {
    id: ID,
    hash: String,
    name: String,
    #[graphql(skip)]
    ports_json: Vec<Json>,
}

#[ComplexObject]
impl StateDefinition {
    /// Its members.
    async fn ports(&self) -> Vec<ReturnPort> {
        self.ports_json.iter().cloned().map(ReturnPort).collect()
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
