//! Draws the pods of all servers: one list with the name of the server in front, and a line about those that are missing.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::domain::Pod;
use crate::tui::app::{App, Everywhere};
use crate::tui::layout::Room;
use crate::tui::theme::{Tone, pod_state};
use crate::tui::widgets::pen::{Focus, Pen};
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::table::{self, Cell, Column, Mark, Row, RowState};
use crate::tui::widgets::text::age;

/// Draws the page.
pub fn draw(app: &App, page: &Everywhere, pen: &mut Pen<'_>, area: Rect) {
    let count = page.rows().count();
    let awaited = page.awaited();
    let mut title = vec![pen.say(Tone::Primary, "Pods of all servers"), pen.say(Tone::Secondary, format!(" {count}"))];
    if page.asked.is_empty() {
        title.push(pen.say(Tone::Warn, "  asking"));
    } else if !awaited.is_empty() {
        title.push(pen.say(Tone::Warn, format!("  waiting for {}", awaited.join(", "))));
    }
    title.extend(super::thing::narrowed(app, pen));
    title.push(pen.say(Tone::Muted, "  read-only"));
    pen.rule(area, title, Focus::Here);
    let below =
        Rect { y: area.y + 1, height: area.height.saturating_sub(1), width: area.width.saturating_sub(1), ..area };
    let absent = absent(app, page, below.width);
    let lines = u16::try_from(absent.len()).unwrap_or(u16::MAX).min(below.height / 2);
    let list = Rect { height: below.height - lines, ..below };
    pen.lines(Rect { y: list.bottom(), height: lines, ..below }, absent);
    if count == 0 {
        let text =
            if awaited.is_empty() && !page.asked.is_empty() { "No pods anywhere." } else { "Asking the servers." };
        let line = pen.say(Tone::Muted, format!(" {text}"));
        return pen.lines(list, [Line::default(), Line::from(line)]);
    }
    let shown = app.sifted();
    if shown.rows.is_empty() {
        return pen.lines(list, super::empty::no_match(app, list.width));
    }
    let columns = columns(page, below.width);
    let body = if app.areas().room == Room::Small {
        list
    } else {
        table::heads(pen, list, &columns);
        Rect { y: list.y + 1, height: list.height.saturating_sub(1), ..list }
    };
    let rows = usize::from(body.height).max(1);
    let top = shown.place / rows * rows;
    let pods: Vec<_> = page.rows().collect();
    let drawn: Vec<Row> = shown
        .rows
        .iter()
        .filter_map(|at| Some((*at, *pods.get(*at)?)))
        .skip(top)
        .take(rows)
        .map(|(at, pod)| Row {
            cells: cells(app, page, pod),
            state: if shown.chosen() == Some(at) { RowState::Chosen } else { RowState::Plain },
            mark: Mark::None,
        })
        .collect();
    table::body(pen, body, &columns, drawn.into_iter());
    super::thing::mark_matches(app, pen, body);
    super::more(app, pen, body, top, shown.rows.len());
}

fn columns(page: &Everywhere, width: u16) -> Vec<Column> {
    let name = if width >= 100 { 30 } else { 22 };
    vec![
        Column::new("CONTEXT", 12, 0).middle(),
        Column::new("STATE", 12, 0),
        Column::new("POD", name, 0).middle(),
        Column::new("VERSION", 8, 3),
        Column::new("ENGINE", 13, 1).middle(),
        Column::new("AGE", 4, 2).right().held_by(page.rows(), |(_, pod)| pod.created_at.is_some()),
    ]
}

fn cells(app: &App, page: &Everywhere, (context, pod): (&str, &Pod)) -> Vec<Cell> {
    let text = |tone, text: &str| vec![Span::styled(text.to_owned(), app.theme.style(tone))];
    let (sign, tone) = pod_state(&pod.status);
    let told = page.of(context).filter(|told| told.is_ghost(pod, app.now));
    let state = match told.map(|told| pod.confirmed_at(told.engine(pod), app.now)) {
        Some(seen) => super::pods::ghost(app, pod, seen),
        None => super::state(&app.theme, pod.status.word(), sign, tone),
    };
    let nothing = app.theme.glyphs.nothing;
    let old = pod.created_at.map_or_else(|| nothing.to_owned(), |at| age(at.seconds_until(app.now)));
    vec![
        text(if context == app.session.context { Tone::Secondary } else { Tone::Accent }, context),
        state,
        text(Tone::Primary, &pod.name()),
        text(Tone::Secondary, &pod.version),
        text(Tone::Secondary, &pod.engine_name),
        text(Tone::Muted, &old),
    ]
}

/// The servers whose pods are missing, each with the reason.
fn absent(app: &App, page: &Everywhere, width: u16) -> Vec<Line<'static>> {
    let mut text = Prose::new(app.theme, width);
    for (context, failure) in page.absent() {
        text.paragraph(Tone::Warn, &format!("{context} is not shown: {}", failure.why));
    }
    text.lines
}
