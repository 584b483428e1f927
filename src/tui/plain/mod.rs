//! Plain mode: the same program, without a screen. Its state is told in lines, and a typed line is turned into the same
//! actions and keys that a full screen would send, so that what can be done there can be done here.
//!
//! Pure like the rest: [`Plain::take`] is the hands, [`Plain::look`] the eyes. Reading and writing lines is
//! `tui/effects/plain.rs`.

mod answers;
mod doing;
mod log;
mod news;
mod place;
mod questions;
mod rows;
#[cfg(test)]
pub(in crate::tui) mod tests;
mod trouble;
mod words;

use std::collections::{BTreeMap, VecDeque};

use crate::domain::{Moment, Remote, clean_line};
use crate::tui::app::{App, Connection, Page};
use crate::tui::effect::Effect;
use crate::tui::message::Message;
use crate::tui::notes::Trouble;
use crate::tui::overlays::{Overlay, Seen};
use news::News;
use place::{Place, Printed};

/// The size that the program is told: twenty rows a page, and lines that nobody has to cut.
pub const SIZE: (u16, u16) = (200, 26);
/// Lines of a question that are printed at once.
const PAGE: usize = 40;

/// Answers that take longer, in milliseconds, are not waited for.
const PATIENCE: i64 = 180_000;

/// What was printed, and what the numbers in it mean.
#[derive(Debug, Default)]
pub struct Plain {
    /// Lines that answer what was typed.
    said: Vec<String>,
    /// Where one was when it was printed last; `None`: it is printed anew.
    place: Option<Place>,
    /// The keys of the rows that were printed, by their numbers.
    numbers: BTreeMap<usize, String>,
    /// The choices of what lies over the page, as they were printed.
    choices: Vec<String>,
    /// Lines for which there was no room.
    rest: VecDeque<String>,
    news: News,
    /// The error that was told last, until something else is asked for.
    trouble: Option<Trouble>,
    log: Option<log::Eyes>,
    /// A line was typed that wants an answer.
    typed: bool,
    /// Until when all that was begun is waited for.
    waits_until: Option<Moment>,
    /// Since when an answer is on its way that the next line waits for.
    asks_since: Option<Moment>,
}

impl Plain {
    /// Takes in a typed line.
    pub fn take(&mut self, app: &mut App, line: &str) -> Vec<Effect> {
        self.take_troubles(app);
        let line = clean_line(line);
        self.typed = !line.is_empty();
        let early = Self::is_unread(app);
        let effects = match answers::field(app) {
            Some(field) => {
                self.trouble = None;
                self.answer(app, field, &line)
            }
            None => self.perform_beside_trouble(app, &line),
        };
        if early && Self::is_unread(app) && self.said.is_empty() {
            self.ask_again("That came before the question could be read");
        }
        effects
    }

    /// Hears what arrives.
    pub fn hear(&mut self, message: &Message) {
        self.news.hear(message);
    }

    /// A text that is to be copied: it is printed, for whatever this terminal copies with.
    pub fn hand_out(&mut self, text: &str) {
        self.say("status: to copy:");
        for line in text.lines() {
            self.said.push(line.to_owned());
        }
    }

    /// What is to be printed now.
    pub fn look(&mut self, app: &App) -> Vec<String> {
        let mut out = std::mem::take(&mut self.said);
        self.news.tell(app, &mut out);
        let mut place = Place::of(app);
        let known = self.place.take();
        if let Some(known) = &known
            && !self.typed
            && known.page == place.page
        {
            // What others do does not print a list anew.
            place.looks.clone_from(&known.looks);
        }
        self.print(app, (known.as_ref(), &place), &mut out);
        self.read_log(app, &mut out);
        if self.typed && out.is_empty() {
            out.push(String::from("status: nothing changed"));
        }
        if let (Some(_), Some(known)) = (&app.overlay, known) {
            // What changes below a question is printed after it.
            place = Place { overlay: place.overlay, field: place.field, ..known };
        }
        (self.place, self.typed) = (Some(place), false);
        // Where a text names an action for the sake of its key, its name is what is typed here.
        out.iter().map(|line| clean_line(line).replace(['⟨', '⟩'], "")).collect()
    }

    fn print(&mut self, app: &App, (known, place): (Option<&Place>, &Place), out: &mut Vec<String>) {
        let same = |of: fn(&Place) -> &String| known.is_some_and(|known| of(known) == of(place));
        let is_read = known.is_some_and(|known| known.waits == place.waits);
        let same_page = same(|it| &it.page) && same(|it| &it.looks) && is_read;
        let same_question = same(|it| &it.overlay) && same(|it| &it.field);
        if !same_page && app.overlay.is_none() {
            let Printed { lines, numbers } = place::printed(app, place.waits);
            if !same(|it| &it.page) {
                self.numbers.clear();
            }
            self.numbers.extend(numbers);
            self.rest.clear();
            out.extend(lines);
        }
        if !same_question || known.is_none() {
            self.choices = questions::choices(app);
            self.rest = place::asked(app).into();
            let page = self.rest.len().min(PAGE);
            out.extend(self.rest.drain(..page));
            self.tell_rest(out);
        }
    }

