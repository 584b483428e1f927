//! Engines: where pods can run, with the facts that they report.

use std::collections::BTreeSet;

use ratatui::text::{Line, Span};

use crate::domain::{Engine, EngineId, EngineKind, Facts, Liveness, human_bytes};
use crate::tui::app::App;
use crate::tui::theme::Tone;
use crate::tui::view::counted;
use crate::tui::widgets::pen::highlighted;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::table::{Cell, Column};
use crate::tui::widgets::text::{age, ago};

/// The columns.
pub fn columns(app: &App, width: u16) -> Vec<Column> {
    let engines = app.data.engines();
    vec![
        Column::new("ENGINE", if width >= 90 { 22 } else { 16 }, 0).middle(),
        Column::new("KIND", 10, 2),
        Column::new("STATE", 10, 0).whole(),
        Column::new("PODS", 4, 1).right(),
        Column::new("WHAT IT HAS", 0, 3).held_by(engines, |engine| !engine.resources.is_empty()),
        Column::new("FACTS", 5, 4).right().held_by(engines, |engine| engine.reported_at().is_some()),
    ]
}

/// A row.
pub fn cells(app: &App, row: usize, matched: &dyn Fn(&str) -> BTreeSet<usize>) -> Vec<Cell> {
    let Some(engine) = app.data.engines().get(row) else { return Vec::new() };
    let theme = &app.theme;
    let text = |tone, text: String| vec![Span::styled(text, theme.style(tone))];
    let (word, sign, tone) = state(app, engine);
    let nothing = || theme.glyphs.nothing.to_owned();
    vec![
        highlighted(&engine.name, &matched(&engine.name), theme.style(Tone::Primary)),
        text(Tone::Secondary, engine.kind.name().to_owned()),
        super::state(theme, word, sign, tone),
        text(Tone::Secondary, running(app, engine).to_string()),
        text(
            Tone::Secondary,
            engine.resources.first().map_or_else(nothing, |resource| what_it_has(engine, &resource.facts)),
        ),
        text(Tone::Muted, engine.reported_at().map_or_else(nothing, |at| age(at.seconds_until(app.now)))),
    ]
}

/// The facts that count; an engine without isolation says so before them.
fn what_it_has(engine: &Engine, facts: &Facts) -> String {
    match engine.kind {
        EngineKind::Process => format!("{}, {}", engine.kind.label(), has(facts)),
        _ => has(facts),
    }
}

fn state(app: &App, engine: &Engine) -> (&'static str, &'static str, Tone) {
    match engine.liveness {
        Liveness::Online => ("ONLINE", "+", Tone::Good),
        Liveness::Offline { .. } => ("OFFLINE", app.theme.glyphs.offline, Tone::Muted),
        Liveness::Unknown => ("UNKNOWN", "?", Tone::Odd),
    }
}

fn running(app: &App, engine: &Engine) -> usize {
    app.data.pods().iter().filter(|pod| pod.engine == engine.id && app.is_running(pod)).count()
}

/// `16 cpu, 64 GB, 1 GPU (NVIDIA A100), CUDA 12.4`.
pub fn has(facts: &Facts) -> String {
    let mut parts = Vec::new();
    if let Some(count) = facts.number("cpu.count") {
        parts.push(format!("{count} cpu"));
    }
    if let Some(megabytes) = facts.number("ram.mb") {
        parts.push(human_bytes(megabytes.saturating_mul(1_000_000)));
    }
    match (facts.get("gpu"), facts.number("gpu.count")) {
        (_, Some(0)) | (Some("false"), _) => parts.push("no GPU".into()),
        (_, Some(count)) => {
            let model = facts.get("gpu.0.model").map_or_else(String::new, |model| format!(" {model}"));
            parts.push(format!("{count} GPU{model}"));
        }
        (Some("true"), None) => parts.push("a GPU".into()),
        _ => {}
    }
    for (key, name) in [("cuda.version", "CUDA"), ("rocm.version", "ROCm"), ("oneapi.version", "oneAPI")] {
        if let Some(version) = facts.get(key) {
            parts.push(format!("{name} {version}"));
        }
    }
    if parts.is_empty() { "reports nothing".into() } else { parts.join(", ") }
}

