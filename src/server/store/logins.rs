//! Logins of protocol version 2 with their refresh tokens, and mandate keys, in the store.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::Result;
use super::identity::Member;

/// Logins of one client that stay valid at once; those that were used longest ago go.
const LOGINS_PER_CLIENT: u32 = 256;

/// A login: all refresh tokens that came out of one approval.
#[derive(Debug, Clone)]
pub struct LoginRow {
    /// Row.
    pub id: i64,
    /// Whose it is.
    pub client_row: i64,
    /// The client id that the program was told before the approval; it may go on using it.
    pub told_client_id: String,
    /// Names the login in refresh and access tokens.
    pub nonce: String,
    /// How many refresh tokens there have been; only the last one counts.
    pub generation: i64,
    /// Scopes that were granted.
    pub scope: String,
    /// When it was used last, milliseconds.
    pub used_at: i64,
}

const LOGIN: &str = "SELECT id, client_row, told_client_id, nonce, generation, scope, used_at FROM logins";

fn login(row: &rusqlite::Row<'_>) -> rusqlite::Result<LoginRow> {
    Ok(LoginRow {
        id: row.get(0)?,
        client_row: row.get(1)?,
        told_client_id: row.get(2)?,
        nonce: row.get(3)?,
        generation: row.get(4)?,
        scope: row.get(5)?,
        used_at: row.get(6)?,
    })
}

/// Adds a login, in its first generation; its id is given back. Logins that nobody has used since `forgotten` go.
pub fn add_login(connection: &Connection, row: &LoginRow, forgotten: i64) -> Result<i64> {
    connection.execute("DELETE FROM logins WHERE used_at < ?1", [forgotten])?;
    let id = connection.query_row(
        "INSERT INTO logins (client_row, told_client_id, nonce, generation, scope, created_at, used_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) RETURNING id",
        params![row.client_row, row.told_client_id, row.nonce, row.generation, row.scope, row.used_at],
        |row| row.get(0),
    )?;
    connection.execute(
        "DELETE FROM logins WHERE client_row = ?1 AND id NOT IN
             (SELECT id FROM logins WHERE client_row = ?1 ORDER BY used_at DESC, id DESC LIMIT ?2)",
        params![row.client_row, LOGINS_PER_CLIENT],
    )?;
    Ok(id)
}

/// The login that a token names.
pub fn login_by_nonce(connection: &Connection, nonce: &str) -> Result<Option<LoginRow>> {
    let mut query = connection.prepare_cached(&format!("{LOGIN} WHERE nonce = ?1"))?;
    Ok(query.query_row([nonce], login).optional()?)
}

/// Whether the client has this login.
pub fn has_login(connection: &Connection, client_row: i64, nonce: &str) -> Result<bool> {
    let mut query = connection.prepare_cached("SELECT 1 FROM logins WHERE nonce = ?1 AND client_row = ?2")?;
    Ok(query.exists(params![nonce, client_row])?)
}

/// The next generation begins; the refresh token of this one counts no longer.
pub fn turn(connection: &Connection, row: &LoginRow, now: i64) -> Result<LoginRow> {
    let next = LoginRow { generation: row.generation + 1, used_at: now, ..row.clone() };
    connection.execute(
        "UPDATE logins SET generation = ?2, used_at = ?3 WHERE id = ?1",
        params![row.id, next.generation, now],
    )?;
    Ok(next)
}

/// Ends a login: none of its tokens counts any longer.
pub fn remove_login(connection: &Connection, id: i64) -> Result<()> {
    connection.execute("DELETE FROM logins WHERE id = ?1", [id])?;
    Ok(())
}

/// Adds a mandate key.
pub fn add_mandate(connection: &Connection, member: Member, hash: &[u8], now: i64) -> Result<()> {
    connection.execute(
        "INSERT INTO mandate_keys (hash, organisation_id, user_id, created_at) VALUES (?1, ?2, ?3, ?4)",
        params![hash, member.organisation_id, member.user_id, now],
    )?;
    Ok(())
}

/// Whom a mandate key speaks for; notes that it was used.
pub fn use_mandate(connection: &Connection, hash: &[u8], now: i64) -> Result<Option<Member>> {
    let sql = "UPDATE mandate_keys SET used_at = ?2 WHERE hash = ?1 RETURNING organisation_id, user_id";
    let member = connection
        .query_row(sql, params![hash, now], |row| Ok(Member { organisation_id: row.get(0)?, user_id: row.get(1)? }));
    Ok(member.optional()?)
}
