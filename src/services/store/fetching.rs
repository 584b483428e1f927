//! Asking an engine what it would fetch, and other things that it answers once and that leave no trace.

use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::{Map, Value};

use super::super::{socket::Frame, wire};
use super::{
    Error, Result, Store,
    changes::event_in,
    watching::mine,
    work::{FLAVOUR, Keeping},
};
use crate::domain::{Engine, Fetching, FlavourId, TaskEvent, TaskId, TaskState, Values};

/// How long an engine may take: it asks a registry, which may take its time.
const PATIENCE: Duration = Duration::from_secs(25);

impl Store {
    /// What an engine would have to fetch of a flavour's image; `None` where this kind of engine cannot tell.
    ///
    /// # Errors
    /// When the engine is offline or does not answer, or the server cannot be asked.
    pub async fn fetching(&self, flavour: &FlavourId, engine: &Engine) -> Result<Option<Fetching>> {
        let object = (FLAVOUR, flavour.as_str());
        let action = self.named_action(engine, &["fetch_plan"], "tell what they would fetch", object).await;
        let (action, args) = match action {
            Ok(found) => found,
            Err(Error::NoAction { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let returns = self.answer_of(engine, &action, args).await?;
        Ok(Some(Fetching::of_returns(&returns).unwrap_or_else(|| {
            Fetching::Unknown(format!("{} answered in a form that this program does not know", engine.name))
        })))
    }

    /// What an action returns that answers once. Its task is not kept where the server can do so.
    async fn answer_of(
        &self,
        engine: &Engine,
        action: &wire::Implementation,
        args: Map<String, Value>,
    ) -> Result<Values> {
        let late = || Error::Deadline { service: engine.name.clone(), after: PATIENCE };
        // Subscribed first: events of an ephemeral task are kept nowhere.
        let frames = tokio::time::timeout(PATIENCE, mine(self)).await.map_err(|_| late())?;
        let Ok(mut frames) = frames.map(Box::pin) else {
            // No socket gets through: what happened to the task is read.
            let task = self.assign_to(engine, &action.id, args, Keeping::Whole).await?.id;
            let (state, why) = self.within(engine, &task, self.end_of(&task)).await?;
            over(engine, state, why)?;
            return Ok(returned(&self.events_since(&task, 0).await?));
        };
        let task = self.assign_to(engine, &action.id, args, Keeping::Ephemeral).await?.id;
        let listening = async {
            let mut told = Vec::new();
            while let Some(frame) = frames.next().await {
                let event = match frame? {
                    Frame::Next { mut data, .. } => event_in(data["mytasks"].take()),
                    Frame::Refused { error, .. } => return Err(error),
                };
                let Some(event) = event.filter(|event| event.task == task) else { continue };
                let (state, why) = (event.kind.state(), event.message.clone());
                told.push(event);
                if let Some(state) = state.filter(|state| state.is_done() || *state == TaskState::Disconnected) {
                    over(engine, state, why)?;
                    return Ok(returned(&told));
                }
            }
            Err(Error::Offline(engine.name.clone()))
        };
        self.within(engine, &task, listening).await
    }

    /// Waits for a task, and cancels it where that takes too long.
    async fn within<T>(&self, engine: &Engine, task: &TaskId, work: impl Future<Output = Result<T>>) -> Result<T> {
        let Ok(done) = tokio::time::timeout(PATIENCE, work).await else {
            self.cancel(task).await.ok();
            return Err(Error::Deadline { service: engine.name.clone(), after: PATIENCE });
        };
        done
    }
}

/// Why a task that has ended brought nothing.
fn over(engine: &Engine, state: TaskState, why: Option<String>) -> Result<()> {
    match state {
        TaskState::Done => Ok(()),
        TaskState::Disconnected => Err(Error::Offline(engine.name.clone())),
        _ => Err(Error::Refused(why.unwrap_or_else(|| "the engine failed".into()))),
    }
}

/// The last that a task returned.
fn returned(events: &[TaskEvent]) -> Values {
    let told = events.iter().rev().find(|event| !event.returns.is_empty());
    told.map_or_else(Values::new, |event| event.returns.clone())
}
