//! What the composing program decides about the server.

use std::path::PathBuf;
use std::time::Duration;

use super::repositories;

/// How the server is to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder of the database and the key. It is made, readable by its owner only, when it is missing.
    pub data_dir: PathBuf,
    /// Name of the deployment, told by discovery.
    pub name: String,
    /// Address under which clients reach the server (`https://lab.example.org`); by default whatever host a
    /// request names.
    pub public_url: Option<String>,
    /// Whether a proxy in front may tell the host and scheme that the client used.
    pub forwarded: Forwarded,
    /// Which versions of fakts are spoken.
    pub fakts: FaktsVersion,
    /// Life of an access token of version 1, whose clients have no refresh token.
    pub access_token_life: Duration,
    /// Life of an access token of version 2.
    pub login_token_life: Duration,
    /// How long a login of version 2 may lie unused.
    pub login_life: Duration,
    /// Shortest time between two polls of a device code of version 2, in whole seconds.
    pub poll_interval: Duration,
    /// When agents are taken for lost.
    pub agents: AgentTimes,
    /// How long finished tasks that were assigned as ephemeral stay readable.
    pub ephemeral_life: Duration,
    /// How the catalogue's repositories are read.
    pub repositories: repositories::Options,
    /// A TOML file with `[engine] poll_interval_seconds = N`, read again whenever it changes.
    pub settings_file: Option<PathBuf>,
}

impl Options {
    /// The defaults over one data folder.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            name: String::from("local"),
            public_url: None,
            forwarded: Forwarded::Ignored,
            // The life that Lok gives to tokens of this grant.
            access_token_life: Duration::from_hours(240),
            fakts: FaktsVersion::Both,
            login_token_life: Duration::from_hours(1),
            login_life: Duration::from_hours(180 * 24),
            poll_interval: Duration::from_secs(5),
            agents: AgentTimes::default(),
            ephemeral_life: Duration::from_mins(1),
            repositories: repositories::Options::default(),
            settings_file: None,
        }
    }
}

/// Which versions of fakts the server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaktsVersion {
    /// Version 1 only, as Lok 1.0 does.
    One,
    /// Both. Discovery says 2, which clients of version 1 do not read.
    Both,
}

/// What becomes of `X-Forwarded-Host` and `X-Forwarded-Proto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forwarded {
    /// Anybody may send them, so they count for nothing.
    Ignored,
    /// A proxy that the operator set up overwrites them.
    Trusted,
}

/// The clocks of the agent socket. The defaults are those of Rekuest.
#[derive(Debug, Clone, Copy)]
pub struct AgentTimes {
    /// Between two heartbeats.
    pub heartbeat: Duration,
    /// In which a heartbeat must be answered.
    pub answer: Duration,
    /// For which an answer keeps an agent alive.
    pub lease: Duration,
    /// From the loss of the socket until the agent's open tasks are settled.
    pub grace: Duration,
    /// In which the first frame must come.
    pub register: Duration,
}

impl Default for AgentTimes {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(10),
            answer: Duration::from_secs(5),
            lease: Duration::from_secs(30),
            grace: Duration::from_secs(30),
            register: Duration::from_secs(30),
        }
    }
}
