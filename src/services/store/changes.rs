//! What happens on the server, as it happens: subscriptions that come back after a loss, and polling where a server
//! cannot push or no socket gets through.
//!
//! Subscriptions replay nothing. So whoever listens subscribes first and reads then: [`Change::Connected`] means "read
//! these lists now", also after every reconnection.

use std::time::{Duration, Instant};

use futures_util::{
    FutureExt as _, Stream, StreamExt,
    future::{self, BoxFuture},
    stream::{self, BoxStream},
};
use graphql_client::GraphQLQuery as _;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::super::{
    documents::{
        AgentsChanged, CatalogueChanged, PodsChanged, TasksChanged, agents_changed, catalogue_changed, pods_changed,
        tasks_changed,
    },
    graphql::Client,
    socket::{self, Frame},
    wire,
};
use super::{Error, Result, Store, backoff, gaze::Gaze, polls::Polls};
use crate::domain::{Failure, TaskEvent};

/// Subscriptions are best effort, and take a moment until they are really there: what they cover is read once more soon
/// after the beginning, and seldom from then on.
const SOON: Duration = Duration::from_secs(2);

/// How seldom.
const SELDOM: Duration = Duration::from_mins(1);

/// A connection that lasted this long was a good one: the next loss starts the waiting anew.
const GOOD: Duration = Duration::from_secs(10);

/// So many tokens in a row are replaced without a word; a server that refuses them all is told of.
const REPLACED: u32 = 3;

/// Changes that wait to be taken; a consumer that falls further behind slows the reading down.
const WAITING: usize = 256;

/// A list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Pods.
    Pods,
    /// Tasks.
    Tasks,
    /// Engines and their liveness.
    Engines,
    /// Apps, nodes and repositories.
    Catalogue,
}

/// How changes get here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The server tells at once.
    Pushed,
    /// The lists are to be read every few seconds, when [`Change::Stale`] says so.
    Polled,
}

/// Something happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Listening from now on: read these lists.
    Connected {
        /// Which.
        topics: Vec<Topic>,
        /// How their changes come.
        delivery: Delivery,
    },
    /// Not listening any more; these lists grow old.
    Lost {
        /// Which.
        topics: Vec<Topic>,
        /// Why.
        failure: Failure,
        /// When the next attempt is made.
        retry_in: Duration,
    },
    /// The list is another than before, or may be: read it again.
    Stale(Topic),
    /// Something happened to a task. Events of unknown tasks mean that the tasks have to be read.
    Event(TaskEvent),
}

#[derive(Clone, Copy)]
pub(super) enum Service {
    Kabinet,
    Rekuest,
}

impl Service {
    fn topics(self) -> Vec<Topic> {
        match self {
            Self::Kabinet => vec![Topic::Pods, Topic::Catalogue],
            Self::Rekuest => vec![Topic::Tasks, Topic::Engines],
        }
    }
}

impl Store {
    /// All changes, until the stream is dropped. Never ends by itself: losses are items.
    pub fn changes(&self) -> impl Stream<Item = Change> + Send + Unpin + use<> {
        let (_, looked_at) = watch::channel(Gaze::At(vec![Topic::Pods, Topic::Tasks, Topic::Engines]));
        self.changes_for(&looked_at)
    }

    /// The same for somebody who looks at some of the lists only: the others are polled less often, where they have to be
    /// polled.
    pub fn changes_for(&self, looked_at: &watch::Receiver<Gaze>) -> impl Stream<Item = Change> + Send + Unpin + use<> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let stop = CancellationToken::new();
        for service in [Service::Kabinet, Service::Rekuest] {
            let watching =
                Watching { store: self.clone(), service, sender: sender.clone(), looked_at: looked_at.clone() };
            let stop = stop.clone();
            tokio::spawn(async move { stop.run_until_cancelled(Box::pin(watching.run())).await });
        }
        let held = (receiver, stop.drop_guard());
        Box::pin(stream::unfold(held, |mut held| async move { Some((held.0.recv().await?, held)) }))
    }

    pub(super) fn client_of(&self, service: Service) -> Result<&Client> {
        match service {
            Service::Kabinet => self.session.kabinet(),
            Service::Rekuest => self.session.rekuest(),
        }
    }

    /// The subscriptions that the server understands, and the lists that none of them covers.
    pub(super) async fn operations(&self, service: Service) -> Result<(Vec<(Topic, Value)>, Vec<Topic>)> {
        let body = |body: serde_json::Result<Value>| body.map_err(|error| Error::Refused(error.to_string()));
        let mut pushed = Vec::new();
        match service {
            Service::Kabinet => {
                let has = self.capabilities().await?;
                if has.pod_events.is_yes() {
                    let query = PodsChanged::build_query(pods_changed::Variables);
                    pushed.push((Topic::Pods, body(serde_json::to_value(query))?));
                }
                if has.catalogue_events.is_yes() {
                    let query = CatalogueChanged::build_query(catalogue_changed::Variables);
                    pushed.push((Topic::Catalogue, body(serde_json::to_value(query))?));
                }
            }
            Service::Rekuest => {
                let query = TasksChanged::build_query(tasks_changed::Variables);
                pushed.push((Topic::Tasks, body(serde_json::to_value(query))?));
                let query = AgentsChanged::build_query(agents_changed::Variables);
                pushed.push((Topic::Engines, body(serde_json::to_value(query))?));
            }
        }
        // A catalogue that is not pushed changes when somebody scans; it is not worth a poll.
        let polled = service
            .topics()
            .into_iter()
            .filter(|topic| *topic != Topic::Catalogue && !pushed.iter().any(|(covered, _)| covered == topic));
        let polled = polled.collect();
        Ok((pushed, polled))
    }
}

