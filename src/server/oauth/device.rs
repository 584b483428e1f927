//! The grant of RFC 8628: a program polls until a person has decided.

use serde_json::Value;

use super::super::clock;
use super::super::keys;
use super::super::origin::Origin;
use super::super::shared::State;
use super::super::store::codes::{self, CodeRow};
use super::super::store::identity::{ClientRow, client_by_row};
use super::super::store::logins::{self, LoginRow};
use super::envelope::Envelope;
use super::{Grant, OAuthError, SCOPES, needed, scope};

/// What a hasty program has to wait longer, by RFC 8628.
const PENALTY: i64 = 5;
/// Clocks and networks are not exact: a poll that comes early by so many milliseconds is in time.
const EARLY: i64 = 500;

/// How a code stands when it is polled.
#[derive(Debug, PartialEq, Eq)]
enum Stand {
    Approved(i64),
    Denied,
    Expired,
    Pending,
    TooFast { seconds: i64 },
}

/// How the code stands at `now`. Whoever was approved is let in, even when the last poll comes late or too early.
fn stand(row: &CodeRow, now: i64) -> Stand {
    if let Some(client) = row.client_row {
        return Stand::Approved(client);
    }
    if row.denied {
        return Stand::Denied;
    }
    if row.expires_at < now {
        return Stand::Expired;
    }
    let Some(polling) = &row.polling else { return Stand::Pending };
    match polling.polled_at {
        Some(last) if now < last + polling.seconds * 1000 - EARLY => {
            Stand::TooFast { seconds: polling.seconds + PENALTY }
        }
        _ => Stand::Pending,
    }
}

enum Outcome {
    Unknown,
    Blocked,
    Waits(Stand),
    In(Box<(ClientRow, LoginRow)>),
}

/// Lets the program in once somebody approved it. The code is good for one login.
pub async fn grant(state: &State, origin: &Origin, form: Grant) -> Result<Value, OAuthError> {
    let device_hash = keys::hash(&needed(form.device_code, "device_code")?);
    let client_id = needed(form.client_id, "client_id")?;
    let granted = scope(form.scope.as_deref(), &SCOPES.join(" "));
    let life = clock::millis(state.options.login_life);
    let now = clock::now();
    let outcome = state.store.write(move |transaction| {
        let Some(row) = codes::code_by_device(transaction, &device_hash)? else { return Ok(Outcome::Unknown) };
        let Some(polling) = row.polling.as_ref().filter(|polling| polling.client_id == client_id) else {
            return Ok(Outcome::Unknown);
        };
        let client_row = match stand(&row, now) {
            Stand::Approved(client_row) => client_row,
            stand => {
                let seconds = if let Stand::TooFast { seconds } = stand { seconds } else { polling.seconds };
                codes::polled(transaction, row.id, seconds, now)?;
                return Ok(Outcome::Waits(stand));
            }
        };
        let Some(client) = client_by_row(transaction, client_row)? else { return Ok(Outcome::Unknown) };
        if client.blocked {
            return Ok(Outcome::Blocked);
        }
        codes::remove_code(transaction, row.id)?;
        let mut login = LoginRow {
            id: 0,
            client_row,
            told_client_id: client_id,
            nonce: uuid::Uuid::new_v4().simple().to_string(),
            generation: 1,
            scope: granted,
            used_at: now,
        };
        login.id = logins::add_login(transaction, &login, now.saturating_sub(life))?;
        Ok(Outcome::In(Box::new((client, login))))
    });
    match outcome.await? {
        Outcome::In(found) => {
            let (client, login) = *found;
            Ok(Envelope { client: &client, login: Some(&login), scope: &login.scope }.reply(state, origin))
        }
        Outcome::Blocked => Err(OAuthError::blocked()),
        Outcome::Unknown => {
            Err(OAuthError::new("invalid_grant", "The device code is unknown, used already, or another client's."))
        }
        Outcome::Waits(stand) => Err(refusal(&stand)),
    }
}

fn refusal(stand: &Stand) -> OAuthError {
    match stand {
        Stand::Denied => OAuthError::new("access_denied", "The request was denied."),
        Stand::Expired => OAuthError::new("expired_token", "The code has expired."),
        Stand::TooFast { .. } => OAuthError::new("slow_down", "Wait five seconds longer between two polls."),
        Stand::Pending | Stand::Approved(_) => {
            OAuthError::new("authorization_pending", "Nobody has approved the code yet.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::store::codes::Polling;
    use super::super::super::store::identity::ClientRole;
    use super::*;

    fn polled(seconds: i64, polled_at: Option<i64>) -> CodeRow {
        CodeRow {
            id: 1,
            code: String::new(),
            manifest: String::new(),
            role: ClientRole::Interface,
            host: None,
            nonce: String::new(),
            denied: false,
            client_row: None,
            expires_at: 300_000,
            created_at: 0,
            polling: Some(Polling { device_hash: vec![], client_id: String::new(), seconds, polled_at }),
        }
    }

    #[test]
    fn whoever_polls_too_fast_waits_longer_each_time() {
        assert_eq!(stand(&polled(5, None), 0), Stand::Pending);
        assert_eq!(stand(&polled(5, Some(10_000)), 12_000), Stand::TooFast { seconds: 10 });
        assert_eq!(stand(&polled(10, Some(12_000)), 18_000), Stand::TooFast { seconds: 15 });
        assert_eq!(stand(&polled(10, Some(12_000)), 21_800), Stand::Pending);
    }

    #[test]
    fn a_decision_counts_whenever_it_is_asked_for() {
        let mut row = polled(5, Some(10_000));
        row.denied = true;
        assert_eq!(stand(&row, 10_001), Stand::Denied);
        row.denied = false;
        assert_eq!(stand(&row, 300_001), Stand::Expired);
        row.client_row = Some(7);
        assert_eq!(stand(&row, 10_001), Stand::Approved(7));
        assert_eq!(stand(&row, 300_001), Stand::Approved(7));
    }
}
