//! Protocol version 1 after somebody has said yes: claim, redeem tokens, and the report of what worked.

use std::collections::BTreeMap;

use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::error::{Error, Result};
use super::super::http::{Http, url_of};
use super::super::secret::Secret;
use super::alias::Instances;
use super::discovery::{Discovery, collapsed};
use super::manifest::Manifest;
use super::{lenient, read, said};

/// The claim's answer, as far as it is used.
#[derive(Debug, Clone, Deserialize)]
pub struct Fakts {
    /// Credentials.
    pub auth: Auth,
    /// Services by the manifest's requirement key.
    #[serde(default, deserialize_with = "lenient::some_instances")]
    pub instances: Instances,
}

/// OAuth credentials of the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Auth {
    /// OAuth client id; joins a backend or pod to its agent.
    pub client_id: String,
    /// OAuth client secret.
    pub client_secret: Secret,
    /// Where access tokens are issued.
    pub token_url: String,
    /// Where to tell which addresses worked; old servers have none.
    #[serde(default)]
    pub report_url: Option<String>,
    /// What the client may ask for.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// What became of one service's addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AliasReport {
    /// The alias that worked.
    pub alias_id: Option<String>,
    /// Whether one did.
    pub valid: bool,
    /// Why none did.
    pub reason: Option<String>,
}

/// Trades a client token for credentials and addresses.
///
/// # Errors
/// When the token is refused, or the server cannot be asked.
pub async fn claim(http: &Http, base_url: &str, client_token: &Secret) -> Result<Fakts> {
    let secure = base_url.starts_with("https://");
    let body = json!({ "token": client_token.expose(), "secure": secure });
    let mut answer = http.post_json("Lok", call(base_url, "claim/")?, &body).await?;
    match answer["status"].as_str() {
        Some("granted") => read(answer["config"].take()),
        status => Err(refusal(status, said(&answer))),
    }
}

/// Only the word that there is no such client ends a login. One that is blocked, or denied today, may be let in again; a
/// server in trouble, or one that does not understand the question, says nothing about the login.
fn refusal(status: Option<&str>, why: String) -> Error {
    if why.contains("No Client found") {
        return Error::SignIn(why);
    }
    let speaks_of_the_client = ["blocked", "token"].iter().any(|word| why.contains(word));
    if status == Some("denied") || speaks_of_the_client { Error::Barred(why) } else { Error::Refused(why) }
}

/// Trades a redeem token for a client token.
///
/// # Errors
/// When the token is refused, or the server cannot be asked.
pub async fn redeem(http: &Http, discovery: &Discovery, redeem_token: &Secret, manifest: &Manifest) -> Result<Secret> {
    let body = json!({
        "token": redeem_token.expose(),
        "manifest": manifest.for_version_one(),
        "requested_client_role": manifest.role(),
    });
    let answer = http.post_json("Lok", call(&discovery.base_url, "redeem/")?, &body).await?;
    match (answer["status"].as_str(), answer["token"].as_str()) {
        (Some("granted"), Some(token)) => Ok(Secret::new(token)),
        _ => Err(Error::SignIn(said(&answer))),
    }
}

/// Tells Lok which addresses worked.
///
/// # Errors
/// When it does not take the report; nothing depends on it.
pub async fn report(
    http: &Http,
    report_url: &str,
    client_token: &Secret,
    reports: &BTreeMap<String, AliasReport>,
) -> Result<()> {
    let functional = reports.values().all(|report| report.valid);
    let body = json!({"token": client_token.expose(), "functional": functional, "alias_reports": reports});
    let answer = http.post_json("Lok", url_of("Lok", &collapsed(report_url))?, &body).await?;
    if answer["status"] == "reported" { Ok(()) } else { Err(Error::Refused(said(&answer))) }
}

/// Where a report of version 2 goes, and who signs it.
#[derive(Debug, Clone, Copy)]
pub struct SignedReport<'a> {
    /// Prefix of the deployment's fakts calls.
    pub base_url: &'a str,
    /// Where tokens come from; the report goes to the same server or nowhere.
    pub token_endpoint: &'a str,
    /// An access token.
    pub token: &'a Secret,
}

/// Tells a deployment of version 2 which addresses worked.
///
/// # Errors
/// When it does not take the report; nothing depends on it.
pub async fn report_signed(http: &Http, to: SignedReport<'_>, reports: &BTreeMap<String, AliasReport>) -> Result<()> {
    let url = call(to.base_url, "report/")?;
    if url.origin() != url_of("Lok", to.token_endpoint)?.origin() {
        return Err(Error::Refused(format!("{url} is another server than the one that gives tokens")));
    }
    let functional = reports.values().all(|report| report.valid);
    let body = json!({"functional": functional, "alias_reports": reports});
    let answer = http.post_signed("Lok", url, &body, to.token).await?;
    if (200..300).contains(&answer.status) { Ok(()) } else { Err(Error::Refused(said(&answer.body))) }
}

/// A call of version 1. All of them end in a slash; without it the server redirects.
pub(super) fn call(base_url: &str, name: &str) -> Result<Url> {
    url_of("Lok", &format!("{base_url}{name}"))
}

/// An answer of `start/` or `challenge/` has the outcome in `status`, whatever the HTTP status.
pub(super) fn status(answer: &Value) -> &str {
    answer["status"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_that_there_is_no_client_ends_a_login() {
        let over = |status: &str, why: &str| matches!(refusal(Some(status), why.into()), Error::SignIn(_));
        assert!(over("error", "No Client found for this token"));
        let barred = |status: &str, why: &str| matches!(refusal(Some(status), why.into()), Error::Barred(_));
        assert!(barred("denied", "no"));
        assert!(barred("error", "Membership is blocked"));
        for why in ["Error creating configuration", "Malformed request: 1 validation error"] {
            assert!(!over("error", why) && !barred("error", why), "{why}");
        }
    }
}
