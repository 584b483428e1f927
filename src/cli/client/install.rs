//! `kab install`: the same choice that the terminal makes, the same task, and its end where somebody waits for it.

use std::io::IsTerminal as _;

use clap::Args;
use serde_json::{Value, json};

use super::preview::Preview;
use super::tasks::About;
use super::{apps, data, find, lists, outcome, why};
use crate::cli::context::{Consent, Context};
use crate::cli::offered;
use crate::cli::output::Answer;
use crate::compat::{self, Candidate, Need, NoPlan, Offered, Plan, Verdict, Wish};
use crate::domain::{
    Approvals, Engine, Failure, FailureKind, Fetching, FlavourId, Pod, Release, Task, app_and_version, clean_line,
    human_bytes, note_images,
};
use crate::services::Store;

/// What to install, and how.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Arguments {
    /// Identifier or short name of the app
    #[arg(value_name = "APP[@VERSION]")]
    app: String,
    /// This flavour, instead of the one that fits best
    #[arg(short, long, visible_alias = "flavor")]
    flavour: Option<String>,
    /// On this engine: name, kind or id
    #[arg(short, long)]
    engine: Option<String>,
    /// Wait until it runs: the default where standard output is a terminal
    #[arg(long, conflicts_with = "no_wait")]
    wait: bool,
    /// Do not wait until it runs: the default where standard output is no terminal
    #[arg(long)]
    no_wait: bool,
    /// Try it where kab says that it cannot run; asks once more
    #[arg(long)]
    force: bool,
    /// Say what would be installed where, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// Installs an app.
pub async fn run(context: &Context<'_>, arguments: &Arguments) -> Result<Answer, Failure> {
    let store = context.store().await?;
    let (apps, mut engines, pods) =
        futures_util::try_join!(lists::apps(&store), lists::engines(&store), lists::pods(&store))?;
    note_images(&mut engines, &pods);
    let (word, version) = app_and_version(&arguments.app);
    let app = find::app(&apps, word)?;
    let release = find::release(app, version)?;
    let engine = match &arguments.engine {
        Some(word) => Some(find::engine(&engines, word)?.id.as_str()),
        None => None,
    };
    let wish = Wish { flavour: arguments.flavour.as_deref(), engine };
    let plan = planned(release, &engines, wish, arguments)?;
    let is_local = context.chosen()?.is_local();
    let offered = if is_local { offered::here() } else { offered::elsewhere(&store) };
    if arguments.dry_run {
        let tasks = async { Ok(store.tasks(TASKS).await.unwrap_or_default()) };
        let fetching = async { Ok(fetching(context, &store, &plan.best).await) };
        let (approvals, tasks, fetching) = futures_util::try_join!(approvals(&store, release), tasks, fetching)?;
        let (plan, engines) = (&plan, engines.as_slice());
        let preview = Preview { app, release, plan, pods, engines, tasks, fetching, approvals, offered, is_local };
        return Ok(preview.answer());
    }
    possible(&plan.best, &pods, &arguments.app, arguments.force)?;
    context.printer.note(&sentence(release, &plan));
    consent(context, &plan.best, &lacks(release, &plan.best, &offered)).await?;
    let Candidate { flavour, engine, .. } = plan.best;
    let what = format!("Could not install {} {} on {}", app.short_name(), release.version, engine.name);
    let (store, doubt) = store.with_doubt();
    let task = doubt.told(store.install(&flavour.id, engine), async { outcome::unsure(context) }).await;
    let task = task.map_err(|error| error.failure(&what))?;
    context.begun.add(&task);
    let waits = arguments.wait || (std::io::stdout().is_terminal() && !arguments.no_wait);
    if !waits {
        context.printer.note(&format!("`kab tasks show {}` says how far it is.", task.id));
        let text = format!("Installing {} {} on {}: task {}.", app.short_name(), release.version, engine.name, task.id);
        return Ok(answer(&plan_data(release, &plan), &task, None, &text));
    }
    let title = format!("Installing {} on {}", app.short_name(), engine.name);
    let task = outcome::wait(&store, context, task, &title).await?;
    let pod = pod_of(&store, &task).await;
    let text = match &pod {
        Some(pod) => format!("{} runs on {}: {}.", app.short_name(), engine.name, pod.name()),
        None => format!("Installed {} on {}.", app.short_name(), engine.name),
    };
    let failure = outcome::failure(&task, &what);
    let text = if failure.is_some() { String::new() } else { text };
    let answer = answer(&plan_data(release, &plan), &task, pod.as_ref(), &text);
    Ok(match failure {
        Some(failure) => answer.but(failure),
        None => answer,
    })
}

