//! The page of a node, a pod, an engine or a task: its details, to scroll.

use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{apps, engines, nodes, pods, tasks};
use crate::tui::app::{App, Page, Target};
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::{Focus, Pen};

/// The details of a thing as lines.
pub fn lines(app: &App, target: &Target, width: u16) -> Vec<Line<'static>> {
    match target {
        Target::App(id) => apps::details(app, id, None, width),
        Target::Node(id) => nodes::details(app, id, width),
        Target::Pod(id) => pods::details(app, id, width),
        Target::Engine(id) => engines::details(app, id, width),
        Target::Task(id) => tasks::details(app, id, width),
    }
}

/// Draws the page.
pub fn draw(app: &App, target: &Target, top: usize, pen: &mut Pen<'_>, area: Rect) {
    let title = vec![
        pen.say(Tone::Muted, format!("{} > ", target.screen().name())),
        pen.say(Tone::Primary, app.describe(target)),
    ];
    pen.rule(area, title, Focus::Here);
    let inside = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let lines = lines(app, target, inside.width);
    let count = lines.len();
    pen.lines(inside, lines.into_iter().skip(top));
    super::more(app, pen, inside, top, count);
}

impl App {
    /// Lines of the page that is open, to know how far it can be scrolled.
    pub(in crate::tui) fn page_length(&self) -> usize {
        let width = self.areas().width;
        match self.pages.last() {
            Some(Page::Thing(target, _)) => lines(self, target, width).len(),
            Some(Page::App(page)) if !page.tab.has_rows() => super::app_page::text(self, page, width).len(),
            _ => 0,
        }
    }
}
