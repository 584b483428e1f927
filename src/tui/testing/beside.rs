//! The end of a pod's log beside its details: asked for when its row rests, and never behind somebody's back.

use super::{Driver, fixtures};
use crate::domain::{Failure, LogLine, LogSource, Moment, Speed};
use crate::tui::effect::{Effect, Ticket};
use crate::tui::log::Reach;
use crate::tui::message::{LogKind, Message};

/// At the list of pods, on the one that runs.
fn at_a_pod() -> Driver {
    let mut driver = Driver::full(160, 50).wait(7_000).keys("4 j j");
    driver.asked();
    driver
}

fn asked(driver: &mut Driver) -> Vec<(Ticket, String)> {
    let logs = driver.asked().into_iter().filter_map(|effect| match effect {
        Effect::Log { ticket, pod, reach: Reach::Newest(100), .. } => Some((ticket, pod.to_string())),
        _ => None,
    });
    logs.collect()
}

fn with_log() -> Driver {
    let mut driver = at_a_pod().wait(1_000);
    let (ticket, _) = asked(&mut driver).remove(0);
    driver.send(Message::LogLines(ticket, LogKind::Live, fixtures::log().into()))
}

#[test]
fn the_end_of_the_log_stands_beside_a_pod_that_is_looked_at() {
    let driver = with_log();
    driver.picture("pods-log-160x50");
    let screen = driver.screen();
    assert!(screen.contains("log  LIVE  l opens it"), "{screen}");
    let last = fixtures::log().pop().unwrap();
    let words = last.text.split_whitespace().last().unwrap().to_owned();
    assert!(screen.contains(&words), "{words} is in {screen}");
}

#[test]
fn it_is_asked_for_when_the_row_rests_and_left_when_another_one_is_chosen() {
    let mut driver = at_a_pod();
    assert!(driver.app.wakes_at().is_some_and(|at| at.0 <= driver.now.0 + 700));
    for _ in 0..3 {
        driver = driver.pass(600).keys("j").pass(600).keys("k");
        assert_eq!(asked(&mut driver), [], "who goes through the list asks for nothing");
    }
    let mut driver = driver.pass(700);
    let (ticket, pod) = asked(&mut driver).remove(0);
    assert_eq!(pod, "15");
    let mut driver = driver.pass(60_000);
    assert_eq!(asked(&mut driver), [], "once is enough");
    let mut driver = driver.keys("j");
    assert_eq!(driver.asked(), [Effect::LeaveLog(ticket)]);
    // What was on its way belongs to nobody.
    let driver = driver.send(Message::LogLines(ticket, LogKind::Live, fixtures::log().into()));
    assert!(!driver.screen().contains("LIVE"), "{}", driver.screen());
}

#[test]
fn nothing_is_asked_for_over_a_slow_link_elsewhere_or_while_nobody_looks() {
    let mut slow = at_a_pod().send(Message::Link(Speed::Slow)).wait(5_000);
    assert_eq!(asked(&mut slow), []);
    assert!(slow.screen().contains("Not read, as the link is slow. l reads it."), "{}", slow.screen());
    let mut away = at_a_pod().send(Message::FocusLost).wait(5_000);
    assert_eq!(asked(&mut away), []);
    let mut back = away.send(Message::FocusGained).wait(5_000);
    assert_eq!(asked(&mut back).len(), 1);
    let mut narrow = Driver::full(120, 40).wait(7_000).keys("4 j j").wait(5_000);
    assert_eq!(asked(&mut narrow), []);
    let mut zoomed = at_a_pod().keys("+ +").wait(5_000);
    assert_eq!(asked(&mut zoomed), [], "{}", zoomed.screen());
    let mut apps = at_a_pod().keys("2").wait(5_000);
    assert_eq!(asked(&mut apps), []);
}

#[test]
fn it_is_left_when_nobody_looks_any_more_and_when_the_log_itself_is_opened() {
    for leaving in [Message::FocusLost, Message::Link(Speed::Slow)] {
        let mut driver = with_log();
        driver.asked();
        let mut driver = driver.send(leaving);
        assert!(matches!(driver.asked().as_slice(), [Effect::LeaveLog(_)]));
    }
    let mut driver = with_log().keys("l");
    assert!(driver.asked().iter().any(|effect| matches!(effect, Effect::LeaveLog(_))));
}

#[test]
fn a_snapshot_gives_way_to_what_comes_live_and_never_grows_without_end() {
    let line = |at: i64| LogLine { at: Some(Moment(at)), source: LogSource::Stdout, text: format!("line {at}") };
    let mut driver = at_a_pod().wait(1_000);
    let (ticket, _) = asked(&mut driver).remove(0);
    let kept = LogKind::Snapshot { taken_at: Some(Moment(driver.now.0 - 3_600_000)) };
    let driver = driver.send(Message::LogLines(ticket, kept, (0..3).map(line).collect::<Vec<_>>().into()));
    assert!(driver.screen().contains("SNAPSHOT 1h old") && driver.screen().contains("line 2"), "{}", driver.screen());
    let driver = driver.send(Message::LogLines(ticket, LogKind::Live, (1..5_000).map(line).collect::<Vec<_>>().into()));
    assert!(driver.screen().contains("LIVE") && driver.screen().contains("line 4999"), "{}", driver.screen());
    assert_eq!(driver.app.beside().unwrap().lines.len(), 100);
}

#[test]
fn an_engine_that_cannot_stream_is_asked_once() {
    let mut driver = at_a_pod().wait(1_000);
    let (ticket, _) = asked(&mut driver).remove(0);
    let mut driver = driver.send(Message::LogLines(ticket, LogKind::Polled { seconds: 5 }, fixtures::log().into()));
    assert_eq!(driver.asked(), [Effect::LeaveLog(ticket)]);
    let mut driver = driver.wait(60_000);
    assert_eq!(asked(&mut driver), [], "it is not asked again and again");
    assert!(driver.screen().contains("log  READ ONCE  l opens it"), "{}", driver.screen());
    assert_eq!(driver.keys("j").asked(), [], "there is nothing to leave any more");
}

#[test]
fn why_there_is_no_line_is_said() {
    let told = |ended: Option<Failure>| {
        let mut driver = at_a_pod().wait(1_000);
        assert!(driver.screen().contains("Being read"), "{}", driver.screen());
        let (ticket, _) = asked(&mut driver).remove(0);
        let driver = driver.send(Message::LogEnded(ticket, ended));
        assert!(driver.app.notes.error().is_none(), "nobody asked for it by a key");
        driver.screen()
    };
    assert!(told(None).contains("It has said nothing."));
    let failed = Failure::new("Could not read the log", "the engine is not connected");
    assert!(told(Some(failed)).contains("It cannot be read: the engine is not connected"));
}
