//! What could not be done for want of a login, and is offered again after signing in.

use super::App;
use super::bulk::named;
use super::link::Connection;
use super::pods::words;
use crate::domain::{EngineId, Failure, FailureKind, FlavourId, PodId, PodVerb, TaskId};
use crate::tui::effect::{Effect, RepositoryErrand, Ticket};
use crate::tui::message::Message;
use crate::tui::overlays::{Dialog, Form, Intent, Overlay, Sheet};
use crate::tui::view::counted;

/// A wish that was refused because nobody was signed in.
#[derive(Debug, Clone)]
pub enum Refused {
    /// Something was asked of pods.
    Pods(PodVerb, Vec<PodId>),
    /// An install was confirmed.
    Install(Sheet),
    /// Apps that were marked were to be installed.
    InstallAll(Vec<(FlavourId, EngineId)>),
    /// Tasks were to be cancelled.
    Cancel(Vec<TaskId>),
    /// What tasks did was to be done once more.
    Again(Vec<TaskId>),
    /// Pods were to be updated.
    Update(Vec<PodId>),
    /// Records of pods were to be forgotten.
    Forget(Vec<PodId>),
    /// Repositories were to be asked for something.
    Repositories(Vec<RepositoryErrand>),
    /// An engine was asked for something of its own, with what was filled in.
    Offer(Form),
}

impl Refused {
    /// Several things of one wish are refused one by one: they are one wish all the same.
    fn with(self, more: Self) -> Self {
        fn joined<T: PartialEq>(mut all: Vec<T>, more: Vec<T>) -> Vec<T> {
            for one in more {
                if !all.contains(&one) {
                    all.push(one);
                }
            }
            all
        }
        match (self, more) {
            (Self::Pods(before, all), Self::Pods(verb, more)) if before == verb => Self::Pods(verb, joined(all, more)),
            (Self::InstallAll(all), Self::InstallAll(more)) => Self::InstallAll(joined(all, more)),
            (Self::Cancel(all), Self::Cancel(more)) => Self::Cancel(joined(all, more)),
            (Self::Again(all), Self::Again(more)) => Self::Again(joined(all, more)),
            (Self::Update(all), Self::Update(more)) => Self::Update(joined(all, more)),
            (Self::Forget(all), Self::Forget(more)) => Self::Forget(joined(all, more)),
            (Self::Repositories(all), Self::Repositories(more)) => Self::Repositories(joined(all, more)),
            (_, wish) => wish,
        }
    }
}

impl App {
    /// Says that something cannot be done; where only a login is missing, the wish is kept for after it.
    pub(in crate::tui) fn refuse(&mut self, failure: Failure, wish: Refused) {
        if failure.kind == FailureKind::SignIn {
            self.refused = Some(match self.refused.take() {
                Some(before) => before.with(wish),
                None => wish,
            });
        }
        self.fail(failure);
    }

    /// Says a failure; for want of a login, with the key that helps here.
    pub(in crate::tui) fn fail(&mut self, failure: Failure) {
        let is_sign_in = failure.kind == FailureKind::SignIn;
        let failure = if is_sign_in { failure.hint("⟨sign-in⟩ signs in.") } else { failure };
        self.notes.fail(self.now, failure);
    }

    /// What was asked of the server under a ticket was refused.
    pub(super) fn refuse_asked(&mut self, ticket: Ticket, failure: Failure) {
        match self.wishes.remove(&ticket) {
            Some(Refused::Offer(form)) if failure.kind != FailureKind::SignIn => self.return_form(form, failure),
            Some(wish) => self.refuse(failure, wish),
            None => self.fail(failure),
        }
    }

    /// What was typed into a form is not lost with the wish. Where the connection was at fault nobody knows whether it was
    /// heard: then it waits until the form is asked for again.
    fn return_form(&mut self, form: Form, failure: Failure) {
        let may_be_done = failure.kind == FailureKind::Network;
        self.fail(failure);
        if may_be_done || self.overlay.is_some() || self.typing.is_some() {
            self.unsent = Some(form);
        } else {
            self.overlay = Some(Overlay::Form(form.again(self.now)));
        }
    }

