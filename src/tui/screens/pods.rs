//! Pods: what runs, what ran, what failed.

use std::collections::BTreeSet;

use ratatui::text::{Line, Span};

use super::pod_states::{confirmed, sign_of, state};
use crate::domain::{EngineKind, Moment, Node, Pod, PodId, PodStatus, PodUsage, explain, human_bytes};
use crate::tui::action::Screen;
use crate::tui::app::{App, Reading, summary};
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::highlighted;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::table::{Cell, Column};
use crate::tui::widgets::text::age;

/// Below so many columns there is no room for what tells apart two pods of one app.
const NARROW: u16 = 50;

/// The columns.
pub fn columns(app: &App, width: u16) -> Vec<Column> {
    let pods = app.data.pods();
    let is_narrow = width < NARROW;
    let state = match (is_narrow, app.asked.is_empty()) {
        // As wide as the widest word; those of what is asked, and counts of several pods, are wider.
        (true, true) if app.replicas.is_empty() => 10,
        (true, _) | (false, true) => 12,
        // Their old states need room beside the new ones.
        (false, false) => 22,
    };
    let is_tiny = width < 36;
    let (name, engine) = match width {
        // There is no room for where it is: a name of three letters is none.
        _ if is_tiny => (width.saturating_sub(2 + state + 4 + 2 * 2), 13),
        90.. => (30, 13),
        NARROW.. => (22, 13),
        // What the state and the age leave: how a pod is, what it is, where, and how old all have to be seen.
        _ => {
            let left = width.saturating_sub(2 + state + 4 + 3 * 2);
            let engine = (left / 2).min(13);
            (left - engine, engine)
        }
    };
    vec![
        Column::new("STATE", state, 0).whole(),
        Column::new(if is_narrow { "APP" } else { "POD" }, name, 0).middle(),
        Column::new("VERSION", 8, 3).held_by(pods, |pod| !pod.version.is_empty()),
        Column::new("ENGINE", engine, if is_tiny { 3 } else { 1 }).middle(),
        Column::new("FLAVOUR", 8, 4).held_by(pods, |pod| !pod.flavour_name.is_empty()),
        Column::new("AGE", 4, 2).right().held_by(pods, |pod| pod.created_at.is_some()),
        Column::new("OWNER", 10, 6).held_by(pods, |pod| pod.owner.is_some()),
        Column::new("UPDATE", 8, 7).held_by([app.data.has_pods_behind()], |has| has),
        Column::new("NODES", 5, 8).right().held_by(pods, |pod| app.data.flavour(&pod.flavour).is_some()),
        Column::new("RUNTIME", 10, 9).held_by(pods, |pod| app.data.engine(&pod.engine).is_some()),
        Column::new("RESOURCE", 12, 10).middle().held_by(pods, |pod| resource(pod).is_some()),
        // Behind all others: they come a moment after these, and nothing may jump. Where there is no room behind them, those
        // before make way, the last one first.
        Column::new("CPU", 5, 5).right().held_by([app.usage.is_known()], |is_known| is_known),
        Column::new("MEM", 7, 5).right().held_by([app.usage.is_known()], |is_known| is_known),
    ]
}

/// A row.
pub fn cells(app: &App, row: usize, matched: &dyn Fn(&str) -> BTreeSet<usize>) -> Vec<Cell> {
    let Some(pod) = app.data.pods().get(row) else { return Vec::new() };
    let theme = &app.theme;
    if let Some(pods) = app.replicas_of(&pod.id) {
        return folded(app, pod, pods);
    }
    let text = |tone, text: &str| vec![Span::styled(text.to_owned(), theme.style(tone))];
    vec![
        state(app, pod),
        named(app, pod, is_narrow(app), matched),
        text(Tone::Secondary, &pod.version),
        text(Tone::Secondary, engine_label(app, pod)),
        text(Tone::Secondary, &pod.flavour_name),
        text(Tone::Muted, &age_of(app, pod.created_at)),
        owner(app, pod),
        text(Tone::Warn, newer(app, pod)),
        text(Tone::Muted, &count_of_nodes(app, pod)),
        text(Tone::Secondary, runtime(app, pod)),
        text(Tone::Secondary, pod.resource_name.as_deref().unwrap_or_default()),
        text(Tone::Secondary, &share(app, pod)),
        text(Tone::Secondary, &memory(app, pod)),
    ]
}

