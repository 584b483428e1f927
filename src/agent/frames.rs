//! The frames of the agent socket, and what a close code asks for. Pure.
//!
//! Unknown frames and unknown members are ignored: newer servers send more than this program knows.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Error;

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
}

impl Level {
    pub(super) fn wire(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
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
pub fn register(token: &str, session: &str) -> Value {
    json!({ "type": "REGISTER", "id": new_id(), "token": token, "force": false, "session_id": session })
}

/// The answer to a heartbeat.
pub fn heartbeat_answer() -> Value {
    json!({ "type": "HEARTBEAT_ANSWER", "id": new_id() })
}

/// A fresh frame id.
pub fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Cuts a text to what the server can keep.
pub fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        None => text.to_owned(),
        Some(_) => text.chars().take(LONGEST_TEXT - 1).chain(['…']).collect(),
    }
}

/// Reads a frame; `Unknown` also for what is no frame at all.
pub fn read(text: &str) -> Incoming {
    serde_json::from_str(text).unwrap_or(Incoming::Unknown)
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ending {
    /// The close code; `None` when the network broke.
    pub code: Option<u16>,
    /// Whether `INIT` had come.
    pub registered: bool,
    /// What a `PROTOCOL_ERROR` before it said.
    pub protocol_error: Option<String>,
}

/// What to do after a connection ended.
#[derive(Debug)]
pub enum Next {
    /// Connect again, after a growing wait.
    Reconnect,
    /// The same, but with a new token and a new registration first.
    Afresh,
    /// Connect again after this time: another process holds the place until its lease ends.
    After(Duration),
    /// End for good.
    Stop(Error),
}

/// The protocol's table of close codes.
pub fn after(ending: &Ending) -> Next {
    match (ending.code, &ending.protocol_error) {
        (Some(4003), _) => Next::Stop(Error::Blocked),
        (Some(4004), _) => Next::After(Duration::from_secs(30)),
        (Some(4005), _) => Next::Stop(Error::Displaced),
        (Some(3003), Some(why)) if !ending.registered => Next::Stop(Error::Refused(why.clone())),
        (Some(3003), _) => Next::Afresh,
        _ => Next::Reconnect,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_close_code_has_its_answer() {
        let ending = |code, registered, error: Option<&str>| Ending {
            code,
            registered,
            protocol_error: error.map(str::to_owned),
        };
        assert!(matches!(after(&ending(None, true, None)), Next::Reconnect));
        assert!(matches!(after(&ending(Some(1000), true, None)), Next::Reconnect));
        assert!(matches!(after(&ending(Some(3001), true, None)), Next::Reconnect));
        assert!(matches!(after(&ending(Some(3002), true, None)), Next::Reconnect));
        assert!(matches!(after(&ending(Some(3003), false, None)), Next::Afresh));
        assert!(matches!(after(&ending(Some(3003), true, Some("late"))), Next::Afresh));
        assert!(matches!(after(&ending(Some(3003), false, Some("extra"))), Next::Stop(Error::Refused(_))));
        assert!(matches!(after(&ending(Some(4003), false, None)), Next::Stop(Error::Blocked)));
        assert!(matches!(after(&ending(Some(4005), true, None)), Next::Stop(Error::Displaced)));
        assert!(
            matches!(after(&ending(Some(4004), false, Some("busy"))), Next::After(wait) if wait >= Duration::from_secs(30))
        );
    }

    #[test]
    fn unknown_and_torn_frames_are_ignored() {
        for text in [r#"{"type":"ASSIGN_RESPONSE","task":"1"}"#, "{}", "nonsense", r#"{"type":"CANCEL"}"#] {
            assert_eq!(read(text), Incoming::Unknown, "{text}");
        }
        assert_eq!(read(r#"{"type":"HEARTBEAT","id":"x","new":1}"#), Incoming::Heartbeat);
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
}
