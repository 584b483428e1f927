//! Live feeds, and what the server tells about its own use.

use std::time::Duration;

use kab::server::ClientRole;
use serde_json::json;

use crate::engine::{ASSIGN, begin, connect, hurried, implementation, install, register, task};
use crate::socket::Socket;
use crate::support::{TestServer, eventually};

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
