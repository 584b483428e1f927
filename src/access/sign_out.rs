//! Signing out: the login is taken back where the deployment can do that, and forgotten here.

use super::choice::Chosen;
use super::connect::client;
use super::store::{Credentials, Key};
use crate::config::{ContextName, Folders};
use crate::domain::{Failure, FailureKind};
use crate::services::fakts;

/// What signing out came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOff {
    /// The context.
    pub context: ContextName,
    /// Whether there was a login.
    pub was_signed_in: bool,
    /// Whether the deployment took the login back. It cannot with protocol version 1: what was copied stays good.
    pub was_revoked: bool,
    /// What the person should know.
    pub notes: Vec<String>,
}

/// Signs out of a context.
///
/// # Errors
/// When the context has no login of kab's, or the file cannot be removed.
pub async fn sign_out(folders: &Folders, chosen: &Chosen) -> Result<SignedOff, Failure> {
    let what = format!("Could not sign out of {}", chosen.name);
    if chosen.is_local() {
        return Err(Failure::new(what, "this machine's own server lets its user in without a login")
            .kind(FailureKind::Usage)
            .hint("--context NAME chooses another one."));
    }
    let credentials = Credentials::of(folders);
    let failed = |error: &crate::services::Error| error.failure(&what);
    let held = credentials.lock(&chosen.name).await.map_err(|error| failed(&error))?;
    let mut notes = Vec::new();
    let mut was_revoked = false;
    // A file that cannot be read is removed all the same.
    let stored = held.read().unwrap_or_else(|error| {
        notes.push(error.to_string());
        None
    });
    if let Some(Key::Refresh { client_id, refresh_token, revocation_endpoint: Some(endpoint), .. }) =
        stored.as_ref().map(|stored| &stored.key)
    {
        let revoked = match client(chosen) {
            Ok(http) => fakts::revoke(&http, endpoint, client_id, refresh_token).await,
            Err(error) => Err(error),
        };
        match revoked {
            Ok(()) => was_revoked = true,
            Err(error) => notes.push(format!("The deployment was not told: {error}")),
        }
    }
    held.remove().map_err(|error| failed(&error))?;
    if let Some(file) = chosen.entry.as_ref().and_then(|entry| entry.token_file.as_ref()) {
        notes.push(format!("The token in {} is not kab's and stays.", file.display()));
    }
    let was_signed_in = stored.is_some_and(|stored| stored.signed_out.is_none());
    Ok(SignedOff { context: chosen.name.clone(), was_signed_in, was_revoked, notes })
}
