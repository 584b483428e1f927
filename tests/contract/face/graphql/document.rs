//! A GraphQL request: its body, its document, and the operation that it means.

use std::collections::HashMap;

use graphql_parser::{
    Pos,
    query::{
        Definition, Document, Field, OperationDefinition, Selection, SelectionSet, TypeCondition, Value as Literal,
        VariableDefinition, parse_query,
    },
};
use serde_json::{Map, Value, json};

/// Owned forms of the parser's types.
pub type Selections = SelectionSet<'static, String>;
pub type Asked = Field<'static, String>;
pub type Written = Literal<'static, String>;

/// A body as it was sent.
#[derive(Debug, Clone)]
pub struct Body {
    pub query: String,
    pub variables: Map<String, Value>,
    pub operation: Option<String>,
}

impl Body {
    /// Reads the JSON of a request.
    pub fn of(value: &Value) -> Option<Self> {
        Some(Self {
            query: value["query"].as_str()?.to_owned(),
            variables: value["variables"].as_object().cloned().unwrap_or_default(),
            operation: value["operationName"].as_str().map(str::to_owned),
        })
    }
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    Query,
    Mutation,
    Subscription,
}

impl Does {
    /// The name of the root type.
    pub fn root(self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
            Self::Subscription => "Subscription",
        }
    }
}

/// A parsed document.
pub struct Parsed(pub Document<'static, String>);

/// One operation of a document.
pub struct Operation<'a> {
    pub does: Does,
    pub name: Option<&'a str>,
    pub variables: &'a [VariableDefinition<'static, String>],
    pub selections: &'a Selections,
}

impl Parsed {
    /// Reads a document; the error is an entry of `errors`.
    pub fn parse(query: &str) -> Result<Self, Value> {
        parse_query::<String>(query).map(|document| Self(document.into_static())).map_err(|_| {
            let line = query.lines().count().max(1);
            let column = query.lines().last().unwrap_or_default().chars().count() + 1;
            json!({"message": "Syntax Error: Unexpected <EOF>.", "locations": [{"line": line, "column": column}]})
        })
    }

    /// The named operation, or the first; `None` when there is no such operation.
    pub fn operation(&self, name: Option<&str>) -> Option<Operation<'_>> {
        let operations = self.0.definitions.iter().filter_map(|definition| match definition {
            Definition::Operation(operation) => Some(of(operation)),
            Definition::Fragment(_) => None,
        });
        operations.into_iter().find(|operation| name.is_none() || operation.name == name)
    }

    /// The fragments by name: their type and their fields.
    pub fn fragments(&self) -> Fragments<'_> {
        let fragments = self.0.definitions.iter().filter_map(|definition| match definition {
            Definition::Fragment(fragment) => {
                let TypeCondition::On(on) = &fragment.type_condition;
                Some((fragment.name.as_str(), (on.as_str(), &fragment.selection_set)))
            }
            Definition::Operation(_) => None,
        });
        fragments.collect()
    }
}

/// Fragments by name.
pub type Fragments<'a> = HashMap<&'a str, (&'a str, &'a Selections)>;

fn of<'a>(operation: &'a OperationDefinition<'static, String>) -> Operation<'a> {
    match operation {
        OperationDefinition::SelectionSet(selections) => {
            Operation { does: Does::Query, name: None, variables: &[], selections }
        }
        OperationDefinition::Query(query) => Operation {
            does: Does::Query,
            name: query.name.as_deref(),
            variables: &query.variable_definitions,
            selections: &query.selection_set,
        },
        OperationDefinition::Mutation(mutation) => Operation {
            does: Does::Mutation,
            name: mutation.name.as_deref(),
            variables: &mutation.variable_definitions,
            selections: &mutation.selection_set,
        },
        OperationDefinition::Subscription(subscription) => Operation {
            does: Does::Subscription,
            name: subscription.name.as_deref(),
            variables: &subscription.variable_definitions,
            selections: &subscription.selection_set,
        },
    }
}

impl Operation<'_> {
    /// The name that a record gets: its own, or that of its first field.
    pub fn title(&self) -> String {
        let first = self.selections.items.iter().find_map(|selection| match selection {
            Selection::Field(field) => Some(field.name.clone()),
            _ => None,
        });
        self.name.map(str::to_owned).or(first).unwrap_or_default()
    }
}

/// The key under which a field answers.
pub fn key(field: &Asked) -> &str {
    field.alias.as_deref().unwrap_or(&field.name)
}

/// A place in a document, as errors name it.
pub fn location(at: Pos) -> Value {
    json!({"line": at.line, "column": at.column})
}

/// All fields below a selection that apply to `concrete`, with fragments dissolved, in order; equal keys are together.
pub fn collect<'a>(
    selections: &'a Selections,
    concrete: &dyn Fn(&str) -> bool,
    fragments: &Fragments<'a>,
) -> Vec<(&'a str, Vec<&'a Asked>)> {
    let mut found: Vec<(&'a str, Vec<&'a Asked>)> = Vec::new();
    gather(selections, concrete, fragments, &mut found);
    found
}

fn gather<'a>(
    selections: &'a Selections,
    concrete: &dyn Fn(&str) -> bool,
    fragments: &Fragments<'a>,
    found: &mut Vec<(&'a str, Vec<&'a Asked>)>,
) {
    for selection in &selections.items {
        match selection {
            Selection::Field(field) => match found.iter_mut().find(|(known, _)| *known == key(field)) {
                Some((_, same)) => same.push(field),
                None => found.push((key(field), vec![field])),
            },
            Selection::InlineFragment(inline) => {
                let applies = match &inline.type_condition {
                    Some(TypeCondition::On(on)) => concrete(on),
                    None => true,
                };
                if applies {
                    gather(&inline.selection_set, concrete, fragments, found);
                }
            }
            Selection::FragmentSpread(spread) => {
                if let Some((on, selections)) = fragments.get(spread.fragment_name.as_str())
                    && concrete(on)
                {
                    gather(selections, concrete, fragments, found);
                }
            }
        }
    }
}

/// The arguments of a field as plain values; variables that were not given are left out.
pub fn arguments(field: &Asked, variables: &Map<String, Value>) -> Map<String, Value> {
    let given = |(name, value): &(String, Written)| Some((name.clone(), plain(value, variables)?));
    field.arguments.iter().filter_map(given).collect()
}

/// A literal as a plain value; `None` for a variable that was not given.
pub fn plain(value: &Written, variables: &Map<String, Value>) -> Option<Value> {
    Some(match value {
        Literal::Variable(name) => return variables.get(name).cloned(),
        Literal::Int(number) => json!(number.as_i64()),
        Literal::Float(number) => json!(number),
        Literal::String(text) | Literal::Enum(text) => json!(text),
        Literal::Boolean(truth) => json!(truth),
        Literal::Null => Value::Null,
        Literal::List(items) => items.iter().filter_map(|item| plain(item, variables)).collect(),
        Literal::Object(members) => {
            let member = |(name, value): (&String, &Written)| Some((name.clone(), plain(value, variables)?));
            Value::Object(members.iter().filter_map(member).collect())
        }
    })
}
