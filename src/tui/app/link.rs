//! How far we are with the server, and what that forbids.

use super::{App, Page, Target};
use crate::domain::{Failure, FailureKind, Moment};
use crate::tui::action::Screen;
use crate::tui::effect::{Effect, List};
use crate::tui::message::Cached;
use crate::tui::net::Delivery;

/// How far we are with the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// Being tried.
    Connecting {
        /// Since when.
        since: Moment,
        /// What is being tried, in words.
        what: String,
    },
    /// Connected, and changes arrive.
    Live,
    /// The stream of changes broke off; it is being made again.
    Lost {
        /// When.
        since: Moment,
        /// Why.
        failure: Failure,
        /// When the next attempt is made.
        retry_at: Moment,
    },
    /// Could not be reached at all.
    Failed {
        /// When.
        since: Moment,
        /// Why.
        failure: Failure,
    },
    /// The server does not know us any more, or never did.
    SignedOut {
        /// When that was found.
        since: Moment,
        /// In the server's words.
        failure: Failure,
    },
    /// Nothing is asked of any server, as somebody wished.
    Offline,
}

/// How a server that could not be reached is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retry {
    /// Attempts that failed since the last one that worked.
    pub attempts: u32,
    /// When the next one begins; `None`: not by itself.
    pub at: Option<Moment>,
}

impl Retry {
    /// Waits in milliseconds: quick enough for a cable, patient enough for a server that is down for the night.
    const WAITS: [i64; 6] = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000];

    /// After a failure. Only what the network did can pass by itself; a wrong address or a login cannot.
    pub(super) fn after(&mut self, failure: &Failure, now: Moment) {
        let wait = Self::WAITS.get(self.attempts as usize).copied().unwrap_or(60_000);
        self.at = (failure.kind == FailureKind::Network).then_some(Moment(now.0 + wait));
        self.attempts = self.attempts.saturating_add(1);
    }
}

impl Connection {
    /// After an attempt that failed.
    pub(super) fn after(failure: Failure, since: Moment) -> Self {
        if failure.kind == FailureKind::SignIn {
            Self::SignedOut { since, failure }
        } else {
            Self::Failed { since, failure }
        }
    }
}

impl App {
    /// Nothing will be asked of any server.
    pub fn stay_offline(&mut self) {
        self.connection = Connection::Offline;
    }

    /// Whether the server can be asked now.
    pub(in crate::tui) fn is_live(&self) -> bool {
        matches!(self.connection, Connection::Live)
    }

    /// The failure that says why nothing can be asked of the server now.
    pub(in crate::tui) fn offline(&self, what: &str) -> Option<Failure> {
        let network = |why: String, hint: &str| Failure::new(what, why).kind(FailureKind::Network).hint(hint);
        match &self.connection {
            Connection::Live => None,
            Connection::Connecting { what: doing, .. } => {
                Some(network(format!("not connected yet: {doing}"), "Try again in a moment."))
            }
            Connection::Lost { failure, .. } | Connection::Failed { failure, .. } => {
                Some(network(format!("not connected: {}", failure.why), "⟨refresh⟩ connects again."))
            }
            Connection::SignedOut { .. } => {
                Some(Failure::new(what, "nobody is signed in").kind(FailureKind::SignIn).hint("⟨sign-in⟩ signs in."))
            }
            Connection::Offline => {
                Some(network("kab was started with --offline".into(), "Start it without, to do something."))
            }
        }
    }

    /// The failure that says why nothing can be changed now: no connection, or a context that only reads.
    pub(in crate::tui) fn barred(&self, what: &str) -> Option<Failure> {
        self.offline(what).or_else(|| {
            let why = self.session.read_only.as_ref()?;
            Some(Failure::new(what, format!("{} is read-only ({why})", self.session.context)))
        })
    }

    /// The same in a few words, for the menu.
    pub(in crate::tui) fn bar(&self) -> Option<String> {
        match &self.connection {
            Connection::SignedOut { .. } => Some(self.prose("sign in first (⟨sign-in⟩)")),
            Connection::Offline => Some("kab was started with --offline".into()),
            _ => self.session.read_only.as_ref().map(|_| "this context is read-only".into()),
        }
    }

    /// Tries a server again that could not be reached, when it is time.
    pub(super) fn try_again(&mut self) -> Vec<Effect> {
        let is_due = self.retry.at.is_some_and(|at| at <= self.now);
        if !is_due || !matches!(self.connection, Connection::Failed { .. }) {
            return Vec::new();
        }
        self.retry.at = None;
        self.connection = Connection::Connecting { since: self.now, what: String::from("connecting again") };
        vec![Effect::Connect]
    }

    /// What is being tried by now, on the way in.
    pub(super) fn now_connecting(&mut self, what: String) -> Vec<Effect> {
        let since = if let Connection::Connecting { since, .. } = self.connection { since } else { self.now };
        self.connection = Connection::Connecting { since, what };
        Vec::new()
    }

    /// Begins to connect anew.
    pub(in crate::tui) fn connect(&mut self, what: &str) -> Vec<Effect> {
        self.retry = Retry::default();
        self.connection = Connection::Connecting { since: self.now, what: what.to_owned() };
        vec![Effect::Connect]
    }

