//! `kab update`: pods that run an older release than the newest. The new one is installed on the same engine, and when it
//! runs, the old one is removed. What the new release asks for in addition is said before. Without waiting nobody knows
//! when the new one runs, so that the old one stays.

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::tasks::together;
use super::{data, find, lists, outcome, why};
use crate::cli::context::{Consent, Context};
use crate::cli::output::{Answer, Columns, error_of};
use crate::compat::{self, Candidate, Permissions, Update};
use crate::domain::{App, Engine, Failure, FailureKind, Pod, PodId, PodStatus, PodVerb, Release, Task, TaskId};
use crate::services::Store;

/// How many seconds the new pod may take until it is seen to run.
const SETTLES: u32 = 30;

/// Which apps.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Arguments {
    /// Apps whose pods are updated: identifiers or short names
    #[arg(value_name = "APP")]
    apps: Vec<String>,
    /// The pods of all apps
    #[arg(long, conflicts_with = "apps")]
    all: bool,
    /// Say what would be updated, and do nothing: the default where neither apps nor --all are given
    #[arg(long)]
    dry_run: bool,
    /// Wait until the new ones run and the old ones are gone: the default
    #[arg(long, conflicts_with = "no_wait")]
    wait: bool,
    /// Only begin to install the new releases; the old pods stay until you remove them
    #[arg(long, conflicts_with = "dry_run")]
    no_wait: bool,
}

/// The update of one pod.
struct Step<'a> {
    pod: &'a Pod,
    release: &'a Release,
    permissions: Permissions,
    /// Where and how, or why not.
    choice: Result<Candidate<'a>, Failure>,
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
    let mut meant: Vec<&App> = Vec::new();
    for word in &arguments.apps {
        meant.push(find::app(&apps, word)?);
    }
    if arguments.apps.is_empty() {
        meant = apps.iter().collect();
    }
    let steps = plan(&meant, &engines, &pods);
    let only_told = arguments.dry_run || (arguments.apps.is_empty() && !arguments.all);
    if only_told || steps.is_empty() {
        return Ok(told(&steps));
    }
    consent(context, &steps).await?;
    let work = steps.iter().map(|step| async {
        let task = begin(context, &store, step).await?;
        let waits = arguments.wait || !arguments.no_wait;
        if waits { carry_out(context, &store, (step, task)).await } else { Ok(Done::Begun(task.id)) }
    });
    let done = futures_util::future::join_all(work).await;
    Ok(answer(&steps, done))
}

fn plan<'a>(apps: &[&'a App], engines: &'a [Engine], pods: &'a [Pod]) -> Vec<Step<'a>> {
    let of_pod = |pod: &'a Pod| {
        let app = apps.iter().find(|app| app.identifier == pod.app)?;
        let Update { release, permissions, choice, .. } = compat::update(app, engines, pod)?;
        Some(Step { pod, release, permissions, choice: choice.map_err(|none| why::nowhere(release, &none)) })
    };
    pods.iter().filter_map(of_pod).collect()
}

async fn consent(context: &Context<'_>, steps: &[Step<'_>]) -> Result<(), Failure> {
    let question = question(steps);
    match context.consent(&question).await {
        Consent::Given => Ok(()),
        Consent::Refused => Err(Failure::new("Nothing was updated", "you did not say yes")),
        Consent::NobodyThere => {
            Err(Failure::new("Nothing was updated", "updating removes pods and needs your consent")
                .kind(FailureKind::Usage)
                .hint("Give it with --yes; --dry-run shows the plan."))
        }
    }
}

/// `Update greeter-8c1f20e4 1.0.0 to 2.0.0 on ws; new access: + write? The old container and its log go.`
fn question(steps: &[Step<'_>]) -> String {
    let one = |step: &Step<'_>| {
        let (pod, more) = (step.pod, step.permissions.asks_for_more());
        let access = if more { format!(", access {}", step.permissions.words()) } else { String::new() };
        format!("{} {} to {}{access}", pod.name(), pod.version, step.release.version)
    };
    let steps: Vec<String> = steps.iter().filter(|step| step.choice.is_ok()).map(one).collect();
    format!("Update {}? The old containers and their logs go.", steps.join("; "))
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
    let removal = store.act(PodVerb::Remove, &pod.id, best.engine).await.map_err(|error| error.failure(&what))?;
    context.begun.add(&removal);
    let removal = outcome::wait(store, context, removal, &format!("Removing {}", pod.name())).await?;
    outcome::failure(&removal, &what).map_or(Ok(Done::Updated(Box::new(fresh))), Err)
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
    })
}

