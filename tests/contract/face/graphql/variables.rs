//! What is wrong with the variables of a request, in the words of the Python GraphQL library.

use graphql_parser::query::{Type, VariableDefinition};
use serde_json::{Map, Value, json};

use super::{
    document::location,
    schema::{Kind, OneOf, Schema, Shape},
    words::{python, suggestion},
};

/// Checks the variables of an operation. Empty: they are fine.
pub fn check(
    schema: &Schema,
    definitions: &[VariableDefinition<'static, String>],
    given: &Map<String, Value>,
) -> Vec<Value> {
    let mut errors = Vec::new();
    for definition in definitions {
        let (name, shape) = (&definition.name, &definition.var_type);
        let required = matches!(shape, Type::NonNullType(_));
        let message = match given.get(name) {
            None if required && definition.default_value.is_none() => {
                Some(format!("Variable '${name}' of required type '{shape}' was not provided."))
            }
            Some(Value::Null) if required => {
                Some(format!("Variable '${name}' of non-null type '{shape}' must not be null."))
            }
            None | Some(Value::Null) => None,
            Some(value) => wrong(schema, shape, value).map(|wrong| wrong.told(name)),
        };
        if let Some(message) = message {
            errors.push(json!({"message": message, "locations": [location(definition.position)]}));
        }
    }
    errors
}

/// What is wrong with a value, and where below the variable.
struct Wrong {
    value: Value,
    path: String,
    why: String,
}

impl Wrong {
    fn of(value: &Value, why: String) -> Self {
        Self { value: value.clone(), path: String::new(), why }
    }

    fn below(mut self, step: &str) -> Self {
        self.path.insert_str(0, step);
        self
    }

    fn told(&self, name: &str) -> String {
        let at = if self.path.is_empty() { String::new() } else { format!(" at '{name}{}'", self.path) };
        format!("Variable '${name}' got invalid value {}{at}; {}", python(&self.value), self.why)
    }
}

fn wrong(schema: &Schema, shape: &Shape, value: &Value) -> Option<Wrong> {
    match (shape, value) {
        (Type::NonNullType(_), Value::Null) => {
            Some(Wrong::of(value, format!("Expected non-nullable type '{shape}' not to be None.")))
        }
        (_, Value::Null) => None,
        (Type::ListType(inner), Value::Array(items)) => items
            .iter()
            .enumerate()
            .find_map(|(at, item)| wrong(schema, inner, item).map(|wrong| wrong.below(&format!("[{at}]")))),
        (Type::NonNullType(inner) | Type::ListType(inner), value) => wrong(schema, inner, value),
        (Type::NamedType(name), value) => match schema.kind(name) {
            Some(Kind::Input(fields, one_of)) => {
                let Some(members) = value.as_object() else {
                    return Some(Wrong::of(value, format!("Expected type '{name}' to be a mapping.")));
                };
                members_wrong(schema, name, fields, members)
                    .or_else(|| {
                        let several = *one_of == OneOf::Yes && members.len() != 1;
                        several.then(|| {
                            Wrong::of(value, format!("Exactly one key must be specified for OneOf type '{name}'."))
                        })
                    })
                    .map(|mut wrong| {
                        // An error about the object itself shows the object.
                        if wrong.path.is_empty() {
                            wrong.value = value.clone();
                        }
                        wrong
                    })
            }
            Some(Kind::Enum(words)) => {
                let known = value.as_str().is_some_and(|word| words.iter().any(|known| known == word));
                (!known).then(|| Wrong::of(value, format!("Value {} does not exist in '{name}' enum.", python(value))))
            }
            _ => scalar_wrong(name, value),
        },
    }
}

fn members_wrong(
    schema: &Schema,
    name: &str,
    fields: &[super::schema::Argument],
    members: &Map<String, Value>,
) -> Option<Wrong> {
    for field in fields {
        match members.get(&field.name) {
            Some(value) => {
                if let Some(wrong) = wrong(schema, &field.shape, value) {
                    return Some(wrong.below(&format!(".{}", field.name)));
                }
            }
            None if field.is_required() => {
                let why = format!("Field '{}' of required type '{}' was not provided.", field.name, field.shape);
                return Some(Wrong::of(&Value::Null, why));
            }
            None => {}
        }
    }
    let unknown = members.keys().find(|member| !fields.iter().any(|field| field.name == **member))?;
    let near = suggestion(unknown, fields.iter().map(|field| field.name.as_str()));
    Some(Wrong::of(&Value::Null, format!("Field '{unknown}' is not defined by type '{name}'.{near}")))
}

fn scalar_wrong(name: &str, value: &Value) -> Option<Wrong> {
    let shown = python(value);
    let why = match (name, value) {
        ("String", value) if !value.is_string() => format!("String cannot represent a non string value: {shown}"),
        ("Int", value) if !value.is_i64() => format!("Int cannot represent non-integer value: {shown}"),
        ("Float", value) if !value.is_number() => format!("Float cannot represent non numeric value: {shown}"),
        ("Boolean", value) if !value.is_boolean() => format!("Boolean cannot represent a non boolean value: {shown}"),
        ("ID", value) if !value.is_string() && !value.is_i64() => format!("ID cannot represent value: {shown}"),
        _ => return None,
    };
    Some(Wrong::of(value, why))
}
