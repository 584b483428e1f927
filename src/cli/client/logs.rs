//! `kab logs`: the newest lines of a pod's log, or its log as it is written.

use std::time::Duration;

use clap::Args;
use tokio_util::task::TaskTracker;

use super::older::{self, Found, Question};
use super::{data, find, lists, page};
use crate::cli::context::Context;
use crate::cli::output::{Answer, Columns};
use crate::domain::{Engine, Failure, LogDump, LogLine, Moment, Pod, clean};
use crate::services::{FollowKind, LogFollow, LogLost, Store};

/// Which lines.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Id, name, or the beginning of the container's id
    #[arg(required_unless_present = "engine")]
    pod: Option<String>,
    /// What this engine says of itself, instead of a pod's log: its name, kind or id
    #[arg(short, long, value_name = "NAME", conflicts_with = "pod")]
    engine: Option<String>,
    /// Go on with what is written from now on, until the pod ends or you say so
    #[arg(short, long)]
    pub follow: bool,
    /// So many of the newest lines
    #[arg(short = 'n', long, value_name = "N", default_value_t = 200)]
    tail: usize,
    /// Only lines that are not older: 90s, 10m, 2h, 1d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    since: Option<Duration>,
    /// Only lines that contain this text; small letters match capitals too
    #[arg(long, value_name = "TEXT")]
    grep: Option<String>,
    /// Put the time before each line
    #[arg(short, long)]
    timestamps: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration such as 90s, 10m, 2h or 1d");
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let unit = match &text[digits.len()..] {
        "s" | "" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit).map(Duration::from_secs).ok_or_else(wrong)
}

/// Prints a log.
pub async fn run(context: &Context<'_>, arguments: &Arguments) -> Result<Answer, Failure> {
    let store = context.store().await?;
    let wanted = Wanted::new(arguments, page::now());
    if let Some(word) = &arguments.engine {
        return of_engine(context, &store, (arguments, word), &wanted).await;
    }
    let (pods, engines) = futures_util::try_join!(lists::pods(&store), lists::engines(&store))?;
    let pod = find::pod(&pods, arguments.pod.as_deref().unwrap_or_default())?;
    let engine = engines.iter().find(|engine| engine.id == pod.engine);
    if arguments.follow {
        let what = format!("Could not follow the log of {}", pod.name());
        let engine = engine.ok_or_else(|| Failure::new(&what, "its engine is not known any more"))?;
        let follow = store.follow_log(&pod.id, engine, arguments.tail).await.map_err(|error| error.failure(&what))?;
        let following = Following { follow: Some(follow), leaving: &context.leaving };
        return wanted.follow(context, following, &what).await;
    }
    let dump = newest(context, &store, pod, engine).await?;
    let mut found = Found::new(arguments.tail);
    found.take(dump.lines.iter().cloned(), |line| wanted.has(line));
    if !found.is_whole(&dump, wanted.question()) {
        context.printer.progress(&format!("looking through the log of {}", pod.name()));
        let wants = (arguments.tail, wanted.from, |line: &LogLine| wanted.has(line));
        match older::look_through(&store, (pod, engine), &dump, wants).await {
            Ok(whole) => found = whole,
            Err(why) => context.printer.tell(&wanted.short(found.read, &why)),
        }
        context.printer.progress_over();
    }
    if found.lines.is_empty() {
        context.printer.note(if dump.lines.is_empty() { "The log is empty." } else { "No line matches." });
    }
    told(context, &wanted, &found.lines)
}

