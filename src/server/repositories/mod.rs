//! Repositories of apps: where they can lie, how they are fetched, and when they are scanned.
//!
//! What a scan brings in is written by the store; what it changed is told on the bus.

mod fetch;
mod readme;
mod source;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use fetch::FetchError;
pub use source::{Source, SourceError};

use super::changes::{Change, Changes};
use super::clock;
use super::store::kabinet::catalogue::Origin;
use super::store::kabinet::contest;
use super::store::kabinet::readmes::{self, Readme};
use super::store::kabinet::repositories::{self, Addition};
use super::store::kabinet::rows::Repository;
use super::store::kabinet::select;
use super::store::{self, Store};
use crate::catalogue;
use crate::domain::Moment;

/// Where GitHub serves the raw files of public repositories.
pub const RAW_HOST: &str = "https://raw.githubusercontent.com";
/// The repositories that a stock Arkitekt gives a new organisation.
pub const DEFAULTS: [&str; 2] = ["jhnnsrs/ome:main", "jhnnsrs/renderer:main"];
/// Scans that may run at once.
const SCANS_AT_ONCE: usize = 4;
/// The longest time between two looks at what is due, so that a changed clock does no harm.
const LONGEST_SLEEP: Duration = Duration::from_hours(1);

/// Whether repositories may lie in the file system of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalFiles {
    /// They may: the server and its user are on one machine.
    Allowed,
    /// They may not: others can reach the server.
    Refused,
}

/// How repositories are read.
#[derive(Debug, Clone)]
pub struct Options {
    /// Host of raw files of GitHub repositories, with scheme and without a slash at the end.
    pub raw_host: String,
    /// What a new organisation gets, in the grammar of [`Source::parse`].
    pub defaults: Vec<String>,
    /// Whether folders and files of the server may be read.
    pub local_files: LocalFiles,
    /// Time for one file, from the first byte sent to the last received.
    pub timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            raw_host: RAW_HOST.into(),
            defaults: DEFAULTS.map(String::from).into(),
            local_files: LocalFiles::Allowed,
            timeout: Duration::from_secs(20),
        }
    }
}

/// What can go wrong with a repository.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text names no source.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The source cannot be read.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// No HTTP client can be made.
    #[error("no HTTP client: {0}")]
    Client(reqwest::Error),
}

/// The repositories of all organisations; cheap to clone.
#[derive(Clone)]
pub struct Repositories {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    changes: Changes,
    options: Options,
    client: reqwest::Client,
    news: Notify,
}

impl Repositories {
    /// Makes them ready; nothing is fetched yet.
    ///
    /// # Errors
    /// [`Error::Client`] when TLS cannot be set up.
    pub fn new(store: Store, changes: Changes, options: Options) -> Result<Self, Error> {
        let client = fetch::client(options.timeout).map_err(Error::Client)?;
        Ok(Self { shared: Arc::new(Shared { store, changes, options, client, news: Notify::new() }) })
    }

    /// Gives an organisation the default repositories, the first time that it is called for it. They are scanned in
    /// the background, by [`Self::run`].
    ///
    /// # Errors
    /// When a default is no source, or the store refuses.
    pub async fn ensure_defaults(&self, organisation: i64) -> Result<(), Error> {
        let sources = self.shared.options.defaults.iter().map(|text| Source::parse(text));
        let additions = sources.map(|source| Ok(source?.addition())).collect::<Result<Vec<Addition>, SourceError>>()?;
        let given = self
            .shared
            .store
            .write(move |transaction| repositories::give_defaults(transaction, organisation, &additions, now()))
            .await?;
        if given > 0 {
            self.tell(organisation);
            self.shared.news.notify_one();
        }
        Ok(())
    }

