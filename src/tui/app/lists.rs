//! Which rows a list has.

use super::App;
use crate::domain::{TaskKind, TaskState};
use crate::search::{Index, Searcher};
use crate::tui::action::Screen;
use crate::tui::data;
use crate::tui::list::Hidden;

/// The order of the apps while nothing is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By name.
    #[default]
    Name,
    /// The newest build first.
    Newest,
    /// Installed first.
    Installed,
}

impl Order {
    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Name => Self::Newest,
            Self::Newest => Self::Installed,
            Self::Installed => Self::Name,
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Newest => "newest",
            Self::Installed => "installed",
        }
    }
}

impl App {
    /// Makes a list findable anew, after its data changed.
    pub(super) fn index(&mut self, screen: Screen) {
        let data = &self.data;
        let index = match screen {
            Screen::Home => return,
            Screen::Apps => Index::new(data.apps().iter().map(|app| {
                let release = app.newest();
                let nodes = release.map(|release| data.nodes_of(release)).unwrap_or_default();
                let repository = release.and_then(|release| data.repository_of(release));
                let repository = repository.map_or("", |repository| &repository.name);
                data::of_app(app, repository, nodes.into_iter())
            })),
            Screen::Nodes => Index::new(data.nodes().iter().map(data::of_node)),
            Screen::Pods => Index::new(data.pods().iter().map(data::of_pod)),
            Screen::Engines => Index::new(data.engines().iter().map(data::of_engine)),
            Screen::Tasks => Index::new(data.tasks().iter().map(|task| data::of_task(task, &self.task_title(task)))),
        };
        self.list_mut(screen).searcher = Searcher::new(index);
    }

    /// Finds the rows of a list anew.
    pub(super) fn refill(&mut self, screen: Screen) {
        if screen == Screen::Home {
            return;
        }
        let list = self.list_mut(screen);
        let filtered = list.is_filtered();
        let mut rows: Vec<usize> = if filtered {
            let typed = list.filter.value().trim().to_owned();
            list.searcher.search(&typed).to_vec()
        } else {
            (0..self.data_rows(screen)).collect()
        };
        let all = rows.len();
        if self.list(screen).shows_hidden == Hidden::Hidden {
            rows.retain(|row| !self.is_hidden(screen, *row));
        }
        let hidden = all - rows.len();
        if screen == Screen::Apps && !filtered {
            self.sort_apps(&mut rows);
        }
        let page = usize::from(self.areas().rows(screen));
        let mut list = std::mem::take(self.list_mut(screen));
        list.hidden = hidden;
        list.refill(rows, page, |row| self.row_key(screen, row));
        *self.list_mut(screen) = list;
    }

    fn data_rows(&self, screen: Screen) -> usize {
        match screen {
            Screen::Home => self.home.len(),
            Screen::Apps => self.data.apps().len(),
            Screen::Nodes => self.data.nodes().len(),
            Screen::Pods => self.data.pods().len(),
            Screen::Engines => self.data.engines().len(),
            Screen::Tasks => self.data.tasks().len(),
        }
    }

    /// Rows in all, whatever is typed.
    pub fn total(&self, screen: Screen) -> usize {
        self.data_rows(screen)
    }

    /// Whether a row is hidden by default: apps that run nowhere, and the reading of logs among tasks.
    pub fn is_hidden(&self, screen: Screen, row: usize) -> bool {
        match screen {
            Screen::Apps => {
                let known = !self.data.engines().is_empty();
                let installed = self.data.apps().get(row).is_some_and(|app| self.data.is_installed(&app.identifier));
                known && !installed && !self.data.somewhere.get(row).copied().unwrap_or(true)
            }
            Screen::Tasks => self
                .data
                .tasks()
                .get(row)
                .is_some_and(|task| task.kind == TaskKind::Logs && task.state != TaskState::Failed),
            _ => false,
        }
    }

    /// What the hidden rows have in common.
    pub fn hidden_because(screen: Screen) -> &'static str {
        match screen {
            Screen::Apps => ": no engine runs them",
            _ => "",
        }
    }

    fn sort_apps(&self, rows: &mut [usize]) {
        let apps = self.data.apps();
        let built = |row: &usize| {
            let release = apps.get(*row).and_then(crate::domain::App::newest);
            std::cmp::Reverse(release.and_then(crate::domain::Release::built_at))
        };
        match self.order {
            Order::Name => {}
            Order::Newest => rows.sort_by_key(built),
            Order::Installed => rows.sort_by_key(|row| {
                let app = apps.get(*row).map(|app| &app.identifier);
                let running = app.map_or(0, |app| self.data.running(app));
                (std::cmp::Reverse(running), !app.is_some_and(|app| self.data.is_installed(app)))
            }),
        }
    }
}
