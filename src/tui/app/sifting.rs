//! Narrowing the rows of a page by what is typed, as a list is: the tables of an app's page, and the rows in the text of any
//! page. A row is found by what finds its thing in the list of such things, and by what stands
//! in it. Rows keep their order; the cursor goes to the one that fits best.

use tui_input::Input;

use super::{App, AppPage, Page, Tab, Target};
use crate::compat;
use crate::search::{Document, Facts, Index, Query};
use crate::tui::data;
use crate::tui::screens;

/// Columns on which no row is cut.
const WIDE: u16 = 400;

/// What is typed over the rows of a page.
#[derive(Debug, Clone, Default)]
pub struct Sieve {
    /// What is typed; empty: all rows are shown.
    pub filter: Input,
    /// What was typed before the filter was cleared.
    pub last_filter: String,
    /// The rows that match, by their places, the best one first; known between two messages only.
    fitting: Option<Vec<usize>>,
}

impl PartialEq for Sieve {
    fn eq(&self, other: &Self) -> bool {
        (self.typed(), &self.last_filter) == (other.typed(), &other.last_filter)
    }
}

impl Eq for Sieve {}

impl Sieve {
    /// What is typed, without blanks around it.
    pub fn typed(&self) -> &str {
        self.filter.value().trim()
    }

    fn clear(&mut self) {
        if !self.typed().is_empty() {
            self.last_filter = self.typed().to_owned();
        }
        self.filter.reset();
    }
}

/// The rows of a page that are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sifted {
    /// Their places among all rows of the page.
    pub rows: Vec<usize>,
    /// Which of these the cursor is on.
    pub place: usize,
}

impl Sifted {
    /// The place of the chosen row among all rows of the page; `None`: no row is shown.
    pub fn chosen(&self) -> Option<usize> {
        self.rows.get(self.place).copied()
    }
}

impl App {
    /// What narrows the rows of the page that is open; `None`: no page that could have rows is.
    pub fn sieve(&self) -> Option<&Sieve> {
        match self.pages.last()? {
            Page::App(AppPage { at, .. }) | Page::Thing(_, at) => Some(&at.sieve),
            Page::Everywhere(_) | Page::Log(_) => None,
        }
    }

    fn sieve_mut(&mut self) -> Option<&mut Sieve> {
        match self.pages.last_mut()? {
            Page::App(AppPage { at, .. }) | Page::Thing(_, at) => Some(&mut at.sieve),
            Page::Everywhere(_) | Page::Log(_) => None,
        }
    }

    /// What the rows of the page that is open are narrowed by; empty: they are not.
    pub fn sifted_by(&self) -> &str {
        self.sieve().map_or("", Sieve::typed)
    }

    /// The field of the filter: that of the page that is open, else that of the list.
    pub fn filter(&self) -> &Input {
        self.sieve().map_or(&self.front().filter, |sieve| &sieve.filter)
    }

    pub(super) fn filter_mut(&mut self) -> &mut Input {
        if self.sieve().is_none() {
            return &mut self.front_mut().filter;
        }
        // The same question as above, asked once more for the sake of the borrow.
        match self.pages.last_mut() {
            Some(Page::App(AppPage { at, .. }) | Page::Thing(_, at)) => &mut at.sieve.filter,
            _ => &mut self.prompt,
        }
    }

    /// How many rows the page that is open has, shown or not.
    pub fn all_rows(&self) -> usize {
        match self.pages.last() {
            Some(Page::App(page)) if page.tab.has_rows() => self.tab_rows(),
            Some(Page::App(page)) if page.tab.has_things() => self.page_as_it_is(self.areas().width).rows.len(),
            Some(Page::Thing(target, at)) => screens::parts::leading(self, target, at.part).len(),
            _ => 0,
        }
    }

    /// The rows of the page that is open which are shown.
    pub fn sifted(&self) -> Sifted {
        let typed = self.sifted_by();
        let rows = if typed.is_empty() {
            (0..self.all_rows()).collect()
        } else {
            let known = self.sieve().and_then(|sieve| sieve.fitting.clone());
            let mut fitting = known.unwrap_or_else(|| self.fitting(typed));
            fitting.sort_unstable();
            fitting
        };
        let cursor = match self.pages.last() {
            Some(Page::App(page)) => page.cursor,
            _ => 0,
        };
        let place = rows.iter().position(|row| *row >= cursor).unwrap_or(rows.len().saturating_sub(1));
        Sifted { rows, place }
    }

