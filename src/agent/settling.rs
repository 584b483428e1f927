//! Tasks that an earlier process left open, and tasks about which only the server knows more: each gets its last word.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{
    Assigned, OldTask, Settle, Settled, Wanted,
    backoff::{backoff, spread},
    desk::Desk,
    frames::Outcome,
    mailbox::Mailbox,
    passing::passes,
    registration::{self, KnownTask},
};
use crate::{
    domain::NodeKind,
    services::{self, Session},
};

/// An inquiry is answered with "unknown" only after this time: its `ASSIGN` may be on the way behind it.
const LATE_ASSIGN: Duration = Duration::from_secs(5);

/// A question that the server does not answer is asked so often.
const ATTEMPTS: u32 = 6;

/// Whether the tasks of an earlier process are settled; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Past(Arc<AtomicBool>);

impl Past {
    /// Whether they are.
    pub fn is_settled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn settled(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Ends tasks that nobody works on; cheap to clone.
#[derive(Clone)]
pub struct Settler {
    pub session: Session,
    pub mailbox: Arc<Mailbox>,
    pub desk: Desk,
    pub settle: Option<Arc<dyn Settle>>,
    pub past: Past,
    /// The connection that it works for is over; the next one has its own.
    pub over: CancellationToken,
}

impl Settler {
    /// Answers the server's question about a task.
    pub fn inquired(&self, task: String) {
        if self.desk.runs(&task) {
            self.mailbox.repeat_progress(&task);
            return;
        }
        if self.mailbox.is_kept(&task) {
            return;
        }
        let settler = self.clone();
        tokio::spawn(async move {
            match settler.ask(&task).await {
                Ok(known) if known.is_done => return,
                // An earlier process worked on it, or this one never got it: what is there tells what became of it.
                Ok(known) if known.latest_event_kind == "DISCONNECTED" => return settler.settle(known).await,
                // The question comes again.
                Err(error) if passes(&error) => return,
                Ok(_) | Err(_) => {}
            }
            tokio::time::sleep(LATE_ASSIGN).await;
            if settler.desk.is_new(&task) {
                let why = "The program does not know this task: the message that assigned it was lost. Ask again.";
                settler.mailbox.end(&task, &Outcome::Critical(why.into()));
            }
        });
    }

    /// Begins a task that came right after a new session: it may be an old one, which another process has worked on.
    pub fn begin_if_open(&self, assigned: Assigned) {
        let settler = self.clone();
        tokio::spawn(async move {
            match settler.ask(&assigned.task).await {
                Ok(known) if known.is_done || known.latest_event_kind == "DISCONNECTED" => {
                    tracing::info!(task = assigned.task, "skipped: it was assigned to an earlier process");
                }
                Err(services::Error::NotFound(_)) => {}
                Ok(_) => {
                    if settler.desk.is_new(&assigned.task) {
                        settler.desk.begin(assigned);
                    }
                }
                Err(error) => {
                    if settler.desk.is_new(&assigned.task) {
                        let why =
                            format!("It was not begun, since the server did not tell whether it is new: {error}.");
                        settler.mailbox.end(&assigned.task, &Outcome::Critical(why));
                    }
                }
            }
        });
    }

    /// Somebody wants a task to end that does not run here.
    pub fn cancel_unknown(&self, task: String) {
        if self.mailbox.is_kept(&task) {
            return;
        }
        let settler = self.clone();
        tokio::spawn(async move {
            match settler.ask(&task).await {
                Ok(known) if known.is_done => {}
                Ok(known) => settler.settle(KnownTask { latest_instruct_kind: Some("CANCEL".into()), ..known }).await,
                Err(error) => tracing::warn!(task, "cannot be cancelled: {error}"),
            }
        });
    }

    /// Settles everything that an earlier process left open.
    pub async fn settle_all(&self, agent: &str) {
        let mut failures = 0;
        let tasks = loop {
            let asked = registration::open_tasks(&self.session, agent);
            match self.over.run_until_cancelled(asked).await {
                None => return,
                Some(Ok(tasks)) => break tasks,
                Some(Err(error)) if passes(&error) => {
                    failures += 1;
                    let wait = tokio::time::sleep(backoff(failures, spread()));
                    if self.over.run_until_cancelled(wait).await.is_none() {
                        return;
                    }
                }
                Some(Err(error)) => {
                    tracing::warn!("open tasks of an earlier run could not be listed: {error}");
                    break Vec::new();
                }
            }
        };
        // Others are either queued again by the server, or on their way to this very session.
        for task in tasks.into_iter().filter(|task| task.latest_event_kind == "DISCONNECTED") {
            self.settle(task).await;
        }
        self.past.settled();
    }

    /// Last words go out at once, unless only the server knows whether the result before them arrived.
    pub fn resend(&self) {
        let doubtful = self.mailbox.doubtful();
        if doubtful.is_empty() {
            self.mailbox.resend();
            return;
        }
        let settler = self.clone();
        tokio::spawn(async move {
            for task in doubtful {
                let known = loop {
                    match settler.ask(&task).await {
                        // A last word without its result would be the end of the result.
                        Err(error) if passes(&error) && !settler.over.is_cancelled() => {}
                        answer => break answer,
                    }
                };
                if known.is_ok_and(|known| !known.is_done && !known.has_result()) {
                    settler.mailbox.result_lost(&task);
                }
            }
            if !settler.over.is_cancelled() {
                settler.mailbox.resend();
            }
        });
    }

    async fn ask(&self, task: &str) -> services::Result<KnownTask> {
        let mut failures = 0;
        loop {
            match registration::task(&self.session, task).await {
                Err(error) if passes(&error) && failures < ATTEMPTS => failures += 1,
                other => return other,
            }
            tokio::time::sleep(backoff(failures, spread())).await;
        }
    }

    async fn settle(&self, known: KnownTask) {
        if !self.desk.is_new(&known.id) {
            return;
        }
        let wanted = if known.cancel_asked() { Wanted::NoMore } else { Wanted::Still };
        let id = known.id.clone();
        let old = OldTask {
            task: known.id,
            interface: known.implementation.map(|implementation| implementation.interface),
            args: known.args,
            wanted,
        };
        let settled = match &self.settle {
            Some(settle) => settle.settle(old).await,
            None if wanted == Wanted::NoMore => Settled::Cancelled,
            None => Settled::Lost(String::from("The program was restarted while it worked on this.")),
        };
        tracing::info!(task = id, ?settled, "a task of an earlier run was settled");
        match settled {
            Settled::Completed(returns) => {
                if let Some(returns) = returns {
                    self.mailbox.start(&id, NodeKind::Function);
                    self.mailbox.result(&id, returns).await;
                }
                self.mailbox.end(&id, &Outcome::Completed);
            }
            Settled::Lost(why) => self.mailbox.end(&id, &Outcome::Critical(why)),
            Settled::Cancelled => self.mailbox.end(&id, &Outcome::Cancelled),
        }
    }
}
