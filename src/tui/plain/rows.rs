//! Rows in words: `3. cellpose 3.0.1 - running; best on hpc-gpu; not on laptop`. Made from the cells of the tables, so that
//! what a table gets in addition is said here by itself.

use std::collections::BTreeSet;

use ratatui::text::Span;

use crate::compat::{self, Mark};
use crate::domain::Release;
use crate::tui::action::Screen;
use crate::tui::app::{App, AppPage, Everywhere, Page, Tab};
use crate::tui::screens;
use crate::tui::view::counted;

/// Columns that no table runs out of.
const WIDE: u16 = 400;

/// The keys of all rows that are there now, by which a number finds its row again.
pub fn keys(app: &App) -> Vec<String> {
    match app.pages.last() {
        None | Some(Page::Everywhere(_)) => {
            app.front().rows.iter().map(|row| app.front_key(*row).unwrap_or_default()).collect()
        }
        Some(Page::App(page)) if page.tab.has_rows() => of_page(app, page).into_iter().map(|(key, _)| key).collect(),
        Some(Page::Thing(..) | Page::App(_)) => app.part_rows().into_iter().map(|row| row.to.key()).collect(),
        Some(Page::Log(_)) => Vec::new(),
    }
}

/// Of rows those that are shown.
fn shown<T>(app: &App, rows: impl IntoIterator<Item = T>) -> Vec<T> {
    let shown: BTreeSet<usize> = app.sifted().rows.into_iter().collect();
    rows.into_iter().enumerate().filter(|(at, _)| shown.contains(at)).map(|(_, row)| row).collect()
}

/// A pod with its server.
fn of_everywhere(page: &Everywhere, at: usize) -> String {
    let Some((context, pod)) = page.list.rows.get(at).and_then(|row| page.row(*row)) else { return String::new() };
    let state = pod.status.word().to_lowercase();
    format!("{} {} - {state}; on {} of {context}", pod.name(), pod.version, pod.engine_name)
}

/// A row of the list in front, by its place among the shown ones.
pub fn of_list(app: &App, at: usize) -> String {
    if let Some(Page::Everywhere(page)) = app.pages.last() {
        return of_everywhere(page, at);
    }
    let list = app.list(app.screen);
    let Some(row) = list.rows.get(at).copied() else { return String::new() };
    let marked = app.row_key(app.screen, row).is_some_and(|key| list.marks.contains(&key));
    let text = match app.screen {
        Screen::Home => app.home.get(row).map_or_else(String::new, |row| format!("{}: {}", row.name, row.text)),
        screen => of_table(app, screen, row),
    };
    let bookmarked = if app.is_bookmarked(app.screen, row) { "; bookmarked" } else { "" };
    let marked = if marked { "; marked" } else { "" };
    format!("{text}{bookmarked}{marked}")
}

fn of_table(app: &App, screen: Screen, row: usize) -> String {
    let columns = screens::columns(app, screen, WIDE);
    let cells = screens::cells(app, screen, row, &|_| BTreeSet::new());
    let (mut name, mut state) = (String::new(), String::new());
    let mut rest = Vec::new();
    for (column, cell) in columns.iter().zip(cells) {
        let title = column.title.as_str();
        let text = if screen == Screen::Apps && is_signs(title) { verdicts(app, row) } else { words(&cell) };
        match title {
            _ if text.is_empty() || column.is_empty => {}
            "STATE" => state = spoken_state(&text),
            "VERSION" => name = format!("{name} {text}"),
            _ if name.is_empty() => name = text,
            title => rest.push(phrase(title, &text)),
        }
    }
    let parts: Vec<String> = std::iter::once(state).chain(rest).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { name } else { format!("{name} - {}", parts.join("; ")) }
}

/// The heads of the engines' signs: one letter each.
fn is_signs(title: &str) -> bool {
    title.split_whitespace().all(|word| word.chars().count() == 1)
}

