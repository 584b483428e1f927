//! `kab demo`: the store, opened at an app that runs on every machine; and the demo app itself.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::context::{Context, settled};
use super::output::Answer;
use super::terminal::{self, Opening};
use crate::access::Chosen;
use crate::demo::{self, App, FIRST_APP};
use crate::domain::{Failure, FailureKind};
use crate::tui::app::{Destination, Wanted};
use crate::tui::effect::List;

/// How long the demo's repository and a backend may take to appear.
const PATIENCE: Duration = Duration::from_mins(1);

/// `kab demo`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Make everything ready, and open nothing
    #[arg(long)]
    pub prepare: bool,
}

/// Opens the terminal program at the demo's first app.
///
/// # Errors
/// As the terminal program.
pub async fn open(context: &Context<'_>) -> Result<ExitCode, Failure> {
    let wanted = Wanted { list: List::Apps, name: FIRST_APP.to_owned(), version: None };
    let at = Some(Destination::Made(wanted));
    Box::pin(terminal::run(context, Chosen::local(), Opening { at, ..Opening::default() })).await
}

/// Waits until the demo is listed and an engine is there for it.
///
/// # Errors
/// When they do not appear.
pub async fn prepare(context: &Context<'_>) -> Result<Answer, Failure> {
    let ready = context.ready().await?;
    let store = ready.store;
    context.printer.progress("waiting for the demo's repository and an engine");
    let (app, engine) = tokio::time::timeout(PATIENCE, settled(&store)).await.map_err(|_| {
        Failure::new("Could not prepare the demo", "its repository or an engine did not appear in time")
            .hint(format!("The server's log is {}.", context.folders.server_log().display()))
    })??;
    let flavours: Vec<_> = app
        .newest()
        .map(|release| release.flavours.iter().map(|flavour| flavour.name.clone()).collect())
        .unwrap_or_default();
    let data = json!({
        "app": FIRST_APP,
        "flavours": flavours,
        "server": ready.server.url,
        "engine": {"id": engine.id, "name": engine.name, "kind": engine.kind},
    });
    let text = format!(
        "The demo is ready: {FIRST_APP} ({}) on {}.\n\n  kab demo                            opens the store at it\n  kab why {FIRST_APP}       says what runs where\n  kab install {FIRST_APP}   installs it",
        flavours.join(", "),
        engine.name,
    );
    Ok(Answer::text(data, text, FIRST_APP))
}

/// Is a demo app, until it is told to end.
///
/// # Errors
/// When there is no such app, or it cannot sign in.
pub async fn app(app: &str, flavour: &str) -> Result<ExitCode, Failure> {
    let Some(app) = App::of_word(app) else {
        return Err(Failure::new("Could not run the demo app", format!("there is no demo app {app}"))
            .kind(FailureKind::NotFound));
    };
    // What goes wrong beneath the app is in its log, too.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .try_init()
        .ok();
    demo::run(app, flavour).await?;
    Ok(ExitCode::SUCCESS)
}
