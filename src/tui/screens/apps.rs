//! Apps: one row each, with a sign for every engine.

use std::collections::BTreeSet;

use ratatui::text::{Line, Span};

use super::heads::{SIGNS, heads, legend, offline, whose};
use super::running::{last_seen, running};
use crate::compat::{self, Mark, Verdict, Wish};
use crate::domain::{AppIdentifier, Release, human_bytes};
use crate::tui::action::Screen;
use crate::tui::app::App;
use crate::tui::list::Hidden;
use crate::tui::theme::{Tone, mark_tone};
use crate::tui::view::counted;
use crate::tui::widgets::pen::highlighted;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::table::{Cell, Column, places};
use crate::tui::widgets::text::{ago, cut_middle, filled, width as width_of};

/// Cells that the name of a repository takes at most, before what an app does; a column of fewer has no room for one.
const SOURCE: usize = 24;

/// The columns.
pub fn columns(app: &App, width: u16) -> Vec<Column> {
    let engines = app.data.engines();
    let letters: Vec<String> = heads(engines).into_iter().take(SIGNS).collect();
    let name = if width >= 100 { 26 } else { 20 };
    let rest = engines.len().saturating_sub(SIGNS);
    let letters = if rest == 0 { letters.join(" ") } else { format!("{} +{rest}", letters.join(" ")) };
    let signs = u16::try_from(letters.len()).unwrap_or(0).max(1);
    let mut columns = vec![Column::new("APP", name, 0).middle(), Column::new("VERSION", 9, 3)];
    columns.push(Column::new(&letters, signs, 1).held_by(engines, |_| true));
    let told = app.data.told_of_apps;
    let has_states = told.withdrawal || !app.data.pods().is_empty();
    columns.push(Column::new("STATE", 10, 2).whole().held_by([has_states], |has| has));
    // Of rows that are hidden otherwise it says why.
    let says_why = app.list(Screen::Apps).shows_hidden == Hidden::Shown;
    let rank = if says_why { 1 } else { 4 };
    let holds = told.description || told.choice || says_why;
    columns.push(Column::new("WHAT IT DOES", 0, rank).held_by([holds], |has| has));
    columns
}

/// A row.
pub fn cells(app: &App, row: usize, matched: &dyn Fn(&str) -> BTreeSet<usize>) -> Vec<Cell> {
    let Some(it) = app.data.apps().get(row) else { return Vec::new() };
    let theme = &app.theme;
    let name = it.short_name();
    let newest = it.newest();
    let text = |tone, text: &str| vec![Span::styled(text.to_owned(), theme.style(tone))];
    let (word, tone) = state_word(app, it);
    let mut what = text(Tone::Secondary, &what_it_does(app, row, newest));
    // Of an app that several offer one takes what is used.
    if let Some(used) = newest.filter(|_| app.data.offering(it).len() > 1).and_then(|it| app.data.repository_of(it)) {
        let room = room_for_what(app);
        let name = cut_middle(&used.name, (room / 2).min(SOURCE), theme.glyphs.ellipsis);
        if room >= SOURCE {
            what.insert(0, Span::styled(format!("{name}  "), theme.style(Tone::Muted)));
        }
    }
    vec![
        highlighted(name, &matched(name), theme.style(Tone::Primary)),
        text(Tone::Secondary, newest.map_or("", |release| &release.version)),
        newest.map_or_else(Vec::new, |release| signs(app, release)),
        text(tone, &word),
        what,
    ]
}

/// How wide the last column is.
fn room_for_what(app: &App) -> usize {
    let width = app.panes().list.width.saturating_sub(1);
    let places = places(&super::columns(app, Screen::Apps, width), width);
    places.last().copied().flatten().map_or(0, |(_, wide)| usize::from(wide))
}

/// What its author says of it; of an app that runs on no engine that is online, why.
fn what_it_does(app: &App, row: usize, newest: Option<&Release>) -> String {
    let Some(release) = newest else { return String::new() };
    let nearest = || {
        let best = compat::rank(release, app.data.engines()).into_iter().find(|it| it.engine.is_online())?;
        let reason = best.judgement.reasons.into_iter().find(|reason| reason.verdict == compat::Verdict::No)?;
        Some(format!("{} needs {}, {} reports {}", best.flavour.name, reason.needs, best.engine.name, reason.reports))
    };
    let why = if app.is_hidden(Screen::Apps, row) { nearest() } else { None };
    why.unwrap_or_else(|| release.description.clone().unwrap_or_default())
}

