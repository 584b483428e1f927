//! Whole lists from the store, in the order in which they are shown.

use crate::domain::{App, Engine, Failure, Node, Pod, Release, Repository};
use crate::services::{Page, Result, Store};

/// Apps, by name.
pub async fn apps(store: &Store) -> Result<Vec<App>, Failure> {
    store.all_apps().await.map(sorted_apps).map_err(|error| error.failure("Could not list the apps"))
}

/// The order of apps.
pub fn sorted_apps(mut apps: Vec<App>) -> Vec<App> {
    apps.sort_by(|a, b| (a.short_name(), a.identifier.as_str()).cmp(&(b.short_name(), b.identifier.as_str())));
    apps
}

/// Nodes, by name.
pub async fn nodes(store: &Store) -> Result<Vec<Node>, Failure> {
    store.nodes(Page::ALL).await.map(sorted_nodes).map_err(|error| error.failure("Could not list the nodes"))
}

/// The order of nodes.
pub fn sorted_nodes(mut nodes: Vec<Node>) -> Vec<Node> {
    nodes.sort_by(|a, b| (&a.name, a.id.as_str()).cmp(&(&b.name, b.id.as_str())));
    nodes
}

/// Engines, by name.
pub async fn engines(store: &Store) -> Result<Vec<Engine>, Failure> {
    store.engines().await.map(sorted_engines).map_err(|error| error.failure("Could not list the engines"))
}

/// The order of engines.
pub fn sorted_engines(mut engines: Vec<Engine>) -> Vec<Engine> {
    engines.sort_by(|a, b| (&a.name, a.id.as_str()).cmp(&(&b.name, b.id.as_str())));
    engines
}

/// Pods, newest first.
pub async fn pods(store: &Store) -> Result<Vec<Pod>, Failure> {
    store.pods().await.map_err(|error| error.failure("Could not list the pods"))
}

/// Repositories, in the server's order.
pub async fn repositories(store: &Store) -> Result<Vec<Repository>, Failure> {
    store.repositories().await.map_err(|error| error.failure("Could not list the repositories"))
}

/// The repository that offers a release.
pub fn repository_of<'a>(release: &Release, repositories: &'a [Repository]) -> Option<&'a Repository> {
    let id = release.flavours.iter().find_map(|flavour| flavour.repository.as_ref())?;
    repositories.iter().find(|repository| repository.id == *id)
}

/// The nodes that a release provides, in their order.
pub fn nodes_of<'a>(release: &Release, nodes: &'a [Node]) -> Vec<&'a Node> {
    let provides = |node: &&Node| {
        let listed =
            |flavour: &crate::domain::Flavour| flavour.nodes.contains(&node.id) || node.flavours.contains(&flavour.id);
        release.flavours.iter().any(listed)
    };
    nodes.iter().filter(provides).collect()
}
