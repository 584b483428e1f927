//! A followed log on its way to the server: what travels together, and how fast.
//!
//! Nothing here knows pods or drivers; lines come as a stream and leave as frames.

use std::time::Duration;

use futures_util::{StreamExt as _, stream::BoxStream};
use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{backend::Backend, driver::Error};
use crate::{
    agent::{Reporter, TaskError},
    domain::{FOLLOW_AGAIN, GONE, LogLine, Moment},
};

/// Lines travel together, at most so many bytes: the server passes on each frame as a whole, and may store it, …
const BATCH_BYTES: usize = 32 << 10;

/// … and after so much time, so that a chatty pod costs few frames and a quiet one is live.
const BATCH_TIME: Duration = Duration::from_millis(150);

/// A frame is full when a line of so many bytes might not fit any more.
const ROOM: usize = 1 << 10;

/// What nobody has heard for so long because the connection is lost is not told any more.
const ALONE: Duration = Duration::from_mins(1);

/// It is told for so long at a time. Whoever still listens then asks again; a listener that has vanished does not.
const LONGEST: Duration = Duration::from_mins(30);

/// How fast lines may travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// A frame in [`BATCH_TIME`], 200 kB a second: each is a row in the server's database for ever (Rekuest 2.2 keeps
    /// all events, also those of ephemeral tasks).
    Gentle,
    /// As fast as lines come and frames leave: nothing is kept of them.
    Quick,
}

/// Leaves out what was written before. A line without a time counts as the one before it.
pub(super) fn younger(
    lines: BoxStream<'_, Result<LogLine, Error>>,
    since: Option<Moment>,
) -> BoxStream<'_, Result<LogLine, Error>> {
    let Some(since) = since else { return lines };
    let mut is_young = true;
    let keep = move |line: &Result<LogLine, Error>| {
        if let Ok(LogLine { at: Some(at), .. }) = line {
            is_young = *at >= since;
        }
        std::future::ready(is_young || line.is_err())
    };
    lines.filter(keep).boxed()
}

impl Pace {
    /// How fast lines may go to the server of this engine.
    pub(super) async fn of(backend: &Backend) -> Self {
        if backend.records.is_own_server().await { Self::Quick } else { Self::Gentle }
    }
}

/// Does what tells somebody something, until that is cancelled, nobody can hear it, or they have to ask again.
///
/// # Errors
/// Those of the work, and why it ended early.
pub(super) async fn while_heard(
    work: impl Future<Output = Result<(), TaskError>>,
    reporter: &Reporter,
    cancel: &CancellationToken,
) -> Result<(), TaskError> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(TaskError::Cancelled),
        ended = work => ended,
        () = reporter.lost_for(ALONE) => Err(TaskError::failed(FOLLOW_AGAIN)),
        () = tokio::time::sleep(LONGEST) => Err(TaskError::failed(FOLLOW_AGAIN)),
    }
}

/// Where frames go.
pub(super) trait Away: Sync {
    /// Takes a frame; waits while too much waits.
    fn send(&self, frame: Vec<String>) -> impl Future<Output = ()> + Send;
}

impl Away for Reporter {
    async fn send(&self, frame: Vec<String>) {
        self.yield_result(json!({ "return0": frame })).await;
    }
}

/// Hands on the lines of a log as they come, until it ends.
///
/// # Errors
/// When the log cannot be read; what was read before has been handed on.
pub(super) async fn pass_on(
    mut lines: BoxStream<'_, Result<LogLine, Error>>,
    pace: Pace,
    away: &impl Away,
) -> Result<(), TaskError> {
    let mut due = Instant::now();
    loop {
        let (portion, then) = gather(&mut lines, due).await;
        due = Instant::now() + BATCH_TIME;
        for frame in frames(portion) {
            away.send(frame).await;
        }
        match then {
            Then::Ended => return Ok(()),
            Then::Trouble(error) => return Err(unreadable(&error)),
            Then::Quiet => {}
            Then::More if pace == Pace::Quick => due = Instant::now(),
            Then::More => tokio::time::sleep_until(due).await,
        }
    }
}

