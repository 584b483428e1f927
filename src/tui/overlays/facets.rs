//! What a list can be narrowed to, with counts (`f`, and at the side where there is room). Ticking writes into the filter, so that both say the same.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Overlay, moved, view::middle};
use crate::domain::{Engine, Liveness};
use crate::search::{Counted, Facet, Key, Query, facets, toggle, typed};
use crate::tui::action::{Action, Screen, Step};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::list::Hidden;
use crate::tui::panes::Pane;
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::{Focus, Pen, rows};
use crate::tui::widgets::text::{cut_middle, grouped, width};

/// Cells of the number of rows behind a value.
const COUNT: usize = 7;

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
        // At the side they are counted only while no page is open.
        if app.front().searcher.facts().is_empty() {
            let facts = app.front_facts();
            app.front_mut().searcher.take_facts(Some(facts));
        }
        let list = app.front();
        let screen = self.screen;
        let shown = |row: usize| list.shows_hidden == Hidden::Shown || !app.is_hidden(screen, row);
        let (index, facts) = (list.searcher.index(), list.searcher.facts());
        self.all = facets(Counted { index, facts, shown: &shown }, list.filter.value());
        let query = Query::parse(list.filter.value());
        self.left = index.search_with(&query, facts).into_iter().filter(|row| shown(*row)).count();
        self.cursor = self.cursor.min(self.len().saturating_sub(1));
    }

    /// Whose they are.
    pub fn screen(&self) -> Screen {
        self.screen
    }

    /// The same, counted anew.
    #[must_use]
    pub fn again(mut self, app: &mut App) -> Self {
        self.count(app);
        self
    }

    /// Moves the cursor.
    pub fn step(&mut self, step: Step) {
        self.cursor = moved(self.cursor, step, self.len());
    }

    /// Ticks or unticks the chosen value: the filter says it, too.
    pub fn tick(&mut self, app: &mut App) {
        let Some((key, text)) = self.places().nth(self.cursor).map(|(key, text)| (key, text.to_owned())) else {
            return;
        };
        let list = app.front_mut();
        let typed = toggle(list.filter.value(), key, &text);
        list.filter = typed.into();
        app.filter_changed();
        self.count(app);
        // The same value may stand elsewhere now.
        let at = self.places().position(|place| place == (key, text.as_str()));
        self.cursor = at.unwrap_or(self.cursor);
    }

    /// All values with their keys.
    fn places(&self) -> impl Iterator<Item = (Key, &str)> {
        self.all.iter().flat_map(|facet| facet.values.iter().map(move |value| (facet.key, value.text.as_str())))
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
            Action::Move(step) => it.step(step),
            Action::Mark => it.tick(self),
            Action::Confirm => {
                it.tick(self);
                return Vec::new();
            }
            Action::Back | Action::Close => return Vec::new(),
            _ => {}
        }
        self.overlay = Some(Overlay::Facets(it));
        Vec::new()
    }
}

/// Draws them over the page.
pub fn draw(app: &App, it: &Facets, pen: &mut Pen<'_>, body: Rect) {
    let name_room = 24.min(usize::from(body.width).saturating_sub(33).max(10));
    let lines = it.lines(app, pen, &Shape { name: name_room, head: Head::Beside });
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let width = u16::try_from(name_room + 31).unwrap_or(u16::MAX);
    let title = format!("Facets  {} left", grouped(it.left));
    let inside = pen.boxed(middle(body, width, height), &title);
    it.rows(pen, inside, (lines, Some(1)));
}

/// Draws them in the column at the side.
pub fn draw_side(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let focus = if app.pane() == Pane::Side { Focus::Here } else { Focus::Elsewhere };
    let name = if focus == Focus::Here { "> Facets" } else { "Facets" };
    pen.rule(area, vec![pen.say(Tone::Primary, name)], focus);
    let inside = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let Some(it) = app.looks.side.as_ref().filter(|it| it.screen == app.screen) else { return };
    let name_room = usize::from(inside.width.saturating_sub(14)).clamp(8, 40);
    let lines = it.lines(app, pen, &Shape { name: name_room, head: Head::Above });
    let count = lines.len();
    let top = it.rows(pen, inside, (lines, (focus == Focus::Here).then_some(0)));
    let narrower = Rect { width: inside.width.saturating_sub(1), ..inside };
    crate::tui::screens::more(app, pen, narrower, top, count);
}

/// Where the name of a facet stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    Beside,
    Above,
}

