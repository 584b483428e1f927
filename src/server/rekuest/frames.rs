//! Frames from the server to agents.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::super::store::clause::{Clause, Part};
use super::super::store::identity::client_by_row;
use super::super::store::rekuest::capabilities;
use super::super::store::rekuest::tasks::TaskRow;
use super::super::store::{Error, Result};

/// The text of a frame; the id that acknowledgements refer to is made here.
pub fn frame(kind: &str, mut members: Value) -> String {
    if let Some(members) = members.as_object_mut() {
        members.insert(String::from("type"), kind.into());
        members.insert(String::from("id"), uuid::Uuid::new_v4().to_string().into());
    }
    members.to_string()
}

/// `ASSIGN` for a task whose implementation still exists.
pub fn assign(connection: &Connection, task: &TaskRow) -> Result<String> {
    let clause = Clause::equals("i.id", task.implementation_id.unwrap_or_default());
    let implementation = capabilities::implementations(connection, clause, &Part::by("i.id"))?
        .pop()
        .ok_or(Error::Missing("Implementation"))?;
    let action = capabilities::actions(connection, Clause::equals("x.id", task.action_id), &Part::by("x.id"))?
        .pop()
        .ok_or(Error::Missing("Action"))?;
    let caller = client_by_row(connection, task.caller_row)?.ok_or(Error::Missing("Client"))?;
    let args: Value = serde_json::from_str(&task.args).unwrap_or_else(|_| json!({}));
    Ok(frame(
        "ASSIGN",
        json!({
            "task": task.id.to_string(),
            "interface": implementation.interface,
            "action": action.definition.hash,
            "implementation": implementation.id.to_string(),
            "args": args,
            "reference": task.reference,
            "user": caller.sub,
            "org": caller.organisation,
            "parent": task.parent_id.map(|id| id.to_string()),
            "root": task.root_id.map(|id| id.to_string()),
            "resolution": null,
            "capture": task.capture,
            "step": task.step.then_some(true),
            "message": null,
            "token": null,
        }),
    ))
}
