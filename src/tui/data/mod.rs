//! What the server told, cleaned, with the indexes that the screens need.
//!
//! Everything derived is computed when data arrives, so that a key press only looks things up.

mod about;
mod cleaning;
mod facts;
mod finding;
mod naming;
pub mod order;
mod pull;
mod reading;
mod telling;
mod updates;

use std::collections::{HashMap, HashSet};

use super::effect::List;
use super::message::Socket;
use crate::compat::{Verdict, judge};
use crate::domain::{
    App, AppIdentifier, Approvals, Engine, EngineId, EngineKind, Failure, Flavour, FlavourId, Moment, Node, NodeId,
    Offer, Pod, PodId, PodStatus, Release, ReleaseId, Remote, Repository, RepositoryId, Selectors, Task, TaskEvent,
    TaskId, note_images,
};

pub use about::{Asked, Fetches, Said};
pub use cleaning::{Clean, tidy};
use order::{order_of_pods, pod_id_of};
pub use pull::Pull;

pub use facts::{
    Around, TaskAbout, facts_of_app, facts_of_engine, facts_of_node, facts_of_pod, facts_of_pod_on, facts_of_task,
};
pub use finding::{of_app, of_engine, of_flavour, of_node, of_pod, of_pod_on, of_release, of_task};

/// Where a flavour is: indexes into apps, releases, flavours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    /// The app.
    pub app: usize,
    /// The release.
    pub release: usize,
    /// The flavour.
    pub flavour: usize,
}

/// What the newest release of at least one app has.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct ToldOfApps {
    /// A description.
    pub description: bool,
    /// Its withdrawal.
    pub withdrawal: bool,
    /// Several repositories that offer it.
    pub choice: bool,
}

/// What the screens show.
#[derive(Debug, Default)]
pub struct Data {
    /// Apps, by name.
    pub apps: Remote<Vec<App>>,
    /// Nodes, by name.
    pub nodes: Remote<Vec<Node>>,
    /// Engines, by name.
    pub engines: Remote<Vec<Engine>>,
    /// Pods.
    pub pods: Remote<Vec<Pod>>,
    /// Tasks, the newest first.
    pub tasks: Remote<Vec<Task>>,
    /// Repositories.
    pub repositories: Remote<Vec<Repository>>,
    /// Sockets that were looked for; `None` before anybody looked.
    pub sockets: Option<Vec<Socket>>,
    /// Events of tasks whose pages were opened.
    pub events: HashMap<TaskId, Vec<TaskEvent>>,
    /// Pulls under way.
    pub pulls: HashMap<TaskId, Pull>,
    /// Lists that have been there as a whole.
    pub is_whole: HashSet<List>,
    /// Rows that have been read so far of lists that are being read.
    pub so_far: HashMap<List, usize>,
    /// What engines offer, where somebody asked.
    pub offers: HashMap<EngineId, Vec<Offer>>,
    /// Approvals of releases, where somebody asked and was answered; `None`: the server knows no approvals.
    pub approvals: HashMap<ReleaseId, Result<Option<Approvals>, Failure>>,
    /// What engines would fetch of images, where the sheet that is open asked.
    pub fetches: Fetches,
    /// What authors say of apps whose pages were opened.
    said: HashMap<ReleaseId, Remote<Said>>,
    /// Releases of which that was asked, and has not changed since as far as anybody knows.
    pub asked_about: HashSet<ReleaseId>,
    /// When lists were read last.
    pub read_at: HashMap<List, Moment>,
    /// The release of which somebody wants that, however slow the link is.
    pub wants_about: Option<ReleaseId>,
    /// Why lists could not be read last, which was said.
    pub failing: HashMap<List, Failure>,
    /// When what is shown was told, where that is not now.
    pub as_of: Option<Moment>,
    /// When something was heard of a task last.
    pub heard: HashMap<TaskId, Moment>,
    /// For every app: whether some flavour runs, or may run, on some engine that can be reached.
    pub somewhere: Vec<bool>,
    /// What any app has at all: columns that would be empty for all of them are left out.
    pub told_of_apps: ToldOfApps,
    flavours: HashMap<FlavourId, At>,
    apps_at: HashMap<AppIdentifier, usize>,
    nodes_at: HashMap<NodeId, usize>,
    /// Where the pods of an app stand that are said to run.
    alive: HashMap<AppIdentifier, Vec<usize>>,
    held: HashSet<AppIdentifier>,
    are_pods_behind: bool,
    /// Whether the server has told its tasks: what was kept from an earlier time is no news when it has ended.
    tasks_are_told: bool,
    /// Names of pods, also of those that are gone and that tasks still speak of.
    names: HashMap<PodId, String>,
}

