//! `kab tasks again`: asks for what tasks did once more, by the same rules as the terminal.

use clap::Args;
use serde_json::{Value, json};

use super::outcome::together;
use super::page::Page;
use super::tasks::About;
use super::{acting, apps, install, outcome};
use crate::cli::context::Context;
use crate::cli::offered;
use crate::cli::output::{Answer, error_of};
use crate::domain::{Engine, Failure, FlavourId, Pod, PodVerb, Task, TaskId, TaskKind, note_images};
use crate::services::Store;

/// Which tasks.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Their ids
    #[arg(value_name = "TASK", required = true)]
    tasks: Vec<String>,
    /// Wait until what they do is done
    #[arg(long, conflicts_with = "no_wait")]
    wait: bool,
    /// Do not wait until it is done: the default
    #[arg(long)]
    no_wait: bool,
}

/// What a task would do once more.
#[derive(Debug)]
enum Deed<'a> {
    Install(FlavourId, &'a Engine),
    Pod(PodVerb, &'a Pod, &'a Engine),
}

/// Asks for all of them: what nobody can promise, what is in the way, and removals as where they are asked for by name.
pub async fn run(context: &Context<'_>, arguments: &Arguments) -> Result<Answer, Failure> {
    let store = context.store().await?;
    let mut about = About::of(&store).await?;
    note_images(&mut about.engines, &about.pods);
    let mut wanted: Vec<Task> = Vec::new();
    for word in &arguments.tasks {
        let what = format!("Could not run task {word} again");
        let (task, _) = store.task(&TaskId::from(word.as_str())).await.map_err(|error| error.failure(&what))?;
        if !wanted.iter().any(|known| known.id == task.id) {
            wanted.push(task);
        }
    }
    let deeds: Vec<(&Task, Result<Deed<'_>, String>)> = wanted.iter().map(|task| (task, deed(task, &about))).collect();
    let deeds = each_once(deeds);
    let offered = if context.chosen()?.is_local() { offered::here() } else { offered::elsewhere(&store) };
    let mut removed: Vec<Pod> = Vec::new();
    for deed in deeds.iter().filter_map(|(_, deed)| deed.as_ref().ok()) {
        match deed {
            Deed::Install(flavour, engine) => install::again(context, &about, (flavour, engine), &offered).await?,
            Deed::Pod(PodVerb::Remove, pod, _) => removed.push((*pod).clone()),
            Deed::Pod(..) => {}
        }
    }
    if !removed.is_empty() {
        acting::ask(context, &store, &removed).await?;
    }
    let wait = arguments.wait && !arguments.no_wait;
    let work = deeds.into_iter().map(|(task, deed)| {
        let title = about.title(task);
        let (store, of) = (&store, task.id.clone());
        async move {
            let (task, failure) = match deed {
                Ok(deed) => carry_out(context, store, &deed, &title, wait).await,
                Err(why) => (None, Some(Failure::new(format!("Could not run again: {title}"), why))),
            };
            Done { of, title, task, failure }
        }
    });
    let done = futures_util::future::join_all(work).await;
    Ok(answer(&about, done))
}

/// What two tasks did to one pod is done once; what several installed is installed as often as it was asked for.
fn each_once<'a>(deeds: Vec<(&'a Task, Result<Deed<'a>, String>)>) -> Vec<(&'a Task, Result<Deed<'a>, String>)> {
    let mut once: Vec<(&Task, Result<Deed<'_>, String>)> = Vec::new();
    for (task, deed) in deeds {
        let is_known = match &deed {
            Ok(Deed::Pod(verb, pod, _)) => once
                .iter()
                .any(|(_, known)| matches!(known, Ok(Deed::Pod(other, of, _)) if other == verb && of.id == pod.id)),
            _ => false,
        };
        if !is_known {
            once.push((task, deed));
        }
    }
    once
}

/// What a task would do; else why it cannot be asked for once more.
fn deed<'a>(task: &Task, about: &'a About) -> Result<Deed<'a>, String> {
    if !task.state.is_done() {
        return Err("it has not ended".into());
    }
    let online = |engine: Option<&'a Engine>| match engine {
        None => Err(String::from("its engine is not known any more")),
        Some(engine) if !engine.is_online() => Err(format!("engine {} is offline", engine.name)),
        Some(engine) => Ok(engine),
    };
    if task.kind == TaskKind::Install {
        let flavour = task.acts_on("@kabinet/flavour").map(FlavourId::from);
        let flavour = flavour.filter(|id| apps::of_flavour(&about.apps, id).is_some());
        let flavour = flavour.ok_or("what it installed is not in the catalogue any more")?;
        return Ok(Deed::Install(flavour, online(about.engine(task))?));
    }
    let verb = task.kind.pod_verb().ok_or("kab does not know what it was asked with; `kab engines ask` asks anew")?;
    let pod = about.pod(task).ok_or("its pod is gone")?;
    let engine = online(about.engines.iter().find(|engine| engine.id == pod.engine))?;
    Ok(Deed::Pod(verb, pod, engine))
}

/// Begins it, and waits for its end where that is wanted: the task as far as it came, and what went wrong.
async fn carry_out(
    context: &Context<'_>,
    store: &Store,
    deed: &Deed<'_>,
    title: &str,
    wait: bool,
) -> (Option<Task>, Option<Failure>) {
    let what = format!("Could not run again: {title}");
    let (store, doubt) = store.with_doubt();
    let unsure = async { outcome::unsure(context) };
    let begun = match deed {
        Deed::Install(flavour, engine) => doubt.told(store.install(flavour, engine), unsure).await,
        Deed::Pod(verb, pod, engine) => doubt.told(store.act(*verb, &pod.id, engine), unsure).await,
    };
    let task = match begun {
        Ok(task) => task,
        Err(error) => return (None, Some(error.failure(&what))),
    };
    context.begun.add(&task);
    let task = if wait {
        match outcome::wait(&store, context, task.clone(), &format!("Again: {title}")).await {
            Ok(task) => task,
            Err(failure) => return (Some(task), Some(failure)),
        }
    } else {
        task
    };
    let failure = if wait || task.state.is_done() { outcome::failure(&task, &what) } else { None };
    (Some(task), failure)
}

