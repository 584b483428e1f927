//! The ends of logs: kept when a log is left, shown when nobody can be asked, and never taken for what is read now.

use super::*;
use crate::domain::{Failure, LogLine};
use crate::tui::effect::Ticket;
use crate::tui::log::LogEnd;
use crate::tui::message::LogKind;
use crate::tui::plain::tests::Lines;

fn lines(texts: impl IntoIterator<Item = String>) -> crate::tui::log::Burst {
    texts.into_iter().map(|text| LogLine::parse(&text)).collect::<Vec<_>>().into()
}

/// The log of a pod, and whose answers it waits for.
fn opened(mut driver: Driver) -> (Driver, Ticket) {
    driver.asked();
    let mut driver = driver.keys("4 j j l");
    let ticket = driver.asked().into_iter().find_map(|effect| match effect {
        Effect::Log { ticket, .. } | Effect::KeptLog { ticket, .. } => Some(ticket),
        _ => None,
    });
    (driver, ticket.unwrap())
}

fn offline() -> Driver {
    let failure = Failure::new("Lost", "the network is down");
    Driver::full(80, 24).send(Message::Lost(failure, std::time::Duration::from_hours(1)))
}

fn kept(driver: &mut Driver) -> Vec<LogEnd> {
    let kept = driver.asked().into_iter().find_map(|effect| match effect {
        Effect::KeepEnds(ends) => Some(ends),
        _ => None,
    });
    kept.unwrap_or_default()
}

#[test]
fn the_end_of_a_log_is_kept_when_it_is_left_and_no_more_than_that() {
    let (driver, ticket) = opened(Driver::full(80, 24));
    let all = (0..500).map(|number| format!("2026-09-21T10:00:00.000Z stderr line {number}"));
    let mut driver = driver.send(Message::LogLines(ticket, LogKind::Live, lines(all))).keys("M q");
    let ends = kept(&mut driver);
    assert_eq!((ends.len(), ends[0].pod.as_str(), ends[0].at), (1, "15", driver.now));
    assert_eq!(ends[0].lines.len(), 200);
    assert_eq!(ends[0].lines[199], "2026-09-21T10:00:00.000Z stderr line 499", "a mark of somebody's own is no line");
    // Long lines fill less of it.
    let (driver, ticket) = opened(Driver::full(80, 24));
    let long = (0..40).map(|number| format!("{number} {}", "x".repeat(5_000)));
    let mut driver = driver.send(Message::LogLines(ticket, LogKind::Live, lines(long))).keys("1");
    let bytes: usize = kept(&mut driver)[0].lines.iter().map(String::len).sum();
    assert!((50_000..=64_000).contains(&bytes), "{bytes}");
    // A line that is longer than all of that is cut.
    let (driver, ticket) = opened(Driver::full(80, 24));
    let one = lines([format!("ä{}", "ä".repeat(100_000))]);
    let mut driver = driver.send(Message::LogLines(ticket, LogKind::Live, one)).keys("q");
    assert_eq!(kept(&mut driver)[0].lines[0].len(), 64_000);
    // An empty one is nothing, and the time of a snapshot is that of the lines.
    let (driver, ticket) = opened(Driver::full(80, 24));
    let mut driver = driver.send(Message::LogLines(ticket, LogKind::Live, lines([]))).keys("q");
    assert_eq!(kept(&mut driver), []);
    let (driver, ticket) = opened(driver);
    let snapshot = LogKind::Snapshot { taken_at: Some(Moment(7)) };
    let mut driver = driver.send(Message::LogLines(ticket, snapshot, lines(["one".to_owned()]))).keys("q");
    assert_eq!(kept(&mut driver)[0].at, Moment(7));
}

#[test]
fn without_a_connection_what_was_kept_is_shown_with_its_age_and_never_as_live() {
    let (driver, ticket) = opened(offline());
    let at = Moment(NOW.0 - 3 * 3_600_000);
    let driver = driver
        .send(Message::LogLines(ticket, LogKind::Kept { at }, lines(["one".to_owned(), "two".to_owned()])))
        .send(Message::LogEnded(ticket, None));
    let seen = driver.screen();
    assert!(seen.contains("CACHED 11:13:20 UTC (3h old)") && seen.contains("two"), "{seen}");
    assert!(!seen.contains("LIVE") && !seen.contains("ENDED"), "{seen}");
    driver.picture("log-cached-80x24");
    // It is not kept again, which would make it younger.
    let mut driver = driver.keys("q");
    assert_eq!(kept(&mut driver), []);
}

