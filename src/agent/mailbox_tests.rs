//! Tests of the mailbox.

use super::*;

fn drain(mailbox: &Mailbox) -> Vec<Value> {
    let mut sent = Vec::new();
    while let Post::Send(text) = mailbox.next(Instant::now()) {
        sent.push(serde_json::from_str(&text).unwrap());
    }
    sent
}

fn kinds(frames: &[Value]) -> Vec<&str> {
    frames.iter().map(|frame| frame["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn reports_leave_in_their_order_and_the_last_word_stays_until_confirmed() {
    let mailbox = Mailbox::open(None);
    mailbox.start("81", NodeKind::Function);
    mailbox.progress("81", 10, "a".into());
    mailbox.log("81", Level::Warn, "careful");
    mailbox.result("81", json!({"return0": 1})).await;
    mailbox.progress("81", 90, "b".into());
    mailbox.end("81", &Outcome::Completed);
    mailbox.end("81", &Outcome::Critical("too late".into()));
    let sent = drain(&mailbox);
    assert_eq!(kinds(&sent), ["STARTED", "LOG", "YIELD", "PROGRESS", "COMPLETED"]);
    assert!(sent.iter().all(|frame| frame["task"] == "81"));
    let sequence: Vec<_> = sent.iter().map(|frame| frame["seq"].as_u64().unwrap()).collect();
    assert!(sequence.iter().all(|number| *number > 0));

    mailbox.resend();
    let again = drain(&mailbox);
    assert_eq!(again, [sent[4].clone()], "unchanged, and the result was sent already");
    mailbox.confirmed(sent[4]["id"].as_str().unwrap());
    mailbox.resend();
    assert!(drain(&mailbox).is_empty() && mailbox.is_settled());
}

#[tokio::test]
async fn a_result_that_did_not_arrive_goes_before_the_last_word() {
    let mailbox = Mailbox::open(None);
    mailbox.start("1", NodeKind::Function);
    mailbox.result("1", json!({"return0": 1})).await;
    mailbox.end("1", &Outcome::Completed);
    drain(&mailbox);
    assert_eq!(mailbox.doubtful(), ["1"]);
    mailbox.result_lost("1");
    mailbox.resend();
    assert_eq!(kinds(&drain(&mailbox)), ["YIELD", "COMPLETED"]);
}

#[tokio::test]
async fn a_function_that_ends_while_the_socket_is_away_sends_a_lost_result_once_more() {
    let mailbox = Mailbox::open(None);
    mailbox.start("1", NodeKind::Function);
    mailbox.result("1", json!({"return0": 1})).await;
    assert_eq!(kinds(&drain(&mailbox)), ["STARTED", "YIELD"]);
    mailbox.progress("1", 100, "Ready".into());
    mailbox.end("1", &Outcome::Completed);
    assert_eq!(mailbox.doubtful(), ["1"]);
    mailbox.result_lost("1");
    mailbox.resend();
    assert_eq!(kinds(&drain(&mailbox)), ["PROGRESS", "YIELD", "COMPLETED"]);
}

#[tokio::test]
async fn results_of_a_generator_are_never_sent_again() {
    let mailbox = Mailbox::open(None);
    mailbox.start("1", NodeKind::Generator);
    mailbox.result("1", json!({"return0": ["line"]})).await;
    mailbox.end("1", &Outcome::Cancelled);
    drain(&mailbox);
    assert!(mailbox.doubtful().is_empty());
    mailbox.resend();
    assert_eq!(kinds(&drain(&mailbox)), ["CANCELLED"]);
}

#[test]
fn last_words_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("reports.json");
    let mailbox = Mailbox::open(Some(file.clone()));
    mailbox.start("7", NodeKind::Function);
    mailbox.end("7", &Outcome::Failed("no room".into()));
    drop(mailbox);

    let mailbox = Mailbox::open(Some(file.clone()));
    assert!(mailbox.is_kept("7"));
    mailbox.resend();
    let sent = drain(&mailbox);
    assert_eq!(sent[0]["error"], "no room");
    mailbox.confirmed(sent[0]["id"].as_str().unwrap());
    drop(mailbox);
    assert!(!Mailbox::open(Some(file)).is_kept("7"));
}

#[test]
fn logs_are_dropped_and_counted_when_full() {
    let mailbox = Mailbox::open(None);
    mailbox.start("1", NodeKind::Function);
    for number in 0..ROOM + 10 {
        mailbox.log("1", Level::Info, &format!("line {number}"));
    }
    assert_eq!(drain(&mailbox).len(), ROOM);
    mailbox.log("1", Level::Info, "after");
    let sent = drain(&mailbox);
    assert_eq!(sent.len(), 2);
    assert!(sent[0]["message"].as_str().unwrap().starts_with("11 log messages were dropped"));
}

#[tokio::test]
async fn a_result_waits_for_room_and_is_let_go_when_the_task_ends() {
    let mailbox = std::sync::Arc::new(Mailbox::open(None));
    mailbox.start("1", NodeKind::Function);
    for _ in 0..ROOM - 1 {
        mailbox.result("1", Value::Null).await;
    }
    let mut waiting = Box::pin(mailbox.result("1", json!("last")));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    drain(&mailbox);
    waiting.await;
    assert_eq!(drain(&mailbox).len(), 1);
}

#[test]
fn nothing_is_said_about_tasks_that_the_server_does_not_know() {
    let mailbox = Mailbox::open(None);
    mailbox.start("1", NodeKind::Function);
    mailbox.start("2", NodeKind::Function);
    mailbox.end("2", &Outcome::Completed);
    mailbox.forget("1");
    mailbox.progress("1", 5, "x".into());
    mailbox.log("1", Level::Info, "x");
    assert!(drain(&mailbox).iter().all(|frame| frame["task"] == "2"));
    assert_eq!(mailbox.tasks(), ["2"]);
}

#[tokio::test]
async fn whether_a_result_of_an_earlier_process_arrived_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("reports.json");
    let mailbox = Mailbox::open(Some(file.clone()));
    mailbox.start("1", NodeKind::Function);
    mailbox.result("1", json!({"return0": 1})).await;
    mailbox.end("1", &Outcome::Completed);
    // It leaves after the file was written.
    assert_eq!(kinds(&drain(&mailbox)), ["STARTED", "YIELD", "COMPLETED"]);
    drop(mailbox);
    let mailbox = Mailbox::open(Some(file));
    assert_eq!(mailbox.doubtful(), ["1"]);
    mailbox.resend();
    assert_eq!(kinds(&drain(&mailbox)), ["COMPLETED"], "not twice");
}
