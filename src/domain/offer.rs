//! Actions that an engine offers beyond the known verbs, with a form made from their ports.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ImplementationId, PortKind};

/// The interfaces that kab has verbs of its own for, of all known engines: they need no place among the others. An engine's
/// own log is not among them: whether it is offered is what the row for it in the menu goes by.
const KNOWN: [&str; 15] = [
    "deploy_flavour",
    "deploy",
    "deploy_definition",
    "auto_install",
    "start",
    "stop",
    "restart",
    "remove",
    "removed",
    "refresh_logs",
    "dump_logs",
    "stream_logs",
    "fetch_plan",
    "watch_usage",
    "run",
];

/// An action of an engine that can be asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// What is assigned.
    pub id: ImplementationId,
    /// The engine's own name of it: `move`.
    pub interface: String,
    /// For people: `Move`.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// What has to be given.
    pub ports: Vec<OfferPort>,
}

/// A port of an offer, which becomes a field of the form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfferPort {
    /// Its name on the wire.
    pub key: String,
    /// For people.
    pub label: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What it carries.
    pub kind: PortKind,
    /// The structure: `@kabinet/pod`.
    pub identifier: Option<String>,
    /// May be left out.
    pub nullable: bool,
    /// What the agent takes when it is left out.
    pub default: Option<Value>,
    /// The values of an enum.
    pub choices: Vec<Choice>,
    /// The items of a list.
    pub children: Vec<Self>,
}

/// A value of an enum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// For people.
    pub label: String,
    /// On the wire.
    pub value: Value,
}

impl Offer {
    /// The first port that carries this structure.
    pub fn port_for(&self, identifier: &str) -> Option<&OfferPort> {
        self.ports.iter().find(|port| port.carries(identifier))
    }

    /// Whether kab has no verb of its own for it.
    pub fn is_beyond_verbs(&self) -> bool {
        !KNOWN.contains(&self.interface.as_str()) || self.is_foreign_run()
    }

    /// `run` is the prototype's way to start a deployment; under the same name an app may offer anything else.
    fn is_foreign_run(&self) -> bool {
        let takes = |port: &OfferPort| port.carries("@kabinet/deployment");
        self.interface == "run" && !self.ports.first().is_some_and(takes)
    }

    /// The ports that have to be filled in and cannot be, as they are no fields that kab knows.
    pub fn obstacles(&self) -> Vec<&OfferPort> {
        self.ports.iter().filter(|port| !port.is_known() && !port.may_be_left_out()).collect()
    }
}

impl OfferPort {
    /// What people call it.
    pub fn name(&self) -> &str {
        self.label.as_deref().filter(|label| !label.trim().is_empty()).unwrap_or(&self.key)
    }

    /// Whether it carries that structure.
    pub fn carries(&self, identifier: &str) -> bool {
        self.kind == PortKind::Structure && self.identifier.as_deref() == Some(identifier)
    }

    /// Whether nothing needs to be given.
    pub fn may_be_left_out(&self) -> bool {
        self.nullable || self.default.as_ref().is_some_and(|value| !value.is_null())
    }

    /// Whether a form can have a field for it.
    pub fn is_known(&self) -> bool {
        match self.kind {
            PortKind::Int
            | PortKind::Float
            | PortKind::String
            | PortKind::Bool
            | PortKind::Date
            | PortKind::Structure => true,
            PortKind::Enum => !self.choices.is_empty(),
            PortKind::List => self.children.first().is_some_and(|item| item.kind != PortKind::List && item.is_known()),
            _ => false,
        }
    }

    /// What is expected, in words for the field: `a whole number`.
    pub fn wanted(&self) -> String {
        match &self.kind {
            PortKind::Int => "a whole number".into(),
            PortKind::Float => "a number".into(),
            PortKind::Bool => "yes or no".into(),
            PortKind::Date => "a date, such as 2026-11-26 or 2026-11-26T14:30:00Z".into(),
            PortKind::Enum => {
                let labels: Vec<_> = self.choices.iter().map(|choice| choice.label.as_str()).collect();
                format!("one of {}", labels.join(", "))
            }
            PortKind::Structure => format!("the id of a {}", self.identifier.as_deref().unwrap_or("structure")),
            PortKind::List => self
                .children
                .first()
                .map_or_else(|| "a list".into(), |item| format!("{}, several with ; between", item.wanted())),
            _ => "a text".into(),
        }
    }

