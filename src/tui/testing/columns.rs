//! Columns that hold nothing are left out; what is known is shown.

use super::{Driver, fixtures};
use crate::domain::Asker;
use crate::tui::message::Message;

fn heads(driver: &Driver) -> String {
    let screen = driver.screen();
    let line = screen
        .lines()
        .find(|line| line.trim_start().starts_with(|c: char| c.is_ascii_uppercase()) && line.contains("STATE"));
    line.unwrap_or_default().to_owned()
}

#[test]
fn who_asked_for_a_task_is_a_column_only_where_a_server_tells_it() {
    let driver = Driver::full(99, 30).keys("6");
    assert!(!heads(&driver).contains("WHO"), "{}", heads(&driver));
    let mut tasks = fixtures::tasks();
    tasks[2].by = Some(Asker { subject: "7".into() });
    let driver = driver.send(Message::Tasks(Ok(tasks)));
    assert!(heads(&driver).contains("WHO") && driver.screen().contains("user 7"), "{}", driver.screen());
    // A filter that shows none of those that have it moves no column.
    let driver = driver.keys("/").text("cellpose").keys("enter");
    assert!(heads(&driver).contains("WHO"), "{}", driver.screen());
}

#[test]
fn what_an_older_server_cannot_tell_takes_no_room() {
    let mut engines = fixtures::engines();
    engines.iter_mut().flat_map(|engine| &mut engine.resources).for_each(|resource| resource.reported_at = None);
    let mut pods = fixtures::pods();
    for pod in &mut pods {
        (pod.created_at, pod.updated_at) = (None, None);
    }
    let mut apps = fixtures::apps();
    apps.iter_mut().flat_map(|app| &mut app.releases).for_each(|release| release.description = None);
    let driver = Driver::full(99, 30)
        .send(Message::Engines(Ok(engines)))
        .send(Message::Pods(Ok(pods)))
        .send(Message::Apps(Ok(apps)));
    for (keys, column) in [("4", "AGE"), ("5", "FACTS"), ("2", "WHAT IT DOES")] {
        let told = Driver::full(99, 30).keys(keys);
        assert!(heads(&told).contains(column), "{column} is there: {}", heads(&told));
    }
    let pods = driver.keys("4");
    assert!(!heads(&pods).contains("AGE"), "{}", heads(&pods));
    let engines = pods.keys("5");
    assert!(!heads(&engines).contains("FACTS"), "{}", heads(&engines));
    let apps = engines.keys("2");
    assert!(!heads(&apps).contains("WHAT IT DOES"), "{}", heads(&apps));
}

#[test]
fn columns_can_be_scrolled_past_one_that_holds_nothing() {
    let driver = Driver::full(60, 24).keys("6").keys(&"right ".repeat(8));
    let last = heads(&driver);
    assert!(last.contains("STATE") && last.contains("AGE"), "{last}");
    assert_eq!(heads(&driver.keys("right")), last, "there is an end");
}

#[test]
fn on_a_tiny_screen_a_pod_says_how_it_is_what_it_is_where_and_how_old() {
    let row = |driver: &Driver, of: &str| {
        let screen = driver.screen();
        let line = screen.lines().find(|line| line.contains(of)).map(|line| line.trim_start_matches('>').trim());
        line.unwrap_or_else(|| panic!("{of}: {screen}")).split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let driver = Driver::full(40, 12).keys("4");
    assert_eq!(row(&driver, "stardist"), ["RUNNING", "+", "stardist", "hpc-gpu", "3h"]);
    assert_eq!(row(&driver, "FAILED"), ["FAILED", "x", "mesmer", "hpc-gpu", "14m"]);
    // Names are cut in the middle, and what nobody confirms is told by its question mark alone.
    assert_eq!(row(&driver, "RUNNING?"), ["RUNNING?", "seg-…rics", "micr…-pc", "2d"]);
    // What is asked of a pod is a longer word, and no letter of it is missing either.
    let driver = Driver::full(40, 12).keys("4 G k r").wait(6_000);
    assert_eq!(row(&driver, "RESTARTING")[..3], ["RESTARTING", "~", "stardist"]);
}

#[test]
fn on_a_tiny_screen_a_task_says_how_far_it_is_or_how_long_ago_it_was() {
    let driver = Driver::full(40, 12).keys("6");
    let screen = driver.screen();
    let ends = |of: &str, with: &str| screen.lines().any(|line| line.contains(of) && line.trim_end().ends_with(with));
    assert!(ends("QUEUED ~", "waits") && ends("FAILED x", "20m") && ends("DONE -", "3h"), "{screen}");
    assert!(ends("RUNNING +", "%"), "{screen}");
    // Where a list stands beside its details it has hardly more room.
    let beside = Driver::full(100, 30).keys("6").screen();
    assert!(beside.contains("HOW FAR") && beside.contains(" %"), "{beside}");
}

#[test]
fn on_the_smallest_screens_columns_go_as_a_whole_and_names_can_be_read() {
    let pods = Driver::full(30, 8).wait(7_000).keys("4").screen();
    assert!(pods.contains("mesmer") && pods.contains("cellpose") && !pods.contains("hpc"), "{pods}");
    let tasks = Driver::full(30, 8).wait(7_000).keys("6").screen();
    assert!(tasks.contains("install cel"), "{tasks}");
}

#[test]
fn a_small_screen_says_what_is_being_done_and_how_far_it_is() {
    let pods = Driver::full(40, 12).wait(7_000).keys("4").screen();
    assert!(pods.contains(" 2 tasks: install cellp") && pods.contains(" %"), "{pods}");
    let wide = Driver::full(80, 24).wait(7_000).keys("4").screen();
    assert!(!wide.contains("2 tasks: install"), "{wide}");
}
