//! Back and forward through the places that somebody was at.

use super::*;
use crate::domain::{AppIdentifier, PodId};
use crate::tui::app::{Page, Tab, Target};
use crate::tui::plain::tests::outcome;

/// Where one is, in words.
fn place(driver: &Driver) -> String {
    outcome(&driver.app, &[])
}

/// What was said last.
fn said(driver: &Driver) -> String {
    driver.app.notes.word.as_ref().map_or_else(String::new, |(text, _)| text.clone())
}

#[test]
fn back_and_forward_lead_through_screens_pages_and_tabs() {
    let mut driver = Driver::full(80, 24).keys("4 j j enter");
    let pod = place(&driver);
    driver = driver.keys("2 j enter ] ]");
    let tab = place(&driver);
    assert!(tab.ends_with("Versions"), "{tab}");
    driver = driver.keys("H");
    assert!(place(&driver).ends_with("Compat"), "a tab is a place");
    driver = driver.keys("H H");
    assert_eq!(place(&driver), "Apps, list");
    driver = driver.keys("H");
    assert_eq!(place(&driver), pod);
    assert_eq!(place(&driver.keys("L L L L")), tab);
}

#[test]
fn whoever_goes_elsewhere_after_going_back_has_no_forward_any_more() {
    let driver = Driver::full(80, 24).keys("2 4 5 H 6");
    assert_eq!(place(&driver), "Tasks, list");
    let driver = driver.keys("L");
    assert_eq!((place(&driver).as_str(), said(&driver).contains("no place after")), ("Tasks, list", true));
    let driver = driver.keys("H H H H");
    assert_eq!(driver.app.screen, Screen::Home);
    let driver = driver.keys("H");
    assert!(said(&driver).contains("no place before"), "{}", said(&driver));
}

#[test]
fn the_screen_before_is_that_of_the_way_that_was_really_gone() {
    let driver = Driver::full(80, 24).keys("2 4 H -");
    assert_eq!(driver.app.screen, Screen::Pods, "from apps, to which one came from pods");
}

#[test]
fn a_page_is_as_it_was_left_and_moving_in_it_is_no_place() {
    let driver = Driver::full(80, 14).keys("2 / s t a r d enter enter G").keys("k");
    let top = |driver: &Driver| match driver.app.pages.last() {
        Some(Page::App(page)) => (page.at.top, page.tab),
        other => panic!("{other:?}"),
    };
    let left = top(&driver);
    assert!(left.0 > 0 && left.1 == Tab::Overview);
    let driver = driver.keys("4 H");
    assert_eq!(top(&driver), left);
    let driver = driver.keys("H");
    assert_eq!(place(&driver), "Apps, list, filter stard");
}

#[test]
fn what_is_gone_is_not_opened_again_and_that_is_said() {
    let mut pods = fixtures::pods();
    let driver = Driver::full(80, 24).keys("5 4 j j enter 2");
    pods.retain(|pod| pod.id != PodId::from("15"));
    let driver = driver.wait(60_000).send(Message::Pods(Ok(pods))).keys("H");
    assert_eq!((place(&driver).as_str(), said(&driver).contains("pod 15 is not there any more")), ("Apps, list", true));
    let driver = driver.keys("H");
    assert_eq!(place(&driver), "Pods, list", "the list that it stood in is there");
    // The page of an app that left the catalogue, below the page of a node that stayed.
    let driver = driver.keys("2 / s t a r d enter enter ] ] ] enter 5");
    let apps =
        fixtures::apps().into_iter().filter(|app| app.identifier != AppIdentifier::from("live.arkitekt.stardist"));
    let driver = driver.send(Message::Apps(Ok(apps.collect()))).keys("H");
    assert!(matches!(driver.app.pages.as_slice(), [Page::Thing(Target::Node(_), _)]), "{:?}", driver.app.pages);
}

#[test]
fn a_log_is_read_again_and_left_again() {
    let mut driver = Driver::full(80, 24).keys("4 j j l 2");
    driver.asked();
    let mut driver = driver.keys("H");
    assert!(matches!(driver.app.pages.last(), Some(Page::Log(log)) if log.pod == PodId::from("15")));
    assert!(matches!(driver.asked().as_slice(), [Effect::Log { pod, .. }] if *pod == PodId::from("15")));
    let mut driver = driver.keys("L");
    assert_eq!(driver.asked(), [Effect::StopLog]);
    assert_eq!(place(&driver), "Apps, list");
}

#[test]
fn history_is_bounded_and_that_of_another_server_is_not_kept() {
    let keys = "2 4 ".repeat(200);
    let driver = Driver::full(80, 24).keys(&keys).keys(&"H ".repeat(50));
    assert_eq!(said(&driver), "");
    let driver = driver.keys("H");
    assert!(said(&driver).contains("no place before"));
    let mut driver = Driver::full(80, 24).keys("2 4");
    driver.effects = driver.app.use_context("other");
    assert!(said(&driver.keys("H")).contains("no place before"));
}

#[test]
fn where_the_program_was_left_at_the_last_start_is_the_beginning() {
    let habits = Driver::full(80, 24).keys("4").app.habits();
    let driver = Driver::new(80, 24).send(Message::Habits(Box::new(habits))).connected().with_everything();
    assert_eq!(driver.app.screen, Screen::Pods);
    assert!(said(&driver.keys("H")).contains("no place before"));
}

/// Over a slow link `Esc` and the next key are read at once, which looks like Alt.
#[test]
fn escape_and_a_key_that_were_read_as_one_are_both_heard() {
    let driver = Driver::full(80, 24).keys("4 j j enter A-j");
    assert_eq!((place(&driver).as_str(), driver.app.list(Screen::Pods).cursor), ("Pods, list", 3));
    let driver = Driver::full(80, 24).keys("2 / s t a r A-4");
    assert_eq!(place(&driver), "Pods, list", "the prompt is closed, and the filter cleared");
    assert!(!driver.app.list(Screen::Apps).is_filtered());
    let driver = Driver::full(80, 24).keys("4 j j enter A-up");
    assert!(matches!(driver.app.pages.last(), Some(Page::Thing(..))), "an arrow says itself that Alt was held");
}

#[test]
fn escape_and_a_key_at_once_answer_no_question() {
    let removes = |driver: &mut Driver| driver.asked().iter().any(|effect| matches!(effect, Effect::Act { .. }));
    // The question was not read yet.
    let mut driver = Driver::full(80, 24).keys("4 j j D A-y");
    assert!(!removes(&mut driver.keys("A-y")));
    // It was: Esc closes it, and the key is for what is below.
    driver = Driver::full(80, 24).keys("4 j j D").wait(1_000).keys("A-y");
    assert!(!removes(&mut driver));
    // The key opens the question, and nothing is left to answer it.
    let mut driver = Driver::full(80, 24).keys("4 j j enter A-D");
    assert!(driver.app.overlay.is_some() && !removes(&mut driver));
}
