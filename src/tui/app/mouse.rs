//! The mouse, where the person wants it: the wheel moves, a click chooses what is under it, a second one opens it. Off
//! until somebody asks for it, because it takes the terminal's own marking of text away.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::{App, Page, Sifted, Standing, Typing};
use crate::domain::Moment;
use crate::tui::action::{Action, Screen, Step};
use crate::tui::effect::Effect;
use crate::tui::layout::Room;
use crate::tui::panes::Pane;
use crate::tui::{overlays, screens, view};

/// Two clicks on the same cell within this many milliseconds are one that opens.
const DOUBLE: i64 = 400;
/// Rows of a turn of the wheel.
const TURN: usize = 3;

/// Whether the mouse is kab's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mouse {
    /// It is the terminal's.
    #[default]
    Off,
    /// It is kab's.
    On,
}

/// What is known of the mouse.
#[derive(Debug, Clone, Copy, Default)]
pub struct MouseState {
    /// Whose it is.
    pub mouse: Mouse,
    /// The last click.
    last: Option<(Position, Moment)>,
    /// Somebody has been told how to mark text all the same.
    is_told: bool,
}

impl App {
    /// Takes the mouse, or gives it back.
    pub fn use_mouse(&mut self, mouse: Mouse) -> Vec<Effect> {
        self.mouse.mouse = mouse;
        let text = match mouse {
            Mouse::On if self.mouse.is_told => "The mouse is kab's",
            Mouse::On => "The mouse is kab's: wheel, click, double click. Text is marked with Shift held (:mouse off)",
            Mouse::Off => "The mouse is the terminal's again",
        };
        self.mouse.is_told |= mouse == Mouse::On;
        self.notes.say(self.now, text);
        vec![Effect::Mouse(mouse)]
    }

    /// Something happened to the mouse.
    pub(super) fn mouse_event(&mut self, event: MouseEvent) -> Vec<Effect> {
        let at = Position { x: event.column, y: event.row };
        match event.kind {
            _ if self.mouse.mouse == Mouse::Off || self.areas().room == Room::Tiny => Vec::new(),
            MouseEventKind::ScrollDown => self.wheel(Step::Down, at),
            MouseEventKind::ScrollUp => self.wheel(Step::Up, at),
            MouseEventKind::Down(MouseButton::Left) => self.click(at),
            _ => Vec::new(),
        }
    }

    fn wheel(&mut self, step: Step, at: Position) -> Vec<Effect> {
        if self.overlay.is_some() {
            return (0..TURN).flat_map(|_| self.act_in_overlay(Action::Move(step))).collect();
        }
        // The pane under the wheel turns; the focus stays where it is.
        let focused = self.looks.pane;
        if self.pages.is_empty()
            && let Some(pane) = self.pane_at(at)
        {
            self.looks.pane = pane;
        }
        for _ in 0..TURN {
            self.step(step);
        }
        self.looks.pane = focused;
        Vec::new()
    }

    fn pane_at(&self, at: Position) -> Option<Pane> {
        let panes = self.panes();
        let areas = [(Pane::List, Some(panes.list)), (Pane::Detail, panes.detail), (Pane::Side, panes.side)];
        areas.into_iter().find(|(_, area)| area.is_some_and(|area| area.contains(at))).map(|(pane, _)| pane)
    }

