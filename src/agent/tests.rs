//! Tests of the runtime against a socket that the test speaks on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinHandle, time::timeout};

use super::{testing::Rekuest, *};
use crate::domain::PortKind;

const LIMIT: Duration = Duration::from_secs(20);

pub(super) struct Running {
    pub(super) shutdown: CancellationToken,
    pub(super) ended: JoinHandle<Result<(), Error>>,
}

impl Running {
    pub(super) async fn start(
        rekuest: &Rekuest,
        change: impl FnOnce(&mut Options),
        offers: Vec<Implementation>,
    ) -> Self {
        let mut options = Options::new("tester", rekuest.session().await, offers);
        change(&mut options);
        let shutdown = CancellationToken::new();
        let ended = tokio::spawn(run(options, shutdown.clone()));
        Self { shutdown, ended }
    }

    pub(super) async fn end(self) -> Result<(), Error> {
        timeout(LIMIT, self.ended).await.expect("the agent did not end").unwrap()
    }
}

/// An action that answers when the gate opens, and undoes nothing when it is cancelled.
pub(super) fn gated(gate: &Arc<Semaphore>, calls: &Arc<AtomicUsize>) -> Implementation {
    let (gate, calls) = (Arc::clone(gate), Arc::clone(calls));
    let definition = Definition::function("work", "Works").returns(PortSpec::new("return0", PortKind::Int));
    Implementation::new(definition, move |_task: Assigned, reporter: Reporter, cancel: CancellationToken| {
        let (gate, calls) = (Arc::clone(&gate), Arc::clone(&calls));
        async move {
            calls.fetch_add(1, Ordering::SeqCst);
            reporter.progress(10, "at it");
            match cancel.run_until_cancelled(gate.acquire()).await {
                None => Err(TaskError::Cancelled),
                Some(permit) => {
                    permit.unwrap().forget();
                    reporter.yield_result(json!({"return0": 1})).await;
                    Ok(())
                }
            }
        }
    })
}

pub(super) fn assign(task: &str) -> Value {
    json!({"type": "ASSIGN", "id": "x", "task": task, "interface": "work", "action": "h", "implementation": "1", "args": {},
           "reference": "r", "user": "1", "org": "local", "parent": null, "token": null, "unheard": true})
}

pub(super) fn open_task(id: &str, kind: &str, instruct: &str) -> (String, Value) {
    let task = json!({"id": id, "isDone": false, "latestEventKind": kind, "latestInstructKind": instruct,
                      "args": {"pod": "9"}, "implementation": {"interface": "work"}, "events": []});
    (id.to_owned(), task)
}

#[tokio::test]
async fn work_is_registered_done_and_reported_once() {
    let mut rekuest = Rekuest::start().await;
    let (gate, calls) = (Arc::new(Semaphore::new(1)), Arc::default());
    rekuest.book.lock().unwrap().tasks.extend([open_task("81", "STARTED", "ASSIGN")]);
    let agent = Running::start(&rekuest, |_| {}, vec![gated(&gate, &calls)]).await;
    let (mut peer, hello) = rekuest.accept().await;
    let members: Vec<_> = hello.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["type", "id", "token", "force", "session_id"], "unknown members are forbidden here");
    peer.send(json!({"type": "INIT", "id": "i", "agent": "2", "inquiries": []})).await;
    peer.send(json!({"type": "SOMETHING_NEW", "id": "n"})).await;
    peer.send(assign("81")).await;
    peer.send(assign("81")).await;
    peer.confirm("STARTED").await;
    assert_eq!(peer.expect("YIELD").await["returns"]["return0"], 1);
    assert_eq!(peer.confirm("COMPLETED").await["task"], "81");
    peer.send(assign("81")).await;
    peer.send(json!({"type": "HEARTBEAT", "id": "h"})).await;
    assert_eq!(peer.receive().await["type"], "HEARTBEAT_ANSWER");
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert_eq!(rekuest.book.lock().unwrap().implemented[0]["implementations"][0]["interface"], "work");
    agent.shutdown.cancel();
    agent.end().await.unwrap();
}

#[tokio::test]
async fn a_heartbeat_is_answered_while_work_blocks_and_cancel_ends_it() {
    let mut rekuest = Rekuest::start().await;
    let (gate, calls) = (Arc::new(Semaphore::new(0)), Arc::default());
    rekuest.book.lock().unwrap().tasks.extend([open_task("8", "STARTED", "ASSIGN")]);
    let agent = Running::start(&rekuest, |_| {}, vec![gated(&gate, &calls)]).await;
    let mut peer = rekuest.welcome(json!([])).await;
    peer.send(assign("8")).await;
    peer.confirm("STARTED").await;
    peer.send(json!({"type": "HEARTBEAT", "id": "h"})).await;
    peer.expect("HEARTBEAT_ANSWER").await;
    peer.send(json!({"type": "CANCEL", "id": "c", "task": "8"})).await;
    peer.confirm("CANCELLED").await;
    agent.shutdown.cancel();
    agent.end().await.unwrap();
}

