//! How lists can be sorted: a list of objects with one key each.

use async_graphql::OneofObject;

use super::enums::Ordering;
use crate::server::store::kabinet::criteria::{Column, Direction};

/// An order of some list: one key of it.
pub trait Order {
    /// The column and the way.
    fn key(self) -> (Column, Direction);
}

macro_rules! orders {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident $column:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(OneofObject, Debug, Clone, Copy)]
        pub enum $name { $(#[doc = concat!("By ", stringify!($variant), ".")] $variant(Ordering),)* }

        impl Order for $name {
            fn key(self) -> (Column, Direction) {
                match self { $(Self::$variant(way) => (Column::$column, way.into()),)* }
            }
        }
    )*};
}

orders! {
    /// One key of the order of apps.
    AppOrder { Id AppId, Identifier AppIdentifier }
    /// One key of the order of releases.
    ReleaseOrder {
        Id ReleaseId, Version ReleaseVersion, ReleasedAt ReleaseReleasedAt, CreatedAt ReleaseCreatedAt,
    }
    /// One key of the order of flavours.
    FlavourOrder { ReleasedAt FlavourBuiltAt }
    /// One key of the order of definitions.
    DefinitionOrder { DefinedAt DefinitionDefinedAt, Name DefinitionName, Kind DefinitionKind }
    /// One key of the order of backends.
    BackendOrder { Id BackendId, Name BackendName, LastHeartbeat BackendHeartbeatAt }
    /// One key of the order of resources.
    ResourceOrder { Id ResourceId, Name ResourceName, CreatedAt ResourceCreatedAt }
    /// One key of the order of deployments.
    DeploymentOrder { Id DeploymentId, LocalId DeploymentLocalId, CreatedAt DeploymentCreatedAt }
    /// One key of the order of pods.
    PodOrder { Id PodId, Status PodStatus, CreatedAt PodCreatedAt }
    /// One key of the order of repositories.
    GithubRepoOrder {
        Id RepositoryId, Name RepositoryName, AddedAt RepositoryAddedAt, UpdatedAt RepositoryUpdatedAt,
    }
}

/// One key of the order of collections.
#[derive(OneofObject, Debug, Clone, Copy)]
pub enum CollectionOrder {
    /// By id.
    Id(Ordering),
    /// By name.
    Name(Ordering),
    /// By age.
    DefinedAt(Ordering),
}

/// One key of the order of protocols.
#[derive(OneofObject, Debug, Clone, Copy)]
pub enum ProtocolOrder {
    /// By id.
    Id(Ordering),
    /// By name.
    Name(Ordering),
}
