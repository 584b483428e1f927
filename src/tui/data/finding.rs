//! What each row is found by.

use crate::domain::{App, Engine, Flavour, Node, Pod, Port, Release, Task};
use crate::search::Document;

/// An app: its names, its description, and the nodes that it provides.
pub fn of_app<'a>(app: &App, repository: &str, nodes: impl Iterator<Item = &'a Node>) -> Document {
    let description = app.newest().and_then(|release| release.description.clone()).unwrap_or_default();
    let mut row = Document {
        name: app.short_name().to_owned(),
        identifier: app.identifier.to_string(),
        description,
        repository: repository.to_owned(),
        ..Document::default()
    };
    for node in nodes {
        row.provides.push(node.name.clone());
        ports(&node.args, &mut row.inputs);
        ports(&node.returns, &mut row.outputs);
        row.collections.extend_from_slice(&node.collections);
        row.protocols.extend_from_slice(&node.protocols);
    }
    row
}

/// A node: its name, its description, and its ports.
pub fn of_node(node: &Node) -> Document {
    let mut row = Document {
        name: node.name.clone(),
        description: node.description.clone().unwrap_or_default(),
        collections: node.collections.clone(),
        protocols: node.protocols.clone(),
        ..Document::default()
    };
    ports(&node.args, &mut row.inputs);
    ports(&node.returns, &mut row.outputs);
    row
}

/// A pod: its app, and where and how it is.
pub fn of_pod(pod: &Pod) -> Document {
    Document {
        name: crate::domain::App { identifier: pod.app.clone(), releases: Vec::new() }.short_name().to_owned(),
        identifier: pod.app.to_string(),
        provides: vec![pod.name(), pod.engine_name.clone(), pod.flavour_name.clone()],
        description: format!("{} {}", pod.status.word(), pod.version),
        ..Document::default()
    }
}

/// A pod in a list of several servers: the same, and which of them told of it.
pub fn of_pod_on(context: &str, pod: &Pod) -> Document {
    let mut row = of_pod(pod);
    row.provides.push(context.to_owned());
    row
}

/// A release: its version, its flavours, and what is said of it.
pub fn of_release(release: &Release) -> Document {
    Document {
        name: release.version.clone(),
        provides: release.flavours.iter().map(|flavour| flavour.name.clone()).collect(),
        description: release.description.clone().unwrap_or_default(),
        ..Document::default()
    }
}

/// A flavour: its name, its image, and what it seems to need.
pub fn of_flavour(flavour: &Flavour) -> Document {
    Document {
        name: flavour.name.clone(),
        description: format!("{} {}", flavour.image.reference, flavour.hints.join(" ")),
        ..Document::default()
    }
}

/// An engine: its name, kind and facts.
pub fn of_engine(engine: &Engine) -> Document {
    let facts = engine.resources.iter().flat_map(|resource| &resource.facts.0);
    Document {
        name: engine.name.clone(),
        provides: vec![engine.kind.name().to_owned()],
        description: facts.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" "),
        ..Document::default()
    }
}

/// A task: what it does to what, and how it is.
pub fn of_task(task: &Task, title: &str) -> Document {
    Document {
        name: title.to_owned(),
        provides: vec![task.action.clone(), task.state.word().to_owned()],
        description: task.message.clone().unwrap_or_default(),
        ..Document::default()
    }
}

fn ports(ports: &[Port], into: &mut Vec<String>) {
    for port in ports {
        into.push(port.identifier.clone().unwrap_or_else(|| port.kind.name().to_owned()));
        self::ports(&port.children, into);
    }
}
