//! What may follow the first of two keys: a small list over the lower edge. It waits for nobody and takes no key.

use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::keymap::Bound;
use crate::tui::layout::Areas;
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::{Pen, rows};
use crate::tui::widgets::text::width;

/// Draws it above the message line, in as many columns as the height makes necessary.
pub fn draw<'a>(app: &App, lines: impl Iterator<Item = &'a Bound>, pen: &mut Pen<'_>, areas: Areas) {
    let body = areas.body;
    let lines: Vec<(String, &str)> = lines.map(|line| (line.names(), line.binding.text)).collect();
    let keys = lines.iter().map(|(key, _)| width(key)).max().unwrap_or(1);
    let cell = keys + 2 + lines.iter().map(|(_, text)| width(text)).max().unwrap_or(1) + 2;
    let most = usize::from(body.height.saturating_sub(2)).max(1);
    let columns = lines.len().div_ceil(most).max(1);
    let high = lines.len().div_ceil(columns);
    let wide = u16::try_from(cell * columns + 3).unwrap_or(u16::MAX).max(20).min(body.width);
    let height = u16::try_from(high + 2).unwrap_or(u16::MAX).min(body.height);
    let area = Rect { x: body.right() - wide, y: body.bottom() - height, width: wide, height };
    let inside = pen.boxed(area, &format!("After {}", app.key_name(Action::Prefix)));
    for (at, row) in rows(inside).take(high).enumerate() {
        let mut spans = Vec::new();
        for (key, text) in lines.iter().skip(at).step_by(high) {
            let rest = cell.saturating_sub(keys + 2 + width(text));
            spans.push(pen.say(Tone::Accent, format!("{key:<keys$}  ")));
            spans.push(pen.say(Tone::Secondary, format!("{text}{:rest$}", "")));
        }
        pen.line(row, Line::from(spans));
    }
}
