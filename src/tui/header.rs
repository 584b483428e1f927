//! The header: program, context and user; on the right how fresh everything is, what works, what is wrong.
//!
//! Where room is short the user goes first; the context's word and the age of the data stay.

use std::str::FromStr as _;

use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use super::app::{App, Connection};
use super::layout::{Areas, Room};
use super::screens::empty::sentence;
use super::theme::{Colours, Tone};
use super::view::counted;
use super::widgets::pen::Pen;
use super::widgets::text::{age, cut_end, duration, width};
use crate::domain::{Moment, Speed, Task};

/// Draws the header.
pub fn draw(app: &App, pen: &mut Pen<'_>, areas: Areas) {
    let session = &app.session;
    let small = areas.room == Room::Small;
    let mut left = vec![Span::raw(" "), pen.say(Tone::Primary, "kab")];
    if !session.context.is_empty() {
        let place = if small || session.organisation.is_empty() || session.organisation == session.context {
            session.context.clone()
        } else {
            format!("{}/{}", session.context, session.organisation)
        };
        left.push(Span::raw("  "));
        left.push(pen.say(Tone::Secondary, place));
    }
    if !session.word.is_empty() {
        left.extend([Span::raw(" "), word(app)]);
    }
    if session.read_only.is_some() {
        left.extend([Span::raw(" "), pen.say(Tone::Warn, "RO")]);
    }
    if areas.room.is_wide() && !session.url.is_empty() {
        left.push(Span::raw("  "));
        left.push(pen.say(Tone::Muted, session.url.clone()));
    }
    let mut right: Vec<Span<'static>> = Vec::new();
    if !session.user.is_empty() && session.user != session.context && !small {
        right.push(pen.say(Tone::Muted, session.user.clone()));
    }
    right.push(freshness(app, pen));
    if app.net.speed == Speed::Slow {
        right.push(pen.say(Tone::Warn, "slow link"));
    }
    if areas.room.is_wide() && !app.net.figures().is_empty() {
        right.push(pen.say(Tone::Muted, app.net.figures().to_owned()));
    }
    let working = under_way(app);
    if working > 0 {
        right.push(pen.say(Tone::Secondary, counted(working, "task")));
    }
    if app.alerts > 0 {
        right.push(pen.say(Tone::Warn, counted(app.alerts, "alert")));
    }
    let gap = Span::raw("   ");
    let mut line: Vec<Span<'static>> = Vec::new();
    for (at, span) in right.into_iter().enumerate() {
        if at > 0 {
            line.push(gap.clone());
        }
        line.push(span);
    }
    let taken: usize = line.iter().map(|span| width(&span.content)).sum();
    let taken = u16::try_from(taken).unwrap_or(u16::MAX);
    let room = areas.width.saturating_sub(taken + 2);
    pen.line(Rect { width: room.max(4), ..areas.header }, Line::from(left));
    let at = areas.width.saturating_sub(taken + 1);
    pen.line(Rect { x: at, width: areas.width - at, ..areas.header }, Line::from(line));
}

/// The context's own word, in its own colour: `[PROD]`. The word alone says it too.
fn word(app: &App) -> Span<'static> {
    Span::styled(format!("[{}]", app.session.word), word_style(app, &app.session.colour))
}

/// How a context's word is drawn: in its own colour, where it has one and colours are shown.
pub fn word_style(app: &App, colour: &str) -> Style {
    let style = app.theme.style(Tone::Primary);
    match Color::from_str(colour) {
        Ok(colour) if app.theme.colours != Colours::Mono => style.fg(colour).add_modifier(Modifier::BOLD),
        _ => style,
    }
}