/// The pod that an installation made. One that cannot be read does not turn a success into a failure.
async fn pod_of(store: &Store, task: &Task) -> Option<Pod> {
    let id = task.pod.as_ref()?;
    store.pod(id).await.inspect_err(|error| tracing::warn!("the new pod cannot be read: {error}")).ok()
}

/// The choice, also of what cannot run where that was forced.
fn planned<'a>(
    release: &'a Release,
    engines: &'a [Engine],
    wish: Wish<'_>,
    arguments: &Arguments,
) -> Result<Plan<'a>, Failure> {
    match compat::plan(release, engines, wish) {
        Ok(plan) => Ok(plan),
        Err(none @ NoPlan::Nowhere(_)) if arguments.force => {
            compat::forced(release, engines, wish).ok_or_else(|| why::nowhere(release, &none))
        }
        Err(none) => Err(why::nowhere(release, &none)),
    }
}

/// Tasks that are looked at for what an engine is busy with.
const TASKS: usize = 100;

/// Stops an installation that can be known to fail, before anything is fetched.
fn possible(best: &Candidate<'_>, pods: &[Pod], app: &str, force: bool) -> Result<(), Failure> {
    match compat::outlook(best, pods, &[], None).obstacle(best.engine) {
        Some((why, advice)) if !force => Err(Failure::new(format!("Could not install {app}"), why)
            .hint(format!("{advice} --force tries it all the same."))),
        _ => Ok(()),
    }
}

/// Whether a flavour may be installed on an engine once more: what is in the way, and what the person has to be asked.
pub(super) async fn again(
    context: &Context<'_>,
    about: &About,
    (flavour, engine): (&FlavourId, &Engine),
    offered: &Offered,
) -> Result<(), Failure> {
    let Some((app, release)) = apps::of_flavour(&about.apps, flavour) else { return Ok(()) };
    let ranked = compat::rank(release, std::slice::from_ref(engine));
    let Some(best) = ranked.into_iter().find(|candidate| candidate.flavour.id == *flavour) else { return Ok(()) };
    possible(&best, &about.pods, app.short_name(), false)?;
    consent(context, &best, &lacks(release, &best, offered)).await
}

/// What the engine would fetch, where it can tell. That it cannot be asked is no failure of the plan.
async fn fetching(context: &Context<'_>, store: &Store, best: &Candidate<'_>) -> Option<Fetching> {
    if !compat::is_fetched(&best.flavour.image) || store.session().read_only().is_some() {
        return None;
    }
    context.printer.progress(&format!("asking {} what it would fetch", best.engine.name));
    let told = Box::pin(store.fetching(&best.flavour.id, best.engine)).await;
    context.printer.progress_over();
    match told {
        Ok(Some(Fetching::Unknown(why))) => Some(Fetching::Unknown(clean_line(&why))),
        Ok(told) => told,
        Err(error) => Some(Fetching::Unknown(clean_line(&error.to_string()))),
    }
}

async fn approvals(store: &Store, release: &Release) -> Result<Option<Approvals>, Failure> {
    store.approvals(&release.id).await.map_err(|error| error.failure("Could not ask who approved the release"))
}

