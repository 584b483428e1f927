//! What kab tells a deployment about itself when it asks to be let in.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{KABINET, LOK, REKUEST};

/// What asks to be let in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// kab as a person uses it.
    #[default]
    Terminal,
    /// A container backend of that kind: each is a client, and so an agent, of its own.
    Engine(String),
}

/// The manifest of kab. A redeem token is bound to it, so it says the same each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The machine's id; the server keeps its hash only.
    pub node: String,
    /// Which part of kab it is.
    pub part: Part,
}

impl Manifest {
    fn identifier(&self) -> String {
        match &self.part {
            Part::Terminal => String::from("live.kab.terminal"),
            Part::Engine(kind) => format!("live.kab.engine.{kind}"),
        }
    }

    /// An engine's stays the same over updates of kab: its redeem token would not be taken otherwise.
    fn version(&self) -> &'static str {
        match self.part {
            Part::Terminal => env!("CARGO_PKG_VERSION"),
            Part::Engine(_) => "1.0.0",
        }
    }

    /// The role to ask for; it ends up in the token.
    pub fn role(&self) -> &'static str {
        match self.part {
            Part::Terminal => "interface",
            Part::Engine(_) => "agent",
        }
    }

    fn requirements(&self) -> Value {
        // An engine makes clients for its pods in Lok.
        let can_do_without_lok = self.part == Part::Terminal;
        let wanted = |key: &str, service: &str, optional: bool, why: &str| json!({"key": key, "service": service, "optional": optional, "description": why});
        json!([
            wanted("kabinet", KABINET, false, "Apps and pods"),
            wanted("rekuest", REKUEST, false, "Installs and runs"),
            wanted("lok", LOK, can_do_without_lok, "Who is who"),
        ])
    }

    /// In the form of protocol version 1.
    pub fn for_version_one(&self) -> Value {
        json!({
            "identifier": self.identifier(),
            "version": self.version(),
            // Every organisation has these two; one that it lacks would make approval fail.
            "scopes": ["read", "write"],
            "logo": null,
            "description": env!("CARGO_PKG_DESCRIPTION"),
            "requirements": self.requirements(),
            "node_id": self.node,
            "public_sources": [],
        })
    }

    /// In the form of protocol version 2.
    pub fn for_version_two(&self) -> Value {
        json!({
            "identifier": self.identifier(),
            "version": self.version(),
            "author": "unknown",
            "description": env!("CARGO_PKG_DESCRIPTION"),
            "logo": null,
            "scopes": ["openid"],
            "entrypoint": "app",
            "requirements": self.requirements(),
            "device_id": self.node,
            "public_sources": [],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_an_agent_of_its_own_that_stays_the_same_over_updates() {
        let manifest = |part| Manifest { node: "n".into(), part };
        let engine = manifest(Part::Engine("podman".into()));
        let (one, two) = (engine.for_version_one(), engine.for_version_two());
        assert_eq!((&one["identifier"], &two["identifier"]), (&json!("live.kab.engine.podman"), &one["identifier"]));
        assert_eq!((&one["version"], engine.role()), (&json!("1.0.0"), "agent"));
        assert_eq!(one["requirements"][2]["optional"], false, "pods need clients");
        let terminal = manifest(Part::Terminal);
        assert_eq!(
            (&terminal.for_version_one()["identifier"], terminal.role()),
            (&json!("live.kab.terminal"), "interface")
        );
        assert_eq!(terminal.for_version_one()["requirements"][2]["optional"], true);
    }
}