/// That a log cannot be read, and why.
pub(super) fn unreadable(error: &Error) -> TaskError {
    match error {
        Error::NotFound(_) => TaskError::failed(format!("The log cannot be read: {GONE}.")),
        error => TaskError::failed(format!("The log cannot be read: {error}.")),
    }
}

/// Why a portion is as long as it is.
enum Then {
    /// Nothing else was there when it was due.
    Quiet,
    /// It is full, and more may wait.
    More,
    /// The log has ended.
    Ended,
    /// The log cannot be read any more.
    Trouble(Error),
}

/// Waits for a line, and takes what else comes until then, as far as it fits a frame.
async fn gather(lines: &mut BoxStream<'_, Result<LogLine, Error>>, due: Instant) -> (Vec<String>, Then) {
    let (mut portion, mut bytes) = (Vec::new(), 0);
    let pause = tokio::time::sleep_until(due);
    tokio::pin!(pause);
    while bytes < BATCH_BYTES - ROOM {
        let next = if portion.is_empty() {
            lines.next().await
        } else {
            tokio::select! {
                biased;
                next = lines.next() => next,
                () = &mut pause => return (portion, Then::Quiet),
            }
        };
        match next {
            None => return (portion, Then::Ended),
            Some(Err(error)) => return (portion, Then::Trouble(error)),
            Some(Ok(line)) => {
                let wire: Vec<String> = pieces(line).iter().map(LogLine::to_wire).collect();
                bytes += wire.iter().map(String::len).sum::<usize>();
                portion.extend(wire);
            }
        }
    }
    (portion, Then::More)
}

/// An endless line travels in pieces.
fn pieces(line: LogLine) -> Vec<LogLine> {
    if line.text.len() <= BATCH_BYTES / 2 {
        return vec![line];
    }
    let (mut rest, mut pieces) = (line.text.as_str(), Vec::new());
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(BATCH_BYTES / 2));
        pieces.push(LogLine { at: line.at, source: line.source, text: piece.to_owned() });
        rest = after;
    }
    pieces
}

