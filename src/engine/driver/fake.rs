//! A container engine in memory, for tests: it does what it is told, counts, and fails where it is told to.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, MutexGuard},
};

use futures_util::{FutureExt, StreamExt, stream, stream::BoxStream};
use tokio::sync::broadcast;

use super::{
    Answer, Container, ContainerPhase, ContainerSpec, Driver, Error, ImageFacts, Info, LogRange, Plan, Platform,
    PullRequest, State, Usage,
};
use crate::domain::{EngineKind, LayerState, LogLine, LogSource, Moment, PullProgress};

/// The engine.
pub struct Fake {
    pub state: Mutex<Inside>,
    events: broadcast::Sender<String>,
}

/// What is inside of it.
#[derive(Default)]
pub struct Inside {
    pub containers: BTreeMap<String, (ContainerSpec, State)>,
    pub images: BTreeMap<String, ImageFacts>,
    /// The calls, in order: `create`, `start`, …
    pub calls: Vec<String>,
    /// The call that fails, with its error.
    pub failing: BTreeMap<String, Error>,
    /// What a started container does at once.
    pub after_start: Option<ContainerPhase>,
    /// A pull stops half way, for ever.
    pub stuck_pull: Option<String>,
    pub log: Vec<String>,
    /// What every running container has used.
    pub usage: Usage,
    /// What the registry says of every image.
    pub platforms: Vec<Platform>,
    /// What it says of the layers of every image.
    pub plan: Option<Plan>,
    made: usize,
}

impl Fake {
    pub fn new() -> Self {
        Self { state: Mutex::default(), events: broadcast::channel(64).0 }
    }

    pub fn lock(&self) -> MutexGuard<'_, Inside> {
        self.state.lock().unwrap()
    }

    /// Changes a container's state as if it did so by itself.
    pub fn set(&self, id: &str, phase: ContainerPhase) {
        self.lock().containers.get_mut(id).unwrap().1.phase = phase;
        self.events.send(id.to_owned()).ok();
    }

    fn call(&self, name: &str) -> Result<MutexGuard<'_, Inside>, Error> {
        let mut inside = self.lock();
        inside.calls.push(name.to_owned());
        match inside.failing.get(name) {
            Some(error) => Err(error.clone()),
            None => Ok(inside),
        }
    }

    fn change(&self, name: &str, id: &str, phase: ContainerPhase) -> Result<(), Error> {
        let mut inside = self.call(name)?;
        let phase = if phase == ContainerPhase::Running { inside.after_start.unwrap_or(phase) } else { phase };
        let Some((_, state)) = inside.containers.get_mut(id) else {
            return Err(Error::NotFound(id.to_owned()));
        };
        state.phase = phase;
        drop(inside);
        self.events.send(id.to_owned()).ok();
        Ok(())
    }
}

fn seen(id: &str, (spec, state): &(ContainerSpec, State)) -> Container {
    Container { id: id.to_owned(), labels: spec.labels.clone(), state: state.clone() }
}

impl Driver for Fake {
    fn kind(&self) -> EngineKind {
        EngineKind::Podman
    }

