//! The messages as lines.

use ratatui::text::{Line, Span};

use crate::tui::app::App;
use crate::tui::notes::Said;
use crate::tui::theme::Tone;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::text::age;

/// What was said, the newest first.
pub fn message_lines(app: &App, width: usize) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, u16::try_from(width).unwrap_or(u16::MAX));
    for note in app.notes.all.iter().rev() {
        let age = age(note.at.seconds_until(app.now));
        let (text, tone) = match &note.text {
            Said::Word(text) => (app.prose(text), Tone::Secondary),
            Said::Error(failure) => (app.prose(&failure.to_string()), Tone::Bad),
        };
        let head = page.say(Tone::Muted, format!("{age:>5}  "));
        let mut spans: Vec<Span<'static>> = vec![head];
        if tone == Tone::Bad {
            spans.push(page.say(Tone::Bad, "error  "));
        }
        spans.push(page.say(Tone::Secondary, text));
        page.line(spans);
    }
    if app.notes.all.is_empty() {
        page.paragraph(Tone::Muted, "Nothing was said yet.");
    }
    page.lines
}
