//! The JSON schema of `config.toml`, made from the table of settings, for editors that help while one types.

use serde_json::{Map, Value, json};

use super::known::{ACTION_KEYS, SETTINGS, Setting};

/// The schema.
pub fn schema() -> Value {
    let mut root = section();
    for setting in &SETTINGS {
        let mut place = &mut root;
        let mut names = setting.key.split('.').peekable();
        while let Some(name) = names.next() {
            let entry = if names.peek().is_some() { section() } else { one(setting) };
            let Some(properties) = place["properties"].as_object_mut() else { break };
            place = properties.entry(name).or_insert(entry);
        }
    }
    root["properties"]["action"] = actions();
    let Value::Object(root) = root else { return Value::Null };
    let mut page = Map::new();
    page.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    page.insert("title".into(), "config.toml of kab".into());
    page.extend(root);
    Value::Object(page)
}

fn section() -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": {}})
}

fn one(setting: &Setting) -> Value {
    let mut value = kind(setting);
    let variable = setting.variable.map_or_else(String::new, |name| format!(" {name} wins."));
    value["description"] = format!("{}. Usually: {}.{variable}", sentence(setting.text), setting.default).into();
    value
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What a setting can be. A test reads a value of each kind, so that this cannot differ from what kab reads.
fn kind(setting: &Setting) -> Value {
    let texts = || json!({"type": "array", "items": {"type": "string"}});
    match setting.key {
        "catalogue.repositories" | "engine.allowed_images" => texts(),
        "engine.labels" | "logs.json_template" => json!({"type": "object", "additionalProperties": {"type": "string"}}),
        "engine.limits.ulimits" => {
            let pair =
                json!({"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 2, "maxItems": 2});
            json!({"type": "object", "additionalProperties": pair})
        }
        "engine.limits.memory_mb" | "terminal.max_kbps" => json!({"type": "integer", "minimum": 0}),
        "engine.limits.cpus" | "engine.poll_interval_seconds" | "server.idle_minutes" => {
            json!({"type": "number", "minimum": 0})
        }
        "server.trust_forwarded" => json!({"type": "boolean"}),
        _ if setting.allowed.is_empty() => json!({"type": "string"}),
        _ => {
            let words = setting.allowed.iter().map(|word| Value::from(*word));
            // Easily written without quotes, and taken so.
            let bare = setting.allowed.iter().filter_map(|word| serde_json::from_str(word).ok());
            json!({"enum": words.chain(bare).collect::<Vec<_>>()})
        }
    }
}

fn actions() -> Value {
    let text = |text: &str| json!({"type": "string", "description": text});
    let truth = |text: &str| json!({"type": "boolean", "description": text});
    let mut action = section();
    for key in ACTION_KEYS {
        action["properties"][key] = match key {
            "name" => text("What people call it, in the menu of actions."),
            "scope" => json!({"enum": crate::config::SCOPES, "description": "What it is about."}),
            "key" => text("Its key there, such as Ctrl-o."),
            "run" => text("The command line; {pod.id} stands for a value, which kab quotes."),
            "input" => json!({
                "type": "array", "items": {"type": "string"}, "description": "What is asked before: {input.NAME}."
            }),
            "confirm" => truth("Whether a question comes before it."),
            _ => truth("Whether it changes something; it cannot be done in a context that is read-only."),
        };
    }
    action["required"] = json!(["scope", "run"]);
    json!({"type": "array", "items": action, "description": "Actions of one's own."})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    /// A value of what the schema says, and one that is not.
    fn samples(schema: &Value) -> (toml::Value, toml::Value) {
        let read = |text: &str| toml::from_str::<toml::Table>(&format!("x = {text}")).unwrap()["x"].clone();
        let (good, bad) = match schema["type"].as_str() {
            Some("array") => ("['a']", "3"),
            Some("object") if schema["additionalProperties"]["type"] == "array" => ("{ a = [1, 2] }", "{ a = 'b' }"),
            Some("object") => ("{ a = 'b' }", "{ a = 3 }"),
            Some("integer") => ("3", "'a'"),
            Some("number") => ("1.5", "'a'"),
            Some("boolean") => ("true", "'a'"),
            Some("string") => ("'a'", "3"),
            _ => return (schema["enum"][0].as_str().unwrap().into(), read("[]")),
        };
        (read(good), read(bad))
    }

    fn load(key: &str, value: toml::Value) -> Result<Config, toml::de::Error> {
        let table = key
            .rsplit('.')
            .fold(value, |inner, name| toml::Value::Table(std::iter::once((name.to_owned(), inner)).collect()));
        table.try_into()
    }

    #[test]
    fn every_setting_is_of_the_kind_that_the_schema_says() {
        let schema = schema();
        for setting in &SETTINGS {
            let place = setting.key.split('.').fold(&schema, |place, name| &place["properties"][name]);
            assert!(place["description"].is_string(), "{}", setting.key);
            let (good, bad) = samples(place);
            assert!(load(setting.key, good).is_ok(), "{}", setting.key);
            assert!(load(setting.key, bad).is_err(), "{}", setting.key);
        }
    }

    #[test]
    fn the_schema_that_is_shipped_is_the_one_that_is_made() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/config.schema.json");
        let made = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        let shipped = std::fs::read_to_string(path).unwrap_or_default();
        assert!(shipped == made, "run the test with UPDATE_SCHEMA=1, and look at what changed");
    }
}
