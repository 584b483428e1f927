//! Giving work to an agent: under a reference of our own, in the form that the agent understands, once.
//!
//! The server does not compare references, so that sending twice works twice. After a lost reply the reference is looked
//! up, for a while; nothing is sent again by itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::{Map, Value};

use super::super::documents::{Assign, assign};
use super::{Error, Result, Store, work::Keeping};
use crate::domain::{Engine, Task, TaskEvent, TaskEventKind, TaskId, TaskKind, TaskState};

/// How long an agent of unknown age may take to say its first word, after what it said already was read.
const FIRST_WORD: Duration = Duration::from_secs(2);

/// When a lost reply is looked for, in milliseconds after one another.
const LOOKS: [u64; 5] = [0, 500, 1_000, 2_000, 4_000];

/// How an agent wants structures. Agents from before mid-2026 take the plain id (`rekuest` A.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `{"__identifier": "@kabinet/pod", "object": "9"}`.
    Object,
    /// `"9"`.
    Plain,
}

/// The forms of the agents that were met, by OAuth client id.
#[derive(Debug, Clone, Default)]
pub(super) struct Forms(Arc<Mutex<HashMap<String, Form>>>);

impl Forms {
    fn of(&self, client_id: &str) -> Option<Form> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(client_id).copied()
    }

    fn learn(&self, client_id: &str, form: Form) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(client_id.to_owned(), form);
    }
}

/// What an agent did first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FirstWord {
    /// It works.
    Begun,
    /// It refused what it was given, before it did anything.
    Refused,
    /// It ended in another way, or said nothing yet.
    Other,
}

impl Store {
    /// Gives work to the agent of an engine. An agent that refuses structures in the object form gets plain ids.
    pub(super) async fn assign_to(
        &self,
        engine: &Engine,
        id: &str,
        args: Map<String, Value>,
        keeping: Keeping,
    ) -> Result<Task> {
        let gone = |error| match error {
            // It left after it was last looked at.
            Error::Refused(why) if is_gone(&why) => Error::Offline(engine.name.clone()),
            other => other,
        };
        self.assign_in_form(&engine.client_id, id, args, keeping).await.map_err(gone)
    }

    async fn assign_in_form(
        &self,
        client_id: &str,
        id: &str,
        args: Map<String, Value>,
        keeping: Keeping,
    ) -> Result<Task> {
        match self.forms.of(client_id) {
            Some(Form::Plain) => return self.assign(id, plain(&args), keeping).await,
            Some(Form::Object) => return self.assign(id, args, keeping).await,
            None => {}
        }
        if !args.values().any(is_structure) {
            return self.assign(id, args, keeping).await;
        }
        let task = self.assign(id, args.clone(), keeping).await?;
        match self.first_word(&task.id).await {
            FirstWord::Begun => self.forms.learn(client_id, Form::Object),
            FirstWord::Other => {}
            FirstWord::Refused => {
                tracing::info!("{client_id} refuses structures as objects; it gets plain ids");
                let again = self.assign(id, plain(&args), keeping).await?;
                if self.first_word(&again.id).await == FirstWord::Refused {
                    // It was about something else: the first answer says it best.
                    return Ok(self.task(&task.id).await.map_or(task, |(task, _)| task));
                }
                self.forms.learn(client_id, Form::Plain);
                return Ok(again);
            }
        }
        Ok(task)
    }

    /// What the agent does with a fresh task. What is known already is read first: opening a socket may take long, or be
    /// impossible, and on a slow line everything takes its time.
    async fn first_word(&self, task: &TaskId) -> FirstWord {
        let begun = tokio::time::Instant::now();
        let known = self.events_since(task, 0).await.unwrap_or_default();
        if let Some(word) = known.iter().find_map(said) {
            return word;
        }
        let mut events = self.watch(task);
        let listening = async {
            while let Some(Ok(event)) = events.next().await {
                if let Some(word) = said(&event) {
                    return word;
                }
            }
            FirstWord::Other
        };
        let patience = FIRST_WORD.max(begun.elapsed() * 4);
        tokio::time::timeout(patience, listening).await.unwrap_or(FirstWord::Other)
    }

