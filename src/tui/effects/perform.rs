//! Performs effects: asks the server, and answers through the inbox.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::logs;
use crate::domain::{Failure, ScanState};
use crate::services::{Change, Page, Store, Topic};
use crate::tui::effect::{Effect, List, Slot};
use crate::tui::message::{Message, Session, Socket};

/// Where answers go. Bounded: whoever sends faster than the screen takes waits.
pub type Inbox = mpsc::Sender<Message>;

/// A list is read again at most this often, however often it is said to have changed.
const PAUSE: Duration = Duration::from_millis(200);
/// Tasks that are listed at most.
const TASKS: usize = 200;

/// What only the whole program knows: how to get to a server, and which sockets engines have.
pub trait Outside: Send + Sync + 'static {
    /// Finds or starts the server and signs in. May say on the way what it does: [`Message::Connecting`].
    fn connect(&self, inbox: Inbox) -> impl Future<Output = Result<(Session, Store), Failure>> + Send;

    /// Looks for container engines on this machine.
    fn sockets(&self) -> impl Future<Output = Vec<Socket>> + Send;
}

/// Performs effects.
pub struct Performer<O> {
    outside: Arc<O>,
    inbox: Inbox,
    state: Arc<State>,
    running: HashMap<Slot, DropGuard>,
}

/// What the tasks share: the store once there is one, and who waits for lists.
#[derive(Default)]
pub(super) struct State {
    store: tokio::sync::RwLock<Option<Store>>,
    wanted: [Notify; 6],
}

impl State {
    /// The store, or the failure of somebody who asks without one.
    pub(super) async fn store(&self, what: &str) -> Result<Store, Failure> {
        self.store.read().await.clone().ok_or_else(|| Failure::new(what, "not connected").hint("R connects."))
    }
}

impl<O: Outside> Performer<O> {
    /// A performer that answers into this inbox.
    pub fn new(outside: O, inbox: Inbox) -> Self {
        Self { outside: Arc::new(outside), inbox, state: Arc::default(), running: HashMap::new() }
    }

    /// Begins; does not wait.
    pub fn perform(&mut self, effect: Effect) {
        let slot = effect.slot();
        let (inbox, state) = (self.inbox.clone(), self.state.clone());
        match effect {
            Effect::Connect => {
                let outside = self.outside.clone();
                self.replace(slot, connect(outside, state, inbox));
            }
            Effect::Fetch(list) => state.wanted[list as usize].notify_one(),
            Effect::FetchTask(id) => self.replace(slot, async move {
                let what = "Could not read the task";
                let told = async { state.store(what).await?.task(&id).await.map_err(|error| error.failure(what)) };
                let told = told.await;
                inbox.send(Message::TaskTold(id, told)).await.ok();
            }),
            Effect::Log { ticket, pod, engine } => {
                self.replace(slot, logs::follow(state, inbox, ticket, pod, engine.map(|engine| *engine)));
            }
            Effect::StopLog => {
                self.running.remove(&Slot::Log);
            }
            Effect::Probe => {
                let outside = self.outside.clone();
                tokio::spawn(async move { inbox.send(Message::Sockets(outside.sockets().await)).await });
            }
            // The loop's own.
            Effect::Copy(_) | Effect::Repaint | Effect::Quit => {}
            other => {
                tokio::spawn(async move {
                    if let Some(message) = once(&state, other).await {
                        inbox.send(message).await.ok();
                    }
                });
            }
        }
    }

    /// Runs work in a slot; what ran there stops.
    fn replace(&mut self, slot: Option<Slot>, work: impl Future<Output = ()> + Send + 'static) {
        let stop = CancellationToken::new();
        if let Some(slot) = slot {
            self.running.insert(slot, stop.clone().drop_guard());
        }
        tokio::spawn(async move { stop.run_until_cancelled(work).await });
    }
}

