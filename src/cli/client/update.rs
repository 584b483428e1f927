//! `kab update`: pods that run an older release than the newest. The new one is installed on the same engine, and when it
//! runs, the old one is removed. What the new release asks for in addition is said before. Without waiting nobody knows
//! when the new one runs, so that the old one stays.

use std::collections::HashSet;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::find::{self, AppOrPod};
use super::outcome::together;
use super::{acting, data, lists, outcome, why};
use crate::cli::context::{Consent, Context};
use crate::cli::output::{Answer, Columns, error_of};
use crate::compat::{self, Candidate, Permissions, Update};
use crate::domain::{
    App, AppIdentifier, Engine, Failure, FailureKind, Pod, PodId, PodStatus, PodVerb, Release, Task, TaskId,
};
use crate::services::{self, Store};

/// How many seconds the new pod may take until it is seen to run.
const SETTLES: u32 = 30;

/// Which apps and pods.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Arguments {
    /// Apps, whose pods that are behind are all updated: identifiers or short names; or pods, which alone are: ids, names,
    /// or beginnings of containers' ids
    #[arg(value_name = "APP|POD")]
    words: Vec<String>,
    /// The pods of all apps
    #[arg(long, conflicts_with = "words")]
    all: bool,
    /// Say what would be updated, and do nothing: the default where neither words nor --all are given
    #[arg(long)]
    dry_run: bool,
    /// Wait until the new ones run and the old ones are gone: the default
    #[arg(long, conflicts_with = "no_wait")]
    wait: bool,
    /// Only begin to install the new releases; the old pods stay until you remove them
    #[arg(long, conflicts_with = "dry_run")]
    no_wait: bool,
}

/// What the words mean.
#[derive(Debug, Default)]
struct Meant {
    /// Apps, with all their pods.
    apps: HashSet<AppIdentifier>,
    /// Pods.
    pods: HashSet<PodId>,
}

impl Meant {
    /// Reads the words; without any, all apps are meant.
    fn read(words: &[String], apps: &[App], pods: &[Pod]) -> Result<Self, Failure> {
        let mut meant = Self::default();
        if words.is_empty() {
            meant.apps = apps.iter().map(|app| app.identifier.clone()).collect();
        }
        for word in words {
            match find::app_or_pod(apps, pods, word)? {
                AppOrPod::App(app) => meant.apps.insert(app.identifier.clone()),
                AppOrPod::Pod(pod) => meant.pods.insert(pod.id.clone()),
            };
        }
        Ok(meant)
    }

    fn holds(&self, pod: &Pod) -> bool {
        self.apps.contains(&pod.app) || self.pods.contains(&pod.id)
    }
}

/// What is to be done.
struct Plan<'a> {
    /// The pods that are behind.
    steps: Vec<Step<'a>>,
    /// Pods that were named and stay, with the reason.
    stay: Vec<(&'a Pod, &'static str)>,
}

/// The update of one pod.
struct Step<'a> {
    pod: &'a Pod,
    release: &'a Release,
    permissions: Permissions,
    /// Where and how, or why not.
    choice: Result<Candidate<'a>, Failure>,
}

/// What becomes of the pods that are behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Old {
    /// They go when the new ones run.
    Goes,
    /// Nobody waits for that, and they stay.
    Stays,
}

/// What came of an update.
enum Done {
    /// The new one runs, and the old one is gone.
    Updated(Box<Pod>),
    /// The new one is being installed, and the old one is there.
    Begun(TaskId),
}

/// Updates pods.
pub async fn run(context: &Context<'_>, arguments: &Arguments) -> Result<Answer, Failure> {
    let store = context.store().await?;
    let (apps, engines, pods) =
        futures_util::try_join!(lists::apps(&store), lists::engines(&store), lists::pods(&store))?;
    let plan = plan(&Meant::read(&arguments.words, &apps, &pods)?, &apps, &engines, &pods);
    let only_told = arguments.dry_run || (arguments.words.is_empty() && !arguments.all);
    if only_told || plan.steps.is_empty() {
        return Ok(told(&plan));
    }
    let old = if arguments.wait || !arguments.no_wait { Old::Goes } else { Old::Stays };
    consent(context, &store, &plan.steps, old).await?;
    let work = plan.steps.iter().map(|step| async {
        let task = begin(context, &store, step).await?;
        if old == Old::Goes { carry_out(context, &store, (step, task)).await } else { Ok(Done::Begun(task.id)) }
    });
    let done = futures_util::future::join_all(work).await;
    Ok(answer(&plan, done))
}

