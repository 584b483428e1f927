//! The client of Kabinet, Rekuest, Lok and fakts. Takes and returns `domain` types.
//!
//! Generated GraphQL types stay inside; documents are in `queries/`. Nothing here draws, and nothing here keeps a cache.

mod capabilities;
mod document;
mod documents;
pub mod error;
pub mod fakts;
pub mod graphql;
mod http;
mod left_out;
mod meter;
mod secret;
mod session;
pub mod socket;
mod store;
mod tls;
mod token;
mod turns;
mod websocket;
mod wire;

pub use error::{Error, ReadOnly, Result};
pub use http::{Http, Probe, is_loopback, url_of, without_password};
pub use meter::{LowBandwidth, Meter};
pub use secret::Secret;
pub use session::{Access, Addresses, Session};
pub use store::{
    Change, Course, Delivery, Features, FollowKind, Gaze, Generation, Growing, LogFollow, LogLost, NEWEST_TASKS, Page,
    Pushes, Store, Topic, UsageFollow, delay,
};
pub use tls::{AUTHORITIES, CertificateFault, Tls, authorities_of_environment};
pub use token::{Keeper, Tokens};
pub use websocket::{WebSocket, open_websocket};
pub(crate) use wire::Needs;
