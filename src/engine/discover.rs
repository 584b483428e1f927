//! Finds a container engine on this machine: sockets in a fixed order, a `podman` program without a socket, and kab's
//! own processes when there is nothing else.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{
    driver::{self, Driver, docker::DockerApi, process::Processes},
    service::{PodmanService, podman_program},
};
use crate::domain::EngineKind;

/// How long an engine that the person has named may take to answer: on a busy machine, Podman takes its time, and
/// another engine in its place would be a surprise.
const NAMED: Duration = Duration::from_mins(1);
/// How long one that may lie around may take.
const GUESSED: Duration = Duration::from_secs(10);

/// Which engine to take.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Choice {
    /// The first socket that answers, else a `podman` program, else processes.
    #[default]
    Auto,
    /// The first socket that answers, else a `podman` program; never processes.
    Containers,
    /// Docker only.
    Docker,
    /// Podman only.
    Podman,
    /// Child processes without isolation, for kab's demo images.
    Process,
    /// Whatever answers at this address.
    Socket(String),
}

impl Choice {
    /// The choice that a word of the settings or the command line names; `None`: it names none.
    pub fn of_word(word: &str) -> Option<Self> {
        Some(match word {
            "auto" => Self::Auto,
            "docker" => Self::Docker,
            "podman" => Self::Podman,
            "process" => Self::Process,
            address if address.contains("://") => Self::Socket(address.to_owned()),
            _ => return None,
        })
    }
}

/// An address where an engine may answer, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// `DOCKER_HOST`, or the path's own story.
    pub origin: &'static str,
    /// `unix:///run/podman/podman.sock`.
    pub address: String,
}

/// What was found at a candidate's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketReport {
    /// Who named it.
    pub origin: &'static str,
    /// The address.
    pub address: String,
    /// What is there.
    pub found: Found,
}

/// What is at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// An engine.
    Engine {
        /// Its kind.
        kind: EngineKind,
        /// Its version.
        version: String,
    },
    /// No socket at all.
    Nothing,
    /// A socket that does not help.
    Trouble(String),
}

impl fmt::Display for SocketReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.found {
            Found::Engine { kind, version } => {
                write!(formatter, "{} ({}): {} {version}", self.address, self.origin, kind.name())
            }
            Found::Nothing => write!(formatter, "{} ({}): not there", self.address, self.origin),
            Found::Trouble(why) => write!(formatter, "{} ({}): {why}", self.address, self.origin),
        }
    }
}

/// Every address that is tried, in order.
pub fn candidates(variable: impl Fn(&str) -> Option<String>) -> Vec<Candidate> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let mut list = Vec::new();
    for name in ["DOCKER_HOST", "CONTAINER_HOST"] {
        if let Some(address) = set(name) {
            list.push(Candidate { origin: name, address });
        }
    }
    if let Some(runtime) = set("XDG_RUNTIME_DIR") {
        let address = format!("unix://{}/podman/podman.sock", runtime.trim_end_matches('/'));
        list.push(Candidate { origin: "Podman of this user", address });
    }
    list.push(Candidate { origin: "Podman of the machine", address: "unix:///run/podman/podman.sock".into() });
    list.push(Candidate { origin: "Docker", address: "unix:///var/run/docker.sock".into() });
    let mut seen = std::collections::BTreeSet::new();
    list.retain(|candidate| seen.insert(candidate.address.clone()));
    list
}

/// Looks at every address, for `kab doctor`.
pub async fn probe_sockets() -> Vec<SocketReport> {
    let mut reports = Vec::new();
    for candidate in candidates(|name| std::env::var(name).ok()) {
        let found = match open(&candidate.address, GUESSED).await {
            Ok(docker) => {
                let version = docker.info().await.map(|info| info.version).unwrap_or_default();
                Found::Engine { kind: docker.kind(), version }
            }
            Err(found) => found,
        };
        reports.push(SocketReport { origin: candidate.origin, address: candidate.address, found });
    }
    reports
}

async fn open(address: &str, patience: Duration) -> Result<DockerApi, Found> {
    if let Some(path) = address.strip_prefix("unix://")
        && !Path::new(path).exists()
    {
        return Err(Found::Nothing);
    }
    if !["unix://", "tcp://", "http://"].iter().any(|scheme| address.starts_with(scheme)) {
        return Err(Found::Trouble(String::from("only unix:// and tcp:// addresses are understood")));
    }
    DockerApi::connect_within(address, patience).await.map_err(|error| Found::Trouble(error.to_string()))
}

/// An engine, and what has to be kept as long as it is used.
pub struct Connected {
    /// The engine.
    pub driver: Arc<dyn Driver>,
    /// `podman system service`, where kab had to start it.
    pub service: Option<PodmanService>,
    /// Where it was found, for people.
    pub origin: String,
}

/// No engine was found.
#[derive(Debug, thiserror::Error)]
pub enum NotFound {
    /// Nothing that fits the choice answers.
    #[error("no {wanted} answers: {}", .reports.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Nothing {
        /// What was looked for.
        wanted: &'static str,
        /// What was found instead.
        reports: Vec<SocketReport>,
    },
    /// `podman` is there and cannot be used.
    #[error("Podman's service could not be started: {0}")]
    Service(String),
    /// The folder for processes cannot be used.
    #[error("the folder for processes cannot be used: {0}")]
    Folder(#[from] std::io::Error),
}

