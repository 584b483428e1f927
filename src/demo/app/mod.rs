//! A demo app at work: an Arkitekt agent of its own, inside a container or as a plain process.
//!
//! It knows nothing of kab's server but what every app is told: `FAKTS_URL` and `FAKTS_TOKEN`.

mod counter;
mod greeter;
mod log;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use self::log::{Level, Log};
use super::App;
use crate::{
    agent::{self, Connection},
    domain::Failure,
    services::{Access, Secret},
};

/// Time between two signs of life in the log.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// After so many signs of life without work, the app says that it is idle.
const IDLE_AFTER: u64 = 6;

/// What the parts of an app share.
#[derive(Clone)]
struct Desk {
    log: Log,
    /// Tasks that were answered.
    answered: Arc<AtomicU64>,
}

/// Runs a demo app until it is told to end, by SIGTERM or SIGINT. It finds its server as every Arkitekt app does, in
/// `FAKTS_URL` and `FAKTS_TOKEN`.
///
/// # Errors
/// When it was not told where its server is, or the server refuses it.
pub async fn run(app: App, flavour: &str) -> Result<(), Failure> {
    let shutdown = CancellationToken::new();
    let log = Log::new(app.word());
    end_on_signal(&shutdown, &log)
        .map_err(|error| Failure::new("The demo app cannot listen to signals", error.to_string()))?;
    let access = access().inspect_err(|failure| log.say(Level::Error, &failure.why))?;
    serve(app, flavour, access, shutdown).await
}

/// Runs a demo app with that access until `shutdown`.
///
/// # Errors
/// When the server refuses it.
pub async fn serve(app: App, flavour: &str, access: Access, shutdown: CancellationToken) -> Result<(), Failure> {
    let log = Log::new(app.word());
    log.say(Level::Info, format!("kab demo {} {}, flavour {flavour}", app.word(), env!("CARGO_PKG_VERSION")));
    let desk = Desk { log: log.clone(), answered: Arc::default() };
    let started = Instant::now();
    let life = tokio::spawn(signs_of_life(desk.clone(), started, shutdown.clone()));
    let result = answer(app, access, &desk, &shutdown).await;
    shutdown.cancel();
    life.await.ok();
    match result {
        Ok(()) => {
            let (seconds, answered) = (started.elapsed().as_secs(), desk.answered.load(Ordering::Relaxed));
            log.say(Level::Info, format!("goodbye after {seconds} s, {} answered", tasks(answered)));
            Ok(())
        }
        Err(error) => {
            log.say(Level::Error, &error);
            Err(error.failure(format!("The demo app {} cannot run", app.word())))
        }
    }
}

async fn answer(app: App, access: Access, desk: &Desk, shutdown: &CancellationToken) -> Result<(), agent::Error> {
    desk.log.say(Level::Debug, "claiming my configuration");
    let Some(session) = agent::sign_in(&access, &agent::Acquaintance::default(), shutdown).await? else {
        return Ok(());
    };
    let implementation = match app {
        App::Greeter => greeter::implementation(app.definition(), desk.clone()),
        App::Counter => counter::implementation(app.definition(), desk.clone()),
    };
    let key = implementation.definition.key.clone();
    let (watch, mut connection) = tokio::sync::watch::channel(Connection::Connecting);
    let log = desk.log.clone();
    let follower = tokio::spawn(async move {
        while connection.changed().await.is_ok() {
            match &*connection.borrow_and_update() {
                Connection::Connecting => {}
                Connection::Online { agent } => log.say(Level::Info, format!("ready: agent {agent} offers `{key}`")),
                Connection::Lost { why } => log.say(Level::Warn, format!("not connected, trying again: {why}")),
            }
        }
    });
    let options =
        agent::Options { watch: Some(watch), ..agent::Options::new(app.identifier(), session, vec![implementation]) };
    let result = agent::run(options, shutdown.clone()).await;
    follower.abort();
    result
}

/// Where the server is, as every Arkitekt app is told.
fn access() -> Result<Access, Failure> {
    let variable = |name: &str| {
        std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or_else(|| {
            Failure::new("The demo app cannot find its server", format!("{name} is not set"))
                .hint("Install it from the store, which sets FAKTS_URL and FAKTS_TOKEN.")
        })
    };
    Ok(Access::of_place(variable("FAKTS_URL")?, Secret::new(variable("FAKTS_TOKEN")?)))
}

fn end_on_signal(shutdown: &CancellationToken, log: &Log) -> std::io::Result<()> {
    // Registered before anything else happens: as the first process of a container, a signal without handler is lost.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (shutdown, log) = (shutdown.clone(), log.clone());
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = shutdown.cancelled() => return,
        }
        log.say(Level::Info, "asked to end");
        shutdown.cancel();
    });
    Ok(())
}

async fn signs_of_life(desk: Desk, started: Instant, shutdown: CancellationToken) {
    let mut timer = tokio::time::interval(HEARTBEAT);
    timer.tick().await;
    let (mut beats, mut idle, mut before) = (0, 0, 0);
    while shutdown.run_until_cancelled(timer.tick()).await.is_some() {
        beats += 1;
        let answered = desk.answered.load(Ordering::Relaxed);
        idle = if answered == before { idle + 1 } else { 0 };
        before = answered;
        let seconds = started.elapsed().as_secs();
        desk.log.say(Level::Info, format!("heartbeat {beats}: up {seconds} s, {} answered", tasks(answered)));
        if idle == IDLE_AFTER {
            let quiet = HEARTBEAT.as_secs() * IDLE_AFTER;
            desk.log.say(Level::Warn, format!("nobody has asked for anything in {quiet} s"));
            idle = 0;
        }
    }
}

fn tasks(count: u64) -> String {
    match count {
        1 => String::from("1 task"),
        count => format!("{count} tasks"),
    }
}
