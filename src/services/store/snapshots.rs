//! Following a log of an engine that cannot stream: its dumps are asked for, joined where they overlap, and a gap is
//! marked where they do not.

use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::logs::{FollowKind, LogLost};
use super::{Error, Result, Store, backoff};
use crate::domain::{Engine, LogDump, LogLine, LogSource, Moment, PodId};

/// How often an engine is asked for a dump while its log grows.
pub(super) const POLL: Duration = Duration::from_secs(5);

/// While nothing new comes the pause grows up to this.
const LONGEST: Duration = Duration::from_secs(40);

/// How often the server's newest dump is read where an engine cannot be asked for one.
const LOOK: Duration = Duration::from_secs(15);

/// A log that is followed by its dumps.
pub(super) struct Snapshots {
    pub store: Store,
    pub pod: PodId,
    pub engine: Engine,
    /// Lines of the first dump that are wanted.
    pub tail: usize,
    pub lines: mpsc::Sender<Result<Vec<LogLine>>>,
    pub trouble: watch::Sender<Option<LogLost>>,
    pub kind: watch::Sender<FollowKind>,
}

impl Snapshots {
    /// Follows until nobody listens, or the pod is gone.
    pub async fn run(self) {
        let mut old: Option<LogDump> = None;
        let mut failures = 0;
        let mut pause = POLL;
        loop {
            match self.look(old.as_ref()).await {
                Ok((fresh, dump)) => {
                    self.trouble.send_if_modified(|lost| lost.take().is_some());
                    failures = 0;
                    let is_new = !fresh.is_empty();
                    pause = if is_new || old.is_none() { POLL } else { (pause * 3 / 2).min(LONGEST) };
                    let first = old.is_none();
                    old = Some(dump);
                    // The first answer is told also when it is empty: it says that somebody looked.
                    if (is_new || first) && self.lines.send(Ok(fresh)).await.is_err() {
                        return;
                    }
                }
                Err(why) if passes(&why) => {
                    failures += 1;
                    let retry_in = backoff::delay(failures, backoff::jitter());
                    self.trouble.send_replace(Some(LogLost { why, retry_in }));
                    tokio::time::sleep(retry_in).await;
                    continue;
                }
                Err(error) => {
                    self.lines.send(Err(error)).await.ok();
                    return;
                }
            }
            let polled = self.is_polled();
            if polled {
                let kind = FollowKind::Polled { every: pause };
                self.kind.send_if_modified(|told| std::mem::replace(told, kind) != kind);
            }
            tokio::time::sleep(if polled { pause } else { LOOK.max(pause) }).await;
        }
    }

    fn is_polled(&self) -> bool {
        matches!(*self.kind.borrow(), FollowKind::Polled { .. })
    }

    /// The newest dump, and what it has in addition.
    async fn look(&self, old: Option<&LogDump>) -> Result<(Vec<LogLine>, LogDump)> {
        // What is stored already is shown before the engine is asked for more.
        if old.is_some() && self.is_polled() {
            match self.store.ask_for_dump(&self.pod, &self.engine).await {
                Ok(()) => {}
                Err(error @ (Error::Offline(_) | Error::NoAction { .. } | Error::Refused(_) | Error::NotFound(_))) => {
                    tracing::info!("the engine stores no dump now: {error}");
                    self.kind.send_replace(FollowKind::Snapshots { taken_at: old.and_then(|dump| dump.taken_at) });
                }
                Err(error) => return Err(error),
            }
        }
        let dump = self.store.log(&self.pod).await?;
        self.kind.send_if_modified(|kind| match kind {
            FollowKind::Snapshots { taken_at } if *taken_at != dump.taken_at => {
                *taken_at = dump.taken_at;
                true
            }
            _ => false,
        });
        let fresh = match old {
            None => dump.lines[dump.lines.len().saturating_sub(self.tail)..].to_vec(),
            Some(old) => added(old, &dump),
        };
        Ok((fresh, dump))
    }
}

/// Whether trying again may help.
pub(super) fn passes(error: &Error) -> bool {
    matches!(
        error,
        Error::Network { .. }
            | Error::Deadline { .. }
            | Error::Status { .. }
            | Error::Page { .. }
            | Error::Unreadable { .. }
    )
}

/// What a newer dump has in addition: all after the longest beginning that the older one ends with. Where they have
/// nothing in common, something was written in between that nobody kept.
fn added(old: &LogDump, new: &LogDump) -> Vec<LogLine> {
    // A dump that has only grown begins like the older one.
    if new.lines.starts_with(&old.lines) {
        return new.lines[old.lines.len()..].to_vec();
    }
    let most = new.lines.len().min(old.lines.len());
    let common = (1..=most).rev().find(|length| old.lines.ends_with(&new.lines[..*length]));
    match common {
        Some(common) => new.lines[common..].to_vec(),
        None if new.lines.is_empty() => Vec::new(),
        None => [gap(old.taken_at, new.taken_at)].into_iter().chain(new.lines.iter().cloned()).collect(),
    }
}

fn gap(until: Option<Moment>, from: Option<Moment>) -> LogLine {
    let clock =
        |at: Option<Moment>| at.map_or_else(|| "?".to_owned(), |at| at.to_iso().get(11..19).unwrap_or("?").to_owned());
    let text = format!("--- gap: engine dumped {}, next dump {} (UTC) ---", clock(until), clock(from));
    LogLine { at: None, source: LogSource::Marker, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dump(text: &str, at: i64) -> LogDump {
        LogDump { lines: text.split_whitespace().map(LogLine::parse).collect(), taken_at: Some(Moment(at)) }
    }

    #[test]
    fn only_what_was_added_to_a_dump_is_new() {
        for (old, new, expected) in [
            ("a b c", "a b c d", "d"),
            ("a b c", "b c d e", "d e"),
            ("a b c", "a b c", ""),
            ("", "a", "a"),
            ("a", "a a", "a"),
            ("a b", "", ""),
        ] {
            let expected = dump(expected, 0).lines;
            assert_eq!(added(&dump(old, 1000), &dump(new, 2000)), expected, "{old} -> {new}");
        }
    }

    #[test]
    fn dumps_without_a_common_line_have_a_gap_between_them() {
        let told = added(&dump("a b", 1000), &dump("x y", 62_000));
        assert_eq!(told.len(), 3);
        assert_eq!(told[0].source, LogSource::Marker);
        assert_eq!(told[0].text, "--- gap: engine dumped 00:00:01, next dump 00:01:02 (UTC) ---");
    }
}
