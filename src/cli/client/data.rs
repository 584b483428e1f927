//! What programs get: English keys in snake case that stay the same, ids as text, times in ISO 8601.

use serde_json::{Map, Value, json};

use crate::compat::Reason;
use crate::domain::{
    App, Engine, Flavour, Liveness, LogLine, Moment, Node, Pod, PodId, Port, Release, Repository, ScanState, Selectors,
    Task, TaskEvent,
};

/// A time.
pub fn time(at: Option<Moment>) -> Value {
    at.map_or(Value::Null, |at| at.to_iso().into())
}

/// A pod.
pub fn pod(pod: &Pod) -> Value {
    json!({
        "id": pod.id,
        "name": pod.name(),
        "container": pod.local_id,
        "app": pod.app,
        "version": pod.version,
        "flavour": pod.flavour_name,
        "flavour_id": pod.flavour,
        "release_id": pod.release,
        "engine": {"id": pod.engine, "name": pod.engine_name},
        "resource": pod.resource_name,
        "status": pod.status.word(),
        "reason": pod.reason,
        "owner": pod.owner,
        "explanation": pod.reason.as_deref().and_then(explanation),
        "created_at": time(pod.created_at),
        "updated_at": time(pod.updated_at),
    })
}

/// What a reason means, and what can be done.
pub fn explanation(reason: &str) -> Option<Value> {
    crate::domain::explain(reason).map(|found| json!({"means": found.means, "advice": found.advice}))
}

/// A task.
pub fn task(task: &Task) -> Value {
    json!({
        "id": task.id,
        "action": task.action,
        "kind": task.kind,
        "state": task.state.word(),
        "progress": task.progress,
        "phase": task.phase(),
        "phase_percent": task.phase().and_then(|_| task.percent()),
        "message": task.message,
        "pod": task.pod.as_ref().map(PodId::as_str).or_else(|| task.acts_on("@kabinet/pod")),
        "flavour_id": task.acts_on("@kabinet/flavour"),
        "by": task.by,
        "arguments": task.arguments,
        "created_at": time(task.created_at),
        "finished_at": time(task.finished_at),
    })
}

/// Something that happened to a task.
pub fn event(event: &TaskEvent) -> Value {
    json!({
        "id": event.id,
        "kind": event.kind.name(),
        "at": event.at.to_iso(),
        "message": event.message,
        "progress": event.progress,
        "returns": event.returns,
        "pod": event.pod,
    })
}

/// The engine in something else.
pub fn engine_name(engine: &Engine) -> Value {
    json!({"id": engine.id, "name": engine.name})
}

/// An engine.
pub fn engine(engine: &Engine) -> Value {
    let last_seen = match engine.liveness {
        Liveness::Offline { last_seen } => last_seen,
        Liveness::Online | Liveness::Unknown => None,
    };
    // Most engines have one resource, whose facts are the engine's.
    let facts = engine.resources.first().map(|resource| &resource.facts.0);
    let resources: Vec<Value> = engine
        .resources
        .iter()
        .map(|resource| {
            json!({
                "id": resource.id,
                "name": resource.name,
                "facts": resource.facts.0,
                "reported_at": time(resource.reported_at),
            })
        })
        .collect();
    json!({
        "id": engine.id,
        "name": engine.name,
        "kind": engine.kind.name(),
        "online": match engine.liveness {
            Liveness::Online => Some(true),
            Liveness::Offline { .. } => Some(false),
            Liveness::Unknown => None,
        },
        "last_seen": time(last_seen),
        "facts": facts.cloned().unwrap_or_default(),
        "resources": resources,
    })
}

/// A node.
pub fn node(node: &Node) -> Value {
    json!({
        "id": node.id,
        "name": node.name,
        "hash": node.hash,
        "kind": node.kind,
        "signature": node.signature(),
        "description": node.description,
        "args": ports(&node.args),
        "returns": ports(&node.returns),
        "collections": node.collections,
        "protocols": node.protocols,
    })
}

fn ports(ports: &[Port]) -> Vec<Value> {
    let port = |port: &Port| {
        json!({
            "key": port.key,
            "label": port.label,
            "kind": port.kind.name(),
            "type": port.type_name(),
            "identifier": port.identifier,
            "nullable": port.nullable,
            "description": port.description,
            "children": self::ports(&port.children),
        })
    };
    ports.iter().map(port).collect()
}

