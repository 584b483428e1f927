//! The access token of a client: fetched when first needed, renewed before it expires and when a server rejects it.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use super::{
    Secret,
    error::{Error, Result},
    fakts::{self, Auth, Discovery},
    http::Http,
};

/// A token is renewed this long before it expires.
const AHEAD: Duration = Duration::from_secs(30);

/// Somebody else who has tokens: a file, a stored login.
pub trait Keeper: fmt::Debug + Send + Sync {
    /// A token that is good for now.
    fn current(&self) -> BoxFuture<'_, Result<Secret>>;

    /// Another token than the rejected one; `why` are the words of whoever rejected it. Calls that come together, each
    /// with the same rejected token, renew once together.
    fn renewed<'a>(&'a self, rejected: &'a Secret, why: &'a str) -> BoxFuture<'a, Result<Secret>>;
}

/// The token of one client; clones share it.
#[derive(Debug, Clone)]
pub struct Tokens {
    source: Arc<Source>,
}

#[derive(Debug)]
enum Source {
    /// Given from outside; cannot be renewed.
    Fixed(Secret),
    /// OAuth `client_credentials`.
    Client(Box<Registered>),
    /// Somebody else sees to it.
    Kept(Box<dyn Keeper>),
}

#[derive(Debug)]
struct Registered {
    http: Http,
    discovery: Discovery,
    client_token: Secret,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    auth: Auth,
    token: Option<Held>,
}

#[derive(Debug)]
struct Held {
    token: Secret,
    /// `None`: use it until it is rejected.
    expires: Option<Instant>,
}

impl Tokens {
    /// A ready-made token.
    pub fn fixed(token: Secret) -> Self {
        Self { source: Arc::new(Source::Fixed(token)) }
    }

    /// Tokens that somebody else keeps.
    pub fn kept(keeper: impl Keeper + 'static) -> Self {
        Self { source: Arc::new(Source::Kept(Box::new(keeper))) }
    }

    /// Tokens for the client of a claim.
    pub fn of_client(http: Http, discovery: Discovery, client_token: Secret, auth: Auth) -> Self {
        let state = Mutex::new(State { auth, token: None });
        Self { source: Arc::new(Source::Client(Box::new(Registered { http, discovery, client_token, state }))) }
    }

    /// A token that is good for now.
    ///
    /// # Errors
    /// When none can be had.
    pub async fn current(&self) -> Result<Secret> {
        match &*self.source {
            Source::Fixed(token) => Ok(token.clone()),
            Source::Kept(keeper) => keeper.current().await,
            Source::Client(client) => {
                let mut state = client.state.lock().await;
                if let Some(held) = &state.token
                    && held.expires.is_none_or(|expires| Instant::now() + AHEAD < expires)
                {
                    return Ok(held.token.clone());
                }
                match client.fetch(&mut state).await {
                    // It should be renewed, and need not be yet.
                    Err(error) if !matches!(error, Error::SignIn(_)) => match &state.token {
                        Some(held) if held.expires.is_none_or(|expires| Instant::now() < expires) => {
                            tracing::warn!("the token cannot be renewed yet: {error}");
                            Ok(held.token.clone())
                        }
                        _ => Err(error),
                    },
                    other => other,
                }
            }
        }
    }

    /// Another token than the rejected one. Requests that were rejected together renew once together.
    ///
    /// # Errors
    /// A fixed token cannot be renewed; otherwise when none can be had.
    pub async fn renewed(&self, rejected: &Secret, why: &str) -> Result<Secret> {
        match &*self.source {
            Source::Fixed(_) => Err(Error::SignIn(why.to_owned())),
            Source::Kept(keeper) => keeper.renewed(rejected, why).await,
            Source::Client(client) => {
                let mut state = client.state.lock().await;
                match &state.token {
                    Some(held) if held.token != *rejected => Ok(held.token.clone()),
                    _ => client.fetch(&mut state).await,
                }
            }
        }
    }
}

impl Registered {
    async fn fetch(&self, state: &mut State) -> Result<Secret> {
        let held = match self.grant(&state.auth).await {
            // The client was registered anew meanwhile: its credentials are asked for once more.
            Err(Error::SignIn(_)) => {
                state.auth = fakts::claim(&self.http, &self.discovery.base_url, &self.client_token).await?.auth;
                self.grant(&state.auth).await?
            }
            other => other?,
        };
        Ok(state.token.insert(held).token.clone())
    }

    async fn grant(&self, auth: &Auth) -> Result<Held> {
        let asked = Instant::now();
        let grant = fakts::client_credentials(&self.http, auth, Some(&self.discovery.lok())).await?;
        let lifetime = grant.expires_in.map(Duration::from_secs);
        Ok(Held { token: grant.access_token, expires: lifetime.and_then(|lifetime| asked.checked_add(lifetime)) })
    }
}