/// The changes of one service.
struct Watching {
    store: Store,
    service: Service,
    sender: mpsc::Sender<Change>,
    looked_at: watch::Receiver<Gaze>,
}

impl Watching {
    async fn run(mut self) {
        let (mut failures, mut replaced) = (0, 0);
        loop {
            let begun = Instant::now();
            let client = self.store.client_of(self.service).ok().cloned();
            let used = match &client {
                Some(client) => client.tokens().current().await.ok(),
                None => None,
            };
            let error = match self.listen().await {
                Ok(()) => return,
                Err(error) => error,
            };
            (failures, replaced) = if begun.elapsed() > GOOD { (1, 0) } else { (failures + 1, replaced) };
            // That a token has been replaced is no news; that there is no other one is.
            if let (Error::SignIn(why), Some(client), Some(used)) = (&error, client, used)
                && client.tokens().renewed(&used, why).await.is_ok()
                && replaced < REPLACED
            {
                if replaced > 0 {
                    tokio::time::sleep(backoff::delay(replaced, backoff::jitter())).await;
                }
                replaced += 1;
                continue;
            }
            let retry_in = backoff::delay(failures, backoff::jitter());
            let failure = error.failure("The connection is lost");
            if self.sender.send(Change::Lost { topics: self.service.topics(), failure, retry_in }).await.is_err() {
                return;
            }
            tokio::time::sleep(retry_in).await;
        }
    }

    /// Listens until the connection is lost (an error) or nobody takes the changes (no error).
    async fn listen(&mut self) -> Result<()> {
        let client = self.store.client_of(self.service)?.clone();
        let (operations, polled) = self.store.operations(self.service).await?;
        let (pushed, bodies): (Vec<Topic>, Vec<Value>) = operations.into_iter().unzip();
        let mut line = Line::first(&client, &bodies).await?;
        let mut polls = Polls::new(client.http().meter(), polled, self.looked_at.borrow_and_update().topics());
        if *self.looked_at.borrow() == Gaze::Away {
            polls.pause();
        }
        let covered: Vec<Topic> = pushed.iter().copied().filter(|topic| *topic != Topic::Catalogue).collect();
        if !line.is_open() {
            for topic in &covered {
                polls.add(*topic, self.looked_at.borrow().topics());
            }
        }
        if self.sender.send(self.connected(&line)).await.is_err() {
            return Ok(());
        }
        let mut again = std::pin::pin!(tokio::time::sleep(SOON));
        loop {
            let changes = tokio::select! {
                news = line.next() => match news {
                    News::Frame(Some(Ok(Frame::Next { operation, data }))) => told(pushed[operation], data),
                    News::Frame(Some(Ok(Frame::Refused { operation, error }))) => {
                        tracing::warn!(service = client.service(), "a list is polled, as its subscription is refused: {error}");
                        let topic = pushed[operation];
                        if covered.contains(&topic) {
                            polls.add(topic, self.looked_at.borrow().topics());
                            vec![Change::Connected { topics: vec![topic], delivery: Delivery::Polled }]
                        } else {
                            Vec::new()
                        }
                    }
                    News::Frame(Some(Err(error))) | News::Opened(Err(error @ Error::SignIn(_))) => return Err(error),
                    News::Frame(None) => {
                        return Err(Error::Deadline { service: client.service().to_owned(), after: Duration::ZERO });
                    }
                    News::Opened(Ok(frames)) => {
                        line = Line::Open(frames);
                        polls.forget(&covered);
                        again.as_mut().reset(tokio::time::Instant::now() + SOON);
                        vec![self.connected(&line)]
                    }
                    News::Opened(Err(error)) => {
                        tracing::info!(service = client.service(), "there is still no socket: {error}");
                        line = line.later(&client, &bodies);
                        Vec::new()
                    }
                },
                topics = polls.due() => {
                    if !line.is_open() {
                        alive(&client).await?;
                    }
                    for topic in &topics {
                        polls.add(*topic, self.looked_at.borrow().topics());
                    }
                    topics.into_iter().map(Change::Stale).collect()
                }
                () = &mut again, if line.is_open() && !covered.is_empty() && !polls.is_paused() => {
                    again.as_mut().reset(tokio::time::Instant::now() + SELDOM);
                    covered.iter().copied().map(Change::Stale).collect()
                }
                Ok(()) = self.looked_at.changed() => {
                    match &*self.looked_at.borrow_and_update() {
                        Gaze::At(topics) => polls.hurry(topics),
                        Gaze::Away => polls.pause(),
                    }
                    Vec::new()
                }
            };
            for change in changes {
                if self.sender.send(change).await.is_err() {
                    return Ok(());
                }
            }
        }
    }

