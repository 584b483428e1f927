//! Waiting for a task to end, while telling how far it is.

use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use tokio::time::{Instant, timeout_at};

use crate::cli::context::Context;
use crate::domain::{Failure, FailureKind, Task, TaskEvent, TaskEventKind, TaskState, explain};
use crate::services::{Result as Answered, Store};

/// What is to say of a task whose engine is lost.
const ENGINE_LOST: &str = "the engine is lost; the outcome may still come";

/// How long an engine may be lost before nobody waits for it any more.
const LOST: Duration = Duration::from_mins(1);

/// Says that the reply to what was asked for was lost, and what is done about it.
pub fn unsure(context: &Context<'_>) {
    context.printer.note("UNKNOWN - checking what became of it: its reply was lost, and nothing is sent again.");
}

/// Waits for the end of a task, or until its engine has been lost for long; the task as it is then. Progress goes to the
/// printer, after `title`.
///
/// # Errors
/// When the server cannot be asked any more. How the task ended is no error here.
pub async fn wait(store: &Store, context: &Context<'_>, task: Task, title: &str) -> Result<Task, Failure> {
    let failed = |error: crate::services::Error| error.failure("Could not follow the task");
    let printer = context.printer;
    printer.progress(&format!("{title}: {}", how_far(&task)));
    let tell = |task: &Task| printer.progress(&format!("{title}: {}", how_far(task)));
    let task = ended(store.watch(&task.id), task, LOST, tell);
    let task = task.await.map_err(failed)?;
    printer.progress_over();
    // The record knows more than the events that this program understands.
    let (known, _) = store.task(&task.id).await.map_err(failed)?;
    let task = if known.state.is_done() { Task { pod: known.pod.clone().or(task.pod), ..known } } else { task };
    if task.state.is_done() {
        context.begun.over(&task.id);
    }
    Ok(task)
}

/// The task after its last event, or after its engine has been lost for so long as `patience` says; each event is told.
async fn ended(
    mut events: impl Stream<Item = Answered<TaskEvent>> + Unpin,
    mut task: Task,
    patience: Duration,
    mut tell: impl FnMut(&Task),
) -> Answered<Task> {
    let mut lost_since = None;
    while !task.state.is_done() {
        lost_since = (task.state == TaskState::Disconnected).then(|| lost_since.unwrap_or_else(Instant::now));
        let event = match lost_since {
            None => events.next().await,
            // An engine that comes back tells how it went on; one that does not must not be waited for without end.
            Some(since) => match timeout_at(since + patience, events.next()).await {
                Ok(event) => event,
                Err(_) => break,
            },
        };
        let Some(event) = event else { break };
        let event = event?;
        if event.kind != TaskEventKind::Disconnected {
            // A sign of life, also where it does not say how far the task is.
            lost_since = None;
        }
        task.apply(&event);
        tell(&task);
    }
    Ok(task)
}

/// `26 %, Pulling image: 1 of 3 layers, 412 MB of 1.60 GB`.
fn how_far(task: &Task) -> String {
    let message = task.message.as_deref().unwrap_or_default();
    let first = message.lines().next().unwrap_or_default();
    match (task.percent(), task.state) {
        (_, TaskState::Disconnected) => ENGINE_LOST.into(),
        (_, TaskState::Queued) if first.is_empty() => "waits for its engine".into(),
        (Some(percent), _) => format!("{percent:>3} %  {first}"),
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
            // What it means may hang on a later line: engines quote what an app said.
            let advice = task.message.as_deref().and_then(explain).map_or("", |found| found.advice);
            Some(Failure::new(what, why).hint(format!("{advice} {show}").trim_start()))
        }
        TaskState::Cancelled => Some(Failure::new(what, "it was cancelled").kind(FailureKind::Interrupted)),
        TaskState::Disconnected => Some(Failure::new(what, ENGINE_LOST).hint(show)),
        state => Some(Failure::new(what, format!("the task is {}", state.word())).hint(show)),
    }
}

