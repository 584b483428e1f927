//! Addresses of a deployment's services: which of them work from here.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::super::error::{Error, Result};
use super::super::http::{Http, is_loopback, url_of};
use super::discovery::{Encryption, encrypted};
use super::lenient;

/// How long one address may take to prove that it works (§7 of the protocol).
const PROBE: Duration = Duration::from_secs(3);
/// How long the first address has to itself.
const HEAD_START: Duration = Duration::from_millis(300);

/// Services by the manifest's requirement key.
pub type Instances = BTreeMap<String, Instance>;

/// A service of the deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// The service id.
    pub service: String,
    /// Where it may be reached, best first. One that is odd is left out: the others may do.
    #[serde(default, deserialize_with = "lenient::list")]
    pub aliases: Vec<Alias>,
    /// The key that its challenge must be signed with.
    #[serde(default)]
    pub challenge_key: Option<ChallengeKey>,
    /// What its certificates must be. Not compared; then plain HTTP is out of the question.
    #[serde(default)]
    pub tls: Option<serde_json::Value>,
}

/// An address that may work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// Its name in reports.
    #[serde(default)]
    pub id: String,
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
    /// `absolute`, `mesh` or `docker` (version 2).
    #[serde(default)]
    pub kind: Option<String>,
}

/// The public key of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

    /// Whether it looks like an address of a mesh. Protocol version 1 tells no kind, and this machine may be in the mesh
    /// by other means.
    fn may_be_mesh(&self) -> bool {
        let host = self.host.trim_matches(['[', ']']).parse::<IpAddr>();
        let is_shared =
            matches!(host, Ok(IpAddr::V4(address)) if address.octets()[0] == 100 && address.octets()[1] & 0xc0 == 64);
        self.kind.is_none() && is_shared
    }

    /// Why it is not even tried.
    fn unusable(&self, instance: &Instance, encryption: Encryption) -> Option<&'static str> {
        match self.kind.as_deref() {
            Some("mesh") => return Some("reached by the deployment's mesh only"),
            Some("docker") => return Some("reached inside of the deployment only"),
            _ => {}
        }
        if self.ssl {
            return None;
        }
        if instance.tls.as_ref().is_some_and(|tls| tls["certificates"].as_array().is_some_and(|all| !all.is_empty())) {
            return Some("not encrypted, although the deployment has certificates for it");
        }
        let near = url_of("", &self.url()).is_ok_and(|url| is_loopback(&url));
        let refused = encryption == Encryption::Required && !near;
        refused.then_some("not encrypted; `kab login --allow-http` permits it")
    }
}

/// How to look.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// The address that worked before.
    pub remembered: Option<&'a str>,
    /// Whether addresses beyond this machine must be encrypted.
    pub encryption: Encryption,
    /// The address that the deployment itself was reached at.
    pub deployment: &'a str,
}

impl Search<'_> {
    fn deployment(&self) -> Option<Url> {
        url_of("", self.deployment).ok()
    }

    /// The alias as it should have been told: encrypted, where the deployment was reached that way at the same host.
    fn put_right(&self, alias: &Alias) -> Option<Alias> {
        let right = encrypted(&self.deployment()?, &url_of("", &alias.url()).ok()?)?;
        Some(Alias { ssl: true, port: right.port(), ..alias.clone() })
    }

    /// Whether it is only tried when nothing else works: perhaps a mesh, and not where the deployment itself was reached.
    fn is_last(&self, alias: &Alias) -> bool {
        let is_own = || self.deployment().is_some_and(|url| url.host_str() == Some(alias.host.as_str()));
        alias.may_be_mesh() && !is_own()
    }
}

/// An address that works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The address, without a slash at the end.
    pub url: String,
    /// The alias's name in reports.
    pub id: String,
}