/// Folders that an engine may need.
#[derive(Debug, Clone)]
pub struct Places {
    /// What stays over restarts.
    pub state: PathBuf,
    /// Sockets.
    pub runtime: PathBuf,
}

/// Connects to the engine of that choice.
///
/// # Errors
/// When there is none.
pub async fn connect(choice: &Choice, places: &Places) -> Result<Connected, NotFound> {
    let fits = |kind: &EngineKind| match choice {
        Choice::Auto | Choice::Containers | Choice::Socket(_) => true,
        Choice::Docker => *kind == EngineKind::Docker,
        Choice::Podman => *kind == EngineKind::Podman,
        Choice::Process => false,
    };
    let mut reports = Vec::new();
    let addresses = match choice {
        Choice::Process => Vec::new(),
        Choice::Socket(address) => vec![Candidate { origin: "chosen", address: address.clone() }],
        Choice::Auto | Choice::Containers | Choice::Docker | Choice::Podman => {
            candidates(|name| std::env::var(name).ok())
        }
    };
    for Candidate { origin, address } in addresses {
        let patience = match origin {
            "DOCKER_HOST" | "CONTAINER_HOST" | "chosen" => NAMED,
            _ => GUESSED,
        };
        match open(&address, patience).await {
            Ok(docker) if fits(&docker.kind()) => {
                let origin = format!("{address} ({origin})");
                return Ok(Connected { driver: Arc::new(docker), service: None, origin });
            }
            Ok(docker) => {
                let found = Found::Trouble(format!("{} answers", docker.kind().name()));
                reports.push(SocketReport { origin, address, found });
            }
            Err(found) => reports.push(SocketReport { origin, address, found }),
        }
    }
    if matches!(choice, Choice::Auto | Choice::Containers | Choice::Podman)
        && let Some(program) = podman_program()
    {
        match PodmanService::start(&program, &places.runtime).await {
            Ok((service, docker)) => {
                let origin = format!("{} (started by kab)", service.address());
                return Ok(Connected { driver: Arc::new(docker), service: Some(service), origin });
            }
            Err(error) if *choice == Choice::Podman => return Err(NotFound::Service(error.to_string())),
            Err(error) => tracing::warn!("Podman's service could not be started: {error}"),
        }
    }
    if matches!(choice, Choice::Auto | Choice::Process) {
        for report in reports.iter().filter(|report| matches!(report.found, Found::Trouble(_))) {
            tracing::warn!("an engine is passed over: {report}");
        }
        let processes = Processes::open(&places.state.join("processes"))?;
        let origin = String::from("child processes, without isolation");
        return Ok(Connected { driver: Arc::new(processes), service: None, origin });
    }
    let wanted = match choice {
        Choice::Docker => "Docker",
        Choice::Podman => "Podman",
        _ => "container engine",
    };
    Err(NotFound::Nothing { wanted, reports })
}

impl From<driver::Error> for Found {
    fn from(error: driver::Error) -> Self {
        Self::Trouble(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_tried_in_their_order_and_each_once() {
        let none = candidates(|_| None);
        assert_eq!(none.len(), 2);
        let all = candidates(|name| {
            Some(match name {
                "DOCKER_HOST" => String::from("unix:///var/run/docker.sock"),
                "CONTAINER_HOST" => String::from("unix:///tmp/p.sock"),
                _ => String::from("/run/user/1000/"),
            })
        });
        let addresses: Vec<_> = all.iter().map(|candidate| candidate.address.as_str()).collect();
        assert_eq!(
            addresses,
            [
                "unix:///var/run/docker.sock",
                "unix:///tmp/p.sock",
                "unix:///run/user/1000/podman/podman.sock",
                "unix:///run/podman/podman.sock",
            ]
        );
        assert_eq!(candidates(|name| (name == "DOCKER_HOST").then(String::new)).len(), 2, "empty is unset");
    }

    #[tokio::test]
    async fn processes_take_no_place_of_containers_that_were_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places { state: folder.path().into(), runtime: folder.path().into() };
        // A machine that has an engine passes, too: what must not come are processes.
        match connect(&Choice::Containers, &places).await {
            Ok(connected) => assert_ne!(connected.driver.kind(), EngineKind::Process),
            Err(error) => assert!(error.to_string().starts_with("no container engine answers"), "{error}"),
        }
        assert!(!folder.path().join("processes").exists());
    }

    #[tokio::test]
    async fn an_address_that_cannot_be_used_says_why() {
        assert_eq!(open("unix:///nowhere/at/all.sock", GUESSED).await.err(), Some(Found::Nothing));
        assert!(
            matches!(open("ssh://host", GUESSED).await.err(), Some(Found::Trouble(why)) if why.contains("unix://"))
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(matches!(open(&format!("unix://{}", file.display()), GUESSED).await.err(), Some(Found::Trouble(_))));
    }
}
