//! Draws lines, rules and boxes into a buffer.

use std::borrow::Cow;
use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::link::Link;
use super::text::{cut_end, width};
use crate::tui::theme::{Theme, Tone};

/// Whether a pane takes the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// It does.
    Here,
    /// Another one does.
    Elsewhere,
}

/// Draws with a theme.
pub struct Pen<'a> {
    /// Where to.
    pub buffer: &'a mut Buffer,
    /// How.
    pub theme: Theme,
    /// Where the real cursor stands; `None`: it is hidden.
    pub cursor: Option<Position>,
    /// Where it stands for those to whom the screen is read aloud, while nothing is typed: on what is chosen.
    pub chosen: Option<Position>,
    /// What leads somewhere.
    pub links: Vec<Link>,
}

impl Pen<'_> {
    /// A piece of text in a tone.
    pub fn say<'t>(&self, tone: Tone, text: impl Into<Cow<'t, str>>) -> Span<'t> {
        Span::styled(text, self.theme.style(tone))
    }

    /// Draws a line at the top of an area, cut at its width; returns where it ended.
    pub fn line(&mut self, area: Rect, line: impl Into<Line<'static>>) -> u16 {
        let area = area.intersection(self.buffer.area);
        if area.is_empty() {
            return area.x;
        }
        self.buffer.set_line(area.x, area.y, &line.into(), area.width).0
    }

    /// Draws lines below one another, as many as fit.
    pub fn lines(&mut self, area: Rect, lines: impl IntoIterator<Item = Line<'static>>) {
        for (row, line) in rows(area).zip(lines) {
            self.line(row, line);
        }
    }

    /// A rule that carries a title: `── Apps 7/213 ─────`.
    pub fn rule(&mut self, area: Rect, title: Vec<Span<'static>>, focus: Focus) {
        let area = area.intersection(self.buffer.area);
        if area.is_empty() {
            return;
        }
        let style = self.theme.style(match focus {
            Focus::Here => Tone::Accent,
            Focus::Elsewhere => Tone::Muted,
        });
        let rule = self.theme.glyphs.rule;
        for x in area.left()..area.right() {
            if let Some(cell) = self.buffer.cell_mut((x, area.y)) {
                cell.set_symbol(rule).set_style(style);
            }
        }
        if title.is_empty() || area.width < 8 {
            return;
        }
        let room = usize::from(area.width) - 5;
        let mut line = vec![Span::raw(" ")];
        let mut used = 0;
        for span in title {
            let left = room.saturating_sub(used);
            if left == 0 {
                break;
            }
            let text = cut_end(&span.content, left, self.theme.glyphs.ellipsis);
            used += width(&text);
            line.push(Span::styled(text, span.style));
        }
        line.push(Span::raw(" "));
        // The title has its own tones, not that of the rule.
        let taken = u16::try_from(used + 2).unwrap_or(u16::MAX).min(area.width - 3);
        let inner = Rect { x: area.x + 2, width: taken, height: 1, ..area };
        self.buffer.set_style(inner, Style::reset());
        self.line(inner, Line::from(line));
    }

    /// Shows that a row is the chosen one: reversed over its whole width, without colours of its own.
    pub fn choose(&mut self, row: Rect) {
        self.stand(row);
        let row = row.intersection(self.buffer.area);
        for x in row.left()..row.right() {
            if let Some(cell) = self.buffer.cell_mut((x, row.y)) {
                let kept = cell.modifier & (Modifier::BOLD | Modifier::UNDERLINED);
                cell.set_style(Style::reset());
                cell.set_style(Style::new().add_modifier(kept | Modifier::REVERSED));
            }
        }
    }

    /// Shows that a row is the chosen one of a list that has not the focus.
    pub fn keep(&mut self, row: Rect) {
        let row = row.intersection(self.buffer.area);
        self.buffer.set_style(row, Style::new().add_modifier(Modifier::BOLD));
    }

    /// What is read aloud next begins here.
    pub fn stand(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        if !area.is_empty() {
            self.chosen = Some(area.as_position());
        }
    }

    /// A separator between two panes.
    pub fn bar(&mut self, x: u16, area: Rect) {
        let style = self.theme.style(Tone::Muted);
        let bar = self.theme.glyphs.bar;
        for y in area.top()..area.bottom() {
            if let Some(cell) = self.buffer.cell_mut((x, y)) {
                cell.set_symbol(bar).set_style(style);
            }
        }
    }

    /// Mutes everything that is drawn so far.
    pub fn mute(&mut self) {
        self.chosen = None;
        for cell in &mut self.buffer.content {
            cell.set_style(Style::reset());
            cell.set_style(Style::new().add_modifier(Modifier::DIM));
        }
    }

    /// An empty box with a title; returns its inside.
    pub fn boxed(&mut self, area: Rect, title: &str) -> Rect {
        let area = area.intersection(self.buffer.area);
        if area.width < 4 || area.height < 3 {
            return Rect::default();
        }
        let style = self.theme.style(Tone::Accent);
        let glyphs = self.theme.glyphs;
        let (left, right, top, bottom) = (area.left(), area.right() - 1, area.top(), area.bottom() - 1);
        // A cell of air on both sides, so that nothing behind sticks to the border.
        for y in top..=bottom {
            for x in [left.checked_sub(1), Some(right + 1)].into_iter().flatten() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                }
            }
            for x in left..=right {
                let symbol = match (x == left || x == right, y == top || y == bottom) {
                    (true, true) => glyphs.corners[usize::from(y == bottom) * 2 + usize::from(x == right)],
                    (true, false) => glyphs.bar,
                    (false, true) => glyphs.rule,
                    (false, false) => " ",
                };
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_symbol(symbol).set_style(style);
                }
            }
        }
        let title = cut_end(title, usize::from(area.width).saturating_sub(6), glyphs.ellipsis);
        let head = Rect { x: left + 2, width: area.width - 4, height: 1, ..area };
        self.line(head, Line::from(vec![Span::raw(" "), self.say(Tone::Primary, title), Span::raw(" ")]));
        let inside = Rect { x: left + 2, y: top + 1, width: area.width - 4, height: area.height - 2 };
        for row in rows(inside) {
            self.buffer.set_style(Rect { x: row.x - 1, width: row.width + 2, ..row }, Style::reset());
        }
        inside
    }
}

/// The rows of an area, one high each.
pub fn rows(area: Rect) -> impl Iterator<Item = Rect> {
    (area.top()..area.bottom()).map(move |y| Rect { y, height: 1, ..area })
}

/// A name whose matched letters are shown.
pub fn highlighted(name: &str, matched: &BTreeSet<usize>, style: Style) -> Vec<Span<'static>> {
    if matched.is_empty() {
        return vec![Span::styled(name.to_owned(), style)];
    }
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut piece = String::new();
    let mut inside = false;
    for (at, letter) in name.chars().enumerate() {
        let now = matched.contains(&at);
        if now != inside && !piece.is_empty() {
            let style = if inside { Theme::matched(style) } else { style };
            spans.push(Span::styled(std::mem::take(&mut piece), style));
        }
        inside = now;
        piece.push(letter);
    }
    spans.push(Span::styled(piece, if inside { Theme::matched(style) } else { style }));
    spans
}
