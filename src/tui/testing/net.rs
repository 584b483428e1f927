//! What is asked of the server is seen, what it costs too, and a slow link is asked for less.

use std::time::Duration;

use super::{Driver, NOW, fixtures};
use crate::domain::{Moment, Outcome, Request, Speed};
use crate::tui::effect::{Effect, List};
use crate::tui::message::{Message, Session};
use crate::tui::net::Delivery;

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 50)];

fn request(name: &str, took: u64, received: u64, outcome: Outcome) -> Request {
    let service = if name.starts_with("Task") || name == "Agents" { "Rekuest" } else { "Kabinet" };
    Request {
        at: Moment(NOW.0 - 5_000),
        service: service.into(),
        name: name.into(),
        took: Duration::from_millis(took),
        sent: if outcome == Outcome::Pushed { 0 } else { 412 },
        received,
        outcome,
    }
}

fn requests() -> Vec<Request> {
    vec![
        request("Capabilities", 41, 2_310, Outcome::Answered(200)),
        request("ReleasesInFull", 212, 182_004, Outcome::Answered(200)),
        request("PodsInFull", 38, 9_120, Outcome::Answered(200)),
        request("PodsInFull", 44, 9_120, Outcome::Answered(200)),
        request("Tasks", 55, 31_400, Outcome::Answered(200)),
        request("TasksChanged", 0, 812, Outcome::Pushed),
        request("Agents", 30_000, 0, Outcome::Failed("no answer after 30 s".into())),
    ]
}

fn measured(columns: u16, rows: u16) -> Driver {
    let asked = Message::Measured(requests(), Some(Duration::from_millis(40)));
    Driver::full(columns, rows).wait(7_000).send(asked)
}

#[test]
fn requests_stand_beside_the_messages_with_time_and_bytes() {
    for (columns, rows) in SIZES {
        let driver = measured(columns, rows).keys("@ tab");
        let screen = driver.screen();
        assert!(screen.contains("[Requests 7]") && screen.contains("ReleasesInFull"), "{screen}");
        assert!(screen.contains("212 ms") || screen.contains("210 ms"), "{screen}");
        assert!(screen.contains("182 kB") && screen.contains("pushed") && screen.contains("no answer"), "{screen}");
        driver.picture(&format!("requests-{columns}x{rows}"));
    }
}

#[test]
fn the_page_of_costs_sums_up_each_operation() {
    for (columns, rows) in SIZES {
        let driver = measured(columns, rows)
            .send(Message::Delivers(vec![List::Pods], Delivery::Polled))
            .keys(":")
            .text("net")
            .keys("enter");
        let screen = driver.screen();
        assert!(screen.contains("round trip 40 ms") && screen.contains("7 requests"), "{screen}");
        let pods = screen.lines().find(|line| line.contains("PodsInFull")).unwrap_or_default();
        assert!(pods.contains(" 2 ") && pods.contains("18.2 kB") && pods.contains("41 ms"), "{pods}");
        assert!(screen.contains("pods: asked for every 3 s"), "{screen}");
        driver.picture(&format!("net-{columns}x{rows}"));
    }
}

#[test]
fn the_header_of_a_wide_screen_tells_round_trip_and_bytes_and_changes_once_a_minute() {
    let driver = measured(160, 50);
    let figures = |driver: &Driver| driver.screen().lines().next().unwrap_or_default().to_owned();
    assert!(figures(&driver).contains("rtt 40 ms   238 kB/min"), "{}", figures(&driver));
    let asked = Message::Measured(vec![request("Tasks", 30, 90_000, Outcome::Answered(200))], Some(Duration::ZERO));
    let driver = driver.wait(20_000).send(asked);
    assert!(figures(&driver).contains("rtt 40 ms   238 kB/min"), "{}", figures(&driver));
    let driver = driver.wait(70_000);
    assert!(figures(&driver).contains("rtt 1 ms   0 kB/min"), "{}", figures(&driver));
    assert!(!figures(&measured(80, 24)).contains("rtt"));
}

#[test]
fn a_meter_alone_is_no_reason_to_paint() {
    let driver = measured(160, 50);
    assert!(!driver.app.watches_requests());
    assert!(!driver.keys("@").app.watches_requests());
    assert!(measured(160, 50).keys("@ tab").app.watches_requests());
}

fn lists(effects: &[Effect]) -> Vec<List> {
    let list = |effect: &Effect| match effect {
        Effect::Fetch(list) => Some(*list),
        _ => None,
    };
    effects.iter().filter_map(list).collect()
}

#[test]
fn over_a_slow_link_only_what_is_looked_at_is_read_and_the_header_says_why() {
    let mut driver = Driver::new(80, 24).send(Message::Link(Speed::Slow));
    driver.asked();
    let mut driver = driver.keys("5").send(Message::Connected(Session::default()));
    assert_eq!(lists(&driver.asked()), [List::Engines, List::Pods]);
    let mut driver = driver.keys("3");
    assert_eq!(lists(&driver.asked()), [List::Apps, List::Nodes]);
    let mut driver = driver.keys("5 3");
    assert_eq!(lists(&driver.asked()), []);
    let mut driver = driver.send(Message::Link(Speed::Usual));
    assert_eq!(lists(&driver.asked()), [List::Tasks, List::Repositories]);
    for (columns, rows) in SIZES {
        let driver = measured(columns, rows).send(Message::Link(Speed::Slow)).keys("4");
        let screen = driver.screen();
        assert!(screen.contains("live   slow link") && screen.contains("The link is slow"), "{screen}");
        driver.picture(&format!("slow-link-{columns}x{rows}"));
    }
    let again =
        measured(80, 24).send(Message::Link(Speed::Slow)).send(Message::Link(Speed::Slow)).wait(7_000).keys("@");
    assert_eq!(again.screen().matches("The link is slow").count(), 1, "{}", again.screen());
}

#[test]
fn what_was_put_off_arrives_like_everything_else() {
    let driver = Driver::new(80, 24).send(Message::Link(Speed::Slow)).connected().keys("3");
    let driver = driver.send(Message::Nodes(Ok(fixtures::nodes())));
    assert!(driver.screen().contains("3 Nodes"), "{}", driver.screen());
}

#[test]
fn a_list_that_has_to_be_asked_for_is_written_down_and_not_said_aloud() {
    let driver = Driver::full(120, 40).send(Message::Delivers(vec![List::Pods], Delivery::Polled));
    assert!(!driver.screen().contains("No push gets here"), "{}", driver.screen());
    let driver = driver.keys("@");
    assert!(driver.screen().contains("asked again and again: pods"), "{}", driver.screen());
}
