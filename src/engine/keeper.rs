//! Keeps the server's pods and the engine's containers in step: looks at both, says what differs, and looks again.
//!
//! Level-triggered: events and timers are only reasons to look. Nothing is ever deleted here; containers that no pod
//! belongs to are named in the log.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{
    backend::{Backend, label},
    driver::{self, Container},
    notes::Told,
    records::PodRecord,
    service::PodmanService,
    status,
};
use crate::{
    agent::{Quiet, backoff, spread},
    domain::{GONE, PodStatus},
    services,
};

/// Several events in a row are one reason to look.
const SETTLE: Duration = Duration::from_millis(100);

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Tell the server how a pod does.
    Report {
        /// Kabinet's id.
        pod: String,
        /// The container, whose log is dumped; `None` when it is gone.
        container: Option<String>,
        /// The status.
        status: PodStatus,
        /// Why.
        reason: Option<String>,
    },
    /// A container of ours belongs to no pod that the server knows.
    Orphan {
        /// The container.
        container: String,
    },
}

/// What is known beside pods and containers.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Tasks, pods and containers that are being worked on.
    pub busy: BTreeSet<String>,
    /// What the server was told.
    pub told: BTreeMap<String, Told>,
    /// Pods whose containers are at another container engine, with the reason to tell.
    pub elsewhere: BTreeMap<String, String>,
}

/// What differs between the pods on the server and the containers here. The pods have to be read first: a container is
/// made before its pod, so that every pod's container is among those found after.
pub fn plan(pods: &[PodRecord], containers: &[Container], known: &Known) -> Vec<Step> {
    let Known { busy, told, elsewhere } = known;
    let found: BTreeMap<_, _> = containers.iter().map(|container| (container.id.as_str(), container)).collect();
    let mut steps = Vec::new();
    for pod in pods {
        if busy.contains(&pod.id) || busy.contains(&pod.local_id) {
            continue;
        }
        let container = found.get(pod.local_id.as_str());
        let (status, reason) = match container {
            Some(container) => status::of(&container.state, &pod.status),
            None if elsewhere.contains_key(&pod.id) => (PodStatus::Unknown, elsewhere.get(&pod.id).cloned()),
            None if pod.status.is_alive() || pod.status == PodStatus::Unknown => {
                (PodStatus::Failed, Some(String::from(GONE)))
            }
            // It ended, and somebody tidied up: whoever wants to start it again, or wonders at a kill, should know.
            None => match told.get(&pod.id) {
                Some((_, before)) => (pod.status.clone(), Some(status::gone_since(before.as_deref()))),
                None => continue,
            },
        };
        let is_news = match told.get(&pod.id) {
            Some((_, old_reason)) => pod.status != status || *old_reason != reason,
            // After a restart of the engine a reason is told once more: the server may have missed it.
            None => pod.status != status || reason.is_some(),
        };
        if is_news {
            let container = container.map(|container| container.id.clone());
            steps.push(Step::Report { pod: pod.id.clone(), container, status, reason });
        }
    }
    let known: BTreeSet<_> = pods.iter().map(|pod| pod.local_id.as_str()).collect();
    for container in containers {
        let is_busy =
            busy.contains(&container.id) || container.labels.get(label::TASK).is_some_and(|task| busy.contains(task));
        if !known.contains(container.id.as_str()) && !is_busy {
            steps.push(Step::Orphan { container: container.id.clone() });
        }
    }
    steps
}