#[test]
fn where_nothing_was_kept_that_is_said() {
    let (driver, ticket) = opened(offline());
    let failure = Failure::new("Could not read the log", "not connected, and nothing was kept of it");
    let seen = driver.send(Message::LogEnded(ticket, Some(failure))).screen();
    assert!(seen.contains("not connected, and nothing was kept"), "{seen}");
}

#[test]
fn what_is_read_afterwards_takes_the_place_of_what_was_kept() {
    let (driver, ticket) = opened(offline());
    let old = lines(["old line".to_owned()]);
    let driver = driver.send(Message::LogLines(ticket, LogKind::Kept { at: NOW }, old));
    let mut driver = driver.send(Message::LogEnded(ticket, None)).send(Message::Regained);
    driver.asked();
    let mut driver = driver.keys("R");
    let asked = driver.asked();
    let ticket = asked.iter().find_map(|effect| match effect {
        Effect::Log { ticket, .. } => Some(*ticket),
        _ => None,
    });
    let new = lines(["new line".to_owned()]);
    let driver = driver.send(Message::LogLines(ticket.unwrap(), LogKind::Live, new));
    let seen = driver.screen();
    assert!(seen.contains("new line") && !seen.contains("old line") && seen.contains("LIVE"), "{seen}");
    // The same where the server answers a view that shows what was kept.
    let (driver, ticket) = opened(Driver::full(80, 24));
    let old = lines(["old line".to_owned()]);
    let driver = driver.send(Message::LogLines(ticket, LogKind::Kept { at: NOW }, old));
    let driver = driver.send(Message::LogLines(ticket, LogKind::Live, lines([])));
    assert!(!driver.screen().contains("old line"), "nothing that was kept stands under LIVE");
}

#[test]
fn when_the_connection_is_back_what_was_kept_gives_way_by_itself_unless_somebody_reads_in_it() {
    let asked_again = |keys: &str| {
        let (driver, ticket) = opened(offline());
        let old = lines((0..100).map(|number| format!("old line {number}")));
        let driver = driver.send(Message::LogLines(ticket, LogKind::Kept { at: NOW }, old));
        let mut driver = driver.send(Message::LogEnded(ticket, None)).keys(keys);
        driver.asked();
        let mut driver = driver.send(Message::Regained).with_everything();
        let asked = driver.asked_in_all().into_iter().find_map(|effect| match effect {
            Effect::Log { ticket, engine, .. } => Some((ticket, engine.is_some())),
            _ => None,
        });
        (driver, asked)
    };
    let (driver, asked) = asked_again("");
    let (ticket, is_of_engine) = asked.unwrap();
    assert!(is_of_engine);
    let seen = driver.send(Message::LogLines(ticket, LogKind::Live, lines(["new line".to_owned()]))).screen();
    assert!(seen.contains("new line") && !seen.contains("old line") && seen.contains("LIVE"), "{seen}");
    let (driver, asked) = asked_again("k k");
    assert_eq!(asked, None);
    assert!(driver.screen().contains("old line"), "{}", driver.screen());
}

#[test]
fn in_lines_it_is_said_how_old_it_is() {
    let mut program = Lines::full();
    let failure = Failure::new("Lost", "the network is down");
    program = program.send(Message::Lost(failure, std::time::Duration::from_hours(1)));
    program.driver.asked();
    let mut program = program.say("pods").say("logs 3").quietly();
    let ticket = program.driver.asked().into_iter().find_map(|effect| match effect {
        Effect::KeptLog { ticket, .. } => Some(ticket),
        _ => None,
    });
    let kind = LogKind::Kept { at: Moment(NOW.0 - 3_600_000) };
    let mut program = program.send(Message::LogLines(ticket.unwrap(), kind, lines(["one".to_owned()])));
    let told = program.told();
    assert!(told.contains("CACHED, as it was at 2026-09-21 13:13") && told.contains("one"), "{told}");
}