/// How the lines are laid out.
struct Shape {
    name: usize,
    head: Head,
}

impl Facets {
    /// One line for each value, with the number of the value; heads and gaps have none.
    fn lines(&self, app: &App, pen: &Pen<'_>, shape: &Shape) -> Vec<(Option<usize>, Line<'static>)> {
        let mut lines: Vec<(Option<usize>, Line<'static>)> = Vec::new();
        let mut at = 0;
        for facet in &self.all {
            if shape.head == Head::Above {
                if !lines.is_empty() {
                    lines.push((None, Line::default()));
                }
                lines.push((None, Line::from(pen.say(Tone::Muted, format!(" {}", facet.key.name().to_uppercase())))));
            }
            for (place, value) in facet.values.iter().enumerate() {
                let head = if place == 0 { facet.key.name() } else { "" };
                let head = if shape.head == Head::Beside { format!("   {head:<11}") } else { String::from("  ") };
                let tick = if value.chosen { "[x]" } else { "[ ]" };
                let tone = if value.chosen { Tone::Primary } else { Tone::Secondary };
                let off = if facet.key == Key::Engine && self.is_away(app, &value.text) { " (off)" } else { "" };
                let count = grouped(value.count);
                // That it is off may stand in the room before the number.
                let most = shape.name + COUNT;
                let room = if off.is_empty() { shape.name } else { most.saturating_sub(count.len() + 1 + off.len()) };
                let name = cut_middle(&value.text, room, app.theme.glyphs.ellipsis);
                let gap = if off.is_empty() { shape.name.saturating_sub(width(&name)) } else { 0 };
                let rest = most.saturating_sub(width(&name) + gap + off.len());
                let line: Vec<Span<'static>> = vec![
                    pen.say(Tone::Muted, head),
                    pen.say(if value.chosen { Tone::Accent } else { Tone::Muted }, format!("{tick} ")),
                    pen.say(tone, format!("{name}{}", " ".repeat(gap))),
                    pen.say(Tone::Muted, format!("{off}{count:>rest$}")),
                ];
                lines.push((Some(at), Line::from(line)));
                at += 1;
            }
        }
        if lines.is_empty() {
            lines.push((None, Line::from(pen.say(Tone::Muted, " Nothing can be told apart yet."))));
        }
        lines
    }

    /// Whether an engine is offline, by its name as it is typed.
    fn is_away(&self, app: &App, name: &str) -> bool {
        // The list of engines tells them apart by what drives them.
        let is_it = |engine: &&Engine| typed(&engine.name) == name;
        let engine = app.data.engines().iter().find(is_it).filter(|_| self.screen != Screen::Engines);
        engine.is_some_and(|engine| matches!(engine.liveness, Liveness::Offline { .. }))
    }

    /// Draws the page on which the cursor is; the cursor itself, where it has a column. Returns the first line of the page.
    fn rows(
        &self,
        pen: &mut Pen<'_>,
        inside: Rect,
        (lines, cursor): (Vec<(Option<usize>, Line<'static>)>, Option<u16>),
    ) -> usize {
        let chosen = lines.iter().position(|(at, _)| *at == Some(self.cursor)).unwrap_or(0);
        let page = usize::from(inside.height).max(1);
        let top = chosen / page * page;
        for (row, (at, line)) in rows(inside).zip(lines.into_iter().skip(top)) {
            pen.line(row, line);
            if let Some(column) = cursor
                && at == Some(self.cursor)
            {
                pen.line(Rect { width: 1, x: row.x + column, ..row }, Line::from(">"));
                pen.choose(row);
            }
        }
        top
    }

    /// The value on a line of the side, by its distance from the top.
    pub fn place_at(&self, line: usize, height: usize) -> Option<usize> {
        let mut places: Vec<Option<usize>> = Vec::new();
        let mut at = 0;
        for facet in &self.all {
            places.extend(std::iter::repeat_n(None, if places.is_empty() { 1 } else { 2 }));
            places.extend((at..at + facet.values.len()).map(Some));
            at += facet.values.len();
        }
        let chosen = places.iter().position(|place| *place == Some(self.cursor)).unwrap_or(0);
        let page = height.max(1);
        places.get(chosen / page * page + line).copied().flatten()
    }

    /// Puts the cursor on a value.
    pub fn choose(&mut self, place: usize) {
        self.cursor = place.min(self.len().saturating_sub(1));
    }
}
