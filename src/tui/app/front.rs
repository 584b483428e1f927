//! The list in front: that of the pods of all servers where their page is open, else that of the screen. What is typed, the
//! orders and the facets belong to it.

use super::{App, Everywhere, Order, Page};
use crate::search::Facts;
use crate::tui::action::Screen;
use crate::tui::list::ListView;
use crate::tui::screens;

/// The key of a row, by which it is found again.
pub(super) type KeyOf<'a> = &'a dyn Fn(usize) -> Option<String>;

impl App {
    /// The list in front.
    pub fn front(&self) -> &ListView {
        self.everywhere_in_front().map_or_else(|| self.list(self.screen), |page| &page.list)
    }

    /// The list in front, to change it.
    pub fn front_mut(&mut self) -> &mut ListView {
        let screen = self.screen;
        match self.pages.last_mut() {
            Some(Page::Everywhere(page)) => &mut page.list,
            _ => &mut self.lists[screen as usize],
        }
    }

    fn everywhere_in_front(&self) -> Option<&Everywhere> {
        match self.pages.last() {
            Some(Page::Everywhere(page)) => Some(page),
            _ => None,
        }
    }

    /// Whether the pods of all servers are in front.
    pub fn is_everywhere(&self) -> bool {
        self.everywhere_in_front().is_some()
    }

    /// Whether a list is in front at all.
    pub(super) fn shows_list(&self) -> bool {
        self.pages.is_empty() || self.is_everywhere()
    }

    /// Whether it can be filtered.
    pub(super) fn can_filter(&self) -> bool {
        self.shows_list() && self.screen != Screen::Home
    }

    /// What it is a list of.
    pub fn front_name(&self) -> String {
        if self.is_everywhere() { String::from("pods of all servers") } else { self.screen.name().to_lowercase() }
    }

    /// Its rows in all, whatever is typed.
    pub fn front_total(&self) -> usize {
        self.everywhere_in_front().map_or_else(|| self.total(self.screen), Everywhere::total)
    }

    /// Its rows that fit on the screen.
    pub fn front_rows(&self) -> usize {
        self.everywhere_in_front()
            .map_or_else(|| self.page_rows(), |page| screens::everywhere::rows(self, page, self.areas().body))
    }

    /// The orders that it can be shown in, its usual one first.
    pub fn front_orders(&self) -> &'static [Order] {
        if self.is_everywhere() { Order::OF_EVERYWHERE } else { Order::of(self.screen) }
    }

    /// What people call an order of it.
    pub fn order_name(&self, order: Order) -> &'static str {
        if self.is_everywhere() && order == Order::Usual { "server" } else { order.name(self.screen) }
    }

    /// The key of one of its rows.
    pub fn front_key(&self, row: usize) -> Option<String> {
        self.everywhere_in_front().map_or_else(|| self.row_key(self.screen, row), |page| page.key(row))
    }

    /// Facts about every row of it.
    pub(in crate::tui) fn front_facts(&self) -> Vec<Facts> {
        self.everywhere_in_front().map_or_else(|| self.facts(self.screen), |page| page.facts(self.now))
    }

    /// Finds its rows anew.
    pub(in crate::tui) fn refill_front(&mut self) {
        if self.is_everywhere() { self.refill_everywhere() } else { self.refill(self.screen) }
    }

    /// Changes it, with the rows that fit and the keys of its rows.
    pub(super) fn in_front(&mut self, change: impl FnOnce(&mut ListView, usize, KeyOf<'_>)) {
        let rows = self.front_rows();
        let mut list = std::mem::take(self.front_mut());
        change(&mut list, rows, &|row| self.front_key(row));
        *self.front_mut() = list;
    }
}
