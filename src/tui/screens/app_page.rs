//! An app's page with its tabs.

use std::collections::BTreeSet;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::thing::Told;
use super::{app_text, apps, compat, readme};
use crate::compat::{self as compat_of, Mark as Verdicts};
use crate::domain::{Node, Pod, Release};
use crate::tui::app::{App, AppPage, Sifted, Tab};
use crate::tui::theme::Tone;
use crate::tui::view::counted;
use crate::tui::widgets::link;
use crate::tui::widgets::pen::{Focus, Pen};
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::table::{self, Column, Mark, Row, RowState};
use crate::tui::widgets::tabs::Tabs;
use crate::tui::widgets::text::age;

/// Draws the page.
pub fn draw(app: &App, page: &AppPage, pen: &mut Pen<'_>, area: Rect) {
    let name = app.data.app(&page.app).map_or(page.app.as_str(), |it| it.short_name()).to_owned();
    let mut title = vec![
        pen.say(Tone::Muted, "Apps > "),
        pen.say(Tone::Primary, name),
        pen.say(Tone::Secondary, format!(" {}", page.version)),
    ];
    title.extend(super::thing::narrowed(app, pen));
    pen.rule(area, title, Focus::Here);
    tabs(app, page).draw(pen, Rect { y: area.y + 1, height: 1.min(area.height.saturating_sub(1)), ..area });
    let body = inside(area);
    let shown = if page.tab.has_rows() { app.sifted() } else { Sifted::default() };
    if page.tab.has_rows() && shown.rows.is_empty() && !app.sifted_by().is_empty() {
        return pen.lines(body, super::empty::no_match(app, body.width));
    }
    match (page.tab, app.release_of(page)) {
        (Tab::Compat, Some(release)) => compat::draw(app, release, (&shown, page.at.top), pen, body),
        (Tab::Versions, _) => versions(app, page, &shown, pen, body),
        (Tab::Nodes, Some(release)) => nodes(app, release, &shown, pen, body),
        _ => {
            let told = app.page_told(body.width);
            super::thing::text(app, &page.at, &told, pen, body);
            for (text, url) in app
                .release_of(page)
                .filter(|_| page.tab == Tab::Overview)
                .map_or_else(Vec::new, |release| readme::links(app, release, body.width))
            {
                pen.link(body, &text, &url);
            }
            let release = app.release_of(page).filter(|_| page.tab == Tab::Source);
            if let Some(repository) = release.and_then(|release| app.data.repository_of(release)) {
                for text in [&repository.name, &repository.source] {
                    if let Some(url) = link::of_repository(text) {
                        pen.link(body, &Prose::named_text(app.theme, body.width, text), &url);
                    }
                }
            }
        }
    }
}

fn tabs(app: &App, page: &AppPage) -> Tabs {
    let names = Tab::ALL.into_iter().map(|tab| (tab.name(), count(app, page, tab))).collect();
    let open = Tab::ALL.iter().position(|tab| *tab == page.tab).unwrap_or(0);
    Tabs { names, open, ellipsis: app.theme.glyphs.ellipsis }
}

/// The figure behind a tab's name.
fn count(app: &App, page: &AppPage, tab: Tab) -> String {
    let count = match (tab, app.release_of(page)) {
        (Tab::Versions, _) => app.data.app(&page.app).map_or(0, |it| it.releases.len()),
        (Tab::Nodes, Some(release)) => app.data.nodes_of(release).len(),
        (Tab::Access, Some(release)) => release.scopes.len(),
        _ => 0,
    };
    if count > 0 { format!(" {count}") } else { String::new() }
}

/// The tab in a column.
pub fn tab_at(app: &App, page: &AppPage, x: u16) -> Option<Tab> {
    tabs(app, page).at(app.areas().body.width, x).and_then(|at| Tab::ALL.get(at).copied())
}

/// The row of a tab on a line of the screen, by its place among those that are shown; the cursor is at a place as well, and
/// so many are shown.
pub fn row_at(page: &AppPage, (place, rows): (usize, usize), y: u16, area: Rect) -> Option<usize> {
    let area = inside(area);
    if page.tab == Tab::Compat {
        return compat::row_at(place, rows, y, area);
    }
    let (_, body) = split(area);
    let line = usize::from(y.checked_sub(body.y)?);
    page.tab.has_rows().then_some(first_row(place, body.height) + line)
}