fn state_word(app: &App, it: &crate::domain::App) -> (String, Tone) {
    match app.running(&it.identifier) {
        _ if app.data.has_update(it) => ("update".into(), Tone::Warn),
        0 if app.data.is_installed(&it.identifier) => ("installed".into(), Tone::Secondary),
        0 if it.newest().is_some_and(Release::is_withdrawn) => ("withdrawn".into(), Tone::Muted),
        0 => (String::new(), Tone::Secondary),
        1 => ("running".into(), Tone::Good),
        count => (format!("running x{count}"), Tone::Good),
    }
}

/// One sign for each engine; of those for which there is no room, how many run it.
fn signs(app: &App, release: &Release) -> Vec<Span<'static>> {
    let theme = &app.theme;
    let mut spans = Vec::new();
    let marks = compat::marks(release, app.data.engines());
    let rest = marks.get(SIGNS..).unwrap_or_default();
    let running = rest.iter().filter(|mark| matches!(mark, Mark::Best | Mark::Runs)).count();
    let counted = (!rest.is_empty()).then(|| format!(" {running:>2}"));
    for (at, mark) in marks.iter().copied().take(SIGNS).enumerate() {
        if at > 0 {
            spans.push(Span::raw(" "));
        }
        let style = theme.style(mark_tone(mark));
        spans.push(match mark {
            Mark::Offline => Span::styled(theme.glyphs.offline, style),
            other => Span::styled(other.sign().to_string(), style),
        });
    }
    spans.extend(counted.map(|count| Span::styled(count, theme.style(Tone::Secondary))));
    spans
}

/// Five lines below the list.
pub fn preview(app: &App, id: &AppIdentifier, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    let Some(it) = app.data.app(id) else { return page.lines };
    let Some(release) = it.newest() else { return page.lines };
    let what = release.description.clone().unwrap_or_else(|| "Its author says nothing about it.".into());
    let what = page.say(Tone::Secondary, what);
    page.line(vec![what]);
    let facts = vec![page.say(Tone::Muted, facts(app, release))];
    page.line(facts);
    let best = best(app, release, &page);
    page.line(best);
    let places = running(app, it);
    let running = if app.running(id) == 0 {
        let doubtful = app.data.running(id).next();
        let word = match doubtful {
            Some(pod) => {
                let seen = last_seen(app, pod).map_or_else(String::new, |seen| format!(", last {seen}"));
                format!("Installed; nobody can confirm that it runs on {}{seen}", pod.engine_name)
            }
            None if app.data.is_installed(id) => "Installed, not running".into(),
            None => "Not installed".into(),
        };
        page.say(Tone::Muted, word)
    } else {
        page.say(Tone::Secondary, format!("Running: {}", places.join(", ")))
    };
    let room = page.width.saturating_sub(running.width() + 3 + 1);
    let whose = page.say(Tone::Muted, format!("   {}", whose(app, room)));
    page.line(vec![running, whose]);
    page.line(legend(app, &Prose::new(app.theme, width)));
    page.lines
}

/// Where it comes from, how large it is, what it asks for.
fn facts(app: &App, release: &Release) -> String {
    let mut facts = Vec::new();
    if let Some(repository) = app.data.repository_of(release) {
        let all = app.data.app(&release.app).map_or(0, |it| app.data.offering(it).len());
        let more = if all > 1 { format!(" and {} more", all - 1) } else { String::new() };
        facts.push(format!("{}{more}", repository.name));
    }
    if let Some(size) = release.flavours.iter().filter_map(|flavour| flavour.image.size).max() {
        facts.push(human_bytes(size));
    }
    facts.push(counted(release.scopes.len(), "scope"));
    facts.push(counted(app.data.nodes_of(release).len(), "node"));
    if let Some(at) = release.built_at() {
        facts.push(format!("built {}", built(app, at)));
    }
    facts.join("   ")
}

fn built(app: &App, at: crate::domain::Moment) -> String {
    ago(at.seconds_until(app.now))
}

