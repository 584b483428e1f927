//! The object types of the schema, each over a row of the store.

mod catalogue;
mod definitions;
pub mod ports;
mod repositories;
mod selectors;
mod widgets;
mod workplaces;

pub use catalogue::{App, Flavour, Release};
pub use definitions::Definition;
pub use repositories::{GithubRepo, GithubRepoStats};
pub use workplaces::{Backend, Deployment, LogDump, Organization, Pod, Resource, User};

use serde_json::Value as Json;

/// JSON that the store wrote; null where a hand has broken it.
fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_default()
}

/// The texts of a JSON list.
fn texts(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_default()
}
