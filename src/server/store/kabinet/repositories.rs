//! Repositories: adding, removing, and how their scans went.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::catalogue::{self, Origin};
use super::contest;
use super::rows::{Entity as _, Repository};
use super::workplaces::{Table, exists};
use crate::catalogue::File;
use crate::domain::{Moment, ScanIssue};
use crate::server::store::Result;

/// What a repository is added with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// `github`, `url`, `path` or `builtin`.
    pub kind: &'static str,
    /// What people call it.
    pub name: String,
    /// Owner on GitHub.
    pub user: String,
    /// Name on GitHub.
    pub repo: String,
    /// Branch on GitHub.
    pub branch: String,
    /// Where it is read from; unique in the organisation.
    pub source: String,
}

/// A repository that has been added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// Row.
    pub id: i64,
    /// Whether it was not there before.
    pub is_new: bool,
}

/// Adds a repository, or finds the one that is there.
pub fn add(transaction: &Transaction<'_>, organisation: i64, addition: &Addition, now: Moment) -> Result<Added> {
    let inserted = transaction
        .prepare_cached(
            "INSERT INTO repositories (organisation_id, kind, name, user, repo, branch, source, added_at, updated_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8) ON CONFLICT (organisation_id, source) DO NOTHING",
        )?
        .execute(params![
            organisation,
            addition.kind,
            addition.name,
            addition.user,
            addition.repo,
            addition.branch,
            addition.source,
            now.0
        ])?;
    let id = transaction
        .prepare_cached("SELECT id FROM repositories WHERE organisation_id = ?1 AND source = ?2")?
        .query_row(params![organisation, addition.source], |row| row.get(0))?;
    Ok(Added { id, is_new: inserted > 0 })
}

