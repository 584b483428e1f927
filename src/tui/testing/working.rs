//! Tasks: who asked, how long each phase took, what silence means, and asking for the same again.

use super::{Driver, fixtures};
use crate::domain::{Asker, LayerState, Liveness, PodVerb, PullProgress, Task, TaskEvent, TaskEventKind, TaskState};
use crate::tui::action::Screen;
use crate::tui::effect::Effect;
use crate::tui::message::{Message, Session};
use crate::tui::overlays::Overlay;

fn told(driver: Driver) -> Driver {
    driver.keys("6 enter").send(Message::TaskTold("101".into(), Ok((fixtures::tasks().remove(0), fixtures::events()))))
}

#[test]
fn the_page_tells_how_long_each_phase_took() {
    let driver = told(Driver::full(160, 50));
    let screen = driver.screen();
    for line in ["0:00  queued      0:01", "0:01  preflight   1:57", "1:58  pull        0:02 so far"] {
        assert!(screen.contains(line), "{line} is missing in\n{screen}");
    }
}

#[test]
fn a_task_that_was_silent_before_anybody_looked_is_silent_since_its_last_event() {
    let mut events = fixtures::events();
    for event in &mut events {
        event.at.0 -= 95_000;
    }
    let task = fixtures::tasks().remove(0);
    let driver = Driver::full(160, 50).keys("6 enter").send(Message::TaskTold("101".into(), Ok((task, events))));
    let screen = driver.screen();
    assert!(screen.contains("no news from hpc-gpu for 1:37 (last: \"Pulling image: 2 of 5 layers"), "{screen}");
    assert!(screen.contains("e explain, c cancel"), "{screen}");
    let driver = driver.keys("e");
    assert!(driver.screen().contains("hpc-gpu is connected, and it reported its facts"), "{}", driver.screen());
}

#[test]
fn a_silent_task_whose_engine_is_offline_says_that() {
    let mut engines = fixtures::engines();
    let engine = engines.iter_mut().find(|engine| engine.name == "hpc-gpu").unwrap();
    engine.liveness = Liveness::Offline { last_seen: None };
    let driver = Driver::full(160, 50).wait(95_000);
    let list = driver.keys("6");
    assert!(list.screen().contains("no news for 1:35"), "{}", list.screen());
    let driver = list.send(Message::Engines(Ok(engines)));
    let screen = driver.screen();
    assert!(screen.contains("engine is offline") && !screen.contains("no news"), "{screen}");
    let home = driver.keys("1").screen();
    assert!(home.contains("its engine is offline") && !home.contains("has said nothing"), "{home}");
}

#[test]
fn where_only_some_layers_tell_their_size_it_is_at_least_so_much() {
    let mut pull = PullProgress::default();
    pull.note("a3ed95caeb02", LayerState::Downloading, Some((412_000_000, Some(1_600_000_000))));
    pull.note("9f2b77e1c4a0", LayerState::Waiting, None);
    let event = |id: &str, pull: &PullProgress, driver: &Driver| TaskEvent {
        id: id.into(),
        task: "201".into(),
        message: Some(pull.to_message()),
        at: driver.now,
        ..fixtures::events()[3].clone()
    };
    let mut task = fixtures::tasks().remove(0);
    (task.id, task.progress, task.message) = ("201".into(), Some(10), Some(pull.to_message()));
    let mut driver = Driver::new(160, 50)
        .connected()
        .send(Message::Engines(Ok(fixtures::engines())))
        .send(Message::Apps(Ok(fixtures::apps())))
        .send(Message::Tasks(Ok(vec![task])))
        .keys("6 enter");
    for step in 1..=6_u8 {
        pull.layers[0].current += 8_000_000;
        driver = driver.wait(1_000);
        let event = TaskEvent { progress: Some(10 + step), ..event(&format!("{}", 20 + step), &pull, &driver) };
        driver = driver.send(Message::TaskHappened(Box::new(event)));
    }
    let screen = driver.screen();
    assert!(screen.contains("460 MB / >=1.60 GB") && screen.contains("eta >=2:2"), "{screen}");
}

