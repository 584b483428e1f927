//! Asking engines for work: the action is found by the ports that it has, the task by a reference of our own.

use serde_json::{Map, Value};

use super::super::{
    documents::{FlavourRelease, Implementations, flavour_release, implementations},
    wire::{self, structure},
};
use super::page::{self, Page};
use super::{Error, Result, Store};
use crate::domain::{Engine, FlavourId, PodId, PodVerb, Task};

/// Kabinet's structures on the wire.
pub(super) const FLAVOUR: &str = "@kabinet/flavour";
const RELEASE: &str = "@kabinet/release";
pub(super) const POD: &str = "@kabinet/pod";

/// How a task is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeping {
    /// With all its events.
    Whole,
    /// For as long as somebody listens.
    Ephemeral,
}

impl Store {
    /// Installs a flavour on an engine: finds the action that makes a pod out of a flavour, and assigns it.
    ///
    /// A lost reply does not install twice: the reference is looked up before anything is sent again.
    ///
    /// # Errors
    /// [`Error::Offline`], [`Error::NoAction`], or what the server says.
    pub async fn install(&self, flavour: &FlavourId, engine: &Engine) -> Result<Task> {
        let by_flavour = self.installer(engine, FLAVOUR).await;
        let (action, structure) = match by_flavour {
            Ok(action) => (action, structure(FLAVOUR, flavour.as_str())),
            // The prototype takes releases only, and chooses the flavour by itself.
            Err(Error::NoAction { .. }) => {
                let action = self.installer(engine, RELEASE).await?;
                let variables = flavour_release::Variables { id: flavour.as_str().to_owned() };
                let release = self.session.kabinet()?.post::<FlavourRelease>(variables).await?.flavour.release.id;
                (action, structure(RELEASE, &release))
            }
            Err(error) => return Err(error),
        };
        let key = action.action.args.first().map_or("flavour", |port| port.key.as_str());
        let args = [(key.to_owned(), structure)].into_iter().collect();
        self.assign_to(engine, &action.id, args, Keeping::Whole).await
    }

    /// The action that makes a pod out of such a structure.
    async fn installer(&self, engine: &Engine, identifier: &'static str) -> Result<wire::Implementation> {
        let found = self.implementations(engine, Demand { argument: identifier, returned: Some(POD) }).await?;
        pick(found, engine, "install flavours", |implementation| {
            implementation.action.args.first().is_some_and(|port| port.carries(identifier))
        })
    }

    /// Asks something of a pod, at the engine where it lives.
    ///
    /// # Errors
    /// [`Error::Offline`], [`Error::NoAction`] (the existing deployers cannot start a stopped pod), or what the server
    /// says.
    pub async fn act(&self, verb: PodVerb, pod: &PodId, engine: &Engine) -> Result<Task> {
        let words = match verb {
            PodVerb::Start => "start pods",
            PodVerb::Stop => "stop pods",
            PodVerb::Restart => "restart pods",
            PodVerb::Remove => "remove pods",
        };
        let (id, args) = self.pod_action(engine, verb.interfaces(), words, pod).await?;
        self.assign_to(engine, &id, args, Keeping::Whole).await
    }

    /// The first of the engine's actions of those names that takes a pod, with the pod as its argument.
    pub(super) async fn pod_action(
        &self,
        engine: &Engine,
        names: &[&str],
        words: &str,
        pod: &PodId,
    ) -> Result<(String, Map<String, Value>)> {
        let (action, args) = self.pod_implementation(engine, names, words, pod).await?;
        Ok((action.id, args))
    }

    /// The same, with all that is known of the action.
    pub(super) async fn pod_implementation(
        &self,
        engine: &Engine,
        names: &[&str],
        words: &str,
        pod: &PodId,
    ) -> Result<(wire::Implementation, Map<String, Value>)> {
        self.named_action(engine, names, words, (POD, pod.as_str())).await
    }

    /// The first of the engine's actions of those names that takes such a structure, with it as its argument.
    pub(super) async fn named_action(
        &self,
        engine: &Engine,
        names: &[&str],
        words: &str,
        (identifier, object): (&'static str, &str),
    ) -> Result<(wire::Implementation, Map<String, Value>)> {
        let found = self.implementations(engine, Demand { argument: identifier, returned: None }).await?;
        let rank = |implementation: &wire::Implementation| {
            names.iter().position(|name| implementation.interface == *name || implementation.action.key == *name)
        };
        let mut found: Vec<_> = found.into_iter().filter(|implementation| rank(implementation).is_some()).collect();
        found.sort_by_key(|implementation| rank(implementation));
        let action = pick(found, engine, words, |_| true)?;
        let port = action.action.args.iter().find(|port| port.carries(identifier));
        let key = port.map_or_else(String::new, |port| port.key.clone());
        let args = [(key, structure(identifier, object))].into_iter().collect();
        Ok((action, args))
    }

    async fn implementations(&self, engine: &Engine, demand: Demand) -> Result<Vec<wire::Implementation>> {
        let client = self.session.rekuest()?;
        let variables = |offset, limit| demand.variables(&engine.client_id, (offset, limit));
        page::list::<Implementations, wire::Implementation>(client, "implementations", Page::ALL, variables).await
    }
}

/// What an action has to take first, and give back first.
struct Demand {
    argument: &'static str,
    returned: Option<&'static str>,
}

impl Demand {
    fn variables(&self, client_id: &str, (offset, limit): (i64, i64)) -> implementations::Variables {
        use implementations as wire;
        let port = |at: Option<i64>, identifier: &str| wire::PortMatchInput {
            at,
            key: None,
            kind: Some(wire::PortKind::STRUCTURE),
            identifier: Some(identifier.to_owned()),
        };
        let mut demands = vec![wire::PortDemandInput {
            kind: wire::DemandKind::ARGS,
            matches: Some(vec![port(Some(0), self.argument)]),
        }];
        if let Some(returned) = self.returned {
            let matches = Some(vec![port(Some(0), returned)]);
            demands.push(wire::PortDemandInput { kind: wire::DemandKind::RETURNS, matches });
        }
        wire::Variables {
            filters: Some(wire::ImplementationFilter {
                agent: Some(wire::ImplementationAgentFilter { client_id: Some(client_id.to_owned()), ids: None }),
                action: Some(wire::ImplementationActionFilter { demands: Some(demands) }),
            }),
            pagination: Some(wire::OffsetPaginationInput { offset, limit: Some(limit) }),
        }
    }
}

/// One whose agent listens.
fn pick(
    found: Vec<wire::Implementation>,
    engine: &Engine,
    words: &str,
    fits: impl Fn(&wire::Implementation) -> bool,
) -> Result<wire::Implementation> {
    let mut fitting: Vec<_> = found.into_iter().filter(fits).collect();
    if fitting.is_empty() {
        return Err(if engine.is_online() {
            Error::NoAction { engine: engine.name.clone(), action: words.to_owned() }
        } else {
            Error::Offline(engine.name.clone())
        });
    }
    let active = fitting.iter().position(|implementation| implementation.agent.active);
    active.map(|at| fitting.swap_remove(at)).ok_or_else(|| Error::Offline(engine.name.clone()))
}
