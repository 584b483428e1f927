//! Asking engines for work: the action is found by the ports that it has, the task by a reference of our own.

use serde_json::{Map, Value};

use super::super::{
    documents::{Assign, Implementations, assign, implementations},
    wire::{self, structure},
};
use super::{Error, Result, Store};
use crate::domain::{Engine, FlavourId, PodId, PodVerb, Task, TaskKind, TaskState};

/// Kabinet's structures on the wire.
const FLAVOUR: &str = "@kabinet/flavour";
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
        let found = self.implementations(engine, Demand { argument: FLAVOUR, returned: Some(POD) }).await?;
        let action = pick(found, engine, "install flavours", |implementation| {
            implementation.action.args.first().is_some_and(|port| port.carries(FLAVOUR))
        })?;
        let key = action.action.args.first().map_or("flavour", |port| port.key.as_str());
        let args = [(key.to_owned(), structure(FLAVOUR, flavour.as_str()))].into_iter().collect();
        self.assign(&action.id, args, Keeping::Whole).await
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
        let (id, args) = self.pod_action(engine, &[verb.interface()], words, pod).await?;
        self.assign(&id, args, Keeping::Whole).await
    }

    /// The first of the engine's actions of those names that takes a pod, with the pod as its argument.
    pub(super) async fn pod_action(
        &self,
        engine: &Engine,
        names: &[&str],
        words: &str,
        pod: &PodId,
    ) -> Result<(String, Map<String, Value>)> {
        let found = self.implementations(engine, Demand { argument: POD, returned: None }).await?;
        let rank = |implementation: &wire::Implementation| {
            names.iter().position(|name| implementation.interface == *name || implementation.action.key == *name)
        };
        let mut found: Vec<_> = found.into_iter().filter(|implementation| rank(implementation).is_some()).collect();
        found.sort_by_key(|implementation| rank(implementation));
        let action = pick(found, engine, words, |_| true)?;
        let key = action.action.args.iter().find(|port| port.carries(POD)).map_or("pod", |port| port.key.as_str());
        Ok((action.id.clone(), [(key.to_owned(), structure(POD, pod.as_str()))].into_iter().collect()))
    }

    async fn implementations(&self, engine: &Engine, demand: Demand) -> Result<Vec<wire::Implementation>> {
        use graphql_client::GraphQLQuery as _;
        #[derive(serde::Deserialize)]
        struct Answer {
            implementations: Vec<wire::Implementation>,
        }
        let body = Implementations::build_query(demand.variables(&engine.client_id));
        Ok(self.session.rekuest()?.post_body::<Answer>(&body).await?.data.implementations)
    }

    pub(super) async fn assign(&self, id: &str, args: Map<String, Value>, keeping: Keeping) -> Result<Task> {
        let reference = uuid::Uuid::new_v4().to_string();
        self.assign_as(id, args, keeping, &reference).await
    }

    /// Assigns under a given reference.
    pub(super) async fn assign_as(
        &self,
        id: &str,
        args: Map<String, Value>,
        keeping: Keeping,
        reference: &str,
    ) -> Result<Task> {
        let input = assign::AssignInput {
            implementation: Some(id.to_owned()),
            args: Value::Object(args),
            reference: Some(reference.to_owned()),
            cached: false,
            log: false,
            capture: false,
            ephemeral: keeping == Keeping::Ephemeral,
        };
        let rekuest = self.session.rekuest()?;
        let sent = rekuest.post::<Assign>(assign::Variables { input: input.clone() }).await;
        let task = match sent {
            Err(error) if error.may_have_arrived() => {
                tracing::warn!("the reply to an assignment was lost: {error}");
                match self.task_of_reference(reference).await? {
                    Some(task) => return Ok(task),
                    None => rekuest.post::<Assign>(assign::Variables { input }).await?.assign.id,
                }
            }
            other => other?.assign.id,
        };
        // The work has been given: that it cannot be read back now is no failure of it.
        match self.task(&task.clone().into()).await {
            Ok((task, _)) => Ok(task),
            Err(error) => {
                tracing::warn!("a fresh task cannot be read: {error}");
                Ok(bare(task, reference))
            }
        }
    }
}

/// What an action has to take first, and give back first.
struct Demand {
    argument: &'static str,
    returned: Option<&'static str>,
}

impl Demand {
    fn variables(&self, client_id: &str) -> implementations::Variables {
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
        }
    }
}

fn bare(id: String, reference: &str) -> Task {
    Task {
        id: id.into(),
        reference: Some(reference.to_owned()),
        kind: TaskKind::Other,
        action: String::new(),
        agent: None,
        client_id: None,
        implementation: None,
        state: TaskState::Queued,
        progress: None,
        message: None,
        acted_on: Vec::new(),
        pod: None,
        created_at: None,
        finished_at: None,
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
