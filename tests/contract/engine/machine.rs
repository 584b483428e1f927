//! A container engine in memory, for kab's own container backend.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, MutexGuard},
};

use futures_util::{FutureExt as _, StreamExt as _, stream, stream::BoxStream};
use kab::{
    domain::{EngineKind, LayerState, LogLine, LogSource, Moment, PullProgress},
    engine::driver::{
        Answer, Container, ContainerPhase, ContainerSpec, Driver, Error, Follow, ImageFacts, Info, LogRange, Memory,
        PullRequest, State,
    },
};
use tokio::sync::{broadcast, watch};

/// The engine.
pub struct Machine {
    inside: Mutex<Inside>,
    events: broadcast::Sender<String>,
    /// Lines that containers write while somebody follows.
    written: broadcast::Sender<String>,
    /// How many lines every container has written before anybody looks.
    pub history: std::sync::atomic::AtomicI64,
    /// Whether pulls go on, or stop half way.
    pub pulls: watch::Sender<bool>,
}

#[derive(Default)]
struct Inside {
    containers: BTreeMap<String, (ContainerSpec, State)>,
    images: BTreeMap<String, ImageFacts>,
    pulls: usize,
    made: usize,
}

impl Machine {
    pub fn new() -> Self {
        Self {
            inside: Mutex::default(),
            events: broadcast::channel(64).0,
            written: broadcast::channel(1 << 14).0,
            history: 50.into(),
            pulls: watch::Sender::new(true),
        }
    }

    /// Containers by id, with what they were made of.
    pub fn containers(&self) -> BTreeMap<String, ContainerSpec> {
        let inside = self.lock();
        inside.containers.iter().map(|(id, (spec, _))| (id.clone(), spec.clone())).collect()
    }

    /// How many pulls were begun.
    pub fn pulls_begun(&self) -> usize {
        self.lock().pulls
    }

    /// Every container writes a line.
    pub fn writes(&self, text: &str) {
        self.written.send(text.to_owned()).ok();
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    fn change(&self, id: &str, phase: ContainerPhase) -> Result<(), Error> {
        let mut inside = self.lock();
        let (_, state) = inside.containers.get_mut(id).ok_or_else(|| Error::NotFound(id.to_owned()))?;
        state.phase = phase;
        drop(inside);
        self.events.send(id.to_owned()).ok();
        Ok(())
    }
}

fn seen(id: &str, (spec, state): &(ContainerSpec, State)) -> Container {
    Container { id: id.to_owned(), labels: spec.labels.clone(), state: state.clone() }
}

const ENDED: ContainerPhase = ContainerPhase::Exited { code: 0, memory: Memory::NotTold };

impl Driver for Machine {
    fn kind(&self) -> EngineKind {
        EngineKind::Docker
    }

    fn info(&self) -> Answer<'_, Info> {
        async { Ok(Info { version: "27.0".into(), ..Info::default() }) }.boxed()
    }

    fn image<'a>(&'a self, reference: &'a str) -> Answer<'a, Option<ImageFacts>> {
        async move { Ok(self.lock().images.get(reference).cloned()) }.boxed()
    }

    fn pull(&self, request: PullRequest) -> BoxStream<'_, Result<PullProgress, Error>> {
        self.lock().pulls += 1;
        let mut half = PullProgress::default();
        half.note("a3ed95caeb02", LayerState::Downloading, Some((50, Some(100))));
        let mut whole = half.clone();
        whole.note("a3ed95caeb02", LayerState::Done, None);
        let rest = async move {
            self.pulls.subscribe().wait_for(|go_on| *go_on).await.ok();
            self.lock().images.insert(request.reference, ImageFacts::default());
            Ok(whole)
        };
        stream::iter([Ok(half)]).chain(stream::once(rest)).boxed()
    }

    fn load_image<'a>(&'a self, _archive: &'a Path) -> Answer<'a, ()> {
        async { Ok(()) }.boxed()
    }

    fn create<'a>(&'a self, spec: &'a ContainerSpec) -> Answer<'a, String> {
        async move {
            let mut inside = self.lock();
            inside.made += 1;
            let id = format!("{:064x}", inside.made);
            let state = State { phase: ContainerPhase::Created, restarts: 0, last_code: None, error: None };
            inside.containers.insert(id.clone(), (spec.clone(), state));
            Ok(id)
        }
        .boxed()
    }

    fn start<'a>(&'a self, id: &'a str) -> Answer<'a, ()> {
        async move { self.change(id, ContainerPhase::Running) }.boxed()
    }

    fn stop<'a>(&'a self, id: &'a str) -> Answer<'a, ()> {
        async move { self.change(id, ENDED) }.boxed()
    }

    fn restart<'a>(&'a self, id: &'a str) -> Answer<'a, ()> {
        async move { self.change(id, ContainerPhase::Running) }.boxed()
    }

    fn remove<'a>(&'a self, id: &'a str) -> Answer<'a, ()> {
        async move {
            self.lock().containers.remove(id);
            self.events.send(id.to_owned()).ok();
            Ok(())
        }
        .boxed()
    }

    fn inspect<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Container>> {
        async move { Ok(self.lock().containers.get(id).map(|found| seen(id, found))) }.boxed()
    }

    fn list<'a>(&'a self, label: &'a str, value: &'a str) -> Answer<'a, Vec<Container>> {
        async move {
            let inside = self.lock();
            let bears = |spec: &ContainerSpec| spec.labels.get(label).is_some_and(|found| found == value);
            let ours = inside.containers.iter().filter(|(_, (spec, _))| bears(spec));
            Ok(ours.map(|(id, found)| seen(id, found)).collect())
        }
        .boxed()
    }

    fn logs(&self, _id: &str, range: LogRange) -> BoxStream<'_, Result<LogLine, Error>> {
        let line = |text: String| Ok(LogLine { at: Some(Moment(1000)), source: LogSource::Stdout, text });
        let history = self.history.load(std::sync::atomic::Ordering::SeqCst);
        let lines: Vec<_> = (0..history).map(|number| line(format!("line {number}\0"))).collect();
        let skip = range.tail.map_or(0, |tail| lines.len().saturating_sub(tail));
        let lines = stream::iter(lines.into_iter().skip(skip).collect::<Vec<_>>());
        match range.follow {
            Follow::Off => lines.boxed(),
            Follow::On => {
                let written = stream::unfold(self.written.subscribe(), move |mut written| async move {
                    loop {
                        match written.recv().await {
                            Ok(text) => return Some((line(text), written)),
                            Err(broadcast::error::RecvError::Lagged(_)) => {}
                            Err(broadcast::error::RecvError::Closed) => return None,
                        }
                    }
                });
                lines.chain(written).chain(stream::pending()).boxed()
            }
        }
    }

    fn events(&self) -> BoxStream<'_, Result<String, Error>> {
        stream::unfold(
            self.events.subscribe(),
            |mut events| async move { Some((Ok(events.recv().await.ok()?), events)) },
        )
        .boxed()
    }
}
