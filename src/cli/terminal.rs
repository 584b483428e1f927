//! `kab` without a verb: the terminal program over the server that is meant.

use std::process::ExitCode;

use super::context::Context;
use crate::access::{self, Chosen};
use crate::config::Folders;
use crate::domain::{AppIdentifier, Failure};
use crate::engine::{self, Found};
use crate::services::Store;
use crate::tui::message::{Message, Session, Socket};
use crate::tui::{self, Inbox, Options, Outside};

/// Opens the terminal program; at an app's page where one is given.
///
/// # Errors
/// When there is no terminal.
pub async fn run(context: &Context<'_>, chosen: Chosen, open_at: Option<&str>) -> Result<ExitCode, Failure> {
    let glyphs = context.settings.config.terminal.glyphs.clone();
    let mut options = Options::of(|name| match name {
        // The settings have the variable already, where it is set.
        "KAB_GLYPHS" => glyphs.clone(),
        _ => std::env::var(name).ok(),
    });
    options.runtime_dir = Some(context.folders.runtime.clone());
    options.open_at = open_at.map(AppIdentifier::from);
    tui::run(options, World { folders: context.folders.clone(), chosen }).await?;
    Ok(ExitCode::SUCCESS)
}

/// The server that is meant, and the engines of this machine.
struct World {
    folders: Folders,
    chosen: Chosen,
}

impl Outside for World {
    async fn connect(&self, inbox: Inbox) -> Result<(Session, Store), Failure> {
        let connecting = access::connect(&self.folders, &self.chosen, |what| {
            inbox.try_send(Message::Connecting(what.to_owned())).ok();
        });
        let connected = connecting.await?;
        for note in connected.notes {
            inbox.send(Message::Said(note)).await.ok();
        }
        let who = connected.who;
        let session =
            Session { context: who.context.to_string(), organisation: who.organisation, user: who.user, url: who.url };
        Ok((session, connected.store))
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