/// What became of one of them.
struct Done {
    of: TaskId,
    title: String,
    task: Option<Task>,
    failure: Option<Failure>,
}

fn answer(about: &About, all: Vec<Done>) -> Answer {
    let mut page = Page::new();
    let mut items: Vec<Value> = Vec::new();
    let mut names = Vec::new();
    let mut failures = Vec::new();
    let count = all.len();
    for Done { of, title, task, failure } in all {
        items.push(json!({
            "again": of,
            "task": task.as_ref().map(|task| about.data(task)),
            "ok": failure.is_none(),
            "error": failure.as_ref().map(error_of),
        }));
        if let Some(task) = task.filter(|_| failure.is_none()) {
            let ended = if task.state.is_done() { "done" } else { "asked for" };
            page.line(format!("Again {ended}: {title}, task {}.", task.id));
            names.push(task.id.to_string());
        }
        failures.extend(failure);
    }
    let answer = Answer { data: items.into(), text: Some(page.into_text()), names, ..Answer::nothing() };
    match together(failures, count, "Could not run all tasks again") {
        Some(failure) => answer.but(failure),
        None => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::domain::{Liveness, TaskState};

    fn about() -> About {
        About {
            apps: vec![testing::app("live.kab.demo.greeter")],
            pods: vec![testing::pod("7", "greeter", "abcdef0123")],
            engines: vec![testing::engine("1", "docker-ws", &[])],
        }
    }

    fn task(kind: TaskKind, state: TaskState, acted_on: &str) -> Task {
        Task { kind, acted_on: vec![acted_on.into()], ..testing::task("5", state) }
    }

    #[test]
    fn what_a_task_did_is_found_again_or_it_is_said_why_not() {
        let about = about();
        let why = |task: Task, about: &About| deed(&task, about).map(|deed| format!("{deed:?}")).unwrap_err();
        let install = || task(TaskKind::Install, TaskState::Failed, "@kabinet/flavour:flavour-vanilla");
        assert!(matches!(deed(&install(), &about), Ok(Deed::Install(id, _)) if id.as_str() == "flavour-vanilla"));
        let stop = || task(TaskKind::Stop, TaskState::Done, "@kabinet/pod:7");
        assert!(matches!(deed(&stop(), &about), Ok(Deed::Pod(PodVerb::Stop, pod, _)) if pod.id.as_str() == "7"));
        let running = Task { state: TaskState::Running, ..stop() };
        assert_eq!(why(running, &about), "it has not ended");
        let gone = task(TaskKind::Install, TaskState::Done, "@kabinet/flavour:none");
        assert_eq!(why(gone, &about), "what it installed is not in the catalogue any more");
        assert_eq!(why(task(TaskKind::Stop, TaskState::Done, "@kabinet/pod:9"), &about), "its pod is gone");
        assert!(why(task(TaskKind::Other, TaskState::Done, "x"), &about).starts_with("kab does not know"));
        let mut away = self::about();
        away.engines[0].liveness = Liveness::Offline { last_seen: None };
        assert_eq!(why(install(), &away), "engine docker-ws is offline");
        assert_eq!(why(stop(), &away), "engine docker-ws is offline");
        let none = About { engines: Vec::new(), ..self::about() };
        assert_eq!(why(install(), &none), "its engine is not known any more");
    }

    #[test]
    fn what_is_begun_is_told_with_its_own_task_and_what_is_not_with_its_reason() {
        let done = |of: &str, task, failure| Done { of: of.into(), title: "stop greeter".into(), task, failure };
        let failure = Failure::new("Could not run again: stop greeter", "its pod is gone");
        let failed = Some(testing::task("10", TaskState::Failed));
        let all = vec![
            done("5", Some(testing::task("9", TaskState::Queued)), None),
            done("6", None, Some(failure.clone())),
            done("7", failed, Some(failure)),
        ];
        let answer = answer(&about(), all);
        assert_eq!(answer.data[2]["task"]["id"], "10", "a task that failed can be looked at");
        assert_eq!(answer.text.as_deref(), Some("Again asked for: stop greeter, task 9.\n"));
        assert_eq!(
            (answer.names, &answer.data[0]["again"], &answer.data[1]["ok"]),
            (vec!["9".to_owned()], &json!("5"), &json!(false))
        );
        assert_eq!(answer.failure.map(|failure| failure.kind), Some(crate::domain::FailureKind::Partial));
    }
    #[test]
    fn one_pod_is_removed_once_however_many_tasks_did_it() {
        let about = about();
        let remove = |id: &str| Task { id: id.into(), ..task(TaskKind::Remove, TaskState::Failed, "@kabinet/pod:7") };
        let stop = task(TaskKind::Stop, TaskState::Done, "@kabinet/pod:7");
        let tasks = [remove("5"), remove("6"), stop];
        let deeds = tasks.iter().map(|task| (task, deed(task, &about))).collect();
        let ids: Vec<&str> = each_once(deeds).into_iter().map(|(task, _)| task.id.as_str()).collect();
        assert_eq!(ids.len(), 2, "{ids:?}");
    }
}
