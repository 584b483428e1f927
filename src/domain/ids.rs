//! Identifiers as types of their own, so that one cannot be taken for another.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps an identifier as the server or the catalogue wrote it.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id)
            }
        }
    )*};
}

identifiers! {
    /// An app's name across servers, such as `live.arkitekt.stardist`; the manifest's `identifier`.
    AppIdentifier
    /// Kabinet's id of a release.
    ReleaseId
    /// Kabinet's id of a flavour.
    FlavourId
    /// Kabinet's id of a definition, which the screens call a node.
    NodeId
    /// Kabinet's id of a pod.
    PodId
    /// Kabinet's id of a backend, which the screens call an engine.
    EngineId
    /// Kabinet's id of a resource of an engine.
    ResourceId
    /// Kabinet's id of a repository.
    RepositoryId
    /// Rekuest's id of a task.
    TaskId
    /// Rekuest's id of a task event; numbers that grow.
    EventId
    /// Rekuest's id of an implementation: an action of one agent.
    ImplementationId
    /// Rekuest's id of an agent.
    AgentId
}
