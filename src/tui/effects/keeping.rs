//! Keeps the lists that arrive, and reads them when the program starts.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};

use super::perform::{Inbox, Outside, Performer};
use crate::cache::{Cache, Kept};
use crate::domain::{Moment, human_bytes};
use crate::tui::app::Habits;
use crate::tui::effect::List;
use crate::tui::log::LogEnd;
use crate::tui::message::{Cached, Message, Session};

/// A list that changes often is written at most this often; its last state always is.
const PAUSE: Duration = Duration::from_secs(2);

/// Keeps lists of one context.
pub(super) struct Keeper {
    cache: Option<Cache>,
    state: Arc<Mutex<State>>,
    inbox: Inbox,
}

#[derive(Default)]
struct State {
    /// What waits to be written.
    waiting: HashMap<List, Box<dyn Write>>,
    /// Lists that somebody will write soon.
    scheduled: HashSet<List>,
    /// How many bytes it was said that there are, as people read it.
    size_said: String,
    /// Whether it was said that the disk takes nothing: once is enough.
    is_said: bool,
}

/// A list on its way to the disk.
trait Write: Send {
    fn write(&self, cache: &Cache, list: List) -> std::io::Result<()>;
}

struct Rows<T> {
    rows: Vec<T>,
    at: Moment,
}

impl<T: Serialize + Send> Write for Rows<T> {
    fn write(&self, cache: &Cache, list: List) -> std::io::Result<()> {
        cache.write(list.name(), &self.rows, self.at)
    }
}

impl Keeper {
    /// A keeper; without a cache it keeps nothing. It says through the inbox when the disk takes nothing.
    pub fn new(cache: Option<Cache>, inbox: Inbox) -> Self {
        Self { cache, state: Arc::default(), inbox }
    }

    /// Keeps the list of a message.
    pub fn keep(&self, message: &Message) {
        match message {
            Message::Apps(Ok(apps)) => self.take(List::Apps, apps),
            Message::Nodes(Ok(nodes)) => self.take(List::Nodes, nodes),
            Message::Engines(Ok(engines)) => self.take(List::Engines, engines),
            Message::Pods(Ok(pods)) => self.take(List::Pods, pods),
            Message::Tasks(Ok(tasks)) => self.take(List::Tasks, tasks),
            Message::Repositories(Ok(repositories)) => self.take(List::Repositories, repositories),
            _ => {}
        }
    }

    fn take<T: Serialize + Clone + Send + 'static>(&self, list: List, rows: &[T]) {
        let Some(cache) = self.cache.clone() else { return };
        let waiting = Rows { rows: rows.to_vec(), at: super::run::now() };
        {
            let mut state = lock(&self.state);
            state.waiting.insert(list, Box::new(waiting));
            if !state.scheduled.insert(list) {
                return;
            }
        }
        let (state, inbox) = (Arc::clone(&self.state), self.inbox.clone());
        tokio::spawn(async move {
            loop {
                let waiting = lock(&state).waiting.remove(&list);
                let Some(waiting) = waiting else {
                    lock(&state).scheduled.remove(&list);
                    return;
                };
                let cache = cache.clone();
                let write = move || waiting.write(&cache, list).map(|()| cache.size());
                match tokio::task::spawn_blocking(write).await {
                    Ok(Ok(size)) => {
                        let text = human_bytes(size);
                        let is_news = std::mem::replace(&mut lock(&state).size_said, text.clone()) != text;
                        if is_news {
                            inbox.try_send(Message::CacheSize(size)).ok();
                        }
                    }
                    Ok(Err(error)) => {
                        tracing::warn!("the {} cannot be kept: {error}", list.name());
                        let first = !std::mem::replace(&mut lock(&state).is_said, true);
                        if first {
                            let text = format!("Nothing can be kept for the next start: {error}");
                            inbox.send(Message::Said(text)).await.ok();
                        }
                    }
                    Err(_) => {}
                }
                tokio::time::sleep(PAUSE).await;
            }
        });
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<O: Outside> Performer<O> {
    /// How much is kept of this context; looks at each file, so that no frame waits for it.
    pub fn cache_size(&self) -> impl FnOnce() -> Vec<Message> + Send + 'static {
        let outside = self.outside().clone();
        move || outside.kept().map(|(cache, _)| Message::CacheSize(cache.size())).into_iter().collect()
    }

    /// Keeps what the program is left at in this context. Writes a file, and waits for it: the program may end next.
    pub fn keep_habits(&self, habits: &Habits) {
        if let Some((cache, _)) = self.outside().kept() {
            keep_habits(&cache, habits);
        }
    }

