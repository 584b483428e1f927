//! The servers that one can go to (`C`).

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Overlay, moved, view::middle};
use crate::domain::{Failure, Remote};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::header;
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::{Pen, rows};
use crate::tui::widgets::text::{cut_middle, width};

/// A server with an identity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContextRow {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// The organisation; may be empty.
    pub organisation: String,
    /// The person's word for it, such as `PROD`; may be empty.
    pub word: String,
    /// The colour of that word; may be empty.
    pub colour: String,
    /// Whether it is only read.
    pub read_only: bool,
    /// Whether somebody is signed in, in a few words.
    pub state: String,
}

/// The list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Contexts {
    /// What there is.
    pub rows: Remote<Vec<ContextRow>>,
    /// The chosen row.
    pub cursor: usize,
}

impl Contexts {
    /// What there is; nothing before it was read.
    fn all(&self) -> &[ContextRow] {
        self.rows.value().map_or(&[], Vec::as_slice)
    }
}

impl App {
    /// Opens the list.
    pub(in crate::tui) fn open_contexts(&mut self) -> Vec<Effect> {
        let mut contexts = Contexts::default();
        contexts.rows.start();
        self.overlay = Some(Overlay::Contexts(contexts));
        vec![Effect::Contexts]
    }

    /// The list has been read.
    pub(in crate::tui) fn take_contexts(&mut self, result: Result<Vec<ContextRow>, Failure>) {
        let current = self.session.context.clone();
        if let Some(Overlay::Palette(palette)) = &mut self.overlay {
            palette.add_contexts(result.iter().flatten().map(|row| row.name.clone()));
            return;
        }
        if let Some(Overlay::Contexts(contexts)) = &mut self.overlay {
            contexts.rows.settle(result);
            contexts.cursor = contexts.all().iter().position(|row| row.name == current).unwrap_or(0);
        }
    }

    pub(super) fn act_in_contexts(&mut self, action: Action, mut contexts: Contexts) -> Vec<Effect> {
        match action {
            Action::Move(step) => contexts.cursor = moved(contexts.cursor, step, contexts.all().len()),
            Action::Confirm => {
                let chosen = contexts.all().get(contexts.cursor).map(|row| row.name.clone());
                return chosen.map_or_else(Vec::new, |name| self.use_context(&name));
            }
            Action::Back | Action::Close => return Vec::new(),
            _ => {}
        }
        self.overlay = Some(Overlay::Contexts(contexts));
        Vec::new()
    }
}

/// Draws the list.
pub fn draw(app: &App, contexts: &Contexts, pen: &mut Pen<'_>, body: Rect) {
    let all = contexts.all();
    let height = u16::try_from(all.len().max(1) + 4).unwrap_or(u16::MAX);
    let area = middle(body, 84.min(body.width.saturating_sub(2)), height);
    let inside = pen.boxed(area, "Servers");
    let list = Rect { height: inside.height.saturating_sub(2), ..inside };
    match (&contexts.rows, all.is_empty()) {
        (Remote::Failed { failure, .. }, _) => {
            let text = pen.say(Tone::Bad, format!(" {failure}"));
            pen.line(list, Line::from(text));
        }
        (_, true) => {
            let text = pen.say(Tone::Muted, " Reading the settings.");
            pen.line(list, Line::from(text));
        }
        _ => {}
    }
    let wide = inside.width >= 70;
    let name_room = all.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).clamp(8, 18);
    let top = super::view::first_row(contexts.cursor, list.height);
    crate::tui::screens::more(app, pen, list, top, all.len());
    for (row, (at, context)) in rows(list).zip(all.iter().enumerate().skip(top)) {
        let current = if context.name == app.session.context { "*" } else { " " };
        let ellipsis = app.theme.glyphs.ellipsis;
        let mut line = vec![
            pen.say(Tone::Accent, format!(" {current} ")),
            pen.say(Tone::Primary, format!("{:<name_room$}", cut_middle(&context.name, name_room, ellipsis))),
        ];
        let word = if context.word.is_empty() { String::new() } else { format!("[{}] ", context.word) };
        let read_only = if context.read_only { "RO" } else { "" };
        let gap = 10_usize.saturating_sub(width(&word) + read_only.len());
        line.push(Span::raw("  "));
        line.push(Span::styled(word, header::word_style(app, &context.colour)));
        line.push(pen.say(Tone::Warn, format!("{read_only}{}", " ".repeat(gap))));
        if wide {
            line.push(pen.say(Tone::Secondary, format!("{:<28}", cut_middle(&context.url, 27, ellipsis))));
            line.push(pen.say(Tone::Muted, context.state.clone()));
        }
        pen.line(row, Line::from(line));
        if at == contexts.cursor {
            pen.line(Rect { width: 1, ..row }, Line::from(">"));
            pen.choose(row);
        }
    }
    if let Some(last) = rows(inside).last() {
        let text = pen.say(Tone::Muted, " Another one: kab login URL, or kab context add");
        pen.line(last, Line::from(text));
    }
}
