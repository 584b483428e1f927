//! The fakts hand-shake from the client's side, protocol versions 1 and 2: from what a person types to credentials and
//! working addresses.
//!
//! Nothing here is kept on disk and nobody is asked anything: `access` does that. Certificates that a deployment pins
//! (`tls.certificates`) are not compared; of such an instance only encrypted addresses are used.

mod alias;
mod claim;
mod device;
mod discovery;
mod lenient;
mod manifest;
mod oauth;

pub use alias::{Alias, ChallengeKey, Found, Instance, Instances, Search, find_address};
pub use claim::{AliasReport, Auth, Fakts, SignedReport, claim, redeem, report, report_signed};
pub use device::{Device, Invitation, Pace, Poll, Redeemed, is_link};
pub use discovery::{Discovery, Encryption, Protocol, Reached, discover, endpoint, find, only_http};
pub use manifest::{Manifest, Part};
pub use oauth::{Grant, Mandate, client_credentials, mandate, refresh, revoke};

/// Well-known service ids.
pub const KABINET: &str = "live.arkitekt.kabinet";
/// Rekuest's service id.
pub const REKUEST: &str = "live.arkitekt.rekuest";
/// Lok's service id.
pub const LOK: &str = "live.arkitekt.lok";

/// The words of an answer that is not what was hoped for: some carry `error`, some `message`. The validation reports of
/// these servers have many lines; the first one says enough.
fn said(answer: &serde_json::Value) -> String {
    let text = ["error_description", "error", "message", "detail"]
        .iter()
        .find_map(|member| answer[*member].as_str().filter(|text| !text.is_empty()))
        .unwrap_or("the server gives no reason");
    text.lines().next().unwrap_or_default().to_owned()
}

fn read<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> super::Result<T> {
    serde_json::from_value(value)
        .map_err(|error| super::Error::Unreadable { service: "Lok".into(), why: error.to_string() })
}
