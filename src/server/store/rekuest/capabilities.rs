//! Actions, and the implementations of them that agents offer.

use rusqlite::{Connection, params};

use super::super::clause::{Clause, Part};
use super::super::{Error, Result};
use super::states::StateOffer;

/// An action.
#[derive(Debug, Clone)]
pub struct ActionRow {
    /// Row.
    pub id: i64,
    /// Whose.
    pub organisation_id: i64,
    /// Slug of the organisation.
    pub organisation: String,
    /// What it says about itself.
    pub definition: ActionDefinition,
    /// Whether somebody likes it.
    pub pinned: bool,
    /// When it was last defined anew, milliseconds.
    pub defined_at: i64,
}

/// What an action says about itself; members that are JSON hold its text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one column each")]
pub struct ActionDefinition {
    /// Identifier of the app that defines it.
    pub app: String,
    /// Key within the app.
    pub key: String,
    /// Version of the definition.
    pub version: String,
    /// Hash of the content.
    pub hash: String,
    /// For people.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// `FUNCTION` or `GENERATOR`.
    pub kind: String,
    /// Keeps state between calls.
    pub stateful: bool,
    /// Has no effect but its result.
    pub pure: bool,
    /// May be done twice.
    pub idempotent: bool,
    /// Is still being made.
    pub is_dev: bool,
    /// Ports, JSON.
    pub args: String,
    /// Ports, JSON.
    pub returns: String,
    /// JSON.
    pub port_groups: String,
    /// Names, JSON.
    pub collections: String,
}

const ACTION: &str = "SELECT x.id, x.organisation_id, o.slug, x.app, x.key, x.version, x.hash, x.name, x.description,
        x.kind, x.stateful, x.pure, x.idempotent, x.is_dev, x.args, x.returns, x.port_groups, x.collections, x.pinned,
        x.defined_at
    FROM actions x JOIN organisations o ON o.id = x.organisation_id";

fn action(row: &rusqlite::Row<'_>) -> rusqlite::Result<ActionRow> {
    Ok(ActionRow {
        id: row.get(0)?,
        organisation_id: row.get(1)?,
        organisation: row.get(2)?,
        definition: ActionDefinition {
            app: row.get(3)?,
            key: row.get(4)?,
            version: row.get(5)?,
            hash: row.get(6)?,
            name: row.get(7)?,
            description: row.get(8)?,
            kind: row.get(9)?,
            stateful: row.get(10)?,
            pure: row.get(11)?,
            idempotent: row.get(12)?,
            is_dev: row.get(13)?,
            args: row.get(14)?,
            returns: row.get(15)?,
            port_groups: row.get(16)?,
            collections: row.get(17)?,
        },
        pinned: row.get(18)?,
        defined_at: row.get(19)?,
    })
}

/// Actions (`x`) that fit.
pub fn actions(connection: &Connection, clause: Clause, part: &Part) -> Result<Vec<ActionRow>> {
    super::list(connection, ACTION, clause, part, action)
}

/// Makes or replaces the action of this app, key and version.
fn ensure_action(
    connection: &Connection,
    organisation_id: i64,
    wanted: &ActionDefinition,
    now: i64,
) -> Result<(i64, bool)> {
    let known: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM actions WHERE organisation_id = ?1 AND app = ?2 AND key = ?3 AND version = ?4)",
        params![organisation_id, wanted.app, wanted.key, wanted.version],
        |row| row.get(0),
    )?;
    let id = connection.query_row(
        "INSERT INTO actions (organisation_id, app, key, version, hash, name, description, kind, stateful, pure, idempotent,
             is_dev, args, returns, port_groups, collections, defined_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
         ON CONFLICT (organisation_id, app, key, version) DO UPDATE SET
             defined_at = CASE WHEN hash = excluded.hash THEN defined_at ELSE excluded.defined_at END,
             hash = excluded.hash, name = excluded.name, description = excluded.description, kind = excluded.kind,
             stateful = excluded.stateful, pure = excluded.pure, idempotent = excluded.idempotent,
             is_dev = excluded.is_dev, args = excluded.args, returns = excluded.returns,
             port_groups = excluded.port_groups, collections = excluded.collections
         RETURNING id",
        params![
            organisation_id,
            wanted.app,
            wanted.key,
            wanted.version,
            wanted.hash,
            wanted.name,
            wanted.description,
            wanted.kind,
            wanted.stateful,
            wanted.pure,
            wanted.idempotent,
            wanted.is_dev,
            wanted.args,
            wanted.returns,
            wanted.port_groups,
            wanted.collections,
            now
        ],
        |row| row.get(0),
    )?;
    Ok((id, !known))
}

