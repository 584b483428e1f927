//! The token reply of protocol version 2: tokens and the addresses of all services in one document.

use serde_json::{Value, json};

use super::super::authenticate::{self, Statement};
use super::super::clock;
use super::super::fakts;
use super::super::origin::Origin;
use super::super::shared::State;
use super::super::store::identity::ClientRow;
use super::super::store::logins::LoginRow;
use super::refresh;

/// What a client gets, and by which login; one without a login gets no refresh token.
pub struct Envelope<'a> {
    /// For whom.
    pub client: &'a ClientRow,
    /// Out of which approval.
    pub login: Option<&'a LoginRow>,
    /// What it may do.
    pub scope: &'a str,
}

impl Envelope<'_> {
    /// The whole reply. Addresses begin with what the request named.
    pub fn reply(&self, state: &State, origin: &Origin) -> Value {
        let Self { client, login, scope } = self;
        let life = i64::try_from(state.options.login_token_life.as_secs()).unwrap_or(i64::MAX);
        let issuer = origin.issuer();
        let statement = Statement { client, scope, issuer: &issuer, login: login.map(|login| login.nonce.as_str()) };
        let mut reply = json!({
            "access_token": authenticate::issue(&state.keys, &statement, clock::seconds(), life),
            "token_type": "Bearer",
            "expires_in": life,
            "scope": scope,
            "client_id": client.client_id,
        });
        if let Some(login) = login {
            reply["refresh_token"] = json!(refresh::token(&state.keys, login));
        }
        let (instances, statuses) = fakts::services(client, |(service, path, id)| {
            json!({
                "service": service,
                "identifier": id,
                "aliases": [fakts::alias_with_reach(origin, id, path)],
                "challenge_key": null,
                "tls": null,
            })
        });
        reply["self"] = json!({
            "deployment_name": state.options.name,
            "alias": fakts::alias_with_reach(origin, "self", "lok"),
            "sub": client.sub,
            "organization": client.member.organisation_id.to_string(),
            "hub": null,
        });
        reply["instances"] = Value::Object(instances);
        reply["statuses"] = Value::Object(statuses);
        reply["mesh"] = Value::Null;
        reply
    }
}