    /// Puts the built-in repository in, or brings it up to date. It is listed last, and never fetched.
    ///
    /// # Errors
    /// When the text is no deployments file, or the store refuses.
    pub async fn store_builtin(&self, organisation: i64, yaml: String, about: &str) -> Result<i64, Error> {
        let readme = if about.is_empty() { Readme::Missing } else { Readme::Text(about.to_owned()) };
        let file = fetch::read("kab demo".into(), yaml).await?;
        let addition = Addition {
            kind: "builtin",
            name: "kab demo (built in)".into(),
            user: "kab".into(),
            repo: "demo".into(),
            branch: String::new(),
            source: "kab:demo".into(),
        };
        let change = self.shared.store.write(move |transaction| {
            let id = repositories::add(transaction, organisation, &addition, now())?.id;
            let origin = Origin { organisation, repository: Some(id), now: now() };
            let changed = repositories::finish(transaction, origin, id, &file)?;
            Ok((id, readmes::keep(transaction, id, &readme)? || changed))
        });
        let (id, changed) = change.await?;
        if changed {
            self.tell(organisation);
        }
        Ok(id)
    }

    /// Adds a repository and reads it, at once or in the background. It is kept even when it cannot be read: why stands
    /// in its row, and it can be read again or removed. One that is there is only read again.
    ///
    /// # Errors
    /// When it may not be added here, or the store refuses.
    pub async fn add(&self, organisation: i64, source: &Source, scan: Scan) -> Result<Repository, Error> {
        if matches!(source, Source::Path(_)) && self.shared.options.local_files == LocalFiles::Refused {
            return Err(SourceError::LocalFiles.into());
        }
        let addition = source.addition();
        let store = &self.shared.store;
        let write = store.write(move |transaction| {
            let added = repositories::add(transaction, organisation, &addition, now())?;
            if scan == Scan::Later {
                repositories::schedule(transaction, added.id, now())?;
            }
            Ok((added, select::one::<Repository>(transaction, organisation, added.id)?))
        });
        let (added, repository) = write.await?;
        if added.is_new {
            self.tell(organisation);
        }
        if scan == Scan::Later {
            self.shared.news.notify_one();
            return Ok(repository);
        }
        match self.scan(organisation, added.id).await {
            Ok(repository) => Ok(repository),
            Err(Error::Store(error)) => Err(error.into()),
            Err(error) => {
                tracing::info!(%error, repository = repository.name, "a new repository could not be read");
                Ok(store.read(move |connection| select::one(connection, organisation, added.id)).await?)
            }
        }
    }

    /// Reads a repository again and brings it in. Once begun, it goes on when whoever asked for it has gone.
    ///
    /// # Errors
    /// When there is no such repository, or it cannot be read; that is noted, and what was known stays.
    pub async fn scan(&self, organisation: i64, id: i64) -> Result<Repository, Error> {
        let repositories = self.clone();
        let scanning = tokio::spawn(async move { repositories.scan_to_the_end(organisation, id).await });
        scanning.await.map_err(|_| store::Error::Closed)?
    }

    async fn scan_to_the_end(&self, organisation: i64, id: i64) -> Result<Repository, Error> {
        let store = &self.shared.store;
        let repository: Repository = store.read(move |connection| select::one(connection, organisation, id)).await?;
        if repository.kind == "builtin" {
            return Ok(repository);
        }
        store.write(move |transaction| repositories::begin(transaction, id)).await?;
        let fetched = match Source::of(&repository) {
            Ok(source) => self.fetch(&source).await,
            Err(error) => Err(error.into()),
        };
        let failures = repository.failures;
        let (outcome, changed) = store
            .write(move |transaction| match fetched {
                Ok((file, readme)) => {
                    let origin = Origin { organisation, repository: Some(id), now: now() };
                    let changed = repositories::finish(transaction, origin, id, &file)?;
                    let changed = readmes::keep(transaction, id, &readme)? || changed;
                    Ok((Ok(select::one::<Repository>(transaction, organisation, id)?), changed))
                }
                Err(error) => {
                    let retry_at = match &error {
                        Error::Fetch(error) if error.may_pass() => Some(Moment(now().0 + pause(failures))),
                        _ => None,
                    };
                    let news = repositories::fail(transaction, id, &error.to_string(), now(), retry_at)?;
                    Ok((Err(error), news))
                }
            })
            .await?;
        if changed {
            self.tell(organisation);
        }
        self.shared.news.notify_one();
        outcome
    }

