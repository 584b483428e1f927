//! The help and the messages as lines.

use ratatui::text::{Line, Span};

use crate::tui::app::App;
use crate::tui::keymap::{BINDINGS, Place};
use crate::tui::notes::Said;
use crate::tui::theme::Tone;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::text::age;

/// The keys of this screen first, then all others.
pub fn help_lines(app: &App, width: usize) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, u16::try_from(width).unwrap_or(u16::MAX));
    let here = app.page_chain();
    let others = Place::ALL.into_iter().filter(|place| !here.contains(place));
    for place in here.iter().copied().chain(others) {
        if !page.lines.is_empty() {
            page.gap();
        }
        page.head(place.title());
        for line in BINDINGS.iter().filter(|line| line.place == place) {
            let keys: Vec<_> = line.keys.iter().map(|key| key.name()).collect();
            let spans =
                vec![page.say(Tone::Accent, format!("{:<18}", keys.join(" "))), page.say(Tone::Secondary, line.text)];
            page.line(spans);
        }
    }
    page.lines
}

/// What was said, the newest first.
pub fn message_lines(app: &App, width: usize) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, u16::try_from(width).unwrap_or(u16::MAX));
    for note in app.notes.all.iter().rev() {
        let age = age(note.at.seconds_until(app.now));
        let (text, tone) = match &note.text {
            Said::Word(text) => (text.clone(), Tone::Secondary),
            Said::Error(failure) => (failure.to_string(), Tone::Bad),
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