/// Whether the list has so little room; its last cell is none.
pub fn is_narrow(app: &App) -> bool {
    has_little_room(app.panes().list.width)
}

/// Whether a list of pods that is so wide says only what matters most.
pub fn has_little_room(width: u16) -> bool {
    width <= NARROW
}

/// Its name, with the letters that matched; where there is little room, its app's.
pub fn named(app: &App, pod: &Pod, is_narrow: bool, matched: &dyn Fn(&str) -> BTreeSet<usize>) -> Vec<Span<'static>> {
    let name = pod.name();
    // The name begins with the app's, in which the filter matched.
    let short = name.rsplit_once('-').map_or(name.as_str(), |(short, _)| short);
    let name = if is_narrow { short } else { &name };
    highlighted(name, &matched(short), app.theme.style(Tone::Primary))
}

/// Percent of one core; what is not measured any more is not known.
fn share(app: &App, pod: &Pod) -> String {
    match app.reading(pod) {
        Reading::Fresh(PodUsage { cpu: Some(cpu), .. }) => format!("{cpu:.0}%"),
        Reading::Old => "?".to_owned(),
        Reading::Fresh(_) | Reading::None => String::new(),
    }
}

fn memory(app: &App, pod: &Pod) -> String {
    match app.reading(pod) {
        Reading::Fresh(PodUsage { memory: Some(memory), .. }) => human_bytes(*memory),
        Reading::Old => "?".to_owned(),
        Reading::Fresh(_) | Reading::None => String::new(),
    }
}

/// `72% of one core, 310 MB of 8.00 GB (4%)`; nothing where nobody measures it.
fn used(app: &App, pod: &Pod) -> String {
    let Reading::Fresh(reading) = app.reading(pod) else { return String::new() };
    let cpu = reading.cpu.map(|cpu| format!("{cpu:.0}% of one core"));
    let memory = reading.memory.map(human_bytes).map(|memory| match (reading.limit, reading.memory_percent()) {
        (Some(limit), Some(percent)) => format!("{memory} of {} ({percent}%)", human_bytes(limit)),
        _ => memory,
    });
    cpu.into_iter().chain(memory).collect::<Vec<_>>().join(", ")
}

/// A row that stands for several pods: how many, and how they do.
fn folded(app: &App, first: &Pod, pods: &[PodId]) -> Vec<Cell> {
    let text = |tone, text: String| vec![Span::styled(text, app.theme.style(tone))];
    let all: Vec<&Pod> = pods.iter().filter_map(|id| app.data.pod(id)).collect();
    // All are of one engine.
    let are_ghosts = all.iter().all(|pod| app.is_ghost(pod));
    let tone = if are_ghosts {
        Tone::Odd
    } else if all.iter().any(|pod| pod.status == PodStatus::Failed) {
        Tone::Bad
    } else if all.iter().all(|pod| pod.status == PodStatus::Running) {
        Tone::Good
    } else {
        Tone::Warn
    };
    let newest = all.iter().filter_map(|pod| pod.created_at).max();
    let name = format!("{} x{}", crate::domain::short_name(first.app.as_str()), all.len());
    let flavour =
        if all.iter().all(|pod| pod.flavour == first.flavour) { first.flavour_name.as_str() } else { "several" };
    let place = if all.iter().all(|pod| pod.resource_name == first.resource_name) {
        first.resource_name.as_deref()
    } else {
        Some("several")
    };
    vec![
        text(tone, summary(app, all.iter().copied())),
        text(Tone::Primary, name),
        text(Tone::Secondary, first.version.clone()),
        text(Tone::Secondary, engine_label(app, first).to_owned()),
        text(Tone::Secondary, flavour.to_owned()),
        text(Tone::Muted, age_of(app, newest)),
        if all.iter().all(|pod| pod.owner == first.owner) {
            owner(app, first)
        } else {
            text(Tone::Muted, "several".into())
        },
        text(Tone::Warn, newer(app, first).to_owned()),
        text(Tone::Muted, count_of_nodes(app, first)),
        text(Tone::Secondary, runtime(app, first).to_owned()),
        text(Tone::Secondary, place.unwrap_or_default().to_owned()),
        Vec::new(),
        Vec::new(),
    ]
}

