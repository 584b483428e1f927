//! Draws the state. Reads it, and changes nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::action::{Action, Screen};
use super::app::{App, Motion, Page, Typing};
use super::keymap::Place;
use super::layout::{Areas, Room};
use super::overlays::Overlay;
use super::widgets::field;
use super::widgets::link::Link;
use super::widgets::pen::Pen;
use super::widgets::text::{cut_end, duration, width, wrap};
use super::{header, log, overlays, screens, status};
use crate::domain::{Engine, Failure, Pod, PodStatus};
use crate::tui::theme::Tone;

/// What a frame has beyond its cells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// Where the real cursor stands, if it is shown.
    pub cursor: Option<Position>,
    /// What leads somewhere.
    pub links: Vec<Link>,
}

/// Lines of the body below which an error gives way to what was said after it.
const LEAST_BODY: u16 = 8;

/// Draws everything; returns where the real cursor stands, if it is shown.
pub fn view(app: &App, buffer: &mut Buffer) -> Option<Position> {
    look(app, buffer).cursor
}

/// Draws everything.
pub fn look(app: &App, buffer: &mut Buffer) -> Seen {
    let areas = app.areas();
    let mut pen = Pen { buffer, theme: app.theme, cursor: None, chosen: None, links: Vec::new() };
    if areas.room == Room::Tiny {
        tiny(app, &mut pen, areas);
        return Seen::default();
    }
    if let Some(Page::Log(log)) = app.pages.last() {
        log::draw(app, log, &mut pen);
    } else {
        header::draw(app, &mut pen, areas);
        tabs(app, &mut pen, areas);
        match app.pages.last() {
            Some(Page::App(page)) => screens::app_page::draw(app, page, &mut pen, areas.body),
            Some(Page::Everywhere(page)) => screens::everywhere::draw(app, page, &mut pen, areas.body),
            Some(Page::Thing(target, at)) => screens::thing::draw(app, target, at, &mut pen, areas.body),
            _ => screens::draw(app, &mut pen, areas),
        }
    }
    message(app, &mut pen, areas);
    status::draw(app, &mut pen, areas);
    if let Some(overlay) = &app.overlay {
        overlays::draw(app, overlay, &mut pen, areas);
    }
    if let Some(lines) = app.may_follow() {
        overlays::draw_which_key(app, lines, &mut pen, areas);
    }
    hints(app, &mut pen, areas);
    let cursor = match app.motion {
        Motion::Lively => pen.cursor,
        // What is typed comes first; where nothing is chosen, the page is read from its beginning.
        Motion::Still => pen.cursor.or(pen.chosen).or(Some(areas.body.as_position())),
    };
    // A small box or an error may lie over a link, and would lead where it leads.
    let mut links = pen.links;
    links.retain(|link| link.is_seen(pen.buffer));
    Seen { cursor, links }
}

/// One line of what matters, where there is no room for more.
fn tiny(app: &App, pen: &mut Pen<'_>, areas: Areas) {
    let (running, failed) = pods(app);
    let text = format!("kab {running} run {failed} fail");
    let all = Rect { x: 0, y: 0, width: areas.width, height: areas.height };
    let lines = [text, String::from("needs 30x8"), String::from("q quits")];
    let ellipsis = app.theme.glyphs.ellipsis;
    pen.lines(all, lines.map(|text| Line::from(cut_end(&text, usize::from(areas.width), ellipsis))));
}

fn pods(app: &App) -> (usize, usize) {
    let count = |is_meant: &dyn Fn(&Pod) -> bool| app.data.pods().iter().filter(|pod| is_meant(pod)).count();
    (count(&|pod| app.is_running(pod)), count(&|pod| pod.status == PodStatus::Failed))
}

/// `1 task`, `2 tasks`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn tabs(app: &App, pen: &mut Pen<'_>, areas: Areas) {
    let mut line = Vec::new();
    for (at, screen) in Screen::ALL.into_iter().enumerate() {
        let count = count(app, screen);
        let name = format!("{} {}", at + 1, screen.name());
        let active = screen == app.screen;
        let (open, close) = if active { ("[", "]") } else { (" ", " ") };
        if active {
            let style = app.theme.style(Tone::Accent).patch(app.theme.style(Tone::Primary));
            line.push(pen.say(Tone::Accent, open));
            line.push(Span::styled(name, style));
            line.push(pen.say(Tone::Accent, format!("{count}{close}")));
        } else {
            line.push(pen.say(Tone::Secondary, format!("{open}{name}")));
            line.push(pen.say(Tone::Muted, format!("{count}{close}")));
        }
        line.push(Span::raw(" "));
    }
    pen.line(areas.tabs, Line::from(line));
}

