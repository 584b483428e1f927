//! How long each phase of a task took, by its events. Pure; what nobody told is left out.

use super::{Moment, Phase, Task, TaskEvent, TaskEventKind, TaskState};

/// A phase that a task was in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseSpan {
    /// Which.
    pub phase: Phase,
    /// When it began.
    pub from: Moment,
    /// When it was over; `None`: it goes on.
    pub until: Option<Moment>,
}

/// The phases of a task in their order. One that nobody announced is not in it, and none comes back.
pub fn timeline(task: &Task, events: &[TaskEvent]) -> Vec<PhaseSpan> {
    let Some(begun) = task.created_at.or(events.first().map(|event| event.at)) else { return Vec::new() };
    let mut starts = vec![(Phase::Queued, begun)];
    for event in events {
        let told = event.message.as_deref().and_then(Phase::of_message);
        let phase = match event.kind {
            TaskEventKind::Started => Some(told.unwrap_or(Phase::Preflight)),
            TaskEventKind::Completed => Some(Phase::Ready),
            _ => told,
        };
        if let Some(phase) = phase
            && starts.last().is_none_or(|(last, _)| phase > *last)
        {
            // Clocks of servers and agents differ; no phase takes less than no time.
            let at = starts.last().map_or(event.at, |(_, before)| event.at.max(*before));
            starts.push((phase, at));
        }
    }
    let end = if task.state.is_done() { task.finished_at.or(events.last().map(|event| event.at)) } else { None };
    let next: Vec<Option<Moment>> = starts.iter().skip(1).map(|(_, at)| Some(*at)).chain([end]).collect();
    let mut spans: Vec<PhaseSpan> = starts
        .into_iter()
        .zip(next)
        .map(|((phase, from), until)| PhaseSpan { phase, from, until: until.map(|until| until.max(from)) })
        .collect();
    if task.state == TaskState::Done
        && let Some(last) = spans.last_mut()
        && last.phase == Phase::Ready
    {
        last.until = Some(last.from);
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TaskKind;

    fn task(state: TaskState, finished: Option<i64>) -> Task {
        Task {
            id: "5".into(),
            reference: None,
            kind: TaskKind::Install,
            action: "Deploy".into(),
            agent: None,
            client_id: None,
            implementation: None,
            state,
            progress: None,
            message: None,
            acted_on: Vec::new(),
            pod: None,
            created_at: Some(Moment(0)),
            finished_at: finished.map(Moment),
            by: None,
            arguments: crate::domain::Values::new(),
        }
    }

    fn event(kind: TaskEventKind, message: &str, at: i64) -> TaskEvent {
        TaskEvent {
            id: "1".into(),
            task: "5".into(),
            kind,
            message: Some(message.into()).filter(|text: &String| !text.is_empty()),
            progress: None,
            pod: None,
            lines: Vec::new(),
            returns: crate::domain::Values::new(),
            at: Moment(at),
        }
    }

    #[test]
    fn every_phase_has_its_time_and_the_last_one_goes_on() {
        let events = [
            event(TaskEventKind::Bound, "", 100),
            event(TaskEventKind::Started, "", 2_000),
            event(TaskEventKind::Progress, "Pulling image: 0 of 3 layers", 3_000),
            event(TaskEventKind::Progress, "Pulling image: 1 of 3 layers", 9_000),
            event(TaskEventKind::Progress, "Starting container", 60_000),
            event(TaskEventKind::Progress, "Pulling image: late news", 61_000),
        ];
        let took = |spans: &[PhaseSpan]| -> Vec<_> {
            spans.iter().map(|span| (span.phase, span.until.map(|until| until.0 - span.from.0))).collect()
        };
        assert_eq!(
            took(&timeline(&task(TaskState::Running, None), &events)),
            [
                (Phase::Queued, Some(2_000)),
                (Phase::Preflight, Some(1_000)),
                (Phase::Pull, Some(57_000)),
                (Phase::Start, None)
            ]
        );
        let failed = timeline(&task(TaskState::Failed, Some(70_000)), &events);
        assert_eq!(took(&failed).last(), Some(&(Phase::Start, Some(10_000))));
        let mut done = events.to_vec();
        done.push(event(TaskEventKind::Completed, "", 80_000));
        let done = timeline(&task(TaskState::Done, Some(80_000)), &done);
        assert_eq!(took(&done)[3..], [(Phase::Start, Some(20_000)), (Phase::Ready, Some(0))]);
    }

    #[test]
    fn clocks_that_differ_make_no_phase_shorter_than_nothing() {
        let events = [event(TaskEventKind::Started, "", -5_000), event(TaskEventKind::Progress, "Ready", -9_000)];
        for span in timeline(&task(TaskState::Running, None), &events) {
            assert!(span.until.is_none_or(|until| until >= span.from), "{span:?}");
        }
    }
}