/// Whose it is: `mine`, or a name; nothing where nobody knows.
fn owner(app: &App, pod: &Pod) -> Vec<Span<'static>> {
    let Some(owner) = &pod.owner else { return Vec::new() };
    if app.is_mine(pod) {
        return vec![Span::styled("mine", app.theme.style(Tone::Accent))];
    }
    vec![Span::styled(owner.name.clone(), app.theme.style(Tone::Secondary))]
}

/// How many nodes it provides; nothing where the catalogue does not know its flavour.
fn count_of_nodes(app: &App, pod: &Pod) -> String {
    app.data.flavour(&pod.flavour).map_or_else(String::new, |(.., flavour)| flavour.nodes.len().to_string())
}

/// The engine's name; for one without isolation, that.
fn engine_label<'a>(app: &'a App, pod: &'a Pod) -> &'a str {
    match app.data.engine(&pod.engine) {
        Some(engine) if engine.kind == EngineKind::Process => engine.kind.label(),
        _ => &pod.engine_name,
    }
}

/// What drives its engine.
fn runtime<'a>(app: &'a App, pod: &Pod) -> &'a str {
    app.data.engine(&pod.engine).map_or("", |engine| engine.kind.name())
}

/// Where on its engine it runs, where that says more than the engine's name.
fn resource(pod: &Pod) -> Option<&str> {
    pod.resource_name.as_deref().filter(|name| *name != pod.engine_name)
}

/// The version that it can be updated to.
fn newer<'a>(app: &'a App, pod: &Pod) -> &'a str {
    app.data.newer_for(pod).map_or("", |release| &release.version)
}

fn age_of(app: &App, at: Option<Moment>) -> String {
    at.map_or_else(|| app.theme.glyphs.nothing.to_owned(), |at| age(at.seconds_until(app.now)))
}

/// `  by ada`, where somebody else started it.
fn whose(app: &App, pod: &Pod) -> String {
    // Who one is oneself is known from the server only.
    let is_others = !app.session.subject.is_empty() && !app.is_mine(pod);
    let owner = pod.owner.as_ref().filter(|_| is_others);
    owner.map_or_else(String::new, |owner| format!("  by {}", owner.name))
}

/// A few lines below the list.
pub fn preview(app: &App, id: &PodId, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    let Some(pod) = app.data.pod(id) else { return page.lines };
    if let Some(pods) = app.replicas_of(id) {
        let all: Vec<&Pod> = pods.iter().filter_map(|id| app.data.pod(id)).collect();
        let text = format!("{} pods: {}", all.len(), summary(app, all.iter().copied()));
        page.paragraph(Tone::Primary, &text);
        if app.is_ghost(pod) {
            page.paragraph(Tone::Odd, confirmed(app, pod).trim());
        }
        page.told("App", Tone::Secondary, &format!("{} {}", pod.app, pod.version));
        page.told("Engine", Tone::Secondary, &pod.engine_name);
        page.paragraph(Tone::Muted, &app.prose("⟨open⟩ lists each of them. Keys act on all of them."));
        return page.lines;
    }
    let (sign, tone) = sign_of(app, pod);
    let line = vec![
        page.say(tone, format!("{} {sign}", pod.status.word())),
        page.say(Tone::Secondary, format!("  on {}", pod.engine_name)),
        page.say(Tone::Muted, whose(app, pod)),
        page.say(Tone::Muted, confirmed(app, pod)),
    ];
    page.line(line);
    if let Some(reason) = &pod.reason {
        let tone = if pod.status == PodStatus::Failed { Tone::Bad } else { Tone::Secondary };
        page.paragraph(tone, reason);
        if let Some(found) = explain(reason) {
            page.paragraph(Tone::Secondary, &format!("{} {}", found.means, found.advice));
        }
    } else if pod.status == PodStatus::Failed {
        page.paragraph(Tone::Secondary, &app.prose("Its engine gave no reason. ⟨logs⟩ shows its log."));
    }
    page.told("App", Tone::Secondary, &format!("{} {}, flavour {}", pod.app, pod.version, pod.flavour_name));
    say_update(app, pod, &mut page);
    page.told("Uses", Tone::Secondary, &used(app, pod));
    let nodes: Vec<&str> = nodes(app, pod).map(|node| node.name.as_str()).collect();
    if !nodes.is_empty() {
        page.told("Provides", Tone::Secondary, &nodes.join(", "));
    }
    page.lines
}

