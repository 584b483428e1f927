//! Sockets that break, agents that misbehave, and what is pushed all the same.

use std::{collections::BTreeSet, time::Duration};

use futures_util::StreamExt as _;
use kab::{
    domain::{TaskId, TaskState},
    server::ClientRole,
    services::{Change, Delivery, Topic},
};
use serde_json::{Value, json};

use crate::{
    deployer::Habits,
    face::{Face, Generation, Service, Transport},
    installs::House,
    raw::Raw,
    support::{PATIENCE, eventually},
};

#[tokio::test(flavor = "multi_thread")]
async fn kabinet_acknowledges_everybody_and_refuses_what_it_cannot_do() {
    let face = Face::start(Generation::First).await;
    let token = face.token("org.example.listener", ClientRole::Interface).await;
    let mut raw = Raw::graphql(&face, "kabinet", &token).await;
    raw.operation("1", "subscription{pods{id status created progress}}", json!({})).await;
    let dead = json!({"id": "1", "type": "error", "payload": [{"message": "'Channel' object has no attribute 'alisten'",
        "locations": [{"line": 1, "column": 14}], "path": ["pods"]}]});
    assert_eq!(raw.next().await, dead);
    raw.operation("2", "subscription($p:ID!){pod(podId:$p){id status}}", json!({"p": "999"})).await;
    assert_eq!(raw.next().await["payload"][0]["message"], "Pod matching query does not exist.");
    raw.operation("3", "subscription{pods{nope}}", json!({})).await;
    let words = "Cannot query field 'nope' on type 'PodUpdateMessage'.";
    assert_eq!(raw.next().await["payload"][0], json!({"message": words, "locations": [{"line": 1, "column": 19}]}));
    raw.operation("4", "mutation { rescanRepos { id } }", json!({})).await;
    assert!(raw.next().await["payload"][0]["message"].as_str().unwrap().starts_with("Mutations are not allowed"));
    raw.operation("5", "{me{sub}}", json!({})).await;
    assert_eq!(raw.next().await["payload"]["data"]["me"]["sub"], "1");
    assert_eq!(raw.next().await, json!({"id": "5", "type": "complete"}));
    raw.operation("6", "subscription{pods{", json!({})).await;
    assert_eq!(raw.end().await.1, Some(4400));

    for service in ["kabinet", "rekuest"] {
        let mut stranger = Raw::graphql(&face, service, "nope").await;
        let list = if service == "kabinet" { "subscription{pods{id}}" } else { "subscription{mytasks{create{id}}}" };
        stranger.operation("1", list, json!({})).await;
        assert_eq!(stranger.next().await, json!({"id": "1", "type": "complete"}));
        stranger.operation("2", "{__typename}", json!({})).await;
        let answer = stranger.next().await;
        assert_eq!(
            (&answer["type"], &answer["payload"][0]["message"]),
            (&json!("error"), &json!("Error decoding token header"))
        );
    }
    let mut mute = Raw::open(&face, "/kabinet/graphql", None).await;
    assert_eq!(mute.end().await.1, Some(4406));
    let mut hasty = Raw::open(&face, "/kabinet/graphql/", Some("graphql-transport-ws")).await;
    hasty.operation("1", "{me{sub}}", json!({})).await;
    assert_eq!(hasty.end().await.1, Some(4401));
}

