//! Access tokens: made here, and read back into the identity of who is asking.
//!
//! The texts of refusals are Lok's and its token library's, since clients tell them apart by text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::identity::{Identity, Role};
use super::keys::Keys;
use super::store::identity::{ClientRow, client_by_id};
use super::store::logins::has_login;
use super::store::{self, Store};

/// Why a token does not count. The texts are upstream's.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nothing was given.
    #[error("No Authorization header")]
    Missing,
    /// The header is no bearer token.
    #[error("Not a valid token")]
    Scheme,
    /// It is no JWT.
    #[error("Error decoding token header")]
    Header,
    /// It names no key.
    #[error("Missing kid in header")]
    NoKey,
    /// Another key, another signature, or a needed claim is missing.
    #[error("Error decoding token")]
    Signature,
    /// Too old.
    #[error("Token has expired")]
    Expired,
    /// The claims make no sense, or the client or its login is gone.
    #[error("Token claims are invalid")]
    Claims,
    /// It belongs to no organisation.
    #[error("Token does not contain an active organization")]
    NoOrganisation,
    /// The member is locked out.
    #[error("Membership is blocked")]
    Blocked,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Refusal {
    /// The word for `extensions.reason`.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "TOKEN_MISSING",
            Self::Expired => "TOKEN_EXPIRED",
            Self::Blocked => "MEMBERSHIP_BLOCKED",
            Self::NoOrganisation => "NO_ORGANIZATION",
            Self::Scheme | Self::Header | Self::NoKey | Self::Signature | Self::Claims => "TOKEN_INVALID",
            Self::Store(_) => "UNAVAILABLE",
        }
    }
}

/// A verified token.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Who asks.
    pub identity: Identity,
    /// When the token dies, seconds since 1970.
    pub expires_at: i64,
}

/// Who issues the tokens of protocol version 1; those of version 2 name the address that discovery told.
pub const ISSUER: &str = "kab";
/// Claim that names the login behind a token.
const LOGIN: &str = "sid";

/// What a token says beside its times.
pub struct Statement<'a> {
    /// Whose it is.
    pub client: &'a ClientRow,
    /// What it is good for.
    pub scope: &'a str,
    /// Who issues it.
    pub issuer: &'a str,
    /// The login that it ends with, where it comes from one.
    pub login: Option<&'a str>,
}

/// Makes an access token, valid from `now` for `life` (both seconds).
pub fn issue(keys: &Keys, statement: &Statement<'_>, now: i64, life: i64) -> String {
    let Statement { client, scope, issuer, login } = statement;
    let header = json!({"typ": "at+jwt", "alg": "EdDSA", "kid": keys.id()});
    let mut claims = json!({
        "iss": issuer,
        "exp": now.saturating_add(life),
        "iat": now,
        "jti": uuid::Uuid::new_v4().simple().to_string(),
        "aud": ["rekuest", "kabinet", "lok"],
        "client_id": client.client_id,
        "sub": client.sub,
        "scope": scope,
        "preferred_username": client.username,
        "nickname": client.username,
        "roles": [client.membership],
        "active_org": client.organisation,
        "org": client.member.organisation_id.to_string(),
        "client_app": client.app,
        "client_release": client.version,
        "client_role": client.role.as_str(),
    });
    if !client.device.is_empty() {
        claims["client_device"] = Value::from(client.device.as_str());
    }
    if let Some(login) = login {
        claims[LOGIN] = json!(login);
    }
    let message = format!("{}.{}", encode(&header), encode(&claims));
    let signature = keys.sign(message.as_bytes());
    format!("{message}.{signature}")
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn decode(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// The claims of a token that is ours and alive at `now` (seconds).
fn claims(keys: &Keys, token: &str, now: i64) -> Result<(Value, i64), Refusal> {
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refusal::Header);
    };
    let told = decode(header).ok_or(Refusal::Header)?;
    let key = told.get("kid").and_then(Value::as_str).ok_or(Refusal::NoKey)?;
    if key != keys.id() || told.get("alg").and_then(Value::as_str) != Some("EdDSA") {
        return Err(Refusal::Signature);
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::Signature)?;
    if !keys.verify(format!("{header}.{payload}").as_bytes(), &signature) {
        return Err(Refusal::Signature);
    }
    let claims = decode(payload).ok_or(Refusal::Signature)?;
    let expires_at = claims.get("exp").and_then(Value::as_i64).ok_or(Refusal::Claims)?;
    if expires_at <= now {
        return Err(Refusal::Expired);
    }
    Ok((claims, expires_at))
}

/// The login of an access token that is ours, alive or not.
pub fn login_of(keys: &Keys, token: &str) -> Option<String> {
    let (claims, _) = claims(keys, token, i64::MIN).ok()?;
    claims.get(LOGIN).and_then(Value::as_str).map(str::to_owned)
}

/// Who a token belongs to; `now` in seconds since 1970.
pub async fn verify(keys: &Keys, store: &Store, token: &str, now: i64) -> Result<Verified, Refusal> {
    let (claims, expires_at) = claims(keys, token, now)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    let client_id = text("client_id").ok_or(Refusal::Signature)?;
    let organisation = text("active_org").ok_or(Refusal::NoOrganisation)?;
    let login = text(LOGIN);
    let client = store
        .read(move |connection| {
            let Some(client) = client_by_id(connection, &client_id)? else { return Ok(None) };
            let goes_on = match login {
                Some(login) => has_login(connection, client.id, &login)?,
                None => true,
            };
            Ok(goes_on.then_some(client))
        })
        .await?
        .filter(|client| client.organisation == organisation)
        .ok_or(Refusal::Claims)?;
    if client.blocked {
        return Err(Refusal::Blocked);
    }
    Ok(Verified { identity: Identity::from(client), expires_at })
}

impl From<ClientRow> for Identity {
    fn from(client: ClientRow) -> Self {
        Self {
            user_id: client.member.user_id,
            sub: client.sub,
            username: client.username,
            organisation_id: client.member.organisation_id,
            organisation: client.organisation,
            client_row: client.id,
            client_id: client.client_id,
            app: Some(client.app),
            release: Some(client.version),
            device: Some(client.device).filter(|device| !device.is_empty()),
            role: if client.membership == "admin" { Role::Admin } else { Role::Member },
        }
    }
}
