//! The page of a node, a pod, an engine or a task: its details, to scroll, on tabs where there are several kinds of them.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{apps, engines, nodes, parts, pods, tasks};
use crate::search::Query;
use crate::tui::app::{App, Page, PartRow, Standing, Target, Typing, places};
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::pen::{Focus, Pen, rows};

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
pub fn draw(app: &App, target: &Target, at: &Standing, pen: &mut Pen<'_>, area: Rect) {
    let mut title = vec![
        pen.say(Tone::Muted, format!("{} > ", target.screen().name())),
        pen.say(Tone::Primary, app.describe(target)),
    ];
    title.extend(narrowed(app, pen));
    pen.rule(area, title, Focus::Here);
    let inside = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let inside = match parts::tabs(app, target, at.part) {
        Some(tabs) => {
            tabs.draw(pen, Rect { height: 1.min(inside.height), ..inside });
            Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside }
        }
        None => inside,
    };
    let told = app.page_told(inside.width);
    text(app, at, &told, pen, inside);
}

/// What a page of text tells: its lines, and the rows in it that lead somewhere.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// The lines.
    pub lines: Vec<Line<'static>>,
    /// The rows.
    pub rows: Vec<PartRow>,
}

impl Told {
    /// The same with no other rows than these, and without heads under which no row is left.
    fn only(self, shown: &[usize]) -> Self {
        let mut told = Self::default();
        let mut lines = self.lines.into_iter();
        let (mut read, mut before) = (0, Vec::new());
        for (place, row) in self.rows.into_iter().enumerate() {
            let text: Vec<Line<'static>> = lines.by_ref().take(row.line.saturating_sub(read)).collect();
            if !text.is_empty() {
                before = text;
            }
            let own: Vec<Line<'static>> = lines.by_ref().take(row.lines).collect();
            read = row.line + row.lines;
            if shown.binary_search(&place).is_ok() {
                told.lines.append(&mut before);
                told.rows.push(PartRow { line: told.lines.len(), ..row });
                told.lines.extend(own);
            }
        }
        told.lines.extend(lines);
        told
    }
}

/// In the title of a page: how many of its rows are shown, and what they are narrowed by.
pub fn narrowed(app: &App, pen: &Pen<'_>) -> Vec<Span<'static>> {
    let Some(sieve) = app.sieve() else { return Vec::new() };
    let typed = sieve.filter.value();
    if typed.is_empty() && app.typing != Some(Typing::Filter) {
        return Vec::new();
    }
    let count = format!("  {}/{}", app.sifted().rows.len(), app.all_rows());
    vec![pen.say(Tone::Secondary, count), pen.say(Tone::Accent, format!("  /{typed}"))]
}

/// Draws a page's text, with the cursor on one of its rows.
pub fn text(app: &App, at: &Standing, told: &Told, pen: &mut Pen<'_>, inside: Rect) {
    pen.lines(inside, told.lines.iter().skip(at.top).cloned());
    super::more(app, pen, inside, at.top, told.lines.len());
    if told.rows.is_empty() {
        mark(&app.look.text, pen, inside);
        let found = app.look.at.filter(|line| told.lines.get(*line).is_some_and(|it| app.look.is_in(&it.to_string())));
        let found = found.and_then(|line| u16::try_from(line.checked_sub(at.top)?).ok());
        if let Some(y) = found.filter(|y| *y < inside.height) {
            // Of several that are seen, the one that the keys have led to.
            pen.keep(Rect { y: inside.y + y, height: 1, ..inside });
        }
    }
    let lines = told.rows.iter().flat_map(|row| row.line..row.line + row.lines);
    for line in lines.filter_map(|line| u16::try_from(line.checked_sub(at.top)?).ok()) {
        if line < inside.height {
            mark_matches(app, pen, Rect { y: inside.y + line, height: 1, ..inside });
        }
    }
    let row = app.part_place(&told.rows).and_then(|place| told.rows.get(place));
    if let Some(y) = row.and_then(|row| row.line.checked_sub(at.top)).and_then(|y| u16::try_from(y).ok())
        && y < inside.height
    {
        let line = Rect { y: inside.y + y, height: 1, width: inside.width.saturating_sub(1), ..inside };
        pen.line(Rect { width: 1, ..line }, Line::from(">"));
        pen.choose(line);
    }
}

/// Marks the words that rows are narrowed by, where they stand in what was drawn.
pub fn mark_matches(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let typed = Query::parse(app.sifted_by());
    // A letter alone stands everywhere.
    for word in typed.words.iter().filter(|word| word.chars().count() > 1) {
        mark(word, pen, area);
    }
}

/// Marks a text where it stands in what was drawn.
fn mark(text: &str, pen: &mut Pen<'_>, area: Rect) {
    let wanted = text.chars().count();
    if wanted == 0 {
        return;
    }
    for row in rows(area) {
        let mut letters = Vec::new();
        let mut columns = Vec::new();
        for x in row.left()..row.right() {
            for letter in pen.buffer[(x, row.y)].symbol().chars() {
                letters.push(letter);
                columns.push(x);
            }
        }
        for at in places(text, &letters) {
            for x in &columns[at..at + wanted] {
                let cell = &mut pen.buffer[(*x, row.y)];
                cell.set_style(Theme::matched(cell.style()));
            }
        }
    }
}

impl App {
    /// Lines of the page that is open, to know how far it can be scrolled.
    pub(in crate::tui) fn page_length(&self) -> usize {
        self.page_told(self.areas().width).lines.len()
    }

    /// The same as plain text, to look for something in it.
    pub(in crate::tui) fn page_lines(&self) -> Vec<String> {
        self.page_told(self.areas().width).lines.iter().map(Line::to_string).collect()
    }

    /// What the page that is open tells on that many columns, where it is text; only those of its rows that match what is
    /// typed.
    pub(in crate::tui) fn page_told(&self, width: u16) -> Told {
        let told = self.page_as_it_is(width);
        let typed = self.sifted_by();
        if typed.is_empty() || told.rows.is_empty() {
            return told;
        }
        let shown = self.sifted().rows;
        if shown.is_empty() {
            return Told { lines: super::empty::no_match(self, width), rows: Vec::new() };
        }
        told.only(&shown)
    }

    /// The same with all rows, whatever is typed.
    pub(in crate::tui) fn page_as_it_is(&self, width: u16) -> Told {
        match self.pages.last() {
            Some(Page::Thing(target, at)) => {
                Told { lines: parts::lines(self, target, at.part, width), rows: parts::leading(self, target, at.part) }
            }
            Some(Page::App(page)) if !page.tab.has_rows() => super::app_page::text(self, page, width),
            _ => Told::default(),
        }
    }
}
