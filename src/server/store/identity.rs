//! Organisations, users, clients and redeem tokens in the store.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::Result;

/// Client tokens that stay valid at once for one client; the oldest beyond go.
const TOKENS_PER_CLIENT: u32 = 256;

/// What a client is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientRole {
    /// A person works with it.
    Interface,
    /// It does work for others.
    Agent,
}

impl ClientRole {
    /// The word of claims and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interface => "interface",
            Self::Agent => "agent",
        }
    }

    /// Reads the word; anything unknown is an interface, which may do less.
    pub fn parse(text: &str) -> Self {
        if text == "agent" { Self::Agent } else { Self::Interface }
    }
}

/// An organisation's member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Row of the organisation.
    pub organisation_id: i64,
    /// Row of the user.
    pub user_id: i64,
}

/// What identifies a client within its user and organisation.
#[derive(Debug, Clone)]
pub struct ClientKey {
    /// Whose.
    pub member: Member,
    /// App identifier.
    pub app: String,
    /// App version.
    pub version: String,
    /// Hashed node id, or empty.
    pub device: String,
    /// What it is for; the latest registration decides.
    pub role: ClientRole,
    /// Scopes asked for, JSON.
    pub scopes: String,
    /// Requirements of the manifest, JSON.
    pub requirements: String,
}

/// A client and whom it acts for.
#[derive(Debug, Clone)]
pub struct ClientRow {
    /// Row.
    pub id: i64,
    /// OAuth client id.
    pub client_id: String,
    /// App identifier.
    pub app: String,
    /// App version.
    pub version: String,
    /// Hashed node id, or empty.
    pub device: String,
    /// What it is for.
    pub role: ClientRole,
    /// Scopes, JSON.
    pub scopes: String,
    /// Requirements, JSON.
    pub requirements: String,
    /// What it last reported.
    pub functional: Option<bool>,
    /// Whose.
    pub member: Member,
    /// Subject of the user.
    pub sub: String,
    /// Name of the user.
    pub username: String,
    /// Slug of the organisation.
    pub organisation: String,
    /// Name of the organisation.
    pub organisation_name: String,
    /// `admin` or `member`.
    pub membership: String,
    /// Whether the member is locked out.
    pub blocked: bool,
}

const CLIENT: &str =
    "SELECT c.id, c.client_id, c.app, c.version, c.device, c.role, c.scopes, c.requirements, c.functional,
        c.organisation_id, c.user_id, u.sub, u.username, o.slug, o.name, m.role, m.blocked
    FROM clients c
    JOIN users u ON u.id = c.user_id
    JOIN organisations o ON o.id = c.organisation_id
    JOIN memberships m ON m.user_id = c.user_id AND m.organisation_id = c.organisation_id";

fn client(row: &rusqlite::Row<'_>) -> rusqlite::Result<ClientRow> {
    Ok(ClientRow {
        id: row.get(0)?,
        client_id: row.get(1)?,
        app: row.get(2)?,
        version: row.get(3)?,
        device: row.get(4)?,
        role: ClientRole::parse(&row.get::<_, String>(5)?),
        scopes: row.get(6)?,
        requirements: row.get(7)?,
        functional: row.get(8)?,
        member: Member { organisation_id: row.get(9)?, user_id: row.get(10)? },
        sub: row.get(11)?,
        username: row.get(12)?,
        organisation: row.get(13)?,
        organisation_name: row.get(14)?,
        membership: row.get(15)?,
        blocked: row.get(16)?,
    })
}

/// The client of an OAuth client id.
pub fn client_by_id(connection: &Connection, client_id: &str) -> Result<Option<ClientRow>> {
    let mut query = connection.prepare_cached(&format!("{CLIENT} WHERE c.client_id = ?1"))?;
    Ok(query.query_row([client_id], client).optional()?)
}

/// The client of a row.
pub fn client_by_row(connection: &Connection, id: i64) -> Result<Option<ClientRow>> {
    let mut query = connection.prepare_cached(&format!("{CLIENT} WHERE c.id = ?1"))?;
    Ok(query.query_row([id], client).optional()?)
}

/// The client that a client token belongs to.
pub fn client_by_token(connection: &Connection, hash: &[u8]) -> Result<Option<ClientRow>> {
    let mut query = connection
        .prepare_cached(&format!("{CLIENT} JOIN client_tokens t ON t.client_row = c.id WHERE t.hash = ?1"))?;
    Ok(query.query_row([hash], client).optional()?)
}

/// Finds or makes a member; the organisation and the user are made as needed.
pub fn ensure_member(connection: &Connection, organisation: &str, user: &str, role: &str, now: i64) -> Result<Member> {
    connection.execute(
        "INSERT INTO organisations (slug, name, created_at) VALUES (?1, ?1, ?2) ON CONFLICT DO NOTHING",
        params![organisation, now],
    )?;
    let organisation_id =
        connection.query_row("SELECT id FROM organisations WHERE slug = ?1", [organisation], |row| row.get(0))?;
    let found: Option<i64> =
        connection.query_row("SELECT id FROM users WHERE username = ?1", [user], |row| row.get(0)).optional()?;
    let user_id = match found {
        Some(id) => id,
        None => connection.query_row(
            "INSERT INTO users (sub, username, created_at)
             VALUES ((SELECT CAST(COALESCE(MAX(id), 0) + 1 AS TEXT) FROM users), ?1, ?2) RETURNING id",
            params![user, now],
            |row| row.get(0),
        )?,
    };
    connection.execute(
        "INSERT INTO memberships (organisation_id, user_id, role) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![organisation_id, user_id, role],
    )?;
    Ok(Member { organisation_id, user_id })
}

