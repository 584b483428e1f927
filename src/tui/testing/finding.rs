//! Finding: filters, facets, orders, marks, and what is copied of a row.

use super::*;
use crate::domain::PodStatus;
use crate::tui::app::{Direction, Order};
use crate::tui::overlays::Overlay;

fn shown(driver: &Driver) -> usize {
    driver.app.list(driver.app.screen).rows.len()
}

#[test]
fn filters_ask_for_more_than_names() {
    let all = shown(&Driver::full(100, 30).keys("4"));
    let running = Driver::full(100, 30).keys("4 /").text("status:running").keys("enter");
    assert!(shown(&running) > 0 && shown(&running) < all, "{}", running.screen());
    let others = Driver::full(100, 30).keys("4 /").text("status:!running").keys("enter");
    assert_eq!(shown(&running) + shown(&others), all);
    // While the value is being typed nothing is hidden.
    assert_eq!(shown(&Driver::full(100, 30).keys("4 /").text("status:")), all);
}

#[test]
fn a_filter_follows_what_changes() {
    let driver = Driver::full(100, 30).keys("4 /").text("status:running").keys("enter");
    let before = shown(&driver);
    let mut pods = fixtures::pods();
    for pod in &mut pods {
        pod.status = crate::domain::PodStatus::Running;
    }
    // One of them is on an engine that is offline, so that nobody can confirm it.
    let all = pods.len() - 1;
    let driver = driver.send(Message::Pods(Ok(pods)));
    assert!(before < all);
    assert_eq!(shown(&driver), all);
}

#[test]
fn facets_write_into_the_filter_and_combine() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        Driver::full(columns, rows).wait(7_000).keys("2 f").picture(&format!("facets-{columns}x{rows}"));
    }
    let driver = Driver::full(80, 24).keys("2 f space");
    let typed = driver.app.list(Screen::Apps).filter.value().to_owned();
    assert!(typed.starts_with("status:"), "{typed}");
    let driver = driver.keys("space");
    assert_eq!(driver.app.list(Screen::Apps).filter.value(), "", "ticking twice is nothing");
    let driver = driver.keys("enter");
    assert!(driver.app.overlay.is_none());
    assert_eq!(driver.app.list(Screen::Apps).filter.value(), typed);
    assert!(driver.screen().contains(&typed), "{}", driver.screen());
}

#[test]
fn nothing_found_says_what_was_perhaps_meant() {
    let driver = Driver::full(80, 24).keys("2 /").text("cellpsoe");
    assert!(driver.screen().contains("Did you mean cellpose? Tab takes it."), "{}", driver.screen());
    let driver = driver.keys("tab");
    assert_eq!(driver.app.list(Screen::Apps).filter.value(), "cellpose");
    assert!(shown(&driver) > 0);
}

#[test]
fn a_filter_that_finds_hidden_rows_only_says_so() {
    let mut engines = fixtures::engines();
    engines.truncate(1);
    engines[0].liveness = crate::domain::Liveness::Online;
    for resource in &mut engines[0].resources {
        resource.facts.0.insert("ram.mb".into(), "1000".into());
    }
    let mut app = fixtures::apps().remove(0);
    app.identifier = "live.arkitekt.zebra".into();
    for release in &mut app.releases {
        release.app = app.identifier.clone();
        for flavour in &mut release.flavours {
            flavour.image.reference = "docker.io/kab/never:1".into();
            let kind = crate::domain::SelectorKind::Ram { min: Some(64_000) };
            flavour.selectors = crate::domain::Selectors::Known(vec![crate::domain::Selector::required(kind)]);
        }
    }
    let driver = Driver::full(80, 24)
        .send(Message::Engines(Ok(engines)))
        .send(Message::Apps(Ok(vec![app])))
        .send(Message::Pods(Ok(Vec::new())))
        .keys("2 /")
        .text("zebra");
    let screen = driver.screen();
    assert!(screen.contains("zebra matches only apps that are hidden: 1."), "{screen}");
}

