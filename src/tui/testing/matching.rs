//! `n` and `N` in a list.

use super::*;

fn at(driver: &Driver) -> String {
    driver.app.list(driver.app.screen).chosen.clone().unwrap_or_default()
}

fn said(driver: &Driver) -> String {
    driver.app.notes.word.as_ref().map_or_else(String::new, |(text, _)| text.clone())
}

#[test]
fn after_a_filter_was_cleared_its_matches_are_gone_through_round_the_end() {
    let driver = Driver::full(80, 24).keys("4 / c e l l p o s e enter esc g g n");
    assert_eq!(driver.app.list(Screen::Pods).rows.len(), 7, "all rows are shown");
    let first = at(&driver);
    let driver = driver.keys("n");
    let second = at(&driver);
    let mut both = [first.clone(), second.clone()];
    both.sort();
    assert_eq!(both, ["pod 12", "pod 17"]);
    assert_eq!(said(&driver), "");
    let driver = driver.keys("n");
    assert_eq!((at(&driver), said(&driver).contains("round the end")), (first.clone(), true));
    let driver = driver.keys("N");
    assert_eq!((at(&driver), said(&driver).contains("round the beginning")), (second, true));
    assert_eq!(at(&driver.keys("N")), first);
}

#[test]
fn while_a_list_is_filtered_every_row_is_a_match() {
    let driver = Driver::full(80, 24).keys("4 / s t a t u s : r u n enter");
    let (first, rows) = (at(&driver), driver.app.list(Screen::Pods).rows.len());
    assert_eq!(rows, 3);
    let driver = driver.keys("n n");
    assert_eq!(driver.app.list(Screen::Pods).cursor, 2);
    let driver = driver.keys("n");
    assert_eq!(at(&driver), first);
    // The same by facts, when all rows are shown.
    let driver = driver.keys("esc g g N");
    assert_eq!(driver.app.list(Screen::Pods).rows.len(), 7);
    assert!(["pod 13", "pod 14", "pod 15"].contains(&at(&driver).as_str()), "{}", at(&driver));
}

#[test]
fn without_a_filter_it_is_said_what_it_would_do() {
    let driver = Driver::full(80, 24).keys("4 j n");
    assert_eq!(driver.app.list(Screen::Pods).cursor, 1);
    assert!(
        driver.screen().contains("n goes to the next row that a filter matches: / types one"),
        "{}",
        driver.screen()
    );
    let driver = Driver::full(80, 24).keys("4 / s t a r d enter esc n").keys("n");
    assert_eq!(said(&driver), "No other row matches");
}
