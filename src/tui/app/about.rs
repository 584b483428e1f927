//! What authors say of an app is asked for when its page is looked at, and not before: it may be long.

use super::{App, Connection, Page, Tab};
use crate::domain::{ReleaseId, Speed};
use crate::tui::effect::Effect;

impl App {
    /// The question about the app whose page is looked at, where it has not been asked; without a connection, for what was
    /// kept of it. Over a slow link it waits until somebody asks for it by hand.
    pub(super) fn about_wish(&mut self) -> Option<Effect> {
        let release = self.release_looked_at()?;
        if !self.is_live() && !matches!(self.connection, Connection::Connecting { .. }) {
            return self.data.ask_about(&release).then_some(Effect::KeptAbout(release));
        }
        if !self.is_live() || self.net.speed == Speed::Slow && self.data.wants_about.as_ref() != Some(&release) {
            return None;
        }
        let repository = self.data.repository_id_of(&release);
        self.data.ask_about(&release).then_some(Effect::About { release, repository })
    }

    /// Somebody wants the page anew.
    pub(super) fn ask_about_again(&mut self) {
        if let Some(release) = self.release_looked_at() {
            self.data.asked_about.remove(&release);
            self.data.wants_about = Some(release);
        }
    }

    /// The release whose page is looked at, at a tab that tells what is said of it.
    fn release_looked_at(&self) -> Option<ReleaseId> {
        match self.pages.last() {
            Some(Page::App(page)) if matches!(page.tab, Tab::Overview | Tab::Source) => {
                Some(self.release_of(page)?.id.clone())
            }
            _ => None,
        }
    }
}
