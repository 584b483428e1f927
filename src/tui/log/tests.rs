//! The log stays where it is put, and says what it shows.

use super::store::MOST_LINES;
use super::*;
use crate::domain::{Moment, PodId, TaskKind, TaskState};
use crate::tui::effect::Effect;
use crate::tui::message::Message;
use crate::tui::testing::{Driver, fixtures};

fn line(number: i64) -> LogLine {
    LogLine { at: Some(Moment(number * 1000)), source: LogSource::Stdout, text: format!("line {number}") }
}

fn log(lines: i64) -> LogView {
    let mut log = LogView::new(Ticket(1), PodId::from("1"), "pod".into(), (80, 10));
    log.take(LogKind::Live, (0..lines).map(line).collect());
    log
}

fn first(log: &LogView) -> String {
    let number = log.store.number_at(log.first_place()).unwrap();
    log.store.line(number).unwrap().text.to_string()
}

#[test]
fn at_the_end_it_follows_and_any_movement_up_pauses() {
    let mut log = log(100);
    assert_eq!(first(&log), "line 90");
    log.take(LogKind::Live, vec![line(100)]);
    assert_eq!(first(&log), "line 91");
    log.step(Step::Up);
    log.take(LogKind::Live, (101..200).map(line).collect());
    assert_eq!(first(&log), "line 90");
    assert!(matches!(log.position, Position::Pinned { new: 99, .. }));
    log.step(Step::Bottom);
    assert_eq!((first(&log).as_str(), log.position), ("line 190", Position::Following));
}

#[test]
fn moving_down_to_the_end_follows_again() {
    let mut log = log(30);
    log.step(Step::Up);
    log.step(Step::Up);
    log.step(Step::Down);
    assert!(matches!(log.position, Position::Pinned { .. }));
    log.step(Step::Down);
    assert_eq!(log.position, Position::Following);
}

#[test]
fn the_pinned_line_stays_until_it_is_dropped_and_that_is_said() {
    let mut log = log(100);
    log.step(Step::Top);
    let many = i64::try_from(MOST_LINES).unwrap();
    log.take(LogKind::Live, (100..many).map(line).collect());
    assert_eq!((first(&log).as_str(), log.lost), ("line 0", None));
    log.take(LogKind::Live, (many..many + 50).map(line).collect());
    assert_eq!((first(&log).as_str(), log.lost), ("line 50", Some(0)));
}

#[test]
fn what_a_snapshot_held_does_not_come_twice() {
    let mut log = LogView::new(Ticket(1), PodId::from("1"), "pod".into(), (80, 10));
    log.take(LogKind::Snapshot { taken_at: None }, (0..10).map(line).collect());
    log.take(LogKind::Live, (5..12).map(line).collect());
    assert_eq!(log.store.total(), 12);
    log.take(LogKind::Live, vec![line(12), line(12)]);
    assert_eq!(log.store.total(), 14);
}

#[test]
fn errors_and_matches_are_found_in_both_directions() {
    let mut log = LogView::new(Ticket(1), PodId::from("1"), "pod".into(), (80, 10));
    log.take(LogKind::Live, fixtures::log());
    log.step(Step::Top);
    assert_eq!(log.act(Action::NextError), None);
    let one = log.found.unwrap();
    log.act(Action::NextError);
    assert!(log.found.unwrap() > one);
    log.act(Action::PreviousError);
    assert_eq!(log.found, Some(one));
    assert_eq!(log.act(Action::PreviousError).as_deref(), Some("No error this way"));
    log.find("heartbeat");
    let found = log.found;
    log.act(Action::NextMatch);
    assert!(log.found > found);
    log.find("nothing like it");
    assert_eq!(log.act(Action::NextMatch).as_deref(), Some("No match"));
}

#[test]
fn a_wrapped_line_taller_than_the_screen_does_not_break_anything() {
    let mut log = LogView::new(Ticket(1), PodId::from("1"), "pod".into(), (20, 4));
    let tall = LogLine { at: None, source: LogSource::Stdout, text: "細胞 ".repeat(400) };
    log.take(LogKind::Live, vec![tall, line(1)]);
    for step in [Step::Up, Step::Top, Step::Down, Step::Bottom, Step::PageUp, Step::PageDown] {
        log.step(step);
        log.visible_text();
    }
}

#[test]
fn nothing_but_text_reaches_the_screen() {
    let it = Driver::full(80, 24).keys("4 j j l");
    let ticket = it.app.tickets;
    let evil = "\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{9b}31mred \u{1b}[31mtrue red\u{1b}[0m \u{202e}back\rlast";
    let evil = LogLine { at: None, source: LogSource::Stdout, text: evil.into() };
    let after = it.send(Message::LogLines(ticket, LogKind::Live, vec![evil]));
    let screen = after.screen();
    assert!(!screen.chars().any(|c| c.is_control() && c != '\n'), "{screen:?}");
    assert!(screen.contains("last"), "{screen}");
}

#[test]
fn a_log_goes_on_when_its_pod_was_restarted() {
    let mut it = Driver::full(80, 24).keys("4 j j l");
    let (first, lines) = (it.app.tickets, vec![line(1), line(2)]);
    it = it.send(Message::LogLines(first, LogKind::Live, lines)).send(Message::LogEnded(first, None));
    assert!(it.screen().contains("ENDED"));
    it.asked();
    let mut task = fixtures::tasks().remove(0);
    (task.id, task.kind, task.acted_on) = ("900".into(), TaskKind::Restart, vec!["@kabinet/pod:15".into()]);
    it = it.send(Message::TaskChanged(Box::new(task.clone())));
    task.state = TaskState::Done;
    let mut it = it.send(Message::TaskChanged(Box::new(task)));
    let again = it.app.tickets;
    let asked = it.asked();
    assert!(asked.iter().any(|effect| matches!(effect, Effect::Log { ticket, .. } if *ticket == again)), "{asked:?}");
    let it = it.send(Message::LogLines(again, LogKind::Live, vec![line(1), line(2), line(3)]));
    assert!(it.screen().contains("LIVE") && it.screen().contains("3 lines"), "{}", it.screen());
}
