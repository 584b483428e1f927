//! What lists can be asked for: filters and pages.

use async_graphql::{Error, ID, InputObject, Result};

use super::demands::PortDemandInput;
use super::enums::{ActionKind, ActionScope};
use super::orders::Order;
use super::scalars::DateTime;
use crate::server::store::kabinet::criteria::{Column, Condition, Page, Selection};

/// Rows of a page for which no limit was given.
const USUAL_LIMIT: u64 = 100;

/// A filter of some list.
pub trait Filter {
    /// What it demands of a row.
    fn condition(&self) -> Result<Condition>;
}

/// Reads an id; the text of the error is upstream's.
pub fn number(id: &ID) -> Result<i64> {
    id.parse().map_err(|_| Error::new(format!("Field 'id' expected a number but got '{}'.", id.as_str())))
}

fn numbers(ids: &[ID]) -> Result<Vec<i64>> {
    ids.iter().map(number).collect()
}

/// All arguments of a list in one.
///
/// They may all be null: a document may leave out the variable behind any of them.
pub fn selection<O: Order>(
    filters: Option<&impl Filter>,
    ordering: Option<Vec<O>>,
    pagination: Option<OffsetPaginationInput>,
) -> Result<Selection> {
    Ok(Selection {
        condition: filters.map(Filter::condition).transpose()?,
        order: ordering.into_iter().flatten().map(Order::key).collect(),
        page: pagination.map(OffsetPaginationInput::page).transpose()?.unwrap_or_default(),
    })
}

/// Which part of a list. Without this argument a list is whole.
#[derive(InputObject, Debug, Clone, Copy)]
pub struct OffsetPaginationInput {
    /// Rows to skip.
    offset: Option<i32>,
    /// Rows at most: 100 when not given, all that follow when negative.
    limit: Option<i32>,
}

impl OffsetPaginationInput {
    fn page(self) -> Result<Page> {
        let offset =
            u64::try_from(self.offset.unwrap_or(0)).map_err(|_| Error::new("Negative indexing is not supported."))?;
        let limit = self.limit.map_or(Some(USUAL_LIMIT), |limit| u64::try_from(limit).ok());
        Ok(Page { offset, limit })
    }
}

