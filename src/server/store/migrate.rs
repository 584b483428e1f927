//! Numbered migrations, counted in SQLite's `user_version`.

use std::path::Path;

use rusqlite::Connection;

use super::{Error, Result};

/// In order; never changed once released, only added to.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_identity.sql"),
    include_str!("migrations/0002_kabinet.sql"),
    include_str!("migrations/0003_rekuest.sql"),
    include_str!("migrations/0004_logins.sql"),
    include_str!("migrations/0005_readmes.sql"),
    include_str!("migrations/0006_contested.sql"),
    include_str!("migrations/0007_pod_ids.sql"),
    include_str!("migrations/0008_pod_owners.sql"),
];

/// Brings the schema up to date, each step in a transaction of its own.
pub(super) fn up(connection: &mut Connection, path: &Path) -> Result<()> {
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(Error::TooNew { path: path.to_owned(), found, known });
    }
    if found > 0 && found < known {
        let copy = path.with_extension(format!("before-{known}.sqlite"));
        connection.backup(rusqlite::MAIN_DB, &copy, None::<fn(rusqlite::backup::Progress)>)?;
    }
    for (step, sql) in (1..=known).zip(MIGRATIONS).skip(found as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", step)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::codes;
    use super::*;

    #[test]
    fn a_store_of_before_version_2_keeps_its_waiting_codes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kab.sqlite");
        let mut connection = Connection::open(&path).unwrap();
        for sql in &MIGRATIONS[..3] {
            connection.execute_batch(sql).unwrap();
        }
        connection.pragma_update(None, "user_version", 3).unwrap();
        connection
            .execute_batch(
                "INSERT INTO device_codes (code, manifest, role, nonce, expires_at, created_at)
                 VALUES ('3fa90c1e', '{}', 'agent', 'n', 1, 0), ('3fa90c1f', '{}', 'agent', 'o', 1, 0);",
            )
            .unwrap();
        up(&mut connection, &path).unwrap();
        let waiting = codes::waiting_codes(&connection, 0).unwrap();
        assert_eq!(waiting.len(), 2);
        assert_eq!((waiting[0].shown().as_str(), waiting[0].polling.is_none()), ("3fa90c1e", true));
        assert!(folder.path().join(format!("kab.before-{}.sqlite", MIGRATIONS.len())).exists());
    }
}
