//! The messages, and beside them the last requests: what was said, and what was asked of the server meanwhile.

use ratatui::text::{Line, Span};

use super::{Overlay, net};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::notes::Said;
use crate::tui::theme::Tone;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::text::{age, cut_end, filled, width as width_of, wrap};

/// Which of both is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Told {
    /// The messages.
    #[default]
    Messages,
    /// The requests.
    Requests,
    /// What they cost.
    Costs,
}

impl Told {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Messages => "Messages",
            Self::Requests => "Requests",
            Self::Costs => "Network",
        }
    }
}

/// Messages or requests that are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// Which.
    pub told: Told,
    /// Lines scrolled away.
    pub top: usize,
}

impl App {
    pub(super) fn act_in_reading(&mut self, action: Action, mut reading: Reading) -> Vec<Effect> {
        match action {
            Action::Back | Action::Close => return Vec::new(),
            Action::Copy => {
                self.overlay = Some(Overlay::Messages(reading));
                let lines = lines(self, reading, usize::from(u16::MAX));
                let text: Vec<String> = lines.iter().map(|line| line.to_string().trim_end().to_owned()).collect();
                return vec![Effect::Copy(text.join("\n"))];
            }
            Action::NextTab => {
                let told = match reading.told {
                    Told::Messages => Told::Requests,
                    Told::Requests => Told::Costs,
                    Told::Costs => Told::Messages,
                };
                reading = Reading { told, top: 0 };
            }
            Action::Move(step) => {
                let count = lines(self, reading, room(super::view::body(self.areas()).width)).len();
                reading.top = self.scrolled_box(reading.top, step, count);
            }
            _ => {}
        }
        self.overlay = Some(Overlay::Messages(reading));
        Vec::new()
    }
}

/// The title of the box: all three, the open one in brackets.
pub fn title(app: &App, reading: Reading) -> String {
    let tab = |told: Told, name: String| if told == reading.told { format!("[{name}]") } else { name };
    let count = app.net.requests.len();
    let requests = if count == 0 { Told::Requests.name().to_owned() } else { format!("Requests {count}") };
    let tabs = [
        tab(Told::Messages, Told::Messages.name().to_owned()),
        tab(Told::Requests, requests),
        tab(Told::Costs, Told::Costs.name().to_owned()),
    ];
    tabs.join("   ")
}

/// Cells for text in a box over a body of that width.
pub fn room(body: u16) -> usize {
    usize::from(body.saturating_sub(2).min(132)).saturating_sub(4)
}

/// What the box shows, the newest first.
pub fn lines(app: &App, reading: Reading, width: usize) -> Vec<Line<'static>> {
    match reading.told {
        Told::Messages => message_lines(app, width),
        Told::Requests => net::request_lines(app, width),
        Told::Costs => net::lines(app, width),
    }
}

/// What was said, the newest first.
fn message_lines(app: &App, width: usize) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, u16::try_from(width).unwrap_or(u16::MAX));
    // What was asked for together, one by one.
    if let Some(text) = app.bulk_text() {
        page.paragraph(Tone::Warn, &text);
        let parts = app.bulk_parts();
        let longest = parts.iter().map(|(_, name, _)| width_of(name)).max().unwrap_or(0).min(width / 2);
        for (word, name, more) in parts {
            let name = filled(&cut_end(&name, longest, app.theme.glyphs.ellipsis), longest);
            let line = vec![
                page.say(Tone::Muted, format!("  {word:<11}")),
                page.say(Tone::Primary, name),
                page.say(Tone::Secondary, format!("  {more}")),
            ];
            page.line(line);
        }
        page.gap();
    }
    for note in app.notes.all.iter().rev() {
        let age = age(note.at.seconds_until(app.now));
        let (text, tone) = match &note.text {
            Said::Word(text) => (app.prose(text), Tone::Secondary),
            Said::Error(failure) => (app.prose(&format!("{}  {failure}", failure.id())), Tone::Bad),
        };
        let head = page.say(Tone::Muted, format!("{age:>5}  "));
        let mut spans: Vec<Span<'static>> = vec![head];
        let mut indent = 7;
        if tone == Tone::Bad {
            spans.push(page.say(Tone::Bad, "error  "));
            indent += 7;
        }
        for (at, text) in wrap(&text, width.saturating_sub(indent + 2)).into_iter().enumerate() {
            if at > 0 {
                spans.push(Span::raw(" ".repeat(indent)));
            }
            spans.push(page.say(Tone::Secondary, text));
            page.line(std::mem::take(&mut spans));
        }
    }
    if app.notes.all.is_empty() {
        page.paragraph(Tone::Muted, "Nothing was said yet.");
    }
    page.lines
}
