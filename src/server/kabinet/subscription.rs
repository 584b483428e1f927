//! What is told without being asked.

use async_graphql::{Context, ID, Result, SimpleObject, Subscription};
use futures_util::Stream;
use futures_util::stream;

use super::filters::number;
use super::scalars::DateTime;
use super::types::Pod;
use super::{Kabinet, now, organisation};
use crate::server::changes::{Change, Event, Heard, Listener};
use crate::server::store::Store;
use crate::server::store::kabinet::{rows, select};

/// The root of all subscriptions.
pub struct Subscription;

/// Something happened to a pod: the event of both generations in one.
#[derive(SimpleObject)]
pub struct PodEvent {
    /// The pod, when it is new.
    create: Option<Pod>,
    /// The pod, when it is another than before.
    update: Option<Pod>,
    /// Its row, when it is gone.
    delete: Option<ID>,
    /// Its row.
    id: String,
    /// Its status; `DELETED` when it is gone.
    status: String,
    /// Whether it is new to the listener.
    created: bool,
    /// Always null: how far an install is, its task tells.
    progress: Option<i32>,
}

/// The catalogue is another than before.
#[derive(SimpleObject)]
pub struct CatalogueEvent {
    /// When that was noticed.
    at: DateTime,
}

#[Subscription]
impl Subscription {
    /// Every change of every pod.
    async fn pods(&self, context: &Context<'_>) -> Result<impl Stream<Item = PodEvent> + use<>> {
        watch(context, None).await
    }

    /// One pod: first as it is, then every change. Ends when it is deleted.
    async fn pod(&self, context: &Context<'_>, pod_id: ID) -> Result<impl Stream<Item = PodEvent> + use<>> {
        watch(context, Some(number(&pod_id)?)).await
    }

    /// Every change of repositories, apps, releases, flavours and definitions; a scan brings one at most.
    #[expect(clippy::unused_async, reason = "subscriptions have to be")]
    async fn catalogue(&self, context: &Context<'_>) -> Result<impl Stream<Item = CatalogueEvent> + use<>> {
        let organisation = organisation(context)?;
        let listener = context.data::<Kabinet>()?.changes.listen();
        Ok(stream::unfold(listener, move |mut listener| async move {
            loop {
                match listener.next().await? {
                    Heard::Change(Change::Catalogue { organisation_id }) if organisation_id == organisation => {}
                    Heard::Missed(_) => {}
                    Heard::Change(_) => continue,
                }
                return Some((CatalogueEvent { at: DateTime(now()) }, listener));
            }
        }))
    }
}

/// What a watcher of pods remembers.
struct Watch {
    store: Store,
    listener: Listener,
    organisation: i64,
    only: Option<i64>,
    waiting: std::collections::VecDeque<PodEvent>,
    ended: Ended,
}

#[derive(PartialEq, Eq)]
enum Ended {
    No,
    Yes,
}

async fn watch(context: &Context<'_>, only: Option<i64>) -> Result<impl Stream<Item = PodEvent> + use<>> {
    let organisation = organisation(context)?;
    let kabinet = context.data::<Kabinet>()?;
    // Listening before reading: nothing falls between the two.
    let listener = kabinet.changes.listen();
    let store = kabinet.store.clone();
    let mut waiting = std::collections::VecDeque::new();
    if let Some(id) = only {
        let row: rows::Pod = store.read(move |connection| select::one(connection, organisation, id)).await?;
        waiting.push_back(PodEvent { created: true, ..event(Event::Updated, row) });
    }
    let watch = Watch { store, listener, organisation, only, waiting, ended: Ended::No };
    Ok(stream::unfold(watch, |mut watch| async move {
        loop {
            if let Some(event) = watch.waiting.pop_front() {
                return Some((event, watch));
            }
            if watch.ended == Ended::Yes {
                return None;
            }
            let heard = watch.listener.next().await?;
            watch.take(heard).await;
        }
    }))
}

impl Watch {
    async fn take(&mut self, heard: Heard) {
        let organisation = self.organisation;
        match heard {
            Heard::Change(Change::Pod { organisation_id, id, event: kind })
                if organisation_id == organisation && self.only.is_none_or(|only| only == id) =>
            {
                if kind == Event::Deleted {
                    self.gone(id);
                    return;
                }
                let row = self.store.read(move |connection| select::one(connection, organisation, id)).await;
                // One that is gone by now brings its own event.
                self.waiting.extend(row.ok().map(|row| event(kind, row)));
            }
            Heard::Change(_) => {}
            Heard::Missed(missed) => {
                tracing::warn!(missed, "a watcher of pods is too slow; it gets all of them");
                let all = self
                    .store
                    .read(move |connection| select::list::<rows::Pod>(connection, organisation, &select::everything()))
                    .await
                    .unwrap_or_default();
                let known = |row: &rows::Pod| self.only.is_none_or(|only| only == row.id);
                let events: Vec<_> = all.into_iter().filter(known).map(|row| event(Event::Updated, row)).collect();
                match self.only {
                    Some(id) if events.is_empty() => self.gone(id),
                    _ => self.waiting.extend(events),
                }
            }
        }
    }

    fn gone(&mut self, id: i64) {
        self.waiting.push_back(PodEvent {
            create: None,
            update: None,
            delete: Some(id.into()),
            id: id.to_string(),
            status: "DELETED".into(),
            created: false,
            progress: None,
        });
        if self.only.is_some() {
            self.ended = Ended::Yes;
        }
    }
}

fn event(kind: Event, row: rows::Pod) -> PodEvent {
    let (id, status) = (row.id.to_string(), row.status.clone());
    let created = kind == Event::Created;
    let (create, update) = if created { (Some(Pod(row)), None) } else { (None, Some(Pod(row))) };
    PodEvent { create, update, delete: None, id, status, created, progress: None }
}
