//! Mandate keys: a program with a manifest and a key of the operator gets in without a person, again and again.
//!
//! A key is not bound to one manifest, so that a program may be brought up to date. It gives no refresh token: whoever
//! has the key asks again.

use serde_json::Value;

use super::super::clock;
use super::super::keys;
use super::super::origin::Origin;
use super::super::registration::{Manifest, new_client_id};
use super::super::shared::State;
use super::super::store::identity::{ClientRole, client_by_row, ensure_client};
use super::super::store::logins::use_mandate;
use super::envelope::Envelope;
use super::{Grant, OAuthError, SCOPES, needed, scope};

/// Kinds that a program without a person may be.
const KINDS: [&str; 3] = ["development", "desktop", "mobile"];

/// Gives an access token to the client of a manifest.
pub async fn grant(state: &State, origin: &Origin, form: Grant) -> Result<Value, OAuthError> {
    let hash = keys::hash(&needed(form.key, "key")?);
    let manifest = needed(form.manifest, "manifest")?;
    let refuse = |why: String| OAuthError::new("invalid_request", why);
    if let Some(kind) = form.requested_client_kind.filter(|kind| !KINDS.contains(&kind.as_str())) {
        return Err(refuse(format!("A mandate key cannot let in a client of the kind {kind}.")));
    }
    let role = match form.requested_client_role.as_deref() {
        None | Some("interface") => ClientRole::Interface,
        Some("agent") => ClientRole::Agent,
        Some(other) => return Err(refuse(format!("There is no client role {other}."))),
    };
    let manifest: Manifest =
        serde_json::from_str(&manifest).map_err(|error| refuse(format!("Malformed manifest: {error}")))?;
    manifest.check().map_err(|error| refuse(error.to_string()))?;
    manifest.check_services().map_err(|error| refuse(error.to_string()))?;
    let client = state.store.write(move |transaction| {
        let now = clock::now();
        let Some(member) = use_mandate(transaction, &hash, now)? else { return Ok(None) };
        let row = ensure_client(transaction, &manifest.client_key(member, role), &new_client_id(), now)?;
        client_by_row(transaction, row)
    });
    let Some(client) = client.await? else {
        return Err(OAuthError::new("invalid_grant", "The mandate key is unknown here."));
    };
    if client.blocked {
        return Err(OAuthError::blocked());
    }
    let scope = scope(form.scope.as_deref(), &SCOPES.join(" "));
    Ok(Envelope { client: &client, login: None, scope: &scope }.reply(state, origin))
}
