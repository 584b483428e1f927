//! What filters such as `status:` and `engine:` are held against, for each kind of row.

use super::updates::has_update;
use crate::compat::{Mark, Verdict, judge, marks};
use crate::domain::{
    App, Engine, Inventory, Liveness, Moment, Node, Pod, PodStatus, Release, SelectorKind, Task, short_name,
};
use crate::search::{Facts, Key};

/// What rows are judged by.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The engines.
    pub engines: &'a [Engine],
    /// The pods.
    pub pods: &'a [Pod],
    /// Who we are, as tokens say; empty where nobody knows.
    pub me: &'a str,
    /// The present.
    pub now: Moment,
}

impl Around<'_> {
    /// Whether nobody can confirm what a pod says; where no engines are told nothing is doubted.
    fn is_ghost(&self, pod: &Pod) -> bool {
        let engine = self.engines.iter().find(|engine| engine.id == pod.engine);
        !self.engines.is_empty() && pod.is_ghost(engine, self.now)
    }

    fn is_running(&self, pod: &Pod) -> bool {
        pod.status == PodStatus::Running && !self.is_ghost(pod)
    }

    fn age(&self, since: Option<Moment>) -> Option<u64> {
        since.map(|since| since.seconds_until(self.now))
    }
}

/// The facts of an app: those of its newest release, and of its pods.
pub fn facts_of_app(app: &App, around: Around<'_>) -> Facts {
    let Some(release) = app.newest() else { return Facts::default() };
    let mut facts = of_release(release, around);
    let mut installed = false;
    let pods = || around.pods.iter().filter(|pod| pod.app == app.identifier);
    if has_update(app, pods()) {
        facts.add(Key::Status, "update");
    }
    for pod in pods() {
        installed = true;
        if around.is_running(pod) {
            facts.add(Key::Status, "running");
        }
    }
    facts.add(Key::Installed, if installed { "yes" } else { "no" });
    facts
}

/// The facts of a node: those of all releases that provide it, together.
pub fn facts_of_node<'a>(node: &Node, releases: impl Iterator<Item = &'a Release>, around: Around<'_>) -> Facts {
    let mut all = Facts::default();
    for release in releases {
        let facts = of_release(release, around);
        all.age = [all.age, facts.age].into_iter().flatten().min();
        for key in Key::ALL {
            for value in facts.of(key) {
                all.add(key, value);
            }
        }
    }
    let mut installed = false;
    for pod in around.pods.iter().filter(|pod| node.flavours.contains(&pod.flavour)) {
        installed = true;
        if around.is_running(pod) {
            all.add(Key::Status, "running");
        }
    }
    all.add(Key::Installed, if installed { "yes" } else { "no" });
    all
}

fn of_release(release: &Release, around: Around<'_>) -> Facts {
    let mut facts = Facts::aged(around.age(release.built_at()));
    let marks = marks(release, around.engines);
    let mut best: Option<Mark> = None;
    for (engine, mark) in around.engines.iter().zip(marks) {
        // An engine that is away says nothing against an app which it would not run anyway.
        let would = mark != Mark::Offline || would_run(release, engine);
        if mark != Mark::No && would {
            facts.add(Key::Engine, &engine.name);
        }
        let mark = if would { mark } else { Mark::No };
        best = best.into_iter().chain([mark]).min_by_key(|mark| rank(*mark));
    }
    let status = match best {
        Some(Mark::Best | Mark::Runs) => "compatible",
        Some(Mark::Maybe) => "maybe",
        Some(Mark::No) => "incompatible",
        Some(Mark::Offline) => "offline",
        None => "unknown",
    };
    facts.add(Key::Status, status);
    for flavour in &release.flavours {
        facts.add(Key::Flavour, &flavour.name);
        for selector in flavour.selectors.known() {
            match &selector.kind {
                SelectorKind::Cuda { .. } => facts.add(Key::Flavour, "cuda"),
                SelectorKind::Rocm { .. } => facts.add(Key::Flavour, "rocm"),
                _ => {}
            }
        }
    }
    for scope in &release.scopes {
        facts.add(Key::Scope, scope);
    }
    facts
}

/// Whether an engine may run a release, by what it reported last.
fn would_run(release: &Release, engine: &Engine) -> bool {
    release.flavours.iter().any(|flavour| judge(flavour, engine).verdict != Verdict::No)
}

fn rank(mark: Mark) -> u8 {
    match mark {
        Mark::Best | Mark::Runs => 0,
        Mark::Maybe => 1,
        Mark::Offline => 2,
        Mark::No => 3,
    }
}

/// The facts of a pod.
pub fn facts_of_pod(pod: &Pod, around: Around<'_>) -> Facts {
    let mut facts = Facts::aged(around.age(pod.updated_at.or(pod.created_at)));
    // What nobody can confirm is no pod that runs.
    facts.add(Key::Status, if around.is_ghost(pod) { "unconfirmed" } else { pod.status.word() });
    facts.add(Key::Engine, &pod.engine_name);
    facts.add(Key::Flavour, &pod.flavour_name);
    facts.add(Key::App, short_name(pod.app.as_str()));
    if let Some(owner) = &pod.owner {
        if pod.is_of(around.me) {
            facts.add(Key::By, "me");
        }
        facts.add(Key::By, &owner.name);
    }
    facts
}

/// The facts of a pod in a list of several servers, by what else its own one told.
pub fn facts_of_pod_on(context: &str, pod: &Pod, (told, now): (&Inventory, Moment)) -> Facts {
    let around = Around { engines: &told.engines, pods: &[], me: &told.me, now };
    let mut facts = facts_of_pod(pod, around);
    facts.add(Key::Server, context);
    facts
}

/// The facts of an engine.
pub fn facts_of_engine(engine: &Engine, around: Around<'_>) -> Facts {
    let mut facts = Facts::aged(around.age(engine.reported_at()));
    facts.add(Key::Engine, engine.kind.name());
    facts.add(
        Key::Status,
        match engine.liveness {
            Liveness::Online => "online",
            Liveness::Offline { .. } => "offline",
            Liveness::Unknown => "unknown",
        },
    );
    facts
}

/// What a task is about that it does not know itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TaskAbout<'a> {
    /// The name of the engine that does it.
    pub engine: Option<&'a str>,
    /// The app's short name.
    pub app: Option<&'a str>,
    /// Who we are, as tokens say; empty where nobody knows.
    pub me: &'a str,
}

/// The facts of a task.
pub fn facts_of_task(task: &Task, about: TaskAbout<'_>, around: Around<'_>) -> Facts {
    let mut facts = Facts::aged(around.age(task.finished_at.or(task.created_at)));
    facts.add(Key::Status, task.state.word());
    if let Some(engine) = about.engine {
        facts.add(Key::Engine, engine);
    }
    if let Some(app) = about.app {
        facts.add(Key::App, app);
    }
    if let Some(by) = &task.by {
        if !about.me.is_empty() && by.subject == about.me {
            facts.add(Key::By, "me");
        }
        facts.add(Key::By, &by.subject);
    }
    facts
}
