//! The header: program, context and user; on the right how fresh everything is, what works, what is wrong.
//!
//! Where room is short, what a person can do without makes way; the context's word and the age of the data stay.

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
use super::widgets::text::{age, cut_end, duration, rest, width};
use crate::domain::{Moment, Speed, Task, TaskState};

/// What makes way where the line has no room for all of it. The context's word, that it is only read, the age of the data
/// and the alerts never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extra {
    /// How much was sent.
    Figures,
    User,
    Organisation,
    SlowLink,
    Tasks,
    /// What this program is called.
    Program,
}

/// All of them, the first one to go first.
const EXTRAS: [Extra; 6] =
    [Extra::Figures, Extra::User, Extra::Organisation, Extra::SlowLink, Extra::Tasks, Extra::Program];

/// An address that has to be cut to less says nothing.
const ADDRESS: usize = 16;

/// Draws the header.
pub fn draw(app: &App, pen: &mut Pen<'_>, areas: Areas) {
    let room = usize::from(areas.width);
    let stays = |extra: &Extra| areas.room != Room::Small || !matches!(extra, Extra::User | Extra::Organisation);
    let mut extras: Vec<Extra> = EXTRAS.into_iter().filter(stays).collect();
    let (mut left, right) = loop {
        let (left, right) = (at_left(app, pen, &extras), at_right(app, pen, areas, &extras));
        if extras.is_empty() || wide(&left) + wide(&right) + 2 <= room {
            break (left, right);
        }
        extras.remove(0);
    };
    let taken = wide(&right);
    // All else is needed: the name of the context is cut.
    let over = (wide(&left) + taken + 2).saturating_sub(room);
    if let Some(name) = left.iter_mut().find(|span| over > 0 && span.content == app.session.context.as_str()) {
        let cells = width(&name.content).saturating_sub(over);
        name.content = cut_end(&name.content, cells, app.theme.glyphs.ellipsis).into();
    }
    let url = &app.session.url;
    if areas.room.is_wide() && !url.is_empty() {
        let cells = room.saturating_sub(wide(&left) + taken + 4);
        if cells >= ADDRESS.min(width(url)) {
            left.push(Span::raw("  "));
            left.push(pen.say(Tone::Muted, cut_end(url, cells, app.theme.glyphs.ellipsis)));
        }
    }
    pen.line(areas.header, Line::from(left));
    let at = areas.width.saturating_sub(u16::try_from(taken + 1).unwrap_or(u16::MAX));
    pen.line(Rect { x: at, width: areas.width - at, ..areas.header }, Line::from(right));
}

fn wide(spans: &[Span<'_>]) -> usize {
    spans.iter().map(|span| width(&span.content)).sum()
}

/// The program, the context with its organisation, the context's word, and that it is only read.
fn at_left(app: &App, pen: &Pen<'_>, extras: &[Extra]) -> Vec<Span<'static>> {
    let session = &app.session;
    let mut left = Vec::new();
    if extras.contains(&Extra::Program) {
        left.extend([Span::raw(" "), pen.say(Tone::Primary, "kab")]);
    }
    if !session.context.is_empty() {
        left.push(Span::raw(if left.is_empty() { " " } else { "  " }));
        left.push(pen.say(Tone::Secondary, session.context.clone()));
        if extras.contains(&Extra::Organisation)
            && !session.organisation.is_empty()
            && session.organisation != session.context
        {
            left.push(pen.say(Tone::Secondary, format!("/{}", session.organisation)));
        }
    }
    if !session.word.is_empty() {
        left.extend([Span::raw(" "), word(app)]);
    }
    if session.read_only.is_some() {
        left.extend([Span::raw(" "), pen.say(Tone::Warn, "RO")]);
    }
    left
}

/// The user, how fresh everything is, what works and what is wrong.
fn at_right(app: &App, pen: &Pen<'_>, areas: Areas, extras: &[Extra]) -> Vec<Span<'static>> {
    let session = &app.session;
    let mut right: Vec<Span<'static>> = Vec::new();
    if extras.contains(&Extra::User) && !session.user.is_empty() && session.user != session.context {
        right.push(pen.say(Tone::Muted, session.user.clone()));
    }
    right.push(freshness(app, pen));
    if extras.contains(&Extra::SlowLink) && app.net.speed == Speed::Slow {
        right.push(pen.say(Tone::Warn, "slow link"));
    }
    if extras.contains(&Extra::Figures) && areas.room.is_wide() && !app.net.figures().is_empty() {
        right.push(pen.say(Tone::Muted, app.net.figures().to_owned()));
    }
    let working = under_way(app);
    if extras.contains(&Extra::Tasks) && working > 0 {
        right.push(pen.say(Tone::Secondary, counted(working, "task")));
    }
    if app.alerts > 0 {
        right.push(pen.say(Tone::Warn, counted(app.alerts, "alert")));
    }
    let apart = right.into_iter().enumerate();
    let gap = |at| (at > 0).then(|| Span::raw("   "));
    apart.flat_map(|(at, span)| gap(at).into_iter().chain([span])).collect()
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

/// The tasks that have not ended, those aside that only read something.
pub fn open_tasks(app: &App) -> impl Iterator<Item = &Task> {
    app.data.tasks().iter().filter(|task| !task.state.is_done() && !is_silent(task))
}

/// How many tasks have not ended, those aside that only read something.
pub fn under_way(app: &App) -> usize {
    open_tasks(app).count()
}

/// Whether a task only reads what somebody looks at, which nobody asked for by name.
fn is_silent(task: &Task) -> bool {
    !task.state.is_done() && task.kind.is_reading()
}

/// In how long it is tried again.
fn again(app: &App, at: Option<Moment>) -> String {
    match at.map(|at| app.now.seconds_until(at)) {
        Some(seconds) if seconds > 0 => format!("; again in {}", rest(seconds)),
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

/// Where nothing is beside the list: what is being done, and how far it is.
pub fn work(app: &App, pen: &mut Pen<'_>, row: Rect) {
    let mut open: Vec<_> = open_tasks(app).collect();
    open.sort_by_key(|task| task.state != TaskState::Running);
    let Some(first) = open.first() else { return };
    let far = super::screens::how_far::in_short(app, first).unwrap_or_default();
    let taken: usize = far.iter().map(|span| width(&span.content)).sum();
    let head = if open.len() > 1 { format!("{} tasks: ", open.len()) } else { String::new() };
    let room = usize::from(row.width).saturating_sub(2 + width(&head) + 1 + taken);
    let title = cut_end(&app.task_title(first), room, app.theme.glyphs.ellipsis);
    let mut line = vec![pen.say(Tone::Muted, format!(" {head}{title} "))];
    line.extend(far);
    pen.line(row, Line::from(line));
}
