//! Access tokens: client credentials (protocol version 1), refresh tokens and mandate keys (version 2).

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::super::error::{Error, Result};
use super::super::http::{Answer, Http, is_loopback, url_of};
use super::super::secret::Secret;
use super::alias::Instances;
use super::discovery::collapsed;
use super::manifest::Manifest;
use super::{lenient, read, said};

/// What a token endpoint grants.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Grant {
    /// The access token.
    pub access_token: Secret,
    /// Takes the place of the former one, which is worth nothing from now on (version 2).
    #[serde(default)]
    pub refresh_token: Option<Secret>,
    /// Life in seconds; `None`: until it is rejected.
    #[serde(default, deserialize_with = "lenient::seconds")]
    pub expires_in: Option<u64>,
    /// The OAuth client (version 2).
    #[serde(default, deserialize_with = "lenient::text")]
    pub client_id: Option<String>,
    /// The services (version 2). `None`: as before; empty: none any more.
    #[serde(default, deserialize_with = "lenient::instances")]
    pub instances: Option<Instances>,
}

impl fmt::Debug for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Grant({:?} s, instances {})", self.expires_in, self.instances.is_some())
    }
}

/// Asks for an access token by a client's id and secret.
///
/// The address that a claim names is sometimes one that only Lok itself knows, so `lok` (Lok's address as it was
/// reached) is tried, too: first, where the two are different servers.
///
/// # Errors
/// [`Error::SignIn`] when the client is refused.
pub async fn client_credentials(http: &Http, auth: &super::Auth, lok: Option<&str>) -> Result<Grant> {
    let scope = auth.scopes.join(" ");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", auth.client_id.as_str()),
        ("client_secret", auth.client_secret.expose()),
        ("scope", scope.as_str()),
    ];
    let mut first_error = None;
    for url in token_urls(&auth.token_url, lok) {
        let granted = match url_of("Lok", &url) {
            Ok(url) => http.post_form("Lok", url, &form).await.and_then(granted),
            Err(error) => Err(error),
        };
        match granted {
            Err(
                error @ (Error::Network { .. }
                | Error::Deadline { .. }
                | Error::Certificate { .. }
                | Error::Status { status: 404 | 405, .. }
                | Error::Page { .. }
                | Error::Unreadable { .. }
                | Error::NoAddress { .. }),
            ) => _ = first_error.get_or_insert(error),
            other => return other,
        }
    }
    Err(first_error.unwrap_or_else(|| Error::SignIn(String::from("the deployment names no address for tokens"))))
}

/// Where to ask, the likeliest first.
fn token_urls(named: &str, lok: Option<&str>) -> Vec<String> {
    let named = collapsed(named);
    let Some(lok) = lok else { return vec![named] };
    let derived = format!("{lok}/o/token/");
    let origin = |text: &str| url_of("", text).ok().map(|url| url.origin());
    // A secret that came encrypted, or from this machine, does not go elsewhere without encryption.
    let is_near = |text: &str| url_of("", text).is_ok_and(|url| is_loopback(&url));
    let is_safe = lok.starts_with("https://") || is_near(lok);
    let is_downgrade = is_safe && named.starts_with("http://") && !is_near(&named);
    let mut urls = match () {
        () if is_downgrade => vec![derived],
        () if origin(&named) == origin(lok) => vec![named, derived],
        () => vec![derived, named],
    };
    urls.dedup();
    urls
}

/// Trades a refresh token for an access token and the next refresh token.
///
/// # Errors
/// [`Error::SignIn`] when the login is gone.
pub async fn refresh(http: &Http, endpoint: &str, client_id: &str, refresh_token: &Secret) -> Result<Grant> {
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose()), ("client_id", client_id)];
    http.post_form("Lok", url_of("Lok", endpoint)?, &form).await.and_then(granted)
}

/// A key that lets a program in without a person (version 2).
#[derive(Debug, Clone, Copy)]
pub struct Mandate<'a> {
    /// The key.
    pub key: &'a Secret,
    /// Who asks.
    pub manifest: &'a Manifest,
}

/// Trades a mandate key for an access token. There is no refresh token: the same is asked again.
///
/// # Errors
/// [`Error::SignIn`] when the key is refused.
pub async fn mandate(http: &Http, endpoint: &str, mandate: Mandate<'_>) -> Result<Grant> {
    let manifest = mandate.manifest.for_version_two().to_string();
    let form = [
        ("grant_type", "urn:fakts:grant-type:mandate-key"),
        ("key", mandate.key.expose()),
        ("manifest", manifest.as_str()),
        ("requested_client_kind", "development"),
        ("requested_client_role", mandate.manifest.role()),
        ("request_auth_key", "false"),
    ];
    http.post_form("Lok", url_of("Lok", endpoint)?, &form).await.and_then(granted)
}

