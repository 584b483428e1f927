//! Things of Kabinet that a port may carry, found by the names that people type.

use serde_json::Value;

use super::{App, Engine, Node, OfferPort, Pod, PortKind, Repository};

/// What a server told, as far as ports can carry it; what is not at hand may be left empty, and ids do all the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct Things<'a> {
    /// Apps.
    pub apps: &'a [App],
    /// Nodes.
    pub nodes: &'a [Node],
    /// Engines.
    pub engines: &'a [Engine],
    /// Pods.
    pub pods: &'a [Pod],
    /// Repositories.
    pub repositories: &'a [Repository],
}

impl Things<'_> {
    /// Those that a structure names and that fit what is typed: id and name.
    pub fn fitting(&self, identifier: Option<&str>, typed: &str) -> Vec<(String, String)> {
        let wanted = typed.to_lowercase();
        let fits = |(id, name): &(String, String)| *id == wanted || name.to_lowercase().contains(&wanted);
        self.all(identifier).into_iter().filter(fits).collect()
    }

    fn all(&self, identifier: Option<&str>) -> Vec<(String, String)> {
        let releases = || self.apps.iter().flat_map(|app| app.releases.iter().map(move |release| (app, release)));
        match identifier {
            Some("@kabinet/pod") => self
                .pods
                .iter()
                .map(|pod| (pod.id.to_string(), format!("{} on {}", pod.name(), pod.engine_name)))
                .collect(),
            Some("@kabinet/backend") => {
                self.engines.iter().map(|engine| (engine.id.to_string(), engine.name.clone())).collect()
            }
            Some("@kabinet/resource") => self
                .engines
                .iter()
                .flat_map(|engine| {
                    engine.resources.iter().map(|it| (it.id.to_string(), format!("{} of {}", it.name, engine.name)))
                })
                .collect(),
            Some("@kabinet/release") => releases()
                .map(|(app, release)| (release.id.to_string(), format!("{} {}", app.short_name(), release.version)))
                .collect(),
            Some("@kabinet/flavour") => releases()
                .flat_map(|(app, release)| {
                    release.flavours.iter().map(move |it| {
                        (it.id.to_string(), format!("{} {} {}", app.short_name(), release.version, it.name))
                    })
                })
                .collect(),
            Some("@kabinet/definition") => {
                self.nodes.iter().map(|node| (node.id.to_string(), node.name.clone())).collect()
            }
            Some("@kabinet/repo") => self.repositories.iter().map(|it| (it.id.to_string(), it.name.clone())).collect(),
            _ => Vec::new(),
        }
    }

    /// The id that is meant by what is typed: an id, or what is part of one name only.
    fn meant(&self, port: &OfferPort, typed: &str) -> Result<String, String> {
        let found = self.fitting(port.identifier.as_deref(), typed);
        if found.iter().any(|(id, _)| id == typed) {
            return Ok(typed.to_owned());
        }
        let exact: Vec<_> = found.iter().filter(|(_, name)| name.eq_ignore_ascii_case(typed)).collect();
        match (exact.as_slice(), found.as_slice()) {
            ([(id, _)], _) | (_, [(id, _)]) => Ok(id.clone()),
            // Things that kab does not list have ids all the same.
            (_, []) if typed.bytes().all(|byte| byte.is_ascii_digit()) => Ok(typed.to_owned()),
            (_, []) => Err(format!("nothing is called {typed}")),
            (_, several) => Err(format!("{} things are called like that", several.len())),
        }
    }

    /// As [`OfferPort::read`], with names for things that kab knows.
    ///
    /// # Errors
    /// What is expected, where the text is something else.
    pub fn read(&self, port: &OfferPort, typed: &str) -> Result<Option<Value>, String> {
        let Some(thing) = searched(port).filter(|_| !typed.trim().is_empty()) else { return port.read(typed) };
        let separator = if port.kind == PortKind::List { ';' } else { '\0' };
        let parts = typed.split(separator).map(str::trim).filter(|part| !part.is_empty());
        let ids = parts.map(|part| self.meant(thing, part)).collect::<Result<Vec<_>, _>>()?;
        port.read(&ids.join(";"))
    }
}

/// The port whose things kab knows, so that a name will do: this one, or the one of each item of a list.
pub fn searched(port: &OfferPort) -> Option<&OfferPort> {
    let thing = if port.kind == PortKind::List { port.children.first()? } else { port };
    thing.identifier.as_deref().is_some_and(|identifier| identifier.starts_with("@kabinet/")).then_some(thing)
}
