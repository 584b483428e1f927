//! What the operator has given away: lists tokens, and withdraws them. Their secrets are kept nowhere.

use super::operator::TokenKind;
use super::registration::new_client_id;
use super::server::{Error, Server};
use super::store::tokens::{self, Table, TokenRow};

/// A token that the operator has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenToken {
    /// What it is withdrawn by: `client-3`.
    pub id: String,
    /// Its kind.
    pub kind: TokenKind,
    /// The organisation.
    pub organisation: String,
    /// The user.
    pub user: String,
    /// When it was made, milliseconds since 1970.
    pub created_at: i64,
    /// When it was used last, where that is known.
    pub used_at: Option<i64>,
    /// The app that has redeemed it, with its version; it comes from that app.
    pub redeemed_by: Option<String>,
}

impl TokenKind {
    /// The word for people and programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Redeem => "redeem",
            Self::Mandate => "mandate",
        }
    }

    fn table(self) -> Table {
        match self {
            Self::Client => Table::Client,
            Self::Redeem => Table::Redeem,
            Self::Mandate => Table::Mandate,
        }
    }
}

impl Server {
    /// The tokens that the operator has made and not withdrawn.
    pub async fn given_tokens(&self) -> Result<Vec<GivenToken>, Error> {
        let rows = self.state.store.read(tokens::tokens).await?;
        Ok(rows.into_iter().map(given).collect())
    }

    /// Withdraws a token by its id.
    ///
    /// A client token takes with it what was had for it. A program that has redeemed a token, or let itself in by a
    /// mandate key, keeps what it got until that ends.
    pub async fn withdraw_token(&self, id: &str) -> Result<(), Error> {
        let unknown = || Error::NoSuch { what: "token", name: id.to_owned() };
        let (kind, row) = read(id).ok_or_else(unknown)?;
        let write = self
            .state
            .store
            .write(move |transaction| tokens::withdraw(transaction, kind.table(), row, &new_client_id()))
            .await?;
        if write { Ok(()) } else { Err(unknown()) }
    }
}

fn given(row: TokenRow) -> GivenToken {
    let kind = match row.table {
        Table::Client => TokenKind::Client,
        Table::Redeem => TokenKind::Redeem,
        Table::Mandate => TokenKind::Mandate,
    };
    let TokenRow { id, organisation, user, created_at, used_at, redeemed_by, .. } = row;
    GivenToken { id: format!("{}-{id}", kind.word()), kind, organisation, user, created_at, used_at, redeemed_by }
}

fn read(id: &str) -> Option<(TokenKind, i64)> {
    let (word, row) = id.trim().rsplit_once('-')?;
    let kinds = [TokenKind::Client, TokenKind::Redeem, TokenKind::Mandate];
    Some((kinds.into_iter().find(|kind| kind.word() == word)?, row.parse().ok()?))
}
