//! Which agents are connected now, and how to reach their sockets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, mpsc};

/// Orders that may wait for one socket.
const WAITING: usize = 16;

/// What a socket is told to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Another connection took over.
    Leave,
    /// The agent is locked out.
    Block {
        /// For the agent's log.
        reason: Option<String>,
    },
    /// The agent is asked to go.
    Kick {
        /// For the agent's log.
        reason: Option<String>,
    },
    /// The agent is asked to connect anew.
    Bounce,
    /// Memory that the agent may free.
    Collect {
        /// Ids of the drawers.
        drawers: Vec<String>,
    },
}

/// The socket's end of its place in the hub.
#[derive(Debug)]
pub struct Place {
    /// Fencing number: a later claim of the same agent has a higher one.
    pub number: u64,
    /// Rung when the outbox has something new.
    pub wake: Arc<Notify>,
    /// What to do besides.
    pub orders: mpsc::Receiver<Order>,
}

#[derive(Debug)]
struct Link {
    number: u64,
    session: Option<String>,
    wake: Arc<Notify>,
    orders: mpsc::Sender<Order>,
}

#[derive(Debug, Default)]
struct Links {
    by_agent: HashMap<i64, Link>,
    claims: u64,
}

/// Connected agents of this process.
#[derive(Debug, Default)]
pub struct Hub(Mutex<Links>);

/// Whether a claim may push out whoever is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Only an earlier connection of the same process gives way.
    Polite,
    /// Whoever is there gives way.
    Force,
}

impl Hub {
    fn links(&self) -> MutexGuard<'_, Links> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the place of an agent. `None` when another process holds it.
    pub fn claim(&self, agent_id: i64, session: Option<&str>, claim: Claim) -> Option<Place> {
        let mut links = self.links();
        if let Some(incumbent) = links.by_agent.get(&agent_id) {
            let same = session.is_some() && incumbent.session.as_deref() == session;
            if claim == Claim::Polite && !same {
                return None;
            }
            // A full queue belongs to a socket that is stuck; its heartbeat ends it.
            incumbent.orders.try_send(Order::Leave).ok();
        }
        links.claims += 1;
        let (sender, orders) = mpsc::channel(WAITING);
        let wake = Arc::new(Notify::new());
        let number = links.claims;
        let link = Link { number, session: session.map(str::to_owned), wake: Arc::clone(&wake), orders: sender };
        links.by_agent.insert(agent_id, link);
        Some(Place { number, wake, orders })
    }

    /// Leaves; true when the place was still this connection's own.
    pub fn leave(&self, agent_id: i64, number: u64) -> bool {
        let mut links = self.links();
        let own = links.by_agent.get(&agent_id).is_some_and(|link| link.number == number);
        if own {
            links.by_agent.remove(&agent_id);
        }
        own
    }

    /// Tells an agent's socket that its outbox has something new.
    pub fn wake(&self, agent_id: i64) {
        if let Some(link) = self.links().by_agent.get(&agent_id) {
            link.wake.notify_one();
        }
    }

    /// Orders an agent's socket; false when it is not connected.
    pub fn order(&self, agent_id: i64, order: Order) -> bool {
        self.links().by_agent.get(&agent_id).is_some_and(|link| link.orders.try_send(order).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_process_or_force_takes_a_place_that_is_held() {
        let hub = Hub::default();
        let mut first = hub.claim(1, Some("s"), Claim::Polite).unwrap();
        assert!(hub.claim(1, Some("other"), Claim::Polite).is_none());
        assert!(hub.claim(1, None, Claim::Polite).is_none());
        let mut second = hub.claim(1, Some("s"), Claim::Polite).unwrap();
        assert_eq!(first.orders.try_recv(), Ok(Order::Leave));
        let third = hub.claim(1, Some("other"), Claim::Force).unwrap();
        assert_eq!(second.orders.try_recv(), Ok(Order::Leave));
        assert!(third.number > second.number && second.number > first.number);
        assert!(!hub.leave(1, second.number));
        assert!(hub.leave(1, third.number));
        assert!(!hub.order(1, Order::Bounce));
    }
}
