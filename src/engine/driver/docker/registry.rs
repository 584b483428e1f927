//! What a registry says of an image before it is fetched: which layers it has, and how large they are. Of them those are
//! here already that begin an image of the engine: layers count only on top of the same ones below.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use serde_json::Value;

use super::super::{Credentials, Plan, PullRequest};
use crate::domain::{Layer, LayerState, PullProgress};
use crate::engine::credentials::registry_of;

/// Forms of a list of layers, and of a list of such lists.
const FORMS: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json";
/// Bytes of an answer at most.
const LARGEST: usize = 4 << 20;
/// Time for one answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Letters of a layer's digest that engines name it by.
const SHORT: usize = 12;

/// Layers as engines name them, of an image that is to be fetched for that processor. `here` are the layers of the images
/// that are here. Why it is unknown otherwise, for the log.
pub(super) async fn plan(request: &PullRequest, machine: &str, here: &[Arc<[String]>]) -> Result<Plan, String> {
    let mut registry = Registry::of(request)?;
    let first = format!("manifests/{}", registry.tag);
    let mut manifest = registry.json(&first, FORMS).await?;
    if let Some(choices) = manifest["manifests"].as_array() {
        let digest = choices.iter().find(|choice| fits(choice, machine)).and_then(|choice| choice["digest"].as_str());
        let digest = digest.ok_or("the image is not made for this machine")?.to_owned();
        manifest = registry.json(&format!("manifests/{digest}"), FORMS).await?;
    }
    let layers = manifest["layers"].as_array().ok_or("the registry names no layers")?;
    let config = manifest["config"]["digest"].as_str().ok_or("the registry names no configuration")?;
    let contents = registry.json(&format!("blobs/{config}"), "*/*").await?;
    let contents: Vec<&str> =
        contents["rootfs"]["diff_ids"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut counted = BTreeSet::new();
    let sizes = layers.iter().filter(|layer| counted.insert(layer["digest"].as_str()));
    let total = sizes.filter_map(|layer| layer["size"].as_u64()).sum();
    Ok(Plan { progress: progress(layers, known(&contents, here)), total })
}

/// How many of the first layers are here: as many as some image begins with.
fn known(contents: &[&str], here: &[Arc<[String]>]) -> usize {
    let same = |image: &Arc<[String]>| image.iter().zip(contents).take_while(|(a, b)| *a == *b).count();
    here.iter().map(same).max().unwrap_or(0)
}

fn progress(layers: &[Value], known: usize) -> PullProgress {
    let mut plan = PullProgress::default();
    for (at, layer) in layers.iter().enumerate() {
        let digest = layer["digest"].as_str().unwrap_or_default();
        let id: String = digest.split_once(':').map_or(digest, |(_, hex)| hex).chars().take(SHORT).collect();
        // The same layer may be there twice; it is fetched once.
        if plan.layers.iter().any(|layer| layer.id == id) {
            continue;
        }
        let (state, total) =
            if at < known { (LayerState::Cached, None) } else { (LayerState::Waiting, layer["size"].as_u64()) };
        plan.layers.push(Layer { id, state, current: 0, total });
    }
    plan
}

fn fits(choice: &Value, machine: &str) -> bool {
    let platform = &choice["platform"];
    platform["os"] == "linux" && platform["architecture"] == machine
}

/// A registry, with what it let us in with.
struct Registry {
    client: reqwest::Client,
    /// `https://ghcr.io/v2/lab/app`.
    base: String,
    /// The tag, or the digest.
    tag: String,
    credentials: Option<Credentials>,
    authorization: Option<HeaderValue>,
}

impl Registry {
    fn of(request: &PullRequest) -> Result<Self, String> {
        let (base, tag) = address(&request.reference);
        let builder =
            reqwest::Client::builder().timeout(PATIENCE).user_agent(concat!("kab/", env!("CARGO_PKG_VERSION")));
        let client = builder.build().map_err(|error| error.to_string())?;
        Ok(Self { client, base, tag, credentials: request.credentials.clone(), authorization: None })
    }

    async fn json(&mut self, path: &str, form: &str) -> Result<Value, String> {
        let url = format!("{}/{path}", self.base);
        let mut response = self.get(&url, form).await?;
        if response.status() == reqwest::StatusCode::UNAUTHORIZED && self.authorization.is_none() {
            let challenge = response.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
            let challenge = challenge.map(str::to_owned).unwrap_or_default();
            self.authorization = Some(self.sign_in(&challenge).await?);
            response = self.get(&url, form).await?;
        }
        if !response.status().is_success() {
            return Err(format!("{url} answered {}", response.status()));
        }
        read(response).await
    }

    async fn get(&self, url: &str, form: &str) -> Result<reqwest::Response, String> {
        let mut request = self.client.get(url).header(ACCEPT, form);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        request.send().await.map_err(words)
    }

    /// Gets what lets us in, from where the registry says: a token for this image, or the user's own word.
    async fn sign_in(&self, challenge: &str) -> Result<HeaderValue, String> {
        let user = self.credentials.as_ref().filter(|known| !known.user.is_empty());
        let (scheme, rest) = challenge.split_once(' ').unwrap_or((challenge, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            let user = user.ok_or("the registry wants a user")?;
            let request = self.client.get(&self.base).basic_auth(&user.user, Some(user.secret.expose()));
            let request = request.build().map_err(words)?;
            return request.headers().get(AUTHORIZATION).cloned().ok_or_else(|| "no header was made".to_owned());
        }
        let realm = member(rest, "realm").ok_or("the registry does not say who lets us in")?;
        // A password goes only where nobody listens.
        let is_safe = realm.starts_with("https://") || self.base.starts_with("http://");
        let asked = ["service", "scope"].into_iter().filter_map(|name| Some((name, member(rest, name)?)));
        let mut request = self.client.get(&realm).query(&asked.collect::<Vec<_>>());
        if let Some(user) = user.filter(|_| is_safe) {
            request = request.basic_auth(&user.user, Some(user.secret.expose()));
        }
        let response = request.send().await.map_err(words)?;
        if !response.status().is_success() {
            return Err(format!("{realm} answered {}", response.status()));
        }
        let answer = read(response).await?;
        let token = answer["token"].as_str().or_else(|| answer["access_token"].as_str()).ok_or("there is no token")?;
        let mut header = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|error| error.to_string())?;
        header.set_sensitive(true);
        Ok(header)
    }
}

/// Why a registry could not be asked: the innermost cause says it best. Its address may hold a secret.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    format!("the registry cannot be asked: {cause}")
}

