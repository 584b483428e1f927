//! Columns with heads. Widths are decided per page and never by what a row holds, so that nothing jumps.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::pen::{Pen, rows};
use super::text::{cut_end, cut_middle, width};
use crate::tui::list::Widths;
use crate::tui::theme::Tone;

/// On which side a column's words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers, sizes, ages.
    Right,
}

/// Where a text that is too long is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Prose.
    End,
    /// Identifiers.
    Middle,
}

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its head, in capitals.
    pub title: String,
    /// Cells; 0: what is left.
    pub width: u16,
    /// Side.
    pub align: Align,
    /// Where texts are cut.
    pub cut: Cut,
    /// The higher, the sooner it is left out where there is no room.
    pub rank: u8,
    /// It is as wide as it is: half a number is none, nor is half a state.
    pub is_whole: bool,
    /// It is scrolled away.
    pub is_away: bool,
    /// It holds nothing in any row, and is left out.
    pub is_empty: bool,
}

impl Column {
    /// A column of words.
    pub fn new(title: &str, width: u16, rank: u8) -> Self {
        Self {
            title: title.to_owned(),
            width,
            align: Align::Left,
            cut: Cut::End,
            rank,
            is_whole: false,
            is_away: false,
            is_empty: false,
        }
    }

    /// As wide as it is, whatever width somebody wants.
    #[must_use]
    pub fn whole(self) -> Self {
        Self { is_whole: true, ..self }
    }

    /// Right-aligned, as numbers are, which are not cut.
    #[must_use]
    pub fn right(self) -> Self {
        Self { align: Align::Right, ..self.whole() }
    }

    /// Left out where it holds nothing in any row. That is said of the whole list, so that nothing jumps while one filters.
    #[must_use]
    pub fn held_by<T>(self, rows: impl IntoIterator<Item = T>, holds: impl Fn(T) -> bool) -> Self {
        Self { is_empty: !rows.into_iter().any(holds), ..self }
    }

    /// Cut in the middle.
    #[must_use]
    pub fn middle(self) -> Self {
        Self { cut: Cut::Middle, ..self }
    }
}

/// What stands in a row's column.
pub type Cell = Vec<Span<'static>>;

/// A row that is drawn.
pub struct Row {
    /// Its cells, one for each column.
    pub cells: Vec<Cell>,
    /// Whether it is the chosen one.
    pub state: RowState,
    /// Whether it is marked.
    pub mark: Mark,
}

/// Whether a row is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowState {
    /// It is not.
    Plain,
    /// It is, and keys act on it.
    Chosen,
    /// It is, and another pane has the focus.
    Kept,
}

/// Whether a row is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It is not.
    None,
    /// It is.
    Marked,
    /// It is not, and is bookmarked.
    Bookmarked,
}

/// Text begins here: after the cursor and the mark.
const FIRST: u16 = 2;
/// Blanks between two columns.
const GAP: u16 = 2;
/// The column that takes what is left gets at least this, or others go.
const LEAST: u16 = 16;

/// Where each column is: its first cell and its width; `None` where there is no room for it.
pub fn places(columns: &[Column], total: u16) -> Vec<Option<(u16, u16)>> {
    let room = total.saturating_sub(FIRST);
    let mut kept: Vec<bool> = columns.iter().map(|column| !column.is_away && !column.is_empty).collect();
    loop {
        let needed: u16 = columns
            .iter()
            .zip(&kept)
            .filter(|(_, kept)| **kept)
            .map(|(column, _)| if column.width == 0 { LEAST } else { column.width } + GAP)
            .sum();
        if needed.saturating_sub(GAP) <= room {
            break;
        }
        let worst =
            (0..columns.len()).filter(|at| kept[*at] && columns[*at].rank > 0).max_by_key(|at| columns[*at].rank);
        match worst {
            Some(at) => kept[at] = false,
            None => break,
        }
    }
    let fixed: u16 = columns.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(column, _)| column.width + GAP).sum();
    let rest = (room + GAP).saturating_sub(fixed);
    let mut x = FIRST;
    columns
        .iter()
        .zip(kept)
        .map(|(column, kept)| {
            if !kept {
                return None;
            }
            let wide = if column.width == 0 { rest } else { column.width };
            let place = (x, wide.min(total.saturating_sub(x)));
            x = x.saturating_add(wide + GAP);
            Some(place)
        })
        .collect()
}

/// Columns in another width, with some after the first one scrolled away. The first one stays where it is. While some are
/// away, those that are left go from the right where there is no room: whoever scrolls on comes to see them. At the first
/// step none is away yet, but they stand in their order.
pub fn arranged(mut columns: Vec<Column>, skipped: usize, widths: Widths) -> Vec<Column> {
    let skipped = skipped.min(columns.len().saturating_sub(1));
    for (at, column) in columns.iter_mut().enumerate() {
        let least = u16::try_from(width(&column.title)).unwrap_or(0);
        // A column of signs is as wide as its heads, whatever else is.
        if column.width > least && !column.is_whole {
            column.width = match widths {
                Widths::Normal => column.width,
                Widths::Wide => column.width * 8 / 5,
                Widths::Narrow => (column.width * 5 / 8).max(least),
            };
        }
        if skipped > 0 && at > 0 {
            column.is_away = at < skipped;
            column.rank = u8::try_from(at).unwrap_or(u8::MAX);
        }
    }
    columns
}

