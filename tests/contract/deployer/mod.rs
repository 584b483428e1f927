//! A stand-in for the container backend that stock deployments run: its action names, its texts, its habits. It speaks over
//! the wire like any agent, and keeps its containers in memory.

mod work;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use kab::server::ClientRole;
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, protocol::CloseFrame},
};

use crate::face::Face;

/// How structures are written on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Structures {
    /// `{"__identifier": …, "object": …}`, as agents since the middle of 2026; plain ids are refused.
    Objects,
    /// Plain ids, as agents before; objects are refused.
    Plain,
}

/// What its ports say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ports {
    /// `STRUCTURE` with `@kabinet/…`.
    Structures,
    /// `MEMORY_STRUCTURE` with names of Python classes, as one that lacks a package.
    Memory,
}

/// What it does, told by a test.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    pub structures: Structures,
    pub ports: Ports,
    /// Whether `refresh_logs` stores anything.
    pub refreshes: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Self { structures: Structures::Objects, ports: Ports::Structures, refreshes: true }
    }
}

/// A container.
#[derive(Debug, Clone)]
pub struct Container {
    pub pod: String,
    pub deployment: String,
    pub status: &'static str,
    pub lines: Vec<String>,
}

struct State {
    url: String,
    token: String,
    backend: String,
    resource: String,
    http: reqwest::Client,
    habits: Habits,
    containers: Mutex<HashMap<String, Container>>,
    gate: watch::Sender<u8>,
    frames: mpsc::UnboundedSender<Value>,
    assigned: Mutex<Vec<Value>>,
    closed: Mutex<Vec<u16>>,
    heard: Mutex<Vec<Value>>,
}

/// Whether the deployer is connected, and how often it has been.
#[derive(Debug, Clone, Copy, Default)]
struct Presence {
    online: bool,
    times: usize,
}

/// A running deployer; it ends when it is dropped.
pub struct Deployer {
    state: Arc<State>,
    online: watch::Receiver<Presence>,
    task: JoinHandle<()>,
}

impl Drop for Deployer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Deployer {
    /// Starts one, and waits until it can be given work.
    pub async fn start(face: &Face, habits: Habits) -> Self {
        let token = face.token("deployer", ClientRole::Agent).await;
        let (frames, outgoing) = mpsc::unbounded_channel();
        let mut state = State {
            url: face.url(),
            token,
            backend: String::new(),
            resource: String::new(),
            // One connection for each request: what a test cuts is not the deployer's way to Kabinet.
            http: reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap(),
            habits,
            containers: Mutex::default(),
            gate: watch::channel(100).0,
            frames,
            assigned: Mutex::default(),
            closed: Mutex::default(),
            heard: Mutex::default(),
        };
        state.declare().await;
        state.register().await;
        let state = Arc::new(state);
        let (connected, online) = watch::channel(Presence::default());
        let task = tokio::spawn(stay(Arc::clone(&state), outgoing, connected));
        let deployer = Self { state, online, task };
        deployer.until_online().await;
        deployer
    }

    /// Waits until it is registered.
    pub async fn until_online(&self) {
        self.until(|presence| presence.online).await;
    }

    /// How often it has been connected.
    pub fn times_online(&self) -> usize {
        self.online.borrow().times
    }

    /// Waits until it is registered once more than so often: it may not have noticed yet that its connection was cut.
    pub async fn until_online_again(&self, times: usize) {
        self.until(|presence| presence.online && presence.times > times).await;
    }

    async fn until(&self, is_so: impl FnMut(&Presence) -> bool) {
        let mut online = self.online.clone();
        let waiting = online.wait_for(is_so);
        tokio::time::timeout(crate::support::PATIENCE, waiting).await.expect("the deployer is online in time").unwrap();
    }

    /// Work stops before it would report more than this percentage, until it is let go on.
    pub fn hold_at(&self, percent: u8) {
        self.state.gate.send_replace(percent);
    }

    /// Work goes on.
    pub fn go_on(&self) {
        self.state.gate.send_replace(100);
    }

    /// The containers by id.
    pub fn containers(&self) -> HashMap<String, Container> {
        self.state.containers.lock().unwrap().clone()
    }

    /// The app in a container writes; nobody hears of it before the next snapshot.
    pub fn writes(&self, pod: &str, line: &str) {
        let mut containers = self.state.containers.lock().unwrap();
        let container = containers.values_mut().find(|container| container.pod == pod).unwrap();
        container.lines.push(line.to_owned());
    }

    /// The `ASSIGN` frames that came.
    pub fn assigned(&self) -> Vec<Value> {
        self.state.assigned.lock().unwrap().clone()
    }

    /// Every frame that came.
    pub fn heard(&self) -> Vec<Value> {
        self.state.heard.lock().unwrap().clone()
    }

    /// The codes that its socket was closed with.
    pub fn closed(&self) -> Vec<u16> {
        self.state.closed.lock().unwrap().clone()
    }

    /// Sends any frame, right or wrong.
    pub fn say(&self, frame: Value) {
        self.state.frames.send(frame).unwrap();
    }
}

