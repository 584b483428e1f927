//! Docker and Podman, over the Docker API on a socket.
//!
//! Their differences are dealt with here: sparse pull progress, errors inside a stream that began well, names of
//! events, states that only one of them has.

mod convert;
mod following;
mod here;
mod known;
mod registry;
mod usage;

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    time::{Duration, Instant},
};

use bollard::{
    API_DEFAULT_VERSION, Docker,
    auth::DockerCredentials,
    errors::Error as Api,
    query_parameters::{
        CreateContainerOptionsBuilder, CreateImageOptionsBuilder, EventsOptionsBuilder, ImportImageOptionsBuilder,
        InspectContainerOptions, ListContainersOptionsBuilder, LogsOptionsBuilder, RemoveContainerOptionsBuilder,
        RestartContainerOptionsBuilder, StartContainerOptions, StopContainerOptionsBuilder,
    },
};
use futures_util::{FutureExt, Stream, StreamExt, TryStreamExt, stream, stream::BoxStream};

use self::{
    convert::{body, container, is_fault, lines, plain, platforms, said, settled, split_tag, words},
    known::{Known, Listed},
};
use super::{
    Answer, Container, ContainerSpec, Credentials, Driver, Error, Follow, ImageFacts, Info, LogRange, Plan, Platform,
    PullRequest, Rootless, Usage,
    pull::{self, Changed},
};
use crate::domain::{EngineKind, LogLine, PullProgress};

/// How long an engine may take to answer. Stopping takes up to the grace period, so it is more than that.
const LIMIT_SECONDS: u64 = 60;

/// Making a container copies what the image says about its folders, which takes a slow disk its time.
const CREATE: Duration = Duration::from_mins(5);

/// What cannot be read is looked at so often, and so long apart.
const LOOKS: u32 = 25;
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
/// Podman answers a look with an inner fault while what it looks at goes away under it ("read /proc/14879/cgroup: no such
/// process", "checking if image … is dangling: … file does not exist"); it is asked so often before that is believed.
const FAULTS: u32 = 5;

/// How long an engine may take to its first answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the engine gives a container to end by itself, in seconds: its own default.
const GRACE: i32 = 10;

/// An engine behind a socket; cheap to clone.
#[derive(Clone)]
pub struct DockerApi {
    docker: Docker,
    kind: EngineKind,
    known: Known,
    layers: here::Layers,
}

/// So many containers are asked about at once.
const AT_ONCE: usize = 8;

impl DockerApi {
    /// Connects to a unix socket, or to `tcp://…`, and learns which engine and which version answers.
    ///
    /// # Errors
    /// When nothing answers there, or not in the Docker API.
    pub async fn connect(address: &str) -> Result<Self, Error> {
        Self::connect_within(address, PATIENCE).await
    }

    /// The same with another limit for the first answer.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn connect_within(address: &str, limit: Duration) -> Result<Self, Error> {
        let unreachable = |error: Api| Error::Unreachable(format!("{address}: {}", words(&error)));
        let docker = match address.strip_prefix("unix://") {
            Some(path) => Docker::connect_with_unix(path, LIMIT_SECONDS, API_DEFAULT_VERSION),
            None => Docker::connect_with_http(address, LIMIT_SECONDS, API_DEFAULT_VERSION),
        }
        .map_err(unreachable)?;
        let docker = tokio::time::timeout(limit, docker.negotiate_version())
            .await
            .map_err(|_| Error::Unreachable(format!("{address}: no answer within {} s", limit.as_secs())))?
            .map_err(unreachable)?;
        let version = docker.version().await.map_err(unreachable)?;
        let is_podman =
            version.components.iter().flatten().any(|component| component.name.to_ascii_lowercase().contains("podman"));
        let kind = if is_podman { EngineKind::Podman } else { EngineKind::Docker };
        Ok(Self { docker, kind, known: Known::default(), layers: here::Layers::default() })
    }

    async fn inspected(&self, id: &str) -> Result<Option<Container>, Error> {
        match looked(|| self.docker.inspect_container(id, None::<InspectContainerOptions>)).await {
            Ok(found) => Ok(Some(container(id, found))),
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Containers as the engine lists them.
    async fn summaries(&self, filters: &HashMap<&str, Vec<String>>) -> Result<Vec<Listed>, Error> {
        let options = ListContainersOptionsBuilder::default().all(true).filters(filters).build();
        let found = looked(|| self.docker.list_containers(Some(options.clone()))).await?;
        Ok(found.into_iter().filter_map(Listed::of).collect())
    }

    fn pulling(&self, request: PullRequest) -> impl Stream<Item = Result<PullProgress, Error>> + use<> {
        let PullRequest { reference, credentials } = request;
        let (name, tag) = split_tag(&reference);
        let mut options = CreateImageOptionsBuilder::default().from_image(name);
        if let Some(tag) = tag {
            options = options.tag(tag);
        }
        let credentials = credentials.map(login);
        let docker = self.docker.clone();
        let messages: BoxStream<'static, _> = docker.create_image(Some(options.build()), None, credentials).boxed();
        let state = (messages, PullProgress::default(), reference, Stage::Running);
        stream::unfold(state, |(mut messages, mut progress, reference, stage)| async move {
            if stage == Stage::Over {
                return None;
            }
            loop {
                match messages.next().await {
                    Some(Ok(message)) => match said(&message) {
                        Ok(said) if pull::note(&mut progress, said) == Changed::Yes => {
                            return Some((Ok(progress.clone()), (messages, progress, reference, Stage::Running)));
                        }
                        Ok(_) => {}
                        Err(why) => {
                            let error = Error::Pull { reference: reference.clone(), why };
                            return Some((Err(error), (messages, progress, reference, Stage::Over)));
                        }
                    },
                    Some(Err(error)) => {
                        let error = Error::Pull { reference: reference.clone(), why: words(&error) };
                        return Some((Err(error), (messages, progress, reference, Stage::Over)));
                    }
                    None => {
                        pull::finish(&mut progress);
                        return Some((Ok(progress.clone()), (messages, progress, reference, Stage::Over)));
                    }
                }
            }
        })
    }

    /// What a container has written, as the engine tells it.
    fn lines_of(&self, id: &str, range: LogRange) -> BoxStream<'_, Result<LogLine, Error>> {
        let tail = range.tail.map_or_else(|| String::from("all"), |tail| tail.to_string());
        let options = LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .timestamps(true)
            .follow(range.follow == Follow::On)
            .tail(&tail)
            .build();
        self.docker
            .logs(id, Some(options))
            .map_err(|error| plain(&error))
            .map_ok(|output| stream::iter(lines(&output).into_iter().map(Ok)))
            .try_flatten()
            .boxed()
    }
}

