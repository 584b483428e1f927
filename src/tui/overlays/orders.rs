//! In which order a list is shown (`o`).

use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Overlay, moved, view::middle};
use crate::search::Query;
use crate::tui::action::Action;
use crate::tui::app::{App, Order};
use crate::tui::effect::Effect;
use crate::tui::list::ListView;
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::{Pen, rows};

/// The orders of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orders {
    cursor: usize,
}

impl Orders {
    /// Those of the list in front, the present one chosen.
    pub fn new(app: &App) -> Self {
        let order = app.front().order;
        Self { cursor: app.front_orders().iter().position(|it| *it == order).unwrap_or(0) }
    }
}

impl App {
    pub(super) fn act_in_orders(&mut self, action: Action, mut it: Orders) -> Vec<Effect> {
        let all = self.front_orders();
        match action {
            Action::Move(step) => it.cursor = moved(it.cursor, step, all.len()),
            Action::Confirm => {
                if let Some(order) = all.get(it.cursor) {
                    self.front_mut().order = *order;
                    self.refill_front();
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
    let all = app.front_orders();
    let height = u16::try_from(all.len() + 2).unwrap_or(u16::MAX);
    let inside = pen.boxed(middle(body, 36, height), &format!("Order of {}", app.front_name()));
    for (row, (at, order)) in rows(inside).zip(all.iter().enumerate()) {
        let current = if *order == app.front().order { "*" } else { " " };
        let list = app.front();
        let name = if *order == Order::Usual && has_words(list) { "relevance" } else { app.order_name(*order) };
        let line = vec![pen.say(Tone::Accent, format!("  {current} ")), pen.say(Tone::Secondary, name)];
        pen.line(row, Line::from(line));
        if at == it.cursor {
            pen.line(Rect { width: 1, ..row }, Line::from(">"));
            pen.choose(row);
        }
    }
}
