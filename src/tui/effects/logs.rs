//! Follows a pod's log: first what the server keeps, then what the engine sends.

use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio::sync::watch;

use super::perform::{Inbox, State};
use super::run::now;
use crate::cache::{Cache, Kept};
use crate::domain::{Engine, Failure, FailureKind, LogLine, Moment, PodId};
use crate::services::{FollowKind, LogFollow};
use crate::tui::effect::Ticket;
use crate::tui::log::{Burst, Reach};
use crate::tui::message::{LogKind, Message};

/// Lines that are asked for where a time or everything is wanted: engines take a number only.
const ALL: usize = 1_000_000;
/// Lines that are taken in together at most.
const BURST: usize = 20_000;

/// What fails.
const WHAT: &str = "Could not read the log";

/// A log that somebody wants to see.
pub(super) struct Wanted {
    /// Whose.
    pub pod: PodId,
    /// The engine, when it is online and can be asked to stream.
    pub engine: Option<Engine>,
    /// How much of what was before.
    pub reach: Reach,
}

/// How many of the last lines are asked for.
fn tail_of(reach: Reach) -> usize {
    match reach {
        Reach::Newest(count) => usize::try_from(count).unwrap_or(usize::MAX),
        Reach::Minutes(_) | Reach::Since(_) | Reach::SinceStart | Reach::All => ALL,
    }
}

/// Lines from before this are not wanted.
fn beginning_of(reach: Reach) -> Option<Moment> {
    match reach {
        Reach::Minutes(minutes) => Some(Moment(now().0 - i64::from(minutes) * 60_000)),
        Reach::Since(moment) => Some(moment),
        Reach::Newest(_) | Reach::SinceStart | Reach::All => None,
    }
}

impl Wanted {
    /// What is wanted of a dump.
    fn cut(&self, mut lines: Vec<LogLine>) -> Vec<LogLine> {
        lines.drain(..lines.len().saturating_sub(tail_of(self.reach)));
        since(&mut lines, beginning_of(self.reach));
        lines
    }
}

/// Leaves out what was written before. A line without a time counts as the one before it.
fn since(lines: &mut Vec<LogLine>, since: Option<Moment>) {
    let Some(since) = since else { return };
    let mut is_wanted = lines.iter().all(|line| line.at.is_none());
    lines.retain(|line| {
        if let Some(at) = line.at {
            is_wanted = at >= since;
        }
        is_wanted
    });
}

/// Sends lines until the log ends or nobody looks any more. They are cleaned here, away from the screen. Where there is no
/// line at all, what was kept when somebody looked last is sent, and called that.
pub(super) async fn follow((state, cache): (Arc<State>, Option<Cache>), inbox: Inbox, ticket: Ticket, wanted: Wanted) {
    let pod = wanted.pod.clone();
    let mut out = Out { inbox, ticket, has_lines: false };
    let ended = lines(&state, &mut out, wanted).await.err();
    if !out.has_lines {
        bring_kept(cache, &out.inbox, ticket, pod).await;
    }
    out.send(Message::LogEnded(ticket, ended)).await;
}

/// Sends what was kept of a log, as nobody can be asked.
pub(super) async fn show_kept(cache: Option<Cache>, inbox: Inbox, ticket: Ticket, pod: PodId) {
    let is_there = bring_kept(cache, &inbox, ticket, pod).await;
    let failure = (!is_there).then(|| {
        Failure::new("Could not read the log", "not connected, and nothing was kept of it")
            .kind(FailureKind::Network)
            .hint("⟨refresh⟩ connects.")
    });
    inbox.send(Message::LogEnded(ticket, failure)).await.ok();
}

/// Sends what was kept, where there is something.
async fn bring_kept(cache: Option<Cache>, inbox: &Inbox, ticket: Ticket, pod: PodId) -> bool {
    let Some(cache) = cache else { return false };
    let kept = tokio::task::spawn_blocking(move || cache.read_log(&pod)).await.ok().flatten();
    let Some(Kept { value, at }) = kept else { return false };
    let lines: Vec<LogLine> = value.iter().map(|line| LogLine::parse(line)).collect();
    inbox.send(Message::LogLines(ticket, LogKind::Kept { at }, lines.into())).await.is_ok()
}

/// Where lines go, and whether there were some.
struct Out {
    inbox: Inbox,
    ticket: Ticket,
    has_lines: bool,
}

impl Out {
    /// Sends a message; whether somebody takes it.
    async fn send(&self, message: Message) -> bool {
        self.inbox.send(message).await.is_ok()
    }

    /// Sends lines; whether somebody takes them.
    async fn lines(&mut self, kind: LogKind, burst: Burst) -> bool {
        self.has_lines |= !burst.0.is_empty();
        self.send(Message::LogLines(self.ticket, kind, burst)).await
    }
}

async fn lines(state: &State, out: &mut Out, wanted: Wanted) -> Result<(), Failure> {
    let what = WHAT;
    let store = state.store(what).await?;
    let pod = &wanted.pod;
    let Some(engine) = &wanted.engine else {
        let dump = store.log(pod).await.map_err(|error| error.failure(what))?;
        let kind = LogKind::Snapshot { taken_at: dump.taken_at };
        out.lines(kind, wanted.cut(dump.lines).into()).await;
        return Ok(());
    };
    let limit = beginning_of(wanted.reach);
    let (dump, follow) =
        futures_util::join!(store.log(pod), store.follow_log_since(pod, engine, (tail_of(wanted.reach), limit)));
    let follow = follow.map_err(|error| error.failure(what))?;
    // What is stored is there before the engine's first line; whoever follows by dumps begins with the same one.
    if let (Ok(dump), FollowKind::Streamed) = (dump, follow.kind()) {
        let kind = LogKind::Snapshot { taken_at: dump.taken_at };
        if !out.lines(kind, wanted.cut(dump.lines).into()).await {
            return Ok(());
        }
    }
    hand_on(out, follow, limit).await
}

