//! Who may ask a service now: a few questions at once, and of those that no first screen waits for only so many that
//! the others always find a turn. What a person has asked for at this moment waits for nobody.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::document::changes_something;

/// Questions that a service is asked at the same time. One long list holds up everybody on servers of the first
/// generation; what is asked for by hand does not wait for its turn.
const AT_ONCE: usize = 6;

/// Of them, those that nobody waits for: the pages of the nodes, and the repositories. What is left is enough for all
/// that a first screen shows (two pages of apps, the engines, the pods), so that it is there after one round trip.
const ASIDE: usize = 2;

/// The operations that nobody waits for.
const NOT_WAITED_FOR: [&str; 4] = ["Definitions", "DefinitionsWithKind", "Repositories", "RepositoriesInFull"];

/// The operations that answer a key: a task's page, who approved, what an engine offers, a pod's log, and what has to be
/// known before work is given. They are few and small, as there is one person at the keys.
const BY_HAND: [&str; 6] = ["TaskEvents", "ReleaseApprovals", "Offers", "PodLog", "Implementations", "FlavourRelease"];

/// The turns of one service.
#[derive(Debug, Clone)]
pub(super) struct Turns {
    all: Arc<Semaphore>,
    aside: Arc<Semaphore>,
}

/// A turn, given back when it is dropped.
#[derive(Debug, Default)]
pub(super) struct Turn {
    _all: Option<OwnedSemaphorePermit>,
    _aside: Option<OwnedSemaphorePermit>,
}

impl Default for Turns {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(AT_ONCE)), aside: Arc::new(Semaphore::new(ASIDE)) }
    }
}

impl Turns {
    /// Waits until that may be asked.
    pub(super) async fn take(&self, body: &Value) -> Turn {
        let operation = body.get("operationName").and_then(Value::as_str);
        if changes_something(body) || operation.is_some_and(|name| BY_HAND.contains(&name)) {
            return Turn::default();
        }
        let is_aside = operation.is_some_and(|name| NOT_WAITED_FOR.contains(&name));
        // The narrow gate first: whoever waits there holds nothing that others need. Neither is ever closed.
        let aside = if is_aside { self.aside.clone().acquire_owned().await.ok() } else { None };
        Turn { _all: self.all.clone().acquire_owned().await.ok(), _aside: aside }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use serde_json::json;

    use super::*;

    fn asks(turns: &Turns, operation: &str) -> Option<Turn> {
        turns.take(&json!({"operationName": operation, "query": format!("query {operation} {{ x }}")})).now_or_never()
    }

    #[test]
    fn what_a_first_screen_waits_for_has_a_turn_whatever_came_before() {
        let turns = Turns::default();
        let aside: Vec<_> = NOT_WAITED_FOR.iter().filter_map(|name| asks(&turns, name)).collect();
        assert_eq!(aside.len(), ASIDE);
        let first = ["ReleasesInFull", "ReleasesInFull", "BackendsInFull", "PodsInFull"];
        let first: Vec<_> = first.iter().filter_map(|name| asks(&turns, name)).collect();
        assert_eq!(first.len(), 4);
        assert!(asks(&turns, "ReleasesInFull").is_none(), "there is a limit");
        drop(first);
        assert!(asks(&turns, "ReleasesInFull").is_some());
        assert!(asks(&turns, "Definitions").is_none());
        drop(aside);
        assert!(asks(&turns, "Definitions").is_some());
    }

    #[test]
    fn what_a_person_asks_for_does_not_wait_behind_lists() {
        let turns = Turns::default();
        let lists: Vec<_> = (0..AT_ONCE + 4).filter_map(|_| asks(&turns, "ReleasesInFull")).collect();
        assert_eq!(lists.len(), AT_ONCE);
        for name in BY_HAND {
            assert!(asks(&turns, name).is_some(), "{name}");
        }
        assert!(asks(&turns, "Tasks").is_none(), "a list is in turn");
    }

    #[test]
    fn what_changes_something_never_waits() {
        let turns = Turns::default();
        let taken: Vec<_> = (0..AT_ONCE).filter_map(|_| asks(&turns, "Pods")).collect();
        assert_eq!(taken.len(), AT_ONCE);
        assert!(turns.take(&json!({"query": "mutation { stop }"})).now_or_never().is_some());
    }
}