/// An implementation.
#[derive(Debug, Clone)]
pub struct ImplementationRow {
    /// Row.
    pub id: i64,
    /// The agent's row.
    pub agent_id: i64,
    /// The action's row.
    pub action_id: i64,
    /// How the agent calls it.
    pub interface: String,
    /// JSON.
    pub params: String,
    /// JSON.
    pub dependencies: String,
    /// Whether it wants a provenance token.
    pub needs_token: bool,
    /// `NONE` or `PHYSICAL`.
    pub effect: String,
    /// Whether somebody likes it.
    pub pinned: bool,
    /// Name of the action.
    pub action_name: String,
}

/// Implementations `i` with action `x`, agent `a` and client `c`.
const IMPLEMENTATION: &str =
    "SELECT i.id, i.agent_id, i.action_id, i.interface, i.params, i.dependencies, i.needs_token,
        i.effect, i.pinned, x.name
    FROM implementations i
    JOIN actions x ON x.id = i.action_id
    JOIN agents a ON a.id = i.agent_id
    JOIN clients c ON c.id = a.client_row";

fn implementation(row: &rusqlite::Row<'_>) -> rusqlite::Result<ImplementationRow> {
    Ok(ImplementationRow {
        id: row.get(0)?,
        agent_id: row.get(1)?,
        action_id: row.get(2)?,
        interface: row.get(3)?,
        params: row.get(4)?,
        dependencies: row.get(5)?,
        needs_token: row.get(6)?,
        effect: row.get(7)?,
        pinned: row.get(8)?,
        action_name: row.get(9)?,
    })
}

/// Implementations that fit.
pub fn implementations(connection: &Connection, clause: Clause, part: &Part) -> Result<Vec<ImplementationRow>> {
    super::list(connection, IMPLEMENTATION, clause, part, implementation)
}

/// One implementation of an organisation.
pub fn get_implementation(connection: &Connection, organisation_id: i64, id: i64) -> Result<ImplementationRow> {
    let clause = Clause::equals("i.id", id).and(Clause::equals("a.organisation_id", organisation_id));
    implementations(connection, clause, &Part::by("i.id"))?.pop().ok_or(Error::Missing("Implementation"))
}

/// What an agent registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// How the agent calls it.
    pub interface: String,
    /// What it does.
    pub action: ActionDefinition,
    /// JSON.
    pub params: String,
    /// JSON.
    pub dependencies: String,
    /// Whether it wants a provenance token.
    pub needs_token: bool,
    /// `NONE` or `PHYSICAL`.
    pub effect: String,
}

/// What a registration changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registered {
    /// Implementations that are new.
    pub created: Vec<i64>,
    /// Implementations that were there.
    pub updated: Vec<i64>,
    /// Implementations that are gone.
    pub deleted: Vec<i64>,
    /// Actions that are new.
    pub actions: Vec<i64>,
}

