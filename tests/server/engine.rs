//! An agent for tests: registers over GraphQL, and speaks over the agent socket.

use std::time::Duration;

use kab::server::{AgentTimes, ClientRole, Options};
use serde_json::{Value, json};

use crate::socket::Socket;
use crate::support::{TestServer, eventually};

/// Clocks for tests: everything that a server waits for is over soon.
pub fn hurried(options: &mut Options) {
    options.agents = AgentTimes { grace: Duration::from_millis(200), ..AgentTimes::default() };
}

/// An action of one structure argument, with these members besides.
pub fn implementation(interface: &str, effect: &str, idempotent: bool) -> Value {
    json!({
        "interface": interface, "dependencies": [], "needsToken": false, "effect": effect,
        "definition": {
            "key": interface, "version": "1", "name": interface, "kind": "FUNCTION", "description": "d",
            "stateful": false, "portGroups": [], "isTestFor": [], "idempotent": idempotent,
            "args": [
                {"key": "flavour", "kind": "STRUCTURE", "identifier": "@kabinet/flavour", "nullable": false},
                {"key": "note", "kind": "STRING", "nullable": true},
            ],
            "returns": [{"key": "return0", "kind": "STRUCTURE", "identifier": "@kabinet/pod", "nullable": false}],
        },
    })
}

/// An agent that has registered over GraphQL, with the ids of its implementations.
pub struct Registered {
    pub token: String,
    pub agent: String,
    implementations: Value,
}

impl Registered {
    pub fn implementation(&self, interface: &str) -> Value {
        let all = self.implementations.as_array().unwrap();
        all.iter().find(|one| one["interface"] == interface).unwrap()["id"].clone()
    }
}

pub async fn register(server: &TestServer) -> Registered {
    let token = server.token("org.example.engine", ClientRole::Agent).await;
    let ensure = "mutation ($i: AgentInput!) { ensureAgent(input: $i) { id hash name active client { clientId } } }";
    let ensured = server.data("rekuest", &token, ensure, json!({"i": {"name": "Engine"}})).await;
    assert_eq!(ensured["ensureAgent"]["active"], false);
    let implement = "mutation ($i: ImplementAgentInput!) { implementAgent(input: $i) {
        id hash implementations { id interface action { id hash key version } } } }";
    let input = json!({"i": {
        "name": "Engine on a workstation", "hash": "h1", "states": [], "locks": [], "instanceId": "default",
        "implementations": [
            implementation("deploy", "NONE", false),
            implementation("move_stage", "PHYSICAL", false),
            implementation("measure", "NONE", true),
        ],
    }});
    let agent = server.data("rekuest", &token, implement, input).await["implementAgent"].take();
    assert_eq!(agent["hash"], "h1");
    Registered {
        token,
        agent: agent["id"].as_str().unwrap().to_owned(),
        implementations: agent["implementations"].clone(),
    }
}

pub async fn connect(server: &TestServer, token: &str, session: &str) -> (Socket, Value) {
    let mut socket = Socket::open(server, "/rekuest/agi", None).await;
    socket
        .send(json!({"type": "REGISTER", "id": "r", "token": token, "mode": "EXECUTOR", "session_id": session}))
        .await;
    let init = socket.next().await;
    assert_eq!(init["type"], "INIT", "{init}");
    (socket, init)
}

pub const ASSIGN: &str = "mutation ($i: AssignInput!) { assign(input: $i) {
    id reference isDone latestEventKind actedOn implementation { id } agent { id } caller { client { clientId } } } }";

pub fn install(implementation: &Value) -> Value {
    json!({"i": {
        "implementation": implementation, "args": {"flavour": {"__identifier": "@kabinet/flavour", "object": "17"}},
        "cached": false, "capture": false, "ephemeral": false, "log": false,
    }})
}

pub async fn task(server: &TestServer, token: &str, id: &Value) -> Value {
    let query = "query ($t: ID!) { task(id: $t) { id isDone latestEventKind latestInstructKind finishedAt
        events(ordering: [{createdAt: ASC}]) { id kind message progress returns level createdAt } } }";
    server.data("rekuest", token, query, json!({"t": id})).await["task"].take()
}

pub async fn stands(server: &TestServer, token: &str, id: &Value, kind: &str) -> Value {
    eventually(kind, async || {
        let task = task(server, token, id).await;
        (task["latestEventKind"] == kind).then_some(task)
    })
    .await
}

/// Assigns, and waits until the agent has said that it works on it.
pub async fn begin(server: &TestServer, socket: &mut Socket, engine: &Registered, interface: &str) -> Value {
    let assigned = server.data("rekuest", &engine.token, ASSIGN, install(&engine.implementation(interface))).await;
    let id = assigned["assign"]["id"].clone();
    assert_eq!(socket.next_of("ASSIGN").await["task"], id);
    socket.send(json!({"type": "STARTED", "id": "s", "task": id})).await;
    assert_eq!(socket.next_of("EVENT_ACK").await["task"], id);
    id
}
