//! What this engine says of itself: the last lines of what it logs, held in memory and told to whoever looks at them.
//!
//! Secrets cannot get there: `services::Secret` does not print itself. What the rest of the program logs is left out, and
//! so is what only helps to find faults in it.

use std::{
    collections::VecDeque,
    fmt::{Debug, Write as _},
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
};

use futures_util::{StreamExt as _, stream::BoxStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{Event, Level, Subscriber, field};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    layer::Context,
    registry::LookupSpan,
};

use super::{
    actions::since,
    backend::{Backend, now},
    driver::{Error, Follow},
    passing::{self, Pace},
};
use crate::{
    agent::{Assigned, Definition, Implementation, PortSpec, Reporter, TaskError},
    domain::{LogLine, LogSource, PortKind, clean_line},
};

/// Lines that are held; the oldest go.
const KEPT: usize = 4_000;

/// Bytes of a line; the rest of a longer one is cut off.
const LONGEST_LINE: usize = 4 << 10;

/// The lines of this program's engine.
static OWN: LazyLock<OwnLog> = LazyLock::new(OwnLog::default);

/// Lines with their numbers; cheap to clone.
#[derive(Debug, Clone)]
struct OwnLog(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    held: Mutex<Held>,
    /// How many lines there have been.
    count: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Held {
    lines: VecDeque<LogLine>,
    /// Lines that went.
    gone: u64,
}

impl Default for OwnLog {
    fn default() -> Self {
        Self(Arc::new(Shared { held: Mutex::default(), count: watch::Sender::new(0) }))
    }
}

impl OwnLog {
    fn add(&self, line: LogLine) {
        let mut held = self.held();
        if held.lines.len() >= KEPT {
            held.lines.pop_front();
            held.gone += 1;
        }
        held.lines.push_back(line);
        let count = held.gone + held.lines.len() as u64;
        drop(held);
        self.0.count.send_replace(count);
    }

    /// Lines from a number on, and the number that comes next.
    fn from(&self, number: u64) -> (Vec<LogLine>, u64) {
        let held = self.held();
        let skip = usize::try_from(number.saturating_sub(held.gone)).unwrap_or(usize::MAX);
        (held.lines.iter().skip(skip).cloned().collect(), held.gone + held.lines.len() as u64)
    }

    /// The last lines, and those that follow where that is wanted.
    fn read(&self, tail: Option<usize>, follow: Follow) -> BoxStream<'static, Result<LogLine, Error>> {
        let news = self.0.count.subscribe();
        let (all, next) = self.from(0);
        let skip = tail.map_or(0, |tail| all.len().saturating_sub(tail));
        let begun = futures_util::stream::iter(all.into_iter().skip(skip).map(Ok));
        if follow == Follow::Off {
            return begun.boxed();
        }
        let later = futures_util::stream::unfold((self.clone(), news, next), |(log, mut news, next)| async move {
            news.wait_for(|count| *count > next).await.ok()?;
            let (lines, next) = log.from(next);
            Some((futures_util::stream::iter(lines.into_iter().map(Ok)), (log, news, next)))
        });
        begun.chain(later.flatten()).boxed()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hears what the engine logs, for whoever sets up the program's log.
pub fn listener<S: Subscriber + for<'a> LookupSpan<'a>>() -> impl Layer<S> {
    let rooms = ["kab::engine", "kab::agent", "kab::services"];
    Listener(OWN.clone()).with_filter(Targets::new().with_targets(rooms.map(|room| (room, LevelFilter::INFO))))
}

struct Listener(OwnLog);

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = *event.metadata().level();
        let mut words = Words::default();
        event.record(&mut words);
        let mut text = clean_line(&format!("{level} {}{}", words.message, words.fields));
        text.truncate(text.floor_char_boundary(LONGEST_LINE));
        let source = if level <= Level::WARN { LogSource::Stderr } else { LogSource::Stdout };
        self.0.add(LogLine { at: Some(now()), source, text });
    }
}

/// What an event says, and what it says it of.
#[derive(Default)]
struct Words {
    message: String,
    fields: String,
}

impl field::Visit for Words {
    fn record_debug(&mut self, field: &field::Field, value: &dyn Debug) {
        // Writing to a string cannot fail.
        match field.name() {
            "message" => _ = write!(self.message, "{value:?}"),
            name => _ = write!(self.fields, " {name}={value:?}"),
        }
    }
}

