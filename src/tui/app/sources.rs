//! What is asked of repositories; among it, taking an app from another one: only when somebody says so.

use super::{App, Refused, Target};
use crate::domain::RepositoryId;
use crate::tui::effect::{Effect, RepositoryErrand};
use crate::tui::overlays::{Dialog, Doing, Intent, Item, Overlay};

impl App {
    /// What the menu of an app offers in addition, where other repositories offer it too.
    pub(in crate::tui) fn other_sources(&self, target: &Target) -> Vec<Item> {
        let Target::App(id) = target else { return Vec::new() };
        let others = self.data.app(id).map(|app| self.data.others_offering(app)).unwrap_or_default();
        let item = |(repository, name): (RepositoryId, String)| Item {
            text: format!("Take it from {name}"),
            doing: Doing::TakeFrom(repository, name),
            key: None,
            against: self.bar(),
        };
        others.into_iter().map(item).collect()
    }

    /// Asks whether an app is really to be taken from another repository.
    pub(in crate::tui) fn ask_take_from(&mut self, repository: RepositoryId, name: String) {
        let Some(Target::App(id)) = self.target() else { return };
        let Some(app) = self.data.app(&id) else { return };
        let now = self.data.repositories_of(app);
        let now: Vec<&str> = now.iter().map(|repository| repository.name.as_str()).collect();
        let lines = vec![
            format!("Now it comes from {}.", now.join(" and ")),
            "Its releases, its images, and what it asks to be allowed may differ.".into(),
            "What runs stays as it is. You can go back.".into(),
        ];
        let title = format!("Take {} from {name}?", app.short_name());
        let Some(sources) = self.data.sources_of(app) else { return };
        let errand =
            RepositoryErrand::Use { app: sources.app.clone(), short: app.short_name().to_owned(), repository, name };
        let intent = Intent::Repositories(vec![errand]);
        self.overlay = Some(Overlay::Dialog(Dialog::new(title, lines, intent, self.now)));
    }

    /// Asks the server to do something with repositories.
    pub(in crate::tui) fn send_errands(&mut self, errands: Vec<RepositoryErrand>) -> Vec<Effect> {
        let Some(first) = errands.first() else {
            self.notes.say(self.now, "There is no repository: `repo add NAME` adds one");
            return Vec::new();
        };
        if let Some(failure) = self.barred(&first.what_failed()) {
            self.refuse(failure, Refused::Repositories(errands));
            return Vec::new();
        }
        match first {
            RepositoryErrand::Add(name) => self.notes.say(self.now, format!("Reading {name}")),
            RepositoryErrand::Scan(_) => self.notes.say(self.now, "Reading the repositories again"),
            RepositoryErrand::Use { .. } => {}
        }
        errands.into_iter().map(Effect::Repository).collect()
    }
}
