//! Signs in to the context that is meant.

use std::time::Duration;

use reqwest::Url;

use super::choice::{Chosen, Given};
use super::claims::Claims;
use super::login::Login;
use super::services::{REPORT, Resolved, report, resolve};
use super::store::Credentials;
use super::token_file::{self, TokenFile};
use crate::config::{Colour, Confirm, ContextEntry, ContextName, Folders, Place};
use crate::domain::{Failure, FailureKind};
use crate::local;
use crate::services::{Addresses, Error, Http, ReadOnly, Session, Store, Tls, Tokens, is_loopback};

/// Who and where we are, for a header or a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The context.
    pub context: ContextName,
    /// The organisation; empty where nobody says.
    pub organisation: String,
    /// The user; empty where nobody says.
    pub user: String,
    /// The user as services know them; empty where nobody says.
    pub subject: String,
    /// The server's address.
    pub url: String,
    /// The colour of the context's mark.
    pub colour: Option<Colour>,
    /// The word of the context's mark.
    pub word: Option<String>,
    /// Why nothing may be changed; `None`: it may.
    pub read_only: Option<ReadOnly>,
    /// What has to be typed before something is removed.
    pub confirm: Option<Confirm>,
}

/// A way into a server.
#[derive(Debug)]
pub struct Connected {
    /// A client that is signed in.
    pub store: Store,
    /// As whom.
    pub who: Who,
    /// What the person should know.
    pub notes: Vec<String>,
    /// This machine's own server was started a moment ago: its engine and its catalogue may still be on their way.
    pub fresh: bool,
}

/// Signs in to the chosen context; `tell` hears at most once what takes long.
///
/// # Errors
/// When the server cannot be reached or started, or does not let us in: kind `SignIn` where a login is missing.
pub async fn connect(folders: &Folders, chosen: &Chosen, tell: impl FnOnce(&str)) -> Result<Connected, Failure> {
    let Some(entry) = &chosen.entry else {
        return connect_here(folders, chosen, tell).await;
    };
    let what = format!("Could not connect to {}", chosen.name);
    let place = entry.place().ok_or_else(|| {
        Failure::new(&what, "the context has no address: it needs `url`, or `kabinet` and `rekuest`")
            .kind(FailureKind::Usage)
            .hint(format!("They stand in {}.", folders.contexts_file().display()))
    })?;
    tell(&format!("connecting to {}", entry.address()));
    let failed = |error: &Error| failure(error, &what, chosen);
    let http = client(chosen).map_err(|error| failed(&error))?;
    let way = Way { folders, chosen, http: &http };
    let store = if let Some(store) = way.as_before().await {
        store
    } else {
        let session = way.open(&place).await.map_err(|error| failed(&error))?;
        let store = Store::of(way.hold(session));
        store.check().await.map_err(|error| failed(&error))?;
        store
    };
    let notes = match &chosen.given {
        Given::File(path) => token_file::warning(path).into_iter().collect(),
        Given::Text(_) | Given::Nothing => Vec::new(),
    };
    let token = store.session().tokens().current().await.map_err(|error| failed(&error))?;
    let who = who(chosen, entry, Claims::of(&token));
    Ok(Connected { store, who, notes, fresh: false })
}

/// The way into a server elsewhere, as far as it goes: for whoever looks for what is wrong with it.
#[derive(Debug)]
pub struct Attempt {
    /// A session that nothing has been asked with yet; `None`: nobody is signed in, or its place is unknown.
    pub session: Option<Session>,
    /// Where its services are, as far as that is known.
    pub addresses: Addresses,
    /// What is wrong.
    pub trouble: Option<Failure>,
}

