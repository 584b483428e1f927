//! What kab tells a deployment about itself when it asks to be let in.

use serde_json::{Value, json};

use super::{KABINET, LOK, REKUEST};

/// The manifest of kab as a client that a person uses. A redeem token is bound to it, so it says the same each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The machine's id; the server keeps its hash only.
    pub node: String,
}

impl Manifest {
    /// The app's identifier.
    pub const IDENTIFIER: &'static str = "live.kab.terminal";

    fn requirements() -> Value {
        let wanted = |key: &str, service: &str, optional: bool, why: &str| json!({"key": key, "service": service, "optional": optional, "description": why});
        json!([
            wanted("kabinet", KABINET, false, "Apps and pods"),
            wanted("rekuest", REKUEST, false, "Installs and runs"),
            wanted("lok", LOK, true, "Who is who"),
        ])
    }

    /// In the form of protocol version 1.
    pub fn for_version_one(&self) -> Value {
        json!({
            "identifier": Self::IDENTIFIER,
            "version": env!("CARGO_PKG_VERSION"),
            // Every organisation has these two; one that it lacks would make approval fail.
            "scopes": ["read", "write"],
            "logo": null,
            "description": env!("CARGO_PKG_DESCRIPTION"),
            "requirements": Self::requirements(),
            "node_id": self.node,
            "public_sources": [],
        })
    }

    /// In the form of protocol version 2.
    pub fn for_version_two(&self) -> Value {
        json!({
            "identifier": Self::IDENTIFIER,
            "version": env!("CARGO_PKG_VERSION"),
            "author": "unknown",
            "description": env!("CARGO_PKG_DESCRIPTION"),
            "logo": null,
            "scopes": ["openid"],
            "entrypoint": "app",
            "requirements": Self::requirements(),
            "device_id": self.node,
            "public_sources": [],
        })
    }
}
