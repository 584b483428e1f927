//! Where the program opens when somebody says so.

use super::{Driver, NOW, cached, fixtures};
use crate::domain::{Failure, FailureKind, Moment};
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

/// The program as it starts, meant for that thing.
fn meant_for(list: List, name: &str) -> Driver {
    let mut driver = Driver::new(80, 24);
    let wanted = Wanted { list, name: name.into(), version: None };
    driver.app.begin_at(Some(Destination::Thing(wanted)));
    driver.asked();
    driver
}

fn unreachable() -> Message {
    Message::ConnectFailed(Failure::new("Could not connect to lab", "no route to host").kind(FailureKind::Network))
}

#[test]
fn without_a_server_it_opens_from_what_was_kept() {
    for (list, name) in [(List::Apps, "stardist"), (List::Pods, "15"), (List::Tasks, "101")] {
        let mut offline = meant_for(list, name);
        offline.app.stay_offline();
        let mut offline = offline.send(Message::Cached(cached(NOW)));
        let asked = offline.asked();
        let reads_only = asked.iter().all(|effect| matches!(effect, Effect::KeptAbout(_)));
        assert!(offline.app.pages.len() == 1 && reads_only, "{name}: {asked:?}");

        let away = meant_for(list, name).send(Message::Cached(cached(NOW)));
        assert_eq!(away.app.pages.len(), 0, "the server may answer");
        let away = away.send(unreachable());
        assert_eq!((away.app.pages.len(), away.app.open_at.clone()), (1, None), "{name}");
        let late = meant_for(list, name).send(unreachable()).send(Message::Cached(cached(NOW)));
        assert_eq!(late.app.pages.len(), 1, "{name}");
    }
}

#[test]
fn what_was_not_kept_is_said_and_opens_as_soon_as_a_server_tells_it() {
    for kept in [cached(NOW), Box::default()] {
        let mut offline = meant_for(List::Apps, "zebrafish");
        offline.app.stay_offline();
        let offline = offline.send(Message::Cached(kept));
        assert!(
            offline.screen().contains("nothing called zebrafish among the apps that were kept"),
            "{}",
            offline.screen()
        );
        assert_eq!((offline.app.pages.len(), offline.app.open_at.clone()), (0, None));
    }
    let away = meant_for(List::Apps, "stardist").send(Message::Cached(Box::default())).send(unreachable());
    assert!(away.screen().contains("nothing called stardist among the apps that were kept"), "{}", away.screen());
    let again = away.wait(7_000).send(unreachable());
    assert!(!again.screen().contains("nothing called stardist"), "it is said once: {}", again.screen());
    assert_eq!(again.connected().with_everything().app.pages.len(), 1);
}
