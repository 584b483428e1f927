//! Draws the pods of all servers: one list with the name of the server in front, a line about those that are missing,
//! and how it is filtered and ordered as with every list.

use std::collections::BTreeSet;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::domain::Pod;
use crate::tui::app::{App, Everywhere};
use crate::tui::layout::Room;
use crate::tui::theme::{Tone, pod_state};
use crate::tui::widgets::pen::{Focus, Pen};
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::table::{self, Cell, Column, Mark, Row, RowState};
use crate::tui::widgets::text::{age, grouped};

/// Draws the page.
pub fn draw(app: &App, page: &Everywhere, pen: &mut Pen<'_>, area: Rect) {
    pen.rule(area, title(app, page, pen), Focus::Here);
    let laid = laid(app, page, area);
    pen.lines(laid.absent, absent(app, page, laid.absent.width));
    if page.list.rows.is_empty() {
        return pen.lines(
            Rect { height: laid.heads.height + laid.body.height, ..laid.heads },
            nothing(app, page, laid.body.width),
        );
    }
    let list = &page.list;
    let columns = table::arranged(columns(page, laid.body.width), list.skipped, list.widths);
    if laid.heads.height > 0 {
        table::heads(pen, laid.heads, &columns);
    }
    let shown = list.rows.iter().enumerate().skip(list.top).take(usize::from(laid.body.height));
    let drawn: Vec<Row> = shown
        .filter_map(|(at, row)| {
            Some(Row {
                cells: cells(app, page, page.row(*row)?),
                state: if at == list.cursor { RowState::Chosen } else { RowState::Plain },
                mark: Mark::None,
            })
        })
        .collect();
    table::body(pen, laid.body, &columns, drawn.into_iter());
    super::more(app, pen, laid.body, list.top, list.rows.len());
}

/// Rows that fit.
pub fn rows(app: &App, page: &Everywhere, area: Rect) -> usize {
    usize::from(laid(app, page, area).body.height)
}

/// The place of the row on a line of the screen.
pub fn row_at(app: &App, page: &Everywhere, y: u16) -> Option<usize> {
    let body = laid(app, page, app.areas().body).body;
    let is_there = (body.y..body.bottom()).contains(&y);
    is_there.then(|| page.list.top + usize::from(y - body.y))
}

/// Where the parts of the page are.
#[derive(Clone, Copy)]
struct Laid {
    heads: Rect,
    body: Rect,
    absent: Rect,
}

fn laid(app: &App, page: &Everywhere, area: Rect) -> Laid {
    // The last cell is for the arrows that say that there is more.
    let below =
        Rect { y: area.y + 1, height: area.height.saturating_sub(1), width: area.width.saturating_sub(1), ..area };
    let lines = u16::try_from(absent(app, page, below.width).len()).unwrap_or(u16::MAX).min(below.height / 2);
    let list = Rect { height: below.height - lines, ..below };
    let heads = u16::from(app.areas().room != Room::Small).min(list.height);
    Laid {
        heads: Rect { height: heads, ..list },
        body: Rect { y: list.y + heads, height: list.height - heads, ..list },
        absent: Rect { y: list.bottom(), height: lines, ..below },
    }
}

fn title(app: &App, page: &Everywhere, pen: &Pen<'_>) -> Vec<Span<'static>> {
    let (shown, total) = (page.list.rows.len(), page.total());
    let count =
        if shown == total { format!(" {}", grouped(total)) } else { format!(" {}/{}", grouped(shown), grouped(total)) };
    let mut title = vec![pen.say(Tone::Primary, "Pods of all servers"), pen.say(Tone::Secondary, count)];
    title.extend(super::filtered(app, &page.list, pen));
    let awaited = page.awaited();
    if page.asked.is_empty() {
        title.push(pen.say(Tone::Warn, "  asking"));
    } else if !awaited.is_empty() {
        title.push(pen.say(Tone::Warn, format!("  waiting for {}", awaited.join(", "))));
    }
    title.push(pen.say(Tone::Muted, "  read-only"));
    if app.areas().room != Room::Small {
        title.extend(super::ordered(app, &page.list, pen));
    }
    title
}

/// What stands there where there are no rows.
pub fn nothing(app: &App, page: &Everywhere, width: u16) -> Vec<Line<'static>> {
    let mut text = Prose::new(app.theme, width);
    text.lines.push(Line::default());
    match page.total() {
        0 if page.asked.is_empty() || !page.awaited().is_empty() => {
            text.paragraph(Tone::Muted, "Asking the servers.");
        }
        0 => text.paragraph(Tone::Muted, "No pods anywhere."),
        _ => super::empty::unmatched(app, page.list.filter.value().trim(), page.list.suggestion(), &mut text),
    }
    text.lines
}

/// The columns as they are by themselves.
pub fn columns(page: &Everywhere, width: u16) -> Vec<Column> {
    let (context, name) = match width {
        100.. => (12, 30),
        60.. => (12, 22),
        // What is left.
        _ => (8, 0),
    };
    vec![
        Column::new("CONTEXT", context, 0).middle(),
        Column::new("STATE", 12, 0).whole(),
        Column::new("POD", name, 0).middle(),
        Column::new("VERSION", 8, 3),
        Column::new("ENGINE", 13, 1).middle(),
        Column::new("AGE", 4, 2).right().held_by(page.rows(), |(_, pod)| pod.created_at.is_some()),
    ]
}

fn cells(app: &App, page: &Everywhere, (context, pod): (&str, &Pod)) -> Vec<Cell> {
    let text = |tone, text: &str| vec![Span::styled(text.to_owned(), app.theme.style(tone))];
    let (sign, tone) = pod_state(&pod.status);
    let is_narrow = super::pods::has_little_room(app.areas().body.width);
    let told = page.of(context).filter(|told| told.is_ghost(pod, app.now));
    let state = match told.map(|told| pod.confirmed_at(told.engine(pod), app.now)) {
        Some(seen) => super::pod_states::ghost(app, pod, is_narrow, seen),
        None => super::state(&app.theme, pod.status.word(), sign, tone),
    };
    let nothing = app.theme.glyphs.nothing;
    let old = pod.created_at.map_or_else(|| nothing.to_owned(), |at| age(at.seconds_until(app.now)));
    let matched = |name: &str| {
        if page.list.is_filtered() { page.list.searcher.highlight(name) } else { BTreeSet::new() }
    };
    vec![
        text(if context == app.session.context { Tone::Secondary } else { Tone::Accent }, context),
        state,
        super::pods::named(app, pod, is_narrow, &matched),
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
