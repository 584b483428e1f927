//! Buttons at the foot of a box: beside one another, and in as many rows as the room needs. None is ever cut.

use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::tui::theme::Tone;
use crate::tui::widgets::pen::{Pen, rows};
use crate::tui::widgets::text::width;

/// Cells of a frame and the gap after it.
const FRAME: usize = 5;

/// Which buttons stand in which row.
fn placed(names: &[impl AsRef<str>], room: u16) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    let mut used = 0;
    for (at, name) in names.iter().enumerate() {
        let wide = width(name.as_ref()) + FRAME;
        match all.last_mut() {
            // The gap after the last one may fall over the edge.
            Some(row) if used + wide <= usize::from(room) + 1 => row.push(at),
            _ => {
                all.push(vec![at]);
                used = 0;
            }
        }
        used += wide;
    }
    all
}

/// How many rows they take.
pub fn height(names: &[impl AsRef<str>], room: u16) -> u16 {
    u16::try_from(placed(names, room).len()).unwrap_or(u16::MAX)
}

/// Draws them at the foot of an area; the focused one is reversed. Returns what is left above them.
pub fn draw(pen: &mut Pen<'_>, inside: Rect, names: &[impl AsRef<str>], focused: Option<usize>) -> Rect {
    let all = placed(names, inside.width);
    let high = u16::try_from(all.len()).unwrap_or(u16::MAX).min(inside.height);
    let foot = Rect { y: inside.bottom() - high, height: high, ..inside };
    for (row, places) in rows(foot).zip(all) {
        let mut line: Vec<Span<'static>> = Vec::new();
        for at in places {
            let style = pen.theme.style(Tone::Secondary);
            if focused == Some(at) {
                let style = style.add_modifier(Modifier::REVERSED | Modifier::BOLD);
                line.push(Span::styled(format!("[ {} ]", names[at].as_ref()), style));
            } else {
                line.push(Span::styled(format!("  {}  ", names[at].as_ref()), style));
            }
            line.push(Span::raw(" "));
        }
        pen.line(row, Line::from(line));
    }
    Rect { height: inside.height - high, ..inside }
}

/// The button under a cell of a box with buttons at its foot.
pub fn at(inside: Rect, names: &[impl AsRef<str>], (x, y): (u16, u16)) -> Option<usize> {
    let all = placed(names, inside.width);
    let first = inside.bottom().checked_sub(u16::try_from(all.len()).ok()?)?;
    let row = all.get(usize::from(y.checked_sub(first)?))?;
    let mut left = usize::from(inside.x);
    row.iter().copied().find(|at| {
        let from = left;
        left += width(names[*at].as_ref()) + FRAME;
        (from..left - 1).contains(&usize::from(x))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_button_is_cut_and_each_is_found_under_its_own_cells() {
        let names = ["Install anyway", "Change (I)", "Copy command ($)", "Cancel (Esc)"];
        for room in 20..90 {
            let placed = placed(&names, room);
            assert_eq!(placed.iter().flatten().copied().collect::<Vec<_>>(), [0, 1, 2, 3]);
            for row in &placed {
                let wide: usize = row.iter().map(|at| width(names[*at]) + FRAME).sum();
                assert!(wide <= usize::from(room) + 1, "{room}: {row:?}");
            }
            let inside = Rect { x: 3, y: 5, width: room, height: 9 };
            let found: std::collections::BTreeSet<usize> = (inside.top()..inside.bottom())
                .flat_map(|y| (inside.left()..inside.right()).filter_map(move |x| at(inside, &names, (x, y))))
                .collect();
            assert_eq!(found.len(), 4, "{room}");
        }
    }
}