/// The text of a cell.
fn words(cell: &[Span<'_>]) -> String {
    let text: String = cell.iter().map(|span| span.content.as_ref()).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `running` for `RUNNING +`: the word is enough for those who hear it.
fn spoken_state(text: &str) -> String {
    let (word, sign) = match text.rsplit_once(' ') {
        Some((word, sign)) if sign.len() == 1 && "+~x-?.".contains(sign) => (word.to_lowercase(), sign),
        _ => (text.to_lowercase(), ""),
    };
    if sign == "?" && word != "unknown" { format!("{word}, not confirmed") } else { word }
}

/// What a column says, so that it can be understood without its head.
fn phrase(title: &str, text: &str) -> String {
    match title {
        "AGE" if text == "now" => "new".into(),
        "AGE" => format!("{text} old"),
        "FACTS" if text == "now" => "facts just reported".into(),
        "FACTS" => format!("facts {text} old"),
        "NODES" => format!("{text} nodes"),
        "PODS" => format!("{text} pods running"),
        "ENGINE" => format!("on {text}"),
        "FLAVOUR" => format!("flavour {text}"),
        "PROVIDED BY" => format!("provided by {text}"),
        "KIND" | "HOW FAR" | "WHAT IT DOES" | "WHAT IT HAS" | "TAKES -> GIVES" => text.to_owned(),
        other => format!("{} {text}", other.to_lowercase()),
    }
}

fn verdicts(app: &App, row: usize) -> String {
    let release = app.data.apps().get(row).and_then(crate::domain::App::newest);
    release.map_or_else(String::new, |release| runs_on(app, release))
}

/// `best on hpc-gpu; runs on lab; maybe on edge; not on laptop; hall is offline`.
fn runs_on(app: &App, release: &Release) -> String {
    let engines = app.data.engines();
    let marks = compat::marks(release, engines);
    let of = |wanted: Mark| {
        let found = engines.iter().zip(&marks).filter(|(_, mark)| **mark == wanted);
        found.map(|(engine, _)| engine.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let said = [
        ("best on ", of(Mark::Best), ""),
        ("runs on ", of(Mark::Runs), ""),
        ("maybe on ", of(Mark::Maybe), ""),
        ("not on ", of(Mark::No), ""),
        ("", of(Mark::Offline), " offline"),
    ];
    let said = said.into_iter().filter(|(_, names, _)| !names.is_empty());
    said.map(|(before, names, after)| format!("{before}{names}{after}")).collect::<Vec<_>>().join("; ")
}

/// The rows of an app's page that are shown: their keys and their words.
pub fn of_page(app: &App, page: &AppPage) -> Vec<(String, String)> {
    let Some(release) = app.release_of(page) else { return Vec::new() };
    let told = match page.tab {
        Tab::Compat => flavours(app, release),
        Tab::Versions => versions(app, page),
        Tab::Nodes => {
            let node = |node: &crate::domain::Node| {
                let what = node.description.as_deref().unwrap_or("its author says nothing about it");
                (node.id.to_string(), format!("{} - {}; {what}", node.name, node.signature()))
            };
            app.data.nodes_of(release).into_iter().map(node).collect()
        }
        Tab::Overview | Tab::Access | Tab::Source | Tab::Activity => Vec::new(),
    };
    shown(app, told)
}

fn flavours(app: &App, release: &Release) -> Vec<(String, String)> {
    let table = compat::table(release, app.data.engines());
    let told = table.rows.iter().map(|row| {
        let cells = row.cells.iter().map(|cell| {
            let engine = app.data.engine(&cell.engine).map_or("?", |engine| &engine.name);
            let best = if cell.best { ", best" } else { "" };
            let offline = if cell.online { "" } else { ", offline" };
            let notes: Vec<String> = cell.notes.iter().map(usize::to_string).collect();
            let notes = if notes.is_empty() { String::new() } else { format!(" (reason {})", notes.join(", ")) };
            format!("{engine} {}{best}{offline}{notes}", cell.judgement.verdict.word().to_lowercase())
        });
        (row.name.clone(), format!("{} - {}", row.name, cells.collect::<Vec<_>>().join("; ")))
    });
    told.collect()
}

/// The reasons that the rows of the table name by their numbers.
pub fn reasons(app: &App, release: &Release) -> Vec<String> {
    let table = compat::table(release, app.data.engines());
    if table.notes.is_empty() {
        return vec![String::from("It runs everywhere.")];
    }
    let told = table.notes.iter().map(|note| {
        let reports = format!("{} reports {}", note.engines.join(", "), note.reports);
        let advice = if note.advice.is_empty() { String::new() } else { format!("; {}", app.prose(&note.advice)) };
        format!("Reason {}: needs {}; {reports}{advice}", note.number, note.needs)
    });
    told.chain(table.wanted().map(|wanted| format!("Ask whoever looks after it: {wanted}"))).collect()
}

fn versions(app: &App, page: &AppPage) -> Vec<(String, String)> {
    let releases = app.data.app(&page.app).map_or(&[][..], |it| &it.releases);
    let told = releases.iter().map(|release| {
        let pods = app.data.pods().iter().filter(|pod| pod.release == release.id && pod.status.is_alive()).count();
        let names: Vec<_> = release.flavours.iter().map(|flavour| flavour.name.as_str()).collect();
        let built = release.built_at().map(crate::domain::Moment::to_iso);
        let built = built.as_deref().and_then(|at| at.get(..10)).unwrap_or("unknown");
        let gone = if release.is_withdrawn() { "; withdrawn" } else { "" };
        let text = format!(
            "{} - built {built}; {}; {}; flavours {}{gone}",
            release.version,
            counted(pods, "pod"),
            counted(release.scopes.len(), "scope"),
            names.join(", ")
        );
        (release.version.clone(), text)
    });
    told.collect()
}
