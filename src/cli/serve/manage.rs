//! `kab serve status|stop`: seeing to a server that runs.

use std::time::Duration;

use serde_json::json;

use crate::cli::context::Context;
use crate::cli::output::Answer;
use crate::domain::{Failure, FailureKind};
use crate::local::{self, Found};
use crate::server::{Options, Server};

/// How long a server may take to end: its backend lets go of the engine first.
const END: Duration = Duration::from_secs(20);

/// Whether the server runs.
///
/// # Errors
/// When it does not, or does not answer.
pub async fn status(context: &Context<'_>) -> Result<Answer, Failure> {
    match local::find(&context.folders).await? {
        Found::Server(found) => {
            let (server, _) = *found;
            let data = json!({
                "url": server.url,
                "pid": server.pid,
                "version": server.version,
                "data": context.folders.data,
                "log": context.folders.server_log(),
            });
            let text = format!(
                "running   {}\nprocess   {}\nversion   {}\ndata      {}\nlog       {}",
                server.url,
                server.pid,
                server.version,
                context.folders.data.display(),
                context.folders.server_log().display(),
            );
            Ok(Answer::text(data, text, server.url))
        }
        Found::Silent(failure) | Found::Hung(failure) => Err(failure),
        Found::Nothing => Err(Failure::new("No server runs", "none was started, or it ended because nobody used it")
            .kind(FailureKind::NotFound)
            .hint("`kab serve` runs one in this terminal; every other command starts one by itself.")),
    }
}

/// Ends the server.
///
/// # Errors
/// When it does not end. That none runs is what was wanted.
pub async fn stop(context: &Context<'_>) -> Result<Answer, Failure> {
    context.printer.progress("waiting for the server to end");
    match local::stop(&context.folders, END).await {
        Ok(pid) => {
            let text = format!("The server (process {pid}) has ended. Pods go on running.");
            Ok(Answer::text(json!({"stopped": true, "pid": pid}), text, pid.to_string()))
        }
        Err(failure) if failure.kind == FailureKind::NotFound => {
            Ok(Answer { text: Some("No server runs.".into()), data: json!({"stopped": false}), ..Answer::nothing() })
        }
        Err(failure) => Err(failure),
    }
}

/// The server's data, beside a server that may run: the store has one writer at a time over all processes.
///
/// # Errors
/// When it cannot be opened, or a server of another version has it.
pub async fn open(context: &Context<'_>, what: &str) -> Result<Server, Failure> {
    let failed = |why: String| Failure::new(what, why);
    context.folders.make().map_err(|error| failed(error.to_string()))?;
    // Opening may change the tables, which no running server of another version would survive.
    if let Found::Server(found) = local::find(&context.folders).await?
        && found.0.version != env!("CARGO_PKG_VERSION")
    {
        let why = format!("the running server is kab {}, this is {}", found.0.version, env!("CARGO_PKG_VERSION"));
        return Err(failed(why).hint("`kab serve stop` ends it; the next command starts one of this version."));
    }
    let mut options = Options::new(&context.folders.data);
    if let Some(list) = &context.settings.config.catalogue.repositories {
        options.repositories.defaults.clone_from(list);
    }
    Server::open(options).await.map_err(|error| failed(error.to_string()))
}
