//! Lines of a log that a snapshot does not hold: read from the engine's stream, up to where the snapshot ends. What is
//! written after that belongs to whoever follows.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::{Engine, LogDump, LogLine, Moment, Pod};
use crate::services::{FollowKind, Store};

/// Lines that are asked for where all are wanted: engines take a number only.
const ALL: usize = 1_000_000;
/// The fewest lines that a known engine cuts its snapshots to.
const FEWEST: usize = 60;
/// The lines that nearly all of them cut to.
const USUAL: usize = 200;
/// Bytes below which no known engine cuts its snapshots.
const SMALL: usize = 48 << 10;
/// How long the next lines may take.
const QUIET: Duration = Duration::from_secs(15);

/// What somebody wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// How the log ends.
    Newest,
    /// What in it matches, however far back, or since then.
    Matching(Option<Moment>),
}

/// The newest lines that are wanted, and how many were looked at for them.
#[derive(Debug)]
pub struct Found {
    /// The lines, oldest first.
    pub lines: VecDeque<LogLine>,
    /// Lines that were looked at.
    pub read: usize,
    most: usize,
}

impl Found {
    /// Nothing yet, and never more than so many.
    pub fn new(most: usize) -> Self {
        Self { lines: VecDeque::new(), read: 0, most }
    }

    /// Looks at lines.
    pub fn take(&mut self, lines: impl IntoIterator<Item = LogLine>, wants: impl Fn(&LogLine) -> bool) {
        for line in lines {
            self.read += 1;
            if wants(&line) {
                if self.lines.len() == self.most {
                    self.lines.pop_front();
                }
                if self.most > 0 {
                    self.lines.push_back(line);
                }
            }
        }
    }

    /// Whether older lines than those of the snapshot would change nothing.
    pub fn is_whole(&self, dump: &LogDump, question: Question) -> bool {
        let oldest = dump.lines.iter().find_map(|line| line.at);
        let (cut_to, reaches_back) = match question {
            Question::Newest => (USUAL, false),
            // Better asked once too often than answered from a part.
            Question::Matching(from) => (FEWEST, oldest.zip(from).is_some_and(|(oldest, from)| oldest < from)),
        };
        let bytes: usize = dump.lines.iter().map(|line| line.text.len() + 40).sum();
        self.lines.len() >= self.most || reaches_back || (dump.lines.len() < cut_to && bytes < SMALL)
    }
}

/// Looks through the whole log, as far as the snapshot goes; where that cannot be, why not.
pub async fn look_through(
    store: &Store,
    (pod, engine): (&Pod, Option<&Engine>),
    dump: &LogDump,
    (most, from, wants): (usize, Option<Moment>, impl Fn(&LogLine) -> bool),
) -> Result<Found, String> {
    let Some(engine) = engine else { return Err("its engine is not known any more".into()) };
    let mut follow = store.follow_log_since(&pod.id, engine, (ALL, from)).await.map_err(|error| error.to_string())?;
    if follow.kind() != FollowKind::Streamed {
        follow.close().await;
        return Err("its engine gives no more than that".into());
    }
    let mut found = Found::new(most);
    let outcome = loop {
        match tokio::time::timeout(QUIET, follow.next()).await {
            Ok(Some(Ok(lines))) => {
                let is_last = lines.iter().any(|line| ends(line, dump));
                found.take(lines, &wants);
                if is_last && found.read >= dump.lines.len() {
                    break Ok(found);
                }
            }
            Ok(Some(Err(error))) => break Err(error.to_string()),
            Ok(None) if found.read > 0 => break Ok(found),
            Ok(None) => break Err("its engine gives no more than that".into()),
            Err(_) => break Err("its engine was silent for too long".into()),
        }
    };
    follow.close().await;
    outcome
}

/// Whether a line of the stream is the last one of the snapshot, or younger.
fn ends(line: &LogLine, dump: &LogDump) -> bool {
    let Some(last) = dump.lines.last() else { return true };
    match (line.at, last.at) {
        (Some(at), Some(last_at)) if at != last_at => at > last_at,
        _ => line.text == last.text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::LogSource;

    fn line(at: Option<i64>, text: &str) -> LogLine {
        LogLine { at: at.map(Moment), source: LogSource::Stdout, text: text.into() }
    }

    fn dump(lines: usize) -> LogDump {
        let at = |number: usize| i64::try_from(number).ok();
        LogDump { lines: (0..lines).map(|number| line(at(number), "x")).collect(), taken_at: None }
    }

    fn found(most: usize, dump: &LogDump) -> Found {
        let mut found = Found::new(most);
        found.take(dump.lines.iter().cloned(), |_| true);
        found
    }

    #[test]
    fn a_snapshot_answers_alone_only_where_nothing_older_can_count() {
        let matching = |from: Option<i64>| Question::Matching(from.map(Moment));
        for (what, lines, most, question, expected) in [
            ("fewer lines than any engine cuts to", 59, 200, matching(None), true),
            ("it may be cut", 60, 200, matching(None), false),
            ("nearly no engine cuts there", 60, 200, Question::Newest, true),
            ("as many as are wanted", 200, 200, Question::Newest, true),
            ("more are wanted", 200, 201, Question::Newest, false),
            ("it reaches further back", 200, 500, matching(Some(1)), true),
            ("it does not reach so far", 200, 500, matching(Some(0)), false),
        ] {
            let dump = dump(lines);
            assert_eq!(found(most, &dump).is_whole(&dump, question), expected, "{what}");
        }
        let mut large = dump(20);
        large.lines[0].text = "x".repeat(60 << 10);
        assert!(!found(200, &large).is_whole(&large, Question::Newest), "cut by its bytes");
    }

    #[test]
    fn the_newest_lines_are_kept_and_all_are_counted() {
        let mut found = Found::new(2);
        found.take((0..9).map(|at| line(Some(at), &at.to_string())), |line| line.text != "8");
        assert_eq!(found.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["6", "7"]);
        assert_eq!(found.read, 9);
    }

    #[test]
    fn the_stream_is_read_up_to_the_end_of_the_snapshot() {
        let dump = LogDump { lines: vec![line(Some(5), "a"), line(Some(7), "b")], taken_at: None };
        assert!(!ends(&line(Some(6), "b"), &dump) && !ends(&line(Some(7), "c"), &dump));
        assert!(ends(&line(Some(7), "b"), &dump) && ends(&line(Some(8), "c"), &dump));
        let timeless = LogDump { lines: vec![line(None, "a")], taken_at: None };
        assert!(ends(&line(None, "a"), &timeless) && !ends(&line(None, "b"), &timeless));
    }
}
