//! Reaching things: the palette with its verbs, menus that scroll, text that is looked for, the version that is looked at.

use super::{Driver, fixtures};
use crate::domain::{App as StoreApp, Liveness, PodStatus};
use crate::tui::action::Screen;
use crate::tui::app::Page;
use crate::tui::effect::Effect;
use crate::tui::message::Message;

#[test]
fn the_palette_has_verbs_with_their_reasons_and_themes() {
    let mut driver = Driver::full(80, 24).keys("4 j j :").text("stop");
    assert!(driver.screen().contains("stop "), "{}", driver.screen());
    driver = driver.keys("enter");
    assert!(driver.screen().contains("Stopping"), "{}", driver.screen());
    let ghost = fixtures::pods().iter().position(|pod| pod.status == PodStatus::Stopped).unwrap();
    let down = vec!["j"; ghost].join(" ");
    let driver = Driver::full(80, 24).keys(&format!("4 {down} :")).text("stop ");
    assert!(!driver.screen().contains("Nothing is called"), "{}", driver.screen());
    let driver = Driver::full(80, 24).keys(":").text("theme light").keys("enter");
    assert_eq!(driver.app.theme.scheme.name(), "light");
}

#[test]
fn the_palette_finds_an_action_by_its_own_name_and_shows_key_and_reason_beside_a_long_one() {
    // Letters strewn over "install cellpose 3.0.1 on hpc-gpu" are no stop.
    let stop = Driver::full(80, 24).wait(7_000).keys("6 :").text("sop").screen();
    let first = stop.lines().find(|line| line.contains("│ > ")).unwrap_or_else(|| panic!("{stop}"));
    assert!(!first.contains("cancel"), "{stop}");
    let cancel = Driver::full(80, 24).wait(7_000).keys("6 :").text("cancel").screen();
    let first = cancel.lines().find(|line| line.contains("│ > ")).unwrap_or_else(|| panic!("{cancel}"));
    assert!(first.contains("cancel") && first.contains("  c "), "{cancel}");
    let ended = Driver::full(60, 24).wait(7_000).keys("6 G :").text("cancel").screen();
    let first = ended.lines().find(|line| line.contains("│ > ")).unwrap_or_else(|| panic!("{ended}"));
    assert!(first.contains("  c  ") && (first.contains("ended") || first.contains('…')), "{ended}");
}

#[test]
fn the_palette_remembers_what_was_typed_and_takes_a_filter_with_a_server() {
    let driver = Driver::full(80, 24).keys(":").text("pods failed").keys("enter : up");
    assert!(driver.screen().contains(": pods failed"), "{}", driver.screen());
    let driver = Driver::full(80, 24).keys(":").text("pods failed @lab2").keys("enter");
    assert_eq!(driver.app.list(crate::tui::action::Screen::Pods).filter.value(), "failed");
}

#[test]
fn a_menu_that_is_longer_than_the_screen_shows_what_is_chosen() {
    let driver = Driver::full(40, 12).keys("4 j j a j j j j j j j j");
    let chosen = driver.screen().lines().any(|line| line.contains('>') && line.contains("why") || line.contains("Why"));
    assert!(chosen, "{}", driver.screen());
}

#[test]
fn a_line_of_the_menu_is_copied_as_a_command() {
    let mut driver = Driver::full(80, 24).keys("4 j j a j j $");
    let copied = driver.asked().into_iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text),
        _ => None,
    });
    assert!(copied.as_deref().is_some_and(|text| text.starts_with("kab stop ")), "{copied:?}");
    // What is marked is what the line acts on, and the command is seen before it is copied.
    let mut driver = Driver::full(80, 24).keys("4 j j space j space a j j");
    let shown = driver.screen().lines().find(|line| line.contains("$ kab stop ")).map(str::to_owned);
    assert!(shown.is_some_and(|line| line.matches('-').count() >= 2), "{}", driver.screen());
    driver = driver.keys("$");
    let copied = driver.asked().into_iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text),
        _ => None,
    });
    assert_eq!(copied.map(|text| text.split(' ').count()), Some(4));
}

