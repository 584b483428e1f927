//! Tests of everything that goes wrong around an agent: outages, close codes, restarts, work that blocks.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use serde_json::json;
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};

use super::{
    testing::Rekuest,
    tests::{Running, assign, gated, open_task},
    *,
};

const LIMIT: Duration = Duration::from_secs(20);
const OUTAGE: &str = "connection failed: connection to server at \"127.0.0.1\", port 5432 failed: Connection refused";

/// An agent without work, and what it says of its connection.
async fn watched(rekuest: &Rekuest, takeover: Takeover) -> (Running, watch::Receiver<Connection>) {
    let sender = watch::Sender::new(Connection::Connecting);
    let receiver = sender.subscribe();
    let change = |options: &mut Options| {
        options.watch = Some(sender);
        options.takeover = takeover;
    };
    (Running::start(rekuest, change, vec![]).await, receiver)
}

async fn says(connection: &mut watch::Receiver<Connection>, words: &str) {
    let found = connection.wait_for(|state| matches!(state, Connection::Lost { why } if why.contains(words)));
    timeout(LIMIT, found).await.unwrap_or_else(|_| panic!("it does not say `{words}`")).unwrap();
}

#[tokio::test]
async fn a_heartbeat_is_answered_while_work_blocks_the_whole_runtime() {
    let mut rekuest = Rekuest::start().await;
    rekuest.book.lock().unwrap().tasks.extend([open_task("8", "STARTED", "ASSIGN")]);
    let (release, gate) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let blocking = Implementation::new(
        Definition::function("work", "Blocks its thread, as a slow disk does"),
        move |_: Assigned, _: Reporter, _: CancellationToken| {
            // Before the first await, on the only thread of the runtime.
            gate.lock().unwrap().recv_timeout(LIMIT).unwrap();
            async { Ok(()) }
        },
    );
    let options = Options::new("tester", rekuest.session().await, vec![blocking]);
    let shutdown = CancellationToken::new();
    let told = shutdown.clone();
    let ended = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(options, told))
    });
    let mut peer = rekuest.welcome(json!([])).await;
    peer.send(assign("8")).await;
    for number in 0..3 {
        peer.send(json!({"type": "HEARTBEAT", "id": number.to_string()})).await;
        assert_eq!(peer.receive().await["type"], "HEARTBEAT_ANSWER", "nothing else can come: the work blocks");
    }
    release.send(()).unwrap();
    peer.confirm("COMPLETED").await;
    shutdown.cancel();
    ended.join().unwrap().unwrap();
}

#[tokio::test]
async fn a_closed_socket_without_words_is_tried_afresh_and_an_outage_behind_the_server_passes() {
    let mut rekuest = Rekuest::start().await;
    rekuest.book.lock().unwrap().faults = vec![("ensureAgent", OUTAGE)];
    let (agent, mut connection) = watched(&rekuest, Takeover::Ask).await;
    says(&mut connection, "connection failed").await;
    let (peer, _) = rekuest.accept().await;
    rekuest.book.lock().unwrap().faults = vec![("implementAgent", OUTAGE)];
    peer.close(3003).await;
    says(&mut connection, "3003").await;
    rekuest.faults_left(0).await;
    let (peer, hello) = rekuest.accept().await;
    assert_eq!(hello["force"], false);
    assert_eq!(rekuest.book.lock().unwrap().implemented.len(), 2, "registered again before the next attempt");
    peer.send(json!({"type": "INIT", "id": "i", "agent": "2", "inquiries": []})).await;
    timeout(LIMIT, connection.wait_for(|state| matches!(state, Connection::Online { .. }))).await.unwrap().unwrap();
    agent.shutdown.cancel();
    agent.end().await.unwrap();
}

#[tokio::test]
async fn a_schema_error_is_said_and_does_not_end_the_agent() {
    let mut rekuest = Rekuest::start().await;
    let (agent, mut connection) = watched(&rekuest, Takeover::Ask).await;
    let (peer, _) = rekuest.accept().await;
    peer.send(json!({"type": "PROTOCOL_ERROR", "id": "p", "error": "1 validation error\nsession_id: extra"})).await;
    peer.close(3003).await;
    says(&mut connection, "1 validation error session_id: extra").await;
    assert!(!agent.ended.is_finished());
    agent.shutdown.cancel();
    agent.end().await.unwrap();
}

#[tokio::test]
async fn an_occupied_place_is_waited_for_unless_force_is_given() {
    let mut rekuest = Rekuest::start().await;
    let (agent, mut connection) = watched(&rekuest, Takeover::Ask).await;
    let (peer, _) = rekuest.accept().await;
    peer.send(json!({"type": "PROTOCOL_ERROR", "id": "p", "error": "already connected"})).await;
    peer.close(4004).await;
    says(&mut connection, "another process is connected").await;
    agent.shutdown.cancel();
    agent.end().await.unwrap();

    let (agent, _) = watched(&rekuest, Takeover::Force).await;
    let (_peer, hello) = rekuest.accept().await;
    assert_eq!(hello["force"], true);
    agent.shutdown.cancel();
    agent.end().await.unwrap();
}

