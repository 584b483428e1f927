//! Agents, actions and implementations as callers see them.

mod action;
mod agent;
mod implementation;
mod state;
mod who;

pub use action::Action;
pub use agent::Agent;
pub use implementation::{Implementation, find_implementations, implementation_of};
pub use state::State;
pub use who::{App, Caller, Client, Device, Organization, Release, User};

use serde_json::Value as Json;

fn json_list(text: &str) -> Vec<Json> {
    serde_json::from_str(text).unwrap_or_default()
}