fn plan<'a>(meant: &Meant, apps: &'a [App], engines: &'a [Engine], pods: &'a [Pod]) -> Plan<'a> {
    let mut plan = Plan { steps: Vec::new(), stay: Vec::new() };
    for pod in pods.iter().filter(|pod| meant.holds(pod)) {
        let app = apps.iter().find(|app| app.identifier == pod.app);
        match app.and_then(|app| compat::update(app, engines, pod)) {
            Some(Update { release, permissions, choice, .. }) => {
                let choice = choice.map_err(|none| why::nowhere(release, &none));
                plan.steps.push(Step { pod, release, permissions, choice });
            }
            // Of an app's other pods nobody has asked.
            None if !meant.pods.contains(&pod.id) => {}
            None if app.is_some() => plan.stay.push((pod, "runs the newest release")),
            None => plan.stay.push((pod, "runs an app that is not listed any more")),
        }
    }
    plan
}

async fn consent(context: &Context<'_>, store: &Store, steps: &[Step<'_>], old: Old) -> Result<(), Failure> {
    let question = question(steps, old);
    let pods: Vec<&Pod> = steps.iter().filter(|step| step.choice.is_ok()).map(|step| step.pod).collect();
    let consent = match old {
        Old::Goes => acting::consent(context, store, &pods, &question).await?,
        // Nothing is lost.
        Old::Stays => context.consent(&question).await,
    };
    match consent {
        Consent::Given => Ok(()),
        Consent::Refused => Err(Failure::new("Nothing was updated", "you did not say yes")),
        Consent::NobodyThere => {
            let why = match old {
                Old::Goes => "updating removes pods and needs your consent",
                Old::Stays => "what new releases may do needs your consent",
            };
            Err(Failure::new("Nothing was updated", why)
                .kind(FailureKind::Usage)
                .hint("Give it with --yes; --dry-run shows the plan."))
        }
    }
}

/// `Update greeter-8c1f20e4 1.0.0 to 2.0.0 on ws; new access: + write? The old container and its log go.`
fn question(steps: &[Step<'_>], old: Old) -> String {
    let one = |step: &Step<'_>| {
        let (pod, more) = (step.pod, step.permissions.asks_for_more());
        let access = if more { format!(", access {}", step.permissions.words()) } else { String::new() };
        format!("{} {} to {}{access}", pod.name(), pod.version, step.release.version)
    };
    let steps: Vec<String> = steps.iter().filter(|step| step.choice.is_ok()).map(one).collect();
    let then = match old {
        Old::Goes => "The old containers and their logs go.",
        Old::Stays => "The old pods stay until you remove them.",
    };
    format!("Update {}? {then}", steps.join("; "))
}

fn could_not(step: &Step<'_>) -> String {
    format!("Could not update {} to {}", step.pod.name(), step.release.version)
}

async fn begin(context: &Context<'_>, store: &Store, step: &Step<'_>) -> Result<Task, Failure> {
    let best = step.choice.as_ref().map_err(Clone::clone)?;
    let (store, doubt) = store.with_doubt();
    let task = doubt.told(store.install(&best.flavour.id, best.engine), async { outcome::unsure(context) }).await;
    let task = task.map_err(|error| error.failure(could_not(step)))?;
    context.begun.add(&task);
    Ok(task)
}

async fn carry_out(context: &Context<'_>, store: &Store, (step, task): (&Step<'_>, Task)) -> Result<Done, Failure> {
    let best = step.choice.as_ref().map_err(Clone::clone)?;
    let pod = step.pod;
    let what = could_not(step);
    let task = outcome::wait(store, context, task, &format!("Installing {}", step.release.app)).await?;
    if let Some(failure) = outcome::failure(&task, &what) {
        return Err(failure);
    }
    let fresh = running(store, task.pod.as_ref()).await.map_err(|why| {
        let stays = format!("{} stays as it was; `kab logs` of the new one says more.", pod.name());
        Failure::new(&what, why).hint(stays)
    })?;
    // Only now that the new one runs.
    let what = format!("{} {} runs, but {} could not be removed", step.release.app, step.release.version, pod.name());
    if let Some(why) = changed(pod, &store.pod(&pod.id).await) {
        return Err(Failure::new(&what, why).hint("Nothing was removed; `kab pods` says what is there now."));
    }
    let removal = store.act(PodVerb::Remove, &pod.id, best.engine).await.map_err(|error| error.failure(&what))?;
    context.begun.add(&removal);
    let removal = outcome::wait(store, context, removal, &format!("Removing {}", pod.name())).await?;
    outcome::failure(&removal, &what).map_or(Ok(Done::Updated(Box::new(fresh))), Err)
}

/// Why the old pod is not removed, by what it is now: only what was there when somebody said yes goes.
fn changed(planned: &Pod, now: &Result<Pod, services::Error>) -> Option<String> {
    match now {
        Ok(now) if now.local_id == planned.local_id => None,
        Ok(now) => Some(format!("it is another container meanwhile: {}", now.name())),
        Err(services::Error::NotFound(_)) => Some("it is gone already; somebody else may have removed it".into()),
        Err(error) => Some(error.to_string()),
    }
}