/// The first address of a service that works; `Ok(None)` where the deployment does not offer it.
///
/// # Errors
/// When it is offered, and none works.
pub async fn find_address(
    http: &Http,
    instances: &Instances,
    service: &str,
    search: &Search<'_>,
) -> Result<Option<Found>> {
    let short = service.rsplit('.').next().unwrap_or(service);
    let Some(instance) =
        instances.values().find(|instance| instance.service == service).or_else(|| instances.get(short))
    else {
        return Ok(None);
    };
    let (order, mut tried) = order(instance, search);
    let mut probes: FuturesUnordered<_> = order
        .iter()
        .enumerate()
        .map(|(place, alias)| async move {
            if place > 0 {
                tokio::time::sleep(HEAD_START).await;
            }
            (place, probe(http, alias, instance.challenge_key.as_ref()).await)
        })
        .collect();
    // The first in the list wins, not the fastest: the deployment says which is best. A slow one costs its limit at most.
    let mut outcomes: Vec<Option<Result<()>>> = order.iter().map(|_| None).collect();
    while let Some((place, outcome)) = probes.next().await {
        outcomes[place] = Some(outcome);
        let decided = outcomes.iter().position(|outcome| !matches!(outcome, Some(Err(_))));
        if let Some(best) = decided.filter(|best| matches!(outcomes[*best], Some(Ok(())))) {
            return Ok(Some(Found { url: order[best].url(), id: order[best].id.clone() }));
        }
    }
    for (alias, outcome) in order.iter().zip(outcomes) {
        if let Some(Err(error)) = outcome {
            tried.push(format!("{} ({error})", alias.url()));
        }
    }
    let why = if tried.is_empty() { String::from("none was given") } else { tried.join(", ") };
    Err(Error::NoAddress { service: short.to_owned(), why })
}

/// The addresses to try, the remembered one first; and the others, with why they are not tried.
fn order(instance: &Instance, search: &Search<'_>) -> (Vec<Alias>, Vec<String>) {
    let mut usable = Vec::new();
    let mut skipped = Vec::new();
    for alias in &instance.aliases {
        let right = search.put_right(alias).filter(|right| right.unusable(instance, search.encryption).is_none());
        match (alias.unusable(instance, search.encryption), &right) {
            (Some(why), None) => skipped.push(format!("{} ({why})", alias.url())),
            (Some(_), Some(right)) => usable.push(right.clone()),
            (None, _) => usable.extend(right.iter().chain([alias]).cloned()),
        }
    }
    usable.sort_by_key(|alias| (search.remembered != Some(alias.url().as_str()), search.is_last(alias)));
    (usable, skipped)
}