async fn refused(house: &House, frames: &[Value]) -> (Vec<Value>, Option<u16>) {
    let mut raw = Raw::open(&house.face, "/rekuest/agi", None).await;
    for frame in frames {
        raw.send(frame).await;
    }
    raw.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn rekuest_hangs_up_on_agents_that_say_something_wrong() {
    let house = House::of(Habits::default()).await;
    let agent = house.face.token("org.example.other", ClientRole::Agent).await;
    let ensure = "mutation { ensureAgent(input: {name: \"Other\"}) { id } }";
    assert!(house.face.ask("rekuest", &agent, ensure, json!({})).await["errors"].is_null());
    let register = json!({"type": "REGISTER", "id": "r", "token": agent, "force": true, "session_id": "s"});
    let mut old = register.clone();
    old["instance_id"] = json!("default");
    let (frames, code) = refused(&house, &[old]).await;
    assert_eq!((&frames[0]["type"], code), (&json!("PROTOCOL_ERROR"), Some(3003)));
    let bad_token = json!({"type": "REGISTER", "token": "nope", "session_id": "s"});
    assert_eq!(refused(&house, &[bad_token]).await, (vec![], Some(3003)));
    for (frame, told) in [
        (json!({"type": "NOPE"}), true),
        (json!({"type": "LOG", "task": "1", "message": "m", "level": "WARNING"}), true),
        (json!({"type": "FAILED", "id": "f", "task": "1", "error": "x".repeat(30_001)}), false),
        (json!({"type": "PROGRESS", "id": "p", "task": "999999", "progress": 1, "message": "m"}), false),
        (json!({"type": "COMPLETED", "id": "c", "task": "999999"}), false),
        (register.clone(), false),
    ] {
        let (frames, code) = refused(&house, &[register.clone(), frame.clone()]).await;
        let errors = frames.iter().filter(|frame| frame["type"] == "PROTOCOL_ERROR").count();
        assert_eq!((errors == 1, code), (told, Some(3003)), "{frame}");
    }
    let mut raw = Raw::open(&house.face, "/rekuest/agi", None).await;
    raw.send_text("not json").await;
    assert_eq!(raw.end().await.1, Some(3002));
    for code in [3001, 4003, 4004, 4005] {
        house.face.script().close_next_agent(code);
        assert_eq!(refused(&house, std::slice::from_ref(&register)).await.1, Some(code));
    }
    house.face.script().expire_tokens();
    assert_eq!(refused(&house, &[register]).await, (vec![], Some(3003)));
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_that_are_cut_again_and_again_lose_and_double_no_event_of_a_task() {
    let house = House::of(Habits::default()).await;
    house.face.script().sockets_last(Some(Duration::from_millis(150)));
    house.cut().await;
    let task = loop {
        // The engine is away for moments; its agent counts as offline then.
        if let Ok(task) = house.store.install(&house.flavour, &house.engine).await {
            break task;
        }
    };
    let events = house.followed(&task).await;
    let seen: Vec<_> = events.iter().map(|event| event.id.as_str().to_owned()).collect();
    let (task, whole) = house.store.task(&task.id).await.unwrap();
    let expected: Vec<_> = whole.iter().map(|event| event.id.as_str().to_owned()).collect();
    assert_eq!(seen, expected);
    assert_eq!(task.state, TaskState::Done);
    assert_eq!(house.store.pods().await.unwrap().len(), 1);
}

/// Listens as the terminal does: reads when told to, and takes the events, until the task has ended. The connection is
/// cut twice; `settled` says when work may go on after the last one.
async fn listened(house: &House, settled: impl AsyncFn(usize)) -> (BTreeSet<String>, TaskId) {
    let mut changes = house.store.changes();
    let mut known = BTreeSet::new();
    let mut connections = 0;
    house.deployer.hold_at(0);
    let task = house.install().await.id;
    loop {
        let read = match changes.next().await.unwrap() {
            Change::Connected { topics, delivery } if topics.contains(&Topic::Tasks) => {
                assert_eq!(delivery, Delivery::Pushed);
                connections += 1;
                settled(connections).await;
                if connections < 3 {
                    house.face.link().cut_all();
                }
                true
            }
            Change::Stale(Topic::Tasks) => true,
            Change::Event(event) => {
                assert!(known.insert(event.id.as_str().to_owned()), "{event:?} came twice");
                event.kind.state().is_some_and(TaskState::is_done)
            }
            _ => false,
        };
        if !read || connections < 3 {
            continue;
        }
        let (state, events) = house.store.task(&task).await.unwrap();
        known.extend(events.iter().map(|event| event.id.as_str().to_owned()));
        if state.state.is_done() {
            return (known, task);
        }
        house.deployer.go_on();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_reads_when_told_to_knows_everything_although_sockets_are_cut() {
    let house = House::of(Habits::default()).await;
    let settled = async |connections: usize| {
        // Tasks and agents of each connection.
        let feeds = || house.face.script().feeds();
        eventually("the subscriptions are in place", async || (feeds() >= 2 * connections).then_some(())).await;
    };
    let (known, task) = tokio::time::timeout(PATIENCE * 2, listened(&house, settled)).await.expect("it ends in time");
    let (_, whole) = house.store.task(&task).await.unwrap();
    let expected: BTreeSet<_> = whole.iter().map(|event| event.id.as_str().to_owned()).collect();
    assert_eq!(known, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_hears_of_the_end_although_its_subscription_began_late() {
    let house = House::of(Habits::default()).await;
    house.face.script().subscriptions_begin_after(Duration::from_millis(1500));
    let listening = listened(&house, async |_| {});
    tokio::time::timeout(PATIENCE * 2, listening).await.expect("the end is heard of in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_are_polled_where_the_server_cannot_push_them() {
    let house = House::of(Habits::default()).await;
    let mut changes = house.store.changes();
    let listening = async {
        let mut connected = false;
        loop {
            match changes.next().await.unwrap() {
                Change::Connected { topics, delivery } if topics.contains(&Topic::Pods) => {
                    assert_eq!(delivery, Delivery::Polled);
                    connected = true;
                }
                Change::Stale(Topic::Pods) if connected => break,
                Change::Lost { failure, .. } => panic!("{failure:?}"),
                _ => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, listening).await.expect("pods are polled in time");
    let requests = house.face.requests();
    let asked =
        |request: &&crate::face::Request| request.service == Service::Kabinet && request.transport == Transport::Socket;
    assert_eq!(requests.0.iter().filter(asked).count(), 0);
    assert_eq!(requests.errors(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_restarts_is_lost_and_found_again() {
    let mut house = House::of(Habits::default()).await;
    let mut changes = house.store.changes();
    let (mut lost, mut found) = (BTreeSet::new(), BTreeSet::new());
    let name = |topics: &[Topic]| format!("{:?}", topics[0]);
    let listening = async {
        let mut down = false;
        while found.len() < 2 || lost.len() < 2 {
            match changes.next().await.unwrap() {
                Change::Connected { topics, .. } => {
                    if lost.contains(&name(&topics)) {
                        found.insert(name(&topics));
                    } else if !down && topics.contains(&Topic::Tasks) {
                        house.face.down().await;
                        down = true;
                    }
                }
                Change::Lost { topics, .. } => {
                    lost.insert(name(&topics));
                    if lost.len() == 2 {
                        house.face.up().await;
                    }
                }
                _ => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE * 3, listening).await.expect("it is found again in time");
    assert_eq!(house.store.all_apps().await.unwrap().len(), 5);
}