/// The action, as the engine offers it.
pub fn offer(backend: &Arc<Backend>) -> Implementation {
    let backend = Arc::clone(backend);
    let what = "Tell what this engine logs of itself, line by line, until it is cancelled";
    let definition = Definition::generator("stream_engine_log", what)
        .arg(PortSpec::new("tail", PortKind::Int).nullable().described("Tail", "So many of the last lines come first"))
        .arg(PortSpec::new("since", PortKind::Int).nullable().described("Since", "Seconds since 1970: nothing older"))
        .arg(PortSpec::new("follow", PortKind::Bool).nullable().described("Follow", "Whether it goes on; it does"))
        .returns(PortSpec::list("return0", PortSpec::new("line", PortKind::String)));
    Implementation::new(definition, move |task: Assigned, reporter: Reporter, cancel: CancellationToken| {
        let backend = Arc::clone(&backend);
        async move { tell(&backend, &task, &reporter, &cancel).await }
    })
}

async fn tell(
    backend: &Backend,
    task: &Assigned,
    reporter: &Reporter,
    cancel: &CancellationToken,
) -> Result<(), TaskError> {
    let tail = task.number("tail")?.map(|tail| usize::try_from(tail).unwrap_or(usize::MAX));
    let follow = if task.args["follow"] == false { Follow::Off } else { Follow::On };
    let lines = passing::younger(OWN.read(tail, follow), since(task)?);
    let pace = Pace::of(backend).await;
    passing::while_heard(passing::pass_on(lines, pace, reporter), reporter, cancel).await
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;
    use crate::{
        engine::{settings::Settings, testing::World},
        services::Secret,
    };

    fn texts(lines: &[LogLine]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[tokio::test]
    async fn the_last_lines_are_held_and_those_that_follow_come_by_themselves() {
        let log = OwnLog::default();
        let line = |text: String| LogLine { at: Some(now()), source: LogSource::Stdout, text };
        for number in 0..KEPT + 5 {
            log.add(line(number.to_string()));
        }
        let held: Vec<LogLine> = log.read(None, Follow::Off).map(Result::unwrap).collect().await;
        assert_eq!((held.len(), held[0].text.as_str()), (KEPT, "5"));
        let mut follow = log.read(Some(2), Follow::On).map(|line| line.unwrap().text);
        let first = [follow.next().await.unwrap(), follow.next().await.unwrap()];
        assert_eq!(first, [(KEPT + 3).to_string(), (KEPT + 4).to_string()]);
        log.add(line("new".into()));
        assert_eq!(follow.next().await.unwrap(), "new");
    }

    #[test]
    fn what_the_engine_logs_is_heard_in_clean_lines_without_secrets_and_nothing_else() {
        let log = OwnLog::default();
        let targets = Targets::new().with_target("kab::engine", LevelFilter::INFO);
        let subscriber = tracing_subscriber::registry().with(Listener(log.clone()).with_filter(targets));
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(target: "kab::engine::run", pod = 7, "it runs\u{1b}[31m now");
            tracing::warn!(target: "kab::engine::run", secret = ?Secret::new("hunter2"), "a login");
            tracing::debug!(target: "kab::engine::run", "too small");
            tracing::error!(target: "kab::server", "another part");
            tracing::info!(target: "kab::engine", "{}", "x".repeat(2 * LONGEST_LINE));
        });
        let (lines, _) = log.from(0);
        assert_eq!(texts(&lines[..1]), ["INFO it runs now pod=7"]);
        assert!(lines[1].text.starts_with("WARN a login") && !lines[1].text.contains("hunter2"), "{:?}", lines[1]);
        assert_eq!((lines.len(), lines[1].source, lines[2].text.len()), (3, LogSource::Stderr, LONGEST_LINE));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_asks_the_engine_reads_its_log_and_follows_it() {
        let world = World::new().await;
        let engine = world.engine(Settings::default()).await;
        let seen = world.seen().await;
        let mark = uuid::Uuid::new_v4().to_string();
        let line = |text: String| LogLine { at: Some(now()), source: LogSource::Stdout, text };
        OWN.add(line(format!("INFO first {mark}")));
        let mut follow = world.store.follow_engine_log(&seen, (50, None)).await.unwrap();
        let mut heard = async |wanted: String| {
            while let Some(lines) = tokio::time::timeout(crate::engine::testing::LIMIT, follow.next()).await.unwrap() {
                if lines.unwrap().iter().any(|line| line.text == wanted) {
                    return true;
                }
            }
            false
        };
        assert!(heard(format!("INFO first {mark}")).await);
        OWN.add(line(format!("INFO second {mark}")));
        assert!(heard(format!("INFO second {mark}")).await);
        follow.close().await;
        let lines = world.store.engine_log(&seen, 50).await.unwrap();
        assert!(lines.iter().any(|line| line.text == format!("INFO second {mark}")), "{lines:?}");
        engine.stop().await;
    }
}
