//! The end of a login (RFC 7009): its refresh token and all its access tokens count no longer.

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State as Shared};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::super::authenticate::login_of;
use super::super::shared::State;
use super::super::store::identity::client_by_row;
use super::super::store::logins::{login_by_nonce, remove_login};
use super::{OAuthError, needed, refresh, uncached};

/// The form of a revocation. Not Debug: it holds a token.
#[derive(Deserialize, Default)]
pub struct Revocation {
    token: Option<String>,
    client_id: Option<String>,
}

/// `POST o/revoke/`. A token that nobody knows is as good as ended; the hint about its kind is not needed.
pub async fn revoke(Shared(state): Shared<State>, form: Result<Form<Revocation>, FormRejection>) -> Response {
    let form = form.map(|Form(form)| form).unwrap_or_default();
    match end(&state, form).await {
        // Clients read every answer as JSON.
        Ok(()) => uncached(Json(json!({})).into_response()),
        Err(error) => error.into_response(),
    }
}

async fn end(state: &State, form: Revocation) -> Result<(), OAuthError> {
    let token = needed(form.token, "token")?;
    let nonce = refresh::read(&state.keys, &token).map(|known| known.nonce).or_else(|| login_of(&state.keys, &token));
    let Some(nonce) = nonce else { return Ok(()) };
    let is_another = state.store.write(move |transaction| {
        let Some(login) = login_by_nonce(transaction, &nonce)? else { return Ok(false) };
        let client = client_by_row(transaction, login.client_row)?;
        if let (Some(client), Some(named)) = (client, form.client_id)
            && !refresh::is_of(&login, &client, &named)
        {
            return Ok(true);
        }
        remove_login(transaction, login.id)?;
        Ok(false)
    });
    if is_another.await? {
        return Err(OAuthError::new("invalid_client", "The token belongs to another client."));
    }
    Ok(())
}
