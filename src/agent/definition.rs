//! What an agent offers, as small structs that become the portable core of Rekuest's input types.
//!
//! Both generations of the server accept this core and refuse unknown members, so nothing else is ever sent.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Handler;
use crate::domain::{NodeKind, PortKind};

/// An action with the code that does it.
#[derive(Clone)]
pub struct Implementation {
    /// What it takes and gives.
    pub definition: Definition,
    /// Who does it.
    pub handler: Arc<dyn Handler>,
}

impl Implementation {
    /// Binds a definition to its code; a closure `Fn(Assigned, Reporter, CancellationToken) -> Future` will do.
    pub fn new(definition: Definition, handler: impl Handler + 'static) -> Self {
        Self { definition, handler: Arc::new(handler) }
    }

    pub(super) fn to_wire(&self) -> Value {
        json!({
            "interface": self.definition.key,
            "dependencies": [],
            "needsToken": false,
            "effect": "NONE",
            "definition": self.definition.to_wire(),
        })
    }
}

/// The contract of an action. Its key is also the interface that it is called by.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// `deploy_flavour`.
    pub key: String,
    /// `Deploy Flavour`.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// Whether it answers once or many times.
    pub kind: NodeKind,
    /// What goes in.
    pub args: Vec<PortSpec>,
    /// What comes out: `return0`, `return1`, …
    pub returns: Vec<PortSpec>,
}

impl Definition {
    /// A function that answers once; its name is made of its key (`deploy_flavour` becomes `Deploy Flavour`).
    pub fn function(key: &str, description: &str) -> Self {
        Self {
            key: key.to_owned(),
            name: title(key),
            description: description.to_owned(),
            kind: NodeKind::Function,
            args: Vec::new(),
            returns: Vec::new(),
        }
    }

    /// A generator, which answers any number of times.
    pub fn generator(key: &str, description: &str) -> Self {
        Self { kind: NodeKind::Generator, ..Self::function(key, description) }
    }

    /// The same with one more argument.
    #[must_use]
    pub fn arg(mut self, port: PortSpec) -> Self {
        self.args.push(port);
        self
    }

    /// The same with one more return port.
    #[must_use]
    pub fn returns(mut self, port: PortSpec) -> Self {
        self.returns.push(port);
        self
    }

    /// Rekuest's `DefinitionInput`, which is also the form that deployments files carry.
    pub fn to_wire(&self) -> Value {
        json!({
            "key": self.key,
            "version": "1",
            "name": self.name,
            "kind": match self.kind { NodeKind::Function => "FUNCTION", NodeKind::Generator => "GENERATOR" },
            "description": self.description,
            "stateful": false,
            "portGroups": [],
            "isTestFor": [],
            "args": self.args.iter().map(PortSpec::to_wire).collect::<Vec<_>>(),
            "returns": self.returns.iter().map(PortSpec::to_wire).collect::<Vec<_>>(),
        })
    }
}

/// A port of a definition.
#[derive(Debug, Clone, PartialEq)]
pub struct PortSpec {
    /// Its name on the wire.
    pub key: String,
    /// What it carries.
    pub kind: PortKind,
    /// The structure: `@kabinet/flavour`.
    pub identifier: Option<String>,
    /// May be left out.
    pub nullable: bool,
    /// For people.
    pub label: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// Taken when it is left out.
    pub default: Option<Value>,
    /// The item of a list.
    pub children: Vec<Self>,
    /// Kabinet's query that lists what may be chosen, for clients that draw forms.
    pub search: Option<String>,
}

impl PortSpec {
    /// A port of a plain kind.
    pub fn new(key: &str, kind: PortKind) -> Self {
        Self {
            key: key.to_owned(),
            kind,
            identifier: None,
            nullable: false,
            label: None,
            description: None,
            default: None,
            children: Vec::new(),
            search: None,
        }
    }

    /// A reference to something that a service keeps.
    pub fn structure(key: &str, identifier: &str) -> Self {
        Self { identifier: Some(identifier.to_owned()), ..Self::new(key, PortKind::Structure) }
    }

    /// A list of such items.
    pub fn list(key: &str, item: Self) -> Self {
        Self { children: vec![item], ..Self::new(key, PortKind::List) }
    }

    /// The same, but it may be left out.
    #[must_use]
    pub fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }

    /// The same with a value to take when it is left out.
    #[must_use]
    pub fn default_value(self, value: Value) -> Self {
        Self { default: Some(value), ..self }
    }

    /// The same with words for people.
    #[must_use]
    pub fn described(self, label: &str, description: &str) -> Self {
        Self { label: Some(label.to_owned()), description: Some(description.to_owned()), ..self }
    }

    /// The same with a query of Kabinet that lists what may be chosen.
    #[must_use]
    pub fn searched(self, query: &str) -> Self {
        Self { search: Some(query.to_owned()), ..self }
    }

    fn to_wire(&self) -> Value {
        let mut wire = json!({ "key": self.key, "kind": self.kind.name(), "nullable": self.nullable });
        let optional = [
            ("identifier", self.identifier.clone().map(Value::from)),
            ("label", self.label.clone().map(Value::from)),
            ("description", self.description.clone().map(Value::from)),
            ("default", self.default.clone()),
            ("children", (!self.children.is_empty()).then(|| self.children.iter().map(Self::to_wire).collect())),
            (
                "widget",
                self.search.as_ref().map(|query| json!({ "kind": "SEARCH", "ward": "kabinet", "query": query })),
            ),
        ];
        for (member, value) in optional {
            if let Some(value) = value {
                wire[member] = value;
            }
        }
        wire
    }
}

/// A structure on the wire: what an argument or a result refers to.
pub fn structure(identifier: &str, object: &str) -> Value {
    json!({ "__identifier": identifier, "object": object })
}

fn title(key: &str) -> String {
    let words = key.split('_').filter(|word| !word.is_empty()).map(|word| {
        let mut characters = word.chars();
        characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_sends_nothing_but_the_portable_core() {
        let definition = Definition::function("deploy_flavour", "Install one flavour and start it")
            .arg(PortSpec::structure("flavour", "@kabinet/flavour").described("Flavour", "What to install"))
            .arg(PortSpec::new("tail", PortKind::Int).nullable())
            .returns(PortSpec::list("return0", PortSpec::new("line", PortKind::String)));
        assert_eq!(
            definition.to_wire(),
            json!({
                "key": "deploy_flavour", "version": "1", "name": "Deploy Flavour", "kind": "FUNCTION",
                "description": "Install one flavour and start it", "stateful": false, "portGroups": [],
                "isTestFor": [],
                "args": [
                    {"key": "flavour", "kind": "STRUCTURE", "nullable": false, "identifier": "@kabinet/flavour",
                     "label": "Flavour", "description": "What to install"},
                    {"key": "tail", "kind": "INT", "nullable": true},
                ],
                "returns": [{"key": "return0", "kind": "LIST", "nullable": false,
                             "children": [{"key": "line", "kind": "STRING", "nullable": false}]}],
            })
        );
    }
}
