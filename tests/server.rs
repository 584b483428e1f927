//! The embedded server over real HTTP and WebSocket connections.

#[path = "server/agent.rs"]
mod agent;
#[path = "server/assigning.rs"]
mod assigning;
#[path = "server/auth.rs"]
mod auth;
#[path = "server/engine.rs"]
mod engine;
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
