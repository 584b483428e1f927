//! Keeps the lists that arrive, and reads them when the program starts.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Serialize, de::DeserializeOwned};

use crate::cache::{Cache, Kept};
use crate::domain::Moment;
use crate::tui::effect::List;
use crate::tui::message::{Cached, Message, Session};

/// A list that changes often is written at most this often.
const PAUSE: Duration = Duration::from_secs(10);

/// Keeps lists of one context.
pub(super) struct Keeper {
    cache: Option<Cache>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    written: HashMap<List, Instant>,
    /// Whether it was said that the disk takes nothing: once is enough.
    is_said: bool,
}

impl Keeper {
    /// A keeper; without a cache it keeps nothing.
    pub fn new(cache: Option<Cache>) -> Self {
        Self { cache, state: Mutex::default() }
    }

    /// Keeps the list of a message. Returns something to say when that does not work for the first time.
    pub fn keep(&self, message: &Message) -> Option<Message> {
        match message {
            Message::Apps(Ok(apps)) => self.write(List::Apps, apps),
            Message::Nodes(Ok(nodes)) => self.write(List::Nodes, nodes),
            Message::Engines(Ok(engines)) => self.write(List::Engines, engines),
            Message::Pods(Ok(pods)) => self.write(List::Pods, pods),
            Message::Tasks(Ok(tasks)) => self.write(List::Tasks, tasks),
            Message::Repositories(Ok(repositories)) => self.write(List::Repositories, repositories),
            _ => None,
        }
    }

    fn write<T: Serialize>(&self, list: List, rows: &T) -> Option<Message> {
        let cache = self.cache.as_ref()?;
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.written.get(&list).is_some_and(|at| at.elapsed() < PAUSE) {
                return None;
            }
            state.written.insert(list, Instant::now());
        }
        let error = tokio::task::block_in_place(|| cache.write(list.name(), rows, super::run::now())).err()?;
        tracing::warn!("the {} cannot be kept: {error}", list.name());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let first = !std::mem::replace(&mut state.is_said, true);
        first.then(|| Message::Said(format!("Nothing can be kept for the next start: {error}")))
    }
}

/// What was kept; `None` where that is nothing.
pub(super) fn cached(cache: &Cache, session: Session) -> Option<Cached> {
    let mut cached = Cached { session, ..Cached::default() };
    let mut oldest: Option<Moment> = None;
    let mut any = false;
    macro_rules! read {
        ($($field:ident $list:ident),*) => {$(
            cached.$field = value(cache.read(List::$list.name()), &mut oldest);
            any |= cached.$field.is_some();
        )*};
    }
    read!(engines Engines, pods Pods, repositories Repositories, tasks Tasks, apps Apps, nodes Nodes);
    cached.at = oldest;
    any.then_some(cached)
}

fn value<T: DeserializeOwned>(kept: Option<Kept<T>>, oldest: &mut Option<Moment>) -> Option<T> {
    let Kept { value, at } = kept?;
    *oldest = Some(oldest.map_or(at, |known| known.min(at)));
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::fixtures;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_arrived_is_there_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), "lab", "https://lab.example.org");
        assert_eq!(cached(&cache, Session::default()), None);
        let keeper = Keeper::new(Some(cache.clone()));
        for message in [
            Message::Apps(Ok(fixtures::apps())),
            Message::Nodes(Ok(fixtures::nodes())),
            Message::Engines(Ok(fixtures::engines())),
            Message::Pods(Ok(fixtures::pods())),
            Message::Tasks(Ok(fixtures::tasks())),
            Message::Repositories(Ok(fixtures::repositories())),
        ] {
            assert_eq!(keeper.keep(&message), None);
        }
        let kept = cached(&cache, Session::default()).unwrap();
        assert_eq!(kept.apps, Some(fixtures::apps()));
        assert_eq!(kept.nodes, Some(fixtures::nodes()));
        assert_eq!(kept.engines, Some(fixtures::engines()));
        assert_eq!(kept.pods, Some(fixtures::pods()));
        assert_eq!(kept.tasks, Some(fixtures::tasks()));
        assert_eq!(kept.repositories, Some(fixtures::repositories()));
        assert!(kept.at.is_some());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_full_disk_is_said_once_and_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("contexts"), b"").unwrap();
        let keeper = Keeper::new(Some(Cache::new(folder.path(), "lab", "x")));
        assert!(matches!(keeper.keep(&Message::Pods(Ok(fixtures::pods()))), Some(Message::Said(_))));
        assert_eq!(keeper.keep(&Message::Tasks(Ok(fixtures::tasks()))), None);
    }
}
