//! Installing: checks, image, container, record, start. Whatever fails or is cancelled is undone.
//!
//! Two pods of one app and version may run side by side: each gets a node id of its own, so that its client, its token
//! and its Rekuest agent are its own. What the server cannot delete (the deployment's record and the app's client) is
//! made as late as possible, after the image is here.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::StreamExt;
use tokio_util::sync::CancellationToken;

use super::{
    backend::{Backend, Log, label},
    credentials,
    driver::{ContainerPhase, ContainerSpec, ImageFacts, PullRequest, State},
    image::{self, Fetch, Presence},
    insist::insist,
    preflight,
    records::{Approval, NewPod, Recipe, not_approved},
    status,
    undo::{Container, Made, undo},
};
use crate::{
    agent::{Level, Reporter, TaskError},
    domain::{Phase, PodStatus},
    services::{self, Error},
};

/// How long an app has to stay up before its start counts as a success.
const STEADY: Duration = Duration::from_millis(1500);

/// How long a container may take to come up.
const COME_UP: Duration = Duration::from_mins(1);

/// How long a registry may take to say for which machines an image is.
pub(super) const PLATFORMS: Duration = Duration::from_secs(15);

/// Lines of an app's log in the report of its failure.
const LAST_WORDS: usize = 15;

/// One installation.
pub struct Install {
    pub backend: Arc<Backend>,
    pub organisation: Option<String>,
    pub reporter: Reporter,
    pub cancel: CancellationToken,
}

impl Install {
    /// Installs and starts; gives Kabinet's id of the pod.
    ///
    /// # Errors
    /// [`TaskError::Failed`] with a reason when it was refused or did not work, [`TaskError::Cancelled`] when it was
    /// cancelled. Nothing is left then but the image.
    pub async fn run(&self, recipe: &Recipe) -> Result<String, TaskError> {
        let mut made = Made { task: self.reporter.task().to_owned(), ..Made::default() };
        made.held.push(self.backend.busy.hold(self.reporter.task()));
        let result = self.steps(recipe, &mut made).await;
        if let Err(error) = result {
            return Err(undo(&self.backend, made, error).await);
        }
        drop(made);
        self.backend.wake.notify_one();
        result
    }

