//! Addresses that can be clicked, as they are written (OSC 8). A link is always written as a whole and closed behind
//! itself: a part of it that changes alone would lose where it leads, or hand it on to what is written next.

use std::io::{self, Write as _};

use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};

use crate::tui::widgets::link::Link;
use crate::tui::widgets::text::width;

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
    // A wide letter fills the cells behind it, also when it begins before the link: writing them would cut it in two.
    let mut free = next.area.left();
    let cells = (next.area.left()..area.right()).filter_map(|x| {
        let cell = next.cell((x, area.y)).filter(|_| x >= free)?;
        free = x + u16::try_from(width(cell.symbol())).unwrap_or(1).max(1);
        area.contains((x, area.y).into()).then_some((x, area.y, cell))
    });
    CrosstermBackend::new(bytes).draw(cells)
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::super::terminal::difference;
    use super::*;
    use crate::tui::theme::Theme;
    use crate::tui::view::Seen;
    use crate::tui::widgets::pen::Pen;

    fn drawn(text: &str) -> (Buffer, Seen) {
        let area = Rect { x: 0, y: 0, width: 24, height: 1 };
        let mut buffer = Buffer::empty(area);
        buffer.set_string(0, 0, text, Style::new());
        let mut pen =
            Pen { buffer: &mut buffer, theme: Theme::default(), cursor: None, chosen: None, links: Vec::new() };
        pen.link(area, "lab.org", "https://lab.org");
        let links = std::mem::take(&mut pen.links);
        (buffer, Seen { cursor: None, links })
    }

    #[test]
    fn wide_letters_where_a_link_was_are_whole() {
        let link = "at lab.org now";
        // They begin before the link, inside of it, and end behind it.
        for wide in ["at漢字かなab now", "漢字かなカナ漢字", "a漢字かなカナ漢字", "at lab.漢字 now", "at lab.or漢 now"]
        {
            let mut screen = vt100::Parser::new(2.try_into().unwrap(), 24.try_into().unwrap(), 0);
            let mut shown = drawn("");
            for text in [wide, link, wide, "", link, wide] {
                let next = drawn(text);
                screen.process(b"\x1b[?25l");
                screen.process(&difference((&shown.0, &shown.1), (&next.0, &next.1)).unwrap());
                assert_eq!(screen.screen().contents().trim_end(), text, "on the way to {wide}");
                shown = next;
            }
        }
    }
}
