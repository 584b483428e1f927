//! Kabinet 2.0.0: which fields fail or are constants, and in which words.

use serde_json::{Map, Value, json};

use super::graphql::{Defects, rewrite::KIND};

/// What a flavour whose selectors cannot be read is answered with; `{kind}` is the stored kind.
const READING: &str = "validation errors for SelectorFieldJson\nselectors.0.RAMSelector.kind\n  Input should be 'ram' \
    [type=literal_error, input_value='{kind}', input_type=str]\n    For further information visit \
    https://errors.pydantic.dev/2.11/v/literal_error\nselectors.0.RAMSelector.";

/// The server of the first generation.
pub struct First;

impl Defects for First {
    fn is_local(&self, parent: &str, field: &str) -> bool {
        matches!(
            (parent, field),
            ("Release", "installed" | "description" | "colour" | "entrypoint" | "logo" | "originalLogo")
                | ("Flavour", "description" | "logo" | "originalLogo")
                | ("Deployment", "apiToken")
                | ("Client", "name")
                | ("Definition", "kind" | "scope")
                | ("CPUSelector", "min")
                | ("Subscription", _)
        )
    }

    fn before(&self, parent: &str, field: &str, arguments: &Map<String, Value>) -> Option<String> {
        let missing = |input: &str, member: &str| {
            Some(format!("{input}.__init__() missing 1 required keyword-only argument: '{member}'"))
        };
        let input = arguments.get("input").cloned().unwrap_or_default();
        let has = |member: &str| input.get(member).is_some();
        match field {
            "updatePod" if !has("pod") => missing("UpdatePodInput", "pod"),
            "updatePod" if !has("localId") => missing("UpdatePodInput", "local_id"),
            "updatePod" if input["pod"].is_null() && input["localId"].is_null() => {
                Some("Either pod or local_id must be set".into())
            }
            "matchFlavour" if !has("actions") => missing("MatchFlavoursInput", "actions"),
            "deployments" if arguments.get("filters").is_some_and(|filters| filters["search"].is_string()) => Some(
                "Cannot resolve keyword 'name' into field. Choices are: backend, backend_id, created_at, flavour, \
                 flavour_id, id, local_id, pods, pulled, secret_params, untyped_params"
                    .into(),
            ),
            "dumpLogs" if input["logs"].as_str().is_some_and(|logs| logs.contains('\0')) => {
                Some("PostgreSQL text fields cannot contain NUL (0x00) bytes".into())
            }
            "pods" | "pod" if parent == "Subscription" => Some("'Channel' object has no attribute 'alisten'".into()),
            "declareBackend"
                if ["name", "kind"]
                    .iter()
                    .any(|member| input[*member].as_str().is_some_and(|text| text.chars().count() > 1000)) =>
            {
                Some("value too long for type character varying(1000)".into())
            }
            _ => None,
        }
    }

    fn after(&self, parent: &str, field: &str, _row: &Map<String, Value>, value: Value) -> Result<Value, String> {
        match (parent, field) {
            ("Flavour", "selectors") => selectors(value),
            ("Flavour", "logo") => Err("'Flavour' object has no attribute 'logo'".into()),
            ("Flavour", "originalLogo") => Err("'Flavour' object has no attribute 'original_logo'".into()),
            ("Flavour", "description") => Ok(json!(" No description provided")),
            ("Flavour", "manifest") => Ok(manifest(&value)),
            ("Deployment", "apiToken") => Err("'Deployment' object has no attribute 'api_token'".into()),
            ("Client", "name") => Err("Cannot return null for non-nullable field Client.name.".into()),
            ("CPUSelector", "min") => Err("'CPUSelector' object has no attribute 'min'".into()),
            ("Definition", "kind") => Err("Enum 'ActionKind' cannot represent value: ''".into()),
            ("Definition", "scope") => Ok(json!("GLOBAL")),
            ("Release", "installed") => Ok(json!(true)),
            ("Release", "description") => Ok(json!("This is a basic app. That allows a few extra things")),
            ("Release", "colour") => Ok(json!("#254d11")),
            ("Release", "entrypoint") => Ok(json!("app")),
            ("Release", "logo" | "originalLogo") => Ok(Value::Null),
            ("Resource", "qualifiers") if value.as_array().is_some_and(Vec::is_empty) => Ok(Value::Null),
            _ => Ok(value),
        }
    }

    fn said(&self, root: &str, message: &str) -> String {
        if root == "matchFlavour" && message.contains("does not exist") {
            return "Cannot return null for non-nullable field Query.matchFlavour.".into();
        }
        if message.starts_with("get() returned more than one") && !message.contains("--") {
            return format!("{message} -- it returned 2!");
        }
        if let Some(input) = message.strip_prefix("Invalid github repo:") {
            return if input.is_empty() { message.to_owned() } else { "Invalid github repo".into() };
        }
        message.to_owned()
    }
}

/// Only the selectors that the reader of this server understands can be read.
fn selectors(value: Value) -> Result<Value, String> {
    let kinds = value.as_array().into_iter().flatten().filter_map(|selector| selector[KIND].as_str());
    for kind in kinds {
        match kind {
            "cuda" | "rocm" => {}
            "cpu" => return Err(format!("18 {}memory", READING.replace("{kind}", "cpu"))),
            "oneapi" => return Err(format!("14 {}oneapi_version", READING.replace("{kind}", "oneapi"))),
            other => {
                let name = match other {
                    "ram" => "RAMSelector",
                    "label" => "LabelSelector",
                    _ => "ServiceSelector",
                };
                return Err(format!(
                    "Abstract type 'Selector' must resolve to an Object type at runtime for field 'Flavour.selectors' \
                     with value <{name} instance>, received '{name}'."
                ));
            }
        }
    }
    Ok(value)
}

/// What a scan keeps of a manifest.
fn manifest(value: &Value) -> Value {
    let kept = ["logo", "author", "scopes", "version", "identifier"];
    kept.iter().map(|member| ((*member).to_owned(), value[*member].clone())).collect::<Map<_, _>>().into()
}
