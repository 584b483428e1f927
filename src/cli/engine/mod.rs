//! `kab engine`: a container backend by itself, for this machine's server or for another one.

mod entrance;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use self::entrance::{Entrance, Wanted};
use super::context::Context;
use super::{login, serve};
use crate::access::Way;
use crate::agent::{Connection, Door, Takeover};
use crate::domain::{Failure, FailureKind};
use crate::engine::{self, Choice, Others};
use crate::server::{ClientRole, Manifest};
use crate::services::fakts::Encryption;
use crate::services::{Access, Secret};

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
    #[arg(long, value_name = "FILE", conflicts_with_all = ["redeem_token_file", "mandate_key_file"])]
    token_file: Option<PathBuf>,
    /// File with a redeem token, which the deployment's administrator gives; else `FAKTS_REDEEM_TOKEN`
    #[arg(long, value_name = "FILE", conflicts_with = "mandate_key_file")]
    redeem_token_file: Option<PathBuf>,
    /// File with a mandate key, which deployments of the newest generation give; else `FAKTS_MANDATE_KEY`
    #[arg(long, value_name = "FILE")]
    mandate_key_file: Option<PathBuf>,
    /// Sign in although nothing is encrypted on the way
    #[arg(long)]
    allow_http: bool,
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
    let choice = match Choice::of_word(&word).unwrap_or_default() {
        // People elsewhere wait for a machine, and not for its demo.
        Choice::Auto if server_of(&arguments).is_some() => Choice::Containers,
        choice => choice,
    };
    serve::log_to_stderr();
    let way = way(context, &arguments, &word).await?;
    let server = way.1.clone();
    let images = serve::demo_images();
    let mut options = serve::standalone(&context.folders, &context.settings.config.engine, choice, way, images);
    // One for all kinds, so that another kind with the same credentials is noticed.
    options.state_dir = context.folders.state.join("engines");
    options.others = Others::Refuse;
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

/// The address of another server than this machine's.
fn server_of(arguments: &Arguments) -> Option<String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    arguments.server.clone().or_else(|| variable("FAKTS_URL"))
}

/// How the backend gets in, and the server's address.
async fn way(context: &Context<'_>, arguments: &Arguments, word: &str) -> Result<(Arc<dyn Door>, String), Failure> {
    match server_of(arguments) {
        Some(url) => {
            let url = url.trim().to_owned();
            Ok((elsewhere(context, arguments, Server { url: &url, word }).await?, url))
        }
        None => here(context, word).await,
    }
}

/// Another server, and the kind of engine that goes there.
struct Server<'a> {
    url: &'a str,
    word: &'a str,
}

async fn elsewhere(context: &Context<'_>, arguments: &Arguments, server: Server<'_>) -> Result<Arc<dyn Door>, Failure> {
    let Arguments { token_file, redeem_token_file, mandate_key_file, .. } = arguments;
    let way = match login::way([token_file, redeem_token_file, mandate_key_file]).await? {
        // The name that older versions of kab read.
        Way::Device => std::env::var("KAB_ENGINE_TOKEN")
            .ok()
            .filter(|token| !token.trim().is_empty())
            .map_or(Way::Device, |token| Way::ClientToken(Secret::new(token.trim()))),
        way => way,
    };
    let ca_file = context.common.ca_file.clone().or_else(crate::services::authorities_of_environment);
    let Server { url, word } = server;
    let encryption = if arguments.allow_http { Encryption::Optional } else { Encryption::Required };
    // A client token of protocol version 1 is all that it takes each time; everything else becomes a login.
    if let Way::ClientToken(client_token) = &way
        && !client_token.expose().contains(':')
    {
        let access = Access::Fakts { url: url.to_owned(), client_token: client_token.clone(), encryption };
        return Ok(match ca_file {
            Some(ca_file) => Arc::new(Access::Trusting { ca_file, access: Box::new(access) }),
            None => Arc::new(access),
        });
    }
    let base = context.folders.state.join(format!("engine-{word}"));
    let entrance = Entrance::new(&base, Wanted { url, kind: word, way, ca_file, encryption })?;
    entrance.ask(context).await?;
    Ok(Arc::new(entrance))
}

/// This machine's own server gives its engine a token.
async fn here(context: &Context<'_>, word: &str) -> Result<(Arc<dyn Door>, String), Failure> {
    let what = "Could not sign the engine in";
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
    Ok((Arc::new(Access::of_place(url.clone(), Secret::new(token))), url))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Whole {
        #[command(flatten)]
        arguments: Arguments,
    }

    #[test]
    fn the_unit_for_systemd_starts_an_engine_that_this_program_understands() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/systemd/kab-engine.service");
        let unit = std::fs::read_to_string(path).unwrap();
        let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
        let words: Vec<_> = start.split_whitespace().collect();
        assert!(words[0].ends_with("/kab") && words[1] == "engine", "{start}");
        let parsed = Whole::try_parse_from(std::iter::once("kab").chain(words[2..].iter().copied())).unwrap();
        assert!(parsed.arguments.redeem_token_file.is_some() && parsed.arguments.runs());
        let stays_down = unit.lines().find_map(|line| line.strip_prefix("RestartPreventExitStatus=")).unwrap();
        let expected = [FailureKind::Usage, FailureKind::SignIn].map(|kind| kind.exit_code().to_string());
        assert_eq!(stays_down.split(' ').collect::<Vec<_>>(), expected);
    }

    #[test]
    fn only_one_way_in_is_named_on_the_command_line() {
        let parse = |words: &[&str]| Whole::try_parse_from(std::iter::once("kab").chain(words.iter().copied()));
        assert!(parse(&["auto", "--redeem-token-file", "a", "--mandate-key-file", "b"]).is_err());
        assert!(parse(&["auto", "--token-file", "a", "--mandate-key-file", "b"]).is_err());
        let parsed = parse(&["podman", "--server", "https://a", "--force", "--name", "Mine"]).unwrap().arguments;
        assert!(parsed.force && parsed.name.as_deref() == Some("Mine"));
    }
}