#[tokio::test]
async fn a_blip_keeps_the_session_and_resends_the_last_word_with_its_result() {
    let mut rekuest = Rekuest::start().await;
    let (gate, calls) = (Arc::new(Semaphore::new(0)), Arc::default());
    rekuest.book.lock().unwrap().tasks.extend([open_task("1", "STARTED", "ASSIGN")]);
    let agent = Running::start(&rekuest, |_| {}, vec![gated(&gate, &calls)]).await;
    let (mut first, hello) = rekuest.accept().await;
    first.send(json!({"type": "INIT", "id": "i", "agent": "2", "inquiries": []})).await;
    first.send(assign("1")).await;
    first.expect("STARTED").await;
    drop(first);

    let (mut second, again) = rekuest.accept().await;
    assert_eq!(hello["session_id"], again["session_id"]);
    second.send(json!({"type": "INIT", "id": "i", "agent": "2", "inquiries": [{"task": "1"}]})).await;
    assert_eq!(second.expect("PROGRESS").await["message"], "at it", "the inquiry is answered");
    gate.add_permits(1);
    let word = second.expect("COMPLETED").await;
    drop(second);

    // The server has no YIELD of the task, so the result was lost with the connection.
    let mut third = rekuest.welcome(json!([{"task": "1"}])).await;
    third.expect("YIELD").await;
    assert_eq!(third.confirm("COMPLETED").await["id"], word["id"], "unchanged");
    agent.shutdown.cancel();
    agent.end().await.unwrap();
}

#[tokio::test]
async fn a_new_session_settles_what_an_earlier_process_left() {
    let mut rekuest = Rekuest::start().await;
    rekuest.book.lock().unwrap().tasks.extend([
        open_task("1", "DISCONNECTED", "ASSIGN"),
        open_task("2", "DISCONNECTED", "CANCEL"),
        open_task("3", "QUEUED", "ASSIGN"),
    ]);
    let settle = |options: &mut Options| {
        options.settle = Some(Arc::new(|old: OldTask| async move {
            match old.wanted {
                Wanted::Still => Settled::Completed(Some(json!({"return0": old.args["pod"]}))),
                Wanted::NoMore => Settled::Cancelled,
            }
        }));
    };
    let calls = Arc::default();
    let agent = Running::start(&rekuest, settle, vec![gated(&Arc::new(Semaphore::new(0)), &calls)]).await;
    let mut peer = rekuest.welcome(json!([])).await;
    // A frame of the earlier session: its task is not begun again.
    peer.send(assign("1")).await;
    assert_eq!(peer.expect("YIELD").await["returns"]["return0"], "9");
    assert_eq!(peer.confirm("COMPLETED").await["task"], "1");
    assert_eq!(peer.confirm("CANCELLED").await["task"], "2");
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    agent.shutdown.cancel();
    agent.end().await.unwrap();
}

#[tokio::test]
async fn kick_block_and_displacement_end_the_agent_with_a_reason() {
    for (code, expected) in
        [(None, "asked this agent to leave: maintenance"), (Some(4003), "blocked"), (Some(4005), "place")]
    {
        let mut rekuest = Rekuest::start().await;
        let agent = Running::start(&rekuest, |_| {}, vec![]).await;
        let peer = rekuest.welcome(json!([])).await;
        match code {
            None => peer.send(json!({"type": "KICK", "id": "k", "reason": "maintenance"})).await,
            Some(code) => peer.close(code).await,
        }
        let error = agent.end().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{code:?}: {error}");
        // A supervisor that restarts what failed leaves these alone, by their exit code.
        assert_eq!(error.failure("It ended").kind, FailureKind::SignIn);
    }
}

#[tokio::test]
async fn a_task_that_the_server_does_not_know_is_not_mentioned_again() {
    let mut rekuest = Rekuest::start().await;
    let (gate, calls) = (Arc::new(Semaphore::new(1)), Arc::default());
    let agent = Running::start(&rekuest, |_| {}, vec![gated(&gate, &calls)]).await;
    rekuest.book.lock().unwrap().tasks.extend([open_task("404", "STARTED", "ASSIGN")]);
    let mut peer = rekuest.welcome(json!([])).await;
    peer.send(assign("404")).await;
    peer.expect("COMPLETED").await;
    rekuest.book.lock().unwrap().tasks.clear();
    peer.close(3003).await;
    let mut peer = rekuest.welcome(json!([])).await;
    peer.send(json!({"type": "HEARTBEAT", "id": "h"})).await;
    assert_eq!(peer.receive().await["type"], "HEARTBEAT_ANSWER", "nothing was resent");
    agent.shutdown.cancel();
    agent.end().await.unwrap();
}

#[tokio::test]
async fn stopping_the_program_ends_its_work_and_says_so() {
    let mut rekuest = Rekuest::start().await;
    let (gate, calls) = (Arc::new(Semaphore::new(0)), Arc::default());
    rekuest.book.lock().unwrap().tasks.extend([open_task("5", "STARTED", "ASSIGN")]);
    let agent = Running::start(&rekuest, |_| {}, vec![gated(&gate, &calls)]).await;
    let mut peer = rekuest.welcome(json!([])).await;
    peer.send(assign("5")).await;
    peer.confirm("STARTED").await;
    agent.shutdown.cancel();
    let word = peer.confirm("CRITICAL").await;
    assert!(word["error"].as_str().unwrap().contains("stopped"));
    agent.end().await.unwrap();
}

#[tokio::test]
async fn work_that_breaks_down_is_reported_and_the_agent_lives() {
    let mut rekuest = Rekuest::start().await;
    rekuest
        .book
        .lock()
        .unwrap()
        .tasks
        .extend([open_task("1", "STARTED", "ASSIGN"), open_task("2", "STARTED", "ASSIGN")]);
    let broken = Implementation::new(
        Definition::function("work", "Breaks down"),
        |task: Assigned, _: Reporter, _: CancellationToken| async move {
            assert_ne!(task.task, "1", "broken on purpose");
            Err(TaskError::failed("no such thing"))
        },
    );
    let agent = Running::start(&rekuest, |_| {}, vec![broken]).await;
    let mut peer = rekuest.welcome(json!([])).await;
    peer.send(assign("1")).await;
    peer.confirm("CRITICAL").await;
    peer.send(assign("2")).await;
    assert_eq!(peer.confirm("FAILED").await["error"], "no such thing");
    agent.shutdown.cancel();
    agent.end().await.unwrap();
}