/// What would be updated.
fn told(steps: &[Step<'_>]) -> Answer {
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
    let columns = Columns {
        headings: vec!["POD", "FROM", "TO", "ENGINE", "ACCESS", "VERDICT"],
        rows: steps.iter().map(row).collect(),
        empty: "All pods run the newest release.".into(),
    };
    Answer::list(steps.iter().map(step_data).collect(), columns, steps.iter().map(|step| step.pod.name()).collect())
}

fn answer(steps: &[Step<'_>], done: Vec<Result<Done, Failure>>) -> Answer {
    let mut page = super::page::Page::new();
    let (mut items, mut names, mut failures) = (Vec::new(), Vec::new(), Vec::new());
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
mod tests {
    use super::super::testing;
    use super::*;

    fn two_releases() -> App {
        let mut app = testing::app("live.kab.demo.greeter");
        let mut newer = app.releases[0].clone();
        (newer.version, newer.scopes) = ("2.0.0".into(), vec!["read".into(), "write".into()]);
        app.releases.insert(0, newer);
        app
    }

    #[test]
    fn the_plan_names_what_is_asked_for_in_addition_and_stays_on_the_engine() {
        let (app, engines) = (two_releases(), [testing::engine("1", "ws", &[]), testing::engine("2", "hpc", &[])]);
        let pods = [testing::pod("7", "greeter", "abcdef0123"), testing::pod("8", "other", "bbbbbb0123")];
        let steps = plan(&[&app], &engines, &pods);
        assert_eq!(steps.len(), 1);
        assert_eq!(steps[0].choice.as_ref().map(|best| best.engine.name.as_str()), Ok("ws"));
        assert_eq!(
            question(&steps),
            "Update greeter-abcdef01 1.0.0 to 2.0.0, access + write? The old containers and their logs go."
        );
        let told = told(&steps);
        assert_eq!(told.data[0]["permissions"]["scopes_added"], json!(["write"]));
        assert_eq!((&told.data[0]["from"], &told.data[0]["to"]), (&json!("1.0.0"), &json!("2.0.0")));
        let row = &told.columns.expect("columns").rows[0];
        assert_eq!(row[1..], ["1.0.0", "2.0.0", "docker-ws", "+ write", "RUNS"]);
    }

    #[test]
    fn what_is_not_waited_for_leaves_the_old_pod_and_says_how_it_goes() {
        let (app, engines) = (two_releases(), [testing::engine("1", "ws", &[])]);
        let pods = [testing::pod("7", "greeter", "abcdef0123")];
        let answer = answer(&plan(&[&app], &engines, &pods), vec![Ok(Done::Begun("5".into()))]);
        assert_eq!((&answer.data[0]["task"], &answer.data[0]["new_pod"]), (&json!("5"), &Value::Null));
        assert_eq!(answer.names, ["5"]);
        let text = answer.text.unwrap_or_default();
        assert!(text.contains("task 5. When it runs, `kab remove greeter-abcdef01` removes 1.0.0."), "{text}");
    }

    #[test]
    fn a_pod_whose_engine_is_gone_is_told_and_makes_the_answer_partial() {
        let (app, engines) = (two_releases(), [testing::engine("2", "hpc", &[])]);
        let mut pods = [testing::pod("7", "greeter", "abcdef0123"), testing::pod("8", "greeter", "bbbbbb0123")];
        pods[1].engine = "2".into();
        let steps = plan(&[&app], &engines, &pods);
        let missing = steps[0].choice.as_ref().expect_err("no engine");
        assert_eq!(missing.kind, FailureKind::NotFound);
        let answer = answer(&steps, vec![Err(missing.clone()), Ok(Done::Updated(Box::new(pods[1].clone())))]);
        assert_eq!(answer.failure.map(|failure| failure.kind), Some(FailureKind::Partial));
        assert_eq!((&answer.data[0]["ok"], &answer.data[1]["ok"]), (&json!(false), &json!(true)));
    }
}
