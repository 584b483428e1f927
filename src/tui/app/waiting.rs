//! What was asked for by hand and is not answered yet, and how somebody stops waiting for it.
//!
//! Giving up ends the request, not the work: what has reached the server is done there all the same. So that nobody gives
//! up by a key that was meant for something else, `Esc` does it only while the message line says so.

use super::{App, Connection, Page};
use crate::domain::{Failure, FailureKind, Moment, PodId, Remote, TaskId};
use crate::tui::action::Screen;
use crate::tui::effect::{Effect, List, RepositoryErrand, Ticket};
use crate::tui::message::Message;

/// After so many milliseconds it is said that something is waited for.
const SAID: i64 = 1_000;

/// Something that was asked for by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// An install, or something that an engine offers.
    Task(Ticket),
    /// Something of a pod.
    Pod(PodId),
    /// The end of a task.
    End(TaskId),
    /// Something about a repository.
    Repository,
}

impl Errand {
    /// What an effect is, where somebody waits for it and may give it up.
    pub fn of(effect: &Effect) -> Option<Self> {
        Some(match effect {
            Effect::Install { ticket, .. } | Effect::TakeOffer { ticket, .. } => Self::Task(*ticket),
            Effect::Act { pod, .. } => Self::Pod(pod.clone()),
            Effect::Cancel(task) | Effect::Interrupt(task) => Self::End(task.clone()),
            Effect::Repository(_) => Self::Repository,
            _ => return None,
        })
    }
}

/// An errand with its words and its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    errand: Errand,
    what: String,
    since: Moment,
    /// Its reply was lost, and it is looked for.
    is_unsure: bool,
}

impl Waiting {
    fn words(&self) -> String {
        if self.is_unsure { format!("UNKNOWN - checking ({}; no reply)", self.what) } else { self.what.clone() }
    }
}

impl App {
    /// Notes what is waited for from now on.
    pub(super) fn begin_waiting(&mut self, effects: &[Effect]) {
        for effect in effects {
            let Some(errand) = Errand::of(effect) else { continue };
            let what = match effect {
                Effect::Install { engine, .. } => format!("asking {} to install", engine.name),
                Effect::TakeOffer { engine, offer, .. } => format!("asking {} to {}", engine.name, offer.name),
                Effect::Act { verb, engine, .. } => format!("asking {} to {}", engine.name, verb.interface()),
                Effect::Cancel(_) => String::from("asking to cancel the task"),
                Effect::Interrupt(_) => String::from("asking to interrupt the task"),
                Effect::Repository(RepositoryErrand::Add(name)) => format!("reading {name}"),
                _ => String::from("reading the repository"),
            };
            self.waiting.push(Waiting { errand, what, since: self.now, is_unsure: false });
        }
    }

    /// Notes that an answer is here.
    pub(super) fn end_waiting(&mut self, message: &Message) {
        let answered = match message {
            Message::Installing(ticket, _) | Message::Taken(ticket, _) => Errand::Task(*ticket),
            Message::Acted(_, pod, _) => Errand::Pod(pod.clone()),
            Message::Cancelled(task, _) => Errand::End(task.clone()),
            Message::RepositoryDone(..) => Errand::Repository,
            _ => return,
        };
        if let Some(at) = self.waiting.iter().position(|waiting| waiting.errand == answered) {
            self.waiting.remove(at);
        }
    }

    /// The reply to something was lost. It comes first from now on, and says what is done about it.
    pub(super) fn doubt(&mut self, errand: &Errand) {
        if let Some(at) = self.waiting.iter().position(|waiting| waiting.errand == *errand) {
            let waiting = Waiting { is_unsure: true, ..self.waiting.remove(at) };
            self.notes.record(self.now, waiting.words());
            self.waiting.insert(0, waiting);
        }
    }

    /// What is waited for, in words, once it takes long: with the seconds that have passed.
    pub fn waits_for(&self) -> Option<(String, u64)> {
        let first = self.waiting.first()?;
        let passed = self.now.0 - first.since.0;
        (passed >= SAID).then(|| (first.words(), first.since.seconds_until(self.now)))
    }

    /// When the words about what is waited for change.
    pub(super) fn waiting_wakes_at(&self) -> Option<i64> {
        let first = self.waiting.first()?;
        Some(self.now.0 + SAID - (self.now.0 - first.since.0).rem_euclid(SAID))
    }

    /// Stops waiting for what the message line names, where something is waited for; whatever else was asked for goes on.
    pub(super) fn give_up(&mut self) -> Option<Vec<Effect>> {
        if self.waiting.is_empty() {
            return self.stop_reading();
        }
        let Waiting { errand, what, .. } = self.waiting.remove(0);
        match &errand {
            Errand::Task(ticket) => {
                self.installing.remove(ticket);
                self.updates.given_up(*ticket);
            }
            Errand::Pod(pod) => _ = self.asked.remove(pod),
            Errand::End(_) | Errand::Repository => {}
        }
        let text = format!("Not waiting any longer ({what}); ⟨go-tasks⟩ shows whether it is done");
        self.notes.say(self.now, text);
        self.refresh_home();
        Some(vec![Effect::GiveUp(errand), Effect::FetchInTurn(List::Tasks), Effect::FetchInTurn(List::Pods)])
    }

    /// Stops reading the list of this screen, where there is nothing of it yet.
    fn stop_reading(&mut self) -> Option<Vec<Effect>> {
        fn stopped<T>(rows: &mut Remote<Vec<T>>, list: List) -> Option<List> {
            if !matches!(rows, Remote::Loading { old: None }) {
                return None;
            }
            let failure = Failure::new(format!("Could not list the {}", list.name()), "you did not want to wait");
            rows.settle(Err(failure.kind(FailureKind::Interrupted).hint("⟨refresh⟩ asks again.")));
            Some(list)
        }
        if !self.pages.is_empty() || !self.is_live() {
            return None;
        }
        let data = &mut self.data;
        let list = match self.screen {
            Screen::Home => None,
            Screen::Apps => stopped(&mut data.apps, List::Apps),
            Screen::Nodes => stopped(&mut data.nodes, List::Nodes),
            Screen::Pods => stopped(&mut data.pods, List::Pods),
            Screen::Engines => stopped(&mut data.engines, List::Engines),
            Screen::Tasks => stopped(&mut data.tasks, List::Tasks),
        };
        Some(vec![Effect::StopReading(list?)])
    }

    /// Stops connecting. The person said so: nothing tries again by itself.
    pub(super) fn stop_connecting(&mut self) -> Option<Vec<Effect>> {
        let Connection::Connecting { what, .. } = &self.connection else { return None };
        let failure = Failure::new("Not connected", format!("you stopped {what}")).kind(FailureKind::Interrupted);
        self.retry.at = None;
        self.connection = Connection::Failed { since: self.now, failure };
        self.refresh_home();
        Some(vec![Effect::StopConnecting])
    }

    /// Whether somebody stopped connecting, and has not begun anew since.
    pub(super) fn has_stopped(&self) -> bool {
        matches!(&self.connection, Connection::Failed { failure, .. } if failure.kind == FailureKind::Interrupted)
    }

    /// Whether there is nothing to show but how far we are with the server.
    pub(in crate::tui) fn is_bare(&self) -> bool {
        self.data.as_of.is_none() && !matches!(self.pages.last(), Some(Page::Log(_)))
    }
}
