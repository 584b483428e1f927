//! Tasks: work that was asked for, running first, with all that is known of how far it is.

use std::collections::BTreeSet;

use ratatui::text::{Line, Span};

use crate::domain::{Layer, LayerState, Moment, Phase, Task, TaskEventKind, TaskId, TaskKind, TaskState, human_bytes};
use crate::tui::app::{App, Motion};
use crate::tui::theme::{Tone, task_state};
use crate::tui::widgets::bar::bar;
use crate::tui::widgets::pen::highlighted;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::table::{Cell, Column};
use crate::tui::widgets::text::{age, duration};

/// Silence that is worth a word, in seconds.
const SILENCE: u64 = 60;

/// The columns.
pub fn columns(width: u16) -> Vec<Column> {
    vec![
        Column::new("STATE", 12, 0),
        Column::new("WHAT", 0, 0),
        Column::new("HOW FAR", if width >= 90 { 24 } else { 20 }, 2),
        Column::new("AGE", 4, 1).right(),
    ]
}

/// A row.
pub fn cells(app: &App, row: usize, matched: &dyn Fn(&str) -> BTreeSet<usize>) -> Vec<Cell> {
    let Some(task) = app.data.tasks().get(row) else { return Vec::new() };
    let theme = &app.theme;
    let (sign, tone) = task_state(task.state);
    let title = app.task_title(task);
    let age = task.created_at.map_or_else(|| theme.glyphs.nothing.to_owned(), |at| age(at.seconds_until(app.now)));
    vec![
        super::state(theme, task.state.word(), sign, tone),
        highlighted(&title, &matched(&title), theme.style(Tone::Primary)),
        how_far(app, task),
        vec![Span::styled(age, theme.style(Tone::Muted))],
    ]
}

/// A bar where there is a figure, a spinner where there is none, a word when it is over.
fn how_far(app: &App, task: &Task) -> Vec<Span<'static>> {
    let theme = &app.theme;
    let muted = |text: String| vec![Span::styled(text, theme.style(Tone::Muted))];
    match (task.state, task.progress) {
        (TaskState::Running | TaskState::Cancelling, Some(percent)) => {
            let mut spans = bar(theme, u64::from(percent), 100, 12);
            spans.push(Span::styled(format!("  {percent:>3} %"), theme.style(Tone::Secondary)));
            spans
        }
        (TaskState::Running, None) if app.motion == Motion::Still => muted("working".into()),
        (TaskState::Running, None) => muted(app.spin().to_string()),
        (TaskState::Queued, _) => muted("waits for its engine".into()),
        (TaskState::Disconnected, _) => muted("engine lost".into()),
        (TaskState::Done | TaskState::Failed | TaskState::Cancelled, _) => match (task.created_at, task.finished_at) {
            (Some(from), Some(until)) => muted(format!("took {}", duration(from.seconds_until(until)))),
            _ => Vec::new(),
        },
        (TaskState::Cancelling, None) => muted("asked to end".into()),
    }
}

/// Everything about a task.
pub fn details(app: &App, id: &TaskId, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    let Some(task) = app.data.task(id) else {
        page.paragraph(Tone::Muted, "This task is gone.");
        return page.lines;
    };
    let (sign, tone) = task_state(task.state);
    let state = vec![
        page.say(tone, format!("{} {sign}", task.state.word())),
        page.say(Tone::Muted, format!("   {}", when(app, task))),
    ];
    page.field("State", state);
    if task.kind == TaskKind::Install {
        let phases = phases(app, task, &page);
        page.field("Phase", phases);
    }
    pull(app, task, &mut page);
    // While it pulls, the line above says it better.
    let pulls = app.data.pulls.contains_key(&task.id) && !task.state.is_done();
    if let Some(message) =
        task.message.as_deref().filter(|text| !text.is_empty() && !pulls && task.state != TaskState::Cancelled)
    {
        let tone = if task.state == TaskState::Failed { Tone::Bad } else { Tone::Secondary };
        let first = message.lines().next().unwrap_or_default();
        page.told(if task.state == TaskState::Failed { "Error" } else { "Says" }, tone, first);
    }
    if let Some(text) = silence(app, task) {
        page.told("Silence", Tone::Warn, &text);
    }
    if task.state == TaskState::Disconnected {
        let text = "The engine was lost while it worked. The outcome is unknown and may still come.";
        page.told("Note", Tone::Odd, text);
    }
    if let Some(pod) = app.data.pod_of(task) {
        page.told("Pod", Tone::Secondary, &format!("{} {}", pod.name(), pod.status.word()));
    }
    layers(app, task, &mut page);
    events(app, task, &mut page);
    page.lines
}

fn when(app: &App, task: &Task) -> String {
    match (task.created_at, task.finished_at) {
        (Some(from), Some(until)) => format!("took {}", duration(from.seconds_until(until))),
        (Some(from), None) => match age(from.seconds_until(app.now)).as_str() {
            "now" => "just asked".into(),
            age => format!("asked {age} ago"),
        },
        _ => String::new(),
    }
}