    async fn steps(&self, recipe: &Recipe, made: &mut Made) -> Result<String, TaskError> {
        let reference = &recipe.flavour.image.reference;
        self.reporter.phase(1, Phase::Preflight, "checking what it needs");
        let gpu = preflight::check(&self.backend, recipe, &self.reporter)?;
        let approval = self.approval(recipe).await?;
        let image = self.image(recipe).await?;
        if let Some(why) = image::mismatch(&image, &self.backend.facts()) {
            return Err(TaskError::failed(format!("{reference} cannot run here: {why}.")));
        }
        self.still_wanted()?;

        self.reporter.phase(72, Phase::Start, "making the container");
        let short = uuid::Uuid::new_v4().simple().to_string()[..8].to_owned();
        let node = format!("{}-{short}", self.backend.node);
        let records = &self.backend.records;
        let client = self.patiently("Lok", || records.create_client(recipe, &node)).await?;
        let deployment = self.deployment(recipe, &format!("kab-{short}"), &approval).await?;
        let labels = [
            (label::OWNER, self.backend.place.client_id.as_str()),
            (label::DEPLOYMENT, &deployment),
            (label::SERVER, &self.backend.gateway_url),
            (label::ORGANISATION, self.organisation.as_deref().unwrap_or_default()),
            (label::BACKEND, &self.backend.place.backend),
            (label::TASK, self.reporter.task()),
            (label::CLIENT, &client.client_id),
            (label::APP, recipe.release.app.as_str()),
            (label::VERSION, &recipe.release.version),
        ];
        let spec = ContainerSpec {
            name: container_name(recipe.release.app.as_str(), &short),
            image: reference.clone(),
            environment: vec![
                ("FAKTS_TOKEN".into(), client.token.expose().to_owned()),
                ("FAKTS_URL".into(), self.backend.gateway_url.clone()),
                ("ARKITEKT_NODE_ID".into(), node),
            ],
            labels: labels
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
            command: image::command(&image),
            network: self.backend.settings.pod_network.clone(),
            gpu,
            limits: self.backend.settings.limits.clone(),
        };
        self.still_wanted()?;
        made.container = Some(Container::AskedFor);
        let container = self
            .backend
            .driver
            .create(&spec)
            .await
            .map_err(|error| TaskError::failed(format!("The container could not be made: {error}.")))?;
        made.container = Some(Container::There(container.clone()));
        made.held.push(self.backend.busy.hold(&container));

        self.reporter.phase(82, Phase::Register, "");
        let resource = self.backend.resource();
        let pod = NewPod {
            deployment: &deployment,
            local_id: &container,
            client_id: &client.client_id,
            resource: resource.as_deref(),
            task: Some(self.reporter.task()),
        };
        // Not given up half way: the record may be there although no answer came.
        let pod = insist(|| records.create_pod(pod)).await.map_err(|error| said("Kabinet", &error))?;
        made.pod = Some(pod.clone());
        self.backend.notes.found_at(&pod, &self.backend.maker);
        made.held.push(self.backend.busy.hold(&pod));
        self.still_wanted()?;

        self.reporter.phase(88, Phase::Register, "waiting until it runs");
        self.backend
            .driver
            .start(&container)
            .await
            .map_err(|error| TaskError::failed(format!("The container could not be started: {error}.")))?;
        let state = self.wait_until_it_runs(&container).await?;
        let (new, reason) = status::of(&state, &PodStatus::Pending);
        let told = records.update_pod(&pod, &new, reason.as_deref()).await;
        let dumped = self.backend.dump(&pod, &container, reason.as_deref()).await;
        // The pod runs and is recorded; the next look at the containers says it again.
        for error in told.err().into_iter().chain(dumped.err()) {
            self.reporter.log(Level::Warn, format!("The pod runs, but Kabinet was not told at once: {error}"));
        }
        self.reporter.phase(100, Phase::Ready, "");
        Ok(pod)
    }

    /// Servers of the newest generation deploy only what was approved: better known before anything is fetched.
    async fn approval(&self, recipe: &Recipe) -> Result<Approval, TaskError> {
        let Backend { records, place, name, .. } = &*self.backend;
        let found = self.patiently("Kabinet", || records.approval(recipe.release.id.as_str(), place)).await?;
        match found {
            Approval::Missing(standing) => Err(TaskError::failed(not_approved(standing, &recipe.release, name))),
            approval => Ok(approval),
        }
    }

    /// The record of what is installed.
    async fn deployment(&self, recipe: &Recipe, local_id: &str, approval: &Approval) -> Result<String, TaskError> {
        let (records, flavour) = (&self.backend.records, recipe.flavour.id.as_str());
        let made = insist(|| records.create_deployment(flavour, local_id, approval));
        match self.cancel.run_until_cancelled(made).await {
            None => Err(TaskError::Cancelled),
            Some(Ok(deployment)) => Ok(deployment),
            // A server that was updated meanwhile may want an approval now.
            Some(Err(Error::Refused(why))) => match self.approval(recipe).await? {
                now if now == *approval => Err(said("Kabinet", &Error::Refused(why))),
                now => self.patiently("Kabinet", || records.create_deployment(flavour, local_id, &now)).await,
            },
            Some(Err(error)) => Err(said("Kabinet", &error)),
        }
    }

    /// Does what may be done twice, again while the server is away, unless it is cancelled.
    async fn patiently<T, W: Future<Output = services::Result<T>>>(
        &self,
        service: &str,
        attempt: impl FnMut() -> W,
    ) -> Result<T, TaskError> {
        match self.cancel.run_until_cancelled(insist(attempt)).await {
            None => Err(TaskError::Cancelled),
            Some(done) => done.map_err(|error| said(service, &error)),
        }
    }

