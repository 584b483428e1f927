//! Device codes in the store, of both protocol versions: what a person approves.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::identity::ClientRole;
use super::{Error, Result};

/// A device code.
#[derive(Debug, Clone)]
pub struct CodeRow {
    /// Row.
    pub id: i64,
    /// What the person types: lower-case hexadecimal digits, without the dash that version 2 shows.
    pub code: String,
    /// The manifest, JSON.
    pub manifest: String,
    /// Role asked for.
    pub role: ClientRole,
    /// Host that asked.
    pub host: Option<String>,
    /// Part of the token to come.
    pub nonce: String,
    /// Refused.
    pub denied: bool,
    /// The client, once approved.
    pub client_row: Option<i64>,
    /// When it dies, milliseconds.
    pub expires_at: i64,
    /// When it was made, milliseconds.
    pub created_at: i64,
    /// What a code of version 2 has beside that.
    pub polling: Option<Polling>,
}

/// How a code of protocol version 2 is polled.
#[derive(Debug, Clone)]
pub struct Polling {
    /// SHA-256 of the device code, which only the program knows.
    pub device_hash: Vec<u8>,
    /// The client id that the program was told.
    pub client_id: String,
    /// Shortest time between two polls, seconds.
    pub seconds: i64,
    /// The last poll, milliseconds.
    pub polled_at: Option<i64>,
}

impl CodeRow {
    /// The code as the program shows it.
    pub fn shown(&self) -> String {
        match self.code.split_at_checked(4) {
            Some((head, tail)) if self.polling.is_some() => format!("{head}-{tail}").to_ascii_uppercase(),
            _ => self.code.clone(),
        }
    }
}

/// A code as the store has it, however a person types it.
pub fn plain(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

fn code(row: &rusqlite::Row<'_>) -> rusqlite::Result<CodeRow> {
    let device_hash: Option<Vec<u8>> = row.get(10)?;
    let polling = match device_hash {
        Some(device_hash) => {
            Some(Polling { device_hash, client_id: row.get(11)?, seconds: row.get(12)?, polled_at: row.get(13)? })
        }
        None => None,
    };
    Ok(CodeRow {
        id: row.get(0)?,
        code: row.get(1)?,
        manifest: row.get(2)?,
        role: ClientRole::parse(&row.get::<_, String>(3)?),
        host: row.get(4)?,
        nonce: row.get(5)?,
        denied: row.get(6)?,
        client_row: row.get(7)?,
        expires_at: row.get(8)?,
        created_at: row.get(9)?,
        polling,
    })
}

const CODE: &str = "SELECT id, code, manifest, role, host, nonce, denied, client_row, expires_at, created_at,
        device_hash, told_client_id, poll_seconds, polled_at
    FROM device_codes";

/// Adds a device code. False: too many wait already.
pub fn add_code(connection: &Connection, row: &CodeRow, most: i64) -> Result<bool> {
    connection.execute("DELETE FROM device_codes WHERE expires_at < ?1", [row.created_at])?;
    let waiting: i64 = connection.query_row("SELECT count(*) FROM device_codes", [], |row| row.get(0))?;
    if waiting >= most {
        return Ok(false);
    }
    let polling = row.polling.as_ref();
    connection.execute(
        "INSERT INTO device_codes (code, manifest, role, host, nonce, expires_at, created_at,
             device_hash, told_client_id, poll_seconds)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            row.code,
            row.manifest,
            row.role.as_str(),
            row.host,
            row.nonce,
            row.expires_at,
            row.created_at,
            polling.map(|polling| &polling.device_hash),
            polling.map(|polling| &polling.client_id),
            polling.map_or(0, |polling| polling.seconds),
        ],
    )?;
    Ok(true)
}

/// The device code that a person typed, as it stands.
pub fn code_by_text(connection: &Connection, text: &str) -> Result<Option<CodeRow>> {
    Ok(connection.query_row(&format!("{CODE} WHERE code = ?1"), [text], code).optional()?)
}

/// The code of version 2 that a program polls.
pub fn code_by_device(connection: &Connection, device_hash: &[u8]) -> Result<Option<CodeRow>> {
    Ok(connection.query_row(&format!("{CODE} WHERE device_hash = ?1"), [device_hash], code).optional()?)
}

/// Codes that wait for a decision, oldest first.
pub fn waiting_codes(connection: &Connection, now: i64) -> Result<Vec<CodeRow>> {
    let mut query = connection
        .prepare(&format!("{CODE} WHERE denied = 0 AND client_row IS NULL AND expires_at >= ?1 ORDER BY id"))?;
    let rows = query.query_map([now], code)?.collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Notes a poll, and how long the next one has to wait.
pub fn polled(connection: &Connection, id: i64, seconds: i64, now: i64) -> Result<()> {
    connection.execute(
        "UPDATE device_codes SET polled_at = ?2, poll_seconds = ?3 WHERE id = ?1",
        params![id, now, seconds],
    )?;
    Ok(())
}

/// Forgets a code.
pub fn remove_code(connection: &Connection, id: i64) -> Result<()> {
    connection.execute("DELETE FROM device_codes WHERE id = ?1", [id])?;
    Ok(())
}

/// Refuses a code.
pub fn deny_code(connection: &Connection, id: i64) -> Result<()> {
    connection.execute("UPDATE device_codes SET denied = 1 WHERE id = ?1", [id])?;
    Ok(())
}

/// Ties a code that still waits to its client.
pub fn approve_code(connection: &Connection, id: i64, client_row: i64) -> Result<()> {
    let changed = connection.execute(
        "UPDATE device_codes SET client_row = ?2 WHERE id = ?1 AND denied = 0 AND client_row IS NULL",
        params![id, client_row],
    )?;
    if changed == 0 {
        return Err(Error::Missing("DeviceCode"));
    }
    Ok(())
}