/// What the server or the account is known to lack, as sentences.
fn lacks(release: &Release, best: &Candidate<'_>, offered: &Offered) -> Vec<String> {
    let needs = compat::needs(release, Some(best.flavour), offered);
    needs.iter().filter(|need| need.is_against()).map(Need::sentence).collect()
}

/// What the person has to be asked: the question, what is wrong where nobody can answer, and what to do then. `None`: nothing,
/// it runs and lacks nothing.
fn question(best: &Candidate<'_>, lacks: &[String]) -> Option<(String, &'static str, &'static str)> {
    let reasons = doubts(best, lacks);
    Some(match best.judgement.verdict {
        Verdict::Runs if lacks.is_empty() => return None,
        Verdict::Runs => (
            format!("It {reasons}. It may fail to start. Install it all the same?"),
            "It will most likely fail there",
            "Install it all the same with --yes.",
        ),
        Verdict::Maybe => (
            format!("It may run: {reasons}. Go on?"),
            "It is not known whether it runs there",
            "Install it all the same with --yes, or choose with --flavour and --engine.",
        ),
        Verdict::No => (
            format!("It cannot run there: {reasons}. It will most likely fail. Install it all the same?"),
            "It cannot run there",
            "--force needs your word: --yes, or an answer at a terminal.",
        ),
    })
}

fn doubts(best: &Candidate<'_>, lacks: &[String]) -> String {
    reasons(best).into_iter().chain(lacks.iter().cloned()).collect::<Vec<_>>().join(", ")
}

/// What nobody can promise to run needs the person's word, and what cannot run needs it all the more.
async fn consent(context: &Context<'_>, best: &Candidate<'_>, lacks: &[String]) -> Result<(), Failure> {
    let Some((question, what, hint)) = question(best, lacks) else { return Ok(()) };
    match context.consent(&question).await {
        Consent::Given => Ok(()),
        Consent::Refused => Err(Failure::new("Nothing was installed", "you did not say yes")),
        Consent::NobodyThere => Err(Failure::new(what, doubts(best, lacks)).kind(FailureKind::Incompatible).hint(hint)),
    }
}

pub(super) fn reasons(candidate: &Candidate<'_>) -> Vec<String> {
    candidate.judgement.reasons.iter().map(|reason| reason.sentence(&candidate.engine.name)).collect()
}

/// `Installing greeter 1.0.0 with vanilla on docker-ws (best match)`.
fn sentence(release: &Release, plan: &Plan<'_>) -> String {
    let size = plan.best.flavour.image.size.map_or_else(String::new, |size| format!(", {}", human_bytes(size)));
    format!(
        "{} {} with {} on {} ({}{size})",
        release.app, release.version, plan.best.flavour.name, plan.best.engine.name, plan.why
    )
}

pub(super) fn plan_data(release: &Release, plan: &Plan<'_>) -> Value {
    let candidate = |candidate: &Candidate<'_>| {
        let reasons = candidate.judgement.reasons.iter().map(|reason| data::reason(reason, &candidate.engine.name));
        json!({
            "flavour": candidate.flavour.name,
            "flavour_id": candidate.flavour.id,
            "engine": data::engine_name(candidate.engine),
            "verdict": candidate.judgement.verdict.word(),
            "reasons": reasons.collect::<Vec<Value>>(),
        })
    };
    let mut data = json!({"app": release.app, "version": release.version});
    if let (Value::Object(data), Value::Object(best)) = (&mut data, candidate(&plan.best)) {
        data.extend(best);
    }
    data["image"] = plan.best.flavour.image.reference.as_str().into();
    data["size"] = plan.best.flavour.image.size.into();
    data["why"] = plan.why.as_str().into();
    data["others"] = plan.others.iter().map(candidate).collect::<Vec<Value>>().into();
    data
}