    /// Reads all repositories of an organisation again. One that cannot be read does not hold up the others: how each
    /// went stands in its row.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn scan_all(&self, organisation: i64) -> Result<Vec<Repository>, Error> {
        let store = &self.shared.store;
        let all = store
            .read(move |connection| select::list::<Repository>(connection, organisation, &select::everything()))
            .await?;
        let scans = all.into_iter().map(|repository| self.scan(organisation, repository.id));
        let outcomes: Vec<_> = futures_util::stream::iter(scans).buffer_unordered(SCANS_AT_ONCE).collect().await;
        for error in outcomes.into_iter().filter_map(Result::err) {
            if let Error::Store(error) = error {
                return Err(error.into());
            }
            tracing::info!(%error, "a repository could not be read");
        }
        Ok(store
            .read(move |connection| select::list::<Repository>(connection, organisation, &select::everything()))
            .await?)
    }

    /// Removes a repository with what it alone offered. Flavours that something runs of stay, withdrawn.
    ///
    /// # Errors
    /// When there is no such repository.
    pub async fn remove(&self, organisation: i64, id: i64) -> Result<(), Error> {
        self.shared.store.write(move |transaction| repositories::remove(transaction, organisation, id, now())).await?;
        self.tell(organisation);
        self.shared.news.notify_one();
        Ok(())
    }

    /// Takes an app from that repository from now on, and reads it. Where it cannot be read, everything stays as it was.
    ///
    /// # Errors
    /// When it does not offer the app, or cannot be read.
    pub async fn choose(&self, organisation: i64, app: i64, repository: i64) -> Result<(), Error> {
        let store = &self.shared.store;
        let choice = store.write(move |transaction| contest::choose(transaction, organisation, app, repository));
        let (app, before) = choice.await?;
        let scanned = self.scan(organisation, repository).await;
        if scanned.is_err() {
            store.write(move |transaction| contest::set_choice(transaction, organisation, &app, before)).await?;
        }
        self.tell(organisation);
        scanned.map(|_| ())
    }

    /// Scans what is due, now and later, until it is told to stop.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn run(&self, shutdown: CancellationToken) -> Result<(), Error> {
        let store = &self.shared.store;
        store.write(move |transaction| repositories::recover(transaction, now())).await?;
        loop {
            let due = store.read(move |connection| repositories::due(connection, now())).await?;
            let scans = due.into_iter().map(|(organisation, repository)| async move {
                if let Err(error) = self.scan(organisation, repository.id).await {
                    tracing::info!(%error, repository = repository.name, "a repository could not be read");
                }
            });
            let scans = futures_util::stream::iter(scans).buffer_unordered(SCANS_AT_ONCE).collect::<Vec<()>>();
            if shutdown.run_until_cancelled(scans).await.is_none() {
                return Ok(());
            }
            let next = store.read(repositories::next_due).await?;
            let pause = next.map_or(LONGEST_SLEEP, |at| {
                let milliseconds = u64::try_from(at.0 - now().0).unwrap_or(0);
                Duration::from_millis(milliseconds).min(LONGEST_SLEEP)
            });
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                () = self.shared.news.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn fetch(&self, source: &Source) -> Result<(catalogue::File, Readme), Error> {
        let (client, host) = (&self.shared.client, &self.shared.options.raw_host);
        let (file, readme) =
            futures_util::join!(fetch::fetch(client, host, source), readme::fetch(client, host, source));
        Ok((file?, readme))
    }

    fn tell(&self, organisation_id: i64) {
        self.shared.changes.tell(Change::Catalogue { organisation_id });
    }
}

/// When a repository that is added is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scan {
    /// Before the answer.
    Now,
    /// In the background, by [`Repositories::run`].
    Later,
}

/// Milliseconds until the next attempt after so many failures: from a minute, doubling, to six hours.
fn pause(failures_before: i64) -> i64 {
    const MINUTE: i64 = 60_000;
    let doublings = u32::try_from(failures_before.clamp(0, 20)).unwrap_or(20);
    (MINUTE << doublings).min(6 * 60 * MINUTE)
}

/// The present.
fn now() -> Moment {
    Moment(clock::now())
}

#[cfg(test)]
mod tests;
