//! Words of the Python GraphQL library, which clients see: how it quotes values, and what it suggests.

use serde_json::Value;

/// A value as Python writes it.
pub fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n")),
        Value::Array(items) => format!("[{}]", items.iter().map(python).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members: Vec<_> = members.iter().map(|(key, value)| format!("'{key}': {}", python(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
    }
}

/// ` Did you mean 'x'?`, or nothing.
pub fn suggestion<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> String {
    let limit = given.chars().count() * 2 / 5 + 1;
    let mut near: Vec<(usize, &str)> =
        known.map(|name| (distance(given, name), name)).filter(|(distance, _)| *distance <= limit).collect();
    near.sort_unstable();
    let names: Vec<_> = near.into_iter().take(5).map(|(_, name)| format!("'{name}'")).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => format!(" Did you mean {one}?"),
        [one, other] => format!(" Did you mean {one} or {other}?"),
        [firsts @ .., last] => format!(" Did you mean {}, or {last}?", firsts.join(", ")),
    }
}

/// How many letters have to be changed, ignoring case at a price of one.
fn distance(a: &str, b: &str) -> usize {
    if a == b {
        return 0;
    }
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    if a == b {
        return 1;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, letter) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (other, second) in b.iter().enumerate() {
            let change = diagonal + usize::from(letter != second);
            diagonal = row[other + 1];
            row[other + 1] = change.min(row[other] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
