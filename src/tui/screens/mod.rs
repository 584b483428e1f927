//! The six screens and the pages behind them.

pub mod app_page;
pub mod app_text;
pub mod apps;
pub mod compat;
pub mod empty;
pub mod engines;
pub mod everywhere;
mod heads;
pub mod home;
pub mod how_far;
mod log_tail;
pub mod nodes;
pub mod parts;
pub mod pod_states;
pub mod pods;
mod readme;
mod running;
pub mod tasks;
pub mod thing;

use std::collections::BTreeSet;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::action::{Action, Screen, Step};
use super::app::{App, Direction, Order, Target};
use super::effect::List;
use super::layout::{Areas, Room};
use super::list::{Hidden, ListView};
use super::overlays;
use super::panes::Pane;
use super::theme::Tone;
use super::view::counted;
use super::widgets::pen::{Focus, Pen};
use super::widgets::table::{self, Cell, Column, Mark, Row, RowState};
use super::widgets::text::{age, grouped};

/// Draws the screen that is open.
pub fn draw(app: &App, pen: &mut Pen<'_>, areas: Areas) {
    let screen = app.screen;
    let panes = areas.panes(screen);
    let below_rule = |area: Rect| Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    if let Some(side) = panes.side {
        overlays::draw_side(app, pen, side);
        if side.right() < areas.body.right() {
            pen.bar(side.right(), below_rule(side));
        }
    }
    if app.list(screen).rows.is_empty() || screen == Screen::Home && !panes.shows(Pane::Detail) {
        // What is to be said about that may need all the room that the side leaves.
        let left = panes.side.map_or(areas.body.x, |side| (side.right() + 1).min(areas.body.right()));
        let rest = Rect { x: left, width: areas.body.right() - left, ..areas.body };
        return draw_rows(app, pen, rest, areas.room);
    }
    if panes.shows(Pane::List) {
        draw_rows(app, pen, panes.list, areas.room);
    }
    if let Some(area) = panes.log {
        log_tail::draw(app, pen, area);
        pen.bar(area.x.saturating_sub(1), below_rule(area));
    }
    let Some(area) = panes.detail else { return };
    if area.x > panes.list.x && area.x > areas.body.x {
        pen.bar(area.x - 1, below_rule(area));
    }
    let target = app.list(screen).current().and_then(|row| app.row_target(screen, row));
    match target {
        Some(target) => detail(app, &target, pen, area),
        None => pen.rule(area, Vec::new(), Focus::Elsewhere),
    }
}

/// The rows of the screen that is open.
fn draw_rows(app: &App, pen: &mut Pen<'_>, area: Rect, room: Room) {
    match app.screen {
        Screen::Home => home::draw(app, pen, area, room),
        screen => draw_list(app, screen, pen, area, room),
    }
}

/// The thing under the cursor, below or beside the list.
fn detail(app: &App, target: &Target, pen: &mut Pen<'_>, area: Rect) {
    let focus = if app.pane() == Pane::Detail { Focus::Here } else { Focus::Elsewhere };
    let sign = if focus == Focus::Here { "> " } else { "" };
    pen.rule(area, vec![pen.say(Tone::Primary, format!("{sign}{}", app.describe(target)))], focus);
    let inside = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let lines = detail_lines(app, target, area);
    let top = app.detail_top(target).min(lines.len().saturating_sub(1));
    if focus == Focus::Here {
        let narrower = Rect { width: inside.width.saturating_sub(1), ..inside };
        overlays::long(app, lines, top, pen, narrower);
    } else {
        pen.lines(inside, lines.into_iter().skip(top));
    }
}

/// What is said about a thing beside or below its list: a few lines where there is room for no more, unless somebody looks
/// there.
pub fn detail_lines(app: &App, target: &Target, area: Rect) -> Vec<Line<'static>> {
    let is_short = app.areas().room == Room::Normal && app.pane() != Pane::Detail;
    match target {
        Target::App(id) if is_short => apps::preview(app, id, area.width),
        Target::Node(id) if is_short => nodes::preview(app, id, area.width),
        // What stands for several pods is none of them.
        Target::Pod(id) if is_short || app.replicas_of(id).is_some() => pods::preview(app, id, area.width),
        _ => thing::lines(app, target, area.width),
    }
}

