//! Servers elsewhere: contexts, tokens from outside, and sign-in, with the real program against the embedded server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops there")]

#[path = "support/household.rs"]
mod household;
#[path = "support/mod.rs"]
mod support;

#[path = "access/contexts.rs"]
mod contexts;
#[path = "access/doctor.rs"]
mod doctor;
#[path = "access/elsewhere.rs"]
mod elsewhere;
#[path = "access/engine.rs"]
mod engine;
#[path = "access/login.rs"]
mod login;
#[path = "access/refresh.rs"]
mod refresh;
#[path = "access/secrets.rs"]
mod secrets;
#[path = "access/tls.rs"]
mod tls;
#[path = "access/version_two.rs"]
mod version_two;
