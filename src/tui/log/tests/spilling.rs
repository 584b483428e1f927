//! More lines than memory takes.

use std::collections::BTreeMap;

use super::*;
use crate::tui::log::needle::{Lister, each_line};

/// A file in memory, as the program would keep one, and what was copied meanwhile.
#[derive(Default)]
struct File(BTreeMap<u64, Entry>, Option<String>);

impl File {
    /// Answers what is asked for, until nothing is.
    fn serve(&mut self, mut it: Driver) -> Driver {
        for _ in 0..10 {
            let asked = it.asked();
            for effect in asked {
                it = match effect {
                    Effect::KeepLog { from, lines, .. } => {
                        self.0.extend((from..).zip(lines));
                        it
                    }
                    Effect::ReadLog { log, numbers } => {
                        let lines = numbers.iter().filter_map(|number| Some((*number, self.0.get(number)?.clone())));
                        let lines = lines.collect();
                        it.send(Message::LogPage(log, lines))
                    }
                    Effect::ScanLog { log, question, before, hunt } => {
                        let found = self.scan(before, &hunt);
                        it.send(Message::LogScanned(log, question, found))
                    }
                    Effect::Copy(text) => {
                        self.1 = Some(text);
                        it
                    }
                    _ => it,
                };
            }
        }
        it
    }

    fn scan(&self, before: u64, hunt: &Hunt) -> [Vec<u64>; 2] {
        let (mut shown, mut found) = (Vec::new(), Vec::new());
        let mut lister = Lister::new(hunt.sieve.context);
        each_line(self.0.range(..before).map(|(number, entry)| (*number, entry)), |number, pieces| {
            let fit = hunt.judge(pieces, |at| found.push(number + at as u64));
            for number in (number..).take(pieces.len()) {
                lister.feed(number, fit, |number| shown.push(number));
            }
        });
        if hunt.sieve.is_open() { [Vec::new(), found] } else { [shown, found] }
    }
}

/// A log of 120,000 lines, of which 70,000 are in the file.
fn large() -> (Driver, File) {
    let mut file = File::default();
    let mut it = opened(80, 24);
    for part in 0..12_i64 {
        let lines = (part * 10_000..(part + 1) * 10_000).map(|at| {
            let word = if at % 10_000 == 5 { "needle" } else { "hay" };
            LogLine { text: format!("{word} {at}"), ..line(at) }
        });
        it = send(it, lines.collect());
        it = file.serve(it);
    }
    assert_eq!(file.0.len(), 70_000);
    (it, file)
}

#[test]
fn the_whole_log_can_be_seen_searched_and_filtered() {
    let (it, mut file) = large();
    assert!(it.screen().contains("120,000 lines"), "{}", it.screen());
    let it = file.serve(it.keys("g g"));
    assert!(it.screen().contains("hay 0\n") && it.screen().contains("needle 5"), "{}", it.screen());
    let it = file.serve(it.keys("pgdn pgdn"));
    assert!(it.screen().contains("hay 38\n"), "{}", it.screen());
    let it = file.serve(it.keys("/").text("needle").keys("enter"));
    assert!(it.screen().contains("/12") && !it.screen().contains("reading older"), "{}", it.screen());
    let it = file.serve(it.keys("g g n n"));
    assert!(it.screen().contains(">02:46:45 needle 10005"), "{}", it.screen());
    assert!(it.screen().contains("2/12"), "{}", it.screen());
    let it = file.serve(it.keys("esc &").text("needle").keys("enter g g"));
    assert!(it.screen().contains("12 lines of 120,000"), "{}", it.screen());
    assert!(it.screen().contains("needle 5\n") && it.screen().contains("needle 110005"), "{}", it.screen());
}

#[test]
fn where_no_file_can_be_kept_what_is_dropped_is_said() {
    let (it, _) = large();
    let mut it = it.keys("g g");
    let id = page(&mut it).id;
    let it = it.send(Message::LogUnkept(id, "the disk is full".into()));
    let screen = it.screen();
    assert!(screen.contains("dropped from now on: the disk is full"), "{screen}");
    assert!(screen.contains("the line you looked at was dropped"), "{screen}");
    assert!(screen.contains("--- 70,001 lines dropped (buffer full) ---"), "{screen}");
    assert!(screen.contains("50,000 lines") && screen.contains("hay 70001\n"), "{screen}");
    assert!(!it.keys("j").screen().contains("the line you looked at"));
}

#[test]
fn lines_that_were_dropped_on_the_way_leave_a_mark() {
    let mut it = send(opened(80, 24), vec![line(1)]);
    let ticket = it.app.tickets;
    it = it.send(Message::LogDropped(ticket, 1_204));
    assert!(it.screen().contains("--- 1,204 lines dropped (buffer full) ---"), "{}", it.screen());
}

#[test]
fn selected_lines_that_are_only_in_the_file_are_read_and_copied() {
    let (it, mut file) = large();
    let mut it = file.serve(it.keys("t g g v"));
    for _ in 0..40 {
        it = file.serve(it.keys("pgdn"));
    }
    // Those that were looked at first are in the file alone again.
    let it = it.keys("y");
    assert!(it.screen().contains("older lines to be copied"), "{}", it.screen());
    let it = file.serve(it);
    let copied = file.1.take().unwrap();
    assert!(copied.starts_with("hay 0\nhay 1\n") && copied.lines().count() > 700, "{}", copied.lines().count());
    assert!(copied.lines().enumerate().all(|(at, line)| line.ends_with(&format!(" {at}"))));
    assert!(!it.screen().contains("SELECTING"));
    // Too many to copy: nothing is lost.
    let it = file.serve(it.keys("g g v G y"));
    assert!(it.screen().contains("too many to copy") && it.screen().contains("SELECTING"), "{}", it.screen());
}

#[test]
fn a_filter_judges_a_long_line_as_a_whole_in_memory_and_in_the_file() {
    let long = |at: i64| LogLine { text: format!("tile {at} {} end {at}", "x".repeat(40_000)), ..line(at) };
    let mut file = File::default();
    let mut it = send(opened(80, 24), (0..3).map(long).collect());
    it = file.serve(it);
    let found = |it: &Driver, text: &str| it.screen().contains(text);
    it = it.keys("&").text("tile.*end 1").keys("enter");
    assert!(found(&it, "3 lines of 9"), "all pieces of one line\n{}", it.screen());
    it = it.keys("esc &").text("!end 1").keys("enter");
    assert!(found(&it, "6 lines of 9"), "{}", it.screen());
    // In the file as well.
    for part in 0..6_i64 {
        it = file.serve(send(it, (part * 10_000..(part + 1) * 10_000).map(|at| line(at + 100)).collect()));
    }
    assert!(file.0.len() > 9);
    let it = file.serve(it.keys("esc &").text("tile.*end 1").keys("enter"));
    assert!(found(&it, "3 lines of 60,009"), "{}", it.screen());
}
