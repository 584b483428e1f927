//! Following the events of one task: pushed, and read every few seconds as a safety net.

use std::{collections::HashSet, time::Duration};

use futures_util::{FutureExt as _, Stream, StreamExt, future::BoxFuture, stream::BoxStream};
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
    snapshots::passes,
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
    let mut read = 0;
    let mut failures = 0;
    let mut breaks = 0;
    let mut line = Line::open(store);
    loop {
        match store.task_since(task, read).await {
            Ok((state, events, now_read)) => {
                (failures, read) = (0, now_read);
                for event in events {
                    if hand_on(event, &mut seen, sender).await == Handed::Last {
                        return Ok(());
                    }
                }
                if state.state.is_done() {
                    return Ok(());
                }
            }
            Err(error) if failures < 6 && (passes(&error) || matches!(error, Error::Refused(_))) => {
                tracing::warn!("a task cannot be read: {error}");
                failures += 1;
            }
            Err(error) => return Err(error),
        }
        let until = tokio::time::Instant::now() + SAFETY;
        // Reading goes on while the socket is being opened, and without it.
        while let Ok(news) = tokio::time::timeout_at(until, line.next()).await {
            match news {
                News::Opened(Ok(frames)) => {
                    line = Line::Open(frames);
                    // What happened before the socket was there is read.
                    break;
                }
                News::Frame(Some(Ok(Frame::Next { mut data, .. }))) => {
                    breaks = 0;
                    let event = event_in(data["mytasks"].take()).filter(|event| event.task == *task);
                    if let Some(event) = event
                        && hand_on(event, &mut seen, sender).await == Handed::Last
                    {
                        return Ok(());
                    }
                }
                News::Opened(Err(_)) | News::Frame(_) => {
                    breaks += 1;
                    // A server that refuses or closes at once must not be asked without a pause.
                    line = Line::open_after(store, backoff::delay(breaks, backoff::jitter()));
                }
            }
        }
    }
}

/// The way on which events are pushed.
enum Line {
    Opening(BoxFuture<'static, Result<Frames>>),
    Open(Frames),
}

type Frames = BoxStream<'static, Result<Frame>>;

enum News {
    Opened(Result<Frames>),
    Frame(Option<Result<Frame>>),
}

impl Line {
    fn open(store: &Store) -> Self {
        Self::open_after(store, Duration::ZERO)
    }

    fn open_after(store: &Store, pause: Duration) -> Self {
        let store = store.clone();
        let opening = async move {
            tokio::time::sleep(pause).await;
            Ok(mine(&store).await?.boxed())
        };
        Self::Opening(opening.boxed())
    }

    async fn next(&mut self) -> News {
        match self {
            Self::Opening(opening) => News::Opened(opening.await),
            Self::Open(frames) => News::Frame(frames.next().await),
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