/// Sends what an engine says of itself, until nobody looks any more.
pub(super) async fn follow_engine(state: Arc<State>, inbox: Inbox, ticket: Ticket, (engine, reach): (Engine, Reach)) {
    let mut out = Out { inbox, ticket, has_lines: false };
    let work = async {
        let store = state.store(WHAT).await?;
        let limit = beginning_of(reach);
        let follow = store.follow_engine_log(&engine, (tail_of(reach), limit)).await;
        hand_on(&mut out, follow.map_err(|error| error.failure(WHAT))?, limit).await
    };
    let ended = work.await.err();
    out.send(Message::LogEnded(ticket, ended)).await;
}

/// Sends lines as they come.
async fn hand_on(out: &mut Out, mut follow: LogFollow, limit: Option<Moment>) -> Result<(), Failure> {
    let what = WHAT;
    let (mut lost, mut kinds) = (Some(follow.lost()), Some(follow.kinds()));
    loop {
        let mut then = None;
        let is_heard = tokio::select! {
            lines = follow.next() => match lines {
                Some(lines) => {
                    let mut lines = lines.map_err(|error| error.failure(what))?;
                    then = burst(&mut follow, &mut lines);
                    since(&mut lines, limit);
                    out.lines(kind_of(follow.kind()), Burst::from(lines)).await
                }
                None => return Ok(()),
            },
            // That nothing comes, and how it comes, is told when it changes, not with the next line.
            why = changed(&mut lost) => {
                let lost = why.map(|lost| (lost.why.failure(what), lost.retry_in));
                out.send(Message::LogLost(out.ticket, lost)).await
            }
            kind = changed(&mut kinds) => out.lines(kind_of(kind), Burst::default()).await,
        };
        if !is_heard {
            return Ok(());
        }
        if let Some(error) = then {
            return Err(error.failure(what));
        }
    }
}

fn kind_of(kind: FollowKind) -> LogKind {
    match kind {
        FollowKind::Streamed => LogKind::Live,
        FollowKind::Polled { every } => LogKind::Polled { seconds: every.as_secs() },
        FollowKind::Snapshots { taken_at } => LogKind::Snapshot { taken_at },
    }
}

/// The next value; never, once there will be no other one.
async fn changed<T: Clone>(channel: &mut Option<watch::Receiver<T>>) -> T {
    if let Some(open) = channel {
        if open.changed().await.is_ok() {
            return open.borrow_and_update().clone();
        }
        *channel = None;
    }
    std::future::pending().await
}

/// Takes along what else has arrived: fewer, larger messages. An error comes last.
fn burst(follow: &mut LogFollow, lines: &mut Vec<LogLine>) -> Option<crate::services::Error> {
    while lines.len() < BURST {
        match follow.next().now_or_never() {
            Some(Some(Ok(more))) => lines.extend(more),
            Some(Some(Err(error))) => return Some(error),
            Some(None) | None => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_kept_is_sent_where_nobody_can_be_asked_and_that_nothing_was_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), "lab", "x");
        cache.write_log(&"7".into(), &["2026-09-21T10:00:00.000Z stderr one".to_owned()], Moment(5)).unwrap();
        let (inbox, mut messages) = tokio::sync::mpsc::channel(8);
        // The server cannot be asked: there is no connection.
        let wanted = |pod: &str| Wanted { pod: pod.into(), engine: None, reach: Reach::default() };
        follow((Arc::default(), Some(cache.clone())), inbox.clone(), Ticket(1), wanted("7")).await;
        show_kept(Some(cache.clone()), inbox.clone(), Ticket(2), "7".into()).await;
        show_kept(Some(cache.clone()), inbox.clone(), Ticket(3), "8".into()).await;
        follow((Arc::default(), Some(cache)), inbox, Ticket(4), wanted("8")).await;
        let mut heard = Vec::new();
        while let Some(message) = messages.recv().await {
            heard.push(match message {
                Message::LogLines(ticket, LogKind::Kept { at }, burst) => {
                    assert_eq!((at, burst.0[0].plain().as_ref()), (Moment(5), "one"));
                    format!("{} kept", ticket.0)
                }
                Message::LogEnded(ticket, None) => format!("{} ended", ticket.0),
                Message::LogEnded(ticket, Some(failure)) => format!("{} {}", ticket.0, failure.why),
                other => panic!("{other:?}"),
            });
        }
        let nothing = "3 not connected, and nothing was kept of it";
        assert_eq!(heard, ["1 kept", "1 not connected", "2 kept", "2 ended", nothing, "4 not connected"]);
    }
    use crate::domain::LogSource;

    #[test]
    fn only_what_was_written_since_then_is_taken() {
        let line = |at: Option<i64>| LogLine { at: at.map(Moment), source: LogSource::Stdout, text: String::new() };
        let mut lines = vec![line(Some(1)), line(None), line(Some(10)), line(None), line(Some(11))];
        since(&mut lines, Some(Moment(10)));
        assert_eq!(lines.iter().map(|line| line.at).collect::<Vec<_>>(), [Some(Moment(10)), None, Some(Moment(11))]);
        // Where nothing has a time, nothing can be left out.
        let mut lines = vec![line(None), line(None)];
        since(&mut lines, Some(Moment(10)));
        assert_eq!(lines.len(), 2);
    }
}
