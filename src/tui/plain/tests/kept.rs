//! What was kept of an earlier time, where no server is asked or none answers.

use super::Lines;
use crate::domain::{Failure, FailureKind, Moment};
use crate::tui::message::Message;
use crate::tui::testing::{NOW, cached, fixtures};

fn offline() -> Lines {
    let mut program = Lines::new();
    program.driver.app.stay_offline();
    program.quietly().wait(10)
}

#[test]
fn nothing_is_answered_before_it_is_known_what_was_kept() {
    let mut program = offline();
    assert!(!program.plain.is_settled(&program.driver.app), "the disk has not answered");
    assert!(!program.told().contains("Nothing is kept"));
    let mut program = program.send(Message::Cached(cached(Moment(NOW.0 - 7_200_000))));
    assert!(program.plain.is_settled(&program.driver.app));
    let told = program.told();
    assert!(told.contains("status: offline; everything is as it was 2h ago"), "{told}");
    assert!(told.contains("1. ") && !told.contains("Nothing is kept"), "{told}");
    let mut program = program.say("pods");
    let told = program.told();
    let rows = told.lines().filter(|line| line.contains("; on ")).count();
    assert!(told.contains("Pods: ") && rows > 1 && fixtures::pods().len() >= rows, "{told}");
}

#[test]
fn what_was_kept_is_not_denied_where_it_is_something_else() {
    let kept = crate::tui::message::Cached { engines: None, pods: None, tasks: None, ..*cached(NOW) };
    let mut program = offline().send(Message::Cached(Box::new(kept))).say("pods");
    let told = program.told();
    assert!(told.contains("Nothing of what was kept belongs here.") && !told.contains("Nothing is kept"), "{told}");
}

#[test]
fn that_nothing_was_kept_is_said_once_it_is_known() {
    let mut program = offline().send(Message::Cached(Box::default()));
    assert!(program.plain.is_settled(&program.driver.app));
    let told = program.told();
    assert!(told.contains("status: offline") && told.contains("Nothing is kept from an earlier time."), "{told}");
}

#[test]
fn a_server_that_fails_at_once_does_not_come_before_what_was_kept() {
    let failure = Failure::new("Could not connect to lab", "no route to host").kind(FailureKind::Network);
    let mut program = Lines::new().send(Message::ConnectFailed(failure)).quietly();
    assert!(!program.plain.is_settled(&program.driver.app));
    program = program.send(Message::Cached(cached(NOW)));
    assert!(program.plain.is_settled(&program.driver.app));
    assert!(program.told().contains("1. "), "the rows are printed");
}
