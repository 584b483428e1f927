//! Discovery: from what a person types to a deployment's endpoints.

use std::time::Duration;

use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::error::{Error, Result};
use super::super::http::{Http, is_loopback, url_of, without_password};
use super::super::tls::CertificateFault;

/// How long one address may take to answer.
const PATIENCE: Duration = Duration::from_secs(8);
/// Where a deployment tells about itself; without a slash at the end.
const DOCUMENT: &str = ".well-known/fakts";

/// Which version of the protocol a deployment speaks; they have nothing in common but discovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// Client tokens and claims.
    #[serde(rename = "1")]
    One,
    /// OAuth for public clients.
    #[serde(rename = "2")]
    Two,
}

/// Whether anything but this machine may be spoken to without encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// It must be encrypted.
    Required,
    /// A person, or the place where kab runs, has said that it need not be.
    Optional,
}

/// What a deployment tells about itself. Addresses have been put right already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// The deployment's name.
    pub name: String,
    /// The protocol.
    pub protocol: Protocol,
    /// The address that it answered at, without a slash at the end.
    pub address: String,
    /// Prefix of every fakts call; ends in a slash.
    pub base_url: String,
    /// The web pages, where codes are approved.
    pub frontend_url: Option<String>,
    /// Where codes are approved: `…/configure/`.
    pub configure_url: Option<String>,
    /// OAuth token endpoint (version 2).
    pub token_endpoint: Option<String>,
    /// Where a device login begins (version 2).
    pub device_endpoint: Option<String>,
    /// Where a login is taken back (version 2).
    pub revocation_endpoint: Option<String>,
}

/// What was found where a person said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// A deployment.
    Deployment(Box<Discovery>),
    /// A deployment that answers without encryption only. Going on needs a person's clear word.
    OnlyHttp(Box<Discovery>),
}

/// The document, as far as it is used.
#[derive(Deserialize)]
struct Document {
    name: Option<String>,
    protocol_version: Option<Value>,
    claim: Option<String>,
    base_url: Option<String>,
    frontend_url: Option<String>,
    configure_url: Option<String>,
    token_endpoint: Option<String>,
    device_authorization_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
}

/// Finds the deployment that a person means: a host, a host and port, or a URL, with or without a path. Encryption is
/// tried first. An untrusted certificate is an error, never a reason to go without.
///
/// # Errors
/// When nothing answers there, or no deployment does.
pub async fn find(http: &Http, typed: &str, encryption: Encryption) -> Result<Reached> {
    let mut first_error: Option<Error> = None;
    for candidate in candidates(typed)? {
        let is_open = candidate.scheme() == "http" && !is_loopback(&candidate);
        // What an encrypted deployment names must be encrypted, too.
        let allowed = if is_open { Encryption::Optional } else { encryption };
        match ask(http, &candidate, allowed).await {
            Ok(found) if is_open && encryption == Encryption::Required => {
                return Ok(Reached::OnlyHttp(Box::new(found)));
            }
            Ok(found) => return Ok(Reached::Deployment(Box::new(found))),
            Err(error @ Error::Certificate { fault: CertificateFault::NoTls(_), .. }) => {
                first_error.get_or_insert(error);
            }
            // A deployment that must not be used is one all the same.
            Err(error @ (Error::Certificate { .. } | Error::Refused(_))) => return Err(error),
            // What a server says about an address says more than that there is none at another.
            Err(error) => match &first_error {
                Some(Error::Network { .. } | Error::Certificate { .. } | Error::Deadline { .. }) | None => {
                    first_error = Some(error);
                }
                Some(_) => {}
            },
        }
    }
    Err(first_error.unwrap_or_else(|| no_deployment(typed, "nothing answers there")))
}

