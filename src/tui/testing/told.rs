//! What the server tells, in whatever order: ends of tasks, events, logs that break off, failures that repeat.

use std::time::Duration;

use super::{Driver, fixtures};
use crate::domain::{Asker, Failure, LogLine, Moment, Task, TaskEvent, TaskEventKind, TaskKind, TaskState};
use crate::tui::app::{Connection, Page};
use crate::tui::effect::{Effect, List};
use crate::tui::message::{LogKind, Message, Session};

fn ended() -> Vec<Task> {
    let mut tasks = fixtures::tasks();
    tasks[0].state = TaskState::Done;
    tasks
}

#[test]
fn an_end_that_only_the_list_tells_is_said_once() {
    let mut driver = Driver::full(80, 24).asked_here("101");
    driver.asked();
    let mut driver = driver.send(Message::Tasks(Ok(ended())));
    let told = Effect::Notify("done: install cellpose 3.0.1 on hpc-gpu".into());
    assert_eq!(driver.asked(), [told, Effect::FetchInTurn(List::Pods)]);
    assert!(driver.screen().contains("Done: install cellpose 3.0.1 on hpc-gpu"), "{}", driver.screen());
    // An older answer that comes late changes nothing, and neither does the same one again.
    let mut driver = driver.send(Message::Tasks(Ok(fixtures::tasks()))).send(Message::Tasks(Ok(ended())));
    assert_eq!(driver.asked(), []);
    assert_eq!(driver.app.data.task(&"101".into()).unwrap().state, TaskState::Done);
}

/// A long task of somebody ends badly in a context; whether it was told in any way.
fn is_told(context: &str, by: Option<&str>, kind: TaskKind, begun: bool) -> bool {
    let session =
        Session { context: context.into(), subject: "7".into(), ..Driver::new(80, 24).connected().app.session };
    let mut task = fixtures::tasks().remove(0);
    task.by = by.map(|subject| Asker { subject: subject.into() });
    task.kind = kind;
    let driver = Driver::full(80, 24).send(Message::Connected(session)).send(Message::Tasks(Ok(vec![task.clone()])));
    let mut driver = if begun { driver.asked_here("101") } else { driver };
    driver.asked();
    task.state = TaskState::Failed;
    let mut driver = driver.send(Message::TaskChanged(Box::new(task)));
    let rings = driver.asked().iter().any(|effect| matches!(effect, Effect::Notify(_)));
    assert!(!rings || kind != TaskKind::Other);
    let is_said = driver.app.notes.error().is_some();
    assert!(is_said || !rings);
    is_said
}

#[test]
fn ends_of_what_others_do_and_of_calls_of_apps_are_no_news() {
    let install = TaskKind::Install;
    assert!(is_told("lab", Some("7"), install, false), "it is one's own");
    assert!(!is_told("lab", Some("12"), install, false), "it is somebody else's");
    assert!(!is_told("local", Some("12"), install, false));
    assert!(!is_told("lab", None, install, false), "nobody knows whose it is");
    assert!(is_told("lab", None, install, true), "it was asked for here");
    assert!(is_told("local", None, install, false), "on one's own machine all is one's own");
    assert!(!is_told("local", None, TaskKind::Other, false), "an app was called");
    assert!(!is_told("lab", Some("7"), TaskKind::Other, false));
    assert!(is_told("lab", Some("7"), TaskKind::Other, true), "an action of an engine was asked for here");
}

fn event(id: &str) -> TaskEvent {
    TaskEvent {
        id: id.into(),
        task: "101".into(),
        kind: TaskEventKind::Log,
        message: Some(format!("event {id}")),
        progress: None,
        pod: None,
        lines: vec!["a line".into()],
        returns: crate::domain::Values::new(),
        at: Moment(0),
    }
}

