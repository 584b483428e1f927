//! The frames of the agent socket. Pure. What a close code asks for is in `ending`.
//!
//! Unknown frames and unknown members are ignored: newer servers send more than this program knows.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Takeover;

/// The server keeps reports in a column of 30000 characters; a longer one closes the socket.
pub const LONGEST_TEXT: usize = 30_000;

/// A frame from the server.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Incoming {
    /// The answer to `REGISTER`.
    Init {
        /// The agent's id.
        agent: String,
        /// Open tasks that the server asks about.
        #[serde(default)]
        inquiries: Vec<Inquiry>,
    },
    /// Are you there?
    Heartbeat,
    /// Work.
    Assign(Assigned),
    /// Stop it, please.
    Cancel {
        /// The task.
        task: String,
    },
    /// Stop it now.
    Interrupt {
        /// The task.
        task: String,
    },
    /// Leave and come back.
    Bounce {
        /// After so many seconds.
        #[serde(default)]
        duration: Option<f64>,
    },
    /// Leave.
    Kick {
        /// Why.
        #[serde(default)]
        reason: Option<String>,
    },
    /// A report has been stored.
    EventAck {
        /// The `id` of the report's frame.
        event: String,
    },
    /// What we sent does not fit the protocol; the socket closes.
    ProtocolError {
        /// What does not fit.
        #[serde(default)]
        error: String,
    },
    /// Work, in a form that this program does not understand.
    #[serde(skip)]
    Torn {
        /// The task, where that much can be read.
        task: Option<String>,
        /// What is wrong.
        why: String,
    },
    /// Anything else.
    #[serde(other)]
    Unknown,
}

/// A task that the server asks about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Inquiry {
    /// Its id.
    pub task: String,
}

/// A piece of work that was assigned.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Assigned {
    /// Rekuest's id of the task.
    pub task: String,
    /// Which implementation.
    pub interface: String,
    /// By port key.
    #[serde(default)]
    pub args: Value,
    /// The caller's id of the task.
    #[serde(default)]
    pub reference: Option<String>,
    /// The assigning user's `sub`.
    #[serde(default)]
    pub user: Option<String>,
    /// The organisation's slug.
    #[serde(default, rename = "org")]
    pub organisation: Option<String>,
}

impl Assigned {
    /// The id behind a structure argument: the object form, or the plain id of the time before mid-2026.
    ///
    /// # Errors
    /// When it is missing, or no structure.
    pub fn structure(&self, key: &str) -> Result<String, super::TaskError> {
        let value = &self.args[key];
        let object = if value.is_object() { &value["object"] } else { value };
        match object {
            Value::String(id) if !id.is_empty() => Ok(id.clone()),
            Value::Number(id) => Ok(id.to_string()),
            _ => Err(super::TaskError::failed(format!("The argument `{key}` is missing or refers to nothing."))),
        }
    }

    /// A whole number argument; `None` when it was left out.
    ///
    /// # Errors
    /// When it is no whole number from 0.
    pub fn number(&self, key: &str) -> Result<Option<u64>, super::TaskError> {
        match &self.args[key] {
            Value::Null => Ok(None),
            Value::Number(number) => number.as_u64().map(Some).ok_or(()),
            _ => Err(()),
        }
        .map_err(|()| super::TaskError::failed(format!("The argument `{key}` is not a whole number from 0 on.")))
    }
}

/// The levels of a log message. Any other word closes the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// For developers.
    Debug,
    /// For everybody.
    Info,
    /// Something is odd.
    Warn,
    /// Something failed.
    Error,
    /// Nothing goes on.
    Critical,
}

impl Level {
    pub(super) fn wire(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
        }
    }
}

/// How a task ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Completed,
    /// The input was bad, or it was refused.
    Failed(String),
    /// Something went wrong.
    Critical(String),
    /// At somebody's wish.
    Cancelled,
    /// At somebody's urgent wish.
    Interrupted,
}

impl Outcome {
    /// Type and text of its report.
    pub fn wire(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Completed => ("COMPLETED", None),
            Self::Failed(error) => ("FAILED", Some(error)),
            Self::Critical(error) => ("CRITICAL", Some(error)),
            Self::Cancelled => ("CANCELLED", None),
            Self::Interrupted => ("INTERRUPTED", None),
        }
    }
}

/// The first frame. Unknown members are forbidden here, so there are no others.
pub fn register(token: &str, session: &str, takeover: Takeover) -> Value {
    let force = takeover == Takeover::Force;
    json!({ "type": "REGISTER", "id": new_id(), "token": token, "force": force, "session_id": session })
}

/// The answer to a heartbeat.
pub fn heartbeat_answer() -> Value {
    json!({ "type": "HEARTBEAT_ANSWER", "id": new_id() })
}

