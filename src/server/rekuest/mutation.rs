//! What callers and agents may do.

use async_graphql::{Context, Error, ID, InputObject, Object, Result};
use serde_json::Value as Json;

use super::assign::{Assignment, Control, Manner, Target};
use super::context::{identity, rekuest};
use super::filters::row;
use super::hub::Order;
use super::registering;
use super::task_types::Task;
use super::types::{Agent, Implementation};
use super::words::{ActionHash, AgentKind, Args, AssignPolicy, HookKind, ImplementAgentInput, ImplementationInput};
use crate::server::store::rekuest::agents::Pin;
use crate::server::store::rekuest::capabilities;

/// Work to be done. Exactly one target: an implementation, an action, a hash, or an agent with an interface.
#[derive(InputObject)]
#[expect(clippy::struct_excessive_bools, reason = "the names are upstream's")]
struct AssignInput {
    implementation: Option<ID>,
    action: Option<ID>,
    action_hash: Option<ActionHash>,
    agent: Option<ID>,
    interface: Option<String>,
    args: Args,
    /// The caller's name for the task; the same name never makes a second one.
    reference: Option<String>,
    parent: Option<ID>,
    #[graphql(default)]
    cached: bool,
    #[graphql(default)]
    log: bool,
    #[graphql(default)]
    capture: bool,
    /// Keep nothing of its progress, and forget the task soon after it ends.
    #[graphql(default)]
    ephemeral: bool,
    step: Option<bool>,
    is_hook: Option<bool>,
    policy: Option<AssignPolicy>,
    hooks: Option<Vec<HookInput>>,
    dependency: Option<String>,
    method: Option<String>,
    resolution: Option<ID>,
    dependencies: Option<Vec<ResolvedDependencyInput>>,
    instance_id: Option<String>,
}

/// Another action that runs with a task. Not supported here.
#[derive(InputObject)]
struct HookInput {
    kind: HookKind,
    hash: ActionHash,
}

/// Agents chosen for a dependency. Not supported here.
#[derive(InputObject)]
struct ResolvedDependencyInput {
    key: String,
    mapped_agents: Vec<MappedAgentInput>,
    #[graphql(default)]
    auto_resolve: bool,
}

/// An agent chosen for a dependency. Not supported here.
#[derive(InputObject)]
struct MappedAgentInput {
    key: String,
    agent: ID,
}

impl AssignInput {
    fn into_assignment(self) -> Result<Assignment> {
        if self.dependency.is_some() || self.method.is_some() || self.resolution.is_some() {
            return Err(Error::new("This server resolves no dependencies; name an implementation, action or hash"));
        }
        if self.dependencies.is_some_and(|chosen| !chosen.is_empty())
            || self.hooks.is_some_and(|hooks| !hooks.is_empty())
        {
            return Err(Error::new("This server runs no hooks and resolves no dependencies"));
        }
        let target = match (self.implementation, self.action, self.action_hash, &self.agent, self.interface) {
            (Some(implementation), ..) => Target::Implementation(row(&implementation)),
            (None, Some(action), ..) => Target::Action(row(&action)),
            (None, None, Some(ActionHash(hash)), ..) => Target::Hash(hash),
            (None, None, None, Some(agent), Some(interface)) => Target::Interface(row(agent), interface),
            _ => {
                let text =
                    "You need to provide an implementation, an action, an action hash, or an agent and an interface";
                return Err(Error::new(text));
            }
        };
        let args = match self.args.0 {
            Json::Object(args) => args,
            Json::Null => serde_json::Map::new(),
            _ => return Err(Error::new("args must be an object: port key to value")),
        };
        Ok(Assignment {
            target,
            agent: self.agent.as_ref().map(row),
            args,
            reference: self.reference,
            parent: self.parent.as_ref().map(row),
            manner: Manner { ephemeral: self.ephemeral, capture: self.capture, step: self.step.unwrap_or(false) },
        })
    }
}

macro_rules! inputs {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty $(= $default:literal)?),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(InputObject)]
        struct $name { $($(#[$field_doc])* $(#[graphql(default = $default)])? $field: $kind),* }
    )*};
}