#[tokio::test]
async fn a_refused_sign_in_ends_it_with_a_clear_failure() {
    let rekuest = Rekuest::start().await;
    rekuest.book.lock().unwrap().faults = vec![("ensureAgent", "Error decoding token")];
    let (agent, _) = watched(&rekuest, Takeover::Ask).await;
    let failure = agent.end().await.unwrap_err().failure("The engine could not be run");
    assert_eq!(failure.kind, FailureKind::SignIn);
    assert!(failure.why.contains("Error decoding token"), "{failure}");
}

#[tokio::test]
async fn a_bounced_agent_comes_back_with_its_session_and_a_cut_one_too() {
    let mut rekuest = Rekuest::start().await;
    let (agent, _) = watched(&rekuest, Takeover::Ask).await;
    let (peer, first) = rekuest.accept().await;
    peer.send(json!({"type": "INIT", "id": "i", "agent": "2", "inquiries": []})).await;
    peer.send(json!({"type": "BOUNCE", "id": "b", "duration": null})).await;
    let (peer, second) = rekuest.accept().await;
    assert_eq!(first["session_id"], second["session_id"]);
    peer.send(json!({"type": "INIT", "id": "i", "agent": "2", "inquiries": []})).await;
    peer.close(3001).await;
    let (peer, third) = rekuest.accept().await;
    assert_eq!(first["session_id"], third["session_id"]);
    drop(peer);
    rekuest.accept().await;
    assert_eq!(rekuest.book.lock().unwrap().implemented.len(), 1, "known already");
    agent.shutdown.cancel();
    agent.end().await.unwrap();
}

#[tokio::test]
async fn a_report_that_the_server_could_not_store_is_kept_while_the_task_is_known() {
    let mut rekuest = Rekuest::start().await;
    let (gate, calls) = (Arc::new(Semaphore::new(1)), Arc::default());
    rekuest.book.lock().unwrap().tasks.extend([open_task("1", "STARTED", "ASSIGN")]);
    let agent = Running::start(&rekuest, |_| {}, vec![gated(&gate, &calls)]).await;
    let mut peer = rekuest.welcome(json!([])).await;
    peer.send(assign("1")).await;
    let word = peer.expect("COMPLETED").await;
    peer.close(3003).await;
    let mut peer = rekuest.welcome(json!([{"task": "1"}])).await;
    assert_eq!(peer.confirm("COMPLETED").await["id"], word["id"]);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    agent.shutdown.cancel();
    agent.end().await.unwrap();
}

#[tokio::test]
async fn an_unconfirmed_last_word_is_sent_unchanged_by_the_next_process() {
    let mut rekuest = Rekuest::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (gate, calls) = (Arc::new(Semaphore::new(1)), Arc::default());
    rekuest.book.lock().unwrap().tasks.extend([open_task("1", "STARTED", "ASSIGN")]);
    let keep = |options: &mut Options| options.state_dir = Some(folder.path().to_owned());
    let agent = Running::start(&rekuest, keep, vec![gated(&gate, &calls)]).await;
    let mut peer = rekuest.welcome(json!([])).await;
    peer.send(assign("1")).await;
    let word = peer.expect("COMPLETED").await;
    agent.ended.abort();
    drop(peer);

    // Its server has marked the task as lost meanwhile: what is known of it counts more.
    let (_, mut task) = open_task("1", "DISCONNECTED", "ASSIGN");
    task["events"] = json!([{"kind": "YIELD"}]);
    rekuest.book.lock().unwrap().tasks.insert("1".into(), task);
    let agent = Running::start(&rekuest, keep, vec![gated(&gate, &calls)]).await;
    let mut peer = rekuest.welcome(json!([])).await;
    peer.send(assign("1")).await;
    let again = peer.receive().await;
    assert_eq!(again, word, "and no second result, since the server has it");
    peer.send(json!({"type": "EVENT_ACK", "id": "a", "event": again["id"], "task": "1", "seq": 1})).await;
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    agent.shutdown.cancel();
    agent.end().await.unwrap();
    let left = std::fs::read_to_string(folder.path().join("reports.json")).unwrap();
    assert_eq!(left, "[]");
}

#[tokio::test]
async fn assignments_of_an_earlier_session_are_looked_up_before_they_are_begun() {
    let mut rekuest = Rekuest::start().await;
    let (_, mut done) = open_task("1", "COMPLETED", "ASSIGN");
    done["isDone"] = json!(true);
    rekuest.book.lock().unwrap().tasks.extend([("1".to_owned(), done), open_task("3", "STARTED", "ASSIGN")]);
    // Neither the list of open tasks nor a single one can be had at first.
    rekuest.book.lock().unwrap().faults = vec![("tasks(", OUTAGE), ("AgentTask", OUTAGE), ("AgentTask", OUTAGE)];
    let (gate, calls) = (Arc::new(Semaphore::new(1)), Arc::default());
    let agent = Running::start(&rekuest, |_| {}, vec![gated(&gate, &calls)]).await;
    let mut peer = rekuest.welcome(json!([])).await;
    for task in ["1", "2", "3"] {
        peer.send(assign(task)).await;
    }
    assert_eq!(peer.confirm("COMPLETED").await["task"], "3", "1 is done, 2 is unknown");
    rekuest.faults_left(0).await;
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    agent.shutdown.cancel();
    agent.end().await.unwrap();
}
