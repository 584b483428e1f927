//! Draws a form.

use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::buttons;
use super::form::Form;
use super::view::middle;
use crate::tui::app::App;
use crate::tui::theme::Tone;
use crate::tui::widgets::field;
use crate::tui::widgets::pen::{Pen, rows};
use crate::tui::widgets::text::{cut_end, width};

/// Cells of a label at most.
const LABEL: usize = 18;

/// Draws it in the middle.
pub fn draw(app: &App, form: &Form, pen: &mut Pen<'_>, body: Rect) {
    let suggested = app.suggested(form);
    let help = help(form);
    let height = form.fields.len() + suggested.len() + usize::from(!help.is_empty()) * 2 + 4;
    let area = middle(body, 76.min(body.width.saturating_sub(2)), u16::try_from(height).unwrap_or(u16::MAX));
    let inside = pen.boxed(area, &form.title());
    let ellipsis = app.theme.glyphs.ellipsis;
    let mut lines = rows(inside);
    if !help.is_empty() {
        let Some(row) = lines.next() else { return };
        let text = pen.say(Tone::Secondary, cut_end(&help, usize::from(row.width).saturating_sub(2), ellipsis));
        pen.line(row, Line::from(vec![Span::raw(" "), text]));
        lines.next();
    }
    // Where not all fields fit, those before the cursor go.
    let room = usize::from(inside.height).saturating_sub(3 + suggested.len());
    let first = (form.cursor.min(form.fields.len().saturating_sub(1)) + 1).saturating_sub(room.max(1));
    for (at, field) in form.fields.iter().enumerate().skip(first) {
        let Some(row) = lines.next() else { break };
        let focused = at == form.cursor;
        let sign = if focused { ">" } else { " " };
        let needed = if field.port.may_be_left_out() { " " } else { "*" };
        let label = cut_end(field.port.name(), LABEL, ellipsis);
        let start = format!("{sign}{needed}{label:<LABEL$} ");
        let left = u16::try_from(width(&start)).unwrap_or(0);
        let mut line = vec![pen.say(if focused { Tone::Primary } else { Tone::Muted }, start)];
        let room = usize::from(row.width.saturating_sub(left + 1));
        let typed = field::shown(&field.input, room, ellipsis);
        match (&field.fixed, &field.error) {
            (Some(name), _) => line.push(pen.say(Tone::Secondary, cut_end(name, room, ellipsis))),
            (None, error) => {
                let text = field.input.value();
                let shown = if focused { typed.0.clone() } else { cut_end(text, room, ellipsis) };
                let used = width(&shown);
                line.push(Span::raw(shown));
                let word = match error {
                    Some(why) => {
                        Some(pen.say(Tone::Bad, format!("  {}", cut_end(why, room.saturating_sub(used + 2), ellipsis))))
                    }
                    None if text.is_empty() => {
                        Some(pen.say(Tone::Muted, cut_end(&field.port.wanted(), room.saturating_sub(used), ellipsis)))
                    }
                    None => None,
                };
                line.extend(word);
            }
        }
        pen.line(row, Line::from(line));
        if focused {
            let at = u16::try_from(typed.1).unwrap_or(0);
            pen.cursor = Some(Position { x: (row.x + left + at).min(row.right().saturating_sub(1)), y: row.y });
            for text in &suggested {
                let Some(row) = lines.next() else { break };
                let text = format!("{}{}", " ".repeat(LABEL + 3), text);
                let span = pen.say(Tone::Muted, cut_end(&text, usize::from(row.width), ellipsis));
                pen.line(row, Line::from(span));
            }
        }
    }
    let names = [form.button()];
    buttons::draw(pen, inside, &names, form.is_at_buttons().then_some(0));
    let Some(last) = rows(inside).last().filter(|last| last.width > 22) else { return };
    let text = pen.say(Tone::Muted, app.prose("⟨next-button⟩ moves, ⟨back⟩ cancels, * is needed"));
    pen.line(Rect { x: last.x + 20, width: last.width - 20, ..last }, Line::from(text));
}

/// What the chosen field is for, else what the action does.
fn help(form: &Form) -> String {
    let field = form.fields.get(form.cursor).and_then(|field| field.port.description.clone());
    field.or_else(|| form.description()).unwrap_or_default()
}