impl Data {
    /// The apps; none before they arrived.
    pub fn apps(&self) -> &[App] {
        self.apps.value().map_or(&[], Vec::as_slice)
    }

    /// The nodes.
    pub fn nodes(&self) -> &[Node] {
        self.nodes.value().map_or(&[], Vec::as_slice)
    }

    /// The engines.
    pub fn engines(&self) -> &[Engine] {
        self.engines.value().map_or(&[], Vec::as_slice)
    }

    /// The engine without isolation, where it is the only one online: this machine has no container engine.
    pub fn lone_process_engine(&self) -> Option<&Engine> {
        let mut online = self.engines().iter().filter(|engine| engine.is_online());
        let first = online.next().filter(|engine| engine.kind == EngineKind::Process)?;
        online.all(|engine| engine.kind == EngineKind::Process).then_some(first)
    }

    /// The pods.
    pub fn pods(&self) -> &[Pod] {
        self.pods.value().map_or(&[], Vec::as_slice)
    }

    /// The tasks.
    pub fn tasks(&self) -> &[Task] {
        self.tasks.value().map_or(&[], Vec::as_slice)
    }

    /// The repositories.
    pub fn repositories(&self) -> &[Repository] {
        self.repositories.value().map_or(&[], Vec::as_slice)
    }

    /// An app by its identifier.
    pub fn app(&self, identifier: &AppIdentifier) -> Option<&App> {
        self.apps_at.get(identifier).and_then(|at| self.apps().get(*at))
    }

    /// A pod by its id.
    pub fn pod(&self, id: &PodId) -> Option<&Pod> {
        self.pods().iter().find(|pod| pod.id == *id)
    }

    /// An engine by its id.
    pub fn engine(&self, id: &EngineId) -> Option<&Engine> {
        self.engines().iter().find(|engine| engine.id == *id)
    }

    /// The engine behind an OAuth client id.
    pub fn engine_of_client(&self, client: &str) -> Option<&Engine> {
        self.engines().iter().find(|engine| engine.client_id == client)
    }

    /// A task by its id.
    pub fn task(&self, id: &TaskId) -> Option<&Task> {
        self.tasks().iter().find(|task| task.id == *id)
    }

    /// A node by its id.
    pub fn node(&self, id: &NodeId) -> Option<&Node> {
        self.nodes_at.get(id).and_then(|at| self.nodes().get(*at))
    }

    /// Where a flavour is.
    pub fn flavour_at(&self, id: &FlavourId) -> Option<At> {
        self.flavours.get(id).copied()
    }

    /// A flavour with its release and app.
    pub fn flavour(&self, id: &FlavourId) -> Option<(&App, &Release, &Flavour)> {
        let at = self.flavour_at(id)?;
        let app = self.apps().get(at.app)?;
        let release = app.releases.get(at.release)?;
        Some((app, release, release.flavours.get(at.flavour)?))
    }

    /// The release that a task installs, by the flavour that it acts on.
    pub fn installed_by(&self, task: &Task) -> Option<(&App, &Release, &Flavour)> {
        self.flavour(&FlavourId::from(task.acts_on("@kabinet/flavour")?))
    }

