//! Rekuest 2.2: which fields fail or are constants, and in which words.

use serde_json::{Map, Value, json};

use super::{deployment::Deployment, graphql::Defects, script::Service};

/// What is put behind a reference that was used before: the embedded server would find the earlier task.
const AGAIN: char = '~';

/// Makes an assignment what it is here: ephemeral tasks are kept like all others, and a reference that is used again
/// makes another task.
pub async fn assigning(deployment: &Deployment, token: Option<&str>, variables: &mut Map<String, Value>) {
    for input in variables.values_mut().filter_map(Value::as_object_mut) {
        if let Some(ephemeral) = input.get_mut("ephemeral") {
            *ephemeral = json!(false);
        }
        let Some(reference) = input.get("reference").and_then(Value::as_str).map(str::to_owned) else { continue };
        let mut name = reference.clone();
        let query = "query ($r: String!) { tasks(filters: {reference: $r}) { id } }";
        let mut times = 1;
        loop {
            let ask = json!({"query": query, "variables": {"r": name}});
            let found = deployment.ask_behind(Service::Rekuest, token, &ask).await;
            if found["data"]["tasks"].as_array().is_none_or(Vec::is_empty) {
                break;
            }
            times += 1;
            name = format!("{reference}{AGAIN}{times}");
        }
        input.insert("reference".into(), json!(name));
    }
}

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
            ("Task" | "TaskChange", "reference") => {
                Ok(value.as_str().map_or(Value::Null, |text| json!(text.split(AGAIN).next())))
            }
            ("TaskChange", "statusMessage") => Ok(Value::Null),
            ("Client", "name") => Err("Cannot return null for non-nullable field Client.name.".into()),
            _ => Ok(value),
        }
    }

    fn said(&self, _root: &str, message: &str) -> String {
        message.to_owned()
    }
}
