//! What callers may ask.

use async_graphql::{Context, Error, ID, Object, Result, SimpleObject};

use super::context::{identity, now, rekuest};
use super::filters::{
    ActionDemandInput, ActionFilter, ActionOrder, AgentFilter, AgentOrder, ImplementationFilter, ImplementationOrder,
    OffsetPaginationInput, TaskFilter, TaskOrder, part, row,
};
use super::task_types::{Task, TaskEvent, find_tasks};
use super::types::{Action, Agent, Implementation, State, find_implementations};
use super::words::ActionHash;
use crate::server::settings;
use crate::server::shared;
use crate::server::store::clause::{Clause, Part};
use crate::server::store::rekuest::{agents, capabilities, states, tasks};
use crate::server::store::{self, Store};

/// What engines are told by the server.
#[derive(SimpleObject, Debug, Clone, Copy)]
pub struct EngineSettings {
    /// Seconds between two looks at the containers.
    poll_interval_seconds: f64,
}

impl From<settings::EngineSettings> for EngineSettings {
    fn from(settings: settings::EngineSettings) -> Self {
        Self { poll_interval_seconds: settings.poll_interval.as_secs_f64() }
    }
}

/// The root of queries.
pub struct Query;

#[Object]
#[expect(clippy::unused_async, reason = "resolvers are asynchronous")]
impl Query {
    /// Agents.
    async fn agents(
        &self,
        context: &Context<'_>,
        filters: Option<AgentFilter>,
        #[graphql(default)] ordering: Vec<AgentOrder>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Agent>> {
        let clause = Clause::equals("a.organisation_id", identity(context)?.organisation_id)
            .and(filters.unwrap_or_default().clause(now(context)?));
        let part = part(AgentOrder::sql(&ordering), pagination);
        let read = rekuest(context)?.store.read(move |connection| agents::find(connection, clause, &part));
        Ok(read.await?.into_iter().map(Agent).collect())
    }

    /// One agent, by its id or by app, version and machine.
    async fn agent(
        &self,
        context: &Context<'_>,
        id: Option<ID>,
        app: Option<String>,
        version: Option<String>,
        device_id: Option<String>,
    ) -> Result<Agent> {
        let mut clause = Clause::equals("a.organisation_id", identity(context)?.organisation_id);
        match (&id, &app) {
            (Some(id), _) => clause = clause.and(Clause::equals("a.id", row(id))),
            (None, Some(app)) => clause = clause.and(Clause::equals("c.app", app.clone())),
            (None, None) => {
                let text = "You need to provide either the agent id or the app, version and device_id to identify \
                            the agent";
                return Err(Error::new(text));
            }
        }
        for (column, wanted) in [("c.version", version), ("c.device", device_id)] {
            if let Some(wanted) = wanted {
                clause = clause.and(Clause::equals(column, wanted));
            }
        }
        let read = rekuest(context)?.store.read(move |connection| agents::find(connection, clause, &Part::by("a.id")));
        Ok(Agent(first(read.await?, "Agent")?))
    }

    /// Actions.
    async fn actions(
        &self,
        context: &Context<'_>,
        filters: Option<ActionFilter>,
        #[graphql(default)] ordering: Vec<ActionOrder>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Action>> {
        let clause = own_actions(context)?.and(filters.unwrap_or_default().clause());
        let part = part(ActionOrder::sql(&ordering), pagination);
        let read = rekuest(context)?.store.read(move |connection| capabilities::actions(connection, clause, &part));
        Ok(read.await?.into_iter().map(Action).collect())
    }

    /// One action, by whatever is known of it.
    #[expect(clippy::too_many_arguments, reason = "these are the arguments of upstream's field")]
    async fn action(
        &self,
        context: &Context<'_>,
        id: Option<ID>,
        task: Option<ID>,
        implementation: Option<ID>,
        agent: Option<ID>,
        interface: Option<String>,
        hash: Option<ActionHash>,
        matching: Option<ActionDemandInput>,
    ) -> Result<Action> {
        let inside = |sql: &str, id: i64| Clause::new(sql, vec![id.into()]);
        let clause = if let Some(id) = id {
            Clause::equals("x.id", row(&id))
        } else if let Some(task) = task {
            inside("x.id = (SELECT action_id FROM tasks WHERE id = ?)", row(&task))
        } else if let Some(implementation) = implementation {
            inside("x.id = (SELECT action_id FROM implementations WHERE id = ?)", row(&implementation))
        } else if let (Some(agent), Some(interface)) = (agent, interface) {
            let sql = "x.id = (SELECT action_id FROM implementations WHERE agent_id = ? AND interface = ?)";
            Clause::new(sql, vec![row(&agent).into(), interface.into()])
        } else if let Some(ActionHash(hash)) = hash {
            Clause::equals("x.hash", hash)
        } else if let Some(matching) = matching {
            matching.clause()
        } else {
            return Err(Error::new("Say which action: by id, hash, task, implementation, or agent and interface"));
        };
        let clause = own_actions(context)?.and(clause);
        let read = rekuest(context)?
            .store
            .read(move |connection| capabilities::actions(connection, clause, &Part::by("x.id")));
        Ok(Action(first(read.await?, "Action")?))
    }

