//! What differs between Kabinet servers for an engine: found out by one small introspection, never by a version number.

use serde::Deserialize;
use serde_json::json;

use crate::{
    agent::passes,
    services::{Error, Result, graphql::Client},
};

/// What differs between servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    pub selectors: Generation,
    pub sizes: Sizes,
    pub reasons: Reasons,
    pub owners: Owners,
    pub approvals: Approvals,
}

/// Whose selectors a server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    First,
    Newest,
}

/// Whether a server tells how large images are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizes {
    Told,
    Unknown,
}

/// Whether a pod's status can be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reasons {
    Kept,
    Unknown,
}

/// Whether a pod may be said to be made for a task, so that the server knows whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owners {
    Kept,
    Unknown,
}

/// Whether a release has to be approved before it may be deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approvals {
    Needed,
    NotNeeded,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(default, rename = "type")]
    kind: Option<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    kind: String,
}

#[derive(Deserialize)]
struct Type {
    #[serde(default, alias = "inputFields")]
    fields: Option<Vec<Named>>,
}

#[derive(Deserialize)]
struct Answer {
    selector: Option<Type>,
    #[serde(default)]
    flavour: Option<Type>,
    pod: Option<Type>,
    #[serde(default, rename = "newPod")]
    new_pod: Option<Type>,
    deployment: Option<Type>,
}

impl Capabilities {
    /// What every server of the first generation can do.
    const LEAST: Self = Self {
        selectors: Generation::First,
        sizes: Sizes::Unknown,
        reasons: Reasons::Unknown,
        owners: Owners::Unknown,
        approvals: Approvals::NotNeeded,
    };

    /// Asks the server. One that does not tell about itself is taken for the simplest one.
    pub async fn ask(kabinet: &Client) -> Result<Self> {
        let document = include_str!("../../../queries/engine/capabilities.graphql");
        match kabinet.run::<Answer>(document, json!({})).await {
            Ok(answer) => Ok(answer.into()),
            Err(error) if passes(&error) => Err(error),
            Err(Error::Refused(why)) => {
                tracing::warn!("Kabinet does not tell what it can do; only what every server has is used: {why}");
                Ok(Self::LEAST)
            }
            Err(error) => Err(error),
        }
    }
}

impl From<Answer> for Capabilities {
    fn from(answer: Answer) -> Self {
        fn find(kind: Option<Type>, field: &str) -> Option<Named> {
            kind?.fields?.into_iter().find(|found| found.name == field)
        }
        let has = |kind, field| find(kind, field).is_some();
        // The embedded server has approvals, and does not insist.
        let approval = find(answer.deployment, "approval").and_then(|field| field.kind);
        Self {
            selectors: if has(answer.selector, "weight") { Generation::Newest } else { Generation::First },
            sizes: if has(answer.flavour, "size") { Sizes::Told } else { Sizes::Unknown },
            reasons: if has(answer.pod, "reason") { Reasons::Kept } else { Reasons::Unknown },
            owners: if has(answer.new_pod, "task") { Owners::Kept } else { Owners::Unknown },
            approvals: match approval {
                Some(kind) if kind.kind == "NON_NULL" => Approvals::Needed,
                _ => Approvals::NotNeeded,
            },
        }
    }
}

impl super::Records {
    /// Whether the server is kab's own, which keeps nothing of what ephemeral tasks say. Rekuest upstream keeps a row of
    /// everything. Known by an input that only kab's own has.
    pub async fn is_own_server(&self) -> bool {
        self.capabilities().await.is_ok_and(|found| found.owners == Owners::Kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_read_from_what_is_there() {
        let of = |answer| Capabilities::from(serde_json::from_value::<Answer>(answer).unwrap());
        let fields =
            |names: &[&str]| json!({"fields": names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()});
        let inputs = |name: &str, kind: &str| json!({"inputFields": [{"name": name, "type": {"kind": kind}}]});
        let first = json!({"selector": fields(&["kind", "required"]), "pod": inputs("status", "NON_NULL"),
                           "deployment": inputs("flavour", "NON_NULL")});
        assert_eq!(of(first), Capabilities::LEAST);
        let newest = json!({"selector": fields(&["kind", "weight"]), "pod": inputs("status", "NON_NULL"),
                            "deployment": inputs("approval", "NON_NULL")});
        let expected =
            Capabilities { selectors: Generation::Newest, approvals: Approvals::Needed, ..Capabilities::LEAST };
        assert_eq!(of(newest), expected);
        let ours = json!({"selector": null, "flavour": fields(&["id", "size"]), "pod": inputs("reason", "SCALAR"),
                          "newPod": inputs("task", "SCALAR"), "deployment": inputs("approval", "SCALAR")});
        let expected =
            Capabilities { sizes: Sizes::Told, reasons: Reasons::Kept, owners: Owners::Kept, ..Capabilities::LEAST };
        assert_eq!(of(ours), expected);
        assert_eq!(
            of(json!({"selector": null, "pod": {"inputFields": null}, "deployment": null})),
            Capabilities::LEAST
        );
    }
}
