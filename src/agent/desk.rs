//! The work at hand: which tasks run, how each is asked to end, and what is reported when it has ended.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Assigned, Implementation, Reporter, TaskError, frames::Outcome, mailbox::Mailbox};
use crate::domain::NodeKind;

/// An interrupted task that does not end by itself in this time is dropped.
const PATIENCE: Duration = Duration::from_secs(10);

/// So many tasks are remembered; a frame that is older does not come again.
const REMEMBERED: usize = 10_000;

/// Everything that this agent works on; cheap to clone.
#[derive(Clone)]
pub struct Desk {
    offers: Arc<Vec<Implementation>>,
    mailbox: Arc<Mailbox>,
    state: Arc<Mutex<State>>,
    tracker: TaskTracker,
}

#[derive(Default)]
struct State {
    running: BTreeMap<String, Running>,
    /// Tasks that this process has taken in, so that a repeated frame does not do the work twice.
    seen: BTreeSet<String>,
    /// The same in their order, so that the oldest can be forgotten.
    order: VecDeque<String>,
}

impl State {
    fn see(&mut self, task: &str) -> bool {
        if !self.seen.insert(task.to_owned()) {
            return false;
        }
        self.order.push_back(task.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        true
    }
}

struct Running {
    cancel: CancellationToken,
    interrupt: CancellationToken,
    asked: Asked,
    kind: NodeKind,
}

/// Who wants a task to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Nobody,
    Cancel,
    Interrupt,
    Shutdown,
}

impl Desk {
    /// An empty desk.
    pub fn new(offers: Vec<Implementation>, mailbox: Arc<Mailbox>) -> Self {
        Self { offers: Arc::new(offers), mailbox, state: Arc::default(), tracker: TaskTracker::new() }
    }

    /// Marks a task as dealt with; `false` when it already was.
    pub fn is_new(&self, task: &str) -> bool {
        !self.mailbox.is_kept(task) && self.lock().see(task)
    }

    /// Whether nothing is being worked on that comes to an end by itself.
    pub fn is_idle(&self) -> bool {
        self.lock().running.values().all(|running| running.kind == NodeKind::Generator)
    }

    /// Whether the task is being worked on.
    pub fn runs(&self, task: &str) -> bool {
        self.lock().running.contains_key(task)
    }

    /// Whether the task was taken in by this process.
    pub fn knows(&self, task: &str) -> bool {
        self.lock().seen.contains(task) || self.mailbox.is_kept(task)
    }

    /// Begins the work, which must be new.
    pub fn begin(&self, assigned: Assigned) {
        let task = assigned.task.clone();
        if self.tracker.is_closed() {
            let why = "The program is being stopped, and did not begin this. Ask again.";
            self.mailbox.end(&task, &Outcome::Critical(why.into()));
            return;
        }
        let Some(offer) = self.offers.iter().find(|offer| offer.definition.key == assigned.interface) else {
            let why = format!("This agent does not offer `{}` any more.", assigned.interface);
            self.mailbox.end(&task, &Outcome::Failed(why));
            return;
        };
        self.mailbox.start(&task, offer.definition.kind);
        let (cancel, interrupt) = (CancellationToken::new(), CancellationToken::new());
        let kind = offer.definition.kind;
        let running = Running { cancel: cancel.clone(), interrupt: interrupt.clone(), asked: Asked::Nobody, kind };
        self.lock().running.insert(task.clone(), running);
        let work = offer.handler.call(assigned, Reporter::new(task.clone(), Arc::clone(&self.mailbox)), cancel);
        let desk = self.clone();
        self.tracker.spawn(async move {
            let mut work = tokio::spawn(work);
            let ended = tokio::select! {
                ended = &mut work => Some(ended),
                () = async { interrupt.cancelled().await; tokio::time::sleep(PATIENCE).await } => {
                    work.abort();
                    None
                }
            };
            let asked = desk.lock().running.remove(&task).map_or(Asked::Nobody, |running| running.asked);
            let outcome = match ended {
                None => Outcome::Interrupted,
                Some(Ok(result)) => outcome(result, asked),
                Some(Err(error)) => {
                    tracing::error!(task, "the work broke down: {error}");
                    Outcome::Critical(String::from("The program broke down while working on this; see its log."))
                }
            };
            desk.mailbox.end(&task, &outcome);
        });
    }

    /// Asks the work to end; `false` when it does not run here.
    pub fn cancel(&self, task: &str) -> bool {
        self.ask(task, Asked::Cancel)
    }

    /// As [`Self::cancel`], with little patience.
    pub fn interrupt(&self, task: &str) -> bool {
        self.ask(task, Asked::Interrupt)
    }

    fn ask(&self, task: &str, asked: Asked) -> bool {
        let mut state = self.lock();
        let Some(running) = state.running.get_mut(task) else { return false };
        running.asked = asked;
        running.cancel.cancel();
        if asked == Asked::Interrupt {
            running.interrupt.cancel();
        }
        true
    }

    /// Asks all work to end, and begins nothing any more.
    pub fn shut(&self) {
        self.tracker.close();
        for running in self.lock().running.values_mut() {
            if running.asked == Asked::Nobody {
                running.asked = Asked::Shutdown;
            }
            running.cancel.cancel();
        }
    }

    /// Asks all work to end, and waits until it has.
    pub async fn close(&self) {
        self.shut();
        self.tracker.wait().await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn outcome(result: Result<(), TaskError>, asked: Asked) -> Outcome {
    match (result, asked) {
        (Ok(()), _) => Outcome::Completed,
        (Err(TaskError::Failed(why)), _) => Outcome::Failed(why),
        (Err(TaskError::Critical(why)), _) => Outcome::Critical(why),
        (Err(TaskError::Cancelled), Asked::Interrupt) => Outcome::Interrupted,
        (Err(TaskError::Cancelled), Asked::Shutdown) => {
            Outcome::Critical(String::from("The program was stopped before this was done."))
        }
        (Err(TaskError::Cancelled), Asked::Cancel | Asked::Nobody) => Outcome::Cancelled,
    }
}
