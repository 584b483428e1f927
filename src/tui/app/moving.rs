//! Going somewhere: screens, pages, rows, tabs, and back.

use super::{App, AppPage, Page, Sifted, Standing, Tab, Target, Tongue};
use crate::tui::action::{Screen, Step};
use crate::tui::effect::Effect;
use crate::tui::panes::Pane;
use crate::tui::screens;

impl App {
    pub(super) fn go(&mut self, screen: Screen) -> Vec<Effect> {
        let mut effects = self.leave_pages();
        if screen != self.screen {
            self.previous = self.screen;
            self.screen = screen;
            self.look_at_list();
            effects.extend(self.fetch_put_off());
            self.fold_again();
        }
        effects
    }

    /// Closes all pages.
    fn leave_pages(&mut self) -> Vec<Effect> {
        let follows = self.pages.iter().any(|page| matches!(page, Page::Log(_)));
        let kept = self.keep_ends();
        self.pages.clear();
        if follows { std::iter::once(Effect::StopLog).chain(kept).collect() } else { Vec::new() }
    }

    /// Closes the topmost page.
    fn leave(&mut self) -> Vec<Effect> {
        let kept = self.keep_ends();
        match self.pages.pop() {
            Some(Page::Log(_)) => std::iter::once(Effect::StopLog).chain(kept).collect(),
            _ => Vec::new(),
        }
    }

    /// `Esc`: dismiss, clear marks, clear the filter, go back, in this order.
    pub(super) fn back(&mut self) -> Vec<Effect> {
        if self.notes.dismiss().is_some() {
            return Vec::new();
        }
        if (self.waiting.is_empty() || self.waits_for().is_some())
            && let Some(effects) = self.give_up()
        {
            return effects;
        }
        if let Some(Page::Log(log)) = self.pages.last_mut()
            && log.clear()
        {
            return Vec::new();
        }
        if !self.sifted_by().is_empty() || self.is_everywhere() && self.front().is_filtered() {
            self.clear_filter();
            return Vec::new();
        }
        if !self.pages.is_empty() {
            return self.leave();
        }
        if self.leave_pane() {
            return Vec::new();
        }
        let screen = self.screen;
        let list = self.list_mut(screen);
        if !list.marks.is_empty() {
            list.marks.clear();
            list.range = None;
        } else if list.is_filtered() {
            self.clear_filter();
        }
        Vec::new()
    }

    /// `q`: closes the page; on a screen it quits.
    pub(super) fn close(&mut self) -> Vec<Effect> {
        if self.pages.is_empty() { vec![Effect::Quit] } else { self.leave() }
    }

