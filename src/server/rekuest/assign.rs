//! Giving work to an agent, and steering it afterwards.

use rusqlite::Transaction;
use serde_json::{Map, Value, json};

use super::super::changes::Event;
use super::super::clock;
use super::super::identity::Identity;
use super::super::store::clause::{Clause, Part};
use super::super::store::rekuest::agents::AgentRow;
use super::super::store::rekuest::capabilities::{ActionRow, ImplementationRow};
use super::super::store::rekuest::tasks::{self, TaskRow};
use super::super::store::rekuest::{agents, capabilities, outbox};
use super::super::store::{Error, Result};
use super::feed::News;
use super::frames::{self, frame};
use super::work::{Rekuest, Said, is_terminal};

/// Who is to do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// This implementation.
    Implementation(i64),
    /// Any live implementation of this action.
    Action(i64),
    /// Any live implementation of an action with this hash.
    Hash(String),
    /// What this agent calls so.
    Interface(i64, String),
}

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// By whom.
    pub target: Target,
    /// Any but the others of this agent are left out when an action is asked for.
    pub agent: Option<i64>,
    /// With what.
    pub args: Map<String, Value>,
    /// The caller's name for it; the same name never makes a second task.
    pub reference: Option<String>,
    /// On behalf of which task.
    pub parent: Option<i64>,
    /// How it is kept and run.
    pub manner: Manner,
}

/// How a task is kept and run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner {
    /// Forget it soon after it ends, and its progress at once.
    pub ephemeral: bool,
    /// Printed output becomes log events.
    pub capture: bool,
    /// Stop after each step.
    pub step: bool,
}

/// How a running task is steered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// End it in good order.
    Cancel,
    /// End it at once.
    Interrupt,
    /// Hold it.
    Pause,
    /// Let it go on.
    Resume {
        /// For one step only.
        step: bool,
    },
}

impl Control {
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Cancel => ("CANCEL", "CANCELLING", "CANCELLED"),
            Self::Interrupt => ("INTERRUPT", "INTERRUPTING", "INTERRUPTED"),
            Self::Pause => ("PAUSE", "PAUSING", "PAUSED"),
            Self::Resume { .. } => ("RESUME", "RESUMING", "RESUMED"),
        }
    }

    fn ends(self) -> bool {
        matches!(self, Self::Cancel | Self::Interrupt)
    }
}

impl Rekuest {
    /// Assigns; the second member tells whether a task was made or an earlier one of the same reference was found.
    pub async fn assign(&self, identity: &Identity, assignment: Assignment) -> Result<(TaskRow, bool)> {
        let caller = (identity.organisation_id, identity.client_row);
        let lease = clock::millis(self.times.lease);
        let (task, created) =
            self.store.write(move |transaction| assign(transaction, caller, &assignment, lease)).await?;
        if created {
            if let Some(agent) = task.agent_id {
                self.hub.wake(agent);
            }
            self.tell(News::Task { task: task.clone(), event: Event::Created });
        }
        Ok((task, created))
    }

    /// Steers a task of the organisation, and with an end everything below it.
    pub async fn control(&self, organisation_id: i64, task_id: i64, control: Control) -> Result<TaskRow> {
        let rekuest = self.clone();
        let (task, news, agents) = self
            .store
            .write(move |transaction| rekuest.write_control(transaction, organisation_id, task_id, control))
            .await?;
        for agent in agents {
            self.hub.wake(agent);
        }
        self.tell_all(news);
        Ok(task)
    }

    fn write_control(
        &self,
        transaction: &Transaction<'_>,
        organisation_id: i64,
        task_id: i64,
        control: Control,
    ) -> Result<(TaskRow, Vec<News>, Vec<i64>)> {
        let task = tasks::get(transaction, organisation_id, task_id)?;
        if task.is_done {
            return Err(Error::Refused(String::from("Task is already terminal")));
        }
        let concerned = if control.ends() { tasks::open_below(transaction, task.id)? } else { vec![task.id] };
        let mut news = Vec::new();
        let mut woken = Vec::new();
        for id in concerned {
            let task = tasks::get(transaction, organisation_id, id)?;
            news.extend(self.write_one_control(transaction, &task, control)?);
            woken.extend(task.agent_id);
        }
        Ok((tasks::get(transaction, organisation_id, task_id)?, news, woken))
    }

    fn write_one_control(&self, transaction: &Transaction<'_>, task: &TaskRow, control: Control) -> Result<Vec<News>> {
        let (kind, phase, end) = control.words();
        tasks::instruct(transaction, task.id, kind, clock::now())?;
        let mut news = vec![self.write_event(transaction, task, Said::plain(phase))?];
        let agent = match task.agent_id {
            Some(agent) => Some(agents::get(transaction, task.organisation_id, agent)?),
            None => None,
        };
        let is_lost = task.latest_event_kind == "DISCONNECTED" && agent.as_ref().is_none_or(|agent| !agent.connected);
        let nobody = if outbox::is_unsent(transaction, task.id)? {
            Some("The agent had not got it yet")
        } else if is_lost || agent.is_none() {
            Some("Its agent is gone; what it began may still run")
        } else {
            None
        };
        match (nobody, agent) {
            (Some(why), _) if control.ends() => {
                outbox::drop_task(transaction, task.id)?;
                news.push(self.write_event(transaction, task, Said::because(end, why))?);
            }
            (_, Some(agent)) => {
                let mut members = json!({"task": task.id.to_string()});
                if let Control::Resume { step } = control {
                    members["step"] = step.into();
                }
                outbox::push(transaction, agent.id, Some(task.id), kind, &frame(kind, members))?;
            }
            (_, None) => (),
        }
        debug_assert!(!control.ends() || is_terminal(end), "an end must end");
        Ok(news)
    }
}

