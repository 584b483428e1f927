//! What waits to be sent: reports in their order, progress held back, and the last word on each task until the server
//! has confirmed it, over reconnects and (with a file) over restarts.
//!
//! Full queues are decided here: results wait for room, log messages are dropped and counted, progress keeps its newest.

use std::{
    collections::{BTreeMap, VecDeque},
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{
    frames::{Level, Outcome, cut, new_id, scrubbed},
    kept::{self, Kept},
    shelf::Shelf,
    standing::Standing,
    throttle::{Due, Throttle},
};
use crate::domain::NodeKind;

/// Results wait, and log messages are dropped, when so many reports are waiting.
const ROOM: usize = 512;

/// All that waits to be sent by one agent.
#[derive(Debug)]
pub struct Mailbox {
    state: Mutex<State>,
    wake: Notify,
    room: Notify,
    /// Whether anybody hears what is sent.
    pub standing: Standing,
    shelf: Option<Shelf>,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Queued>,
    /// Tasks that are being worked on.
    open: BTreeMap<String, Work>,
    /// Tasks that are done here, but not confirmed by the server.
    kept: Vec<Kept>,
    sequence: u64,
}

#[derive(Debug, Default)]
struct Work {
    throttle: Throttle,
    kind: Option<NodeKind>,
    /// The result of a function.
    result: Option<Value>,
    /// Whether that result has left over a connection.
    result_sent: bool,
    dropped_logs: usize,
}

#[derive(Debug)]
enum Queued {
    /// A report that is sent once.
    Frame { task: String, frame: Value },
    /// The last word on the task.
    End { task: String },
}

/// What to do next.
#[derive(Debug, PartialEq)]
pub enum Post {
    /// Send this.
    Send(String),
    /// Nothing before that time, unless woken.
    Until(Instant),
    /// Nothing, unless woken.
    Idle,
}

impl Mailbox {
    /// An empty mailbox, or with a file the last words that an earlier process could not get confirmed.
    pub fn open(file: Option<PathBuf>) -> Self {
        let kept = file.as_deref().map(kept::load).unwrap_or_default();
        let state = Mutex::new(State { kept, ..State::default() });
        let (wake, room, standing) = (Notify::new(), Notify::new(), Standing::new());
        Self { state, wake, room, standing, shelf: file.map(Shelf::open) }
    }

    /// A task is begun. The result of a function is kept until its last word is confirmed; those of a generator are
    /// sent once.
    pub fn start(&self, task: &str, kind: NodeKind) {
        let mut state = self.lock();
        state.open.insert(task.to_owned(), Work { kind: Some(kind), ..Work::default() });
        state.push(task, json!({ "type": "STARTED" }));
        drop(state);
        self.wake.notify_one();
    }

    /// How far a task is.
    pub fn progress(&self, task: &str, percent: u8, message: String) {
        if let Some(work) = self.lock().open.get_mut(task) {
            work.throttle.note(percent, message);
        }
        self.wake.notify_one();
    }

    /// A message of a task's log; dropped and counted when too much waits.
    pub fn log(&self, task: &str, level: Level, message: &str) {
        let mut state = self.lock();
        let full = state.queue.len() >= ROOM;
        let Some(work) = state.open.get_mut(task) else { return };
        if full {
            work.dropped_logs += 1;
            return;
        }
        let dropped = std::mem::take(&mut work.dropped_logs);
        if dropped > 0 {
            let note = format!("{dropped} log messages were dropped: they came faster than they could be sent.");
            state.push(task, json!({ "type": "LOG", "level": Level::Warn.wire(), "message": note }));
        }
        state.push(task, json!({ "type": "LOG", "level": level.wire(), "message": cut(message) }));
        drop(state);
        self.wake.notify_one();
    }

    /// A result of a task; waits while too much waits.
    pub async fn result(&self, task: &str, returns: Value) {
        let returns = scrubbed(returns);
        loop {
            let room = self.room.notified();
            {
                let mut state = self.lock();
                let has_room = state.queue.len() < ROOM;
                let Some(work) = state.open.get_mut(task) else { return };
                if has_room {
                    if work.kind == Some(NodeKind::Function) {
                        work.result = Some(returns.clone());
                        work.result_sent = false;
                    }
                    state.push(task, json!({ "type": "YIELD", "returns": returns }));
                    break;
                }
            }
            room.await;
        }
        self.wake.notify_one();
    }

    /// The last word on a task, also on one that was never begun here. Only the first counts.
    pub fn end(&self, task: &str, outcome: &Outcome) {
        let mut state = self.lock();
        if state.kept.iter().any(|kept| kept.task == task) {
            return;
        }
        let mut work = state.open.remove(task).unwrap_or_default();
        if let Some(last) = work.throttle.flush(Instant::now()) {
            state.push(task, progress_frame(last.percent, &last.message));
        }
        let (kind, error) = outcome.wire();
        let id = new_id();
        state.sequence += 1;
        let mut frame = json!({ "type": kind, "id": id, "seq": state.sequence, "task": task });
        if let Some(error) = error {
            frame["error"] = Value::from(cut(error));
        }
        let Work { result, result_sent, .. } = work;
        state.kept.push(Kept { task: task.to_owned(), id, frame, result, result_sent });
        state.queue.push_back(Queued::End { task: task.to_owned() });
        self.save(&state);
        drop(state);
        self.wake.notify_one();
        self.room.notify_waiters();
    }

    /// The server has stored the report with that frame id.
    pub fn confirmed(&self, id: &str) {
        let mut state = self.lock();
        let before = state.kept.len();
        state.kept.retain(|kept| kept.id != id);
        if state.kept.len() != before {
            self.save(&state);
        }
    }

    /// Removes everything about a task, which the server does not know.
    pub fn forget(&self, task: &str) {
        let mut state = self.lock();
        state.open.remove(task);
        state.kept.retain(|kept| kept.task != task);
        state.queue.retain(|queued| queued.task() != task);
        self.save(&state);
        drop(state);
        self.room.notify_waiters();
    }

    /// Whether the last word on the task waits for its confirmation.
    pub fn is_kept(&self, task: &str) -> bool {
        self.lock().kept.iter().any(|kept| kept.task == task)
    }

    /// Whether nothing waits to be sent or confirmed.
    pub fn is_settled(&self) -> bool {
        let state = self.lock();
        state.queue.is_empty() && state.kept.is_empty()
    }

    /// Every task about which something may be sent.
    pub fn tasks(&self) -> Vec<String> {
        let state = self.lock();
        let mut tasks: Vec<_> = state.open.keys().cloned().collect();
        tasks.extend(state.kept.iter().map(|kept| kept.task.clone()));
        tasks.extend(state.queue.iter().map(|queued| queued.task().to_owned()));
        tasks.sort();
        tasks.dedup();
        tasks
    }

    /// Says how far the task is once more, in answer to an inquiry.
    pub fn repeat_progress(&self, task: &str) {
        let mut state = self.lock();
        let Some(work) = state.open.get(task) else { return };
        let (percent, message) = work.throttle.newest().map_or_else(
            || (None, String::from("Still at work")),
            |newest| (Some(newest.percent), newest.message.clone()),
        );
        let frame = json!({ "type": "PROGRESS", "progress": percent, "message": cut(&message) });
        state.push(task, frame);
        drop(state);
        self.wake.notify_one();
    }

    /// Tasks whose result was sent over an earlier connection, with their last word unconfirmed: only the server knows
    /// whether the result arrived.
    pub fn doubtful(&self) -> Vec<String> {
        let state = self.lock();
        let doubtful = state.kept.iter().filter(|kept| kept.result.is_some() && kept.result_sent);
        doubtful.map(|kept| kept.task.clone()).collect()
    }

    /// The result of a doubtful task did not arrive: it is to be sent again.
    pub fn result_lost(&self, task: &str) {
        if let Some(kept) = self.lock().kept.iter_mut().find(|kept| kept.task == task) {
            kept.result_sent = false;
        }
    }

    /// A connection stands again: what belongs to unconfirmed last words goes out first.
    pub fn resend(&self) {
        let mut guard = self.lock();
        let state = &mut *guard;
        let mut first = VecDeque::new();
        for kept in &state.kept {
            let (mine, others) = state.queue.drain(..).partition(|queued| queued.task() == kept.task);
            state.queue = others;
            let mine: VecDeque<_> = mine;
            first
                .extend(mine.into_iter().filter(|queued| !queued.is_result() && !matches!(queued, Queued::End { .. })));
            if let Some(returns) = &kept.result
                && !kept.result_sent
            {
                let mut frame = json!({ "type": "YIELD", "returns": returns });
                complete(&mut frame, &kept.task, &mut state.sequence);
                first.push_back(Queued::Frame { task: kept.task.clone(), frame });
            }
            first.push_back(Queued::End { task: kept.task.clone() });
        }
        first.append(&mut state.queue);
        state.queue = first;
        drop(guard);
        self.wake.notify_one();
    }

    /// What is to be sent at `now`.
    pub fn next(&self, now: Instant) -> Post {
        let mut guard = self.lock();
        let state = &mut *guard;
        while let Some(queued) = state.queue.pop_front() {
            self.room.notify_waiters();
            match queued {
                Queued::Frame { task, frame } => {
                    if frame["type"] == "YIELD" {
                        if let Some(work) = state.open.get_mut(&task) {
                            work.result_sent = true;
                        } else if let Some(kept) = state.kept.iter_mut().find(|kept| kept.task == task) {
                            kept.result_sent = true;
                        }
                    }
                    return Post::Send(frame.to_string());
                }
                Queued::End { task } => {
                    if let Some(kept) = state.kept.iter().find(|kept| kept.task == task) {
                        return Post::Send(kept.frame.to_string());
                    }
                }
            }
        }
        let mut earliest: Option<Instant> = None;
        for (task, work) in &mut state.open {
            if let Some(progress) = work.throttle.take(now) {
                let mut frame = progress_frame(progress.percent, &progress.message);
                complete(&mut frame, task, &mut state.sequence);
                return Post::Send(frame.to_string());
            }
            if let Some(Due::At(at)) = work.throttle.due() {
                earliest = Some(earliest.map_or(at, |earlier| earlier.min(at)));
            }
        }
        earliest.map_or(Post::Idle, Post::Until)
    }

    /// Returns when something new may be there.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the unconfirmed last words for the next process.
    fn save(&self, state: &State) {
        let Some(file) = &self.shelf else { return };
        match serde_json::to_vec(&state.kept) {
            Ok(bytes) => file.put(bytes),
            Err(error) => tracing::warn!("unconfirmed reports could not be kept: {error}"),
        }
    }
}

impl State {
    fn push(&mut self, task: &str, mut frame: Value) {
        complete(&mut frame, task, &mut self.sequence);
        self.queue.push_back(Queued::Frame { task: task.to_owned(), frame });
    }
}

impl Queued {
    fn is_result(&self) -> bool {
        matches!(self, Self::Frame { frame, .. } if frame["type"] == "YIELD")
    }

    fn task(&self) -> &str {
        match self {
            Self::Frame { task, .. } | Self::End { task } => task,
        }
    }
}

fn progress_frame(percent: u8, message: &str) -> Value {
    json!({ "type": "PROGRESS", "progress": percent, "message": cut(message) })
}

fn complete(frame: &mut Value, task: &str, sequence: &mut u64) {
    *sequence += 1;
    frame["id"] = Value::from(new_id());
    frame["seq"] = Value::from(*sequence);
    frame["task"] = Value::from(task);
}

#[cfg(test)]
#[path = "mailbox_tests.rs"]
mod tests;