/// Work that is asked for by hand, and answered once.
async fn once(state: &State, effect: Effect) -> Option<Message> {
    Some(match effect {
        Effect::Install { ticket, flavour, engine } => {
            let what = format!("Could not install on {}", engine.name);
            let work = async {
                let store = state.store(&what).await?;
                store.install(&flavour, &engine).await.map(Box::new).map_err(|error| error.failure(&what))
            };
            Message::Installing(ticket, work.await)
        }
        Effect::Act { verb, pod, engine } => {
            let what = format!("Could not {} the pod on {}", verb.interface(), engine.name);
            let work = async {
                let store = state.store(&what).await?;
                store.act(verb, &pod, &engine).await.map(Box::new).map_err(|error| error.failure(&what))
            };
            let result = work.await;
            Message::Acted(verb, pod, result)
        }
        Effect::Cancel(task) => {
            let what = "Could not cancel the task";
            let work = async { state.store(what).await?.cancel(&task).await.map_err(|error| error.failure(what)) };
            let result = work.await;
            Message::Cancelled(task, result)
        }
        Effect::AddRepository(name) => {
            let what = format!("Could not add {name}");
            let work = async {
                let store = state.store(&what).await?;
                let id = store.add_repository(&name).await.map_err(|error| error.failure(&what))?;
                // A server may keep what it could not read.
                let all = store.repositories().await.map_err(|error| error.failure(&what))?;
                match all.into_iter().find(|repository| repository.id == id).map(|repository| repository.scan) {
                    Some(ScanState::Failed { why, .. }) => {
                        Err(Failure::new(format!("Added {name}, but could not read it"), why))
                    }
                    _ => Ok(()),
                }
            };
            Message::RepositoryDone(work.await.map(|()| format!("Added {name}")))
        }
        Effect::Scan(id) => {
            let what = "Could not read the repository";
            let work =
                async { state.store(what).await?.scan_repository(&id).await.map_err(|error| error.failure(what)) };
            Message::RepositoryDone(work.await.map(|()| "Read the repository again".into()))
        }
        _ => return None,
    })
}

/// Gets a store, says so, and tells of changes until it is stopped.
async fn connect<O: Outside>(outside: Arc<O>, state: Arc<State>, inbox: Inbox) {
    *state.store.write().await = None;
    let (session, store) = match outside.connect(inbox.clone()).await {
        Ok(found) => found,
        Err(failure) => {
            inbox.send(Message::ConnectFailed(failure)).await.ok();
            return;
        }
    };
    *state.store.write().await = Some(store.clone());
    if inbox.send(Message::Connected(session)).await.is_err() {
        return;
    }
    let lists = List::ALL.map(|list| read_when_wanted(list, &state, &store, &inbox));
    let changes = tell_changes(&store, &inbox);
    futures_util::join!(futures_util::future::join_all(lists), changes);
}

/// Reads a list whenever somebody wants it. What is wanted while it is being read is read once more afterwards.
async fn read_when_wanted(list: List, state: &State, store: &Store, inbox: &Inbox) {
    loop {
        state.wanted[list as usize].notified().await;
        let failed = |error: crate::services::Error| error.failure(format!("Could not list the {}", list.name()));
        let message = match list {
            List::Apps => Message::Apps(store.apps(Page::ALL).await.map_err(failed)),
            List::Nodes => Message::Nodes(store.nodes(Page::ALL).await.map_err(failed)),
            List::Engines => Message::Engines(store.engines().await.map_err(failed)),
            List::Pods => Message::Pods(store.pods().await.map_err(failed)),
            List::Tasks => Message::Tasks(store.tasks(TASKS).await.map_err(failed)),
            List::Repositories => Message::Repositories(store.repositories().await.map_err(failed)),
        };
        if inbox.send(message).await.is_err() {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Translates the store's changes.
async fn tell_changes(store: &Store, inbox: &Inbox) {
    let mut changes = store.changes();
    let mut lost: Vec<Topic> = Vec::new();
    while let Some(change) = changes.next().await {
        let messages = match change {
            Change::Connected { topics, .. } => {
                let was_lost = !lost.is_empty();
                lost.retain(|topic| !topics.contains(topic));
                if was_lost && lost.is_empty() {
                    // All lists are read again then.
                    vec![Message::Regained]
                } else {
                    // Between reading the lists and listening, something may have happened to what changes often.
                    topics.into_iter().filter(|topic| *topic != Topic::Catalogue).flat_map(outdated).collect()
                }
            }
            Change::Lost { topics, failure, .. } => {
                lost.extend(topics);
                vec![Message::Lost(failure)]
            }
            Change::Stale(topic) => outdated(topic),
            Change::Event(event) => vec![Message::TaskHappened(Box::new(event))],
        };
        for message in messages {
            if inbox.send(message).await.is_err() {
                return;
            }
        }
    }
}

fn outdated(topic: Topic) -> Vec<Message> {
    let lists: &[List] = match topic {
        Topic::Pods => &[List::Pods],
        Topic::Tasks => &[List::Tasks],
        Topic::Engines => &[List::Engines],
        Topic::Catalogue => &[List::Apps, List::Nodes, List::Repositories],
    };
    lists.iter().map(|list| Message::Outdated(*list)).collect()
}
