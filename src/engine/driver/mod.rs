//! What the backend needs of a container engine, as a small trait, with the values that cross it.
//!
//! `docker` speaks the Docker API to Docker and Podman, `process` runs kab's own demo images as child processes, and
//! tests have a fake. Nothing here knows Kabinet.

pub mod docker;
pub mod process;

mod pull;

#[cfg(test)]
pub(crate) mod fake;

use std::{collections::BTreeMap, fmt, path::Path, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture, stream::BoxStream};

use crate::domain::{EngineKind, LogLine, Portion, PullProgress};

/// An answer that takes time.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, Error>>;

/// What is known of an image before it is fetched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Its layers, with what is to be fetched of each.
    pub progress: PullProgress,
    /// Bytes of all of its layers, those that are here included.
    pub total: u64,
}

impl Plan {
    /// The part of it that is to be fetched.
    pub fn portion(&self) -> Portion {
        let layers = &self.progress.layers;
        let absent = || layers.iter().filter(|layer| !layer.state.is_here());
        let bytes = absent().filter_map(|layer| layer.total).sum();
        let here = layers.len() - absent().count();
        Portion { bytes, total: self.total, here: here as u64, layers: layers.len() as u64, speed: None }
    }
}

/// A container engine.
pub trait Driver: Send + Sync {
    /// What it is.
    fn kind(&self) -> EngineKind;

    /// What it says of itself.
    fn info(&self) -> Answer<'_, Info>;

    /// Whether the image is here, and for which processor.
    fn image<'a>(&'a self, reference: &'a str) -> Answer<'a, Option<ImageFacts>>;

    /// For which processors the image is, as the registry says; empty where nobody tells before the pull.
    fn platforms<'a>(&'a self, request: &'a PullRequest) -> Answer<'a, Vec<Platform>> {
        let _ = request;
        async { Ok(Vec::new()) }.boxed()
    }

    /// The layers of an image before it is fetched, with what is to be fetched of each; why nobody tells, otherwise.
    fn plan<'a>(&'a self, request: &'a PullRequest, machine: &'a str) -> Answer<'a, Result<Plan, String>> {
        let _ = (request, machine);
        async { Ok(Err(String::from("this kind of engine does not tell"))) }.boxed()
    }

    /// Fetches an image. The stream ends after the last step; dropping it stops the pull.
    fn pull(&self, request: PullRequest) -> BoxStream<'_, Result<PullProgress, Error>>;

    /// Loads the images of a docker-save archive.
    fn load_image<'a>(&'a self, archive: &'a Path) -> Answer<'a, ()>;

    /// Makes a container, and gives its id.
    fn create<'a>(&'a self, spec: &'a ContainerSpec) -> Answer<'a, String>;

    /// Starts a container; one that runs is left alone.
    fn start<'a>(&'a self, id: &'a str) -> Answer<'a, ()>;

    /// Asks a container to end, and ends it after the grace period; one that does not run is left alone.
    fn stop<'a>(&'a self, id: &'a str) -> Answer<'a, ()>;

    /// Stops and starts a container.
    fn restart<'a>(&'a self, id: &'a str) -> Answer<'a, ()>;

    /// Deletes a container, running or not; one that is not there is no error.
    fn remove<'a>(&'a self, id: &'a str) -> Answer<'a, ()>;

    /// One container; `None`: the engine says that there is none.
    fn inspect<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Container>>;

    /// All containers that bear the label with that value.
    fn list<'a>(&'a self, label: &'a str, value: &'a str) -> Answer<'a, Vec<Container>>;

    /// The last lines of a container's log, and with [`Follow::On`] those to come until it ends.
    fn logs(&self, id: &str, range: LogRange) -> BoxStream<'_, Result<LogLine, Error>>;

    /// What running containers have used until now, by id; those that nobody can measure are left out.
    fn usage<'a>(&'a self, ids: &'a [String]) -> Answer<'a, BTreeMap<String, Usage>> {
        let _ = ids;
        async { Ok(BTreeMap::new()) }.boxed()
    }

    /// Ids of containers to which something happened; ends when the connection to the engine breaks.
    fn events(&self) -> BoxStream<'_, Result<String, Error>>;
}

/// What a container has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Processor time since its start, of all its processes.
    pub processor: Option<Duration>,
    /// Memory in bytes, without what the kernel keeps of files.
    pub memory: Option<u64>,
    /// The memory that it may use, in bytes; that of the machine where nothing limits it.
    pub limit: Option<u64>,
}

