//! Reading rows: lists, single rows, and the children of many rows in one statement.

use std::collections::HashMap;

use rusqlite::{Connection, params_from_iter};

use super::criteria::{Page, Selection};
use super::rows::{Entity, LogDump};
use super::sql::Sql;
use crate::server::store::{Error, Result};

/// How rows hang on a parent. The comment names the parent and its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// App, releases.
    ReleasesOfApp,
    /// Release, flavours.
    FlavoursOfRelease,
    /// Repository, flavours.
    FlavoursOfRepository,
    /// Definition, flavours.
    FlavoursOfDefinition,
    /// Flavour, definitions.
    DefinitionsOfFlavour,
    /// Flavour, deployments.
    DeploymentsOfFlavour,
    /// Release, deployments.
    DeploymentsOfRelease,
    /// Backend, resources.
    ResourcesOfBackend,
    /// Backend, pods.
    PodsOfBackend,
    /// Resource, pods.
    PodsOfResource,
}

impl Relation {
    /// The column that holds the parent's id, and a join that brings it in.
    fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::ReleasesOfApp => ("release.app_id", ""),
            Self::FlavoursOfRelease | Self::DeploymentsOfRelease => ("flavour.release_id", ""),
            Self::FlavoursOfRepository => ("flavour.repository_id", ""),
            Self::FlavoursOfDefinition => {
                ("link.definition_id", " JOIN flavour_definitions link ON link.flavour_id = flavour.id")
            }
            Self::DefinitionsOfFlavour => {
                ("link.flavour_id", " JOIN flavour_definitions link ON link.definition_id = definition.id")
            }
            Self::DeploymentsOfFlavour => ("deployment.flavour_id", ""),
            Self::ResourcesOfBackend => ("resource.backend_id", ""),
            Self::PodsOfBackend => ("pod.backend_id", ""),
            Self::PodsOfResource => ("pod.resource_id", ""),
        }
    }
}

/// A selection of all rows, in the entity's own order.
pub fn everything() -> Selection {
    Selection::default()
}

/// The rows of an organisation that a selection asks for.
pub fn list<E: Entity>(connection: &Connection, organisation: i64, selection: &Selection) -> Result<Vec<E>> {
    let mut sql = Sql::default();
    sql.push(&format!("SELECT {} FROM {} WHERE {}.organisation_id = ", E::COLUMNS, E::FROM, E::ALIAS));
    sql.bind(organisation);
    finish::<E>(&mut sql, selection);
    paged(&mut sql, selection.page);
    run(connection, &sql, |row| E::read(row))
}

/// How many rows of an organisation a selection asks for, whatever its page.
pub fn count<E: Entity>(connection: &Connection, organisation: i64, selection: &Selection) -> Result<i64> {
    let mut sql = Sql::default();
    sql.push(&format!("SELECT count(*) FROM {} WHERE {}.organisation_id = ", E::FROM, E::ALIAS));
    sql.bind(organisation);
    if let Some(condition) = &selection.condition {
        sql.push(" AND ");
        sql.condition(condition);
    }
    Ok(run(connection, &sql, |row| row.get(0))?.pop().unwrap_or(0))
}

/// One row of an organisation.
///
/// # Errors
/// [`Error::Missing`] also when the row belongs to another organisation.
pub fn one<E: Entity>(connection: &Connection, organisation: i64, id: i64) -> Result<E> {
    let mut sql = Sql::default();
    sql.push(&format!("SELECT {} FROM {} WHERE {}.id = ", E::COLUMNS, E::FROM, E::ALIAS));
    sql.bind(id);
    sql.push(&format!(" AND {}.organisation_id = ", E::ALIAS));
    sql.bind(organisation);
    run(connection, &sql, |row| E::read(row))?.pop().ok_or(Error::Missing(E::NAME))
}

/// Rows by their ids, without a look at the organisation: for ids that came out of rows of the organisation.
pub fn by_ids<E: Entity>(connection: &Connection, ids: &[i64]) -> Result<HashMap<i64, E>> {
    let mut sql = Sql::default();
    sql.push(&format!("SELECT {} FROM {} WHERE {}.id", E::COLUMNS, E::FROM, E::ALIAS));
    sql.among(ids);
    Ok(run(connection, &sql, |row| E::read(row))?.into_iter().map(|row| (row.id(), row)).collect())
}

/// The children of many parents, each with its own page.
pub fn children<E: Entity>(
    connection: &Connection,
    relation: Relation,
    parents: &[i64],
    selection: &Selection,
) -> Result<HashMap<i64, Vec<E>>> {
    let (parent, join) = relation.parts();
    let mut sql = Sql::default();
    sql.push(&format!("SELECT {}, {parent} AS parent FROM {}{join} WHERE {parent}", E::COLUMNS, E::FROM));
    sql.among(parents);
    finish::<E>(&mut sql, selection);
    let mut found: HashMap<i64, Vec<E>> = HashMap::with_capacity(parents.len());
    for (parent, row) in run(connection, &sql, |row| Ok((row.get::<_, i64>("parent")?, E::read(row)?)))? {
        found.entry(parent).or_default().push(row);
    }
    let Page { offset, limit } = selection.page;
    if offset > 0 || limit.is_some() {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        for rows in found.values_mut() {
            *rows = std::mem::take(rows).into_iter().skip(offset).take(limit).collect();
        }
    }
    Ok(found)
}

/// The newest log dump of each pod.
pub fn latest_dumps(connection: &Connection, pods: &[i64]) -> Result<HashMap<i64, LogDump>> {
    let mut sql = Sql::default();
    sql.push(&format!("SELECT {} FROM {} WHERE dump.id IN ", LogDump::COLUMNS, LogDump::FROM));
    sql.push("(SELECT max(id) FROM log_dumps WHERE pod_id");
    sql.among(pods);
    sql.push(" GROUP BY pod_id)");
    Ok(run(connection, &sql, LogDump::read)?.into_iter().map(|dump| (dump.pod_id, dump)).collect())
}

/// The texts of log dumps.
pub fn dump_texts(connection: &Connection, dumps: &[i64]) -> Result<HashMap<i64, String>> {
    let mut sql = Sql::default();
    sql.push("SELECT id, logs FROM log_dumps WHERE id");
    sql.among(dumps);
    Ok(run(connection, &sql, |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect())
}

fn finish<E: Entity>(sql: &mut Sql, selection: &Selection) {
    if let Some(condition) = &selection.condition {
        sql.push(" AND ");
        sql.condition(condition);
    }
    sql.push(" ORDER BY ");
    if selection.order.is_empty() {
        return sql.push(E::DEFAULT_ORDER);
    }
    for (column, direction) in &selection.order {
        sql.push(column.sql());
        sql.push(" ");
        sql.push(direction.sql());
        sql.push(", ");
    }
    // Equal rows keep their place from page to page.
    sql.push(E::ALIAS);
    sql.push(".id");
}

fn paged(sql: &mut Sql, page: Page) {
    if page.limit.is_none() && page.offset == 0 {
        return;
    }
    // SQLite wants a limit before an offset; -1 is none.
    sql.push(" LIMIT ");
    sql.bind(page.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX)));
    sql.push(" OFFSET ");
    sql.bind(i64::try_from(page.offset).unwrap_or(i64::MAX));
}

fn run<T>(
    connection: &Connection,
    sql: &Sql,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(&sql.text)?;
    let rows = statement.query_map(params_from_iter(&sql.values), read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
