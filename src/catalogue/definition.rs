//! Definitions and their ports, filled up to the canonical form that the hash is taken of.

use serde_json::{Map, Value as Json, json};

use super::tree::{Node, Value};
use super::{hash, issue};
use crate::domain::{NodeKind, PortKind, ScanIssue};

/// A function that an app provides.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The app's own name of the implementation.
    pub interface: String,
    /// The app's own name of the definition; the interface where the file names none.
    pub key: String,
    /// Version of the definition; `1` where the file names none.
    pub version: String,
    /// What people call it.
    pub name: String,
    /// How often it answers.
    pub kind: NodeKind,
    /// What it does.
    pub description: Option<String>,
    /// It keeps a state between calls.
    pub stateful: bool,
    /// Equal inputs give equal outputs.
    pub pure: bool,
    /// Calling it twice is as good as once.
    pub idempotent: bool,
    /// Canonical ports that go in: a list of objects with all members, in snake case.
    pub args: Json,
    /// Canonical ports that come out.
    pub returns: Json,
    /// Words that group it.
    pub collections: Vec<String>,
    /// Protocols that it follows.
    pub interfaces: Vec<String>,
    /// Hashes of the definitions that it tests.
    pub is_test_for: Vec<String>,
    /// Equal hashes are the same function.
    pub hash: String,
}

/// Reads a definition, or an implementation that wraps one.
pub(super) fn read(node: &Node, path: &str, interface: Option<&str>) -> Result<Definition, ScanIssue> {
    let wrapped = node.member("definition").filter(|inner| inner.map().is_some());
    let (definition, path) = match wrapped {
        Some(inner) => (inner, format!("{path}.definition")),
        None => (node, path.to_owned()),
    };
    if definition.map().is_none() {
        return Err(issue(&path, definition, &format!("expected a definition, found {}", definition.what())));
    }
    let text = |member: &str| definition.any_member(&[member]).and_then(Node::text);
    let name = text("name").ok_or_else(|| issue(&format!("{path}.name"), definition, "a definition needs a name"))?;
    let kind = match text("kind").as_deref().map(str::to_ascii_uppercase).as_deref() {
        Some("FUNCTION") | None => NodeKind::Function,
        Some("GENERATOR") => NodeKind::Generator,
        Some(other) => {
            let reason = format!("`{other}` is neither FUNCTION nor GENERATOR");
            return Err(issue(&format!("{path}.kind"), definition, &reason));
        }
    };
    let interface = interface
        .map(str::to_owned)
        .or_else(|| node.any_member(&["interface"]).and_then(Node::text))
        .or_else(|| text("interface"))
        .or_else(|| text("key"))
        .unwrap_or_else(|| slug(&name));
    let truth = |member: &str| definition.any_member(&[member]).and_then(Node::truth).unwrap_or(false);
    let words = |member: &str| {
        let items = definition.any_member(&[member]).and_then(Node::list).unwrap_or_default();
        items.iter().filter_map(Node::text).collect::<Vec<_>>()
    };
    let mut read = Definition {
        key: text("key").unwrap_or_else(|| interface.clone()),
        interface,
        version: text("version").unwrap_or_else(|| String::from("1")),
        description: text("description"),
        name,
        kind,
        stateful: truth("stateful"),
        pure: truth("pure"),
        idempotent: truth("idempotent"),
        args: ports(definition, "args", &path, Side::Args)?,
        returns: ports(definition, "returns", &path, Side::Returns)?,
        collections: words("collections"),
        interfaces: words("interfaces"),
        is_test_for: words("is_test_for"),
        hash: String::new(),
    };
    read.hash = hash::of(&json!({
        "name": read.name,
        "description": read.description,
        "args": read.args,
        "returns": read.returns,
        "stateful": read.stateful,
        "is_test_for": read.is_test_for,
        "collections": read.collections,
        "key": read.key,
        "version": read.version,
    }));
    Ok(read)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Args,
    Returns,
}

fn ports(node: &Node, member: &str, path: &str, side: Side) -> Result<Json, ScanIssue> {
    let path = format!("{path}.{member}");
    let Some(list) = node.member(member).filter(|list| !list.is_null()) else { return Ok(json!([])) };
    let Some(items) = list.list() else {
        return Err(issue(&path, list, &format!("expected a list of ports, found {}", list.what())));
    };
    let ports = items.iter().enumerate().map(|(place, item)| port(item, &format!("{path}[{place}]"), side));
    Ok(Json::Array(ports.collect::<Result<_, _>>()?))
}

