//! Tasks: work that was asked for, running first, with all that is known of how far it is.

use std::collections::BTreeSet;

use ratatui::text::{Line, Span};

use super::how_far::{self, first_line, is_cut_off};
use crate::domain::{
    Layer, LayerState, Moment, Phase, Task, TaskEventKind, TaskId, TaskKind, TaskState, Values, clean_line, explain,
    human_bytes, percent, timeline, value_words, values_words,
};
use crate::tui::app::App;
use crate::tui::theme::{Tone, task_state};
use crate::tui::widgets::bar::bar;
use crate::tui::widgets::pen::highlighted;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::table::{Cell, Column};
use crate::tui::widgets::text::{age, duration};

/// Below so many columns how far a task is, and how long ago it was asked for, share one.
const NARROW: u16 = 55;

/// The columns.
pub fn columns(app: &App, width: u16) -> Vec<Column> {
    let tasks = app.data.tasks();
    if width < NARROW {
        // What it does takes what these two leave.
        // On the smallest screens what is done is worth more than how far it is.
        let is_tiny = width < 36;
        let far = if is_tiny { 0 } else { 7 + 2 };
        return vec![
            Column::new("STATE", 12, 0).whole(),
            Column::new("WHAT", width.saturating_sub(2 + 12 + 2 + far), 0),
            Column::new("WHERE", 10, 3).middle(),
            Column::new("HOW FAR", 7, u8::from(is_tiny)).right(),
        ];
    }
    vec![
        Column::new("STATE", 12, 0).whole(),
        Column::new("WHAT", 0, 0),
        Column::new("WHERE", if width >= 90 { 16 } else { 10 }, 3)
            .middle()
            .held_by(tasks, |task| app.data.engine_of_task(task).is_some()),
        Column::new("HOW FAR", 21, 2),
        Column::new("AGE", 4, 1).right().held_by(tasks, |task| task.created_at.is_some()),
        Column::new("WHO", 12, 4).held_by(tasks, |task| task.by.is_some()),
    ]
}

/// A row.
pub fn cells(app: &App, row: usize, matched: &dyn Fn(&str) -> BTreeSet<usize>) -> Vec<Cell> {
    let Some(task) = app.data.tasks().get(row) else { return Vec::new() };
    let theme = &app.theme;
    let (sign, tone) = task_state(task.state);
    let title = app.task_what(task);
    let place = app.data.engine_of_task(task).map_or("", |engine| &engine.name).to_owned();
    let age = task.created_at.map_or_else(|| theme.glyphs.nothing.to_owned(), |at| age(at.seconds_until(app.now)));
    let age = vec![Span::styled(age, theme.style(Tone::Muted))];
    let mut cells = vec![
        super::state(theme, task.state.word(), sign, tone),
        highlighted(&title, &matched(&title), theme.style(Tone::Primary)),
        vec![Span::styled(place, theme.style(Tone::Secondary))],
    ];
    if app.panes().list.width <= NARROW {
        cells.push(how_far::in_short(app, task).unwrap_or(age));
        return cells;
    }
    cells.extend([
        how_far::how_far(app, task),
        age,
        vec![Span::styled(who(app, task).unwrap_or_default(), theme.style(Tone::Muted))],
    ]);
    cells
}

