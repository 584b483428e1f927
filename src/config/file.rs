//! What can be set, with the defaults. Where it is read from, and what wins, is in `layers`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub(super) use crate::domain::edit_distance;

/// Everything that can be set, with the defaults.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Where apps come from.
    pub catalogue: Catalogue,
    /// The container backend.
    pub engine: Engine,
    /// The embedded server.
    pub server: Server,
    /// The screen.
    pub terminal: Terminal,
    /// Logs of pods.
    pub logs: Logs,
}

/// `[catalogue]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Catalogue {
    /// Host of raw files of GitHub repositories; `KAB_RAW_HOST`. `None`: GitHub's own.
    pub raw_host: Option<String>,
    /// Repositories that a new store begins with; `KAB_REPOSITORIES`, separated by commas. `None`: the stock ones.
    pub repositories: Option<Vec<String>>,
}

/// `[engine]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Engine {
    /// `auto`, `docker`, `podman`, `process`, or `none`; `KAB_ENGINE`. `None`: `auto`.
    pub kind: Option<String>,
    /// What people call it. `None`: its kind and the machine's name.
    pub name: Option<String>,
    /// Network of the pods: `host`, `bridge`, or a network's name; `KAB_POD_NETWORK`. `None`: `host`.
    pub pod_network: Option<String>,
    /// Address under which pods reach the server; `KAB_GATEWAY_URL`. `None`: the server's own.
    pub gateway_url: Option<String>,
    /// Beginnings of image references that may be run; empty: all.
    pub allowed_images: Vec<String>,
    /// The site's own facts, for label selectors.
    pub labels: BTreeMap<String, String>,
    /// Seconds between two looks at the containers, told to every engine while the server runs.
    pub poll_interval_seconds: Option<f64>,
    /// Limits of every pod.
    pub limits: Limits,
}

/// `[engine.limits]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Memory in MB (10^6 bytes).
    pub memory_mb: Option<u64>,
    /// Processors.
    pub cpus: Option<f64>,
    /// Ulimits: name to soft and hard limit.
    pub ulimits: BTreeMap<String, (u64, u64)>,
}

/// `[server]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Server {
    /// Minutes without use after which a server in the background ends; `KAB_IDLE_MINUTES`. `None`: 10. 0: never.
    pub idle_minutes: Option<f64>,
    /// Address under which clients reach the server, where it is not the one that they ask.
    pub public_url: Option<String>,
    /// Whether a proxy in front sets `X-Forwarded-Host` and `X-Forwarded-Proto`.
    pub trust_forwarded: bool,
    /// File of the certificate, with its chain, for the address that `kab serve --listen` names.
    pub tls_cert: Option<PathBuf>,
    /// File of its private key.
    pub tls_key: Option<PathBuf>,
}

/// `[logs]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Logs {
    /// App (identifier, short name, or `*`) to how its lines of JSON are shown: `{time} {level} {msg} {rest}`.
    pub json_template: BTreeMap<String, String>,
}

/// `[terminal]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Terminal {
    /// `auto`, `mono`, `16`, `256`, `true`; `KAB_COLOR`.
    pub colours: Option<String>,
    /// `auto`, `ascii`, `unicode`; `KAB_GLYPHS`.
    pub glyphs: Option<String>,
    /// Which colours; `KAB_THEME`.
    pub theme: Option<String>,
    /// `off`, `screen`, `plain`, or `1` for `plain`; `KAB_A11Y`.
    pub accessibility: Option<String>,
    /// `auto`, `osc52`, `native`, `off`; `KAB_CLIPBOARD`.
    pub clipboard: Option<String>,
    /// `bell`, `osc9`, `both`, `off`, or `cmd: …`; `KAB_NOTIFY`.
    pub notifications: Option<String>,
    /// Whether the link counts as slow: `auto`, `on`, `off`; `KAB_LOW_BANDWIDTH`.
    pub low_bandwidth: Option<String>,
    /// Kilobits a second that are read from a server at most. `None`: no limit.
    pub max_kbps: Option<u64>,
    /// `true`, `false`: whether the window is called by what goes on; `KAB_TITLE`.
    pub title: Option<String>,
    /// `on`, `off`; `KAB_MOUSE`.
    pub mouse: Option<String>,
    /// `auto`, `on`, `off`; `KAB_LINKS`.
    pub links: Option<String>,
}

/// A key that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: there is no setting {key}{}", suggestion.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default())]
pub struct Warning {
    /// The file.
    pub path: PathBuf,
    /// The key.
    pub key: String,
    /// A known key that is close.
    pub suggestion: Option<String>,
}

/// Why the settings cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path} cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("{path} is not a configuration: {why}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Why, with line and column.
        why: String,
    },
    /// A variable holds something else.
    #[error("{name}={value} is not {wanted}")]
    Variable {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What it should hold.
        wanted: &'static str,
    },
}
