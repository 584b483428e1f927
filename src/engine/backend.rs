//! What all parts of the engine share: the driver, the records, the settings, and what is being worked on right now.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use futures_util::{StreamExt, future::BoxFuture};
use tokio::sync::Notify;

use super::{
    driver::{self, Container, Driver, Follow, LogRange},
    dump,
    maker::Maker,
    notes::Notes,
    records::{Place, Records},
    settings::Settings,
    speed::Speed,
};
use crate::{
    domain::{Engine, EngineId, Facts, Liveness, LogLine, Moment, Resource, ResourceId},
    services,
};

/// How long an engine may take to give the end of a log.
const LOG_LIMIT: Duration = Duration::from_secs(20);

/// Labels on every container of ours. The first two are those of the existing backends.
pub mod label {
    /// Whose container it is: the engine's OAuth client id.
    pub const OWNER: &str = "arkitekt.live.kabinet";
    /// Kabinet's id of the deployment.
    pub const DEPLOYMENT: &str = "arkitekt.live.kabinet.deployment";
    /// The server's address, as pods see it.
    pub const SERVER: &str = "kab.server";
    /// The organisation's slug.
    pub const ORGANISATION: &str = "kab.organisation";
    /// Kabinet's id of the backend.
    pub const BACKEND: &str = "kab.backend";
    /// Rekuest's id of the task that made it.
    pub const TASK: &str = "kab.task";
    /// OAuth client id of the app inside.
    pub const CLIENT: &str = "kab.client";
    /// The app's identifier.
    pub const APP: &str = "kab.app";
    /// The app's version.
    pub const VERSION: &str = "kab.version";
}

/// Makes images that come from this machine and are not there yet: kab's own demo images.
pub trait ImageSource: Send + Sync {
    /// A docker-save archive of that image; `None`: it is not one of this source's.
    fn archive(&self, reference: &str) -> BoxFuture<'static, Result<Option<PathBuf>, String>>;
}

/// The engine at work; shared by everything.
pub struct Backend {
    pub driver: Arc<dyn Driver>,
    pub records: Records,
    pub settings: Settings,
    pub place: Place,
    pub name: String,
    /// Of this machine; those of pods are made from it.
    pub node: String,
    /// Where pods find the server.
    pub gateway_url: String,
    pub images: Option<Arc<dyn ImageSource>>,
    pub busy: Busy,
    /// Containers should be looked at.
    pub wake: Notify,
    /// What the server was told of pods.
    pub notes: Notes,
    /// The container engine, as those that made pods are told apart.
    pub maker: Maker,
    /// How fast images come.
    pub speed: Speed,
    resource: Mutex<(Option<String>, Facts)>,
}

/// What a backend is made of.
pub struct Parts {
    pub driver: Arc<dyn Driver>,
    pub records: Records,
    pub settings: Settings,
    pub place: Place,
    pub name: String,
    pub node: String,
    pub gateway_url: String,
    pub images: Option<Arc<dyn ImageSource>>,
    pub notes: Notes,
    pub maker: Maker,
}

/// The end of a container's log.
pub struct Log {
    /// As many lines as could be had.
    pub lines: Vec<LogLine>,
    /// Why it may not be all.
    pub trouble: Option<driver::Error>,
}

