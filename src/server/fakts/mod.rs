//! Discovery and the fakts hand-shake, version 1: from a host name to credentials and addresses.
//!
//! Every reply is HTTP 200; the outcome stands in `status`. Refusals carry their text in `error` and in `message`,
//! because clients read one or the other.

mod claim;
mod codes;
pub mod pages;

use axum::Json;
use axum::extract::State as Shared;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::origin::Origin;
use super::shared::State;

pub use claim::{claim, report};
pub use codes::{challenge, redeem, start};

/// `GET /.well-known/fakts`.
pub async fn discovery(Shared(state): Shared<State>, origin: Origin) -> Json<Value> {
    let root = origin.url();
    Json(json!({
        "name": state.options.name,
        "version": env!("CARGO_PKG_VERSION"),
        "protocol_version": "1",
        "description": "Kabinet, Rekuest and Lok of kab",
        "claim": format!("{root}/lok/f/claim/"),
        "base_url": format!("{root}/lok/f/"),
        "frontend_url": format!("{root}/"),
        "configure_url": format!("{root}/configure/"),
    }))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Json<Value>> {
    serde_json::from_slice(body).map_err(|error| refuse("error", &format!("Malformed request: {error}")))
}

fn refuse(status: &str, text: &str) -> Json<Value> {
    Json(json!({"status": status, "error": text, "message": text}))
}