/// Adds or replaces one implementation of an agent.
pub fn offer(
    connection: &Connection,
    (organisation_id, agent_id): (i64, i64),
    offer: &Offer,
    now: i64,
    changed: &mut Registered,
) -> Result<i64> {
    let (action_id, is_new) = ensure_action(connection, organisation_id, &offer.action, now)?;
    if is_new {
        changed.actions.push(action_id);
    }
    let known: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM implementations WHERE agent_id = ?1 AND interface = ?2)",
        params![agent_id, offer.interface],
        |row| row.get(0),
    )?;
    let id = connection.query_row(
        "INSERT INTO implementations (agent_id, action_id, interface, params, dependencies, needs_token, effect, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (agent_id, interface) DO UPDATE SET action_id = excluded.action_id, params = excluded.params,
             dependencies = excluded.dependencies, needs_token = excluded.needs_token, effect = excluded.effect
         RETURNING id",
        params![
            agent_id,
            action_id,
            offer.interface,
            offer.params,
            offer.dependencies,
            offer.needs_token,
            offer.effect,
            now
        ],
        |row| row.get(0),
    )?;
    if known {
        changed.updated.push(id);
    } else {
        changed.created.push(id);
    }
    Ok(id)
}

/// What an agent is to be after a registration.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Everything it can do.
    pub offers: Vec<Offer>,
    /// Everything it publishes.
    pub states: Vec<StateOffer>,
    /// Its name, when it told one.
    pub name: Option<String>,
    /// Fingerprint of the registration.
    pub hash: String,
}

/// Makes an agent what it declares: implementations and states that are not named go.
pub fn register(
    connection: &Connection,
    organisation_id: i64,
    agent_id: i64,
    wanted: &Registration,
    now: i64,
) -> Result<Registered> {
    let mut changed = Registered::default();
    let mut kept = Vec::new();
    for one in &wanted.offers {
        kept.push(offer(connection, (organisation_id, agent_id), one, now, &mut changed)?);
    }
    let gone = Clause::equals("agent_id", agent_id).and(Clause::among("id", kept).opposite());
    let mut query = connection.prepare(&format!("DELETE FROM implementations WHERE {} RETURNING id", gone.sql()))?;
    changed.deleted = query
        .query_map(rusqlite::params_from_iter(gone.into_values()), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    connection.execute("DELETE FROM states WHERE agent_id = ?1", [agent_id])?;
    for state in &wanted.states {
        connection.execute(
            "INSERT INTO states (agent_id, interface, key, app, name, ports, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)
             ON CONFLICT (agent_id, interface) DO UPDATE SET name = excluded.name, ports = excluded.ports",
            params![agent_id, state.interface, state.key, state.app, state.name, state.ports, now],
        )?;
    }
    connection.execute(
        "UPDATE agents SET hash = ?2, name = COALESCE(?3, name) WHERE id = ?1",
        params![agent_id, wanted.hash, wanted.name],
    )?;
    Ok(changed)
}

/// Removes one implementation.
pub fn delete_implementation(connection: &Connection, id: i64) -> Result<()> {
    connection.execute("DELETE FROM implementations WHERE id = ?1", [id])?;
    Ok(())
}

/// Pins or unpins an implementation.
pub fn pin_implementation(connection: &Connection, id: i64, pin: super::agents::Pin) -> Result<()> {
    connection.execute(
        "UPDATE implementations SET pinned = ?2 WHERE id = ?1",
        params![id, pin == super::agents::Pin::Pinned],
    )?;
    Ok(())
}

/// Removes actions of an organisation that nobody implements and no task names, all or these only. Says how many went.
pub fn cleanup_actions(connection: &Connection, organisation_id: i64, ids: Option<&[i64]>) -> Result<usize> {
    let mut clause = Clause::equals("organisation_id", organisation_id).and(Clause::new(
        "id NOT IN (SELECT action_id FROM implementations) AND id NOT IN (SELECT action_id FROM tasks)",
        Vec::new(),
    ));
    if let Some(ids) = ids {
        clause = clause.and(Clause::among("id", ids.iter().copied()));
    }
    let sql = format!("DELETE FROM actions WHERE {}", clause.sql());
    Ok(connection.execute(&sql, rusqlite::params_from_iter(clause.into_values()))?)
}