/// All phases in their order, with the one it is in.
fn phases(app: &App, task: &Task, page: &Prose) -> Vec<Span<'static>> {
    let of_events = app.data.events.get(&task.id).into_iter().flatten();
    let seen = of_events.filter_map(|event| Phase::of_message(event.message.as_deref()?)).max();
    let now = if task.state == TaskState::Done {
        Some(Phase::Ready)
    } else {
        task.message.as_deref().and_then(Phase::of_message).max(seen).or(Some(Phase::Queued))
    };
    let mut spans = Vec::new();
    for (at, phase) in Phase::ALL.into_iter().enumerate() {
        if at > 0 {
            spans.push(page.say(Tone::Muted, format!(" {} ", page.theme.glyphs.arrow)));
        }
        let tone = if Some(phase) == now {
            if task.state == TaskState::Failed { Tone::Bad } else { Tone::Primary }
        } else {
            Tone::Muted
        };
        spans.push(page.say(tone, phase.word()));
    }
    spans
}

/// `━━━╸───  61 %  412 MB of 0.68 GB  7.9 MB/s  eta 0:34`.
fn pull(app: &App, task: &Task, page: &mut Prose) {
    let Some(pull) = app.data.pulls.get(&task.id).filter(|_| !task.state.is_done()) else { return };
    let (current, total) = pull.layers.bytes();
    let (here, all) = pull.layers.counts();
    let mut spans = Vec::new();
    if let Some(total) = total {
        let cells = u16::try_from(page.width.saturating_sub(70).clamp(8, 40)).unwrap_or(8);
        spans.extend(bar(&page.theme, current, total, cells));
        let percent = current.saturating_mul(100).checked_div(total).unwrap_or(0).min(100);
        spans.push(page.say(Tone::Primary, format!("  {percent} %")));
        spans.push(page.say(Tone::Secondary, format!("  {} of {}", human_bytes(current), human_bytes(total))));
    } else {
        spans.push(page.say(Tone::Primary, human_bytes(current)));
    }
    spans.push(page.say(Tone::Muted, format!("  {here}/{all} layers")));
    if let Some(rate) = pull.rate().filter(|rate| *rate > 0) {
        spans.push(page.say(Tone::Muted, format!("  {}/s", human_bytes(rate))));
        if let Some(left) = total.map(|total| total.saturating_sub(current) / rate).filter(|left| *left > 0) {
            spans.push(page.say(Tone::Muted, format!("  eta {}", duration(left))));
        }
    }
    page.field("Pull", spans);
}

fn silence(app: &App, task: &Task) -> Option<String> {
    if task.state != TaskState::Running {
        return None;
    }
    let quiet = app.data.heard.get(&task.id)?.seconds_until(app.now);
    let engine = task.client_id.as_deref().and_then(|client| app.data.engine_of_client(client));
    let name = engine.map_or("its engine", |engine| &engine.name);
    match engine {
        Some(engine) if !engine.is_online() => Some(format!("{name} is offline")),
        _ if quiet >= SILENCE => Some(format!("no news from {name} for {}; c cancels", age(quiet))),
        _ => None,
    }
}

/// One line a layer, the ones under way first.
fn layers(app: &App, task: &Task, page: &mut Prose) {
    let Some(pull) = app.data.pulls.get(&task.id).filter(|_| !task.state.is_done()) else { return };
    page.head("Layers");
    let mut layers: Vec<&Layer> = pull.layers.layers.iter().collect();
    layers.sort_by_key(|layer| match layer.state {
        LayerState::Downloading | LayerState::Extracting => 0,
        LayerState::Waiting => 1,
        LayerState::Done | LayerState::Cached => 2,
    });
    for layer in layers {
        let mut spans = vec![page.say(Tone::Muted, format!("{:<13}", layer.id))];
        match (layer.state, layer.total) {
            (LayerState::Downloading, Some(total)) => {
                spans.extend(bar(&page.theme, layer.current, total, 16));
                let text = format!("  {} of {}", human_bytes(layer.current), human_bytes(total));
                spans.push(page.say(Tone::Secondary, text));
            }
            (state, total) => {
                let tone = if state.is_here() { Tone::Good } else { Tone::Muted };
                spans.push(page.say(tone, format!("{:<16}", state.word())));
                let size = total.map_or_else(String::new, |total| format!("  {}", human_bytes(total)));
                spans.push(page.say(Tone::Muted, size));
            }
        }
        page.line(spans);
    }
}

/// What happened, with the time since it was asked.
fn events(app: &App, task: &Task, page: &mut Prose) {
    let Some(events) = app.data.events.get(&task.id).filter(|events| !events.is_empty()) else { return };
    page.head("What happened");
    let start = task.created_at.or(events.first().map(|event| event.at)).unwrap_or(Moment(0));
    let mut last: Option<String> = None;
    for event in events {
        let text = event.message.as_deref().and_then(|message| message.lines().next()).unwrap_or_default();
        let heading: &str = match Phase::of_message(text) {
            Some(phase) => phase.heading(),
            None => text,
        };
        let word = event.kind.name().to_lowercase();
        // A pull tells its bytes four times a second; one line says that it pulled.
        let line = if event.kind == TaskEventKind::Progress { heading.to_owned() } else { text.to_owned() };
        let is_repeated = event.kind == TaskEventKind::Progress && last.as_ref() == Some(&line);
        // A result is shown where it belongs: the pod, the log.
        if is_repeated || event.kind == TaskEventKind::Yield && line.is_empty() {
            continue;
        }
        let spans = vec![
            page.say(Tone::Muted, format!("{:>7}  ", duration(start.seconds_until(event.at)))),
            page.say(Tone::Secondary, format!("{word:<11} ")),
            page.say(Tone::Secondary, line.clone()),
        ];
        page.line(spans);
        last = Some(line);
    }
}
