//! What engines report: backends, resources, deployments, pods and their logs.
//!
//! Nothing ties a change to the backend that a row belongs to: any member of the organisation may make it, as upstream.

use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::domain::Moment;
use crate::server::changes::Event;
use crate::server::identity::Identity;
use crate::server::store::{Error, Result};

/// Log dumps that are kept of a pod; older ones go.
pub const KEPT_DUMPS: i64 = 10;
/// Bytes of a log dump; of a longer one the end is kept.
pub const LONGEST_DUMP: usize = 1 << 20;

/// What a resource is declared with.
#[derive(Debug, Clone)]
pub struct ResourceDeclaration {
    /// Its backend.
    pub backend: i64,
    /// The backend's own id of it.
    pub local_id: String,
    /// What people call it; `unset` where it has no name.
    pub name: Option<String>,
    /// JSON list of `{key, value}`.
    pub qualifiers: Option<String>,
}

/// What a deployment is made of.
#[derive(Debug, Clone)]
pub struct DeploymentCreation {
    /// Its flavour.
    pub flavour: i64,
    /// The backend's own id of it.
    pub local_id: String,
    /// JSON object of texts.
    pub secret_params: String,
    /// When the image was pulled.
    pub pulled_at: Option<Moment>,
}

/// What a pod is made of.
#[derive(Debug, Clone)]
pub struct PodCreation {
    /// Its deployment.
    pub deployment: i64,
    /// The backend's own id of it.
    pub local_id: String,
    /// Where it runs.
    pub resource: Option<i64>,
    /// OAuth client id of the app inside.
    pub client_id: Option<String>,
    /// The task that it is made for.
    pub task: Option<i64>,
}

/// What a pod's engine says of it.
#[derive(Debug, Clone)]
pub struct PodReport {
    /// The pod, by its row.
    pub pod: Option<i64>,
    /// The pod of the caller's backend, by the backend's own id.
    pub local_id: Option<String>,
    /// A pod status.
    pub status: String,
    /// Why it has this status; `None` forgets an older reason.
    pub reason: Option<String>,
}

/// The caller's backend, made when there is none yet.
pub fn ensure_backend(transaction: &Transaction<'_>, who: &Identity, now: Moment) -> Result<(i64, Option<Event>)> {
    let known: Option<i64> = transaction
        .prepare_cached("SELECT id FROM backends WHERE organisation_id = ?1 AND user_id = ?2 AND client_row = ?3")?
        .query_row(params![who.organisation_id, who.user_id, who.client_row], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok((id, None));
    }
    transaction
        .prepare_cached(
            "INSERT INTO backends (organisation_id, user_id, client_row, sub, client_id, client_app, client_release, \
             client_device, name, kind, created_at, heartbeat_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'unset', 'unknown', ?9, ?9)",
        )?
        .execute(params![
            who.organisation_id,
            who.user_id,
            who.client_row,
            who.sub,
            who.client_id,
            who.app,
            who.release,
            who.device,
            now.0
        ])?;
    Ok((transaction.last_insert_rowid(), Some(Event::Created)))
}

/// Names the caller's backend.
pub fn declare_backend(
    transaction: &Transaction<'_>,
    who: &Identity,
    (name, kind): (&str, &str),
    now: Moment,
) -> Result<(i64, Event)> {
    let (id, created) = ensure_backend(transaction, who, now)?;
    transaction
        .prepare_cached(
            "UPDATE backends SET name = ?2, kind = ?3, heartbeat_at = ?4, sub = ?5, client_id = ?6, client_app = ?7, \
             client_release = ?8, client_device = ?9 WHERE id = ?1",
        )?
        .execute(params![id, name, kind, now.0, who.sub, who.client_id, who.app, who.release, who.device])?;
    Ok((id, created.unwrap_or(Event::Updated)))
}

/// Notes a resource of a backend. Every call overwrites what was said before.
pub fn declare_resource(
    transaction: &Transaction<'_>,
    organisation: i64,
    declaration: &ResourceDeclaration,
    now: Moment,
) -> Result<i64> {
    exists(transaction, Table::Backend, organisation, declaration.backend)?;
    Ok(transaction
        .prepare_cached(
            "INSERT INTO resources (organisation_id, backend_id, local_id, name, qualifiers, created_at, reported_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (backend_id, local_id) DO UPDATE \
             SET name = excluded.name, qualifiers = excluded.qualifiers, reported_at = excluded.reported_at RETURNING id",
        )?
        .query_row(
            params![
                organisation,
                declaration.backend,
                declaration.local_id,
                declaration.name.as_deref().unwrap_or("unset"),
                declaration.qualifiers,
                now.0
            ],
            |row| row.get(0),
        )?)
}

