//! The log stays where it is put, and says what it shows.

mod copying;
mod finding;
mod merging;
mod places;
mod spilling;

use super::store::Store;
use super::*;
use crate::domain::{LogLine, LogSource, Moment};
use crate::tui::action::Step;
use crate::tui::effect::Effect;
use crate::tui::message::Message;
use crate::tui::testing::{Driver, fixtures};

const TICKET: Ticket = Ticket(1);

fn line(number: i64) -> LogLine {
    LogLine { at: Some(Moment(number * 1000)), source: LogSource::Stdout, text: format!("line {number}") }
}

fn said(text: &str) -> LogLine {
    LogLine { at: None, source: LogSource::Unknown, text: text.into() }
}

fn empty(columns: u16, rows: u16) -> LogView {
    LogView::new(TICKET, PodId::from("1"), "pod".into(), (columns, rows))
}

fn log(lines: i64) -> LogView {
    let mut log = empty(80, 10);
    log.take(TICKET, LogKind::Live, (0..lines).map(line).collect::<Vec<_>>());
    log
}

/// The line at the top of the screen.
fn first(log: &LogView) -> String {
    let number = log.store.number_at(log.top().0).unwrap();
    log.store.line(number).unwrap().text.to_string()
}

/// Does what a key asks for, at a time that does not matter.
fn act(log: &mut LogView, action: Action) -> Option<String> {
    log.act(action, Moment(0))
}

/// The program with the log of one pod open.
fn opened(columns: u16, rows: u16) -> Driver {
    Driver::full(columns, rows).keys("4 j j l")
}

fn send(driver: Driver, lines: Vec<LogLine>) -> Driver {
    let ticket = driver.app.tickets;
    driver.send(Message::LogLines(ticket, LogKind::Live, lines.into()))
}

fn page(driver: &mut Driver) -> &mut LogView {
    match driver.app.pages.last_mut() {
        Some(crate::tui::app::Page::Log(log)) => log,
        other => panic!("{other:?}"),
    }
}
