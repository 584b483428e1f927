//! Actions with all that a form needs to know about their ports.

use serde::Deserialize;
use serde_json::Value;

use crate::domain;

/// An action of one agent, with its ports.
#[derive(Debug, Deserialize)]
pub struct Offer {
    id: String,
    interface: String,
    action: Action,
}

#[derive(Debug, Deserialize)]
struct Action {
    name: String,
    description: Option<String>,
    #[serde(default)]
    args: Vec<Port>,
}

#[derive(Debug, Deserialize)]
struct Port {
    key: String,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    description: Option<String>,
    kind: String,
    #[serde(default)]
    identifier: Option<String>,
    #[serde(default)]
    nullable: bool,
    #[serde(default)]
    default: Option<Value>,
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    children: Option<Vec<Self>>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    label: String,
    value: Value,
}

impl Offer {
    /// The offer.
    pub fn into_domain(self) -> domain::Offer {
        let name = if self.action.name.trim().is_empty() { self.interface.clone() } else { self.action.name };
        // Servers put this sentence where nothing was said.
        let said = |text: &String| !text.trim().is_empty() && !text.trim().eq_ignore_ascii_case("no description");
        domain::Offer {
            id: self.id.into(),
            interface: self.interface,
            name,
            description: self.action.description.filter(said),
            ports: self.action.args.into_iter().map(Port::into_domain).collect(),
        }
    }
}

impl Port {
    fn into_domain(self) -> domain::OfferPort {
        let choices = self.choices.unwrap_or_default().into_iter();
        domain::OfferPort {
            key: self.key,
            label: self.label,
            description: self.description.filter(|text| !text.trim().is_empty()),
            kind: self.kind.into(),
            identifier: self.identifier,
            nullable: self.nullable,
            default: self.default,
            choices: choices.map(|choice| domain::Choice { label: choice.label, value: choice.value }).collect(),
            children: self.children.unwrap_or_default().into_iter().map(Self::into_domain).collect(),
        }
    }
}
