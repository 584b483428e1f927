//! Definitions and their ports. Documents ask three levels deep; the shape here has no limit.

use serde::Deserialize;

use super::Reference;
use crate::domain::{Node, NodeKind};

/// A definition.
#[derive(Debug, Deserialize)]
pub struct Definition {
    id: String,
    hash: String,
    name: String,
    #[serde(default)]
    kind: Option<String>,
    description: Option<String>,
    #[serde(default)]
    collections: Vec<Named>,
    #[serde(default)]
    protocols: Vec<Named>,
    #[serde(default)]
    flavours: Vec<Reference>,
    #[serde(default)]
    args: Vec<Port>,
    #[serde(default)]
    returns: Vec<Port>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Port {
    key: String,
    label: Option<String>,
    kind: String,
    description: Option<String>,
    identifier: Option<String>,
    #[serde(default)]
    nullable: bool,
    #[serde(default)]
    children: Option<Vec<Self>>,
}

impl Definition {
    /// The node.
    pub fn into_domain(self) -> Node {
        let names = |named: Vec<Named>| named.into_iter().map(|it| it.name).collect();
        let ports = |ports: Vec<Port>| ports.into_iter().map(Port::into_domain).collect();
        Node {
            id: self.id.into(),
            hash: self.hash,
            name: self.name,
            description: self.description.filter(|text| !text.trim().is_empty()),
            kind: match self.kind.as_deref() {
                Some("FUNCTION") => Some(NodeKind::Function),
                Some("GENERATOR") => Some(NodeKind::Generator),
                _ => None,
            },
            collections: names(self.collections),
            protocols: names(self.protocols),
            args: ports(self.args),
            returns: ports(self.returns),
            flavours: self.flavours.into_iter().map(|flavour| flavour.id.into()).collect(),
        }
    }
}

impl Port {
    fn into_domain(self) -> crate::domain::Port {
        crate::domain::Port {
            key: self.key,
            label: self.label,
            kind: self.kind.into(),
            description: self.description,
            identifier: self.identifier,
            nullable: self.nullable,
            children: self.children.unwrap_or_default().into_iter().map(Self::into_domain).collect(),
        }
    }
}