/// The nodes that a pod provides, as far as the catalogue knows.
pub fn nodes<'a>(app: &'a App, pod: &Pod) -> impl Iterator<Item = &'a Node> {
    let flavour = app.data.flavour(&pod.flavour).map(|(.., flavour)| flavour);
    let ids = flavour.into_iter().flat_map(|flavour| &flavour.nodes);
    ids.filter_map(|id| app.data.node(id))
}

/// To which version it can go, and how.
fn say_update(app: &App, pod: &Pod, page: &mut Prose) {
    if let Some(release) = app.data.newer_for(pod) {
        let text = format!("{} is newer (⟨update⟩ updates)", release.version);
        page.told("Update", Tone::Warn, &app.prose(&text));
    }
}

/// Everything about a pod.
pub fn details(app: &App, id: &PodId, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    page.lines = status(app, id, width);
    let Some(pod) = app.data.pod(id) else { return page.lines };
    let mut nodes = nodes(app, pod).peekable();
    if nodes.peek().is_some() {
        page.head("Provides");
    }
    for node in nodes {
        let node = page.say(Tone::Secondary, node.name.clone());
        page.line(vec![node]);
    }
    page.lines
}

/// How a pod does, why, and what it is.
pub fn status(app: &App, id: &PodId, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    let Some(pod) = app.data.pod(id) else {
        page.paragraph(Tone::Muted, "This pod is gone.");
        return page.lines;
    };
    page.gap();
    let (sign, tone) = sign_of(app, pod);
    page.told("State", tone, &format!("{} {sign}", pod.status.word()));
    page.told("", Tone::Muted, confirmed(app, pod).trim());
    if let Some(reason) = &pod.reason {
        page.told("Why", Tone::Secondary, reason);
        if let Some(found) = explain(reason) {
            page.told("Means", Tone::Secondary, found.means);
            page.told("Do", Tone::Primary, found.advice);
        }
    }
    let is_old = super::is_stale(app, Screen::Pods);
    let age = if is_old { String::from("?") } else { age_of(app, pod.created_at) };
    page.told("Age", Tone::Secondary, &age);
    if let Some(owner) = &pod.owner {
        let you = if app.is_mine(pod) { "you, " } else { "" };
        page.told("Owner", Tone::Secondary, &format!("{you}{}", owner.name));
    }
    page.told("Uses", Tone::Secondary, &used(app, pod));
    page.gap();
    page.named("App", pod.app.as_str());
    page.told("Version", Tone::Secondary, &pod.version);
    say_update(app, pod, &mut page);
    page.told("Flavour", Tone::Secondary, &pod.flavour_name);
    if let Some((.., flavour)) = app.data.flavour(&pod.flavour) {
        page.named("Image", &flavour.image.reference);
    }
    page.gap();
    let place = match resource(pod) {
        Some(resource) => format!("{}, on {resource}", pod.engine_name),
        None => pod.engine_name.clone(),
    };
    page.told("Engine", Tone::Secondary, &place);
    page.named("Container", &pod.local_id);
    page.lines
}
