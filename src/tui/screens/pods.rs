//! Pods: what runs, what ran, what failed.

use std::collections::BTreeSet;

use ratatui::text::{Line, Span};

use crate::domain::{EngineKind, Liveness, Moment, Pod, PodId, PodStatus};
use crate::tui::app::{App, words};
use crate::tui::theme::{Tone, pod_state};
use crate::tui::widgets::pen::highlighted;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::table::{Cell, Column};
use crate::tui::widgets::text::age;

/// The columns.
pub fn columns(width: u16) -> Vec<Column> {
    let name = if width >= 90 { 30 } else { 22 };
    vec![
        Column::new("STATE", 12, 0),
        Column::new("POD", name, 0).middle(),
        Column::new("VERSION", 8, 3),
        Column::new("ENGINE", 13, 1).middle(),
        Column::new("FLAVOUR", 8, 4),
        Column::new("AGE", 4, 2).right(),
    ]
}

/// A row.
pub fn cells(app: &App, row: usize, matched: &dyn Fn(&str) -> BTreeSet<usize>) -> Vec<Cell> {
    let Some(pod) = app.data.pods().get(row) else { return Vec::new() };
    let theme = &app.theme;
    let text = |tone, text: &str| vec![Span::styled(text.to_owned(), theme.style(tone))];
    let name = pod.name();
    // The name begins with the app's, in which the filter matched.
    let short = name.rsplit_once('-').map_or(name.as_str(), |(short, _)| short);
    vec![
        state(app, pod),
        highlighted(&name, &matched(short), theme.style(Tone::Primary)),
        text(Tone::Secondary, &pod.version),
        text(Tone::Secondary, engine_label(app, pod)),
        text(Tone::Secondary, &pod.flavour_name),
        text(Tone::Muted, &age_of(app, pod.created_at)),
    ]
}

/// The engine's name; for one without isolation, that.
fn engine_label<'a>(app: &'a App, pod: &'a Pod) -> &'a str {
    match app.data.engine(&pod.engine) {
        Some(engine) if engine.kind == EngineKind::Process => engine.kind.label(),
        _ => &pod.engine_name,
    }
}

/// The state's word: what was asked of it and is not confirmed, a ghost's question mark, or what it says.
fn state(app: &App, pod: &Pod) -> Vec<Span<'static>> {
    if let Some((verb, _)) = app.asked.get(&pod.id) {
        let word = words(*verb).1.to_uppercase();
        let style = app.theme.style(Tone::Warn);
        return vec![Span::styled(format!("{word} ~"), style)];
    }
    let (sign, tone) = pod_state(&pod.status);
    if is_ghost(app, pod) {
        return vec![Span::styled(format!("{} ?", pod.status.word()), app.theme.style(Tone::Odd))];
    }
    super::state(&app.theme, pod.status.word(), sign, tone)
}

/// Whether a pod is said to live while nobody can confirm it.
pub fn is_ghost(app: &App, pod: &Pod) -> bool {
    pod.status.is_alive() && !app.data.engine(&pod.engine).is_some_and(crate::domain::Engine::is_online)
}

fn age_of(app: &App, at: Option<Moment>) -> String {
    at.map_or_else(|| app.theme.glyphs.nothing.to_owned(), |at| age(at.seconds_until(app.now)))
}

/// A few lines below the list.
pub fn preview(app: &App, id: &PodId, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    let Some(pod) = app.data.pod(id) else { return page.lines };
    let (sign, tone) = pod_state(&pod.status);
    let (sign, tone) = if is_ghost(app, pod) { ('?', Tone::Odd) } else { (sign, tone) };
    let line = vec![
        page.say(tone, format!("{} {sign}", pod.status.word())),
        page.say(Tone::Secondary, format!("  on {}", pod.engine_name)),
        page.say(Tone::Muted, confirmed(app, pod)),
    ];
    page.line(line);
    if let Some(reason) = &pod.reason {
        let tone = if pod.status == PodStatus::Failed { Tone::Bad } else { Tone::Secondary };
        page.paragraph(tone, reason);
    } else if pod.status == PodStatus::Failed {
        page.paragraph(Tone::Secondary, &app.prose("Its engine gave no reason. ⟨logs⟩ shows its log."));
    }
    page.told("App", Tone::Secondary, &format!("{} {}, flavour {}", pod.app, pod.version, pod.flavour_name));
    let nodes = nodes(app, pod);
    if !nodes.is_empty() {
        page.told("Provides", Tone::Secondary, &nodes.join(", "));
    }
    page.lines
}

fn nodes(app: &App, pod: &Pod) -> Vec<String> {
    let flavour = app.data.flavour(&pod.flavour).map(|(.., flavour)| flavour);
    let ids = flavour.into_iter().flat_map(|flavour| &flavour.nodes);
    ids.filter_map(|id| app.data.node(id)).map(|node| node.name.clone()).collect()
}

/// When its state was confirmed last, where that matters.
fn confirmed(app: &App, pod: &Pod) -> String {
    if !is_ghost(app, pod) {
        return String::new();
    }
    let seen = match app.data.engine(&pod.engine).map(|engine| engine.liveness) {
        Some(Liveness::Offline { last_seen: Some(at) }) => Some(at),
        _ => pod.updated_at,
    };
    match seen {
        Some(at) => format!("  not confirmed: its engine was last seen {} ago", age(at.seconds_until(app.now))),
        None => "  not confirmed: its engine is offline".into(),
    }
}

/// Everything about a pod.
pub fn details(app: &App, id: &PodId, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    let Some(pod) = app.data.pod(id) else {
        page.paragraph(Tone::Muted, "This pod is gone.");
        return page.lines;
    };
    page.gap();
    let (sign, tone) = pod_state(&pod.status);
    let (sign, tone) = if is_ghost(app, pod) { ('?', Tone::Odd) } else { (sign, tone) };
    let state =
        vec![page.say(tone, format!("{} {sign}", pod.status.word())), page.say(Tone::Muted, confirmed(app, pod))];
    page.field("State", state);
    if let Some(reason) = &pod.reason {
        page.told("Why", Tone::Secondary, reason);
    }
    page.told("Age", Tone::Secondary, &age_of(app, pod.created_at));
    page.gap();
    page.named("App", pod.app.as_str());
    page.told("Version", Tone::Secondary, &pod.version);
    page.told("Flavour", Tone::Secondary, &pod.flavour_name);
    if let Some((.., flavour)) = app.data.flavour(&pod.flavour) {
        page.named("Image", &flavour.image.reference);
    }
    page.gap();
    let place = match &pod.resource_name {
        Some(resource) if *resource != pod.engine_name => format!("{}, on {resource}", pod.engine_name),
        _ => pod.engine_name.clone(),
    };
    page.told("Engine", Tone::Secondary, &place);
    page.named("Container", &pod.local_id);
    let nodes = nodes(app, pod);
    if !nodes.is_empty() {
        page.head("Provides");
        for node in nodes {
            let node = page.say(Tone::Secondary, node);
            page.line(vec![node]);
        }
    }
    page.lines
}
