//! The embedded server over real HTTP and WebSocket connections.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "server/agent.rs"]
mod agent;
#[path = "server/assigning.rs"]
mod assigning;
#[path = "server/auth.rs"]
mod auth;
#[path = "server/engine.rs"]
mod engine;
#[path = "server/fakts2.rs"]
mod fakts2;
#[path = "server/feeds.rs"]
mod feeds;
#[path = "server/reclaim.rs"]
mod reclaim;
#[path = "server/schema.rs"]
mod schema;
#[path = "server/socket.rs"]
mod socket;
#[path = "support/mod.rs"]
mod support;
#[path = "server/tls.rs"]
mod tls;
