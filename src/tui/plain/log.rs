//! The lines of a log: printed as they come while its end is followed, and page by page where somebody moved in it.

use super::Plain;
use crate::tui::app::{App, Page};
use crate::tui::effect::Ticket;
use crate::tui::log::LogView;
use crate::tui::widgets::text::grouped;

/// Lines that are printed when a log opens.
const FIRST: usize = 20;
/// Lines that are printed at once; of more the newest ones, and how many were passed over.
const MOST: usize = 400;

/// What was printed of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eyes {
    log: Ticket,
    truth: String,
    looks: String,
    /// The newest line that was printed.
    last: Option<u64>,
    /// The lines of the screen where it does not follow, and the one that was found.
    screen: Option<(Vec<u64>, Option<u64>)>,
    selection: Option<String>,
    empty: String,
}

impl Plain {
    /// Prints what is new in the log that is open.
    pub(super) fn read_log(&mut self, app: &App, out: &mut Vec<String>) {
        let Some(Page::Log(log)) = app.pages.last() else {
            self.log = None;
            return;
        };
        let known = self.log.take().filter(|known| known.log == log.id);
        let is_new = known.is_none();
        let mut eyes = known.unwrap_or_else(|| Eyes {
            log: log.id,
            truth: String::new(),
            looks: String::new(),
            last: None,
            screen: None,
            selection: None,
            empty: String::new(),
        });
        let truth = log.truth();
        if truth != eyes.truth {
            out.push(format!("status: log {truth}"));
            eyes.truth = truth;
        }
        let looks = log.looks();
        let turned = looks != eyes.looks;
        if turned {
            if !is_new {
                out.push(format!("status: {} shown: {looks}", log.held_text()));
            }
            eyes.looks = looks;
        }
        if log.follows() {
            follow(app, log, (&mut eyes, turned && !is_new), out);
        } else {
            stand(app, log, &mut eyes, out);
        }
        let selection = log.selection();
        if selection != eyes.selection {
            out.extend(selection.iter().map(|text| format!("status: {text}; copy copies them")));
            eyes.selection = selection;
        }
        let empty = if log.counts().0 == 0 && log.has_begun() { app.prose(&log.why_empty()) } else { String::new() };
        if empty != eyes.empty {
            if !empty.is_empty() {
                out.push(format!("status: {empty}"));
            }
            eyes.empty = empty;
        }
        self.log = Some(eyes);
    }
}

/// The lines that came since; after something else is shown, the last ones of that.
fn follow(app: &App, log: &LogView, (eyes, turned): (&mut Eyes, bool), out: &mut Vec<String>) {
    eyes.screen = None;
    let newest = log.newest(1).first().copied();
    let fresh = match eyes.last {
        // A log that begins anew has smaller numbers.
        Some(last) if !turned && newest.is_none_or(|newest| newest >= last) => log.after(last),
        _ => log.counts().0.min(FIRST),
    };
    if fresh > MOST {
        out.push(format!("--- {} lines not printed; page-up goes back to them ---", grouped(fresh - FIRST)));
    }
    let count = if fresh > MOST { FIRST } else { fresh };
    out.extend(log.newest(count).into_iter().map(|number| log.spoken(app, number)));
    eyes.last = newest.or(eyes.last);
}

/// The page that one moved to.
fn stand(app: &App, log: &LogView, eyes: &mut Eyes, out: &mut Vec<String>) {
    let screen = log.on_screen();
    let moved = match &eyes.screen {
        // Pausing shows what was printed already.
        None => eyes.last.is_none_or(|last| screen.0.last() != Some(&last)) || screen.1.is_some(),
        Some(known) => (known.0.first(), known.1) != (screen.0.first(), screen.1),
    };
    if eyes.screen.is_none() {
        out.push(String::from("status: log paused; follow goes on, page-up and page-down move"));
    }
    if moved {
        out.extend(screen.0.iter().map(|number| {
            let text = log.spoken(app, *number);
            if screen.1 == Some(*number) { format!("Found: {text}") } else { text }
        }));
    }
    eyes.screen = Some(screen);
}