fn port(node: &Node, path: &str, side: Side) -> Result<Json, ScanIssue> {
    let text = |member: &str| node.any_member(&[member]).and_then(Node::text);
    let needed = |member: &str| {
        text(member).ok_or_else(|| issue(&format!("{path}.{member}"), node, &format!("a port needs a {member}")))
    };
    let optional = |member: &str| text(member).map_or(Json::Null, Json::String);
    let mut port = Map::new();
    port.insert("key".into(), needed("key")?.into());
    let kind = needed("kind")?.to_ascii_uppercase();
    if let PortKind::Other(_) = PortKind::from(kind.clone()) {
        return Err(issue(&format!("{path}.kind"), node, &format!("nobody here knows the kind of port `{kind}`")));
    }
    port.insert("kind".into(), kind.into());
    for member in ["label", "description", "identifier", "reference_unit", "dimension"] {
        port.insert(member.into(), optional(member));
    }
    let nullable = node.any_member(&["nullable"]).and_then(Node::truth).unwrap_or(false);
    port.insert("nullable".into(), nullable.into());
    port.insert("default".into(), node.member("default").map_or(Json::Null, Node::to_json));
    port.insert("proposed_units".into(), each(node, "proposed_units", Node::to_json));
    port.insert("effects".into(), each(node, "effects", |item| shaped(item, EFFECT)));
    port.insert("choices".into(), each(node, "choices", |item| shaped(item, CHOICE)));
    port.insert("validators".into(), each(node, "validators", |item| shaped(item, VALIDATOR)));
    let children = match (node.any_member(&["children"]), node.any_member(&["child"])) {
        (Some(_), _) => ports(node, "children", path, side)?,
        (None, Some(child)) => json!([self::port(child, &format!("{path}.child"), side)?]),
        (None, None) => Json::Null,
    };
    port.insert("children".into(), children);
    let (widget, says, names): (_, _, &[&str]) = match side {
        Side::Args => (ASSIGN_WIDGET, "requires", &["widget", "assign_widget"]),
        Side::Returns => (RETURN_WIDGET, "provides", &["widget", "return_widget"]),
    };
    let widget = node.any_member(names).map_or(Json::Null, |found| shaped(found, widget));
    port.insert("widget".into(), widget);
    port.insert(says.into(), each(node, says, |item| shaped(item, RULE)));
    Ok(Json::Object(port))
}

/// The members of a nested object, and what stands for a missing one.
type Shape = &'static [(&'static str, Missing)];

#[derive(Clone, Copy)]
enum Missing {
    Null,
    EmptyList,
    True,
    /// Null, and a number is one with a fraction.
    Float,
}

const EFFECT: Shape = &[
    ("function", Missing::Null),
    ("dependencies", Missing::EmptyList),
    ("message", Missing::Null),
    ("kind", Missing::Null),
    ("fade", Missing::True),
    ("hook", Missing::Null),
    ("ward", Missing::Null),
];
const CHOICE: Shape =
    &[("value", Missing::Null), ("label", Missing::Null), ("image", Missing::Null), ("description", Missing::Null)];
const VALIDATOR: Shape = &[
    ("function", Missing::Null),
    ("dependencies", Missing::EmptyList),
    ("label", Missing::Null),
    ("error_message", Missing::Null),
];
const RULE: Shape = &[("key", Missing::Null), ("operator", Missing::Null), ("value", Missing::Null)];
const STATE_ACCESSOR: Shape = &[("option_key", Missing::Null), ("sub_path", Missing::Null)];
const ASSIGN_WIDGET: Shape = &[
    ("kind", Missing::Null),
    ("query", Missing::Null),
    ("choices", Missing::Null),
    ("state_choices", Missing::Null),
    ("follow_value", Missing::Null),
    ("min", Missing::Float),
    ("max", Missing::Float),
    ("step", Missing::Float),
    ("placeholder", Missing::Null),
    ("as_paragraph", Missing::Null),
    ("hook", Missing::Null),
    ("ward", Missing::Null),
    ("fallback", Missing::Null),
    ("filters", Missing::Null),
    ("dependencies", Missing::EmptyList),
    ("dependency", Missing::Null),
    ("target_dependency", Missing::Null),
    ("target_action", Missing::Null),
    ("target_port", Missing::Null),
    ("state_path", Missing::Null),
    ("state_accessors", Missing::Null),
];
const RETURN_WIDGET: Shape = &[
    ("kind", Missing::Null),
    ("query", Missing::Null),
    ("choices", Missing::Null),
    ("min", Missing::Null),
    ("max", Missing::Null),
    ("step", Missing::Null),
    ("placeholder", Missing::Null),
    ("hook", Missing::Null),
    ("ward", Missing::Null),
];

/// The object with exactly the members of its shape.
fn shaped(node: &Node, shape: Shape) -> Json {
    let mut object = Map::new();
    for (member, missing) in shape {
        let found = node.member(member).filter(|found| !found.is_null());
        let value = match (found, missing) {
            (None, Missing::EmptyList) => json!([]),
            (None, Missing::True) => Json::Bool(true),
            (None, Missing::Null | Missing::Float) => Json::Null,
            (Some(found), Missing::Float) => found.to_json().as_f64().map_or(Json::Null, Json::from),
            (Some(found), _) => match *member {
                "choices" => each(node, member, |item| shaped(item, CHOICE)),
                "state_accessors" => each(node, member, |item| shaped(item, STATE_ACCESSOR)),
                "fallback" => shaped(found, ASSIGN_WIDGET),
                // A port that cannot be read is kept as written.
                "filters" => {
                    each(node, member, |item| port(item, member, Side::Args).unwrap_or_else(|_| item.to_json()))
                }
                // Before the kinds had names of their own.
                "kind" => match found.text().as_deref() {
                    Some("SearchWidget") => "SEARCH".into(),
                    _ => found.to_json(),
                },
                _ => found.to_json(),
            },
        };
        object.insert((*member).into(), value);
    }
    Json::Object(object)
}

/// Null where the list is missing, which is not the same as an empty list.
fn each(node: &Node, member: &str, read: impl Fn(&Node) -> Json) -> Json {
    match node.member(member).map(|list| &list.value) {
        Some(Value::List(items)) => items.iter().map(read).collect(),
        _ => Json::Null,
    }
}

/// `Generate N Strings` as `generate_n_strings`.
fn slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_alphanumeric() {
            slug.extend(character.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
    }
    slug.trim_end_matches('_').to_owned()
}