impl Backend {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        let Parts { driver, records, settings, place, name, node, gateway_url, images, notes, maker } = parts;
        Self {
            driver,
            records,
            settings,
            place,
            name,
            node,
            gateway_url,
            images,
            busy: Busy::default(),
            wake: Notify::new(),
            notes,
            maker,
            speed: Speed::default(),
            resource: Mutex::default(),
        }
    }

    /// The facts that were reported last.
    pub fn facts(&self) -> Facts {
        lock(&self.resource).1.clone()
    }

    /// Kabinet's id of the resource, once it was reported.
    pub fn resource(&self) -> Option<String> {
        lock(&self.resource).0.clone()
    }

    /// Reports what the machine offers.
    pub async fn report(&self, facts: Facts) -> services::Result<()> {
        let host = facts.get("host.name").unwrap_or("host").to_owned();
        let id = self.records.declare_resource(&self.place, &host, &facts).await?;
        *lock(&self.resource) = (Some(id), facts);
        Ok(())
    }

    /// This engine as the compatibility rules see it.
    pub fn as_engine(&self) -> Engine {
        let (id, facts) = lock(&self.resource).clone();
        let resource = Resource {
            id: ResourceId::new(id.unwrap_or_default()),
            local_id: String::from("host"),
            name: facts.get("host.name").unwrap_or("host").to_owned(),
            facts,
            reported_at: None,
        };
        Engine {
            id: EngineId::new(self.place.backend.clone()),
            name: self.name.clone(),
            kind: self.driver.kind(),
            client_id: self.place.client_id.clone(),
            agent: None,
            liveness: Liveness::Online,
            resources: vec![resource],
            images: std::collections::BTreeSet::new(),
        }
    }

    /// The last lines of a container's log.
    pub async fn last_lines(&self, container: &str, count: usize) -> Log {
        let mut read = self.driver.logs(container, LogRange { tail: Some(count), follow: Follow::Off });
        let deadline = tokio::time::Instant::now() + LOG_LIMIT;
        let mut lines = Vec::new();
        let trouble = loop {
            match tokio::time::timeout_at(deadline, read.next()).await {
                Ok(Some(Ok(line))) => lines.push(line),
                Ok(Some(Err(error))) => break Some(error),
                Ok(None) => break None,
                Err(_) => {
                    let why = format!("the log did not come within {} s", LOG_LIMIT.as_secs());
                    break Some(driver::Error::Unreachable(why));
                }
            }
        };
        Log { lines, trouble }
    }

    /// Stores a snapshot of a pod's log, unless nothing was added since the last one. What could not be read of it is
    /// told; a log of which nothing can be read does not take the place of an earlier one.
    pub async fn dump(
        &self,
        pod: &str,
        container: &str,
        note: Option<&str>,
    ) -> services::Result<Option<driver::Error>> {
        let Log { lines, trouble } = self.last_lines(container, dump::LINES).await;
        if let Some(error) = &trouble {
            tracing::debug!(pod, "its log cannot be read: {error}");
            if lines.is_empty() {
                return Ok(trouble);
            }
        }
        // The time of the note is left out of the comparison: it is that of this dump.
        let plain = dump::text(&lines, None);
        let digest = dump::digest(&format!("{plain}{}", note.unwrap_or_default()));
        if self.notes.has(pod, &digest) {
            return Ok(trouble);
        }
        let text = match note {
            None => plain,
            Some(note) => dump::text(&lines, Some((note, now()))),
        };
        self.records.dump_logs(pod, &text).await?;
        self.notes.dumped(pod, digest, Instant::now());
        Ok(trouble)
    }

    /// The same, but not when the last one was stored a short time ago: then it is stored later.
    pub async fn dump_in_turn(&self, pod: &str, container: &str, note: Option<&str>) -> services::Result<()> {
        if self.notes.may_dump(pod, Instant::now()) {
            self.dump(pod, container, note).await?;
        }
        Ok(())
    }

    /// Whether a container was made by this engine. The label that the existing backends use too does not tell: they
    /// let people choose its value.
    pub fn owns(&self, container: &Container) -> bool {
        let label = |name: &str| container.labels.get(name).map(String::as_str);
        let owner = self.place.client_id.as_str();
        // Client ids that a deployment hands out are unique; those of static tokens may be the same on two servers.
        let is_unique = uuid::Uuid::parse_str(owner).is_ok() || owner.len() >= 24;
        label(label::OWNER) == Some(owner)
            && label(label::BACKEND).is_some()
            && (is_unique || label(label::SERVER) == Some(self.gateway_url.as_str()))
    }

    /// All containers that this engine has made.
    pub async fn containers(&self) -> Result<Vec<Container>, driver::Error> {
        let mut found = self.driver.list(label::OWNER, &self.place.client_id).await?;
        found.retain(|container| self.owns(container));
        Ok(found)
    }

    /// Deletes a container, trying again: what cannot be deleted stays as an orphan.
    pub async fn clear_away(&self, container: &str) -> Result<(), driver::Error> {
        let mut last = self.driver.remove(container).await;
        for _ in 0..2 {
            if last.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
            last = self.driver.remove(container).await;
        }
        last
    }
}

/// The present.
pub fn now() -> Moment {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Tasks, pods and containers that an action is working on: nobody else judges or touches them meanwhile.
#[derive(Debug, Clone, Default)]
pub struct Busy(Arc<Mutex<BTreeMap<String, usize>>>);

/// Something is being worked on as long as this lives.
#[derive(Debug)]
pub struct Held {
    busy: Busy,
    name: String,
}

impl Busy {
    /// Holds a task's, pod's or container's id.
    #[must_use]
    pub fn hold(&self, name: &str) -> Held {
        *lock(&self.0).entry(name.to_owned()).or_insert(0) += 1;
        Held { busy: self.clone(), name: name.to_owned() }
    }

    /// Everything that is held.
    pub fn names(&self) -> BTreeSet<String> {
        lock(&self.0).keys().cloned().collect()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = lock(&self.busy.0);
        if let Some(count) = held.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.name);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