fn answer(plan: &Value, task: &Task, pod: Option<&Pod>, text: &str) -> Answer {
    let data = json!({"task": data::task(task), "pod": pod.map(data::pod), "plan": plan});
    // Programs go on with the pod where there is one, else with the task.
    let name = pod.map_or_else(|| task.id.to_string(), Pod::name);
    Answer::text(data, crate::domain::clean_line(text), name)
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::domain::Requirement;

    #[test]
    fn the_plan_is_told_with_its_reason_and_what_else_would_do() {
        let (release, engines) = (testing::two_flavours(), [testing::engine("1", "ws", &[])]);
        let plan = compat::plan(&release, &engines, Wish::default()).expect("a plan");
        assert!(sentence(&release, &plan).starts_with("a.b 1.0.0 with cpu on ws ("), "{}", sentence(&release, &plan));
        let data = plan_data(&release, &plan);
        assert_eq!((&data["flavour"], &data["engine"]["name"]), (&json!("cpu"), &json!("ws")));
        assert_eq!(data["others"][0]["verdict"], "MAYBE");
    }

    #[test]
    fn what_runs_is_asked_about_where_the_server_lacks_what_it_needs() {
        let (mut release, engines) = (testing::two_flavours(), [testing::engine("1", "ws", &[("gpu", "false")])]);
        let asked = |release: &Release| {
            let plan = compat::plan(release, &engines, Wish::default()).expect("a plan");
            let lacks = lacks(release, &plan.best, &offered::here());
            question(&plan.best, &lacks).map(|(question, ..)| question)
        };
        assert_eq!(asked(&release), None);
        let need = |optional| Requirement {
            key: "mikro".into(),
            service: "live.arkitekt.mikro".into(),
            optional,
            description: None,
        };
        release.flavours.iter_mut().for_each(|flavour| flavour.requirements = vec![need(true)]);
        assert_eq!(asked(&release), None, "it can do without");
        release.flavours.iter_mut().for_each(|flavour| flavour.requirements = vec![need(false)]);
        let question = asked(&release).expect("a question");
        assert!(question.starts_with("It needs the service mikro;"), "{question}");
    }

    #[test]
    fn force_takes_the_best_of_what_cannot_run_and_nothing_that_is_offline() {
        let only_cuda = testing::release("a.b", vec![testing::flavour("cuda", vec![testing::cuda("12.1")])]);
        let mut engines =
            [testing::engine("1", "ws", &[("gpu", "false")]), testing::engine("2", "hpc", &[("gpu", "false")])];
        engines[0].liveness = crate::domain::Liveness::Offline { last_seen: None };
        let arguments = |force| Arguments {
            app: "a.b".into(),
            flavour: None,
            engine: None,
            wait: false,
            no_wait: false,
            force,
            dry_run: false,
        };
        let none = planned(&only_cuda, &engines, Wish::default(), &arguments(false)).expect_err("NO");
        assert_eq!(none.kind, FailureKind::Incompatible);
        let plan = planned(&only_cuda, &engines, Wish::default(), &arguments(true)).expect("a plan");
        assert_eq!((plan.best.engine.name.as_str(), plan.best.judgement.verdict), ("hpc", Verdict::No));
    }

    #[test]
    fn what_does_not_fit_is_incompatible_and_what_does_not_exist_is_not_found() {
        let release = testing::two_flavours();
        let kind = |engines: &[_], wish| {
            let none = compat::plan(&release, engines, wish).expect_err("no plan");
            why::nowhere(&release, &none).kind
        };
        let engines = [testing::engine("1", "ws", &[("gpu", "false")])];
        let cuda = Wish { flavour: Some("cuda"), engine: None };
        assert_eq!(kind(&engines, cuda), FailureKind::Incompatible);
        assert_eq!(kind(&[], Wish::default()), FailureKind::Incompatible);
        let other = Wish { flavour: Some("rocm"), engine: None };
        assert_eq!(kind(&engines, other), FailureKind::NotFound);
    }
}