    /// Where the cursor is among the rows that are shown.
    pub(in crate::tui) fn page_place(&self) -> Option<usize> {
        match self.pages.last()? {
            page if page.is_table() => {
                let sifted = self.sifted();
                sifted.chosen().map(|_| sifted.place)
            }
            Page::App(_) | Page::Thing(..) => self.part_place(&self.part_rows()),
            Page::Everywhere(_) | Page::Log(_) => None,
        }
    }

    /// The rows of the page that is open which match what is typed, by their places, the best one first.
    pub(super) fn fitting(&self, typed: &str) -> Vec<usize> {
        let query = Query::parse(typed);
        let facts = if query.needs_facts() { self.facts_of_rows() } else { Vec::new() };
        Index::new(self.documents()).search_with(&query, &facts)
    }

    /// What happens now may change which rows match.
    pub(super) fn forget_fitting(&mut self) {
        for page in &mut self.pages {
            if let Page::App(AppPage { at, .. }) | Page::Thing(_, at) = page {
                at.sieve.fitting = None;
            }
        }
    }

    /// Nothing changes until the next message: which rows match is found once, not for every part of a frame.
    pub(super) fn keep_fitting(&mut self) {
        if self.sifted_by().is_empty() {
            return;
        }
        let fitting = self.fitting(self.sifted_by());
        if let Some(sieve) = self.sieve_mut() {
            sieve.fitting = Some(fitting);
        }
    }

    /// What was perhaps meant, where no row matches what is typed.
    pub(in crate::tui) fn meant_by_filter(&self) -> Option<String> {
        let typed = self.sifted_by();
        if typed.is_empty() || !self.fitting(typed).is_empty() {
            return None;
        }
        Index::new(self.documents()).suggest(typed)
    }

    /// What is typed has changed: the row that fits best is the chosen one.
    pub(super) fn sieve_changed(&mut self) {
        let fitting = self.fitting(self.sifted_by());
        let Some(best) = fitting.first().copied() else { return };
        let place = fitting.iter().filter(|row| **row < best).count();
        if let Some(at) = self.standing() {
            at.top = 0;
        }
        self.stand_on(place);
    }

    /// All rows are shown again, and the chosen one stays it.
    pub(super) fn clear_sieve(&mut self) {
        if let Some(sieve) = self.sieve_mut() {
            sieve.clear();
        }
        let rows = self.part_rows();
        if let Some(place) = self.part_place(&rows) {
            self.stand_on_part_row(&rows, place);
        }
    }

    /// What each row of the page that is open is found by.
    fn documents(&self) -> Vec<Document> {
        match self.pages.last() {
            Some(Page::App(page)) if page.tab.has_rows() => self.documents_of_table(page),
            Some(Page::App(_) | Page::Thing(..)) => {
                let told = self.page_as_it_is(WIDE);
                let found_by = |row: &super::PartRow| {
                    let mut document = self.document(&row.to);
                    for line in told.lines.iter().skip(row.line).take(row.lines) {
                        document.description.push(' ');
                        document.description.push_str(&line.to_string());
                    }
                    document
                };
                told.rows.iter().map(found_by).collect()
            }
            Some(Page::Everywhere(_) | Page::Log(_)) | None => Vec::new(),
        }
    }

    fn documents_of_table(&self, page: &AppPage) -> Vec<Document> {
        match (page.tab, self.data.app(&page.app), self.release_of(page)) {
            (Tab::Compat, _, Some(release)) => {
                let flavour = |name: &str| release.flavours.iter().find(|flavour| flavour.name == name);
                let table = compat::table(release, self.data.engines());
                table.rows.iter().map(|row| flavour(&row.name).map(data::of_flavour).unwrap_or_default()).collect()
            }
            (Tab::Versions, Some(app), _) => app.releases.iter().map(data::of_release).collect(),
            (Tab::Nodes, _, Some(release)) => self.data.nodes_of(release).into_iter().map(data::of_node).collect(),
            _ => Vec::new(),
        }
    }

    /// Facts about each row, for filters such as `status:`; of flavours and versions there are none.
    fn facts_of_rows(&self) -> Vec<Facts> {
        match self.pages.last() {
            Some(Page::App(page)) if page.tab == Tab::Nodes => {
                let nodes = self.release_of(page).map(|release| self.data.nodes_of(release)).unwrap_or_default();
                nodes.into_iter().map(|node| self.facts_about(&Target::Node(node.id.clone()))).collect()
            }
            Some(Page::App(_) | Page::Thing(..)) => {
                let rows = self.page_as_it_is(WIDE).rows;
                rows.iter().map(|row| self.facts_about(&row.to)).collect()
            }
            Some(Page::Everywhere(_) | Page::Log(_)) | None => Vec::new(),
        }
    }
}
