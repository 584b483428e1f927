//! Docker and Podman, over the Docker API on a socket.
//!
//! Their differences are dealt with here: sparse pull progress, errors inside a stream that began well, names of
//! events, states that only one of them has.

use std::{collections::HashMap, path::Path, time::Duration};

use bollard::{
    API_DEFAULT_VERSION, Docker,
    auth::DockerCredentials,
    container::LogOutput,
    errors::Error as Api,
    models::{
        ContainerCreateBody, ContainerInspectResponse, ContainerStateStatusEnum as Status, CreateImageInfo,
        DeviceRequest, HostConfig, ResourcesUlimits, RestartPolicy, RestartPolicyNameEnum,
    },
    query_parameters::{
        CreateContainerOptionsBuilder, CreateImageOptionsBuilder, EventsOptionsBuilder, ImportImageOptionsBuilder,
        InspectContainerOptions, ListContainersOptionsBuilder, LogsOptionsBuilder, RemoveContainerOptionsBuilder,
        RestartContainerOptionsBuilder, StartContainerOptions, StopContainerOptionsBuilder,
    },
};
use futures_util::{FutureExt, Stream, StreamExt, TryStreamExt, future::join_all, stream, stream::BoxStream};

use super::{
    Answer, Container, ContainerPhase, ContainerSpec, Driver, Error, Follow, Gpu, ImageFacts, Info, LogRange, Memory,
    PullRequest, Rootless, State,
    pull::{self, Changed, Said},
};
use crate::domain::{EngineKind, LogLine, LogSource, Moment, PullProgress};

/// How long an engine may take to answer. Stopping takes up to the grace period, so it is more than that.
const LIMIT_SECONDS: u64 = 60;

/// What the engine gives a container to end by itself, in seconds: its own default.
const GRACE: i32 = 10;

/// How often an app that fails is started again.
const RETRIES: i64 = 5;

/// An engine behind a socket; cheap to clone.
#[derive(Clone)]
pub struct DockerApi {
    docker: Docker,
    kind: EngineKind,
}

impl DockerApi {
    /// Connects to a unix socket, or to `tcp://…`, and learns which engine and which version answers.
    ///
    /// # Errors
    /// When nothing answers there, or not in the Docker API.
    pub async fn connect(address: &str) -> Result<Self, Error> {
        let unreachable = |error: Api| Error::Unreachable(format!("{address}: {}", words(&error)));
        let docker = match address.strip_prefix("unix://") {
            Some(path) => Docker::connect_with_unix(path, LIMIT_SECONDS, API_DEFAULT_VERSION),
            None => Docker::connect_with_http(address, LIMIT_SECONDS, API_DEFAULT_VERSION),
        }
        .map_err(unreachable)?;
        let docker = tokio::time::timeout(Duration::from_secs(5), docker.negotiate_version())
            .await
            .map_err(|_| Error::Unreachable(format!("{address}: no answer within 5 s")))?
            .map_err(unreachable)?;
        let version = docker.version().await.map_err(unreachable)?;
        let is_podman =
            version.components.iter().flatten().any(|component| component.name.to_ascii_lowercase().contains("podman"));
        let kind = if is_podman { EngineKind::Podman } else { EngineKind::Docker };
        Ok(Self { docker, kind })
    }

    async fn inspected(&self, id: &str) -> Result<Option<Container>, Error> {
        match self.docker.inspect_container(id, None::<InspectContainerOptions>).await {
            Ok(found) => Ok(Some(container(id, found))),
            Err(Api::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
            // A state that the library does not know: Podman says `stopping`.
            Err(Api::JsonDataError { .. } | Api::JsonSerdeError { .. }) => Ok(Some(Container {
                id: id.to_owned(),
                labels: std::collections::BTreeMap::new(),
                state: State { phase: ContainerPhase::Unknown, restarts: 0, last_code: None, error: None },
            })),
            Err(error) => Err(plain(&error)),
        }
    }

    fn pulling(&self, request: PullRequest) -> impl Stream<Item = Result<PullProgress, Error>> + use<> {
        let PullRequest { reference, credentials } = request;
        let (name, tag) = split_tag(&reference);
        let mut options = CreateImageOptionsBuilder::default().from_image(name);
        if let Some(tag) = tag {
            options = options.tag(tag);
        }
        let credentials = credentials.map(|known| DockerCredentials {
            username: Some(known.user.clone()).filter(|user| !user.is_empty()),
            password: (!known.user.is_empty()).then(|| known.secret.expose().to_owned()),
            identitytoken: known.user.is_empty().then(|| known.secret.expose().to_owned()),
            serveraddress: Some(known.registry),
            ..DockerCredentials::default()
        });
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
            let made = self.docker.create_container(Some(options), body(spec)).await.map_err(|error| plain(&error))?;
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
            let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
            let found = self.docker.list_containers(Some(options)).await.map_err(|error| plain(&error))?;
            let inspected = found.into_iter().filter_map(|summary| {
                let labels = summary.labels.unwrap_or_default();
                summary.id.map(|id| async move {
                    let container = self.inspected(&id).await?;
                    Ok::<_, Error>(
                        container.map(|container| Container { labels: labels.into_iter().collect(), ..container }),
                    )
                })
            });
            let containers: Result<Vec<_>, _> = join_all(inspected).await.into_iter().collect();
            Ok(containers?.into_iter().flatten().collect())
        }
        .boxed()
    }

