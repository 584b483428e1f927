//! The embedded server's answer with the defects of the server that the face plays: what fails is null with an error
//! beside it, and takes everything with it that must not be null.

use std::collections::HashMap;

use graphql_parser::query::Type;
use serde_json::{Map, Value, json};

use super::{
    Defects,
    document::{Asked, Fragments, Selections, collect, location},
    rewrite::{Place, TYPE, place},
    schema::{Schema, Shape},
};

/// Everything that finishing looks at.
pub struct Finish<'a> {
    pub schema: &'a Schema,
    pub defects: &'a dyn Defects,
    pub fragments: &'a Fragments<'a>,
    pub failing: &'a HashMap<Place, String>,
    /// Answers of the face itself, by the key of the root field.
    pub own: &'a Map<String, Value>,
    pub errors: Vec<Value>,
}

/// What had to be null and must not be.
struct Nulled;

impl<'a> Finish<'a> {
    /// Finishes the data of an operation.
    pub fn data(&mut self, root: &str, selections: &'a Selections, data: Map<String, Value>) -> Value {
        let mut path = Vec::new();
        self.object(root, &[selections], data, &mut path).map_or(Value::Null, Value::Object)
    }

    fn object(
        &mut self,
        type_name: &str,
        selections: &[&'a Selections],
        mut row: Map<String, Value>,
        path: &mut Vec<Value>,
    ) -> Result<Map<String, Value>, Nulled> {
        let schema = self.schema;
        let concrete = |on: &str| on == type_name || schema.is_abstract(on);
        let mut finished = Map::new();
        for selections in selections {
            for (key, fields) in collect(selections, &concrete, self.fragments) {
                path.push(json!(key));
                let value = row.get_mut(key).map(Value::take).unwrap_or_default();
                let done = self.field(type_name, &fields, (key, value, &row), path);
                path.pop();
                finished.insert(key.to_owned(), done?);
            }
        }
        Ok(finished)
    }

    fn field(
        &mut self,
        parent: &str,
        fields: &[&'a Asked],
        (key, value, row): (&str, Value, &Map<String, Value>),
        path: &mut Vec<Value>,
    ) -> Result<Value, Nulled> {
        let field = fields[0];
        let own = if path.len() == 1 { self.own.get(key) } else { None };
        if field.name.starts_with("__") {
            return Ok(own.cloned().unwrap_or(value));
        }
        let value = own.cloned().unwrap_or(value);
        let Some(known) = self.schema.field(parent, &field.name) else { return Ok(value) };
        let own_error = value.get("faceError").and_then(Value::as_str).map(str::to_owned);
        let outcome = match self.failing.get(&place(field)).cloned().or(own_error) {
            Some(message) => Err(message),
            None => self.defects.after(parent, &field.name, row, value),
        };
        match outcome {
            Ok(value) => {
                let selections: Vec<_> = fields.iter().map(|field| &field.selection_set).collect();
                self.value(&known.shape, (parent, field), &selections, value, path)
            }
            Err(message) => {
                self.wrong(message, field, path);
                if matches!(known.shape, Type::NonNullType(_)) { Err(Nulled) } else { Ok(Value::Null) }
            }
        }
    }

    fn value(
        &mut self,
        shape: &Shape,
        asked: (&str, &Asked),
        selections: &[&'a Selections],
        value: Value,
        path: &mut Vec<Value>,
    ) -> Result<Value, Nulled> {
        match (shape, value) {
            (Type::NonNullType(inner), value) => {
                let before = self.errors.len();
                let done = self.value(inner, asked, selections, value, path)?;
                if done.is_null() {
                    // Unless something inside has said why already.
                    if self.errors.len() == before && !self.told(path) {
                        let (parent, field) = asked;
                        let message = format!("Cannot return null for non-nullable field {parent}.{}.", field.name);
                        self.wrong(message, field, path);
                    }
                    return Err(Nulled);
                }
                Ok(done)
            }
            (_, Value::Null) => Ok(Value::Null),
            (Type::ListType(inner), Value::Array(items)) => {
                let mut done = Vec::with_capacity(items.len());
                for (at, item) in items.into_iter().enumerate() {
                    path.push(json!(at));
                    let one = self.value(inner, asked, selections, item, path);
                    path.pop();
                    match one {
                        Ok(one) => done.push(one),
                        Err(Nulled) => return Ok(Value::Null),
                    }
                }
                Ok(Value::Array(done))
            }
            (Type::ListType(inner), value) => self.value(inner, asked, selections, value, path),
            (Type::NamedType(name), Value::Object(row)) if self.schema.is_composite(name) => {
                let concrete = row.get(TYPE).and_then(Value::as_str).unwrap_or(name).to_owned();
                match self.object(&concrete, selections, row, path) {
                    Ok(done) => Ok(Value::Object(done)),
                    Err(Nulled) => Ok(Value::Null),
                }
            }
            (Type::NamedType(_), value) => Ok(value),
        }
    }

    /// Whether an error of this place, or below it, is known already (the embedded server sent it).
    fn told(&self, path: &[Value]) -> bool {
        self.errors.iter().any(|error| {
            error["path"].as_array().is_none_or(|other| other.len() >= path.len() && other[..path.len()] == *path)
        })
    }

    fn wrong(&mut self, message: impl Into<String>, field: &Asked, path: &[Value]) {
        let message = message.into();
        self.errors.push(json!({"message": message, "locations": [location(field.position)], "path": path}));
    }
}

/// The rows of the biggest list among the root fields.
pub fn rows(data: &Value) -> usize {
    let lengths = data.as_object().into_iter().flatten().map(|(_, value)| value.as_array().map_or(1, Vec::len));
    lengths.max().unwrap_or(0)
}

/// The root lists that were asked for without an end.
pub fn endless(schema: &Schema, roots: &[(&str, Vec<&Asked>)], variables: &Map<String, Value>) -> Vec<String> {
    let mut endless = Vec::new();
    for field in roots.iter().map(|(_, fields)| fields[0]) {
        let Some(known) = schema.field("Query", &field.name) else { continue };
        if !known.arguments.iter().any(|argument| argument.name == "pagination") {
            continue;
        }
        let given = super::document::arguments(field, variables);
        let limit = given.get("pagination").filter(|pagination| pagination.is_object());
        // Without the argument all rows come; with it and without a limit, a hundred.
        let ends = limit.is_some_and(|pagination| pagination["limit"].as_i64().unwrap_or(100) >= 0);
        if !ends {
            endless.push(field.name.clone());
        }
    }
    endless
}
