//! The container backend beside the server, or alone: settings, access, and the demo images it may need.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::agent::{Door, Quiet, Takeover};
use crate::config::{self, Folders};
use crate::demo;
use crate::domain::{Failure, FailureKind};
use crate::engine::{self, Choice, ImageSource, Others, Settings, driver::Limits};
use crate::server::{ClientRole, Manifest, Server};
use crate::services::{Access, Secret};

/// How long after a failure the backend is tried again.
const AGAIN: Duration = Duration::from_secs(30);

/// The backend of a server.
pub struct Plan {
    /// Its server.
    pub server: Server,
    /// The server's address on this machine.
    pub url: String,
    /// Where things lie.
    pub folders: Folders,
    /// What the person has set.
    pub config: config::Engine,
}

impl Plan {
    /// Runs the backend until `shutdown`; one that fails is tried again.
    pub async fn run(self, images: demo::Awaited, shutdown: CancellationToken) {
        let choice = match wanted(&self.config) {
            Ok(Some(choice)) => choice,
            Ok(None) => {
                tracing::info!("no container backend, as the settings say");
                return;
            }
            Err(failure) => {
                tracing::error!("{failure}");
                return;
            }
        };
        let manifest = Manifest::for_everything("live.kab.engine", env!("CARGO_PKG_VERSION"));
        let token = match self.server.built_in_client_token(&manifest, ClientRole::Agent).await {
            Ok(token) => token,
            Err(error) => {
                tracing::error!("the container backend cannot sign in: {error}");
                return;
            }
        };
        let access = Access::of_place(self.url.clone(), Secret::new(token));
        let way = (Arc::new(access) as Arc<dyn Door>, self.url.clone());
        let options = standalone(&self.folders, &self.config, choice, way, images);
        let mut quiet = Quiet::default();
        loop {
            match engine::run(options.clone(), shutdown.clone()).await {
                Ok(()) => return,
                Err(error) => quiet.warn(&error.failure().to_string()),
            }
            if shutdown.run_until_cancelled(tokio::time::sleep(AGAIN)).await.is_none() {
                return;
            }
        }
    }
}

/// The options of a backend that has been told how to get in. Pods look for the server where the backend does.
pub fn standalone(
    folders: &Folders,
    config: &config::Engine,
    choice: Choice,
    (door, url): (Arc<dyn Door>, String),
    images: demo::Awaited,
) -> engine::Options {
    let images: Arc<dyn ImageSource> = Arc::new(demo::Archives::new(images, folders.cache.join("demo-images")));
    engine::Options {
        choice,
        driver: None,
        door,
        state_dir: folders.state.join("engine"),
        runtime_dir: folders.runtime.clone(),
        gateway_url: config.gateway_url.clone().unwrap_or_else(|| url.clone()),
        server: url,
        settings: settings(config),
        images: Some(images),
        watch: None,
        takeover: Takeover::Ask,
        others: Others::LeaveAlone,
    }
}

/// Which engine the settings ask for; `None`: none at all.
///
/// # Errors
/// When the word means nothing.
pub fn wanted(config: &config::Engine) -> Result<Option<Choice>, Failure> {
    match config.kind.as_deref() {
        None => Ok(Some(Choice::Auto)),
        Some("none") => Ok(None),
        Some(word) => Choice::of_word(word).map(Some).ok_or_else(|| {
            Failure::new("Could not read the settings", format!("there is no engine kind `{word}`"))
                .kind(FailureKind::Usage)
                .hint(
                    "KAB_ENGINE, or engine.kind in the file, can be auto, docker, podman, process, none, or an address.",
                )
        }),
    }
}

/// The backend's settings out of the program's.
pub fn settings(config: &config::Engine) -> Settings {
    let default = Settings::default();
    Settings {
        name: config.name.clone(),
        pod_network: config.pod_network.clone().unwrap_or(default.pod_network),
        limits: Limits {
            memory_mb: config.limits.memory_mb,
            cpus: config.limits.cpus,
            ulimits: config.limits.ulimits.clone(),
        },
        allowed_images: config.allowed_images.clone(),
        labels: config.labels.clone(),
        poll_seconds: default.poll_seconds,
    }
}

/// Reads the running program for the demo's images, in the background.
pub fn demo_images() -> demo::Awaited {
    let (told, awaited) = tokio::sync::watch::channel(None);
    tokio::task::spawn_blocking(move || match demo::Images::of_this_program() {
        Ok(images) => _ = told.send_replace(Some(Arc::new(images))),
        Err(error) => tracing::warn!("no demo: {error}"),
    });
    awaited
}
