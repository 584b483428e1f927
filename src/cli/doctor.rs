//! `kab doctor`: what is on this machine, and what that means.

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::output::{Answer, Columns};
use crate::domain::Failure;
use crate::engine::{self, Found};
use crate::local;

/// `kab doctor`.
#[derive(Debug, Args)]
pub struct Arguments {}

/// Looks for engine sockets and for the server; changes nothing and starts nothing.
///
/// # Errors
/// When the data folder cannot be read.
pub async fn run(context: &Context<'_>) -> Result<Answer, Failure> {
    let reports = engine::probe_sockets().await;
    let podman = engine::podman_program();
    let server = local::find(&context.folders).await?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut data = Vec::new();
    for report in &reports {
        let (state, detail) = match &report.found {
            Found::Engine { kind, version } => ("ok", format!("{} {version}", kind.name())),
            Found::Nothing => ("-", "not there".to_owned()),
            Found::Trouble(why) => ("!!", why.clone()),
        };
        rows.push(vec![
            state.into(),
            "socket".into(),
            format!("{} ({})", report.address, report.origin),
            detail.clone(),
        ]);
        data.push(json!({"check": "socket", "state": state, "address": report.address, "origin": report.origin, "detail": detail}));
    }
    let (state, detail) = match &podman {
        Some(path) => ("ok", format!("{}; kab starts its service where no socket answers", path.display())),
        None => ("-", "no podman program on the path".to_owned()),
    };
    rows.push(vec![state.into(), "podman".into(), "program".into(), detail.clone()]);
    data.push(json!({"check": "podman", "state": state, "detail": detail}));
    let (state, place, detail) = match &server {
        local::Found::Server(found) => {
            let info = &found.0;
            ("ok", info.url.clone(), format!("kab {}, process {}", info.version, info.pid))
        }
        local::Found::Nothing => ("-", "local".to_owned(), "not running; every command starts it".to_owned()),
        local::Found::Silent(failure) | local::Found::Hung(failure) => ("!!", "local".to_owned(), failure.to_string()),
    };
    rows.push(vec![state.into(), "server".into(), place.clone(), detail.clone()]);
    data.push(json!({"check": "server", "state": state, "address": place, "detail": detail}));
    let found = reports.iter().any(|report| matches!(report.found, Found::Engine { .. }));
    let advice = match (found, &podman) {
        (true, _) => "A container engine answers: apps can be installed.",
        (false, Some(_)) => "No socket answers, and podman is here: kab starts its service by itself.",
        (false, None) => {
            "No container engine: only the demo runs, as plain processes. Install podman (Debian: apt install podman), \
             start Docker, or set DOCKER_HOST; then `kab serve stop`, and kab finds it."
        }
    };
    context.printer.note(advice);
    let columns = Columns { headings: vec!["", "CHECK", "WHERE", "WHAT"], rows, empty: String::new() };
    Ok(Answer::list(data, columns, Vec::new()))
}
