//! What could not be done for want of a login, and is offered again after signing in.

use super::App;
use super::pods::words;
use crate::domain::{Failure, FailureKind, PodId, PodVerb, TaskId};
use crate::tui::effect::Effect;
use crate::tui::overlays::{Dialog, Intent, Overlay, Sheet};

/// A wish that was refused because nobody was signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Something was asked of pods.
    Pods(PodVerb, Vec<PodId>),
    /// An install was confirmed.
    Install(Sheet),
    /// A task was to be cancelled.
    Cancel(TaskId),
    /// Pods were to be updated.
    Update(Vec<PodId>),
    /// Records of pods were to be forgotten.
    Forget(Vec<PodId>),
}

impl App {
    /// Says that something cannot be done; where only a login is missing, the wish is kept for after it.
    pub(in crate::tui) fn refuse(&mut self, failure: Failure, wish: Refused) {
        if failure.kind == FailureKind::SignIn {
            self.refused = Some(wish);
        }
        self.notes.fail(self.now, failure);
    }

    /// After signing in: asks whether what was refused is still wanted. Nothing is done without a key.
    pub(super) fn offer_again(&mut self) -> Vec<Effect> {
        let Some(refused) = self.refused.take() else { return Vec::new() };
        if self.overlay.is_some() {
            return Vec::new();
        }
        match refused {
            Refused::Install(mut sheet) => {
                sheet.ready = self.now;
                self.open_sheet(sheet)
            }
            Refused::Pods(PodVerb::Remove, pods) => {
                self.ask_removal(pods);
                Vec::new()
            }
            Refused::Pods(verb, pods) => {
                let title = format!("{} {}?", words(verb).0, self.names(&pods));
                self.ask_again(title, Intent::Pods(verb, pods));
                Vec::new()
            }
            Refused::Forget(pods) => {
                self.ask_forget_of(pods);
                Vec::new()
            }
            Refused::Update(pods) => {
                self.ask_update_of(pods);
                Vec::new()
            }
            Refused::Cancel(task) => {
                let title = self.data.task(&task).map_or_else(|| "a task".into(), |task| self.task_title(task));
                self.ask_again(format!("Cancel: {title}?"), Intent::Cancel(task));
                Vec::new()
            }
        }
    }

    fn ask_again(&mut self, title: String, intent: Intent) {
        let lines = vec![String::from("You asked for this before you signed in.")];
        self.overlay = Some(Overlay::Dialog(Dialog::new(title, lines, intent, self.now)));
    }
}
