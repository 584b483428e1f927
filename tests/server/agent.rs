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

/// Assigns, and waits until the agent has said that it works on it.
async fn begin(server: &TestServer, socket: &mut Socket, engine: &Registered, interface: &str) -> Value {
    let assigned = server.data("rekuest", &engine.token, ASSIGN, install(&engine.implementation(interface))).await;
    let id = assigned["assign"]["id"].clone();
    assert_eq!(socket.next_of("ASSIGN").await["task"], id);
    socket.send(json!({"type": "STARTED", "id": "s", "task": id})).await;
    assert_eq!(socket.next_of("EVENT_ACK").await["task"], id);
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_process_is_asked_about_its_open_tasks_after_a_blip() {
    let server = TestServer::start().await;
    let engine = register(&server).await;
    let (mut socket, _) = connect(&server, &engine.token, "s1").await;
    let id = begin(&server, &mut socket, &engine, "deploy").await;
    drop(socket);
    let (mut socket, init) = connect(&server, &engine.token, "s1").await;
    assert_eq!(init["inquiries"], json!([{"task": id}]));
    socket.send(json!({"type": "PROGRESS", "task": id, "progress": 60})).await;
    socket.send(json!({"type": "COMPLETED", "id": "c", "task": id})).await;
    assert_eq!(socket.next_of("EVENT_ACK").await["event"], "c");
    assert_eq!(task(&server, &engine.token, &id).await["latestEventKind"], "COMPLETED");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_that_the_agent_never_mentioned_is_sent_again() {
    let server = TestServer::start().await;
    let engine = register(&server).await;
    let (mut socket, _) = connect(&server, &engine.token, "s1").await;
    let assigned = server.data("rekuest", &engine.token, ASSIGN, install(&engine.implementation("deploy"))).await;
    assert_eq!(socket.next_of("ASSIGN").await["task"], assigned["assign"]["id"]);
    drop(socket);
    let (mut socket, init) = connect(&server, &engine.token, "s1").await;
    assert_eq!(init["inquiries"], json!([]));
    assert_eq!(socket.next_of("ASSIGN").await["task"], assigned["assign"]["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_process_finds_its_tasks_settled_by_their_kind() {
    let server = TestServer::start().await;
    let engine = register(&server).await;
    let (mut socket, _) = connect(&server, &engine.token, "s1").await;
    let plain = begin(&server, &mut socket, &engine, "deploy").await;
    let physical = begin(&server, &mut socket, &engine, "move_stage").await;
    let idempotent = begin(&server, &mut socket, &engine, "measure").await;
    drop(socket);
    let (mut socket, init) = eventually("the place is free", async || {
        let mut socket = Socket::open(&server, "/rekuest/agi", None).await;
        socket.send(json!({"type": "REGISTER", "token": engine.token, "session_id": "s2"})).await;
        let first = socket.next().await;
        (first["type"] == "INIT").then_some((socket, first))
    })
    .await;
    assert_eq!(init["inquiries"], json!([]));
    let plain = stands(&server, &engine.token, &plain, "DISCONNECTED").await;
    assert_eq!(plain["isDone"], false);
    let physical = stands(&server, &engine.token, &physical, "CRITICAL").await;
    assert_eq!(physical["isDone"], true);
    assert_eq!(socket.next_of("ASSIGN").await["task"], idempotent);
    assert_eq!(task(&server, &engine.token, &idempotent).await["latestEventKind"], "QUEUED");
    // Reports about a task of the earlier process count.
    socket.send(json!({"type": "FAILED", "id": "f", "task": plain["id"], "error": "restarted"})).await;
    assert_eq!(socket.next_of("EVENT_ACK").await["event"], "f");
    assert_eq!(task(&server, &engine.token, &plain["id"]).await["isDone"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_settled_when_the_grace_is_over_and_go_on_when_the_agent_returns() {
    let server = TestServer::start_with(hurried).await;
    let engine = register(&server).await;
    let (mut socket, _) = connect(&server, &engine.token, "s1").await;
    let id = begin(&server, &mut socket, &engine, "deploy").await;
    drop(socket);
    let lost = stands(&server, &engine.token, &id, "DISCONNECTED").await;
    assert_eq!(lost["events"].as_array().unwrap().last().unwrap()["message"], "Agent disconnected. Fate unknown");
    let (mut socket, init) = connect(&server, &engine.token, "s1").await;
    assert_eq!(init["inquiries"], json!([{"task": id}]));
    socket.send(json!({"type": "PROGRESS", "task": id, "progress": 70})).await;
    stands(&server, &engine.token, &id, "STARTED").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_whose_agent_is_gone_can_still_be_ended() {
    let server = TestServer::start_with(hurried).await;
    let engine = register(&server).await;
    let (mut socket, _) = connect(&server, &engine.token, "s1").await;
    let id = begin(&server, &mut socket, &engine, "deploy").await;
    drop(socket);
    stands(&server, &engine.token, &id, "DISCONNECTED").await;
    let cancel = "mutation ($i: CancelInput!) { cancel(input: $i) { id isDone latestEventKind } }";
    let ended = server.data("rekuest", &engine.token, cancel, json!({"i": {"task": id}})).await;
    assert_eq!(ended["cancel"], json!({"id": id, "isDone": true, "latestEventKind": "CANCELLED"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_has_two_phases() {
    let server = TestServer::start().await;
    let engine = register(&server).await;
    let (mut socket, _) = connect(&server, &engine.token, "s1").await;
    let id = begin(&server, &mut socket, &engine, "deploy").await;
    let cancel = "mutation ($i: CancelInput!) { cancel(input: $i) { id isDone latestInstructKind } }";
    let asked = server.data("rekuest", &engine.token, cancel, json!({"i": {"task": id}})).await;
    assert_eq!(asked["cancel"], json!({"id": id, "isDone": false, "latestInstructKind": "CANCEL"}));
    assert_eq!(socket.next_of("CANCEL").await["task"], id);
    socket.send(json!({"type": "CANCELLED", "id": "c", "task": id})).await;
    socket.next_of("EVENT_ACK").await;
    let task = task(&server, &engine.token, &id).await;
    let kinds: Vec<_> = task["events"].as_array().unwrap().iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(kinds, [json!("STARTED"), json!("CANCELLING"), json!("CANCELLED")]);
    let again = server.graphql("rekuest", &engine.token, cancel, json!({"i": {"task": id}})).await;
    assert_eq!(again["errors"][0]["message"], "Task is already terminal");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_starts_again_keeps_open_tasks() {
    let server = TestServer::start().await;
    let engine = register(&server).await;
    let (mut socket, _) = connect(&server, &engine.token, "s1").await;
    let id = begin(&server, &mut socket, &engine, "deploy").await;
    let server = server.restart(|_| ()).await;
    // Tokens outlive the process too.
    let agents = server.data("rekuest", &engine.token, "{ agents { connected active } }", json!({})).await;
    assert_eq!(agents["agents"], json!([{"connected": false, "active": false}]));
    let (_socket, init) = connect(&server, &engine.token, "s1").await;
    assert_eq!(init["inquiries"], json!([{"task": id}]));
}

async fn refused(server: &TestServer, first: &str) -> u16 {
    let mut socket = Socket::open(server, "/rekuest/agi", None).await;
    socket.send_text(first).await;
    socket.close_code().await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_of_the_socket_has_its_code() {
    let server = TestServer::start().await;
    assert_eq!(refused(&server, "notjson").await, 3002);
    assert_eq!(refused(&server, r#"{"type": "HEARTBEAT_ANSWER"}"#).await, 3003);
    assert_eq!(refused(&server, r#"{"type": "REGISTER", "token": "bad"}"#).await, 3003);
    let no_agent = server.token("org.example.other", ClientRole::Agent).await;
    assert_eq!(refused(&server, &json!({"type": "REGISTER", "token": no_agent}).to_string()).await, 3003);
    let mut socket = Socket::open(&server, "/rekuest/agi", None).await;
    socket.send(json!({"type": "NOPE"})).await;
    assert_eq!(socket.next().await["type"], "PROTOCOL_ERROR");
    assert_eq!(socket.close_code().await, 3003);

    let engine = register(&server).await;
    let (mut first, _) = connect(&server, &engine.token, "s1").await;
    let other = json!({"type": "REGISTER", "token": engine.token, "session_id": "s2"});
    assert_eq!(refused(&server, &other.to_string()).await, 4004);
    let mut second = Socket::open(&server, "/rekuest/agi", None).await;
    second.send(json!({"type": "REGISTER", "token": engine.token, "session_id": "s2", "force": true})).await;
    assert_eq!(second.next().await["type"], "INIT");
    assert_eq!(first.close_code().await, 4005);

    let block = "mutation ($i: BlockInput!) { block(input: $i) { id blocked } }";
    let input = json!({"i": {"agent": engine.agent, "reason": "maintenance"}});
    assert_eq!(server.data("rekuest", &engine.token, block, input).await["block"]["blocked"], true);
    assert_eq!(second.next_of("KICK").await["reason"], "maintenance");
    assert_eq!(second.close_code().await, 4003);
    assert_eq!(refused(&server, &other.to_string()).await, 4003);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_answers_no_heartbeat_is_hung_up_on() {
    let server = TestServer::start_with(|options| {
        options.agents.heartbeat = Duration::from_millis(50);
        options.agents.answer = Duration::from_millis(100);
    })
    .await;
    let engine = register(&server).await;
    let (mut socket, _) = connect(&server, &engine.token, "s1").await;
    for _ in 0..3 {
        socket.next_of("HEARTBEAT").await;
        socket.send(json!({"type": "HEARTBEAT_ANSWER"})).await;
    }
    assert_eq!(socket.close_code().await, 3001);
    eventually("the agent is noted as gone", async || {
        let agents = server.data("rekuest", &engine.token, "{ agents { connected } }", json!({})).await;
        (agents["agents"][0]["connected"] == false).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_about_an_unknown_task_is_no_reason_to_hang_up() {
    let server = TestServer::start().await;
    let engine = register(&server).await;
    let (mut socket, _) = connect(&server, &engine.token, "s1").await;
    socket.send(json!({"type": "PROGRESS", "task": "999999", "progress": 1})).await;
    assert_eq!(socket.next().await["type"], "PROTOCOL_ERROR");
    socket.send(json!({"type": "CRITICAL", "id": "x", "task": "999999", "error": "lost"})).await;
    assert_eq!(socket.next().await["type"], "PROTOCOL_ERROR");
    assert_eq!(socket.next().await["event"], "x");
    // A message that is too long is cut.
    let id = begin(&server, &mut socket, &engine, "deploy").await;
    let error = "x".repeat(40_000);
    socket.send(json!({"type": "FAILED", "id": "f", "task": id, "error": error})).await;
    assert_eq!(socket.next_of("EVENT_ACK").await["event"], "f");
    let task = task(&server, &engine.token, &id).await;
    let kept = task["events"].as_array().unwrap().last().unwrap()["message"].as_str().unwrap().to_owned();
    assert_eq!(kept.chars().count(), 30_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ephemeral_task_is_heard_but_not_kept() {
    let server = TestServer::start_with(|options| {
        hurried(options);
        options.ephemeral_life = Duration::from_millis(100);
    })
    .await;
    let engine = register(&server).await;
    let (mut socket, _) = connect(&server, &engine.token, "s1").await;
    let mut feed = Socket::graphql(&server, "rekuest", &engine.token).await;
    feed.subscribe("1", "subscription { tasks { create { id } event { id kind message returns } } }").await;
    feed.subscribe("2", "{ __typename }").await;
    feed.next_of("next").await;
    let mut input = install(&engine.implementation("deploy"));
    input["i"]["ephemeral"] = json!(true);
    let id = server.data("rekuest", &engine.token, ASSIGN, input).await["assign"]["id"].clone();
    socket.next_of("ASSIGN").await;
    for line in ["one", "two"] {
        socket.send(json!({"type": "YIELD", "task": id, "returns": {"return0": [line]}})).await;
    }
    assert_eq!(feed.next_data().await["tasks"]["create"]["id"], id);
    let mut ids = Vec::new();
    for line in ["one", "two"] {
        let event = feed.next_data().await["tasks"]["event"].take();
        assert_eq!(event["returns"]["return0"][0], line);
        ids.push(event["id"].as_str().unwrap().parse::<i64>().unwrap());
    }
    assert!(ids[0] < ids[1]);
    assert_eq!(task(&server, &engine.token, &id).await["events"], json!([]));
    socket.send(json!({"type": "COMPLETED", "id": "c", "task": id})).await;
    socket.next_of("EVENT_ACK").await;
    eventually("the task is forgotten", async || {
        let tasks = server.data("rekuest", &engine.token, "{ tasks { id } }", json!({})).await;
        (tasks["tasks"] == json!([])).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_makes_one_task_per_caller() {
    let server = TestServer::start().await;
    let engine = register(&server).await;
    let (_socket, _) = connect(&server, &engine.token, "s1").await;
    let mut input = install(&engine.implementation("deploy"));
    input["i"]["reference"] = json!("mine");
    let first = server.data("rekuest", &engine.token, ASSIGN, input.clone()).await;
    let again = server.data("rekuest", &engine.token, ASSIGN, input.clone()).await;
    assert_eq!(first["assign"]["id"], again["assign"]["id"]);
    let other = server.token("org.example.store", ClientRole::Interface).await;
    let third = server.data("rekuest", &other, ASSIGN, input).await;
    assert_ne!(first["assign"]["id"], third["assign"]["id"]);
    let found = "query ($f: TaskFilter) { tasks(filters: $f, ordering: [{createdAt: DESC}]) { id } }";
    let found = server.data("rekuest", &other, found, json!({"f": {"reference": "mine"}})).await;
    assert_eq!(found["tasks"], json!([{"id": third["assign"]["id"]}, {"id": first["assign"]["id"]}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_name_the_work_finds_it() {
    let server = TestServer::start().await;
    let engine = register(&server).await;
    let (_socket, _) = connect(&server, &engine.token, "s1").await;
    let find = "query ($f: ImplementationFilter) { implementations(filters: $f) { id interface
        agent { id active client { clientId } } action { id hash args { key kind identifier nullable } } } }";
    let filter = json!({"f": {
        "agent": {"ids": [engine.agent]}, "interface": {"exact": "deploy"},
        "action": {"demands": [
            {"kind": "ARGS", "matches": [{"at": 0, "kind": "STRUCTURE", "identifier": "@kabinet/flavour"}]},
            {"kind": "RETURNS", "matches": [{"at": 0, "kind": "STRUCTURE", "identifier": "@kabinet/pod"}]},
        ]},
    }});
    let found = server.data("rekuest", &engine.token, find, filter).await;
    assert_eq!(found["implementations"].as_array().unwrap().len(), 1);
    let found = &found["implementations"][0];
    assert_eq!(found["id"], engine.implementation("deploy"));
    let none = json!({"f": {"action": {"demands": [{"kind": "ARGS", "matches": [{"key": "pod"}]}]}}});
    assert_eq!(server.data("rekuest", &engine.token, find, none).await["implementations"], json!([]));

    let args = json!({"flavour": {"__identifier": "@kabinet/flavour", "object": "17"}});
    for target in [
        json!({"action": found["action"]["id"]}),
        json!({"actionHash": found["action"]["hash"]}),
        json!({"agent": engine.agent, "interface": "deploy"}),
    ] {
        let mut input = target;
        input["args"] = args.clone();
        let task = server.data("rekuest", &engine.token, ASSIGN, json!({"i": input})).await;
        assert_eq!(task["assign"]["implementation"]["id"], engine.implementation("deploy"));
    }
    let missing = json!({"i": {"implementation": engine.implementation("deploy"), "args": {"note": "x"}}});
    let missing = server.graphql("rekuest", &engine.token, ASSIGN, missing).await;
    assert_eq!(missing["errors"][0]["message"], "deploy needs the argument flavour");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organisation_sees_and_steers_nothing() {
    let server = TestServer::start().await;
    let engine = register(&server).await;
    let (mut socket, _) = connect(&server, &engine.token, "s1").await;
    let id = begin(&server, &mut socket, &engine, "deploy").await;
    let kab::server::NewToken::Client(stranger) =
        server.server.add_token("lab", "bob", kab::server::TokenKind::Client).await.unwrap()
    else {
        panic!("a client token was asked for")
    };
    let stranger = server.server.issue_access_token(&stranger).await.unwrap();
    let all = "{ agents { id } actions { id } implementations { id } tasks { id } myTasks { id } states { id } }";
    let all = server.data("rekuest", &stranger, all, json!({})).await;
    assert!(all.as_object().unwrap().values().all(|list| *list == json!([])), "{all}");
    for (document, input, what) in [
        ("query ($i: ID!) { task(id: $i) { id } }", id.clone(), "Task"),
        ("query ($i: ID!) { agent(id: $i) { id } }", json!(engine.agent), "Agent"),
        ("query ($i: ID!) { implementation(id: $i) { id } }", engine.implementation("deploy"), "Implementation"),
        ("mutation ($i: ID!) { cancel(input: {task: $i}) { id } }", id.clone(), "Task"),
        ("mutation ($i: ID!) { block(input: {agent: $i}) { id } }", json!(engine.agent), "Agent"),
        ("mutation ($i: ID!) { deleteAgent(input: {id: $i}) }", json!(engine.agent), "Agent"),
    ] {
        let reply = server.graphql("rekuest", &stranger, document, json!({"i": input})).await;
        assert_eq!(reply["errors"][0]["message"], format!("{what} matching query does not exist."));
    }
    let assign = server.graphql("rekuest", &stranger, ASSIGN, install(&engine.implementation("deploy"))).await;
    assert_eq!(assign["errors"][0]["message"], "Implementation matching query does not exist.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_is_the_whole_truth() {
    let server = TestServer::start().await;
    let engine = register(&server).await;
    let mut feed = Socket::graphql(&server, "rekuest", &engine.token).await;
    let watch = format!(
        "subscription {{ implementations(agent: {}) {{ create {{ interface }} update {{ interface }} delete }} }}",
        engine.agent
    );
    feed.subscribe("1", &watch).await;
    let mut actions = Socket::graphql(&server, "rekuest", &engine.token).await;
    actions.subscribe("1", "subscription { newActions(cage: 1) { key } }").await;
    for socket in [&mut feed, &mut actions] {
        socket.subscribe("2", "{ __typename }").await;
        socket.next_of("next").await;
    }
    let implement =
        "mutation ($i: ImplementAgentInput!) { implementAgent(input: $i) { implementations { interface } } }";
    let input = json!({"i": {"hash": "h2", "implementations": [
        implementation("measure", "NONE", true), implementation("fresh", "NONE", false)]}});
    let agent = server.data("rekuest", &engine.token, implement, input).await;
    assert_eq!(agent["implementAgent"]["implementations"], json!([{"interface": "measure"}, {"interface": "fresh"}]));
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(feed.next_data().await["implementations"].take());
    }
    assert_eq!(told[0]["create"]["interface"], "fresh");
    assert_eq!(told[1]["update"]["interface"], "measure");
    assert!(told[2..].iter().all(|one| one["delete"].is_string()));
    assert_eq!(actions.next_data().await["newActions"]["key"], "fresh");
}

#[tokio::test(flavor = "multi_thread")]
async fn children_are_fed_and_end_with_their_parent() {
    let server = TestServer::start().await;
    let engine = register(&server).await;
    let (mut socket, _) = connect(&server, &engine.token, "s1").await;
    let parent = begin(&server, &mut socket, &engine, "deploy").await;
    let mut feed = Socket::graphql(&server, "rekuest", &engine.token).await;
    feed.subscribe("1", &format!("subscription {{ childTasks(id: {parent}) {{ create {{ id parent root }} update {{ id latestEventKind }} }} }}")).await;
    feed.subscribe("2", "{ __typename }").await;
    feed.next_of("next").await;
    let mut input = install(&engine.implementation("deploy"));
    input["i"]["parent"] = parent.clone();
    let child = server.data("rekuest", &engine.token, ASSIGN, input).await["assign"]["id"].clone();
    assert_eq!(socket.next_of("ASSIGN").await["parent"], parent);
    let created = feed.next_data().await["childTasks"]["create"].take();
    assert_eq!(created, json!({"id": child, "parent": parent, "root": parent}));
    let cancel = "mutation ($i: CancelInput!) { cancel(input: $i) { children { id } } }";
    let children = server.data("rekuest", &engine.token, cancel, json!({"i": {"task": parent}})).await;
    assert_eq!(children["cancel"]["children"], json!([{"id": child}]));
    assert_eq!(socket.next_of("CANCEL").await["task"], parent);
    assert_eq!(socket.next_of("CANCEL").await["task"], child);
    socket.send(json!({"type": "CANCELLED", "id": "c", "task": child})).await;
    assert_eq!(feed.next_data().await["childTasks"]["update"], json!({"id": child, "latestEventKind": "CANCELLED"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_and_their_tasks_are_fed() {
    let server = TestServer::start().await;
    let engine = register(&server).await;
    let mut agents = Socket::graphql(&server, "rekuest", &engine.token).await;
    agents.subscribe("1", "subscription { agents { create { id } update { id connected } delete } }").await;
    let mut tasks = Socket::graphql(&server, "rekuest", &engine.token).await;
    let watch = format!(
        "subscription {{ agentTasks(agent: {}) {{ create {{ id args }} update {{ id isDone }} }} }}",
        engine.agent
    );
    tasks.subscribe("1", &watch).await;
    for socket in [&mut agents, &mut tasks] {
        socket.subscribe("2", "{ __typename }").await;
        socket.next_of("next").await;
    }
    let (mut socket, _) = connect(&server, &engine.token, "s1").await;
    assert_eq!(agents.next_data().await["agents"]["update"], json!({"id": engine.agent, "connected": true}));
    let id = begin(&server, &mut socket, &engine, "deploy").await;
    assert_eq!(tasks.next_data().await["agentTasks"]["create"]["id"], id);
    socket.send(json!({"type": "COMPLETED", "task": id})).await;
    let mut update = tasks.next_data().await["agentTasks"]["update"].take();
    if update["isDone"] == false {
        // That was STARTED.
        update = tasks.next_data().await["agentTasks"]["update"].take();
    }
    assert_eq!(update, json!({"id": id, "isDone": true}));
    drop(socket);
    assert_eq!(agents.next_data().await["agents"]["update"], json!({"id": engine.agent, "connected": false}));
}

#[tokio::test(flavor = "multi_thread")]
async fn engines_hear_of_a_changed_poll_interval() {
    let server = TestServer::start().await;
    let token = server.token("org.example.engine", ClientRole::Agent).await;
    let mut feed = Socket::graphql(&server, "rekuest", &token).await;
    feed.subscribe("1", "subscription { engineSettings { pollIntervalSeconds } }").await;
    assert_eq!(feed.next_data().await["engineSettings"]["pollIntervalSeconds"], 5.0);
    server.server.set_engine_poll_interval(Duration::from_millis(1500));
    assert_eq!(feed.next_data().await["engineSettings"]["pollIntervalSeconds"], 1.5);
    let asked = server.data("rekuest", &token, "{ engineSettings { pollIntervalSeconds } }", json!({})).await;
    assert_eq!(asked["engineSettings"]["pollIntervalSeconds"], 1.5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_on_counts_as_use_unless_it_is_the_servers_own() {
    let server = TestServer::start().await;
    assert!(!server.server.activity().await.unwrap().is_in_use());
    let manifest = kab::server::Manifest::for_everything("live.kab.engine", "1");
    let own = server.server.built_in_client_token(&manifest, ClientRole::Agent).await.unwrap();
    let own = server.server.issue_access_token(&own).await.unwrap();
    server.data("rekuest", &own, "mutation { ensureAgent(input: {}) { id } }", json!({})).await;
    let (_socket, _) = connect(&server, &own, "s").await;
    assert!(!server.server.activity().await.unwrap().is_in_use());

    let engine = register(&server).await;
    let (mut socket, _) = connect(&server, &engine.token, "s1").await;
    let used = server.server.activity().await.unwrap();
    assert_eq!((used.connections, used.agents, used.tasks), (1, 1, 0));
    let id = begin(&server, &mut socket, &engine, "deploy").await;
    assert_eq!(server.server.activity().await.unwrap().tasks, 1);
    socket.send(json!({"type": "COMPLETED", "id": "c", "task": id})).await;
    socket.next_of("EVENT_ACK").await;
    drop(socket);
    eventually("nothing goes on any more", async || {
        (!server.server.activity().await.unwrap().is_in_use()).then_some(())
    })
    .await;
}
