//! Rows that belong to rows, read for many at once.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Result};

use super::Kabinet;
use crate::server::store::kabinet::criteria::Selection;
use crate::server::store::kabinet::rows::{Entity, LogDump};
use crate::server::store::kabinet::select::{self, Relation};
use crate::server::store::{Error, Store};

/// Reads rows in batches.
pub struct Rows {
    store: Store,
    /// How many batches were read.
    batches: AtomicU64,
}

impl Rows {
    async fn read<T, F>(&self, query: F) -> Result<T, Arc<Error>>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Connection) -> crate::server::store::Result<T> + Send + 'static,
    {
        self.batches.fetch_add(1, Ordering::Relaxed);
        Ok(self.store.read(query).await?)
    }
}

/// A row by its id.
#[derive(Debug)]
pub struct ById<E>(pub i64, PhantomData<fn() -> E>);

/// The children of a row.
#[derive(Debug)]
pub struct Children<E> {
    relation: Relation,
    parent: i64,
    selection: Arc<Selection>,
    kind: PhantomData<fn() -> E>,
}

/// The newest log dump of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LatestDump(pub i64);

/// The text of a log dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DumpText(pub i64);

// The derived ones would demand the same of the entity.
impl<E> Clone for ById<E> {
    fn clone(&self) -> Self {
        Self(self.0, PhantomData)
    }
}

impl<E> PartialEq for ById<E> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<E> Eq for ById<E> {}

impl<E> Hash for ById<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<E> Clone for Children<E> {
    fn clone(&self) -> Self {
        let selection = Arc::clone(&self.selection);
        Self { relation: self.relation, parent: self.parent, selection, kind: PhantomData }
    }
}

impl<E> PartialEq for Children<E> {
    fn eq(&self, other: &Self) -> bool {
        self.relation == other.relation && self.parent == other.parent && self.selection == other.selection
    }
}

impl<E> Eq for Children<E> {}

impl<E> Hash for Children<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.relation, self.parent, &self.selection).hash(state);
    }
}

impl<E: Entity> Loader<ById<E>> for Rows {
    type Value = E;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[ById<E>]) -> Result<HashMap<ById<E>, E>, Arc<Error>> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self.read(move |connection| select::by_ids::<E>(connection, &ids)).await?;
        Ok(rows.into_iter().map(|(id, row)| (ById(id, PhantomData), row)).collect())
    }
}

impl<E: Entity> Loader<Children<E>> for Rows {
    type Value = Vec<E>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[Children<E>]) -> Result<HashMap<Children<E>, Vec<E>>, Arc<Error>> {
        // One statement for all parents that are asked the same.
        let mut questions: HashMap<(Relation, Arc<Selection>), Vec<i64>> = HashMap::new();
        for key in keys {
            questions.entry((key.relation, Arc::clone(&key.selection))).or_default().push(key.parent);
        }
        let answers = self
            .read(move |connection| {
                let mut answers = Vec::with_capacity(questions.len());
                for ((relation, selection), parents) in questions {
                    let children = select::children::<E>(connection, relation, &parents, &selection)?;
                    answers.push((relation, selection, children));
                }
                Ok(answers)
            })
            .await?;
        let found = answers.into_iter().flat_map(|(relation, selection, children)| {
            children.into_iter().map(move |(parent, rows)| {
                (Children { relation, parent, selection: Arc::clone(&selection), kind: PhantomData }, rows)
            })
        });
        Ok(found.collect())
    }
}

impl Loader<LatestDump> for Rows {
    type Value = LogDump;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[LatestDump]) -> Result<HashMap<LatestDump, LogDump>, Arc<Error>> {
        let pods: Vec<_> = keys.iter().map(|key| key.0).collect();
        let dumps = self.read(move |connection| select::latest_dumps(connection, &pods)).await?;
        Ok(dumps.into_iter().map(|(pod, dump)| (LatestDump(pod), dump)).collect())
    }
}

impl Loader<DumpText> for Rows {
    type Value = String;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[DumpText]) -> Result<HashMap<DumpText, String>, Arc<Error>> {
        let dumps: Vec<_> = keys.iter().map(|key| key.0).collect();
        let texts = self.read(move |connection| select::dump_texts(connection, &dumps)).await?;
        Ok(texts.into_iter().map(|(dump, text)| (DumpText(dump), text)).collect())
    }
}

/// Rounds of a millisecond after which a batch is read although more is being asked.
const MOST_ROUNDS: u32 = 12;
/// Keys of a batch at most; more are read in several.
const LARGEST_BATCH: usize = 10_000;

/// The batches of this server.
pub struct Batches {
    loader: DataLoader<Rows>,
    asked: Arc<AtomicU64>,
}

impl Batches {
    /// Batches over a store.
    pub fn new(store: Store) -> Self {
        let asked = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&asked);
        let rows = Rows { store, batches: AtomicU64::new(0) };
        let loader = DataLoader::new(rows, move |batch| {
            let asked = Arc::clone(&counter);
            tokio::spawn(async move {
                settle(&asked).await;
                batch.await;
            })
        });
        Self { loader: loader.delay(Duration::ZERO).max_batch_size(LARGEST_BATCH), asked }
    }

    /// What belongs to a key; `None` when nothing does.
    pub async fn load<K>(&self, key: K) -> Result<Option<<Rows as Loader<K>>::Value>>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Rows: Loader<K, Error = Arc<Error>>,
    {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(self.loader.load_one(key).await?)
    }
}

/// Waits until nothing more is asked: a long list is worked through in several turns, and a fixed time would cut its
/// questions into many batches on a slow machine.
async fn settle(asked: &AtomicU64) {
    for _ in 0..MOST_ROUNDS {
        let before = asked.load(Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(1)).await;
        if asked.load(Ordering::Relaxed) == before {
            return;
        }
    }
}

/// A row that another row of the organisation refers to.
pub async fn row<E: Entity>(context: &Context<'_>, id: i64) -> Result<E> {
    let found = context.data::<Kabinet>()?.batches.load(ById::<E>(id, PhantomData)).await?;
    Ok(found.ok_or(Error::Missing(E::NAME))?)
}

/// The children of a row of the organisation.
pub async fn children<E: Entity>(
    context: &Context<'_>,
    relation: Relation,
    parent: i64,
    selection: Selection,
) -> Result<Vec<E>> {
    let key = Children::<E> { relation, parent, selection: Arc::new(selection), kind: PhantomData };
    Ok(context.data::<Kabinet>()?.batches.load(key).await?.unwrap_or_default())
}

/// How many batches a server has read.
#[cfg(test)]
pub fn batches(schema: &super::Schema) -> u64 {
    let kabinet = schema.data::<Kabinet>().unwrap();
    kabinet.batches.loader.loader().batches.load(Ordering::Relaxed)
}
