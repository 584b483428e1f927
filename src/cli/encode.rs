//! JSON and YAML that a terminal can show: nothing in them steers it, and nothing of them is lost.

use std::fmt::Write as _;

use serde_json::Value;

use crate::domain::clean;

/// JSON on one line, in which nothing can steer a terminal: JSON itself leaves the C1 controls and the characters that
/// reorder text as they are. They stand only inside of strings, where an escape means the same.
pub fn json_line(value: &Value) -> String {
    let text = value.to_string();
    if text.is_ascii() && !text.contains('\u{7f}') {
        return text;
    }
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        let code = u32::from(character);
        if character.is_control() || clean(character.encode_utf8(&mut [0; 4])).is_empty() {
            _ = write!(safe, "\\u{code:04x}");
        } else {
            safe.push(character);
        }
    }
    safe
}

/// YAML in which nothing can steer a terminal. Characters that reorder text are not escaped by it: a document that has
/// some is written as JSON, which is YAML too.
pub fn yaml(value: &Value) -> String {
    match serde_saphyr::to_string(value) {
        Ok(text) if clean(&text) == text => text,
        _ => format!("{}\n", json_line(value)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_in_json_steers_a_terminal_and_nothing_is_lost() {
        let value = json!({"text": "a\u{1b}[2J b\u{9b}31m c\u{202e} d\u{7f} 細胞"});
        let line = json_line(&value);
        assert_eq!(clean(&line), line);
        assert_eq!(serde_json::from_str::<Value>(&line).expect("json"), value);
        let yaml = yaml(&value);
        assert_eq!(clean(&yaml), yaml);
        assert_eq!(serde_saphyr::from_str::<Value>(&yaml).expect("yaml"), value);
        assert_eq!(super::yaml(&json!({"text": "plain"})), "text: plain\n");
    }
}
