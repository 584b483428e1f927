//! Engines: connected container backends, with the facts that they report.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{AgentId, EngineId, FlavourId, Moment, Pod, ResourceId};

/// A container backend as the store sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Engine {
    /// Kabinet's id of the backend.
    pub id: EngineId,
    /// What people call it.
    pub name: String,
    /// What drives the containers.
    pub kind: EngineKind,
    /// OAuth client id, which joins it to its Rekuest agent.
    pub client_id: String,
    /// The agent, once it has been seen.
    pub agent: Option<AgentId>,
    /// Whether somebody listens.
    pub liveness: Liveness,
    /// Where pods can run.
    pub resources: Vec<Resource>,
    /// Flavours whose images are there, since pods were made of them; [`note_images`] fills it in.
    #[serde(skip)]
    pub images: BTreeSet<FlavourId>,
}

/// Tells engines which images they have: one stays for as long as there is a container made from it.
pub fn note_images(engines: &mut [Engine], pods: &[Pod]) {
    for engine in engines {
        let its = pods.iter().filter(|pod| pod.engine == engine.id);
        engine.images = its.map(|pod| pod.flavour.clone()).collect();
    }
}

impl Engine {
    /// Whether it can be asked to do something now.
    pub fn is_online(&self) -> bool {
        matches!(self.liveness, Liveness::Online)
    }

    /// When the newest of its facts was reported.
    pub fn reported_at(&self) -> Option<Moment> {
        self.resources.iter().filter_map(|resource| resource.reported_at).max()
    }
}

/// Whether an engine's agent is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Liveness {
    /// Connected, and heard of within the lease.
    Online,
    /// Not connected.
    Offline {
        /// When it was heard of last.
        last_seen: Option<Moment>,
    },
    /// The server cannot tell.
    Unknown,
}

/// What drives the containers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum EngineKind {
    /// Docker.
    Docker,
    /// Podman.
    Podman,
    /// Child processes without isolation, for the demo only.
    Process,
    /// Any other, as the server wrote it.
    Other(String),
}

impl EngineKind {
    /// The word for narrow columns: what nobody may overlook says more than the kind.
    pub fn label(&self) -> &str {
        match self {
            Self::Process => "no isolation",
            other => other.name(),
        }
    }

    /// The word on the wire and on the screen.
    pub fn name(&self) -> &str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Process => "process",
            Self::Other(name) => name,
        }
    }
}

impl From<String> for EngineKind {
    fn from(name: String) -> Self {
        match name.as_str() {
            "docker" => Self::Docker,
            "podman" => Self::Podman,
            "process" => Self::Process,
            _ => Self::Other(name),
        }
    }
}

impl From<EngineKind> for String {
    fn from(kind: EngineKind) -> Self {
        kind.name().to_owned()
    }
}

/// A place of an engine where pods can run: a machine, a partition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// Kabinet's id.
    pub id: ResourceId,
    /// The engine's own id of it.
    pub local_id: String,
    /// What people call it.
    pub name: String,
    /// What it says of itself.
    pub facts: Facts,
    /// When it said so; `None` where the server does not keep it.
    pub reported_at: Option<Moment>,
}

/// Qualifiers: key and value, as reported. Kabinet's form is a list of `{key, value}`.
///
/// The keys that kab's engines report: `gpu` (`true`/`false`), `gpu.count`, `gpu.N.vendor`, `gpu.N.model`,
/// `gpu.N.vram_mb`, `cuda.version`, `cuda.compute_capability`, `rocm.version`, `oneapi.version`, `cpu.count`,
/// `cpu.arch`, `cpu.mhz`, `ram.mb`, `disk.free_mb`, `engine.kind`, `engine.version`, `engine.rootless`, `host.name`,
/// and the site's own labels. MB are 10^6 bytes. What is absent is unknown, not zero.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Facts(pub BTreeMap<String, String>);

impl Facts {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The value of a key as a number; `None` also when it is not one.
    pub fn number(&self, key: &str) -> Option<u64> {
        self.get(key)?.trim().parse().ok()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Facts {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}