    fn tell_rest(&self, out: &mut Vec<String>) {
        if !self.rest.is_empty() {
            out.push(format!("{} more; more prints on.", super::view::counted(self.rest.len(), "line")));
        }
    }

    /// Prints the next lines of what was too long; says whether there were some.
    fn print_rest(&mut self) -> bool {
        if self.rest.is_empty() {
            return false;
        }
        let page = self.rest.len().min(PAGE);
        let mut lines: Vec<String> = self.rest.drain(..page).collect();
        self.tell_rest(&mut lines);
        self.said.extend(lines);
        true
    }

    /// How the next line begins: what is asked, and what Enter alone means.
    pub fn prompt(app: &App) -> String {
        clean_prompt(&questions::prompt(app))
    }

    /// Whether there is a question that nobody can have read yet.
    fn is_unread(app: &App) -> bool {
        match &app.overlay {
            Some(Overlay::Dialog(dialog)) => dialog.seen != Seen::Written || app.now < dialog.ready,
            Some(Overlay::Sheet(sheet)) => app.now < sheet.ready,
            _ => false,
        }
    }

    /// When something has to be looked at again, though nothing happens.
    pub fn wakes_at(&self, app: &App) -> Option<Moment> {
        let read = match &app.overlay {
            Some(Overlay::Dialog(dialog)) if dialog.seen == Seen::Written => Some(dialog.ready),
            Some(Overlay::Sheet(sheet)) => Some(sheet.ready),
            _ => None,
        };
        let patience = self.asks_since.map(|since| Moment(since.0 + PATIENCE));
        let own = [read, patience, self.waits_until].into_iter().flatten().filter(|at| *at > app.now);
        own.chain(app.wakes_at()).min()
    }

    /// Watches what is on its way: what `wait` waits for, and for how long an answer has been waited for.
    pub fn watch(&mut self, app: &App) {
        if Self::is_asking(app) {
            self.asks_since.get_or_insert(app.now);
        } else {
            self.asks_since = None;
        }
        let Some(until) = self.waits_until.filter(|_| !self.is_patient(app)) else { return };
        let works = app.grace.is_some() || !app.asked.is_empty() || !app.confirmed.is_empty() || self.news.works(app);
        if !works || app.now >= until {
            self.waits_until = None;
            self.say(if works { "status: waited long enough" } else { "status: all is done" });
        }
    }

    /// Whether everything has been answered that was asked, so that the next line of a script means what is there. After
    /// `wait`, whether all that was begun has ended, too.
    pub fn is_settled(&self, app: &App) -> bool {
        !Self::is_unread(app) && !self.is_patient(app) && self.waits_until.is_none()
    }

    /// Whether an answer is worth being waited for.
    fn is_patient(&self, app: &App) -> bool {
        self.asks_since.is_some_and(|since| app.now.0 - since.0 < PATIENCE)
    }

    /// Whether an answer is on its way.
    fn is_asking(app: &App) -> bool {
        fn loads<T>(list: &Remote<T>) -> bool {
            matches!(list, Remote::Absent | Remote::Loading { .. })
        }
        let data = &app.data;
        let lists = loads(&data.apps)
            || loads(&data.nodes)
            || loads(&data.pods)
            || loads(&data.engines)
            || loads(&data.tasks)
            || loads(&data.repositories);
        let overlay = match &app.overlay {
            Some(Overlay::Contexts(contexts)) => contexts.rows.is_loading(),
            Some(Overlay::Sheet(sheet)) => sheet.is_asking(app),
            _ => false,
        };
        let log = matches!(app.pages.last(), Some(Page::Log(log)) if !log.has_begun());
        match app.connection {
            Connection::Connecting { .. } => true,
            Connection::Live => lists || overlay || log || !app.waiting.is_empty() || !app.installing.is_empty(),
            Connection::Lost { .. } => false,
            // What was kept is on its way from the disk.
            Connection::Offline | Connection::Failed { .. } | Connection::SignedOut { .. } => !app.knows_kept,
        }
    }

    fn wait_for(&mut self, seconds: u64, now: Moment) {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX / 1_000);
        self.waits_until = Some(Moment(now.0.saturating_add(seconds.saturating_mul(1_000))));
        self.say("status: waiting for what was begun");
    }

    /// Everything is printed again.
    fn forget(&mut self) {
        self.place = None;
    }

    fn say(&mut self, text: impl Into<String>) {
        self.said.push(text.into());
    }

    fn complain(&mut self, why: &str) {
        self.say(format!("error: {why}"));
    }

    /// An answer that is none: the question is put again.
    fn ask_again(&mut self, why: &str) {
        self.complain(why);
        self.put_again();
    }

    /// The question is put again.
    fn put_again(&mut self) {
        if let Some(place) = &mut self.place {
            place.overlay = String::from("to be put again");
        }
    }
}

/// A prompt on one line that ends with a blank.
fn clean_prompt(text: &str) -> String {
    format!("{} ", clean_line(text))
}
