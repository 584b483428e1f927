//! A stored login: hands out its access token, and renews it so that any number of processes renew it once.
//!
//! Whoever renews holds the lock of the login and reads it again first; so what another process has renewed meanwhile is
//! taken over. A refresh token is worth something once: the next one is on disk before the new access token is used, and
//! the work goes on to its end when whoever wanted the token has gone.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use super::store::{AccessToken, Credentials, Held, Key, Stored, now};
use crate::config::ContextName;
use crate::domain::Moment;
use crate::services::fakts::{self, Grant, Mandate, Manifest};
use crate::services::{Error, Http, Keeper, Secret};

/// How long a deployment that could not renew a token is left alone while the token is good.
const AGAIN: Duration = Duration::from_secs(30);

/// The login of one context; clones share it.
#[derive(Debug, Clone)]
pub struct Login {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    credentials: Credentials,
    name: ContextName,
    http: Http,
    /// Whoever has it renews.
    turn: Mutex<Turn>,
    memory: std::sync::Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Turn {
    /// A renewed login that the disk has not taken.
    unsaved: Option<Unsaved>,
}

#[derive(Debug)]
struct Unsaved {
    login: Stored,
    /// What was traded for it.
    traded: Key,
}

#[derive(Debug, Default)]
struct Memory {
    token: Option<InUse>,
    /// After a renewal that failed, none is tried before this as long as the token is good.
    retry_at: Option<Instant>,
}

impl Memory {
    /// The token, where it is good, whether it should be renewed or not.
    fn unspent(&self, rejected: Option<&Secret>, now: Instant) -> Option<&InUse> {
        self.token.as_ref().filter(|held| rejected != Some(&held.token) && !held.times.is_over(now))
    }

    /// The token, where nothing needs to be done for it now.
    fn settled(&self, rejected: Option<&Secret>, now: Instant) -> Option<Secret> {
        let held = self.unspent(rejected, now)?;
        let waits = self.retry_at.is_some_and(|at| now < at);
        (waits || !held.times.is_due(now)).then(|| held.token.clone())
    }
}

/// A token, timed by a clock that nobody sets.
#[derive(Debug, Clone)]
struct InUse {
    token: Secret,
    times: Times,
}

/// When a token should be renewed, and when it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Times {
    due: Option<Instant>,
    ends: Option<Instant>,
}

impl Times {
    fn of(access: &AccessToken, at: Moment, now: Instant) -> Self {
        // A clock that was set back makes no token younger than new.
        let age = Duration::from_millis(u64::try_from(at.0.saturating_sub(access.obtained_at.0)).unwrap_or(0));
        let at_share = |share: u64| {
            let life = Duration::from_secs(access.expires_in?.saturating_mul(share) / 100);
            Some(life.checked_sub(age).map_or(now, |left| now.checked_add(left).unwrap_or(now)))
        };
        Self { due: at_share(80), ends: at_share(100) }
    }

    fn is_due(self, now: Instant) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    fn is_over(self, now: Instant) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }
}

impl InUse {
    /// The access token of a login, as old as it is now.
    fn of(stored: &Stored, now: Instant) -> Option<Self> {
        let access = stored.access.as_ref()?;
        Some(Self { token: access.token.clone(), times: Times::of(access, super::store::now(), now) })
    }
}

impl Login {
    /// The login of a context.
    pub fn new(credentials: Credentials, name: ContextName, http: Http) -> Self {
        let (turn, memory) = (Mutex::default(), std::sync::Mutex::default());
        Self { shared: Arc::new(Shared { credentials, name, http, turn, memory }) }
    }

