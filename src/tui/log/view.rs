//! Draws the log.

use jiff::tz::TimeZone;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::entry::{Entry, Part};
use super::moving::SIDE;
use super::needle::Sources;
use super::shape::{Objects, Paint, Row};
use super::title::word;
use super::{End, LogView, Reach, Stamps};
use crate::domain::{LogSource, Moment};
use crate::tui::app::App;
use crate::tui::theme::{Colours, Theme, Tone};
use crate::tui::widgets::pen::{Focus, Pen};
use crate::tui::widgets::text::{age, cut_middle, grouped, width};

/// Draws the log on the whole screen but for messages and hints.
pub fn draw(app: &App, log: &LogView, pen: &mut Pen<'_>) {
    let areas = app.areas();
    let head = areas.header;
    super::title::draw(app, log, pen, head);
    let rule = Rect { y: 1, ..head };
    let status = status(log, pen);
    pen.rule(rule, status, Focus::Here);
    let whole = Rect { x: 0, y: 2, width: areas.width, height: areas.log_rows() };
    let body = match log.side {
        Some(cursor) if whole.width > SIDE + 10 => {
            side(log, cursor, pen, Rect { x: whole.right() - SIDE, width: SIDE, ..whole });
            pen.bar(whole.right() - SIDE - 1, whole);
            Rect { width: whole.width - SIDE - 1, ..whole }
        }
        _ => whole,
    };
    if log.store.len() == 0 {
        let line = pen.say(Tone::Muted, format!(" {}", app.prose(&nothing(log))));
        pen.line(Rect { y: body.y + 1, height: 1, ..body }, Line::from(line));
        return;
    }
    let (mut place, mut skip) = log.top();
    let mut y = body.y;
    while y < body.bottom() && place < log.store.len() {
        for (at, row) in rows(app, log, place).into_iter().enumerate().skip(skip) {
            if y >= body.bottom() {
                break;
            }
            let line = Rect { y, height: 1, ..body };
            pen.line(line, Line::from(row));
            // The end is read while it is followed, else the page from its beginning.
            if log.side.is_none() && (log.follows() || y == body.y) {
                pen.stand(line);
            }
            let number = log.store.number_at(place);
            if number.is_some_and(|number| log.selected(number)) {
                pen.choose(line);
                if at == 0 {
                    pen.line(Rect { width: 1, ..line }, Line::from(Span::raw(">")));
                }
            }
            y += 1;
        }
        skip = 0;
        place += 1;
    }
}

/// Why there is no line.
pub(super) fn nothing(log: &LogView) -> String {
    let has_begun = log.kind().is_some() || *log.standing() != End::Open;
    if log.store.total() > 0 {
        match log.chips() {
            [] => "No line of what is chosen.".into(),
            chips => {
                let chips: Vec<String> = chips.iter().map(|chip| format!("[{}]", chip.typed())).collect();
                format!("No line fits {}. ⟨only⟩ and Enter show all lines again.", chips.concat())
            }
        }
    } else if !has_begun || log.due().is_some() {
        "Asking the engine for the log.".into()
    } else if log.reach == Reach::default() || log.reach == Reach::All {
        "No lines yet.".into()
    } else {
        format!("{}: no lines yet. ⟨range⟩ asks for more.", log.reach.text())
    }
}

