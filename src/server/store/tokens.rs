//! Tokens that the operator has made, to be listed and withdrawn. None of them can be shown: only their hashes are kept.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::Result;

/// The app of the tokens that the operator makes for programs without a manifest.
pub const OPERATOR_APP: &str = "kab.token";

/// The kinds, as the tables have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Client tokens of [`OPERATOR_APP`].
    Client,
    /// Redeem tokens.
    Redeem,
    /// Mandate keys.
    Mandate,
}

/// A token.
#[derive(Debug, Clone)]
pub struct TokenRow {
    /// Its table.
    pub table: Table,
    /// Row.
    pub id: i64,
    /// The organisation's short name.
    pub organisation: String,
    /// The user's name.
    pub user: String,
    /// When it was made, milliseconds.
    pub created_at: i64,
    /// When it was used last, milliseconds, where that is known.
    pub used_at: Option<i64>,
    /// The app that has redeemed it, with its version.
    pub redeemed_by: Option<String>,
}

/// All tokens of the operator, oldest first within each kind.
pub fn tokens(connection: &Connection) -> Result<Vec<TokenRow>> {
    let mut all = Vec::new();
    for (table, sql) in [
        (
            Table::Client,
            "SELECT t.id, o.slug, u.username, t.created_at, NULL, NULL FROM client_tokens t
             JOIN clients c ON c.id = t.client_row JOIN organisations o ON o.id = c.organisation_id
             JOIN users u ON u.id = c.user_id WHERE c.app = ?1 ORDER BY t.id",
        ),
        (
            Table::Redeem,
            "SELECT t.id, o.slug, u.username, t.created_at, NULL, c.app || ' ' || c.version FROM redeem_tokens t
             JOIN organisations o ON o.id = t.organisation_id JOIN users u ON u.id = t.user_id
             LEFT JOIN clients c ON c.id = t.client_row WHERE ?1 <> '' ORDER BY t.id",
        ),
        (
            Table::Mandate,
            "SELECT t.id, o.slug, u.username, t.created_at, t.used_at, NULL FROM mandate_keys t
             JOIN organisations o ON o.id = t.organisation_id JOIN users u ON u.id = t.user_id
             WHERE ?1 <> '' ORDER BY t.id",
        ),
    ] {
        let mut query = connection.prepare_cached(sql)?;
        let rows = query.query_map([OPERATOR_APP], |row| {
            Ok(TokenRow {
                table,
                id: row.get(0)?,
                organisation: row.get(1)?,
                user: row.get(2)?,
                created_at: row.get(3)?,
                used_at: row.get(4)?,
                redeemed_by: row.get(5)?,
            })
        })?;
        for row in rows {
            all.push(row?);
        }
    }
    Ok(all)
}

/// Withdraws a token; false when there is none.
///
/// What was had for a client token (secret and access tokens) goes by the client's id, so the client gets the new one.
/// Its other tokens stay: whoever holds one claims again.
pub fn withdraw(connection: &Connection, table: Table, id: i64, new_client_id: &str) -> Result<bool> {
    let gone = match table {
        Table::Client => {
            let sql =
                "DELETE FROM client_tokens WHERE id = ?1 AND client_row IN (SELECT id FROM clients WHERE app = ?2)
                       RETURNING client_row";
            let client: Option<i64> =
                connection.query_row(sql, params![id, OPERATOR_APP], |row| row.get(0)).optional()?;
            match client {
                Some(client) => connection
                    .execute("UPDATE clients SET client_id = ?2 WHERE id = ?1", params![client, new_client_id])?,
                None => 0,
            }
        }
        Table::Redeem => connection.execute("DELETE FROM redeem_tokens WHERE id = ?1", [id])?,
        Table::Mandate => connection.execute("DELETE FROM mandate_keys WHERE id = ?1", [id])?,
    };
    Ok(gone > 0)
}