    /// Reads what somebody typed, into the wire form. `Ok(None)`: it was left out, and may be.
    ///
    /// # Errors
    /// What is expected, where the text is something else.
    pub fn read(&self, typed: &str) -> Result<Option<Value>, String> {
        let text = typed.trim();
        if text.is_empty() && !(self.kind == PortKind::String && !self.may_be_left_out() && !typed.is_empty()) {
            return if self.may_be_left_out() { Ok(None) } else { Err(format!("needs {}", self.wanted())) };
        }
        let refused = || format!("must be {}", self.wanted());
        let value = match &self.kind {
            PortKind::Int => json!(text.parse::<i64>().map_err(|_| refused())?),
            PortKind::Float => {
                let number: f64 = text.replace(',', ".").parse().map_err(|_| refused())?;
                if !number.is_finite() {
                    return Err(refused());
                }
                json!(number)
            }
            PortKind::Bool => match text.to_lowercase().as_str() {
                "yes" | "y" | "true" | "on" | "1" => Value::Bool(true),
                "no" | "n" | "false" | "off" | "0" => Value::Bool(false),
                _ => return Err(refused()),
            },
            PortKind::Date => json!(super::Moment::parse(text).or_else(|| day(text)).ok_or_else(refused)?.to_iso()),
            PortKind::Enum => self
                .choices
                .iter()
                .find(|choice| choice.label.eq_ignore_ascii_case(text) || plain(&choice.value) == text)
                .map(|choice| choice.value.clone())
                .ok_or_else(refused)?,
            PortKind::Structure => json!({ "__identifier": self.identifier, "object": text }),
            PortKind::List => {
                let Some(item) = self.children.first() else { return Err(refused()) };
                let read = text
                    .split(';')
                    .filter(|part| !part.trim().is_empty())
                    .map(|part| item.read(part).and_then(|value| value.ok_or_else(refused)));
                Value::Array(read.collect::<Result<_, _>>()?)
            }
            _ => json!(typed),
        };
        Ok(Some(value))
    }

    /// The default as somebody would type it.
    pub fn default_text(&self) -> String {
        match (&self.default, &self.kind) {
            (None | Some(Value::Null), _) => String::new(),
            (Some(Value::Bool(true)), _) => "yes".into(),
            (Some(Value::Bool(false)), _) => "no".into(),
            (Some(Value::Array(items)), _) => items.iter().map(plain).collect::<Vec<_>>().join("; "),
            (Some(value), PortKind::Structure) => value["object"].as_str().map_or_else(|| plain(value), str::to_owned),
            (Some(value), _) => plain(value),
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A day without a time begins at midnight UTC.
fn day(text: &str) -> Option<super::Moment> {
    super::Moment::parse(&format!("{text}T00:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(kind: PortKind) -> OfferPort {
        OfferPort {
            key: "x".into(),
            label: None,
            description: None,
            kind,
            identifier: None,
            nullable: false,
            default: None,
            choices: Vec::new(),
            children: Vec::new(),
        }
    }

    #[test]
    fn what_is_typed_is_read_or_refused_with_what_is_expected() {
        let list = OfferPort { children: vec![port(PortKind::Int)], ..port(PortKind::List) };
        let choice = |label: &str, value: Value| Choice { label: label.into(), value };
        let choices =
            OfferPort { choices: vec![choice("Fast", json!("fast")), choice("Two", json!(2))], ..port(PortKind::Enum) };
        let pod = OfferPort { identifier: Some("@kabinet/pod".into()), ..port(PortKind::Structure) };
        for (port, typed, expected) in [
            (&port(PortKind::Int), " 12 ", json!(12)),
            (&port(PortKind::Float), "1,5", json!(1.5)),
            (&port(PortKind::Bool), "Yes", json!(true)),
            (&port(PortKind::Date), "2026-11-26", json!("2026-11-26T00:00:00.000Z")),
            (&port(PortKind::String), " a b", json!(" a b")),
            (&choices, "fast", json!("fast")),
            (&choices, "2", json!(2)),
            (&list, "1; 2;", json!([1, 2])),
            (&pod, "9", json!({ "__identifier": "@kabinet/pod", "object": "9" })),
        ] {
            assert_eq!(port.read(typed), Ok(Some(expected)), "{typed}");
        }
        for (port, typed) in [
            (&port(PortKind::Int), "1.5"),
            (&port(PortKind::Float), "inf"),
            (&port(PortKind::Bool), "maybe"),
            (&port(PortKind::Date), "yesterday"),
            (&choices, "slow"),
            (&list, "1; x"),
            (&pod, ""),
        ] {
            assert!(port.read(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn what_may_be_left_out_is_left_out() {
        let nullable = OfferPort { nullable: true, ..port(PortKind::Int) };
        let defaulted = OfferPort { default: Some(json!(200)), ..port(PortKind::Int) };
        assert_eq!((nullable.read(" "), defaulted.read("")), (Ok(None), Ok(None)));
        assert_eq!(defaulted.default_text(), "200");
        assert!(port(PortKind::String).read("").is_err());
    }

    #[test]
    fn a_port_that_no_field_fits_is_an_obstacle_unless_it_may_be_left_out() {
        let offer = |port: OfferPort| Offer {
            id: "1".into(),
            interface: "x".into(),
            name: "X".into(),
            description: None,
            ports: vec![port],
        };
        assert_eq!(offer(port(PortKind::Model)).obstacles().len(), 1);
        assert!(offer(OfferPort { nullable: true, ..port(PortKind::Model) }).obstacles().is_empty());
        assert!(offer(port(PortKind::Int)).obstacles().is_empty());
    }
}
