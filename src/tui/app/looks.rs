//! How a screen is looked at: which pane has the focus and how large it is, how wide columns are, what the side shows, and
//! a change of size that waits for the end of its burst.

use std::collections::BTreeSet;

use super::{App, Beside, Page, Section, Tab, Target};
use crate::domain::Moment;
use crate::tui::action::{Action, Screen, Step};
use crate::tui::effect::Effect;
use crate::tui::layout::Areas;
use crate::tui::list::Widths;
use crate::tui::overlays::Facets;
use crate::tui::panes::{Pane, Panes, Zoom};
use crate::tui::screens;

/// A new size counts when none has come after it for so many milliseconds.
const BURST: i64 = 50;
/// The side is counted anew when nobody has typed for so many milliseconds.
const RESTS: i64 = 150;

/// Rows from which on a list is long.
const MANY: usize = 2_000;

/// How the screen is looked at.
#[derive(Debug, Default)]
pub struct Looks {
    /// The pane that takes the keys of moving.
    pub pane: Pane,
    /// How large it is.
    pub zoom: Zoom,
    /// Lines of the details that are scrolled away, and of which thing.
    top: Option<(Target, usize)>,
    /// What the list can be narrowed to, where there is a side to show it.
    pub side: Option<Facets>,
    /// Since when the side is not what it should be.
    stale: Option<Moment>,
    /// Blocks of the home screen that are shown as a whole.
    pub unfolded: BTreeSet<Section>,
    /// Engines of a table of verdicts that are scrolled away.
    pub engines: usize,
    /// The end of the log of the pod under the cursor, where there is room for it.
    pub(super) beside: Option<Beside>,
    /// A size that the terminal has, and when it counts.
    resizing: Option<((u16, u16), Moment)>,
}

impl App {
    /// Where things are on the screen now.
    pub fn areas(&self) -> Areas {
        Areas::of(self.size).with(self.looks.pane, self.looks.zoom)
    }

    /// Where the panes of the screen are now.
    pub fn panes(&self) -> Panes {
        self.areas().panes(self.screen)
    }

    /// The pane that takes the keys of moving; the list where the one in focus is not shown.
    pub fn pane(&self) -> Pane {
        if self.panes().shows(self.looks.pane) { self.looks.pane } else { Pane::List }
    }

    /// Lines of the details that are scrolled away.
    pub fn detail_top(&self, target: &Target) -> usize {
        self.looks.top.as_ref().filter(|(of, _)| of == target).map_or(0, |(_, top)| *top)
    }

    /// What asks for another look at the screen; `None`: it is not such a wish.
    pub(super) fn look(&mut self, action: Action) -> Option<Vec<Effect>> {
        let is_list = self.pages.is_empty() && self.screen != Screen::Home;
        let has_panes = is_list || self.pages.is_empty() && Areas::of(self.size).panes(self.screen).detail.is_some();
        match action {
            Action::NextPane if has_panes => self.turn_pane(Step::Down),
            Action::PreviousPane if has_panes => self.turn_pane(Step::Up),
            Action::ZoomIn if has_panes => self.zoom(Step::Up),
            Action::ZoomOut if has_panes => self.zoom(Step::Down),
            Action::Widths if self.can_filter() => {
                let list = self.front_mut();
                list.widths = list.widths.next();
            }
            Action::NextPane | Action::PreviousPane | Action::ZoomIn | Action::ZoomOut | Action::Widths => {}
            Action::ScrollLeft => self.scroll_columns(Step::Up),
            Action::ScrollRight => self.scroll_columns(Step::Down),
            Action::Open | Action::Mark if is_list && self.pane() == Pane::Side => self.tick(),
            _ => return None,
        }
        Some(Vec::new())
    }

    fn turn_pane(&mut self, step: Step) {
        let usual = Areas::of(self.size).panes(self.screen);
        let has_rows = !self.list(self.screen).rows.is_empty();
        let mut shown: Vec<Pane> = Pane::ALL.into_iter().filter(|pane| usual.shows(*pane)).collect();
        shown.retain(|pane| *pane != Pane::Detail || has_rows);
        let at = shown.iter().position(|pane| *pane == self.looks.pane).unwrap_or(0);
        let to = if step == Step::Down { at + 1 } else { at + shown.len().saturating_sub(1) };
        self.looks.pane = shown.get(to % shown.len().max(1)).copied().unwrap_or_default();
        self.settle_pages();
    }

    /// A size of the pane in focus at which it really looks different.
    fn zoom(&mut self, step: Step) {
        let before = self.panes();
        self.looks.pane = self.pane();
        loop {
            self.looks.zoom = match (step, self.looks.zoom) {
                (Step::Up, Zoom::Normal) | (Step::Down, Zoom::Full) => Zoom::Half,
                (Step::Up, _) => Zoom::Full,
                (_, _) => Zoom::Normal,
            };
            if self.panes() != before || self.looks.zoom != Zoom::Half {
                break;
            }
        }
        self.settle_pages();
    }

