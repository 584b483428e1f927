//! The agent socket: registration, work, reports, loss and reclaim.

use std::time::Duration;

use kab::server::{AgentTimes, ClientRole, Options};
use serde_json::{Value, json};

use crate::socket::Socket;
use crate::support::{TestServer, eventually};

/// Clocks for tests: everything that a server waits for is over soon.
fn hurried(options: &mut Options) {
    options.agents = AgentTimes { grace: Duration::from_millis(200), ..AgentTimes::default() };
}

/// An action of one structure argument, with these members besides.
fn implementation(interface: &str, effect: &str, idempotent: bool) -> Value {
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
struct Registered {
    token: String,
    agent: String,
    implementations: Value,
}

impl Registered {
    fn implementation(&self, interface: &str) -> Value {
        let all = self.implementations.as_array().unwrap();
        all.iter().find(|one| one["interface"] == interface).unwrap()["id"].clone()
    }
}

async fn register(server: &TestServer) -> Registered {
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

async fn connect(server: &TestServer, token: &str, session: &str) -> (Socket, Value) {
    let mut socket = Socket::open(server, "/rekuest/agi", None).await;
    socket
        .send(json!({"type": "REGISTER", "id": "r", "token": token, "mode": "EXECUTOR", "session_id": session}))
        .await;
    let init = socket.next().await;
    assert_eq!(init["type"], "INIT", "{init}");
    (socket, init)
}

const ASSIGN: &str = "mutation ($i: AssignInput!) { assign(input: $i) {
    id reference isDone latestEventKind actedOn implementation { id } agent { id } caller { client { clientId } } } }";

fn install(implementation: &Value) -> Value {
    json!({"i": {
        "implementation": implementation, "args": {"flavour": {"__identifier": "@kabinet/flavour", "object": "17"}},
        "cached": false, "capture": false, "ephemeral": false, "log": false,
    }})
}

async fn task(server: &TestServer, token: &str, id: &Value) -> Value {
    let query = "query ($t: ID!) { task(id: $t) { id isDone latestEventKind latestInstructKind finishedAt
        events(ordering: [{createdAt: ASC}]) { id kind message progress returns level createdAt } } }";
    server.data("rekuest", token, query, json!({"t": id})).await["task"].take()
}

async fn stands(server: &TestServer, token: &str, id: &Value, kind: &str) -> Value {
    eventually(kind, async || {
        let task = task(server, token, id).await;
        (task["latestEventKind"] == kind).then_some(task)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_install_goes_from_assign_to_completed() {
    let server = TestServer::start().await;
    let engine = register(&server).await;
    let caller = server.token("org.example.store", ClientRole::Interface).await;

    let offline = server.graphql("rekuest", &caller, ASSIGN, install(&engine.implementation("deploy"))).await;
    assert_eq!(offline["errors"][0]["message"], "Agent is not available (not connected, and not a webhook agent)");

    let (mut socket, init) = connect(&server, &engine.token, "s1").await;
    assert_eq!((&init["agent"], &init["inquiries"]), (&json!(engine.agent), &json!([])));
    let mut feed = Socket::graphql(&server, "rekuest", &caller).await;
    feed.subscribe(
        "1",
        "subscription { mytasks { create { id reference latestEventKind agent }
        event { id task kind message progress returns level } } }",
    )
    .await;
    // The subscription is in place once a later operation of the same socket has been answered.
    feed.subscribe("2", "{ agents { active name } }").await;
    assert_eq!(feed.next_data().await["agents"][0]["active"], true);

    let assigned = server.data("rekuest", &caller, ASSIGN, install(&engine.implementation("deploy"))).await;
    let assigned = &assigned["assign"];
    assert_eq!(assigned["actedOn"], json!(["@kabinet/flavour:17"]));
    assert_eq!((&assigned["isDone"], &assigned["latestEventKind"]), (&json!(false), &json!("STARTED")));

    let frame = socket.next_of("ASSIGN").await;
    assert_eq!(frame["task"], assigned["id"]);
    assert_eq!(frame["interface"], "deploy");
    assert_eq!(frame["args"]["flavour"]["object"], "17");
    assert_eq!((&frame["org"], &frame["reference"]), (&json!("local"), &assigned["reference"]));

    let id = &assigned["id"];
    socket.send(json!({"type": "STARTED", "id": "e0", "task": id, "seq": 1})).await;
    let ack = socket.next_of("EVENT_ACK").await;
    assert_eq!((&ack["event"], &ack["task"], &ack["seq"]), (&json!("e0"), id, &json!(1)));
    socket.send(json!({"type": "PROGRESS", "id": "e1", "task": id, "progress": 40, "message": "Pulling"})).await;
    socket.send(json!({"type": "LOG", "id": "e2", "task": id, "message": "odd", "level": "WARNING"})).await;
    let returns = json!({"return0": {"__identifier": "@kabinet/pod", "object": "9"}});
    socket.send(json!({"type": "YIELD", "id": "e3", "task": id, "returns": returns})).await;
    socket.send(json!({"type": "COMPLETED", "id": "e4", "task": id, "seq": 5})).await;
    assert_eq!(socket.next_of("EVENT_ACK").await["event"], "e4");
    // A second end is acknowledged and changes nothing.
    socket.send(json!({"type": "CRITICAL", "id": "e5", "task": id, "error": "late"})).await;
    assert_eq!(socket.next_of("EVENT_ACK").await["event"], "e5");

    let done = task(&server, &caller, id).await;
    assert_eq!((&done["isDone"], &done["latestEventKind"]), (&json!(true), &json!("COMPLETED")));
    let events = done["events"].as_array().unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["STARTED", "PROGRESS", "LOG", "YIELD", "COMPLETED"]);
    assert_eq!((&events[1]["progress"], &events[2]["level"]), (&json!(40), &json!("WARN")));
    assert_eq!(events[3]["returns"], returns);

    let created = feed.next_data().await["mytasks"]["create"].take();
    assert_eq!((&created["id"], &created["agent"]), (id, &json!(engine.agent)));
    for event in events {
        let told = feed.next_data().await["mytasks"]["event"].take();
        assert_eq!((&told["id"], &told["kind"], &told["task"]), (&event["id"], &event["kind"], id));
    }
}
