//! Performs effects: asks the server, and answers through the inbox.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::catalogue;
use super::errands::Errands;
use super::farewell;
use super::keeping::{self, Keeper};
use super::logs;
use super::options::{Link, Options, Start};
use super::reading::{Wish, read_when_wanted, tell_changes, tell_requests, topic_of};
use super::run::{WAITING, bring};
use super::spills::Spills;
use super::teller::Teller;
use super::usage;
use crate::cache::Cache;
use crate::domain::{Failure, Speed};
use crate::services::{Gaze, Store};
use crate::tui::app::Errand;
use crate::tui::effect::{Effect, List, Slot, Ticket};
use crate::tui::message::{Message, Session, Socket};
use crate::tui::overlays::ContextRow;

/// Where answers go. Bounded: whoever sends faster than the screen takes waits.
pub type Inbox = mpsc::Sender<Message>;

/// What only the whole program knows: how to get to a server, and which sockets engines have.
pub trait Outside: Send + Sync + 'static {
    /// Finds or starts the server and signs in. May say on the way what it does: [`Message::Connecting`].
    fn connect(&self, inbox: Inbox) -> impl Future<Output = Result<(Session, Store), Failure>> + Send;

    /// Looks for container engines on this machine.
    fn sockets(&self) -> impl Future<Output = Vec<Socket>> + Send;

    /// Which servers there are.
    fn contexts(&self) -> impl Future<Output = Result<Vec<ContextRow>, Failure>> + Send;

    /// Asks all servers for their pods, and tells each answer ([`Message::AllPodsAsked`], [`Message::PodsOf`]).
    fn all_pods(&self, ticket: Ticket, inbox: Inbox) -> impl Future<Output = ()> + Send;

    /// Goes to another server; the next connection is made there.
    fn use_context(&self, name: &str);

    /// Signs in to the server, and tells how that goes on. Ends when it is over; dropped when the person gives up.
    fn sign_in(&self, security: Security, teller: Teller) -> impl Future<Output = ()> + Send;

    /// Reads the settings anew. Reads files; called away from the loop.
    ///
    /// # Errors
    /// When they are broken, so that the old ones hold.
    fn settings(&self) -> Result<Options, Failure>;

    /// Where lists of the context are kept, and what is known of it without asking anybody.
    fn kept(&self) -> Option<(Cache, Session)>;
}

/// Whether a connection without encryption will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Only on this machine itself.
    Needed,
    /// As the person said.
    NotNeeded,
}

/// Performs effects.
pub struct Performer<O> {
    outside: Arc<O>,
    pub(super) inbox: Inbox,
    state: Arc<State>,
    running: HashMap<Slot, DropGuard>,
    start: Start,
    errands: Errands,
    pub(super) spills: Spills,
}

/// What the tasks share: the store once there is one, who waits for lists, and which of them are looked at.
#[derive(Default)]
pub(super) struct State {
    store: tokio::sync::RwLock<Option<Store>>,
    pub(super) wishes: [Wish; 6],
    pub(super) looked_at: watch::Sender<Gaze>,
}

impl State {
    /// The store, or the failure of somebody who asks without one.
    pub(super) async fn store(&self, what: &str) -> Result<Store, Failure> {
        self.store.read().await.clone().ok_or_else(|| Failure::new(what, "not connected").hint("⟨refresh⟩ connects."))
    }
}

impl<O: Outside> Performer<O> {
    /// A performer that answers into this inbox, and keeps lines of logs in this folder.
    pub fn new(outside: O, inbox: Inbox, (folder, start): (Option<PathBuf>, Start)) -> Self {
        let spills = Spills::new(folder);
        Self {
            outside: Arc::new(outside),
            inbox,
            state: Arc::default(),
            running: HashMap::new(),
            errands: Errands::default(),
            start,
            spills,
        }
    }

