//! Rows under headings: for people, and between tabs.

use unicode_width::UnicodeWidthStr as _;

use crate::domain::clean_line;
use crate::tui::widgets::text::{cut_end, cut_middle};

/// Cells between two columns.
const GAP: usize = 2;
/// A column is not cut below this.
const NARROWEST: usize = 8;

/// Rows under headings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// Headings, in capitals.
    pub headings: Vec<&'static str>,
    /// Cells, as many in each row as there are headings.
    pub rows: Vec<Vec<String>>,
    /// What to say when there are no rows; on standard error.
    pub empty: String,
}

impl Columns {
    /// Headings and rows under one another, cleaned and whole.
    pub fn to_text(&self) -> String {
        self.to_text_within(None)
    }

    /// The same in lines that are not wider than the room, where there is one: the widest columns are cut.
    pub fn to_text_within(&self, room: Option<usize>) -> String {
        let mut rows: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(|cell| clean_line(cell)).collect()).collect();
        let mut widths: Vec<usize> = self.headings.iter().map(|heading| heading.width()).collect();
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        if let Some(room) = room {
            narrow(&mut widths, room);
            for row in &mut rows {
                for (cell, width) in row.iter_mut().zip(&widths) {
                    *cell = cut(cell, *width);
                }
            }
        }
        let mut text = String::new();
        let mut line = |cells: &mut dyn Iterator<Item = &str>| {
            let mut written = String::new();
            for (cell, width) in cells.zip(&widths) {
                written.push_str(cell);
                written.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width()) + GAP));
            }
            text.push_str(written.trim_end());
            text.push('\n');
        };
        let headings: Vec<String> = self.headings.iter().zip(&widths).map(|(head, width)| cut(head, *width)).collect();
        line(&mut headings.iter().map(String::as_str));
        for row in &rows {
            line(&mut row.iter().map(String::as_str));
        }
        text
    }

    /// Cells between tabs, below a heading in small letters.
    pub fn to_tsv(&self) -> String {
        let mut text = format!("{}\n", self.headings.join("\t").to_lowercase());
        for row in &self.rows {
            let cells: Vec<_> = row.iter().map(|cell| clean_line(cell).replace('\t', " ")).collect();
            text.push_str(&cells.join("\t"));
            text.push('\n');
        }
        text
    }
}

/// Makes the widest columns narrower until all fit, or none can be narrower.
fn narrow(widths: &mut [usize], room: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    let mut over = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
    while over > 0 {
        let Some(widest) = widths.iter_mut().rev().max_by_key(|width| **width).filter(|width| **width > NARROWEST)
        else {
            return;
        };
        *widest -= 1;
        over -= 1;
    }
}

/// Prose is cut at its end, names in the middle, where they differ least. Two dots are understood in every locale.
fn cut(cell: &str, width: usize) -> String {
    if cell.contains(' ') { cut_end(cell, width, "..") } else { cut_middle(cell, width, "..") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_their_headings_and_are_clean() {
        let columns = Columns {
            headings: vec!["APP", "VERSION"],
            rows: vec![vec!["細胞".into(), "1".into()], vec!["a\u{1b}[2Jb\tc".into(), "2".into()]],
            empty: String::new(),
        };
        assert_eq!(columns.to_text(), "APP   VERSION\n細胞  1\nab c  2\n");
        assert_eq!(columns.to_tsv(), "app\tversion\n細胞\t1\nab c\t2\n");
    }

    #[test]
    fn lines_fit_a_terminal_and_stay_whole_in_a_pipe() {
        let columns = Columns {
            headings: vec!["APP", "VERSION", "WHY"],
            rows: vec![
                vec!["live.arkitekt.segmentation".into(), "1.0".into(), "needs a CUDA GPU; ws reports no GPU".into()],
                vec!["細胞計数細胞計数細胞計数".into(), "2.0.0".into(), "runs".into()],
            ],
            empty: String::new(),
        };
        assert!(columns.to_text().lines().any(|line| line.contains("segmentation") && line.ends_with("no GPU")));
        for room in [40, 60, 80] {
            let text = columns.to_text_within(Some(room));
            assert!(text.lines().all(|line| line.width() <= room), "{room}\n{text}");
            assert!(text.contains("VERSION") && text.contains("1.0"), "{text}");
        }
        let text = columns.to_text_within(Some(40));
        assert!(text.contains("live") && text.contains("tion") && text.contains(".."), "{text}");
        assert_eq!(columns.to_text_within(Some(200)), columns.to_text());
    }
}
