//! What a task was given and what it returned, by port, in words for people.

use serde_json::{Map, Value};

use super::clean_line;

/// Values by the names of their ports.
pub type Values = Map<String, Value>;

/// Longest value that is written out, in characters; who wants more of it asks for JSON.
const LONGEST: usize = 600;

/// A value in words: a thing as `@kabinet/flavour:17`, a text as it stands, all else as JSON.
pub fn value_words(value: &Value) -> String {
    let words = match (value, &value["__identifier"], &value["object"]) {
        (_, Value::String(identifier), Value::String(object)) => format!("{identifier}:{object}"),
        (_, Value::String(identifier), Value::Number(object)) => format!("{identifier}:{object}"),
        (Value::Null, ..) => "nothing".into(),
        (Value::String(text), ..) => text.clone(),
        (other, ..) => other.to_string(),
    };
    let words = clean_line(&words);
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

/// All values in one line; one alone needs no name: `5`, `width = 3, height = 4`.
pub fn values_words(values: &Values) -> String {
    match values.len() {
        1 => values.values().map(value_words).collect(),
        _ => values
            .iter()
            .map(|(name, value)| format!("{} = {}", clean_line(name), value_words(value)))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_told_as_people_read_them() {
        for (value, words) in [
            (json!({"__identifier": "@kabinet/flavour", "object": "17"}), "@kabinet/flavour:17"),
            (json!("two\u{1b}[31m words"), "two words"),
            (json!(3), "3"),
            (json!(null), "nothing"),
            (json!([1, "a"]), "[1,\"a\"]"),
        ] {
            assert_eq!(value_words(&value), words);
        }
        assert!(value_words(&json!("x".repeat(2_000))).chars().count() <= LONGEST + 1);
        let values = |value: Value| value.as_object().cloned().unwrap();
        assert_eq!(values_words(&values(json!({"return0": 5}))), "5");
        assert_eq!(values_words(&values(json!({"a": 1, "b": true}))), "a = 1, b = true");
    }
}
