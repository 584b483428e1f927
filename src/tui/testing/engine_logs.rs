//! What an engine says of itself: opened from the list and from its page, and why it cannot be where it cannot.

use super::Driver;
use crate::domain::{Engine, LogLine, LogSource, Moment, Offer};
use crate::tui::app::{Page, Target};
use crate::tui::effect::{Effect, Ticket};
use crate::tui::log::{Burst, Reach};
use crate::tui::message::{LogKind, Message};

fn asked(driver: &mut Driver) -> Option<(Ticket, Engine, Reach)> {
    driver.asked().into_iter().find_map(|effect| match effect {
        Effect::EngineLog { ticket, engine, reach } => Some((ticket, *engine, reach)),
        _ => None,
    })
}

/// The engine with that name is chosen in the list.
fn at(name: &str, columns: u16, rows: u16) -> Driver {
    Driver::full(columns, rows).wait(7_000).keys("5 /").text(name).keys("enter")
}

fn offer(interface: &str) -> Offer {
    Offer { id: "9".into(), interface: interface.into(), name: interface.into(), description: None, ports: Vec::new() }
}

fn lines() -> Burst {
    let line = |second: i64, text: &str, source| LogLine {
        at: Some(Moment(super::NOW.0 + second * 1_000)),
        source,
        text: text.into(),
    };
    let lines = vec![
        line(0, "INFO connected to https://lab.example.org", LogSource::Stdout),
        line(4, "INFO looking at the containers anew: 3 of 3 run", LogSource::Stdout),
        line(9, "WARN its status was not reported: Kabinet did not answer within 30 s pod=13", LogSource::Stderr),
    ];
    lines.into()
}

#[test]
fn the_log_of_an_engine_opens_with_a_title_that_says_so() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let mut driver = at("hpc-gpu", columns, rows).keys("l");
        let (ticket, engine, _) = asked(&mut driver).expect("it is asked");
        assert_eq!(engine.name, "hpc-gpu");
        let driver = driver.send(Message::LogLines(ticket, LogKind::Live, lines()));
        let screen = driver.screen();
        assert!(screen.contains("Engines > hpc-gpu > log") && screen.contains("LIVE"), "{screen}");
        assert!(screen.contains("its status was not reported"), "{screen}");
        driver.picture(&format!("engine-log-{columns}x{rows}"));
    }
    // From its page, and asked for again in another extent.
    let mut driver = at("hpc-gpu", 80, 24).keys("enter l");
    assert!(asked(&mut driver).is_some());
    let mut driver = driver.keys("T G k enter");
    let (_, engine, reach) = asked(&mut driver).expect("it is asked for another part");
    assert_eq!(engine.name, "hpc-gpu");
    assert_ne!(reach, Reach::default());
    let mut driver = driver.keys("R");
    assert!(asked(&mut driver).is_some(), "and once more");
    assert!(!matches!(driver.keys("q").app.pages.last(), Some(Page::Log(_))));
}

#[test]
fn an_engine_that_tells_nothing_of_itself_says_so_in_the_menu_and_at_the_key() {
    let row = |driver: &Driver| {
        let screen = driver.screen();
        screen.lines().find(|line| line.contains("What it says of itself")).unwrap_or_default().to_owned()
    };
    let driver = at("hpc-gpu", 160, 50).keys("a");
    assert!(!row(&driver).contains("no log of its own"), "nobody has told yet: {}", row(&driver));
    let id = driver.app.data.engines().iter().find(|engine| engine.name == "hpc-gpu").unwrap().id.clone();
    let told = driver.send(Message::Offers(id.clone(), Ok(vec![offer("move")])));
    assert!(row(&told).contains("no log of its own"), "{}", told.screen());
    let mut told = told.keys("esc l");
    assert_eq!(asked(&mut told), None);
    let able = at("hpc-gpu", 160, 50).keys("a").send(Message::Offers(id, Ok(vec![offer("stream_engine_log")])));
    assert!(!row(&able).contains("no log") && !able.screen().contains("stream_engine_log"), "{}", able.screen());

    let mut away = at("microscope-pc", 160, 50).keys("l");
    assert_eq!(asked(&mut away), None);
    assert!(away.screen().contains("No log: it is offline"), "{}", away.screen());
}

#[test]
fn the_log_of_an_engine_is_kept_for_no_pod_and_is_a_place_of_its_own_to_come_back_to() {
    let mut driver = at("hpc-gpu", 80, 24).keys("l");
    let (ticket, engine, _) = asked(&mut driver).expect("it is asked");
    let driver = driver.send(Message::LogLines(ticket, LogKind::Live, lines()));
    assert_eq!(driver.app.log_ends(), [], "no pod has said that");
    assert_eq!(driver.app.target(), Some(Target::Engine(engine.id.clone())));
    let mut driver = driver.keys("q");
    assert!(!driver.asked().iter().any(|effect| matches!(effect, Effect::KeepEnds(_))));
    let mut driver = driver.keys("4 H");
    assert!(asked(&mut driver).is_none(), "the list comes first");
    let mut driver = driver.keys("H");
    let again = asked(&mut driver).map(|(_, engine, _)| engine.id);
    assert_eq!(again, Some(engine.id.clone()));
    assert!(matches!(driver.app.pages.last(), Some(Page::Log(log)) if log.engine == Some(engine.id)));
}

#[test]
fn the_log_of_a_task_without_a_pod_is_that_of_its_engine_where_the_engine_tells() {
    let driver = Driver::full(80, 24).wait(7_000).keys("6");
    let tasks = driver.app.data.tasks();
    let bare = |task: &&crate::domain::Task| {
        driver.app.data.pod_of(task).is_none() && driver.app.data.engine_of_task(task).is_some_and(Engine::is_online)
    };
    let task = tasks.iter().find(bare).expect("a task without a pod").clone();
    let engine = driver.app.data.engine_of_task(&task).unwrap().id.clone();
    let place =
        driver.app.list(crate::tui::action::Screen::Tasks).rows.iter().position(|row| tasks[*row].id == task.id);
    let moves = "j ".repeat(place.unwrap());
    let mut unknown = Driver::full(80, 24).wait(7_000).keys(&format!("6 {moves}l"));
    assert_eq!(asked(&mut unknown), None);
    assert!(unknown.screen().contains("No log: it has no pod"), "{}", unknown.screen());
    let told = unknown.send(Message::Offers(engine.clone(), Ok(vec![offer("stream_engine_log")])));
    let mut told = told.keys("l");
    assert_eq!(asked(&mut told).map(|(_, asked, _)| asked.id), Some(engine));
}