    /// What was kept of the context, also where that is nothing, and what it was left at. Reads files; called away from the
    /// loop.
    pub fn cached(&self) -> impl FnOnce() -> Vec<Message> + Send + 'static {
        let (outside, start) = (self.outside.clone(), self.start);
        move || {
            let Some((cache, session)) = outside.kept() else { return vec![Message::Cached(Box::default())] };
            let habits = keeping::habits(&cache).map(|habits| match start {
                // Bookmarks are no state of the program's: somebody set them to find things again.
                Start::Fresh => Message::Bookmarks(habits.bookmarks),
                Start::WhereItWasLeft => Message::Habits(Box::new(habits)),
            });
            let lists = keeping::cached(&cache, session).unwrap_or_default();
            habits.into_iter().chain([Message::Cached(Box::new(lists))]).collect()
        }
    }

    /// What only the whole program knows.
    pub fn outside(&self) -> &Arc<O> {
        &self.outside
    }

    /// These lists are looked at from now on; others are polled less often, and all not at all where nobody looks.
    pub fn look_at(&self, lists: Option<&[List]>) {
        let gaze = lists.map_or(Gaze::Away, |lists| Gaze::At(lists.iter().copied().map(topic_of).collect()));
        self.state.looked_at.send_if_modified(|known| {
            *known != gaze && {
                *known = gaze;
                true
            }
        });
    }

    /// The way to the server is held like this from now on.
    pub fn hold(&self, link: Link) {
        let (state, inbox) = (self.state.clone(), self.inbox.clone());
        tokio::spawn(async move {
            let Some(store) = state.store.read().await.clone() else { return };
            let meter = store.session().http().meter();
            meter.hold(link.low_bandwidth, link.most);
            inbox.send(Message::Link(meter.speed())).await.ok();
        });
    }

    /// Goes to another context, and returns what answers come by from now on: what the former server still says goes
    /// nowhere.
    pub fn use_context(&mut self, name: String) -> mpsc::Receiver<Message> {
        let (inbox, messages) = mpsc::channel(WAITING);
        self.restart(inbox.clone());
        self.perform(Effect::UseContext(name));
        bring(tokio::task::spawn_blocking(self.cached()), inbox.clone());
        bring(tokio::task::spawn_blocking(self.cache_size()), inbox);
        messages
    }

    /// Ends everything that runs; answers go into another inbox from now on.
    fn restart(&mut self, inbox: Inbox) {
        self.running.clear();
        self.spills.clear();
        self.state = Arc::default();
        self.inbox = inbox;
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
            Effect::StopConnecting => _ = self.running.remove(&Slot::Connect),
            Effect::GiveUp(errand) => self.errands.give_up(&errand),
            Effect::StopReading(list) => state.wishes[list as usize].stop(),
            Effect::Fetch(list) => state.wishes[list as usize].now(),
            Effect::FetchInTurn(list) => state.wishes[list as usize].in_turn(),
            Effect::FetchTask(id) => self.replace(slot, async move {
                let what = "Could not read the task";
                let told = async { state.store(what).await?.task(&id).await.map_err(|error| error.failure(what)) };
                let told = told.await;
                inbox.send(Message::TaskTold(id, told)).await.ok();
            }),
            Effect::Log { ticket, pod, engine, reach } => {
                let wanted = logs::Wanted { pod, engine: engine.map(|engine| *engine), reach };
                let cache = self.outside.kept().map(|(cache, _)| cache);
                self.replace(slot, logs::follow((state, cache), inbox, ticket, wanted));
            }
            Effect::KeptLog { ticket, pod } => {
                let cache = self.outside.kept().map(|(cache, _)| cache);
                tokio::spawn(logs::show_kept(cache, inbox, ticket, pod));
            }
            // What goes to another context next has to be written in this one.
            Effect::KeepEnds(ends) => self.keep_ends(&ends),
            Effect::EngineLog { ticket, engine, reach } => {
                self.replace(slot, logs::follow_engine(state, inbox, ticket, (*engine, reach)));
            }
            Effect::StopLog => {
                self.running.retain(|slot, _| !matches!(slot, Slot::Log(_)));
                self.spills.clear();
            }
            Effect::LeaveLog(ticket) => _ = self.running.remove(&Slot::Log(ticket)),
            Effect::WatchUsage(engine) => self.replace(slot, usage::watch(state, inbox, *engine)),
            Effect::LeaveUsage(engine) => _ = self.running.remove(&Slot::Usage(engine)),
            effect @ (Effect::KeepLog { .. }
            | Effect::ReadLog { .. }
            | Effect::ScanLog { .. }
            | Effect::SaveLog { .. }) => self.spills.perform(effect, inbox),
            Effect::Probe => {
                let outside = self.outside.clone();
                tokio::spawn(async move { inbox.send(Message::Sockets(outside.sockets().await)).await });
            }
            Effect::SignIn(ticket) => {
                self.sign_in(slot, Security::Needed, Teller::new(inbox, ticket));
            }
            Effect::SignInWithoutTls(ticket) => {
                self.sign_in(slot, Security::NotNeeded, Teller::new(inbox, ticket));
            }
            Effect::StopSignIn => {
                self.running.remove(&Slot::SignIn);
            }
            Effect::Contexts => {
                let outside = self.outside.clone();
                tokio::spawn(async move { inbox.send(Message::Contexts(outside.contexts().await)).await });
            }
            Effect::KeepHabits(habits) => self.keep_habits(&habits),
            Effect::AllPods(ticket) => {
                let outside = self.outside.clone();
                self.replace(slot, async move { outside.all_pods(ticket, inbox).await });
            }
            Effect::UseContext(name) => self.outside.use_context(&name),
            // The loop's own.
            Effect::Copy(_)
            | Effect::CopyOtherwise { .. }
            | Effect::Notify(_)
            | Effect::Mouse(_)
            | Effect::LendTerminal { .. }
            | Effect::Shell(_)
            | Effect::Repaint
            | Effect::Quit => {}
            effect @ (Effect::About { .. } | Effect::KeptAbout(_)) => {
                let cache = self.outside.kept().map(|(cache, _)| cache);
                tokio::spawn(async move {
                    if let Some(message) = catalogue::about(effect, &state, cache).await {
                        inbox.send(message).await.ok();
                    }
                });
            }
            other => {
                self.errands.begin(Errand::of(&other), async move {
                    if let Some(message) = once(&state, &inbox, other).await {
                        inbox.send(message).await.ok();
                    }
                });
            }
        }
    }

    /// Signs in; an attempt that was made before stops.
    fn sign_in(&mut self, slot: Option<Slot>, security: Security, teller: Teller) {
        let outside = self.outside.clone();
        self.replace(slot, async move { outside.sign_in(security, teller).await });
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

/// Says that nobody knows whether something has arrived that was asked for by hand.
async fn unsure(inbox: &Inbox, errand: Errand) {
    inbox.send(Message::Unsure(errand)).await.ok();
}

/// Work that is asked for by hand, and answered once.
async fn once(state: &State, inbox: &Inbox, effect: Effect) -> Option<Message> {
    Some(match effect {
        Effect::Install { ticket, flavour, engine } => {
            let what = format!("Could not install on {}", engine.name);
            let work = async {
                let (store, doubt) = state.store(&what).await?.with_doubt();
                let task = doubt.told(store.install(&flavour, &engine), unsure(inbox, Errand::Task(ticket))).await;
                task.map(Box::new).map_err(|error| error.failure(&what))
            };
            Message::Installing(ticket, work.await)
        }
        Effect::Act { verb, pod, engine, removal } => {
            let what = format!("Could not {} the pod on {}", verb.interface(), engine.name);
            let work = async {
                let store = state.store(&what).await?;
                if let Some(removal) = removal
                    && let Some(said) = farewell::before_removal(&store, (&pod, &engine), &removal).await?
                {
                    inbox.send(Message::Said(said)).await.ok();
                }
                let (store, doubt) = store.with_doubt();
                let errand = Errand::Pod(pod.clone());
                let task = doubt.told(store.act(verb, &pod, &engine), unsure(inbox, errand)).await;
                task.map(Box::new).map_err(|error| error.failure(&what))
            };
            let result = work.await;
            Message::Acted(verb, pod, result)
        }
        Effect::Forget(pod) => {
            let what = "Could not forget the pod's record";
            let work = async { state.store(what).await?.forget_pod(&pod).await.map_err(|error| error.failure(what)) };
            let result = work.await;
            Message::Forgotten(pod, result)
        }
        Effect::Cancel(task) => {
            let what = "Could not cancel the task";
            let work = async { state.store(what).await?.cancel(&task).await.map_err(|error| error.failure(what)) };
            let result = work.await;
            Message::Cancelled(task, result)
        }
        Effect::Interrupt(task) => {
            let what = "Could not interrupt the task";
            let work = async { state.store(what).await?.interrupt(&task).await.map_err(|error| error.failure(what)) };
            let result = work.await;
            Message::Cancelled(task, result)
        }
        Effect::Offers(engine) => {
            let what = format!("Could not ask {} what it offers", engine.name);
            let work =
                async { state.store(&what).await?.all_offers(&engine).await.map_err(|error| error.failure(&what)) };
            let result = work.await;
            Message::Offers(engine.id, result)
        }
        Effect::TakeOffer { ticket, engine, offer, values } => {
            let what = format!("Could not ask {} to {}", engine.name, offer.name);
            let work = async {
                let (store, doubt) = state.store(&what).await?.with_doubt();
                let work = store.take_offer(&engine, &offer, values);
                let task = doubt.told(work, unsure(inbox, Errand::Task(ticket))).await;
                task.map(Box::new).map_err(|error| error.failure(&what))
            };
            Message::Taken(ticket, work.await)
        }
        Effect::Approvals(release) => {
            let what = "Could not ask who approved it";
            let work =
                async { state.store(what).await?.approvals(&release).await.map_err(|error| error.failure(what)) };
            let result = work.await;
            Message::Approvals(release, result)
        }
        other => return catalogue::ask(other, state).await,
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
    // What the way in has shown of the link decides what is asked for first.
    let meter = store.session().http().meter().clone();
    if meter.speed() == Speed::Slow && inbox.send(Message::Link(Speed::Slow)).await.is_err() {
        return;
    }
    if inbox.send(Message::Connected(session)).await.is_err() {
        return;
    }
    let missing = store.missing();
    if let Some((first, others)) = missing.split_first() {
        let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        let text = format!("The server is older than this client (missing '{first}'{more}); showing without it");
        inbox.send(Message::Noted(text)).await.ok();
    }
    let keeper = Keeper::new(outside.kept().map(|(cache, _)| cache), inbox.clone());
    let lists = List::ALL.map(|list| read_when_wanted(list, &state, &store, (&inbox, &keeper)));
    let changes = tell_changes(&store, &state, &inbox);
    let requests = tell_requests(&meter, &inbox);
    futures_util::join!(futures_util::future::join_all(lists), changes, requests);
}
