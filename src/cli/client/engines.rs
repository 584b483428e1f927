//! `kab engines`: where pods run, with the facts that the engines report.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::page::{self, Page};
use super::source::Source;
use super::{Search, data, find, offers};
use crate::cli::context::Context;
use crate::cli::output::{Answer, Columns};
use crate::domain::{Engine, Failure, Moment, Pod, PodStatus};
use crate::tui::data::{facts_of_engine, of_engine};
use crate::tui::screens::engines::has;

/// What only engines have.
#[derive(Debug, Subcommand)]
pub enum More {
    /// List what an engine offers beyond the verbs of kab
    Actions(offers::Actions),
    /// Ask an engine for one of those
    Ask(offers::Ask),
}

/// Which one to show.
#[derive(Debug, Args)]
pub struct Show {
    /// Name, kind or id
    engine: String,
}

/// Lists the engines.
pub async fn list(context: &Context<'_>, search: &Search, limit: usize) -> Result<Answer, Failure> {
    let source = Source::of(context).await?;
    let (engines, pods) = futures_util::try_join!(source.engines(), source.pods())?;
    let of = |engine: &Engine| (of_engine(engine), facts_of_engine(engine, Search::around()));
    let mut engines = search.knowing(context).among(engines, of);
    engines.truncate(limit);
    let mut answer = answer(&engines, &pods, page::now());
    if let Some(columns) = &mut answer.columns {
        columns.empty = search.empty("engine", &columns.empty);
    }
    Ok(source.answered(context, answer))
}

fn answer(engines: &[Engine], pods: &[Pod], now: Moment) -> Answer {
    let row = |engine: &Engine| {
        vec![
            engine.id.to_string(),
            engine.name.clone(),
            engine.kind.name().to_owned(),
            page::liveness(engine, now),
            running(engine, pods, now).to_string(),
            engine.resources.first().map_or_else(|| "-".into(), |resource| has(&resource.facts)),
            page::age_of(engine.reported_at(), now),
        ]
    };
    let columns = Columns {
        headings: vec!["ID", "ENGINE", "KIND", "STATE", "PODS", "WHAT IT HAS", "FACTS"],
        rows: engines.iter().map(row).collect(),
        empty: "No engine is known. `kab doctor` says where it looks for some; `kab engine` starts one.".into(),
    };
    let item = |engine: &Engine| with_pods(engine, pods, now);
    Answer::list(
        engines.iter().map(item).collect(),
        columns,
        engines.iter().map(|engine| engine.name.clone()).collect(),
    )
}

/// An engine for programs, with how many pods run on it.
pub(super) fn with_pods(engine: &Engine, pods: &[Pod], now: Moment) -> Value {
    let mut data = data::engine(engine);
    data["pods_running"] = running(engine, pods, now).into();
    data
}

fn running(engine: &Engine, pods: &[Pod], now: Moment) -> usize {
    let runs = |pod: &&Pod| pod.status == PodStatus::Running && !pod.is_ghost(Some(engine), now);
    pods.iter().filter(|pod| pod.engine == engine.id).filter(runs).count()
}

/// Shows an engine.
pub async fn show(context: &Context<'_>, show: &Show) -> Result<Answer, Failure> {
    let source = Source::of(context).await?;
    let (engines, pods) = futures_util::try_join!(source.engines(), source.pods())?;
    let engine = find::engine(&engines, &show.engine)?;
    let now = page::now();
    let mut page = Page::new();
    page.field("Engine", &engine.name);
    page.field("Id", engine.id.as_str());
    page.field("Kind", engine.kind.name());
    page.field("State", page::liveness(engine, now));
    if engine.resources.is_empty() {
        page.head("Facts");
        page.line("reports nothing: demands on hardware cannot be verified");
    }
    for resource in &engine.resources {
        let rows = resource.facts.0.iter().map(|(key, value)| vec![key.clone(), value.clone()]).collect();
        let facts = Columns { headings: vec!["FACT", "VALUE"], rows, empty: String::new() };
        page.columns(&format!("Facts, reported {}", page::ago(resource.reported_at, now)), &facts);
    }
    let rows = pods
        .iter()
        .filter(|pod| pod.engine == engine.id)
        .map(|pod| vec![pod.name(), pod.version.clone(), pod.flavour_name.clone(), pod.status.word().to_owned()]);
    let headings = vec!["POD", "VERSION", "FLAVOUR", "STATUS"];
    page.columns("Pods", &Columns { headings, rows: rows.collect(), empty: String::new() });
    Ok(source.answered(context, Answer::text(with_pods(engine, &pods, now), page.into_text(), engine.name.as_str())))
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::domain::Liveness;

    #[test]
    fn an_engine_tells_its_state_its_pods_and_what_it_has() {
        let mut engines = [testing::engine("1", "docker-ws", &[("cpu.count", "8")]), testing::engine("2", "old", &[])];
        engines[1].liveness = Liveness::Offline { last_seen: Some(Moment(0)) };
        let answer = answer(&engines, &[testing::pod("7", "greeter", "abcdef")], Moment(7_200_000));
        let rows = answer.columns.expect("columns").rows;
        assert_eq!(rows[0], ["1", "docker-ws", "docker", "ONLINE", "1", "8 cpu", "2h"]);
        assert_eq!(rows[1][3], "OFFLINE 2h");
        assert_eq!((&answer.data[1]["online"], &answer.data[0]["pods_running"]), (&false.into(), &1.into()));
    }
}