    /// A server that does not know us any more says so in answer to anything: from then on nobody is signed in, whatever was
    /// asked. What is shown stays, with its age.
    pub(super) fn find_signed_out(&mut self, message: &Message) {
        let (Message::Apps(Err(failure))
        | Message::Nodes(Err(failure))
        | Message::Engines(Err(failure))
        | Message::Pods(Err(failure))
        | Message::Tasks(Err(failure))
        | Message::Repositories(Err(failure))
        | Message::TaskTold(_, Err(failure))
        | Message::Installing(_, Err(failure))
        | Message::Acted(_, _, Err(failure))
        | Message::Forgotten(_, Err(failure))
        | Message::Taken(_, Err(failure))
        | Message::Offers(_, Err(failure))
        | Message::Approvals(_, Err(failure))
        | Message::Cancelled(_, Err(failure))
        | Message::RepositoryDone(_, Err(failure))) = message
        else {
            return;
        };
        if failure.kind == FailureKind::SignIn && matches!(self.connection, Connection::Live | Connection::Lost { .. })
        {
            self.sign_out(failure.clone());
        }
    }

    /// Nobody is signed in from now on.
    pub(super) fn sign_out(&mut self, failure: Failure) {
        self.data.as_of.get_or_insert(self.now);
        self.begin_absence();
        self.connection = Connection::SignedOut { since: self.now, failure };
        self.refresh_home();
    }

    /// After signing in: asks whether what was refused is still wanted, as soon as nothing else is in the way. Nothing is
    /// done without a key.
    pub(super) fn offer_again(&mut self) -> Vec<Effect> {
        if !self.is_live() || self.overlay.is_some() || self.typing.is_some() {
            return Vec::new();
        }
        let Some(refused) = self.refused.take() else { return Vec::new() };
        match refused {
            Refused::Install(mut sheet) => {
                sheet.ready = self.now;
                self.open_sheet(sheet)
            }
            Refused::Pods(PodVerb::Remove, pods) => {
                self.ask_removal(&pods);
                Vec::new()
            }
            Refused::Pods(verb, pods) => {
                let title = format!("{} {}?", words(verb).0, self.names(&pods));
                self.ask_again(title, Vec::new(), Intent::Pods(verb, pods));
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
            Refused::InstallAll(orders) => {
                let lines = orders.iter().filter_map(|(flavour, engine)| self.order_words(flavour, engine));
                let (lines, title) = (lines.collect(), format!("Install {}?", counted(orders.len(), "app")));
                self.ask_again(title, lines, Intent::InstallAll(orders));
                Vec::new()
            }
            Refused::Again(tasks) => {
                self.ask_again_of(&tasks);
                Vec::new()
            }
            Refused::Repositories(errands) => {
                let title = match errands.first() {
                    Some(RepositoryErrand::Add(name)) => format!("Add {name}?"),
                    Some(RepositoryErrand::Use { short, name, .. }) => format!("Take {short} from {name}?"),
                    Some(RepositoryErrand::Scan(_)) | None => String::from("Read the repositories again?"),
                };
                self.ask_again(title, Vec::new(), Intent::Repositories(errands));
                Vec::new()
            }
            Refused::Offer(form) => {
                self.overlay = Some(Overlay::Form(form.again(self.now)));
                Vec::new()
            }
            Refused::Cancel(tasks) => {
                match tasks.as_slice() {
                    [task] => {
                        let title = self.data.task(task).map_or_else(|| "a task".into(), |task| self.task_title(task));
                        self.ask_again(format!("Cancel: {title}?"), Vec::new(), Intent::Cancel(task.clone()));
                    }
                    _ => self.ask_cancel_of(&tasks),
                }
                Vec::new()
            }
        }
    }

    fn ask_again(&mut self, title: String, things: Vec<String>, intent: Intent) {
        let mut lines = vec![String::from("You asked for this before you signed in.")];
        lines.extend(named(things));
        self.overlay = Some(Overlay::Dialog(Dialog::new(title, lines, intent, self.now)));
    }
}