/// Asks an engine that may be in the middle of something, until it answers or has had its time.
async fn looked<T, A: Future<Output = Result<T, Api>>>(ask: impl Fn() -> A) -> Result<T, Error> {
    let mut looks = 1;
    loop {
        match ask().await {
            Ok(found) => return Ok(found),
            // A state that the library does not know: Podman says `stopped` while it tidies up. In a list one of them makes
            // all of it unreadable.
            Err(Api::JsonDataError { .. } | Api::JsonSerdeError { .. }) if looks < LOOKS => {}
            Err(error) if looks < FAULTS && is_fault(&error) => {}
            Err(error) => return Err(plain(&error)),
        }
        looks += 1;
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

fn login(known: Credentials) -> DockerCredentials {
    DockerCredentials {
        username: Some(known.user.clone()).filter(|user| !user.is_empty()),
        password: (!known.user.is_empty()).then(|| known.secret.expose().to_owned()),
        identitytoken: known.user.is_empty().then(|| known.secret.expose().to_owned()),
        serveraddress: Some(known.registry),
        ..DockerCredentials::default()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Running,
    Over,
}

impl Driver for DockerApi {
    fn kind(&self) -> EngineKind {
        self.kind.clone()
    }

    fn info(&self) -> Answer<'_, Info> {
        async {
            let (info, version) =
                futures_util::try_join!(self.docker.info(), self.docker.version()).map_err(|error| plain(&error))?;
            let options = info.security_options.unwrap_or_default();
            let rootless = options.iter().any(|option| option.contains("rootless"));
            Ok(Info {
                version: version.version.unwrap_or_default(),
                rootless: Some(if rootless { Rootless::Yes } else { Rootless::No }),
                root_dir: info.docker_root_dir.filter(|folder| !folder.is_empty()),
                // Podman makes up another one each time.
                id: info.id.filter(|id| !id.is_empty() && self.kind == EngineKind::Docker),
            })
        }
        .boxed()
    }

    fn image<'a>(&'a self, reference: &'a str) -> Answer<'a, Option<ImageFacts>> {
        async move {
            match self.docker.inspect_image(reference).await {
                Ok(found) => {
                    let config = found.config.unwrap_or_default();
                    Ok(Some(ImageFacts {
                        entrypoint: config.entrypoint.unwrap_or_default(),
                        command: config.cmd.unwrap_or_default(),
                        architecture: found.architecture.unwrap_or_default(),
                        system: found.os.unwrap_or_default(),
                        size: found.size.and_then(|size| u64::try_from(size).ok()),
                    }))
                }
                Err(Api::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
                Err(error) => Err(plain(&error)),
            }
        }
        .boxed()
    }

    fn platforms<'a>(&'a self, request: &'a PullRequest) -> Answer<'a, Vec<Platform>> {
        async move {
            let credentials = request.credentials.clone().map(login);
            match self.docker.inspect_registry_image(&request.reference, credentials).await {
                Ok(found) => Ok(platforms(found.platforms)),
                // Podman does not have this; and what the registry says to a pull is what counts.
                Err(error) => Err(plain(&error)),
            }
        }
        .boxed()
    }

    fn plan<'a>(&'a self, request: &'a PullRequest, machine: &'a str) -> Answer<'a, Result<Plan, String>> {
        self.layers.plan(&self.docker, request, machine).boxed()
    }

    fn pull(&self, request: PullRequest) -> BoxStream<'_, Result<PullProgress, Error>> {
        self.pulling(request).boxed()
    }

    fn load_image<'a>(&'a self, archive: &'a Path) -> Answer<'a, ()> {
        async move {
            let file = tokio::fs::File::open(archive)
                .await
                .map_err(|error| Error::Refused(format!("{}: {error}", archive.display())))?;
            let body = tokio_util::io::ReaderStream::new(file);
            let options = ImportImageOptionsBuilder::default().quiet(true).build();
            let mut answers = self.docker.import_image_stream(options, body, None).boxed();
            while let Some(answer) = answers.next().await {
                // Some engines answer with plain words instead of JSON; the image's presence tells then.
                if let Err(error) = answer
                    && !matches!(error, Api::JsonDataError { .. } | Api::JsonSerdeError { .. })
                {
                    return Err(plain(&error));
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn create<'a>(&'a self, spec: &'a ContainerSpec) -> Answer<'a, String> {
        async move {
            let options = CreateContainerOptionsBuilder::default().name(&spec.name).build();
            let made = self
                .docker
                .clone()
                .with_timeout(CREATE)
                .create_container(Some(options), body(spec, &self.kind))
                .await
                .map_err(|error| plain(&error))?;
            for warning in made.warnings {
                tracing::warn!(container = made.id, "the engine warns: {warning}");
            }
            Ok(made.id)
        }
        .boxed()
    }

    fn start<'a>(&'a self, id: &'a str) -> Answer<'a, ()> {
        async move { settled(self.docker.start_container(id, None::<StartContainerOptions>).await) }.boxed()
    }

    fn stop<'a>(&'a self, id: &'a str) -> Answer<'a, ()> {
        let options = StopContainerOptionsBuilder::default().t(GRACE).build();
        async move { settled(self.docker.stop_container(id, Some(options)).await) }.boxed()
    }

    fn restart<'a>(&'a self, id: &'a str) -> Answer<'a, ()> {
        let options = RestartContainerOptionsBuilder::default().t(GRACE).build();
        async move { settled(self.docker.restart_container(id, Some(options)).await) }.boxed()
    }

    fn remove<'a>(&'a self, id: &'a str) -> Answer<'a, ()> {
        async move {
            let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
            match self.docker.remove_container(id, Some(options)).await {
                // Gone already, or somebody else is deleting it.
                Err(Api::DockerResponseServerError { status_code: 404 | 409, .. }) => Ok(()),
                other => settled(other),
            }
        }
        .boxed()
    }

    fn inspect<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Container>> {
        self.inspected(id).boxed()
    }

    fn list<'a>(&'a self, label: &'a str, value: &'a str) -> Answer<'a, Vec<Container>> {
        async move {
            let filters = HashMap::from([("label", vec![format!("{label}={value}")])]);
            let found = self.summaries(&filters).await?;
            self.known.keep_only(&found);
            let inspected = found.into_iter().map(|listed| async move {
                if let Some(container) = self.known.get(&listed, Instant::now()) {
                    return Ok(Some(container));
                }
                let container = self.inspected(&listed.id).await?;
                let container = container.map(|container| Container { labels: listed.labels.clone(), ..container });
                if let Some(container) = &container {
                    self.known.put(&listed, container, Instant::now());
                }
                Ok::<_, Error>(container)
            });
            let inspected: Vec<_> = inspected.collect();
            let containers: Vec<_> = stream::iter(inspected).buffered(AT_ONCE).try_collect().await?;
            Ok(containers.into_iter().flatten().collect())
        }
        .boxed()
    }

    fn logs(&self, id: &str, range: LogRange) -> BoxStream<'_, Result<LogLine, Error>> {
        let told = self.lines_of(id, range);
        if range.follow == Follow::Off {
            return told;
        }
        let end = LogRange { tail: Some(following::LAST), follow: Follow::Off };
        let id = id.to_owned();
        following::to_the_end(told, move || self.lines_of(&id, end))
    }

    fn usage<'a>(&'a self, ids: &'a [String]) -> Answer<'a, BTreeMap<String, Usage>> {
        usage::usage(&self.docker, ids).boxed()
    }

    fn events(&self) -> BoxStream<'_, Result<String, Error>> {
        let filters = HashMap::from([("type", vec!["container"])]);
        let options = EventsOptionsBuilder::default().filters(&filters).build();
        // The names differ between engines, so none is read: every event of a container is a reason to look.
        let listening = self.known.listen();
        self.docker
            .events(Some(options))
            .map_err(|error| plain(&error))
            .try_filter_map(move |event| {
                let id = event.actor.and_then(|actor| actor.id);
                if let Some(id) = &id {
                    listening.forget(id);
                }
                async move { Ok(id) }
            })
            .boxed()
    }
}
