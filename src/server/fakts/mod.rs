//! Discovery and the fakts hand-shake, from a host name to credentials and addresses: version 1, and what version 2
//! has beside the token endpoint.
//!
//! Every reply of version 1 is HTTP 200; the outcome stands in `status`. Refusals carry their text in `error` and in
//! `message`, because clients read one or the other.

mod claim;
mod codes;
mod device;
pub mod pages;
mod report;
mod services;

use axum::Json;
use axum::extract::State as Shared;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::oauth;
use super::options::FaktsVersion;
use super::origin::Origin;
use super::shared::State;

pub use claim::claim;
pub use codes::{challenge, redeem, start};
pub use device::device;
pub use report::report;
pub use services::{alias, alias_with_reach, services};

/// `GET /.well-known/fakts`. A deployment of both versions must say 2: clients of version 1 do not look.
pub async fn discovery(Shared(state): Shared<State>, origin: Origin) -> Json<Value> {
    let root = origin.url();
    let mut told = json!({
        "name": state.options.name,
        "version": env!("CARGO_PKG_VERSION"),
        "protocol_version": "1",
        "description": "Kabinet, Rekuest and Lok of kab",
        "claim": format!("{root}/lok/f/claim/"),
        "base_url": format!("{root}/lok/f/"),
        "frontend_url": format!("{root}/"),
        "configure_url": format!("{root}/configure/"),
    });
    let version = state.options.fakts;
    if version == FaktsVersion::Both {
        told["protocol_version"] = json!("2");
        told["issuer"] = json!(origin.issuer());
        told["token_endpoint"] = json!(format!("{root}/lok/o/token/"));
        told["device_authorization_endpoint"] = json!(format!("{root}/lok/o/device/"));
        told["revocation_endpoint"] = json!(format!("{root}/lok/o/revoke/"));
        told["jwks_uri"] = json!(format!("{root}/lok/o/jwks/"));
        told["grant_types_supported"] = json!(oauth::grants(version));
        told["token_endpoint_auth_methods_supported"] = json!(oauth::authentication(version));
        told["configure"] = json!(format!("{root}/configure/{{code}}"));
        told["mesh_coord_url"] = Value::Null;
    }
    Json(told)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Json<Value>> {
    serde_json::from_slice(body).map_err(|error| refuse("error", &format!("Malformed request: {error}")))
}

fn refuse(status: &str, text: &str) -> Json<Value> {
    Json(json!({"status": status, "error": text, "message": text}))
}