    /// Takes in what was kept from an earlier time, or that there is nothing. What has been told since counts more.
    pub(super) fn take_cached(&mut self, cached: Cached) {
        self.knows_kept = true;
        if !self.is_live() && cached.at.is_some() {
            self.data.as_of = cached.at;
            if self.session.url.is_empty() {
                self.session = cached.session;
            }
        }
        let mut kept: Vec<List> = Vec::new();
        if let Some(engines) = cached.engines.filter(|_| self.data.engines.value().is_none()) {
            self.data.settle_engines(Ok(engines));
            kept.push(List::Engines);
        }
        if let Some(repositories) = cached.repositories.filter(|_| self.data.repositories.value().is_none()) {
            self.data.settle_repositories(Ok(repositories));
            kept.push(List::Repositories);
        }
        if let Some(apps) = cached.apps.filter(|_| self.data.apps.value().is_none()) {
            self.data.settle_apps(Ok(apps));
            kept.push(List::Apps);
        }
        if let Some(nodes) = cached.nodes.filter(|_| self.data.nodes.value().is_none()) {
            self.data.settle_nodes(Ok(nodes));
            kept.push(List::Nodes);
        }
        if let Some(pods) = cached.pods.filter(|_| self.data.pods.value().is_none()) {
            self.data.settle_pods(Ok(pods));
            kept.push(List::Pods);
        }
        if let Some(tasks) = cached.tasks.filter(|_| self.data.tasks.value().is_none()) {
            self.data.settle_tasks(Ok(tasks), self.now);
            kept.push(List::Tasks);
        }
        for list in &kept {
            self.data.is_whole.insert(*list);
        }
        self.reindex();
    }

    /// How old what is shown is, where it is not live: `cached 14m`.
    pub fn staleness(&self) -> Option<u64> {
        let at = self.data.as_of.filter(|_| !self.is_live())?;
        Some(at.seconds_until(self.now))
    }

    /// The lists that are on the screen: those are kept fresh.
    pub fn looks_at(&self) -> &'static [List] {
        match (self.pages.last(), self.screen) {
            (Some(Page::Log(log)), _) if log.engine.is_some() => &[List::Engines],
            (Some(Page::Log(_) | Page::Thing(Target::Pod(_), _)), _) | (None, Screen::Pods) => &[List::Pods],
            (Some(Page::Thing(Target::Task(_), _)), _) | (None, Screen::Tasks) => &[List::Tasks],
            (Some(Page::App(page)), _) if page.tab.has_things() => &[List::Pods, List::Tasks],
            (Some(_), _) | (None, Screen::Engines) => &[List::Engines],
            (None, Screen::Home) => &[List::Pods, List::Tasks, List::Engines],
            (None, Screen::Apps | Screen::Nodes) => &[List::Engines, List::Pods],
        }
    }

    /// The lists without which what is on the screen makes no sense.
    pub(in crate::tui) fn needs(&self) -> &'static [List] {
        match (self.pages.is_empty(), self.screen) {
            (_, Screen::Home | Screen::Apps) => &[List::Apps, List::Engines, List::Pods, List::Tasks],
            (_, Screen::Nodes) => &[List::Nodes, List::Apps, List::Engines],
            (true, Screen::Pods) => &[List::Pods, List::Engines],
            (true, Screen::Engines) => &[List::Engines, List::Pods],
            (true, Screen::Tasks) => &[List::Tasks, List::Engines, List::Pods],
            (false, Screen::Pods | Screen::Engines | Screen::Tasks) => {
                &[List::Pods, List::Engines, List::Tasks, List::Apps]
            }
        }
    }

    /// How the changes of lists get here. That they have to be asked for is written down, not said aloud.
    pub(super) fn take_delivery(&mut self, lists: &[List], delivery: Delivery) {
        for list in lists {
            match delivery {
                Delivery::Pushed => _ = self.net.polled.remove(list),
                Delivery::Polled => _ = self.net.polled.insert(*list),
            }
        }
        if delivery == Delivery::Polled {
            let names: Vec<_> = lists.iter().map(|list| list.name()).collect();
            let text = format!("No push gets here, so the server is asked again and again: {}", names.join(", "));
            self.notes.record(self.now, text);
        }
    }

    /// Goes to another server: nothing of this one stays on the screen.
    pub(in crate::tui) fn use_context(&mut self, name: &str) -> Vec<Effect> {
        if name == self.session.context && self.is_live() {
            self.notes.say(self.now, format!("This is {name} already"));
            return Vec::new();
        }
        let habits = self.habits_to_keep().map(|habits| Effect::KeepHabits(Box::new(habits)));
        let ends = self.keep_ends();
        let (mut fresh, _) = Self::new(self.theme, self.size, self.now);
        fresh.first_theme = self.first_theme;
        fresh.keys = std::mem::take(&mut self.keys);
        fresh.custom = std::mem::take(&mut self.custom);
        fresh.documents = self.documents;
        fresh.json_templates = std::mem::take(&mut self.json_templates);
        fresh.zone = self.zone.clone();
        fresh.log_manner = self.log_manner;
        fresh.is_placed = true;
        fresh.notes = std::mem::take(&mut self.notes);
        if name != self.session.context {
            fresh.notes.leave((&self.session.context, &self.session.url), name);
        }
        fresh.typed_before = std::mem::take(&mut self.typed_before);
        fresh.screen = self.screen;
        fresh.tickets = self.tickets;
        fresh.motion = self.motion;
        fresh.host = std::mem::take(&mut self.host);
        fresh.program = std::mem::take(&mut self.program);
        fresh.log_folder = std::mem::take(&mut self.log_folder);
        fresh.mouse = self.mouse;
        fresh.presence = self.presence;
        fresh.copied = self.copied;
        fresh.tongue = self.tongue;
        name.clone_into(&mut fresh.session.context);
        fresh.connection = Connection::Connecting { since: self.now, what: format!("connecting to {name}") };
        *self = fresh;
        habits.into_iter().chain(ends).chain([Effect::UseContext(name.to_owned()), Effect::Connect]).collect()
    }
}
