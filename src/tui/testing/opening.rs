//! Where the program opens when somebody says so.

use super::{Driver, fixtures};
use crate::domain::Moment;
use crate::tui::action::Screen;
use crate::tui::app::{Destination, Page, Target, Wanted};
use crate::tui::effect::{Effect, List};
use crate::tui::message::Message;

fn at(list: List, name: &str, version: Option<&str>) -> Driver {
    let mut driver = Driver::new(80, 24);
    let wanted = Wanted { list, name: name.into(), version: version.map(str::to_owned) };
    driver.app.begin_at(Some(Destination::Thing(wanted)));
    driver.connected()
}

#[test]
fn it_opens_at_a_screen_a_pod_a_task_and_a_version_of_an_app() {
    let mut driver = Driver::new(80, 24);
    driver.app.begin_at(Some(Destination::Screen(Screen::Tasks)));
    assert_eq!(driver.connected().with_everything().app.screen, Screen::Tasks);

    let pod = fixtures::pods()[1].clone();
    let driver = at(List::Pods, &pod.name(), None).with_everything();
    let Some(Page::Thing(Target::Pod(id), _)) = driver.app.pages.last() else { unreachable!() };
    assert_eq!((id, driver.app.screen), (&pod.id, Screen::Pods));

    let mut driver = at(List::Tasks, "101", None).with_everything();
    assert!(matches!(driver.app.pages.last(), Some(Page::Thing(Target::Task(_), _))));
    assert!(driver.asked().contains(&Effect::FetchTask("101".into())));

    let app = fixtures::apps().into_iter().find(|app| app.releases.len() > 1).unwrap();
    let version = app.releases[1].version.clone();
    let driver = at(List::Apps, app.short_name(), Some(&version)).with_everything();
    let Some(Page::App(page)) = driver.app.pages.last() else { unreachable!() };
    assert_eq!((&page.app, &page.version), (&app.identifier, &version));
}

#[test]
fn what_is_not_there_is_said_once_and_nobody_is_taken_from_where_they_are() {
    let driver = at(List::Apps, "zebrafish", None).with_everything();
    assert!(driver.screen().contains("There is nothing called zebrafish"), "{}", driver.screen());
    assert_eq!((driver.app.open_at.clone(), driver.app.screen), (None, Screen::Home));

    let driver = at(List::Pods, "15", None).keys("2").with_everything();
    assert_eq!((driver.app.screen, driver.app.pages.len()), (Screen::Apps, 0));

    // What is being made ready is waited for.
    let mut driver = Driver::new(80, 24);
    let wanted = Wanted { list: List::Apps, name: "stardist".into(), version: None };
    driver.app.begin_at(Some(Destination::Made(wanted)));
    let driver = driver.connected().send(Message::Apps(Ok(Vec::new())));
    assert!(driver.app.open_at.is_some() && driver.app.now >= Moment(0));
    assert!(!driver.with_everything().app.pages.is_empty());
}
