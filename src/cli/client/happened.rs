//! What happened to a task, one line each.

use crate::cli::output::Columns;
use crate::domain::{Moment, Phase, Task, TaskEvent, TaskEventKind, values_words};
use crate::tui::widgets::text::duration;

/// Events with the time since the task was asked for. A pull tells its bytes often; one line says that it pulled.
pub fn happened(task: &Task, events: &[TaskEvent]) -> Columns {
    let start = task.created_at.or(events.first().map(|event| event.at)).unwrap_or(Moment(0));
    let mut rows: Vec<Vec<String>> = Vec::new();
    for event in events {
        let text = event.message.as_deref().and_then(|message| message.lines().next()).unwrap_or_default();
        let is_progress = event.kind == TaskEventKind::Progress;
        let text = match Phase::of_message(text) {
            Some(phase) if is_progress => phase.heading(),
            _ => text,
        };
        let returned = values_words(&event.returns);
        let text = if text.is_empty() { &returned } else { text };
        let row = vec![duration(start.seconds_until(event.at)), event.kind.name().to_lowercase(), text.to_owned()];
        if is_progress && rows.last().is_some_and(|last| last[1..] == row[1..]) {
            continue;
        }
        rows.push(row);
    }
    Columns { headings: vec!["AFTER", "EVENT", "WHAT"], rows, empty: String::new() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing;
    use super::*;
    use crate::domain::TaskState;

    #[test]
    fn a_pull_that_tells_its_bytes_often_is_one_line() {
        let event = |id: &str, kind: TaskEventKind, message: &str| TaskEvent {
            id: id.into(),
            task: "5".into(),
            kind,
            message: Some(message.into()),
            progress: None,
            pod: None,
            lines: Vec::new(),
            returns: crate::domain::Values::new(),
            at: Moment(2000),
        };
        let events = [
            event("1", TaskEventKind::Progress, "Pulling image: 1 B of 3 B"),
            event("2", TaskEventKind::Progress, "Pulling image: 2 B of 3 B"),
            event("3", TaskEventKind::Failed, "no space left"),
        ];
        let rows = happened(&testing::task("5", TaskState::Running), &events).rows;
        assert_eq!(rows, [["0:02", "progress", "Pulling image"], ["0:02", "failed", "no space left"]]);
        let mut returned = event("4", TaskEventKind::Yield, "");
        returned.message = None;
        returned.returns.insert("return0".into(), json!("Hello ada"));
        let rows = happened(&testing::task("5", TaskState::Running), &[returned]).rows;
        assert_eq!(rows, [["0:02", "yield", "Hello ada"]]);
    }
}
