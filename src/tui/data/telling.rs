//! What is told of tasks: by lists, by answers about one, by events. They come in any order, and none may undo another.

use std::collections::{HashMap, HashSet};

use super::order::{order_of_tasks, pod_id_of};
use super::pull::pull_of;
use super::{Clean, Data};
use crate::domain::{Failure, Moment, Remote, Task, TaskEvent, TaskEventKind, TaskId, TaskState};

/// A task that was heard of this recently, in milliseconds, and is not in a list yet was given after the list was read.
const FRESH: i64 = 10_000;

/// Events of one task that are kept at most; the newest are.
const EVENTS: usize = 1_000;

/// A running task that says nothing for so many seconds has stalled, as far as anybody can tell.
const SILENCE: u64 = 60;

impl Data {
    /// Seconds since a running task said anything, where that is long.
    pub fn silent_for(&self, task: &Task, now: Moment) -> Option<u64> {
        let heard = self.heard.get(&task.id).filter(|_| task.state == TaskState::Running)?;
        Some(heard.seconds_until(now)).filter(|seconds| *seconds >= SILENCE)
    }

    /// When the next running task will have said nothing for long, in milliseconds.
    pub fn falls_silent_at(&self, now: Moment) -> Option<i64> {
        let running = self.tasks().iter().filter(|task| task.state == TaskState::Running && !task.kind.is_reading());
        let due = running.filter_map(|task| Some(self.heard.get(&task.id)?.0 + 1000 * SILENCE.cast_signed()));
        due.filter(|at| *at > now.0).min()
    }

    /// Takes tasks in; those that have ended since they were told last, with the state that they had.
    pub fn settle_tasks(&mut self, result: Result<Vec<Task>, Failure>, now: Moment) -> Vec<(TaskId, TaskState)> {
        let told = match result {
            Ok(told) => told,
            Err(failure) => {
                self.tasks.settle(Err(failure));
                return Vec::new();
            }
        };
        let mut known: HashMap<TaskId, Task> =
            self.tasks().iter().map(|task| (task.id.clone(), task.clone())).collect();
        let mut ended = Vec::new();
        let mut tasks = Vec::with_capacity(told.len());
        for mut task in told {
            task.clean();
            let before = known.remove(&task.id);
            if before.as_ref().is_none_or(|before| is_news(before, &task)) {
                self.heard.insert(task.id.clone(), now);
            }
            self.heard.entry(task.id.clone()).or_insert(now);
            if let Some(before) = before {
                if task.state.is_done() && !before.state.is_done() {
                    ended.push((task.id.clone(), before.state));
                }
                task = joined(before, task);
            }
            self.note_pull(&task, now);
            tasks.push(task);
        }
        let is_fresh = |task: &Task| {
            let heard = self.heard.get(&task.id).is_some_and(|at| now.0 - at.0 < FRESH);
            // Nor does a list hold what is too old for it, and is looked at.
            heard && !task.state.is_done() || self.events.contains_key(&task.id)
        };
        tasks.extend(known.into_values().filter(is_fresh));
        tasks.sort_by(order_of_tasks);
        self.tasks = Remote::Ready(tasks);
        if self.tasks_are_told { ended } else { Vec::new() }
    }

    /// What the server has told from now on is news when it changes, and what is about nothing that can be seen is
    /// forgotten; `open` are the tasks whose pages are open.
    pub fn tidy_tasks(&mut self, open: &HashSet<TaskId>) {
        self.tasks_are_told = true;
        let listed: HashSet<TaskId> = self.tasks().iter().map(|task| task.id.clone()).collect();
        self.heard.retain(|id, _| listed.contains(id));
        self.events.retain(|id, _| open.contains(id));
        let under_way: HashSet<&TaskId> = self
            .tasks
            .value()
            .into_iter()
            .flatten()
            .filter(|task| !task.state.is_done())
            .map(|task| &task.id)
            .collect();
        self.pulls.retain(|id, _| under_way.contains(id) || open.contains(id));
        let mut named: HashSet<_> = self.pods().iter().map(|pod| pod.id.clone()).collect();
        named.extend(self.tasks().iter().filter_map(pod_id_of));
        self.names.retain(|id, _| named.contains(id));
    }

    /// Takes a task in that is new or different.
    pub fn take_task(&mut self, mut task: Task, now: Moment) {
        task.clean();
        self.note_pull(&task, now);
        // An answer that says what was known already is no sign of life.
        if self.task(&task.id).is_none_or(|known| is_news(known, &task)) {
            self.heard.insert(task.id.clone(), now);
        }
        let mut tasks = self.tasks().to_vec();
        if let Some(at) = tasks.iter().position(|known| known.id == task.id) {
            task = joined(tasks.swap_remove(at), task);
        }
        tasks.push(task);
        tasks.sort_by(order_of_tasks);
        self.tasks = Remote::Ready(tasks);
    }

    /// Takes in what happened to a task.
    pub fn take_event(&mut self, mut event: TaskEvent, now: Moment) {
        event.clean();
        self.heard.insert(event.task.clone(), now);
        let mut tasks = self.tasks().to_vec();
        if let Some(task) = tasks.iter_mut().find(|task| task.id == event.task)
            && event.kind != TaskEventKind::Yield
        {
            task.apply(&event);
            let task = task.clone();
            self.note_pull(&task, now);
            tasks.sort_by(order_of_tasks);
            self.tasks = Remote::Ready(tasks);
        }
        if let Some(events) = self.events.get_mut(&event.task)
            && !events.iter().any(|known| known.id == event.id)
        {
            events.push(without_lines(event));
            let over = events.len().saturating_sub(EVENTS);
            events.drain(..over);
        }
    }

