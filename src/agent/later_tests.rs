//! Tests of what an agent does after it was let in once: refusals that pass, questions about old tasks, its own leaving.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};

use super::{
    testing::{Peer, Rekuest},
    tests::{Running, assign, gated, open_task},
    *,
};

const LIMIT: Duration = Duration::from_secs(20);
const OUTAGE: &str = "connection failed: connection to server at \"127.0.0.1\", port 5432 failed: Connection refused";

async fn acknowledge(peer: &Peer, frame: &Value) {
    peer.send(json!({"type": "EVENT_ACK", "id": "a", "event": frame["id"], "task": frame["task"], "seq": 1})).await;
}

#[tokio::test]
async fn a_service_that_rejects_a_fresh_token_is_waited_out_and_a_blocked_membership_is_not() {
    for (words, is_waited_out) in [
        ("Error decoding token", true),
        ("Cannot query field 'ensureAgent' on type 'Mutation'.", true),
        ("Membership is blocked", false),
    ] {
        let mut rekuest = Rekuest::start().await;
        let sender = watch::Sender::new(Connection::Connecting);
        let mut connection = sender.subscribe();
        let agent = Running::start(&rekuest, |options| options.watch = Some(sender), vec![]).await;
        let peer = rekuest.welcome(json!([])).await;
        rekuest.book.lock().unwrap().faults = vec![("ensureAgent", words)];
        peer.close(3003).await;
        if is_waited_out {
            let told = connection.wait_for(|state| matches!(state, Connection::Lost { why } if why.contains(words)));
            timeout(LIMIT, told).await.expect(words).unwrap();
            assert!(!agent.ended.is_finished(), "{words}");
            agent.shutdown.cancel();
            agent.end().await.unwrap();
        } else {
            assert!(agent.end().await.unwrap_err().to_string().contains(words));
        }
    }
}

#[tokio::test]
async fn a_new_start_of_a_known_agent_is_not_ended_by_what_passes_slowly() {
    let rekuest = Rekuest::start().await;
    rekuest.book.lock().unwrap().faults = vec![("ensureAgent", "Cannot query field 'ensureAgent'.")];
    let acquaintance = Acquaintance::default();
    acquaintance.make();
    let sender = watch::Sender::new(Connection::Connecting);
    let mut connection = sender.subscribe();
    let change = |options: &mut Options| {
        options.watch = Some(sender);
        options.acquaintance = acquaintance;
    };
    let agent = Running::start(&rekuest, change, vec![]).await;
    let told = connection.wait_for(|state| matches!(state, Connection::Lost { .. }));
    timeout(LIMIT, told).await.unwrap().unwrap();
    assert!(!agent.ended.is_finished());
    agent.shutdown.cancel();
    agent.end().await.unwrap();
}

#[tokio::test]
async fn a_question_about_a_task_of_an_earlier_process_is_answered_by_what_is_there() {
    let mut rekuest = Rekuest::start().await;
    rekuest.book.lock().unwrap().tasks.extend([open_task("1", "DISCONNECTED", "ASSIGN")]);
    // The list of open tasks cannot be had, so that the question comes before everything is settled.
    rekuest.book.lock().unwrap().faults = vec![("tasks(", OUTAGE); 40];
    let settle = |options: &mut Options| {
        options.settle =
            Some(Arc::new(|old: OldTask| async move { Settled::Completed(Some(json!({"return0": old.args["pod"]}))) }));
    };
    let calls = Arc::default();
    let agent = Running::start(&rekuest, settle, vec![gated(&Arc::new(Semaphore::new(0)), &calls)]).await;
    drop(rekuest.welcome(json!([])).await);
    let mut peer = rekuest.welcome(json!([{"task": "1"}])).await;
    assert_eq!(peer.expect("YIELD").await["returns"]["return0"], "9");
    assert_eq!(peer.confirm("COMPLETED").await["task"], "1");
    agent.shutdown.cancel();
    agent.end().await.unwrap();
}

#[tokio::test]
async fn what_is_assigned_while_the_program_leaves_is_answered() {
    let mut rekuest = Rekuest::start().await;
    let (gate, calls) = (Arc::new(Semaphore::new(0)), Arc::default());
    rekuest
        .book
        .lock()
        .unwrap()
        .tasks
        .extend([open_task("5", "STARTED", "ASSIGN"), open_task("6", "STARTED", "ASSIGN")]);
    let agent = Running::start(&rekuest, |_| {}, vec![gated(&gate, &calls)]).await;
    let mut peer = rekuest.welcome(json!([])).await;
    peer.send(assign("5")).await;
    peer.confirm("STARTED").await;
    agent.shutdown.cancel();
    let last = peer.expect("CRITICAL").await;
    // It waits for the confirmation; meanwhile somebody asks for more.
    peer.send(assign("6")).await;
    let refused = peer.expect("CRITICAL").await;
    assert_eq!(refused["task"], "6");
    assert!(refused["error"].as_str().unwrap().contains("being stopped"), "{refused}");
    acknowledge(&peer, &last).await;
    acknowledge(&peer, &refused).await;
    agent.end().await.unwrap();
    assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_assignment_that_cannot_be_understood_is_answered() {
    let mut rekuest = Rekuest::start().await;
    let agent = Running::start(&rekuest, |_| {}, vec![]).await;
    let mut peer = rekuest.welcome(json!([])).await;
    peer.send(json!({"type": "ASSIGN", "id": "x", "task": 7, "interface": {"new": "form"}})).await;
    let word = peer.confirm("CRITICAL").await;
    assert_eq!(word["task"], "7");
    assert!(word["error"].as_str().unwrap().contains("cannot be understood"), "{word}");
    agent.shutdown.cancel();
    agent.end().await.unwrap();
}

#[tokio::test]
async fn a_generator_does_not_keep_an_agent_that_was_away_for_long() {
    let mut rekuest = Rekuest::start().await;
    rekuest.book.lock().unwrap().tasks.extend([open_task("8", "STARTED", "ASSIGN")]);
    let endless = Implementation::new(
        Definition::generator("work", "Follows something without an end"),
        |_: Assigned, _: Reporter, cancel: CancellationToken| async move {
            cancel.cancelled().await;
            Err(TaskError::Cancelled)
        },
    );
    let change = |options: &mut Options| options.give_up_after = Some(Duration::ZERO);
    let agent = Running::start(&rekuest, change, vec![endless]).await;
    let mut peer = rekuest.welcome(json!([])).await;
    peer.send(assign("8")).await;
    peer.confirm("STARTED").await;
    drop(peer);
    assert!(matches!(agent.end().await, Err(Error::Away)));
}
