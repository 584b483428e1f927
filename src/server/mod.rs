//! The embedded server: Kabinet, Rekuest, Lok and fakts in one process, over one SQLite file.
//!
//! It takes its listener and its reason to stop from the caller, and never knows a client room.

mod activity;
mod agi;
mod authenticate;
mod certificate;
pub mod changes;
mod clock;
mod fakts;
mod graphql;
pub mod identity;
pub mod kabinet;
mod keys;
mod listener;
pub mod lok;
mod oauth;
mod operator;
mod options;
mod origin;
mod registration;
pub mod rekuest;
pub mod repositories;
mod routes;
#[expect(clippy::module_inception, reason = "the server as seen from outside, beside its parts")]
mod server;
mod settings;
mod shared;
pub mod store;
mod withdrawal;

pub use activity::Activity;
pub use certificate::{Certificate, Error as CertificateError};
pub use listener::Listener;
pub use operator::{NewToken, PendingCode, TokenKind};
pub use options::{AgentTimes, FaktsVersion, Forwarded, Options};
pub use registration::{Manifest, Requirement};
pub use server::{DATABASE, DEFAULT_ORGANISATION, DEFAULT_USER, Error, Server, run};
pub use store::identity::ClientRole;
pub use withdrawal::GivenToken;
