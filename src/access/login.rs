//! A stored login: hands out its access token, and renews it so that any number of processes renew it once.
//!
//! Whoever renews holds the lock of the login and reads it again first; so what another process has renewed meanwhile is
//! taken over. A refresh token is worth something once: the next one is on disk before the new access token is used, and
//! the work goes on to its end when whoever wanted the token has gone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use super::store::{AccessToken, Credentials, Held, Key, Stored, now};
use crate::config::ContextName;
use crate::domain::Moment;
use crate::services::fakts::{self, Grant, Mandate, Manifest};
use crate::services::{Error, Http, Keeper, Secret};

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
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    token: Option<InUse>,
    /// A renewed login that the disk has not taken.
    unsaved: Option<Stored>,
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

impl Login {
    /// The login of a context.
    pub fn new(credentials: Credentials, name: ContextName, http: Http) -> Self {
        Self { shared: Arc::new(Shared { credentials, name, http, memory: Mutex::default() }) }
    }

    /// Asks the deployment anew where its services are.
    ///
    /// # Errors
    /// [`Error::SignIn`] when the login is over; otherwise when the deployment cannot be asked.
    pub async fn renew_services(&self) -> Result<Stored, Error> {
        let shared = Arc::clone(&self.shared);
        let work = tokio::spawn(async move {
            let mut memory = shared.memory.lock().await;
            let held = shared.credentials.lock(&shared.name).await?;
            let mut stored = shared.usable(&held, &mut memory)?;
            let http = &shared.http;
            if let Key::Client { client_token, auth } = &mut stored.key {
                let claimed = fakts::claim(http, &stored.base_url, client_token).await?;
                *auth = claimed.auth;
                stored.instances = claimed.instances;
                held.write(&stored)?;
            } else {
                shared.fetch(&held, &mut stored, &mut memory).await?;
            }
            Ok(stored)
        });
        finished(work.await)
    }
}

impl Keeper for Login {
    fn current(&self) -> BoxFuture<'_, Result<Secret, Error>> {
        async move {
            if let Some(in_use) = &self.shared.memory.lock().await.token
                && !in_use.times.is_due(Instant::now())
            {
                return Ok(in_use.token.clone());
            }
            self.renew(None).await
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
    async fn renew(&self, rejected: Option<&Secret>) -> Result<Secret, Error> {
        let mut memory = self.memory.lock().await;
        if let Some(in_use) = &memory.token
            && rejected != Some(&in_use.token)
            && !in_use.times.is_due(Instant::now())
        {
            return Ok(in_use.token.clone());
        }
        let held = self.credentials.lock(&self.name).await?;
        let mut stored = self.usable(&held, &mut memory)?;
        let known = stored.access.clone().filter(|access| rejected != Some(&access.token));
        let known = known.map(|access| {
            let times = Times::of(&access, now(), Instant::now());
            InUse { token: access.token, times }
        });
        if let Some(known) = known.clone().filter(|known| !known.times.is_due(Instant::now())) {
            let token = known.token.clone();
            memory.token = Some(known);
            return Ok(token);
        }
        match (self.fetch(&held, &mut stored, &mut memory).await, known) {
            (Ok(token), _) => Ok(token),
            // It should be renewed, and need not be yet.
            (Err(error), Some(known)) if !matches!(error, Error::SignIn(_)) && !known.times.is_over(Instant::now()) => {
                tracing::warn!(context = %self.name, "the login cannot be renewed yet: {error}");
                Ok(known.token)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// The login as it is on disk, or as it should be there.
    fn usable(&self, held: &Held, memory: &mut Memory) -> Result<Stored, Error> {
        if let Some(unsaved) = memory.unsaved.take() {
            held.write(&unsaved).inspect_err(|_| memory.unsaved = Some(unsaved.clone()))?;
        }
        let nobody = || Error::SignIn(format!("nobody is signed in to {}", self.name));
        let stored = held.read()?.ok_or_else(nobody)?;
        match &stored.signed_out {
            Some(out) => Err(Error::SignIn(out.why.clone())),
            None => Ok(stored),
        }
    }

    /// Gets a new access token, and puts the login on disk before it hands the token out.
    async fn fetch(&self, held: &Held, stored: &mut Stored, memory: &mut Memory) -> Result<Secret, Error> {
        let obtained_at = now();
        let started = Instant::now();
        let grant = match self.grant(stored).await {
            Ok(grant) => grant,
            Err(Error::SignIn(why)) => {
                memory.token = None;
                stored.sign_out(&why);
                held.write(stored)?;
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
            memory.unsaved = Some(stored.clone());
            return Err(error);
        }
        let token = in_use.token.clone();
        memory.token = Some(in_use);
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
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_at_four_fifths_of_its_life() {
        let start = Instant::now();
        let minutes = Duration::from_mins;
        let token = |obtained: i64, expires_in: Option<u64>| AccessToken {
            token: Secret::new("t"),
            obtained_at: Moment(obtained),
            expires_in,
        };
        let at = Moment(10_000_000);
        let hour = Times::of(&token(at.0, Some(3600)), at, start);
        assert!(!hour.is_due(start + minutes(47)) && hour.is_due(start + minutes(48)));
        assert!(!hour.is_over(start + minutes(59)) && hour.is_over(start + minutes(60)));
        let older = Times::of(&token(at.0 - 30 * 60_000, Some(3600)), at, start);
        assert!(!older.is_due(start + minutes(17)) && older.is_due(start + minutes(18)));
        let ancient = Times::of(&token(0, Some(3600)), at, start);
        assert!(ancient.is_due(start) && ancient.is_over(start));
        let set_back = Times::of(&token(at.0 + 600_000, Some(3600)), at, start);
        assert_eq!(set_back, hour, "a clock that was set back ten minutes");
        let endless = Times::of(&token(0, None), at, start);
        assert!(!endless.is_due(start + minutes(100_000)));
        assert!(Times::of(&token(at.0, Some(u64::MAX)), at, start).due.is_some(), "no overflow");
    }
}
