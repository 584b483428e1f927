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

/// Why a text is no value of a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misread {
    /// There is no such thing.
    Nothing(String),
    /// It is something else than what is wanted, or not clear enough.
    Unfit(String),
}

impl std::fmt::Display for Misread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Nothing(why) | Self::Unfit(why)) = self;
        f.write_str(why)
    }
}

/// How names are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// A part of a name will do, where only one thing has it: somebody sees what it means while they type.
    InPart,
    /// Whole names only: nobody looks.
    Whole,
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

    /// The id that is meant by what is typed: an id, a name, or what is part of one name only.
    fn meant(&self, port: &OfferPort, typed: &str, names: Names) -> Result<String, Misread> {
        let all = self.all(port.identifier.as_deref());
        let is_number = !typed.is_empty() && typed.bytes().all(|byte| byte.is_ascii_digit());
        if is_number || all.iter().any(|(id, _)| id == typed) {
            // Things that kab does not list have ids all the same; a number is never part of a name.
            return Ok(typed.to_owned());
        }
        let wanted = typed.to_lowercase();
        let of = |fits: &dyn Fn(&str) -> bool| -> Vec<&(String, String)> {
            all.iter().filter(|(_, name)| fits(&name.to_lowercase())).collect()
        };
        // `greeter-8c1f20e4 on docker-ws`, `Local Node of docker-ws`: what comes first is a name, too.
        let first = |name: &str| name.split_once(" on ").or(name.split_once(" of ")).map(|(first, _)| first.to_owned());
        let mut found = of(&|name| name == wanted);
        if found.is_empty() {
            found = of(&|name| first(name).as_deref() == Some(wanted.as_str()));
        }
        if found.is_empty() && names == Names::InPart {
            found = of(&|name| name.contains(&wanted));
        }
        match found.as_slice() {
            [(id, _)] => Ok(id.clone()),
            [] => Err(Misread::Nothing(format!("nothing is called {typed}"))),
            several => Err(Misread::Unfit(format!("{} things are called like that", several.len()))),
        }
    }

    /// As [`OfferPort::read`], with names for things that kab knows.
    ///
    /// # Errors
    /// What is expected, where the text is something else.
    pub fn read(&self, port: &OfferPort, typed: &str, names: Names) -> Result<Option<Value>, Misread> {
        let read = |typed: &str| port.read(typed).map_err(Misread::Unfit);
        let Some(thing) = searched(port).filter(|_| !typed.trim().is_empty()) else { return read(typed) };
        let separator = if port.kind == PortKind::List { ';' } else { '\0' };
        let parts = typed.split(separator).map(str::trim).filter(|part| !part.is_empty());
        let ids = parts.map(|part| self.meant(thing, part, names)).collect::<Result<Vec<_>, _>>()?;
        read(&ids.join(";"))
    }
}

/// The port whose things kab knows, so that a name will do: this one, or the one of each item of a list.
pub fn searched(port: &OfferPort) -> Option<&OfferPort> {
    let thing = if port.kind == PortKind::List { port.children.first()? } else { port };
    thing.identifier.as_deref().is_some_and(|identifier| identifier.starts_with("@kabinet/")).then_some(thing)
}
