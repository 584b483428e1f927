//! What Rekuest knows: agents, tasks and their events.

use graphql_client::GraphQLQuery as _;
use serde_json::Value;

use super::super::{
    documents::{Agents, Cancel, TaskEvents, Tasks, agents, cancel, task_events, tasks},
    graphql::Client,
    wire,
};
use super::{
    Error, Page, Result, Store,
    page::{SIZE, list},
};
use crate::domain::{Task, TaskEvent, TaskId, TaskState};

impl Store {
    pub(super) async fn agents(&self) -> Result<Vec<wire::Agent>> {
        list::<Agents, _>(self.session.rekuest()?, "agents", Page::ALL, |offset, limit| agents::Variables {
            pagination: Some(agents::OffsetPaginationInput { offset, limit: Some(limit) }),
        })
        .await
    }

    /// The newest tasks of the organisation that nobody's task asked for, newest first.
    ///
    /// # Errors
    /// When Rekuest cannot be asked.
    pub async fn tasks(&self, limit: usize) -> Result<Vec<Task>> {
        let filter = tasks::TaskFilter { root_isnull: Some(true), ..no_filter() };
        self.some_tasks(Page::first(limit), filter).await
    }

    /// A task with all of its events, oldest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none of that id.
    pub async fn task(&self, id: &TaskId) -> Result<(Task, Vec<TaskEvent>)> {
        let filter = tasks::TaskFilter { ids: Some(vec![id.as_str().to_owned()]), ..no_filter() };
        let (found, events) = futures_util::join!(self.some_tasks(Page::first(1), filter), self.events(id));
        let task = found?.into_iter().next();
        let task = task.ok_or_else(|| Error::NotFound(format!("there is no task {id}")))?;
        let mut events = events?;
        let told = |event: &TaskEvent| event.kind.state().is_some_and(TaskState::is_done);
        if task.state.is_done() && !events.iter().any(told) {
            // It ended between the two answers.
            events = self.events(id).await?;
        }
        Ok((task, events))
    }

    /// The task that an assignment with that reference made.
    pub(super) async fn task_of_reference(&self, reference: &str) -> Result<Option<Task>> {
        let filter = tasks::TaskFilter { reference: Some(reference.to_owned()), ..no_filter() };
        Ok(self.some_tasks(Page::first(1), filter).await?.into_iter().next())
    }

    async fn some_tasks(&self, page: Page, filter: tasks::TaskFilter) -> Result<Vec<Task>> {
        let variables = |offset, limit| tasks::Variables {
            filters: Some(filter.clone()),
            pagination: Some(tasks::OffsetPaginationInput { offset, limit: Some(limit) }),
        };
        let found: Vec<wire::Task> = list::<Tasks, _>(self.session.rekuest()?, "tasks", page, variables).await?;
        Ok(found.into_iter().map(wire::Task::into_domain).collect())
    }

    async fn events(&self, id: &TaskId) -> Result<Vec<TaskEvent>> {
        let rekuest = self.session.rekuest()?;
        let mut events = Vec::new();
        loop {
            let offset = i64::try_from(events.len()).unwrap_or(i64::MAX);
            let page = events_of(rekuest, id, offset).await?;
            let full = i64::try_from(page.len()).is_ok_and(|length| length == SIZE);
            events.extend(page);
            if !full {
                return Ok(events.into_iter().filter_map(|event: wire::Event| event.into_domain(Some(id))).collect());
            }
        }
    }

    /// Asks a task to end. The state changes when its agent confirms.
    ///
    /// # Errors
    /// When the task has ended already, or Rekuest cannot be asked.
    pub async fn cancel(&self, task: &TaskId) -> Result<()> {
        let input = cancel::CancelInput { task: task.as_str().to_owned() };
        self.session.rekuest()?.post::<Cancel>(cancel::Variables { input }).await?;
        Ok(())
    }
}

async fn events_of(rekuest: &Client, id: &TaskId, offset: i64) -> Result<Vec<wire::Event>> {
    let variables = task_events::Variables {
        task: id.as_str().to_owned(),
        pagination: Some(task_events::OffsetPaginationInput { offset, limit: Some(SIZE) }),
    };
    let mut answer = rekuest.post_body::<Value>(&TaskEvents::build_query(variables)).await?;
    let task: wire::TaskEvents = serde_json::from_value(answer.data["task"].take())
        .map_err(|error| Error::Unreadable { service: "Rekuest".into(), why: error.to_string() })?;
    Ok(task.events)
}

fn no_filter() -> tasks::TaskFilter {
    tasks::TaskFilter { ids: None, reference: None, is_done: None, root_isnull: None }
}
