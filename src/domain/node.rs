//! Nodes: the functions that a flavour provides. Kabinet calls them definitions.

use serde::{Deserialize, Serialize};

use super::{FlavourId, NodeId};

/// A function that an app offers to others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Kabinet's id.
    pub id: NodeId,
    /// Hash of its content; equal hashes are the same function.
    pub hash: String,
    /// What people call it.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// `None` where the server cannot tell (Kabinet 2.0.0 cannot).
    pub kind: Option<NodeKind>,
    /// The collections that its author put it into, by name; none where the server cannot tell (Kabinet 2.0.0 cannot).
    #[serde(default)]
    pub collections: Vec<String>,
    /// The protocols that it follows, by name; none where the server cannot tell.
    #[serde(default)]
    pub protocols: Vec<String>,
    /// What goes in.
    pub args: Vec<Port>,
    /// What comes out.
    pub returns: Vec<Port>,
    /// The flavours that provide it.
    pub flavours: Vec<FlavourId>,
}

impl Node {
    /// `Image, Int -> Labels`: the required inputs and all outputs, short.
    pub fn signature(&self) -> String {
        let side = |ports: &mut dyn Iterator<Item = &Port>| {
            let names: Vec<_> = ports.map(Port::type_name).collect();
            if names.is_empty() { String::from("nothing") } else { names.join(", ") }
        };
        let args = side(&mut self.args.iter().filter(|port| !port.nullable));
        format!("{args} -> {}", side(&mut self.returns.iter()))
    }
}

/// How often a node answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum NodeKind {
    /// Once.
    Function,
    /// Any number of times.
    Generator,
}

/// An input or output of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Port {
    /// Its name.
    pub key: String,
    /// For people.
    pub label: Option<String>,
    /// What it carries.
    pub kind: PortKind,
    /// What it is for.
    pub description: Option<String>,
    /// The structure: `@mikro/image`.
    pub identifier: Option<String>,
    /// May be left out.
    pub nullable: bool,
    /// The item of a list or dict, the members of a model, the variants of a union.
    pub children: Vec<Self>,
}

impl Port {
    /// `Image`, `[Image]`, `Int`: the type as people read it.
    pub fn type_name(&self) -> String {
        let inner = || self.children.first().map_or_else(|| String::from("Any"), Self::type_name);
        match &self.kind {
            PortKind::List => format!("[{}]", inner()),
            PortKind::Dict => format!("{{{}}}", inner()),
            PortKind::Union => self.children.iter().map(Self::type_name).collect::<Vec<_>>().join("|"),
            PortKind::Structure
            | PortKind::MemoryStructure
            | PortKind::Model
            | PortKind::Interface
            | PortKind::Enum => self.identifier.as_deref().map_or_else(
                || capitalised(self.kind.name()),
                |name| capitalised(name.rsplit(['/', '.']).next().unwrap_or(name)),
            ),
            kind => capitalised(kind.name()),
        }
    }
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| {
        let rest = characters.as_str();
        let rest = if rest.chars().all(|c| !c.is_lowercase()) { rest.to_lowercase() } else { rest.to_owned() };
        first.to_uppercase().chain(rest.chars()).collect()
    })
}

macro_rules! port_kinds {
    ($($variant:ident $name:literal),* $(,)?) => {
        /// What a port carries. Rekuest's `PortKind`.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum PortKind {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
            /// A kind that this program does not know, as written.
            Other(String),
        }

        impl PortKind {
            /// The name on the wire.
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(name) => name,
                }
            }
        }

        impl From<String> for PortKind {
            fn from(name: String) -> Self {
                match name.as_str() {
                    $($name => Self::$variant,)*
                    _ => Self::Other(name),
                }
            }
        }

        impl From<PortKind> for String {
            fn from(kind: PortKind) -> Self {
                kind.name().to_owned()
            }
        }
    };
}

port_kinds! {
    Int "INT", String "STRING", Structure "STRUCTURE", List "LIST", Bool "BOOL", Dict "DICT", Float "FLOAT",
    Date "DATE", Union "UNION", Enum "ENUM", Model "MODEL", MemoryStructure "MEMORY_STRUCTURE",
    Interface "INTERFACE", Quantity "QUANTITY",
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(kind: PortKind, identifier: Option<&str>, children: Vec<Port>) -> Port {
        Port {
            key: "x".into(),
            label: None,
            kind,
            description: None,
            identifier: identifier.map(str::to_owned),
            nullable: false,
            children,
        }
    }

    #[test]
    fn types_read_as_people_say_them() {
        let image = port(PortKind::Structure, Some("@mikro/image"), vec![]);
        assert_eq!(image.type_name(), "Image");
        assert_eq!(port(PortKind::List, None, vec![image]).type_name(), "[Image]");
        assert_eq!(port(PortKind::Int, None, vec![]).type_name(), "Int");
        assert_eq!(port(PortKind::Enum, Some("app.cropmethod"), vec![]).type_name(), "Cropmethod");
        assert_eq!(port(PortKind::Structure, Some("OME_TIFF"), vec![]).type_name(), "Ome_tiff");
    }
}