    /// Makes sure that the image is here.
    async fn image(&self, recipe: &Recipe) -> Result<ImageFacts, TaskError> {
        let reference = recipe.flavour.image.reference.as_str();
        let driver = &self.backend.driver;
        let refused = |error| TaskError::failed(format!("The engine does not tell about images: {error}."));
        let found = driver.image(reference).await.map_err(refused)?;
        let presence = if found.is_some() { Presence::Here } else { Presence::Absent };
        match (image::fetch(reference, presence), found) {
            (Fetch::No, Some(found)) => {
                self.reporter.phase(70, Phase::Pull, "it is here already");
                return Ok(found);
            }
            (Fetch::Impossible, _) => self.load(reference).await?,
            (Fetch::Pull | Fetch::No, _) => self.pull(recipe).await?,
        }
        let found = driver.image(reference).await.map_err(refused)?;
        found.ok_or_else(|| TaskError::failed(format!("The image {reference} is not there although it was fetched.")))
    }

    async fn load(&self, reference: &str) -> Result<(), TaskError> {
        let missing = || {
            TaskError::failed(format!(
                "The image {reference} is not on this machine. Images called localhost/… are never pulled: load it first."
            ))
        };
        self.reporter.phase(10, Phase::Pull, "loading it from this program");
        let source = self.backend.images.as_ref().ok_or_else(missing)?;
        let archive = source.archive(reference).await.map_err(TaskError::failed)?.ok_or_else(missing)?;
        let loaded = self.backend.driver.load_image(&archive).await;
        loaded.map_err(|error| TaskError::failed(format!("The image {reference} could not be loaded: {error}.")))
    }

    async fn pull(&self, recipe: &Recipe) -> Result<(), TaskError> {
        let reference = &recipe.flavour.image.reference;
        let facts = self.backend.facts();
        self.reporter.phase(5, Phase::Pull, reference);
        let request = PullRequest { reference: reference.clone(), credentials: credentials::for_image(reference) };
        let driver = &self.backend.driver;
        let machine = facts.get("cpu.arch").unwrap_or_default();
        let asked = async {
            futures_util::join!(
                tokio::time::timeout(PLATFORMS, driver.platforms(&request)),
                tokio::time::timeout(PLATFORMS, driver.plan(&request, machine))
            )
        };
        let Some((platforms, planned)) = self.cancel.run_until_cancelled(asked).await else {
            return Err(TaskError::Cancelled);
        };
        match platforms {
            Ok(Ok(platforms)) => {
                if let Some(why) = image::unsuited(&platforms, &facts) {
                    return Err(TaskError::failed(format!("{reference} cannot run here: {why}.")));
                }
            }
            // What the registry says to the pull is what counts.
            Ok(Err(error)) => tracing::debug!(reference, "its platforms are not known: {error}"),
            Err(_) => tracing::debug!(reference, "its platforms are not known in time"),
        }
        let plan = match planned {
            Ok(Ok(Ok(plan))) => Some(plan),
            // What is not known beforehand is told while it is fetched.
            Err(_) => None,
            Ok(Ok(Err(why))) => {
                tracing::debug!(reference, "what is to be fetched is not known: {why}");
                None
            }
            Ok(Err(error)) => {
                tracing::debug!(reference, "what is here already is not known: {error}");
                None
            }
        };
        let missing = |size: u64| plan.as_ref().map_or(size, |plan| plan.portion().share_of(size));
        if let (Some(needed), Some(free)) = (recipe.flavour.image.size.map(missing), facts.number("disk.free_mb"))
            && needed / 1_000_000 > free
        {
            let needed = crate::domain::human_bytes(needed);
            let why = format!(
                "What is missing of the image {reference} takes {needed}, and only {free} MB are free where images are kept."
            );
            return Err(TaskError::failed(why));
        }
        let bytes = plan.as_ref().map(|plan| plan.portion().bytes);
        let plan = plan.map(|plan| plan.progress).unwrap_or_default();
        if !plan.layers.is_empty() {
            self.reporter.pull(&plan, 5, 70);
        }
        let begun = tokio::time::Instant::now();
        let mut steps = self.backend.driver.pull(request);
        // Dropping the stream stops the pull.
        loop {
            match self.cancel.run_until_cancelled(steps.next()).await {
                None => return Err(TaskError::Cancelled),
                Some(None) => {
                    self.backend.speed.note(bytes.unwrap_or_default(), begun.elapsed());
                    return Ok(());
                }
                Some(Some(Ok(progress))) => self.reporter.pull(&progress.within(&plan), 5, 70),
                Some(Some(Err(error))) => return Err(TaskError::failed(sentence(&error.to_string()))),
            }
        }
    }