/// Gives an organisation its first repositories, once and for all. They are due to be scanned at once.
pub fn give_defaults(
    transaction: &Transaction<'_>,
    organisation: i64,
    additions: &[Addition],
    now: Moment,
) -> Result<usize> {
    let new = transaction
        .prepare_cached(
            "INSERT INTO repository_defaults (organisation_id, given_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        )?
        .execute(params![organisation, now.0])?;
    if new == 0 {
        return Ok(0);
    }
    for addition in additions {
        let added = add(transaction, organisation, addition, now)?;
        schedule(transaction, added.id, now)?;
    }
    Ok(additions.len())
}

/// Deletes a repository. Flavours that something runs of stay, without repository and withdrawn.
pub fn remove(transaction: &Transaction<'_>, organisation: i64, repository: i64, now: Moment) -> Result<()> {
    exists(transaction, Table::Repository, organisation, repository)?;
    transaction
        .prepare_cached(
            "DELETE FROM flavours WHERE repository_id = ?1 AND NOT EXISTS \
             (SELECT 1 FROM deployments deployment WHERE deployment.flavour_id = flavours.id)",
        )?
        .execute([repository])?;
    transaction
        .prepare_cached("UPDATE flavours SET withdrawn = 1, updated_at = ?2 WHERE repository_id = ?1")?
        .execute(params![repository, now.0])?;
    transaction.prepare_cached("DELETE FROM repositories WHERE id = ?1")?.execute([repository])?;
    catalogue::tidy(transaction, organisation)?;
    contest::reopen(transaction, organisation, now).map(|_| ())
}

/// Notes that a scan has begun.
pub fn begin(transaction: &Transaction<'_>, repository: i64) -> Result<()> {
    transaction
        .prepare_cached("UPDATE repositories SET scan_state = 'RUNNING', retry_at = NULL WHERE id = ?1")?
        .execute([repository])?;
    Ok(())
}

/// Brings a file in. Returns whether the catalogue or the issues are other than before.
pub fn finish(transaction: &Transaction<'_>, origin: Origin, repository: i64, file: &File) -> Result<bool> {
    exists(transaction, Table::Repository, origin.organisation, repository)?;
    let imported = catalogue::import(transaction, origin, &file.entries)?;
    contest::reopen(transaction, origin.organisation, origin.now)?;
    let found: Vec<ScanIssue> = file.issues.iter().chain(&imported.left_out).cloned().collect();
    let before = issues(transaction, repository)?;
    let failed: bool = transaction
        .prepare_cached("SELECT scan_failure IS NOT NULL OR scanned_at IS NULL FROM repositories WHERE id = ?1")?
        .query_row([repository], |row| row.get(0))?;
    if before != found {
        transaction.prepare_cached("DELETE FROM scan_issues WHERE repository_id = ?1")?.execute([repository])?;
        for issue in &found {
            transaction
                .prepare_cached("INSERT INTO scan_issues (repository_id, path, reason) VALUES (?1, ?2, ?3)")?
                .execute(params![repository, issue.path, issue.reason])?;
        }
    }
    transaction
        .prepare_cached(
            "UPDATE repositories SET scan_state = 'DONE', scan_failure = NULL, scanned_at = ?2, failures = 0, \
             retry_at = NULL, updated_at = ?2 WHERE id = ?1",
        )?
        .execute(params![repository, origin.now.0])?;
    Ok(imported.changed > 0 || before != found || failed)
}

/// Notes that a scan failed; what was known stays. Returns whether that is news.
pub fn fail(
    transaction: &Transaction<'_>,
    repository: i64,
    why: &str,
    now: Moment,
    retry_at: Option<Moment>,
) -> Result<bool> {
    let before: Option<Option<String>> = transaction
        .prepare_cached("SELECT scan_failure FROM repositories WHERE id = ?1")?
        .query_row([repository], |row| row.get(0))
        .optional()?;
    transaction
        .prepare_cached(
            "UPDATE repositories SET scan_state = 'FAILED', scan_failure = ?2, scanned_at = ?3, \
             failures = failures + 1, retry_at = ?4 WHERE id = ?1",
        )?
        .execute(params![repository, why, now.0, retry_at.map(|at| at.0)])?;
    Ok(before.flatten().as_deref() != Some(why))
}

/// Scans that a stopped server left unfinished are due at once.
pub fn recover(transaction: &Transaction<'_>, now: Moment) -> Result<usize> {
    Ok(transaction
        .prepare_cached("UPDATE repositories SET scan_state = 'NEVER', retry_at = ?1 WHERE scan_state = 'RUNNING'")?
        .execute([now.0])?)
}

/// Repositories to scan at a given time, each with its organisation.
pub fn due(connection: &Connection, now: Moment) -> Result<Vec<(i64, Repository)>> {
    let sql = format!(
        "SELECT {}, repository.organisation_id AS organisation_id FROM {} WHERE repository.retry_at <= ?1 \
         ORDER BY repository.retry_at",
        Repository::COLUMNS,
        Repository::FROM
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([now.0], |row| Ok((row.get("organisation_id")?, Repository::read(row)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// When the next repository is due.
pub fn next_due(connection: &Connection) -> Result<Option<Moment>> {
    let at: Option<i64> =
        connection.prepare_cached("SELECT min(retry_at) FROM repositories")?.query_row([], |row| row.get(0))?;
    Ok(at.map(Moment))
}

/// Lets a repository be scanned at a given time.
pub fn schedule(transaction: &Transaction<'_>, repository: i64, at: Moment) -> Result<()> {
    transaction
        .prepare_cached("UPDATE repositories SET retry_at = ?2 WHERE id = ?1")?
        .execute(params![repository, at.0])?;
    Ok(())
}

/// What the last good scan found wrong.
pub fn issues(connection: &Connection, repository: i64) -> Result<Vec<ScanIssue>> {
    let mut statement =
        connection.prepare_cached("SELECT path, reason FROM scan_issues WHERE repository_id = ?1 ORDER BY id")?;
    let rows = statement.query_map([repository], |row| Ok(ScanIssue { path: row.get(0)?, reason: row.get(1)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
