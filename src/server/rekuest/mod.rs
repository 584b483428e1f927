//! Rekuest: routes work between callers and agents.
//!
//! `work`, `assign`, `report` and `presence` are the service; the rest is its GraphQL face. Everything is scoped to
//! the caller's organisation, single objects and controls too.

mod administration;
mod assign;
mod changes;
mod context;
mod feed;
mod filters;
mod frames;
mod hub;
mod loaders;
mod mutation;
mod presence;
mod query;
mod registering;
mod report;
mod subscription;
mod task_types;
mod types;
mod words;
mod work;

use async_graphql::SchemaBuilder;

use super::shared::State;

pub use assign::{Assignment, Control, Manner, Target};
pub use feed::{Feed, News};
pub use frames::frame;
pub use hub::{Claim, Hub, Order, Place};
pub use report::{Outcome, Report};
pub use work::Rekuest;

/// Levels of a document beyond which it is refused.
const DEEPEST: usize = 24;
/// Fields of a document, fragments spelt out, beyond which it is refused.
const MOST_FIELDS: usize = 4000;

/// Rekuest's schema.
pub type Schema = async_graphql::Schema<query::Query, mutation::Mutation, subscription::Subscription>;

fn builder() -> SchemaBuilder<query::Query, mutation::Mutation, subscription::Subscription> {
    // Clients name these types for their variables although the schema itself does not reach them.
    async_graphql::Schema::build(query::Query, mutation::Mutation, subscription::Subscription)
        .register_input_type::<words::DefinitionInput>()
        .register_input_type::<words::StateImplementationInput>()
        .register_input_type::<words::LockImplementationInput>()
        .register_input_type::<words::BlokImplementationInput>()
        .register_input_type::<words::TestTargetInput>()
}

/// Makes the schema over the server's state.
pub fn schema(state: &State) -> Schema {
    builder()
        .limit_depth(DEEPEST)
        .limit_complexity(MOST_FIELDS)
        .data(state.rekuest.clone())
        .data(loaders::loader(state.store.clone()))
        .data(State::clone(state))
        .finish()
}

/// The schema's text in the schema language, as it is served at `schema`.
pub fn sdl() -> String {
    builder().finish().sdl()
}
