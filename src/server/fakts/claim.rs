//! Claim: credentials and addresses for a client token.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::keys;
use super::super::origin::Origin;
use super::super::registration::client_secret;
use super::super::shared::State;
use super::super::store::identity::{self as table, ClientRow};
use super::{alias, read, refuse, services};

#[derive(Deserialize)]
struct Claim {
    token: String,
}

/// `POST claim/`.
pub async fn claim(Shared(state): Shared<State>, origin: Origin, body: Bytes) -> Json<Value> {
    let request: Claim = match read(&body) {
        Ok(request) => request,
        Err(refusal) => return refusal,
    };
    let hash = keys::hash(&request.token);
    match state.store.read(move |connection| table::client_by_token(connection, &hash)).await {
        Ok(Some(client)) if client.blocked => refuse("error", "Membership is blocked"),
        Ok(Some(client)) => {
            Json(json!({"status": "granted", "config": config(&state, &origin, &client, &request.token)}))
        }
        Ok(None) => refuse("error", "No Client found for this token"),
        Err(error) => refuse("error", &error.to_string()),
    }
}

fn config(state: &State, origin: &Origin, client: &ClientRow, token: &str) -> Value {
    let root = origin.url();
    let scopes: Value = serde_json::from_str(&client.scopes).unwrap_or_else(|_| json!([]));
    let (instances, statuses) = services(client, |(service, path, id)| {
        json!({
            "service": service,
            "identifier": id,
            "aliases": [alias(origin, id, path)],
            "challenge_key": null,
        })
    });
    json!({
        "self": {"deployment_name": state.options.name, "alias": alias(origin, "self", "lok")},
        "auth": {
            "ionscale_auth_key": null,
            "client_token": token,
            "client_id": client.client_id,
            "client_secret": client_secret(&state.keys, &client.client_id),
            "scopes": scopes,
            "token_url": format!("{root}/lok/o/token/"),
            "report_url": format!("{root}/lok/f/report/"),
        },
        "instances": instances,
        "statuses": statuses,
    })
}