/// Tries the way into the chosen context. Where its services are not found in time, the session leads to where they were
/// last. This machine's own server is not tried, and not started.
pub async fn attempt(folders: &Folders, chosen: &Chosen, patience: Duration) -> Attempt {
    let what = format!("Could not connect to {}", chosen.name);
    let lost = |addresses: Addresses, trouble: Failure| Attempt { session: None, addresses, trouble: Some(trouble) };
    let Some(place) = chosen.entry.as_ref().and_then(ContextEntry::place) else {
        let why = "the context has no address: it needs `url`, or `kabinet` and `rekuest`";
        return lost(Addresses::default(), Failure::new(what, why).kind(FailureKind::Usage));
    };
    let http = match client(chosen) {
        Ok(http) => http,
        Err(error) => return lost(Addresses::default(), failure(&error, &what, chosen)),
    };
    let way = Way { folders, chosen, http: &http };
    let late = |_| Err(Error::Deadline { service: chosen.name.to_string(), after: patience });
    let opened = tokio::time::timeout(patience, way.open(&place)).await.unwrap_or_else(late);
    let addresses = way.known(&place);
    let error = match opened {
        Ok(session) => return Attempt { session: Some(way.hold(session)), addresses, trouble: None },
        Err(error) => error,
    };
    let trouble = failure(&error, &what, chosen);
    if matches!(error, Error::SignIn(_)) || addresses.kabinet.is_none() {
        return lost(addresses, trouble);
    }
    let tokens = Tokens::kept(Login::new(Credentials::of(folders), chosen.name.clone(), http.clone()));
    let session = Session::of(&http, &addresses, tokens).ok().map(|session| way.hold(session));
    Attempt { session, addresses, trouble: Some(trouble) }
}

/// The HTTP client of a context, which trusts what the context trusts.
pub(super) fn client(chosen: &Chosen) -> Result<Http, Error> {
    Tls::with_authorities(chosen.ca_file.as_deref()).and_then(Http::trusting)
}

fn who(chosen: &Chosen, entry: &ContextEntry, claims: Claims) -> Who {
    Who {
        context: chosen.name.clone(),
        organisation: claims.organisation.or(entry.organisation.clone()).unwrap_or_default(),
        user: claims.user.or(entry.user.clone()).unwrap_or_default(),
        subject: claims.subject.unwrap_or_default(),
        url: entry.address().to_owned(),
        colour: entry.colour,
        word: entry.word.clone(),
        read_only: chosen.read_only.clone(),
        confirm: entry.confirm,
    }
}

/// The user as services know them; empty where the token does not say, or there is none.
pub async fn subject(session: &Session) -> String {
    let token = session.tokens().current().await.ok();
    token.and_then(|token| Claims::of(&token).subject).unwrap_or_default()
}

/// This machine's own server, started where it does not run.
async fn connect_here(folders: &Folders, chosen: &Chosen, tell: impl FnOnce(&str)) -> Result<Connected, Failure> {
    let ready = local::ensure(folders, || tell("starting the local server")).await?;
    let session = ready.store.session().clone().with_read_only(chosen.read_only.clone());
    let subject = subject(&session).await;
    let who = Who {
        context: chosen.name.clone(),
        // It has one organisation and one user, both of this name.
        organisation: String::from("local"),
        user: String::from("local"),
        subject,
        url: ready.server.url,
        colour: None,
        word: None,
        read_only: chosen.read_only.clone(),
        confirm: None,
    };
    // With nothing held back the store is kept: it knows already what the server has.
    let store = if chosen.read_only.is_some() { Store::of(session) } else { ready.store };
    Ok(Connected { store, who, notes: ready.note.into_iter().collect(), fresh: ready.fresh })
}

/// How to get into a server elsewhere.
struct Way<'a> {
    folders: &'a Folders,
    chosen: &'a Chosen,
    http: &'a Http,
}

