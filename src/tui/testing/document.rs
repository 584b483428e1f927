//! JSON in the choice of what to copy: the document of the command line.

use serde_json::Value;

use super::*;
use crate::tui::app::Target;
use crate::tui::overlays::Overlay;
use crate::tui::plain::tests::Lines;

fn document(driver: &Driver, target: &Target) -> Value {
    serde_json::from_str(&crate::cli::document_of(&driver.app, target).unwrap()).unwrap()
}

#[test]
fn the_choice_offers_the_whole_of_a_thing_and_copies_its_document() {
    let mut driver = Driver::full(80, 24).keys("4 j j y");
    let seen = driver.screen();
    assert!(seen.contains("JSON") && seen.contains("as show -o json prints it"), "{seen}");
    let Some(Overlay::Yank(yank)) = &driver.app.overlay else { panic!("{seen}") };
    let at = yank.rows().position(|(kind, _)| kind == "JSON").unwrap();
    driver.asked();
    let mut driver = driver.keys(&"j ".repeat(at)).keys("enter");
    let asked = driver.asked();
    let [Effect::Copy(text)] = asked.as_slice() else { panic!("{asked:?}") };
    let copied: Value = serde_json::from_str(text).unwrap();
    assert_eq!(copied, document(&driver, &Target::Pod("15".into())));
    assert_eq!((&copied["schema"], &copied["ok"], &copied["error"]), (&1.into(), &true.into(), &Value::Null));
    assert_eq!((&copied["data"]["id"], &copied["meta"]["source"]), (&"15".into(), &"live".into()));
    // What was copied last comes first.
    let driver = driver.keys("j y");
    assert!(matches!(&driver.app.overlay, Some(Overlay::Yank(yank)) if yank.rows().next().unwrap().0 == "JSON"));
}

#[test]
fn every_kind_of_thing_has_one_with_what_belongs_to_it() {
    let driver = Driver::full(80, 24);
    let app = document(&driver, &Target::App("live.arkitekt.stardist".into()));
    assert_eq!(app["data"]["id"], "live.arkitekt.stardist");
    assert!(app["data"]["cells"].as_array().is_some_and(|cells| !cells.is_empty()), "{app}");
    assert_eq!(app["data"]["pods"][0]["app"], "live.arkitekt.stardist");
    let node = driver.app.data.nodes()[0].id.clone();
    let node = document(&driver, &Target::Node(node));
    assert!(node["data"]["provided_by"].as_array().is_some_and(|apps| !apps.is_empty()), "{node}");
    assert_eq!(document(&driver, &Target::Engine("2".into()))["data"]["pods_running"], 1);
    let task = document(&driver, &Target::Task("101".into()));
    assert_eq!(
        (&task["data"]["title"], &task["data"]["events"]),
        (&"install cellpose 3.0.1".into(), &Value::Array(vec![]))
    );
    assert_eq!(crate::cli::document_of(&driver.app, &Target::Pod("404".into())), None);
}

#[test]
fn what_is_old_says_so_in_it() {
    let failure = crate::domain::Failure::new("Lost", "the network is down");
    let driver = Driver::full(80, 24).send(Message::Lost(failure, std::time::Duration::from_mins(1))).wait(30_000);
    let pod = document(&driver, &Target::Pod("15".into()));
    assert_eq!((&pod["meta"]["source"], &pod["meta"]["age_s"]), (&"cache".into(), &30.into()));
}

#[test]
fn in_lines_it_is_a_choice_like_the_others() {
    let mut program = Lines::full().say("pods").quietly().say("copy 3");
    let told = program.told();
    let line = told.lines().find(|line| line.contains("JSON")).unwrap();
    let number = line.split('.').next().unwrap();
    let mut program = program.say(number);
    assert!(program.told().contains("\"schema\":1"), "{}", program.told());
}