/// Where it would be installed, or why nowhere.
fn best(app: &App, release: &Release, page: &Prose) -> Vec<Span<'static>> {
    match compat::plan(release, app.data.engines(), Wish::default()) {
        Ok(plan) => {
            let maybe = plan.best.judgement.verdict == Verdict::Maybe;
            let to_fetch = app.to_fetch(&plan.best).map(|words| format!("{words}; "));
            let head = if maybe { "Might run on " } else { "Best here: " };
            vec![
                page.say(Tone::Muted, head),
                page.say(Tone::Primary, plan.best.engine.name.clone()),
                page.say(Tone::Secondary, format!(" with {}", plan.best.flavour.name)),
                page.say(Tone::Muted, format!("  ({}{})", to_fetch.unwrap_or_default(), plan.why)),
            ]
        }
        Err(why) => vec![page.say(Tone::Muted, "Runs nowhere now: "), page.say(Tone::Secondary, why.to_string())],
    }
}

/// Everything about a release, on one page.
pub fn details(app: &App, id: &AppIdentifier, version: Option<&str>, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    let Some(it) = app.data.app(id) else {
        page.paragraph(Tone::Muted, "This app is not in the catalogue any more.");
        return page.lines;
    };
    let Some(release) = version.and_then(|version| it.release(version)).or_else(|| it.newest()) else {
        page.paragraph(Tone::Muted, "This app has no release yet.");
        return page.lines;
    };
    page.gap();
    let what = release.description.as_deref().unwrap_or("Its author says nothing about it.");
    page.paragraph(Tone::Secondary, what);
    page.gap();
    for line in tiles(app, release, &page) {
        page.line(line);
    }
    page.gap();
    page.named("App", it.identifier.as_str());
    let built = release.built_at().map_or_else(|| "unknown".into(), |at| built(app, at));
    let version =
        vec![page.say(Tone::Primary, release.version.clone()), page.say(Tone::Muted, format!("  built {built}"))];
    page.field("Version", version);
    let source = app.data.repository_of(release).map_or("unknown", |repository| &repository.name);
    page.named("Source", source);
    if let Some(publisher) = app.data.said(&release.id).value().and_then(|said| said.publisher.as_deref()) {
        page.told("Made by", Tone::Secondary, publisher);
    }
    let scopes = if release.scopes.is_empty() { "nothing".into() } else { release.scopes.join(", ") };
    page.told("Access", Tone::Secondary, &scopes);
    // The tile above has few of them by name.
    let needs = services(release);
    if needs.len() > FEW {
        page.told("Needs", Tone::Secondary, &needs.join(", "));
    }
    where_it_runs(app, release, &mut page);
    provides(app, release, &mut page);
    let running = running(app, it);
    if !running.is_empty() {
        page.head("Running");
        for place in running {
            let place = page.say(Tone::Secondary, place);
            page.line(vec![place]);
        }
    }
    page.lines
}

/// Services that a tile names; of more it tells how many.
const FEW: usize = 2;

/// The four facts that people read first; in two lines or four where one does not hold them.
fn tiles(app: &App, release: &Release, page: &Prose) -> Vec<Vec<Span<'static>>> {
    let engines = app.data.engines();
    let marks = compat::marks(release, engines);
    let runs = marks.iter().filter(|mark| matches!(mark, Mark::Best | Mark::Runs)).count();
    let sizes = || release.flavours.iter().filter_map(|flavour| flavour.image.size);
    let size = match (sizes().min(), sizes().max()) {
        (Some(least), Some(most)) if least == most => human_bytes(most),
        (Some(least), Some(most)) => format!("{} to {}", human_bytes(least), human_bytes(most)),
        _ => "unknown".into(),
    };
    let room = page.width.saturating_sub(width_of("Size ") + width_of(&size) + " ()".len() + 2);
    let size = match app.fetching_words(release, room) {
        Some(words) => format!("{size} ({words})"),
        None => size,
    };
    let place = match engines.len() {
        0 => "no engine".to_owned(),
        count => format!("{runs} of {}", counted(count, "engine")),
    };
    let services = services(release);
    let needs = match services.as_slice() {
        [] => "no service".to_owned(),
        few if few.len() <= FEW => few.join(", "),
        many => counted(many.len(), "service"),
    };
    let tone = if runs > 0 { Tone::Good } else { Tone::Warn };
    let tiles = [
        ("Size", size, Tone::Primary),
        ("Runs on", place, tone),
        ("Access", counted(release.scopes.len(), "scope"), Tone::Primary),
        ("Needs", needs, Tone::Primary),
    ];
    let size = |(name, value, _): &(&str, String, Tone)| width_of(name) + width_of(value) + 1;
    let all: usize = tiles.iter().map(size).sum::<usize>() + 3 * 3;
    let column = tiles.iter().step_by(2).map(size).max().unwrap_or(0);
    let second = tiles.iter().skip(1).step_by(2).map(size).max().unwrap_or(0);
    let each = match page.width.saturating_sub(2) {
        room if all <= room => 4,
        room if column + 3 + second <= room => 2,
        _ => 1,
    };
    let line = |tiles: &[(&str, String, Tone)]| {
        let mut line = Vec::new();
        for (at, tile) in tiles.iter().enumerate() {
            line.push(page.say(Tone::Muted, format!("{} ", tile.0)));
            line.push(page.say(tile.2, tile.1.clone()));
            // Two lines stand in columns.
            let gap = if each == 2 && at == 0 { column - size(tile) } else { 0 };
            if at + 1 < tiles.len() {
                line.push(Span::raw(" ".repeat(gap + 3)));
            }
        }
        line
    };
    tiles.chunks(each).map(line).collect()
}

