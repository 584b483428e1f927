//! Asking an engine what it would fetch, and other things that it answers once and that leave no trace.

use std::{ops::ControlFlow, time::Duration};

use serde_json::{Map, Value};

use super::super::wire;
use super::{
    Error, Result, Store,
    listening::{Hearer, Request},
    work::{FLAVOUR, Keeping},
};
use crate::domain::{Engine, Fetching, FlavourId, TaskEvent, Values};

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
        let mut answers = Answers::default();
        let request = Request { store: self.clone(), engine: engine.clone(), action: action.id.clone(), args };
        match request.complete(&mut answers, PATIENCE).await {
            // No socket gets through: what happened to the task is read.
            Err(_) if !answers.is_heard => self.read_answer(request).await,
            ended => ended.map(|()| returned(&answers.told)),
        }
    }

    async fn read_answer(&self, Request { engine, action, args, .. }: Request) -> Result<Values> {
        let task = self.assign_to(&engine, &action, args, Keeping::Whole).await?.id;
        self.done_within(&task, &engine, PATIENCE).await?;
        Ok(returned(&self.events_since(&task, 0).await?))
    }
}

/// What a task says, and whether it could be heard.
#[derive(Default)]
struct Answers {
    told: Vec<TaskEvent>,
    is_heard: bool,
}

impl Hearer for Answers {
    fn subscribed(&mut self) {
        self.is_heard = true;
    }

    async fn take(&mut self, event: TaskEvent) -> ControlFlow<()> {
        self.told.push(event);
        ControlFlow::Continue(())
    }
}

/// The last that a task returned.
fn returned(events: &[TaskEvent]) -> Values {
    let told = events.iter().rev().find(|event| !event.returns.is_empty());
    told.map_or_else(Values::new, |event| event.returns.clone())
}
