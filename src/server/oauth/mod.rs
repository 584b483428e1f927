//! The OAuth 2 token endpoint (client credentials only), its keys and its description.

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State as Shared};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::authenticate;
use super::clock;
use super::origin::Origin;
use super::registration::is_client_secret;
use super::shared::State;
use super::store::identity::client_by_id;

/// Scopes that every token carries, as Lok's do.
const SCOPES: [&str; 3] = ["openid", "profile", "email"];

/// The form of a token request. Not Debug: it holds a secret.
#[derive(Deserialize, Default)]
#[expect(clippy::struct_field_names, reason = "the names are those of RFC 6749")]
pub struct Grant {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    scope: Option<String>,
}

/// What RFC 6749 calls an error response.
struct OAuthError {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
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
    headers: HeaderMap,
    form: Result<Form<Grant>, FormRejection>,
) -> Response {
    // Anything but a form asks for no grant that is known.
    let form = form.map(|Form(form)| form).unwrap_or_default();
    match grant(&state, &headers, form).await {
        Ok(body) => uncached(Json(body).into_response()),
        Err(error) => error.into_response(),
    }
}

async fn grant(state: &State, headers: &HeaderMap, form: Grant) -> Result<Value, OAuthError> {
    match form.grant_type.as_deref() {
        Some("client_credentials") => (),
        Some("refresh_token") => {
            let description = "This server gives no refresh tokens; ask again with client_credentials.";
            return Err(OAuthError { status: StatusCode::BAD_REQUEST, error: "invalid_grant", description });
        }
        _ => {
            let description = "Only client_credentials is supported, and only form encoded.";
            return Err(OAuthError { status: StatusCode::BAD_REQUEST, error: "unsupported_grant_type", description });
        }
    }
    let basic = basic(headers);
    let unknown = if basic.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    let given = basic.or_else(|| form.client_id.clone().zip(form.client_secret.clone()));
    let Some((client_id, secret)) = given else {
        let description = "The client cannot authenticate with methods: ['client_secret_basic', 'client_secret_post']";
        return Err(OAuthError { status: StatusCode::UNAUTHORIZED, error: "invalid_client", description });
    };
    let wanted = client_id.clone();
    let client = state.store.read(move |connection| client_by_id(connection, &wanted)).await.map_err(|error| {
        tracing::error!(%error, "the store refused to tell a client");
        let description = "The server cannot read its clients.";
        OAuthError { status: StatusCode::INTERNAL_SERVER_ERROR, error: "server_error", description }
    })?;
    let Some(client) = client else {
        let description = "The client does not exist on this server.";
        return Err(OAuthError { status: unknown, error: "invalid_client", description });
    };
    if !is_client_secret(&state.keys, &client_id, &secret) {
        let description = "The client cannot authenticate with methods: ['client_secret_basic', 'client_secret_post']";
        return Err(OAuthError { status: StatusCode::UNAUTHORIZED, error: "invalid_client", description });
    }
    if client.blocked {
        let description = "Membership is blocked";
        return Err(OAuthError { status: StatusCode::BAD_REQUEST, error: "unauthorized_client", description });
    }
    let scope = scope(form.scope.as_deref());
    let life = i64::try_from(state.options.access_token_life.as_secs()).unwrap_or(i64::MAX);
    let token = authenticate::issue(&state.keys, &client, &scope, clock::seconds(), life);
    Ok(json!({"token_type": "Bearer", "access_token": token, "expires_in": life, "scope": scope}))
}

/// Scopes outside the fixed set are dropped; when nothing is left, or nothing was asked for, all are given.
fn scope(asked: Option<&str>) -> String {
    let kept: Vec<_> = asked.unwrap_or_default().split_whitespace().filter(|scope| SCOPES.contains(scope)).collect();
    if kept.is_empty() { SCOPES.join(" ") } else { kept.join(" ") }
}

/// Client id and secret of HTTP Basic.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let text = String::from_utf8(STANDARD.decode(value.strip_prefix("Basic ")?.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// `GET o/jwks/`.
pub async fn keys(Shared(state): Shared<State>) -> Json<Value> {
    let key = json!({
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": state.keys.id(), "x": state.keys.public(),
    });
    Json(json!({"keys": [key]}))
}

/// `GET .well-known/openid-configuration`.
pub async fn description(origin: Origin) -> Json<Value> {
    let root = origin.url();
    Json(json!({
        "issuer": "kab",
        "token_endpoint": format!("{root}/lok/o/token/"),
        "jwks_uri": format!("{root}/lok/o/jwks/"),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "scopes_supported": SCOPES,
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_outside_the_fixed_set_are_dropped() {
        assert_eq!(scope(Some("read write")), "openid profile email");
        assert_eq!(scope(Some("openid admin")), "openid");
        assert_eq!(scope(None), "openid profile email");
    }
}
