//! The heart of Rekuest: everything that changes a task goes through here, whoever asks for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::super::changes::{Change, Changes, Event};
use super::super::clock;
use super::super::options::AgentTimes;
use super::super::store::rekuest::agents::{self, AgentRow};
use super::super::store::rekuest::outbox;
use super::super::store::rekuest::settle::{self, Cause};
use super::super::store::rekuest::tasks::{self, EventRow, TaskRow};
use super::super::store::{Result, Store};
use super::feed::{Feed, News};
use super::frames;
use super::hub::Hub;

/// Finished tasks that are kept; older ones are forgotten.
const KEPT_TASKS: i64 = 20_000;

/// Shared by the GraphQL face and the agent sockets; cheap to clone.
#[derive(Clone)]
pub struct Rekuest {
    pub(super) store: Store,
    pub(super) changes: Changes,
    pub(super) feed: Feed,
    pub(super) hub: Arc<Hub>,
    pub(super) times: AgentTimes,
    pub(super) ephemeral_life: Duration,
    events: Arc<AtomicI64>,
}

/// An event to come; id and time are added when it is written.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub(super) kind: &'static str,
    pub(super) message: Option<String>,
    pub(super) progress: Option<i64>,
    pub(super) returns: Option<String>,
    pub(super) level: Option<&'static str>,
}

impl Said {
    pub(super) fn plain(kind: &'static str) -> Self {
        Self { kind, ..Self::default() }
    }

    pub(super) fn because(kind: &'static str, message: &str) -> Self {
        Self { kind, message: Some(message.to_owned()), ..Self::default() }
    }

    pub(super) fn into_row(self, id: i64, task: &TaskRow, now: i64) -> EventRow {
        EventRow {
            id,
            task_id: task.id,
            organisation_id: task.organisation_id,
            kind: self.kind.to_owned(),
            message: self.message,
            progress: self.progress,
            returns: self.returns,
            level: self.level.unwrap_or("INFO").to_owned(),
            created_at: now,
        }
    }
}

/// Whether a task ends with an event of this kind.
pub(super) fn is_terminal(kind: &str) -> bool {
    matches!(kind, "COMPLETED" | "FAILED" | "CRITICAL" | "CANCELLED" | "INTERRUPTED")
}

impl Rekuest {
    /// Opens Rekuest over the store. Another process may serve it at this moment: nothing is changed.
    pub async fn open(store: Store, changes: Changes, times: AgentTimes, ephemeral_life: Duration) -> Result<Self> {
        let newest = store.read(tasks::newest_event).await?;
        Ok(Self {
            store,
            changes,
            feed: Feed::default(),
            hub: Arc::default(),
            times,
            ephemeral_life,
            events: Arc::new(AtomicI64::new(newest)),
        })
    }

    /// This process serves from now on: no agent is connected yet.
    pub async fn begin(&self) -> Result<()> {
        self.store.write(|transaction| agents::all_lost(transaction, clock::now())).await
    }

    /// The clocks of the agent socket.
    pub fn times(&self) -> &AgentTimes {
        &self.times
    }

    /// The sockets of agents.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    pub(super) fn next_event(&self) -> i64 {
        self.events.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Writes an event and moves the task along, inside a transaction.
    pub(super) fn write_event(
        &self,
        transaction: &rusqlite::Transaction<'_>,
        task: &TaskRow,
        said: Said,
    ) -> Result<News> {
        let now = clock::now();
        let kind = said.kind;
        let event = said.into_row(self.next_event(), task, now);
        tasks::add_event(transaction, &event)?;
        let phase =
            matches!(kind, "PROGRESS" | "LOG" | "YIELD" | "CANCELLING" | "INTERRUPTING" | "PAUSING" | "RESUMING");
        if !phase {
            tasks::advance(transaction, task.id, kind, is_terminal(kind).then_some(now), now)?;
        } else if task.latest_event_kind == "DISCONNECTED" && matches!(kind, "PROGRESS" | "LOG" | "YIELD") {
            // Whoever speaks about a task works on it.
            tasks::advance(transaction, task.id, "STARTED", None, now)?;
        }
        Ok(News::Event { task: tasks::get(transaction, task.organisation_id, task.id)?, event })
    }

    /// Tells what has been committed.
    pub(super) fn tell(&self, news: News) {
        match &news {
            News::Task { task, event } => {
                self.changes.tell(Change::Task { organisation_id: task.organisation_id, id: task.id, event: *event });
            }
            News::Event { task, event } => {
                let organisation_id = task.organisation_id;
                self.changes.tell(Change::TaskEvent { organisation_id, task: task.id, id: event.id });
                self.changes.tell(Change::Task { organisation_id, id: task.id, event: Event::Updated });
            }
            News::Agent { agent, event } => {
                let organisation_id = agent.organisation_id;
                self.changes.tell(Change::Agent { organisation_id, id: agent.id, event: *event });
            }
            News::Implementation { organisation_id, agent_id, .. } => {
                let organisation_id = *organisation_id;
                self.changes.tell(Change::Agent { organisation_id, id: *agent_id, event: Event::Updated });
            }
            News::Action { .. } => (),
        }
        self.feed.tell(news);
    }

    pub(super) fn tell_all(&self, news: impl IntoIterator<Item = News>) {
        for one in news {
            self.tell(one);
        }
    }

    /// Settles the open tasks of a lost agent, inside a transaction.
    pub(super) fn settle(
        &self,
        transaction: &rusqlite::Transaction<'_>,
        agent: &AgentRow,
        cause: Cause,
    ) -> Result<Vec<News>> {
        let mut news = Vec::new();
        for (task, fate) in settle::fates(transaction, agent.id, cause)? {
            news.push(self.write_event(transaction, &task, Said::because(fate.kind(), fate.message()))?);
            if fate == settle::Fate::Queued {
                let frame = frames::assign(transaction, &task)?;
                outbox::push(transaction, agent.id, Some(task.id), "ASSIGN", &frame)?;
            }
        }
        Ok(news)
    }

    /// Settles agents whose grace is over, and forgets what is old. Run it every now and then.
    pub async fn tidy(&self) -> Result<()> {
        let rekuest = self.clone();
        let grace = clock::millis(self.times.grace);
        let life = clock::millis(self.ephemeral_life);
        let overdue = self.store.read(move |connection| agents::overdue(connection, clock::now() - grace)).await?;
        for agent in overdue {
            let rekuest = rekuest.clone();
            let news = self
                .store
                .write({
                    let rekuest = rekuest.clone();
                    move |transaction| {
                        let agent = agents::get(transaction, agent.organisation_id, agent.id)?;
                        if agent.connected {
                            return Ok(Vec::new());
                        }
                        agents::settled(transaction, agent.id)?;
                        rekuest.settle(transaction, &agent, Cause::Gone)
                    }
                })
                .await?;
            rekuest.tell_all(news);
        }
        let gone =
            self.store.write(move |transaction| tasks::forget(transaction, clock::now() - life, KEPT_TASKS)).await?;
        for (organisation_id, id) in gone {
            self.changes.tell(Change::Task { organisation_id, id, event: Event::Deleted });
        }
        Ok(())
    }
}
