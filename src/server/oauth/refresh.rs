//! Refresh tokens: each is good for one use, and one that comes back ends its login (RFC 9700, 4.14.2).
//!
//! There is no time of grace for the last token. The RFC knows none, and whoever shows a used token within seconds is
//! more likely the thief or his victim than a client that lost a reply; that one signs in again.
//!
//! The token names its login and generation, and is signed with the server's key, as the RFC allows: used tokens are
//! known for what they are, however old, and none is stored.

use serde_json::Value;

use super::super::clock;
use super::super::keys::Keys;
use super::super::origin::Origin;
use super::super::shared::State;
use super::super::store::identity::{ClientRow, client_by_row};
use super::super::store::logins::{self, LoginRow};
use super::envelope::Envelope;
use super::{Grant, OAuthError, needed, scope};

const PURPOSE: &str = "refresh token";

/// A refresh token that this server made, at whatever time.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    /// Names the login.
    pub nonce: String,
    /// Which of its tokens it is.
    pub generation: i64,
}

/// The refresh token of a login as it stands.
pub fn token(keys: &Keys, login: &LoginRow) -> String {
    let name = format!("{}.{}", login.nonce, login.generation);
    format!("{name}.{}", keys.secret(PURPOSE, &name))
}

/// Reads a refresh token; `None`: this server never made it.
pub fn read(keys: &Keys, token: &str) -> Option<Known> {
    let (name, signature) = token.rsplit_once('.')?;
    if !keys.is_secret(PURPOSE, name, signature) {
        return None;
    }
    let (nonce, generation) = name.split_once('.')?;
    Some(Known { nonce: nonce.to_owned(), generation: generation.parse().ok()? })
}

/// Whether the client that calls itself so is the one of the login.
pub fn is_of(login: &LoginRow, client: &ClientRow, client_id: &str) -> bool {
    login.told_client_id == client_id || client.client_id == client_id
}

enum Outcome {
    Unknown,
    Used,
    Blocked,
    In(Box<(ClientRow, LoginRow)>),
}

/// Gives new tokens for a refresh token.
pub async fn grant(state: &State, origin: &Origin, form: Grant) -> Result<Value, OAuthError> {
    let unknown = || OAuthError::new("invalid_grant", "The login is unknown or has ended; sign in again.");
    let given = needed(form.refresh_token, "refresh_token")?;
    let client_id = needed(form.client_id, "client_id")?;
    let known = read(&state.keys, &given).ok_or_else(unknown)?;
    let life = clock::millis(state.options.login_life);
    let now = clock::now();
    let outcome = state.store.write(move |transaction| {
        let Some(login) = logins::login_by_nonce(transaction, &known.nonce)? else { return Ok(Outcome::Unknown) };
        let client = client_by_row(transaction, login.client_row)?;
        let Some(client) = client.filter(|client| is_of(&login, client, &client_id)) else {
            return Ok(Outcome::Unknown);
        };
        if login.generation != known.generation {
            logins::remove_login(transaction, login.id)?;
            return Ok(Outcome::Used);
        }
        if login.used_at.saturating_add(life) < now {
            logins::remove_login(transaction, login.id)?;
            return Ok(Outcome::Unknown);
        }
        if client.blocked {
            return Ok(Outcome::Blocked);
        }
        let login = logins::turn(transaction, &login, now)?;
        Ok(Outcome::In(Box::new((client, login))))
    });
    match outcome.await? {
        Outcome::In(found) => {
            let (client, login) = *found;
            let scope = scope(form.scope.as_deref(), &login.scope);
            Ok(Envelope { client: &client, login: Some(&login), scope: &scope }.reply(state, origin))
        }
        Outcome::Blocked => Err(OAuthError::blocked()),
        Outcome::Unknown => Err(unknown()),
        Outcome::Used => {
            tracing::warn!("a refresh token was used twice: its login has been ended");
            let description = "This refresh token was used before. The login has been ended; sign in again.";
            Err(OAuthError::new("invalid_grant", description))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tokens_of_this_server_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        let login = LoginRow {
            id: 1,
            client_row: 1,
            told_client_id: String::new(),
            nonce: "abc".into(),
            generation: 7,
            scope: String::new(),
            used_at: 0,
        };
        let token = token(&keys, &login);
        assert_eq!(read(&keys, &token), Some(Known { nonce: "abc".into(), generation: 7 }));
        assert_eq!(read(&keys, &token.replacen(".7.", ".8.", 1)), None);
        assert_eq!(read(&keys, &token.replacen("abc", "abd", 1)), None);
        assert_eq!(read(&keys, "abc.7"), None);
        assert!(!token.contains(':'), "a login is handed on as client_id:refresh_token");
    }
}
