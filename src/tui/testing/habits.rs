//! Going on where the program was left, in the same context and after a visit to another one.

use super::*;
use crate::tui::app::{Habits, Order, Page};
use crate::tui::list::Hidden;

/// What is kept on disk, and read again.
fn kept(driver: &Driver) -> Habits {
    serde_json::from_str(&serde_json::to_string(&driver.app.habits()).unwrap()).unwrap()
}

fn chosen(driver: &Driver, screen: Screen) -> Option<String> {
    driver.app.list(screen).chosen.clone()
}

#[test]
fn the_next_start_goes_on_where_this_one_ended() {
    let driver = Driver::full(80, 24).keys("2 enter q 2 / s e g enter j 4 o j enter O j space j");
    let habits = kept(&driver);
    let mut pods = fixtures::pods();
    pods.reverse();
    let later = Driver::new(80, 24)
        .send(Message::Habits(Box::new(habits.clone())))
        .connected()
        .send(Message::Pods(Ok(Vec::new())));
    assert_eq!(later.app.screen, Screen::Pods);
    assert!(later.app.list(Screen::Pods).marks.is_empty(), "what is gone is marked no more");
    let later = Driver::new(80, 24).send(Message::Habits(Box::new(habits))).connected().send(Message::Pods(Ok(pods)));
    let later = later.with_everything();
    for screen in [Screen::Pods, Screen::Apps] {
        let (before, after) = (driver.app.list(screen), later.app.list(screen));
        assert_eq!(before.chosen, after.chosen, "{screen:?}");
        assert_eq!(before.marks, after.marks, "{screen:?}");
        assert_eq!(before.filter.value(), after.filter.value(), "{screen:?}");
        assert_eq!((before.order, before.direction), (after.order, after.direction), "{screen:?}");
    }
    assert_ne!(later.app.list(Screen::Pods).order, Order::Usual);
    assert_eq!(later.app.list(Screen::Pods).marks.len(), 1);
    assert_eq!(later.app.opened, driver.app.opened);
    let home = later.keys("1").screen();
    assert!(home.contains("opened last"), "{home}");
}

#[test]
fn nothing_that_does_something_is_kept() {
    let mut driver = Driver::full(80, 24).keys("4 j j s");
    assert!(driver.app.grace.is_some());
    let stopping = kept(&driver);
    driver = driver.keys("z D").wait(500);
    assert!(driver.app.overlay.is_some());
    for habits in [stopping, kept(&driver)] {
        let mut later = Driver::new(80, 24).send(Message::Habits(Box::new(habits))).connected().with_everything();
        assert!(later.app.grace.is_none() && later.app.overlay.is_none() && later.app.pages.is_empty());
        later.asked();
        assert_eq!(later.wait(60_000).asked(), []);
    }
}

#[test]
fn what_somebody_does_since_the_start_counts_more() {
    let habits = kept(&Driver::full(80, 24).keys("2 / s e g enter 4 j j j"));
    let early = Driver::full(80, 24).keys("3 2 j");
    let at = chosen(&early, Screen::Apps);
    let later = early.send(Message::Habits(Box::new(habits.clone())));
    assert_eq!((later.app.screen, chosen(&later, Screen::Apps)), (Screen::Apps, at));
    assert!(!later.app.list(Screen::Apps).is_filtered());
    let mut placed = Driver::new(80, 24);
    placed.app.begin_at(Some(crate::tui::app::Destination::Screen(Screen::Home)));
    assert_eq!(placed.send(Message::Habits(Box::new(habits))).app.screen, Screen::Home, "kab open home");
}

#[test]
fn the_next_log_is_shown_as_the_last_one() {
    let driver = Driver::full(80, 24).keys("4 l w t J");
    let habits = kept(&driver);
    let Some(Page::Log(before)) = driver.app.pages.last() else { panic!("no log") };
    let manner = before.manner();
    assert_ne!(manner, crate::tui::log::Manner::default());
    let again = driver.keys("q l");
    let later = Driver::full(80, 24).send(Message::Habits(Box::new(habits))).keys("4 l");
    for driver in [again, later] {
        let Some(Page::Log(log)) = driver.app.pages.last() else { panic!("no log") };
        assert_eq!(log.manner(), manner);
    }
}

#[test]
fn another_server_has_habits_of_its_own_and_ones_keys_stay() {
    let mut driver = Driver::full(80, 24).keys("4 j . j");
    let own = crate::tui::keymap::Wishes {
        all: vec![crate::tui::keymap::Wish {
            place: "pods".into(),
            action: "stop".into(),
            keys: vec!["x".into()],
            line: 1,
        }],
        ..crate::tui::keymap::Wishes::default()
    };
    driver.app.keys = crate::tui::keymap::Keymap::of(&own, &App::chains()).0;
    let habits = kept(&driver);
    driver.asked();
    let effects = driver.app.use_context("prod");
    let [Effect::KeepHabits(left), Effect::UseContext(_), Effect::Connect] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(**left, habits);
    let driver = driver.connected().with_everything();
    assert_eq!(driver.app.list(Screen::Pods).shows_hidden, Hidden::Hidden);
    let driver = driver.keys("4 j j x");
    assert!(driver.app.grace.is_some(), "the key of one's own still stops: {}", driver.screen());
}

#[test]
fn logs_are_saved_before_pods_go_on_every_server() {
    let mut driver = Driver::full(80, 24);
    driver.app.log_folder = "~/logs".into();
    driver.app.use_context("prod");
    let mut driver = driver.connected().with_everything().keys("4 j j D");
    assert!(driver.screen().contains("saved first in ~/logs"), "{}", driver.screen());
    driver.asked();
}
