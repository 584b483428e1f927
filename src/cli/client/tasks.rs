//! `kab tasks`: work that was asked for, how far it is, and stopping it.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::happened::happened;
use super::outcome::together;
use super::page::{self, Page};
use super::source::Source;
use super::{Search, again, apps, data, lists, outcome};
use crate::cli::context::Context;
use crate::cli::output::{Answer, Columns, error_of};
use crate::domain::{
    App, Engine, Failure, Moment, Phase, Pod, PodId, Task, TaskId, TaskState, clean_line, short_name, value_words,
    values_words,
};
use crate::services::Store;
use crate::tui::data::{TaskAbout, facts_of_task, of_task};
use crate::tui::widgets::text::duration;

/// What is asked of tasks; `list` when nothing is said.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    search: Search,
    /// So many at most, the newest first
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Also those that only read something, such as a log that somebody looked at
    #[arg(long)]
    all: bool,
}

impl Arguments {
    /// Whether it only lists.
    pub fn lists(&self) -> bool {
        matches!(self.verb, None | Some(Verb::List { .. }))
    }
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List them, the newest first
    #[command(visible_alias = "ls")]
    List {
        #[command(flatten)]
        search: Search,
        /// So many at most
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
        /// Also those that only read something, such as a log that somebody looked at
        #[arg(long)]
        all: bool,
    },
    /// Show one of them, with what happened
    Show {
        /// Its id
        task: String,
    },
    /// Ask tasks to end
    Cancel {
        /// Their ids
        #[arg(value_name = "TASK", required = true)]
        tasks: Vec<String>,
        /// Wait until they have ended
        #[arg(long, conflicts_with = "no_wait")]
        wait: bool,
        /// Do not wait until they have ended: the default
        #[arg(long)]
        no_wait: bool,
    },
    /// Ask for what tasks did once more
    Again(again::Arguments),
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<Answer, Failure> {
    match arguments.verb {
        None => list(context, &arguments.search, arguments.limit, Which::of(arguments.all)).await,
        Some(Verb::List { search, limit, all }) => {
            list(context, &search, limit.or(arguments.limit), Which::of(all || arguments.all)).await
        }
        Some(Verb::Show { task }) => show(context, &task).await,
        Some(Verb::Again(which)) => again::run(context, &which).await,
        Some(Verb::Cancel { tasks, wait, no_wait }) => {
            cancel(context, &tasks, if wait && !no_wait { Until::Ended } else { Until::Asked }).await
        }
    }
}

/// What tasks are about.
pub(super) struct About {
    /// The apps.
    pub apps: Vec<App>,
    /// The pods.
    pub pods: Vec<Pod>,
    /// The engines.
    pub engines: Vec<Engine>,
}

impl About {
    async fn read(source: &Source<'_>) -> Result<Self, Failure> {
        let (apps, pods, engines) = futures_util::try_join!(source.apps(), source.pods(), source.engines())?;
        Ok(Self { apps, pods, engines })
    }

    /// The same from a server that is there.
    pub async fn of(store: &Store) -> Result<Self, Failure> {
        let (apps, pods, engines) =
            futures_util::try_join!(lists::apps(store), lists::pods(store), lists::engines(store))?;
        Ok(Self { apps, pods, engines })
    }

    /// The engine that works on it.
    pub fn engine(&self, task: &Task) -> Option<&Engine> {
        let client = task.client_id.as_deref()?;
        self.engines.iter().find(|engine| engine.client_id == client)
    }

    /// `install greeter 1.0.0`, `stop greeter-8c1f20e4`.
    pub fn title(&self, task: &Task) -> String {
        let Some(verb) = task.kind.verb() else { return task.action.clone() };
        let installed = task.acts_on("@kabinet/flavour").and_then(|id| apps::of_flavour(&self.apps, &id.into()));
        let pod = task.pod.as_ref().map(PodId::as_str).or_else(|| task.acts_on("@kabinet/pod"));
        // A pod that is gone has lost its name.
        let name = |id: &str| {
            let known = self.pods.iter().find(|pod| pod.id.as_str() == id);
            known.map_or_else(|| format!("pod {id}"), Pod::name)
        };
        let pod = pod.map(name);
        match (installed, pod) {
            (Some((app, release)), _) => format!("{verb} {} {}", app.short_name(), release.version),
            (None, Some(pod)) => format!("{verb} {pod}"),
            (None, None) => task.action.clone(),
        }
    }

    /// The pod that it is about.
    pub fn pod(&self, task: &Task) -> Option<&Pod> {
        let id = task.pod.as_ref().map(PodId::as_str).or_else(|| task.acts_on("@kabinet/pod"))?;
        self.pods.iter().find(|pod| pod.id.as_str() == id)
    }

    /// The short name of its app.
    fn app(&self, task: &Task) -> Option<&str> {
        if let Some(flavour) = task.acts_on("@kabinet/flavour") {
            return apps::of_flavour(&self.apps, &flavour.into()).map(|(app, _)| app.short_name());
        }
        self.pod(task).map(|pod| short_name(pod.app.as_str()))
    }

