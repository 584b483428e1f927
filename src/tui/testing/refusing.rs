//! Actions of a person's own that change something are refused where nothing may be changed, on every way to them.

use super::Driver;
use crate::tui::custom::{CustomWish, read};
use crate::tui::effect::Effect;
use crate::tui::keymap::Keymap;
use crate::tui::message::{Message, Session};
use crate::tui::overlays::Overlay;

/// An action about pods that changes something, and one that only looks.
fn with_actions(input: &[&str]) -> Driver {
    let wish = |name: &str, key: &str, dangerous| CustomWish {
        name: name.into(),
        scope: "pod".into(),
        run: "notify {pod.id}".into(),
        key: Some(key.into()),
        input: input.iter().map(|&name| name.to_owned()).collect(),
        dangerous,
        ..CustomWish::default()
    };
    let (actions, wrong) = read(vec![wish("Evict", "Ctrl-o", true), wish("Look", "Ctrl-t", false)], &Keymap::default());
    assert_eq!(wrong, Vec::<String>::new());
    let mut driver = Driver::full(80, 24).wait(7_000).keys("4 j j");
    driver.app.custom = actions;
    driver
}

fn read_only(driver: Driver) -> Driver {
    let session = Session { read_only: Some("--read-only".into()), ..driver.app.session.clone() };
    let mut driver = driver.send(Message::Connected(session));
    driver.asked();
    driver
}

fn runs(driver: &mut Driver) -> bool {
    driver.asked().iter().any(|effect| matches!(effect, Effect::Shell(_)))
}

#[test]
fn by_its_key_it_runs_only_where_something_may_be_changed() {
    let mut driver = with_actions(&[]).keys("C-o");
    assert!(runs(&mut driver));
    let mut driver = read_only(with_actions(&[])).keys("C-o");
    assert!(!runs(&mut driver));
    assert!(driver.screen().contains("Not possible: Evict: this context is read-only"), "{}", driver.screen());
    let mut driver = driver.keys("C-t");
    assert!(runs(&mut driver), "one that only looks is as good as ever");
}

#[test]
fn in_the_menu_it_stands_with_the_reason_and_does_nothing() {
    let mut driver = read_only(with_actions(&[])).keys("a");
    let Some(Overlay::Menu(menu)) = &driver.app.overlay else { panic!("no menu: {}", driver.screen()) };
    let at = menu.items.iter().position(|item| item.text == "Evict").unwrap();
    assert_eq!(menu.items[at].against.as_deref(), Some("this context is read-only"));
    driver.asked();
    let mut driver = driver.keys(&"j ".repeat(at)).keys("enter");
    assert!(!runs(&mut driver));
    assert!(driver.screen().contains("this context is read-only"), "{}", driver.screen());
}

#[test]
fn what_became_read_only_while_its_form_was_open_is_refused_too() {
    let driver = with_actions(&["why"]).keys("C-o").text("disk");
    let mut driver = read_only(driver).keys("enter enter");
    assert!(!runs(&mut driver), "{}", driver.screen());
    assert!(driver.screen().contains("this context is read-only"), "{}", driver.screen());
    let mut driver = with_actions(&["why"]).keys("C-o").text("disk").keys("enter enter");
    assert!(runs(&mut driver), "{}", driver.screen());
}