    async fn assign(&self, id: &str, args: Map<String, Value>, keeping: Keeping) -> Result<Task> {
        let reference = uuid::Uuid::new_v4().to_string();
        let input = assign::AssignInput {
            implementation: Some(id.to_owned()),
            args: Value::Object(args),
            reference: Some(reference.clone()),
            cached: false,
            log: false,
            capture: false,
            ephemeral: keeping == Keeping::Ephemeral,
        };
        let task = match self.session.rekuest()?.post::<Assign>(assign::Variables { input }).await {
            Err(error) if error.may_have_arrived() => return self.find_lost(&reference, &error).await,
            other => other?.assign.id,
        };
        // The work has been given: that it cannot be read back now is no failure of it.
        match self.task(&task.clone().into()).await {
            Ok((task, _)) => Ok(task),
            Err(error) => {
                tracing::warn!("a fresh task cannot be read: {error}");
                Ok(bare(task, &reference))
            }
        }
    }

    /// The task of an assignment whose reply was lost.
    async fn find_lost(&self, reference: &str, lost: &Error) -> Result<Task> {
        tracing::warn!("the reply to an assignment was lost: {lost}");
        self.be_in_doubt();
        let mut answered = false;
        for pause in LOOKS {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            match self.task_of_reference(reference).await {
                Ok(Some(task)) => return Ok(task),
                Ok(None) => answered = true,
                Err(error) => tracing::warn!("it cannot be looked for: {error}"),
            }
        }
        let but = if answered { "" } else { ", and the server does not answer" };
        Err(Error::Uncertain(format!("{lost}{but}")))
    }
}

/// What an event says about how the agent takes its arguments; `None`: nothing yet.
fn said(event: &TaskEvent) -> Option<FirstWord> {
    match event.kind {
        TaskEventKind::Failed if event.message.as_deref().is_some_and(is_about_arguments) => Some(FirstWord::Refused),
        // Agents of the framework open every task with this before they look at it.
        TaskEventKind::Progress if event.progress == Some(0) => None,
        TaskEventKind::Progress
        | TaskEventKind::Started
        | TaskEventKind::Yield
        | TaskEventKind::Log
        | TaskEventKind::Completed => Some(FirstWord::Begun),
        ref other if other.state().is_some_and(TaskState::is_done) => Some(FirstWord::Other),
        _ => None,
    }
}

/// Whether a failure happened while the agent took its arguments apart, before it did anything. In the words of the
/// framework: `Couldn't expand Arguments: …`, `Error expanding value …`.
fn is_about_arguments(why: &str) -> bool {
    let why = why.to_lowercase();
    why.contains("couldn't expand") || why.contains("error expanding") || why.contains("could not expand")
}

/// Whether a refusal says that nobody listens: the agent left after it was last looked at.
fn is_gone(why: &str) -> bool {
    why.starts_with("Agent is not available") || why.starts_with("No active implementation found")
}

fn is_structure(value: &Value) -> bool {
    value.get("__identifier").is_some()
}

/// The same arguments with structures as plain ids.
fn plain(args: &Map<String, Value>) -> Map<String, Value> {
    fn flat(value: &Value) -> Value {
        match value {
            Value::Object(members) if is_structure(value) => members.get("object").cloned().unwrap_or_default(),
            Value::Array(items) => items.iter().map(flat).collect(),
            other => other.clone(),
        }
    }
    args.iter().map(|(key, value)| (key.clone(), flat(value))).collect()
}

/// A task of which nothing but its id is known.
fn bare(id: String, reference: &str) -> Task {
    Task {
        id: id.into(),
        reference: Some(reference.to_owned()),
        kind: TaskKind::Other,
        action: String::new(),
        agent: None,
        client_id: None,
        implementation: None,
        state: TaskState::Queued,
        progress: None,
        message: None,
        acted_on: Vec::new(),
        pod: None,
        created_at: None,
        finished_at: None,
        by: None,
        arguments: crate::domain::Values::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_failure_over_the_arguments_themselves_is_a_refusal() {
        for (why, expected) in [
            ("Couldn't expand Arguments: Error expanding value with nested path", FirstWord::Refused),
            ("no space left on device", FirstWord::Other),
        ] {
            let event = TaskEvent {
                id: "1".into(),
                task: "1".into(),
                kind: TaskEventKind::Failed,
                message: Some(why.into()),
                progress: None,
                pod: None,
                lines: Vec::new(),
                returns: crate::domain::Values::new(),
                at: crate::domain::Moment(0),
            };
            assert_eq!(said(&event), Some(expected), "{why}");
        }
    }

    #[test]
    fn structures_become_plain_ids_also_in_lists() {
        let args = json!({ "pod": { "__identifier": "@kabinet/pod", "object": "9" }, "tail": 3,
            "many": [{ "__identifier": "@kabinet/pod", "object": "1" }] });
        let flat = plain(args.as_object().unwrap());
        assert_eq!(Value::Object(flat), json!({ "pod": "9", "tail": 3, "many": ["1"] }));
    }
}
