//! YAML as a tree that still knows lines and spellings.
//!
//! The spelling matters because a version is always a text: `1.10` must not become 1.1. Booleans are `true` and `false`
//! only, so that the port `y` and the argument `n` stay texts.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Spanned};

/// Nodes of a file beyond which it is refused.
const MOST_NODES: usize = 2_000_000;
/// Events that aliases may add.
const MOST_REPLAYED: usize = 100_000;
/// Levels of a file beyond which it is refused.
const DEEPEST: usize = 64;

/// Why nothing of a file can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not YAML, or YAML that is refused: tags that make objects, alias bombs, too deep.
    #[error("not readable as YAML: {0}")]
    Yaml(String),
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// The top is a list or a scalar.
    #[error("expected a mapping at the top of the file, with the key `app_images` or `deployments`")]
    NoMapping,
    /// Neither of the two lists.
    #[error("neither `app_images` nor `deployments` in the file, so it is no deployments file")]
    NoEntries,
    /// A newer form.
    #[error("the file has spec_version {found}, and only versions up to {known} are known; update kab")]
    TooNew {
        /// Its version, as written.
        found: String,
        /// The newest that is known.
        known: u64,
    },
    /// More entries than anybody publishes.
    #[error("the file has {found} entries; more than {most} are refused")]
    TooMany {
        /// How many it has.
        found: usize,
        /// How many are accepted.
        most: usize,
    },
}

/// A node with the line that it begins on; 0 where there is none.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) line: u64,
    pub(super) value: Value,
}

/// What a node is. Numbers and booleans keep their spelling.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool, String),
    Number(serde_json::Number, String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(super) fn from_json(json: &serde_json::Value) -> Self {
        let value = match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(*value, value.to_string()),
            serde_json::Value::Number(number) => Value::Number(number.clone(), number.to_string()),
            serde_json::Value::String(text) => Value::Text(text.clone()),
            serde_json::Value::Array(items) => Value::List(items.iter().map(Self::from_json).collect()),
            serde_json::Value::Object(members) => {
                Value::Map(members.iter().map(|(key, value)| (key.clone(), Self::from_json(value))).collect())
            }
        };
        Self { line: 0, value }
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value, _) => (*value).into(),
            Value::Number(number, _) => number.clone().into(),
            Value::Text(text) => text.clone().into(),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(members) => {
                serde_json::Value::Object(members.iter().map(|(key, node)| (key.clone(), node.to_json())).collect())
            }
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    pub(super) fn map(&self) -> Option<&[(String, Self)]> {
        match &self.value {
            Value::Map(members) => Some(members),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> Option<&[Self]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The member of a mapping, by its name in snake case or in camel case; the last one counts. A null member is there.
    pub(super) fn member(&self, snake: &str) -> Option<&Self> {
        let members = self.map()?;
        members.iter().rev().find(|(key, _)| key == snake || is_camel_of(key, snake)).map(|(_, node)| node)
    }

    /// The first of several names that is there and not null.
    pub(super) fn any_member(&self, names: &[&str]) -> Option<&Self> {
        names.iter().find_map(|name| self.member(name).filter(|node| !node.is_null()))
    }

    /// Any scalar as it was written.
    pub(super) fn text(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) | Value::Bool(_, text) | Value::Number(_, text) => Some(text.clone()),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// A whole number that is not negative, also when it is written as a text or with a fraction of zero.
    pub(super) fn number(&self) -> Option<u64> {
        match &self.value {
            Value::Number(number, _) => number.as_u64().or_else(|| whole(number.as_f64()?)),
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A truth value, also in the words that older YAML knows.
    pub(super) fn truth(&self) -> Option<bool> {
        match &self.value {
            Value::Bool(value, _) => Some(*value),
            Value::Text(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" => Some(true),
                "false" | "no" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The words for people: `a list`.
    pub(super) fn what(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(..) => "a truth value",
            Value::Number(..) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// A second value of a key that stands in a mapping more than once; the mapping's order decides which is which.
pub(super) fn repeats<'tree>(members: &'tree [(String, Node)], key: &str) -> Option<&'tree Node> {
    members.iter().filter(|(other, _)| other == key).nth(1).map(|(_, node)| node)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn whole(float: f64) -> Option<u64> {
    (float.fract() == 0.0 && (0.0..=9e15).contains(&float)).then_some(float as u64)
}

/// Whether `key` is `snake` written in camel case.
fn is_camel_of(key: &str, snake: &str) -> bool {
    let mut key = key.bytes();
    let mut upper = false;
    for byte in snake.bytes() {
        if byte == b'_' {
            upper = true;
            continue;
        }
        let wanted = if std::mem::take(&mut upper) { byte.to_ascii_uppercase() } else { byte };
        if key.next() != Some(wanted) {
            return false;
        }
    }
    key.next().is_none()
}

/// Reads one YAML document.
pub(super) fn parse(text: &str) -> Result<Node, Unreadable> {
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Err(Unreadable::Empty);
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: MOST_NODES, max_events: 3 * MOST_NODES, max_depth: DEEPEST },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MOST_REPLAYED },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        reject_unsupported_tags: true,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(raw) => {
            let root = settle(text, raw);
            if root.is_null() { Err(Unreadable::Empty) } else { Ok(root) }
        }
        Err(error) => Err(Unreadable::Yaml(error.to_string().lines().next().unwrap_or_default().to_owned())),
    }
}

/// A node as the YAML reader sees it.
enum Raw {
    Null,
    Bool(bool),
    Number(Option<serde_json::Number>),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(String, Spanned<Raw>)>),
}

/// Adds the spelling of numbers and truth values.
fn settle(source: &str, raw: Spanned<Raw>) -> Node {
    let line = raw.referenced.line();
    let spelling = |raw: &Spanned<Raw>| {
        let span = raw.defined.span();
        let start = usize::try_from(span.byte_offset()?).ok()?;
        let length = usize::try_from(span.byte_len()?).ok()?;
        Some(source.get(start..start.checked_add(length)?)?.trim().to_owned())
    };
    let value = match &raw.value {
        Raw::Bool(value) => Value::Bool(*value, spelling(&raw).unwrap_or_else(|| value.to_string())),
        Raw::Number(Some(number)) => {
            Value::Number(number.clone(), spelling(&raw).unwrap_or_else(|| number.to_string()))
        }
        Raw::Number(None) => Value::Text(spelling(&raw).unwrap_or_default()),
        _ => match raw.value {
            Raw::Text(text) => Value::Text(text),
            Raw::List(items) => Value::List(items.into_iter().map(|item| settle(source, item)).collect()),
            Raw::Map(members) => {
                Value::Map(members.into_iter().map(|(key, node)| (key, settle(source, node))).collect())
            }
            _ => Value::Null,
        },
    };
    Node { line, value }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("YAML")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(Some(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(Some(value.into())))
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Number(None))
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Number(None))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Number(serde_json::Number::from_f64(value)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Raw, E> {
        Ok(Raw::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(member) = members.next_entry()? {
            map.push(member);
        }
        Ok(Raw::Map(map))
    }
}