/// What an engine says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Info {
    /// Its version.
    pub version: String,
    /// Whether it runs without root.
    pub rootless: Option<Rootless>,
    /// Where it keeps images.
    pub root_dir: Option<String>,
    /// What tells it from all others, where it has such a thing.
    pub id: Option<String>,
}

/// Whether an engine runs without root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rootless {
    /// As an ordinary user.
    Yes,
    /// As root.
    No,
}

/// What is known of an image that is here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageFacts {
    /// `amd64`; empty where the image does not say.
    pub architecture: String,
    /// `linux`.
    pub system: String,
    /// Unpacked size in bytes.
    pub size: Option<u64>,
    /// What the command is given to.
    pub entrypoint: Vec<String>,
    /// What is run when nothing else is said.
    pub command: Vec<String>,
}

/// What an image is made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// `linux`.
    pub system: String,
    /// `amd64`.
    pub architecture: String,
}

/// Which image to fetch, and as whom.
#[derive(Debug, Clone)]
pub struct PullRequest {
    /// The image.
    pub reference: String,
    /// For the registry.
    pub credentials: Option<Credentials>,
}

/// A registry's user.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The registry: `ghcr.io`.
    pub registry: String,
    /// The user; empty with an identity token.
    pub user: String,
    /// The password, or the identity token.
    pub secret: crate::services::Secret,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Credentials({} at {})", self.user, self.registry)
    }
}

/// A container to be made.
#[derive(Clone, PartialEq)]
pub struct ContainerSpec {
    /// What people see in the engine's own lists.
    pub name: String,
    /// The image.
    pub image: String,
    /// Environment; holds secrets, so it is never shown.
    pub environment: Vec<(String, String)>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// `None`: the image's own command.
    pub command: Option<Vec<String>>,
    /// `host`, `bridge`, or a network's name.
    pub network: String,
    /// GPUs.
    pub gpu: Gpu,
    /// Limits.
    pub limits: Limits,
}

impl fmt::Debug for ContainerSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ContainerSpec")
            .field("name", &self.name)
            .field("image", &self.image)
            .field("labels", &self.labels)
            .finish_non_exhaustive()
    }
}

/// Which GPUs a container gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gpu {
    /// None.
    #[default]
    None,
    /// All of NVIDIA's.
    All,
}

/// What a container may use at most; `None`: the engine's default.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Memory in MB (10^6 bytes).
    pub memory_mb: Option<u64>,
    /// Processor cores; parts of one are allowed.
    pub cpus: Option<f64>,
    /// Resource limits by name: `nofile`, with the soft and the hard value.
    pub ulimits: BTreeMap<String, (u64, u64)>,
}

/// A container that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// The engine's id, in full.
    pub id: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// How it does.
    pub state: State,
}

/// How a container does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Where in its life.
    pub phase: ContainerPhase,
    /// How often the engine has restarted it.
    pub restarts: u64,
    /// How the last run ended, where one did.
    pub last_code: Option<i64>,
    /// The engine's own words about a failure to start.
    pub error: Option<String>,
}

/// Where in its life a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerPhase {
    /// Made, never started.
    Created,
    /// Runs.
    Running,
    /// Frozen.
    Paused,
    /// Between two runs, by the restart policy.
    Restarting,
    /// Being stopped.
    Stopping,
    /// Being deleted.
    Removing,
    /// Ended.
    Exited {
        /// Exit code; 128 + N for signal N.
        code: i64,
        /// Whether the engine says that it was killed for using too much memory.
        memory: Memory,
    },
    /// The engine could not clean up after it.
    Dead,
    /// The engine says something that this program does not know.
    Unknown,
}

/// Whether a container was killed for using too much memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// The engine says so.
    Exhausted,
    /// The engine does not say so, which proves nothing.
    NotTold,
}

/// Which part of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRange {
    /// So many lines from the end; `None`: all.
    pub tail: Option<usize>,
    /// Whether to wait for more.
    pub follow: Follow,
}

/// Whether to wait for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// Until the container ends.
    On,
    /// No.
    Off,
}

/// What can go wrong with an engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It does not answer.
    #[error("the container engine cannot be reached: {0}")]
    Unreachable(String),
    /// There is no such container.
    #[error("the container engine knows no such thing: {0}")]
    NotFound(String),
    /// It says no.
    #[error("{0}")]
    Refused(String),
    /// The image could not be fetched.
    #[error("the image {reference} could not be pulled: {why}")]
    Pull {
        /// The image.
        reference: String,
        /// Why.
        why: String,
    },
}
