//! The pods of all servers in one list (`:pods @*`): to look at. What is done, is done on the server that a pod is on, so
//! that opening one offers to go there.

use std::collections::BTreeMap;

use super::{App, Destination, Page, Sieve, Wanted};
use crate::domain::{Failure, Inventory, Pod};
use crate::tui::action::Screen;
use crate::tui::data::Clean;
use crate::tui::effect::{Effect, List, Ticket};
use crate::tui::overlays::{Dialog, Intent, Overlay};

/// The page.
#[derive(Debug, Clone, PartialEq)]
pub struct Everywhere {
    /// Which question it is the answer to.
    pub ticket: Ticket,
    /// The servers that are asked; none before they are known.
    pub asked: Vec<String>,
    /// What each of them answered so far.
    pub told: BTreeMap<String, Result<Inventory, Failure>>,
    /// The chosen row.
    pub cursor: usize,
    /// What the rows are narrowed by.
    pub sieve: Sieve,
}

impl Everywhere {
    /// All pods with the name of their context.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &Pod)> {
        let told = self.told.iter().filter_map(|(name, told)| Some((name.as_str(), told.as_ref().ok()?)));
        told.flat_map(|(name, told)| told.pods.iter().map(move |pod| (name, pod)))
    }

    /// What the server of a context told.
    pub fn of(&self, context: &str) -> Option<&Inventory> {
        self.told.get(context)?.as_ref().ok()
    }

    /// Those that have not answered yet.
    pub fn awaited(&self) -> Vec<&str> {
        self.asked.iter().map(String::as_str).filter(|name| !self.told.contains_key(*name)).collect()
    }

    /// Those whose pods cannot be had, and why.
    pub fn absent(&self) -> Vec<(&str, &Failure)> {
        self.told.iter().filter_map(|(name, told)| Some((name.as_str(), told.as_ref().err()?))).collect()
    }
}

impl App {
    /// Opens the page, or asks again where it is open.
    pub(in crate::tui) fn open_everywhere(&mut self) -> Vec<Effect> {
        let ticket = self.ticket();
        let page = Everywhere { ticket, asked: Vec::new(), told: BTreeMap::new(), cursor: 0, sieve: Sieve::default() };
        let mut effects = self.act(crate::tui::action::Action::Go(Screen::Pods));
        self.pages.push(Page::Everywhere(page));
        effects.push(Effect::AllPods(ticket));
        effects
    }

    fn everywhere(&mut self, ticket: Ticket) -> Option<&mut Everywhere> {
        self.pages.iter_mut().find_map(|page| match page {
            Page::Everywhere(it) if it.ticket == ticket => Some(it),
            _ => None,
        })
    }

    pub(super) fn take_asked_contexts(&mut self, ticket: Ticket, names: Result<Vec<String>, Failure>) {
        match (self.everywhere(ticket), names) {
            (Some(page), Ok(names)) => page.asked = names,
            (Some(_), Err(failure)) => self.notes.fail(self.now, failure),
            (None, _) => {}
        }
    }

    pub(super) fn take_pods_of(&mut self, ticket: Ticket, context: String, told: Result<Inventory, Failure>) {
        let Some(page) = self.everywhere(ticket) else { return };
        // What is chosen stays chosen while other servers answer.
        let chosen = page.rows().nth(page.cursor).map(|(name, pod)| (name.to_owned(), pod.id.clone()));
        let told = told.map(|mut told| {
            told.pods.iter_mut().for_each(Clean::clean);
            told.engines.iter_mut().for_each(Clean::clean);
            told
        });
        page.told.insert(context, told);
        let place = chosen.and_then(|(name, id)| page.rows().position(|row| row.0 == name && row.1.id == id));
        page.cursor = place.unwrap_or(page.cursor);
    }

    /// Offers to go where the chosen pod is; opens it, where that is here.
    pub(super) fn open_elsewhere(&mut self, page: &Everywhere) -> Vec<Effect> {
        let chosen = self.sifted().chosen().and_then(|row| page.rows().nth(row));
        let Some((context, pod)) = chosen else { return Vec::new() };
        if context == self.session.context && self.data.pod(&pod.id).is_some() {
            return self.open_target(super::Target::Pod(pod.id.clone()));
        }
        let lines = vec![
            format!("{} is on {context}, and you are on {}.", pod.name(), self.session.context),
            String::from("Everything on the screen is that server's then. C comes back."),
        ];
        let intent = Intent::GoTo(context.to_owned(), pod.id.clone());
        self.overlay = Some(Overlay::Dialog(Dialog::new(format!("Go to {context}?"), lines, intent, self.now)));
        Vec::new()
    }

    /// Goes to another server, and opens a pod there.
    pub(in crate::tui) fn go_to_pod(&mut self, context: &str, pod: &crate::domain::PodId) -> Vec<Effect> {
        let effects = self.use_context(context);
        self.screen = Screen::Home;
        let wanted = Wanted { list: List::Pods, name: pod.to_string(), version: None };
        self.open_at = Some(Destination::Thing(wanted));
        effects
    }
}
