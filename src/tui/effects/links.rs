//! Addresses that can be clicked, as they are written (OSC 8). A link is always written as a whole and closed behind
//! itself: a part of it that changes alone would lose where it leads, or hand it on to what is written next.

use std::io::{self, Write as _};

use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};

use crate::tui::widgets::link::Link;

/// What has to be written after the changes of a frame: links that are gone as plain text, those that are new or were
/// written over as links.
pub(super) fn difference(
    (old, new): (&[Link], &[Link]),
    next: &Buffer,
    changes: &[(u16, u16, &Cell)],
) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for gone in old.iter().filter(|link| !new.contains(link)) {
        write_cells(&mut bytes, gone, next)?;
    }
    let is_over = |link: &Link, other: &Link| link.at.intersects(other.at);
    for link in new {
        let is_new = !old.contains(link) || old.iter().any(|other| other != link && is_over(link, other));
        let is_written_over = || changes.iter().any(|(x, y, _)| link.at.contains((*x, *y).into()));
        if is_new || is_written_over() {
            write!(bytes, "\u{1b}]8;;{}\u{1b}\\", link.url())?;
            write_cells(&mut bytes, link, next)?;
            bytes.extend_from_slice(b"\x1b]8;;\x1b\\");
        }
    }
    Ok(bytes)
}

fn write_cells(bytes: &mut Vec<u8>, link: &Link, next: &Buffer) -> io::Result<()> {
    let area = link.at.intersection(next.area);
    let cells = (area.left()..area.right()).filter_map(|x| Some((x, area.y, next.cell((x, area.y))?)));
    CrosstermBackend::new(bytes).draw(cells)
}
