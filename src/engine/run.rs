//! The life of the engine: find a container engine, sign in, declare, serve, leave.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    actions,
    backend::{Backend, ImageSource, Parts},
    discover::{self, Choice, Connected, NotFound, Places},
    driver::{Driver, Info},
    facts, home,
    insist::insist,
    keeper,
    maker::Maker,
    notes::Notes,
    records::{Place, Records},
    settings::Settings,
    settle, upkeep,
};
use crate::{
    agent::{self, Acquaintance, Door, Quiet, wait_after},
    domain::{EngineKind, Failure, FailureKind},
    services,
};

/// After so long without a connection everything is looked up anew: the deployment may have moved.
const LOOK_UP_ANEW: Duration = Duration::from_mins(15);

/// A container engine that was away at the start is looked for this often, where its pods wait for it.
const LOOK_FOR_OTHERS: Duration = Duration::from_mins(1);

/// How long an engine that was just told to leave may take.
const PREDECESSOR: Duration = Duration::from_secs(15);

/// What an engine is made of.
#[derive(Clone)]
pub struct Options {
    /// Which container engine.
    pub choice: Choice,
    /// A container engine that is there already, instead of one that has to be found.
    pub driver: Option<Arc<dyn Driver>>,
    /// How to get in.
    pub door: Arc<dyn Door>,
    /// The server's address, as it was given: it names the folder of what is kept.
    pub server: String,
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
    /// What to do when another process is connected with the same credentials.
    pub takeover: agent::Takeover,
    /// What to do about pods that another container engine has made.
    pub others: Others,
}

/// What to do about pods that another container engine has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Others {
    /// Not to serve at all: whoever started the engine thinks of that other one.
    #[default]
    Refuse,
    /// To serve beside them, and to say of them that nothing can be said.
    LeaveAlone,
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
    /// The folder of what is kept cannot be used.
    #[error(transparent)]
    Home(#[from] home::Error),
    /// The pods of these credentials are at another container engine.
    #[error("{count} pod(s) of this engine are on the server, {why}")]
    OtherEngine {
        /// How many.
        count: usize,
        /// Which engine made them, and which one this is.
        why: String,
        /// Where the other one is remembered.
        memory: PathBuf,
    },
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
            // A supervisor tries it again: after a boot, the other one may just need longer.
            Self::OtherEngine { memory, .. } => {
                Failure::new(what, self.to_string()).kind(FailureKind::NotFound).hint(format!(
                    "Start that engine and name its kind, or give this one credentials of its own; where it is gone for \
                     good, delete {}.",
                    memory.display()
                ))
            }
            Self::Home(home::Error::Taken) => Failure::new(what, self.to_string())
                .hint("End the other one first, or give this one credentials of its own."),
            Self::Home(home::Error::Broken { .. }) => Failure::new(what, self.to_string()),
        }
    }
}

/// The container engine, which stays the same over everything that happens to the server.
struct Machine {
    driver: Arc<dyn Driver>,
    service: keeper::SharedService,
    name: String,
    kind: EngineKind,
    acquaintance: Acquaintance,
}

impl Machine {
    async fn find(options: &Options) -> Result<Self, NotFound> {
        let connected = match options.driver.clone() {
            Some(driver) => Connected { driver, service: None, origin: String::from("what was given") },
            None => discover::connect(&options.choice, &options.places()).await?,
        };
        tracing::info!("containers run on {}", connected.origin);
        let kind = connected.driver.kind();
        Ok(Self {
            name: options.settings.name.clone().unwrap_or_else(|| default_name(&kind)),
            driver: connected.driver,
            service: Arc::new(Mutex::new(connected.service)),
            kind,
            acquaintance: Acquaintance::default(),
        })
    }

    /// Who makes containers here.
    async fn maker(&self) -> Maker {
        let info = self.driver.info().await.unwrap_or_else(|error| {
            tracing::warn!("the container engine does not say which one it is: {error}");
            Info::default()
        });
        Maker::of(&*self.driver, &info)
    }
}

