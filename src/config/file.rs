//! `config.toml` and the variables that override it.
//!
//! An unknown key is a warning with a suggestion, never a reason to stop: a newer or older kab may share the file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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

/// `[terminal]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Terminal {
    /// `auto`, `ascii`, `unicode`; `KAB_GLYPHS`.
    pub glyphs: Option<String>,
}

/// Which layer a setting came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// An environment variable.
    Environment,
    /// The file.
    File,
}

/// The settings, with where they came from. What is not listed is a default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// Key (`engine.kind`) to layer.
    pub origins: BTreeMap<String, Layer>,
    /// Keys that nobody knows.
    pub warnings: Vec<Warning>,
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

impl Loaded {
    /// Reads the file (one that is missing says nothing) and the environment.
    ///
    /// # Errors
    /// When the file is broken, or a variable holds nonsense.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(ConfigError::Read { path: path.to_owned(), source }),
        };
        Self::of(path, &text, |name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// The environment alone, for when the file is broken; the defaults alone, where that is nonsense as well.
    pub fn of_environment(path: &Path) -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self::of(path, "", variable).unwrap_or_default()
    }

    fn of(path: &Path, text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let parse = |error: toml::de::Error| ConfigError::Parse { path: path.to_owned(), why: error.to_string() };
        let table: toml::Table = toml::from_str(text).map_err(parse)?;
        let config: Config = toml::from_str(text).map_err(parse)?;
        let mut loaded = Self { config, ..Self::default() };
        let mut keys = Vec::new();
        flatten("", &table, &mut keys);
        for key in keys {
            let free = ["engine.labels.", "engine.limits.ulimits."].iter().any(|head| key.starts_with(head));
            if free || KEYS.contains(&key.as_str()) {
                loaded.origins.insert(key, Layer::File);
            } else {
                let suggestion = nearest(&key);
                loaded.warnings.push(Warning { path: path.to_owned(), key, suggestion });
            }
        }
        loaded.take_environment(variable)?;
        Ok(loaded)
    }

    fn take_environment(&mut self, variable: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        let Config { catalogue, engine, server, terminal } = &mut self.config;
        let texts: [(&'static str, &'static str, &mut Option<String>); 5] = [
            ("KAB_RAW_HOST", "catalogue.raw_host", &mut catalogue.raw_host),
            ("KAB_ENGINE", "engine.kind", &mut engine.kind),
            ("KAB_POD_NETWORK", "engine.pod_network", &mut engine.pod_network),
            ("KAB_GATEWAY_URL", "engine.gateway_url", &mut engine.gateway_url),
            ("KAB_GLYPHS", "terminal.glyphs", &mut terminal.glyphs),
        ];
        for (name, key, place) in texts {
            if let Some(value) = variable(name) {
                *place = Some(value);
                self.origins.insert(key.to_owned(), Layer::Environment);
            }
        }
        if let Some(list) = variable("KAB_REPOSITORIES") {
            // `-` is an empty list: a variable without a value counts as unset.
            let items = list.split(',').map(str::trim).filter(|item| !item.is_empty() && *item != "-");
            catalogue.repositories = Some(items.map(str::to_owned).collect());
            self.origins.insert("catalogue.repositories".to_owned(), Layer::Environment);
        }
        if let Some(value) = variable("KAB_IDLE_MINUTES") {
            let minutes: Option<f64> =
                value.parse().ok().filter(|minutes: &f64| minutes.is_finite() && *minutes >= 0.0);
            let wanted = "a number of minutes (0: never)";
            server.idle_minutes =
                Some(minutes.ok_or(ConfigError::Variable { name: "KAB_IDLE_MINUTES", value, wanted })?);
            self.origins.insert("server.idle_minutes".to_owned(), Layer::Environment);
        }
        Ok(())
    }
}

const KEYS: [&str; 18] = [
    "catalogue.raw_host",
    "catalogue.repositories",
    "engine.kind",
    "engine.name",
    "engine.pod_network",
    "engine.gateway_url",
    "engine.allowed_images",
    "engine.labels",
    "engine.poll_interval_seconds",
    "engine.limits.memory_mb",
    "engine.limits.cpus",
    "engine.limits.ulimits",
    "server.idle_minutes",
    "server.public_url",
    "server.trust_forwarded",
    "server.tls_cert",
    "server.tls_key",
    "terminal.glyphs",
];

fn flatten(head: &str, table: &toml::Table, keys: &mut Vec<String>) {
    for (name, value) in table {
        let key = if head.is_empty() { name.clone() } else { format!("{head}.{name}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, keys),
            _ => keys.push(key),
        }
    }
}

/// The known key with the most in common: the same section or the same name, and few letters apart.
fn nearest(key: &str) -> Option<String> {
    let distance = |known: &&&str| edit_distance(key, known);
    KEYS.iter().min_by_key(distance).filter(|known| distance(known) <= 3).map(|known| (*known).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, variables: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
        Loaded::of(Path::new("config.toml"), text, |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_wins_over_the_file_and_says_so() {
        let loaded = load("[engine]\nkind = 'docker'\npod_network = 'lab'", &[("KAB_ENGINE", "podman")]).unwrap();
        assert_eq!(loaded.config.engine.kind.as_deref(), Some("podman"));
        assert_eq!(loaded.origins["engine.kind"], Layer::Environment);
        assert_eq!(loaded.origins["engine.pod_network"], Layer::File);
        assert!(!loaded.origins.contains_key("engine.name"));
    }

    #[test]
    fn an_unknown_key_is_a_warning_with_a_suggestion() {
        let loaded = load("[engine]\npod_netwrok = 'lab'\n[engine.labels]\nzone = 'b'", &[]).unwrap();
        assert_eq!(loaded.warnings.len(), 1);
        assert_eq!(
            loaded.warnings[0].to_string(),
            "config.toml: there is no setting engine.pod_netwrok; did you mean engine.pod_network?"
        );
        assert_eq!(loaded.config.engine.labels["zone"], "b");
    }

    #[test]
    fn a_broken_file_or_variable_is_said() {
        assert!(matches!(load("[engine", &[]), Err(ConfigError::Parse { .. })));
        assert!(matches!(load("[engine]\nname = 3", &[]), Err(ConfigError::Parse { .. })));
        assert!(matches!(load("", &[("KAB_IDLE_MINUTES", "soon")]), Err(ConfigError::Variable { .. })));
    }

    #[test]
    fn a_dash_is_no_repository_at_all() {
        let loaded = load("", &[("KAB_REPOSITORIES", "-")]).unwrap();
        assert_eq!(loaded.config.catalogue.repositories, Some(vec![]));
        let loaded = load("", &[("KAB_REPOSITORIES", "a/b, c/d:main")]).unwrap();
        assert_eq!(loaded.config.catalogue.repositories, Some(vec!["a/b".into(), "c/d:main".into()]));
    }
}
