//! Draws the log.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

use super::{End, LogView, Long, Position, Switch, ansi};
use crate::domain::Moment;
use crate::tui::app::App;
use crate::tui::message::LogKind;
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::pen::{Focus, Pen};
use crate::tui::widgets::text::{cut_middle, grouped, width};

/// Draws the log on the whole screen but for messages and hints.
pub fn draw(app: &App, log: &LogView, pen: &mut Pen<'_>) {
    let areas = app.areas();
    let head = areas.header;
    let badge = badge(log, pen);
    let taken: usize = badge.iter().map(|span| width(&span.content)).sum();
    let room = usize::from(head.width).saturating_sub(taken + 17);
    let name = cut_middle(&log.title, room, app.theme.glyphs.ellipsis);
    let mut title = vec![Span::raw(" "), pen.say(Tone::Muted, "Pods > "), pen.say(Tone::Primary, name)];
    title.push(pen.say(Tone::Muted, " > log   "));
    title.extend(badge);
    pen.line(head, Line::from(title));
    let rule = Rect { y: 1, ..head };
    let status = status(log, pen);
    pen.rule(rule, status, Focus::Here);
    let body = Rect { x: 0, y: 2, width: areas.width, height: areas.log_rows() };
    if log.store.len() == 0 {
        let text = if log.store.total() > 0 {
            format!("No line fits {}. Esc clears the filter.", log.only_text())
        } else if log.kind.is_some() || log.end != End::Open {
            "No lines yet.".into()
        } else {
            "Asking the engine for the log.".into()
        };
        let line = pen.say(Tone::Muted, format!(" {text}"));
        pen.line(Rect { y: body.y + 1, height: 1, ..body }, Line::from(line));
        return;
    }
    let mut y = body.y;
    let mut place = log.first_place();
    while y < body.bottom() && place < log.store.len() {
        for line in rendered(app, log, place, body.width) {
            if y >= body.bottom() {
                break;
            }
            pen.line(Rect { y, height: 1, ..body }, line);
            y += 1;
        }
        place += 1;
    }
}