impl Options {
    fn places(&self) -> Places {
        Places { state: self.state_dir.clone(), runtime: self.runtime_dir.clone() }
    }
}

/// Runs an engine until `shutdown`, or until the server wants it gone for good. Pods go on running.
///
/// # Errors
/// When there is no container engine, or the server refuses.
pub async fn run(options: Options, shutdown: CancellationToken) -> Result<(), Error> {
    let mut machine = Machine::find(&options).await?;
    loop {
        match serve(&options, &machine, &shutdown).await {
            Ok(Ended::Lost) | Err(Error::Agent(agent::Error::Away)) if !shutdown.is_cancelled() => {
                tracing::info!("signing in anew");
            }
            Ok(Ended::Found) => {
                let acquaintance = machine.acquaintance.clone();
                machine = Machine { acquaintance, ..Machine::find(&options).await? };
            }
            Ok(_) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// How serving ended, where nothing is wrong with it.
enum Ended {
    /// That was asked.
    Asked,
    /// The server has lost the engine's record.
    Lost,
    /// The container engine is there that was away at the start.
    Found,
}

async fn serve(options: &Options, machine: &Machine, shutdown: &CancellationToken) -> Result<Ended, Error> {
    let Some(session) = agent::sign_in(&*options.door, &machine.acquaintance, shutdown).await? else {
        return Ok(Ended::Asked);
    };
    let records = Records::new(session.clone());
    // The first call to Kabinet, and alone: two at once may make two backends.
    let Some(place) = declare(&records, machine, shutdown).await? else { return Ok(Ended::Asked) };
    let Some(home) = take_home(options, &place, shutdown).await? else { return Ok(Ended::Asked) };
    let maker = machine.maker().await;
    match home.maker().filter(|before| before.differs(&maker)) {
        Some(before) if options.others == Others::Refuse => match insist(|| records.pods(&place)).await {
            Ok(pods) if pods.is_empty() => {}
            Ok(pods) => {
                let memory = home.path().join(home::MAKER);
                return Err(Error::OtherEngine { count: pods.len(), why: before.elsewhere(&maker), memory });
            }
            Err(error) if machine.acquaintance.ends(&error) => return Err(Error::Declaration(error)),
            Err(_) => return Ok(Ended::Lost),
        },
        Some(before) => tracing::warn!("earlier pods are left alone: they were {}", before.elsewhere(&maker)),
        None => {}
    }
    // An engine that does not say which one it is at the moment is not written over what it said before.
    if maker.store.is_some() || home.maker().is_none_or(|before| before.differs(&maker)) {
        home.served_by(&maker);
    }
    let backend = Arc::new(Backend::new(Parts {
        maker,
        driver: Arc::clone(&machine.driver),
        records,
        settings: options.settings.clone(),
        place,
        name: machine.name.clone(),
        node: node_id(),
        gateway_url: options.gateway_url.clone(),
        images: options.images.clone(),
        notes: Notes::open(Some(home.path().join("pods.json"))),
    }));
    let mut probe = facts::Probe::new(backend.settings.labels.clone().into_iter().collect());
    let first = probe.read(&*backend.driver).await;
    if let Err(error) = backend.report(first).await {
        tracing::warn!("the machine's facts were not reported, again soon: {error}");
    }

    // Everything beside the agent ends with it, however it ends.
    let stop = shutdown.child_token();
    let _guard = stop.clone().drop_guard();
    let (lost, found) = (stop.child_token(), CancellationToken::new());
    let tracker = TaskTracker::new();
    let poll = watch::Sender::new(Duration::from_secs(backend.settings.poll_seconds.max(1)));
    tracker.spawn(keeper::run(Arc::clone(&backend), poll.subscribe(), stop.clone()));
    tracker.spawn(keeper::watch_events(Arc::clone(&backend), Arc::clone(&machine.service), stop.clone()));
    tracker.spawn(upkeep::keep_facts(Arc::clone(&backend), probe, stop.clone(), lost.clone()));
    tracker.spawn(upkeep::hear_settings(session.clone(), poll, stop.clone()));
    let watch = options.watch.clone().unwrap_or_default();
    tracker.spawn(upkeep::ask_anew(backend.records.clone(), watch.subscribe(), stop.clone()));
    if options.choice == Choice::Auto && machine.kind == EngineKind::Process {
        let look = look_for_others(Arc::clone(&backend), options.places());
        let (found, lost) = (found.clone(), lost.clone());
        tracker.spawn(async move {
            if lost.run_until_cancelled(look).await.is_some() {
                found.cancel();
                lost.cancel();
            }
        });
    }

    let settler = Arc::clone(&backend);
    let agent = agent::Options {
        name: machine.name.clone(),
        session,
        implementations: actions::all(&backend),
        state_dir: Some(home.path().to_owned()),
        settle: Some(Arc::new(move |old| settle::settle(Arc::clone(&settler), old))),
        watch: Some(watch),
        takeover: options.takeover,
        give_up_after: Some(LOOK_UP_ANEW),
        acquaintance: machine.acquaintance.clone(),
    };
    let result = agent::run(agent, lost.clone()).await;
    let ended = match (stop.is_cancelled(), found.is_cancelled(), lost.is_cancelled()) {
        (false, true, _) => Ended::Found,
        (false, false, true) => Ended::Lost,
        _ => Ended::Asked,
    };
    stop.cancel();
    tracker.close();
    _ = tokio::time::timeout(Duration::from_secs(5), tracker.wait()).await;
    result?;
    Ok(ended)
}

/// Takes the folder of what is kept. One that this engine's predecessor holds is waited for: it may be leaving.
async fn take_home(
    options: &Options,
    place: &Place,
    shutdown: &CancellationToken,
) -> Result<Option<home::Home>, home::Error> {
    let deadline = tokio::time::Instant::now() + PREDECESSOR;
    loop {
        match home::Home::take(&options.state_dir, &options.server, &place.client_id) {
            Ok(home) => return Ok(Some(home)),
            Err(home::Error::Taken) if tokio::time::Instant::now() < deadline => {
                let pause = tokio::time::sleep(Duration::from_millis(200));
                if shutdown.run_until_cancelled(pause).await.is_none() {
                    return Ok(None);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Says who we are, and tries again while the server cannot be reached.
async fn declare(records: &Records, machine: &Machine, shutdown: &CancellationToken) -> Result<Option<Place>, Error> {
    let mut failures = 0;
    let mut quiet = Quiet::default();
    loop {
        let attempt = records.declare(&machine.name, machine.kind.name());
        let Some(result) = shutdown.run_until_cancelled(attempt).await else { return Ok(None) };
        match result {
            Ok(place) => return Ok(Some(place)),
            Err(error) if machine.acquaintance.ends(&error) => return Err(Error::Declaration(error)),
            Err(error) => {
                failures += 1;
                quiet.warn(&format!("this engine could not be declared, and is again soon: {error}"));
                let wait = tokio::time::sleep(wait_after(&error, failures));
                if shutdown.run_until_cancelled(wait).await.is_none() {
                    return Ok(None);
                }
            }
        }
    }
}

/// Returns when a container engine answers, and pods wait for one.
async fn look_for_others(backend: Arc<Backend>, places: Places) {
    loop {
        tokio::time::sleep(LOOK_FOR_OTHERS).await;
        let is_waited_for = backend.notes.any_elsewhere(&backend.maker);
        if is_waited_for && discover::connect(&Choice::Containers, &places).await.is_ok() {
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
    fn the_node_is_the_same_each_time() {
        assert_eq!(node_id(), node_id());
        assert_eq!(node_id().len(), 32);
    }
}
