//! The server as the program around it sees it: open, serve, and the things that only the operator may do.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::activity::{Activity, Usage};
use super::authenticate::{self, Statement};
use super::changes::Changes;
use super::keys::{self, Keys};
use super::listener::Listener;
use super::options::Options;
use super::registration::{self, Manifest};
use super::rekuest::Rekuest;
use super::repositories::{self, Repositories};
use super::settings::{self, Settings};
use super::shared::{Inner, Peer, State};
use super::store::identity::{self as table, ClientRole, Member};
use super::store::rekuest::{agents, tasks};
use super::store::{self, Store};
use super::{clock, routes};

/// Name of the database in the data folder.
pub const DATABASE: &str = "kab.sqlite";
/// The organisation and the user that are there from the start.
pub const DEFAULT_ORGANISATION: &str = "local";
/// See [`DEFAULT_ORGANISATION`].
pub const DEFAULT_USER: &str = "local";
/// How long open requests may go on after the server was told to stop.
const FAREWELL: Duration = Duration::from_secs(3);
/// Longest time between two rounds of tidying up.
const ROUND: Duration = Duration::from_secs(5);

/// Why the server cannot open, run or do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data folder cannot be made.
    #[error("{path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The key failed.
    #[error(transparent)]
    Keys(#[from] keys::Error),
    /// The catalogue's repositories failed.
    #[error(transparent)]
    Repositories(#[from] repositories::Error),
    /// The manifest was refused.
    #[error(transparent)]
    Registration(#[from] registration::Error),
    /// The socket failed.
    #[error("cannot serve: {0}")]
    Serve(#[source] std::io::Error),
    /// No such client, code or token.
    #[error("there is no {what} {name}")]
    NoSuch {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
}

/// An open server. Cheap to clone; all clones are the same server.
#[derive(Clone)]
pub struct Server {
    pub(super) state: State,
}

impl Server {
    /// Opens the data folder: makes what is missing, brings the schema up to date.
    pub async fn open(options: Options) -> Result<Self, Error> {
        let folder = options.data_dir.clone();
        let opening = tokio::task::spawn_blocking(move || -> Result<(Store, Keys), Error> {
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&folder)
                .map_err(|source| Error::Folder { path: folder.clone(), source })?;
            Ok((Store::open(&folder.join(DATABASE))?, Keys::open(&folder)?))
        });
        let (store, keys) = opening.await.map_err(|_| store::Error::Closed)??;
        let changes = Changes::new();
        let repositories = Repositories::new(store.clone(), changes.clone(), options.repositories.clone())?;
        let rekuest = Rekuest::open(store.clone(), changes.clone(), options.agents, options.ephemeral_life).await?;
        let state = Arc::new(Inner {
            options,
            store,
            keys,
            changes,
            rekuest,
            repositories,
            settings: Settings::default(),
            usage: Usage::default(),
            stop: CancellationToken::new(),
        });
        let server = Self { state };
        server.default_member().await?;
        Ok(server)
    }

    /// Answers until `shutdown` is cancelled, then lets open requests end for a moment.
    pub async fn serve(&self, listener: impl Into<Listener>, shutdown: CancellationToken) -> Result<(), Error> {
        self.state.rekuest.begin().await?;
        let router = routes::router(Arc::clone(&self.state));
        let service = router.into_make_service_with_connect_info::<Peer>();
        let stop = self.state.stop.clone();
        let told = shutdown.clone();
        let serving = axum::serve(listener.into(), service).with_graceful_shutdown(async move {
            told.cancelled().await;
            stop.cancel();
        });
        let housekeeping = tokio::spawn(housekeeping(Arc::clone(&self.state)));
        let repositories = self.state.repositories.clone();
        let stop = self.state.stop.clone();
        let scanning = tokio::spawn(async move {
            if let Err(error) = repositories.run(stop).await {
                tracing::error!(%error, "repositories are no longer scanned");
            }
        });
        let late = async {
            shutdown.cancelled().await;
            tokio::time::sleep(FAREWELL).await;
        };
        let served = tokio::select! {
            served = serving => served.map_err(Error::Serve),
            () = late => Ok(()),
        };
        self.state.stop.cancel();
        // Both end by the same token; a panic in them has been printed by the runtime.
        housekeeping.await.ok();
        scanning.await.ok();
        served
    }

    /// What happens in the store, for whoever composes the program.
    pub fn changes(&self) -> &Changes {
        &self.state.changes
    }

    /// The default organisation and user.
    pub async fn default_member(&self) -> Result<Member, Error> {
        self.ensure_member(DEFAULT_ORGANISATION, DEFAULT_USER).await
    }

    /// Finds or makes an organisation, a user, and the membership between them.
    pub(super) async fn ensure_member(&self, organisation: &str, user: &str) -> Result<Member, Error> {
        let (organisation, user) = (organisation.to_owned(), user.to_owned());
        let write = self
            .state
            .store
            .write(move |transaction| table::ensure_member(transaction, &organisation, &user, "admin", clock::now()));
        let member = write.await?;
        self.state.repositories.ensure_defaults(member.organisation_id).await?;
        Ok(member)
    }

    /// The catalogue's repositories, for the built-in one.
    pub fn repositories(&self) -> &Repositories {
        &self.state.repositories
    }

    /// A fresh client token of the default user for a program with this manifest. Former tokens stay valid.
    pub async fn client_token_for(&self, manifest: &Manifest, role: ClientRole) -> Result<String, Error> {
        let member = self.default_member().await?;
        Ok(registration::register(&self.state.store, manifest, member, role).await?.1)
    }

    /// The same for a program that belongs to the server, such as its engine: nothing it does keeps the server alive.
    pub async fn built_in_client_token(&self, manifest: &Manifest, role: ClientRole) -> Result<String, Error> {
        let member = self.default_member().await?;
        let (row, token) = registration::register(&self.state.store, manifest, member, role).await?;
        self.state.usage.set_built_in(row);
        Ok(token)
    }

    /// An access token for the client of a client token.
    pub async fn issue_access_token(&self, client_token: &str) -> Result<String, Error> {
        let hash = keys::hash(client_token);
        let client = self.state.store.read(move |connection| table::client_by_token(connection, &hash)).await?;
        let client = client.ok_or(Error::NoSuch { what: "client", name: String::from("with this token") })?;
        let life = i64::try_from(self.state.options.access_token_life.as_secs()).unwrap_or(i64::MAX);
        let statement =
            Statement { client: &client, scope: "openid profile email", issuer: authenticate::ISSUER, login: None };
        Ok(authenticate::issue(&self.state.keys, &statement, clock::seconds(), life))
    }

    /// Tells all engines how often to look at their containers.
    pub fn set_engine_poll_interval(&self, interval: Duration) {
        self.state.settings.set_poll_interval(interval);
    }

    /// Whether anybody uses the server.
    pub async fn activity(&self) -> Result<Activity, Error> {
        let built_in = self.state.usage.built_in();
        let read = self.state.store.read(move |connection| {
            let agents = agents::connected_besides(connection, &built_in)?;
            Ok((agents, tasks::running(connection)?, table::running_pods(connection)?))
        });
        let (agents, tasks, pods) = read.await?;
        let (connections, quiet) = self.state.usage.now();
        Ok(Activity { connections, agents, tasks, pods, quiet })
    }
}

/// Opens and serves in one go.
pub async fn run(listener: impl Into<Listener>, options: Options, shutdown: CancellationToken) -> Result<(), Error> {
    Server::open(options).await?.serve(listener, shutdown).await
}

/// Settles lost agents, forgets what is old, reads the settings file again.
async fn housekeeping(state: State) {
    let period = (state.options.agents.grace / 4).clamp(Duration::from_millis(50), ROUND);
    let mut round = tokio::time::interval(period);
    let mut read_at = None;
    loop {
        tokio::select! {
            () = state.stop.cancelled() => return,
            _ = round.tick() => (),
        }
        if let Err(error) = state.rekuest.tidy().await {
            tracing::error!(%error, "tidying up failed");
        }
        if let Some(path) = state.options.settings_file.clone() {
            let shared = Arc::clone(&state);
            let reading = tokio::task::spawn_blocking(move || {
                settings::reread(&path, &mut read_at, &shared.settings);
                read_at
            });
            read_at = reading.await.unwrap_or(read_at);
        }
    }
}