    /// A task for programs.
    pub fn data(&self, task: &Task) -> Value {
        let mut data = data::task(task);
        data["title"] = self.title(task).into();
        data["engine"] = self.engine(task).map_or(Value::Null, data::engine_name);
        data
    }

    fn row(&self, task: &Task, now: Moment) -> Vec<String> {
        vec![
            task.id.to_string(),
            task.state.word().to_owned(),
            self.title(task),
            self.engine(task).map_or_else(|| "-".into(), |engine| engine.name.clone()),
            page::age_of(task.created_at, now),
            how_far(task),
        ]
    }
}

fn how_far(task: &Task) -> String {
    let first = task.message.as_deref().and_then(|message| message.lines().next()).unwrap_or_default();
    let phase = task.phase().map_or("", Phase::word);
    match (task.state, task.percent()) {
        (TaskState::Failed, _) => first.to_owned(),
        (TaskState::Running | TaskState::Cancelling, Some(percent)) => {
            format!("{phase} {percent} %").trim_start().to_owned()
        }
        (TaskState::Queued, _) => "waits for its engine".into(),
        (TaskState::Disconnected, _) => "engine lost".into(),
        (TaskState::Done | TaskState::Cancelled, _) => match (task.created_at, task.finished_at) {
            (Some(from), Some(until)) => format!("took {}", duration(from.seconds_until(until))),
            _ => String::new(),
        },
        (TaskState::Running | TaskState::Cancelling, None) => phase.to_owned(),
    }
}

/// Which tasks are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    /// Those that somebody asked for by name, and the others where they failed.
    Asked,
}

impl Which {
    fn of(all: bool) -> Self {
        if all { Self::All } else { Self::Asked }
    }

    fn has(self, task: &Task) -> bool {
        self == Self::All || !task.kind.is_reading() || task.state == TaskState::Failed
    }
}

async fn list(context: &Context<'_>, search: &Search, limit: Option<usize>, which: Which) -> Result<Answer, Failure> {
    let source = Source::of(context).await?;
    let limit = limit.unwrap_or(usize::MAX);
    // What is searched for may be an old one.
    let read = if search.is_empty() { limit } else { usize::MAX };
    let (mut tasks, about) = futures_util::try_join!(source.tasks(read), About::read(&source))?;
    let is_cut = tasks.len() >= read;
    tasks.retain(|task| which.has(task));
    if is_cut && tasks.len() < read {
        // Older ones take the place of those that are left out.
        tasks = source.tasks(usize::MAX).await?;
        tasks.retain(|task| which.has(task));
    }
    let me = source.me().await;
    let mut tasks = search.knowing(context).among(tasks, |task| {
        let engine = about.engine(task).map(|engine| engine.name.as_str());
        let place = TaskAbout { engine, app: about.app(task), me: &me };
        (of_task(task, &about.title(task)), facts_of_task(task, place, Search::around()))
    });
    tasks.truncate(limit);
    let now = page::now();
    let columns = Columns {
        headings: vec!["ID", "STATE", "WHAT", "ENGINE", "AGE", "HOW FAR"],
        rows: tasks.iter().map(|task| about.row(task, now)).collect(),
        empty: search.empty("task", "No tasks. `kab install APP` makes one."),
    };
    let data = tasks.iter().map(|task| about.data(task)).collect();
    let names = tasks.iter().map(|task| task.id.to_string()).collect();
    Ok(source.answered(context, Answer::list(data, columns, names)))
}

async fn show(context: &Context<'_>, id: &str) -> Result<Answer, Failure> {
    let store = context.store().await?;
    let id = TaskId::from(id);
    let task = async { store.task(&id).await.map_err(|error| error.failure("Could not read the task")) };
    let source = Source::Live(Box::new(store.clone()), context.kept()?.0);
    let ((task, events), about) = futures_util::try_join!(task, About::read(&source))?;
    let mut data = about.data(&task);
    data["events"] = events.iter().map(data::event).collect::<Vec<Value>>().into();
    let mut page = Page::new();
    page.field("Task", about.title(&task));
    page.field("Id", task.id.as_str());
    page.field("State", task.state.word());
    page.field("Engine", about.engine(&task).map_or("unknown", |engine| &engine.name));
    page.field("How far", how_far(&task));
    page.field("Asked", page::ago(task.created_at, page::now()));
    page.field("Pod", task.pod.as_ref().map_or("", PodId::as_str));
    page.field("Says", task.message.as_deref().and_then(|message| message.lines().next()).unwrap_or_default());
    for (name, value) in &task.arguments {
        page.field("Given", format!("{} = {}", clean_line(name), value_words(value)));
    }
    let result = events.iter().rev().find(|event| !event.returns.is_empty());
    page.field("Result", result.map_or_else(String::new, |event| values_words(&event.returns)));
    page.columns("What happened", &happened(&task, &events));
    Ok(Answer::text(data, page.into_text(), task.id.as_str()))
}

