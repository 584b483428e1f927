//! `kab approve`: lets in a program that shows a device code.

use clap::Args;
use serde_json::{Value, json};

use super::context::Context;
use super::output::{Answer, Columns};
use super::serve;
use crate::domain::{Failure, FailureKind, clean_line};
use crate::server::{Error, PendingCode};

/// `kab approve`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The code that the program shows, with or without dash, in whatever case
    #[arg(required_unless_present = "list")]
    code: Option<String>,
    /// Refuse it instead
    #[arg(long, requires = "code")]
    deny: bool,
    /// Show the codes that wait
    #[arg(short, long, conflicts_with = "code")]
    list: bool,
}

/// Approves, refuses or lists codes of this machine's server.
///
/// # Errors
/// When there is no such code.
pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<Answer, Failure> {
    let what = "Could not approve";
    let server = serve::open(context, what).await?;
    let waiting = server.pending_device_codes().await.map_err(|error| Failure::new(what, error.to_string()))?;
    let Some(code) = arguments.code.filter(|_| !arguments.list) else {
        return Ok(list(&waiting));
    };
    let done = if arguments.deny { server.deny(&code).await } else { server.approve(&code).await };
    done.map_err(|error| match error {
        Error::NoSuch { .. } => Failure::new(what, format!("no program waits with the code {code}"))
            .kind(FailureKind::NotFound)
            .hint("Codes end after a few minutes; `kab approve --list` shows those that wait."),
        other => Failure::new(what, other.to_string()),
    })?;
    let asked = waiting.iter().find(|pending| pending.is(&code));
    let app = asked.map_or_else(|| "the program".to_owned(), |pending| clean_line(&pending.app));
    let word = if arguments.deny { "refused" } else { "let in" };
    let data = json!({"code": code, "approved": !arguments.deny, "app": asked.map(|pending| &pending.app)});
    Ok(Answer::text(data, format!("{app} was {word}."), code))
}

fn list(waiting: &[PendingCode]) -> Answer {
    let data = waiting.iter().map(value).collect();
    let rows = waiting
        .iter()
        .map(|pending| {
            vec![
                pending.code.clone(),
                format!("{} {}", pending.app, pending.version),
                pending.scopes.join(" "),
                pending.host.clone().unwrap_or_else(|| "unknown".into()),
            ]
        })
        .collect();
    let columns = Columns {
        headings: vec!["CODE", "APP", "SCOPES", "HOST"],
        rows,
        empty: "No program waits to be let in.".into(),
    };
    Answer::list(data, columns, waiting.iter().map(|pending| pending.code.clone()).collect())
}

fn value(pending: &PendingCode) -> Value {
    json!({
        "id": pending.code,
        "app": pending.app,
        "version": pending.version,
        "scopes": pending.scopes,
        "services": pending.services,
        "host": pending.host,
        "expires_at": crate::domain::Moment(pending.expires_at).to_iso(),
    })
}