/// Asks the deployment at a known address. Without a scheme, and where encryption is required, https is tried before
/// http.
///
/// # Errors
/// When it does not answer, or only in a way that was not permitted.
pub async fn discover(http: &Http, address: &str, encryption: Encryption) -> Result<Discovery> {
    let address = address.trim().trim_end_matches('/');
    if encryption == Encryption::Optional && address.contains("://") {
        return ask(http, &url_of("Lok", address)?, encryption).await;
    }
    match find(http, address, encryption).await? {
        Reached::Deployment(found) => Ok(*found),
        Reached::OnlyHttp(found) => Err(only_http(&found.address)),
    }
}

/// What a program says that nobody can ask.
pub fn only_http(address: &str) -> Error {
    let why = "answers without encryption only, and everybody on the way could read the login";
    Error::SignIn(format!("{address} {why}; --allow-http permits it"))
}

async fn ask(http: &Http, address: &Url, encryption: Encryption) -> Result<Discovery> {
    let address_text = address.as_str().trim_end_matches('/');
    let url = url_of("Lok", &format!("{address_text}/{DOCUMENT}"))?;
    let answer = tokio::time::timeout(PATIENCE, http.get_json("Lok", url))
        .await
        .map_err(|_| Error::Deadline { service: "Lok".into(), after: PATIENCE })??;
    understand(address, answer, encryption)
}

/// The addresses that a person may mean, in the order in which they are tried.
fn candidates(typed: &str) -> Result<Vec<Url>> {
    let mut text = typed.trim();
    if text.ends_with("://") {
        return Err(no_deployment(typed, "it names no server"));
    }
    // People copy what they see.
    text = text.trim_end_matches('/');
    for tail in [DOCUMENT, "lok/f"] {
        text = text.strip_suffix(tail).unwrap_or(text).trim_end_matches('/');
    }
    let given = match text.split_once("://") {
        None => url_of("Lok", &format!("https://{text}"))?,
        Some(_) => url_of("Lok", text)?,
    };
    if !matches!(given.scheme(), "http" | "https") || given.host_str().is_none_or(str::is_empty) {
        return Err(no_deployment(typed, "it has to begin with https:// or http://"));
    }
    if !given.username().is_empty() || given.password().is_some() {
        return Err(no_deployment(typed, "an address must not hold a name or a password"));
    }
    let with_scheme = |scheme: &str| {
        let mut url = given.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.set_scheme(scheme).ok().map(|()| url)
    };
    let schemes: &[&str] = match (text.contains("://"), given.scheme()) {
        (true, "https") => &["https"],
        // Whoever names a port, or this machine, means just that.
        (true, _) if given.port().is_some() || is_loopback(&given) => &["http"],
        _ => &["https", "http"],
    };
    let mut all = Vec::new();
    for url in schemes.iter().filter_map(|scheme| with_scheme(scheme)) {
        let mut root = url.clone();
        root.set_path("/");
        let is_root = root == url;
        all.push(url);
        // The page that somebody looked at may lie below the deployment.
        if !is_root {
            all.push(root);
        }
    }
    Ok(all)
}

