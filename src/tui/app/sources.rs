//! Taking an app from another repository: only when somebody says so.

use super::{App, Target};
use crate::domain::{AppIdentifier, RepositoryId};
use crate::tui::effect::Effect;
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
        let intent = Intent::TakeFrom(id.clone(), repository, name);
        self.overlay = Some(Overlay::Dialog(Dialog::new(title, lines, intent, self.now)));
    }

    /// Takes an app from another repository.
    pub(in crate::tui) fn take_from(
        &mut self,
        id: &AppIdentifier,
        repository: RepositoryId,
        name: &str,
    ) -> Vec<Effect> {
        let Some(app) = self.data.app(id) else { return Vec::new() };
        let done = format!("{} comes from {name} now", app.short_name());
        if let Some(failure) = self.barred(&format!("Could not take {} from {name}", app.short_name())) {
            self.notes.fail(self.now, failure);
            return Vec::new();
        }
        let Some(sources) = self.data.sources_of(app) else { return Vec::new() };
        let app = sources.app.clone();
        vec![Effect::UseRepository { app, repository, done }]
    }
}
