//! What is said to Rekuest over GraphQL: who we are and what we offer, and questions about tasks.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Implementation;
use crate::services::{self, Session};

/// A task as the server knows it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownTask {
    pub id: String,
    pub is_done: bool,
    pub latest_event_kind: String,
    #[serde(default)]
    pub latest_instruct_kind: Option<String>,
    #[serde(default)]
    pub args: Value,
    #[serde(default)]
    pub implementation: Option<Interface>,
    #[serde(default)]
    pub events: Vec<Event>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Interface {
    pub interface: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Event {
    pub kind: String,
}

impl KnownTask {
    /// Whether somebody asked that it ends.
    pub fn cancel_asked(&self) -> bool {
        matches!(self.latest_instruct_kind.as_deref(), Some("CANCEL" | "INTERRUPT"))
    }

    /// Whether a result of it is stored.
    pub fn has_result(&self) -> bool {
        self.events.iter().any(|event| event.kind == "YIELD")
    }
}

/// Declares the agent and everything it offers; what it offered before and does not offer now is deleted there.
pub async fn register(session: &Session, name: &str, offers: &[Implementation]) -> services::Result<()> {
    let input = json!({ "name": name, "kind": "WEBSOCKET" });
    let ensure = include_str!("../../queries/agent/ensure_agent.graphql");
    let _: Value = session.rekuest()?.run(ensure, json!({ "input": input })).await?;

    let input = declaration(name, offers);
    let implement = include_str!("../../queries/agent/implement_agent.graphql");
    let _: Value = session.rekuest()?.run(implement, json!({ "input": input })).await?;
    Ok(())
}

/// Rekuest's `ImplementAgentInput`, with nothing but the members that all its generations have.
pub fn declaration(name: &str, offers: &[Implementation]) -> Value {
    let offers: Vec<_> = offers.iter().map(Implementation::to_wire).collect();
    let print = fingerprint(&offers);
    json!({ "name": name, "hash": print, "implementations": offers, "states": [], "locks": [] })
}

/// The agent's tasks that are not done.
pub async fn open_tasks(session: &Session, agent: &str) -> services::Result<Vec<KnownTask>> {
    #[derive(Deserialize)]
    struct Found {
        tasks: Vec<KnownTask>,
    }
    let document = include_str!("../../queries/agent/open_tasks.graphql");
    let found: Found = session.rekuest()?.run(document, json!({ "agent": agent })).await?;
    Ok(found.tasks)
}

/// One task.
pub async fn task(session: &Session, id: &str) -> services::Result<KnownTask> {
    #[derive(Deserialize)]
    struct Found {
        task: KnownTask,
    }
    let found: Found =
        session.rekuest()?.run(include_str!("../../queries/agent/task.graphql"), json!({ "id": id })).await?;
    Ok(found.task)
}

fn fingerprint(offers: &[Value]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, Value::from(offers.to_vec()).to_string().as_bytes());
    let hex = digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
        use std::fmt::Write as _;
        _ = write!(hex, "{byte:02x}");
        hex
    });
    format!("sha256:{hex}")
}
