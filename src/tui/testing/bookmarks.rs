//! Bookmarks: in lists, in filters, on the home screen, and at the next start.

use super::*;
use crate::tui::app::{Habits, Section, Target};
use crate::tui::plain::tests::Lines;

fn pod(id: &str) -> Target {
    Target::Pod(id.into())
}

/// Some bookmarks, as somebody sets them.
fn bookmarked(columns: u16, rows: u16) -> Driver {
    let mut driver = Driver::full(columns, rows);
    driver.app.knows_habits = true;
    driver.keys("2 / s t a r d enter m esc 4 j j m j j m 5 m")
}

#[test]
fn bookmarks_are_seen_in_the_list_and_found_by_the_filter_and_a_facet() {
    let driver = bookmarked(80, 24);
    let all: Vec<String> = driver.app.bookmarks.keys();
    assert_eq!(all.len(), 4, "{all:?}");
    assert!(driver.app.bookmarks.holds(&pod("15")) && driver.app.bookmarks.holds(&pod("14")), "{all:?}");
    let driver = driver.keys("4");
    let rows: Vec<String> = driver
        .screen()
        .lines()
        .filter(|line| line.starts_with(" #") || line.starts_with(">#"))
        .map(str::to_owned)
        .collect();
    assert_eq!(rows.len(), 2, "{}", driver.screen());
    driver.picture("bookmarks-80x24");
    let driver = driver.text("/bookmarked:yes").keys("enter");
    assert_eq!(driver.app.list(Screen::Pods).rows.len(), 2);
    let driver = driver.keys("esc").text("/bookmarked:no").keys("enter");
    assert_eq!(driver.app.list(Screen::Pods).rows.len(), 5);
    let facets = driver.keys("esc f").screen();
    assert!(facets.contains("bookmarked") && facets.contains("[ ] yes"), "{facets}");
    let facets = Driver::full(80, 24).keys("4 f").screen();
    assert!(!facets.contains("bookmarked"), "that nothing is bookmarked divides nothing: {facets}");
}

#[test]
fn the_same_key_takes_it_away_and_a_filtered_list_follows() {
    let driver = bookmarked(80, 24).keys("4").text("/bookmarked:yes").keys("enter m");
    assert_eq!(driver.app.list(Screen::Pods).rows.len(), 1);
    assert_eq!(driver.app.bookmarks.keys().len(), 3);
    // Marked rows are meant together.
    let driver = driver.keys("esc esc * m");
    assert_eq!(driver.app.bookmarks.all().filter(|target| matches!(target, Target::Pod(_))).count(), 7);
    let driver = driver.keys("m");
    assert_eq!(driver.app.bookmarks.all().filter(|target| matches!(target, Target::Pod(_))).count(), 0);
}

#[test]
fn home_lists_them_and_goes_there() {
    let driver = bookmarked(80, 24).keys("1");
    let of = |driver: &Driver| {
        let rows = driver.app.home.iter().filter(|row| row.section == Section::Continue);
        rows.filter(|row| row.sign.0 == '#' || row.more > 0)
            .map(|row| (row.name.clone(), row.text.clone()))
            .collect::<Vec<_>>()
    };
    // The pods run, and are there for that.
    let rows = of(&driver);
    assert!(rows.contains(&("stardist".to_owned(), "bookmarked app".to_owned())), "{rows:?}");
    assert!(rows.iter().all(|(name, _)| !name.contains("omero")), "{rows:?}");
    let mut many = bookmarked(80, 24).keys("3 * m");
    many = many.keys("1");
    let more = of(&many).into_iter().find(|(_, text)| text.contains("all bookmarks"));
    assert!(more.is_some(), "{:?}", of(&many));
    bookmarked(160, 50).keys("1").picture("home-bookmarks-160x50");
}

#[test]
fn they_are_kept_at_once_and_read_at_the_next_start_with_what_is_new() {
    let mut driver = bookmarked(80, 24);
    let kept: Vec<Habits> = driver
        .asked()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::KeepHabits(habits) => Some(*habits),
            _ => None,
        })
        .collect();
    assert_eq!(kept.len(), 4, "each of them is kept when it is set");
    let last = serde_json::to_string(&kept[3]).unwrap();
    let next = Driver::new(80, 24).connected().with_everything().keys("2 G m");
    let next = next.send(Message::Habits(Box::new(serde_json::from_str(&last).unwrap())));
    assert_eq!(next.app.bookmarks.keys().len(), 5);
    // A file of an older version has none, and is read all the same.
    let mut old: serde_json::Value = serde_json::from_str(&last).unwrap();
    old.as_object_mut().unwrap().remove("bookmarks");
    assert!(serde_json::from_value::<Habits>(old).unwrap().bookmarks.is_empty());
    // A pod that is gone does not come back; an app may.
    let next = next.send(Message::Pods(Ok(Vec::new()))).send(Message::Apps(Ok(Vec::new())));
    assert!(!next.app.bookmarks.holds(&pod("15")));
    assert!(next.app.bookmarks.holds(&Target::App("live.arkitekt.stardist".into())));
}

#[test]
fn before_it_is_known_what_was_kept_nothing_is_written_over_it() {
    let mut driver = Driver::full(80, 24).keys("4 m");
    assert!(!driver.asked().iter().any(|effect| matches!(effect, Effect::KeepHabits(_))));
}

#[test]
fn in_lines_a_word_says_it() {
    let mut program = Lines::full().say("pods").say("bookmark 3").quietly().say("list");
    let told = program.told();
    let third = told.lines().find(|line| line.starts_with("3. ")).unwrap();
    assert!(third.ends_with("; bookmarked"), "{told}");
    let mut program = program.say("/bookmarked:yes");
    assert!(program.told().contains("Pods: 1 of 7"), "{}", program.told());
}