/// Notes that the caller's backend has a flavour.
pub fn create_deployment(
    transaction: &Transaction<'_>,
    who: &Identity,
    creation: &DeploymentCreation,
    now: Moment,
) -> Result<i64> {
    exists(transaction, Table::Flavour, who.organisation_id, creation.flavour)?;
    let (backend, _) = ensure_backend(transaction, who, now)?;
    Ok(transaction
        .prepare_cached(
            "INSERT INTO deployments (organisation_id, flavour_id, backend_id, local_id, status, secret_params, \
             pulled_at, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, 'PENDING', ?5, ?6, ?7, ?7) \
             ON CONFLICT (flavour_id, backend_id, local_id) DO UPDATE SET secret_params = excluded.secret_params, \
             pulled_at = coalesce(excluded.pulled_at, pulled_at), updated_at = excluded.updated_at RETURNING id",
        )?
        .query_row(
            params![
                who.organisation_id,
                creation.flavour,
                backend,
                creation.local_id,
                creation.secret_params,
                creation.pulled_at.map(|at| at.0),
                now.0
            ],
            |row| row.get(0),
        )?)
}

/// Sets the status of a deployment.
pub fn update_deployment(
    transaction: &Transaction<'_>,
    organisation: i64,
    deployment: i64,
    status: &str,
    now: Moment,
) -> Result<()> {
    exists(transaction, Table::Deployment, organisation, deployment)?;
    transaction
        .prepare_cached("UPDATE deployments SET status = ?2, updated_at = ?3 WHERE id = ?1")?
        .execute(params![deployment, status, now.0])?;
    Ok(())
}

/// Notes a pod of the caller's backend. One that is known keeps its status.
pub fn create_pod(
    transaction: &Transaction<'_>,
    who: &Identity,
    creation: &PodCreation,
    now: Moment,
) -> Result<(i64, Event)> {
    exists(transaction, Table::Deployment, who.organisation_id, creation.deployment)?;
    if let Some(resource) = creation.resource {
        exists(transaction, Table::Resource, who.organisation_id, resource)?;
    }
    let (backend, _) = ensure_backend(transaction, who, now)?;
    let owner = creation.task.map(|task| asker(transaction, who, task)).transpose()?.flatten();
    let known = pod_at(transaction, backend, &creation.local_id)?;
    // Numbers are never given twice, so that what is kept of a removed pod never means another one.
    let number = if let Some(known) = known {
        known
    } else {
        transaction.prepare_cached("INSERT INTO pod_ids DEFAULT VALUES")?.execute([])?;
        let number = transaction.last_insert_rowid();
        transaction.prepare_cached("DELETE FROM pod_ids")?.execute([])?;
        number
    };
    let id = transaction
        .prepare_cached(
            "INSERT INTO pods (id, organisation_id, backend_id, deployment_id, resource_id, local_id, client_id, status, \
             created_at, updated_at, owner_id) VALUES (?8, ?1, ?2, ?3, ?4, ?5, ?6, 'PENDING', ?7, ?7, ?9) \
             ON CONFLICT (backend_id, local_id) DO UPDATE SET deployment_id = excluded.deployment_id, \
             resource_id = excluded.resource_id, client_id = excluded.client_id, updated_at = excluded.updated_at, \
             owner_id = coalesce(owner_id, excluded.owner_id) RETURNING id",
        )?
        .query_row(
            params![
                who.organisation_id,
                backend,
                creation.deployment,
                creation.resource,
                creation.local_id,
                creation.client_id,
                now.0,
                number,
                owner
            ],
            |row| row.get(0),
        )?;
    Ok((id, if known.is_some() { Event::Updated } else { Event::Created }))
}

/// The user whose task it is, if it was given to this caller. Nobody can name a user, and nobody another's task.
fn asker(transaction: &Transaction<'_>, who: &Identity, task: i64) -> Result<Option<i64>> {
    Ok(transaction
        .prepare_cached(
            "SELECT caller.user_id FROM tasks task JOIN clients caller ON caller.id = task.caller_row \
             JOIN agents agent ON agent.id = task.agent_id \
             WHERE task.id = ?1 AND task.organisation_id = ?2 AND agent.client_row = ?3",
        )?
        .query_row(params![task, who.organisation_id, who.client_row], |row| row.get(0))
        .optional()?)
}

/// The pod of a backend with the backend's own id.
pub fn pod_at(transaction: &rusqlite::Connection, backend: i64, local_id: &str) -> Result<Option<i64>> {
    Ok(transaction
        .prepare_cached("SELECT id FROM pods WHERE backend_id = ?1 AND local_id = ?2")?
        .query_row(params![backend, local_id], |row| row.get(0))
        .optional()?)
}

/// The caller's backend, if it has one.
pub fn backend_of(connection: &rusqlite::Connection, who: &Identity) -> Result<Option<i64>> {
    Ok(connection
        .prepare_cached("SELECT id FROM backends WHERE organisation_id = ?1 AND user_id = ?2 AND client_row = ?3")?
        .query_row(params![who.organisation_id, who.user_id, who.client_row], |row| row.get(0))
        .optional()?)
}