/// Takes a login back (version 2).
///
/// # Errors
/// When the server does not do it.
pub async fn revoke(http: &Http, endpoint: &str, client_id: &str, refresh_token: &Secret) -> Result<()> {
    let form = [("token", refresh_token.expose()), ("token_type_hint", "refresh_token"), ("client_id", client_id)];
    match http.post_form("Lok", url_of("Lok", endpoint)?, &form).await {
        // Success has an empty body, which is no JSON.
        Ok(Answer { status: 200..=299, .. }) | Err(Error::Unreadable { .. }) => Ok(()),
        Ok(answer) => Err(refused(&answer)),
        Err(error) => Err(error),
    }
}

/// Reads the answer of a token endpoint.
pub(super) fn granted(answer: Answer) -> Result<Grant> {
    if (200..300).contains(&answer.status) && answer.body["access_token"].is_string() {
        return read(answer.body);
    }
    Err(refused(&answer))
}

fn refused(answer: &Answer) -> Error {
    let why = said(&answer.body);
    // A bare 401 may come from something in between, which knows nothing of the login.
    match code(&answer.body) {
        "invalid_client" | "invalid_grant" => return Error::SignIn(why),
        // Somebody who is blocked today may be let in again.
        "unauthorized_client" | "access_denied" | "invalid_mandate" => return Error::Barred(why),
        _ => {}
    }
    if (200..300).contains(&answer.status) {
        return Error::Refused(why);
    }
    Error::Status { service: "Lok".into(), status: answer.status, why }
}

/// The machine-readable word of an OAuth error.
pub(super) fn code(body: &Value) -> &str {
    body["error"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_of_a_token_endpoint_are_told_apart() {
        let read = |status: u16, body: Value| granted(Answer { status, body });
        let full = json!({"access_token": "a", "refresh_token": "r", "expires_in": 3600, "instances": {}, "later": 1});
        let grant = read(200, full).unwrap();
        assert_eq!((grant.expires_in, grant.instances), (Some(3600), Some(Instances::new())));
        assert_eq!(read(200, json!({"access_token": "a"})).unwrap().instances, None);
        for (status, code) in [(401, "invalid_client"), (400, "invalid_client"), (400, "invalid_grant")] {
            let body = json!({"error": code, "error_description": "The client does not exist."});
            assert_eq!(read(status, body), Err(Error::SignIn("The client does not exist.".into())), "{status} {code}");
        }
        for code in ["access_denied", "unauthorized_client", "invalid_mandate"] {
            let body = json!({"error": code, "error_description": "Membership is blocked"});
            assert_eq!(read(403, body), Err(Error::Barred("Membership is blocked".into())), "{code}");
        }
        assert!(matches!(read(503, json!({})), Err(Error::Status { status: 503, .. })));
        assert!(matches!(read(401, json!({"message": "proxy"})), Err(Error::Status { status: 401, .. })));
        assert!(
            matches!(read(200, json!({"status": "error", "error": "no\nmore"})), Err(Error::Refused(why)) if why == "no")
        );
    }

    #[test]
    fn what_is_odd_in_a_grant_costs_no_refresh_token() {
        let instances = json!({
            "kabinet": {"service": "live.arkitekt.kabinet", "aliases": [{"host": ["a"]}, {"host": "lab.org"}]},
            "rekuest": {"aliases": 7}, "lok": "gone",
        });
        let body = json!({
            "access_token": "a", "refresh_token": "next", "expires_in": "3600.0", "client_id": 7, "instances": instances,
        });
        let grant = granted(Answer { status: 200, body }).unwrap();
        assert_eq!(
            (grant.refresh_token, grant.expires_in, grant.client_id),
            (Some(Secret::new("next")), Some(3600), None)
        );
        let instances = grant.instances.unwrap();
        assert_eq!(instances.keys().collect::<Vec<_>>(), ["kabinet"]);
        assert_eq!(instances["kabinet"].aliases.len(), 1);
    }

    #[test]
    fn tokens_are_asked_for_where_lok_was_reached() {
        let lok = Some("https://lab.org/lok");
        let own = "https://lab.org/lok/o/token/";
        assert_eq!(token_urls("https://lab.org//lok/o/token/", lok), [own]);
        assert_eq!(token_urls("https://lok.internal/lok/o/token/", lok), [own, "https://lok.internal/lok/o/token/"]);
        assert_eq!(token_urls("http://lab.org/lok/o/token/", lok), [own], "not without encryption");
        assert_eq!(token_urls("https://lab.org/other/", lok), ["https://lab.org/other/", own]);
        assert_eq!(token_urls("http://a//b/", None), ["http://a/b/"]);
        let near = Some("http://127.0.0.1:1/lok");
        assert_eq!(token_urls("http://lab.org/lok/o/token/", near), ["http://127.0.0.1:1/lok/o/token/"]);
        let open = ["http://lab.org/lok/o/token/", "http://lok:80/o/token/"];
        assert_eq!(token_urls("http://lok:80/o/token/", Some("http://lab.org/lok")), open, "as it was permitted");
    }

    #[test]
    fn no_secret_is_in_the_debug_form() {
        let grant = read::<Grant>(json!({"access_token": "hunter2", "refresh_token": "hunter3"})).unwrap();
        assert!(!format!("{grant:?}").contains("hunter"));
    }
}
