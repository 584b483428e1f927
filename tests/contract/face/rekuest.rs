//! Rekuest 2.2: which fields fail or are constants, and in which words.

use serde_json::{Map, Value, json};

use super::graphql::Defects;

/// The server.
pub struct Rekuest;

impl Defects for Rekuest {
    fn is_local(&self, parent: &str, field: &str) -> bool {
        matches!(
            (parent, field),
            ("TaskEvent", "name" | "level") | ("Client", "name") | ("TaskChange", "statusMessage")
        )
    }

    fn before(&self, _parent: &str, field: &str, arguments: &Map<String, Value>) -> Option<String> {
        let input = arguments.get("input").cloned().unwrap_or_default();
        let given = |member: &str| input.get(member).is_some_and(|value| !value.is_null());
        if field == "assign" && !["action", "actionHash", "implementation"].into_iter().any(given) {
            let why = "You need to provide either, action_hash or action_id, to create an assignment for an agent";
            return Some(why.into());
        }
        None
    }

    fn after(&self, parent: &str, field: &str, _row: &Map<String, Value>, value: Value) -> Result<Value, String> {
        match (parent, field) {
            ("TaskEvent", "level") => Ok(json!("INFO")),
            ("TaskEvent", "name") => Err("'TaskEvent' object has no attribute 'name'".into()),
            ("TaskChange", "statusMessage") => Ok(Value::Null),
            ("Client", "name") => Err("Cannot return null for non-nullable field Client.name.".into()),
            _ => Ok(value),
        }
    }

    fn said(&self, message: &str) -> String {
        message.to_owned()
    }
}