#[test]
fn an_order_is_chosen_from_a_menu_and_turned_round() {
    let driver = Driver::full(80, 24).keys("4 o");
    driver.picture("orders-80x24");
    let driver = driver.keys("j enter");
    let list = driver.app.list(Screen::Pods);
    assert_eq!((list.order, list.direction), (Order::Name, Direction::Forwards));
    let names = |driver: &Driver| -> Vec<String> {
        let rows = &driver.app.list(Screen::Pods).rows;
        rows.iter().map(|row| driver.app.data.pods()[*row].name()).collect()
    };
    let forwards = names(&driver);
    assert!(forwards.is_sorted());
    let driver = driver.keys("O");
    assert!(names(&driver).iter().rev().eq(forwards.iter()));
    assert!(driver.screen().contains("by name, backwards"), "{}", driver.screen());
}

#[test]
fn a_range_is_marked_from_one_key_to_another() {
    let driver = Driver::full(80, 24).keys("4 v j j");
    assert_eq!(driver.app.list(Screen::Pods).marks.len(), 3);
    let driver = driver.keys("k");
    assert_eq!(driver.app.list(Screen::Pods).marks.len(), 2, "going back takes marks back");
    let driver = driver.keys("v j j");
    assert_eq!(driver.app.list(Screen::Pods).marks.len(), 2, "v again ends it");
    assert_eq!(driver.keys("esc").app.list(Screen::Pods).marks.len(), 0);
}

#[test]
fn copying_offers_what_a_row_has_and_repeats() {
    let mut driver = Driver::full(80, 24).keys("4 y");
    driver.picture("copy-80x24");
    driver.asked();
    let mut driver = driver.keys("j enter");
    assert!(matches!(driver.asked().as_slice(), [Effect::Copy(_)]));
    let kind = driver.app.copied;
    assert!(kind.is_some() && driver.app.overlay.is_none());
    let mut driver = driver.keys("j y y");
    assert!(matches!(driver.asked().as_slice(), [Effect::Copy(_)]));
    assert_eq!(driver.app.copied, kind);
}

#[test]
fn every_row_and_the_install_sheet_give_the_command_that_does_the_same() {
    for (keys, expected) in [
        ("2", "kab install live.arkitekt."),
        ("3", "kab nodes show "),
        ("4", "kab logs "),
        ("5", "kab engines show "),
        ("6", "kab tasks show "),
    ] {
        let mut driver = Driver::full(80, 24).keys(keys).keys("y");
        let Some(Overlay::Yank(yank)) = &driver.app.overlay else { panic!("{keys}\n{}", driver.screen()) };
        let (at, command) = yank
            .rows()
            .enumerate()
            .find(|(_, (kind, _))| *kind == "command")
            .map(|(at, (_, text))| (at, text))
            .unwrap();
        assert!(command.starts_with(expected), "{keys}: {command}");
        driver.asked();
        for _ in 0..at {
            driver = driver.keys("j");
        }
        assert_eq!(driver.keys("enter").asked(), [Effect::Copy(command)], "{keys}");
    }
    let mut sheet = Driver::full(120, 40).keys("2 / s t a r d i s t enter i");
    assert!(sheet.screen().contains("kab install live.arkitekt.stardist@0.4.2"), "{}", sheet.screen());
    sheet.asked();
    let asked = sheet.keys("$").asked();
    let copied =
        asked.iter().any(|effect| matches!(effect, Effect::Copy(text) if text.starts_with("kab install live")));
    assert!(copied, "{asked:?}");
}

#[test]
fn the_palette_takes_commands_with_a_word() {
    let mut driver = Driver::full(80, 24).keys(":").text("pods failed").keys("enter");
    assert_eq!(driver.app.screen, Screen::Pods);
    assert_eq!(driver.app.list(Screen::Pods).filter.value(), "failed");
    driver.asked();
    let mut driver = driver.keys(":").text("ctx other").keys("enter");
    assert!(driver.asked().contains(&Effect::UseContext("other".into())));
    let driver = driver.keys(":").text("theme light").keys("enter");
    assert_eq!(driver.app.theme.scheme.name(), "light");
    let driver = driver.keys(":").text("theme mono").keys("enter");
    assert_eq!(driver.app.theme.colours, crate::tui::theme::Colours::Mono);
    let driver = driver.keys(":").text("theme default").keys("enter");
    assert_eq!(driver.app.theme, driver.app.first_theme);
    let driver = driver.keys(":").text("theme pink").keys("enter");
    assert!(driver.screen().contains("No theme is called pink"), "{}", driver.screen());
}

