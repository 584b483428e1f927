//! Rows under headings: for people, and between tabs.

use unicode_width::UnicodeWidthStr as _;

use crate::domain::clean_line;

/// Cells between two columns.
const GAP: usize = 2;

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
    /// Headings and rows under one another, cleaned.
    pub fn to_text(&self) -> String {
        let rows: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(|cell| clean_line(cell)).collect()).collect();
        let mut widths: Vec<usize> = self.headings.iter().map(|heading| heading.width()).collect();
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
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
        line(&mut self.headings.iter().copied());
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
}
