//! What changed in the server, told to whoever listens inside the process.
//!
//! A bus without memory: whoever needs the state reads the store first and listens afterwards. A listener that falls
//! behind is told so ([`Heard::Missed`]) and has to read the store again; writers never wait for listeners.

use tokio::sync::broadcast;

/// Changes that a slow listener may lag behind before it misses some.
const CAPACITY: usize = 4096;

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It is new.
    Created,
    /// It is another than before.
    Updated,
    /// It is gone.
    Deleted,
}

/// One change that has been committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A pod of Kabinet.
    Pod {
        /// Whose.
        organisation_id: i64,
        /// The pod's row.
        id: i64,
        /// What happened.
        event: Event,
    },
    /// A backend or one of its resources.
    Backend {
        /// Whose.
        organisation_id: i64,
        /// The backend's row.
        id: i64,
        /// What happened.
        event: Event,
    },
    /// Repositories, apps, releases, flavours or definitions; a scan brings one for all that it changed.
    Catalogue {
        /// Whose.
        organisation_id: i64,
    },
    /// A task of Rekuest.
    Task {
        /// Whose.
        organisation_id: i64,
        /// The task's row.
        id: i64,
        /// What happened.
        event: Event,
    },
    /// A new event of a task.
    TaskEvent {
        /// Whose.
        organisation_id: i64,
        /// The task's row.
        task: i64,
        /// The event's row.
        id: i64,
    },
    /// An agent of Rekuest: connected, gone, or with other implementations.
    Agent {
        /// Whose.
        organisation_id: i64,
        /// The agent's row.
        id: i64,
        /// What happened.
        event: Event,
    },
}

impl Change {
    /// The organisation that the changed row belongs to.
    pub fn organisation_id(&self) -> i64 {
        match self {
            Self::Pod { organisation_id, .. }
            | Self::Backend { organisation_id, .. }
            | Self::Catalogue { organisation_id }
            | Self::Task { organisation_id, .. }
            | Self::TaskEvent { organisation_id, .. }
            | Self::Agent { organisation_id, .. } => *organisation_id,
        }
    }
}

/// What a listener gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// A change.
    Change(Change),
    /// So many changes were dropped because the listener was too slow: read the store again.
    Missed(u64),
}

/// The bus; cheap to clone, all clones are the same bus.
#[derive(Debug, Clone)]
pub struct Changes(broadcast::Sender<Change>);

impl Changes {
    /// A bus that nobody listens to yet.
    pub fn new() -> Self {
        Self(broadcast::Sender::new(CAPACITY))
    }

    /// Tells a change to everybody who listens now. Call it after the transaction has been committed.
    pub fn tell(&self, change: Change) {
        // Nobody listening is the normal case.
        self.0.send(change).ok();
    }

    /// Listens from now on.
    pub fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }

    /// How many listen now.
    pub fn listeners(&self) -> usize {
        self.0.receiver_count()
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self::new()
    }
}

/// One listener of the bus.
#[derive(Debug)]
pub struct Listener(broadcast::Receiver<Change>);

impl Listener {
    /// Waits for the next change; `None` when the bus is gone.
    pub async fn next(&mut self) -> Option<Heard> {
        match self.0.recv().await {
            Ok(change) => Some(Heard::Change(change)),
            Err(broadcast::error::RecvError::Lagged(missed)) => Some(Heard::Missed(missed)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_who_listens_hears_what_comes_afterwards() {
        let changes = Changes::new();
        changes.tell(Change::Catalogue { organisation_id: 1 });
        let mut first = changes.listen();
        let mut second = changes.listen();
        let pod = Change::Pod { organisation_id: 1, id: 7, event: Event::Created };
        changes.tell(pod);
        assert_eq!(first.next().await, Some(Heard::Change(pod)));
        assert_eq!(second.next().await, Some(Heard::Change(pod)));
    }

    #[tokio::test]
    async fn a_slow_listener_is_told_that_it_missed_something() {
        let changes = Changes::new();
        let mut listener = changes.listen();
        for id in 0..=i64::try_from(CAPACITY).unwrap() {
            changes.tell(Change::Task { organisation_id: 1, id, event: Event::Updated });
        }
        assert_eq!(listener.next().await, Some(Heard::Missed(1)));
        assert!(matches!(listener.next().await, Some(Heard::Change(Change::Task { id: 1, .. }))));
    }
}