macro_rules! filters {
    ($(
        $(#[$doc:meta])*
        $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty => $condition:expr),* $(,)? }
    )*) => {$(
        $(#[$doc])*
        #[derive(InputObject, Debug, Clone)]
        pub struct $name {
            /// And this too.
            #[graphql(name = "AND")]
            and: Option<Box<$name>>,
            /// Or this instead.
            #[graphql(name = "OR")]
            or: Option<Box<$name>>,
            /// But not this.
            #[graphql(name = "NOT")]
            not: Option<Box<$name>>,
            /// Accepted and without effect: no row comes twice.
            #[graphql(name = "DISTINCT")]
            distinct: Option<bool>,
            $($(#[$field_doc])* $field: Option<$kind>,)*
        }

        impl Filter for $name {
            fn condition(&self) -> Result<Condition> {
                let mut parts: Vec<Condition> = Vec::new();
                $(if let Some(value) = &self.$field {
                    let make: fn(&$kind) -> Result<Condition> = $condition;
                    parts.push(make(value)?);
                })*
                if let Some(and) = &self.and {
                    parts.push(and.condition()?);
                }
                if let Some(or) = &self.or {
                    let other = or.condition()?;
                    // An empty filter or another is the other, as upstream joins them.
                    parts = if parts.is_empty() {
                        vec![other]
                    } else {
                        vec![Condition::Any(vec![Condition::All(parts), other])]
                    };
                }
                if let Some(not) = &self.not {
                    parts.push(Condition::Not(Box::new(not.condition()?)));
                }
                Ok(Condition::All(parts))
            }
        }
    )*};
}

filters! {
    /// Which apps.
    AppFilter {
        /// Only these.
        ids: Vec<ID> => |ids| Ok(Condition::In(Column::AppId, numbers(ids)?)),
        /// The identifier, or the description of a release, contains it.
        search: String => |text| Ok(Condition::AppCalled(text.clone())),
    }
    /// Which releases.
    ReleaseFilter {
        /// Only these.
        ids: Vec<ID> => |ids| Ok(Condition::In(Column::ReleaseId, numbers(ids)?)),
        /// The version or the app's identifier contains it.
        search: String =>
            |text| Ok(Condition::Contains(vec![Column::ReleaseVersion, Column::AppIdentifier], text.clone())),
        /// Of this app.
        app: ID => |id| Ok(Condition::Is(Column::ReleaseAppId, number(id)?)),
        /// Of these apps.
        apps: Vec<ID> => |ids| Ok(Condition::In(Column::ReleaseAppId, numbers(ids)?)),
        /// Of the app with this identifier.
        identifier: String => |text| Ok(Condition::OneOf(Column::AppIdentifier, vec![text.clone()])),
    }
    /// Which flavours.
    FlavourFilter {
        /// Only these.
        ids: Vec<ID> => |ids| Ok(Condition::In(Column::FlavourId, numbers(ids)?)),
        /// The name contains it.
        search: String => |text| Ok(Condition::Contains(vec![Column::FlavourName], text.clone())),
        /// It provides any of these definitions.
        has_definitions: Vec<ID> => |ids| Ok(Condition::ProvidesAny(numbers(ids)?)),
    }
    /// Which definitions.
    DefinitionFilter {
        /// Only these.
        ids: Vec<ID> => |ids| Ok(Condition::In(Column::DefinitionId, numbers(ids)?)),
        /// The name contains it.
        search: String => |text| Ok(Condition::Contains(vec![Column::DefinitionName], text.clone())),
        /// It has such ports; all demands are met.
        demands: Vec<PortDemandInput> => |demands| {
            demands.iter().map(PortDemandInput::demand).collect::<Result<_>>().map(Condition::All)
        },
        /// Of these kinds.
        kinds: Vec<ActionKind> => |kinds| {
            Ok(Condition::OneOf(Column::DefinitionKind, kinds.iter().map(|kind| kind.word().to_owned()).collect()))
        },
        /// Of these scopes; every definition of the catalogue is global.
        scopes: Vec<ActionScope> => |scopes| {
            Ok(if scopes.contains(&ActionScope::Global) { Condition::All(vec![]) } else { Condition::Any(vec![]) })
        },
        /// Equal inputs give equal outputs.
        pure: bool => |pure| Ok(Condition::Is(Column::DefinitionPure, i64::from(*pure))),
        /// Calling it twice is as good as once.
        idempotent: bool => |idempotent| Ok(Condition::Is(Column::DefinitionIdempotent, i64::from(*idempotent))),
        /// A flavour among these provides it.
        flavours: Vec<ID> => |ids| Ok(Condition::ProvidedBy(numbers(ids)?)),
        /// An app among these provides it.
        apps: Vec<ID> => |ids| Ok(Condition::ProvidedByApps(numbers(ids)?)),
        /// It follows any of these protocols.
        interfaces: Vec<String> => |names| Ok(Condition::Lists(Column::DefinitionInterfaces, names.clone())),
        /// It is in any of these collections, by name.
        collections: Vec<ID> => |names| {
            Ok(Condition::Lists(Column::DefinitionCollections, names.iter().map(|name| name.0.clone()).collect()))
        },
        /// Others test it.
        has_tests: bool => |wanted| Ok(match wanted {
            true => Condition::HasTests,
            false => Condition::Not(Box::new(Condition::HasTests)),
        }),
        /// First scanned later than this.
        defined_after: DateTime => |at| Ok(Condition::After(Column::DefinitionDefinedAt, at.0.0)),
        /// First scanned earlier than this.
        defined_before: DateTime => |at| Ok(Condition::Before(Column::DefinitionDefinedAt, at.0.0)),
    }
    /// Which backends.
    BackendFilter {
        /// Only these.
        ids: Vec<ID> => |ids| Ok(Condition::In(Column::BackendId, numbers(ids)?)),
        /// The name contains it.
        search: String => |text| Ok(Condition::Contains(vec![Column::BackendName], text.clone())),
    }
    /// Which resources.
    ResourceFilter {
        /// Only these.
        ids: Vec<ID> => |ids| Ok(Condition::In(Column::ResourceId, numbers(ids)?)),
        /// The name contains it.
        search: String => |text| Ok(Condition::Contains(vec![Column::ResourceName], text.clone())),
    }
    /// Which deployments.
    DeploymentFilter {
        /// Only these.
        ids: Vec<ID> => |ids| Ok(Condition::In(Column::DeploymentId, numbers(ids)?)),
        /// The backend's, the flavour's or the local name contains it.
        search: String => |text| Ok(Condition::Contains(
            vec![Column::BackendName, Column::FlavourName, Column::DeploymentLocalId],
            text.clone(),
        )),
    }
    /// Which pods.
    PodFilter {
        /// Only these.
        ids: Vec<ID> => |ids| Ok(Condition::In(Column::PodId, numbers(ids)?)),
        /// The backend's, the app's, the flavour's or the local name contains it.
        search: String => |text| Ok(Condition::Contains(
            vec![Column::BackendName, Column::AppIdentifier, Column::FlavourName, Column::PodLocalId],
            text.clone(),
        )),
        /// Of this backend.
        backend: ID => |id| Ok(Condition::Is(Column::PodBackendId, number(id)?)),
    }
    /// Which repositories.
    GithubRepoFilter {
        /// Only these.
        ids: Vec<ID> => |ids| Ok(Condition::In(Column::RepositoryId, numbers(ids)?)),
        /// The name contains it.
        search: String => |text| Ok(Condition::Contains(vec![Column::RepositoryName], text.clone())),
        /// The name on GitHub contains it.
        repo: String => |text| Ok(Condition::Contains(vec![Column::RepositoryRepo], text.clone())),
        /// The owner contains it.
        user: String => |text| Ok(Condition::Contains(vec![Column::RepositoryUser], text.clone())),
        /// The branch contains it.
        branch: String => |text| Ok(Condition::Contains(vec![Column::RepositoryBranch], text.clone())),
    }
}

macro_rules! plain_filters {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(InputObject, Debug, Clone)]
        pub struct $name {
            /// And this too.
            #[graphql(name = "AND")]
            pub and: Option<Box<$name>>,
            /// Or this instead.
            #[graphql(name = "OR")]
            pub or: Option<Box<$name>>,
            /// But not this.
            #[graphql(name = "NOT")]
            pub not: Option<Box<$name>>,
            /// Accepted and without effect: no row comes twice.
            #[graphql(name = "DISTINCT")]
            pub distinct: Option<bool>,
            /// Only these.
            pub ids: Option<Vec<ID>>,
            /// The name contains it.
            pub search: Option<String>,
        }

        impl $name {
            /// Whether a thing of that name passes.
            pub fn lets(&self, name: &str) -> bool {
                let own = self.ids.as_ref().is_none_or(|ids| ids.iter().any(|id| id.as_str() == name))
                    && self.search.as_ref().is_none_or(|text| name.to_lowercase().contains(&text.to_lowercase()))
                    && self.and.as_ref().is_none_or(|and| and.lets(name));
                let bare = self.ids.is_none() && self.search.is_none() && self.and.is_none();
                let joined = match &self.or {
                    Some(or) if bare => or.lets(name),
                    Some(or) => own || or.lets(name),
                    None => own,
                };
                joined && self.not.as_ref().is_none_or(|not| !not.lets(name))
            }
        }
    )*};
}

plain_filters! {
    /// Which collections.
    CollectionFilter
    /// Which protocols.
    ProtocolFilter
}
