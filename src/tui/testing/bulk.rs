//! What is done to all that are marked, and the line that says how far it is.

use super::{Driver, fixtures};
use crate::domain::{Failure, PodVerb, Task, TaskKind, TaskState};
use crate::tui::effect::Effect;
use crate::tui::message::Message;
use crate::tui::overlays::{Intent, Overlay};

fn yes(driver: Driver) -> Driver {
    driver.wait(1_000).keys("y")
}

#[test]
fn marked_apps_are_installed_together_after_one_question_and_a_line_counts_them() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        Driver::full(columns, rows).wait(7_000).keys("2 * i").picture(&format!("install-marked-{columns}x{rows}"));
    }
    let mut driver = Driver::full(80, 24).wait(7_000).keys("2 * i");
    let Some(Overlay::Dialog(dialog)) = &driver.app.overlay else { panic!("{}", driver.screen()) };
    let Intent::InstallAll(orders) = dialog.intent.clone() else { panic!("{dialog:?}") };
    assert!(orders.len() > 2, "{dialog:?}");
    driver.asked();
    let mut driver = yes(driver);
    let asked = driver.asked();
    let tickets: Vec<_> = asked
        .iter()
        .filter_map(|effect| if let Effect::Install { ticket, .. } = effect { Some(*ticket) } else { None })
        .collect();
    assert_eq!(tickets.len(), orders.len());
    assert!(driver.app.list(driver.app.screen).marks.is_empty());
    assert!(driver.screen().contains(&format!("[0 of {}] installing", orders.len())), "{}", driver.screen());
    // One is refused, all others end, one of them badly.
    let refused = Failure::new("Could not install", "no");
    let mut driver = driver.send(Message::Installing(tickets[0], Err(refused))).keys("esc");
    let tasks: Vec<Task> =
        (1..tickets.len()).map(|at| Task { id: format!("30{at}").into(), ..fixtures::tasks().remove(0) }).collect();
    for (ticket, task) in tickets.iter().skip(1).zip(&tasks) {
        driver = driver.send(Message::Installing(*ticket, Ok(Box::new(task.clone()))));
    }
    let driver = driver.wait(7_000);
    let line = format!("[1 of {}] installing, 1 failed   @ each of them", orders.len());
    assert!(driver.screen().contains(&line), "{}", driver.screen());
    // The line opens: each of them with its name, and how far it is or why it is not.
    let driver = driver.keys("@");
    let screen = driver.screen();
    let names = orders.len();
    assert!(screen.contains("REFUSED") && screen.contains("  no"), "{screen}");
    assert_eq!(screen.lines().filter(|line| line.contains("RUNNING")).count(), names - 1, "{screen}");
    driver.picture("bulk-80x24");
    let mut driver = driver.keys("esc");
    for (at, task) in tasks.into_iter().enumerate() {
        let state = if at == 0 { TaskState::Failed } else { TaskState::Done };
        driver = driver.send(Message::TaskChanged(Box::new(Task { state, ..task })));
    }
    assert!(driver.app.bulk.is_none());
    let said = driver.app.notes.all.iter().any(|note| format!("{note:?}").contains("2 failed: all have ended"));
    assert!(said, "{:?}", driver.app.notes.all);
}

#[test]
fn marked_tasks_are_cancelled_together_and_those_that_have_ended_are_left() {
    let mut driver = Driver::full(80, 24).wait(7_000).keys("6 * c");
    let screen = driver.screen();
    assert!(screen.contains("Cancel 2 tasks?"), "{screen}");
    driver.asked();
    let mut driver = yes(driver);
    assert_eq!(driver.asked(), [Effect::Cancel("101".into()), Effect::Cancel("102".into())]);
    assert!(driver.screen().contains("[0 of 2] cancelling"), "{}", driver.screen());
}

#[test]
fn marked_tasks_are_run_again_together_and_those_that_cannot_be_are_named() {
    let mut driver = Driver::full(80, 24).wait(7_000).keys("6 * r");
    let screen = driver.screen();
    assert!(screen.contains("again?") && screen.contains("Left out:"), "{screen}");
    driver.asked();
    let mut driver = yes(driver);
    let asked = driver.asked();
    assert!(asked.iter().filter(|effect| matches!(effect, Effect::Install { .. } | Effect::Act { .. })).count() > 1);
}

#[test]
fn a_removal_is_not_run_again_together_with_others() {
    let mut tasks = fixtures::tasks();
    for task in &mut tasks {
        task.state = TaskState::Failed;
    }
    (tasks[4].kind, tasks[4].client_id) = (TaskKind::Remove, Some("client-1".into()));
    let mut driver = Driver::full(80, 24).send(Message::Tasks(Ok(tasks))).wait(7_000).keys("6 * r");
    let Some(Overlay::Dialog(dialog)) = &driver.app.overlay else { panic!("{}", driver.screen()) };
    let left_out = dialog.lines.iter().find(|line| line.contains("remove omero-bridge"));
    assert!(left_out.is_some_and(|line| line.ends_with(": asked for one by one")), "{:?}", dialog.lines);
    driver.asked();
    let mut driver = yes(driver);
    let asked = driver.asked();
    assert!(asked.iter().any(|effect| matches!(effect, Effect::Install { .. })), "{asked:?}");
    let removes = |effect: &Effect| matches!(effect, Effect::Act { verb: PodVerb::Remove, .. });
    assert!(!asked.iter().any(removes), "{asked:?}");
}
