//! `kab engine`: a container backend by itself, for this machine's server or for another one.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::serve;
use crate::agent::Connection;
use crate::domain::{Failure, FailureKind};
use crate::engine::{self, Choice};
use crate::server::{ClientRole, Manifest};
use crate::services::{Access, Secret};

/// The variable that holds a client token.
const TOKEN: &str = "KAB_ENGINE_TOKEN";

/// `kab engine`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Which container engine to offer from this terminal: auto (when left out), docker, podman or process; or status,
    /// to list the engines that the server knows
    #[arg(value_enum, default_value_t = Word::Auto, value_name = "auto|docker|podman|process|status")]
    word: Word,
    /// Address of another server; by default this machine's
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// File with the client token for that server; else the variable `KAB_ENGINE_TOKEN`
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,
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
    let (access, name) = access(context, &arguments, &word).await?;
    let images = serve::demo_images();
    let mut options = serve::standalone(&context.folders, &context.settings.config.engine, choice, access, images);
    options.state_dir = context.folders.state.join(format!("engine-{word}"));
    let (told, mut connection) = tokio::sync::watch::channel(Connection::Connecting);
    options.watch = Some(told);
    context.printer.note(&format!("Offering {word} to {name}. Ctrl-C ends it; pods go on running."));

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
                let state = connection.borrow_and_update().clone();
                tracing::info!("{state:?}");
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
    if let Some(url) = &arguments.server {
        let token = match &arguments.token_file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| Failure::new(what, format!("{}: {error}", path.display())))?,
            None => std::env::var(TOKEN).map_err(|_| {
                Failure::new(what, format!("{TOKEN} is not set, and no --token-file was given"))
                    .kind(FailureKind::SignIn)
                    .hint("`kab serve token add` on the server makes a client token.")
            })?,
        };
        let access = Access::Fakts { url: url.clone(), client_token: Secret::new(token.trim()) };
        let access = match context.common.ca_file.clone() {
            Some(ca_file) => Access::Trusting { ca_file, access: Box::new(access) },
            None => access,
        };
        return Ok((access, url.clone()));
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
