//! What was found out about containers: asking about each of hundreds, every few seconds, would cost the engine and this
//! program more than all the rest. What is known holds while the list says the same of a container, no event came for
//! it, and it is not too old. Without a stream of events nothing is taken from here.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bollard::models::ContainerSummary;

use super::super::{Container, ContainerPhase};

/// A missed event is made good after this time.
const OLD: Duration = Duration::from_mins(5);

/// A container as the engine lists it.
#[derive(Debug, Clone)]
pub struct Listed {
    pub id: String,
    pub labels: BTreeMap<String, String>,
    /// All that the list says of its state, but for times.
    word: String,
}

impl Listed {
    /// `None`: the engine does not say which container it is.
    pub fn of(summary: ContainerSummary) -> Option<Self> {
        let status = summary.status.unwrap_or_default();
        // `Exited (137) 5 minutes ago`, `Restarting (1) 2 seconds ago`; `Up 3 hours (healthy)` says nothing more.
        let code = status.split_once('(').filter(|(head, _)| !head.starts_with("Up"));
        let code = code.and_then(|(_, rest)| rest.split_once(')')).map(|(code, _)| code.to_owned());
        let state = summary.state.map(|state| state.to_string()).unwrap_or_default();
        Some(Self {
            id: summary.id?,
            labels: summary.labels.unwrap_or_default().into_iter().collect(),
            word: format!("{state} {}", code.unwrap_or_default()),
        })
    }
}

/// What is known; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Known(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    containers: BTreeMap<String, Entry>,
    listeners: usize,
}

#[derive(Debug)]
struct Entry {
    word: String,
    container: Container,
    since: Instant,
}

/// Hears the engine's events as long as it lives.
pub struct Listening(Known);

impl Known {
    /// What is known of a container that is listed like that.
    pub fn get(&self, listed: &Listed, now: Instant) -> Option<Container> {
        let inside = self.lock();
        let entry = inside.containers.get(&listed.id).filter(|_| inside.listeners > 0)?;
        let holds = entry.word == listed.word && now < entry.since + OLD;
        holds.then(|| entry.container.clone())
    }

    /// Something was found out. What is on its way to something else is not kept.
    pub fn put(&self, listed: &Listed, container: &Container, now: Instant) {
        if !matches!(container.state.phase, ContainerPhase::Running | ContainerPhase::Exited { .. }) {
            return;
        }
        let entry = Entry { word: listed.word.clone(), container: container.clone(), since: now };
        self.lock().containers.insert(listed.id.clone(), entry);
    }

    /// The others are gone.
    pub fn keep_only(&self, listed: &[Listed]) {
        let mut inside = self.lock();
        if inside.containers.len() > listed.len() {
            inside.containers.retain(|id, _| listed.iter().any(|listed| listed.id == *id));
        }
    }

    /// Events are heard from now on; what happened before is not known.
    pub fn listen(&self) -> Listening {
        let mut inside = self.lock();
        inside.containers.clear();
        inside.listeners += 1;
        drop(inside);
        Listening(self.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listening {
    /// Something happened to that container.
    pub fn forget(&self, id: &str) {
        self.0.lock().containers.remove(id);
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.lock().listeners -= 1;
    }
}

#[cfg(test)]
mod tests {
    use bollard::models::ContainerSummaryStateEnum as State;

    use super::*;
    use crate::engine::driver::{self, Memory};

    fn listed(state: State, status: &str) -> Listed {
        let summary = ContainerSummary {
            id: Some("c".into()),
            state: Some(state),
            status: Some(status.into()),
            ..ContainerSummary::default()
        };
        Listed::of(summary).unwrap()
    }

    fn container(phase: ContainerPhase) -> Container {
        let state = driver::State { phase, restarts: 0, last_code: None, error: None };
        Container { id: "c".into(), labels: BTreeMap::new(), state }
    }

    #[test]
    fn what_is_known_holds_while_the_list_says_the_same_and_no_event_came() {
        let (known, start) = (Known::default(), Instant::now());
        let up = listed(State::RUNNING, "Up 3 hours (healthy)");
        known.put(&up, &container(ContainerPhase::Running), start);
        assert_eq!(known.get(&up, start), None, "nobody hears events");
        let listening = known.listen();
        assert_eq!(known.get(&up, start), None, "what happened before is not known");
        known.put(&up, &container(ContainerPhase::Running), start);
        assert!(known.get(&listed(State::RUNNING, "Up 4 hours (unhealthy)"), start).is_some());
        assert!(known.get(&listed(State::EXITED, "Exited (1) 1 second ago"), start).is_none());
        assert!(known.get(&up, start + OLD).is_none());
        listening.forget("c");
        assert!(known.get(&up, start).is_none());

        let exited = ContainerPhase::Exited { code: 1, memory: Memory::NotTold };
        known.put(&listed(State::EXITED, "Exited (1) 1 second ago"), &container(exited), start);
        assert!(known.get(&listed(State::EXITED, "Exited (1) 2 days ago"), start).is_some());
        assert!(known.get(&listed(State::EXITED, "Exited (137) 2 days ago"), start).is_none());
        known.put(&up, &container(ContainerPhase::Restarting), start);
        assert!(known.get(&up, start).is_none(), "it is on its way to something else");
        known.keep_only(&[]);
        drop(listening);
        assert_eq!(known.lock().listeners, 0);
        assert!(known.lock().containers.is_empty());
    }
}
