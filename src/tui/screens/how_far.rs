//! How far a task is, in a cell of its list: a bar where there is a whole, the time where there is none, a word when it is
//! over.

use ratatui::text::Span;

use crate::domain::{Liveness, Moment, Task, TaskState, percent, timeline};
use crate::tui::app::{App, Motion};
use crate::tui::theme::Tone;
use crate::tui::widgets::bar::bar;
use crate::tui::widgets::text::duration;

/// Cells of a bar in the list.
const BAR: u16 = 5;

/// How far it is.
pub fn how_far(app: &App, task: &Task) -> Vec<Span<'static>> {
    let theme = &app.theme;
    let muted = |text: String| vec![Span::styled(text, theme.style(Tone::Muted))];
    if is_cut_off(app, task) {
        return vec![Span::styled("engine is offline", theme.style(Tone::Warn))];
    }
    if let Some(quiet) = app.data.silent_for(task, app.now) {
        return vec![Span::styled(format!("no news for {}", duration(quiet)), theme.style(Tone::Warn))];
    }
    // Why comes before how long it took.
    if let (TaskState::Failed, Some(why)) = (task.state, first_line(task)) {
        return vec![Span::styled(why.to_owned(), theme.style(Tone::Bad))];
    }
    match task.state {
        TaskState::Running | TaskState::Cancelling => under_way(app, task),
        TaskState::Queued => muted("waits for its engine".into()),
        TaskState::Disconnected => muted("engine lost".into()),
        TaskState::Done | TaskState::Failed | TaskState::Cancelled => match (task.created_at, task.finished_at) {
            (Some(from), Some(until)) => muted(format!("took {}", duration(from.seconds_until(until)))),
            _ => Vec::new(),
        },
    }
}

/// Whether the engine that works on it is known to be offline: then there is no news to wait for.
pub fn is_cut_off(app: &App, task: &Task) -> bool {
    let engine = app.data.engine_of_task(task);
    task.state == TaskState::Running && engine.is_some_and(|engine| matches!(engine.liveness, Liveness::Offline { .. }))
}

/// The same in a few cells: its part of the whole, or the time; `None`: there is nothing to wait for.
pub fn in_short(app: &App, task: &Task) -> Option<Vec<Span<'static>>> {
    let say = |tone, text: String| Some(vec![Span::styled(text, app.theme.style(tone))]);
    if is_cut_off(app, task) {
        return say(Tone::Warn, "offline".into());
    }
    if app.data.silent_for(task, app.now).is_some() {
        return say(Tone::Warn, "no news".into());
    }
    match task.state {
        TaskState::Running | TaskState::Cancelling => {}
        TaskState::Queued => return say(Tone::Muted, "waits".into()),
        TaskState::Disconnected => return say(Tone::Muted, "lost".into()),
        TaskState::Done | TaskState::Failed | TaskState::Cancelled => return None,
    }
    if let Some(percent) = app.data.portion(task).and_then(percent) {
        return say(Tone::Secondary, format!("{percent} %"));
    }
    let layers = app.data.pull_now(task).map(|pull| pull.layers.counts());
    let text = match (layers, elapsed(app, task)) {
        (Some((here, all)), _) => format!("{here}/{all}"),
        // Who does not look is not told seconds that nobody counts on.
        _ if app.motion == Motion::Still => "working".into(),
        (None, Some((elapsed, _))) => elapsed,
        (None, None) => app.spin().to_string(),
    };
    say(Tone::Muted, text)
}

/// The same as text.
pub fn progress_text(app: &App, task: &Task) -> String {
    how_far(app, task).iter().map(|span| span.content.as_ref()).collect()
}

/// What was said of it last, in a line.
pub fn first_line(task: &Task) -> Option<&str> {
    task.message.as_deref()?.lines().next().filter(|line| !line.is_empty())
}

fn under_way(app: &App, task: &Task) -> Vec<Span<'static>> {
    let theme = &app.theme;
    let phase = task.phase();
    let mut spans = Vec::new();
    if let Some(phase) = phase {
        spans.push(Span::styled(format!("{:<10}", phase.word()), theme.style(Tone::Secondary)));
    }
    if let Some((part, whole)) = app.data.portion(task)
        && let Some(percent) = percent((part, whole))
    {
        spans.extend(bar(theme, part, whole, if phase.is_some() { BAR } else { 10 + BAR }));
        spans.push(Span::styled(format!(" {percent:>3} %"), theme.style(Tone::Secondary)));
        return spans;
    }
    let text = match app.data.pull_now(task).map(|pull| pull.layers.counts()) {
        Some((here, all)) => format!("{here}/{all} layers"),
        None if task.state == TaskState::Cancelling => "asked to end".into(),
        None => match (elapsed(app, task), phase) {
            // Who does not look is not told seconds that nobody counts on.
            (_, None) if app.motion == Motion::Still => "working".into(),
            (Some((elapsed, Since::Phase)), _) => elapsed,
            (Some((elapsed, Since::Start)), _) => format!("{elapsed} in all"),
            (None, Some(_)) => String::new(),
            (None, None) => app.spin().to_string(),
        },
    };
    spans.push(Span::styled(text, theme.style(Tone::Muted)));
    spans
}

/// From when on a time is counted.
enum Since {
    /// From the beginning of the phase.
    Phase,
    /// From the beginning of all of it.
    Start,
}

/// How long the phase has lasted, or all of the work where nobody told when the phase began.
fn elapsed(app: &App, task: &Task) -> Option<(String, Since)> {
    let events = app.data.events.get(&task.id).map_or(&[][..], Vec::as_slice);
    let lasted = |from: Moment| duration(from.seconds_until(app.now));
    let phase = task.phase().and_then(|phase| timeline(task, events).into_iter().find(|span| span.phase == phase));
    match phase {
        Some(span) => Some((lasted(span.from), Since::Phase)),
        None => task.created_at.map(|at| (lasted(at), Since::Start)),
    }
}