/// The new pod once it runs. A task that is done says less: engines of other kinds are done when the container is there.
async fn running(store: &Store, id: Option<&PodId>) -> Result<Pod, String> {
    let id = id.ok_or("the engine does not say which pod is the new one")?;
    for _ in 0..SETTLES {
        let pod = store.pod(id).await.map_err(|error| error.to_string())?;
        match pod.status {
            PodStatus::Running => return Ok(pod),
            PodStatus::Failed | PodStatus::Stopping | PodStatus::Stopped => {
                return Err(format!("the new one, {}, does not run: {}", pod.name(), pod.status.word()));
            }
            _ => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
    Err("the new one is not seen to run".into())
}

fn step_data(step: &Step<'_>) -> Value {
    let permissions = &step.permissions;
    json!({
        "pod": data::pod(step.pod),
        "app": step.pod.app,
        "from": step.pod.version,
        "to": step.release.version,
        "flavour": step.choice.as_ref().ok().map(|best| &best.flavour.name),
        "verdict": step.choice.as_ref().ok().map(|best| best.judgement.verdict.word()),
        "permissions": {
            "scopes_added": permissions.scopes_added,
            "scopes_removed": permissions.scopes_removed,
            "services_added": permissions.services_added,
            "services_removed": permissions.services_removed,
            "asks_for_more": permissions.asks_for_more(),
        },
        "obstacle": step.choice.as_ref().err().map(error_of),
        "stays": null,
    })
}

/// A pod that was named and stays as it is.
fn stay_data(pod: &Pod, why: &str) -> Value {
    json!({
        "pod": data::pod(pod),
        "app": pod.app,
        "from": pod.version,
        "to": null,
        "flavour": null,
        "verdict": null,
        "permissions": null,
        "obstacle": null,
        "stays": why,
    })
}

/// What would be updated.
fn told(Plan { steps, stay }: &Plan<'_>) -> Answer {
    let row = |step: &Step<'_>| {
        let access = if step.permissions.is_same() { "the same".to_owned() } else { step.permissions.words() };
        vec![
            step.pod.name(),
            step.pod.version.clone(),
            step.release.version.clone(),
            step.pod.engine_name.clone(),
            access,
            step.choice
                .as_ref()
                .map_or_else(|failure| failure.why.clone(), |best| best.judgement.verdict.word().into()),
        ]
    };
    let stays = |(pod, why): &(&Pod, &str)| {
        vec![pod.name(), pod.version.clone(), String::new(), pod.engine_name.clone(), String::new(), (*why).to_owned()]
    };
    let columns = Columns {
        headings: vec!["POD", "FROM", "TO", "ENGINE", "ACCESS", "VERDICT"],
        rows: steps.iter().map(row).chain(stay.iter().map(stays)).collect(),
        empty: "All pods run the newest release.".into(),
    };
    let items = steps.iter().map(step_data).chain(stay.iter().map(|(pod, why)| stay_data(pod, why)));
    Answer::list(items.collect(), columns, steps.iter().map(|step| step.pod.name()).collect())
}

fn answer(Plan { steps, stay }: &Plan<'_>, done: Vec<Result<Done, Failure>>) -> Answer {
    let mut page = super::page::Page::new();
    let (mut items, mut names, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for (pod, why) in stay {
        page.line(format!("{} stays: it {why}.", pod.name()));
        let mut item = stay_data(pod, why);
        (item["ok"], item["error"], item["new_pod"], item["task"]) =
            (true.into(), Value::Null, Value::Null, Value::Null);
        items.push(item);
    }
    for (step, done) in steps.iter().zip(done) {
        let mut item = step_data(step);
        item["ok"] = done.is_ok().into();
        item["error"] = done.as_ref().err().map(error_of).into();
        let (fresh, task) = match &done {
            Ok(Done::Updated(fresh)) => (Some(&**fresh), None),
            Ok(Done::Begun(task)) => (None, Some(task)),
            Err(_) => (None, None),
        };
        item["new_pod"] = fresh.map(data::pod).into();
        item["task"] = task.map(TaskId::as_str).into();
        items.push(item);
        match done {
            Ok(Done::Begun(task)) => {
                page.line(format!(
                    "Installing {} {} on {}: task {task}. When it runs, `kab remove {}` removes {}.",
                    step.release.app,
                    step.release.version,
                    step.pod.engine_name,
                    step.pod.name(),
                    step.pod.version
                ));
                names.push(task.to_string());
            }
            Ok(Done::Updated(fresh)) => {
                let name = fresh.name();
                let (pod, release) = (step.pod, step.release);
                page.line(format!(
                    "Updated {} {} to {}: {name} on {}.",
                    pod.name(),
                    pod.version,
                    release.version,
                    pod.engine_name
                ));
                names.push(name);
            }
            Err(failure) => failures.push(failure),
        }
    }
    let answer = Answer { data: items.into(), text: Some(page.into_text()), names, ..Answer::nothing() };
    match together(failures, steps.len(), "Could not update all pods") {
        Some(failure) => answer.but(failure),
        None => answer,
    }
}

#[cfg(test)]
#[path = "update_tests.rs"]
mod tests;
