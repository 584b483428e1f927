//! `kab why`: every flavour on every engine, with the reasons in words, and what would be chosen.

use clap::Args;
use serde_json::{Value, json};

use super::source::Source;
use super::{data, find, page};
use crate::cli::context::Context;
use crate::cli::offered;
use crate::cli::output::{Answer, Columns};
use crate::compat::{self, Candidate, Need, NoPlan, Offered, Verdict, What, Wish};
use crate::domain::{Engine, Failure, FailureKind, Moment, Release, app_and_version, note_images};

/// What is asked.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Identifier or short name of the app
    #[arg(value_name = "APP[@VERSION]")]
    app: String,
    /// Look at this engine only: name, kind or id
    #[arg(short, long)]
    engine: Option<String>,
}

/// Says where an app runs.
pub async fn run(context: &Context<'_>, arguments: &Arguments) -> Result<Answer, Failure> {
    let source = Source::of(context).await?;
    let pods = async { Ok(source.pods().await.unwrap_or_default()) };
    let (apps, mut engines, pods) = futures_util::try_join!(source.apps(), source.engines(), pods)?;
    note_images(&mut engines, &pods);
    let (word, version) = app_and_version(&arguments.app);
    let app = find::app(&apps, word)?;
    let release = find::release(app, version)?;
    if let Some(word) = &arguments.engine {
        let id = find::engine(&engines, word)?.id.clone();
        engines.retain(|engine| engine.id == id);
    }
    let offered = match &source {
        Source::Live(..) if context.chosen()?.is_local() => offered::here(),
        Source::Live(store, _) => offered::elsewhere(store),
        Source::Kept(..) => Offered::default(),
    };
    let needs = compat::needs(release, None, &offered);
    Ok(source.answered(context, answer(release, &engines, &needs, page::now())))
}

fn answer(release: &Release, engines: &[Engine], needs: &[Need], now: Moment) -> Answer {
    let data = json!({
        "app": release.app,
        "version": release.version,
        "choice": choice(release, engines),
        "cells": cells(release, engines),
        "needs": needs,
        "now": now,
    });
    let mut page = page::Page::new();
    page.line(format!("{} {}", release.app, release.version));
    page.line(sentence(release, engines));
    for line in advice(release, engines) {
        page.line(line);
    }
    if let Some(wanted) = compat::table(release, engines).wanted() {
        page.line(format!("  Ask whoever looks after the engines: '{wanted}'"));
    }
    for need in needs {
        let what = if need.what == What::Service { "service" } else { "permission" };
        page.line(format!("  {what} {}", need.words()));
    }
    let columns = columns(release, engines, now);
    let told = Answer::text(data, page.into_text(), release.app.as_str());
    let answer = Answer { columns: Some(columns), ..told };
    match compat::plan(release, engines, Wish::default()) {
        Ok(_) => answer,
        // Everything that it could point to stands here already.
        Err(none @ NoPlan::Nowhere(_)) => answer.but(nowhere(release, &none).hint("")),
        Err(none) => answer.but(nowhere(release, &none)),
    }
}

/// Why there is nothing to choose, as a failure.
pub fn nowhere(release: &Release, none: &NoPlan) -> Failure {
    let app = format!("{} {}", release.app, release.version);
    let why = match none {
        NoPlan::Offline(names) if names.len() == 1 => format!("{} is offline", names.join("")),
        NoPlan::Offline(names) => format!("{} are offline", names.join(", ")),
        none => none.to_string(),
    };
    let failed = |what: &str, kind| Failure::new(what, &why).kind(kind);
    let incompatible = |what: &str| failed(what, FailureKind::Incompatible);
    match none {
        NoPlan::NoEngine => incompatible(&format!("{app} runs nowhere now"))
            .hint("`kab doctor` says which engines it looked for; `kab engine` starts one."),
        NoPlan::Offline(_) => incompatible(&format!("{app} cannot run now"))
            .hint("`kab engines` lists all engines; `kab engine` starts one where it lives."),
        NoPlan::NoSuchEngine(_) => failed("No such engine", FailureKind::NotFound),
        NoPlan::NoSuchFlavour(..) => failed("No such flavour", FailureKind::NotFound),
        NoPlan::NoFlavour => incompatible(&format!("{app} cannot run")),
        NoPlan::Nowhere(_) => {
            incompatible(&format!("{app} cannot run there")).hint(format!("`kab why {}` tells more.", release.app))
        }
    }
}