impl State {
    async fn ask(&self, service: &str, query: &str, variables: Value) -> Result<Value, String> {
        let request = self.http.post(format!("{}/{service}/graphql", self.url)).bearer_auth(&self.token);
        let request = request.json(&json!({"query": query, "variables": variables}));
        let mut answer: Value =
            request.send().await.map_err(|error| error.to_string())?.json().await.map_err(|error| error.to_string())?;
        match answer["errors"][0]["message"].as_str() {
            Some(message) => Err(message.to_owned()),
            None => Ok(answer["data"].take()),
        }
    }

    async fn declare(&mut self) {
        let query = "mutation ($i: DeclareBackendInput!) { declareBackend(input: $i) { id } }";
        let backend = self.ask("kabinet", query, json!({"i": {"name": "Docker", "kind": "docker"}})).await.unwrap();
        self.backend = String::from(backend["declareBackend"]["id"].as_str().unwrap());
        let query = "mutation ($i: DeclareResourceInput!) { declareResource(input: $i) { id } }";
        let input = json!({"i": {"backend": self.backend, "localId": "local_docker_node", "name": "Local Node",
            "qualifiers": [{"key": "gpu", "value": "false"}]}});
        let resource = self.ask("kabinet", query, input).await.unwrap();
        self.resource = String::from(resource["declareResource"]["id"].as_str().unwrap());
    }

    async fn register(&self) {
        let query = "mutation ($i: AgentInput!) { ensureAgent(input: $i) { id } }";
        self.ask("rekuest", query, json!({"i": {"name": "deployer"}})).await.unwrap();
        let query = "mutation ($i: ImplementAgentInput!) { implementAgent(input: $i) { id } }";
        let implementations: Vec<_> = ACTIONS.iter().map(|action| self.implementation(action)).collect();
        let input = json!({"i": {"name": "deployer", "states": [], "locks": [], "implementations": implementations}});
        self.ask("rekuest", query, input).await.unwrap();
    }

    fn implementation(&self, (interface, name, things): &(&str, &str, &[&str])) -> Value {
        let port = |key: &str, thing: &str| match self.habits.ports {
            Ports::Structures => {
                json!({"key": key, "kind": "STRUCTURE", "identifier": format!("@kabinet/{thing}"), "nullable": false})
            }
            Ports::Memory => {
                let identifier = format!("kabinet.api.schema.{thing}");
                json!({"key": key, "kind": "MEMORY_STRUCTURE", "identifier": identifier, "nullable": false})
            }
        };
        let key = |thing: &&str| if *thing == "resource" { "target" } else { *thing }.to_owned();
        let arguments: Vec<_> = things.iter().map(|thing| port(&key(thing), thing)).collect();
        json!({"interface": interface, "dependencies": [], "needsToken": true, "effect": "NONE", "definition": {
            "key": interface, "version": "1", "name": name, "kind": "FUNCTION", "description": "No Description",
            "stateful": false, "portGroups": [], "isTestFor": [], "args": arguments,
            "returns": [port("return0", "pod")] }})
    }
}

/// Interface, name, and the structures that it takes.
const ACTIONS: [(&str, &str, &[&str]); 8] = [
    ("deploy_flavour", "Deploy Flavour", &["flavour"]),
    ("deploy", "Deploy", &["release"]),
    ("auto_install", "Auto Install", &["definition"]),
    ("refresh_logs", "Refresh Logs", &["pod"]),
    ("restart", "Restart", &["pod"]),
    ("stop", "Stop", &["pod"]),
    ("remove", "Remove", &["pod"]),
    ("move", "Move", &["pod", "resource"]),
];

/// Stays connected, as the Python runtime does: the same session, again and again.
async fn stay(state: Arc<State>, mut outgoing: mpsc::UnboundedReceiver<Value>, online: watch::Sender<Presence>) {
    let session = uuid::Uuid::new_v4().to_string();
    let mut unsent: Option<Value> = None;
    let mut jobs = work::Jobs::default();
    loop {
        let connected = connect_async(format!("{}/rekuest/agi", state.url.replacen("http", "ws", 1))).await;
        let Ok((mut socket, _)) = connected else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let register = json!({"type": "REGISTER", "id": "r", "token": state.token, "force": false,
            "session_id": session});
        let mut lost = socket.send(Message::text(register.to_string())).await.is_err();
        while !lost {
            if let Some(frame) = unsent.take()
                && socket.send(Message::text(frame.to_string())).await.is_err()
            {
                unsent = Some(frame);
                break;
            }
            tokio::select! {
                frame = outgoing.recv(), if online.borrow().online => unsent = frame,
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => {
                        let frame: Value = serde_json::from_str(&text).unwrap();
                        state.heard.lock().unwrap().push(frame.clone());
                        match frame["type"].as_str().unwrap() {
                            "INIT" => online.send_modify(|it| *it = Presence { online: true, times: it.times + 1 }),
                            "HEARTBEAT" => {
                                let answer = json!({"type": "HEARTBEAT_ANSWER", "id": "h"});
                                lost = socket.send(Message::text(answer.to_string())).await.is_err();
                            }
                            _ => jobs.take(&state, &frame),
                        }
                    }
                    Some(Ok(Message::Close(Some(CloseFrame { code, .. })))) => {
                        state.closed.lock().unwrap().push(code.into());
                        lost = true;
                    }
                    Some(Ok(_)) => {}
                    _ => lost = true,
                },
            }
        }
        online.send_modify(|it| it.online = false);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