    /// Columns of a list, or engines of the table of verdicts; the first column stays.
    fn scroll_columns(&mut self, step: Step) {
        match self.pages.last() {
            None => {
                let screen = self.screen;
                let width = self.panes().list.width;
                let columns = screens::all_columns(self, screen, width.saturating_sub(1));
                self.list_mut(screen).skipped = screens::scrolled(&columns, self.list(screen), width, step);
            }
            Some(Page::Everywhere(page)) => {
                let width = self.areas().body.width;
                let columns = screens::everywhere::columns(page, width.saturating_sub(1));
                self.front_mut().skipped = screens::scrolled(&columns, self.front(), width, step);
            }
            Some(Page::App(page)) if page.tab == Tab::Compat => {
                let count = self.data.engines().len();
                let most = count.saturating_sub(screens::compat::fitting(self.size.0));
                let on = if step == Step::Down { self.looks.engines + 1 } else { self.looks.engines.saturating_sub(1) };
                self.looks.engines = on.min(most);
            }
            Some(_) => {}
        }
    }

    fn tick(&mut self) {
        if let Some(mut side) = self.looks.side.take() {
            side.tick(self);
            self.looks.side = Some(side);
            self.looks.stale = None;
        }
    }

    /// A move in a pane other than the list; `false`: the list has the focus.
    pub(super) fn step_in_pane(&mut self, step: Step) -> bool {
        match self.pane() {
            Pane::List => return false,
            Pane::Side => {
                if let Some(side) = &mut self.looks.side {
                    side.step(step);
                }
            }
            Pane::Detail => {
                let row = self.list(self.screen).current();
                let target = row.and_then(|row| self.row_target(self.screen, row));
                if let (Some(target), Some(area)) = (target, self.panes().detail) {
                    let length = screens::detail_lines(self, &target, area).len();
                    let page = usize::from(area.height.saturating_sub(1));
                    let top = super::stepped(self.detail_top(&target), step, page, length.saturating_sub(page));
                    self.looks.top = Some((target, top));
                }
            }
        }
        true
    }

    /// The focus goes back to the list; `false`: it is there.
    pub(super) fn leave_pane(&mut self) -> bool {
        let was_elsewhere = self.pages.is_empty() && self.pane() != Pane::List;
        if was_elsewhere {
            self.looks.pane = Pane::List;
            self.settle_pages();
        }
        was_elsewhere
    }

    /// The side is not what it should be: rows or what is known of them have changed.
    pub(super) fn side_is_stale(&mut self) {
        match self.typing {
            // Every letter puts it off; what the server says does not, or a busy lab would do so for ever.
            Some(_) => self.looks.stale = Some(self.now),
            None => _ = self.looks.stale.get_or_insert(self.now),
        }
    }

    /// When the side is counted anew.
    fn side_due(&self) -> Option<Moment> {
        if !self.pages.is_empty() || self.panes().side.is_none() {
            return None;
        }
        let is_of_another = self.looks.side.as_ref().is_none_or(|side| side.screen() != self.screen);
        let is_long = self.total(self.screen) >= MANY;
        match self.looks.stale {
            // The list is drawn first: counting many rows takes its time.
            Some(since) if is_of_another => Some(Moment(since.0 + i64::from(is_long))),
            None if is_of_another => Some(self.now),
            Some(since) if is_long || self.typing.is_some() => Some(Moment(since.0 + RESTS)),
            since => since,
        }
    }

    /// Counts the side anew, where that is due.
    pub(super) fn settle_side(&mut self) {
        if self.side_due().is_some_and(|due| due <= self.now) {
            let side = match self.looks.side.take().filter(|side| side.screen() == self.screen) {
                Some(side) => side.again(self),
                None => Facets::new(self),
            };
            self.looks.side = Some(side);
            self.looks.stale = None;
        }
    }

    /// When a look at the screen changes by itself.
    pub(super) fn looks_due(&self) -> Option<Moment> {
        let resized = self.looks.resizing.map(|(_, due)| due);
        resized.into_iter().chain(self.side_due()).min()
    }

    /// The terminal has another size; more of them may come at once.
    pub(super) fn resize(&mut self, size: (u16, u16)) {
        let due = Moment(self.now.0 + BURST);
        self.looks.resizing = (size != self.size).then_some((size, due));
    }

    /// Whether the terminal has another size than what is drawn.
    pub fn is_resizing(&self) -> bool {
        self.looks.resizing.is_some()
    }

    /// Takes a new size: its burst is over.
    pub(super) fn settle_size(&mut self, now: Moment) {
        if self.looks.resizing.is_some_and(|(_, due)| due <= now) {
            self.take_size();
        }
    }

    /// Takes a new size now: a key means what is on the screen.
    pub(super) fn take_size(&mut self) {
        if let Some((size, _)) = self.looks.resizing.take() {
            self.size = size;
            self.settle_pages();
        }
    }

    /// Goes to another screen: the list has the focus there.
    pub(super) fn look_at_list(&mut self) {
        self.looks.pane = Pane::List;
        self.looks.engines = 0;
        self.looks.stale = Some(self.now);
    }

    /// How wide the columns of the list in front are, in a word; empty: as usual.
    pub fn widths_word(&self) -> &'static str {
        match self.front().widths {
            Widths::Normal => "",
            Widths::Narrow => "narrow",
            Widths::Wide => "wide",
        }
    }
}
