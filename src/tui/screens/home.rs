//! Home: what needs attention, where to go on, what runs here, what is new.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::empty;
use crate::tui::action::Screen;
use crate::tui::app::{App, Connection, HomeRow, Section};
use crate::tui::layout::Room;
use crate::tui::panes::Pane;
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::{Focus, Pen, rows};
use crate::tui::widgets::text::{cut_end, cut_middle, width};

enum Drawn<'a> {
    Gap,
    Title(Section),
    Row(usize, &'a HomeRow),
}

/// Draws the screen.
pub fn draw(app: &App, pen: &mut Pen<'_>, area: Rect, room: Room) {
    let mut title = vec![pen.say(Tone::Primary, "Home")];
    if room == Room::Small {
        title.push(pen.say(Tone::Muted, "  [1/6]"));
    }
    let focus = if app.pane() == Pane::List { Focus::Here } else { Focus::Elsewhere };
    pen.rule(area, title, focus);
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    // Beside the details the last cell is for the arrows that say that there is more.
    let is_beside = area.right() < pen.buffer.area.right();
    let body = Rect { width: body.width.saturating_sub(u16::from(is_beside)), ..body };
    let lines = all(app, room);
    let advice = empty::lines(app, Screen::Home, body.width);
    if lines.is_empty() {
        pen.lines(body, advice);
        return;
    }
    // What was kept stands above: the header says that no server is asked.
    let below = if matches!(app.connection, Connection::Offline) { Vec::new() } else { advice };
    let cursor = app.list(Screen::Home).cursor;
    let top = first(&lines, cursor, usize::from(body.height));
    let height = usize::from(body.height);
    let count = lines.len();
    for (line, drawn) in rows(body).zip(lines.into_iter().skip(top)) {
        match drawn {
            Drawn::Gap => {}
            Drawn::Title(section) => {
                let mut spans = vec![Span::raw(" "), pen.say(Tone::Muted, section.title().to_uppercase())];
                if section == Section::RunsHere {
                    spans.push(pen.say(Tone::Muted, format!("   {}", app.featured_by())));
                }
                pen.line(line, Line::from(spans));
            }
            Drawn::Row(at, row) => {
                draw_row(app, row, pen, line);
                if at == cursor {
                    pen.line(Rect { width: 1, ..line }, Line::from(">"));
                    match focus {
                        Focus::Here => pen.choose(line),
                        Focus::Elsewhere => pen.keep(line),
                    }
                }
            }
        }
    }
    super::more(app, pen, body, top, count);
    if count < height && !below.is_empty() {
        let used = u16::try_from(count + 1).unwrap_or(0);
        let rest = Rect { y: body.y + used, height: body.height.saturating_sub(used), ..body };
        pen.lines(rest, below);
    }
}

/// All lines: titles, rows, and gaps between.
fn all(app: &App, room: Room) -> Vec<Drawn<'_>> {
    let mut lines: Vec<Drawn<'_>> = Vec::new();
    let mut last = None;
    for (at, row) in app.home.iter().enumerate() {
        if last != Some(row.section) {
            if room != Room::Small || last.is_some() {
                lines.push(Drawn::Gap);
            }
            lines.push(Drawn::Title(row.section));
            last = Some(row.section);
        }
        lines.push(Drawn::Row(at, row));
    }
    lines
}

/// The first line that is shown, so that the chosen row is.
fn first(lines: &[Drawn<'_>], cursor: usize, height: usize) -> usize {
    let at = lines.iter().position(|line| matches!(line, Drawn::Row(row, _) if *row == cursor)).unwrap_or(0);
    let top = if at < height { 0 } else { (at + 1).saturating_sub(height).max(at / height.max(1) * height) };
    top.min(lines.len().saturating_sub(height))
}

/// The row on a line of the screen.
pub fn row_at(app: &App, (area, room): (Rect, Room), y: u16) -> Option<usize> {
    let lines = all(app, room);
    let top = first(&lines, app.list(Screen::Home).cursor, usize::from(area.height.saturating_sub(1)));
    match lines.get(top + usize::from(y.checked_sub(area.y + 1)?)) {
        Some(Drawn::Row(at, _)) => Some(*at),
        _ => None,
    }
}

/// As wide as the longest name of a block needs, and not more than leaves room for the rest.
fn name_width(app: &App, section: Section, line: Rect) -> usize {
    let its = app.home.iter().filter(|row| row.section == section);
    let longest = its.map(|row| width(&row.name)).max().unwrap_or(0);
    longest.clamp(16, (usize::from(line.width) * 45 / 100).max(16))
}

fn draw_row(app: &App, row: &HomeRow, pen: &mut Pen<'_>, line: Rect) {
    let ellipsis = app.theme.glyphs.ellipsis;
    let wide = usize::from(line.width);
    let name_width = name_width(app, row.section, line);
    let (sign, tone) = row.sign;
    let sign = if sign == '.' { app.theme.glyphs.offline.to_owned() } else { sign.to_string() };
    // A sentence in the place of a name may be as long as it needs.
    let name = cut_middle(&row.name, name_width, ellipsis);
    let gap = name_width.saturating_sub(width(&name)) + 2;
    let text = cut_end(&app.prose(&row.text), wide.saturating_sub(name_width + 8), ellipsis);
    let spans = vec![
        Span::raw("  "),
        pen.say(tone, format!("{sign} ")),
        pen.say(Tone::Primary, name),
        Span::raw(" ".repeat(gap)),
        pen.say(Tone::Secondary, text),
    ];
    pen.line(line, Line::from(spans));
}