/// What an engine says of itself.
async fn of_engine(
    context: &Context<'_>,
    store: &Store,
    (arguments, word): (&Arguments, &str),
    wanted: &Wanted,
) -> Result<Answer, Failure> {
    let engines = lists::engines(store).await?;
    let engine = find::engine(&engines, word)?;
    if arguments.follow {
        let what = format!("Could not follow the log of {}", engine.name);
        let follow = store.follow_engine_log(engine, (arguments.tail, wanted.from)).await;
        let follow = follow.map_err(|error| error.failure(&what))?;
        let following = Following { follow: Some(follow), leaving: &context.leaving };
        return wanted.follow(context, following, &what).await;
    }
    // It holds a few thousand at most, so that what is looked for is looked for here.
    let lines = store.engine_log(engine, usize::try_from(u32::MAX).unwrap_or(usize::MAX)).await;
    let mut lines = lines.map_err(|error| error.failure(format!("Could not read the log of {}", engine.name)))?;
    let is_empty = lines.is_empty();
    lines.retain(|line| wanted.has(line));
    lines.drain(..lines.len().saturating_sub(arguments.tail));
    if lines.is_empty() {
        context.printer.note(if is_empty { "The log is empty." } else { "No line matches." });
    }
    told(context, wanted, lines.iter())
}

/// Prints lines, for whoever asked.
fn told<'a>(
    context: &Context<'_>,
    wanted: &Wanted,
    newest: impl IntoIterator<Item = &'a LogLine>,
) -> Result<Answer, Failure> {
    if context.printer.is_for_programs() {
        let data = newest.into_iter().map(data::line).collect();
        return Ok(Answer::list(data, Columns::default(), Vec::new()));
    }
    for line in newest {
        if !wanted.print(context, line)? {
            break;
        }
    }
    Ok(Answer::streamed())
}

/// The log as it is now, else as the server keeps it, with a word about its age.
async fn newest(context: &Context<'_>, store: &Store, pod: &Pod, engine: Option<&Engine>) -> Result<LogDump, Failure> {
    let what = format!("Could not read the log of {}", pod.name());
    context.printer.progress(&format!("reading the log of {}", pod.name()));
    let fresh = match engine {
        Some(engine) => store.refresh_log(&pod.id, engine).await.map_err(|error| error.failure(&what)),
        None => Err(Failure::new(&what, "its engine is not known any more")),
    };
    context.printer.progress_over();
    let failure = match fresh {
        Ok(dump) => return Ok(dump),
        Err(failure) => failure,
    };
    let dump = store.log(&pod.id).await.map_err(|error| error.failure(&what))?;
    if dump.taken_at.is_none() && dump.lines.is_empty() {
        return Err(failure);
    }
    let age = page::ago(dump.taken_at, page::now());
    context.printer.note(&format!("This is the log as it was stored {age}: {}", failure.why));
    Ok(dump)
}

/// Which lines are wanted, and how.
struct Wanted {
    from: Option<Moment>,
    text: Option<String>,
    ignores_case: bool,
    timestamps: bool,
}

impl Wanted {
    fn new(arguments: &Arguments, now: Moment) -> Self {
        let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self {
            from: arguments.since.map(|span| Moment(now.0.saturating_sub(millis(span)))),
            ignores_case: arguments.grep.as_ref().is_some_and(|text| !text.chars().any(char::is_uppercase)),
            text: arguments.grep.clone(),
            timestamps: arguments.timestamps,
        }
    }

    /// A line without a time is as new as any.
    fn has(&self, line: &LogLine) -> bool {
        let new_enough = match (self.from, line.at) {
            (Some(from), Some(at)) => at >= from,
            _ => true,
        };
        let matches = |wanted: &String| {
            let text = clean(&line.text);
            if self.ignores_case { text.to_lowercase().contains(wanted) } else { text.contains(wanted) }
        };
        new_enough && self.text.as_ref().is_none_or(matches)
    }

    fn question(&self) -> Question {
        match (&self.text, self.from) {
            (None, None) => Question::Newest,
            (_, from) => Question::Matching(from),
        }
    }

    /// What to say where older lines than so many cannot be had.
    fn short(&self, read: usize, why: &str) -> String {
        match self.question() {
            Question::Newest => format!("These are the newest {read} lines, and older ones cannot be had: {why}."),
            Question::Matching(_) => {
                format!("Only the newest {read} lines were looked through, there may be older ones that match: {why}.")
            }
        }
    }

    /// `false`: nobody reads any more.
    fn print(&self, context: &Context<'_>, line: &LogLine) -> Result<bool, Failure> {
        context.printer.item(&data::line(line), &self.text_of(line))
    }

