//! Waiting for a task to end, while telling how far it is.

use futures_util::StreamExt as _;

use crate::cli::output::Printer;
use crate::domain::{Failure, FailureKind, PullProgress, Task, TaskState};
use crate::services::Store;

/// Waits for the end of a task; the task as it is then. Progress goes to the printer, after `title`.
///
/// # Errors
/// When the server cannot be asked any more. How the task ended is no error here.
pub async fn wait(store: &Store, printer: &Printer, task: Task, title: &str) -> Result<Task, Failure> {
    let lost = |error: crate::services::Error| error.failure("Could not follow the task");
    let mut task = task;
    let mut events = store.watch(&task.id);
    printer.progress(&format!("{title}: {}", how_far(&task)));
    while let Some(event) = events.next().await {
        task.apply(&event.map_err(lost)?);
        printer.progress(&format!("{title}: {}", how_far(&task)));
        if task.state.is_done() {
            break;
        }
    }
    printer.progress_over();
    // The record knows more than the events that this program understands.
    let (known, _) = store.task(&task.id).await.map_err(lost)?;
    Ok(if known.state.is_done() { Task { pod: known.pod.clone().or(task.pod), ..known } } else { task })
}

/// `26 %, Pulling image: 1 of 3 layers, 412 MB of 1.60 GB`.
fn how_far(task: &Task) -> String {
    let message = task.message.as_deref().unwrap_or_default();
    let first = message.lines().next().unwrap_or_default();
    // Bytes say more about a pull than the percentage of the whole installation does.
    let of_pull = PullProgress::parse(message).and_then(|pull| match pull.bytes() {
        (current, Some(total)) => current.saturating_mul(100).checked_div(total),
        _ => None,
    });
    match (of_pull.or(task.progress.map(u64::from)), task.state) {
        (_, TaskState::Disconnected) => "the engine is lost; the outcome may still come".into(),
        (_, TaskState::Queued) if first.is_empty() => "waits for its engine".into(),
        (Some(percent), _) => format!("{:>3} %  {first}", percent.min(100)),
        (None, state) if first.is_empty() => state.word().to_lowercase(),
        (None, _) => first.to_owned(),
    }
}

/// What is wrong with how a task ended; `None` when nothing is. `what` says what was attempted.
pub fn failure(task: &Task, what: &str) -> Option<Failure> {
    let said = task.message.as_deref().and_then(|message| message.lines().next()).unwrap_or_default();
    let show = format!("`kab tasks show {}` shows what happened.", task.id);
    match task.state {
        TaskState::Done => None,
        TaskState::Failed => {
            let why = if said.is_empty() { "the engine does not say why" } else { said };
            Some(Failure::new(what, why).hint(show))
        }
        TaskState::Cancelled => Some(Failure::new(what, "it was cancelled").kind(FailureKind::Interrupted)),
        state => Some(Failure::new(what, format!("the task is {}", state.word())).hint(show)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TaskKind;

    fn task(state: TaskState, message: Option<&str>) -> Task {
        Task {
            id: "5".into(),
            reference: None,
            kind: TaskKind::Install,
            action: "Deploy Flavour".into(),
            agent: None,
            client_id: None,
            implementation: None,
            state,
            progress: Some(40),
            message: message.map(str::to_owned),
            acted_on: Vec::new(),
            pod: None,
            created_at: None,
            finished_at: None,
        }
    }

    #[test]
    fn how_a_task_ended_decides_the_exit_code() {
        let ended = |state| failure(&task(state, Some("no space left")), "Could not install");
        assert_eq!(ended(TaskState::Done), None);
        let failed = ended(TaskState::Failed).expect("a failure");
        assert_eq!((failed.kind, failed.why.as_str()), (FailureKind::Failed, "no space left"));
        assert_eq!(ended(TaskState::Cancelled).map(|failure| failure.kind), Some(FailureKind::Interrupted));
        assert!(ended(TaskState::Disconnected).is_some());
    }

    #[test]
    fn a_pull_tells_its_own_percentage() {
        let pull = "Pulling image: 0 of 1 layers, 1 B of 4 B\na 1/4 downloading";
        let told = how_far(&task(TaskState::Running, Some(pull)));
        assert_eq!(told, " 25 %  Pulling image: 0 of 1 layers, 1 B of 4 B");
        assert_eq!(how_far(&task(TaskState::Running, Some("Starting container"))), " 40 %  Starting container");
        assert_eq!(how_far(&Task { progress: None, ..task(TaskState::Queued, None) }), "waits for its engine");
    }
}