impl Way<'_> {
    async fn open(&self, place: &Place) -> Result<Session, Error> {
        match &self.chosen.given {
            Given::Text(token) => self.with_token(place, Tokens::fixed(token.clone())),
            Given::File(path) => self.with_token(place, Tokens::kept(TokenFile::new(path))),
            Given::Nothing => session(self.folders, &self.chosen.name, self.http).await,
        }
    }

    /// A store at the addresses that worked last time, where they still do: the first question is the probe, which saves
    /// a round trip. Only where nobody on the way can pass for the server: the token goes out with that question.
    async fn as_before(&self) -> Option<Store> {
        if !matches!(self.chosen.given, Given::Nothing) {
            return None;
        }
        let credentials = Credentials::of(self.folders);
        let stored = credentials.read(&self.chosen.name).ok().flatten().filter(|stored| stored.signed_out.is_none())?;
        let addresses = &stored.remembered;
        let is_safe =
            |address: &String| Url::parse(address).is_ok_and(|url| url.scheme() == "https" || is_loopback(&url));
        if ![&addresses.kabinet, &addresses.rekuest].iter().all(|address| address.as_ref().is_some_and(is_safe)) {
            return None;
        }
        let login = Login::new(credentials, self.chosen.name.clone(), self.http.clone());
        let session = Session::of(self.http, addresses, Tokens::kept(login)).ok()?.with_client_id(stored.client_id());
        let store = Store::of(self.hold(session));
        match store.check().await {
            Ok(()) => Some(store),
            Err(error) => {
                tracing::info!("{} is looked for anew: {error}", self.chosen.name);
                None
            }
        }
    }

    /// The same session; it changes nothing where that is not wanted.
    fn hold(&self, session: Session) -> Session {
        session.with_read_only(self.chosen.read_only.clone())
    }

    /// Where the services are, as far as that is known without asking. With a token from outside: at the addresses of
    /// the login, where there is one, else where deployments have them.
    fn known(&self, place: &Place) -> Addresses {
        match place {
            Place::Services { kabinet, rekuest, lok } => {
                Addresses { kabinet: Some(kabinet.clone()), rekuest: Some(rekuest.clone()), lok: lok.clone() }
            }
            Place::Deployment(url) => {
                let stored = Credentials::of(self.folders).read(&self.chosen.name).ok().flatten();
                let remembered = stored.map(|stored| stored.remembered).filter(|known| known.kabinet.is_some());
                match &self.chosen.given {
                    Given::Nothing => remembered.unwrap_or_default(),
                    Given::Text(_) | Given::File(_) => remembered.unwrap_or_else(|| Addresses::stock(url)),
                }
            }
        }
    }

    /// With a token from outside.
    fn with_token(&self, place: &Place, tokens: Tokens) -> Result<Session, Error> {
        Session::of(self.http, &self.known(place), tokens)
    }
}

/// A session of the login that is stored under that name, at the addresses that work today. Nothing else counts: no
/// variable, and no token from outside.
///
/// # Errors
/// [`Error::SignIn`] where there is no login, or it is over; else when the deployment cannot be reached.
pub async fn session(folders: &Folders, name: &ContextName, http: &Http) -> Result<Session, Error> {
    let credentials = Credentials::of(folders);
    let nobody = || Error::SignIn(format!("no login is stored for {name}"));
    let mut stored = credentials.read(name)?.ok_or_else(nobody)?;
    if let Some(out) = &stored.signed_out {
        return Err(Error::SignIn(format!("signed out at {}: {}", out.at.to_iso(), out.why)));
    }
    let login = Login::new(credentials.clone(), name.clone(), http.clone());
    let addresses = match resolve(http, &stored).await.addresses {
        // The services may have moved: the deployment is asked once where they are now, and told what came of it.
        Err(Error::NoAddress { .. }) => {
            stored = login.renew_services().await?;
            let Resolved { addresses, reports } = resolve(http, &stored).await;
            tokio::time::timeout(REPORT, report(http, &stored, &reports)).await.ok();
            addresses?
        }
        other => other?,
    };
    if addresses != stored.remembered {
        remember(&credentials, name, &addresses).await;
    }
    let client_id = stored.client_id();
    Ok(Session::of(http, &addresses, Tokens::kept(login))?.with_client_id(client_id))
}

/// Keeps the addresses that worked for the next time. Without them it only takes a moment longer.
async fn remember(credentials: &Credentials, name: &ContextName, addresses: &Addresses) {
    let kept = async {
        let held = credentials.lock(name).await?;
        let Some(mut stored) = held.read()? else { return Ok(()) };
        stored.remembered = addresses.clone();
        held.write(&stored)
    };
    if let Err(error) = kept.await {
        tracing::warn!("the working addresses of {name} are not remembered: {error}");
    }
}

fn failure(error: &Error, what: &str, chosen: &Chosen) -> Failure {
    let failure = error.failure(what);
    if !matches!(error, Error::SignIn(_)) {
        return failure;
    }
    match &chosen.given {
        Given::Text(_) => failure.hint("KAB_TOKEN holds the token that was refused."),
        Given::File(_) => failure.hint("Put a new token into the file."),
        Given::Nothing if chosen.entry.as_ref().is_some_and(|entry| entry.url.is_none()) => failure
            .hint("Its addresses are fixed, so kab cannot sign in there: --token-file or KAB_TOKEN gives a token."),
        Given::Nothing => failure.hint(format!("`kab login --context {}` signs in.", chosen.name)),
    }
}