    /// Waits until the app stays up, or has ended well at once.
    async fn wait_until_it_runs(&self, container: &str) -> Result<State, TaskError> {
        let begun = tokio::time::Instant::now();
        let mut up_since = None;
        loop {
            let seen = self.backend.driver.inspect(container).await;
            let state = match seen {
                Ok(Some(seen)) => seen.state,
                Ok(None) => return Err(TaskError::failed("The container was removed while it started.")),
                Err(error) => return Err(TaskError::failed(format!("The engine does not tell how it goes: {error}."))),
            };
            match state.phase {
                ContainerPhase::Running if state.restarts == 0 => {
                    let since = *up_since.get_or_insert_with(tokio::time::Instant::now);
                    if since.elapsed() >= STEADY {
                        return Ok(state);
                    }
                }
                ContainerPhase::Exited { code: 0, .. } => {
                    self.reporter.log(Level::Warn, "The app has ended by itself, without an error.");
                    return Ok(state);
                }
                ContainerPhase::Created | ContainerPhase::Unknown => {}
                _ => return Err(self.last_words(container, &state).await),
            }
            if begun.elapsed() > COME_UP {
                return Err(TaskError::failed(format!("The app did not come up within {} s.", COME_UP.as_secs())));
            }
            let pause = tokio::time::sleep(Duration::from_millis(100));
            if self.cancel.run_until_cancelled(pause).await.is_none() {
                return Err(TaskError::Cancelled);
            }
        }
    }

    async fn last_words(&self, container: &str, state: &State) -> TaskError {
        let (_, reason) = status::of(state, &PodStatus::Running);
        let reason = reason.unwrap_or_else(|| String::from("it was restarted"));
        let Log { lines, trouble } = self.backend.last_lines(container, LAST_WORDS).await;
        let lines: Vec<_> = lines.into_iter().map(|line| line.text).collect();
        let words = match (lines.is_empty(), trouble) {
            (true, Some(error)) => format!("What it said cannot be read: {error}."),
            (true, None) => String::from("It said nothing."),
            (false, _) => format!("It said:\n{}", lines.join("\n")),
        };
        TaskError::failed(format!("The app did not stay up: {reason}. {words}"))
    }

    fn still_wanted(&self) -> Result<(), TaskError> {
        if self.cancel.is_cancelled() { Err(TaskError::Cancelled) } else { Ok(()) }
    }
}

fn said(service: &str, error: &Error) -> TaskError {
    TaskError::failed(format!("{service} did not take part: {error}."))
}

fn sentence(text: &str) -> String {
    let mut characters = text.trim_end_matches('.').chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).chain(['.']).collect())
}

/// `kab-greeter-1a2b3c4d`; engines take letters, digits, dots, dashes and underscores.
fn container_name(app: &str, short: &str) -> String {
    let last = app.rsplit('.').find(|part| !part.is_empty()).unwrap_or("app");
    let plain: String = last.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).take(40).collect();
    format!("kab-{}-{short}", if plain.is_empty() { "app" } else { &plain })
}

#[cfg(test)]
#[path = "install_tests.rs"]
mod tests;