async fn probe(http: &Http, alias: &Alias, key: Option<&ChallengeKey>) -> Result<()> {
    let mut url = url_of("the service", &format!("{}/{}", alias.url(), alias.challenge.trim_start_matches('/')))?;
    let key = match key {
        Some(key) if key.kind == "ed25519" => key,
        Some(key) => {
            tracing::warn!("challenges signed by {} are not understood; {} is only asked", key.kind, alias.url());
            return http.get_ok("the service", url, PROBE).await;
        }
        None => return http.get_ok("the service", url, PROBE).await,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "tables read better with values")]
    fn instance(aliases: serde_json::Value, more: serde_json::Value) -> Instance {
        let mut instance = json!({"service": "live.arkitekt.kabinet", "aliases": aliases});
        instance.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(instance).unwrap()
    }

    fn tried(instance: &Instance, remembered: Option<&str>, encryption: Encryption) -> Vec<String> {
        tried_of("https://lab.org", instance, remembered, encryption)
    }

    fn tried_of(
        deployment: &str,
        instance: &Instance,
        remembered: Option<&str>,
        encryption: Encryption,
    ) -> Vec<String> {
        let (order, _) = order(instance, &Search { remembered, encryption, deployment });
        order.iter().map(Alias::url).collect()
    }

    #[test]
    fn addresses_are_composed_as_the_protocol_says() {
        let alias = |value: serde_json::Value| serde_json::from_value::<Alias>(value).unwrap().url();
        assert_eq!(alias(json!({"host": "lab.org", "path": "kabinet"})), "https://lab.org/kabinet");
        let near = json!({"ssl": false, "host": "10.1.2.3", "port": 8080, "path": "/kabinet/"});
        assert_eq!(alias(near), "http://10.1.2.3:8080/kabinet");
        assert_eq!(alias(json!({"ssl": false, "host": "::1", "port": 80})), "http://[::1]:80");
    }

    #[test]
    fn the_remembered_address_comes_first_and_what_cannot_work_is_left_out() {
        let aliases = json!([
            {"host": "a.org"}, {"host": "b.org"}, {"host": "100.64.1.1"}, {"host": "100.128.1.1"},
            {"host": "100.64.1.1", "kind": "absolute", "port": 1}, {"host": "m.org", "kind": "mesh"},
            {"host": "kabinet", "kind": "docker"},
        ]);
        let instance = instance(aliases, json!({}));
        let all = tried(&instance, Some("https://b.org"), Encryption::Required);
        let named = ["https://b.org", "https://a.org", "https://100.128.1.1", "https://100.64.1.1:1"];
        assert_eq!(all, [&named[..], &["https://100.64.1.1"]].concat(), "what may be a mesh is tried last");
        let own = tried_of("https://100.64.1.1:8443", &instance, None, Encryption::Required);
        assert_eq!(own[2], "https://100.64.1.1", "but not where the deployment itself answers");
        let unknown = tried(&instance, Some("https://gone.org"), Encryption::Required);
        assert_eq!(unknown[0], "https://a.org");
    }

    /// A service that signs what it is asked with this key.
    struct Signing(ring::signature::Ed25519KeyPair);

    impl wiremock::Respond for Signing {
        fn respond(&self, request: &wiremock::Request) -> wiremock::ResponseTemplate {
            let nonce =
                request.url.query_pairs().find(|(name, _)| name == "nonce").map(|(_, nonce)| nonce.into_owned());
            let message = format!("fakts-challenge-v1:{}", nonce.unwrap_or_default());
            let signature = BASE64_STANDARD.encode(self.0.sign(message.as_bytes()));
            wiremock::ResponseTemplate::new(200).set_body_json(json!({"signature": signature}))
        }
    }

    #[tokio::test]
    async fn an_address_without_the_deployments_key_is_not_used() {
        use ring::signature::KeyPair as _;
        let pair = |seed: u8| ring::signature::Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let public = BASE64_STANDARD.encode(pair(1).public_key());
        let server = wiremock::MockServer::start().await;
        let http = Http::new().unwrap();
        let host = server.address().ip().to_string();
        let aliases = |path: &str| json!([{"ssl": false, "host": host, "port": server.address().port(), "path": path}]);
        for (path, signer) in [("right", 1), ("wrong", 2)] {
            let mock = wiremock::Mock::given(wiremock::matchers::path(format!("/{path}/ht")));
            mock.respond_with(Signing(pair(signer))).mount(&server).await;
        }
        let mock = wiremock::Mock::given(wiremock::matchers::path("/plain/ht"));
        mock.respond_with(wiremock::ResponseTemplate::new(200)).mount(&server).await;
        let works = async |path: &str, kind: &str| {
            let key = json!({"challenge_key": {"kind": kind, "key": public}});
            let instances = Instances::from([("kabinet".to_owned(), instance(aliases(path), key))]);
            let search = Search { remembered: None, encryption: Encryption::Required, deployment: "http://127.0.0.1" };
            find_address(&http, &instances, "live.arkitekt.kabinet", &search).await.is_ok()
        };
        assert!(works("right", "ed25519").await);
        assert!(!works("wrong", "ed25519").await);
        assert!(!works("plain", "ed25519").await, "an answer alone is not enough");
        assert!(works("plain", "something-newer").await, "a kind that nobody knows here");
    }

    #[test]
    fn an_address_that_a_proxy_has_made_plain_is_put_right() {
        let plain = |port: u16| json!([{"ssl": false, "host": "lab.org", "port": port, "path": "kabinet"}]);
        let tried = |deployment: &str, port: u16, encryption| {
            tried_of(deployment, &instance(plain(port), json!({})), None, encryption)
        };
        let right = ["https://lab.org/kabinet"];
        assert_eq!(tried("https://lab.org", 80, Encryption::Required), right);
        let both = ["https://lab.org/kabinet", "http://lab.org:80/kabinet"];
        assert_eq!(tried("https://lab.org", 80, Encryption::Optional), both);
        assert_eq!(tried("https://lab.org:8443", 8443, Encryption::Required), ["https://lab.org:8443/kabinet"]);
        assert_eq!(tried("https://lab.org", 8080, Encryption::Required), Vec::<String>::new(), "another server");
        assert_eq!(tried("https://other.org", 80, Encryption::Required), Vec::<String>::new());
        assert_eq!(tried("http://lab.org", 80, Encryption::Optional), ["http://lab.org:80/kabinet"]);
    }

    #[test]
    fn one_odd_alias_costs_no_other() {
        let odd = json!([{"host": 5}, "x", null, {"host": "a.org", "port": 70_000}, {"host": "b.org"}]);
        assert_eq!(tried(&instance(odd, json!({})), None, Encryption::Required), ["https://b.org"]);
        assert_eq!(tried(&instance(json!(null), json!({})), None, Encryption::Required), Vec::<String>::new());
    }

    #[test]
    fn unencrypted_addresses_need_permission() {
        let aliases = json!([{"ssl": false, "host": "10.0.0.1"}, {"ssl": false, "host": "127.0.0.1", "port": 1}]);
        let open = instance(aliases.clone(), json!({}));
        assert_eq!(tried(&open, None, Encryption::Required), ["http://127.0.0.1:1"]);
        assert_eq!(tried(&open, None, Encryption::Optional).len(), 2);
        let pinned = instance(aliases, json!({"tls": {"certificates": ["PEM"]}}));
        assert_eq!(tried(&pinned, None, Encryption::Optional), Vec::<String>::new());
    }
}