/// The truth about where the lines come from: LIVE, SNAPSHOT, ended; following or paused.
fn badge(log: &LogView, pen: &Pen<'_>) -> Vec<Span<'static>> {
    let mut badge = Vec::new();
    match (&log.end, log.kind) {
        (End::Broken(why), _) => badge.push(pen.say(Tone::Bad, format!("BROKEN OFF: {why}"))),
        (End::Open, _) if log.reconnecting.is_some() => badge.push(pen.say(Tone::Warn, "reconnecting")),
        (_, Some(LogKind::Snapshot { taken_at })) => {
            let at = taken_at.map_or_else(String::new, |at| format!(" {}", clock(at)));
            badge.push(pen.say(Tone::Warn, format!("SNAPSHOT{at}")));
        }
        (End::Ended, _) => badge.push(pen.say(Tone::Muted, "ENDED")),
        (End::Open, Some(LogKind::Polled)) => badge.push(pen.say(Tone::Warn, "POLLED")),
        (End::Open, Some(LogKind::Live)) => badge.push(pen.say(Tone::Good, "LIVE")),
        (End::Open, None) => badge.push(pen.say(Tone::Muted, "asking")),
    }
    match log.position {
        Position::Following => {}
        Position::Pinned { new: 0, .. } => badge.push(pen.say(Tone::Warn, "   PAUSED (f follows)")),
        Position::Pinned { new, .. } => {
            let new = grouped(usize::try_from(new).unwrap_or(usize::MAX));
            badge.push(pen.say(Tone::Warn, format!("   PAUSED +{new} new (f follows)")));
        }
    }
    badge
}

fn status(log: &LogView, pen: &Pen<'_>) -> Vec<Span<'static>> {
    let store = &log.store;
    let mut status = vec![pen.say(Tone::Secondary, format!("{} lines", grouped(store.len())))];
    if store.len() != store.total() {
        status.push(pen.say(Tone::Muted, format!(" of {}", grouped(store.total()))));
    }
    if store.dropped() > 0 {
        let count = grouped(usize::try_from(store.dropped()).unwrap_or(usize::MAX));
        status.push(pen.say(Tone::Warn, format!("  {count} older ones dropped")));
    }
    if log.lost.is_some() {
        status.push(pen.say(Tone::Warn, "  the line you looked at was dropped"));
    }
    if !store.only().is_empty() {
        status.push(pen.say(Tone::Accent, format!("  &{}", store.only().typed())));
    }
    if log.is_searching() {
        let matches = store.matches();
        let at = log.found.map_or(0, |found| matches.partition_point(|number| *number < found) + 1);
        let at = at.min(matches.len());
        let text = format!("  /{} {}/{}", store.needle().typed(), grouped(at), grouped(matches.len()));
        status.push(pen.say(Tone::Accent, text));
    }
    let mut options = Vec::new();
    if log.stamps == Switch::On {
        options.push("UTC");
    }
    if log.long == Long::Wrapped {
        options.push("wrapped");
    }
    if log.colours == Switch::Off {
        options.push("no colours");
    }
    status.push(pen.say(Tone::Muted, format!("  {}", options.join(", "))));
    status
}

/// `14:02:11`, in UTC.
fn clock(at: Moment) -> String {
    let seconds = at.0.div_euclid(1000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A line as rows of the screen.
fn rendered(app: &App, log: &LogView, place: usize, columns: u16) -> Vec<Line<'static>> {
    let theme = &app.theme;
    let Some(number) = log.store.number_at(place) else { return Vec::new() };
    let Some(entry) = log.store.line(number) else { return Vec::new() };
    let mut spans = match log.colours {
        Switch::On if app.theme.colours != crate::tui::theme::Colours::Mono => ansi::spans(&entry.text),
        _ => vec![Span::raw(ansi::plain(&entry.text).into_owned())],
    };
    if log.is_searching() {
        let plain = ansi::plain(&entry.text);
        spans = marked(spans, &log.store.needle().places(&plain));
    }
    let stamp_width = log.stamp_width();
    let marker = if log.found == Some(number) { ">" } else { " " };
    let stamp = match (log.stamps, entry.at) {
        (Switch::On, Some(at)) => format!("{marker}{} ", clock(at)),
        (Switch::On, None) => format!("{marker}{:<9}", ""),
        (Switch::Off, _) => marker.to_owned(),
    };
    let room = usize::from(columns).saturating_sub(stamp_width).max(1);
    let mut lines = match log.long {
        Long::Wrapped => wrapped(spans, room),
        Long::Cut => vec![cut(spans, room, theme)],
    };
    for (at, line) in lines.iter_mut().enumerate() {
        let text = if at == 0 { stamp.clone() } else { format!("{:<stamp_width$}", "") };
        line.insert(0, Span::styled(text, theme.style(Tone::Muted)));
    }
    lines.into_iter().map(Line::from).collect()
}

/// Shows the found pieces, reversed so that they stand out in any colour.
fn marked(spans: Vec<Span<'static>>, places: &[std::ops::Range<usize>]) -> Vec<Span<'static>> {
    if places.is_empty() {
        return spans;
    }
    let mut out = Vec::new();
    let mut from = 0;
    for span in spans {
        let until = from + span.content.len();
        let mut at = from;
        for place in places.iter().filter(|place| place.start < until && place.end > from) {
            let (start, end) = (place.start.max(from), place.end.min(until));
            if start > at {
                out.push(Span::styled(span.content[at - from..start - from].to_owned(), span.style));
            }
            let style = Theme::matched(span.style);
            out.push(Span::styled(span.content[start.max(at) - from..end - from].to_owned(), style));
            at = end;
        }
        if at < until {
            out.push(Span::styled(span.content[at - from..].to_owned(), span.style));
        }
        from = until;
    }
    out
}

fn wrapped(spans: Vec<Span<'static>>, room: usize) -> Vec<Vec<Span<'static>>> {
    let mut lines = vec![Vec::new()];
    let mut used = 0;
    for span in spans {
        let mut piece = String::new();
        for grapheme in span.content.graphemes(true) {
            let wide = width(grapheme);
            if used + wide > room && used > 0 {
                push(&mut lines, &mut piece, span.style);
                lines.push(Vec::new());
                used = 0;
            }
            used += wide;
            piece.push_str(grapheme);
        }
        push(&mut lines, &mut piece, span.style);
    }
    lines
}

fn push(lines: &mut [Vec<Span<'static>>], piece: &mut String, style: Style) {
    if !piece.is_empty()
        && let Some(line) = lines.last_mut()
    {
        line.push(Span::styled(std::mem::take(piece), style));
    }
}

fn cut(spans: Vec<Span<'static>>, room: usize, theme: &Theme) -> Vec<Span<'static>> {
    let total: usize = spans.iter().map(|span| width(&span.content)).sum();
    if total <= room {
        return spans;
    }
    let mut lines = wrapped(spans, room.saturating_sub(width(theme.glyphs.ellipsis)).max(1));
    let mut first = lines.swap_remove(0);
    first.push(Span::styled(theme.glyphs.ellipsis, theme.style(Tone::Muted)));
    first
}