fn ours_and_theirs() -> Vec<Task> {
    let by = |subject: &str| Some(Asker { subject: subject.into() });
    let mut tasks = fixtures::tasks();
    tasks[0].by = by("7");
    tasks[1].by = by("12");
    tasks
}

fn signed_in(columns: u16, rows: u16) -> Driver {
    let session = Session { subject: "7".into(), ..Driver::new(80, 24).connected().app.session };
    Driver::full(columns, rows).send(Message::Connected(session)).send(Message::Tasks(Ok(ours_and_theirs())))
}

#[test]
fn tasks_are_found_by_state_engine_app_and_who_asked() {
    let found = |typed: &str| {
        let driver = signed_in(80, 24).keys("6 /").text(typed);
        let tasks = driver.app.list(Screen::Tasks).rows.iter().map(|row| driver.app.data.tasks()[*row].id.to_string());
        tasks.collect::<Vec<_>>()
    };
    assert_eq!(found("by:me"), ["101"]);
    assert_eq!(found("by:12"), ["102"]);
    assert_eq!(found("state:failed"), ["99"]);
    assert_eq!(found("app:omero"), ["97"]);
    assert_eq!(found("engine:docker state:done").len(), 2);
    assert!(signed_in(160, 50).keys("6").screen().contains("user 12"));
}

#[test]
fn an_install_that_failed_is_asked_for_again_after_a_question() {
    let mut driver = Driver::full(80, 24).wait(7_000).keys("6 / f a i l e d enter r");
    driver.picture("task-again-80x24");
    driver.asked();
    let mut driver = driver.wait(1_000).keys("y");
    let asked = driver.asked();
    let again =
        |effect: &Effect| matches!(effect, Effect::Install { flavour, .. } if flavour.as_str() == "5-0.12.3-cuda");
    assert!(asked.iter().any(again), "{asked:?}");
    let running = Driver::full(80, 24).keys("6 r");
    assert!(running.screen().contains("it has not ended"), "{}", running.screen());
}

#[test]
fn what_was_asked_of_a_pod_is_asked_again_where_that_makes_sense() {
    let mut driver = Driver::full(80, 24).wait(7_000).keys("6 / r e s t a r t enter r");
    assert!(matches!(driver.app.overlay, Some(Overlay::Dialog(_))), "{}", driver.screen());
    driver.asked();
    let mut driver = driver.wait(1_000).keys("y");
    let asked = driver.asked();
    assert!(matches!(asked.as_slice(), [Effect::Act { verb: PodVerb::Restart, .. }]), "{asked:?}");
    // The pod that was stopped is stopped.
    let stopped = Driver::full(80, 24).keys("6 / s t o p enter r");
    assert!(stopped.screen().contains("it does not run"), "{}", stopped.screen());
}

#[test]
fn a_failure_says_what_it_means_and_what_to_do() {
    let mut task = fixtures::tasks().remove(0);
    let message = "The image x could not be pulled: toomanyrequests: You have reached your pull rate limit.";
    (task.state, task.message) = (TaskState::Failed, Some(message.into()));
    let mut driver = Driver::full(160, 50).asked_here("101").keys("6").send(Message::TaskChanged(Box::new(task)));
    let failure = driver.app.notes.dismiss().unwrap().failure;
    assert!(failure.hint.contains("docker login"), "{failure}");
    let driver = driver.keys("enter");
    assert!(driver.screen().contains("The registry has handed out as many images"), "{}", driver.screen());
    assert_eq!(TaskEventKind::Failed.name(), "FAILED");
}

