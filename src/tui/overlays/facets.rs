//! What a list can be narrowed to, with counts (`f`). Ticking writes into the filter, so that both say the same.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Overlay, moved, view::middle};
use crate::search::{Facet, facets, toggle};
use crate::tui::action::{Action, Screen};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::{Pen, rows};
use crate::tui::widgets::text::{cut_middle, grouped};

/// The facets of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facets {
    screen: Screen,
    all: Vec<Facet>,
    /// The chosen value, counted over all facets.
    cursor: usize,
    /// Rows that are left now.
    left: usize,
}

impl Facets {
    /// The facets of the screen as it is.
    pub fn new(app: &mut App) -> Self {
        let screen = app.screen;
        let mut it = Self { screen, all: Vec::new(), cursor: 0, left: 0 };
        it.count(app);
        it
    }

    fn count(&mut self, app: &mut App) {
        if app.list(self.screen).searcher.facts().is_empty() {
            let facts = app.facts(self.screen);
            app.list_mut(self.screen).searcher.take_facts(Some(facts));
        }
        let list = app.list(self.screen);
        self.all = facets(list.searcher.index(), list.searcher.facts(), list.filter.value());
        self.left = list.rows.len() + list.hidden;
        self.cursor = self.cursor.min(self.len().saturating_sub(1));
    }

    /// All values in their order: what about, what, how many, and whether it is chosen.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, &crate::search::Value)> {
        self.all.iter().flat_map(|facet| facet.values.iter().map(|value| (facet.key.name(), value)))
    }

    /// Rows that are left now.
    pub fn left(&self) -> usize {
        self.left
    }

    fn len(&self) -> usize {
        self.all.iter().map(|facet| facet.values.len()).sum()
    }
}

impl App {
    pub(super) fn act_in_facets(&mut self, action: Action, mut it: Facets) -> Vec<Effect> {
        match action {
            Action::Move(step) => it.cursor = moved(it.cursor, step, it.len()),
            Action::Mark | Action::Confirm => {
                let values = it.all.iter().flat_map(|facet| facet.values.iter().map(move |value| (facet.key, value)));
                if let Some((key, value)) = values.clone().nth(it.cursor) {
                    let list = self.list_mut(it.screen);
                    let typed = toggle(list.filter.value(), key, &value.text);
                    let chosen = (key, value.text.clone());
                    list.filter = typed.into();
                    self.filter_changed();
                    if action == Action::Confirm {
                        return Vec::new();
                    }
                    it.count(self);
                    // The same value may stand elsewhere now.
                    let place =
                        it.all.iter().flat_map(|facet| facet.values.iter().map(move |it| (facet.key, &it.text)));
                    let at = place.clone().position(|(key, text)| (key, text) == (chosen.0, &chosen.1));
                    it.cursor = at.unwrap_or(it.cursor);
                }
            }
            Action::Back | Action::Close => return Vec::new(),
            _ => {}
        }
        self.overlay = Some(Overlay::Facets(it));
        Vec::new()
    }
}

/// Draws them.
pub fn draw(app: &App, it: &Facets, pen: &mut Pen<'_>, body: Rect) {
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut chosen = 0;
    let mut at = 0;
    let name_room = 24.min(usize::from(body.width).saturating_sub(32).max(10));
    for facet in &it.all {
        for (place, value) in facet.values.iter().enumerate() {
            let head = if place == 0 { facet.key.name() } else { "" };
            let tick = if value.chosen { "[x]" } else { "[ ]" };
            let tone = if value.chosen { Tone::Primary } else { Tone::Secondary };
            let name = cut_middle(&value.text, name_room, app.theme.glyphs.ellipsis);
            let gap = name_room.saturating_sub(crate::tui::widgets::text::width(&name));
            let line: Vec<Span<'static>> = vec![
                pen.say(Tone::Muted, format!("   {head:<10}")),
                pen.say(if value.chosen { Tone::Accent } else { Tone::Muted }, format!("{tick} ")),
                pen.say(tone, format!("{name}{}", " ".repeat(gap))),
                pen.say(Tone::Muted, format!("{:>7}", grouped(value.count))),
            ];
            if at == it.cursor {
                chosen = lines.len();
            }
            lines.push(Line::from(line));
            at += 1;
        }
    }
    if lines.is_empty() {
        lines.push(Line::from(pen.say(Tone::Muted, "   Nothing here can be told apart yet.")));
    }
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let width = u16::try_from(name_room + 30).unwrap_or(u16::MAX);
    let title = format!("Facets  {} left", grouped(it.left));
    let inside = pen.boxed(middle(body, width, height), &title);
    let page = usize::from(inside.height).max(1);
    let top = chosen / page * page;
    for (row, (place, line)) in rows(inside).zip(lines.into_iter().enumerate().skip(top)) {
        pen.line(row, line);
        if place == chosen && it.len() > 0 {
            pen.line(Rect { width: 1, x: row.x + 1, ..row }, Line::from(">"));
            pen.choose(row);
        }
    }
}