/// What is left below the rule and the tabs.
pub fn inside(area: Rect) -> Rect {
    Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area }
}

/// The tabs that are text.
pub fn text(app: &App, page: &AppPage, width: u16) -> Told {
    let only = |lines| Told { lines, rows: Vec::new() };
    let Some(release) = app.release_of(page) else {
        let mut gone = Prose::new(app.theme, width);
        gone.gap();
        gone.paragraph(Tone::Secondary, "This release is not in the catalogue any more.");
        return only(gone.lines);
    };
    match page.tab {
        Tab::Access => only(app_text::access(app, release, width)),
        Tab::Source => only(app_text::source(app, release, width)),
        Tab::Activity => app_text::activity(app, &page.app, width),
        _ => {
            let mut prose = Prose::new(app.theme, width);
            prose.lines = apps::details(app, &page.app, Some(&page.version), width);
            prose.lines.insert(0, Line::default());
            readme::write(app, release, &mut prose);
            only(prose.lines)
        }
    }
}

fn versions(app: &App, page: &AppPage, shown: &Sifted, pen: &mut Pen<'_>, area: Rect) {
    let Some(it) = app.data.app(&page.app) else { return };
    let columns = [
        Column::new("VERSION", 14, 0),
        Column::new("BUILT", 6, 1).right().held_by(&it.releases, |release| release.built_at().is_some()),
        Column::new("PODS", 4, 2).right().held_by(&it.releases, |release| pods_of(app, release) > 0),
        Column::new("ENGINES", 7, 2),
        Column::new("ACCESS", 10, 5),
        // What it changes is what people come for.
        Column::new("SINCE THE ONE BEFORE", 26, 1),
        Column::new("FLAVOURS", 0, 3),
    ];
    let (heads, body) = split(area);
    table::heads(pen, heads, &columns);
    let theme = app.theme;
    let text = |tone, text: String| vec![Span::styled(text, theme.style(tone))];
    let rows: Vec<Row> = shown
        .rows
        .iter()
        .filter_map(|at| Some((*at, it.releases.get(*at)?)))
        .map(|(at, release)| {
            let pods = pods_of(app, release);
            let names: Vec<_> = release.flavours.iter().map(|flavour| flavour.name.as_str()).collect();
            let built =
                release.built_at().map_or_else(|| theme.glyphs.nothing.into(), |at| age(at.seconds_until(app.now)));
            let pods = if pods == 0 { String::new() } else { pods.to_string() };
            let tone = if release.is_withdrawn() { Tone::Muted } else { Tone::Primary };
            Row {
                cells: vec![
                    text(tone, release.version.clone()),
                    text(Tone::Muted, built),
                    text(Tone::Secondary, pods),
                    text(Tone::Secondary, runs_on(app, release)),
                    text(Tone::Secondary, counted(release.scopes.len(), "scope")),
                    text(Tone::Muted, it.releases.get(at + 1).map_or_else(String::new, |old| since(app, old, release))),
                    text(Tone::Secondary, names.join(", ")),
                ],
                state: if shown.chosen() == Some(at) { RowState::Chosen } else { RowState::Plain },
                mark: Mark::None,
            }
        })
        .collect();
    let top = first_row(shown.place, body.height);
    table::body(pen, body, &columns, rows.into_iter().skip(top));
    super::thing::mark_matches(app, pen, body);
}

/// Pods of a release that are alive, as far as anybody can confirm it.
fn pods_of(app: &App, release: &Release) -> usize {
    let lives = |pod: &&Pod| pod.release == release.id && pod.status.is_alive() && !app.is_ghost(pod);
    app.data.pods().iter().filter(lives).count()
}

/// On how many of the engines that are connected it runs: `2 of 3`.
fn runs_on(app: &App, release: &Release) -> String {
    let marks = compat_of::marks(release, app.data.engines());
    let online = app.data.engines().iter().zip(marks).filter(|(engine, _)| engine.is_online());
    let (all, runs) = online.fold((0, 0), |(all, runs), (_, mark)| {
        (all + 1, runs + usize::from(matches!(mark, Verdicts::Best | Verdicts::Runs)))
    });
    format!("{runs} of {all}")
}

