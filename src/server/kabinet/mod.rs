//! Kabinet's GraphQL face: the catalogue, and the books of what runs where.
//!
//! A superset of both generations of Kabinet for what a store client and a container backend use. Everything is scoped
//! to the organisation of the caller, whose [`Identity`] the HTTP and WebSocket handlers put into the request's data.

mod app_image;
mod choosing;
mod demands;
pub(super) mod enums;
mod filters;
mod loaders;
mod mutation;
mod orders;
mod query;
pub(super) mod scalars;
mod subscription;
pub(super) mod types;

use async_graphql::{Context, Error, Result};

use loaders::Batches;

use super::changes::Changes;
use super::clock;
use super::identity::Identity;
use super::repositories::Repositories;
use super::store::Store;
use crate::domain::Moment;

/// Levels of a document beyond which it is refused; the introspection document of common tools has 14.
const DEEPEST: usize = 24;
/// Fields of a document, fragments spelt out, beyond which it is refused.
const MOST_FIELDS: usize = 4000;

/// The schema.
pub type Schema = async_graphql::Schema<query::Query, mutation::Mutation, subscription::Subscription>;

/// What the resolvers work with.
struct Kabinet {
    store: Store,
    changes: Changes,
    repositories: Repositories,
    batches: Batches,
}

/// Makes the schema. Requests need an [`Identity`] among their data; without one every field is refused.
pub fn schema(store: Store, changes: Changes, repositories: Repositories) -> Schema {
    let batches = Batches::new(store.clone());
    Schema::build(query::Query::default(), mutation::Mutation::default(), subscription::Subscription)
        .limit_depth(DEEPEST)
        .limit_complexity(MOST_FIELDS)
        .data(Kabinet { store, changes, repositories, batches })
        .finish()
}

/// The schema's text in the schema language, as it is served at `schema`.
pub fn sdl() -> String {
    Schema::build(query::Query::default(), mutation::Mutation::default(), subscription::Subscription).finish().sdl()
}

/// Who is asking.
fn identity<'context>(context: &Context<'context>) -> Result<&'context Identity> {
    context.data::<Identity>().map_err(|_| Error::new("User is not authenticated"))
}

/// Whose rows may be seen.
fn organisation(context: &Context<'_>) -> Result<i64> {
    Ok(identity(context)?.organisation_id)
}

/// The present.
fn now() -> Moment {
    Moment(clock::now())
}

#[cfg(test)]
mod tests;
