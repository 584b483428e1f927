//! The life of the engine: find a container engine, sign in, declare, serve, leave.

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures_util::StreamExt;
use serde_json::json;
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    actions,
    backend::{Backend, ImageSource, Parts},
    discover::{self, Choice, NotFound, Places},
    facts, keeper,
    records::{Place, Records},
    settings::Settings,
    settle,
};
use crate::{
    agent::{self, backoff, spread},
    domain::{EngineKind, Facts, Failure, FailureKind},
    services::{self, Access, Session, socket},
};

/// How often the machine's facts are read again.
const FACTS_EVERY: Duration = Duration::from_mins(1);

/// Unchanged facts are reported again after so many readings, so that their age says that somebody still looks.
const FACTS_ANYWAY: u32 = 10;

/// Free space that changes by less than this, in MB, is no news.
const DISK_NOISE: u64 = 1000;

/// What an engine is made of.
#[derive(Clone)]
pub struct Options {
    /// Which container engine.
    pub choice: Choice,
    /// How to get in.
    pub access: Access,
    /// What stays over restarts: unconfirmed reports, processes.
    pub state_dir: PathBuf,
    /// Where a socket may be made.
    pub runtime_dir: PathBuf,
    /// Where pods find the server; they get it as `FAKTS_URL`.
    pub gateway_url: String,
    /// The site's settings.
    pub settings: Settings,
    /// Makes images that come from this machine: kab's demo images.
    pub images: Option<Arc<dyn ImageSource>>,
    /// Told of every change of the connection.
    pub watch: Option<watch::Sender<agent::Connection>>,
}

/// Why an engine ended for good.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no container engine of the wanted kind.
    #[error(transparent)]
    NoEngine(#[from] NotFound),
    /// The server does not let it in, or wants it gone.
    #[error(transparent)]
    Agent(#[from] agent::Error),
    /// Kabinet refuses the declaration.
    #[error("Kabinet does not accept this engine: {0}")]
    Declaration(services::Error),
}

impl Error {
    /// The failure to show.
    pub fn failure(&self) -> Failure {
        let what = "The engine could not be run";
        match self {
            Self::NoEngine(error) => Failure::new(what, error.to_string())
                .kind(FailureKind::NotFound)
                .hint("Start Docker or Podman, set DOCKER_HOST, or use the kind `process` for the demo apps."),
            Self::Agent(error) => error.failure(what),
            Self::Declaration(error) => error.failure(what),
        }
    }
}

/// Runs an engine until `shutdown`, or until the server wants it gone for good. Pods go on running.
///
/// # Errors
/// When there is no container engine, or the server refuses.
pub async fn run(options: Options, shutdown: CancellationToken) -> Result<(), Error> {
    let places = Places { state: options.state_dir.clone(), runtime: options.runtime_dir.clone() };
    let connected = discover::connect(&options.choice, &places).await?;
    tracing::info!("containers run on {}", connected.origin);
    let Some(session) = agent::sign_in(options.access.clone(), &shutdown).await? else { return Ok(()) };
    let records = Records::new(session.clone());
    let kind = connected.driver.kind();
    let name = options.settings.name.clone().unwrap_or_else(|| default_name(&kind));
    let Some(place) = declare(&records, &name, &kind, &shutdown).await? else { return Ok(()) };
    let backend = Arc::new(Backend::new(Parts {
        driver: connected.driver,
        records,
        settings: options.settings.clone(),
        place,
        name: name.clone(),
        node: node_id(),
        gateway_url: options.gateway_url.clone(),
        images: options.images.clone(),
    }));
    let labels: Vec<_> = backend.settings.labels.clone().into_iter().collect();
    let first = facts::probe(&*backend.driver, &labels).await;
    if let Err(error) = backend.report(first).await {
        tracing::warn!("the machine's facts were not reported, again soon: {error}");
    }

    // Everything beside the agent ends with it, however it ends.
    let stop = shutdown.child_token();
    let _guard = stop.clone().drop_guard();
    let tracker = TaskTracker::new();
    let poll = watch::Sender::new(Duration::from_secs(backend.settings.poll_seconds.max(1)));
    tracker.spawn(keeper::run(Arc::clone(&backend), poll.subscribe(), stop.clone()));
    tracker.spawn(keeper::watch_events(Arc::clone(&backend), connected.service, stop.clone()));
    tracker.spawn(keep_facts(Arc::clone(&backend), labels, stop.clone()));
    tracker.spawn(hear_settings(session.clone(), poll, stop.clone()));

    let settler = Arc::clone(&backend);
    let agent = agent::Options {
        name,
        session,
        implementations: actions::all(&backend),
        state_dir: Some(options.state_dir),
        settle: Some(Arc::new(move |old| settle::settle(Arc::clone(&settler), old))),
        watch: options.watch,
        takeover: agent::Takeover::Ask,
        give_up_after: None,
    };
    let result = agent::run(agent, shutdown).await;
    stop.cancel();
    tracker.close();
    _ = tokio::time::timeout(Duration::from_secs(5), tracker.wait()).await;
    Ok(result?)
}

/// Says who we are, and tries again while the server cannot be reached. It is the first call to Kabinet, and alone:
/// two at once may make two backends.
async fn declare(
    records: &Records,
    name: &str,
    kind: &EngineKind,
    shutdown: &CancellationToken,
) -> Result<Option<Place>, Error> {
    let mut failures = 0;
    loop {
        let Some(result) = shutdown.run_until_cancelled(records.declare(name, kind.name())).await else {
            return Ok(None);
        };
        match result {
            Ok(place) => return Ok(Some(place)),
            Err(error) if error.kind() == FailureKind::Network => {
                failures += 1;
                tracing::warn!("Kabinet cannot be reached: {error}");
                let wait = tokio::time::sleep(backoff(failures, spread()));
                if shutdown.run_until_cancelled(wait).await.is_none() {
                    return Ok(None);
                }
            }
            Err(error) => return Err(Error::Declaration(error)),
        }
    }
}

async fn keep_facts(backend: Arc<Backend>, labels: Vec<(String, String)>, stop: CancellationToken) {
    let mut unchanged = 0;
    loop {
        let wait = if backend.resource().is_some() { FACTS_EVERY } else { Duration::from_secs(5) };
        if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            return;
        }
        let read = async {
            let facts = facts::probe(&*backend.driver, &labels).await;
            let is_old = backend.resource().is_some() && !is_news(&backend.facts(), &facts);
            unchanged = if is_old { unchanged + 1 } else { FACTS_ANYWAY };
            if unchanged < FACTS_ANYWAY {
                return;
            }
            match backend.report(facts).await {
                Ok(()) => unchanged = 0,
                Err(error) => tracing::debug!("the machine's facts were not reported: {error}"),
            }
        };
        if stop.run_until_cancelled(read).await.is_none() {
            return;
        }
    }
}

