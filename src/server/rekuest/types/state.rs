//! States that agents publish. Their values are not kept here.

use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use serde_json::Value as Json;

use super::super::loaders::{AgentKey, needed};
use super::super::words::{DateTime, ReturnPort};
use super::{Agent, json_list};
use crate::server::keys;
use crate::server::store::rekuest::states::StateRow;

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
            hash: keys::hex(&keys::hash(&self.0.offer.ports)),
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
