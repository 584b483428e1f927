//! Claim: credentials and addresses for a client token. Report: which of the addresses worked.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::keys;
use super::super::origin::Origin;
use super::super::registration::{Requirement, SERVICES, client_secret};
use super::super::shared::State;
use super::super::store::identity::{self as table, ClientRow};
use super::{read, refuse};

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
    let wanted: Vec<Requirement> = serde_json::from_str(&client.requirements).unwrap_or_default();
    let scopes: Value = serde_json::from_str(&client.scopes).unwrap_or_else(|_| json!([]));
    let mut instances = Map::new();
    let mut statuses = Map::new();
    for requirement in wanted {
        let Some((service, path, id)) = SERVICES.iter().find(|(service, ..)| *service == requirement.service) else {
            statuses.insert(requirement.key, json!("unavailable"));
            continue;
        };
        let instance = json!({
            "service": service,
            "identifier": id,
            "aliases": [alias(origin, id, path)],
            "challenge_key": null,
        });
        statuses.insert(requirement.key.clone(), json!("granted"));
        instances.insert(requirement.key, instance);
    }
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

fn alias(origin: &Origin, id: &str, path: &str) -> Value {
    json!({
        "id": id,
        "ssl": origin.is_tls(),
        "host": origin.host,
        "port": origin.port,
        "path": path,
        "challenge": "ht",
    })
}

#[derive(Deserialize)]
struct Report {
    token: String,
    #[serde(default)]
    functional: bool,
}

/// `POST report/`.
pub async fn report(Shared(state): Shared<State>, body: Bytes) -> Json<Value> {
    let request: Report = match read(&body) {
        Ok(request) => request,
        Err(refusal) => return refusal,
    };
    let hash = keys::hash(&request.token);
    match state.store.write(move |transaction| table::report(transaction, &hash, request.functional)).await {
        Ok(true) => Json(json!({"status": "reported", "message": "Report processed successfully"})),
        Ok(false) => refuse("error", "No Client found for this token"),
        Err(error) => refuse("error", &error.to_string()),
    }
}