/// The services that a release's flavours talk to, each once.
fn services(release: &Release) -> Vec<String> {
    let needs = release.flavours.iter().flat_map(|flavour| &flavour.requirements);
    let mut names: Vec<String> = needs.map(|need| need.key.clone()).collect();
    names.sort();
    names.dedup();
    names
}

fn where_it_runs(app: &App, release: &Release, page: &mut Prose) {
    page.head("Where it runs");
    if app.data.engines().is_empty() {
        page.paragraph(Tone::Secondary, &app.prose("No engine is connected. ⟨go-engines⟩ says how to get one."));
        return;
    }
    let ranked = compat::rank(release, app.data.engines());
    let marks = compat::marks(release, app.data.engines());
    // Half of the page, so that there is room for why.
    let most = (page.width / 2).max(14);
    let longest = app.data.engines().iter().map(|engine| width_of(&engine.name)).max().unwrap_or(0).clamp(14, most);
    let heads = heads(app.data.engines());
    for ((engine, head), mark) in app.data.engines().iter().zip(heads).zip(marks) {
        let Some(best) = ranked.iter().find(|candidate| candidate.engine.id == engine.id) else { continue };
        let (sign, tone) = match mark {
            Mark::Offline => (app.theme.glyphs.offline.to_owned(), Tone::Muted),
            mark => (mark.sign().to_string(), mark_tone(mark)),
        };
        let text = match (mark, best.judgement.reasons.first()) {
            (Mark::Offline, _) => offline(app, engine).unwrap_or_else(|| "offline".into()),
            (Mark::Maybe | Mark::No, Some(reason)) => format!("needs {}, reports {}", reason.needs, reason.reports),
            _ => best.flavour.name.clone(),
        };
        let line = vec![
            page.say(Tone::Muted, format!("{head} ")),
            page.say(tone, format!("{sign} ")),
            page.say(Tone::Primary, filled(&cut_middle(&engine.name, longest, app.theme.glyphs.ellipsis), longest)),
            page.say(Tone::Secondary, format!("  {text}")),
        ];
        page.line(line);
    }
    // Beside the list, where its signs stand, they are explained here.
    if app.pages.is_empty() && app.screen == Screen::Apps {
        let legend = legend(app, page);
        let room = page.width;
        let (mut line, mut used) = (Vec::new(), 0);
        for pair in legend.chunks(2) {
            let size: usize = pair.iter().map(Span::width).sum();
            if used + size > room && !line.is_empty() {
                page.line(std::mem::take(&mut line));
                used = 0;
            }
            used += size;
            line.extend(pair.iter().cloned());
        }
        page.line(line);
    }
}

fn provides(app: &App, release: &Release, page: &mut Prose) {
    let nodes = app.data.nodes_of(release);
    if nodes.is_empty() {
        return;
    }
    page.head("Nodes");
    for node in nodes.iter().take(8) {
        let line = vec![
            page.say(Tone::Primary, format!("{:<20}", node.name)),
            page.say(Tone::Muted, format!("  {}", node.signature().replace("->", app.theme.glyphs.arrow))),
        ];
        page.line(line);
    }
    if nodes.len() > 8 {
        let more = page.say(Tone::Muted, format!("and {} more", nodes.len() - 8));
        page.line(vec![more]);
    }
}