/// Draws the heads.
pub fn heads(pen: &mut Pen<'_>, area: Rect, columns: &[Column]) {
    for (column, place) in columns.iter().zip(places(columns, area.width)) {
        let Some((x, wide)) = place else { continue };
        let title = pen.say(Tone::Muted, column.title.clone());
        put(pen, Rect { x: area.x + x, width: wide, height: 1, ..area }, vec![title], column);
    }
}

/// Draws rows below one another.
pub fn body(pen: &mut Pen<'_>, area: Rect, columns: &[Column], all: impl Iterator<Item = Row>) {
    let places = places(columns, area.width);
    for (line, row) in rows(area).zip(all) {
        let sign = match row.mark {
            Mark::None => None,
            Mark::Marked => Some(pen.say(Tone::Primary, "*")),
            Mark::Bookmarked => Some(pen.say(Tone::Secondary, "#")),
        };
        if let Some(sign) = sign {
            pen.line(Rect { x: line.x + 1, width: 1, ..line }, Line::from(sign));
        }
        for ((column, place), cell) in columns.iter().zip(&places).zip(row.cells) {
            let Some((x, wide)) = place else { continue };
            put(pen, Rect { x: line.x + x, width: *wide, ..line }, cell, column);
        }
        if row.state != RowState::Plain {
            pen.line(Rect { width: 1, ..line }, Line::from(">"));
        }
        match row.state {
            RowState::Plain => {}
            RowState::Chosen => pen.choose(line),
            RowState::Kept => pen.keep(line),
        }
    }
}

fn put(pen: &mut Pen<'_>, area: Rect, cell: Cell, column: &Column) {
    let room = usize::from(area.width);
    let ellipsis = pen.theme.glyphs.ellipsis;
    let taken: usize = cell.iter().map(|span| width(&span.content)).sum();
    let cell = if taken <= room {
        cell
    } else if let [only] = cell.as_slice() {
        let text = match column.cut {
            Cut::End => cut_end(&only.content, room, ellipsis),
            Cut::Middle => cut_middle(&only.content, room, ellipsis),
        };
        vec![Span::styled(text, only.style)]
    } else {
        let mut used = 0;
        let mut kept = Vec::new();
        for span in cell {
            let left = room - used;
            let text = cut_end(&span.content, left, ellipsis);
            used += width(&text);
            let ends = text.len() < span.content.len() || used >= room;
            kept.push(Span::styled(text, span.style));
            if ends {
                break;
            }
        }
        kept
    };
    let taken: usize = cell.iter().map(|span| width(&span.content)).sum();
    let shift = match column.align {
        Align::Left => 0,
        Align::Right => u16::try_from(room.saturating_sub(taken)).unwrap_or(0),
    };
    pen.line(Rect { x: area.x + shift, width: area.width - shift, ..area }, Line::from(cell));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_can_be_scrolled_to_beside_the_first_one() {
        let columns: Vec<Column> = (0..9).map(|at| Column::new("TITLE", 12, at % 4)).collect();
        let mut seen = std::collections::BTreeSet::new();
        for skipped in 0..9 {
            let arranged = arranged(columns.clone(), skipped, Widths::Normal);
            let places = places(&arranged, 40);
            assert_eq!(places[0], Some((2, 12)), "the first one stays");
            seen.extend((0..9).filter(|at| places[*at].is_some()));
        }
        assert_eq!(seen.len(), 9);
        let narrow = arranged(columns.clone(), 0, Widths::Narrow);
        let wide = arranged(columns, 0, Widths::Wide);
        assert_eq!((narrow[1].width, wide[1].width), (7, 19));
        let whole =
            arranged(vec![Column::new("STATE", 12, 0).whole(), Column::new("CPU", 5, 0).right()], 0, Widths::Narrow);
        assert_eq!((whole[0].width, whole[1].width), (12, 5), "words of states and numbers are whole");
    }

    #[test]
    fn a_column_that_holds_nothing_leaves_its_room_to_the_others() {
        let columns = |rows: &[&str]| {
            let empty = Column::new("B", 10, 0).held_by(rows, |row| !row.is_empty());
            [Column::new("A", 10, 0), empty, Column::new("C", 0, 0)]
        };
        assert_eq!(places(&columns(&["", "b"]), 80)[1], Some((14, 10)));
        assert_eq!(places(&columns(&["", ""]), 80), [Some((2, 10)), None, Some((14, 66))]);
        assert_eq!(places(&arranged(columns(&[]).to_vec(), 1, Widths::Wide), 80)[1], None, "nor when scrolled to");
    }

    #[test]
    fn columns_go_whole_and_the_least_important_first() {
        let columns =
            [Column::new("A", 10, 0), Column::new("B", 10, 2), Column::new("C", 8, 1), Column::new("D", 0, 0)];
        assert_eq!(places(&columns, 80), [Some((2, 10)), Some((14, 10)), Some((26, 8)), Some((36, 44))]);
        assert_eq!(places(&columns, 44), [Some((2, 10)), None, Some((14, 8)), Some((24, 20))]);
        assert_eq!(places(&columns, 30)[2], None);
        for total in 0..200 {
            for (x, wide) in places(&columns, total).into_iter().flatten() {
                assert!(x + wide <= total.max(x), "{total}");
            }
        }
    }
}
