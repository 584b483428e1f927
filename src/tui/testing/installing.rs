//! The install sheet: what it knows beforehand, what stops it, and what makes it needless.

use super::{Driver, fixtures};
use crate::domain::{Engine, TaskState};
use crate::tui::action::Screen;
use crate::tui::app::{Page, Target};
use crate::tui::effect::{Effect, Ticket};
use crate::tui::message::Message;
use crate::tui::overlays::Overlay;

fn at_the_app(name: &str, engines: Vec<Engine>) -> Driver {
    let driver = Driver::full(80, 24).send(Message::Engines(Ok(engines))).wait(7_000).keys("2 /");
    driver.text(name).keys("enter")
}

fn with_free(megabytes: &str) -> Vec<Engine> {
    let mut engines = fixtures::engines();
    for resource in engines.iter_mut().flat_map(|engine| &mut engine.resources) {
        resource.facts.0.insert("disk.free_mb".into(), megabytes.into());
    }
    engines
}

fn installs(driver: &mut Driver) -> bool {
    driver.asked().iter().any(|effect| matches!(effect, Effect::Install { .. }))
}

#[test]
fn too_little_space_stops_it_with_a_sentence_and_what_to_do() {
    let mut driver = at_the_app("trackastra", with_free("1000")).keys("i enter");
    assert!(!installs(&mut driver));
    let failure = driver.app.notes.error.clone().unwrap();
    assert!(failure.why.contains("has 1.00 GB free for images, and this one takes"), "{failure}");
    assert!(failure.hint.contains("choose another engine"), "{failure}");
    assert!(matches!(driver.app.overlay, Some(Overlay::Sheet(_))), "the sheet stays");
    let mut driver = at_the_app("trackastra", with_free("90000")).keys("i enter");
    assert!(installs(&mut driver));
}

#[test]
fn an_image_that_is_there_needs_no_space_and_is_not_fetched() {
    // A pod of that very flavour is on the engine.
    let mut driver = at_the_app("stardist", with_free("10")).keys("i");
    assert!(driver.screen().contains("nothing: it is there, stardist-"), "{}", driver.screen());
    driver.asked();
    let mut driver = driver.keys("enter");
    assert!(installs(&mut driver));
}

#[test]
fn the_sheet_says_what_its_engine_is_busy_with() {
    let driver = at_the_app("trackastra", fixtures::engines()).keys("i");
    let screen = driver.screen();
    assert!(screen.contains("1 under way there, 1 waits"), "{screen}");
}

#[test]
fn what_runs_already_is_used_with_one_key_and_nothing_is_installed() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let driver = Driver::full(columns, rows).wait(7_000).keys("2 /").text("stardist").keys("enter i");
        driver.picture(&format!("install-already-{columns}x{rows}"));
    }
    let mut driver = at_the_app("stardist", fixtures::engines()).keys("i");
    driver.asked();
    let mut driver = driver.keys("u");
    assert!(!installs(&mut driver));
    let page = driver.app.pages.last();
    assert!(matches!(page, Some(Page::Thing(Target::Pod(id), _)) if id.as_str() == "13"), "{page:?}");
    let driver = at_the_app("trackastra", fixtures::engines()).keys("i u");
    assert!(driver.screen().contains("No pod of it runs"), "{}", driver.screen());
}

#[test]
fn a_node_that_a_pod_provides_needs_no_install() {
    let mut driver = Driver::full(80, 24).wait(7_000).keys("3 /").text("predict nuclei").keys("enter");
    driver.asked();
    let mut driver = driver.keys("i");
    assert!(driver.app.overlay.is_none() && !installs(&mut driver));
    assert!(driver.screen().contains("Already available on hpc-gpu - nothing to install"), "{}", driver.screen());
    let driver = driver.keys("I");
    assert!(matches!(driver.app.overlay, Some(Overlay::Sheet(_))), "who wants another one gets it");
}

#[test]
fn the_flavour_for_a_node_is_one_that_provides_it() {
    // Only the flavour for processors provides the node, though the other one would fit the app better.
    let mut nodes = fixtures::nodes();
    let node = nodes.iter_mut().find(|node| node.id.as_str() == "track_cells").unwrap();
    node.flavours.retain(|flavour| flavour.as_str().ends_with("-cpu"));
    let driver = Driver::full(80, 24).send(Message::Nodes(Ok(nodes))).wait(7_000);
    let driver = driver.keys("3 /").text("track cells").keys("enter i");
    assert!(driver.screen().contains("it provides track cells"), "{}", driver.screen());
    let mut driver = driver;
    driver.asked();
    let mut driver = driver.keys("enter");
    let asked = driver.asked();
    let flavour = asked.iter().find_map(|effect| match effect {
        Effect::Install { flavour, .. } => Some(flavour.as_str().to_owned()),
        _ => None,
    });
    assert!(flavour.as_deref().is_some_and(|flavour| flavour.ends_with("-cpu")), "{asked:?}");
}

#[test]
fn the_task_is_named_and_one_key_goes_there() {
    let driver = Driver::full(80, 24).keys("2");
    let task = fixtures::tasks().remove(0);
    assert_eq!(task.state, TaskState::Running);
    let driver = driver.send(Message::Installing(Ticket(9), Ok(Box::new(task))));
    assert!(driver.screen().contains("task 101, w watches it"), "{}", driver.screen());
    assert_eq!(driver.app.screen, Screen::Apps);
    let driver = driver.keys("w");
    assert!(matches!(driver.app.pages.last(), Some(Page::Thing(Target::Task(id), _)) if id.as_str() == "101"));
    let fresh = Driver::full(80, 24).keys("2 w");
    assert!(fresh.screen().contains("Nothing was asked for yet"), "{}", fresh.screen());
}

#[test]
fn help_in_the_sheet_explains_its_rows_and_goes_back_to_it() {
    let driver = at_the_app("stardist", fixtures::engines()).keys("i ?");
    driver.picture("install-help-80x24");
    assert!(driver.screen().contains("What the engine has to download"), "{}", driver.screen());
    let driver = driver.keys("esc");
    assert!(matches!(driver.app.overlay, Some(Overlay::Sheet(_))));
    let dialog = Driver::full(80, 24).wait(7_000).keys("4 j j D ? esc");
    assert!(matches!(dialog.app.overlay, Some(Overlay::Dialog(_))));
}
