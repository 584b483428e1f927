//! Rekuest's agents, implementations, tasks and events.

use serde::Deserialize;
use serde_json::Value;

use super::{Reference, moment};
use crate::domain::{self, Liveness, Moment, PodId, TaskKind, TaskState};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Client {
    client_id: String,
}

/// An agent.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agent {
    pub id: String,
    active: bool,
    last_seen: Option<String>,
    client: Client,
}

impl Agent {
    /// OAuth client id.
    pub fn client_id(&self) -> &str {
        &self.client.client_id
    }

    /// Whether it listens.
    pub fn liveness(&self) -> Liveness {
        if self.active { Liveness::Online } else { Liveness::Offline { last_seen: moment(self.last_seen.as_deref()) } }
    }
}

/// An action of one agent.
#[derive(Debug, Deserialize)]
pub struct Implementation {
    pub id: String,
    pub interface: String,
    pub agent: ActiveAgent,
    pub action: Action,
}

/// Whether the agent listens.
#[derive(Debug, Deserialize)]
pub struct ActiveAgent {
    pub active: bool,
}

/// What an action takes.
#[derive(Debug, Deserialize)]
pub struct Action {
    pub key: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub args: Vec<Port>,
    #[serde(default)]
    pub returns: Vec<Port>,
}

/// A port, as far as it decides.
#[derive(Debug, Deserialize)]
pub struct Port {
    #[serde(default)]
    pub key: String,
    kind: String,
    identifier: Option<String>,
}

impl Port {
    /// Whether it carries that structure.
    pub fn carries(&self, identifier: &str) -> bool {
        self.kind == "STRUCTURE" && self.identifier.as_deref() == Some(identifier)
    }
}

impl Action {
    /// What kind of work it is: by its first port, then by the deployers' names.
    fn kind(&self) -> TaskKind {
        let first = |identifier: &str| self.args.first().is_some_and(|port| port.carries(identifier));
        let installs = ["@kabinet/flavour", "@kabinet/release", "@kabinet/definition"];
        if installs.into_iter().any(first) && self.returns.first().is_some_and(|port| port.carries("@kabinet/pod")) {
            return TaskKind::Install;
        }
        if first("@kabinet/flavour") && self.key == "fetch_plan" {
            return TaskKind::Fetching;
        }
        if self.key == "stream_engine_log" && self.args.first().is_none_or(|port| port.identifier.is_none()) {
            return TaskKind::Logs;
        }
        if self.key == "watch_usage" && self.args.is_empty() {
            return TaskKind::Measuring;
        }
        if !first("@kabinet/pod") {
            return TaskKind::Other;
        }
        match self.key.as_str() {
            "start" => TaskKind::Start,
            "stop" => TaskKind::Stop,
            "restart" => TaskKind::Restart,
            "remove" => TaskKind::Remove,
            "refresh_logs" | "dump_logs" | "stream_logs" => TaskKind::Logs,
            _ => TaskKind::Other,
        }
    }
}

#[derive(Debug, Deserialize)]
struct TaskAgent {
    id: String,
    client: Client,
}

#[derive(Debug, Deserialize)]
struct CallerUser {
    sub: String,
}

/// Who assigned a task. With which program is not asked: `Client.name` is null on the servers in use, which fails.
#[derive(Debug, Deserialize)]
struct Caller {
    user: CallerUser,
}

impl Caller {
    fn into_domain(self) -> domain::Asker {
        domain::Asker { subject: self.user.sub }
    }
}

