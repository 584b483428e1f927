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
use crate::domain::{Task, TaskEvent, TaskId, TaskState, Values};

/// Newest tasks that a screen shows, and that are kept of them, beside all that are under way.
pub const NEWEST_TASKS: usize = 200;

impl Store {
    pub(super) async fn agents(&self) -> Result<Vec<wire::Agent>> {
        let rekuest = self.session.rekuest()?;
        let read = |page| {
            list::<Agents, _>(rekuest, "agents", page, |offset, limit| agents::Variables {
                pagination: Some(agents::OffsetPaginationInput { offset, limit: Some(limit) }),
            })
        };
        let mut found: Vec<wire::Agent> = read(Page::ALL).await?;
        if found.len() > usize::try_from(SIZE).unwrap_or(usize::MAX) {
            // Rekuest knows no other order than this one, in which whoever was heard of moves to the front: away from a
            // page that is yet to come.
            let newest = read(Page::first(usize::try_from(SIZE).unwrap_or(usize::MAX))).await?;
            found.retain(|agent| newest.iter().all(|newer| newer.id != agent.id));
            found.extend(newest);
        }
        Ok(found)
    }

    /// The newest tasks of the organisation that nobody's task asked for, newest first.
    ///
    /// # Errors
    /// When Rekuest cannot be asked.
    pub async fn tasks(&self, limit: usize) -> Result<Vec<Task>> {
        let filter = tasks::TaskFilter { root_isnull: Some(true), ..no_filter() };
        self.some_tasks(Page::first(limit), filter).await
    }

    /// The same with all that are under way, however old they are: those that only read may have pushed them out.
    ///
    /// # Errors
    /// When Rekuest cannot be asked.
    pub async fn tasks_and_open(&self, limit: usize) -> Result<Vec<Task>> {
        let mut tasks = self.tasks(limit).await?;
        if tasks.len() < limit {
            return Ok(tasks);
        }
        let filter = tasks::TaskFilter { root_isnull: Some(true), is_done: Some(false), ..no_filter() };
        for open in self.some_tasks(Page::first(limit), filter).await? {
            if !tasks.iter().any(|task| task.id == open.id) {
                tasks.push(open);
            }
        }
        Ok(tasks)
    }

    /// A task with all of its events, oldest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none of that id.
    pub async fn task(&self, id: &TaskId) -> Result<(Task, Vec<TaskEvent>)> {
        let (task, events, _) = self.task_since(id, 0).await?;
        Ok((task, events))
    }

    /// A task with its events but for so many that were read before, and how many there are now.
    pub(super) async fn task_since(&self, id: &TaskId, read: usize) -> Result<(Task, Vec<TaskEvent>, usize)> {
        let filter = tasks::TaskFilter { ids: Some(vec![id.as_str().to_owned()]), ..no_filter() };
        let (found, events) =
            futures_util::join!(self.some_tasks(Page::first(1), filter), self.raw_events_since(id, read));
        let task = found?.into_iter().next();
        let task = task.ok_or_else(|| Error::NotFound(format!("there is no task {id}")))?;
        let (arguments, raw) = events?;
        let task = Task { arguments, ..task };
        let mut read = read + raw.len();
        let mut events = told(id, raw);
        let is_end = |event: &TaskEvent| event.kind.state().is_some_and(TaskState::is_done);
        if task.state.is_done() && !events.iter().any(is_end) {
            // It ended between the two answers.
            let (_, more) = self.raw_events_since(id, read).await?;
            read += more.len();
            events.extend(told(id, more));
        }
        Ok((task, events, read))
    }

    /// The events of a task but for so many at the beginning.
    pub(super) async fn events_since(&self, id: &TaskId, read: usize) -> Result<Vec<TaskEvent>> {
        Ok(told(id, self.raw_events_since(id, read).await?.1))
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

    /// What a task was given, and its events.
    async fn raw_events_since(&self, id: &TaskId, read: usize) -> Result<(Values, Vec<wire::Event>)> {
        let rekuest = self.session.rekuest()?;
        let mut events = Vec::new();
        loop {
            let offset = i64::try_from(read + events.len()).unwrap_or(i64::MAX);
            let mut page = events_of(rekuest, id, offset).await?;
            let full = i64::try_from(page.events.len()).is_ok_and(|length| length == SIZE);
            let arguments = page.take_arguments();
            events.extend(page.events);
            if !full {
                return Ok((arguments, events));
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

fn told(id: &TaskId, raw: Vec<wire::Event>) -> Vec<TaskEvent> {
    raw.into_iter().filter_map(|event| event.into_domain(Some(id))).collect()
}

async fn events_of(rekuest: &Client, id: &TaskId, offset: i64) -> Result<wire::TaskEvents> {
    let variables = task_events::Variables {
        task: id.as_str().to_owned(),
        pagination: Some(task_events::OffsetPaginationInput { offset, limit: Some(SIZE) }),
    };
    let mut answer = rekuest.post_body::<Value>(&TaskEvents::build_query(variables)).await?;
    serde_json::from_value(answer.data["task"].take())
        .map_err(|error| Error::Unreadable { service: "Rekuest".into(), why: error.to_string() })
}

fn no_filter() -> tasks::TaskFilter {
    tasks::TaskFilter { ids: None, reference: None, is_done: None, root_isnull: None }
}
