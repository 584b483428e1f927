//! The store of lines: bounded, counted, and listed.

use super::entry::{Burst, Entry};
use super::needle::{Needle, Sieve};
use super::store::*;
use crate::domain::{LogLine, LogSource};

fn entry(text: &str) -> Entry {
    let line = LogLine { at: None, source: LogSource::Stdout, text: text.into() };
    Burst::from(vec![line]).0.remove(0)
}

fn fill(store: &mut Store, count: usize) {
    for at in 0..count {
        store.take(vec![entry(&format!("line {at} {}", if at % 10 == 0 { "ERROR" } else { "info" }))]);
    }
    store.settle();
}

#[test]
fn without_a_file_the_store_is_bounded_and_says_what_was_dropped() {
    let mut store = Store::default();
    fill(&mut store, MOST_LINES + 1_203);
    assert_eq!((store.total(), store.dropped()), (MOST_LINES, 1_203));
    assert_eq!(store.line(1_202), None);
    assert_eq!(store.line(1_203).unwrap().text.as_ref(), "--- 1,204 lines dropped (buffer full) ---");
    assert_eq!(store.line(1_204).unwrap().text.as_ref(), "line 1204 info");
    let mut store = Store::bounded(MOST_LINES, 100_000);
    fill(&mut store, 3);
    for _ in 0..30 {
        store.take(vec![entry(&"x".repeat(10_000))]);
    }
    assert!(store.total() <= 10, "{}", store.total());
}

#[test]
fn with_a_file_lines_leave_memory_and_are_still_counted_and_found() {
    let mut store = Store::bounded(100, MOST_BYTES).spilling();
    fill(&mut store, 150);
    let (from, gone) = store.leaving().unwrap();
    assert_eq!((from, gone.len(), store.total(), store.dropped()), (0, 50, 150, 0));
    assert_eq!(store.leaving(), None);
    store.set_sieve(Sieve { chips: vec![Needle::filter("error")], ..Sieve::default() });
    assert_eq!((store.len(), store.number_at(0)), (10, Some(50)));
    store.add_older(vec![0, 10, 20, 30, 40], vec![]);
    assert_eq!((store.len(), store.number_at(0), store.line(0)), (15, Some(0), None));
    store.add_window((0..).zip(gone).collect());
    assert_eq!(store.line(10).unwrap().text.as_ref(), "line 10 ERROR");
    store.lose_the_file();
    assert_eq!((store.total(), store.number_at(0)), (100, Some(50)));
    assert!(store.line(50).unwrap().text.contains("51 lines dropped"));
}

#[test]
fn filters_and_searches_follow_new_lines() {
    let mut store = Store::default();
    fill(&mut store, 100);
    store.set_sieve(Sieve { chips: vec![Needle::filter("error")], ..Sieve::default() });
    store.set_needle(Needle::new("ERROR"));
    assert_eq!((store.len(), store.matches().len(), store.number_at(1)), (10, 10, Some(10)));
    assert_eq!(store.take(vec![entry("\u{1b}[31mER\u{1b}[0mROR")]), 1);
    assert_eq!(store.take(vec![entry("info")]), 0);
    assert_eq!((store.len(), store.matches().len()), (11, 11));
    let chips = vec![Needle::filter("!error"), Needle::filter("line 1")];
    store.set_sieve(Sieve { chips, ..Sieve::default() });
    assert_eq!((store.len(), store.matches().len()), (10, 0));
    store.set_sieve(Sieve::default());
    assert_eq!(store.len(), 102);
}