#[test]
fn the_page_of_a_task_has_all_events_whichever_way_they_came() {
    let task = fixtures::tasks().remove(0);
    let driver = Driver::full(80, 24).keys("6 enter");
    let driver = driver
        .send(Message::TaskHappened(Box::new(event("2"))))
        .send(Message::TaskTold("101".into(), Ok((task, vec![event("1")]))))
        .send(Message::TaskHappened(Box::new(event("3"))));
    let kept = &driver.app.data.events[&"101".into()];
    assert_eq!(kept.iter().map(|event| event.id.as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
    assert!(kept.iter().all(|event| event.lines.is_empty()), "the lines of a log are not kept here");

    let lost = Failure::new("The connection is lost", "reset");
    let mut driver = driver.send(Message::Lost(lost, Duration::ZERO));
    driver.asked();
    let mut driver = driver.send(Message::Regained);
    assert!(driver.asked().contains(&Effect::FetchTask("101".into())));
}

#[test]
fn a_list_that_keeps_failing_says_so_once_and_again_when_it_was_well_in_between() {
    let failed = || Message::Pods(Err(Failure::new("Could not list the pods", "it cannot be rendered")));
    let driver = Driver::full(80, 24).send(failed());
    assert!(driver.app.notes.error().is_some());
    let driver = driver.wait(1_000).keys("esc").send(failed());
    assert!(driver.app.notes.error().is_none(), "{}", driver.screen());
    let driver = driver.send(Message::Pods(Ok(fixtures::pods()))).send(failed());
    assert!(driver.app.notes.error().is_some());
}

#[test]
fn a_list_that_keeps_failing_does_not_look_live() {
    let failed = Message::Pods(Err(Failure::new("Could not list the pods", "it cannot be rendered")));
    let driver = Driver::full(80, 24).keys("4").send(failed).keys("esc");
    assert!(driver.screen().contains("live") && driver.screen().contains("cannot be read "), "{}", driver.screen());
    assert!(!driver.screen().contains("now old"), "{}", driver.screen());
    let row = |driver: &Driver| driver.screen().lines().find(|line| line.contains("stardist")).unwrap().to_owned();
    assert!(row(&driver).contains("3h"), "{}", row(&driver));
    let driver = driver.wait(60_000);
    assert!(driver.screen().contains("cannot be read, this is 1m old"), "{}", driver.screen());
    assert!(row(&driver).contains(" ?") && !row(&driver).contains("3h"), "{}", row(&driver));
    let driver = driver.send(Message::Pods(Ok(fixtures::pods())));
    assert!(!driver.screen().contains("cannot be read") && row(&driver).contains("3h"), "{}", driver.screen());
}

#[test]
fn the_next_attempt_is_known_while_the_connection_is_lost() {
    let lost = |seconds| {
        Message::Lost(Failure::new("The connection is lost", "connection reset"), Duration::from_secs(seconds))
    };
    let driver = Driver::full(80, 24).send(lost(1)).wait(1_000).send(lost(8));
    let Connection::Lost { since, retry_at, .. } = driver.app.connection else { panic!("{:?}", driver.app.connection) };
    assert_eq!((retry_at.0 - driver.now.0, driver.now.0 - since.0), (8_000, 1_000));
}

/// The log of the first pod that runs, with one line in it.
fn log(lines: Vec<LogLine>) -> Driver {
    let mut driver = Driver::full(80, 24).wait(7_000).keys("4 j j l");
    let asked = driver.asked();
    let Some(Effect::Log { ticket, .. }) = asked.last() else { panic!("{asked:?}") };
    driver.send(Message::LogLines(*ticket, LogKind::Live, lines.into()))
}

fn ticket(driver: &Driver) -> crate::tui::effect::Ticket {
    match driver.app.pages.last() {
        Some(Page::Log(log)) => log.pods().next().map(|(ticket, _)| ticket).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_log_that_is_cut_off_does_not_say_that_it_is_live() {
    let driver = log(vec![LogLine::parse("2026-11-24T18:53:34.123Z stdout one")]);
    let ticket = ticket(&driver);
    assert!(driver.screen().contains("LIVE"));
    let lost = (Failure::new("Could not read the log", "Rekuest cannot be reached"), Duration::from_secs(8));
    let driver = driver.send(Message::LogLost(ticket, Some(lost)));
    assert!(
        driver.screen().contains("reconnecting in 8 s  R now") && !driver.screen().contains("LIVE"),
        "{}",
        driver.screen()
    );
    assert_eq!(driver.app.wakes_at(), Some(Moment(driver.app.now.0 + 1000)), "it counts down");
    let mut driver = driver.wait(6_500);
    assert!(driver.screen().contains("reconnecting in 1 s"), "{}", driver.screen());
    driver = driver.wait(1_000);
    assert!(driver.screen().contains("reconnecting  R now"), "{}", driver.screen());
    driver = driver.send(Message::Resize(160, 24)).wait(300);
    assert!(driver.screen().contains("R now  Rekuest cannot be reached"), "{}", driver.screen());
    let driver = driver.send(Message::LogLost(ticket, None));
    assert!(driver.screen().contains("LIVE"), "{}", driver.screen());
    // Several logs together count nothing down.
    let mut merged = Driver::full(160, 24).keys("4 j j space space space l");
    let tickets: Vec<_> = match merged.app.pages.last() {
        Some(Page::Log(log)) => log.pods().map(|(ticket, _)| ticket).collect(),
        other => panic!("{other:?}"),
    };
    assert!(tickets.len() > 1);
    for ticket in tickets {
        let why = Failure::new("Could not read the log", "Rekuest cannot be reached");
        merged = merged.send(Message::LogLost(ticket, Some((why, Duration::from_secs(8)))));
    }
    let screen = merged.screen();
    assert!(screen.contains("reconnecting") && !screen.contains("reconnecting in"), "{screen}");
    let taken_at = Some(Moment(3_600_000));
    let driver = driver.send(Message::LogLines(ticket, LogKind::Snapshot { taken_at }, Vec::new().into()));
    assert!(driver.screen().contains("SNAPSHOT 01:00:00"), "{}", driver.screen());
}

#[test]
fn asking_again_in_a_log_reads_the_log_and_doubles_no_line() {
    for text in ["2026-11-24T18:53:34.123Z stdout segmented", "segmented, without a time"] {
        let mut driver = log(vec![LogLine::parse(text)]).keys("R");
        let asked = driver.asked();
        assert!(matches!(asked.as_slice(), [Effect::LeaveLog(_), Effect::Log { .. }]), "{asked:?}");
        let ticket = ticket(&driver);
        let driver = driver.send(Message::LogLines(ticket, LogKind::Live, vec![LogLine::parse(text)].into()));
        assert_eq!(driver.screen().matches("segmented").count(), 1, "{}", driver.screen());
    }
}

#[test]
fn a_log_that_was_opened_before_its_engine_was_known_goes_on_live() {
    let driver = Driver::new(80, 24).connected().send(Message::Pods(Ok(fixtures::pods())));
    let mut driver = driver.wait(7_000).keys("4 j j l");
    let tickets = |driver: &mut Driver| {
        let asked = driver.asked().into_iter().filter_map(|effect| match effect {
            Effect::Log { ticket, engine, .. } => Some((ticket, engine.is_some())),
            _ => None,
        });
        asked.collect::<Vec<_>>()
    };
    let first = tickets(&mut driver);
    assert!(matches!(first.as_slice(), [(_, false)]), "{first:?}");
    let mut driver = driver.send(Message::Engines(Ok(fixtures::engines())));
    let then = tickets(&mut driver);
    assert!(matches!(then.as_slice(), [(ticket, true)] if *ticket != first[0].0), "{then:?}");
    // What was on its way says nothing more, and nobody is asked twice.
    let driver = driver.send(Message::LogEnded(first[0].0, None)).send(Message::Engines(Ok(fixtures::engines())));
    let mut driver = driver.send(Message::LogLines(then[0].0, LogKind::Live, fixtures::log().into()));
    assert_eq!(tickets(&mut driver), []);
    assert!(driver.wait(200).screen().contains("LIVE"));
}