/// A sentence about what would be chosen.
pub fn sentence(release: &Release, engines: &[Engine]) -> String {
    match compat::plan(release, engines, Wish::default()) {
        Ok(plan) => {
            let verb = if plan.best.judgement.verdict == Verdict::Runs { "Runs" } else { "May run" };
            format!("{verb} on {} with {} ({}).", plan.best.engine.name, plan.best.flavour.name, plan.why)
        }
        // The table says why.
        Err(NoPlan::Nowhere(_)) => "Runs nowhere now.".into(),
        Err(none) => format!("Runs nowhere now: {}.", nowhere(release, &none).why),
    }
}

/// What would be chosen, for programs.
pub fn choice(release: &Release, engines: &[Engine]) -> Value {
    compat::plan(release, engines, Wish::default()).map_or(Value::Null, |plan| {
        json!({
            "flavour": plan.best.flavour.name,
            "engine": data::engine_name(plan.best.engine),
            "verdict": plan.best.judgement.verdict.word(),
            "why": plan.why,
        })
    })
}

/// The nearest thing that works, for everything that does not, a line each.
fn advice(release: &Release, engines: &[Engine]) -> Vec<String> {
    let notes = compat::table(release, engines).notes;
    let line = |note: &compat::Note| {
        format!("  needs {} ({}): {}", note.needs, note.engines.join(", "), in_a_shell(&note.advice, note.verdict))
    };
    notes.iter().map(line).collect()
}

/// Advice names keys of the terminal program; here it is a command.
fn in_a_shell(advice: &str, verdict: Verdict) -> String {
    if verdict == Verdict::Maybe { "cannot verify; `kab install` asks and tries it".into() } else { advice.to_owned() }
}

/// All candidates by flavour and engine, as they stand in the table.
fn candidates<'a>(release: &'a Release, engines: &'a [Engine]) -> Vec<Candidate<'a>> {
    let mut candidates = compat::rank(release, engines);
    candidates.sort_by(|a, b| (&a.flavour.name, &a.engine.name).cmp(&(&b.flavour.name, &b.engine.name)));
    candidates
}

/// The table for programs.
pub fn cells(release: &Release, engines: &[Engine]) -> Vec<Value> {
    let table = compat::table(release, engines);
    candidates(release, engines)
        .iter()
        .map(|candidate| {
            let engine = candidate.engine;
            let row = table.rows.iter().find(|row| row.flavour == candidate.flavour.id);
            let cell = row.and_then(|row| row.cells.iter().find(|cell| cell.engine == engine.id));
            let notes = cell.map(|cell| cell.notes.as_slice()).unwrap_or_default();
            let reasons = candidate.judgement.reasons.iter().enumerate().map(|(at, reason)| {
                let mut data = data::reason(reason, &engine.name);
                let note = notes.get(at).and_then(|number| table.notes.iter().find(|note| note.number == *number));
                data["advice"] = note.map(|note| in_a_shell(&note.advice, note.verdict)).into();
                data
            });
            json!({
                "flavour": candidate.flavour.name,
                "engine": data::engine_name(engine),
                "engine_online": engine.is_online(),
                "facts_at": engine.reported_at(),
                "verdict": candidate.judgement.verdict.word(),
                "reasons": reasons.collect::<Vec<Value>>(),
            })
        })
        .collect()
}

