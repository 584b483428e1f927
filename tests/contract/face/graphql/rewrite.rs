//! The document that the embedded server is asked instead: without what the face answers itself, and with the types and
//! kinds that its defects depend on.

use std::collections::{BTreeSet, HashMap};

use graphql_parser::query::{Definition, OperationDefinition, Selection, TypeCondition, Value as Literal};
use serde_json::{Map, Value};

use super::{
    Defects,
    document::{Asked, Parsed, Selections, Written, arguments, key},
    schema::{Schema, named},
};

/// The runtime type of an object whose type is abstract.
pub const TYPE: &str = "faceType";
/// The kind of a selector.
pub const KIND: &str = "faceKind";

/// A place in the document: line and column.
pub type Place = (usize, usize);

/// What is sent, and which fields fail without being asked for.
pub struct Rewritten {
    pub query: String,
    pub failing: HashMap<Place, String>,
    /// The names of the operation's own fields.
    pub roots: Vec<String>,
}

/// The place of a field.
pub fn place(field: &Asked) -> Place {
    (field.position.line, field.position.column)
}

/// Rewrites a whole document.
pub fn rewrite(parsed: &Parsed, schema: &Schema, defects: &dyn Defects, variables: &Map<String, Value>) -> Rewritten {
    let mut document = parsed.0.clone();
    let mut used = BTreeSet::new();
    let mut work = Work { schema, defects, variables, failing: HashMap::new() };
    for definition in &mut document.definitions {
        match definition {
            Definition::Operation(operation) => {
                let (root, selections) = match operation {
                    OperationDefinition::SelectionSet(selections) => ("Query", selections),
                    OperationDefinition::Query(query) => ("Query", &mut query.selection_set),
                    OperationDefinition::Mutation(mutation) => ("Mutation", &mut mutation.selection_set),
                    OperationDefinition::Subscription(subscription) => {
                        ("Subscription", &mut subscription.selection_set)
                    }
                };
                work.selections(root, selections);
            }
            Definition::Fragment(fragment) => {
                let TypeCondition::On(on) = &fragment.type_condition;
                let on = on.clone();
                work.selections(&on, &mut fragment.selection_set);
            }
        }
    }
    for definition in &document.definitions {
        match definition {
            Definition::Operation(operation) => variables_in(selections_of(operation), &mut used),
            Definition::Fragment(fragment) => variables_in(&fragment.selection_set, &mut used),
        }
    }
    // What went away may have been the only use of a variable, and an unused one is an error.
    for definition in &mut document.definitions {
        let definitions = match definition {
            Definition::Operation(OperationDefinition::Query(query)) => &mut query.variable_definitions,
            Definition::Operation(OperationDefinition::Mutation(mutation)) => &mut mutation.variable_definitions,
            Definition::Operation(OperationDefinition::Subscription(subscription)) => {
                &mut subscription.variable_definitions
            }
            _ => continue,
        };
        definitions.retain(|definition| used.contains(&definition.name));
    }
    Rewritten { query: document.to_string(), failing: work.failing, roots: Vec::new() }
}

fn selections_of<'a>(operation: &'a OperationDefinition<'static, String>) -> &'a Selections {
    match operation {
        OperationDefinition::SelectionSet(selections) => selections,
        OperationDefinition::Query(query) => &query.selection_set,
        OperationDefinition::Mutation(mutation) => &mutation.selection_set,
        OperationDefinition::Subscription(subscription) => &subscription.selection_set,
    }
}

fn variables_in(selections: &Selections, used: &mut BTreeSet<String>) {
    for selection in &selections.items {
        match selection {
            Selection::Field(field) => {
                field.arguments.iter().for_each(|(_, value)| variables_of(value, used));
                field.directives.iter().flat_map(|directive| &directive.arguments).for_each(|(_, value)| {
                    variables_of(value, used);
                });
                variables_in(&field.selection_set, used);
            }
            Selection::InlineFragment(inline) => variables_in(&inline.selection_set, used),
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn variables_of(value: &Written, used: &mut BTreeSet<String>) {
    match value {
        Literal::Variable(name) => drop(used.insert(name.clone())),
        Literal::List(items) => items.iter().for_each(|item| variables_of(item, used)),
        Literal::Object(members) => members.values().for_each(|item| variables_of(item, used)),
        _ => {}
    }
}

struct Work<'a> {
    schema: &'a Schema,
    defects: &'a dyn Defects,
    variables: &'a Map<String, Value>,
    failing: HashMap<Place, String>,
}

impl Work<'_> {
    fn selections(&mut self, parent: &str, selections: &mut Selections) {
        let mut companions = BTreeSet::new();
        for selection in &mut selections.items {
            if let Selection::Field(field) = selection {
                companions.extend(self.defects.companions(parent, &field.name));
            }
            match selection {
                Selection::Field(field) => self.field(parent, field),
                Selection::InlineFragment(inline) => {
                    let on = match &inline.type_condition {
                        Some(TypeCondition::On(on)) => on.clone(),
                        None => parent.to_owned(),
                    };
                    self.selections(&on, &mut inline.selection_set);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
        for text in companions {
            let parsed = Parsed::parse(&format!("{{ {text} }}")).unwrap_or_else(|error| panic!("{text}: {error}"));
            for definition in parsed.0.definitions {
                if let Definition::Operation(OperationDefinition::SelectionSet(more)) = definition {
                    selections.items.extend(more.items);
                }
            }
        }
    }

    fn field(&mut self, parent: &str, field: &mut Asked) {
        let failing = self.defects.before(parent, &field.name, &arguments(field, self.variables));
        let local = field.name.starts_with("__") || failing.is_some() || self.defects.is_local(parent, &field.name);
        if let Some(message) = failing {
            self.failing.insert(place(field), message);
        }
        if local {
            // Something harmless keeps the place in the answer.
            field.alias = Some(key(field).to_owned());
            field.name = String::from("__typename");
            field.arguments.clear();
            field.selection_set.items.clear();
            return;
        }
        let Some(known) = self.schema.field(parent, &field.name) else { return };
        let inner = named(&known.shape);
        self.selections(inner, &mut field.selection_set);
        if self.schema.is_abstract(inner) {
            let mut add = |alias: &str, name: &str| {
                let added = Asked {
                    position: field.position,
                    alias: Some(alias.to_owned()),
                    name: name.to_owned(),
                    arguments: Vec::new(),
                    directives: Vec::new(),
                    selection_set: Selections { span: field.selection_set.span, items: Vec::new() },
                };
                field.selection_set.items.push(Selection::Field(added));
            };
            add(TYPE, "__typename");
            add(KIND, "kind");
        }
    }
}
