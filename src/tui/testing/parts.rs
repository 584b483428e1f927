//! The tabs of the pages of pods, engines and nodes.

use super::*;
use crate::domain::LogLine;
use crate::tui::app::{Page, Part};
use crate::tui::message::LogKind;
use crate::tui::plain::tests::Lines;

fn part(driver: &Driver) -> Part {
    match driver.app.pages.last() {
        Some(Page::Thing(_, at)) => at.part,
        other => panic!("{other:?}"),
    }
}

#[test]
fn brackets_go_through_the_parts_of_a_page_and_round_them() {
    for (keys, parts) in [
        ("4 j j enter", vec![Part::Status, Part::Log, Part::Nodes, Part::Image, Part::History]),
        ("5 enter", vec![Part::Resources, Part::Facts, Part::Pods, Part::Tasks]),
        ("3 enter", vec![Part::Ports, Part::Providers, Part::Docs]),
    ] {
        let mut driver = Driver::full(80, 24).keys(keys);
        for wanted in &parts {
            assert_eq!(part(&driver), *wanted);
            let name = format!("[{}", wanted.name());
            assert!(driver.screen().contains(&name), "{}", driver.screen());
            driver = driver.keys("]");
        }
        assert_eq!(part(&driver), parts[0]);
        assert_eq!(part(&driver.keys("[")), parts[parts.len() - 1]);
    }
    let driver = Driver::full(80, 24).keys("6 enter ]");
    assert_eq!(part(&driver), Part::Whole, "a task's page has none");
}

#[test]
fn every_tab_of_every_page_can_be_seen() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let at = |keys: &str| Driver::full(columns, rows).keys(keys);
        at("4 j j enter ] ]").picture(&format!("pod-page-nodes-{columns}x{rows}"));
        at("4 j j j j j j enter [").picture(&format!("pod-page-history-{columns}x{rows}"));
        at("5 j enter ]").picture(&format!("engine-page-facts-{columns}x{rows}"));
        at("5 j enter [").picture(&format!("engine-page-tasks-{columns}x{rows}"));
        at("5 j enter ] ]").picture(&format!("engine-page-pods-{columns}x{rows}"));
        at("3 enter ]").picture(&format!("node-page-providers-{columns}x{rows}"));
    }
    Driver::full(80, 24).keys("4 j j enter ] ] ]").picture("pod-page-image-80x24");
    let narrow = Driver::full(40, 12).keys("4 j j enter [").screen();
    assert!(narrow.contains("[History"), "the open tab is on the screen: {narrow}");
}

#[test]
fn the_end_of_the_log_is_a_tab_and_is_read_when_it_is_looked_at() {
    let mut driver = Driver::full(80, 24).keys("4 j j enter");
    driver.asked();
    let driver = driver.keys("]");
    assert!(driver.screen().contains("opens the log"), "{}", driver.screen());
    let mut driver = driver.wait(800);
    let asked = driver.asked();
    let [Effect::Log { ticket, pod, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(pod.as_str(), "15");
    let lines: Vec<LogLine> = (0..60).map(|number| LogLine::parse(&format!("line {number}"))).collect();
    let ticket = *ticket;
    let driver = driver.send(Message::LogLines(ticket, LogKind::Live, lines.into()));
    let seen = driver.screen();
    assert!(seen.contains("LIVE") && seen.contains("line 59") && !seen.contains("line 30"), "{seen}");
    driver.picture("pod-page-log-80x24");
    let mut driver = driver.keys("]");
    assert_eq!(driver.asked(), [Effect::LeaveLog(ticket)]);
}

#[test]
fn the_last_line_of_a_page_can_be_reached_where_there_is_hardly_room() {
    for keys in ["2 / s t a r d enter enter", "5 j enter ]"] {
        let driver = Driver::full(40, 12).keys(keys);
        let last = driver.app.page_lines().into_iter().rfind(|line| !line.trim().is_empty()).unwrap();
        let last: String = last.trim().chars().take(12).collect();
        let seen = driver.keys("G").screen();
        let body: Vec<&str> = seen.lines().collect();
        assert!(body[..body.len() - 2].iter().any(|line| line.contains(&last)), "{last:?} in\n{seen}");
    }
}

#[test]
fn in_lines_the_other_parts_are_named_and_reached() {
    let mut program = Lines::full().say("pods").quietly().say("3");
    let told = program.told();
    assert!(told.contains(", Status (also, by next-tab: log, nodes, image, history)"), "{told}");
    let mut program = program.say("history");
    assert!(program.told().contains(", History ("), "{}", program.told());
    let mut program = Lines::full().say("engines").say("2").quietly().say("next-tab");
    assert!(program.told().contains(", Facts ("), "{}", program.told());
}
