//! What resolvers find in the context of a request.

use async_graphql::{Context, Error, Result};

use super::filters::Now;
use super::work::Rekuest;
use crate::server::clock;
use crate::server::identity::Identity;

/// Who is asking.
pub fn identity<'context>(context: &Context<'context>) -> Result<&'context Identity> {
    context.data::<Identity>().map_err(|_| Error::new("User is not authenticated"))
}

/// The service.
pub fn rekuest<'context>(context: &Context<'context>) -> Result<&'context Rekuest> {
    context.data::<Rekuest>()
}

/// The moment of the question.
pub fn now(context: &Context<'_>) -> Result<Now> {
    Ok(Now { at: clock::now(), lease: clock::millis(rekuest(context)?.times.lease) })
}
