//! What repositories say of themselves. Read one at a time: lists never carry them.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use crate::server::store::Result;

/// What a scan found beside the deployments file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readme {
    /// The text.
    Text(String),
    /// There is none.
    Missing,
    /// It could not be read; what was known stays.
    Unknown,
}

/// Keeps what a scan found. Returns whether that is news.
pub fn keep(transaction: &Transaction<'_>, repository: i64, found: &Readme) -> Result<bool> {
    Ok(match found {
        Readme::Unknown => 0,
        Readme::Missing => {
            transaction.prepare_cached("DELETE FROM readmes WHERE repository_id = ?1")?.execute([repository])?
        }
        Readme::Text(text) => transaction
            .prepare_cached(
                "INSERT INTO readmes (repository_id, text) VALUES (?1, ?2) \
                 ON CONFLICT (repository_id) DO UPDATE SET text = excluded.text WHERE text <> excluded.text",
            )?
            .execute(params![repository, text])?,
    } > 0)
}

/// What a repository says of itself.
pub fn of(connection: &Connection, repository: i64) -> Result<Option<String>> {
    Ok(connection
        .prepare_cached("SELECT text FROM readmes WHERE repository_id = ?1")?
        .query_row([repository], |row| row.get(0))
        .optional()?)
}
