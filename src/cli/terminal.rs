//! `kab` without a verb: the terminal program over the server of this machine.

use std::process::ExitCode;

use super::context::Context;
use crate::cache::Cache;
use crate::config::Folders;
use crate::domain::{AppIdentifier, Failure};
use crate::engine::{self, Found};
use crate::local;
use crate::services::Store;
use crate::tui::message::{Message, Session, Socket};
use crate::tui::overlays::{ContextRow, SignInStep};
use crate::tui::{self, Inbox, Options, Outside, Security};

/// Opens the terminal program; at an app's page where one is given.
///
/// # Errors
/// When there is no terminal.
pub async fn run(context: &Context<'_>, open_at: Option<&str>) -> Result<ExitCode, Failure> {
    let glyphs = context.settings.config.terminal.glyphs.clone();
    let mut options = Options::of(|name| match name {
        // The settings have the variable already, where it is set.
        "KAB_GLYPHS" => glyphs.clone(),
        _ => std::env::var(name).ok(),
    });
    options.runtime_dir = Some(context.folders.runtime.clone());
    options.open_at = open_at.map(AppIdentifier::from);
    tui::run(options, ThisMachine { folders: context.folders.clone() }).await?;
    Ok(ExitCode::SUCCESS)
}

/// The server and the engines of this machine.
struct ThisMachine {
    folders: Folders,
}

impl Outside for ThisMachine {
    async fn connect(&self, inbox: Inbox) -> Result<(Session, Store), Failure> {
        let ready = local::ensure(&self.folders, || {
            inbox.try_send(Message::Connecting("starting the local server".to_owned())).ok();
        });
        let ready = ready.await?;
        if let Some(note) = ready.note {
            inbox.send(Message::Said(note)).await.ok();
        }
        let session = Session {
            context: "local".to_owned(),
            // The local server has one organisation and one user, both of this name.
            organisation: "local".to_owned(),
            user: "local".to_owned(),
            url: ready.server.url,
            ..Session::default()
        };
        Ok((session, ready.store))
    }

    async fn contexts(&self) -> Result<Vec<ContextRow>, Failure> {
        Ok(Vec::new())
    }

    fn use_context(&self, _: &str) {}

    async fn sign_in(&self, _: Security, _: impl Fn(SignInStep) + Send + Sync) {}

    fn kept(&self) -> Option<(Cache, Session)> {
        let session = Session {
            context: "local".to_owned(),
            organisation: "local".to_owned(),
            user: "local".to_owned(),
            ..Session::default()
        };
        Some((Cache::new(&self.folders.cache, "local", "local"), session))
    }

    async fn sockets(&self) -> Vec<Socket> {
        let reports = engine::probe_sockets().await;
        reports
            .into_iter()
            .map(|report| {
                let place = report.address.strip_prefix("unix://").unwrap_or(&report.address).to_owned();
                let (outcome, answers) = match report.found {
                    Found::Engine { kind, version } => (format!("answers: {} {version}", kind.name()), true),
                    Found::Nothing => ("not there".to_owned(), false),
                    Found::Trouble(why) => (why, false),
                };
                Socket { place, outcome, answers }
            })
            .collect()
    }
}