fn assign(
    transaction: &Transaction<'_>,
    (organisation_id, caller_row): (i64, i64),
    assignment: &Assignment,
    lease: i64,
) -> Result<(TaskRow, bool)> {
    let reference = assignment.reference.as_deref().filter(|reference| !reference.is_empty());
    if let Some(reference) = reference
        && let Some(task) = tasks::by_reference(transaction, caller_row, reference)?
    {
        return Ok((task, false));
    }
    let now = clock::now();
    let (implementation, action, agent) = resolve(transaction, organisation_id, assignment, (now, lease))?;
    check_arguments(&action, &assignment.args)?;
    let parent = match assignment.parent {
        Some(parent) => Some(tasks::get(transaction, organisation_id, parent)?),
        None => None,
    };
    let row = TaskRow {
        id: 0,
        organisation_id,
        caller_row,
        reference: reference.map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned),
        action_id: action.id,
        implementation_id: Some(implementation.id),
        agent_id: Some(agent.id),
        parent_id: parent.as_ref().map(|parent| parent.id),
        root_id: parent.as_ref().map(|parent| parent.root_id.unwrap_or(parent.id)),
        args: Value::Object(assignment.args.clone()).to_string(),
        acted_on: Value::from(acted_on(&action, &assignment.args)).to_string(),
        ephemeral: assignment.manner.ephemeral,
        capture: assignment.manner.capture,
        step: assignment.manner.step,
        idempotent: action.definition.idempotent,
        physical: implementation.effect == "PHYSICAL",
        is_done: false,
        latest_event_kind: String::from("STARTED"),
        latest_instruct_kind: String::from("ASSIGN"),
        created_at: now,
        updated_at: now,
        finished_at: None,
    };
    let task = tasks::add(transaction, &row)?;
    let text = frames::assign(transaction, &task)?;
    outbox::push(transaction, agent.id, Some(task.id), "ASSIGN", &text)?;
    Ok((task, true))
}

/// The live implementation that the target means.
fn resolve(
    transaction: &Transaction<'_>,
    organisation_id: i64,
    assignment: &Assignment,
    (now, lease): (i64, i64),
) -> Result<(ImplementationRow, ActionRow, AgentRow)> {
    let own = Clause::equals("a.organisation_id", organisation_id);
    let (clause, is_exact) = match &assignment.target {
        Target::Implementation(id) => (Clause::equals("i.id", *id), true),
        Target::Interface(agent, interface) => {
            (Clause::equals("i.agent_id", *agent).and(Clause::equals("i.interface", interface.clone())), true)
        }
        Target::Action(id) => (Clause::equals("i.action_id", *id), false),
        Target::Hash(hash) => (Clause::equals("x.hash", hash.clone()), false),
    };
    let clause = match assignment.agent {
        Some(agent) if !is_exact => clause.and(Clause::equals("i.agent_id", agent)),
        _ => clause,
    };
    let candidates = capabilities::implementations(transaction, clause.and(own), &Part::by("i.id"))?;
    if candidates.is_empty() && is_exact {
        return Err(Error::Missing("Implementation"));
    }
    for candidate in candidates {
        let agent = agents::get(transaction, organisation_id, candidate.agent_id)?;
        if agent.is_active(now, lease) {
            let action = one_action(transaction, organisation_id, Clause::equals("x.id", candidate.action_id))?;
            return Ok((candidate, action, agent));
        }
    }
    if is_exact {
        let text = "Agent is not available (not connected, and not a webhook agent)";
        return Err(Error::Refused(text.to_owned()));
    }
    let wanted = match &assignment.target {
        Target::Action(id) => Clause::equals("x.id", *id),
        Target::Hash(hash) => Clause::equals("x.hash", hash.clone()),
        Target::Implementation(_) | Target::Interface(..) => Clause::everything(),
    };
    let action = one_action(transaction, organisation_id, wanted)?;
    Err(Error::Refused(format!("No active implementation found for action {}", action.definition.name)))
}

fn one_action(transaction: &Transaction<'_>, organisation_id: i64, clause: Clause) -> Result<ActionRow> {
    let clause = clause.and(Clause::equals("x.organisation_id", organisation_id));
    capabilities::actions(transaction, clause, &Part::by("x.id"))?.into_iter().next().ok_or(Error::Missing("Action"))
}

fn ports(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap_or_default()
}

fn check_arguments(action: &ActionRow, args: &Map<String, Value>) -> Result<()> {
    for port in ports(&action.definition.args) {
        let key = port.get("key").and_then(Value::as_str).unwrap_or_default();
        let may_miss = port.get("nullable").and_then(Value::as_bool).unwrap_or(false)
            || port.get("default").is_some_and(|default| !default.is_null());
        if !may_miss && args.get(key).is_none_or(Value::is_null) {
            return Err(Error::Refused(format!("{} needs the argument {key}", action.definition.name)));
        }
    }
    Ok(())
}

/// `identifier:object` of every structure among the arguments, in the current form and in the old one.
fn acted_on(action: &ActionRow, args: &Map<String, Value>) -> Vec<String> {
    let structures = ports(&action.definition.args).into_iter().filter(|port| port["kind"] == "STRUCTURE");
    structures
        .filter_map(|port| {
            let value = args.get(port["key"].as_str()?)?;
            let object = value.get("object").unwrap_or(value);
            let object = object.as_str().map(str::to_owned).or_else(|| object.as_i64().map(|id| id.to_string()))?;
            Some(format!("{}:{object}", port["identifier"].as_str()?))
        })
        .collect()
}