    /// The pod that a task acts on or made.
    pub fn pod_of(&self, task: &Task) -> Option<&Pod> {
        self.pod(&pod_id_of(task)?)
    }

    /// What the pod that a task acts on or made is called, also when it is gone.
    pub fn pod_name_of(&self, task: &Task) -> Option<String> {
        let id = pod_id_of(task)?;
        Some(self.names.get(&id).map_or_else(|| format!("pod {id}"), Clone::clone))
    }

    /// The short name of the app that a task is about.
    pub fn app_of_task(&self, task: &Task) -> Option<&str> {
        let installed = self.installed_by(task).map(|(app, ..)| app.short_name());
        installed.or_else(|| self.pod_of(task).map(|pod| crate::domain::short_name(pod.app.as_str())))
    }

    /// The engine that does a task.
    pub fn engine_of_task(&self, task: &Task) -> Option<&Engine> {
        self.engine_of_client(task.client_id.as_deref()?)
    }

    /// Pods of an app that are said to run.
    pub fn running(&self, app: &AppIdentifier) -> impl Iterator<Item = &Pod> {
        self.alive.get(app).into_iter().flatten().filter_map(|at| self.pods().get(*at))
    }

    /// Pods of an app, running or not.
    pub fn pods_of(&self, app: &AppIdentifier) -> usize {
        self.pods().iter().filter(|pod| pod.app == *app).count()
    }

    /// Whether an app has a pod, running or not.
    pub fn is_installed(&self, app: &AppIdentifier) -> bool {
        self.held.contains(app)
    }

    /// Takes apps in.
    pub fn settle_apps(&mut self, result: Result<Vec<App>, Failure>) {
        let result = result.map(|mut apps| {
            apps.iter_mut().for_each(Clean::clean);
            apps.sort_by(|a, b| a.short_name().cmp(b.short_name()).then_with(|| a.identifier.cmp(&b.identifier)));
            apps
        });
        self.apps.settle(result);
        self.flavours.clear();
        self.apps_at.clear();
        let apps = self.apps.value().map_or(&[][..], Vec::as_slice);
        let any = |has: fn(&Release) -> bool| apps.iter().filter_map(App::newest).any(has);
        self.told_of_apps = ToldOfApps {
            description: any(|release| release.description.is_some()),
            withdrawal: any(Release::is_withdrawn),
            choice: apps.iter().any(updates::has_choice),
        };
        for (app_at, app) in apps.iter().enumerate() {
            self.apps_at.insert(app.identifier.clone(), app_at);
            for (release_at, release) in app.releases.iter().enumerate() {
                for (flavour_at, flavour) in release.flavours.iter().enumerate() {
                    let at = At { app: app_at, release: release_at, flavour: flavour_at };
                    self.flavours.insert(flavour.id.clone(), at);
                }
            }
        }
        self.weigh();
        self.note_pods_behind();
    }

