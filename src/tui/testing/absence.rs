//! Coming back: what has changed without a connection is told, nothing moves under the cursor, and who looks elsewhere is
//! not asked for.

use std::time::Duration;

use super::{Driver, fixtures};
use crate::domain::{Failure, Pod, PodStatus, TaskState};
use crate::tui::message::Message;

fn lost() -> Message {
    Message::Lost(Failure::new("The connection is lost", "reset"), Duration::from_secs(2))
}

#[test]
fn what_has_changed_while_offline_is_told_when_all_lists_are_there() {
    let mut pods = fixtures::pods();
    let stopped = pods.iter_mut().find(|pod| pod.status == PodStatus::Running).unwrap();
    stopped.status = PodStatus::Stopped;
    let name = stopped.name();
    let gone = pods.pop().unwrap().name();
    let driver = Driver::full(80, 24).send(lost()).wait(9_000).send(Message::Regained);
    let driver = driver.send(Message::Pods(Ok(pods))).send(Message::Engines(Ok(fixtures::engines())));
    assert!(!driver.screen().contains("while offline"), "{}", driver.screen());
    let driver = driver.send(Message::Tasks(Ok(fixtures::tasks())));
    assert!(driver.screen().contains("2 changed while offline"), "{}", driver.screen());
    let screen = driver.keys("@").screen();
    assert!(screen.contains(&format!("{name} on")) && screen.contains("STOPPED, was RUNNING"), "{screen}");
    assert!(screen.contains(&gone) && screen.contains("gone, was STOPPED"), "{screen}");
}

#[test]
fn what_others_did_meanwhile_is_not_told() {
    let mut tasks = fixtures::tasks();
    tasks[0].state = TaskState::Done;
    let driver = Driver::full(80, 24).send(lost()).wait(9_000).send(Message::Regained).with_everything();
    let driver = driver.send(lost()).wait(9_000).send(Message::Regained);
    let back = |driver: Driver| {
        let driver = driver.send(Message::Pods(Ok(fixtures::pods()))).send(Message::Engines(Ok(fixtures::engines())));
        driver.send(Message::Tasks(Ok(tasks.clone()))).app.notes.all
    };
    let said = format!("{:?}", back(driver));
    assert!(!said.contains("while offline"), "{said}");
    let ours = Driver::full(80, 24).asked_here("101").send(lost()).wait(9_000).send(Message::Regained);
    let said = format!("{:?}", back(ours));
    assert!(said.contains("DONE, was RUNNING (while offline)"), "{said}");
}

#[test]
fn nothing_is_told_where_nothing_has_changed() {
    let driver = Driver::full(80, 24).send(lost()).wait(9_000).send(Message::Regained).with_everything();
    assert!(!driver.screen().contains("while offline"), "{}", driver.screen());
    assert!(driver.app.absence.is_none());
}

fn more_pods() -> Vec<Pod> {
    let mut pods = fixtures::pods();
    for number in 0..3 {
        let mut pod = pods[0].clone();
        pod.id = format!("new-{number}").as_str().into();
        pod.local_id = format!("new{number}000000");
        // Of another app each: pods that have everything in common share a row.
        pod.app = format!("live.arkitekt.new{number}").as_str().into();
        pod.release = format!("new-{number}").as_str().into();
        pod.flavour = format!("new-{number}-cuda").as_str().into();
        pods.push(pod);
    }
    pods
}

fn chosen(driver: &Driver) -> (usize, Option<String>, usize) {
    let list = driver.app.list(crate::tui::action::Screen::Pods);
    (list.cursor, list.chosen.clone(), list.rows.len())
}

#[test]
fn while_somebody_moves_in_a_list_new_rows_wait() {
    let driver = Driver::full(80, 24).wait(7_000).keys("4 j j j");
    let before = chosen(&driver);
    let driver = driver.wait(1_000).send(Message::Pods(Ok(more_pods())));
    assert_eq!(chosen(&driver), before);
    assert!(driver.screen().contains("R applies 3 changes"), "{}", driver.screen());
    driver.picture("changes-wait-80x24");
    // R shows them and asks nobody.
    let mut now = Driver::full(80, 24).wait(7_000).keys("4 j j j").send(Message::Pods(Ok(more_pods())));
    now.asked();
    let mut now = now.keys("R");
    assert_eq!(now.asked(), []);
    assert_eq!((chosen(&now).1, chosen(&now).2), (before.1.clone(), before.2 + 3));
    // So does time, when the moving is over, and going to the top.
    let due = driver.app.wakes_at().unwrap();
    assert!(due.0 - driver.now.0 <= 5_000, "{due:?}");
    let later = driver.wait(5_000);
    assert_eq!((chosen(&later).1, chosen(&later).2), (before.1, before.2 + 3));
    let top = Driver::full(80, 24).wait(7_000).keys("4 j j j").send(Message::Pods(Ok(more_pods()))).keys("g g");
    assert!(!top.screen().contains("R applies") && chosen(&top).2 == before.2 + 3, "{}", top.screen());
}

#[test]
fn whoever_does_not_move_sees_new_rows_at_once() {
    let driver = Driver::full(80, 24).wait(7_000).keys("4");
    let rows = chosen(&driver).2;
    let at_top = driver.send(Message::Pods(Ok(more_pods())));
    assert_eq!(chosen(&at_top).2, rows + 3);
    let resting = Driver::full(80, 24).keys("4 j j").wait(6_000).send(Message::Pods(Ok(more_pods())));
    assert_eq!(chosen(&resting).2, rows + 3);
}

#[test]
fn a_minute_after_the_attention_has_gone_nothing_is_asked_for() {
    let driver = Driver::full(80, 24).send(Message::FocusLost).wait(59_000);
    assert!(!driver.app.is_away());
    assert!(driver.app.wakes_at().is_some_and(|at| at.0 - driver.now.0 <= 1_000));
    let driver = driver.wait(1_000);
    assert!(driver.app.is_away());
    assert!(!driver.send(Message::FocusGained).app.is_away());
}
