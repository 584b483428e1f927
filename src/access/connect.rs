//! Signs in to the context that is meant.

use super::choice::{Chosen, Given};
use super::claims::Claims;
use super::login::Login;
use super::services::resolve;
use super::store::Credentials;
use super::token_file::{self, TokenFile};
use crate::config::{Colour, Confirm, ContextEntry, ContextName, Folders, Place};
use crate::domain::{Failure, FailureKind};
use crate::local;
use crate::services::{Addresses, Error, Http, ReadOnly, Session, Store, Tls, Tokens};

/// Who and where we are, for a header or a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The context.
    pub context: ContextName,
    /// The organisation; empty where nobody says.
    pub organisation: String,
    /// The user; empty where nobody says.
    pub user: String,
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
    let (entered, notes) = match &chosen.given {
        Given::Text(token) => (way.with_token(&place, Tokens::fixed(token.clone())), Vec::new()),
        Given::File(path) => {
            let notes = token_file::warning(path).into_iter().collect();
            (way.with_token(&place, Tokens::kept(TokenFile::new(path))), notes)
        }
        Given::Nothing => (session(folders, &chosen.name, &http).await, Vec::new()),
    };
    let entered = entered.map_err(|error| failed(&error))?;
    let store = Store::of(entered.with_read_only(chosen.read_only.clone()));
    store.check().await.map_err(|error| failed(&error))?;
    let token = store.session().tokens().current().await.map_err(|error| failed(&error))?;
    let who = who(chosen, entry, Claims::of(&token));
    Ok(Connected { store, who, notes, fresh: false })
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
        url: entry.address().to_owned(),
        colour: entry.colour,
        word: entry.word.clone(),
        read_only: chosen.read_only.clone(),
        confirm: entry.confirm,
    }
}

/// This machine's own server, started where it does not run.
async fn connect_here(folders: &Folders, chosen: &Chosen, tell: impl FnOnce(&str)) -> Result<Connected, Failure> {
    let ready = local::ensure(folders, || tell("starting the local server")).await?;
    let session = ready.store.session().clone().with_read_only(chosen.read_only.clone());
    let who = Who {
        context: chosen.name.clone(),
        // It has one organisation and one user, both of this name.
        organisation: String::from("local"),
        user: String::from("local"),
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
    /// With a token from outside: at the addresses of the login, where there is one, else where deployments have them.
    fn with_token(&self, place: &Place, tokens: Tokens) -> Result<Session, Error> {
        let addresses = match place {
            Place::Services { kabinet, rekuest, lok } => {
                Addresses { kabinet: Some(kabinet.clone()), rekuest: Some(rekuest.clone()), lok: lok.clone() }
            }
            Place::Deployment(url) => {
                let stored = Credentials::of(self.folders).read(&self.chosen.name).ok().flatten();
                let remembered = stored.map(|stored| stored.remembered).filter(|known| known.kabinet.is_some());
                remembered.unwrap_or_else(|| Addresses::stock(url))
            }
        };
        Session::of(self.http, &addresses, tokens)
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
    let resolved = match resolve(http, &stored).await {
        // The services may have moved: the deployment is asked once where they are now.
        Err(Error::NoAddress { .. }) => {
            stored = login.renew_services().await?;
            resolve(http, &stored).await?
        }
        other => other?,
    };
    if resolved.addresses != stored.remembered {
        remember(&credentials, name, &resolved.addresses).await;
    }
    let client_id = stored.client_id();
    Ok(Session::of(http, &resolved.addresses, Tokens::kept(login))?.with_client_id(client_id))
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
