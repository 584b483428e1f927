//! Whether anybody uses the server, so that one that was started in passing can end itself.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::identity::Identity;

/// What goes on in the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// Open sockets of clients and agents, without those of the built-in engine.
    pub connections: usize,
    /// Connected agents other than the built-in engine.
    pub agents: i64,
    /// Tasks that run; a live follow of a log is one.
    pub tasks: i64,
    /// Pods that run.
    pub pods: i64,
    /// Since the last request of anybody but the built-in engine, or since the start.
    pub quiet: Duration,
}

impl Activity {
    /// Whether something goes on that must not be cut off. How long it must be quiet is the caller's to say.
    pub fn is_in_use(&self) -> bool {
        self.connections > 0 || self.agents > 0 || self.tasks > 0 || self.pods > 0
    }
}

#[derive(Debug)]
struct Seen {
    built_in: HashSet<i64>,
    connections: usize,
    last: Instant,
}

/// Counts connections and requests; all clones count together.
#[derive(Debug, Clone)]
pub struct Usage(Arc<Mutex<Seen>>);

impl Default for Usage {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Seen { built_in: HashSet::new(), connections: 0, last: Instant::now() })))
    }
}

impl Usage {
    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What this client does counts for nothing: it belongs to the server.
    pub fn set_built_in(&self, client_row: i64) {
        self.seen().built_in.insert(client_row);
    }

    /// Clients that belong to the server.
    pub fn built_in(&self) -> Vec<i64> {
        self.seen().built_in.iter().copied().collect()
    }

    /// Somebody asked something.
    pub fn request(&self, identity: &Identity) {
        let mut seen = self.seen();
        if !seen.built_in.contains(&identity.client_row) {
            seen.last = Instant::now();
        }
    }

    /// Somebody opened a socket; it counts until the guard is dropped.
    pub fn connect(&self, identity: &Identity) -> Guard {
        let mut seen = self.seen();
        if seen.built_in.contains(&identity.client_row) {
            return Guard(None);
        }
        seen.connections += 1;
        seen.last = Instant::now();
        Guard(Some(self.clone()))
    }

    /// Open sockets, and how long it has been quiet.
    pub fn now(&self) -> (usize, Duration) {
        let seen = self.seen();
        (seen.connections, seen.last.elapsed())
    }
}

/// One open socket.
#[derive(Debug)]
pub struct Guard(Option<Usage>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(usage) = &self.0 {
            let mut seen = usage.seen();
            seen.connections -= 1;
            seen.last = Instant::now();
        }
    }
}