fn status(log: &LogView, pen: &Pen<'_>) -> Vec<Span<'static>> {
    let store = &log.store;
    let mut status = vec![pen.say(Tone::Secondary, format!("{} lines", grouped(store.len())))];
    if store.len() != store.total() {
        status.push(pen.say(Tone::Muted, format!(" of {}", grouped(store.total()))));
    }
    if log.looks_through() {
        status.push(pen.say(Tone::Muted, ", reading older ones"));
    }
    if log.lost.is_some() {
        status.push(pen.say(Tone::Warn, "  the line you looked at was dropped"));
    }
    for (at, chip) in log.chips().iter().enumerate() {
        let gap = if at == 0 { "  " } else { "" };
        status.push(pen.say(Tone::Accent, format!("{gap}[{}]", chip.typed())));
    }
    let sieve = &store.hunt().sieve;
    if sieve.context > 0 && !sieve.chips.is_empty() {
        status.push(pen.say(Tone::Muted, format!(" with {} around", sieve.context)));
    }
    if log.is_searching() {
        let matches = store.matches();
        let at = log.found.map_or(0, |found| matches.partition_point(|number| *number < found) + 1);
        let at = at.min(matches.len());
        let text = format!("  /{} {}/{}", store.hunt().needle.typed(), grouped(at), grouped(matches.len()));
        status.push(pen.say(Tone::Accent, text));
    }
    if log.reading().is_some() {
        status.push(pen.say(Tone::Warn, " as text"));
    }
    status.push(pen.say(Tone::Muted, format!("  {}", options(log).join(", "))));
    status
}

/// How lines are shown, in words.
pub(super) fn options(log: &LogView) -> Vec<String> {
    let mut options: Vec<String> = Vec::new();
    match log.stamps {
        Stamps::Off => {}
        Stamps::Relative => options.push("ages".into()),
        Stamps::Local => options.push("local time".into()),
        Stamps::Utc => options.push("UTC".into()),
    }
    match log.shape.long {
        super::Long::Wrapped => options.push("wrapped".into()),
        super::Long::Cut(0) => {}
        super::Long::Cut(left) => options.push(format!("from column {}", grouped(left + 1))),
    }
    match log.shape.paint {
        Paint::Sent => {}
        Paint::Stripped => options.push("no colours".into()),
        Paint::Levels => options.push("levels".into()),
    }
    match log.shape.objects {
        Objects::Raw => {}
        Objects::Line => options.push("JSON lines".into()),
        Objects::Block => options.push("JSON blocks".into()),
    }
    match log.store.hunt().sieve.sources {
        Sources::All => {}
        Sources::Output => options.push("stdout".into()),
        Sources::Errors => options.push("stderr".into()),
    }
    if log.reach != Reach::default() {
        options.push(log.reach.text().to_lowercase());
    }
    let muted = log.streams.iter().filter(|stream| stream.is_muted).count();
    if muted > 0 {
        options.push(format!("{muted} muted"));
    }
    options
}

/// The list of streams, to mute some of them.
fn side(log: &LogView, cursor: usize, pen: &mut Pen<'_>, area: Rect) {
    for (at, (stream, row)) in log.streams.iter().zip(crate::tui::widgets::pen::rows(area)).enumerate() {
        let sign = if stream.is_muted { " " } else { "*" };
        let room = usize::from(area.width).saturating_sub(14);
        let name = cut_middle(&stream.name, room, pen.theme.glyphs.ellipsis);
        let style = name_style(&pen.theme, at);
        let (word, tone) = if stream.is_muted { ("muted".into(), Tone::Muted) } else { word(stream) };
        let line =
            vec![Span::raw(format!(" {sign} ")), Span::styled(format!("{name:<room$} "), style), pen.say(tone, word)];
        pen.line(row, Line::from(line));
        if at == cursor {
            pen.choose(row);
            pen.line(Rect { width: 1, ..row }, Line::from(">"));
        }
    }
}

/// Streams are told apart by colour as well as by name.
fn name_style(theme: &Theme, stream: usize) -> Style {
    const TONES: [Tone; 5] = [Tone::Accent, Tone::Good, Tone::Odd, Tone::Warn, Tone::Secondary];
    match theme.colours {
        Colours::Mono => Style::new(),
        _ => theme.style(TONES[stream % TONES.len()]),
    }
}

/// `14:02:11`, in UTC.
pub fn clock(at: Moment) -> String {
    let seconds = at.0.div_euclid(1000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `14:02:11`, where somebody is.
pub(super) fn local(at: Moment, zone: &TimeZone) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map_or_else(|_| clock(at), |stamp| stamp.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string())
}

pub(super) fn stamp(app: &App, log: &LogView, at: Moment) -> String {
    match log.stamps {
        Stamps::Off => String::new(),
        Stamps::Relative => format!("{:>4} ", age(at.seconds_until(app.now))),
        Stamps::Local => format!("{} ", local(at, &app.zone)),
        Stamps::Utc => format!("{} ", clock(at)),
    }
}

/// A line as rows of the screen, each with what stands before the text.
fn rows(app: &App, log: &LogView, place: usize) -> Vec<Row> {
    let theme = &app.theme;
    let muted = theme.style(Tone::Muted);
    let mut rows = log.rows_at(place, theme);
    let number = log.store.number_at(place);
    let Some(entry) = number.and_then(|number| log.store.line(number)) else { return rows };
    let hunt = log.store.hunt();
    let is_near =
        hunt.sieve.context > 0 && !log.chips().is_empty() && number.is_some_and(|number| log.store.is_near(number));
    for (at, row) in rows.iter_mut().enumerate() {
        if is_near || entry.source == LogSource::Marker {
            for span in row.iter_mut() {
                span.style = span.style.add_modifier(Modifier::DIM);
            }
        }
        let marker = if at == 0 && log.found == number { ">" } else { " " };
        let mut before = gutter(app, log, entry);
        if at > 0 || entry.part == Part::Continues {
            // It goes on from the row above.
            let sign = theme.glyphs.wrap();
            let columns = log.gutter();
            let text = if columns > 1 { format!("{sign:>0$} ", columns - 1) } else { sign.to_owned() };
            before = vec![Span::styled(text, muted)];
        } else {
            before.insert(0, Span::styled(marker, muted));
        }
        row.splice(0..0, before);
    }
    rows
}

/// The time and the name before a line.
fn gutter(app: &App, log: &LogView, entry: &Entry) -> Row {
    let muted = app.theme.style(Tone::Muted);
    let stamp = entry.at.map_or_else(String::new, |at| stamp(app, log, at));
    let mut before = vec![Span::styled(format!("{stamp:<0$}", log.stamp_width()), muted)];
    if log.is_merged() {
        let columns = log.name_width() - 1;
        let stream = usize::from(entry.stream);
        let name = match (entry.source, log.streams.get(stream)) {
            (LogSource::Marker, _) | (_, None) => String::new(),
            (_, Some(stream)) => cut_middle(&stream.name, columns, app.theme.glyphs.ellipsis),
        };
        let blanks = columns.saturating_sub(width(&name)) + 1;
        before.push(Span::styled(name, name_style(&app.theme, stream)));
        before.push(Span::raw(" ".repeat(blanks)));
    }
    before
}
