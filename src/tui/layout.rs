//! Where things are, from the size alone. `update` needs it for pages, `view` for drawing.
//!
//! Header, tabs, the page, a line for messages, a line of hints, and from 140 columns on a status line. Below 16 rows or
//! 60 columns the tabs go; below 30 by 8 only what is essential is left. How a screen's page is divided is in `panes`.

use ratatui::layout::Rect;

use super::action::Screen;
use super::panes::{Pane, Zoom};

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Hardly any: one line that says so.
    Tiny,
    /// A list and nothing else.
    Small,
    /// One pane, with a preview below.
    Normal,
    /// List and details side by side.
    Wide,
    /// The same, with a column at the side and a status line.
    Widest,
}

impl Room {
    /// Whether there is more room than for one pane with a preview.
    pub fn is_wide(self) -> bool {
        matches!(self, Self::Wide | Self::Widest)
    }
}

/// Where things are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Areas {
    /// How much room.
    pub room: Room,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// The header line.
    pub header: Rect,
    /// The tabs; empty where there is no room.
    pub tabs: Rect,
    /// Everything between tabs and messages.
    pub body: Rect,
    /// Messages and prompts.
    pub message: Rect,
    /// Hints.
    pub hints: Rect,
    /// The status line; empty where there is no room.
    pub status: Rect,
    /// The pane of a list's screen that has the focus, and how large it is.
    pub view: (Pane, Zoom),
}

impl Areas {
    /// Divides a terminal of this many columns and rows; nothing at all counts as 80 by 24.
    pub fn of(size: (u16, u16)) -> Self {
        let (width, height) = if size.0 == 0 || size.1 == 0 { (80, 24) } else { size };
        let room = match (width, height) {
            (0..30, _) | (_, 0..8) => Room::Tiny,
            (0..60, _) | (_, 0..16) => Room::Small,
            (0..100, _) => Room::Normal,
            (0..140, _) => Room::Wide,
            _ => Room::Widest,
        };
        let line = |y: u16| Rect { x: 0, y: y.min(height), width, height: u16::from(y < height) };
        let tab_rows = u16::from(!matches!(room, Room::Tiny | Room::Small));
        let status_rows = u16::from(room == Room::Widest);
        let top = 1 + tab_rows;
        let below = 2 + status_rows;
        Self {
            room,
            width,
            height,
            header: line(0),
            tabs: Rect { height: tab_rows, ..line(1) },
            body: Rect { x: 0, y: top.min(height), width, height: height.saturating_sub(top + below) },
            message: line(height.saturating_sub(below)),
            hints: line(height.saturating_sub(below - 1)),
            status: Rect { height: status_rows, ..line(height.saturating_sub(1)) },
            view: (Pane::List, Zoom::Normal),
        }
    }

    /// The same, with a pane in focus and its size.
    #[must_use]
    pub fn with(self, pane: Pane, zoom: Zoom) -> Self {
        Self { view: (pane, zoom), ..self }
    }

    /// Rows of a screen's list that fit.
    pub fn rows(&self, screen: Screen) -> u16 {
        self.panes(screen).list.height.saturating_sub(self.heads(screen))
    }

    /// Lines over the rows of a screen's list: its rule, its heads, and what its signs mean where no other pane says that.
    pub fn heads(&self, screen: Screen) -> u16 {
        match (self.room, screen) {
            (Room::Small | Room::Tiny, _) | (_, Screen::Home) => 1,
            (_, Screen::Apps) if self.is_alone(screen) => 3,
            _ => 2,
        }
    }

    /// Whether a list is all that is shown of its screen.
    fn is_alone(&self, screen: Screen) -> bool {
        self.view.1 == Zoom::Full && self.panes(screen).shows(Pane::List)
    }

    /// Rows of a page's text: the body without its rule and its tabs.
    pub fn body_rows(&self) -> u16 {
        self.body.height.saturating_sub(match self.room {
            Room::Tiny | Room::Small => 2,
            _ => 3,
        })
    }

    /// Rows of the log: everything but its two head lines, the message and the hints.
    pub fn log_rows(&self) -> u16 {
        self.height.saturating_sub(4 + self.status.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_lies_on_the_screen_at_every_size() {
        for width in (0..200).step_by(7).chain([1, 3, 10, 40, 80, 160]) {
            for height in 0..60 {
                let areas = Areas::of((width, height));
                let all = Rect { x: 0, y: 0, width: areas.width, height: areas.height };
                let mut parts = vec![areas.header, areas.tabs, areas.body, areas.message, areas.hints, areas.status];
                let views = Pane::ALL.into_iter().flat_map(|pane| Zoom::ALL.map(|zoom| (pane, zoom)));
                for (pane, zoom) in views {
                    for screen in Screen::ALL {
                        let panes = areas.with(pane, zoom).panes(screen);
                        parts.push(panes.list);
                        parts.extend(panes.detail.into_iter().chain(panes.side).chain(panes.log));
                    }
                }
                for part in parts {
                    let inside = part.right() <= all.right() && part.bottom() <= all.bottom();
                    assert!(inside, "{part:?} is not inside {width}x{height}");
                }
            }
        }
    }
}
