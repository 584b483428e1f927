//! Who we are in a context, without asking anybody: what a login says about itself.

use std::path::PathBuf;

use super::choice::{Chosen, Given};
use super::store::{Credentials, Key};
use crate::config::Folders;
use crate::domain::{Failure, Moment};

/// Where the token of a context is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenPlace {
    /// This machine's own server gives its user one.
    Runtime(PathBuf),
    /// In `KAB_TOKEN`.
    Variable,
    /// In a file that somebody else sees to.
    File(PathBuf),
    /// In a login of kab's.
    Login(PathBuf),
    /// Nowhere: nobody is signed in.
    Nowhere,
}

/// What is known of a context's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// Where it is.
    pub place: TokenPlace,
    /// When it was got, by this machine's clock.
    pub obtained_at: Option<Moment>,
    /// Its life in seconds.
    pub lifetime: Option<u64>,
    /// When somebody let us in.
    pub signed_in_at: Option<Moment>,
    /// When that was over, and why.
    pub signed_out: Option<(Moment, String)>,
    /// The protocol of the login: `1`, `2`.
    pub protocol: Option<&'static str>,
}

/// What is known of the token that a context is entered with.
///
/// # Errors
/// When the login cannot be read.
pub fn token_facts(folders: &Folders, chosen: &Chosen) -> Result<TokenFacts, Failure> {
    let at = |place| TokenFacts {
        place,
        obtained_at: None,
        lifetime: None,
        signed_in_at: None,
        signed_out: None,
        protocol: None,
    };
    match &chosen.given {
        _ if chosen.is_local() => return Ok(at(TokenPlace::Runtime(folders.server_file()))),
        Given::Text(_) => return Ok(at(TokenPlace::Variable)),
        Given::File(path) => return Ok(at(TokenPlace::File(path.clone()))),
        Given::Nothing => {}
    }
    let credentials = Credentials::of(folders);
    let stored = credentials.read(&chosen.name).map_err(|error| error.failure("Could not read the login"))?;
    let Some(stored) = stored else { return Ok(at(TokenPlace::Nowhere)) };
    Ok(TokenFacts {
        place: TokenPlace::Login(credentials.path(&chosen.name)),
        obtained_at: stored.access.as_ref().map(|access| access.obtained_at),
        lifetime: stored.access.as_ref().and_then(|access| access.expires_in),
        signed_in_at: Some(stored.signed_in_at),
        signed_out: stored.signed_out.map(|out| (out.at, out.why)),
        protocol: match stored.key {
            Key::Client { .. } => Some("1"),
            Key::Refresh { .. } | Key::Mandate { .. } => Some("2"),
            Key::Gone => None,
        },
    })
}