    fn logs(&self, id: &str, range: LogRange) -> BoxStream<'_, Result<LogLine, Error>> {
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

    fn events(&self) -> BoxStream<'_, Result<String, Error>> {
        let filters = HashMap::from([("type", vec!["container"])]);
        let options = EventsOptionsBuilder::default().filters(&filters).build();
        // The names differ between engines, so none is read: every event of a container is a reason to look.
        self.docker
            .events(Some(options))
            .map_err(|error| plain(&error))
            .try_filter_map(|event| async move { Ok(event.actor.and_then(|actor| actor.id)) })
            .boxed()
    }
}

fn body(spec: &ContainerSpec) -> ContainerCreateBody {
    let environment = spec.environment.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let limits = &spec.limits;
    let ulimits = limits.ulimits.iter().map(|(name, (soft, hard))| ResourcesUlimits {
        name: Some(name.clone()),
        soft: i64::try_from(*soft).ok(),
        hard: i64::try_from(*hard).ok(),
    });
    let ulimits: Vec<_> = ulimits.collect();
    let gpus = DeviceRequest {
        count: Some(-1),
        capabilities: Some(vec![vec![String::from("gpu")]]),
        ..DeviceRequest::default()
    };
    ContainerCreateBody {
        image: Some(spec.image.clone()),
        env: Some(environment),
        labels: Some(spec.labels.clone().into_iter().collect()),
        cmd: spec.command.clone(),
        host_config: Some(HostConfig {
            network_mode: Some(spec.network.clone()),
            restart_policy: Some(RestartPolicy {
                name: Some(RestartPolicyNameEnum::ON_FAILURE),
                maximum_retry_count: Some(RETRIES),
            }),
            memory: limits.memory_mb.and_then(|megabytes| i64::try_from(megabytes.saturating_mul(1_000_000)).ok()),
            nano_cpus: limits.cpus.map(nano),
            ulimits: (!ulimits.is_empty()).then_some(ulimits),
            device_requests: (spec.gpu == Gpu::All).then(|| vec![gpus]),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to what fits")]
fn nano(cpus: f64) -> i64 {
    (cpus.clamp(0.01, 4096.0) * 1e9) as i64
}

fn container(id: &str, found: ContainerInspectResponse) -> Container {
    let labels = found.config.and_then(|config| config.labels).unwrap_or_default().into_iter().collect();
    let restarts = found.restart_count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
    let state = found.state.unwrap_or_default();
    let memory = if state.oom_killed == Some(true) { Memory::Exhausted } else { Memory::NotTold };
    let phase = match state.status {
        Some(Status::CREATED) => ContainerPhase::Created,
        Some(Status::RUNNING) => ContainerPhase::Running,
        Some(Status::PAUSED) => ContainerPhase::Paused,
        Some(Status::RESTARTING) => ContainerPhase::Restarting,
        Some(Status::REMOVING) => ContainerPhase::Removing,
        Some(Status::EXITED) => ContainerPhase::Exited { code: state.exit_code.unwrap_or(0), memory },
        Some(Status::DEAD) => ContainerPhase::Dead,
        _ => ContainerPhase::Unknown,
    };
    let last_code = state.exit_code.filter(|_| !matches!(phase, ContainerPhase::Created | ContainerPhase::Running));
    let error = state.error.filter(|error| !error.is_empty());
    Container {
        id: found.id.unwrap_or_else(|| id.to_owned()),
        labels,
        state: State { phase, restarts, last_code, error },
    }
}

fn said(message: &CreateImageInfo) -> Result<Said<'_>, String> {
    if let Some(error) = message.error_detail.as_ref().and_then(|detail| detail.message.clone()) {
        return Err(error);
    }
    let bytes = message.progress_detail.as_ref().and_then(|detail| {
        let current = u64::try_from(detail.current?).ok()?;
        Some((current, detail.total.and_then(|total| u64::try_from(total).ok()).filter(|total| *total > 0)))
    });
    Ok(Said { id: message.id.as_deref(), status: message.status.as_deref().unwrap_or_default(), bytes })
}

/// A piece of a log as lines: the engine puts the time in front of each. Bytes that are no UTF-8 are replaced.
fn lines(output: &LogOutput) -> Vec<LogLine> {
    let source = match output {
        LogOutput::StdErr { .. } => LogSource::Stderr,
        LogOutput::StdOut { .. } => LogSource::Stdout,
        LogOutput::StdIn { .. } | LogOutput::Console { .. } => LogSource::Unknown,
    };
    let text = String::from_utf8_lossy(output.as_ref());
    let text = text.strip_suffix('\n').unwrap_or(&text);
    text.split('\n').map(|line| log_line(line.strip_suffix('\r').unwrap_or(line), source)).collect()
}

fn log_line(line: &str, source: LogSource) -> LogLine {
    let (stamp, text) = line.split_once(' ').unwrap_or((line, ""));
    match stamp.starts_with(|first: char| first.is_ascii_digit()).then(|| Moment::parse(stamp)).flatten() {
        Some(at) => LogLine { at: Some(at), source, text: text.to_owned() },
        None => LogLine { at: None, source, text: line.to_owned() },
    }
}

/// `name:tag` in two; a digest stays with the name, and a port is no tag.
fn split_tag(reference: &str) -> (&str, Option<&str>) {
    if reference.contains('@') {
        return (reference, None);
    }
    match reference.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (reference, Some("latest")),
    }
}

/// Success also when the container was in the wished state already.
fn settled(result: Result<(), Api>) -> Result<(), Error> {
    match result {
        Ok(()) | Err(Api::DockerResponseServerError { status_code: 304, .. }) => Ok(()),
        Err(error) => Err(plain(&error)),
    }
}

fn plain(error: &Api) -> Error {
    match error {
        Api::DockerResponseServerError { status_code: 404, message } => Error::NotFound(message.trim().to_owned()),
        Api::DockerResponseServerError { .. } | Api::DockerStreamError { .. } => Error::Refused(words(error)),
        Api::JsonDataError { .. } | Api::JsonSerdeError { .. } => {
            Error::Refused(format!("the engine answered something unreadable: {error}"))
        }
        _ => Error::Unreachable(words(error)),
    }
}

/// The engine's own words.
fn words(error: &Api) -> String {
    match error {
        Api::DockerResponseServerError { message, .. } => message.trim().to_owned(),
        Api::DockerStreamError { error } => error.trim().to_owned(),
        other => {
            let mut words = other.to_string();
            let mut inner = std::error::Error::source(other);
            while let Some(cause) = inner {
                words = cause.to_string();
                inner = cause.source();
            }
            words
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_ports_and_digests_are_told_apart() {
        for (reference, expected) in [
            ("localhost/kab-demo/greeter:abc", ("localhost/kab-demo/greeter", Some("abc"))),
            ("127.0.0.1:5001/demo/tiny", ("127.0.0.1:5001/demo/tiny", Some("latest"))),
            ("127.0.0.1:5001/demo/tiny:1", ("127.0.0.1:5001/demo/tiny", Some("1"))),
            ("user/app@sha256:00", ("user/app@sha256:00", None)),
            ("app", ("app", Some("latest"))),
        ] {
            assert_eq!(split_tag(reference), expected, "{reference}");
        }
    }

    #[test]
    fn log_output_becomes_lines_with_time_and_stream() {
        let message = b"2026-11-24T18:53:34.123456789Z hello\n2026-11-24T18:53:35Z \xff\r\n".to_vec().into();
        let read = lines(&LogOutput::StdErr { message });
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].text, "hello");
        assert_eq!(read[0].source, LogSource::Stderr);
        assert!(read[0].at.is_some());
        assert_eq!(read[1].text, "\u{fffd}");
        let read = lines(&LogOutput::Console { message: b"no time here\n".to_vec().into() });
        assert_eq!((read[0].at, read[0].text.as_str()), (None, "no time here"));
    }

    #[test]
    fn secrets_go_into_the_environment_and_nowhere_else() {
        let spec = ContainerSpec {
            name: "kab-x".into(),
            image: "localhost/x:1".into(),
            environment: vec![("FAKTS_TOKEN".into(), "hunter2".into())],
            labels: std::collections::BTreeMap::new(),
            command: None,
            network: "host".into(),
            gpu: Gpu::All,
            limits: super::super::Limits { memory_mb: Some(100), cpus: Some(1.5), ..Default::default() },
        };
        assert!(!format!("{spec:?}").contains("hunter2"));
        let mut body = body(&spec);
        assert_eq!(body.env.take().unwrap(), ["FAKTS_TOKEN=hunter2"]);
        assert!(!format!("{body:?}").contains("hunter2"));
        let host = body.host_config.unwrap();
        assert_eq!((host.memory, host.nano_cpus), (Some(100_000_000), Some(1_500_000_000)));
        assert_eq!(host.privileged, None);
        assert_eq!(host.device_requests.unwrap()[0].count, Some(-1));
    }
}
