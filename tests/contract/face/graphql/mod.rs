//! GraphQL as the server does it that the face plays: validated against its schema, carried out by the embedded server
//! behind, and spoiled by its defects.

pub mod document;
pub mod finish;
pub mod introspection;
pub mod rewrite;
pub mod schema;
pub mod validate;
pub mod variables;
pub mod words;

use serde_json::{Map, Value, json};

use document::{Asked, Body, Does, Operation, Parsed, collect};
use finish::Finish;
use schema::Schema;

/// How a server differs from the embedded one.
pub trait Defects: Send + Sync {
    /// Whether a field is not asked for behind, because the face knows the value or fails by itself.
    fn is_local(&self, parent: &str, field: &str) -> bool;
    /// Why a field fails without being asked for.
    fn before(&self, parent: &str, field: &str, arguments: &Map<String, Value>) -> Option<String>;
    /// The value of a field in its row, or why it fails.
    fn after(&self, parent: &str, field: &str, row: &Map<String, Value>, value: Value) -> Result<Value, String>;
    /// What has to be asked behind, beside a field of the face's own, so that it can be answered.
    fn companions(&self, _parent: &str, _field: &str) -> Option<&'static str> {
        None
    }
    /// The words of this server for an error of the embedded one.
    fn said(&self, root: &str, message: &str) -> String;
}

/// A request that was understood: what to ask behind.
pub struct Prepared {
    pub parsed: Parsed,
    pub body: Body,
    pub title: String,
    pub does: Does,
    pub endless: Vec<String>,
    pub behind: rewrite::Rewritten,
    pub own: Map<String, Value>,
}

/// Why a request is not carried out.
pub enum Refused {
    /// `errors` with status 200.
    Errors(Vec<Value>),
    /// Plain text with status 400.
    Plain(String),
}

/// Understands a request, or says what is wrong with it.
pub fn prepare(schema: &Schema, defects: &dyn Defects, body: &Body) -> Result<Prepared, Refused> {
    let parsed = Parsed::parse(&body.query).map_err(|error| Refused::Errors(vec![error]))?;
    let Some(operation) = parsed.operation(body.operation.as_deref()) else {
        let name = body.operation.as_deref().unwrap_or_default();
        return Err(Refused::Plain(format!("Unknown operation named \"{name}\".")));
    };
    let fragments = parsed.fragments();
    let mut errors = validate::validate(schema, &operation, &fragments);
    if errors.is_empty() {
        errors = variables::check(schema, operation.variables, &body.variables);
    }
    if !errors.is_empty() {
        return Err(Refused::Errors(errors));
    }
    let roots = roots(&operation, &fragments);
    let own = introspection::answers(schema, &roots, &fragments, &body.variables);
    let endless = finish::endless(schema, &roots, &body.variables);
    let (title, does) = (operation.title(), operation.does);
    let mut behind = rewrite::rewrite(&parsed, schema, defects, &body.variables);
    behind.roots = roots.iter().map(|(_, fields)| fields[0].name.clone()).collect();
    drop(roots);
    drop(fragments);
    Ok(Prepared { title, does, endless, behind, own, body: body.clone(), parsed })
}

fn roots<'a>(operation: &Operation<'a>, fragments: &document::Fragments<'a>) -> Vec<(&'a str, Vec<&'a Asked>)> {
    let root = operation.does.root();
    collect(operation.selections, &|on| on == root, fragments)
}

impl Prepared {
    /// The body for the embedded server.
    pub fn body_behind(&self) -> Value {
        json!({"query": self.behind.query, "variables": self.body.variables, "operationName": self.body.operation})
    }

    /// The answer, out of the embedded server's.
    pub fn finish(&self, schema: &Schema, defects: &dyn Defects, mut answer: Value) -> Value {
        let mut errors: Vec<Value> = match answer.get_mut("errors").map(Value::take) {
            Some(Value::Array(errors)) => errors.into_iter().map(|error| self.plain_error(defects, &error)).collect(),
            _ => Vec::new(),
        };
        let Some(operation) = self.parsed.operation(self.body.operation.as_deref()) else { return answer };
        let data = match answer.get_mut("data").map(Value::take) {
            Some(Value::Object(data)) => {
                let fragments = self.parsed.fragments();
                let mut finish = Finish {
                    schema,
                    defects,
                    fragments: &fragments,
                    failing: &self.behind.failing,
                    own: &self.own,
                    errors: std::mem::take(&mut errors),
                };
                let data = finish.data(operation.does.root(), operation.selections, data);
                errors = finish.errors;
                data
            }
            _ => Value::Null,
        };
        if errors.is_empty() { json!({ "data": data }) } else { json!({"data": data, "errors": errors}) }
    }

    /// An error of the embedded server without what only it says; its place is that in the document as it was sent.
    fn plain_error(&self, defects: &dyn Defects, error: &Value) -> Value {
        let key = error["path"][0].as_str().unwrap_or_default();
        let root = self.roots().into_iter().find(|(known, ..)| known == key).map(|(_, field, _)| field);
        let root = root.unwrap_or_default();
        let mut plain = Map::new();
        plain.insert("message".into(), json!(defects.said(&root, error["message"].as_str().unwrap_or_default())));
        if let Some(path) = error["path"].as_array().filter(|path| !path.is_empty()) {
            if let Some(at) = self.place_of(path) {
                plain.insert("locations".into(), json!([at]));
            }
            plain.insert("path".into(), json!(path));
        }
        Value::Object(plain)
    }

    /// The root fields: key, name, arguments.
    pub fn roots(&self) -> Vec<(String, String, Map<String, Value>)> {
        let fragments = self.parsed.fragments();
        let Some(operation) = self.parsed.operation(self.body.operation.as_deref()) else { return Vec::new() };
        let root = |(key, fields): (&str, Vec<&Asked>)| {
            (key.to_owned(), fields[0].name.clone(), document::arguments(fields[0], &self.body.variables))
        };
        roots(&operation, &fragments).into_iter().map(root).collect()
    }

    /// The errors of root fields that fail without being asked for.
    pub fn fail(&self, why: &dyn Fn(rewrite::Place) -> Option<String>) -> Value {
        let fragments = self.parsed.fragments();
        let Some(operation) = self.parsed.operation(self.body.operation.as_deref()) else { return Value::Null };
        let failed = |(key, fields): (&str, Vec<&Asked>)| {
            let message = why(rewrite::place(fields[0]))?;
            Some(json!({"message": message, "locations": [document::location(fields[0].position)], "path": [key]}))
        };
        roots(&operation, &fragments).into_iter().filter_map(failed).collect()
    }

    fn place_of(&self, path: &[Value]) -> Option<Value> {
        let fragments = self.parsed.fragments();
        let mut selections = self.parsed.operation(self.body.operation.as_deref())?.selections;
        let mut at = None;
        for step in path.iter().filter_map(Value::as_str) {
            let found = collect(selections, &|_| true, &fragments);
            let field = found.into_iter().find(|(key, _)| *key == step)?.1[0];
            selections = &field.selection_set;
            at = Some(document::location(field.position));
        }
        at
    }
}