/// What went wrong while looking. Looking again is the cure.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(transparent)]
    Server(#[from] services::Error),
    #[error(transparent)]
    Engine(#[from] driver::Error),
}

/// Looks until `shutdown`; at every wake, and at least as often as `every` says.
pub async fn run(backend: Arc<Backend>, mut every: watch::Receiver<Duration>, shutdown: CancellationToken) {
    let mut keeper = Keeper::new(&backend);
    let mut failures = 0;
    let mut quiet = Quiet::default();
    loop {
        let Some(looked) = shutdown.run_until_cancelled(keeper.look()).await else { return };
        let wait = match looked {
            Ok(()) => {
                failures = 0;
                if quiet.over() {
                    tracing::info!("pods are compared again");
                }
                *every.borrow_and_update()
            }
            Err(trouble) => {
                failures += 1;
                quiet.warn(&format!("pods could not be compared, and are again soon: {trouble}"));
                backoff(failures, spread())
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
            Ok(()) = every.changed() => {}
            // A server that fails is not asked again by every event.
            () = backend.wake.notified(), if failures == 0 => tokio::time::sleep(SETTLE).await,
        }
    }
}

/// Podman's service where kab runs it itself; it lives as long as the engine.
pub type SharedService = Arc<Mutex<Option<PodmanService>>>;

/// Turns the engine's events into wakes, until `shutdown`.
pub async fn watch_events(backend: Arc<Backend>, service: SharedService, shutdown: CancellationToken) {
    let mut failures = 0;
    loop {
        let mut events = backend.driver.events();
        loop {
            match shutdown.run_until_cancelled(events.next()).await {
                None => return,
                Some(Some(Ok(_container))) => {
                    failures = 0;
                    backend.wake.notify_one();
                }
                Some(Some(Err(error))) => {
                    tracing::debug!("the engine's events stopped: {error}");
                    break;
                }
                Some(None) => break,
            }
        }
        drop(events);
        failures += 1;
        if let Some(service) = &mut *service.lock().unwrap_or_else(PoisonError::into_inner) {
            service.revive();
        }
        // What happened meanwhile was missed.
        backend.wake.notify_one();
        if shutdown.run_until_cancelled(tokio::time::sleep(backoff(failures, spread()))).await.is_none() {
            return;
        }
    }
}

/// Looks, and remembers what it named.
pub struct Keeper {
    backend: Arc<Backend>,
    /// Orphans that were named already.
    orphans: BTreeSet<String>,
}

impl Keeper {
    /// One that has not looked yet.
    pub fn new(backend: &Arc<Backend>) -> Self {
        Self { backend: Arc::clone(backend), orphans: BTreeSet::new() }
    }

    /// Looks once, and tells the server what has changed.
    pub async fn look(&mut self) -> Result<(), Trouble> {
        let backend = Arc::clone(&self.backend);
        let before = backend.busy.names();
        let pods = backend.records.pods(&backend.place).await?;
        let containers = backend.containers().await?;
        // What was worked on at any time since the pods were read is left for the next look.
        let busy = before.union(&backend.busy.names()).cloned().collect();
        backend.notes.retain(&pods.iter().map(|pod| pod.id.as_str()).collect());
        let elsewhere = places(&backend, &pods, &containers);
        let known = Known { busy, told: backend.notes.told(), elsewhere };
        let mut first_trouble = None;
        for step in plan(&pods, &containers, &known) {
            // One pod that cannot be reported does not hold up the others.
            if let Err(trouble) = self.carry_out(step).await {
                first_trouble.get_or_insert(trouble);
            }
        }
        if first_trouble.is_none() {
            first_trouble = dump_due(&backend, &pods, &containers).await.err();
        }
        backend.notes.save().await;
        first_trouble.map_or(Ok(()), |trouble| Err(trouble.into()))
    }

    async fn carry_out(&mut self, step: Step) -> services::Result<()> {
        match step {
            Step::Report { pod, container, status, reason } => {
                tracing::info!(pod, status = status.word(), reason, "a pod has changed");
                match self.backend.records.update_pod(&pod, &status, reason.as_deref()).await {
                    // Deleted since it was read.
                    Err(services::Error::NotFound(_)) => return Ok(()),
                    other => other?,
                }
                if let Some(container) = container {
                    self.backend.dump_in_turn(&pod, &container, reason.as_deref()).await?;
                }
                self.backend.notes.tell(&pod, (status, reason));
            }
            Step::Orphan { container } => {
                if self.orphans.insert(container.clone()) {
                    tracing::warn!(
                        container,
                        "this container is ours, but no pod on the server belongs to it; it is left alone"
                    );
                }
            }
        }
        Ok(())
    }
}

/// Notes which pods have their containers here, and finds those that have them at another container engine.
fn places(backend: &Backend, pods: &[PodRecord], containers: &[Container]) -> BTreeMap<String, String> {
    let here: BTreeSet<_> = containers.iter().map(|container| container.id.as_str()).collect();
    let mut elsewhere = BTreeMap::new();
    for pod in pods {
        if here.contains(pod.local_id.as_str()) {
            backend.notes.found_at(&pod.id, &backend.maker);
        } else if let Some(why) = backend.notes.elsewhere(&pod.id, &backend.maker) {
            elsewhere.insert(pod.id.clone(), why);
        }
    }
    elsewhere
}

/// Stores the logs that are due of containers that are there.
async fn dump_due(backend: &Backend, pods: &[PodRecord], containers: &[Container]) -> services::Result<()> {
    let there: BTreeSet<_> = containers.iter().map(|container| container.id.as_str()).collect();
    let here = || pods.iter().filter(|pod| there.contains(pod.local_id.as_str()));
    let due = backend.notes.due(&here().map(|pod| pod.id.as_str()).collect(), Instant::now());
    if due.is_empty() {
        return Ok(());
    }
    let told = backend.notes.told();
    for pod in here().filter(|pod| due.contains(&pod.id)) {
        let reason = told.get(&pod.id).and_then(|(_, reason)| reason.as_deref());
        backend.dump(&pod.id, &pod.local_id, reason).await?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "keeper_tests.rs"]
mod tests;