    /// Keeps the ends of logs. Writes files, and waits for them, as the program may end next.
    pub fn keep_ends(&self, ends: &[LogEnd]) {
        if !ends.is_empty()
            && let Some((cache, _)) = self.outside().kept()
        {
            keep_ends(&cache, ends);
        }
    }
}

/// The name under which habits are kept beside the lists.
const HABITS: &str = crate::cache::OWN;

/// Keeps the ends of logs. A disk that does not take them is no reason to say anything: nobody asked for it.
fn keep_ends(cache: &Cache, ends: &[LogEnd]) {
    for LogEnd { pod, at, lines } in ends {
        if let Err(error) = cache.write_log(pod, lines, *at) {
            tracing::warn!("the log of pod {pod} cannot be kept: {error}");
        }
    }
}

/// Keeps what the program is left at. A disk that does not take it is no reason to stay.
fn keep_habits(cache: &Cache, habits: &Habits) {
    if let Err(error) = cache.write(HABITS, habits, super::run::now()) {
        tracing::warn!("what the program is left at cannot be kept: {error}");
    }
}

/// What the program was left at; what another version kept counts as not there.
pub(super) fn habits(cache: &Cache) -> Option<Habits> {
    let Kept { value: habits, .. } = cache.read::<Habits>(HABITS)?;
    if !habits.is_ours() {
        tracing::info!("what another version was left at is not used");
    }
    habits.is_ours().then_some(habits)
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

    async fn kept(cache: &Cache) -> Cached {
        let whole = |kept: &Cached| {
            let catalogue = kept.apps.is_some() && kept.repositories.is_some() && kept.nodes.is_some();
            catalogue && kept.engines.is_some() && kept.tasks.is_some()
        };
        for _ in 0..2_000 {
            match cached(cache, Session::default()).filter(whole) {
                Some(kept) if kept.pods.as_ref().is_some_and(|pods| pods.len() == fixtures::pods().len()) => {
                    return kept;
                }
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
        panic!("it is not kept in time");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_arrived_last_is_there_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), "lab", "https://lab.example.org");
        assert_eq!(cached(&cache, Session::default()), None);
        let (inbox, _messages) = tokio::sync::mpsc::channel(8);
        let keeper = Keeper::new(Some(cache.clone()), inbox);
        for message in [
            Message::Pods(Ok(Vec::new())),
            Message::Apps(Ok(fixtures::apps())),
            Message::Nodes(Ok(fixtures::nodes())),
            Message::Engines(Ok(fixtures::engines())),
            Message::Tasks(Ok(fixtures::tasks())),
            Message::Repositories(Ok(fixtures::repositories())),
            // Soon after the first one: it counts all the same.
            Message::Pods(Ok(fixtures::pods())),
        ] {
            keeper.keep(&message);
        }
        let kept = kept(&cache).await;
        assert_eq!(kept.apps, Some(fixtures::apps()));
        assert_eq!(kept.nodes, Some(fixtures::nodes()));
        assert_eq!(kept.engines, Some(fixtures::engines()));
        assert_eq!(kept.pods, Some(fixtures::pods()));
        assert_eq!(kept.tasks, Some(fixtures::tasks()));
        assert_eq!(kept.repositories, Some(fixtures::repositories()));
        assert!(kept.at.is_some());
    }

    #[test]
    fn habits_that_are_broken_or_of_another_version_count_as_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), "lab", "https://lab.example.org");
        assert_eq!(habits(&cache), None);
        let (app, _) = crate::tui::app::App::new(crate::tui::theme::Theme::default(), (80, 24), Moment(0));
        keep_habits(&cache, &app.habits());
        assert_eq!(habits(&cache), Some(app.habits()));
        let path = folder.path().join("contexts/lab/habits.json");
        let text = std::fs::read_to_string(&path).unwrap();
        for (whole, broken) in [("\"version\":1", "\"version\":2"), ("\"home\"", "\"attic\""), ("{", "[")] {
            assert!(text.contains(whole), "{text}");
            std::fs::write(&path, text.replacen(whole, broken, 1)).unwrap();
            assert_eq!(habits(&cache), None, "{broken}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_full_disk_is_said_once_and_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("contexts"), b"").unwrap();
        let (inbox, mut messages) = tokio::sync::mpsc::channel(8);
        let keeper = Keeper::new(Some(Cache::new(folder.path(), "lab", "x")), inbox);
        keeper.keep(&Message::Pods(Ok(fixtures::pods())));
        let said = tokio::time::timeout(Duration::from_secs(20), messages.recv()).await.unwrap();
        assert!(matches!(said, Some(Message::Said(_))));
        keeper.keep(&Message::Tasks(Ok(fixtures::tasks())));
        let tried = async {
            while lock(&keeper.state).scheduled.contains(&List::Tasks) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), tried).await.unwrap();
        assert!(messages.try_recv().is_err());
    }
}