#[test]
fn a_task_has_a_link_for_orkestrator() {
    let mut driver = Driver::full(80, 24).keys("6 y");
    assert!(driver.screen().contains("orkestrator://rekuest/tasks/101"), "{}", driver.screen());
    driver.asked();
    // Its picture, for a camera: only what is a link has one.
    assert!(!driver.screen().contains("QR code"), "{}", driver.screen());
    let shown = driver.keys("j j j j");
    assert!(shown.screen().contains("Q QR code"), "{}", shown.screen());
    let shown = shown.keys("Q");
    let screen = shown.screen();
    assert!(screen.contains("█▀") && screen.contains("orkestrator://rekuest/tasks/101"), "{screen}");
    shown.picture("task-qr-80x24");
    let mut back = shown.keys("esc");
    assert!(back.screen().contains("Orkestrator"), "{}", back.screen());
    assert!(!back.keys("esc").screen().contains("Orkestrator"));
    back = Driver::full(40, 12).keys("6 y j j j j Q");
    assert!(back.screen().contains("Too small for the picture"), "{}", back.screen());
    assert!(!Driver::full(80, 24).keys("6 y Q").screen().contains('█'), "an id is no link");
}

#[test]
fn a_pull_has_one_percentage_wherever_it_is_told() {
    for ((columns, rows), keys) in [((160, 50), "6"), ((160, 50), "6 enter"), ((80, 24), "1")] {
        let screen = Driver::full(columns, rows).keys(keys).screen();
        assert!(screen.contains("49 %") && !screen.contains("41 %"), "{screen}");
    }
}

#[test]
fn a_phase_that_has_no_end_to_count_to_tells_its_time_and_draws_no_bar() {
    let mut task = fixtures::tasks().remove(0);
    (task.progress, task.message) = (Some(82), Some("Starting container: making it".into()));
    let driver = Driver::full(80, 24).keys("6").send(Message::TaskChanged(Box::new(task.clone())));
    let line = |driver: &Driver| driver.screen().lines().find(|line| line.contains(" start ")).map(str::to_owned);
    let row = line(&driver).expect("a row");
    assert!(row.contains("2:00 in all") && !row.contains('%') && !row.contains('━'), "{row}");
    // Whoever has seen it begin knows how long it has lasted.
    let begun = TaskEvent { message: task.message.clone(), at: driver.now, ..fixtures::events().remove(3) };
    let mut events = fixtures::events();
    events.push(TaskEvent { id: "5".into(), ..begun });
    let driver = driver.send(Message::TaskTold("101".into(), Ok((task, events)))).wait(7_000);
    let row = line(&driver).expect("a row");
    assert!(row.contains("start     0:07") && !row.contains("in all"), "{row}");
}

#[test]
fn the_page_tells_what_a_task_was_given_and_what_it_returned() {
    let values = |value: serde_json::Value| value.as_object().cloned().unwrap();
    let mut task = fixtures::tasks().remove(0);
    task.arguments = values(serde_json::json!({
        "flavour": {"__identifier": "@kabinet/flavour", "object": "1-3.0.1-cuda"}, "count": 3,
    }));
    let mut events = fixtures::events();
    let returned = TaskEvent { id: "9".into(), kind: TaskEventKind::Yield, message: None, ..events.remove(3) };
    events.push(TaskEvent { returns: values(serde_json::json!({"return0": "five cells"})), ..returned });
    let driver = Driver::full(160, 50).keys("6 enter").send(Message::TaskTold("101".into(), Ok((task, events))));
    let screen = driver.screen();
    for line in ["ARGUMENTS", "flavour", "cellpose 3.0.1, flavour cuda", "count", "RESULT", "yield       five cells"] {
        assert!(screen.contains(line), "{line} is missing in\n{screen}");
    }
    // The list, which does not tell them, takes nothing back.
    let driver = driver.send(Message::Tasks(Ok(fixtures::tasks())));
    assert!(driver.screen().contains("cellpose 3.0.1, flavour cuda"), "{}", driver.screen());
}
