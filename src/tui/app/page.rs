//! The pages that are opened from a screen.

use super::{Everywhere, Standing, Tab, Target};
use crate::domain::AppIdentifier;
use crate::tui::log::LogView;

/// An app's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPage {
    /// Which app.
    pub app: AppIdentifier,
    /// Which of its versions.
    pub version: String,
    /// Which tab.
    pub tab: Tab,
    /// The chosen row, where the tab is a table.
    pub cursor: usize,
    /// Where one is in its text, where it is none.
    pub at: Standing,
}

impl AppPage {
    /// The beginning of a tab.
    pub fn new(app: AppIdentifier, version: String, tab: Tab) -> Self {
        Self { app, version, tab, cursor: 0, at: Standing::default() }
    }
}

/// A page that was opened from a screen.
#[derive(Debug)]
pub enum Page {
    /// An app.
    App(AppPage),
    /// Anything else, and where in it one is.
    Thing(Target, Standing),
    /// A pod's log.
    Log(Box<LogView>),
    /// The pods of all servers.
    Everywhere(Box<Everywhere>),
}

impl Page {
    /// Whether it is a table, so that its cursor is on a row of it.
    pub(super) fn is_table(&self) -> bool {
        match self {
            Self::App(page) => page.tab.has_rows(),
            // That is a list, as those of the screens are.
            Self::Everywhere(_) | Self::Thing(..) | Self::Log(_) => false,
        }
    }
}
