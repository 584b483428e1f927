//! Device codes and redeem tokens of version 1: how a program gets its client token.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State as Shared};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::clock;
use super::super::keys;
use super::super::registration::{Manifest, new_client_id};
use super::super::shared::{Peer, State};
use super::super::store::codes::{self as table, CodeRow};
use super::super::store::identity::{self, ClientRole};
use super::{read, refuse};

/// Codes that may wait at once; a stranger must not fill the disk.
pub(super) const WAITING: i64 = 200;
/// Longest life of a code, seconds.
pub(super) const LONGEST: i64 = 3600;

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Development,
    Website,
    Desktop,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum Role {
    #[default]
    Interface,
    Agent,
}

impl From<Role> for ClientRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Interface => Self::Interface,
            Role::Agent => Self::Agent,
        }
    }
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

pub(super) fn five_minutes() -> i64 {
    300
}

/// `POST start/`: a new device code.
pub async fn start(Shared(state): Shared<State>, ConnectInfo(peer): ConnectInfo<Peer>, body: Bytes) -> Json<Value> {
    let request: Start = match read(&body) {
        Ok(request) => request,
        Err(refusal) => return refusal,
    };
    if matches!(request.requested_client_kind, Kind::Website | Kind::Desktop) {
        return refuse("error", "Unknown client kind or no longer supported");
    }
    if let Err(error) = request.manifest.check() {
        return refuse("error", &error.to_string());
    }
    match add_code(&state, &request, peer.address.ip().to_string()).await {
        Ok(code) => Json(json!({"status": "granted", "code": code})),
        Err(text) => refuse("error", &text),
    }
}

async fn add_code(state: &State, request: &Start, host: String) -> Result<String, String> {
    let code = keys::hex(&keys::random::<4>().map_err(|error| error.to_string())?);
    let now = clock::now();
    let row = CodeRow {
        id: 0,
        code: code.clone(),
        manifest: serde_json::to_string(&request.manifest).map_err(|error| error.to_string())?,
        role: request.requested_client_role.into(),
        host: Some(host),
        nonce: uuid::Uuid::new_v4().to_string(),
        denied: false,
        client_row: None,
        expires_at: now + request.expiration_time_seconds.clamp(0, LONGEST) * 1000,
        created_at: now,
        polling: None,
    };
    let added = state.store.write(move |transaction| table::add_code(transaction, &row, WAITING)).await;
    if added.map_err(|error| error.to_string())? {
        Ok(code)
    } else {
        Err(String::from("Too many device codes are waiting; try again in a few minutes"))
    }
}

#[derive(Deserialize)]
struct Challenge {
    code: String,
}

/// `POST challenge/`: how a device code stands.
pub async fn challenge(Shared(state): Shared<State>, body: Bytes) -> Json<Value> {
    let request: Challenge = match read(&body) {
        Ok(request) => request,
        Err(refusal) => return refusal,
    };
    let found = state.store.read(move |connection| table::code_by_text(connection, &request.code)).await;
    // The user code of version 2 is shown to anybody: it must not be worth a token.
    let row = match found.map(|row| row.filter(|row| row.polling.is_none())) {
        Ok(Some(row)) => row,
        Ok(None) => return refuse("error", "Challenge does not exist"),
        Err(error) => return refuse("error", &error.to_string()),
    };
    let over = row.denied || row.expires_at < clock::now();
    if over {
        let id = row.id;
        if let Err(error) = state.store.write(move |transaction| table::remove_code(transaction, id)).await {
            return refuse("error", &error.to_string());
        }
    }
    // Whoever was approved gets the token even when the last poll comes a little late.
    match row.client_row {
        Some(_) => Json(json!({"status": "granted", "token": state.code_token(&row)})),
        None if row.denied => refuse("denied", "The request was denied"),
        None if over => refuse("expired", "The code has expired"),
        None => Json(json!({"status": "pending", "message": "Nobody has approved the code yet"})),
    }
}

#[derive(Deserialize)]
struct Redeem {
    token: String,
    manifest: Manifest,
    #[serde(default)]
    requested_client_role: Role,
}

/// `POST redeem/`: a client token without a person.
pub async fn redeem(Shared(state): Shared<State>, body: Bytes) -> Json<Value> {
    let request: Redeem = match read(&body) {
        Ok(request) => request,
        Err(refusal) => return refusal,
    };
    match redeem_token(&state, request).await {
        Ok(token) => Json(json!({"status": "granted", "token": token})),
        Err(text) => refuse("error", &text),
    }
}

async fn redeem_token(state: &State, request: Redeem) -> Result<String, String> {
    request.manifest.check().map_err(|error| error.to_string())?;
    let hash = keys::hash(&request.token);
    let row = state
        .store
        .read(move |connection| identity::redeem_by_hash(connection, &hash))
        .await
        .map_err(|error| error.to_string())?
        .ok_or("Invalid redeem token")?;
    if row.expires_at.is_some_and(|expires_at| expires_at < clock::now()) {
        let id = row.id;
        state
            .store
            .write(move |transaction| identity::remove_redeem(transaction, id))
            .await
            .map_err(|e| e.to_string())?;
        return Err(String::from("Redeem token expired"));
    }
    let fingerprint = request.manifest.fingerprint();
    if row.manifest_hash.as_ref().is_some_and(|former| *former != fingerprint) && !row.allow_reredeem {
        return Err(String::from(
            "This redeem token was already redeemed with a different manifest. \
             Make another one with: kab serve token add --redeem",
        ));
    }
    request.manifest.check_services().map_err(|error| error.to_string())?;
    let token = state.keys.secret("redeemed", &format!("{}\n{fingerprint}", row.nonce));
    let hash = keys::hash(&token);
    let key = request.manifest.client_key(row.member, request.requested_client_role.into());
    state
        .store
        .write(move |transaction| {
            let now = clock::now();
            let client = identity::ensure_client(transaction, &key, &new_client_id(), now)?;
            identity::add_token(transaction, client, &hash, now)?;
            identity::redeemed(transaction, row.id, client, &fingerprint)
        })
        .await
        .map_err(|error| error.to_string())?;
    Ok(token)
}
