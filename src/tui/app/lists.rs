//! Which rows a list has.

use super::{App, Target};
use crate::domain::{Engine, Moment, Node, Task, TaskState};
use crate::search::{Document, Facts, Index, Key, Query, Searcher};
use crate::tui::action::Screen;
use crate::tui::data::{self, Around, TaskAbout};
use crate::tui::effect::List;
use crate::tui::list::Hidden;

/// Somebody who moved in a list is still moving so many milliseconds later.
const NAVIGATING: i64 = 5_000;

impl App {
    /// Makes a list findable anew, after its data changed.
    pub(super) fn index(&mut self, screen: Screen) {
        let data = &self.data;
        let index = match screen {
            Screen::Home => return,
            Screen::Apps => Index::new(data.apps().iter().map(|app| self.document_of(app))),
            Screen::Nodes => Index::new(data.nodes().iter().map(data::of_node)),
            Screen::Pods => Index::new(data.pods().iter().map(data::of_pod)),
            Screen::Engines => Index::new(data.engines().iter().map(data::of_engine)),
            Screen::Tasks => Index::new(data.tasks().iter().map(|task| data::of_task(task, &self.task_title(task)))),
        };
        self.list_mut(screen).searcher = Searcher::new(index);
    }

    fn document_of(&self, app: &crate::domain::App) -> Document {
        let data = &self.data;
        let release = app.newest();
        let nodes = release.map(|release| data.nodes_of(release)).unwrap_or_default();
        let repository = release.and_then(|release| data.repository_of(release));
        let repository = repository.map_or("", |repository| &repository.name);
        data::of_app(app, repository, nodes.into_iter())
    }

    /// What a thing is found by in its list.
    pub(super) fn document(&self, target: &Target) -> Document {
        let data = &self.data;
        let document = match target {
            Target::App(id) => data.app(id).map(|app| self.document_of(app)),
            Target::Node(id) => data.node(id).map(data::of_node),
            Target::Pod(id) => data.pod(id).map(data::of_pod),
            Target::Engine(id) => data.engine(id).map(data::of_engine),
            Target::Task(id) => data.task(id).map(|task| data::of_task(task, &self.task_title(task))),
        };
        document.unwrap_or_default()
    }

    /// Finds the rows of a list anew.
    pub(in crate::tui) fn refill(&mut self, screen: Screen) {
        if screen == Screen::Home {
            return;
        }
        let (rows, hidden) = self.find_rows(screen);
        let page = usize::from(self.areas().rows(screen));
        let mut list = std::mem::take(self.list_mut(screen));
        list.hidden = hidden;
        list.apply();
        list.refill(rows, page, |row| self.row_key(screen, row));
        *self.list_mut(screen) = list;
    }

    /// The same after the server told something. While somebody moves in the list, nothing moves under the cursor: rows
    /// that are new, or stand elsewhere now, wait.
    pub(super) fn refill_gently(&mut self, screen: Screen) {
        let is_read = screen == self.screen && self.pages.is_empty() && screen != Screen::Home;
        let list = self.list(screen);
        if !is_read || list.cursor == 0 || !list.moved || self.now.0 - list.moved_at.0 >= NAVIGATING {
            return self.refill(screen);
        }
        let (rows, hidden) = self.find_rows(screen);
        let keys: Vec<Option<String>> = rows.iter().map(|row| self.row_key(screen, *row)).collect();
        let page = usize::from(self.areas().rows(screen));
        let mut list = std::mem::take(self.list_mut(screen));
        list.hidden = hidden;
        let rows = list.hold(&rows, &keys);
        list.refill(rows, page, |row| self.row_key(screen, row));
        *self.list_mut(screen) = list;
    }

    /// When rows that wait are shown by themselves: some seconds after the last move.
    pub(super) fn applies_at(&self) -> Option<i64> {
        let list = self.list(self.screen);
        (list.waiting > 0).then_some(list.moved_at.0 + NAVIGATING)
    }

    /// Shows the rows that wait.
    pub(super) fn apply_changes(&mut self) {
        self.refill(self.screen);
    }

    /// The rows of a list in their order, and how many are hidden.
    fn find_rows(&mut self, screen: Screen) -> (Vec<usize>, usize) {
        if screen == self.screen {
            self.side_is_stale();
        }
        let mut list = std::mem::take(self.list_mut(screen));
        let mut rows = list.found(self.data_rows(screen), || self.facts(screen));
        *self.list_mut(screen) = list;
        let all = rows.len();
        if self.list(screen).shows_hidden == Hidden::Hidden {
            rows.retain(|row| !self.is_hidden(screen, *row));
        }
        let hidden = all - rows.len();
        if !self.list(screen).is_by_relevance() {
            self.sort(screen, &mut rows);
        }
        if screen == Screen::Pods {
            rows = self.fold(rows);
        }
        (rows, hidden)
    }

