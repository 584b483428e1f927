//! Following the events of one task: pushed, and read every few seconds as a safety net.

use std::{collections::HashSet, time::Duration};

use futures_util::{Stream, StreamExt};
use graphql_client::GraphQLQuery as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::super::{
    documents::{MyTasksChanged, my_tasks_changed},
    socket::{self, Frame},
};
use super::{
    Error, Result, Store, backoff,
    changes::{event_in, renew},
};
use crate::domain::{TaskEvent, TaskId, TaskState};

/// Events that wait to be taken; further ones wait on the wire.
const WAITING: usize = 64;

/// How often a task is read as a safety net: subscriptions are best effort.
const SAFETY: Duration = Duration::from_secs(5);

impl Store {
    /// The events of a task from its beginning to its end: pushed, and read every few seconds all the same.
    pub fn watch(&self, task: &TaskId) -> impl Stream<Item = Result<TaskEvent>> + Send + Unpin + use<> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let stop = CancellationToken::new();
        let (store, token, task) = (self.clone(), stop.clone(), task.clone());
        tokio::spawn(async move {
            let watching = async {
                if let Err(error) = watch_task(&store, &task, &sender).await {
                    sender.send(Err(error)).await.ok();
                }
            };
            token.run_until_cancelled(watching).await;
        });
        let held = (receiver, stop.drop_guard());
        Box::pin(futures_util::stream::unfold(held, |mut held| async move { Some((held.0.recv().await?, held)) }))
    }
}

/// The events of this caller's tasks, as they happen.
pub(super) async fn mine(store: &Store) -> Result<impl Stream<Item = Result<Frame>> + use<>> {
    let rekuest = store.session.rekuest()?;
    let frames = socket::subscribe(rekuest, &[MyTasksChanged::build_query(my_tasks_changed::Variables)]).await;
    if let Err(Error::SignIn(why)) = &frames {
        renew(rekuest, why).await;
    }
    Ok(Box::pin(frames?))
}

async fn watch_task(store: &Store, task: &TaskId, sender: &mpsc::Sender<Result<TaskEvent>>) -> Result<()> {
    let mut seen = HashSet::new();
    let mut failures = 0;
    let mut breaks = 0;
    loop {
        // Without a socket the reading below is all there is.
        let mut frames = mine(store).await.ok().map(Box::pin);
        loop {
            match store.task(task).await {
                Ok((state, events)) => {
                    failures = 0;
                    for event in events {
                        if hand_on(event, &mut seen, sender).await == Handed::Last {
                            return Ok(());
                        }
                    }
                    if state.state.is_done() {
                        return Ok(());
                    }
                }
                Err(
                    error @ (Error::Network { .. }
                    | Error::Deadline { .. }
                    | Error::Status { .. }
                    | Error::Page { .. }
                    | Error::Unreadable { .. }
                    | Error::Refused(_)),
                ) if failures < 6 => {
                    tracing::warn!("a task cannot be read: {error}");
                    failures += 1;
                }
                Err(error) => return Err(error),
            }
            let until = tokio::time::Instant::now() + SAFETY;
            let mut broken = false;
            loop {
                let Some(open) = &mut frames else {
                    tokio::time::sleep_until(until).await;
                    break;
                };
                match tokio::time::timeout_at(until, open.next()).await {
                    Err(_) => break,
                    Ok(Some(Ok(Frame::Next { mut data, .. }))) => {
                        breaks = 0;
                        let event = event_in(data["mytasks"].take()).filter(|event| event.task == *task);
                        if let Some(event) = event
                            && hand_on(event, &mut seen, sender).await == Handed::Last
                        {
                            return Ok(());
                        }
                    }
                    Ok(_) => {
                        broken = true;
                        breaks += 1;
                        // A server that refuses or closes at once must not be asked without a pause.
                        tokio::time::sleep(backoff::delay(breaks, backoff::jitter()).min(SAFETY)).await;
                        break;
                    }
                }
            }
            if broken || frames.is_none() {
                break;
            }
        }
    }
}

#[derive(PartialEq, Eq)]
enum Handed {
    On,
    Last,
}

async fn hand_on(event: TaskEvent, seen: &mut HashSet<String>, sender: &mpsc::Sender<Result<TaskEvent>>) -> Handed {
    if !seen.insert(event.id.as_str().to_owned()) {
        return Handed::On;
    }
    let last = event.kind.state().is_some_and(TaskState::is_done);
    if sender.send(Ok(event)).await.is_err() || last { Handed::Last } else { Handed::On }
}
