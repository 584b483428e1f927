//! Frames from agents, read leniently: unknown members and unknown log levels are no reason to hang up.

use serde::Deserialize;
use serde_json::Value;

use super::super::rekuest::Report;

/// A frame that makes sense.
#[derive(Debug)]
pub enum Frame {
    /// The first one.
    Register(Register),
    /// An answer to a heartbeat.
    HeartbeatAnswer,
    /// Something about a task.
    Report {
        /// Id of the frame, for the acknowledgement.
        id: Value,
        /// Number of the frame, for the acknowledgement.
        seq: Value,
        /// What it says.
        report: Report,
    },
    /// A wish to assign or steer child work.
    Request {
        /// Its type.
        kind: String,
        /// Id of the frame.
        id: Value,
        /// The caller's name for the child.
        reference: Value,
    },
    /// Something that this server has no use for: states and locks.
    Unused,
}

/// `REGISTER`. Its Debug output hides the token.
#[derive(Deserialize)]
pub struct Register {
    /// Access token.
    pub token: String,
    /// Push out whoever is there.
    #[serde(default)]
    pub force: bool,
    /// Made at the start of the agent's process.
    #[serde(default)]
    pub session_id: Option<String>,
}

impl std::fmt::Debug for Register {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Register").field("force", &self.force).finish_non_exhaustive()
    }
}

/// Why a frame is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no JSON object.
    #[error("A frame must be one JSON object")]
    NotJson,
    /// It has the wrong members.
    #[error("{0}")]
    Schema(String),
}

#[derive(Deserialize)]
struct Members {
    task: Value,
    #[serde(default)]
    progress: Option<f64>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    level: Option<String>,
    #[serde(default)]
    returns: Option<Value>,
}

impl Frame {
    /// Reads a frame.
    pub fn read(text: &str) -> Result<Self, Refusal> {
        let value: Value = serde_json::from_str(text).map_err(|_| Refusal::NotJson)?;
        if !value.is_object() {
            return Err(Refusal::NotJson);
        }
        let kind = value.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let member = |name: &str| value.get(name).cloned().unwrap_or(Value::Null);
        match kind.as_str() {
            "REGISTER" => serde_json::from_value(value).map(Self::Register).map_err(|error| schema(&kind, &error)),
            "HEARTBEAT_ANSWER" => Ok(Self::HeartbeatAnswer),
            "SESSION_INIT" | "STATE_SNAPSHOT" | "STATE_PATCH" | "LOCK" | "UNLOCK" => Ok(Self::Unused),
            "ASSIGN_REQUEST" | "CANCEL_REQUEST" | "INTERRUPT_REQUEST" | "PAUSE_REQUEST" | "RESUME_REQUEST" => {
                Ok(Self::Request { id: member("id"), reference: member("reference"), kind })
            }
            _ => {
                let Some(kind) = report_kind(&kind) else {
                    return Err(Refusal::Schema(format!("There is no message of type {kind:?}")));
                };
                let (id, seq) = (member("id"), member("seq"));
                let members: Members = serde_json::from_value(value).map_err(|error| schema(kind, &error))?;
                Ok(Self::Report { id, seq, report: members.into_report(kind)? })
            }
        }
    }
}

fn schema(kind: &str, error: &serde_json::Error) -> Refusal {
    Refusal::Schema(format!("{kind}: {error}"))
}

fn report_kind(text: &str) -> Option<&'static str> {
    const KINDS: [&str; 11] = [
        "STARTED",
        "PROGRESS",
        "LOG",
        "YIELD",
        "COMPLETED",
        "FAILED",
        "CRITICAL",
        "CANCELLED",
        "INTERRUPTED",
        "PAUSED",
        "RESUMED",
    ];
    KINDS.into_iter().find(|kind| *kind == text)
}

impl Members {
    fn into_report(self, kind: &'static str) -> Result<Report, Refusal> {
        let task = match &self.task {
            Value::String(text) => text.parse().unwrap_or(-1),
            Value::Number(number) => number.as_i64().unwrap_or(-1),
            _ => return Err(Refusal::Schema(format!("{kind}: task must be an id"))),
        };
        let has_returns = matches!(kind, "YIELD");
        let returns = self.returns.filter(|returns| has_returns && !returns.is_null()).map(|value| value.to_string());
        #[expect(clippy::cast_possible_truncation, reason = "progress is clamped to what a percentage can be")]
        let progress = self.progress.map(|progress| progress.clamp(-1_000_000.0, 1_000_000.0).round() as i64);
        Ok(Report {
            task,
            kind,
            message: self.error.or(self.message),
            progress: progress.filter(|_| kind == "PROGRESS"),
            returns,
            level: (kind == "LOG").then(|| level(self.level.as_deref().unwrap_or("INFO"))),
        })
    }
}

/// The nearest of the levels that the schema knows.
fn level(text: &str) -> &'static str {
    match text.to_ascii_uppercase().as_str() {
        "DEBUG" | "TRACE" | "NOTSET" => "DEBUG",
        "WARN" | "WARNING" => "WARN",
        "ERROR" => "ERROR",
        "CRITICAL" | "FATAL" => "CRITICAL",
        _ => "INFO",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_members_of_register_are_ignored() {
        let text = r#"{"type": "REGISTER", "id": "1", "token": "t", "mode": "EXECUTOR", "instance_id": "default"}"#;
        let Frame::Register(register) = Frame::read(text).unwrap() else { panic!("no REGISTER") };
        assert_eq!((register.token.as_str(), register.force, register.session_id.as_deref()), ("t", false, None));
        assert!(!format!("{register:?}").contains("\"t\""));
    }

    #[test]
    fn any_log_level_is_taken() {
        for (sent, kept) in [("WARNING", "WARN"), ("info", "INFO"), ("SUCCESS", "INFO"), ("FATAL", "CRITICAL")] {
            let text = format!(r#"{{"type": "LOG", "task": "1", "message": "m", "level": "{sent}"}}"#);
            let Frame::Report { report, .. } = Frame::read(&text).unwrap() else { panic!("no report") };
            assert_eq!(report.level, Some(kept));
        }
    }

    #[test]
    fn nonsense_is_told_apart_from_a_wrong_shape() {
        assert_eq!(Frame::read("notjson").unwrap_err(), Refusal::NotJson);
        assert_eq!(Frame::read("[1]").unwrap_err(), Refusal::NotJson);
        assert!(matches!(Frame::read(r#"{"type": "NOPE"}"#), Err(Refusal::Schema(_))));
        assert!(matches!(Frame::read(r#"{"type": "REGISTER"}"#), Err(Refusal::Schema(_))));
        assert!(matches!(Frame::read(r#"{"type": "STARTED"}"#), Err(Refusal::Schema(_))));
    }
}