    /// Asks the deployment anew where its services are.
    ///
    /// # Errors
    /// [`Error::SignIn`] when the login is over; otherwise when the deployment cannot be asked.
    pub async fn renew_services(&self) -> Result<Stored, Error> {
        let shared = Arc::clone(&self.shared);
        let work = tokio::spawn(async move {
            let mut turn = shared.turn.lock().await;
            let held = shared.credentials.lock(&shared.name).await?;
            let mut stored = shared.usable(&held, &mut turn)?;
            let http = &shared.http;
            if let Key::Client { client_token, auth } = &mut stored.key {
                let claimed = fakts::claim(http, &stored.base_url, client_token).await?;
                *auth = claimed.auth;
                stored.instances = claimed.instances;
                held.write(&stored)?;
            } else {
                shared.fetch(&held, &mut stored, &mut turn).await?;
            }
            Ok(stored)
        });
        finished(work.await)
    }
}

impl Keeper for Login {
    fn current(&self) -> BoxFuture<'_, Result<Secret, Error>> {
        async move {
            let settled = self.shared.memory().settled(None, Instant::now());
            match settled {
                Some(token) => Ok(token),
                None => self.renew(None).await,
            }
        }
        .boxed()
    }

    fn renewed<'a>(&'a self, rejected: &'a Secret, why: &'a str) -> BoxFuture<'a, Result<Secret, Error>> {
        async move {
            tracing::debug!(context = %self.shared.name, "the token was rejected: {why}");
            self.renew(Some(rejected.clone())).await
        }
        .boxed()
    }
}

impl Login {
    async fn renew(&self, rejected: Option<Secret>) -> Result<Secret, Error> {
        let shared = Arc::clone(&self.shared);
        finished(tokio::spawn(async move { shared.renew(rejected.as_ref()).await }).await)
    }
}

fn finished<T>(work: Result<Result<T, Error>, tokio::task::JoinError>) -> Result<T, Error> {
    work.unwrap_or_else(|_| Err(Error::Refused(String::from("renewing the login was broken off"))))
}

impl Shared {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn renew(&self, rejected: Option<&Secret>) -> Result<Secret, Error> {
        let in_hand = self.memory().unspent(rejected, Instant::now()).map(|held| held.token.clone());
        let mut turn = match (self.turn.try_lock(), in_hand) {
            (Ok(turn), _) => turn,
            // Somebody renews it already, and that may take long. Until then a good token does.
            (Err(_), Some(token)) => return Ok(token),
            (Err(_), None) => self.turn.lock().await,
        };
        let settled = self.memory().settled(rejected, Instant::now());
        if let Some(token) = settled {
            return Ok(token);
        }
        match self.renew_in_turn(rejected, &mut turn).await {
            Err(error) if !matches!(error, Error::SignIn(_)) => {
                let Some(good) = self.still_good(rejected, &turn) else { return Err(error) };
                tracing::warn!(context = %self.name, "the login cannot be renewed yet: {error}");
                let token = good.token.clone();
                *self.memory() = Memory { token: Some(good), retry_at: Some(Instant::now() + AGAIN) };
                Ok(token)
            }
            other => other,
        }
    }

    /// A token that should be renewed, and need not be yet. The disk may be full, and the lock out of reach.
    fn still_good(&self, rejected: Option<&Secret>, turn: &Turn) -> Option<InUse> {
        let now = Instant::now();
        let good = |held: &InUse| rejected != Some(&held.token) && !held.times.is_over(now);
        let unsaved = turn.unsaved.as_ref().and_then(|unsaved| InUse::of(&unsaved.login, now)).filter(good);
        let held = || self.memory().unspent(rejected, now).cloned();
        let on_disk = || {
            let stored = self.credentials.read(&self.name).ok().flatten()?;
            InUse::of(&stored, now).filter(good)
        };
        unsaved.or_else(held).or_else(on_disk)
    }

    async fn renew_in_turn(&self, rejected: Option<&Secret>, turn: &mut Turn) -> Result<Secret, Error> {
        let held = self.credentials.lock(&self.name).await?;
        let mut stored = self.usable(&held, turn)?;
        // Another process may have renewed it meanwhile.
        let known = InUse::of(&stored, Instant::now()).filter(|known| rejected != Some(&known.token));
        if let Some(known) = known.filter(|known| !known.times.is_due(Instant::now())) {
            let token = known.token.clone();
            *self.memory() = Memory { token: Some(known), retry_at: None };
            return Ok(token);
        }
        self.fetch(&held, &mut stored, turn).await
    }

