//! What only the operator of a server may do: approve codes, and make tokens for others.

use super::clock;
use super::keys;
use super::registration::{self, Manifest};
use super::server::{Error, Server};
use super::store::codes::{self, CodeRow};
use super::store::identity::{self, ClientRole};
use super::store::{logins, tokens};

/// A device code that waits for a person. Its texts come from whoever asked: clean them before showing them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingCode {
    /// What the program shows.
    pub code: String,
    /// App identifier.
    pub app: String,
    /// App version.
    pub version: String,
    /// Scopes that it asks for.
    pub scopes: Vec<String>,
    /// Services that it asks for.
    pub services: Vec<String>,
    /// Host that asked.
    pub host: Option<String>,
    /// Milliseconds since 1970.
    pub expires_at: i64,
}

impl PendingCode {
    /// Whether this is the code that a person typed, with or without dash, in whatever case.
    pub fn is(&self, typed: &str) -> bool {
        codes::plain(&self.code) == codes::plain(typed)
    }
}

/// A new token of the operator.
#[derive(Clone, PartialEq, Eq)]
pub enum NewToken {
    /// A client token for programs that sign in with a token (`FAKTS_TOKEN`).
    Client(String),
    /// A redeem token (`FAKTS_REDEEM_TOKEN`).
    Redeem(String),
    /// A mandate key (`FAKTS_MANDATE_KEY`).
    Mandate(String),
}

/// What kind of token the operator wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// For one program that brings no manifest: it can reach all services.
    Client,
    /// For programs of version 1 that bring a manifest of their own.
    Redeem,
    /// For programs of version 2 that bring a manifest of their own.
    Mandate,
}

impl Server {
    /// A new token for an organisation and a user, which are made when they are missing.
    pub async fn add_token(&self, organisation: &str, user: &str, kind: TokenKind) -> Result<NewToken, Error> {
        let member = self.ensure_member(organisation, user).await?;
        let store = &self.state.store;
        if kind == TokenKind::Client {
            let manifest = Manifest::for_everything(tokens::OPERATOR_APP, env!("CARGO_PKG_VERSION"));
            let (_, token) = registration::register(store, &manifest, member, ClientRole::Interface).await?;
            return Ok(NewToken::Client(token));
        }
        let token = keys::hex(&keys::random::<24>()?);
        let hash = keys::hash(&token);
        if kind == TokenKind::Mandate {
            store.write(move |transaction| logins::add_mandate(transaction, member, &hash, clock::now())).await?;
            return Ok(NewToken::Mandate(token));
        }
        let row = identity::RedeemRow {
            id: 0,
            member,
            allow_reredeem: false,
            client_row: None,
            manifest_hash: None,
            nonce: uuid::Uuid::new_v4().to_string(),
            expires_at: None,
        };
        store.write(move |transaction| identity::add_redeem(transaction, &row, &hash, clock::now())).await?;
        Ok(NewToken::Redeem(token))
    }

    /// Device codes that wait for a decision, oldest first.
    pub async fn pending_device_codes(&self) -> Result<Vec<PendingCode>, Error> {
        let rows = self.state.store.read(|connection| codes::waiting_codes(connection, clock::now())).await?;
        Ok(rows.into_iter().filter_map(pending).collect())
    }

    /// Approves a device code for the default user.
    pub async fn approve(&self, code: &str) -> Result<(), Error> {
        let row = self.waiting_code(code).await?;
        let member = self.default_member().await?;
        let manifest: Manifest = serde_json::from_str(&row.manifest)
            .map_err(|_| registration::Error::Malformed("the stored manifest cannot be read"))?;
        manifest.check_services()?;
        let key = manifest.client_key(member, row.role);
        let hash = keys::hash(&self.state.code_token(&row));
        let write = self.state.store.write(move |transaction| {
            let now = clock::now();
            // A client that is new here takes the id that its program was told.
            let told = row.polling.as_ref().map(|polling| polling.client_id.clone());
            let new_id = told.unwrap_or_else(registration::new_client_id);
            let client = identity::ensure_client(transaction, &key, &new_id, now)?;
            // A program of version 2 gets its tokens when it polls.
            if row.polling.is_none() {
                identity::add_token(transaction, client, &hash, now)?;
            }
            codes::approve_code(transaction, row.id, client)
        });
        Ok(write.await?)
    }

    /// Refuses a device code.
    pub async fn deny(&self, code: &str) -> Result<(), Error> {
        let row = self.waiting_code(code).await?;
        Ok(self.state.store.write(move |transaction| codes::deny_code(transaction, row.id)).await?)
    }

    async fn waiting_code(&self, typed: &str) -> Result<CodeRow, Error> {
        let wanted = codes::plain(typed);
        let found = self.state.store.read(move |connection| codes::code_by_text(connection, &wanted)).await?;
        found
            .filter(|row| !row.denied && row.client_row.is_none() && row.expires_at >= clock::now())
            .ok_or_else(|| Error::NoSuch { what: "waiting code", name: typed.trim().to_owned() })
    }
}

fn pending(row: CodeRow) -> Option<PendingCode> {
    let manifest: Manifest = serde_json::from_str(&row.manifest).ok()?;
    Some(PendingCode {
        code: row.shown(),
        app: manifest.identifier,
        version: manifest.version,
        scopes: manifest.scopes,
        services: manifest.requirements.into_iter().map(|wanted| wanted.service).collect(),
        host: row.host,
        expires_at: row.expires_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let pending = PendingCode {
            code: "9F3A-77C0".into(),
            app: String::new(),
            version: String::new(),
            scopes: vec![],
            services: vec![],
            host: None,
            expires_at: 0,
        };
        for typed in ["9F3A-77C0", "9f3a77c0", " 9f3A 77c0 "] {
            assert!(pending.is(typed), "{typed}");
        }
        assert!(!pending.is("9f3a-77c1"));
    }
}
