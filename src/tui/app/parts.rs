//! The parts of the page of a pod, an engine or a node, gone through by `[` and `]`, and the rows in the text of a page.
//!
//! They are tabs, as on an app's page, and no jumps between the headings of one long page: most of these pages fit on a
//! screen, where a jump would move nothing and say nothing, while a tab always shows where one is, how much is behind the
//! others, and means what it means on an app's page. The first tab holds what one comes for; the pane beside a list still
//! shows everything below one another.

use super::moving::Turn;
use super::{App, AppPage, Page, Sieve, Target};
use crate::tui::action::Step;
use crate::tui::screens;

/// A part of the page of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Part {
    /// All of it: a page without parts.
    #[default]
    Whole,
    /// Of a pod: how it does, and why.
    Status,
    /// Of a pod: the end of its log.
    Log,
    /// Of a pod: what it provides.
    Nodes,
    /// Of a pod: what it was made from.
    Image,
    /// Of a pod: what was done with it.
    History,
    /// Of an engine: how it does, and what it has in short.
    Resources,
    /// Of an engine: all that it reports.
    Facts,
    /// Of an engine: what is on it.
    Pods,
    /// Of an engine: what it does and did.
    Tasks,
    /// Of a node: what goes in and comes out.
    Ports,
    /// Of a node: which apps have it, and where it runs.
    Providers,
    /// Of a node: what its author says.
    Docs,
}

impl Part {
    /// The parts of a thing's page, in their order; none: it has no tabs.
    pub fn of(target: &Target) -> &'static [Self] {
        match target {
            Target::Pod(_) => &[Self::Status, Self::Log, Self::Nodes, Self::Image, Self::History],
            Target::Engine(_) => &[Self::Resources, Self::Facts, Self::Pods, Self::Tasks],
            Target::Node(_) => &[Self::Ports, Self::Providers, Self::Docs],
            Target::App(_) | Target::Task(_) => &[],
        }
    }

    /// The name on its tab.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::Status => "Status",
            Self::Log => "Log",
            Self::Nodes => "Nodes",
            Self::Image => "Image",
            Self::History => "History",
            Self::Resources => "Resources",
            Self::Facts => "Facts",
            Self::Pods => "Pods",
            Self::Tasks => "Tasks",
            Self::Ports => "Ports",
            Self::Providers => "Provided by",
            Self::Docs => "Docs",
        }
    }
}

/// Where one is in the text of a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// The part that is open, where the page has parts.
    pub part: Part,
    /// Its lines that are scrolled away.
    pub top: usize,
    /// What its rows are narrowed by.
    pub sieve: Sieve,
    /// Where the cursor is among the rows that lead somewhere.
    row: usize,
    /// What that row leads to, so that it is found again when others come and go.
    chosen: Option<Target>,
}

impl Standing {
    /// The beginning of a thing's page.
    pub fn of(target: &Target) -> Self {
        Self::at(Part::of(target).first().copied().unwrap_or_default())
    }

    /// The beginning of a part.
    fn at(part: Part) -> Self {
        Self { part, ..Self::default() }
    }

    /// The row under the cursor among those that there are; `None`: there is none.
    fn place(&self, rows: &[PartRow]) -> Option<usize> {
        let is_chosen = |row: &PartRow| self.chosen.as_ref() == Some(&row.to);
        // Several rows may be about one thing: the one where the cursor was, before others.
        let still = rows.get(self.row).filter(|row| is_chosen(row)).map(|_| self.row);
        let again = still.or_else(|| rows.iter().position(is_chosen));
        again.or_else(|| rows.len().checked_sub(1).map(|last| self.row.min(last)))
    }
}

/// A row of a part that leads somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartRow {
    /// Its first line among those of the part.
    pub line: usize,
    /// How many lines it has.
    pub lines: usize,
    /// What it is about.
    pub to: Target,
}