inputs! {
    /// Which task.
    CancelInput { task: ID }
    /// Which task.
    InterruptInput { task: ID }
    /// Which task.
    PauseInput { task: ID }
    /// Which task, and whether for one step only.
    ResumeInput { task: ID, step: bool = false }
    /// Memory that may be freed.
    CollectInput { drawers: Vec<ID> }
    /// Which agent.
    BounceInput { agent: ID }
    /// Which agent, and why.
    KickInput { agent: ID, reason: Option<String> }
    /// Which agent, and why.
    BlockInput { agent: ID, reason: Option<String> }
    /// Which agent.
    UnblockInput { agent: ID }
    /// The caller's agent.
    AgentInput { name: Option<String>, kind: Option<AgentKind>, hook_url: Option<String>, hook_url_secret: Option<String>, instance_id: Option<String> }
    /// Which agent, and its new name.
    UpdateAgentInput { id: ID, name: Option<String> }
    /// Which agent.
    DeleteAgentInput { id: ID }
    /// One implementation.
    CreateImplementationInput { implementation: ImplementationInput }
    /// Which implementation.
    DeleteImplementationInput { implementation: ID }
    /// What is pinned or unpinned.
    PinInput { id: ID, pin: bool }
}

/// The root of mutations.
pub struct Mutation;

#[Object]
impl Mutation {
    /// Gives work to an agent.
    async fn assign(&self, context: &Context<'_>, input: AssignInput) -> Result<Task> {
        let (task, _) = rekuest(context)?.assign(identity(context)?, input.into_assignment()?).await?;
        Ok(Task(task))
    }

    /// Ends a task in good order.
    async fn cancel(&self, context: &Context<'_>, input: CancelInput) -> Result<Task> {
        control(context, &input.task, Control::Cancel).await
    }

    /// Ends a task at once.
    async fn interrupt(&self, context: &Context<'_>, input: InterruptInput) -> Result<Task> {
        control(context, &input.task, Control::Interrupt).await
    }

    /// Holds a task.
    async fn pause(&self, context: &Context<'_>, input: PauseInput) -> Result<Task> {
        control(context, &input.task, Control::Pause).await
    }

    /// Lets a task go on.
    async fn resume(&self, context: &Context<'_>, input: ResumeInput) -> Result<Task> {
        control(context, &input.task, Control::Resume { step: input.step }).await
    }

    /// Tells agents which memory they may free.
    async fn collect(&self, context: &Context<'_>, input: CollectInput) -> Result<Vec<String>> {
        let drawers: Vec<String> = input.drawers.iter().map(|id| id.to_string()).collect();
        rekuest(context)?.collect(identity(context)?.organisation_id, &drawers).await?;
        Ok(drawers)
    }

    /// Asks an agent to connect anew.
    async fn bounce(&self, context: &Context<'_>, input: BounceInput) -> Result<Agent> {
        order(context, &input.agent, Order::Bounce).await
    }

    /// Asks an agent to leave.
    async fn kick(&self, context: &Context<'_>, input: KickInput) -> Result<Agent> {
        order(context, &input.agent, Order::Kick { reason: input.reason }).await
    }

    /// Locks an agent out.
    async fn block(&self, context: &Context<'_>, input: BlockInput) -> Result<Agent> {
        let organisation = identity(context)?.organisation_id;
        Ok(Agent(rekuest(context)?.block_agent(organisation, row(&input.agent), input.reason).await?))
    }

    /// Lets an agent in again.
    async fn unblock(&self, context: &Context<'_>, input: UnblockInput) -> Result<Agent> {
        let organisation = identity(context)?.organisation_id;
        Ok(Agent(rekuest(context)?.unblock_agent(organisation, row(&input.agent)).await?))
    }

    /// Finds or makes the caller's agent.
    async fn ensure_agent(&self, context: &Context<'_>, input: AgentInput) -> Result<Agent> {
        if input.kind == Some(AgentKind::Webhook) {
            return Err(Error::new("This server calls no webhooks; connect to the agent socket instead"));
        }
        Ok(Agent(rekuest(context)?.ensure_agent(identity(context)?, input.name, "WEBSOCKET").await?))
    }

