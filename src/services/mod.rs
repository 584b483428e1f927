//! The client of Kabinet, Rekuest, Lok and fakts. Takes and returns `domain` types.
//!
//! Generated GraphQL types stay inside; documents are in `queries/`. Nothing here draws, and nothing here keeps a cache.

mod capabilities;
mod documents;
pub mod error;
pub mod fakts;
pub mod graphql;
mod http;
mod secret;
mod session;
pub mod socket;
mod store;
mod token;
mod wire;

pub use error::{Error, Result};
pub use secret::Secret;
pub use session::{Access, Session};
pub use store::{Change, Course, Delivery, FollowKind, Growing, LogFollow, LogLost, Page, Store, Topic, delay};
pub use token::Tokens;
pub(crate) use wire::Needs;