/// An app, by what its newest release says.
pub fn app(app: &App) -> Map<String, Value> {
    let newest = app.newest();
    let flavours: Vec<&str> =
        newest.map_or_else(Vec::new, |release| release.flavours.iter().map(|flavour| flavour.name.as_str()).collect());
    let mut data = Map::new();
    data.insert("id".into(), json!(app.identifier));
    data.insert("name".into(), app.short_name().into());
    data.insert("version".into(), newest.map(|release| release.version.as_str()).into());
    data.insert("description".into(), newest.and_then(|release| release.description.as_deref()).into());
    data.insert("versions".into(), app.releases.iter().map(|release| release.version.as_str()).collect());
    data.insert("flavours".into(), flavours.into());
    data.insert("withdrawn".into(), newest.is_some_and(Release::is_withdrawn).into());
    data
}

/// A flavour in full.
pub fn flavour(flavour: &Flavour) -> Value {
    json!({
        "id": flavour.id,
        "name": flavour.name,
        "image": flavour.image.reference,
        "size": flavour.image.size,
        "built_at": time(flavour.image.built_at),
        "selectors": selectors(&flavour.selectors),
        "requirements": flavour.requirements,
        "hints": flavour.hints,
        "withdrawn": flavour.withdrawn,
    })
}

fn selectors(selectors: &Selectors) -> Value {
    let Selectors::Known(known) = selectors else { return Value::Null };
    let selector = |selector: &crate::domain::Selector| {
        let mut data = serde_json::to_value(&selector.kind).unwrap_or_default();
        data["required"] = selector.required.into();
        data["weight"] = selector.weight.into();
        data["words"] = super::page::selector(selector).into();
        data
    };
    known.iter().map(selector).collect()
}

/// Why a verdict is not RUNS.
pub fn reason(reason: &Reason, engine: &str) -> Value {
    json!({
        "needs": reason.needs,
        "reports": reason.reports,
        "resource": reason.resource,
        "verdict": reason.verdict.word(),
        "sentence": reason.sentence(engine),
        "missing": reason.missing,
    })
}

/// A repository.
pub fn repository(repository: &Repository) -> Value {
    let (state, at, issues, why) = match &repository.scan {
        ScanState::Never => ("never", None, None, None),
        ScanState::Running => ("running", None, None, None),
        ScanState::Done { at, issues } => ("done", Some(*at), Some(issues), None),
        ScanState::Failed { at, why } => ("failed", Some(*at), None, Some(why)),
    };
    json!({
        "id": repository.id,
        "name": repository.name,
        "source": repository.source,
        "state": state,
        "scanned_at": time(at),
        "flavours": repository.flavours,
        "issues": issues.map_or_else(Vec::new, Clone::clone),
        "why": why,
    })
}

/// A line of a log.
pub fn line(line: &LogLine) -> Value {
    json!({"at": time(line.at), "source": line.source, "text": line.text})
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn every_thing_has_its_id_and_times_are_iso() {
        let pod = pod(&testing::pod("7", "greeter", "abcdef0123"));
        assert_eq!(pod["id"], "7");
        assert_eq!(pod["name"], "greeter-abcdef01");
        assert_eq!(pod["status"], "RUNNING");
        assert_eq!(pod["engine"]["name"], "docker-ws");
        assert_eq!(pod["created_at"], "1970-01-01T00:00:01.500Z");
        let engine = engine(&testing::engine("2", "hpc", &[("gpu", "true")]));
        assert_eq!((&engine["online"], &engine["facts"]["gpu"]), (&json!(true), &json!("true")));
        assert_eq!(app(&testing::app("live.arkitekt.stardist"))["id"], "live.arkitekt.stardist");
    }

    #[test]
    fn a_selector_is_one_flat_object() {
        let flavour = flavour(&testing::flavour("cuda", vec![testing::cuda("12.1")]));
        let selector = &flavour["selectors"][0];
        assert_eq!((&selector["kind"], &selector["cuda_version"]), (&json!("cuda"), &json!("12.1")));
        assert_eq!((&selector["required"], &selector["weight"]), (&json!(true), &json!(1)));
        assert_eq!(selector["words"], "needs a CUDA GPU, CUDA 12.1 or newer");
    }
}
