//! More lines than memory takes.

use std::collections::BTreeMap;

use super::*;
use crate::tui::log::needle::Lister;

/// A file in memory, as the program would keep one.
#[derive(Default)]
struct File(BTreeMap<u64, Entry>);

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
                    _ => it,
                };
            }
        }
        it
    }

    fn scan(&self, before: u64, hunt: &Hunt) -> [Vec<u64>; 2] {
        let (mut shown, mut found) = (Vec::new(), Vec::new());
        let mut lister = Lister::new(hunt.sieve.context);
        for (number, entry) in self.0.range(..before) {
            let fit = hunt.sieve.fit(entry);
            if hunt.finds(fit, entry) {
                found.push(*number);
            }
            lister.feed(*number, fit, |number| shown.push(number));
        }
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
