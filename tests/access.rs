//! Servers elsewhere: contexts, tokens from outside, and sign-in, with the real program against the embedded server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops there")]

#[path = "support/household.rs"]
mod household;
mod support;

#[path = "access/contexts.rs"]
mod contexts;
#[path = "access/elsewhere.rs"]
mod elsewhere;