#[derive(Debug, Deserialize)]
struct Report {
    message: Option<String>,
    progress: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Outcome {
    kind: String,
    message: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Yield {
    returns: Option<Value>,
}

/// A task with its newest events.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    id: String,
    reference: Option<String>,
    is_done: bool,
    latest_event_kind: String,
    latest_instruct_kind: String,
    created_at: String,
    finished_at: Option<String>,
    #[serde(default)]
    acted_on: Vec<String>,
    action: Action,
    implementation: Option<Reference>,
    agent: Option<TaskAgent>,
    #[serde(default)]
    caller: Option<Caller>,
    #[serde(default)]
    reports: Vec<Report>,
    #[serde(default)]
    outcomes: Vec<Outcome>,
    #[serde(default)]
    yields: Vec<Yield>,
}

impl Task {
    /// The task.
    pub fn into_domain(self) -> domain::Task {
        let state = self.state();
        let report = self.reports.first();
        let outcome = self.outcomes.first().and_then(|outcome| outcome.message.clone());
        let kind = self.action.kind();
        let yielded = self.yields.first().and_then(|one| one.returns.as_ref()).and_then(pod_of);
        let acted = self.acted_on.iter().find_map(|thing| thing.strip_prefix("@kabinet/pod:")).map(PodId::from);
        domain::Task {
            pod: yielded.or(acted),
            message: if state.is_done() {
                outcome.or_else(|| report.and_then(|r| r.message.clone()))
            } else {
                report.and_then(|report| report.message.clone()).or(outcome)
            },
            progress: report.and_then(|report| report.progress).map(percent),
            id: self.id.into(),
            reference: self.reference,
            kind,
            action: if self.action.name.is_empty() { self.action.key } else { self.action.name },
            client_id: self.agent.as_ref().map(|agent| agent.client.client_id.clone()),
            agent: self.agent.map(|agent| agent.id.into()),
            implementation: self.implementation.map(|implementation| implementation.id.into()),
            state,
            acted_on: self.acted_on,
            created_at: moment(Some(&self.created_at)),
            finished_at: moment(self.finished_at.as_deref()),
            by: self.caller.map(Caller::into_domain),
            arguments: domain::Values::new(),
        }
    }

    /// `latestEventKind` knows lifecycle events only, and says `STARTED` before any agent has seen the task.
    fn state(&self) -> TaskState {
        let kind = domain::TaskEventKind::from(self.latest_event_kind.clone());
        let told = kind.state().unwrap_or(TaskState::Running);
        if self.is_done {
            return if told.is_done() { told } else { TaskState::Done };
        }
        if told == TaskState::Disconnected {
            return told;
        }
        if matches!(self.latest_instruct_kind.as_str(), "CANCEL" | "INTERRUPT") {
            return TaskState::Cancelling;
        }
        let begun = self.outcomes.iter().any(|outcome| outcome.kind == "STARTED")
            || !self.reports.is_empty()
            || !self.yields.is_empty();
        if told == TaskState::Running && !begun { TaskState::Queued } else { told }
    }
}

/// The events of a task, and what it was given.
#[derive(Debug, Deserialize)]
pub struct TaskEvents {
    #[serde(default)]
    args: Value,
    pub events: Vec<Event>,
}

impl TaskEvents {
    /// What the task was given.
    pub fn take_arguments(&mut self) -> domain::Values {
        match self.args.take() {
            Value::Object(values) => values,
            _ => domain::Values::new(),
        }
    }
}

/// An event, from a list or from a subscription; only the latter tells its task.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    id: String,
    #[serde(default)]
    task: Option<String>,
    kind: String,
    message: Option<String>,
    progress: Option<i64>,
    returns: Option<Value>,
    created_at: String,
}

impl Event {
    /// The event; `task` is its task where the event itself does not tell.
    pub fn into_domain(self, task: Option<&domain::TaskId>) -> Option<domain::TaskEvent> {
        let lines = self.returns.as_ref().map(lines_of).unwrap_or_default();
        Some(domain::TaskEvent {
            id: self.id.into(),
            task: self.task.map(Into::into).or_else(|| task.cloned())?,
            kind: self.kind.into(),
            message: self.message,
            progress: self.progress.map(percent),
            pod: self.returns.as_ref().and_then(pod_of),
            returns: match self.returns {
                Some(Value::Object(values)) if lines.is_empty() => values,
                _ => domain::Values::new(),
            },
            lines,
            at: moment(Some(&self.created_at)).unwrap_or(Moment(0)),
        })
    }
}

fn percent(progress: i64) -> u8 {
    u8::try_from(progress.clamp(0, 100)).unwrap_or(100)
}