/// What a release has that the one before it had not, and the other way round: `+2 nodes -1 node +1 scope`.
fn since(app: &App, old: &Release, new: &Release) -> String {
    let nodes = |release: &Release| -> BTreeSet<String> {
        app.data.nodes_of(release).into_iter().map(|node| node.hash.clone()).collect()
    };
    let scopes = |release: &Release| -> BTreeSet<String> { release.scopes.iter().cloned().collect() };
    let services = |release: &Release| -> BTreeSet<String> {
        let needs = release.flavours.iter().flat_map(|flavour| &flavour.requirements);
        needs.map(|need| need.key.clone()).collect()
    };
    let flavours = |release: &Release| -> BTreeSet<String> {
        release.flavours.iter().map(|flavour| flavour.name.clone()).collect()
    };
    let mut words = Vec::new();
    for (what, old, new) in [
        ("node", nodes(old), nodes(new)),
        ("scope", scopes(old), scopes(new)),
        ("service", services(old), services(new)),
        ("flavour", flavours(old), flavours(new)),
    ] {
        for (sign, count) in [("+", new.difference(&old).count()), ("-", old.difference(&new).count())] {
            if count > 0 {
                words.push(format!("{sign}{}", counted(count, what)));
            }
        }
    }
    if words.is_empty() { "unchanged".into() } else { words.join(" ") }
}

fn nodes(app: &App, release: &Release, shown: &Sifted, pen: &mut Pen<'_>, area: Rect) {
    let nodes = app.data.nodes_of(release);
    if nodes.is_empty() {
        let line = pen.say(Tone::Muted, " It provides no node.");
        pen.line(Rect { y: area.y + 1, ..area }, Line::from(line));
        return;
    }
    // A column that is empty for all rows is left out.
    let are_collected = nodes.iter().any(|node| !node.collections.is_empty());
    let mut columns = vec![
        Column::new("NODE", 24, 0),
        Column::new(&super::nodes::takes(app), 30, 1),
        Column::new("FLAVOURS", 16, 3),
        Column::new("WHAT IT DOES", 0, 2).held_by(&nodes, |node| node.description.is_some()),
    ];
    if are_collected {
        columns.insert(2, Column::new("COLLECTION", 16, 4));
    }
    let all = release.flavours.len();
    let (heads, body) = split(area);
    table::heads(pen, heads, &columns);
    let theme = app.theme;
    let text = |tone, text: String| vec![Span::styled(text, theme.style(tone))];
    let rows: Vec<Row> = shown
        .rows
        .iter()
        .filter_map(|at| Some((*at, *nodes.get(*at)?)))
        .map(|(at, node)| Row {
            cells: [
                Some(text(Tone::Primary, node.name.clone())),
                Some(text(Tone::Secondary, node.signature().replace("->", theme.glyphs.arrow))),
                are_collected.then(|| text(Tone::Muted, node.collections.join(", "))),
                Some(text(Tone::Muted, providing(release, node, all))),
                Some(text(Tone::Muted, node.description.clone().unwrap_or_default())),
            ]
            .into_iter()
            .flatten()
            .collect(),
            state: if shown.chosen() == Some(at) { RowState::Chosen } else { RowState::Plain },
            mark: Mark::None,
        })
        .collect();
    let top = first_row(shown.place, body.height);
    table::body(pen, body, &columns, rows.into_iter().skip(top));
    super::thing::mark_matches(app, pen, body);
}

/// The flavours of a release that provide a node.
fn providing(release: &Release, node: &Node, all: usize) -> String {
    let names: Vec<&str> = release
        .flavours
        .iter()
        .filter(|flavour| node.flavours.contains(&flavour.id))
        .map(|flavour| flavour.name.as_str())
        .collect();
    if names.len() == all && all > 1 { "all".into() } else { names.join(", ") }
}

/// A gap and the heads, then the rows.
pub fn split(area: Rect) -> (Rect, Rect) {
    let heads = Rect { y: area.y + 1, height: area.height.saturating_sub(1).min(1), ..area };
    let body = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    (heads, body)
}

/// The first row of the page on which the cursor is.
pub fn first_row(cursor: usize, height: u16) -> usize {
    let page = usize::from(height).max(1);
    cursor / page * page
}
