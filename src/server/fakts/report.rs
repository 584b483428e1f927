//! Report: which of the addresses worked, told with the client token (version 1) or an access token (version 2).

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::super::authenticate::{self, Refusal};
use super::super::clock;
use super::super::keys;
use super::super::shared::State;
use super::super::store::identity as table;
use super::{read, refuse};

#[derive(Deserialize)]
struct Report {
    token: Option<String>,
    #[serde(default)]
    functional: bool,
}

/// `POST report/`.
pub async fn report(Shared(state): Shared<State>, headers: HeaderMap, body: Bytes) -> Response {
    let request: Report = match read(&body) {
        Ok(request) => request,
        Err(refusal) => return refusal.into_response(),
    };
    let functional = request.functional;
    let noted = match request.token {
        Some(token) => {
            let hash = keys::hash(&token);
            state.store.write(move |transaction| table::report(transaction, &hash, functional)).await
        }
        None => match bearer(&state, &headers).await {
            Ok(row) => state
                .store
                .write(move |transaction| table::report_of(transaction, row, functional))
                .await
                .map(|()| true),
            Err(refusal) => return unauthorized(&refusal),
        },
    };
    let reply = match noted {
        Ok(true) => Json(json!({"status": "reported", "message": "Report processed successfully"})),
        Ok(false) => refuse("error", "No Client found for this token"),
        Err(error) => refuse("error", &error.to_string()),
    };
    reply.into_response()
}

/// The client of the access token.
async fn bearer(state: &State, headers: &HeaderMap) -> Result<i64, Refusal> {
    let value = headers.get(header::AUTHORIZATION).ok_or(Refusal::Missing)?;
    let token = value.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).ok_or(Refusal::Scheme)?;
    let verified = authenticate::verify(&state.keys, &state.store, token, clock::seconds()).await?;
    Ok(verified.identity.client_row)
}

fn unauthorized(refusal: &Refusal) -> Response {
    let mut response = (StatusCode::UNAUTHORIZED, refuse("error", &refusal.to_string())).into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"kab\""));
    response
}
