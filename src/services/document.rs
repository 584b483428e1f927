//! Whether a GraphQL request changes something: looks at the keywords of its operations, and at nothing else.

use serde_json::Value;

/// Whether the request, or one of several in a batch, holds a mutation. What cannot be read counts as one.
pub fn changes_something(body: &Value) -> bool {
    match body {
        Value::Array(requests) => requests.iter().any(changes_something),
        body => body["query"].as_str().is_none_or(has_mutation),
    }
}

/// Whether one of the definitions of a document is a mutation.
fn has_mutation(document: &str) -> bool {
    let mut depth = 0_usize;
    // Only the first word of a definition is its keyword: fields, names and types may be called the same.
    let mut at_start = true;
    let mut rest = document;
    while let Some(next) = rest.chars().next() {
        let mut length = next.len_utf8();
        match next {
            '#' => length = rest.find(['\n', '\r']).unwrap_or(rest.len()),
            '"' => length = string(rest),
            '{' | '(' | '[' => {
                depth += 1;
                at_start = false;
            }
            '}' | ')' | ']' => {
                depth = depth.saturating_sub(1);
                at_start = depth == 0 && next == '}';
            }
            _ if next.is_alphabetic() || next == '_' => {
                length = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
                if at_start && depth == 0 {
                    if &rest[..length] == "mutation" {
                        return true;
                    }
                    at_start = false;
                }
            }
            _ => {}
        }
        rest = &rest[length..];
    }
    false
}

/// The length of the string that the text begins with.
fn string(text: &str) -> usize {
    if let Some(block) = text.strip_prefix("\"\"\"") {
        let mut from = 0;
        while let Some(at) = block[from..].find("\"\"\"").map(|at| from + at) {
            if !block[..at].ends_with('\\') {
                return at + 6;
            }
            from = at + 3;
        }
        return text.len();
    }
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' | '\n' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_mutation_is_known_by_its_keyword() {
        for (document, expected) in [
            ("mutation { a }", true),
            ("mutation Install($input: X!) { a(input: $input) { id } }", true),
            ("  ,\n# query\nmutation{a}", true),
            ("\u{feff}mutation{a}", true),
            ("query A { a } mutation B { b }", true),
            ("fragment F on Pod { id } mutation B { ...F }", true),
            ("query A($a: X = {b: [1]}) @d(x: {y: 1}) { a } mutation B { b }", true),
            ("{ a(text: \"}\") } mutation M { b }", true),
            ("query Q { a(t: \"\"\"}\\\"\"\" \"\"\") } mutation M { b }", true),
            ("query A { a }", false),
            ("{ mutation { mutation } }", false),
            ("query mutation { a }", false),
            ("query A { mutation: a }", false),
            ("subscription mutation { a }", false),
            ("fragment mutation on mutation { a } query A { ...mutation }", false),
            ("query A($mutation: mutation) @mutation(mutation: mutation) { a }", false),
            ("{ a(text: \"} mutation M { b }\") }", false),
            ("{ a(text: \"\\\"} mutation M { b }\") }", false),
            ("{ a # } mutation M { b }\n }", false),
        ] {
            assert_eq!(has_mutation(document), expected, "{document}");
        }
    }

    #[test]
    fn what_cannot_be_read_counts_as_a_change() {
        assert!(changes_something(&json!({ "id": "persisted" })));
        assert!(changes_something(&json!([{ "query": "{ a }" }, { "query": "mutation { a }" }])));
        assert!(!changes_something(&json!([{ "query": "{ a }" }])));
    }
}