    fn text_of(&self, line: &LogLine) -> String {
        let text = clean(&line.text).replace('\n', " ");
        match line.at {
            Some(at) if self.timestamps => format!("{} {text}", at.to_iso()),
            _ => text,
        }
    }

    async fn follow(&self, context: &Context<'_>, mut following: Following<'_>, what: &str) -> Result<Answer, Failure> {
        let Some(follow) = &mut following.follow else { return Ok(Answer::streamed()) };
        match follow.kind() {
            FollowKind::Streamed => {}
            FollowKind::Polled { .. } => {
                context.printer.note("This engine cannot stream: its newest lines are asked for every few seconds.");
            }
            FollowKind::Snapshots { .. } => {
                context.printer.note("This engine cannot be followed now: lines come when it stores a snapshot.");
            }
        }
        let mut lost = follow.lost();
        loop {
            let lines = tokio::select! {
                lines = follow.next() => lines,
                Ok(()) = lost.changed() => {
                    context.printer.note(&connection(lost.borrow_and_update().as_ref()));
                    continue;
                }
            };
            let Some(lines) = lines else { break };
            let lines = lines.map_err(|error| error.failure(what))?;
            for line in lines.iter().filter(|line| self.has(line)) {
                if !self.print(context, line)? {
                    return Ok(Answer::streamed());
                }
            }
        }
        Ok(Answer::streamed())
    }
}

/// A word about a connection that was lost, or that is there again.
fn connection(lost: Option<&LogLost>) -> String {
    match lost {
        // Never zero: "in 0 s" reads as if nothing had been waited for.
        Some(lost) => {
            let seconds = lost.retry_in.as_secs().max(1);
            format!("The connection is lost, trying again in {seconds} s: {}", lost.why)
        }
        None => "The connection is there again.".into(),
    }
}

/// A log that is followed, and closed however that ends: also when the person interrupts it.
struct Following<'a> {
    follow: Option<LogFollow>,
    leaving: &'a TaskTracker,
}

impl Drop for Following<'_> {
    fn drop(&mut self) {
        if let Some(follow) = self.follow.take() {
            self.leaving.spawn(follow.close());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::LogSource;

    fn wanted(since: Option<u64>, grep: Option<&str>) -> Wanted {
        let arguments = Arguments {
            pod: Some("x".into()),
            engine: None,
            follow: false,
            tail: 200,
            since: since.map(Duration::from_secs),
            grep: grep.map(str::to_owned),
            timestamps: true,
        };
        Wanted::new(&arguments, Moment(100_000))
    }

    fn line(at: Option<i64>, text: &str) -> LogLine {
        LogLine { at: at.map(Moment), source: LogSource::Stdout, text: text.into() }
    }

    #[test]
    fn lines_are_chosen_by_their_age_and_their_text() {
        assert!(wanted(Some(10), None).has(&line(Some(90_000), "a")));
        assert!(!wanted(Some(10), None).has(&line(Some(89_999), "a")));
        assert!(wanted(Some(10), None).has(&line(None, "a")), "its age is not known");
        assert!(wanted(None, Some("warn")).has(&line(None, "a WARNing")));
        assert!(!wanted(None, Some("Warn")).has(&line(None, "a WARNing")));
        assert!(wanted(None, Some("red")).has(&line(None, "\u{1b}[31mr\u{1b}[0med")), "colours are no text");
    }

    #[test]
    fn a_line_is_clean_and_keeps_its_indentation() {
        let text = wanted(None, None).text_of(&line(Some(1500), "  at \u{1b}]0;x\u{7}main.rs"));
        assert_eq!(text, "1970-01-01T00:00:01.500Z   at main.rs");
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2h"), Ok(Duration::from_hours(2)));
        assert_eq!(duration("1d"), Ok(Duration::from_hours(24)));
        assert!(["", "h", "1w", "-1s", "99999999999999999999d", "ü"].into_iter().all(|text| duration(text).is_err()));
    }
}