    /// Takes nodes in.
    pub fn settle_nodes(&mut self, result: Result<Vec<Node>, Failure>) {
        let result = result.map(|mut nodes| {
            nodes.iter_mut().for_each(Clean::clean);
            nodes.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.id.cmp(&b.id)));
            nodes
        });
        self.nodes.settle(result);
        let nodes = self.nodes.value().map_or(&[][..], Vec::as_slice);
        self.nodes_at = nodes.iter().enumerate().map(|(at, node)| (node.id.clone(), at)).collect();
    }

    /// Takes engines in.
    pub fn settle_engines(&mut self, result: Result<Vec<Engine>, Failure>) {
        let facts = |data: &Self| -> Vec<_> {
            let of = |engine: &Engine| (engine.kind.clone(), engine.is_online(), engine.resources.clone());
            data.engines().iter().map(of).collect()
        };
        let before = facts(self);
        self.engines.settle(result.map(|mut engines| {
            engines.iter_mut().for_each(Clean::clean);
            engines.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.id.cmp(&b.id)));
            note_images(&mut engines, self.pods.value().map_or(&[][..], Vec::as_slice));
            engines
        }));
        if before != facts(self) {
            self.weigh();
        }
    }

    /// Takes pods in.
    pub fn settle_pods(&mut self, result: Result<Vec<Pod>, Failure>) {
        self.pods.settle(result.map(|mut pods| {
            pods.iter_mut().for_each(Clean::clean);
            pods.sort_by(order_of_pods);
            pods
        }));
        self.count_pods();
    }

    /// Takes a pod in that is new or different.
    pub fn take_pod(&mut self, mut pod: Pod) {
        pod.clean();
        let mut pods = self.pods().to_vec();
        pods.retain(|known| known.id != pod.id);
        pods.push(pod);
        pods.sort_by(order_of_pods);
        self.pods = Remote::Ready(pods);
        self.count_pods();
    }

    /// Forgets a pod.
    pub fn drop_pod(&mut self, id: &PodId) {
        let mut pods = self.pods().to_vec();
        pods.retain(|known| known.id != *id);
        self.pods = Remote::Ready(pods);
        self.count_pods();
    }

    fn count_pods(&mut self) {
        self.alive.clear();
        self.held.clear();
        let pods = self.pods.value().map_or(&[][..], Vec::as_slice);
        for (at, pod) in pods.iter().enumerate() {
            self.held.insert(pod.app.clone());
            self.names.entry(pod.id.clone()).or_insert_with(|| pod.name());
            if pod.status == PodStatus::Running {
                self.alive.entry(pod.app.clone()).or_default().push(at);
            }
        }
        if let Some(engines) = self.engines.value_mut() {
            note_images(engines, pods);
        }
        self.note_pods_behind();
    }

    /// Whether each app's newest release runs, or may run, on some engine that is online. Most flavours demand nothing, so that the
    /// verdict on those is computed once.
    fn weigh(&mut self) {
        let engines = self.engines.value().map_or(&[][..], Vec::as_slice);
        let apps = self.apps.value().map_or(&[][..], Vec::as_slice);
        let mut bare: Option<bool> = None;
        let possible = |flavour: &Flavour| {
            engines.iter().any(|engine| engine.is_online() && judge(flavour, engine).verdict != Verdict::No)
        };
        self.somewhere = apps
            .iter()
            .map(|app| {
                let Some(release) = app.newest() else { return false };
                let demo = |flavour: &Flavour| flavour.image.reference.starts_with(crate::compat::DEMO_IMAGES);
                release.flavours.iter().any(|flavour| match &flavour.selectors {
                    Selectors::Known(selectors) if selectors.is_empty() && !demo(flavour) => {
                        *bare.get_or_insert_with(|| possible(flavour))
                    }
                    _ => possible(flavour),
                })
            })
            .collect();
    }

    /// The nodes that an app's newest release provides, each once.
    pub fn nodes_of(&self, release: &Release) -> Vec<&Node> {
        let mut seen = HashSet::new();
        let provided = release.flavours.iter().flat_map(|flavour| &flavour.nodes);
        let mut nodes: Vec<_> = provided.filter(|id| seen.insert(*id)).filter_map(|id| self.node(id)).collect();
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        nodes
    }

    /// All repositories that offer an app, in the order in which they were added.
    pub fn repositories_of(&self, app: &App) -> Vec<&Repository> {
        let flavours = app.releases.iter().flat_map(|release| &release.flavours).filter(|flavour| !flavour.withdrawn);
        let ids: HashSet<_> = flavours.filter_map(|flavour| flavour.repository.as_ref()).collect();
        self.repositories().iter().filter(|repository| ids.contains(&repository.id)).collect()
    }

    /// What people call the repository of a release.
    pub fn repository_of(&self, release: &Release) -> Option<&Repository> {
        let id = release.repository()?;
        self.repositories().iter().find(|repository| repository.id == *id)
    }

    /// The repository of the release with that id.
    pub fn repository_id_of(&self, release: &ReleaseId) -> Option<RepositoryId> {
        self.release(release)?.repository().cloned()
    }
}