/// What has to be seen on pages that have a title of their own instead of the header: the context's word, that it is
/// only read, and what is wrong.
pub fn marks(app: &App, pen: &Pen<'_>) -> Vec<Span<'static>> {
    let mut marks = Vec::new();
    if !app.session.word.is_empty() {
        marks.push(word(app));
    }
    if app.session.read_only.is_some() {
        marks.push(pen.say(Tone::Warn, "RO"));
    }
    if !matches!(app.connection, Connection::Live) {
        marks.push(freshness(app, pen));
    }
    if app.alerts > 0 && app.areas().room.is_wide() {
        marks.push(pen.say(Tone::Warn, counted(app.alerts, "alert")));
    }
    let gaps = marks.into_iter().enumerate();
    gaps.flat_map(|(at, mark)| [Span::raw(if at > 0 { "  " } else { "" }), mark]).collect()
}

/// How fresh what is shown is.
fn freshness(app: &App, pen: &Pen<'_>) -> Span<'static> {
    let old = |since: &Moment| app.staleness().unwrap_or_else(|| since.seconds_until(app.now));
    match &app.connection {
        Connection::Live => pen.say(Tone::Good, "live"),
        Connection::Connecting { .. } => match app.staleness() {
            Some(seconds) => pen.say(Tone::Warn, format!("cached {}", age(seconds))),
            None => pen.say(Tone::Warn, "connecting"),
        },
        Connection::Lost { since, .. } | Connection::Failed { since, .. } => {
            pen.say(Tone::Bad, format!("offline {}", age(old(since))))
        }
        Connection::SignedOut { since, .. } => {
            // The clock of the person; an age would have to be counted back.
            let at = jiff::Timestamp::from_millisecond(since.0).unwrap_or_default().to_zoned(app.zone.clone());
            pen.say(Tone::Bad, format!("SIGNED OUT since {}", at.strftime("%H:%M")))
        }
        Connection::Offline => match app.staleness() {
            Some(seconds) => pen.say(Tone::Warn, format!("offline {}", age(seconds))),
            None => pen.say(Tone::Warn, "offline"),
        },
    }
}

/// How many tasks have not ended, those aside that only read something.
pub fn under_way(app: &App) -> usize {
    app.data.tasks().iter().filter(|task| !task.state.is_done() && !is_silent(task)).count()
}

/// Whether a task only reads what somebody looks at, which nobody asked for by name.
fn is_silent(task: &Task) -> bool {
    !task.state.is_done() && task.kind.is_reading()
}

/// In how long it is tried again.
fn again(app: &App, at: Option<Moment>) -> String {
    match at.map(|at| app.now.seconds_until(at)) {
        Some(seconds) if seconds > 0 => format!("; again in {}", duration(seconds)),
        _ => String::new(),
    }
}

/// In the message line, while older data is shown: what keeps it from being fresh, and the key that helps.
pub fn standing(app: &App, pen: &mut Pen<'_>, row: Rect) {
    if app.data.as_of.is_none() && !matches!(app.connection, Connection::SignedOut { .. }) {
        return;
    }
    let (text, keys): (String, &[(&str, &str)]) = match &app.connection {
        Connection::Live | Connection::Offline => return,
        Connection::Connecting { since, what } => {
            let seconds = since.seconds_until(app.now);
            let waited = if seconds > 0 { format!("  {}", duration(seconds)) } else { String::new() };
            (format!("{}{waited}", sentence(what)), &[("⟨stop-connecting⟩", "cancel"), ("⟨servers⟩", "other server")])
        }
        Connection::Lost { failure, retry_at, .. } => {
            (format!("Not connected{}: {}", again(app, Some(*retry_at)), failure.why), &[("⟨refresh⟩", "now")])
        }
        Connection::Failed { failure, .. } => (
            format!("{}{}: {}", failure.what, again(app, app.retry.at), failure.why),
            &[("⟨refresh⟩", "try again"), ("⟨servers⟩", "other server")],
        ),
        Connection::SignedOut { failure, .. } => {
            (format!("Signed out: {}", failure.why), &[("⟨sign-in⟩", "sign in"), ("⟨servers⟩", "other server")])
        }
    };
    let keys: Vec<(String, &str)> = keys.iter().map(|(key, word)| (app.prose(key), *word)).collect();
    let taken: usize = keys.iter().map(|(key, word)| width(key) + width(word) + 3).sum();
    let room = usize::from(row.width).saturating_sub(taken + 4);
    let mut line = vec![Span::raw(" "), pen.say(Tone::Warn, cut_end(&text, room, app.theme.glyphs.ellipsis))];
    for (key, word) in keys {
        line.push(Span::raw("   "));
        line.push(pen.say(Tone::Accent, key));
        line.push(pen.say(Tone::Muted, format!(" {word}")));
    }
    pen.line(row, Line::from(line));
}
