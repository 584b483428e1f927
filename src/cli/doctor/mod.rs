//! `kab doctor`: everything between kab and a server that works, looked at piece by piece, each with a word, a sentence
//! and what to do.
//!
//! What was found is turned into words by pure functions; asking is apart from that. Every question has a limit in time,
//! and none keeps the others from being asked. Nothing is changed, and no server is started.

mod bundle;
mod calibration;
mod check;
mod elsewhere;
mod engines;
mod identity;
mod machine;
mod others;
mod reach;
mod redact;
mod services;
mod sockets;
mod wishes;

use std::path::PathBuf;

use clap::Args;

use self::bundle::Bundle;
use self::check::{Check, Report, Section};
use self::redact::HostNames;
use self::services::Service;
use self::sockets::Needed;
use super::context::Context;
use super::output::Answer;
use crate::access::Chosen;
use crate::config;
use crate::domain::Failure;
use crate::local;
use crate::services::Store;

/// `kab doctor`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Write the report, kab's logs and its settings into a tar file, without secrets, to hand on
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Find out what the terminal can do, with a card of twenty seconds; later starts go by it
    #[arg(long, conflicts_with = "bundle")]
    terminal: bool,
    /// Leave the names of hosts in the bundle as they are
    #[arg(long, requires = "bundle")]
    hosts: bool,
}

/// Looks at everything. What is wrong is in the answer, and decides the exit code.
///
/// # Errors
/// When the bundle cannot be written.
pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<Answer, Failure> {
    if arguments.terminal {
        return calibration::run(context).await;
    }
    // Nobody should wait for a report that has no place to go.
    let bundle = arguments.bundle.map(Bundle::create).transpose()?;
    let mut report = Report::default();
    let folders = &context.folders;
    if let Err(failure) = super::meant(folders, &context.common) {
        let check = Check::failed(Section::Machine, "settings", &failure);
        let hint = "Mend the file (`kab config edit`), or move it away; the rest of this report goes by the defaults.";
        report.checks.push(check.hint(hint));
    }
    report.checks.extend(machine::checks(&machine::look(folders)));
    report.checks.extend(calibration::facts(|name| std::env::var(name).ok()).await);
    report.checks.push(calibration::kept(&config::measured_here(&folders.terminals_file())));
    report.checks.extend(wishes::checks(folders, &context.settings));
    match context.chosen() {
        Err(failure) => report.checks.push(Check::failed(Section::Context, "context", &failure)),
        Ok(chosen) => {
            report.checks.extend(identity::context(chosen));
            context.printer.progress("looking at the server, its services and engines");
            let flags = context.common.flags();
            let found =
                async { if chosen.is_local() { here(context, chosen).await } else { there(context, chosen).await } };
            let (found, others) = futures_util::join!(found, others::checks(folders, chosen, &flags));
            report.checks.extend(found);
            report.checks.extend(others);
            context.printer.progress_over();
        }
    }
    if let Some(bundle) = bundle {
        let hosts = if arguments.hosts { HostNames::Kept } else { HostNames::Numbered };
        let written = bundle.write(folders, &report, hosts).await?;
        report.checks.extend(written);
    }
    Ok(report.answer(context.common.format()))
}

/// This machine's own server, where it runs.
async fn here(context: &Context<'_>, chosen: &Chosen) -> Vec<Check> {
    let (found, sockets) = futures_util::join!(local::find(&context.folders), sockets::look(&context.settings));
    let mut checks = vec![sockets::server(&found, Needed::Yes)];
    match &found {
        Ok(local::Found::Server(server)) => {
            let store = &server.1;
            let token = elsewhere::token(store.session()).await;
            checks.extend(elsewhere::sign_in(&context.folders, chosen, token).checks());
            let addresses: Vec<(Service, String)> =
                Service::ALL.iter().filter_map(|service| Some((*service, address(store, *service)?))).collect();
            let (services, engines) = futures_util::join!(
                elsewhere::services(store.session().http(), &addresses, Some(store)),
                engines::look(store)
            );
            checks.extend(services);
            checks.extend(engines);
        }
        _ => checks.push(
            Check::skipped(Section::Services, "services", "the server does not run, and doctor starts none")
                .hint("`kab apps` starts it; then look again."),
        ),
    }
    checks.extend(sockets);
    checks
}

fn address(store: &Store, service: Service) -> Option<String> {
    service.client(store).map(|client| client.address().to_owned())
}

/// A server elsewhere. The engines of this machine have no part in it, and looking for them takes its time.
async fn there(context: &Context<'_>, chosen: &Chosen) -> Vec<Check> {
    let (mut checks, found) =
        futures_util::join!(elsewhere::look(&context.folders, chosen), local::find(&context.folders));
    checks.push(sockets::server(&found, Needed::No));
    checks.push(
        Check::skipped(Section::Sockets, "sockets", format!("not looked at: {} is elsewhere", chosen.name))
            .hint("`kab --context local doctor` looks at this machine's."),
    );
    checks
}
