//! How a list's screen is divided: the list, what is under its cursor, and from 140 columns on the facets at the side.
//!
//! Apps and nodes stand beside their details, since a sentence about them is wide and high, and so do the blocks of the home
//! screen. Pods, engines and tasks have many narrow columns: their list lies over the details, as wide as it can be.

use ratatui::layout::Rect;

use super::action::Screen;
use super::layout::{Areas, Room};

/// Columns of the side.
const SIDE: u16 = 27;
/// Columns of a pod's details beside its log.
const DETAIL: u16 = 52;
/// Rows from which on a list lies over its details where there is a side.
const HIGH: u16 = 30;

/// A part of a list's screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// The list.
    #[default]
    List,
    /// What is under its cursor.
    Detail,
    /// What it can be narrowed to.
    Side,
}

impl Pane {
    /// All of them, in the order of the focus.
    pub const ALL: [Self; 3] = [Self::List, Self::Detail, Self::Side];
}

/// How large the pane in focus is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zoom {
    /// As usual.
    #[default]
    Normal,
    /// Half of the page at least, and the other half for the rest.
    Half,
    /// All of it.
    Full,
}

impl Zoom {
    /// All of them, the smallest first.
    pub const ALL: [Self; 3] = [Self::Normal, Self::Half, Self::Full];
}

/// Where the parts of a screen are. The list always is somewhere, if only without any rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Panes {
    /// The list with its rule.
    pub list: Rect,
    /// The details with theirs; `None`: there is no room.
    pub detail: Option<Rect>,
    /// The side with its own.
    pub side: Option<Rect>,
    /// The end of a pod's log beside its details, with its own.
    pub log: Option<Rect>,
}

impl Panes {
    /// Whether a pane is on the screen.
    pub fn shows(&self, pane: Pane) -> bool {
        match pane {
            Pane::List => !self.list.is_empty(),
            Pane::Detail => self.detail.is_some(),
            Pane::Side => self.side.is_some(),
        }
    }
}

impl Areas {
    /// Where the parts of a screen are.
    pub fn panes(&self, screen: Screen) -> Panes {
        let body = self.body;
        let alone = Panes { list: body, ..Panes::default() };
        let is_narrow = matches!(self.room, Room::Tiny | Room::Small);
        if is_narrow || screen == Screen::Home && !self.room.is_wide() {
            return alone;
        }
        let (pane, zoom) = self.view;
        let has_side = self.room == Room::Widest && screen != Screen::Home;
        let pane = if pane == Pane::Side && !has_side { Pane::List } else { pane };
        let nowhere = Rect { width: 0, height: 0, ..body };
        match (zoom, pane) {
            (Zoom::Full, Pane::List) => alone,
            (Zoom::Full, Pane::Detail) => Panes { list: nowhere, detail: Some(body), ..Panes::default() },
            (Zoom::Full, Pane::Side) => Panes { list: nowhere, side: Some(body), ..Panes::default() },
            (Zoom::Half, Pane::Side) => {
                let (side, list) = beside(body, body.width / 2);
                Panes { list, side: Some(side), ..Panes::default() }
            }
            (Zoom::Normal, _) if has_side => {
                let (side, rest) = beside(body, SIDE);
                Panes { side: Some(side), ..self.divided(rest, screen) }
            }
            _ => self.divided(body, screen),
        }
    }

    /// The list and the details in an area.
    fn divided(&self, area: Rect, screen: Screen) -> Panes {
        let half = self.view == (Pane::Detail, Zoom::Half);
        let is_catalogue = matches!(screen, Screen::Apps | Screen::Nodes | Screen::Home);
        let lies_over = self.room == Room::Normal || self.room == Room::Widest && !is_catalogue && self.height >= HIGH;
        if lies_over {
            let detail = match (screen, self.room) {
                _ if half => area.height / 2,
                (_, Room::Widest) => area.height * 2 / 5,
                (Screen::Engines | Screen::Tasks, _) => area.height / 2,
                _ => 6.min(area.height / 2),
            };
            let list = Rect { height: area.height - detail, ..area };
            let below = Rect { y: area.y + list.height, height: detail, ..area };
            if screen == Screen::Pods && self.room == Room::Widest && !half {
                let (detail, log) = beside(below, DETAIL.min(below.width * 2 / 5));
                return Panes { list, detail: Some(detail), side: None, log: Some(log) };
            }
            return Panes { list, detail: Some(below), ..Panes::default() };
        }
        let left = match self.view {
            _ if half => area.width / 2,
            (_, Zoom::Half) => area.width * 5 / 8,
            _ if self.room == Room::Widest && is_catalogue => area.width * 4 / 7,
            _ if self.room == Room::Widest => area.width * 5 / 8,
            _ => area.width * 11 / 20,
        };
        let (list, detail) = beside(area, left);
        Panes { list, detail: Some(detail), ..Panes::default() }
    }
}

/// Two areas beside one another, with a column for a bar between; the first one is so wide.
fn beside(area: Rect, wide: u16) -> (Rect, Rect) {
    let wide = wide.min(area.width.saturating_sub(1));
    let from = area.x + wide + 1;
    (Rect { width: wide, ..area }, Rect { x: from, width: area.width.saturating_sub(wide + 1), ..area })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panes(size: (u16, u16), view: (Pane, Zoom), screen: Screen) -> Panes {
        Areas::of(size).with(view.0, view.1).panes(screen)
    }

    #[test]
    fn the_breakpoints_are_those_of_cells() {
        let usual = (Pane::List, Zoom::Normal);
        for (size, detail, side) in [
            ((59, 24), false, false),
            ((80, 15), false, false),
            ((60, 16), true, false),
            ((99, 24), true, false),
            ((139, 50), true, false),
            ((140, 24), true, true),
            ((160, 50), true, true),
        ] {
            let panes = panes(size, usual, Screen::Apps);
            assert_eq!((panes.shows(Pane::Detail), panes.shows(Pane::Side)), (detail, side), "{size:?}");
        }
        let wide = panes((120, 40), usual, Screen::Pods);
        assert_eq!(wide.list.y, wide.detail.unwrap().y, "side by side");
        let widest = panes((160, 50), usual, Screen::Pods);
        let log = widest.log.unwrap();
        assert!(log.y == widest.detail.unwrap().y && log.width > 70, "the log is beside the details: {log:?}");
        assert_eq!(panes((160, 50), usual, Screen::Tasks).log, None);
        assert_eq!(
            panes((140, 24), usual, Screen::Pods).log,
            None,
            "where the list stands beside them there is no room"
        );
        assert!(widest.detail.unwrap().y > widest.list.y, "the list of pods lies over the details");
    }

    #[test]
    fn the_pane_in_focus_grows_and_is_alone_at_last() {
        for size in [(80, 24), (120, 40), (160, 50), (200, 24)] {
            for screen in [Screen::Apps, Screen::Pods] {
                for pane in Pane::ALL {
                    let area = |zoom| {
                        let panes = panes(size, (pane, zoom), screen);
                        match pane {
                            Pane::List => Some(panes.list),
                            Pane::Detail => panes.detail,
                            Pane::Side => panes.side,
                        }
                        .map(Rect::area)
                    };
                    let sizes = Zoom::ALL.map(area);
                    assert!(sizes.is_sorted(), "{size:?} {screen:?} {pane:?}: {sizes:?}");
                    if let Some(full) = sizes[2] {
                        assert_eq!(full, Areas::of(size).body.area());
                        assert!(sizes[1].is_some_and(|half| half * 100 >= full * 45), "{size:?} {screen:?} {pane:?}");
                    }
                }
            }
        }
    }
}