    fn info(&self) -> Answer<'_, Info> {
        async { Ok(Info { version: "1.0".into(), ..Info::default() }) }.boxed()
    }

    fn image<'a>(&'a self, reference: &'a str) -> Answer<'a, Option<ImageFacts>> {
        async move { Ok(self.call("image")?.images.get(reference).cloned()) }.boxed()
    }

    fn platforms<'a>(&'a self, _request: &'a PullRequest) -> Answer<'a, Vec<Platform>> {
        async { Ok(self.lock().platforms.clone()) }.boxed()
    }

    fn plan<'a>(&'a self, _request: &'a PullRequest, _machine: &'a str) -> Answer<'a, Result<Plan, String>> {
        async { Ok(self.lock().plan.clone().ok_or_else(|| String::from("the registry is away"))) }.boxed()
    }

    fn pull(&self, request: PullRequest) -> BoxStream<'_, Result<PullProgress, Error>> {
        let mut inside = match self.call("pull") {
            Ok(inside) => inside,
            Err(error) => return stream::once(async { Err(error) }).boxed(),
        };
        let mut half = PullProgress::default();
        half.note("a3ed95caeb02", LayerState::Downloading, Some((50, Some(100))));
        if inside.stuck_pull.is_some() {
            return stream::once(async { Ok(half) }).chain(stream::pending()).boxed();
        }
        inside.images.insert(request.reference, ImageFacts::default());
        let mut whole = half.clone();
        whole.note("a3ed95caeb02", LayerState::Done, None);
        stream::iter([Ok(half), Ok(whole)]).boxed()
    }

    fn load_image<'a>(&'a self, _archive: &'a Path) -> Answer<'a, ()> {
        async { Ok(()) }.boxed()
    }

    fn create<'a>(&'a self, spec: &'a ContainerSpec) -> Answer<'a, String> {
        async move {
            let mut inside = self.call("create")?;
            inside.made += 1;
            let id = format!("{:064x}", inside.made);
            let state = State { phase: ContainerPhase::Created, restarts: 0, last_code: None, error: None };
            inside.containers.insert(id.clone(), (spec.clone(), state));
            match inside.failing.get("create's reply") {
                Some(error) => Err(error.clone()),
                None => Ok(id),
            }
        }
        .boxed()
    }

    fn start<'a>(&'a self, id: &'a str) -> Answer<'a, ()> {
        async move { self.change("start", id, ContainerPhase::Running) }.boxed()
    }

    fn stop<'a>(&'a self, id: &'a str) -> Answer<'a, ()> {
        let ended = ContainerPhase::Exited { code: 0, memory: super::Memory::NotTold };
        async move { self.change("stop", id, ended) }.boxed()
    }

    fn restart<'a>(&'a self, id: &'a str) -> Answer<'a, ()> {
        async move { self.change("restart", id, ContainerPhase::Running) }.boxed()
    }

    fn remove<'a>(&'a self, id: &'a str) -> Answer<'a, ()> {
        async move {
            self.call("remove")?.containers.remove(id);
            self.events.send(id.to_owned()).ok();
            Ok(())
        }
        .boxed()
    }

    fn inspect<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Container>> {
        async move { Ok(self.call("inspect")?.containers.get(id).map(|found| seen(id, found))) }.boxed()
    }

    fn list<'a>(&'a self, label: &'a str, value: &'a str) -> Answer<'a, Vec<Container>> {
        async move {
            let inside = self.call("list")?;
            let ours =
                inside.containers.iter().filter(|(_, (spec, _))| spec.labels.get(label).is_some_and(|it| it == value));
            Ok(ours.map(|(id, found)| seen(id, found)).collect())
        }
        .boxed()
    }

    fn logs(&self, _id: &str, range: LogRange) -> BoxStream<'_, Result<LogLine, Error>> {
        let lines = match self.call("logs") {
            Ok(inside) => inside.log.clone(),
            Err(error) => return stream::once(async { Err(error) }).boxed(),
        };
        let skip = range.tail.map_or(0, |tail| lines.len().saturating_sub(tail));
        let lines = lines
            .into_iter()
            .skip(skip)
            .map(|text| Ok(LogLine { at: Some(Moment(1000)), source: LogSource::Stdout, text }));
        stream::iter(lines.collect::<Vec<_>>()).boxed()
    }

    fn usage<'a>(&'a self, ids: &'a [String]) -> Answer<'a, BTreeMap<String, Usage>> {
        async move {
            let mut inside = self.call("usage")?;
            // A core is busy between two looks.
            let usage = inside.usage;
            inside.usage.processor = usage.processor.map(|spent| spent + std::time::Duration::from_secs(3));
            Ok(ids.iter().map(|id| (id.clone(), usage)).collect())
        }
        .boxed()
    }

    fn events(&self) -> BoxStream<'_, Result<String, Error>> {
        stream::unfold(
            self.events.subscribe(),
            |mut events| async move { Some((Ok(events.recv().await.ok()?), events)) },
        )
        .boxed()
    }
}