impl App {
    /// Goes to the next part of the page, or to the one before.
    pub(super) fn turn_part(&mut self, turn: Turn) {
        let Some(Page::Thing(target, at)) = self.pages.last_mut() else { return };
        let parts = Part::of(target);
        let Some(open) = parts.iter().position(|part| *part == at.part) else { return };
        let to = match turn {
            Turn::Next => open + 1,
            Turn::Previous => open + parts.len() - 1,
        };
        *at = Standing::at(parts[to % parts.len()]);
    }

    /// Opens a part of the page by its place among them.
    pub(super) fn open_part(&mut self, place: usize) {
        if let Some(Page::Thing(target, at)) = self.pages.last_mut()
            && let Some(part) = Part::of(target).get(place)
        {
            *at = Standing::at(*part);
        }
    }

    /// Where one is in the text of the page that is open.
    pub(super) fn standing(&mut self) -> Option<&mut Standing> {
        match self.pages.last_mut() {
            Some(Page::Thing(_, at)) => Some(at),
            Some(Page::App(page)) if !page.tab.has_rows() => Some(&mut page.at),
            _ => None,
        }
    }

    /// The rows of the page that is open which lead somewhere.
    pub fn part_rows(&self) -> Vec<PartRow> {
        match self.pages.last() {
            Some(Page::Thing(target, at)) if at.sieve.typed().is_empty() => {
                screens::parts::leading(self, target, at.part)
            }
            Some(Page::Thing(..)) => self.page_told(self.areas().width).rows,
            Some(Page::App(page)) if page.tab.has_things() => self.page_told(self.areas().width).rows,
            _ => Vec::new(),
        }
    }

    /// Where the cursor is among them.
    pub fn part_place(&self, rows: &[PartRow]) -> Option<usize> {
        match self.pages.last() {
            Some(Page::Thing(_, at) | Page::App(AppPage { at, .. })) => at.place(rows),
            _ => None,
        }
    }

    /// The cursor goes to one of the rows, which is then on the screen as a whole.
    pub(super) fn stand_on_part_row(&mut self, rows: &[PartRow], place: usize) {
        let page = usize::from(self.areas().body_rows());
        let (Some(row), Some(at)) = (rows.get(place), self.standing()) else { return };
        (at.row, at.chosen) = (place, Some(row.to.clone()));
        let above = if place == 0 { 0 } else { row.line };
        at.top = at.top.min(above).max((row.line + row.lines).saturating_sub(page));
    }

    /// The row under the cursor stays it while others come, also where nobody has moved yet.
    pub(super) fn pin_part_row(&mut self) {
        let is_pinned = match self.pages.last() {
            Some(Page::Thing(_, at)) => at.chosen.is_some(),
            Some(Page::App(page)) if page.tab.has_things() => page.at.chosen.is_some(),
            _ => true,
        };
        if is_pinned {
            return;
        }
        let rows = self.part_rows();
        let Some(place) = self.part_place(&rows) else { return };
        if let (Some(row), Some(at)) = (rows.into_iter().nth(place), self.standing()) {
            (at.row, at.chosen) = (place, Some(row.to));
        }
    }

    /// A step among those rows; `false`: there are none, or it goes beyond them.
    pub(super) fn step_in_part(&mut self, step: Step) -> bool {
        let rows = self.part_rows();
        let Some(place) = self.part_place(&rows) else { return false };
        let page = usize::from(self.areas().body_rows());
        let to = super::stepped(place, step, page, rows.len() - 1);
        if to != place {
            self.stand_on_part_row(&rows, to);
        }
        to != place
    }

    /// What the row under the cursor leads to.
    pub(super) fn part_leads_to(&self) -> Option<Target> {
        let mut rows = self.part_rows();
        let place = self.part_place(&rows)?;
        Some(rows.swap_remove(place).to)
    }

    /// The cursor goes to the row that has a line, where one has.
    pub(super) fn stand_on_part_line(&mut self, line: usize) -> bool {
        let rows = self.part_rows();
        let place = rows.iter().position(|row| (row.line..row.line + row.lines).contains(&line));
        if let Some(place) = place {
            self.stand_on_part_row(&rows, place);
        }
        place.is_some()
    }
}
