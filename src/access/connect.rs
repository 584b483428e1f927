//! Signs in to the context that is meant.

use super::choice::{Chosen, Given};
use super::claims::Claims;
use super::token_file::{self, TokenFile};
use crate::config::{Colour, Confirm, ContextName, Folders, Place};
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
    if chosen.is_local() {
        return connect_here(folders, chosen, tell).await;
    }
    let what = format!("Could not connect to {}", chosen.name);
    let entry = chosen.entry.clone().unwrap_or_default();
    let place = entry.place().ok_or_else(|| {
        Failure::new(&what, "the context has no address: it needs `url`, or `kabinet` and `rekuest`")
            .kind(FailureKind::Usage)
            .hint(format!("They stand in {}.", folders.contexts_file().display()))
    })?;
    tell(&format!("connecting to {}", entry.address()));
    let failed = |error: &Error| failure(error, &what, chosen);
    let http = Tls::with_authorities(chosen.ca_file.as_deref()).and_then(Http::trusting);
    let http = http.map_err(|error| failed(&error))?;
    let (tokens, notes) = tokens(chosen)?;
    let addresses = match place {
        Place::Deployment(url) => Addresses::stock(&url),
        Place::Services { kabinet, rekuest, lok } => Addresses { kabinet: Some(kabinet), rekuest: Some(rekuest), lok },
    };
    let session = Session::of(&http, &addresses, tokens).map_err(|error| failed(&error))?;
    let store = Store::of(session.with_read_only(chosen.read_only.clone()));
    store.check().await.map_err(|error| failed(&error))?;
    let token = store.session().tokens().current().await.map_err(|error| failed(&error))?;
    let claims = Claims::of(&token);
    let who = Who {
        context: chosen.name.clone(),
        organisation: claims.organisation.or(entry.organisation.clone()).unwrap_or_default(),
        user: claims.user.or(entry.user.clone()).unwrap_or_default(),
        url: entry.address().to_owned(),
        colour: entry.colour,
        word: entry.word,
        read_only: chosen.read_only.clone(),
        confirm: entry.confirm,
    };
    Ok(Connected { store, who, notes, fresh: false })
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

fn tokens(chosen: &Chosen) -> Result<(Tokens, Vec<String>), Failure> {
    match &chosen.given {
        Given::Text(token) => Ok((Tokens::fixed(token.clone()), Vec::new())),
        Given::File(path) => {
            let notes = token_file::warning(path).into_iter().collect();
            Ok((Tokens::kept(TokenFile::new(path)), notes))
        }
        Given::Nothing => Err(Failure::new(format!("Not signed in to {}", chosen.name), "no token is stored for it")
            .kind(FailureKind::SignIn)
            .hint(how_to_sign_in(chosen))),
    }
}

fn failure(error: &Error, what: &str, chosen: &Chosen) -> Failure {
    let failure = error.failure(what);
    match (error, &chosen.given) {
        (Error::SignIn(_), Given::Text(_)) => failure.hint("KAB_TOKEN holds the token that was refused."),
        (Error::SignIn(_), Given::File(_)) => failure.hint("Put a new token into the file."),
        (Error::SignIn(_), Given::Nothing) => failure.hint(how_to_sign_in(chosen)),
        _ => failure,
    }
}

fn how_to_sign_in(chosen: &Chosen) -> String {
    format!("`kab login --context {}` signs in.", chosen.name)
}