/// Everything about an engine.
pub fn details(app: &App, id: &EngineId, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    let Some(engine) = app.data.engine(id) else { return standing(app, id, width) };
    page.lines = standing(app, id, width);
    list_facts(engine, &mut page);
    let running: Vec<_> = app
        .data
        .pods()
        .iter()
        .filter(|pod| pod.engine == engine.id && pod.status.is_alive())
        .map(|pod| (pod.name(), pod.version.clone()))
        .collect();
    if !running.is_empty() {
        page.head(&counted(running.len(), "pod"));
        for (name, version) in running {
            let line = vec![page.say(Tone::Primary, format!("{name:<28}")), page.say(Tone::Secondary, version)];
            page.line(line);
        }
    }
    page.lines
}

/// How an engine does, and in a line for each resource what it has.
pub fn resources(app: &App, id: &EngineId, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    page.lines = standing(app, id, width);
    let Some(engine) = app.data.engine(id) else { return page.lines };
    for resource in &engine.resources {
        page.head(&resource.name);
        page.paragraph(Tone::Secondary, &has(&resource.facts));
    }
    page.lines
}

/// All that an engine reports.
pub fn facts(app: &App, id: &EngineId, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    let Some(engine) = app.data.engine(id) else { return resources(app, id, width) };
    if engine.resources.is_empty() {
        page.paragraph(Tone::Secondary, NOTHING);
    }
    list_facts(engine, &mut page);
    page.lines
}

/// What an engine without resources is worth.
const NOTHING: &str = "It has not reported any resource, so nobody can tell what runs on it.";

fn list_facts(engine: &Engine, page: &mut Prose) {
    for resource in &engine.resources {
        page.head(&resource.name);
        if resource.facts.0.is_empty() {
            page.paragraph(Tone::Muted, "reports nothing: demands on hardware cannot be verified");
        }
        for (key, value) in &resource.facts.0 {
            let line = vec![
                page.say(Tone::Muted, format!("{key:<24}")),
                page.say(Tone::Secondary, format!(" {}", shown(key, value))),
            ];
            page.line(line);
        }
    }
}

/// How an engine does.
fn standing(app: &App, id: &EngineId, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    let Some(engine) = app.data.engine(id) else {
        page.paragraph(Tone::Muted, "This engine is not known any more.");
        return page.lines;
    };
    let (word, sign, tone) = state(app, engine);
    let since = match engine.liveness {
        Liveness::Offline { last_seen: Some(at) } => format!("  last seen {}", ago(at.seconds_until(app.now))),
        Liveness::Unknown => "  the server cannot tell".into(),
        _ => String::new(),
    };
    let state = vec![page.say(tone, format!("{word} {sign}")), page.say(Tone::Muted, since)];
    page.field("State", state);
    let version = engine.resources.iter().find_map(|resource| resource.facts.get("engine.version"));
    let kind = match version {
        // kab itself is what runs the processes; its version says nothing about them.
        _ if engine.kind == EngineKind::Process => format!("process, {}", engine.kind.label()),
        Some(version) => format!("{} {version}", engine.kind.name()),
        None => engine.kind.name().to_owned(),
    };
    page.told("Kind", Tone::Secondary, &kind);
    let pods = app.data.pods().iter().filter(|pod| pod.engine == engine.id);
    let all = pods.count();
    page.told("Pods", Tone::Secondary, &format!("{} running of {all}", running(app, engine)));
    if let Some(at) = engine.reported_at() {
        let when = ago(at.seconds_until(app.now));
        page.told("Facts", Tone::Secondary, &format!("reported {when}"));
    }
    if app.data.lone_process_engine().is_some_and(|lone| lone.id == engine.id) {
        let then = "end the server (kab serve stop) and start kab again, and it is used.";
        let otherwise = "Start Docker or install Podman; then kab serve stop, and start kab again.";
        super::empty::looked_for(app, &mut page, then, otherwise);
    }
    if engine.resources.is_empty() {
        page.gap();
        page.paragraph(Tone::Secondary, NOTHING);
    }
    page.lines
}

/// A fact with its unit, where the key tells it.
fn shown(key: &str, value: &str) -> String {
    let bytes = key.rsplit(['.', '_']).next() == Some("mb");
    match value.parse::<u64>() {
        Ok(megabytes) if bytes => human_bytes(megabytes.saturating_mul(1_000_000)),
        _ => value.to_owned(),
    }
}
