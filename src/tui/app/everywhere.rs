//! The pods of all servers in one list (`:pods @*`): to look at. What is done, is done on the server that a pod is on, so
//! that opening one offers to go there.

use std::collections::BTreeMap;

use super::orders::sort_pods;
use super::{App, Destination, Direction, Page, Wanted};
use crate::domain::{Failure, Inventory, Moment, Pod, PodId};
use crate::search::{Facts, Index, Searcher};
use crate::tui::action::{Action, Screen};
use crate::tui::data::order::order_of_pods;
use crate::tui::data::{Clean, facts_of_pod_on, of_pod_on};
use crate::tui::effect::{Effect, List, Ticket};
use crate::tui::list::ListView;
use crate::tui::overlays::{Dialog, Intent, Overlay};
use crate::tui::screens::everywhere;

/// The page.
#[derive(Debug)]
pub struct Everywhere {
    /// Which question it is the answer to.
    pub ticket: Ticket,
    /// The servers that are asked; none before they are known.
    pub asked: Vec<String>,
    /// What each of them answered so far.
    told: BTreeMap<String, Result<Inventory, Failure>>,
    /// Where each pod stands in that: by server, in each what needs a look first.
    places: Vec<(String, usize)>,
    /// Which of them are shown, and how.
    pub list: ListView,
}

impl Everywhere {
    /// Before anybody answered; a list is shown as it was.
    fn new(ticket: Ticket, list: ListView) -> Self {
        Self { ticket, asked: Vec::new(), told: BTreeMap::new(), places: Vec::new(), list }
    }

    /// A pod with the name of its context, by its place among all.
    pub fn row(&self, at: usize) -> Option<(&str, &Pod)> {
        let (context, pod) = self.places.get(at)?;
        Some((context, self.of(context)?.pods.get(*pod)?))
    }

    /// All pods with the name of their context.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &Pod)> {
        (0..self.total()).filter_map(|at| self.row(at))
    }

    /// How many pods there are in all, whatever is typed.
    pub fn total(&self) -> usize {
        self.places.len()
    }

    /// The one under the cursor.
    pub fn chosen(&self) -> Option<(&str, &Pod)> {
        self.row(self.list.current()?)
    }

    /// The key of a row, by which it is found again.
    pub fn key(&self, row: usize) -> Option<String> {
        self.row(row).map(|(context, pod)| format!("{context} {}", pod.id))
    }

    /// How many servers have answered.
    pub fn answers(&self) -> usize {
        self.told.len()
    }

    /// Facts about every pod, by what its own server told.
    pub fn facts(&self, now: Moment) -> Vec<Facts> {
        let nothing = Inventory::default();
        self.rows()
            .map(|(context, pod)| facts_of_pod_on(context, pod, (self.of(context).unwrap_or(&nothing), now)))
            .collect()
    }

    fn take(&mut self, context: String, told: Result<Inventory, Failure>) {
        let told = told.map(|mut told| {
            told.pods.iter_mut().for_each(Clean::clean);
            told.engines.iter_mut().for_each(Clean::clean);
            told.pods.sort_by(order_of_pods);
            told
        });
        self.told.insert(context, told);
        let answered = self.told.iter().filter_map(|(name, told)| Some((name, told.as_ref().ok()?)));
        let places = answered.flat_map(|(name, told)| (0..told.pods.len()).map(|at| (name.clone(), at)));
        self.places = places.collect();
        self.list.searcher = Searcher::new(Index::new(self.rows().map(|(context, pod)| of_pod_on(context, pod))));
    }

    /// The rows in their order.
    fn find(&self, list: &mut ListView, now: Moment) -> Vec<usize> {
        let mut rows = list.found(self.total(), || self.facts(now));
        if !list.is_by_relevance() {
            sort_pods(list.order, &mut rows, |row| self.row(row).map(|(_, pod)| pod));
            if list.direction == Direction::Backwards {
                rows.reverse();
            }
        }
        rows
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
    /// Opens the page, with what is typed.
    pub(in crate::tui) fn open_everywhere(&mut self, typed: &str) -> Vec<Effect> {
        let effects = self.ask_everywhere(ListView::default());
        self.front_mut().filter = typed.to_owned().into();
        effects
    }

    /// Asks again where the page is open: how it is shown stays, and what is chosen is chosen when it comes.
    pub(super) fn ask_everywhere_again(&mut self) -> Vec<Effect> {
        let mut list = std::mem::take(self.front_mut());
        list.rows.clear();
        list.searcher = Searcher::default();
        list.wanted = list.chosen.take().or(list.wanted);
        self.ask_everywhere(list)
    }

    fn ask_everywhere(&mut self, list: ListView) -> Vec<Effect> {
        let ticket = self.ticket();
        let mut effects = self.act(Action::Go(Screen::Pods));
        self.pages.push(Page::Everywhere(Box::new(Everywhere::new(ticket, list))));
        effects.push(Effect::AllPods(ticket));
        effects
    }

    fn everywhere(&mut self, ticket: Ticket) -> Option<&mut Everywhere> {
        let page = self.pages.iter_mut().find_map(everywhere_of);
        page.filter(|page| page.ticket == ticket)
    }

    /// Keeps its cursor and its first row within what there is, wherever the page lies.
    pub(super) fn turn_everywhere(&mut self) {
        let body = self.areas().body;
        let open = self.pages.iter().find_map(|page| match page {
            Page::Everywhere(page) => Some(page),
            _ => None,
        });
        let fitting = open.map_or(1, |page| everywhere::rows(self, page, body));
        if let Some(page) = self.pages.iter_mut().find_map(everywhere_of) {
            page.list.turn(fitting);
        }
    }

    /// Finds its rows anew. What is chosen stays chosen.
    pub(super) fn refill_everywhere(&mut self) {
        let (now, body) = (self.now, self.areas().body);
        let open = self.pages.iter().find_map(|page| match page {
            Page::Everywhere(page) => Some(page),
            _ => None,
        });
        let fitting = open.map_or(1, |page| everywhere::rows(self, page, body));
        let Some(page) = self.pages.iter_mut().find_map(everywhere_of) else { return };
        let mut list = std::mem::take(&mut page.list);
        let rows = page.find(&mut list, now);
        list.refill(rows, fitting, |row| page.key(row));
        page.list = list;
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
        page.take(context, told);
        self.refill_everywhere();
    }

    /// Offers to go where a pod is; opens it, where that is here.
    pub(super) fn open_elsewhere(&mut self, context: &str, pod: &PodId, name: &str) -> Vec<Effect> {
        if context == self.session.context && self.data.pod(pod).is_some() {
            return self.open_target(super::Target::Pod(pod.clone()));
        }
        let lines = vec![
            format!("{name} is on {context}, and you are on {}.", self.session.context),
            String::from("Everything on the screen is that server's then. C comes back."),
        ];
        let intent = Intent::GoTo(context.to_owned(), pod.clone());
        self.overlay = Some(Overlay::Dialog(Dialog::new(format!("Go to {context}?"), lines, intent, self.now)));
        Vec::new()
    }

    /// Goes to another server, and opens a pod there.
    pub(in crate::tui) fn go_to_pod(&mut self, context: &str, pod: &PodId) -> Vec<Effect> {
        let effects = self.use_context(context);
        self.screen = Screen::Home;
        let wanted = Wanted { list: List::Pods, name: pod.to_string(), version: None };
        self.open_at = Some(Destination::Thing(wanted));
        effects
    }
}

fn everywhere_of(page: &mut Page) -> Option<&mut Everywhere> {
    match page {
        Page::Everywhere(page) => Some(page),
        _ => None,
    }
}