/// The lines in frames of a bounded size.
fn frames(lines: Vec<String>) -> Vec<Vec<String>> {
    let (mut frames, mut room): (Vec<Vec<String>>, usize) = (Vec::new(), 0);
    for line in lines {
        match frames.last_mut() {
            Some(frame) if line.len() <= room => {
                room -= line.len();
                frame.push(line);
            }
            _ => {
                room = BATCH_BYTES.saturating_sub(line.len());
                frames.push(vec![line]);
            }
        }
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::LogSource;
    use std::sync::Mutex;

    #[test]
    fn a_log_whose_container_is_gone_says_so_and_not_in_an_engines_words() {
        let gone = unreadable(&Error::NotFound("no container with name or ID \"8fcf\" found".into()));
        let TaskError::Failed(gone) = gone else { panic!("{gone:?}") };
        assert_eq!(gone, format!("The log cannot be read: {GONE}."));
        let TaskError::Failed(down) = unreadable(&Error::Unreachable("down".into())) else { panic!("no failure") };
        assert!(down.contains("down") && !down.contains(GONE), "{down}");
    }

    fn line(text: String) -> LogLine {
        LogLine { at: None, source: LogSource::Stdout, text }
    }

    #[tokio::test]
    async fn what_is_older_than_somebody_wants_stays_here() {
        let at = |at: Option<i64>| Ok(LogLine { at: at.map(Moment), ..line(String::new()) });
        let all =
            [at(None), at(Some(1)), at(None), at(Some(5)), at(None), Err(Error::Refused("x".into())), at(Some(6))];
        let kept = |since: Option<i64>| {
            let lines = futures_util::stream::iter(all.clone()).boxed();
            younger(lines, since.map(Moment)).collect::<Vec<_>>()
        };
        assert_eq!(kept(None).await, all);
        assert_eq!(kept(Some(5)).await, [&all[..1], &all[3..]].concat());
    }

    #[test]
    fn a_frame_holds_so_many_bytes_and_no_line_is_lost() {
        let wire = |text: &str| line(text.to_owned()).to_wire();
        let short: Vec<_> = (0..200).map(|number| wire(&format!("{number} {}", "x".repeat(1000)))).collect();
        let sent = frames(short.clone());
        assert!(sent.len() > 1 && sent.concat() == short);
        for frame in &sent {
            assert!(frame.iter().map(String::len).sum::<usize>() <= BATCH_BYTES);
        }
        assert_eq!(frames(vec![wire("a"), wire("b")]).len(), 1);
        assert!(frames(Vec::new()).is_empty());

        let endless = "ä".repeat(100_000);
        let cut = pieces(line(endless.clone()));
        assert_eq!(cut.iter().map(|piece| piece.text.as_str()).collect::<String>(), endless);
        assert!(cut.iter().all(|piece| piece.to_wire().len() <= BATCH_BYTES));
        assert_eq!(pieces(line("short".into())), [line("short".into())]);
    }

    /// Notes what leaves, and when.
    struct Board {
        begun: Instant,
        left: Mutex<Vec<(u128, usize)>>,
    }

    impl Away for Board {
        async fn send(&self, frame: Vec<String>) {
            self.left.lock().unwrap().push((self.begun.elapsed().as_millis(), frame.len()));
        }
    }

    /// When how many lines left, in milliseconds from the beginning.
    async fn departures(pace: Pace, lines: BoxStream<'_, Result<LogLine, Error>>) -> Vec<(u128, usize)> {
        let board = Board { begun: Instant::now(), left: Mutex::default() };
        pass_on(lines, pace, &board).await.unwrap();
        board.left.into_inner().unwrap()
    }

    /// Whether no frame left before its time, counted from so many milliseconds after the beginning. Between two of them
    /// there may be less where the first was held up.
    fn is_paced(sent: &[(u128, usize)], from: u128) -> bool {
        sent.iter().zip(0..).all(|((at, _), place)| *at >= from + place * BATCH_TIME.as_millis())
    }

    #[tokio::test]
    async fn a_storm_passes_at_once_where_nothing_is_kept_and_a_frame_at_a_time_where_it_is() {
        let storm = || futures_util::stream::iter((0..2_000).map(|_| Ok(line("x".repeat(80))))).boxed();
        let quick = departures(Pace::Quick, storm()).await;
        let gentle = departures(Pace::Gentle, storm()).await;
        for sent in [&quick, &gentle] {
            assert_eq!(sent.iter().map(|(_, lines)| lines).sum::<usize>(), 2_000);
            assert!((5..8).contains(&sent.len()), "{sent:?}");
        }
        assert!(quick.last() < gentle.last(), "{quick:?} {gentle:?}");
        assert!(is_paced(&gentle, 0), "{gentle:?}");
    }

    #[tokio::test]
    async fn a_line_after_silence_is_passed_on_at_once_and_the_next_ones_together() {
        let lines = futures_util::stream::unfold(0, |count| async move {
            // 1,000 lines a second after a moment of silence.
            let wait = if count == 0 { 200_000 } else { 1_000 };
            tokio::time::sleep(Duration::from_micros(wait)).await;
            (count < 600).then(|| (Ok(line(String::from("x"))), count + 1))
        });
        let sent = departures(Pace::Quick, lines.boxed()).await;
        assert_eq!(sent[0].1, 1, "{sent:?}");
        assert_eq!(sent.iter().map(|(_, lines)| lines).sum::<usize>(), 600);
        // The last one goes when the log ends.
        assert!(is_paced(&sent[..sent.len() - 1], 200), "{sent:?}");
    }
}
