//! What the program was left at, to go on there at the next start: screen, what is chosen, filters, orders, marks, how logs
//! are shown, which apps were opened last, and what is bookmarked. Nothing that does something is among it: no page, no
//! question, nothing that waits to be undone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::App;
use crate::domain::{AppIdentifier, clean_line};
use crate::tui::action::Screen;
use crate::tui::app::{Direction, Order};
use crate::tui::effect::List;
use crate::tui::list::{Hidden, ListView};
use crate::tui::log::Manner;

/// Raised when the meaning of what is kept changes, so that what another version kept counts as not there.
const VERSION: u32 = 1;
/// Apps that were opened last, at most.
const OPENED: usize = 8;
/// Marks of a list that are kept at most.
const MARKS: usize = 1_000;

/// What the program was left at, in one context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Habits {
    version: u32,
    /// The screen.
    pub screen: Screen,
    /// The lists that were not as they are by themselves.
    pub lists: BTreeMap<Screen, Left>,
    /// How logs are shown.
    pub log: Manner,
    /// The apps whose pages were opened, the last one first.
    pub opened: Vec<AppIdentifier>,
    /// The keys of what is bookmarked, the newest first.
    #[serde(default)]
    pub bookmarks: Vec<String>,
}

/// A list, as it was left.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Left {
    /// The key of the chosen row, where somebody has chosen.
    pub chosen: Option<String>,
    /// What was typed, facets among it.
    pub filter: String,
    /// The order.
    pub order: Order,
    /// Whether it was turned round.
    pub direction: Direction,
    /// Whether hidden rows were shown.
    pub shows_hidden: Hidden,
    /// The keys of marked rows.
    pub marks: Vec<String>,
}

impl Left {
    fn of(list: &ListView) -> Self {
        Self {
            chosen: list.wanted.clone().or_else(|| list.chosen.clone().filter(|_| list.moved)),
            filter: list.filter.value().trim().to_owned(),
            order: list.order,
            direction: list.direction,
            shows_hidden: list.shows_hidden,
            marks: list.marks.iter().take(MARKS).cloned().collect(),
        }
    }
}

impl Habits {
    /// Whether this version of the program kept it.
    pub fn is_ours(&self) -> bool {
        self.version == VERSION
    }
}

impl App {
    /// What the program is left at now.
    pub fn habits(&self) -> Habits {
        let left = Screen::ALL.into_iter().map(|screen| (screen, Left::of(self.list(screen))));
        Habits {
            version: VERSION,
            screen: self.screen,
            lists: left.filter(|(_, left)| *left != Left::default()).collect(),
            log: self.log_manner,
            opened: self.opened.clone(),
            bookmarks: self.bookmarks.keys(),
        }
    }

    /// The same, where there is something to keep: what was never read is not replaced by nothing.
    pub fn habits_to_keep(&self) -> Option<Habits> {
        let habits = self.habits();
        let is_blank = habits.lists.is_empty()
            && habits.opened.is_empty()
            && habits.bookmarks.is_empty()
            && habits.screen == Screen::Home;
        (self.knows_habits || !is_blank).then_some(habits)
    }

    /// Goes on where the program was left. What somebody has done since the start counts more.
    pub fn take_habits(&mut self, habits: Habits) {
        self.knows_habits = true;
        self.take_bookmarks(&habits.bookmarks);
        if self.opened.is_empty() {
            self.opened = habits.opened;
            self.opened.truncate(OPENED);
            self.log_manner = habits.log;
        }
        for (screen, left) in habits.lists {
            let list = self.list_mut(screen);
            if list.moved || list.is_filtered() || !list.marks.is_empty() {
                continue;
            }
            (list.order, list.direction, list.shows_hidden) = (left.order, left.direction, left.shows_hidden);
            list.filter = clean_line(&left.filter).into();
            list.marks = left.marks.into_iter().collect();
            if let Some(chosen) = left.chosen {
                (list.wanted, list.moved) = (Some(chosen), true);
            }
            self.refill(screen);
        }
        let untouched = self.pages.is_empty() && self.overlay.is_none() && self.typing.is_none();
        if !self.is_placed && untouched && self.screen == Screen::Home {
            self.screen = habits.screen;
        }
        self.begin_history();
        self.refresh_home();
    }

    /// A list has come as a whole: what is not in it will not come any more.
    pub(super) fn end_choice(&mut self, list: List) {
        let screen = match list {
            List::Apps => Screen::Apps,
            List::Nodes => Screen::Nodes,
            List::Pods => Screen::Pods,
            List::Engines => Screen::Engines,
            List::Tasks => Screen::Tasks,
            List::Repositories => return,
        };
        if !self.is_live() {
            return;
        }
        self.tidy_bookmarks(list);
        self.list_mut(screen).wanted = None;
        if !self.list(screen).marks.is_empty() {
            let there: Vec<String> = (0..self.total(screen)).filter_map(|row| self.row_key(screen, row)).collect();
            self.list_mut(screen).marks.retain(|mark| there.contains(mark));
        }
    }

    /// The page of an app is opened.
    pub(super) fn note_opened(&mut self, app: &AppIdentifier) {
        self.opened.retain(|known| known != app);
        self.opened.insert(0, app.clone());
        self.opened.truncate(OPENED);
    }
}