    /// Makes the caller's agent what it declares; what is not named goes.
    async fn implement_agent(&self, context: &Context<'_>, input: ImplementAgentInput) -> Result<Agent> {
        let identity = identity(context)?;
        let wanted = registering::registration(&input.0, identity.app.as_deref().unwrap_or_default())?;
        Ok(Agent(rekuest(context)?.implement(identity, wanted).await?))
    }

    /// Adds or replaces one implementation of the caller's agent.
    async fn create_implementation(
        &self,
        context: &Context<'_>,
        input: CreateImplementationInput,
    ) -> Result<Implementation> {
        let identity = identity(context)?;
        let offer = registering::offer(&input.implementation.0, identity.app.as_deref().unwrap_or_default())?;
        Ok(Implementation(rekuest(context)?.implement_one(identity, offer).await?))
    }

    /// Removes an implementation.
    async fn delete_implementation(&self, context: &Context<'_>, input: DeleteImplementationInput) -> Result<String> {
        let organisation = identity(context)?.organisation_id;
        rekuest(context)?.delete_implementation(organisation, row(&input.implementation)).await?;
        Ok(input.implementation.to_string())
    }

    /// Renames an agent.
    async fn update_agent(&self, context: &Context<'_>, input: UpdateAgentInput) -> Result<Agent> {
        let organisation = identity(context)?.organisation_id;
        let id = row(&input.id);
        let rekuest = rekuest(context)?;
        Ok(Agent(match input.name {
            Some(name) => rekuest.rename_agent(organisation, id, name).await?,
            None => rekuest.change_agent(organisation, id, |_| Ok(())).await?,
        }))
    }

    /// Removes an agent that is not connected.
    async fn delete_agent(&self, context: &Context<'_>, input: DeleteAgentInput) -> Result<ID> {
        rekuest(context)?.delete_agent(identity(context)?.organisation_id, row(&input.id)).await?;
        Ok(input.id)
    }

    /// Pins or unpins an agent.
    async fn pin_agent(&self, context: &Context<'_>, input: PinInput) -> Result<Agent> {
        let pin = if input.pin { Pin::Pinned } else { Pin::Unpinned };
        Ok(Agent(rekuest(context)?.pin_agent(identity(context)?.organisation_id, row(&input.id), pin).await?))
    }

    /// Pins or unpins an implementation.
    async fn pin_implementation(&self, context: &Context<'_>, input: PinInput) -> Result<Implementation> {
        let pin = if input.pin { Pin::Pinned } else { Pin::Unpinned };
        let (organisation, id) = (identity(context)?.organisation_id, row(&input.id));
        let write = rekuest(context)?.store.write(move |transaction| {
            capabilities::get_implementation(transaction, organisation, id)?;
            capabilities::pin_implementation(transaction, id, pin)?;
            capabilities::get_implementation(transaction, organisation, id)
        });
        Ok(Implementation(write.await?))
    }

    /// Removes actions that nobody offers and no task names; says how many.
    async fn cleanup_actions(&self, context: &Context<'_>, action_ids: Option<Vec<ID>>) -> Result<usize> {
        let organisation = identity(context)?.organisation_id;
        let ids: Option<Vec<i64>> = action_ids.map(|ids| ids.iter().map(row).collect());
        let write = rekuest(context)?
            .store
            .write(move |transaction| capabilities::cleanup_actions(transaction, organisation, ids.as_deref()));
        Ok(write.await?)
    }
}

async fn control(context: &Context<'_>, task: &ID, control: Control) -> Result<Task> {
    let organisation = identity(context)?.organisation_id;
    Ok(Task(rekuest(context)?.control(organisation, row(task), control).await?))
}

async fn order(context: &Context<'_>, agent: &ID, order: Order) -> Result<Agent> {
    let organisation = identity(context)?.organisation_id;
    Ok(Agent(rekuest(context)?.order_agent(organisation, row(agent), order).await?))
}