/// Who asked for it: `you`, or the program that somebody else used.
fn who(app: &App, task: &Task) -> Option<String> {
    let by = task.by.as_ref()?;
    let is_me = !app.session.subject.is_empty() && by.subject == app.session.subject;
    if is_me {
        return Some("you".into());
    }
    // Tasks tell a number; pods tell the name of whoever has it.
    let mut owners = app.data.pods().iter().filter_map(|pod| pod.owner.as_ref());
    let name = owners.find(|owner| owner.subject == by.subject).map(|owner| owner.name.clone());
    Some(name.unwrap_or_else(|| format!("user {}", by.subject)))
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
    let pulls = app.data.pull_now(task).is_some();
    if let Some(message) =
        task.message.as_deref().filter(|text| !text.is_empty() && !pulls && task.state != TaskState::Cancelled)
    {
        let tone = if task.state == TaskState::Failed { Tone::Bad } else { Tone::Secondary };
        let first = message.lines().next().unwrap_or_default();
        page.told(if task.state == TaskState::Failed { "Error" } else { "Says" }, tone, first);
        if task.state == TaskState::Failed
            && let Some(found) = explain(message)
        {
            page.told("Means", Tone::Secondary, found.means);
            page.told("Do", Tone::Primary, found.advice);
        }
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
    if let Some(who) = who(app, task) {
        page.told("By", Tone::Secondary, &who);
    }
    layers(app, task, &mut page);
    values(app, "Arguments", &task.arguments, &mut page);
    let mut told = app.data.events.get(&task.id).into_iter().flatten();
    if let Some(result) = told.rfind(|event| !event.returns.is_empty()) {
        values(app, "Result", &result.returns, &mut page);
    }
    times(app, task, &mut page);
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
    let Some(pull) = app.data.pull_now(task) else { return };
    let (current, total) = pull.layers.bytes();
    let (here, all) = pull.layers.counts();
    let mut spans = Vec::new();
    if let Some(total) = total {
        let cells = u16::try_from(page.width.saturating_sub(70).clamp(8, 40)).unwrap_or(8);
        spans.extend(bar(&page.theme, current, total, cells));
        let percent = percent((current, total)).unwrap_or(0);
        spans.push(page.say(Tone::Primary, format!("  {percent} %")));
        spans.push(page.say(Tone::Secondary, format!("  {} of {}", human_bytes(current), human_bytes(total))));
    } else {
        spans.push(page.say(Tone::Primary, human_bytes(current)));
        if let Some(least) = pull.layers.at_least() {
            spans.push(page.say(Tone::Secondary, format!(" / >={}", human_bytes(least))));
        }
    }
    spans.push(page.say(Tone::Muted, format!("  {here}/{all} layers")));
    if let Some(rate) = pull.rate().filter(|rate| *rate > 0) {
        spans.push(page.say(Tone::Muted, format!("  {}/s", human_bytes(rate))));
        // Where only some layers tell their size, it takes at least as long as those do.
        let (sign, known) = if total.is_some() { ("", total) } else { (">=", pull.layers.at_least()) };
        if let Some(left) = known.map(|total| total.saturating_sub(current) / rate).filter(|left| *left > 0) {
            spans.push(page.say(Tone::Muted, format!("  eta {sign}{}", duration(left))));
        }
    }
    page.field("Pull", spans);
}

fn silence(app: &App, task: &Task) -> Option<String> {
    if task.state != TaskState::Running {
        return None;
    }
    let name = app.data.engine_of_task(task).map_or("its engine", |engine| &engine.name);
    if is_cut_off(app, task) {
        return Some(format!("{name} is offline"));
    }
    let quiet = app.data.silent_for(task, app.now)?;
    let last = first_line(task).map_or_else(String::new, |last| format!(" (last: \"{last}\")"));
    let log = if app.data.pod_of(task).is_some() { "⟨logs⟩ log, " } else { "" };
    let keys = app.prose(&format!("{log}⟨explain⟩ explain, ⟨cancel⟩ cancel"));
    Some(format!("no news from {name} for {}{last}. {keys}", duration(quiet)))
}

/// What is behind the silence of a task, as far as anybody can tell.
pub fn about_silence(app: &App, task: &Task) -> Option<String> {
    silence(app, task)?;
    let engine = app.data.engine_of_task(task)?;
    let facts = engine.reported_at().map_or_else(
        || "it does not say when it reported last".to_owned(),
        |at| match age(at.seconds_until(app.now)).as_str() {
            "now" => "it reported its facts just now".into(),
            age => format!("it reported its facts {age} ago"),
        },
    );
    Some(if engine.is_online() {
        format!("{} is connected, and {facts}; it may be busy with something that tells no progress", engine.name)
    } else {
        format!("{} is offline; the task goes on, or is settled, when it comes back", engine.name)
    })
}

/// How long each phase took, and the present one has taken so far.
fn times(app: &App, task: &Task, page: &mut Prose) {
    let events = app.data.events.get(&task.id).map_or(&[][..], Vec::as_slice);
    let spans = timeline(task, events);
    // Only an install has phases; one line alone says nothing that the state does not.
    let (Some(first), true) = (spans.first(), task.kind == TaskKind::Install && spans.len() > 1) else { return };
    page.head("Phases");
    for span in &spans {
        let took = span.until.unwrap_or(app.now);
        let so_far = if span.until.is_none() { " so far" } else { "" };
        let tone = if span.until.is_none() { Tone::Primary } else { Tone::Secondary };
        let line = vec![
            page.say(Tone::Muted, format!("{:>7}  ", duration(first.from.seconds_until(span.from)))),
            page.say(tone, format!("{:<11} ", span.phase.word())),
            page.say(tone, format!("{}{so_far}", duration(span.from.seconds_until(took)))),
        ];
        page.line(line);
    }
}

/// One line a layer, the ones under way first.
fn layers(app: &App, task: &Task, page: &mut Prose) {
    let Some(pull) = app.data.pull_now(task) else { return };
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

/// What it was given, or returned, each value by the name of its port.
fn values(app: &App, head: &str, values: &Values, page: &mut Prose) {
    if values.is_empty() {
        return;
    }
    page.head(head);
    for (name, value) in values {
        let words = value_words(value);
        page.told(&clean_line(name), Tone::Secondary, app.data.thing_called(&words).as_deref().unwrap_or(&words));
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
        let line = if line.is_empty() { values_words(&event.returns) } else { line };
        let line = app.data.thing_called(&line).unwrap_or(line);
        // The lines of a log are shown where they belong.
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