#[test]
fn a_node_has_the_command_that_installs_it() {
    let driver = Driver::full(80, 24).keys("3 a");
    assert!(driver.screen().contains("$ kab install "), "{}", driver.screen());
}

#[test]
fn the_palette_opens_addresses_and_says_what_is_none() {
    let driver = Driver::full(80, 24).keys(":").text("open kab://app/live.arkitekt.stardist").keys("enter");
    assert!(matches!(driver.app.pages.last(), Some(Page::App(page)) if page.app.as_str().ends_with("stardist")));
    let driver = driver.keys(":").text("open pods").keys("enter");
    assert_eq!((driver.app.screen, driver.app.pages.len()), (Screen::Pods, 0));
    let driver = driver.keys(":").text("open kab://pot/1").keys("enter");
    assert!(driver.screen().contains("no address of kab"), "{}", driver.screen());
}

#[test]
fn the_palette_reaches_what_the_command_line_says_better() {
    let mut driver = Driver::full(80, 24).keys(":").text("doctor").keys("enter");
    let line = driver.asked().into_iter().find_map(|effect| match effect {
        Effect::Shell(line) => Some(line),
        _ => None,
    });
    assert!(line.is_some_and(|line| line.contains(" doctor --context ")));
}

#[test]
fn a_text_is_found_on_a_page_and_its_letters_do_nothing_else() {
    let mut driver = Driver::full(80, 24).keys("4 j j enter / s y D").text(" vers");
    assert!(driver.asked().iter().all(|effect| !matches!(effect, Effect::Act { .. } | Effect::Copy(_))));
    let driver = driver.keys("esc /").text("provides").keys("enter");
    assert_eq!(driver.app.look.text, "provides");
    let nowhere = driver.keys("/").text("nowhere").keys("enter");
    assert!(nowhere.screen().contains("nowhere is not on this page"), "{}", nowhere.screen());
}

/// An app with an older release.
fn two_versions() -> Vec<StoreApp> {
    let mut apps = fixtures::apps();
    let app = apps.iter_mut().find(|app| app.short_name() == "stardist").unwrap();
    let mut old = app.releases[0].clone();
    (old.id, old.version) = ("old".into(), "0.0.1".into());
    app.releases.push(old);
    apps
}

#[test]
fn the_version_under_the_cursor_is_the_one_that_is_installed_and_copied() {
    let driver = Driver::full(80, 24).send(Message::Apps(Ok(two_versions())));
    let driver = driver.keys("2 /").text("stardist").keys("enter enter ] ] G");
    let sheet = driver.keys("i");
    assert!(sheet.screen().contains("0.0.1"), "{}", sheet.screen());
}

#[test]
fn replicas_that_nobody_confirms_do_not_look_as_if_they_ran() {
    let mut engines = fixtures::engines();
    let pod = fixtures::pods().into_iter().find(|pod| pod.id.as_str() == "15").unwrap();
    for engine in engines.iter_mut().filter(|engine| engine.id == pod.engine) {
        engine.liveness = Liveness::Offline { last_seen: Some(super::NOW) };
    }
    let pods = (0..4).map(|at| {
        let mut pod = pod.clone();
        (pod.id, pod.local_id) = (format!("9{at}").as_str().into(), format!("9{at}aaaaaaaa"));
        pod
    });
    let driver = Driver::full(80, 24).send(Message::Engines(Ok(engines))).send(Message::Pods(Ok(pods.collect())));
    let screen = driver.keys("4").screen();
    assert!(screen.contains("4 run?"), "{screen}");
}

#[test]
fn an_order_holds_for_rows_that_facets_leave_and_gives_way_to_words_only() {
    let newest = |driver: &Driver| driver.screen().contains("by newest");
    let driver = Driver::full(80, 24).keys("2 o j enter");
    assert!(newest(&driver), "{}", driver.screen());
    let driver = driver.keys("/").text("installed:no").keys("enter");
    assert!(newest(&driver), "{}", driver.screen());
    let driver = Driver::full(80, 24).keys("2 /").text("st").keys("enter O");
    assert!(driver.screen().contains("fits best"), "{}", driver.screen());
}
