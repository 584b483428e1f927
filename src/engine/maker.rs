//! Which container engine made a pod: containers of one engine are not gone because another one does not know them.

use serde::{Deserialize, Serialize};

use super::driver::{Driver, Info};

/// A container engine, told apart from others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maker {
    /// Its kind: `docker`.
    pub kind: String,
    /// What tells it from others of its kind, where it says so.
    #[serde(default)]
    pub store: Option<String>,
}

impl Maker {
    /// The engine behind that driver.
    pub fn of(driver: &dyn Driver, info: &Info) -> Self {
        let store = info.id.clone().or_else(|| info.root_dir.clone());
        Self { kind: driver.kind().name().to_owned(), store }
    }

    /// Whether it is another one; one that does not say which one it is is taken for the same.
    pub fn differs(&self, from: &Self) -> bool {
        let stores = (&self.store, &from.store);
        self.kind != from.kind || matches!(stores, (Some(mine), Some(other)) if mine != other)
    }

    /// Why its containers cannot be judged by the engine `now`.
    pub fn elsewhere(&self, now: &Self) -> String {
        let which = if self.kind == now.kind { format!("another {}", now.kind) } else { now.kind.clone() };
        format!("made by {}; this engine runs {which}", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maker(kind: &str, store: Option<&str>) -> Maker {
        Maker { kind: kind.into(), store: store.map(str::to_owned) }
    }

    #[test]
    fn engines_differ_by_their_kind_and_by_where_they_keep_containers() {
        let podman = maker("podman", Some("/home/ada/.local/share/containers/storage"));
        assert!(!podman.differs(&podman) && !podman.differs(&maker("podman", None)));
        assert!(podman.differs(&maker("docker", None)));
        let of_root = maker("podman", Some("/var/lib/containers/storage"));
        assert!(podman.differs(&of_root));
        assert_eq!(podman.elsewhere(&maker("docker", None)), "made by podman; this engine runs docker");
        assert_eq!(podman.elsewhere(&of_root), "made by podman; this engine runs another podman");
    }
}