/// The screen whose tab is in a column.
pub fn tab_at(app: &App, x: u16) -> Option<Screen> {
    let mut from = 0;
    Screen::ALL.into_iter().find(|screen| {
        let start = from;
        // A digit, a blank, the name, what counts, and what is around it.
        from += 2 + width(screen.name()) + width(&count(app, *screen)) + 3;
        (start..from - 1).contains(&usize::from(x))
    })
}

/// The figure behind a tab's name.
fn count(app: &App, screen: Screen) -> String {
    let data = &app.data;
    match screen {
        Screen::Home | Screen::Apps | Screen::Nodes => String::new(),
        Screen::Pods => match pods(app).0 {
            0 => String::new(),
            running => format!(" {running}"),
        },
        Screen::Engines if data.engines().is_empty() => String::new(),
        Screen::Engines => {
            let online = data.engines().iter().filter(|engine| Engine::is_online(engine)).count();
            format!(" {online}/{}", data.engines().len())
        }
        Screen::Tasks => match header::under_way(app) {
            0 => String::new(),
            working => format!(" {working}"),
        },
    }
}

/// What is typed, else the error that waits and what was said after it.
fn message(app: &App, pen: &mut Pen<'_>, areas: Areas) {
    let row = areas.message;
    if let Some(typing) = app.typing {
        let (sign, input) = match typing {
            Typing::Filter => ("/", app.filter()),
            Typing::Find => ("/", &app.prompt),
            Typing::Only => ("&", &app.prompt),
            Typing::Save => ("save to ", &app.prompt),
            Typing::Pipe => ("| ", &app.prompt),
            Typing::Reach => ("how much: ", &app.prompt),
        };
        let room = usize::from(row.width).saturating_sub(1 + width(sign));
        let (typed, at) = field::shown(input, room, app.theme.glyphs.ellipsis);
        let at = u16::try_from(at + width(sign) + 1).unwrap_or(0);
        let line = vec![
            Span::raw(" "),
            pen.say(Tone::Accent, sign),
            Span::raw(typed),
            pen.say(Tone::Muted, prompt_help(app, typing, input.value())),
        ];
        pen.line(row, Line::from(line));
        pen.cursor = Some(Position { x: (row.x + at).min(row.right().saturating_sub(1)), y: row.y });
        return;
    }
    // A small screen has no room for more.
    let most = if areas.body.height > LEAST_BODY { 3 } else { 1 };
    let said = said(app, pen, row, most);
    let lines = u16::try_from(said.len()).unwrap_or(u16::MAX);
    match app.notes.error() {
        None if said.is_empty() => {
            if areas.room == Room::Small && app.screen != Screen::Tasks {
                header::work(app, pen, row);
            }
            header::standing(app, pen, row);
        }
        // What is about to happen, and what a key did, is seen although an error waits above it.
        Some(failure) if said.is_empty() || areas.body.height > LEAST_BODY => {
            error(app, failure, pen, Rect { y: row.y.saturating_sub(lines), ..row });
        }
        _ => {}
    }
    for (at, line) in said.into_iter().rev().enumerate() {
        let row = Rect { y: row.y.saturating_sub(u16::try_from(at).unwrap_or(0)), ..row };
        blank(pen, row);
        pen.line(row, line);
    }
}

/// Takes away what stood on a line.
fn blank(pen: &mut Pen<'_>, row: Rect) {
    let blank = " ".repeat(usize::from(row.width));
    pen.line(row, Line::from(Span::styled(blank, ratatui::style::Style::reset())));
}

