//! Agents.

use async_graphql::{Context, ID, Object, Result};

use super::super::context::now;
use super::super::filters::{
    ImplementationFilter, ImplementationOrder, OffsetPaginationInput, TaskFilter, TaskOrder, slice,
};
use super::super::loaders::{ImplementationsOf, StatesOf};
use super::super::task_types::{Task, find_tasks};
use super::super::words::{AgentKind, DateTime};
use super::{App, Client, Device, Implementation, Organization, Release, State, User, find_implementations};
use crate::server::store::clause::Clause;
use crate::server::store::rekuest::agents::AgentRow;

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
