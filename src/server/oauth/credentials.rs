//! The grant of protocol version 1: a client id with its secret.

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::authenticate::{self, Statement};
use super::super::clock;
use super::super::registration::is_client_secret;
use super::super::shared::State;
use super::super::store::identity::client_by_id;
use super::{Grant, OAuthError, SCOPES, scope};

const UNAUTHENTICATED: &str =
    "The client cannot authenticate with methods: ['client_secret_basic', 'client_secret_post']";

/// Gives an access token to whoever knows a client's secret.
pub async fn grant(state: &State, headers: &HeaderMap, form: Grant) -> Result<Value, OAuthError> {
    let unauthenticated = || OAuthError::new("invalid_client", UNAUTHENTICATED).status(StatusCode::UNAUTHORIZED);
    let basic = basic(headers);
    let unknown = if basic.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    let given = basic.or_else(|| form.client_id.clone().zip(form.client_secret.clone()));
    let (client_id, secret) = given.ok_or_else(unauthenticated)?;
    let wanted = client_id.clone();
    let client = state.store.read(move |connection| client_by_id(connection, &wanted)).await?;
    let Some(client) = client else {
        return Err(OAuthError::new("invalid_client", "The client does not exist on this server.").status(unknown));
    };
    if !is_client_secret(&state.keys, &client_id, &secret) {
        return Err(unauthenticated());
    }
    if client.blocked {
        return Err(OAuthError::blocked());
    }
    let scope = scope(form.scope.as_deref(), &SCOPES.join(" "));
    let life = i64::try_from(state.options.access_token_life.as_secs()).unwrap_or(i64::MAX);
    let statement = Statement { client: &client, scope: &scope, issuer: authenticate::ISSUER, login: None };
    let token = authenticate::issue(&state.keys, &statement, clock::seconds(), life);
    Ok(json!({"token_type": "Bearer", "access_token": token, "expires_in": life, "scope": scope}))
}

/// Client id and secret of HTTP Basic.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let text = String::from_utf8(STANDARD.decode(value.strip_prefix("Basic ")?.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}
