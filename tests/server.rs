//! The embedded server over real HTTP and WebSocket connections.

#[path = "server/agent.rs"]
mod agent;
#[path = "server/auth.rs"]
mod auth;
#[path = "server/schema.rs"]
mod schema;
#[path = "server/socket.rs"]
mod socket;
#[path = "support/mod.rs"]
mod support;
