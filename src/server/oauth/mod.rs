//! The OAuth 2 endpoints: tokens for every grant that the server knows, their end, its keys and its description.

mod credentials;
mod device;
mod envelope;
mod mandate;
mod refresh;
mod revoke;

use std::borrow::Cow;

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State as Shared};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::options::FaktsVersion;
use super::origin::Origin;
use super::shared::State;
use super::store;

pub use revoke::revoke;

/// Name of the grant of RFC 8628.
pub const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Name of the grant of programs without a person.
pub const MANDATE_KEY: &str = "urn:fakts:grant-type:mandate-key";
/// Scopes that every token carries, as Lok's do.
const SCOPES: [&str; 3] = ["openid", "profile", "email"];

/// The form of a token request. Not Debug: it holds secrets.
#[derive(Deserialize, Default)]
#[expect(clippy::struct_field_names, reason = "the names are those of RFC 6749")]
pub struct Grant {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    scope: Option<String>,
    device_code: Option<String>,
    refresh_token: Option<String>,
    key: Option<String>,
    manifest: Option<String>,
    requested_client_kind: Option<String>,
    requested_client_role: Option<String>,
}

/// What RFC 6749 calls an error response.
pub struct OAuthError {
    status: StatusCode,
    error: &'static str,
    description: Cow<'static, str>,
}

impl OAuthError {
    /// An error of the request, which is what most are.
    fn new(error: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description: description.into() }
    }

    /// The same with another status.
    fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The member is locked out. The login stays: the lock may be taken off again.
    fn blocked() -> Self {
        Self::new("unauthorized_client", "Membership is blocked")
    }
}

impl From<store::Error> for OAuthError {
    fn from(error: store::Error) -> Self {
        tracing::error!(%error, "the store refused a token request");
        Self::new("server_error", "The server cannot use its store.").status(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = Json(json!({"error": self.error, "error_description": self.description}));
        let mut response = (self.status, body).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"kab\""));
        }
        uncached(response)
    }
}

fn uncached(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// `POST o/token/`.
pub async fn token(
    Shared(state): Shared<State>,
    origin: Origin,
    headers: HeaderMap,
    form: Result<Form<Grant>, FormRejection>,
) -> Response {
    // Anything but a form asks for no grant that is known.
    let form = form.map(|Form(form)| form).unwrap_or_default();
    let granted = match (form.grant_type.as_deref(), state.options.fakts) {
        (Some("client_credentials"), _) => credentials::grant(&state, &headers, form).await,
        (Some(DEVICE_CODE), FaktsVersion::Both) => device::grant(&state, &origin, form).await,
        (Some("refresh_token"), FaktsVersion::Both) => refresh::grant(&state, &origin, form).await,
        (Some(MANDATE_KEY), FaktsVersion::Both) => mandate::grant(&state, &origin, form).await,
        (Some("refresh_token"), FaktsVersion::One) => {
            let description = "This server gives no refresh tokens; ask again with client_credentials.";
            Err(OAuthError::new("invalid_grant", description))
        }
        _ => Err(OAuthError::new("unsupported_grant_type", "The grant is not known here, or not form encoded.")),
    };
    match granted {
        Ok(body) => uncached(Json(body).into_response()),
        Err(error) => error.into_response(),
    }
}

/// The member of a form that the grant cannot do without.
fn needed(member: Option<String>, name: &str) -> Result<String, OAuthError> {
    member
        .filter(|text| !text.is_empty())
        .ok_or_else(|| OAuthError::new("invalid_request", format!("The form has no {name}.")))
}

/// Those of the granted scopes that are asked for; all of them when that leaves nothing, or nothing was asked for.
fn scope(asked: Option<&str>, granted: &str) -> String {
    let granted: Vec<_> = granted.split_whitespace().collect();
    let kept: Vec<_> = asked.unwrap_or_default().split_whitespace().filter(|scope| granted.contains(scope)).collect();
    if kept.is_empty() { granted.join(" ") } else { kept.join(" ") }
}

/// `GET o/jwks/`.
pub async fn keys(Shared(state): Shared<State>) -> Json<Value> {
    let key = json!({
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": state.keys.id(), "x": state.keys.public(),
    });
    Json(json!({"keys": [key]}))
}

/// Grants that the server answers, as discovery tells them.
pub fn grants(version: FaktsVersion) -> &'static [&'static str] {
    match version {
        FaktsVersion::One => &["client_credentials"],
        FaktsVersion::Both => &[DEVICE_CODE, MANDATE_KEY, "refresh_token", "client_credentials"],
    }
}

/// How clients may say who they are, as discovery tells it: those of version 2 have no secret.
pub fn authentication(version: FaktsVersion) -> &'static [&'static str] {
    match version {
        FaktsVersion::One => &["client_secret_basic", "client_secret_post"],
        FaktsVersion::Both => &["none", "client_secret_basic", "client_secret_post"],
    }
}

/// `GET .well-known/openid-configuration`.
pub async fn description(Shared(state): Shared<State>, origin: Origin) -> Json<Value> {
    let root = origin.url();
    let version = state.options.fakts;
    let mut told = json!({
        "issuer": "kab",
        "token_endpoint": format!("{root}/lok/o/token/"),
        "jwks_uri": format!("{root}/lok/o/jwks/"),
        "grant_types_supported": grants(version),
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "scopes_supported": SCOPES,
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "token_endpoint_auth_methods_supported": authentication(version),
    });
    if version == FaktsVersion::Both {
        told["device_authorization_endpoint"] = json!(format!("{root}/lok/o/device/"));
        told["revocation_endpoint"] = json!(format!("{root}/lok/o/revoke/"));
    }
    Json(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_outside_the_granted_set_are_dropped() {
        let all = SCOPES.join(" ");
        assert_eq!(scope(Some("read write"), &all), "openid profile email");
        assert_eq!(scope(Some("openid admin"), &all), "openid");
        assert_eq!(scope(None, "openid email"), "openid email");
        assert_eq!(scope(Some("profile"), "openid email"), "openid email");
    }
}
