//! The fakts hand-shake (protocol version 1), from the client's side: discovery, claim, and working addresses.
//!
//! Device codes and redeeming belong to signing in to remote servers and are not here: whoever calls has a client
//! token already (an engine, an app, the local server's own store).

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::future::join_all;
use serde::Deserialize;

use super::{
    Secret,
    error::{Error, Result},
    http::{Http, url_of},
};

/// Well-known service ids.
pub const KABINET: &str = "live.arkitekt.kabinet";
/// Rekuest's service id.
pub const REKUEST: &str = "live.arkitekt.rekuest";
/// Lok's service id.
pub const LOK: &str = "live.arkitekt.lok";

/// How long one address may take to prove that it works (§7 of the protocol).
const PROBE: Duration = Duration::from_secs(3);

/// What `.well-known/fakts` tells.
#[derive(Debug, Clone, Deserialize)]
pub struct Discovery {
    /// The deployment's name.
    pub name: String,
    /// Prefix of every fakts call; ends in a slash.
    pub base_url: String,
}

/// The claim's answer, as far as it is used.
#[derive(Debug, Clone, Deserialize)]
pub struct Fakts {
    /// Credentials.
    pub auth: Auth,
    /// Services by the manifest's requirement key.
    #[serde(default)]
    pub instances: BTreeMap<String, Instance>,
}

