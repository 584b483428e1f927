//! A line of tabs: names with figures behind them, the open one in brackets and always on the screen.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::pen::Pen;
use super::text::width;
use crate::tui::theme::Tone;

/// A line of tabs.
pub struct Tabs {
    /// The names, each with the figure behind it: a blank and a number, or nothing.
    pub names: Vec<(&'static str, String)>,
    /// Which of them is open.
    pub open: usize,
    /// What stands for those that are scrolled away.
    pub ellipsis: &'static str,
}

impl Tabs {
    /// Cells of a tab.
    fn cells(&self, at: usize) -> usize {
        self.names.get(at).map_or(0, |(name, figure)| width(name) + width(figure) + 3)
    }

    /// The first tab that is shown, so that the open one always is.
    fn first(&self, room: u16) -> usize {
        let away = width(self.ellipsis);
        (0..self.open)
            .find(|first| {
                let shown: usize = (*first..=self.open).map(|at| self.cells(at)).sum();
                shown + if *first > 0 { away } else { 0 } <= usize::from(room) + 1
            })
            .unwrap_or(self.open)
    }

    /// Draws them.
    pub fn draw(&self, pen: &mut Pen<'_>, area: Rect) {
        let first = self.first(area.width);
        let mut line = Vec::new();
        if first > 0 {
            line.push(pen.say(Tone::Muted, self.ellipsis));
        }
        for (at, (name, figure)) in self.names.iter().enumerate().skip(first) {
            if at == self.open {
                let style = pen.theme.style(Tone::Accent).patch(pen.theme.style(Tone::Primary));
                line.push(pen.say(Tone::Accent, "["));
                line.push(Span::styled(*name, style));
                line.push(pen.say(Tone::Accent, format!("{figure}] ")));
            } else {
                line.push(pen.say(Tone::Secondary, format!(" {name}")));
                line.push(pen.say(Tone::Muted, format!("{figure}  ")));
            }
        }
        pen.line(area, Line::from(line));
    }

    /// The tab in a column of a line of that width.
    pub fn at(&self, room: u16, x: u16) -> Option<usize> {
        let first = self.first(room);
        let mut from = if first > 0 { width(self.ellipsis) } else { 0 };
        (first..self.names.len()).find(|at| {
            let start = from;
            from += self.cells(*at);
            (start..from).contains(&usize::from(x))
        })
    }
}
