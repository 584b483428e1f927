//! The embedded server, the engine in memory, and a store that asks for things: everything but real containers.

use std::{path::Path, sync::Arc, time::Duration};

use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    actions,
    backend::{Backend, Parts, now},
    driver::fake::Fake,
    keeper,
    maker::Maker,
    notes::Notes,
    records::Records,
    settings::Settings,
    settle,
};
use crate::{
    agent,
    domain::{Engine, FlavourId, Pod, Task, TaskEvent, TaskId},
    server::{AgentTimes, ClientRole, Manifest, Options, Server},
    services::{Access, Secret, Session, Store},
};

pub const LIMIT: Duration = Duration::from_secs(30);

/// A whole world.
pub struct World {
    pub server: Server,
    pub store: Store,
    pub fake: Arc<Fake>,
    pub url: String,
    engine_token: String,
    pub state: TempDir,
    _data: TempDir,
    _stop: DropGuard,
}

/// An engine that runs in the world.
pub struct Running {
    pub backend: Arc<Backend>,
    stop: CancellationToken,
    agent: JoinHandle<Result<(), agent::Error>>,
}

/// A deployments file with one app that needs nothing, one that needs CUDA, and one that comes from this machine.
const CATALOGUE: &str = include_str!("testing.yaml");

impl World {
    pub async fn new() -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let data = tempfile::tempdir().unwrap();
        let mut options = Options::new(data.path());
        options.repositories.defaults = Vec::new();
        options.agents = AgentTimes { grace: Duration::from_millis(200), ..AgentTimes::default() };
        let server = Server::open(options).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let (serving, told) = (server.clone(), stop.clone());
        tokio::spawn(async move { serving.serve(listener, told).await.unwrap() });

        let token = |app: &'static str, role| {
            let server = server.clone();
            async move { server.client_token_for(&Manifest::for_everything(app, "1"), role).await.unwrap() }
        };
        let engine_token = token("kab.engine", ClientRole::Agent).await;
        let ours = token("kab.store", ClientRole::Interface).await;
        let access = Access::of_place(url.clone(), Secret::new(ours));
        let store = Store::connect(access).await.unwrap();
        let file = data.path().join("deployments.yaml");
        std::fs::write(&file, CATALOGUE).unwrap();
        store.add_repository(&file.display().to_string()).await.unwrap();
        Self {
            server,
            store,
            fake: Arc::new(Fake::new()),
            url,
            engine_token,
            state: tempfile::tempdir().unwrap(),
            _data: data,
            _stop: stop.drop_guard(),
        }
    }

    /// Starts an engine, and waits until it can be asked.
    pub async fn engine(&self, settings: Settings) -> Running {
        let access = Access::of_place(self.url.clone(), Secret::new(self.engine_token.clone()));
        let session = Session::connect(access).await.unwrap();
        let records = Records::new(session.clone());
        let place = records.declare("fake on host", "podman").await.unwrap();
        let backend = Arc::new(Backend::new(Parts {
            driver: Arc::clone(&self.fake) as Arc<dyn super::driver::Driver>,
            records,
            settings,
            place,
            name: "fake on host".into(),
            node: "node".into(),
            gateway_url: self.url.clone(),
            images: None,
            maker: Maker { kind: "podman".into(), store: None },
            notes: Notes::open(Some(self.state.path().join("pods.json"))),
        }));
        let facts = [("gpu", "false"), ("cpu.arch", "amd64"), ("host.name", "host"), ("disk.free_mb", "1000")];
        backend.report(facts.into_iter().collect()).await.unwrap();
        let stop = CancellationToken::new();
        let every = tokio::sync::watch::Sender::new(Duration::from_mins(1));
        tokio::spawn(keeper::run(Arc::clone(&backend), every.subscribe(), stop.clone()));
        tokio::spawn(keeper::watch_events(Arc::clone(&backend), Arc::default(), stop.clone()));
        let watch = tokio::sync::watch::Sender::new(agent::Connection::Connecting);
        let mut connection = watch.subscribe();
        let settler = Arc::clone(&backend);
        let options = agent::Options {
            name: "fake on host".into(),
            session,
            implementations: actions::all(&backend),
            state_dir: Some(self.state.path().to_owned()),
            settle: Some(Arc::new(move |old| settle::settle(Arc::clone(&settler), old))),
            watch: Some(watch),
            takeover: agent::Takeover::Ask,
            give_up_after: None,
            acquaintance: agent::Acquaintance::default(),
        };
        let agent = tokio::spawn(agent::run(options, stop.clone()));
        let online = connection.wait_for(|state| matches!(state, agent::Connection::Online { .. }));
        tokio::time::timeout(LIMIT, online).await.unwrap().unwrap();
        drop(every);
        Running { backend, stop, agent }
    }

    /// The engine as the store sees it, once it is online.
    pub async fn seen(&self) -> Engine {
        self.until("the engine is online", async || {
            let engines = self.store.engines().await.unwrap();
            engines.into_iter().find(Engine::is_online)
        })
        .await
    }

    pub async fn flavour(&self, app: &str) -> FlavourId {
        let apps = self.store.all_apps().await.unwrap();
        let app = apps.iter().find(|known| known.identifier.as_str() == app).unwrap();
        app.releases[0].flavours[0].id.clone()
    }

    /// Asks for an installation, and waits for its end.
    pub async fn install(&self, app: &str) -> (Task, Vec<TaskEvent>) {
        let task = self.store.install(&self.flavour(app).await, &self.seen().await).await.unwrap();
        self.ended(&task.id).await
    }

    pub async fn ended(&self, task: &TaskId) -> (Task, Vec<TaskEvent>) {
        self.until("the task ends", async || {
            let (task, events) = self.store.task(task).await.unwrap();
            task.state.is_done().then_some((task, events))
        })
        .await
    }

    pub async fn pods(&self) -> Vec<Pod> {
        self.store.pods().await.unwrap()
    }

    pub async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let begun = now();
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(begun.seconds_until(now()) < LIMIT.as_secs(), "{what} did not happen in time");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The log of the newest dump.
    pub async fn log(&self, pod: &Pod) -> Vec<String> {
        self.store.log(&pod.id).await.unwrap().lines.into_iter().map(|line| line.text).collect()
    }

    /// Everything that a follow of the pod's log brings, until it ends.
    pub async fn followed(&self, pod: &Pod) -> Vec<String> {
        let mut follow = self.store.follow_log(&pod.id, &self.seen().await, 10).await.unwrap();
        let mut texts = Vec::new();
        while let Some(lines) = tokio::time::timeout(LIMIT, follow.next()).await.unwrap() {
            texts.extend(lines.unwrap().into_iter().map(|line| line.text));
        }
        texts
    }

    pub fn reports(&self) -> std::path::PathBuf {
        Path::new(self.state.path()).join("reports.json")
    }
}

impl Running {
    /// Ends it in order.
    pub async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(LIMIT, self.agent).await.unwrap().unwrap().unwrap();
    }

    /// Ends it as a power cut would.
    pub async fn crash(self) {
        self.agent.abort();
        _ = self.agent.await;
        self.stop.cancel();
    }
}

/// The last message of a task.
pub fn last_message(events: &[TaskEvent]) -> String {
    events.iter().rev().find_map(|event| event.message.clone()).unwrap_or_default()
}