/// OAuth credentials of the client.
#[derive(Debug, Clone, Deserialize)]
pub struct Auth {
    /// OAuth client id; joins a backend or pod to its agent.
    pub client_id: String,
    /// OAuth client secret.
    pub client_secret: Secret,
    /// Where access tokens are issued.
    pub token_url: String,
    /// What the client may ask for.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// A service of the deployment.
#[derive(Debug, Clone, Deserialize)]
pub struct Instance {
    /// The service id.
    pub service: String,
    /// Where it may be reached, best first.
    #[serde(default)]
    pub aliases: Vec<Alias>,
    /// The key that its challenge must be signed with.
    #[serde(default)]
    pub challenge_key: Option<ChallengeKey>,
}

/// An address that may work.
#[derive(Debug, Clone, Deserialize)]
pub struct Alias {
    /// https?
    #[serde(default = "yes")]
    pub ssl: bool,
    /// Host name or address.
    pub host: String,
    /// Port; `None`: the scheme's own.
    #[serde(default)]
    pub port: Option<u16>,
    /// Path without slashes at the ends.
    #[serde(default)]
    pub path: Option<String>,
    /// Path that proves that it works, relative to the alias.
    #[serde(default = "health")]
    pub challenge: String,
}

/// The public key of a service.
#[derive(Debug, Clone, Deserialize)]
pub struct ChallengeKey {
    /// `ed25519` is the only kind known.
    pub kind: String,
    /// Base64 of 32 bytes.
    pub key: String,
}

fn yes() -> bool {
    true
}

fn health() -> String {
    String::from("ht")
}

impl Alias {
    /// `http(s)://host[:port][/path]`, without a slash at the end.
    pub fn url(&self) -> String {
        let scheme = if self.ssl { "https" } else { "http" };
        let host = if self.host.contains(':') && !self.host.starts_with('[') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        let path = self.path.as_deref().unwrap_or_default().trim_matches('/');
        let slash = if path.is_empty() { "" } else { "/" };
        format!("{scheme}://{host}{port}{slash}{path}")
    }
}

/// Asks the deployment where its fakts calls live. Input without a scheme is tried with https, then with http.
pub async fn discover(http: &Http, address: &str) -> Result<Discovery> {
    let address = address.trim().trim_end_matches('/');
    let candidates = if address.contains("://") {
        vec![address.to_owned()]
    } else {
        vec![format!("https://{address}"), format!("http://{address}")]
    };
    let mut last = None;
    for candidate in candidates {
        let url = url_of("Lok", &format!("{candidate}/.well-known/fakts"))?;
        match http.get_json("Lok", url).await {
            Ok(found) => return read("Lok", found),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| Error::NoAddress { service: "Lok".into(), why: "no address given".into() }))
}

/// Exchanges a client token for credentials and addresses.
pub async fn claim(http: &Http, discovery: &Discovery, client_token: &Secret) -> Result<Fakts> {
    let base = discovery.base_url.trim_end_matches('/');
    let url = url_of("Lok", &format!("{base}/claim/"))?;
    let secure = url.scheme() == "https";
    let body = serde_json::json!({ "token": client_token.expose(), "secure": secure });
    let mut answer = http.post_json("Lok", url, &body).await?;
    match answer["status"].as_str() {
        Some("granted") => read("Lok", answer["config"].take()),
        _ => Err(Error::SignIn(said(&answer))),
    }
}

/// The words of an answer that is not `granted`: some carry `error`, some `message`.
fn said(answer: &serde_json::Value) -> String {
    ["error", "message"]
        .iter()
        .find_map(|member| answer[*member].as_str())
        .unwrap_or("the claim was not granted")
        .to_owned()
}

/// The first address of the service that works; `Ok(None)` where the deployment does not offer it.
pub async fn working_address(http: &Http, fakts: &Fakts, service: &str) -> Result<Option<String>> {
    let short = service.rsplit('.').next().unwrap_or(service);
    let Some(instance) =
        fakts.instances.values().find(|instance| instance.service == service).or_else(|| fakts.instances.get(short))
    else {
        return Ok(None);
    };
    // All at once, but the first in the list wins: a slow first address costs its limit at most.
    let probes = instance.aliases.iter().map(|alias| async move {
        let url = alias.url();
        (probe(http, alias, instance.challenge_key.as_ref()).await, url)
    });
    let mut tried = Vec::new();
    for (outcome, url) in join_all(probes).await {
        match outcome {
            Ok(()) => return Ok(Some(url)),
            Err(why) => tried.push(format!("{url} ({why})")),
        }
    }
    let why = if tried.is_empty() { String::from("none was given") } else { tried.join(", ") };
    Err(Error::NoAddress { service: short.to_owned(), why })
}

async fn probe(http: &Http, alias: &Alias, key: Option<&ChallengeKey>) -> Result<()> {
    let mut url = url_of("the service", &format!("{}/{}", alias.url(), alias.challenge.trim_start_matches('/')))?;
    let key = key.filter(|key| key.kind == "ed25519");
    let Some(key) = key else {
        return http.get_ok("the service", url, PROBE).await;
    };
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    url.query_pairs_mut().append_pair("nonce", &nonce);
    let answer = tokio::time::timeout(PROBE, http.get_json("the service", url))
        .await
        .map_err(|_| Error::Deadline { service: "the service".into(), after: PROBE })??;
    let refused = || Error::Refused("it does not sign the challenge with the deployment's key".into());
    let signature = answer["signature"].as_str().and_then(|text| BASE64_STANDARD.decode(text).ok());
    let public = BASE64_STANDARD.decode(&key.key).map_err(|_| refused())?;
    let message = format!("fakts-challenge-v1:{nonce}");
    ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, public)
        .verify(message.as_bytes(), &signature.ok_or_else(refused)?)
        .map_err(|_| refused())
}

fn read<T: serde::de::DeserializeOwned>(service: &str, value: serde_json::Value) -> Result<T> {
    serde_json::from_value(value)
        .map_err(|error| Error::Unreadable { service: service.to_owned(), why: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_composed_as_the_protocol_says() {
        let alias = |ssl, host: &str, port, path: Option<&str>| Alias {
            ssl,
            host: host.into(),
            port,
            path: path.map(str::to_owned),
            challenge: health(),
        };
        assert_eq!(alias(true, "lab.org", None, Some("kabinet")).url(), "https://lab.org/kabinet");
        assert_eq!(alias(false, "10.1.2.3", Some(8080), Some("/kabinet/")).url(), "http://10.1.2.3:8080/kabinet");
        assert_eq!(alias(false, "::1", Some(80), None).url(), "http://[::1]:80");
    }
}
