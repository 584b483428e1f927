//! Between our values and those of the Docker API. Pure.

use bollard::{
    container::LogOutput,
    errors::Error as Api,
    models::{
        ContainerCreateBody, ContainerInspectResponse, ContainerStateStatusEnum as Status, CreateImageInfo,
        DeviceRequest, HostConfig, HostConfigLogConfig, OciPlatform, ResourcesUlimits, RestartPolicy,
        RestartPolicyNameEnum,
    },
};

use super::super::{Container, ContainerPhase, ContainerSpec, Error, Gpu, Memory, Platform, State, pull::Said};
use crate::domain::{EngineKind, LogLine, LogSource, Moment};

/// How often an app that fails is started again.
const RETRIES: i64 = 5;

/// An app that talks a lot must not fill the disk in the course of months. Podman's usual journal sees to itself.
fn log_limits(kind: &EngineKind) -> Option<HostConfigLogConfig> {
    let limits = [("max-size", "20m"), ("max-file", "3")];
    (*kind == EngineKind::Docker).then(|| HostConfigLogConfig {
        typ: Some(String::from("json-file")),
        config: Some(limits.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter().collect()),
    })
}

pub fn body(spec: &ContainerSpec, kind: &EngineKind) -> ContainerCreateBody {
    let environment = spec.environment.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let limits = &spec.limits;
    let ulimits = limits.ulimits.iter().map(|(name, (soft, hard))| ResourcesUlimits {
        name: Some(name.clone()),
        soft: i64::try_from(*soft).ok(),
        hard: i64::try_from(*hard).ok(),
    });
    let ulimits: Vec<_> = ulimits.collect();
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
            log_config: log_limits(kind),
            // A program of the image that is setuid gets nothing by it.
            security_opt: Some(vec![String::from("no-new-privileges")]),
            device_requests: (spec.gpu == Gpu::All).then(|| vec![gpus(kind)]),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    }
}

/// All of NVIDIA's GPUs. Podman takes them by the names of CDI only (from 5.4 on), and overlooks everything else.
fn gpus(kind: &EngineKind) -> DeviceRequest {
    if *kind == EngineKind::Podman {
        let all = vec![String::from("nvidia.com/gpu=all")];
        return DeviceRequest { driver: Some(String::from("cdi")), device_ids: Some(all), ..DeviceRequest::default() };
    }
    let capabilities = Some(vec![vec![String::from("gpu")]]);
    DeviceRequest { count: Some(-1), capabilities, ..DeviceRequest::default() }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to what fits")]
fn nano(cpus: f64) -> i64 {
    (cpus.clamp(0.01, 4096.0) * 1e9) as i64
}

pub fn container(id: &str, found: ContainerInspectResponse) -> Container {
    let labels = found.config.and_then(|config| config.labels).unwrap_or_default().into_iter().collect();
    let restarts = found.restart_count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
    let state = found.state.unwrap_or_default();
    let memory = if state.oom_killed == Some(true) { Memory::Exhausted } else { Memory::NotTold };
    let phase = match state.status {
        Some(Status::CREATED) => ContainerPhase::Created,
        Some(Status::RUNNING) => ContainerPhase::Running,
        Some(Status::PAUSED) => ContainerPhase::Paused,
        Some(Status::RESTARTING) => ContainerPhase::Restarting,
        Some(Status::STOPPING) => ContainerPhase::Stopping,
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

pub fn said(message: &CreateImageInfo) -> Result<Said<'_>, String> {
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
pub fn lines(output: &LogOutput) -> Vec<LogLine> {
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

/// What a registry says; attestations call themselves `unknown`.
pub fn platforms(found: Vec<OciPlatform>) -> Vec<Platform> {
    let told = |word: Option<String>| word.filter(|word| !word.is_empty() && word != "unknown");
    let known = found.into_iter().filter_map(|platform| {
        Some(Platform { system: told(platform.os)?, architecture: told(platform.architecture)? })
    });
    known.collect()
}

/// `name:tag` in two; a digest stays with the name, and a port is no tag.
pub fn split_tag(reference: &str) -> (&str, Option<&str>) {
    if reference.contains('@') {
        return (reference, None);
    }
    match reference.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (reference, Some("latest")),
    }
}

/// Success also when the container was in the wished state already.
pub fn settled(result: Result<(), Api>) -> Result<(), Error> {
    match result {
        Ok(()) | Err(Api::DockerResponseServerError { status_code: 304, .. }) => Ok(()),
        Err(error) => Err(plain(&error)),
    }
}

/// Whether the engine itself failed, which may be over at the next look.
pub const fn is_fault(error: &Api) -> bool {
    matches!(error, Api::DockerResponseServerError { status_code: 500.., .. })
}

pub fn plain(error: &Api) -> Error {
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
pub fn words(error: &Api) -> String {
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
            limits: crate::engine::driver::Limits { memory_mb: Some(100), cpus: Some(1.5), ..Default::default() },
        };
        assert!(!format!("{spec:?}").contains("hunter2"));
        let mut body = body(&spec, &EngineKind::Docker);
        assert_eq!(body.env.take().unwrap(), ["FAKTS_TOKEN=hunter2"]);
        assert!(!format!("{body:?}").contains("hunter2"));
        let host = body.host_config.unwrap();
        assert_eq!((host.memory, host.nano_cpus), (Some(100_000_000), Some(1_500_000_000)));
        assert_eq!((host.privileged, host.security_opt), (None, Some(vec!["no-new-privileges".into()])));
        assert_eq!(host.log_config.unwrap().config.unwrap()["max-size"], "20m");
        assert_eq!(host.device_requests.unwrap()[0].count, Some(-1));

        let podman = super::body(&spec, &EngineKind::Podman).host_config.unwrap();
        let wire = serde_json::to_value(&podman.device_requests.unwrap()[0]).unwrap();
        assert_eq!(wire, serde_json::json!({"Driver": "cdi", "DeviceIDs": ["nvidia.com/gpu=all"]}));
        let without = ContainerSpec { gpu: Gpu::None, ..spec };
        assert_eq!(super::body(&without, &EngineKind::Podman).host_config.unwrap().device_requests, None);
    }

    #[test]
    fn a_container_that_is_being_stopped_is_told_apart() {
        let found = serde_json::json!({"Id": "c", "State": {"Status": "stopping"}});
        let found: ContainerInspectResponse = serde_json::from_value(found).unwrap();
        assert_eq!(container("c", found).state.phase, ContainerPhase::Stopping);
    }

    #[test]
    fn attestations_are_no_platforms() {
        let found = serde_json::json!([{"os": "linux", "architecture": "arm64"},
                                       {"os": "unknown", "architecture": "unknown"}, {}]);
        let found = platforms(serde_json::from_value(found).unwrap());
        assert_eq!(found, [Platform { system: "linux".into(), architecture: "arm64".into() }]);
    }
}