/// Reads the document; `address` is where it was found.
fn understand(address: &Url, answer: Value, encryption: Encryption) -> Result<Discovery> {
    let shown = address.as_str().trim_end_matches('/');
    let document: Document =
        serde_json::from_value(answer).map_err(|error| no_deployment(shown, &error.to_string()))?;
    let name = document.name.filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| no_deployment(shown, "what it tells about itself has no name"))?;
    let protocol = match &document.protocol_version {
        Some(Value::String(version)) if version.split('.').next() == Some("2") => Protocol::Two,
        Some(Value::Number(version)) if version.as_f64().is_some_and(|version| version >= 2.0) => Protocol::Two,
        _ => Protocol::One,
    };
    let right = |text: Option<String>| {
        text.filter(|text| !text.is_empty()).map(|text| endpoint(address, &text, encryption)).transpose()
    };
    let base_url = match (right(document.base_url)?, right(document.claim)?) {
        (Some(base), _) => base.to_string(),
        (None, Some(claim)) => claim.as_str().trim_end_matches('/').trim_end_matches("claim").to_owned(),
        (None, None) => format!("{shown}/lok/f/"),
    };
    let same = |url: Option<Url>| match url {
        Some(url) if url.origin() != address.origin() => {
            Err(Error::Refused(format!("{shown} sends logins to another server ({url}); that is not done")))
        }
        url => Ok(url.map(String::from)),
    };
    let (token_endpoint, device_endpoint) =
        (right(document.token_endpoint)?, right(document.device_authorization_endpoint)?);
    let is_two = protocol == Protocol::Two;
    let token_endpoint = if is_two { same(token_endpoint)? } else { None };
    if is_two && token_endpoint.is_none() {
        return Err(no_deployment(shown, "it speaks protocol version 2 without a token_endpoint"));
    }
    Ok(Discovery {
        name,
        protocol,
        address: shown.to_owned(),
        base_url: with_slash(base_url),
        // Pages for people are opened, nothing is sent there; they may be anywhere.
        frontend_url: document.frontend_url.filter(|url| !url.is_empty()).map(with_slash),
        configure_url: document.configure_url.filter(|url| !url.is_empty()).map(with_slash),
        token_endpoint,
        device_endpoint: if is_two { same(device_endpoint)? } else { None },
        revocation_endpoint: if is_two { same(right(document.revocation_endpoint)?)? } else { None },
    })
}

/// An address that a deployment names, put right: no doubled slashes, and encrypted where the deployment itself was
/// reached that way (a proxy in front may have forgotten to tell it).
///
/// # Errors
/// When secrets would leave this machine without encryption.
pub fn endpoint(address: &Url, text: &str, encryption: Encryption) -> Result<Url> {
    let named = url_of("Lok", &collapsed(text))?;
    let url = encrypted(address, &named).unwrap_or(named);
    let is_fine = match url.scheme() {
        "https" => true,
        "http" => encryption == Encryption::Optional || is_loopback(&url),
        _ => false,
    };
    if is_fine { Ok(url) } else { Err(Error::Refused(format!("{url} is not encrypted, so nothing is sent there"))) }
}

/// The encrypted form of an address that an encrypted deployment names without encryption, although it is its own: a
/// proxy in front has not told the deployment how it is spoken to.
pub(super) fn encrypted(deployment: &Url, named: &Url) -> Option<Url> {
    let is_own = deployment.scheme() == "https" && deployment.host_str() == named.host_str();
    let is_ours_to_mend = named.scheme() == "http" && [None, Some(80), deployment.port()].contains(&named.port());
    if !is_own || !is_ours_to_mend {
        return None;
    }
    let mut url = named.clone();
    url.set_scheme("https").ok()?;
    url.set_port(deployment.port()).ok()?;
    Some(url)
}

/// Some deployments send `https://host//lok/o/token/`, which Lok itself does not serve.
pub fn collapsed(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let mut path = String::with_capacity(rest.len());
    for character in rest.chars() {
        if character != '/' || !path.ends_with('/') {
            path.push(character);
        }
    }
    format!("{scheme}://{path}")
}

impl Discovery {
    /// Lok's address without a slash at the end. What the claim says of it has the wrong scheme on some servers.
    pub fn lok(&self) -> String {
        let base = self.base_url.trim_end_matches('/');
        base.strip_suffix("/f").unwrap_or(base).to_owned()
    }

    /// Whether nothing but encrypted addresses may be used from here.
    pub fn url(&self) -> Result<Url> {
        url_of("Lok", &self.address)
    }
}

fn with_slash(url: String) -> String {
    if url.ends_with('/') { url } else { url + "/" }
}

fn no_deployment(address: &str, why: &str) -> Error {
    let address = without_password(address);
    Error::NoAddress { service: "Lok".into(), why: format!("{address} is no Arkitekt deployment: {why}") }
}

#[cfg(test)]
#[path = "discovery_tests.rs"]
mod tests;
