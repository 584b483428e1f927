//! In which order a list is shown (`o`).

use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Overlay, moved, view::middle};
use crate::search::Query;
use crate::tui::action::{Action, Screen};
use crate::tui::app::{App, Order};
use crate::tui::effect::Effect;
use crate::tui::list::ListView;
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::{Pen, rows};

/// The orders of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orders {
    screen: Screen,
    cursor: usize,
}

impl Orders {
    /// Those of the screen, the present one chosen.
    pub fn new(app: &App) -> Self {
        let order = app.list(app.screen).order;
        let cursor = Order::of(app.screen).iter().position(|it| *it == order).unwrap_or(0);
        Self { screen: app.screen, cursor }
    }
}

impl App {
    pub(super) fn act_in_orders(&mut self, action: Action, mut it: Orders) -> Vec<Effect> {
        let all = Order::of(it.screen);
        match action {
            Action::Move(step) => it.cursor = moved(it.cursor, step, all.len()),
            Action::Confirm => {
                if let Some(order) = all.get(it.cursor) {
                    self.list_mut(it.screen).order = *order;
                    self.refill(it.screen);
                }
                return Vec::new();
            }
            Action::Back | Action::Close => return Vec::new(),
            _ => {}
        }
        self.overlay = Some(Overlay::Orders(it));
        Vec::new()
    }
}

fn has_words(list: &ListView) -> bool {
    !Query::parse(list.filter.value()).words.is_empty()
}

/// Draws them.
pub fn draw(app: &App, it: Orders, pen: &mut Pen<'_>, body: Rect) {
    let all = Order::of(it.screen);
    let height = u16::try_from(all.len() + 2).unwrap_or(u16::MAX);
    let inside = pen.boxed(middle(body, 36, height), &format!("Order of {}", it.screen.name().to_lowercase()));
    for (row, (at, order)) in rows(inside).zip(all.iter().enumerate()) {
        let current = if *order == app.list(it.screen).order { "*" } else { " " };
        let list = app.list(it.screen);
        let name = if *order == Order::Usual && has_words(list) { "relevance" } else { order.name(it.screen) };
        let line = vec![pen.say(Tone::Accent, format!("  {current} ")), pen.say(Tone::Secondary, name)];
        pen.line(row, Line::from(line));
        if at == it.cursor {
            pen.line(Rect { width: 1, ..row }, Line::from(">"));
            pen.choose(row);
        }
    }
}