/// When cancelling is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    Asked,
    Ended,
}

async fn cancel(context: &Context<'_>, ids: &[String], until: Until) -> Result<Answer, Failure> {
    let store = context.store().await?;
    let mut items = Vec::new();
    let mut failures: Vec<Failure> = Vec::new();
    let mut page = Page::new();
    for id in ids {
        let result = cancel_one(context, &store, &TaskId::from(id.as_str()), until).await;
        let (task, failure) = match result {
            Ok((task, came)) => {
                page.line(cancelled(&task, came));
                (Some(task), None)
            }
            Err(failure) => (None, Some(failure)),
        };
        items.push(json!({
            "id": id,
            "task": task.as_ref().map(data::task),
            "ok": failure.is_none(),
            "error": failure.as_ref().map(error_of),
        }));
        failures.extend(failure);
    }
    let answer = Answer { text: Some(page.into_text()), names: ids.to_vec(), ..Answer::nothing() };
    let answer = Answer { data: items.into(), ..answer };
    Ok(match together(failures, ids.len(), "Could not cancel all tasks") {
        Some(failure) => answer.but(failure),
        None => answer,
    })
}

/// When a wish to cancel came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    InTime,
    TooLate,
}

/// What became of a task that was to be cancelled.
fn cancelled(task: &Task, came: Came) -> String {
    let (id, word) = (&task.id, task.state.word());
    match (came, task.state) {
        (Came::TooLate, _) => format!("Task {id} is over already: {word}."),
        (Came::InTime, TaskState::Cancelled) => format!("Cancelled task {id}."),
        (Came::InTime, state) if state.is_done() => format!("Task {id} ended before it could be cancelled: {word}."),
        (Came::InTime, TaskState::Disconnected) => format!("Asked task {id} to end, but its engine is lost."),
        (Came::InTime, _) => format!("Asked task {id} to end."),
    }
}

async fn cancel_one(context: &Context<'_>, store: &Store, id: &TaskId, until: Until) -> Result<(Task, Came), Failure> {
    let what = format!("Could not cancel task {id}");
    // Servers do not say of a task that is not there that it is not.
    let (task, _) = store.task(id).await.map_err(|error| error.failure(&what))?;
    if task.state.is_done() {
        return Ok((task, Came::TooLate));
    }
    let refused = store.cancel(id).await.err();
    let (task, _) = store.task(id).await.map_err(|error| error.failure(&what))?;
    match (refused, until) {
        // It ended in between.
        (Some(_), _) if task.state.is_done() => Ok((task, Came::TooLate)),
        (Some(error), _) => Err(error.failure(&what)),
        (None, Until::Asked) => Ok((task, Came::InTime)),
        (None, Until::Ended) => {
            let task = outcome::wait(store, context, task, &format!("Cancelling task {id}")).await?;
            Ok((task, Came::InTime))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::domain::TaskKind;

    fn task(kind: TaskKind, acted_on: &str) -> Task {
        Task { kind, acted_on: vec![acted_on.into()], ..testing::task("5", TaskState::Running) }
    }

    #[test]
    fn a_task_that_was_over_is_not_said_to_have_been_cancelled() {
        let told = |state, came| cancelled(&testing::task("5", state), came);
        assert_eq!(told(TaskState::Done, Came::TooLate), "Task 5 is over already: DONE.");
        assert_eq!(told(TaskState::Cancelled, Came::TooLate), "Task 5 is over already: CANCELLED.");
        assert_eq!(told(TaskState::Cancelled, Came::InTime), "Cancelled task 5.");
        assert_eq!(told(TaskState::Cancelling, Came::InTime), "Asked task 5 to end.");
    }

    #[test]
    fn a_task_says_what_it_does_to_what_and_where() {
        let about = About {
            apps: vec![testing::app("live.kab.demo.greeter")],
            pods: vec![testing::pod("7", "greeter", "abcdef0123")],
            engines: vec![testing::engine("1", "docker-ws", &[])],
        };
        let install = task(TaskKind::Install, "@kabinet/flavour:flavour-vanilla");
        let expected = ["5", "RUNNING", "install greeter 1.0.0", "docker-ws", "2m", "40 %"];
        assert_eq!(about.row(&install, Moment(120_000)), expected);
        let stop = task(TaskKind::Stop, "@kabinet/pod:7");
        assert_eq!(about.title(&stop), "stop greeter-abcdef01");
        assert_eq!((&about.data(&stop)["kind"], &about.data(&stop)["pod"]), (&json!("stop"), &json!("7")));
        assert_eq!(about.title(&task(TaskKind::Stop, "@kabinet/pod:gone")), "stop pod gone");
        assert_eq!([about.app(&install), about.app(&stop)], [Some("greeter"); 2]);
    }
}