/// The rule over a list: its name, how many of how many, the filter, what is hidden.
fn title(app: &App, screen: Screen, pen: &Pen<'_>, room: Room) -> Vec<Span<'static>> {
    let list = app.list(screen);
    let total = app.total(screen);
    let mut title = vec![pen.say(Tone::Primary, screen.name())];
    let shown = app.shown(screen);
    let count =
        if shown == total { format!(" {}", grouped(total)) } else { format!(" {}/{}", grouped(shown), grouped(total)) };
    title.push(pen.say(Tone::Secondary, count));
    let list_of = match screen {
        Screen::Apps => Some(List::Apps),
        Screen::Nodes => Some(List::Nodes),
        _ => None,
    };
    if let Some(read) = list_of.and_then(|list| app.data.so_far.get(&list)) {
        title.push(pen.say(Tone::Warn, format!("  reading, {} so far", grouped(*read))));
    }
    if room == Room::Small {
        let at = screen as usize + 1;
        title.push(pen.say(Tone::Muted, format!("  [{at}/6]")));
    }
    title.extend(filtered(app, list, pen));
    if let Some(at) = app.old_since(screen).filter(|_| app.is_live()) {
        let old = match age(at.seconds_until(app.now)).as_str() {
            "now" => String::new(),
            age => format!(", this is {age} old"),
        };
        title.push(pen.say(Tone::Warn, format!("  cannot be read{old}")));
    }
    if list.waiting > 0 {
        let changes = counted(list.waiting, "change");
        title.push(pen.say(Tone::Accent, format!("  {} applies {changes}", app.key_name(Action::Refresh))));
    }
    if !list.marks.is_empty() {
        let shown: BTreeSet<_> = list.rows.iter().flat_map(|row| app.row_keys(screen, *row)).collect();
        let gone = list.marks.iter().filter(|mark| !shown.contains(*mark)).count();
        let away = if gone > 0 { format!(" ({gone} not shown)") } else { String::new() };
        title.push(pen.say(Tone::Primary, format!("  {} marked{away}", list.marks.len())));
    }
    if room == Room::Small {
        return title;
    }
    title.extend(ordered(app, list, pen));
    if list.hidden > 0 {
        let text = format!("  {} hidden, ⟨hidden⟩ shows{}", grouped(list.hidden), App::hidden_because(screen));
        let text = app.prose(&text);
        title.push(pen.say(Tone::Muted, text));
    } else if list.shows_hidden == Hidden::Shown {
        title.push(pen.say(Tone::Muted, app.prose("  all shown, ⟨hidden⟩ hides")));
    }
    title
}

/// What is typed into the list in front, or that something can be.
fn filtered(app: &App, list: &ListView, pen: &Pen<'_>) -> Option<Span<'static>> {
    let typed = list.filter.value();
    if !typed.is_empty() || app.typing.is_some() {
        return Some(pen.say(Tone::Accent, format!("  /{typed}")));
    }
    (app.areas().room != Room::Small).then(|| pen.say(Tone::Muted, app.prose("  ⟨filter⟩ filters")))
}

/// How the list in front is scrolled and ordered, where that is not as usual.
fn ordered(app: &App, list: &ListView, pen: &Pen<'_>) -> Vec<Span<'static>> {
    let mut said = Vec::new();
    if list.skipped > 0 {
        said.push(pen.say(Tone::Accent, format!("  column {} on", list.skipped + 1)));
    }
    let turned = list.direction == Direction::Backwards;
    let is_said = app.screen == Screen::Apps || list.order != Order::Usual || turned;
    if !list.is_by_relevance() && is_said {
        let back = if turned { ", backwards" } else { "" };
        said.push(pen.say(Tone::Muted, format!("  by {}{back}", app.order_name(list.order))));
    }
    said
}

fn draw_list(app: &App, screen: Screen, pen: &mut Pen<'_>, area: Rect, room: Room) {
    let heading = title(app, screen, pen, room);
    let focus = if app.pane() == Pane::List { Focus::Here } else { Focus::Elsewhere };
    pen.rule(area, heading, focus);
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let list = app.list(screen);
    if list.rows.is_empty() {
        let lines = empty::lines(app, screen, below.width);
        return pen.lines(below, lines);
    }
    // The last cell is for the arrows that say that there is more.
    let area = Rect { width: area.width.saturating_sub(1), ..area };
    let below = Rect { width: area.width, ..below };
    let columns = columns(app, screen, area.width);
    let lines = app.areas().heads(screen);
    if lines > 2 {
        heads::draw_legend(app, pen, below);
    }
    if lines > 1 {
        table::heads(pen, Rect { y: area.y + lines - 1, ..below }, &columns);
    }
    let body = Rect { y: area.y + lines, height: area.height.saturating_sub(lines), ..below };
    let page = usize::from(body.height);
    let matched = |name: &str| {
        if list.is_filtered() { list.searcher.highlight(name) } else { BTreeSet::new() }
    };
    let stale = is_stale(app, screen);
    let drawn: Vec<Row> = list
        .rows
        .iter()
        .enumerate()
        .skip(list.top)
        .take(page)
        .map(|(at, row)| {
            let key = app.row_key(screen, *row);
            let hidden = list.shows_hidden == Hidden::Shown && app.is_hidden(screen, *row);
            let mut cells = cells(app, screen, *row, &matched);
            if hidden || stale {
                for span in cells.iter_mut().flatten() {
                    span.style = app.theme.style(Tone::Muted);
                }
            }
            // How old it is now nobody knows: it may be gone.
            if let Some(age) = columns.iter().position(|it| stale && it.title == "AGE").and_then(|at| cells.get_mut(at))
            {
                *age = vec![Span::styled("?", app.theme.style(Tone::Muted))];
            }
            Row {
                cells,
                state: match focus {
                    _ if at != list.cursor => RowState::Plain,
                    Focus::Here => RowState::Chosen,
                    Focus::Elsewhere => RowState::Kept,
                },
                // There is one cell for a sign, and what the next key acts on matters more.
                mark: match key {
                    Some(key) if list.marks.contains(&key) => Mark::Marked,
                    _ if app.is_bookmarked(screen, *row) => Mark::Bookmarked,
                    _ => Mark::None,
                },
            }
        })
        .collect();
    table::body(pen, body, &columns, drawn.into_iter());
    more(app, pen, body, list.top, list.rows.len());
}

/// Whether states have not been confirmed for so long that they are shown as what they are: old.
fn is_stale(app: &App, screen: Screen) -> bool {
    /// Three times the pace at which servers without push are asked, in seconds.
    const OLD: u64 = 45;
    matches!(screen, Screen::Pods | Screen::Tasks | Screen::Engines)
        && app.old_since(screen).is_some_and(|at| at.seconds_until(app.now) > OLD)
}

/// Arrows at the right edge when there is more above or below.
pub fn more(app: &App, pen: &mut Pen<'_>, area: Rect, top: usize, count: usize) {
    let [up, down] = app.theme.glyphs.more;
    let x = area.right().min(pen.buffer.area.right().saturating_sub(1));
    let page = usize::from(area.height);
    if top > 0 && area.height > 0 {
        let span = pen.say(Tone::Muted, up);
        pen.line(Rect { x, y: area.y, width: 1, height: 1 }, Line::from(span));
    }
    if count > top + page && area.height > 0 {
        let span = pen.say(Tone::Muted, down);
        pen.line(Rect { x, y: area.bottom() - 1, width: 1, height: 1 }, Line::from(span));
    }
}

/// The columns of a screen, as wide as somebody wants them.
pub fn columns(app: &App, screen: Screen, width: u16) -> Vec<Column> {
    let list = app.list(screen);
    table::arranged(all_columns(app, screen, width), list.skipped, list.widths)
}

/// How far a list's columns are scrolled after a step to the side: to where they really look different.
pub fn scrolled(all: &[Column], list: &ListView, width: u16, step: Step) -> usize {
    let width = width.saturating_sub(1);
    let places = |skipped| table::places(&table::arranged(all.to_vec(), skipped, list.widths), width);
    let now = places(list.skipped);
    let mut held = all.iter().zip(&now).filter(|(column, _)| !column.is_empty).map(|(_, place)| place.is_some());
    let is_at_end = match list.skipped {
        0 => held.all(|is_shown| is_shown),
        _ => held.next_back().is_none_or(|is_shown| is_shown),
    };
    let mut to = list.skipped;
    loop {
        to = match step {
            Step::Down if is_at_end || to + 1 >= now.len() => return list.skipped,
            Step::Down => to + 1,
            _ if to == 0 => return 0,
            _ => to - 1,
        };
        if places(to) != now {
            return to;
        }
    }
}

/// The columns of a screen as they are by themselves.
pub fn all_columns(app: &App, screen: Screen, width: u16) -> Vec<Column> {
    match screen {
        Screen::Home => Vec::new(),
        Screen::Apps => apps::columns(app, width),
        Screen::Nodes => nodes::columns(app, width),
        Screen::Pods => pods::columns(app, width),
        Screen::Engines => engines::columns(app, width),
        Screen::Tasks => tasks::columns(app, width),
    }
}

/// The cells of a row.
pub fn cells(app: &App, screen: Screen, row: usize, matched: &dyn Fn(&str) -> BTreeSet<usize>) -> Vec<Cell> {
    match screen {
        Screen::Home => Vec::new(),
        Screen::Apps => apps::cells(app, row, matched),
        Screen::Nodes => nodes::cells(app, row, matched),
        Screen::Pods => pods::cells(app, row, matched),
        Screen::Engines => engines::cells(app, row, matched),
        Screen::Tasks => tasks::cells(app, row, matched),
    }
}

/// A word in its state's tone, with its sign.
pub fn state(pen: &super::theme::Theme, word: &str, sign: impl std::fmt::Display, tone: Tone) -> Vec<Span<'static>> {
    vec![Span::styled(format!("{word} {sign}"), pen.style(tone))]
}