    fn click(&mut self, at: Position) -> Vec<Effect> {
        let before = self.mouse.last.replace((at, self.now));
        let is_second = before.is_some_and(|(place, when)| place == at && self.now.0 - when.0 <= DOUBLE);
        if is_second {
            self.mouse.last = None;
        }
        if let Some(overlay) = &self.overlay {
            return match overlays::under(self, overlay, at) {
                Some(under) => self.click_in_overlay(under),
                None => Vec::new(),
            };
        }
        match self.typing {
            Some(Typing::Filter) => self.typing = None,
            Some(_) => return Vec::new(),
            None => {}
        }
        let areas = self.areas();
        if areas.tabs.contains(at) && !matches!(self.pages.last(), Some(Page::Log(_))) {
            return view::tab_at(self, at.x).map_or_else(Vec::new, |screen| self.act(Action::Go(screen)));
        }
        let was_there = match self.pages.last() {
            None if areas.body.contains(at) => self.click_on_screen(at),
            Some(Page::Everywhere(page)) if areas.body.contains(at) => {
                let row = screens::everywhere::row_at(self, page, at.y);
                row.is_some_and(|row| self.choose_row(row))
            }
            Some(Page::App(_)) if areas.body.contains(at) => self.click_on_app(at, areas.body),
            Some(Page::Thing(..)) if at.y > areas.body.y + 1 => self.click_on_text(at, areas.body),
            Some(Page::Thing(target, now)) if at.y == areas.body.y + 1 => {
                let tabs = screens::parts::tabs(self, target, now.part);
                if let Some(place) = tabs.and_then(|tabs| tabs.at(areas.body.width, at.x)) {
                    self.open_part(place);
                }
                false
            }
            _ => false,
        };
        if was_there && is_second { self.act(Action::Open) } else { Vec::new() }
    }

    /// Chooses what is there; whether it can be opened.
    fn click_on_screen(&mut self, at: Position) -> bool {
        let screen = self.screen;
        match self.pane_at(at) {
            Some(Pane::List) if screen == Screen::Home => {
                self.leave_pane();
                let row = screens::home::row_at(self, (self.panes().list, self.areas().room), at.y);
                row.is_some_and(|row| self.choose_row(row))
            }
            Some(Pane::List) => {
                self.leave_pane();
                let area = self.panes().list;
                let line = (at.y - area.y).checked_sub(self.areas().heads(screen));
                let row = line.map(|line| self.list(screen).top + usize::from(line));
                row.is_some_and(|row| self.choose_row(row))
            }
            Some(pane) => {
                self.looks.pane = pane;
                let area = self.panes().side.filter(|_| pane == Pane::Side);
                let place = area.zip(self.looks.side.as_ref()).and_then(|(area, side)| {
                    let line = at.y.checked_sub(area.y + 1)?;
                    side.place_at(usize::from(line), usize::from(area.height.saturating_sub(1)))
                });
                if let (Some(place), Some(side)) = (place, &mut self.looks.side) {
                    side.choose(place);
                    self.look(Action::Mark);
                }
                false
            }
            None => false,
        }
    }

    fn choose_row(&mut self, row: usize) -> bool {
        let mut is_there = false;
        self.in_front(|list, page, key| is_there = list.choose_row(row, page, key));
        is_there
    }

    fn click_on_app(&mut self, at: Position, body: Rect) -> bool {
        let Some(Page::App(page)) = self.pages.last() else { return false };
        if at.y == body.y + 1 {
            let tab = screens::app_page::tab_at(self, page, at.x);
            if let (Some(tab), Some(Page::App(page))) = (tab, self.pages.last_mut()) {
                (page.tab, page.cursor, page.at) = (tab, 0, Standing::default());
            }
            return false;
        }
        if !page.tab.has_rows() {
            return self.click_on_text(at, body);
        }
        let Sifted { rows, place } = self.sifted();
        let row = screens::app_page::row_at(page, (place, rows.len()), at.y, body).filter(|row| *row < rows.len());
        if let Some(row) = row {
            self.stand_on(row);
        }
        row.is_some()
    }

    /// Chooses the row that is there in the text of a page below its tabs.
    fn click_on_text(&mut self, at: Position, body: Rect) -> bool {
        let line = at.y.checked_sub(body.y + 2).filter(|_| body.contains(at));
        let line = line.and_then(|line| Some(self.standing()?.top + usize::from(line)));
        line.is_some_and(|line| self.stand_on_part_line(line))
    }
}
