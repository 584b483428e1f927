//! The page that the program was started for: it opens once its list has come, unless somebody went elsewhere meanwhile.
//! Where no server tells that list, it opens from what was kept of it.

use super::addresses::destination;
use super::{App, Connection, Page, Target};
use crate::tui::action::{Action, Screen};
use crate::tui::effect::{Effect, List};
use crate::tui::message::Message;

/// Where the program opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// At a screen.
    Screen(Screen),
    /// At the page of a thing that is there, or is not.
    Thing(Wanted),
    /// At an app that is being made ready; it is waited for.
    Made(Wanted),
}

/// A thing, as a person names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The list that it stands in.
    pub list: List,
    /// Its identifier or id, or its name.
    pub name: String,
    /// Of an app: which version, where not the newest.
    pub version: Option<String>,
}

impl Destination {
    /// Whether it is being made ready.
    pub fn is_made(&self) -> bool {
        matches!(self, Self::Made(_))
    }
}

/// The list that came as a whole with a message.
pub(super) fn arrived(message: &Message) -> Option<List> {
    match message {
        Message::Apps(Ok(_)) => Some(List::Apps),
        Message::Nodes(Ok(_)) => Some(List::Nodes),
        Message::Engines(Ok(_)) => Some(List::Engines),
        Message::Pods(Ok(_)) => Some(List::Pods),
        Message::Tasks(Ok(_)) => Some(List::Tasks),
        _ => None,
    }
}

impl App {
    /// Begins at that place.
    pub fn begin_at(&mut self, destination: Option<Destination>) {
        self.is_placed = destination.is_some();
        if let Some(Destination::Screen(screen)) = destination {
            self.screen = screen;
        } else {
            self.open_at = destination;
        }
    }

    /// `:open`: goes to what an address names, now.
    pub(in crate::tui) fn open_address(&mut self, word: &str) -> Vec<Effect> {
        match destination(word) {
            Err(failure) => {
                self.notes.fail(self.now, failure);
                Vec::new()
            }
            Ok(Destination::Screen(screen)) => self.act(Action::Go(screen)),
            Ok(Destination::Thing(wanted) | Destination::Made(wanted)) => {
                let mut effects = self.act(Action::Go(Screen::Home));
                let list = wanted.list;
                self.open_at = Some(Destination::Thing(wanted));
                effects.extend(self.open_wanted(list));
                effects
            }
        }
    }

    /// Opens the page that the program was started for, now that a list has come.
    pub(super) fn open_wanted(&mut self, arrived: List) -> Vec<Effect> {
        let Some(Destination::Thing(wanted) | Destination::Made(wanted)) = &self.open_at else { return Vec::new() };
        if wanted.list != arrived {
            return Vec::new();
        }
        let is_made = self.open_at.as_ref().is_some_and(Destination::is_made);
        let Some(target) = self.named(wanted) else {
            if !is_made {
                let name = wanted.name.clone();
                let text = format!("There is nothing called {name} among the {}", wanted.list.name());
                self.notes.say(self.now, text);
                self.open_at = None;
            }
            return Vec::new();
        };
        let version = wanted.version.clone();
        self.open_at = None;
        if self.screen != Screen::Home || !self.pages.is_empty() || self.overlay.is_some() {
            return Vec::new();
        }
        let screen = target.screen();
        self.screen = screen;
        let list = self.list_mut(screen);
        // As if somebody had gone there: the choice stays when rows arrive.
        (list.chosen, list.wanted, list.moved) = (Some(target.key()), None, true);
        self.refill(screen);
        let effects = self.open_target(target);
        self.turn_to(version);
        effects
    }

    /// Opens that page from what was kept, where no server tells more: none is asked, or it cannot be reached. What a
    /// server tells later may still have what was not kept.
    pub(super) fn open_kept(&mut self) -> Vec<Effect> {
        let Some(Destination::Thing(wanted)) = &self.open_at else { return Vec::new() };
        let (is_offline, list) = (matches!(self.connection, Connection::Offline), wanted.list);
        let is_away = matches!(self.connection, Connection::Failed { .. } | Connection::SignedOut { .. });
        if !self.knows_kept || !(is_offline || is_away) {
            return Vec::new();
        }
        if self.named(wanted).is_some() {
            // Nobody can be asked for more about it.
            self.open_wanted(list);
        } else if is_offline || self.retry.attempts <= 1 {
            let text = format!("There is nothing called {} among the {} that were kept", wanted.name, list.name());
            self.notes.say(self.now, text);
            self.open_at.take_if(|_| is_offline);
        }
        Vec::new()
    }

    fn turn_to(&mut self, version: Option<String>) {
        let (Some(version), Some(Page::App(page))) = (version, self.pages.last()) else { return };
        let known = self.data.app(&page.app).is_some_and(|app| app.release(&version).is_some());
        if !known {
            self.notes.say(self.now, format!("There is no version {version}; this is the newest one"));
        } else if let Some(Page::App(page)) = self.pages.last_mut() {
            page.version = version;
        }
    }

    /// What a person means by a name.
    fn named(&self, wanted: &Wanted) -> Option<Target> {
        let name = wanted.name.as_str();
        let data = &self.data;
        match wanted.list {
            List::Apps => {
                let exact = data.apps().iter().find(|app| app.identifier.as_str() == name);
                let app = exact.or_else(|| data.apps().iter().find(|app| app.short_name() == name))?;
                Some(Target::App(app.identifier.clone()))
            }
            List::Nodes => {
                let node = data.nodes().iter().find(|node| node.id.as_str() == name || node.hash == name);
                let node = node.or_else(|| data.nodes().iter().find(|node| node.name == name))?;
                Some(Target::Node(node.id.clone()))
            }
            List::Engines => {
                let engine = data.engines().iter().find(|engine| engine.id.as_str() == name || engine.name == name)?;
                Some(Target::Engine(engine.id.clone()))
            }
            List::Pods => {
                let pod = data.pods().iter().find(|pod| pod.id.as_str() == name || pod.name() == name)?;
                Some(Target::Pod(pod.id.clone()))
            }
            List::Tasks => {
                let task = data.tasks().iter().find(|task| task.id.as_str() == name)?;
                Some(Target::Task(task.id.clone()))
            }
            List::Repositories => None,
        }
    }
}
