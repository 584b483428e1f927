//! Following the log of a pod, as it is written or by snapshots.

use std::{ops::ControlFlow, time::Duration};

use futures_util::StreamExt;
use serde_json::json;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    Error, Result, Store, backoff,
    listening::{Ended, FAREWELL, Hearer, Request},
    snapshots::{POLL, Snapshots, passes},
    work::Keeping,
};
use crate::domain::{Engine, LogDump, LogLine, LogSeam, Moment, PodId, TaskEvent, TaskId, TaskState};

/// Blocks of lines that wait to be taken; further ones wait on the wire.
const WAITING: usize = 64;

/// Lines that are asked for at least when a connection is made again.
const CATCH_UP: u64 = 1_000;

/// The names of the action that stores a dump, in the known engines.
const DUMPS: [&str; 2] = ["refresh_logs", "dump_logs"];

/// How long an engine may take to store a snapshot.
const REFRESH: Duration = Duration::from_secs(20);

/// How lines come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowKind {
    /// As they are written.
    Streamed,
    /// The engine is asked for its newest lines: late, and with gaps when much is written.
    Polled {
        /// How often, at the moment: seldom while nothing is written.
        every: Duration,
    },
    /// As the engine stores them by itself, which may be seldom.
    Snapshots {
        /// When the newest one was stored.
        taken_at: Option<Moment>,
    },
}

/// The connection of a log that is followed is lost, and is made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLost {
    /// Why.
    pub why: Error,
    /// When the next attempt is made.
    pub retry_in: Duration,
}

/// A log that is followed. Dropping it ends the engine's work for it; [`LogFollow::close`] also waits for that.
#[derive(Debug)]
pub struct LogFollow {
    kind: watch::Receiver<FollowKind>,
    lines: mpsc::Receiver<Result<Vec<LogLine>>>,
    lost: watch::Receiver<Option<LogLost>>,
    work: JoinHandle<()>,
    stop: DropGuard,
}

impl LogFollow {
    /// How lines come now; an engine may turn out to be unable to do what it offers.
    pub fn kind(&self) -> FollowKind {
        *self.kind.borrow()
    }

    /// The next lines; `None` when the log has ended. An error is the last item.
    pub async fn next(&mut self) -> Option<Result<Vec<LogLine>>> {
        self.lines.recv().await
    }

    /// How lines come, as it changes. The channel closes when it changes no more.
    pub fn kinds(&self) -> watch::Receiver<FollowKind> {
        self.kind.clone()
    }

    /// Whether the connection is lost at the moment; no lines come meanwhile. The channel closes with the log.
    pub fn lost(&self) -> watch::Receiver<Option<LogLost>> {
        self.lost.clone()
    }

    /// Stops following, and waits a moment until the engine has been told.
    pub async fn close(self) {
        drop(self.stop);
        drop(self.lines);
        tokio::time::timeout(FAREWELL, self.work).await.ok();
    }
}

impl Store {
    /// Follows the log of a pod, beginning with the newest `tail` lines. Engines that cannot stream are read by snapshots.
    ///
    /// A lost connection is made again, and lines that were there already are left out.
    ///
    /// # Errors
    /// When the engine is offline, or the server cannot be asked.
    pub async fn follow_log(&self, pod: &PodId, engine: &Engine, tail: usize) -> Result<LogFollow> {
        self.follow_log_since(pod, engine, (tail, None)).await
    }

    /// The same; where a time is given and the engine can, it leaves out what is older. Others send it all the same.
    ///
    /// # Errors
    /// When the engine is offline, or the server cannot be asked.
    pub async fn follow_log_since(
        &self,
        pod: &PodId,
        engine: &Engine,
        (tail, since): (usize, Option<Moment>),
    ) -> Result<LogFollow> {
        let (sender, lines) = mpsc::channel(WAITING);
        let (trouble, lost) = watch::channel(None);
        let stop = CancellationToken::new();
        let (store, token) = (self.clone(), stop.clone());
        let action = self.pod_implementation(engine, &["stream_logs"], "stream logs", pod).await;
        // To stream, or to ask for a dump, is to assign a task, which is a change.
        let may = self.session.read_only().is_none();
        let (kind, work) = match action {
            Ok((action, mut args)) if may => {
                args.insert("tail".into(), json!(tail));
                if let Some(since) = since
                    && action.action.args.iter().any(|port| port.key == "since")
                {
                    args.insert("since".into(), json!(since.0.div_euclid(1_000).max(0)));
                }
                let request = Request { store, engine: engine.clone(), action: action.id, args };
                return Ok(streamed(request));
            }
            Ok(_) | Err(Error::NoAction { .. } | Error::Offline(_)) => {
                let can = may && engine.is_online() && self.pod_action(engine, &DUMPS, "read logs", pod).await.is_ok();
                let kind =
                    if can { FollowKind::Polled { every: POLL } } else { FollowKind::Snapshots { taken_at: None } };
                let (told, kind) = watch::channel(kind);
                let (pod, engine) = (pod.clone(), engine.clone());
                let follow = Snapshots { store, pod, engine, tail, lines: sender, trouble, kind: told };
                (kind, tokio::spawn(async move { token.run_until_cancelled(follow.run()).await.unwrap_or(()) }))
            }
            Err(error) => return Err(error),
        };
        Ok(LogFollow { kind, lines, lost, work, stop: stop.drop_guard() })
    }

