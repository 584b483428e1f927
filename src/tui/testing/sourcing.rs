//! Apps that several repositories offer: which one an app comes from is said, and changes only when somebody says so.

use super::{Driver, fixtures};
use crate::domain::{About, Readme, Repository, Sources};
use crate::tui::effect::{Effect, RepositoryErrand};
use crate::tui::message::{Message, Session};
use crate::tui::overlays::Overlay;

fn contested(columns: u16, rows: u16, chosen: Option<&str>) -> Driver {
    let mut repositories = fixtures::repositories();
    let other = Repository { id: "2".into(), name: "someone/else:main".into(), ..repositories[0].clone() };
    repositories.push(other);
    let driver = Driver::full(columns, rows).wait(7_000).send(Message::Repositories(Ok(repositories)));
    let mut driver = driver.keys("2 /").text("trackastra").keys("enter enter");
    let release = driver.asked().into_iter().find_map(|effect| match effect {
        Effect::About { release, .. } => Some(release),
        _ => None,
    });
    let all = [("1", "bioimage/apps:main"), ("2", "someone/else:\u{1b}[31mmain")];
    let sources = Sources {
        app: "7".into(),
        all: all.map(|(id, name)| (id.into(), name.to_owned())).to_vec(),
        chosen: chosen.map(Into::into),
    };
    let about = About { publisher: None, readme: Readme::Unknown, sources: Some(sources) };
    driver.send(Message::About(release.unwrap(), Ok(about)))
}

fn taken(driver: &mut Driver) -> Option<(String, String)> {
    driver.asked().into_iter().find_map(|effect| match effect {
        Effect::Repository(RepositoryErrand::Use { app, repository, .. }) => Some((app, repository.to_string())),
        _ => None,
    })
}

#[test]
fn the_page_says_which_repository_is_used_and_which_are_not() {
    let driver = contested(80, 24, None).keys("[ [");
    driver.picture("app-source-contested-80x24");
    let screen = driver.screen();
    assert!(screen.contains("bioimage/apps:main  used") && screen.contains("someone/else:main  not used"), "{screen}");
    let chosen = contested(80, 24, Some("1")).keys("[ [").screen();
    assert!(chosen.contains("used, as somebody chose it"), "{chosen}");
    let sheet = contested(80, 24, None).keys("i").screen();
    assert!(sheet.contains("bioimage/apps:main; the app is also offered by"), "{sheet}");
}

#[test]
fn another_one_is_taken_from_the_menu_after_a_question() {
    let driver = contested(80, 24, None).keys("a");
    let Some(Overlay::Menu(menu)) = &driver.app.overlay else { panic!("no menu: {}", driver.screen()) };
    let at = menu.items.iter().position(|item| item.text == "Take it from someone/else:main").unwrap();
    let driver = driver.keys(&"j ".repeat(at)).keys("enter").wait(500);
    driver.picture("app-take-from-80x24");
    let mut kept = contested(80, 24, None).keys("a").keys(&"j ".repeat(at)).keys("enter").wait(500).keys("enter");
    assert_eq!(taken(&mut kept), None, "the usual button leaves it as it is");
    let mut driver = driver.keys("y");
    assert_eq!(taken(&mut driver), Some(("7".into(), "2".into())));
    let errand = RepositoryErrand::Scan("2".into());
    let text = "trackastra comes from someone/else:main now";
    let mut driver = driver.send(Message::RepositoryDone(errand, Ok(text.into())));
    assert!(driver.screen().contains("comes from someone/else:main now"), "{}", driver.screen());
    let asked = driver.asked();
    assert!(asked.iter().any(|effect| matches!(effect, Effect::About { .. })), "it is asked anew: {asked:?}");
}

#[test]
fn where_nothing_may_be_changed_it_stays_with_the_reason() {
    let driver = contested(80, 24, None);
    let session = Session { read_only: Some("--read-only".into()), ..driver.app.session.clone() };
    let driver = driver.send(Message::Connected(session)).keys("a");
    let Some(Overlay::Menu(menu)) = &driver.app.overlay else { panic!("no menu: {}", driver.screen()) };
    let item = menu.items.iter().find(|item| item.text.starts_with("Take it from")).unwrap();
    assert_eq!(item.against.as_deref(), Some("this context is read-only"));
}

#[test]
fn an_app_that_one_repository_offers_has_nothing_to_choose() {
    let driver = Driver::full(80, 24).wait(7_000).keys("2 /").text("trackastra").keys("enter enter [ [");
    assert!(!driver.screen().contains("Offered "), "{}", driver.screen());
    let driver = driver.keys("a");
    assert!(!driver.screen().contains("Take it from"), "{}", driver.screen());
}

#[test]
fn the_list_names_the_repository_that_is_used_where_there_are_several() {
    let row = |driver: Driver| {
        let screen = driver.keys("esc").screen();
        screen.lines().find(|line| line.starts_with("> trackastra")).unwrap_or_else(|| panic!("{screen}")).to_owned()
    };
    for columns in [90, 99] {
        let told = row(contested(columns, 40, None));
        assert!(told.contains("s:main  Tracking of") && told.contains("bioimage"), "{told}");
        let plain = row(Driver::full(columns, 40).wait(7_000).keys("2 /").text("trackastra").keys("enter enter"));
        assert!(!plain.contains("bioimage"), "{plain}");
    }
    // Where nobody says what apps do, it has the column for itself.
    let mut apps = fixtures::apps();
    apps.iter_mut().flat_map(|app| &mut app.releases).for_each(|release| release.description = None);
    apps[0].releases[0].flavours[0].repository = Some("2".into());
    let driver = contested(99, 40, None).send(Message::Apps(Ok(apps))).keys("esc");
    assert!(driver.screen().contains("WHAT IT DOES"), "{}", driver.screen());
}
