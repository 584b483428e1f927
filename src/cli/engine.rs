//! `kab engine`: a container backend by itself, for this machine's server or for another one.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::output::{Answer, Columns};
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
    /// Which container engine to offer, or `status`
    #[arg(value_enum, default_value_t = Word::Auto)]
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
    /// Say which engines the server knows
    Status,
}

/// Runs a backend until it is interrupted.
///
/// # Errors
/// When there is no such engine, or the server does not let it in.
pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<ExitCode, Failure> {
    let choice = match arguments.word {
        Word::Status => return context.printer.answer(&status(context).await?),
        Word::Auto => Choice::Auto,
        Word::Docker => Choice::Docker,
        Word::Podman => Choice::Podman,
        Word::Process => Choice::Process,
    };
    serve::log_to_stderr();
    let (access, name) = access(context, &arguments).await?;
    let images = serve::demo_images();
    let mut config = context.settings.config.engine.clone();
    if config.gateway_url.is_none() {
        config.gateway_url = Some(name.clone());
    }
    let mut options = serve::standalone(&context.folders, &config, choice, access, images);
    options.state_dir = context.folders.state.join(format!("engine-{}", word(arguments.word)));
    let (told, mut connection) = tokio::sync::watch::channel(Connection::Connecting);
    options.watch = Some(told);
    context.printer.note(&format!("Offering {} to {name}. Ctrl-C ends it; pods go on running.", word(arguments.word)));

    let shutdown = CancellationToken::new();
    let listen = |kind| signal(kind).map_err(|error| Failure::new("Could not run the engine", error.to_string()));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let work = engine::run(options, shutdown.clone());
    tokio::pin!(work);
    loop {
        tokio::select! {
            ended = &mut work => return ended.map(|()| ExitCode::SUCCESS).map_err(|error| error.failure()),
            _ = terminate.recv() => shutdown.cancel(),
            _ = interrupt.recv() => shutdown.cancel(),
            changed = connection.changed() => {
                if changed.is_ok() {
                    let state = connection.borrow_and_update().clone();
                    tracing::info!("{state:?}");
                }
            }
        }
    }
}

fn word(word: Word) -> String {
    word.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// How the backend gets in, and the server's address.
async fn access(context: &Context<'_>, arguments: &Arguments) -> Result<(Access, String), Failure> {
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
        return Ok((access, url.clone()));
    }
    let ready = context.ready().await?;
    let server = serve::open(context, what).await?;
    // Not the built-in backend's name: one client has one agent, and the later would push the earlier out.
    let identifier = format!("live.kab.engine.{}", word(arguments.word));
    let manifest = Manifest::for_everything(&identifier, env!("CARGO_PKG_VERSION"));
    let token = server
        .client_token_for(&manifest, ClientRole::Agent)
        .await
        .map_err(|error| Failure::new(what, error.to_string()))?;
    let url = ready.server.url;
    Ok((Access::Fakts { url: url.clone(), client_token: Secret::new(token) }, url))
}

async fn status(context: &Context<'_>) -> Result<Answer, Failure> {
    let engines =
        context.store().await?.engines().await.map_err(|error| error.failure("Could not read the engines"))?;
    let rows = engines
        .iter()
        .map(|engine| {
            let state = if engine.is_online() { "online" } else { "offline" };
            let facts = engine.resources.first().map(|resource| &resource.facts);
            let fact = |key: &str| facts.and_then(|facts| facts.get(key)).unwrap_or("unknown").to_owned();
            vec![engine.name.clone(), engine.kind.name().to_owned(), state.to_owned(), fact("engine.version")]
        })
        .collect();
    let columns = Columns {
        headings: vec!["ENGINE", "KIND", "STATE", "VERSION"],
        rows,
        empty: "No engine has connected yet. `kab doctor` says what is on this machine.".into(),
    };
    let data = engines
        .iter()
        .map(|engine| {
            let facts = engine.resources.first().map(|resource| &resource.facts);
            json!({"id": engine.id, "name": engine.name, "kind": engine.kind, "online": engine.is_online(), "facts": facts})
        })
        .collect();
    Ok(Answer::list(data, columns, engines.iter().map(|engine| engine.name.clone()).collect()))
}