/// Whether facts differ by more than a little free space.
fn is_news(old: &Facts, new: &Facts) -> bool {
    let without_disk = |facts: &Facts| {
        let mut facts = facts.0.clone();
        facts.remove("disk.free_mb");
        facts
    };
    let free = |facts: &Facts| facts.number("disk.free_mb").unwrap_or(0);
    without_disk(old) != without_disk(new) || free(old).abs_diff(free(new)) >= DISK_NOISE
}

/// Follows the server's settings for engines, where it has any.
async fn hear_settings(session: Session, poll: watch::Sender<Duration>, stop: CancellationToken) {
    let operation = json!({ "query": include_str!("../../queries/engine/settings.graphql"), "variables": {} });
    let mut failures = 0;
    loop {
        let listen = async {
            let frames = socket::subscribe(session.rekuest()?, std::slice::from_ref(&operation)).await?;
            let mut frames = Box::pin(frames);
            while let Some(frame) = frames.next().await {
                match frame? {
                    socket::Frame::Next { data, .. } => {
                        let seconds = data["engineSettings"]["pollIntervalSeconds"].as_f64();
                        if let Some(every) = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
                            poll.send_replace(every.max(Duration::from_millis(100)));
                        }
                    }
                    socket::Frame::Refused { error, .. } => return Err(error),
                }
            }
            Ok(())
        };
        match stop.run_until_cancelled(listen).await {
            // Stopped, or the server has no such settings: ours hold.
            None | Some(Err(services::Error::Refused(_))) => return,
            Some(_) => failures += 1,
        }
        if stop.run_until_cancelled(tokio::time::sleep(backoff(failures + 3, spread()))).await.is_none() {
            return;
        }
    }
}

fn default_name(kind: &EngineKind) -> String {
    let host = facts::host_name();
    match kind {
        EngineKind::Docker => format!("Docker on {host}"),
        EngineKind::Podman => format!("Podman on {host}"),
        EngineKind::Process => format!("Demo processes (no isolation) on {host}"),
        EngineKind::Other(other) => format!("{other} on {host}"),
    }
}

/// A stable id of this machine, which does not give the machine's own id away.
fn node_id() -> String {
    let machine = ["/etc/machine-id", "/var/lib/dbus/machine-id"]
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok())
        .filter(|text| !text.trim().is_empty())
        .unwrap_or_else(facts::host_name);
    let digest = ring::digest::digest(&ring::digest::SHA256, format!("kab-node:{}", machine.trim()).as_bytes());
    uuid::Uuid::from_slice(&digest.as_ref()[..16]).unwrap_or_default().simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_little_less_free_space_is_no_news() {
        let facts = |free: &str, gpu: &str| [("disk.free_mb", free), ("gpu", gpu)].into_iter().collect::<Facts>();
        assert!(!is_news(&facts("50000", "false"), &facts("49500", "false")));
        assert!(is_news(&facts("50000", "false"), &facts("48900", "false")));
        assert!(is_news(&facts("50000", "false"), &facts("50000", "true")));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_server_may_change_the_interval_while_the_engine_runs() {
        let world = super::super::testing::World::new().await;
        let poll = watch::Sender::new(Duration::from_secs(10));
        let mut heard = poll.subscribe();
        let stop = CancellationToken::new();
        let _guard = stop.clone().drop_guard();
        tokio::spawn(hear_settings(world.store.session().clone(), poll, stop));
        // The first word is what holds now; then whatever is set.
        let wait = async |heard: &mut watch::Receiver<Duration>, wanted: Duration| {
            let reached = heard.wait_for(|interval| *interval == wanted);
            tokio::time::timeout(super::super::testing::LIMIT, reached).await.unwrap().unwrap();
        };
        wait(&mut heard, Duration::from_secs(5)).await;
        world.server.set_engine_poll_interval(Duration::from_millis(1500));
        wait(&mut heard, Duration::from_millis(1500)).await;
    }

    #[test]
    fn the_node_is_the_same_each_time() {
        assert_eq!(node_id(), node_id());
        assert_eq!(node_id().len(), 32);
    }
}
