//! What an access token says about its owner: for people to read, never to decide anything by.
//!
//! The signature is not checked, and neither is the time: only the services can tell whether a token is good.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::domain::clean_line;
use crate::services::Secret;

/// The claims of a token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claims {
    /// Who.
    pub user: Option<String>,
    /// The same as the services know them.
    pub subject: Option<String>,
    /// For which organisation: its slug, or its id from newer servers.
    pub organisation: Option<String>,
    /// What they are there.
    pub roles: Vec<String>,
    /// What the token is good for: `openid`, `read`.
    pub scopes: Vec<String>,
}

impl Claims {
    /// Reads a token; one that is no JWT says nothing.
    pub fn of(token: &Secret) -> Self {
        let payload = token.expose().split('.').nth(1);
        let payload = payload.and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok());
        let Some(claims) = payload.and_then(|text| serde_json::from_slice::<Value>(&text).ok()) else {
            return Self::default();
        };
        let first = |names: &[&str]| {
            let mut texts = names.iter().filter_map(|name| claims[*name].as_str()).map(clean_line);
            texts.find(|text| !text.is_empty())
        };
        let roles = claims["roles"].as_array().into_iter().flatten();
        // One text with spaces, or a list.
        let scopes = ["scope", "scopes", "scp"].into_iter().map(|name| &claims[name]).find(|value| !value.is_null());
        let scopes = scopes.map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
        let scopes = scopes.into_iter().flatten().filter_map(Value::as_str).flat_map(str::split_whitespace);
        Self {
            subject: first(&["sub"]),
            user: first(&["preferred_username", "nickname", "sub"]),
            organisation: first(&["active_org", "org"]),
            roles: roles.filter_map(Value::as_str).map(clean_line).collect(),
            scopes: scopes.map(clean_line).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_who_it_is_for() {
        let token = |claims: &str| Secret::new(format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims)));
        let claims =
            Claims::of(&token(r#"{"sub":"7","preferred_username":"a\u0007da","active_org":"lab","roles":["admin"]}"#));
        assert_eq!(claims.user.as_deref(), Some("ada"));
        assert_eq!((claims.organisation.as_deref(), claims.roles), (Some("lab"), vec!["admin".to_owned()]));
        assert_eq!(Claims::of(&token(r#"{"sub":"7","org":"3"}"#)).organisation.as_deref(), Some("3"));
        assert_eq!(Claims::of(&token(r#"{"scope":"openid read "}"#)).scopes, ["openid", "read"]);
        assert_eq!(Claims::of(&token(r#"{"scp":["openid","wri\u0007te"]}"#)).scopes, ["openid", "write"]);
        assert_eq!(Claims::of(&Secret::new("opaque")), Claims::default());
        assert_eq!(Claims::of(&token("[]")), Claims::default());
    }
}
