//! Where a verb that only looks has its lists from: the server, or with `--offline` what was kept of it. What the server
//! tells is kept as the terminal program keeps it: for `--offline`, for names at Tab, and for the next first frame.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{lists, page};
use crate::access;
use crate::cache::{Cache, Kept};
use crate::cli::context::Context;
use crate::cli::output::Answer;
use crate::domain::{About, App, Engine, Failure, FailureKind, Moment, Node, Pod, Release, Repository, Task};
use crate::services::{NEWEST_TASKS, Store};

/// Whole lists, in the order in which they are shown.
pub enum Source<'a> {
    /// As the server tells them, and where they are kept.
    Live(Box<Store>, Cache),
    /// As they were kept.
    Kept(&'a Context<'a>, Cache, Mutex<Option<Moment>>),
}

impl<'a> Source<'a> {
    /// The source that is meant.
    ///
    /// # Errors
    /// When there is no such server, or it does not let us in.
    pub async fn of(context: &'a Context<'a>) -> Result<Self, Failure> {
        if context.common.offline {
            return Ok(Self::Kept(context, context.kept()?.0, Mutex::default()));
        }
        Ok(Self::Live(Box::new(context.store().await?), context.kept()?.0))
    }

    /// A whole list: asked of the server and kept, or as it was kept. That the disk takes nothing is no reason not to print it.
    async fn whole<T: Serialize + DeserializeOwned>(
        &self,
        list: &str,
        asked: impl AsyncFnOnce(&Store) -> Result<Vec<T>, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let Self::Live(store, cache) = self else { return self.read(list) };
        let rows = asked(store).await?;
        keep(cache, list, &rows);
        Ok(rows)
    }

    fn read<T: DeserializeOwned>(&self, list: &str) -> Result<Vec<T>, Failure> {
        let Self::Kept(context, cache, oldest) = self else { return Ok(Vec::new()) };
        let Some(Kept { value, at }) = cache.read(list) else {
            let name = &context.chosen()?.name;
            let why = format!("nothing of them was kept for {name}, and --offline asks nobody");
            return Err(Failure::new(format!("Could not list the {list}"), why)
                .kind(FailureKind::Network)
                .hint("What kab sees is kept: ask once without --offline."));
        };
        let mut oldest = oldest.lock().unwrap_or_else(PoisonError::into_inner);
        *oldest = Some(oldest.map_or(at, |known| known.min(at)));
        Ok(value)
    }

    /// We as services know us, for `by:me`; empty where nobody says.
    pub async fn me(&self) -> String {
        match self {
            Self::Live(store, cache) => {
                let me = access::subject(store.session()).await;
                cache.write_me(&me, page::now());
                me
            }
            Self::Kept(_, cache, _) => cache.read_me(),
        }
    }

    /// Apps, by name.
    pub async fn apps(&self) -> Result<Vec<App>, Failure> {
        Ok(lists::sorted_apps(self.whole("apps", lists::apps).await?))
    }

    /// Nodes, by name.
    pub async fn nodes(&self) -> Result<Vec<Node>, Failure> {
        Ok(lists::sorted_nodes(self.whole("nodes", lists::nodes).await?))
    }

    /// Engines, by name.
    pub async fn engines(&self) -> Result<Vec<Engine>, Failure> {
        Ok(lists::sorted_engines(self.whole("engines", lists::engines).await?))
    }

    /// Pods, newest first.
    pub async fn pods(&self) -> Result<Vec<Pod>, Failure> {
        self.whole("pods", lists::pods).await
    }

    /// Repositories, in the server's order.
    pub async fn repositories(&self) -> Result<Vec<Repository>, Failure> {
        self.whole("repositories", lists::repositories).await
    }

    /// What the authors of a release say of it; nothing of that is kept.
    pub async fn about(&self, release: &Release) -> Result<About, Failure> {
        match self {
            Self::Live(store, _) => store
                .about(&release.id, release.repository())
                .await
                .map_err(|error| error.failure("Could not ask what is said of it")),
            Self::Kept(..) => Ok(About::default()),
        }
    }

    /// Tasks, newest first.
    pub async fn tasks(&self, limit: usize) -> Result<Vec<Task>, Failure> {
        let mut tasks: Vec<Task> = match self {
            Self::Live(store, cache) => {
                let tasks = store.tasks(limit).await.map_err(|error| error.failure("Could not list the tasks"))?;
                if limit >= NEWEST_TASKS {
                    let is_kept = |(at, task): &(usize, &Task)| *at < NEWEST_TASKS || !task.state.is_done();
                    let kept: Vec<&Task> = tasks.iter().enumerate().filter(is_kept).map(|(_, task)| task).collect();
                    keep(cache, "tasks", &kept);
                }
                tasks
            }
            Self::Kept(..) => self.read("tasks")?,
        };
        tasks.truncate(limit);
        Ok(tasks)
    }

    /// The answer, with its age where it is not from now, and what the server could not tell.
    pub fn answered(&self, context: &Context<'_>, answer: Answer) -> Answer {
        let Self::Kept(_, _, oldest) = self else {
            self.note_left_out(context);
            return answer;
        };
        let Some(at) = *oldest.lock().unwrap_or_else(PoisonError::into_inner) else { return answer };
        let now = page::now();
        context.printer.note(&format!("As it was {}: with --offline nobody is asked.", page::ago(Some(at), now)));
        Answer { age: Some(at.seconds_until(now)), ..answer }
    }

    fn note_left_out(&self, context: &Context<'_>) {
        let Self::Live(store, _) = self else { return };
        for list in ["apps", "nodes", "engines", "pods", "repositories", "tasks"] {
            let count = store.left_out(list);
            if count > 0 {
                context.printer.note(&format!("{count} of the {list} are left out: the server cannot tell them."));
            }
        }
    }
}

fn keep<T: Serialize>(cache: &Cache, list: &str, rows: &[T]) {
    if let Err(error) = cache.write(list, &rows, page::now()) {
        tracing::warn!("the {list} cannot be kept: {error}");
    }
}
