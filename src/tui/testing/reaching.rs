//! How much of a log is asked for: from the start of its pod on, whenever that was the last time.

use super::{Driver, fixtures};
use crate::domain::{Moment, Task, TaskKind, TaskState};
use crate::tui::effect::{Effect, Ticket};
use crate::tui::log::Reach;
use crate::tui::message::{LogKind, Message};

/// The reach that was asked for last, and the view that asks.
fn asked(driver: &mut Driver) -> Option<(Ticket, Reach)> {
    driver.asked().into_iter().rev().find_map(|effect| match effect {
        Effect::Log { ticket, reach, .. } => Some((ticket, reach)),
        _ => None,
    })
}

/// Someone looks at the log of a pod that runs and chooses the line of the menu.
fn since_start(driver: Driver) -> Driver {
    // The menu opens at the second line, which holds without anybody's wish.
    let at = Reach::ALL.iter().position(|reach| *reach == Reach::SinceStart).unwrap();
    let driver = driver.keys("4 j j l T").keys(&"j ".repeat(at - 1));
    assert!(driver.screen().contains("Since the pod was started"), "{}", driver.screen());
    driver.keys("enter")
}

fn created() -> Moment {
    fixtures::pods().into_iter().find(|pod| pod.id.as_str() == "15").unwrap().created_at.unwrap()
}

fn task(kind: TaskKind, at: Moment) -> Task {
    let mut task = fixtures::tasks().remove(0);
    (task.id, task.kind, task.acted_on) = ("900".into(), kind, vec!["@kabinet/pod:15".into()]);
    task.created_at = Some(at);
    task
}

#[test]
fn since_start_asks_from_the_time_that_the_pod_was_made() {
    let mut driver = since_start(Driver::full(80, 24));
    assert_eq!(asked(&mut driver).map(|(_, reach)| reach), Some(Reach::Since(created())));
    assert!(driver.screen().contains("Since the pod was started"), "it is said: {}", driver.screen());
}

#[test]
fn since_start_asks_from_the_last_start_where_it_was_started_again() {
    let again = Moment(created().0 + 3_600_000);
    for kind in [TaskKind::Start, TaskKind::Restart] {
        let driver = Driver::full(80, 24).send(Message::TaskChanged(Box::new(task(kind, again))));
        assert_eq!(asked(&mut since_start(driver)).map(|(_, reach)| reach), Some(Reach::Since(again)));
    }
    let stopped = Driver::full(80, 24).send(Message::TaskChanged(Box::new(task(TaskKind::Stop, again))));
    assert_eq!(asked(&mut since_start(stopped)).map(|(_, reach)| reach), Some(Reach::Since(created())));
}

#[test]
fn since_start_asks_for_everything_where_nobody_knows_the_start() {
    let mut pods = fixtures::pods();
    for pod in &mut pods {
        pod.created_at = None;
    }
    let driver = Driver::full(80, 24).send(Message::Pods(Ok(pods))).send(Message::Tasks(Ok(vec![])));
    assert_eq!(asked(&mut since_start(driver)).map(|(_, reach)| reach), Some(Reach::All));
}

#[test]
fn a_log_since_start_begins_at_the_new_start_when_its_pod_is_restarted() {
    let mut driver = since_start(Driver::full(80, 24));
    let (ticket, _) = asked(&mut driver).unwrap();
    let driver = driver
        .send(Message::LogLines(ticket, LogKind::Live, fixtures::log().into()))
        .send(Message::LogEnded(ticket, None));
    let again = driver.now;
    let mut restart = task(TaskKind::Restart, again);
    let driver = driver.send(Message::TaskChanged(Box::new(restart.clone())));
    restart.state = TaskState::Done;
    let mut driver = driver.send(Message::TaskChanged(Box::new(restart)));
    assert_eq!(asked(&mut driver).map(|(_, reach)| reach), Some(Reach::Since(again)));
}
