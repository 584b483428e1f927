//! What the site decides about its engine: network of pods, limits, which images are allowed.

use serde::{Deserialize, Serialize};

use super::driver::Limits;

/// Settings of an engine; the configuration file's `[engine]` table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What people call the engine; `None`: its kind and the machine's name.
    pub name: Option<String>,
    /// The network of pods: `host`, `bridge`, or a network's name. They have to reach the server through it.
    pub pod_network: String,
    /// Limits of every pod.
    pub limits: Limits,
    /// Beginnings of image references that may be run; empty: all. `localhost/kab-demo/` is always allowed.
    pub allowed_images: Vec<String>,
    /// The site's own facts, for label selectors.
    pub labels: std::collections::BTreeMap<String, String>,
    /// How often containers are looked at without an event, in seconds. A server may say otherwise.
    pub poll_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: None,
            pod_network: String::from("host"),
            limits: Limits::default(),
            allowed_images: Vec::new(),
            labels: std::collections::BTreeMap::new(),
            poll_seconds: 10,
        }
    }
}

impl Settings {
    /// Whether that image may be run.
    pub fn allows(&self, reference: &str) -> bool {
        self.allowed_images.is_empty()
            || reference.starts_with(crate::compat::DEMO_IMAGES)
            || self.allowed_images.iter().any(|head| !head.is_empty() && reference.starts_with(head.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_allowed_images_is_taken_by_beginnings() {
        let list = |heads: &[&str]| Settings {
            allowed_images: heads.iter().map(|head| (*head).to_owned()).collect(),
            ..Settings::default()
        };
        for (heads, reference, expected) in [
            (&[][..], "anything:1", true),
            (&["ghcr.io/lab/"][..], "ghcr.io/lab/app:1", true),
            (&["ghcr.io/lab/"][..], "ghcr.io/laboratory/app:1", false),
            (&["ghcr.io/lab/"][..], "localhost/kab-demo/greeter:1", true),
            (&[""][..], "anything:1", false),
        ] {
            assert_eq!(list(heads).allows(reference), expected, "{heads:?} {reference}");
        }
    }
}
