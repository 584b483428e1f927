//! The store: SQLite with one writer, a few readers, and numbered migrations.
//!
//! Everything that is SQL lies in this room, a file per topic. Callers hand in closures that run on a blocking
//! thread; a write runs alone, in a transaction of its own.

pub mod clause;
pub mod codes;
pub mod identity;
pub mod kabinet;
pub mod logins;
mod migrate;
pub mod rekuest;
pub mod tokens;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Readers that may work at once.
const READERS: usize = 4;
/// Writes that may wait; more wait in front of the queue.
const WAITING_WRITES: usize = 64;

/// What can go wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// SQLite refused.
    #[error("the database refused: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A file could not be made or copied.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file was written by a newer program.
    #[error("{path} was written by a newer kab (schema {found}, this program knows {known}); update kab")]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema that this program knows.
        known: u32,
    },
    /// No row of that id in the caller's organisation. The text is upstream's.
    #[error("{0} matching query does not exist.")]
    Missing(&'static str),
    /// The request makes no sense; the text says why.
    #[error("{0}")]
    Refused(String),
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
}

/// Result of a call to the store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle to the store; cheap to clone. The last one closes it.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    writer: mpsc::Sender<Job>,
    readers: Mutex<Vec<Connection>>,
    free: Semaphore,
    journal: String,
}

impl Store {
    /// Opens or makes the file, and brings its schema up to date. An existing file is copied beside itself
    /// before a migration. Blocks.
    pub fn open(path: &Path) -> Result<Self> {
        let mut connection = connect(path)?;
        let journal: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        if journal != "wal" {
            // A network file system refuses WAL: a rollback journal is slower and works.
            tracing::warn!(journal, path = %path.display(), "no write-ahead log here; using a rollback journal");
        }
        migrate::up(&mut connection, path)?;
        let (writer, mut jobs) = mpsc::channel::<Job>(WAITING_WRITES);
        std::thread::Builder::new()
            .name("kab-store-writer".into())
            .spawn(move || {
                while let Some(job) = jobs.blocking_recv() {
                    job(&mut connection);
                }
            })
            .map_err(|source| Error::File { path: path.to_owned(), source })?;
        let readers = Mutex::new(Vec::new());
        let shared = Shared { path: path.to_owned(), writer, readers, free: Semaphore::new(READERS), journal };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// `wal`, or what the file system made of it.
    pub fn journal(&self) -> &str {
        &self.shared.journal
    }

    /// Runs a query on a blocking thread.
    pub async fn read<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        let _place = self.shared.free.acquire().await.map_err(|_| Error::Closed)?;
        tokio::task::spawn_blocking(move || {
            let idle = shared.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match idle {
                Some(connection) => connection,
                None => connect(&shared.path)?,
            };
            let answer = query(&connection);
            shared.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            answer
        })
        .await
        .map_err(|_| Error::Closed)?
    }

    /// Runs a change in a transaction, alone. An error rolls everything back.
    pub async fn write<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    {
        let (answer, arrival) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = transact(connection, change);
            // The caller may have gone away; the change stands all the same.
            answer.send(result).ok();
        });
        self.shared.writer.send(job).await.map_err(|_| Error::Closed)?;
        arrival.await.map_err(|_| Error::Closed)?
    }
}

fn transact<T>(connection: &mut Connection, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let value = change(&transaction)?;
    transaction.commit()?;
    Ok(value)
}

fn connect(path: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failed_change_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("kab.sqlite")).unwrap();
        let result: Result<()> = store
            .write(|transaction| {
                transaction.execute_batch("CREATE TABLE t (x INTEGER) STRICT; INSERT INTO t VALUES (1);")?;
                Err(Error::Refused("no".into()))
            })
            .await;
        assert!(matches!(result, Err(Error::Refused(_))));
        let tables: i64 = store
            .read(|connection| {
                Ok(connection.query_row("SELECT count(*) FROM sqlite_schema WHERE name = 't'", [], |r| r.get(0))?)
            })
            .await
            .unwrap();
        assert_eq!(tables, 0);
    }

    #[tokio::test]
    async fn a_file_of_a_newer_program_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kab.sqlite");
        drop(Store::open(&path).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 9999).unwrap();
        assert!(matches!(Store::open(&path), Err(Error::TooNew { found: 9999, .. })));
    }
}