/// A fresh frame id.
pub fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Cuts a text to what the server can keep. Its database takes no NUL either: one closes the socket.
pub fn cut(text: &str) -> String {
    let text = text.replace('\0', "");
    match text.char_indices().nth(LONGEST_TEXT) {
        None => text,
        Some(_) => text.chars().take(LONGEST_TEXT - 1).chain(['…']).collect(),
    }
}

/// The same value without NUL in its texts.
pub fn scrubbed(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains('\0') => Value::String(text.replace('\0', "")),
        Value::Array(items) => items.into_iter().map(scrubbed).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(key, member)| (key.replace('\0', ""), scrubbed(member))).collect()
        }
        plain => plain,
    }
}

/// Reads a frame; `Unknown` also for what is no frame at all. Somebody waits for work that cannot be read, so that it is
/// told apart.
pub fn read(text: &str) -> Incoming {
    let error = match serde_json::from_str(text) {
        Ok(frame) => return frame,
        Err(error) => error,
    };
    let frame: Value = serde_json::from_str(text).unwrap_or_default();
    if frame["type"] != "ASSIGN" {
        return Incoming::Unknown;
    }
    let task = match &frame["task"] {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    };
    let why = crate::domain::clean_line(&error.to_string());
    tracing::warn!(task, "an assignment cannot be understood: {why}");
    Incoming::Torn { task, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_and_torn_frames_are_ignored() {
        for text in [r#"{"type":"ASSIGN_RESPONSE","task":"1"}"#, "{}", "nonsense", r#"{"type":"CANCEL"}"#] {
            assert_eq!(read(text), Incoming::Unknown, "{text}");
        }
        assert_eq!(read(r#"{"type":"HEARTBEAT","id":"x","new":1}"#), Incoming::Heartbeat);
        let torn = |text: &str| match read(text) {
            Incoming::Torn { task, .. } => task,
            other => panic!("{other:?}"),
        };
        assert_eq!(torn(r#"{"type":"ASSIGN","task":"81","interface":7}"#).as_deref(), Some("81"));
        assert_eq!(torn(r#"{"type":"ASSIGN","task":81,"interface":"stop"}"#).as_deref(), Some("81"));
        assert_eq!(torn(r#"{"type":"ASSIGN","interface":"stop"}"#), None);
        assert_eq!(
            read(r#"{"type":"INIT","id":"x","agent":"2","inquiries":[{"task":"77"}]}"#),
            Incoming::Init { agent: "2".into(), inquiries: vec![Inquiry { task: "77".into() }] }
        );
    }

    #[test]
    fn a_structure_is_read_in_both_spellings() {
        let assigned = |args: Value| Assigned {
            task: "1".into(),
            interface: "stop".into(),
            args,
            reference: None,
            user: None,
            organisation: None,
        };
        let of = |args| assigned(args).structure("pod").ok();
        assert_eq!(of(json!({"pod": {"__identifier": "@kabinet/pod", "object": "9"}})).as_deref(), Some("9"));
        assert_eq!(of(json!({"pod": {"__identifier": "@kabinet/pod", "object": 9}})).as_deref(), Some("9"));
        assert_eq!(of(json!({"pod": "9"})).as_deref(), Some("9"));
        assert_eq!(of(json!({"pod": null})), None);
        assert_eq!(of(json!({})), None);
        assert_eq!(assigned(json!({"tail": 5})).number("tail").unwrap(), Some(5));
        assert_eq!(assigned(json!({})).number("tail").unwrap(), None);
        assert!(assigned(json!({"tail": -1})).number("tail").is_err());
    }

    #[test]
    fn long_texts_are_cut_by_characters() {
        let long = "ä".repeat(LONGEST_TEXT + 5);
        assert_eq!(cut(&long).chars().count(), LONGEST_TEXT);
        assert_eq!(cut("short"), "short");
    }

    #[test]
    fn the_server_gets_no_nul_which_its_database_refuses() {
        assert_eq!(cut("a\0b"), "ab");
        assert_eq!(
            scrubbed(json!({"return0": ["x\0y", 1, {"k\0": null}]})),
            json!({"return0": ["xy", 1, {"k": null}]})
        );
    }

    #[test]
    fn the_levels_are_the_five_that_the_server_knows() {
        let levels = [Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Critical];
        assert_eq!(levels.map(Level::wire), ["DEBUG", "INFO", "WARN", "ERROR", "CRITICAL"]);
    }

    #[test]
    fn the_first_frame_has_no_member_that_some_server_refuses() {
        let hello = register("t", "s", Takeover::Force);
        let members: Vec<_> = hello.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["type", "id", "token", "force", "session_id"]);
        assert_eq!(hello["force"], true);
        assert_eq!(register("t", "s", Takeover::Ask)["force"], false);
    }
}