    /// The login as it is on disk, or as it should be there.
    fn usable(&self, held: &Held, turn: &mut Turn) -> Result<Stored, Error> {
        let mut on_disk = held.read()?;
        if let Some(unsaved) = &turn.unsaved {
            // Whoever signed in or out meanwhile counts more.
            if on_disk.as_ref().is_some_and(|found| found.key == unsaved.traded) {
                held.write(&unsaved.login)?;
                on_disk = Some(unsaved.login.clone());
            }
            turn.unsaved = None;
        }
        let stored = on_disk.ok_or_else(|| Error::SignIn(format!("nobody is signed in to {}", self.name)))?;
        match &stored.signed_out {
            Some(out) => Err(Error::SignIn(out.why.clone())),
            None => Ok(stored),
        }
    }

    /// Gets a new access token, and puts the login on disk before it hands the token out.
    async fn fetch(&self, held: &Held, stored: &mut Stored, turn: &mut Turn) -> Result<Secret, Error> {
        if matches!(stored.key, Key::Refresh { .. }) {
            // Where the disk takes nothing, the next refresh token would be lost: the present one is not traded then.
            held.write(stored)?;
        }
        let traded = stored.key.clone();
        let obtained_at = now();
        let started = Instant::now();
        let grant = match self.grant(stored).await {
            Ok(grant) => grant,
            Err(Error::SignIn(why)) => {
                *self.memory() = Memory::default();
                stored.sign_out(&why);
                if let Err(error) = held.write(stored) {
                    tracing::warn!(context = %self.name, "that the login is over is not remembered: {error}");
                }
                return Err(Error::SignIn(why));
            }
            Err(error) => return Err(error),
        };
        if let (Key::Refresh { refresh_token, .. }, Some(next)) = (&mut stored.key, grant.refresh_token) {
            *refresh_token = next;
        }
        // Left out means: as before. Empty means: not any more.
        if let Some(instances) = grant.instances {
            stored.instances = instances;
        }
        let access = AccessToken { token: grant.access_token, obtained_at, expires_in: grant.expires_in };
        let in_use = InUse { token: access.token.clone(), times: Times::of(&access, obtained_at, started) };
        stored.access = Some(access);
        if let Err(error) = held.write(stored) {
            // The former refresh token is worth nothing any more; what took its place must not be lost.
            turn.unsaved = Some(Unsaved { login: stored.clone(), traded });
            return Err(error);
        }
        let token = in_use.token.clone();
        *self.memory() = Memory { token: Some(in_use), retry_at: None };
        Ok(token)
    }

    async fn grant(&self, stored: &mut Stored) -> Result<Grant, Error> {
        let http = &self.http;
        match &mut stored.key {
            Key::Client { client_token, auth } => {
                match fakts::client_credentials(http, auth, Some(&stored.lok)).await {
                    // The client was made anew, or its secret: the client token may still be good for the new one.
                    Err(Error::SignIn(_)) => {
                        let claimed = fakts::claim(http, &stored.base_url, client_token).await?;
                        *auth = claimed.auth;
                        stored.instances = claimed.instances;
                        fakts::client_credentials(http, auth, Some(&stored.lok)).await
                    }
                    other => other,
                }
            }
            Key::Refresh { client_id, refresh_token, token_endpoint, .. } => {
                fakts::refresh(http, token_endpoint, client_id, refresh_token).await
            }
            Key::Mandate { key, node, token_endpoint, part } => {
                let manifest = Manifest { node: node.clone(), part: part.clone() };
                fakts::mandate(http, token_endpoint, Mandate { key, manifest: &manifest }).await
            }
            Key::Gone => Err(Error::SignIn(format!("nobody is signed in to {}", self.name))),
        }
    }
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
