//! Live feeds. Each tells what its subscriber may see, from the moment of subscribing on.

use std::sync::Arc;

use async_graphql::{Context, Error, ID, Result, Subscription};
use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::sync::broadcast::error::RecvError;

use super::changes::{
    AgentChange, AgentChangeEvent, AgentTaskUpdate, ChildTaskEvent, ImplementationUpdate, TaskChange, TaskChangeEvent,
    TaskEventChange,
};
use super::context::{identity, rekuest};
use super::feed::News;
use super::filters::row;
use super::query::EngineSettings;
use super::task_types::Task;
use super::types::{Action, Implementation};
use crate::server::changes::Event;
use crate::server::shared;
use crate::server::store::clause::{Clause, Part};
use crate::server::store::rekuest::tasks::TaskRow;
use crate::server::store::rekuest::{agents, capabilities, tasks};

/// The root of subscriptions.
pub struct Subscription;

/// News of the caller's organisation, as far as `pick` makes something of them. A subscriber that is too slow gets an
/// error and has to read the store anew.
fn feed<T, P>(context: &Context<'_>, pick: P) -> Result<impl Stream<Item = Result<T>> + use<T, P>>
where
    T: Send + 'static,
    P: FnMut(&News) -> Option<T> + Send + 'static,
{
    let organisation = identity(context)?.organisation_id;
    let listener = rekuest(context)?.feed.listen();
    Ok(stream::unfold(Some((listener, pick)), move |state| async move {
        let (mut listener, mut pick) = state?;
        loop {
            match listener.recv().await {
                Ok(news) => {
                    let news: Arc<News> = news;
                    if news.organisation_id() == organisation
                        && let Some(item) = pick(&news)
                    {
                        return Some((Ok(item), Some((listener, pick))));
                    }
                }
                Err(RecvError::Lagged(missed)) => {
                    let text = format!("{missed} messages were missed; read again, then subscribe again");
                    return Some((Err(Error::new(text)), None));
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }))
}

fn task_change(news: &News, fits: impl Fn(&TaskRow) -> bool) -> Option<TaskChangeEvent> {
    match news {
        News::Task { task, event: Event::Created } if fits(task) => {
            Some(TaskChangeEvent { event: None, create: Some(TaskChange::from(task)) })
        }
        News::Event { task, event } if fits(task) => {
            Some(TaskChangeEvent { event: Some(TaskEventChange::from(event)), create: None })
        }
        _ => None,
    }
}

/// Whether an event moved its task.
fn is_move(news: &News) -> Option<(&TaskRow, Event)> {
    match news {
        News::Task { task, event } => Some((task, *event)),
        News::Event { task, event } if task.latest_event_kind == event.kind => Some((task, Event::Updated)),
        _ => None,
    }
}

#[Subscription]
#[expect(clippy::unused_async, reason = "resolvers are asynchronous")]
impl Subscription {
    /// The caller's tasks and their events.
    async fn mytasks(&self, context: &Context<'_>) -> Result<impl Stream<Item = Result<TaskChangeEvent>> + use<>> {
        let caller = identity(context)?.client_row;
        feed(context, move |news| task_change(news, |task| task.caller_row == caller))
    }

    /// All tasks of the organisation that belong to no other task, and their events.
    async fn tasks(&self, context: &Context<'_>) -> Result<impl Stream<Item = Result<TaskChangeEvent>> + use<>> {
        feed(context, |news| task_change(news, |task| task.root_id.is_none()))
    }

    /// Tasks below this one.
    async fn child_tasks(
        &self,
        context: &Context<'_>,
        id: ID,
    ) -> Result<impl Stream<Item = Result<ChildTaskEvent>> + use<>> {
        let (organisation, id) = (identity(context)?.organisation_id, row(&id));
        rekuest(context)?.store.read(move |connection| tasks::get(connection, organisation, id)).await?;
        // Those seen to be below, so that grandchildren are known by their parents.
        let mut below = std::collections::HashSet::from([id]);
        feed(context, move |news| {
            let (task, event) = is_move(news)?;
            if task.id == id
                || !(task.root_id == Some(id) || task.parent_id.is_some_and(|parent| below.contains(&parent)))
            {
                return None;
            }
            below.insert(task.id);
            let change = Some(TaskChange::from(task));
            Some(match event {
                Event::Created => ChildTaskEvent { create: change, update: None },
                Event::Updated | Event::Deleted => ChildTaskEvent { create: None, update: change },
            })
        })
    }

    /// Tasks of this agent.
    async fn agent_tasks(
        &self,
        context: &Context<'_>,
        agent: ID,
    ) -> Result<impl Stream<Item = Result<AgentTaskUpdate>> + use<>> {
        let (organisation, agent) = (identity(context)?.organisation_id, row(&agent));
        rekuest(context)?.store.read(move |connection| agents::get(connection, organisation, agent)).await?;
        feed(context, move |news| {
            let (task, event) = is_move(news)?;
            if task.agent_id != Some(agent) {
                return None;
            }
            let task = Some(Task(task.clone()));
            Some(match event {
                Event::Created => AgentTaskUpdate { create: task, update: None },
                Event::Updated | Event::Deleted => AgentTaskUpdate { create: None, update: task },
            })
        })
    }

    /// Agents that come, go or change.
    async fn agents(&self, context: &Context<'_>) -> Result<impl Stream<Item = Result<AgentChangeEvent>> + use<>> {
        feed(context, |news| {
            let News::Agent { agent, event } = news else { return None };
            let change = AgentChange::from(agent.as_ref());
            let mut told = AgentChangeEvent { create: None, update: None, delete: None };
            match event {
                Event::Created => told.create = Some(change),
                Event::Updated => told.update = Some(change),
                Event::Deleted => told.delete = Some(agent.id.into()),
            }
            Some(told)
        })
    }

    /// Implementations of this agent that are new, different or gone.
    async fn implementations(
        &self,
        context: &Context<'_>,
        agent: ID,
    ) -> Result<impl Stream<Item = Result<ImplementationUpdate>> + use<>> {
        let (organisation, agent) = (identity(context)?.organisation_id, row(&agent));
        let store = rekuest(context)?.store.clone();
        store.read(move |connection| agents::get(connection, organisation, agent)).await?;
        let ids = feed(context, move |news| match news {
            News::Implementation { agent_id, id, event, .. } if *agent_id == agent => Some((*id, *event)),
            _ => None,
        })?;
        Ok(ids.filter_map(move |item| {
            let store = store.clone();
            async move {
                let (id, event) = match item {
                    Ok(item) => item,
                    Err(error) => return Some(Err(error)),
                };
                let mut told = ImplementationUpdate { create: None, update: None, delete: None };
                if event == Event::Deleted {
                    told.delete = Some(id.into());
                    return Some(Ok(told));
                }
                let clause = Clause::equals("i.id", id);
                let read =
                    store.read(move |connection| capabilities::implementations(connection, clause, &Part::by("i.id")));
                let found = match read.await {
                    Ok(mut rows) => Implementation(rows.pop()?),
                    Err(error) => return Some(Err(error.into())),
                };
                match event {
                    Event::Created => told.create = Some(found),
                    Event::Updated | Event::Deleted => told.update = Some(found),
                }
                Some(Ok(told))
            }
        }))
    }

    /// Actions that are new.
    async fn new_actions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Taken and ignored, as upstream does.")] cage: Option<ID>,
    ) -> Result<impl Stream<Item = Result<Action>> + use<>> {
        drop(cage);
        let store = rekuest(context)?.store.clone();
        let ids = feed(context, |news| match news {
            News::Action { id, .. } => Some(*id),
            _ => None,
        })?;
        Ok(ids.filter_map(move |item| {
            let store = store.clone();
            async move {
                let id = match item {
                    Ok(id) => id,
                    Err(error) => return Some(Err(error)),
                };
                let clause = Clause::equals("x.id", id);
                let read = store.read(move |connection| capabilities::actions(connection, clause, &Part::by("x.id")));
                match read.await {
                    Ok(mut rows) => rows.pop().map(|row| Ok(Action(row))),
                    Err(error) => Some(Err(error.into())),
                }
            }
        }))
    }

    /// What engines are told by this server: now, and whenever it changes.
    async fn engine_settings(&self, context: &Context<'_>) -> Result<impl Stream<Item = EngineSettings> + use<>> {
        identity(context)?;
        let mut listener = context.data::<shared::State>()?.settings.listen();
        listener.mark_changed();
        Ok(stream::unfold(listener, |mut listener| async move {
            listener.changed().await.ok()?;
            let current = *listener.borrow_and_update();
            Some((EngineSettings::from(current), listener))
        }))
    }
}