/// One failure for several things, of which `all` were tried: partial where some worked, and of their kind where they
/// have one in common.
pub fn together(mut failures: Vec<Failure>, all: usize, what: &str) -> Option<Failure> {
    if failures.len() <= 1 && all <= 1 {
        return failures.pop();
    }
    let first = failures.first()?.clone();
    let why: Vec<String> = failures.iter().map(|failure| format!("{}: {}", failure.what, failure.why)).collect();
    let kind = if failures.len() < all {
        FailureKind::Partial
    } else if failures.iter().all(|failure| failure.kind == first.kind) {
        first.kind
    } else {
        FailureKind::Failed
    };
    Some(Failure::new(what, why.join("; ")).kind(kind).hint(first.hint))
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::super::testing;
    use super::*;
    use crate::domain::Moment;

    fn task(state: TaskState, message: Option<&str>) -> Task {
        Task { message: message.map(str::to_owned), ..testing::task("5", state) }
    }

    fn event(id: &str, kind: TaskEventKind) -> TaskEvent {
        TaskEvent {
            id: id.into(),
            task: "5".into(),
            kind,
            message: None,
            progress: None,
            pod: None,
            lines: Vec::new(),
            returns: crate::domain::Values::new(),
            at: Moment(0),
        }
    }

    #[tokio::test]
    async fn a_lost_engine_is_waited_for_but_not_without_end() {
        let disconnected = || event("1", TaskEventKind::Disconnected);
        let events = stream::iter([Ok(disconnected())]).chain(stream::pending());
        let lost = ended(events, task(TaskState::Queued, None), Duration::ZERO, |_| {}).await.expect("a task");
        assert_eq!(lost.state, TaskState::Disconnected);
        let failed = failure(&lost, "Could not install").expect("a failure");
        assert!(failed.why == ENGINE_LOST && failed.hint.contains("`kab tasks show 5`"), "{failed}");

        let events = stream::iter([disconnected(), event("2", TaskEventKind::Completed)].map(Ok));
        let mut told = Vec::new();
        let back =
            ended(events, task(TaskState::Queued, None), LOST, |task| told.push(task.state)).await.expect("a task");
        assert_eq!((back.state, told), (TaskState::Done, vec![TaskState::Disconnected, TaskState::Done]));
    }

    #[test]
    fn how_a_task_ended_decides_the_exit_code() {
        let ended = |state| failure(&task(state, Some("no space left")), "Could not install");
        assert_eq!(ended(TaskState::Done), None);
        let failed = ended(TaskState::Failed).expect("a failure");
        assert_eq!((failed.kind, failed.why.as_str()), (FailureKind::Failed, "no space left"));
        assert!(failed.hint.starts_with("Make room there") && failed.hint.contains("kab tasks show"), "{failed}");
        assert_eq!(ended(TaskState::Cancelled).map(|failure| failure.kind), Some(FailureKind::Interrupted));
        assert!(ended(TaskState::Disconnected).is_some());
    }

    #[test]
    fn a_pull_tells_its_own_percentage() {
        let pull = "Pulling image: 0 of 1 layers, 1 B of 4 B\na 1/4 downloading";
        let told = how_far(&task(TaskState::Running, Some(pull)));
        assert_eq!(told, " 25 %  Pulling image: 0 of 1 layers, 1 B of 4 B");
        assert_eq!(
            how_far(&task(TaskState::Running, Some("Starting container"))),
            "Starting container",
            "no fake figure"
        );
        assert_eq!(how_far(&Task { progress: None, ..task(TaskState::Queued, None) }), "waits for its engine");
    }

    #[test]
    fn some_failures_are_partial_and_all_are_not() {
        let failure = || Failure::new("Could not stop a", "gone").kind(FailureKind::NotFound);
        assert_eq!(together(vec![], 2, "x"), None);
        assert_eq!(together(vec![failure()], 1, "x"), Some(failure()));
        assert_eq!(together(vec![failure()], 2, "x").map(|failure| failure.kind), Some(FailureKind::Partial));
        let all = together(vec![failure(), failure()], 2, "x").expect("a failure");
        assert_eq!((all.kind, all.what.as_str()), (FailureKind::NotFound, "x"));
        let mixed = together(vec![failure(), failure().kind(FailureKind::Network)], 2, "x").expect("a failure");
        assert_eq!(mixed.kind, FailureKind::Failed);
    }
}