    fn connected(&self, line: &Line) -> Change {
        let delivery = if line.is_open() { Delivery::Pushed } else { Delivery::Polled };
        Change::Connected { topics: self.service.topics(), delivery }
    }
}

type Frames = BoxStream<'static, Result<Frame>>;

/// The socket of a service.
enum Line {
    /// It brings frames.
    Open(Frames),
    /// It could not be opened so often in a row, and is tried again. Plain questions get through meanwhile: some
    /// proxies let nothing else pass.
    Opening(u32, BoxFuture<'static, Result<Frames>>),
    /// Nothing can be subscribed.
    Absent,
}

/// What a socket brings.
enum News {
    Frame(Option<Result<Frame>>),
    Opened(Result<Frames>),
}

impl Line {
    /// Opens a socket, where there is something to subscribe. Where only plain questions get through that will do.
    async fn first(client: &Client, bodies: &[Value]) -> Result<Self> {
        if bodies.is_empty() {
            alive(client).await?;
            return Ok(Self::Absent);
        }
        match socket::subscribe(client, bodies).await {
            Ok(frames) => Ok(Self::Open(frames.boxed())),
            Err(error @ Error::SignIn(_)) => Err(error),
            Err(error) => {
                alive(client).await?;
                tracing::warn!(service = client.service(), "lists are polled, as there is no socket: {error}");
                Ok(Self::Absent.later(client, bodies))
            }
        }
    }

    /// Tries again after a while.
    fn later(&self, client: &Client, bodies: &[Value]) -> Self {
        let failures = if let Self::Opening(failures, _) = self { failures + 1 } else { 1 };
        let (client, bodies) = (client.clone(), bodies.to_vec());
        let attempt = async move {
            tokio::time::sleep(backoff::delay(failures, backoff::jitter())).await;
            Ok(socket::subscribe(&client, &bodies).await?.boxed())
        };
        Self::Opening(failures, attempt.boxed())
    }

    fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }

    async fn next(&mut self) -> News {
        match self {
            Self::Open(frames) => News::Frame(frames.next().await),
            Self::Opening(_, attempt) => News::Opened(attempt.await),
            Self::Absent => future::pending().await,
        }
    }
}

/// A socket keeps the token that it was opened with; another one is fetched for the next.
pub(super) async fn renew(client: &Client, why: &str) {
    if let Ok(token) = client.tokens().current().await {
        client.tokens().renewed(&token, why).await.ok();
    }
}

/// Whether the server answers and takes the token.
async fn alive(client: &Client) -> Result<()> {
    client
        .post_body::<Value>(&serde_json::json!({ "query": "query Alive { __typename }", "variables": {} }))
        .await
        .map(|_| ())
}

#[derive(Deserialize)]
struct TaskChanges {
    event: Option<wire::Event>,
}

fn told(topic: Topic, mut data: Value) -> Vec<Change> {
    if topic != Topic::Tasks {
        return vec![Change::Stale(topic)];
    }
    match event_in(data["tasks"].take()) {
        Some(event) => vec![Change::Event(event)],
        None => vec![Change::Stale(Topic::Tasks)],
    }
}

/// The event in a frame of `tasks` or `mytasks`; `None` for creations.
pub(super) fn event_in(change: Value) -> Option<TaskEvent> {
    serde_json::from_value::<TaskChanges>(change).ok()?.event?.into_domain(None)
}
