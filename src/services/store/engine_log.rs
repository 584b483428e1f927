//! What an engine says of itself: its own log, as far as it holds it, and as it is written.

use std::{ops::ControlFlow, time::Duration};

use serde_json::{Map, Value, json};

use super::{
    Error, Result, Store,
    listening::{Hearer, Request},
    logs::{LogFollow, streamed},
};
use crate::domain::{Engine, LogLine, Moment, TaskEvent};

/// The engine's action.
const ENGINE_LOG: &str = "stream_engine_log";

/// How long an engine may take to tell all that it holds.
const PATIENCE: Duration = Duration::from_secs(20);

impl Store {
    /// Follows what an engine logs of itself, beginning with the newest `tail` lines, of which none is older than `since`.
    ///
    /// # Errors
    /// [`Error::NoAction`] where the engine cannot (only kab's own can), [`Error::Offline`], or what the server says.
    pub async fn follow_engine_log(
        &self,
        engine: &Engine,
        (tail, since): (usize, Option<Moment>),
    ) -> Result<LogFollow> {
        let mut args = Map::from_iter([("tail".to_owned(), json!(tail))]);
        if let Some(since) = since {
            args.insert("since".into(), json!(since.0.div_euclid(1_000).max(0)));
        }
        Ok(streamed(self.engine_log_request(engine, args).await?))
    }

    /// The newest lines of what an engine logs of itself.
    ///
    /// # Errors
    /// As [`Self::follow_engine_log`], and when it takes too long.
    pub async fn engine_log(&self, engine: &Engine, tail: usize) -> Result<Vec<LogLine>> {
        let args = Map::from_iter([("tail".to_owned(), json!(tail)), ("follow".to_owned(), json!(false))]);
        let request = self.engine_log_request(engine, args).await?;
        let mut gatherer = Gatherer::default();
        request.complete(&mut gatherer, PATIENCE).await?;
        Ok(gatherer.0)
    }

    async fn engine_log_request(&self, engine: &Engine, args: Map<String, Value>) -> Result<Request> {
        if !engine.is_online() {
            return Err(Error::Offline(engine.name.clone()));
        }
        let offers = self.all_offers(engine).await?;
        let offer = offers.into_iter().find(|offer| offer.interface == ENGINE_LOG);
        let offer = offer
            .ok_or_else(|| Error::NoAction { engine: engine.name.clone(), action: "tell their own log".to_owned() })?;
        Ok(Request { store: self.clone(), engine: engine.clone(), action: offer.id.as_str().to_owned(), args })
    }
}

/// All lines that come.
#[derive(Default)]
struct Gatherer(Vec<LogLine>);

impl Hearer for Gatherer {
    async fn take(&mut self, event: TaskEvent) -> ControlFlow<()> {
        self.0.extend(event.lines.iter().map(|line| LogLine::parse(line)));
        ControlFlow::Continue(())
    }
}
