//! The start of a login of version 2 (RFC 8628, but with a JSON request that brings the manifest).
//!
//! No client is kept before somebody approves: a stranger must not fill the store.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State as Shared};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::clock;
use super::super::keys;
use super::super::origin::Origin;
use super::super::registration::{Manifest, new_client_id};
use super::super::shared::{Peer, State};
use super::super::store::codes::{self, CodeRow, Polling};
use super::codes::{LONGEST, Role, WAITING, five_minutes};

#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Development,
    Website,
    Desktop,
    Hub,
    RelyingParty,
}

#[derive(Deserialize)]
struct Start {
    manifest: Manifest,
    #[serde(default = "five_minutes")]
    expiration_time_seconds: i64,
    #[serde(default)]
    requested_client_kind: Kind,
    #[serde(default)]
    requested_client_role: Role,
}

/// `POST o/device/`: a device code, and the user code that a person approves.
pub async fn device(
    Shared(state): Shared<State>,
    origin: Origin,
    ConnectInfo(peer): ConnectInfo<Peer>,
    body: Bytes,
) -> Response {
    let request: Start = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return refuse(&format!("Malformed request: {error}")),
    };
    // The others are sent back to an address of their own, or serve others: nobody here could approve that.
    if !matches!(request.requested_client_kind, Kind::Development | Kind::Desktop) {
        return refuse("Unknown client kind or no longer supported");
    }
    if let Err(error) = request.manifest.check() {
        return refuse(&error.to_string());
    }
    match begin(&state, &origin, &request, peer.address.ip().to_string()).await {
        Ok(Some(reply)) => uncached(Json(reply).into_response()),
        Ok(None) => {
            let body = json!({"error": "slow_down", "error_description": "Too many codes wait already."});
            uncached((StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response())
        }
        Err(error) => {
            tracing::error!(error, "no device code could be made");
            let body = json!({"error": "server_error", "error_description": error});
            (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
        }
    }
}

/// Makes the codes; `None`: too many wait.
async fn begin(state: &State, origin: &Origin, request: &Start, host: String) -> Result<Option<Value>, String> {
    let code = keys::hex(&keys::random::<4>().map_err(|error| error.to_string())?);
    let device_code = keys::hex(&keys::random::<32>().map_err(|error| error.to_string())?);
    let client_id = new_client_id();
    let now = clock::now();
    let seconds = request.expiration_time_seconds.clamp(0, LONGEST);
    let interval = i64::try_from(state.options.poll_interval.as_secs()).unwrap_or(i64::MAX);
    let row = CodeRow {
        id: 0,
        code: code.clone(),
        manifest: serde_json::to_string(&request.manifest).map_err(|error| error.to_string())?,
        role: request.requested_client_role.into(),
        host: Some(host),
        nonce: uuid::Uuid::new_v4().to_string(),
        denied: false,
        client_row: None,
        expires_at: now + seconds * 1000,
        created_at: now,
        polling: Some(Polling {
            device_hash: keys::hash(&device_code),
            client_id: client_id.clone(),
            seconds: interval,
            polled_at: None,
        }),
    };
    let user_code = row.shown();
    let added = state.store.write(move |transaction| codes::add_code(transaction, &row, WAITING)).await;
    if !added.map_err(|error| error.to_string())? {
        return Ok(None);
    }
    let root = origin.url();
    Ok(Some(json!({
        "device_code": device_code,
        "user_code": user_code,
        "client_id": client_id,
        "verification_uri": format!("{root}/device"),
        "verification_uri_complete": format!("{root}/configure/{user_code}"),
        "expires_in": seconds,
        "interval": interval,
    })))
}

/// An error in the words of RFC 6749, with those of version 1 beside it.
fn refuse(why: &str) -> Response {
    let body = json!({"error": "invalid_request", "error_description": why, "status": "error", "message": why});
    uncached((StatusCode::BAD_REQUEST, Json(body)).into_response())
}

fn uncached(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
