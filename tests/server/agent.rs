//! The agent socket: work, reports, control, and every way to be hung up on.

use std::time::Duration;

use kab::server::ClientRole;
use serde_json::json;

use crate::engine::{ASSIGN, begin, connect, install, register, task};
use crate::socket::Socket;
use crate::support::{TestServer, eventually};

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

async fn refused(server: &TestServer, first: &str) -> u16 {
    let mut socket = Socket::open(server, "/rekuest/agi", None).await;
    socket.send_text(first).await;
    socket.close_code().await
}
