//! The tabs of the pages of pods, engines and nodes.

use super::*;
use crate::domain::{LogLine, PodVerb};
use crate::tui::app::{Page, Part, Target};
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

fn under_cursor(driver: &Driver) -> Target {
    let rows = driver.app.part_rows();
    rows[driver.app.part_place(&rows).unwrap()].to.clone()
}

#[test]
fn rows_of_a_part_are_gone_through_and_open_what_they_are_about() {
    let opens = |keys: &str, wanted: fn(&Target) -> bool| {
        let driver = Driver::full(80, 24).keys(keys);
        let target = under_cursor(&driver);
        assert!(wanted(&target), "{target:?}");
        assert!(driver.screen().contains("Enter open"), "{}", driver.screen());
        let opened = driver.keys("enter");
        match opened.app.pages.last() {
            Some(Page::Thing(page, _)) => assert_eq!(*page, target),
            Some(Page::App(page)) => assert_eq!(Target::App(page.app.clone()), target),
            other => panic!("{other:?}"),
        }
        assert_eq!(under_cursor(&opened.keys("esc")), target, "the way back leads to the same row");
    };
    opens("5 j enter ] ] j", |it| matches!(it, Target::Pod(_)));
    opens("5 j enter [ j j", |it| matches!(it, Target::Task(_)));
    opens("4 j j enter ] ]", |it| matches!(it, Target::Node(_)));
    opens("4 j j j j j j enter [", |it| matches!(it, Target::Task(_)));
    opens("3 enter ]", |it| matches!(it, Target::App(_)));
    let text = Driver::full(80, 24).keys("5 j enter");
    assert!(!text.screen().contains("Enter open"), "{}", text.screen());
    assert_eq!(text.keys("enter").app.pages.len(), 1, "there is nothing to open");
}

#[test]
fn a_pod_or_a_task_under_the_cursor_is_meant_by_the_keys_and_everything_else_means_the_page() {
    let pods = Driver::full(80, 24).wait(7_000).keys("5 j enter ] ] j");
    let Some(Target::Pod(pod)) = pods.app.target() else { panic!("{}", pods.screen()) };
    assert_eq!(under_cursor(&pods), Target::Pod(pod.clone()));
    assert!(pods.screen().contains("l logs  s stop"), "{}", pods.screen());
    let mut log = pods.keys("l");
    assert!(log.asked().iter().any(|it| matches!(it, Effect::Log { pod: of, .. } if *of == pod)), "{}", log.screen());
    let tasks = Driver::full(80, 24).wait(7_000).keys("5 j enter [ j");
    assert!(matches!(tasks.app.target(), Some(Target::Task(_))), "{}", tasks.screen());
    let nodes = Driver::full(80, 24).keys("4 j j enter ] ]");
    assert!(matches!(nodes.app.target(), Some(Target::Pod(_))), "a row that only leads on");
    let mut activity = Driver::full(80, 24).wait(7_000).keys("2 /").text("cellpose").keys("enter enter [ j");
    let Some(Target::Pod(stopped)) = activity.app.target() else { panic!("{}", activity.screen()) };
    activity.asked();
    let asked = activity.keys("u").asked();
    let is_it = |it: &Effect| matches!(it, Effect::Act { pod, verb: PodVerb::Start, .. } if *pod == stopped);
    assert!(asked.iter().any(is_it), "{asked:?}");
    let facts = Driver::full(80, 24).keys("5 j enter ]");
    assert!(matches!(facts.app.target(), Some(Target::Engine(_))));
}

#[test]
fn the_first_row_of_a_part_stays_under_the_cursor_although_nobody_moved() {
    let driver = Driver::full(80, 24).wait(7_000).keys("5 j enter ] ]");
    let chosen = under_cursor(&driver);
    let mut pods = fixtures::pods();
    let first = pods.iter().find(|pod| Target::Pod(pod.id.clone()) == chosen).unwrap().clone();
    pods.insert(0, crate::domain::Pod { id: "new".into(), ..first });
    let driver = driver.send(Message::Pods(Ok(pods)));
    assert_eq!((under_cursor(&driver), driver.app.target()), (chosen.clone(), Some(chosen)));
}

#[test]
fn the_cursor_of_a_part_stays_on_its_row_while_others_come() {
    let driver = Driver::full(80, 24).keys("5 j enter ] ] j");
    let chosen = under_cursor(&driver);
    let (rows, mut pods) = (driver.app.part_rows(), fixtures::pods());
    let first = pods.iter().find(|pod| Target::Pod(pod.id.clone()) == rows[0].to).unwrap().clone();
    pods.insert(0, crate::domain::Pod { id: "new".into(), ..first });
    let driver = driver.send(Message::Pods(Ok(pods)));
    assert_eq!(driver.app.part_rows().len(), rows.len() + 1);
    assert_eq!(under_cursor(&driver), chosen);
    // Where several rows are about one thing, each of them is reached.
    let node = Driver::full(80, 24).keys("3 enter ]");
    let count = node.app.part_rows().len();
    let last = node.keys("G");
    assert_eq!(last.app.part_place(&last.app.part_rows()), Some(count - 1));
}

#[test]
fn a_row_that_the_cursor_goes_to_is_on_the_screen() {
    let mut driver = Driver::full(40, 12).keys("5 j enter [");
    let count = driver.app.part_rows().len();
    assert!(count >= 3);
    for _ in 0..count {
        let chosen: Vec<String> =
            driver.screen().lines().filter(|line| line.starts_with('>')).map(str::to_owned).collect();
        assert_eq!(chosen.len(), 1, "{}", driver.screen());
        driver = driver.keys("j");
    }
    let found = Driver::full(80, 24).keys("5 j enter ] ]");
    let name = found.app.part_rows().last().map(|row| found.app.describe(&row.to)).unwrap();
    let found = found.keys("/").text(&name).keys("enter");
    assert_eq!(found.app.describe(&under_cursor(&found)), name, "what is found is chosen");
}

#[test]
fn in_lines_the_rows_of_a_part_have_numbers() {
    let mut program = Lines::full().say("engines").say("2").say("next-tab").quietly().say("next-tab");
    assert!(program.told().contains("1. "), "{}", program.told());
    let mut program = program.say("2");
    assert!(program.told().contains("Pods: "), "{}", program.told());
}