#[test]
fn keys_do_not_count_before_the_question_was_on_the_screen() {
    let mut driver = Driver::full(80, 24).keys("4 j j D");
    driver.asked();
    // The link is slow: seconds of blind typing, first while it is in no frame, then while its frame is not out.
    for step in 0..8 {
        if step == 4 {
            driver.app.painted();
        }
        driver = driver.pass(500).keys("y");
    }
    assert_eq!(driver.asked(), []);
    assert!(matches!(driver.app.overlay, Some(Overlay::Dialog(_))));
    let now = driver.now;
    driver.app.written(now);
    let mut driver = driver.wait(100).keys("y");
    assert_eq!(driver.asked(), [], "too soon after it");
    let mut driver = driver.wait(500).keys("y");
    assert!(matches!(driver.asked().as_slice(), [Effect::Act { .. }]));
}

#[test]
fn menus_take_the_keys_of_lists() {
    let chosen = |keys: &str| {
        let driver = Driver::full(80, 24).keys("2 f").keys(keys);
        let screen = driver.screen();
        screen
            .lines()
            .position(|line| line.split('│').nth(1).is_some_and(|inside| inside.trim_start().starts_with('>')))
            .unwrap_or_else(|| panic!("{screen}"))
    };
    let (first, last) = (chosen("k"), chosen("G"));
    assert!(last > first + 5, "{first} {last}");
    assert_eq!(chosen("G g g"), first);
    assert!(chosen("pgdn") > chosen("j") && chosen("G C-u") < last);
}

#[test]
fn apps_are_found_by_their_updates_and_by_engines_that_are_away() {
    let names = |driver: &Driver| {
        let rows = &driver.app.list(Screen::Apps).rows;
        rows.iter().map(|row| driver.app.data.apps()[*row].short_name().to_owned()).collect::<Vec<_>>()
    };
    // A pod of the newest release is there, too, or none that lives is behind.
    let typed = |text: &str| Driver::full(160, 50).keys("2 /").text(text).keys("enter");
    assert_eq!(names(&typed("status:update")), [""; 0]);
    let mut pods = fixtures::pods();
    pods.iter_mut().filter(|pod| pod.version == "0.12.2").for_each(|pod| pod.status = PodStatus::Running);
    let behind = typed("status:update").send(Message::Pods(Ok(pods)));
    assert_eq!(names(&behind), ["mesmer"]);
    assert!(behind.screen().contains("[x] update"), "{}", behind.screen());
    // What would run there runs there again when it is back.
    let away = typed("engine:microscope");
    let found = names(&away);
    assert!(found.contains(&"segmentik".to_owned()) && !found.contains(&"mesmer".to_owned()), "{found:?}");
    let facet = typed("").screen();
    assert!(facet.contains("pe-pc (off) ") && !facet.contains("hpc-gpu (off)"), "{facet}");
}

#[test]
fn nodes_are_installed_where_a_pod_has_them_and_running_where_it_runs() {
    let found = |text: &str, status: PodStatus| {
        let mut pods = fixtures::pods();
        pods.retain(|pod| pod.id.as_str() == "13");
        pods[0].status = status;
        let driver = Driver::full(100, 30).send(Message::Pods(Ok(pods))).keys("3 /").text(text).keys("enter");
        driver.app.list(Screen::Nodes).rows.len()
    };
    let all = found("installed:yes", PodStatus::Running);
    assert!(all > 0);
    assert_eq!(found("installed:yes status:running", PodStatus::Running), all);
    assert_eq!(found("installed:yes", PodStatus::Stopped), all, "it is there, and does not run");
    assert_eq!(found("status:running", PodStatus::Stopped), 0);
}
