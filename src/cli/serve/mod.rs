//! `kab serve`: the embedded server, the container backend beside it, and the demo repository in it.

mod address;
mod backend;
mod house;
mod listen;
mod manage;
mod tokens;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use super::context::Context;
use super::output::Answer;
use crate::domain::Failure;
use crate::local;

pub use backend::{demo_images, standalone, wanted};
pub use manage::open;

/// `kab serve`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    serving: Serving,
}

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct Serving {
    /// Where to listen; by default a port of the loopback interface that stays the same
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Certificate, with its chain, for the address of --listen (PEM)
    #[arg(long, value_name = "FILE", requires = "listen")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "listen")]
    tls_key: Option<PathBuf>,
    /// Listen beyond this machine without encryption: passwords and data can be read on the way
    #[arg(long, conflicts_with_all = ["tls_cert", "tls_key"])]
    insecure: bool,
    /// End when nobody has used the server for a while
    #[arg(long, hide = true)]
    background: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Say whether the server runs, and where
    Status,
    /// End the server; pods go on running
    Stop,
    /// Make, list and withdraw tokens for other users and programs
    #[command(subcommand)]
    Token(TokenVerb),
}

/// `kab serve token`.
#[derive(Debug, Subcommand)]
pub enum TokenVerb {
    /// Make a token; the organisation and the user are made when they are missing
    Add {
        /// The organisation.
        #[arg(long, default_value = "local", value_name = "NAME")]
        org: String,
        /// The user.
        #[arg(long, default_value = "local", value_name = "NAME")]
        user: String,
        #[command(flatten)]
        kind: WantedToken,
    },
    /// List the tokens that were made, without their secrets
    #[command(visible_alias = "ls")]
    List,
    /// Withdraw a token
    #[command(visible_alias = "rm")]
    Remove {
        /// Its id, as `list` tells it
        id: String,
    },
}

/// What kind of token, if not a client token.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct WantedToken {
    /// A redeem token, for programs of protocol version 1 that bring a manifest of their own
    #[arg(long)]
    redeem: bool,
    /// A mandate key, for programs of protocol version 2 that bring a manifest of their own
    #[arg(long)]
    mandate: bool,
}

impl Arguments {
    /// Whether a server is to run until it is ended, rather than one that runs to be seen to.
    pub fn serves(&self) -> bool {
        self.verb.is_none()
    }
}

/// Sees to the server that runs.
///
/// # Errors
/// When there is none, or it does not do what is asked.
pub async fn see_to(context: &Context<'_>, arguments: Arguments) -> Result<Answer, Failure> {
    match arguments.verb {
        None => Ok(Answer::nothing()),
        Some(Verb::Status) => manage::status(context).await,
        Some(Verb::Stop) => manage::stop(context).await,
        Some(Verb::Token(verb)) => tokens::run(context, verb).await,
    }
}

/// Serves.
///
/// # Errors
/// When the server cannot run.
pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<ExitCode, Failure> {
    let serving = arguments.serving;
    log_to_stderr();
    let background = serving.background;
    let result = house::run(context, serving).await;
    if let Err(failure) = &result
        && background
    {
        // Whoever started this waits for a word; there is no terminal to print it on.
        tracing::error!("{failure}");
        let text = serde_json::to_vec(failure).unwrap_or_default();
        crate::config::write_private(&local::failed_file(&context.folders), &text).ok();
    }
    result.map(|()| ExitCode::SUCCESS)
}

/// What happens is written to standard error, which is the log file of a server in the background. `KAB_LOG` chooses
/// what: `debug`, `kab::engine=debug,info`.
pub fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("KAB_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,kab=info"));
    // Colours are left out of that crate; a wish for them would end the program.
    let written = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false).with_filter(filter);
    // What the engine says can be read from elsewhere, too.
    tracing_subscriber::registry().with(written).with(crate::engine::listener()).try_init().ok();
}
