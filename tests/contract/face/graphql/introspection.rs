//! `__schema` and `__type`, answered from a schema.

use graphql_parser::query::Type;
use serde_json::{Map, Value, json};

use super::{
    document::{Asked, Fragments, Selections, arguments, collect},
    schema::{Argument, Field, Kind, Schema, Shape},
};

/// The answers to all introspection fields among the root fields, by key.
pub fn answers(
    schema: &Schema,
    roots: &[(&str, Vec<&Asked>)],
    fragments: &Fragments<'_>,
    variables: &Map<String, Value>,
) -> Map<String, Value> {
    let mut own = Map::new();
    for (key, fields) in roots {
        let field = fields[0];
        let whole = match field.name.as_str() {
            "__type" => {
                let name = arguments(field, variables);
                let name = name.get("name").and_then(Value::as_str).unwrap_or_default();
                if schema.kind(name).is_some() { of_name(schema, name) } else { Value::Null }
            }
            "__schema" => whole(schema),
            _ => continue,
        };
        own.insert((*key).to_owned(), selected(schema, &whole, &field.selection_set, fragments));
    }
    own
}

/// A type as far as it can be told without going on to the types of its fields.
fn of_name(schema: &Schema, name: &str) -> Value {
    let (kind, fields, inputs, words) = match schema.kind(name) {
        Some(Kind::Object(fields)) => ("OBJECT", Some(fields), None, None),
        Some(Kind::Interface(fields)) => ("INTERFACE", Some(fields), None, None),
        Some(Kind::Input(inputs, _)) => ("INPUT_OBJECT", None, Some(inputs), None),
        Some(Kind::Enum(words)) => ("ENUM", None, None, Some(words)),
        _ => ("SCALAR", None, None, None),
    };
    json!({
        "__typename": "__Type", "kind": kind, "name": name, "description": null, "ofType": null,
        "fields": fields.map(|fields| fields.iter().map(of_field).collect::<Vec<_>>()),
        "inputFields": inputs.map(|inputs| inputs.iter().map(of_argument).collect::<Vec<_>>()),
        "enumValues": words.map(|words| {
            words.iter().map(|word| json!({"name": word, "isDeprecated": false})).collect::<Vec<_>>()
        }),
        "interfaces": [], "possibleTypes": null,
    })
}

fn of_field(field: &Field) -> Value {
    json!({
        "__typename": "__Field", "name": field.name, "description": null, "isDeprecated": false,
        "deprecationReason": null, "type": of_shape(&field.shape),
        "args": field.arguments.iter().map(of_argument).collect::<Vec<_>>(),
    })
}

fn of_argument(argument: &Argument) -> Value {
    json!({"__typename": "__InputValue", "name": argument.name, "description": null, "defaultValue": null,
        "type": of_shape(&argument.shape)})
}

/// Names of types are filled in when somebody looks into them.
fn of_shape(shape: &Shape) -> Value {
    match shape {
        Type::NamedType(name) => json!({ "faceName": name }),
        Type::ListType(inner) => json!({"kind": "LIST", "name": null, "ofType": of_shape(inner)}),
        Type::NonNullType(inner) => json!({"kind": "NON_NULL", "name": null, "ofType": of_shape(inner)}),
    }
}

fn whole(schema: &Schema) -> Value {
    let types: Vec<_> = schema.types().keys().map(|name| json!({ "faceName": name })).collect();
    json!({
        "__typename": "__Schema", "types": types, "directives": [], "queryType": {"faceName": "Query"},
        "mutationType": {"faceName": "Mutation"}, "subscriptionType": {"faceName": "Subscription"},
    })
}

fn selected(schema: &Schema, value: &Value, selections: &Selections, fragments: &Fragments<'_>) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| selected(schema, item, selections, fragments)).collect(),
        Value::Object(members) => {
            let filled = members.get("faceName").and_then(Value::as_str).map(|name| of_name(schema, name));
            let value = filled.as_ref().unwrap_or(value);
            let mut done = Map::new();
            for (key, fields) in collect(selections, &|_| true, fragments) {
                let field = fields[0];
                done.insert(key.to_owned(), selected(schema, &value[&field.name], &field.selection_set, fragments));
            }
            Value::Object(done)
        }
        other => other.clone(),
    }
}
