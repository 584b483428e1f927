//! `kab engine`: a container backend by itself, for this machine's server or for another one.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::serve;
use crate::agent::{Connection, Door, Takeover};
use crate::domain::{Failure, FailureKind};
use crate::engine::{self, Choice};
use crate::server::{ClientRole, Manifest};
use crate::services::{Access, Secret};

/// The variables that hold a client token; the second one is that of older versions.
const TOKENS: [&str; 2] = ["FAKTS_TOKEN", "KAB_ENGINE_TOKEN"];

/// `kab engine`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Which container engine to offer from this terminal: auto (when left out), docker, podman or process; or status,
    /// to list the engines that the server knows
    #[arg(value_enum, default_value_t = Word::Auto, value_name = "auto|docker|podman|process|status")]
    word: Word,
    /// Address of another server; else `FAKTS_URL`, else this machine's own
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// File with the client token for that server; else `FAKTS_TOKEN`
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// What people see; by default the kind and this machine's name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Take the place of another process that is connected with the same credentials
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Word {
    /// The first that answers
    Auto,
    /// Docker
    Docker,
    /// Podman
    Podman,
    /// Child processes without isolation, for the demo apps only
    Process,
    /// Offer nothing; list the engines that the server knows, as `kab engines` does
    Status,
}

impl Arguments {
    /// Whether a backend is to run until it is ended.
    pub fn runs(&self) -> bool {
        self.word != Word::Status
    }
}

/// Runs a backend until it is interrupted, or its terminal is gone. The first signal asks it to leave in good order, the
/// second one ends it.
///
/// # Errors
/// When there is no such engine, or the server does not let it in.
pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<ExitCode, Failure> {
    let word = arguments.word.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let choice = Choice::of_word(&word).unwrap_or_default();
    serve::log_to_stderr();
    let (door, server) = access(context, &arguments, &word).await?;
    let images = serve::demo_images();
    let way = (Arc::new(door) as Arc<dyn Door>, server.clone());
    let mut options = serve::standalone(&context.folders, &context.settings.config.engine, choice, way, images);
    options.state_dir = context.folders.state.join(format!("engine-{word}"));
    if arguments.name.is_some() {
        options.settings.name = arguments.name;
    }
    if arguments.force {
        options.takeover = Takeover::Force;
    }
    let (told, mut connection) = tokio::sync::watch::channel(Connection::Connecting);
    options.watch = Some(told);
    context.printer.note(&format!("Offering {word} to {server}. Ctrl-C ends it; pods go on running."));

    let shutdown = CancellationToken::new();
    let listen = |kind| signal(kind).map_err(|error| Failure::new("Could not run the engine", error.to_string()));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let mut hang_up = listen(SignalKind::hangup())?;
    let running = engine::run(options, shutdown.clone());
    tokio::pin!(running);
    loop {
        tokio::select! {
            ended = &mut running => return ended.map(|()| ExitCode::SUCCESS).map_err(|error| error.failure()),
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hang_up.recv() => {}
            Ok(()) = connection.changed() => {
                // Losses are told by the agent itself, and not each time.
                if let Connection::Online { .. } = &*connection.borrow_and_update() {
                    tracing::info!("connected to {server}");
                }
                continue;
            }
        }
        if shutdown.is_cancelled() {
            return Ok(ExitCode::from(FailureKind::Interrupted.exit_code()));
        }
        shutdown.cancel();
    }
}

/// How the backend gets in, and the server's address.
async fn access(context: &Context<'_>, arguments: &Arguments, word: &str) -> Result<(Access, String), Failure> {
    let what = "Could not sign the engine in";
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    if let Some(url) = arguments.server.clone().or_else(|| variable("FAKTS_URL")) {
        let url = url.trim().to_owned();
        let token = match &arguments.token_file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| Failure::new(what, format!("{}: {error}", path.display())))?,
            None => TOKENS.iter().find_map(|name| variable(name)).ok_or_else(|| {
                Failure::new(what, format!("{} is not set, and no --token-file was given", TOKENS[0]))
                    .kind(FailureKind::SignIn)
                    .hint("`kab serve token add` on the server makes a client token.")
            })?,
        };
        let access = Access::Fakts { url: url.clone(), client_token: Secret::new(token.trim()) };
        return Ok((access, url));
    }
    let ready = context.ready().await?;
    let server = serve::open(context, what).await?;
    // Not the built-in backend's name: one client has one agent, and the later would push the earlier out.
    let identifier = format!("live.kab.engine.{word}");
    let manifest = Manifest::for_everything(&identifier, env!("CARGO_PKG_VERSION"));
    let token = server
        .client_token_for(&manifest, ClientRole::Agent)
        .await
        .map_err(|error| Failure::new(what, error.to_string()))?;
    let url = ready.server.url;
    Ok((Access::Fakts { url: url.clone(), client_token: Secret::new(token) }, url))
}
