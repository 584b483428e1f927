//! Follows a pod's log: first what the server keeps, then what the engine sends.

use std::sync::Arc;

use tokio::sync::watch;

use super::perform::{Inbox, State};
use crate::domain::{Engine, Failure, PodId};
use crate::services::FollowKind;
use crate::tui::effect::Ticket;
use crate::tui::message::{LogKind, Message};

/// Lines that the engine sends of what was before.
const TAIL: usize = 2_000;

/// Sends lines until the log ends or nobody looks any more.
pub(super) async fn follow(state: Arc<State>, inbox: Inbox, ticket: Ticket, pod: PodId, engine: Option<Engine>) {
    let ended = lines(&state, &inbox, ticket, &pod, engine).await.err();
    inbox.send(Message::LogEnded(ticket, ended)).await.ok();
}

async fn lines(
    state: &State,
    inbox: &Inbox,
    ticket: Ticket,
    pod: &PodId,
    engine: Option<Engine>,
) -> Result<(), Failure> {
    let what = "Could not read the log";
    let store = state.store(what).await?;
    let Some(engine) = engine else {
        let dump = store.log(pod).await.map_err(|error| error.failure(what))?;
        inbox.send(Message::LogLines(ticket, LogKind::Snapshot { taken_at: dump.taken_at }, dump.lines)).await.ok();
        return Ok(());
    };
    let (dump, follow) = futures_util::join!(store.log(pod), store.follow_log(pod, &engine, TAIL));
    let mut follow = follow.map_err(|error| error.failure(what))?;
    // What is stored is there before the engine's first line; whoever follows by dumps begins with the same one.
    if let (Ok(dump), FollowKind::Streamed) = (dump, follow.kind()) {
        let kind = LogKind::Snapshot { taken_at: dump.taken_at };
        if inbox.send(Message::LogLines(ticket, kind, dump.lines)).await.is_err() {
            return Ok(());
        }
    }
    let (mut lost, mut kinds) = (Some(follow.lost()), Some(follow.kinds()));
    loop {
        let message = tokio::select! {
            lines = follow.next() => match lines {
                Some(lines) => {
                    Message::LogLines(ticket, kind_of(follow.kind()), lines.map_err(|error| error.failure(what))?)
                }
                None => return Ok(()),
            },
            // That nothing comes, and how it comes, is told when it changes, not with the next line.
            why = changed(&mut lost) => Message::LogLost(ticket, why.map(|lost| lost.why.to_string())),
            kind = changed(&mut kinds) => Message::LogLines(ticket, kind_of(kind), Vec::new()),
        };
        if inbox.send(message).await.is_err() {
            return Ok(());
        }
    }
}

fn kind_of(kind: FollowKind) -> LogKind {
    match kind {
        FollowKind::Streamed => LogKind::Live,
        FollowKind::Polled => LogKind::Polled,
        FollowKind::Snapshots { taken_at } => LogKind::Snapshot { taken_at },
    }
}

/// The next value; never, once there will be no other one.
async fn changed<T: Clone>(channel: &mut Option<watch::Receiver<T>>) -> T {
    if let Some(open) = channel {
        if open.changed().await.is_ok() {
            return open.borrow_and_update().clone();
        }
        *channel = None;
    }
    std::future::pending().await
}