/// Finds or makes a client. An existing one keeps its id, and takes over role, scopes and requirements.
pub fn ensure_client(connection: &Connection, key: &ClientKey, new_id: &str, now: i64) -> Result<i64> {
    Ok(connection.query_row(
        "INSERT INTO clients (client_id, organisation_id, user_id, app, version, device, role, scopes, requirements, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (user_id, organisation_id, app, version, device) DO UPDATE
         SET role = excluded.role, scopes = excluded.scopes, requirements = excluded.requirements
         RETURNING id",
        params![
            new_id,
            key.member.organisation_id,
            key.member.user_id,
            key.app,
            key.version,
            key.device,
            key.role.as_str(),
            key.scopes,
            key.requirements,
            now
        ],
        |row| row.get(0),
    )?)
}

/// Adds a valid client token.
pub fn add_token(connection: &Connection, client_row: i64, hash: &[u8], now: i64) -> Result<()> {
    connection.execute(
        "INSERT INTO client_tokens (client_row, hash, created_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![client_row, hash, now],
    )?;
    connection.execute(
        "DELETE FROM client_tokens WHERE client_row = ?1 AND id NOT IN
             (SELECT id FROM client_tokens WHERE client_row = ?1 ORDER BY id DESC LIMIT ?2)",
        params![client_row, TOKENS_PER_CLIENT],
    )?;
    Ok(())
}

/// Notes what a client reported about its addresses. False when the token is nobody's.
pub fn report(connection: &Connection, hash: &[u8], functional: bool) -> Result<bool> {
    let changed = connection.execute(
        "UPDATE clients SET functional = ?2 WHERE id = (SELECT client_row FROM client_tokens WHERE hash = ?1)",
        params![hash, functional],
    )?;
    Ok(changed > 0)
}

/// The same for a client that is known already.
pub fn report_of(connection: &Connection, client_row: i64, functional: bool) -> Result<()> {
    connection.execute("UPDATE clients SET functional = ?2 WHERE id = ?1", params![client_row, functional])?;
    Ok(())
}

/// A redeem token.
#[derive(Debug, Clone)]
pub struct RedeemRow {
    /// Row.
    pub id: i64,
    /// Whom its clients act for.
    pub member: Member,
    /// Whether another manifest may redeem it again.
    pub allow_reredeem: bool,
    /// The client of the last redemption.
    pub client_row: Option<i64>,
    /// Hash of the manifest of the last redemption.
    pub manifest_hash: Option<String>,
    /// Part of the token to come.
    pub nonce: String,
    /// When it dies, milliseconds.
    pub expires_at: Option<i64>,
}

/// Adds a redeem token.
pub fn add_redeem(connection: &Connection, row: &RedeemRow, hash: &[u8], now: i64) -> Result<()> {
    connection.execute(
        "INSERT INTO redeem_tokens (hash, organisation_id, user_id, allow_reredeem, nonce, expires_at, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            hash,
            row.member.organisation_id,
            row.member.user_id,
            row.allow_reredeem,
            row.nonce,
            row.expires_at,
            now
        ],
    )?;
    Ok(())
}

/// The redeem token as it stands.
pub fn redeem_by_hash(connection: &Connection, hash: &[u8]) -> Result<Option<RedeemRow>> {
    let row = connection
        .query_row(
            "SELECT id, organisation_id, user_id, allow_reredeem, client_row, manifest_hash, nonce, expires_at
             FROM redeem_tokens WHERE hash = ?1",
            [hash],
            |row| {
                Ok(RedeemRow {
                    id: row.get(0)?,
                    member: Member { organisation_id: row.get(1)?, user_id: row.get(2)? },
                    allow_reredeem: row.get(3)?,
                    client_row: row.get(4)?,
                    manifest_hash: row.get(5)?,
                    nonce: row.get(6)?,
                    expires_at: row.get(7)?,
                })
            },
        )
        .optional()?;
    Ok(row)
}

/// Notes who redeemed a token.
pub fn redeemed(connection: &Connection, id: i64, client_row: i64, manifest_hash: &str) -> Result<()> {
    connection.execute(
        "UPDATE redeem_tokens SET client_row = ?2, manifest_hash = ?3 WHERE id = ?1",
        params![id, client_row, manifest_hash],
    )?;
    Ok(())
}

/// Forgets a redeem token.
pub fn remove_redeem(connection: &Connection, id: i64) -> Result<()> {
    connection.execute("DELETE FROM redeem_tokens WHERE id = ?1", [id])?;
    Ok(())
}

/// Pods that run, of everybody.
pub fn running_pods(connection: &Connection) -> Result<i64> {
    let sql = "SELECT count(*) FROM pods WHERE status = 'RUNNING'";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}