async fn read(mut response: reqwest::Response) -> Result<Value, String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(words)? {
        if bytes.len() + chunk.len() > LARGEST {
            return Err("the answer is too long".into());
        }
        bytes.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

/// A member of a challenge: `realm="https://auth.example.org/token"`.
fn member(challenge: &str, name: &str) -> Option<String> {
    let mut rest = challenge;
    loop {
        let (key, after) = rest.split_once("=\"")?;
        let (value, next) = after.split_once('"')?;
        if key.trim_start_matches([',', ' ']).eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = next;
    }
}

/// Where the image's registry keeps it, and its tag or digest.
fn address(reference: &str) -> (String, String) {
    let registry = registry_of(reference);
    let name = reference.strip_prefix(registry).and_then(|rest| rest.strip_prefix('/')).unwrap_or(reference);
    let (name, digest) = name.split_once('@').map_or((name, None), |(name, digest)| (name, Some(digest)));
    let (name, tag) = match name.rsplit_once(':') {
        Some((head, tag)) if !tag.contains('/') => (head, tag),
        _ => (name, "latest"),
    };
    let host = registry.split(':').next().unwrap_or(registry);
    // Engines themselves take a registry of this machine without encryption.
    let scheme = if host == "localhost" || host.starts_with("127.") { "http" } else { "https" };
    let (registry, name) = match registry {
        "docker.io" if name.contains('/') => ("registry-1.docker.io", name.to_owned()),
        "docker.io" => ("registry-1.docker.io", format!("library/{name}")),
        other => (other, name.to_owned()),
    };
    (format!("{scheme}://{registry}/v2/{name}"), digest.unwrap_or(tag).to_owned())
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;