    /// The page of a task opens: its events are kept from now on.
    pub fn keep_events(&mut self, task: &TaskId) {
        self.events.entry(task.clone()).or_default();
    }

    /// Takes in the events of a task as they were read. What happened while they were on their way stays.
    pub fn take_events(&mut self, task: TaskId, mut read: Vec<TaskEvent>) {
        read.iter_mut().for_each(Clean::clean);
        let known = self.events.remove(&task).unwrap_or_default();
        let ids: HashSet<_> = read.iter().map(|event| event.id.clone()).collect();
        let mut events: Vec<_> = read.into_iter().map(without_lines).collect();
        events.extend(known.into_iter().filter(|event| !ids.contains(&event.id)));
        let over = events.len().saturating_sub(EVENTS);
        events.drain(..over);
        // A task that was silent before anybody here looked has been silent for as long as its last event says.
        if let (Some(last), Some(heard)) = (events.iter().map(|event| event.at).max(), self.heard.get_mut(&task)) {
            *heard = last.min(*heard);
        }
        self.events.insert(task, events);
    }

    fn note_pull(&mut self, task: &Task, now: Moment) {
        if let Some(layers) = pull_of(task).filter(|_| !task.state.is_done()) {
            self.pulls.entry(task.id.clone()).or_default().note(layers, now);
        }
    }
}

/// The lines of a log are shown where they belong.
fn without_lines(mut event: TaskEvent) -> TaskEvent {
    event.lines = Vec::new();
    event
}

fn is_news(before: &Task, task: &Task) -> bool {
    (before.state, before.progress, &before.message) != (task.state, task.progress, &task.message)
}

/// The newer of two answers, but for what an answer that was on its way meanwhile would undo.
fn joined(before: Task, mut task: Task) -> Task {
    if before.state.is_done() && !task.state.is_done() {
        return before;
    }
    if before.progress > task.progress {
        task.progress = before.progress;
        // The message goes with the progress.
        if !task.state.is_done() {
            task.message = before.message;
        }
    }
    task.pod = task.pod.or(before.pod);
    // Lists do not tell what tasks were given.
    if task.arguments.is_empty() {
        task.arguments = before.arguments;
    }
    task
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::fixtures;

    fn task(state: TaskState, progress: u8) -> Task {
        Task { state, progress: Some(progress), message: None, ..fixtures::tasks().remove(0) }
    }

    fn told(data: &mut Data, tasks: &[Task], now: i64) -> Vec<(TaskId, TaskState)> {
        let ended = data.settle_tasks(Ok(tasks.to_vec()), Moment(now));
        data.tidy_tasks(&HashSet::new());
        ended
    }

    #[test]
    fn a_list_tells_the_end_of_a_task_once_and_an_older_one_does_not_undo_it() {
        let mut data = Data::default();
        let (running, done) = (task(TaskState::Running, 40), task(TaskState::Done, 100));
        assert_eq!(told(&mut data, std::slice::from_ref(&running), 0), []);
        assert_eq!(told(&mut data, std::slice::from_ref(&done), 1), [(done.id.clone(), TaskState::Running)]);
        assert_eq!(told(&mut data, std::slice::from_ref(&running), 2), []);
        assert_eq!(data.tasks()[0].state, TaskState::Done);
        assert_eq!(told(&mut data, std::slice::from_ref(&done), 3), []);
    }

    #[test]
    fn a_list_takes_no_progress_back_and_knows_since_when_a_task_is_silent() {
        let mut data = Data::default();
        told(&mut data, &[task(TaskState::Running, 60)], 0);
        told(&mut data, &[task(TaskState::Running, 60)], 90_000);
        let id = data.tasks()[0].id.clone();
        assert_eq!(data.heard[&id], Moment(0));
        told(&mut data, &[task(TaskState::Running, 20)], 95_000);
        assert_eq!(data.tasks()[0].progress, Some(60));
    }

    #[test]
    fn a_task_that_was_just_given_outlives_a_list_that_was_read_before() {
        let mut data = Data::default();
        data.take_task(task(TaskState::Queued, 0), Moment(0));
        told(&mut data, &[], 1_000);
        assert_eq!(data.tasks().len(), 1);
        told(&mut data, &[], FRESH + 1_000);
        assert_eq!(data.tasks().len(), 0);
    }

    #[test]
    fn what_was_kept_from_an_earlier_time_is_no_news_when_it_has_ended() {
        let mut data = Data::default();
        assert!(data.settle_tasks(Ok(vec![task(TaskState::Running, 1)]), Moment(0)).is_empty());
        assert!(told(&mut data, &[task(TaskState::Done, 100)], 1).is_empty());
    }

    #[test]
    fn nothing_is_kept_of_tasks_and_pods_that_are_gone() {
        let mut data = Data::default();
        data.settle_pods(Ok(fixtures::pods()));
        let first = task(TaskState::Running, 1);
        told(&mut data, std::slice::from_ref(&first), 0);
        data.keep_events(&first.id);
        data.settle_pods(Ok(Vec::new()));
        // The page that was open keeps it for one list more.
        told(&mut data, &[], FRESH * 2);
        told(&mut data, &[], FRESH * 2);
        assert!(data.heard.is_empty() && data.events.is_empty() && data.pulls.is_empty() && data.names.is_empty());
    }
}