/// Sets the status of a pod. The event is `None` when nothing but the time of the report changed.
pub fn update_pod(
    transaction: &Transaction<'_>,
    who: &Identity,
    report: &PodReport,
    now: Moment,
) -> Result<(i64, Option<Event>)> {
    let pod = match (report.pod, &report.local_id) {
        (Some(pod), _) => {
            exists(transaction, Table::Pod, who.organisation_id, pod)?;
            pod
        }
        (None, Some(local_id)) => match backend_of(transaction, who)? {
            Some(backend) => pod_at(transaction, backend, local_id)?.ok_or(Error::Missing("Pod"))?,
            None => return Err(Error::Missing("Pod")),
        },
        (None, None) => return Err(Error::Refused("Either pod or localId needs to be provided".into())),
    };
    let changed: bool = transaction
        .prepare_cached("SELECT status IS NOT ?2 OR reason IS NOT ?3 FROM pods WHERE id = ?1")?
        .query_row(params![pod, report.status, report.reason], |row| row.get(0))?;
    transaction
        .prepare_cached("UPDATE pods SET status = ?2, reason = ?3, updated_at = ?4 WHERE id = ?1")?
        .execute(params![pod, report.status, report.reason, now.0])?;
    Ok((pod, changed.then_some(Event::Updated)))
}

/// Keeps a log dump of a pod, and lets go of the oldest.
pub fn dump_logs(transaction: &Transaction<'_>, organisation: i64, pod: i64, logs: &str, now: Moment) -> Result<i64> {
    exists(transaction, Table::Pod, organisation, pod)?;
    transaction
        .prepare_cached("INSERT INTO log_dumps (pod_id, logs, created_at) VALUES (?1, ?2, ?3)")?
        .execute(params![pod, tail(logs, LONGEST_DUMP), now.0])?;
    let id = transaction.last_insert_rowid();
    transaction
        .prepare_cached(
            "DELETE FROM log_dumps WHERE pod_id = ?1 AND id NOT IN \
             (SELECT id FROM log_dumps WHERE pod_id = ?1 ORDER BY id DESC LIMIT ?2)",
        )?
        .execute(params![pod, KEPT_DUMPS])?;
    Ok(id)
}

/// The end of a text, from the beginning of a line where there is one.
fn tail(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let mut start = text.len() - most;
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let end = &text[start..];
    end.split_once('\n').map_or(end, |(_, lines)| if lines.is_empty() { end } else { lines })
}

/// Deletes a pod with its log dumps.
pub fn delete_pod(transaction: &Transaction<'_>, organisation: i64, pod: i64) -> Result<()> {
    exists(transaction, Table::Pod, organisation, pod)?;
    transaction.prepare_cached("DELETE FROM pods WHERE id = ?1")?.execute([pod])?;
    Ok(())
}

/// Deletes a backend with all that it has; returns the pods that went.
pub fn delete_backend(transaction: &Transaction<'_>, organisation: i64, backend: i64) -> Result<Vec<i64>> {
    exists(transaction, Table::Backend, organisation, backend)?;
    let pods = transaction
        .prepare_cached("SELECT id FROM pods WHERE backend_id = ?1")?
        .query_map([backend], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    transaction.prepare_cached("DELETE FROM backends WHERE id = ?1")?.execute([backend])?;
    Ok(pods)
}

/// Tables whose rows are checked before something refers to them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Table {
    Repository,
    Flavour,
    Backend,
    Resource,
    Deployment,
    Pod,
}

/// Whether the organisation has the row.
pub(super) fn exists(connection: &rusqlite::Connection, table: Table, organisation: i64, id: i64) -> Result<()> {
    let (table, name) = match table {
        Table::Repository => ("repositories", "GithubRepo"),
        Table::Flavour => ("flavours", "Flavour"),
        Table::Backend => ("backends", "Backend"),
        Table::Resource => ("resources", "Resource"),
        Table::Deployment => ("deployments", "Deployment"),
        Table::Pod => ("pods", "Pod"),
    };
    let found = connection
        .prepare_cached(&format!("SELECT 1 FROM {table} WHERE id = ?1 AND organisation_id = ?2"))?
        .exists(params![id, organisation])?;
    if found { Ok(()) } else { Err(Error::Missing(name)) }
}

#[cfg(test)]
mod tests {
    use super::tail;

    #[test]
    fn of_a_long_log_the_last_whole_lines_are_kept() {
        assert_eq!(tail("one\ntwo\nthree\n", 11), "two\nthree\n");
        assert_eq!(tail("one\ntwo\nthree\n", 8), "three\n");
        assert_eq!(tail("ééééé", 5), "éé");
        assert_eq!(tail("short", 5), "short");
        assert_eq!(tail("no line at all\n", 5), " all\n");
    }
}
