//! What is wrong with a document, in the words of the Python GraphQL library: unknown fields, arguments and input
//! fields, and whatever else a client of another generation gets wrong. It is no complete validator.

use graphql_parser::{
    Pos,
    query::{Selection, Type, TypeCondition, Value as Literal},
};
use serde_json::{Value, json};

use super::{
    document::{Asked, Fragments, Operation, Selections, Written, location},
    schema::{Argument, Field, Kind, OneOf, Schema, Shape, named},
    words::suggestion,
};

/// Checks one operation with the fragments that it can reach. Empty: it is fine.
pub fn validate(schema: &Schema, operation: &Operation<'_>, fragments: &Fragments<'_>) -> Vec<Value> {
    let mut check = Check { schema, fragments, errors: Vec::new() };
    for variable in operation.variables {
        let name = name_of(&variable.var_type);
        if schema.kind(name).is_none() {
            let near = suggestion(name, schema.types().keys().map(String::as_str));
            check.wrong(variable.position, format!("Unknown type '{name}'.{near}"));
        }
    }
    check.selections(operation.does.root(), operation.selections);
    check.errors
}

fn name_of<'a>(shape: &'a Type<'static, String>) -> &'a str {
    match shape {
        Type::NamedType(name) => name,
        Type::ListType(inner) | Type::NonNullType(inner) => name_of(inner),
    }
}

struct Check<'a> {
    schema: &'a Schema,
    fragments: &'a Fragments<'a>,
    errors: Vec<Value>,
}

impl Check<'_> {
    fn wrong(&mut self, at: Pos, message: impl Into<String>) {
        let message = message.into();
        self.errors.push(json!({"message": message, "locations": [location(at)]}));
    }

    fn selections(&mut self, parent: &str, selections: &Selections) {
        for selection in &selections.items {
            match selection {
                Selection::Field(field) => self.field(parent, field),
                Selection::InlineFragment(inline) => {
                    let on = match &inline.type_condition {
                        Some(TypeCondition::On(on)) => on.as_str(),
                        None => parent,
                    };
                    self.fragment(on, inline.position, &inline.selection_set);
                }
                Selection::FragmentSpread(spread) => match self.fragments.get(spread.fragment_name.as_str()) {
                    Some((on, selections)) => self.fragment(on, spread.position, selections),
                    None => self.wrong(spread.position, format!("Unknown fragment '{}'.", spread.fragment_name)),
                },
            }
        }
    }

    fn fragment(&mut self, on: &str, at: Pos, selections: &Selections) {
        if self.schema.is_composite(on) {
            return self.selections(on, selections);
        }
        let near = suggestion(on, self.schema.types().keys().map(String::as_str));
        self.wrong(at, format!("Unknown type '{on}'.{near}"));
    }

    fn field(&mut self, parent: &str, field: &Asked) {
        if field.name.starts_with("__") {
            return;
        }
        let Some(known) = self.schema.field(parent, &field.name) else {
            let near = suggestion(&field.name, self.schema.fields(parent).iter().map(|field| field.name.as_str()));
            return self
                .wrong(field.position, format!("Cannot query field '{}' on type '{parent}'.{near}", field.name));
        };
        self.arguments(parent, field, known);
        let composite = self.schema.is_composite(named(&known.shape));
        match (composite, field.selection_set.items.is_empty()) {
            (true, true) => {
                let shape = &known.shape;
                let name = &field.name;
                self.wrong(
                    field.position,
                    format!(
                        "Field '{name}' of type '{shape}' must have a selection of subfields. \
                         Did you mean '{name} {{ ... }}'?"
                    ),
                );
            }
            (false, false) => self.wrong(
                field.position,
                format!(
                    "Field '{}' must not have a selection since type '{}' has no subfields.",
                    field.name, known.shape
                ),
            ),
            (true, false) => self.selections(named(&known.shape), &field.selection_set),
            (false, true) => {}
        }
    }

    fn arguments(&mut self, parent: &str, field: &Asked, known: &Field) {
        for (name, value) in &field.arguments {
            let Some(argument) = known.arguments.iter().find(|argument| argument.name == *name) else {
                let near = suggestion(name, known.arguments.iter().map(|argument| argument.name.as_str()));
                let message = format!("Unknown argument '{name}' on field '{parent}.{}'.{near}", field.name);
                self.wrong(field.position, message);
                continue;
            };
            self.value(field.position, &argument.shape, value);
        }
        for argument in &known.arguments {
            if argument.is_required() && !field.arguments.iter().any(|(name, _)| *name == argument.name) {
                let message = format!(
                    "Field '{}' argument '{}' of type '{}' is required, but it was not provided.",
                    field.name, argument.name, argument.shape
                );
                self.wrong(field.position, message);
            }
        }
    }

    /// Looks at a literal; what is in variables is looked at elsewhere.
    fn value(&mut self, at: Pos, shape: &Shape, value: &Written) {
        match (shape, value) {
            (_, Literal::Variable(_)) => {}
            (Type::NonNullType(_), Literal::Null) => {
                self.wrong(at, format!("Expected value of type '{shape}', found null."));
            }
            (Type::ListType(inner), Literal::List(items)) => {
                for item in items {
                    self.value(at, inner, item);
                }
            }
            (Type::NonNullType(inner) | Type::ListType(inner), value) => self.value(at, inner, value),
            (Type::NamedType(name), Literal::Object(members)) => {
                if let Some(Kind::Input(fields, one_of)) = self.schema.kind(name) {
                    self.members(at, (name, fields, *one_of), members);
                }
            }
            (Type::NamedType(name), Literal::Enum(word)) => {
                if let Some(Kind::Enum(words)) = self.schema.kind(name)
                    && !words.contains(word)
                {
                    let near =
                        suggestion(word, words.iter().map(String::as_str)).replace("mean '", "mean the enum value '");
                    self.wrong(at, format!("Value '{word}' does not exist in '{name}' enum.{near}"));
                }
            }
            (Type::NamedType(_), _) => {}
        }
    }

    fn members(
        &mut self,
        at: Pos,
        (name, fields, one_of): (&str, &[Argument], OneOf),
        members: &std::collections::BTreeMap<String, Written>,
    ) {
        for (member, value) in members {
            let Some(field) = fields.iter().find(|field| field.name == *member) else {
                let near = suggestion(member, fields.iter().map(|field| field.name.as_str()));
                self.wrong(at, format!("Field '{member}' is not defined by type '{name}'.{near}"));
                continue;
            };
            self.value(at, &field.shape, value);
        }
        for field in fields.iter().filter(|field| field.is_required() && !members.contains_key(&field.name)) {
            let message = format!("Field '{name}.{}' of required type '{}' was not provided.", field.name, field.shape);
            self.wrong(at, message);
        }
        if one_of == OneOf::Yes && members.len() != 1 {
            self.wrong(at, format!("OneOf Input Object '{name}' must specify exactly one key."));
        }
    }
}