    pub(super) fn open(&mut self) -> Vec<Effect> {
        if self.grace.is_some() {
            return self.do_now();
        }
        if let Some(target) = self.part_leads_to() {
            return self.open_target(target);
        }
        if let Some(Page::App(page)) = self.pages.last() {
            let page = page.clone();
            return self.open_row(&page);
        }
        if let Some(Page::Everywhere(page)) = self.pages.last() {
            let chosen = page.chosen().map(|(context, pod)| (context.to_owned(), pod.id.clone(), pod.name()));
            return chosen.map_or_else(Vec::new, |(context, id, name)| self.open_elsewhere(&context, &id, &name));
        }
        match self.target() {
            Some(target) if self.pages.is_empty() => {
                if self.unfold(&target) {
                    return Vec::new();
                }
                self.open_target(target)
            }
            None if self.home_trouble().is_some() => self.open_details().unwrap_or_default(),
            None => {
                self.unfold_home();
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn open_row(&mut self, page: &AppPage) -> Vec<Effect> {
        match page.tab {
            Tab::Compat => self.install_row(page),
            Tab::Versions => {
                let version = self.release_seen(&page.app).map(|release| release.version.clone());
                if let (Some(version), Some(Page::App(page))) = (version, self.pages.last_mut()) {
                    *page = AppPage::new(page.app.clone(), version, Tab::Overview);
                }
                Vec::new()
            }
            Tab::Nodes => match self.target() {
                Some(target @ Target::Node(_)) => self.open_target(target),
                _ => Vec::new(),
            },
            Tab::Overview | Tab::Access | Tab::Source | Tab::Activity => Vec::new(),
        }
    }

    /// Opens the page of a thing.
    pub(in crate::tui) fn open_target(&mut self, target: Target) -> Vec<Effect> {
        match target {
            Target::App(app) => {
                self.note_opened(&app);
                let version = self.data.app(&app).and_then(|app| app.newest()).map(|release| release.version.clone());
                let version = version.unwrap_or_default();
                self.pages.push(Page::App(AppPage::new(app, version, Tab::Overview)));
                Vec::new()
            }
            Target::Task(id) => {
                self.pages.push(Page::Thing(Target::Task(id.clone()), Standing::default()));
                self.data.keep_events(&id);
                vec![Effect::FetchTask(id)]
            }
            other => {
                let at = Standing::of(&other);
                self.pages.push(Page::Thing(other, at));
                Vec::new()
            }
        }
    }

    pub(super) fn turn_tab(&mut self, forward: Turn) {
        if let Some(Page::App(page)) = self.pages.last_mut() {
            let at = Tab::ALL.iter().position(|tab| *tab == page.tab).unwrap_or(0);
            let to = match forward {
                Turn::Next => (at + 1) % Tab::ALL.len(),
                Turn::Previous => (at + Tab::ALL.len() - 1) % Tab::ALL.len(),
            };
            (page.tab, page.cursor, page.at) = (Tab::ALL[to], 0, Standing::default());
            self.looks.engines = 0;
        } else {
            self.turn_part(forward);
        }
    }

    pub(super) fn step(&mut self, step: Step) {
        let body = usize::from(self.areas().body_rows());
        let length = self.page_length();
        let reasons = self.reasons();
        if self.pages.is_empty() && self.step_in_pane(step) || self.step_in_part(step) {
            return;
        }
        match self.pages.last_mut() {
            Some(Page::Log(log)) => log.step(step),
            Some(Page::Everywhere(_)) => self.in_front(|list, page, key| list.step(step, page, key)),
            // Flavours are few: larger steps are for what is said of the one under the cursor, where not all of it fits.
            Some(Page::App(page)) if reasons.1 > 0 && step.is_of_pages() => {
                page.at.top = stepped(page.at.top.min(reasons.1), step, reasons.0, reasons.1);
            }
            Some(Page::App(page)) if page.tab.has_rows() => self.step_in_table(step, body.saturating_sub(2)),
            Some(Page::App(AppPage { at, .. }) | Page::Thing(_, at)) => {
                at.top = stepped(at.top, step, body, length.saturating_sub(body));
            }
            None => {
                let screen = self.screen;
                let page = self.page_rows();
                let mut list = std::mem::take(self.list_mut(screen));
                list.note_rows(|row| self.row_key(screen, row));
                list.step(step, page, |row| self.row_key(screen, row));
                list.moved_at = self.now;
                let is_at_top = list.cursor == 0 && list.waiting > 0;
                *self.list_mut(screen) = list;
                if is_at_top {
                    self.apply_changes();
                }
                self.mark_to_cursor();
            }
        }
    }

    /// A step among the rows of a page that is a table.
    fn step_in_table(&mut self, step: Step, page: usize) {
        let Sifted { rows, place } = self.sifted();
        self.stand_on(stepped(place, step, page, rows.len().saturating_sub(1)));
    }

    /// Chooses a row of the list, or of the page, by its place among those that are shown.
    pub(in crate::tui) fn stand_on(&mut self, row: usize) {
        self.go_to_row(row);
        self.take_under();
    }

    fn go_to_row(&mut self, row: usize) {
        if self.is_everywhere() {
            return self.in_front(|list, page, key| list.stand_on(row, page, key));
        }
        let is_table = self.pages.last().is_some_and(Page::is_table);
        if is_table {
            let row = self.sifted().rows.get(row).copied();
            if let (Some(row), Some(Page::App(AppPage { cursor, at, .. }))) = (row, self.pages.last_mut()) {
                (*cursor, at.top) = (row, 0);
            }
            return;
        }
        if !self.pages.is_empty() {
            let rows = self.part_rows();
            return self.stand_on_part_row(&rows, row);
        }
        // A row is chosen in the list, whichever pane was moved in.
        self.looks.pane = Pane::List;
        let screen = self.screen;
        let page = self.page_rows();
        let mut list = std::mem::take(self.list_mut(screen));
        list.stand_on(row, page, |row| self.row_key(screen, row));
        *self.list_mut(screen) = list;
        self.mark_to_cursor();
    }

    /// Of the reasons below a table of verdicts, how many lines are shown and how many can be scrolled away. In lines all of
    /// them are printed.
    fn reasons(&self) -> (usize, usize) {
        let body = screens::app_page::inside(self.areas().body);
        match self.pages.last() {
            Some(Page::App(page)) if page.tab == Tab::Compat && self.tongue == Tongue::Keys => self
                .release_of(page)
                .map_or((0, 0), |release| screens::compat::reasons_of(self, release, &self.sifted(), body)),
            _ => (0, 0),
        }
    }

    /// Rows of the tab that is shown.
    pub fn tab_rows(&self) -> usize {
        let Some(Page::App(page)) = self.pages.last() else { return 0 };
        match (page.tab, self.data.app(&page.app), self.release_of(page)) {
            (Tab::Compat, _, Some(release)) => crate::compat::table(release, self.data.engines()).rows.len(),
            (Tab::Versions, Some(app), _) => app.releases.len(),
            (Tab::Nodes, _, Some(release)) => self.data.nodes_of(release).len(),
            _ => 0,
        }
    }

    pub(super) fn mark(&mut self) {
        let screen = self.screen;
        let Some(row) = self.list(screen).current() else { return };
        let keys = self.row_keys(screen, row);
        let list = self.list_mut(screen);
        if keys.iter().all(|key| list.marks.contains(key)) {
            list.marks.retain(|mark| !keys.contains(mark));
        } else {
            list.marks.extend(keys);
        }
        self.step(Step::Down);
    }

    /// What a row stands for: replicas that share it are marked one by one, so that a mark means its pod and no other.
    pub(in crate::tui) fn row_keys(&self, screen: Screen, row: usize) -> Vec<String> {
        if let Some(Target::Pod(id)) = self.row_target(screen, row)
            && let Some(pods) = self.replicas_of(&id)
        {
            return pods.iter().map(|id| Target::Pod(id.clone()).key()).collect();
        }
        self.row_key(screen, row).into_iter().collect()
    }

    /// `v`: marks from here to wherever the cursor goes, until `v` again.
    pub(super) fn mark_range(&mut self) {
        let screen = self.screen;
        let list = self.list_mut(screen);
        list.range = match list.range.take() {
            Some(_) => None,
            None if list.rows.is_empty() => None,
            None => Some((list.cursor, list.marks.clone())),
        };
        self.mark_to_cursor();
    }

    /// While a range is being marked: everything between its beginning and the cursor, and nothing else of it.
    fn mark_to_cursor(&mut self) {
        let screen = self.screen;
        let list = self.list(screen);
        let Some((from, before)) = &list.range else { return };
        let (first, end) = (*from.min(&list.cursor), *from.max(&list.cursor) + 1);
        let span = list.rows.iter().skip(first).take(end - first);
        let mut marks = before.clone();
        marks.extend(span.flat_map(|row| self.row_keys(screen, *row)));
        self.list_mut(screen).marks = marks;
    }

    pub(super) fn mark_all(&mut self) {
        let screen = self.screen;
        let keys: Vec<_> = self.list(screen).rows.iter().flat_map(|row| self.row_keys(screen, *row)).collect();
        self.list_mut(screen).marks.extend(keys);
    }
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Next,
    Previous,
}

/// A position after a step, between 0 and `last`.
pub(in crate::tui) fn stepped(from: usize, step: Step, page: usize, last: usize) -> usize {
    let to = match step {
        Step::Down => from + 1,
        Step::Up => from.saturating_sub(1),
        Step::Top => 0,
        Step::Bottom => last,
        Step::HalfDown => from + (page / 2).max(1),
        Step::HalfUp => from.saturating_sub((page / 2).max(1)),
        Step::PageDown => from + page.max(1),
        Step::PageUp => from.saturating_sub(page.max(1)),
    };
    to.min(last)
}