    /// The log of a pod as it is now: has the engine store a snapshot, and reads it.
    ///
    /// # Errors
    /// When the engine is offline, cannot do it or does not do it in time, or the server cannot be asked. An older
    /// snapshot may be there all the same ([`Store::log`]).
    pub async fn refresh_log(&self, pod: &PodId, engine: &Engine) -> Result<LogDump> {
        self.ask_for_dump(pod, engine).await?;
        self.log(pod).await
    }

    /// Has the engine store a dump of a pod's log, and waits for that.
    pub(super) async fn ask_for_dump(&self, pod: &PodId, engine: &Engine) -> Result<()> {
        let (action, args) = self.pod_action(engine, &DUMPS, "read logs", pod).await?;
        let task = self.assign_to(engine, &action, args, Keeping::Ephemeral).await?.id;
        self.done_within(&task, engine, REFRESH).await
    }

    /// Waits until a task is done; one that takes longer is cancelled.
    pub(super) async fn done_within(&self, task: &TaskId, engine: &Engine, patience: Duration) -> Result<()> {
        let Ok(ended) = tokio::time::timeout(patience, self.end_of(task)).await else {
            self.cancel(task).await.ok();
            return Err(Error::Deadline { service: engine.name.clone(), after: patience });
        };
        match ended? {
            (TaskState::Done, _) => Ok(()),
            (TaskState::Disconnected, _) => Err(Error::Offline(engine.name.clone())),
            (_, why) => Err(Error::Refused(why.unwrap_or_else(|| "the engine failed".into()))),
        }
    }

    /// How a task ended, or that its agent was lost, with its last message.
    async fn end_of(&self, task: &TaskId) -> Result<(TaskState, Option<String>)> {
        let mut events = self.watch(task);
        while let Some(event) = events.next().await {
            let event = event?;
            match event.kind.state() {
                Some(state) if state.is_done() || state == TaskState::Disconnected => {
                    return Ok((state, event.message));
                }
                _ => {}
            }
        }
        let (task, _) = self.task(task).await?;
        Ok((task.state, task.message))
    }
}

struct Streaming {
    request: Request,
    follower: Follower,
}

/// Follows what an engine streams, until that ends or the follow is dropped.
pub(super) fn streamed(request: Request) -> LogFollow {
    let (sender, lines) = mpsc::channel(WAITING);
    let (trouble, lost) = watch::channel(None);
    let (_, kind) = watch::channel(FollowKind::Streamed);
    let stop = CancellationToken::new();
    let token = stop.clone();
    let follower = Follower { sender, trouble, failures: 0, renewed: false, seam: LogSeam::default() };
    let follow = Streaming { request, follower };
    let work = tokio::spawn(async move { follow.run(&token).await });
    LogFollow { kind, lines, lost, work, stop: stop.drop_guard() }
}

/// Whoever follows, and what it has got.
struct Follower {
    sender: mpsc::Sender<Result<Vec<LogLine>>>,
    trouble: watch::Sender<Option<LogLost>>,
    /// Attempts in a row that brought nothing.
    failures: u32,
    /// Whether the token was renewed since the engine answered last.
    renewed: bool,
    /// What was handed on already, when the connection is made again.
    seam: LogSeam,
}

impl Streaming {
    async fn run(self, stop: &CancellationToken) {
        let Self { mut request, mut follower } = self;
        loop {
            let ended = request.listen(stop, &mut follower).await;
            follower.seam.reopen();
            // The tail has to reach back over the gap, and over the lines that are known already.
            let tail = request.args.get("tail").and_then(serde_json::Value::as_u64).unwrap_or(0).max(CATCH_UP);
            request.args.insert("tail".into(), json!(tail));
            let error = match ended {
                Ended::Whole => return,
                Ended::Again => continue,
                Ended::Broken(error) => error,
            };
            follower.failures += 1;
            // Once: a token that was just fetched is not refused for its age.
            if matches!(error, Error::SignIn(_)) && !std::mem::replace(&mut follower.renewed, true) {
                continue;
            }
            // An engine that leaves may come back: it restarts, or its line broke.
            let may_pass = passes(&error) || matches!(error, Error::Offline(_) | Error::Uncertain(_));
            if !may_pass || follower.failures > 6 {
                follower.sender.send(Err(error)).await.ok();
                return;
            }
            let wait = backoff::delay(follower.failures, backoff::jitter());
            follower.trouble.send_replace(Some(LogLost { why: error, retry_in: wait }));
            if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                return;
            }
        }
    }
}

impl Hearer for Follower {
    fn assigned(&mut self) {
        self.trouble.send_if_modified(|lost| lost.take().is_some());
    }

    fn answered(&mut self) {
        // The next loss is another one.
        (self.failures, self.renewed) = (0, false);
    }

    async fn take(&mut self, event: TaskEvent) -> ControlFlow<()> {
        let mut fresh = Vec::new();
        for line in event.lines.iter().map(|line| LogLine::parse(line)) {
            fresh.extend(self.seam.gap_before(&line));
            if self.seam.is_new(&line) {
                fresh.push(line);
            }
        }
        if fresh.is_empty() || self.sender.send(Ok(fresh)).await.is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}