/// The table for people.
pub fn columns(release: &Release, engines: &[Engine], now: Moment) -> Columns {
    let best = compat::plan(release, engines, Wish::default()).ok().map(|plan| plan.best);
    let row = |candidate: &Candidate<'_>| {
        let is_best = best
            .as_ref()
            .is_some_and(|best| best.flavour.id == candidate.flavour.id && best.engine.id == candidate.engine.id);
        let engine = candidate.engine;
        let reasons: Vec<String> =
            candidate.judgement.reasons.iter().map(|reason| reason.sentence(&engine.name)).collect();
        let mut words = if is_best { vec!["best".to_owned()] } else { Vec::new() };
        words.extend(reasons);
        // An engine that cannot be asked is judged by what it said last.
        if !engine.is_online() {
            words.push(page::liveness(engine, now).to_lowercase());
        }
        vec![
            candidate.flavour.name.clone(),
            engine.name.clone(),
            candidate.judgement.verdict.word().to_owned(),
            page::age_of(engine.reported_at(), now),
            words.join(", "),
        ]
    };
    Columns {
        headings: vec!["FLAVOUR", "ENGINE", "VERDICT", "FACTS", "WHY"],
        rows: candidates(release, engines).iter().map(row).collect(),
        empty: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::domain::Liveness;

    #[test]
    fn every_flavour_and_engine_has_a_verdict_with_its_reason_and_the_choice_is_marked() {
        let engines = [testing::engine("1", "ws", &[("gpu", "false")])];
        let rows = columns(&testing::two_flavours(), &engines, Moment(0)).rows;
        assert_eq!(rows[0], ["cpu", "ws", "RUNS", "now", "best"]);
        assert_eq!(rows[1][..3], ["cuda", "ws", "NO"]);
        assert!(rows[1][4].starts_with("needs a CUDA GPU"), "{rows:?}");
        assert!(rows[1][4].ends_with("ws reports no GPU"), "{rows:?}");
        let answer = answer(&testing::two_flavours(), &engines, &[], Moment(0));
        assert_eq!(answer.failure, None);
        assert_eq!(answer.data["choice"]["flavour"], "cpu");
        assert_eq!(answer.data["cells"][1]["reasons"][0]["verdict"], "NO");
        assert_eq!(answer.data["cells"][1]["reasons"][0]["advice"], "cpu runs there");
        assert_eq!(answer.data["cells"][1]["facts_at"], json!(Moment(0)));
        let text = answer.text.expect("text");
        assert!(
            text.contains("Runs on ws with cpu")
                && text.contains("(ws): cpu runs there")
                && text.contains("needs a CUDA GPU"),
            "{text}"
        );
    }

    #[test]
    fn an_app_that_may_run_runs_somewhere_and_one_that_cannot_is_incompatible() {
        let only_cuda = testing::release("a.b", vec![testing::flavour("cuda", vec![testing::cuda("12.1")])]);
        let silent = [testing::engine("1", "ws", &[])];
        assert_eq!(answer(&only_cuda, &silent, &[], Moment(0)).failure, None, "MAYBE counts as somewhere");
        let without = [testing::engine("1", "ws", &[("gpu", "false")])];
        let failure = answer(&only_cuda, &without, &[], Moment(0)).failure.expect("nowhere");
        assert_eq!(failure.kind, FailureKind::Incompatible);
        assert!(failure.why.contains("ws reports no GPU"), "{failure}");
        let failure = answer(&only_cuda, &[], &[], Moment(0)).failure.expect("no engine");
        assert_eq!((failure.kind, failure.why.as_str()), (FailureKind::Incompatible, "no engine is connected"));
    }

    #[test]
    fn an_engine_that_is_offline_says_so_and_is_not_chosen() {
        let mut engine = testing::engine("1", "ws", &[]);
        engine.liveness = Liveness::Offline { last_seen: Some(Moment(0)) };
        let answer = answer(&testing::two_flavours(), &[engine], &[], Moment(7_200_000));
        assert_eq!(answer.failure.map(|failure| failure.kind), Some(FailureKind::Incompatible));
        assert_eq!(answer.columns.expect("columns").rows[0], ["cpu", "ws", "RUNS", "2h", "offline 2h"]);
        assert_eq!(answer.data["cells"][0]["engine_online"], false);
        assert_eq!(answer.data["choice"], Value::Null);
    }
}
