//! The status line below the hints, on wide terminals: which list, how many, and how the program is set.

use ratatui::text::{Line, Span};

use super::action::Screen;
use super::app::{App, Connection, Page};
use super::layout::Areas;
use super::theme::{Colours, Tone};
use super::widgets::pen::Pen;
use super::widgets::text::{grouped, width};
use crate::domain::{Speed, human_bytes};

/// Draws it.
pub fn draw(app: &App, pen: &mut Pen<'_>, areas: Areas) {
    if areas.status.is_empty() {
        return;
    }
    let mut facts: Vec<String> = Vec::new();
    let name = match app.pages.last() {
        None => app.screen.name(),
        Some(Page::Log(_)) => "Log",
        Some(Page::Everywhere(_)) => "Pods",
        Some(Page::App(_)) => "App",
        Some(Page::Thing(target, _)) => target.screen().name().trim_end_matches('s'),
    };
    if app.pages.is_empty() && app.screen != Screen::Home {
        let list = app.list(app.screen);
        facts.push(format!("{} of {}", grouped(app.shown(app.screen)), grouped(app.total(app.screen))));
        if !list.marks.is_empty() {
            facts.push(format!("marks {}", grouped(list.marks.len())));
        }
    }
    if app.is_everywhere() {
        facts.push(format!("{} of {}", grouped(app.front().rows.len()), grouped(app.front_total())));
    }
    if app.is_everywhere() || app.pages.is_empty() && app.screen != Screen::Home {
        let word = app.widths_word();
        if !word.is_empty() {
            facts.push(format!("columns {word}"));
        }
    }
    if !app.sifted_by().is_empty() {
        facts.push(format!("{} of {}", grouped(app.sifted().rows.len()), grouped(app.all_rows())));
    }
    // The pods of all servers are only looked at.
    let only_read = app.session.read_only.is_some() || app.is_everywhere();
    facts.push(if only_read { "read-only" } else { "read-write" }.into());
    let is_polled = app.looks_at().iter().any(|list| app.net.polled.contains(list));
    facts.push(
        match (&app.connection, is_polled) {
            (Connection::Live, true) if app.net.speed == Speed::Slow => "poll 12 s",
            (Connection::Live, true) => "poll 3 s",
            (Connection::Live, false) => "pushed",
            _ => "not connected",
        }
        .into(),
    );
    let theme = if app.theme.colours == Colours::Mono { "mono" } else { app.theme.scheme.name() };
    facts.push(format!("theme {theme}"));
    facts.push(format!("keys {}", app.keys.preset()));
    // Servers tell no version of theirs that means anything: they are known by what they have.
    facts.extend(app.net.cache.map(|bytes| format!("cache {}", human_bytes(bytes))));
    facts.push(format!("kab {}", env!("CARGO_PKG_VERSION")));
    let mut line = vec![Span::raw(" "), pen.say(Tone::Primary, name.to_uppercase())];
    let mut used = 1 + width(name);
    for fact in facts {
        used += 3 + width(&fact);
        if used > usize::from(areas.width) {
            break;
        }
        line.push(pen.say(Tone::Muted, format!("   {fact}")));
    }
    pen.line(areas.status, Line::from(line));
}
