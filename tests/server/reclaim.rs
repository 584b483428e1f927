//! Agents that are lost, return, or are started again.

use serde_json::json;

use crate::engine::{ASSIGN, begin, connect, hurried, install, register, stands, task};
use crate::socket::Socket;
use crate::support::{TestServer, eventually};

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
