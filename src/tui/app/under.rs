//! What is under the cursor, and whether it only just got there: rows come and go below an idle hand, and a key that is on
//! its way means what was there when it was pressed.

use super::{App, Target};
use crate::domain::Moment;
use crate::tui::action::{Action, Screen};
use crate::tui::message::Message;

/// What came under the cursor by itself is not what a key meant that comes within so many milliseconds.
const PAUSE: i64 = 400;

/// What is under the cursor.
#[derive(Debug, Clone, Default)]
pub struct Under {
    target: Option<Target>,
    /// When it took the place of something else without anybody's doing.
    replaced: Option<Moment>,
}

/// Whether a message is a person's doing.
pub(super) fn is_by_hand(message: &Message) -> bool {
    matches!(message, Message::Key(_) | Message::Letters(_) | Message::Asked(_) | Message::Paste(_) | Message::Mouse(_))
}

impl App {
    /// Notes what is under the cursor after something has happened.
    pub(super) fn settle_under(&mut self, is_by_hand: bool) {
        self.pin_part_row();
        self.pointed = self.part_meant();
        let target = self.target_at(self.pointed.clone());
        if target != self.under.target {
            let is_replaced = !is_by_hand && self.under.target.is_some();
            self.under = Under { target, replaced: is_replaced.then_some(self.now) };
        }
    }

    /// The row under the cursor was chosen just now.
    pub(super) fn take_under(&mut self) {
        self.under.replaced = None;
        self.pointed = self.part_meant();
    }

    /// Why an action is not done here and now, though its key counts: what it would be done to has only just come under the
    /// cursor, or rows of the list are of several kinds.
    pub(super) fn against_now(&self, action: Action) -> Option<String> {
        match action {
            Action::Mark | Action::MarkAll | Action::MarkRange => {
                let is_home = self.pages.is_empty() && self.screen == Screen::Home;
                is_home.then(|| "Rows of Home cannot be marked: they are things of several kinds".into())
            }
            Action::Pod(_) | Action::Cancel if self.marked().is_empty() => {
                let since = self.under.replaced?;
                let name = self.describe(self.under.target.as_ref()?);
                (self.now.0 - since.0 < PAUSE)
                    .then(|| format!("Not done: {name} has only just come under the cursor; press it again"))
            }
            _ => None,
        }
    }
}