    /// Implementations.
    async fn implementations(
        &self,
        context: &Context<'_>,
        filters: Option<ImplementationFilter>,
        #[graphql(default)] ordering: Vec<ImplementationOrder>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Implementation>> {
        find_implementations(context, Clause::everything(), filters, &ordering, pagination).await
    }

    /// One implementation.
    async fn implementation(&self, context: &Context<'_>, id: ID) -> Result<Implementation> {
        one_implementation(context, Clause::equals("i.id", row(&id))).await
    }

    /// What an agent calls so, or how it does an action.
    async fn implementation_at(
        &self,
        context: &Context<'_>,
        agent: ID,
        interface: Option<String>,
        action_hash: Option<String>,
        demand: Option<ActionDemandInput>,
    ) -> Result<Implementation> {
        let mut clause = Clause::equals("i.agent_id", row(&agent));
        if let Some(interface) = interface {
            clause = clause.and(Clause::equals("i.interface", interface));
        }
        if let Some(hash) = action_hash {
            clause = clause.and(Clause::equals("x.hash", hash));
        }
        if let Some(demand) = demand {
            clause = clause.and(demand.clause());
        }
        one_implementation(context, clause).await
    }

    /// The same of the caller's own agent.
    async fn my_implementation_at(
        &self,
        context: &Context<'_>,
        action_id: Option<ID>,
        interface: Option<String>,
    ) -> Result<Implementation> {
        let mut clause = Clause::equals("a.client_row", identity(context)?.client_row);
        if let Some(interface) = interface {
            clause = clause.and(Clause::equals("i.interface", interface));
        }
        if let Some(action) = action_id {
            clause = clause.and(Clause::equals("i.action_id", row(&action)));
        }
        one_implementation(context, clause).await
    }

    /// Tasks.
    async fn tasks(
        &self,
        context: &Context<'_>,
        filters: Option<TaskFilter>,
        #[graphql(default)] ordering: Vec<TaskOrder>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Task>> {
        find_tasks(context, Clause::everything(), filters, &ordering, pagination).await
    }

    /// Open tasks of the caller that belong to no other task.
    async fn my_tasks(&self, context: &Context<'_>) -> Result<Vec<Task>> {
        let clause = Clause::equals("t.caller_row", identity(context)?.client_row)
            .and(Clause::new("t.is_done = 0 AND t.root_id IS NULL", Vec::new()));
        find_tasks(context, clause, None, &[], None).await
    }

    /// One task.
    async fn task(&self, context: &Context<'_>, id: ID) -> Result<Task> {
        let (organisation, id) = (identity(context)?.organisation_id, row(&id));
        let read = store(context)?.read(move |connection| tasks::get(connection, organisation, id));
        Ok(Task(read.await?))
    }

    /// One event.
    async fn event(&self, context: &Context<'_>, id: ID) -> Result<TaskEvent> {
        let clause = Clause::equals("e.id", row(&id))
            .and(Clause::equals("t.organisation_id", identity(context)?.organisation_id));
        let read = store(context)?.read(move |connection| tasks::events(connection, clause, &Part::by("e.id")));
        Ok(TaskEvent(first(read.await?, "TaskEvent")?))
    }

    /// States of all agents.
    async fn states(&self, context: &Context<'_>) -> Result<Vec<State>> {
        let clause = Clause::equals("a.organisation_id", identity(context)?.organisation_id);
        let read = store(context)?.read(move |connection| states::states(connection, clause, &Part::by("s.id")));
        Ok(read.await?.into_iter().map(State).collect())
    }

    /// What engines are told by this server.
    async fn engine_settings(&self, context: &Context<'_>) -> Result<EngineSettings> {
        identity(context)?;
        let current = *context.data::<shared::State>()?.settings.listen().borrow();
        Ok(current.into())
    }
}

fn store<'context>(context: &Context<'context>) -> Result<&'context Store> {
    Ok(&rekuest(context)?.store)
}

fn own_actions(context: &Context<'_>) -> Result<Clause> {
    Ok(Clause::equals("x.organisation_id", identity(context)?.organisation_id))
}

async fn one_implementation(context: &Context<'_>, clause: Clause) -> Result<Implementation> {
    let clause = clause.and(Clause::equals("a.organisation_id", identity(context)?.organisation_id));
    let read =
        store(context)?.read(move |connection| capabilities::implementations(connection, clause, &Part::by("i.id")));
    Ok(Implementation(first(read.await?, "Implementation")?))
}

fn first<T>(rows: Vec<T>, what: &'static str) -> Result<T, store::Error> {
    rows.into_iter().next().ok_or(store::Error::Missing(what))
}