/// What is about to happen, else what is waited for, else the newest note, which may take several lines.
fn said(app: &App, pen: &Pen<'_>, row: Rect, most: usize) -> Vec<Line<'static>> {
    let ellipsis = app.theme.glyphs.ellipsis;
    let room = usize::from(row.width).saturating_sub(2);
    let beside = |keys: &[(String, &'static str)]| {
        let taken: usize = keys.iter().map(|(key, word)| width(key) + width(word) + 3).sum();
        room.saturating_sub(taken + 1)
    };
    let line = |tone, text: &str, keys: &[(String, &'static str)]| {
        let mut spans = vec![Span::raw(" "), pen.say(tone, cut_end(text, beside(keys), ellipsis))];
        spans.push(Span::raw("  "));
        for (key, word) in keys {
            spans.push(pen.say(Tone::Accent, format!(" {key}")));
            spans.push(pen.say(Tone::Muted, format!(" {word} ")));
        }
        Line::from(spans)
    };
    let keys = [(app.key_name(Action::Undo), "undo"), (app.key_name(Action::Open), "now")];
    // What is stopped is said before that one need not wait.
    let keys = if row.width < 60 { &keys[..1] } else { &keys };
    if let Some(text) = app.grace_text(beside(keys)) {
        return vec![line(Tone::Warn, &text, keys)];
    }
    if let Some((what, seconds)) = app.waits_for() {
        let text = format!("{}  {}", screens::empty::sentence(&what), duration(seconds));
        return vec![line(Tone::Secondary, &text, &[(app.key_name(Action::Back), "stops waiting")])];
    }
    if let Some((text, _)) = &app.notes.word {
        let lines = wrapped(&app.prose(text), room, most, ellipsis);
        return lines.into_iter().map(|text| Line::from(format!(" {text}"))).collect();
    }
    let bulk = app.bulk_text();
    bulk.map(|text| line(Tone::Warn, &text, &[(app.key_name(Action::Messages), "each of them")])).into_iter().collect()
}

/// Text in so many lines at most; that there is more shows.
fn wrapped(text: &str, room: usize, most: usize, ellipsis: &str) -> Vec<String> {
    let mut lines = wrap(text, room);
    if lines.len() > most {
        let rest = lines.split_off(most.saturating_sub(1)).join(" ");
        lines.push(cut_end(&rest, room, ellipsis));
    }
    lines
}

/// The newest error: what, why and what to do in four lines at most, and always the keys that lead on.
fn error(app: &App, failure: &Failure, pen: &mut Pen<'_>, row: Rect) {
    const LINES: usize = 3;
    // On a small screen the details say it.
    let newest = app.notes.troubles.last().filter(|_| row.width >= 60);
    let place = newest.and_then(|trouble| trouble.elsewhere.as_ref());
    let place = place.map(|(context, _)| format!(" on {}", cut_end(context, 20, app.theme.glyphs.ellipsis)));
    let place = place.unwrap_or_default();
    let head = match app.notes.troubles.len() {
        0 | 1 => format!("error{place}  "),
        count => format!("{count} errors{place}  "),
    };
    let room = usize::from(row.width).saturating_sub(2 + width(&head));
    let mut lines = wrapped(&app.prose(&failure.to_string()), room, LINES, app.theme.glyphs.ellipsis);
    let keys = [("⟨explain⟩", "details"), ("⟨copy⟩", "copy"), ("⟨back⟩", "dismiss")];
    let mut keys = keys.map(|(key, word)| (app.prose(key), word)).to_vec();
    let mut id = failure.id();
    let size = |keys: &[(String, &str)], id: &str| {
        keys.iter().map(|(key, word)| width(key) + width(word) + 3).sum::<usize>() + id.len()
    };
    if size(&keys, &id) > room {
        // The details name it.
        id.clear();
    }
    if size(&keys, &id) > room {
        keys.remove(1);
    }
    let taken = size(&keys, &id);
    if lines.last().is_none_or(|last| width(last) + taken + 2 > room) {
        lines.push(String::new());
    }
    let last = lines.len() - 1;
    let top = row.y.saturating_sub(u16::try_from(last).unwrap_or(0));
    for (at, text) in lines.into_iter().enumerate() {
        let line = Rect { y: top + u16::try_from(at).unwrap_or(0), ..row };
        blank(pen, line);
        let head = if at == 0 { pen.say(Tone::Bad, head.clone()) } else { Span::raw(" ".repeat(width(&head))) };
        let gap = if text.is_empty() { "" } else { "  " };
        let mut spans = vec![Span::raw(" "), head, Span::raw(text)];
        if at == last {
            spans.push(pen.say(Tone::Muted, format!("{gap}{id}")));
            for (key, word) in &keys {
                spans.push(pen.say(Tone::Accent, format!("  {key}")));
                spans.push(pen.say(Tone::Muted, format!(" {word}")));
            }
        }
        pen.line(line, Line::from(spans));
    }
}

fn prompt_help(app: &App, typing: Typing, typed: &str) -> String {
    if let (Typing::Save, Some(Page::Log(log))) = (typing, app.pages.last()) {
        return format!("  {} lines", super::widgets::text::grouped(log.held_lines()));
    }
    if !typed.is_empty() {
        return String::new();
    }
    match typing {
        Typing::Filter if app.sieve().is_some() => "  type to filter, Enter keeps, Esc clears".into(),
        Typing::Filter => app.prose("  type to filter, Enter keeps, Esc clears; ⟨facets⟩ narrows by facets"),
        Typing::Find => "  type a pattern, Enter keeps, Esc clears".into(),
        Typing::Only => "  only lines with this; ! in front: without it; Enter alone shows all".into(),
        Typing::Save => String::new(),
        Typing::Reach => "  lines, such as 500; or 90s, 10m, 2h, 1d; or since 14:30".into(),
        Typing::Pipe => "  a command that reads all that is held, such as grep -c ERROR".into(),
    }
}

/// As many keys as fit, help always.
fn hints(app: &App, pen: &mut Pen<'_>, areas: Areas) {
    let row = areas.hints;
    let mut line = vec![Span::raw(" ")];
    let mut used = 1;
    let hints: Vec<(String, &str)> = match app.typing {
        Some(Typing::Save) => vec![("Enter".into(), "save"), ("Esc".into(), "cancel")],
        Some(Typing::Reach) => vec![("Enter".into(), "ask"), ("Esc".into(), "cancel")],
        Some(Typing::Pipe) => vec![("Enter".into(), "run"), ("Esc".into(), "cancel")],
        Some(_) => vec![("Enter".into(), "keep"), ("Esc".into(), "clear"), ("Up Down".into(), "choose")],
        None if matches!(&app.overlay, Some(Overlay::Dialog(dialog)) if dialog.name.is_some()) => {
            vec![("Enter".into(), "do it, when the name is right"), ("Esc".into(), "cancel")]
        }
        None if app.overlay.is_none() && log_hints(app).is_some() => log_hints(app).unwrap_or_default(),
        None if app.prefix == super::app::Prefix::GoTo => {
            let lines = app.keys.lines(Place::GoTo);
            lines.filter_map(|line| Some((line.key()?.name(), line.binding.hint))).collect()
        }
        None => app
            .hints()
            .into_iter()
            .filter_map(|line| Some((line.key()?.name(), word(app, line.binding.action, line.binding.hint))))
            .collect(),
    };
    let (last, others) = match hints.split_last() {
        Some((last, others)) if last.1 == "help" => (Some(last.clone()), others.to_vec()),
        _ => (None, hints),
    };
    let size = |(key, word): &(String, &str)| width(key) + width(word) + 3;
    let reserved = last.as_ref().map_or(0, size);
    let mut shown: Vec<(String, &str)> = Vec::new();
    for hint in others {
        if used + size(&hint) + reserved > usize::from(row.width) + 1 {
            break;
        }
        used += size(&hint);
        shown.push(hint);
    }
    shown.extend(last);
    for (key, word) in shown {
        line.push(pen.say(Tone::Accent, key));
        line.push(pen.say(Tone::Muted, format!(" {word}  ")));
    }
    pen.line(row, Line::from(line));
}

/// The keys that count while lines or pods are chosen in the log.
fn log_hints(app: &App) -> Option<Vec<(String, &'static str)>> {
    let Some(Page::Log(log)) = app.pages.last() else { return None };
    let hints: &[(&str, &'static str)] = if log.is_selecting() {
        &[("⟨copy⟩", "copy"), ("⟨down⟩ ⟨up⟩", "extend"), ("⟨bottom⟩", "to the end"), ("⟨back⟩", "cancel")]
    } else if log.is_choosing() {
        &[("⟨mark⟩", "mute"), ("⟨down⟩ ⟨up⟩", "choose"), ("⟨pods⟩", "close")]
    } else {
        return None;
    };
    Some(hints.iter().map(|(key, word)| (app.prose(key), *word)).collect())
}

/// A hint's word where it depends on the state.
fn word<'t>(app: &App, action: Action, usual: &'t str) -> &'t str {
    match (action, &app.overlay, app.pages.last()) {
        (Action::Confirm, Some(overlays::Overlay::Contexts(_)), _) => "go there",
        (Action::Confirm, Some(overlays::Overlay::Menu(_) | overlays::Overlay::Palette(_)), _) => "do it",
        (Action::Confirm, Some(overlays::Overlay::Sheet(sheet)), _) => sheet.enter_word(app),
        (Action::Open, None, Some(Page::App(page))) => match page.tab {
            super::app::Tab::Compat => "install this",
            super::app::Tab::Versions => "show",
            _ => "open",
        },
        _ => usual,
    }
}
