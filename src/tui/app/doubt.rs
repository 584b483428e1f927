//! Whether the catalogue changed after it was read and before anybody listened to changes: on a new machine that is when
//! its first apps come. Reading all of it twice at each start would cost too much, so only signs of it count.

use super::App;
use crate::domain::{Moment, ScanState};
use crate::tui::effect::{Effect, List};
use crate::tui::message::Message;

/// A scan that ended so many milliseconds ago may have ended after the catalogue was read. Generous, as clocks differ.
const JUST_NOW: i64 = 30_000;

/// What has come since the server was connected.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is something that comes in its own time")]
pub struct Doubt {
    listens: bool,
    apps: bool,
    repositories: bool,
    is_over: bool,
}

impl Doubt {
    /// Notes what comes.
    pub(super) fn note(&mut self, message: &Message) {
        match message {
            Message::Connected(_) => *self = Self::default(),
            Message::CatalogueHeard => self.listens = true,
            Message::Apps(Ok(_)) => self.apps = true,
            Message::Repositories(Ok(_)) => self.repositories = true,
            _ => {}
        }
    }
}

impl App {
    /// Reads the catalogue once more, where it may have changed unheard.
    pub(super) fn settle_doubt(&mut self) -> Vec<Effect> {
        let Doubt { listens, apps, repositories, is_over } = self.doubt;
        if is_over || !(listens && apps && repositories) {
            return Vec::new();
        }
        self.doubt.is_over = true;
        let is_fresh = |at: Moment| (self.now.0 - at.0).abs() < JUST_NOW;
        let may_differ = self.data.apps().is_empty()
            || self.data.repositories().iter().any(|repository| match &repository.scan {
                ScanState::Running => true,
                ScanState::Done { at, .. } | ScanState::Failed { at, .. } => is_fresh(*at),
                ScanState::Never => false,
            });
        let lists = [List::Repositories, List::Apps, List::Nodes];
        let wanted = lists.into_iter().filter(|list| may_differ && !self.net.put_off.contains(list));
        wanted.map(Effect::FetchInTurn).collect()
    }
}
