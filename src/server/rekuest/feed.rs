//! News of Rekuest with everything that a subscriber gets to see, so that nobody has to read the store for them.

use std::sync::Arc;

use tokio::sync::broadcast;

use super::super::changes::Event;
use super::super::store::rekuest::agents::AgentRow;
use super::super::store::rekuest::tasks::{EventRow, TaskRow};

/// News that a slow subscriber may lag behind before it is cut off.
const CAPACITY: usize = 2048;

/// What happened.
#[derive(Debug, Clone)]
pub enum News {
    /// A task is new, or stands elsewhere.
    Task {
        /// The task as it is now.
        task: TaskRow,
        /// What happened to it.
        event: Event,
    },
    /// Something was said about a task.
    Event {
        /// The task as it is now.
        task: TaskRow,
        /// What was said.
        event: EventRow,
    },
    /// An agent is new, gone or different.
    Agent {
        /// The agent as it is now, or was.
        agent: Box<AgentRow>,
        /// What happened to it.
        event: Event,
    },
    /// An implementation is new, gone or different.
    Implementation {
        /// Whose.
        organisation_id: i64,
        /// The agent's row.
        agent_id: i64,
        /// The implementation's row.
        id: i64,
        /// What happened to it.
        event: Event,
    },
    /// An action is new.
    Action {
        /// Whose.
        organisation_id: i64,
        /// The action's row.
        id: i64,
    },
}

impl News {
    /// Whom it concerns.
    pub fn organisation_id(&self) -> i64 {
        match self {
            Self::Task { task, .. } | Self::Event { task, .. } => task.organisation_id,
            Self::Agent { agent, .. } => agent.organisation_id,
            Self::Implementation { organisation_id, .. } | Self::Action { organisation_id, .. } => *organisation_id,
        }
    }
}

/// The feed; all clones are the same one.
#[derive(Debug, Clone)]
pub struct Feed(broadcast::Sender<Arc<News>>);

impl Default for Feed {
    fn default() -> Self {
        Self(broadcast::Sender::new(CAPACITY))
    }
}

impl Feed {
    /// Tells everybody who listens.
    pub fn tell(&self, news: News) {
        // Nobody listening is the normal case.
        self.0.send(Arc::new(news)).ok();
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<Arc<News>> {
        self.0.subscribe()
    }
}