/// The pod among returned values: `{"__identifier": "@kabinet/pod", "object": "9"}`.
///
/// Old agents return the plain id; it is taken when it is the only return and looks like an id.
pub fn pod_of(returns: &Value) -> Option<PodId> {
    let members = returns.as_object()?;
    let object = members.values().find(|value| value["__identifier"] == "@kabinet/pod");
    if let Some(object) = object {
        let id = &object["object"];
        return id.as_str().map(PodId::from).or_else(|| id.as_u64().map(|id| PodId::new(id.to_string())));
    }
    let text = members.get("return0")?.as_str().filter(|_| members.len() == 1)?;
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| PodId::from(text))
}

/// The lines of a log yield: `{"return0": ["line", …]}`.
fn lines_of(returns: &Value) -> Vec<String> {
    let lines = returns["return0"].as_array();
    lines.into_iter().flatten().filter_map(|line| line.as_str().map(str::to_owned)).collect()
}

/// A structure as an argument, in the object form.
pub fn structure(identifier: &str, id: &str) -> Value {
    serde_json::json!({ "__identifier": identifier, "object": id })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_returned_pod_is_found_in_both_forms() {
        let object = json!({ "return0": { "__identifier": "@kabinet/pod", "object": "9" } });
        assert_eq!(pod_of(&object), Some(PodId::from("9")));
        assert_eq!(
            pod_of(&json!({ "return0": { "__identifier": "@kabinet/pod", "object": 9 } })),
            Some(PodId::from("9"))
        );
        assert_eq!(pod_of(&json!({ "return0": "9" })), Some(PodId::from("9")));
        assert_eq!(pod_of(&json!({ "return0": "hello" })), None);
        assert_eq!(pod_of(&json!({ "return0": ["9"] })), None);
    }

    #[test]
    fn what_an_action_returns_is_kept_unless_it_is_a_log() {
        let event = |returns: Value| -> domain::TaskEvent {
            let event = json!({ "id": "1", "kind": "YIELD", "message": null, "progress": null, "returns": returns,
                "createdAt": "2026-08-20T10:00:00+00:00" });
            serde_json::from_value::<Event>(event).unwrap().into_domain(Some(&"5".into())).unwrap()
        };
        assert_eq!(event(json!({ "return0": 5 })).returns["return0"], 5);
        let log = event(json!({ "return0": ["one", "two"] }));
        assert_eq!((log.lines.len(), log.returns.len()), (2, 0));
        let mut told: TaskEvents = serde_json::from_value(json!({ "args": { "count": 3 }, "events": [] })).unwrap();
        assert_eq!(told.take_arguments()["count"], 3);
    }

    fn task(done: bool, event: &str, instruct: &str, started: bool) -> Task {
        let outcomes = if started { json!([{ "kind": "STARTED", "message": null }]) } else { json!([]) };
        serde_json::from_value(json!({ "id": "1", "reference": null, "isDone": done, "latestEventKind": event,
            "latestInstructKind": instruct, "createdAt": "2026-08-20T10:00:00+00:00", "finishedAt": null,
            "actedOn": ["@kabinet/flavour:17"], "implementation": null, "agent": null, "outcomes": outcomes,
            "action": { "key": "deploy_flavour", "name": "Deploy Flavour",
                "args": [{ "kind": "STRUCTURE", "identifier": "@kabinet/flavour" }],
                "returns": [{ "kind": "STRUCTURE", "identifier": "@kabinet/pod" }] } }))
        .unwrap()
    }

    #[test]
    fn the_state_of_a_task_is_what_really_happened() {
        for (done, event, instruct, started, expected) in [
            (false, "STARTED", "ASSIGN", false, TaskState::Queued),
            (false, "STARTED", "ASSIGN", true, TaskState::Running),
            (false, "STARTED", "CANCEL", true, TaskState::Cancelling),
            (false, "DISCONNECTED", "CANCEL", true, TaskState::Disconnected),
            (true, "COMPLETED", "ASSIGN", true, TaskState::Done),
            (true, "CRITICAL", "ASSIGN", true, TaskState::Failed),
            (true, "CANCELLED", "CANCEL", true, TaskState::Cancelled),
        ] {
            let task = task(done, event, instruct, started).into_domain();
            assert_eq!(task.state, expected, "{event} {instruct}");
            assert_eq!(task.kind, TaskKind::Install);
        }
    }
}