    /// Facts about every row of a list, for filters such as `status:`.
    pub(in crate::tui) fn facts(&self, screen: Screen) -> Vec<Facts> {
        let mut facts = self.told_facts(screen);
        self.note_bookmarks(screen, &mut facts);
        facts
    }

    fn told_facts(&self, screen: Screen) -> Vec<Facts> {
        let (data, around) = (&self.data, self.around());
        match screen {
            Screen::Home => Vec::new(),
            Screen::Apps => data.apps().iter().map(|app| data::facts_of_app(app, around)).collect(),
            Screen::Nodes => data.nodes().iter().map(|node| self.facts_of_node(node)).collect(),
            Screen::Pods => data.pods().iter().map(|pod| data::facts_of_pod(pod, around)).collect(),
            Screen::Engines => data.engines().iter().map(|engine| data::facts_of_engine(engine, around)).collect(),
            Screen::Tasks => data.tasks().iter().map(|task| self.facts_of_task(task)).collect(),
        }
    }

    fn around(&self) -> Around<'_> {
        let data = &self.data;
        Around { engines: data.engines(), pods: data.pods(), me: &self.session.subject, now: self.now }
    }

    fn facts_of_node(&self, node: &Node) -> Facts {
        let flavours = node.flavours.iter().filter_map(|id| self.data.flavour(id));
        data::facts_of_node(node, flavours.map(|(_, release, _)| release), self.around())
    }

    fn facts_of_task(&self, task: &Task) -> Facts {
        let engine = self.data.engine_of_task(task).map(|engine| engine.name.as_str());
        let about = TaskAbout { engine, app: self.data.app_of_task(task), me: &self.session.subject };
        data::facts_of_task(task, about, self.around())
    }

    /// Facts about one thing.
    pub(super) fn facts_about(&self, target: &Target) -> Facts {
        let (data, around) = (&self.data, self.around());
        let facts = match target {
            Target::App(id) => data.app(id).map(|app| data::facts_of_app(app, around)),
            Target::Node(id) => data.node(id).map(|node| self.facts_of_node(node)),
            Target::Pod(id) => data.pod(id).map(|pod| data::facts_of_pod(pod, around)),
            Target::Engine(id) => data.engine(id).map(|engine| data::facts_of_engine(engine, around)),
            Target::Task(id) => data.task(id).map(|task| self.facts_of_task(task)),
        };
        let mut facts = facts.unwrap_or_default();
        facts.add(Key::Bookmarked, if self.bookmarks.holds(target) { "yes" } else { "no" });
        facts
    }

    /// Facts that were taken down hold no more: engines or pods have changed.
    pub(super) fn forget_facts(&mut self) {
        self.side_is_stale();
        for screen in Screen::ALL {
            let list = self.list_mut(screen);
            list.searcher.take_facts(None);
            if list.is_filtered() && Query::parse(list.filter.value()).needs_facts() {
                self.refill(screen);
            }
        }
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
                // With nothing that can be reached everything would be hidden, which helps nobody.
                let known = self.data.engines().iter().any(Engine::is_online);
                let installed = self.data.apps().get(row).is_some_and(|app| self.data.is_installed(&app.identifier));
                known && !installed && !self.data.somewhere.get(row).copied().unwrap_or(true)
            }
            Screen::Tasks => {
                self.data.tasks().get(row).is_some_and(|task| task.kind.is_reading() && task.state != TaskState::Failed)
            }
            _ => false,
        }
    }

    /// Since when a list is as it is shown, where nobody can tell how it is now: there is no connection, or it fails.
    pub fn old_since(&self, screen: Screen) -> Option<Moment> {
        let list = match screen {
            Screen::Home => return self.data.as_of,
            Screen::Apps => List::Apps,
            Screen::Nodes => List::Nodes,
            Screen::Pods => List::Pods,
            Screen::Engines => List::Engines,
            Screen::Tasks => List::Tasks,
        };
        self.data
            .as_of
            .or_else(|| self.data.read_at.get(&list).copied().filter(|_| self.data.failing.contains_key(&list)))
    }

    /// How many things are listed; a row that stands for several pods counts as all of them.
    pub fn shown(&self, screen: Screen) -> usize {
        let rows = &self.list(screen).rows;
        match screen {
            Screen::Pods => rows.iter().map(|row| self.row_keys(screen, *row).len()).sum(),
            _ => rows.len(),
        }
    }

    /// What the hidden rows have in common.
    pub fn hidden_because(screen: Screen) -> &'static str {
        match screen {
            Screen::Apps => ": run nowhere now",
            _ => "",
        }
    }
}
