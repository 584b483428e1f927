//! Has an engine tell what its pods use.

use std::sync::Arc;

use super::perform::{Inbox, State};
use crate::domain::{Engine, Failure};
use crate::tui::message::Message;

/// Sends readings until the engine says no more, or nobody looks.
pub(super) async fn watch(state: Arc<State>, inbox: Inbox, engine: Engine) {
    if let Err(failure) = readings(&state, &inbox, &engine).await {
        // Most engines cannot, and nobody has asked for it by hand.
        tracing::debug!("{}: {}", engine.name, failure.why);
    }
    inbox.send(Message::UsageEnded(engine.id)).await.ok();
}

async fn readings(state: &State, inbox: &Inbox, engine: &Engine) -> Result<(), Failure> {
    let what = "Could not ask what pods use";
    let store = state.store(what).await?;
    let mut follow = store.watch_usage(engine).await.map_err(|error| error.failure(what))?;
    while let Some(readings) = follow.next().await {
        let readings = readings.map_err(|error| error.failure(what))?;
        if inbox.send(Message::Usage(engine.id.clone(), readings)).await.is_err() {
            break;
        }
    }
    Ok(())
}
