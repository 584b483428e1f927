//! What a scan brings in: apps, releases, flavours and definitions.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{OptionalExtension as _, Transaction, params};
use serde_json::Value as Json;

use super::contest;
use crate::catalogue::{Definition, Entry};
use crate::domain::{Moment, NodeKind, ScanIssue};
use crate::server::store::Result;

/// Where the entries come from.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// Whose catalogue.
    pub organisation: i64,
    /// Which repository; `None` for an image that somebody entered by hand.
    pub repository: Option<i64>,
    /// When.
    pub now: Moment,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    /// Flavours that are new or other than before, or that have disappeared or come back.
    pub changed: usize,
    /// Releases of the entries, in their order.
    pub releases: Vec<i64>,
    /// Apps that were left out because they come from elsewhere.
    pub left_out: Vec<ScanIssue>,
}

/// Brings the entries in, but for those of apps that come from another repository. Of entries for the same flavour the last
/// one counts.
pub fn import(transaction: &Transaction<'_>, origin: Origin, entries: &[Entry]) -> Result<Imported> {
    let apps: BTreeSet<&str> = entries.iter().map(|entry| entry.manifest.identifier.as_str()).collect();
    let contest = match origin.repository {
        Some(repository) => contest::settle(transaction, origin, repository, &apps)?,
        None => contest::Outcome::default(),
    };
    let mut newest: HashMap<(&str, &str, &str), usize> = HashMap::with_capacity(entries.len());
    let own = entries.iter().enumerate().filter(|(_, entry)| !contest.lost.contains_key(&entry.manifest.identifier));
    for (place, entry) in own {
        newest.insert((&entry.manifest.identifier, &entry.manifest.version, &entry.flavour), place);
    }
    let mut places: Vec<_> = newest.into_values().collect();
    places.sort_unstable();
    let mut imported =
        Imported { changed: usize::from(contest.is_news), left_out: contest.issues(), ..Imported::default() };
    let mut present = Vec::with_capacity(places.len());
    let mut known_definitions = HashMap::new();
    for entry in places.into_iter().filter_map(|place| entries.get(place)) {
        let release = release(transaction, origin, entry)?;
        imported.releases.push(release);
        let (flavour, outcome) = flavour(transaction, origin, release, entry)?;
        present.push(flavour);
        if outcome == Outcome::Same {
            continue;
        }
        imported.changed += 1;
        link(transaction, origin, (flavour, entry), &mut known_definitions)?;
    }
    if let Some(repository) = origin.repository {
        imported.changed += withdraw(transaction, origin, repository, &present)?;
    }
    if imported.changed > 0 {
        tidy(transaction, origin.organisation)?;
    }
    Ok(imported)
}

#[derive(PartialEq, Eq)]
enum Outcome {
    Same,
    Written,
}

fn release(transaction: &Transaction<'_>, origin: Origin, entry: &Entry) -> Result<i64> {
    let manifest = &entry.manifest;
    transaction
        .prepare_cached("INSERT INTO apps (organisation_id, identifier) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![origin.organisation, manifest.identifier])?;
    let app: i64 = transaction
        .prepare_cached("SELECT id FROM apps WHERE organisation_id = ?1 AND identifier = ?2")?
        .query_row(params![origin.organisation, manifest.identifier], |row| row.get(0))?;
    Ok(transaction
        .prepare_cached(
            "INSERT INTO releases (organisation_id, app_id, version, scopes, entrypoint, author, description, logo, \
             released_at, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) \
             ON CONFLICT (app_id, version) DO UPDATE SET scopes = excluded.scopes, entrypoint = excluded.entrypoint, \
             author = excluded.author, description = excluded.description, logo = excluded.logo, \
             released_at = coalesce(max(released_at, excluded.released_at), released_at, excluded.released_at) RETURNING id",
        )?
        .query_row(
            params![
                origin.organisation,
                app,
                manifest.version,
                Json::from(manifest.scopes.clone()).to_string(),
                manifest.entrypoint,
                manifest.author,
                manifest.description.as_ref().or(entry.description.as_ref()),
                manifest.logo,
                entry.image.built_at.map(|at| at.0),
                origin.now.0
            ],
            |row| row.get(0),
        )?)
}

fn flavour(transaction: &Transaction<'_>, origin: Origin, release: i64, entry: &Entry) -> Result<(i64, Outcome)> {
    let fingerprint = entry.fingerprint();
    let known: Option<(i64, bool)> = transaction
        .prepare_cached(
            "SELECT id, fingerprint = ?3 AND withdrawn = 0 AND repository_id IS ?4 FROM flavours \
             WHERE release_id = ?1 AND name = ?2",
        )?
        .query_row(params![release, entry.flavour, fingerprint, origin.repository], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    if let Some((id, true)) = known {
        return Ok((id, Outcome::Same));
    }
    let requirements = entry.requirements.iter().map(|requirement| {
        serde_json::json!({
            "key": requirement.key,
            "service": requirement.service,
            "description": requirement.description,
            "optional": requirement.optional,
        })
    });
    let id = transaction
        .prepare_cached(
            "INSERT INTO flavours (organisation_id, release_id, repository_id, name, description, image, built_at, \
             size, manifest, selectors, requirements, hints, withdrawn, fingerprint, created_at, updated_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0, ?13, ?14, ?14) \
             ON CONFLICT (release_id, name) DO UPDATE SET repository_id = excluded.repository_id, \
             description = excluded.description, image = excluded.image, built_at = excluded.built_at, \
             size = excluded.size, manifest = excluded.manifest, selectors = excluded.selectors, \
             requirements = excluded.requirements, hints = excluded.hints, withdrawn = 0, \
             fingerprint = excluded.fingerprint, updated_at = excluded.updated_at RETURNING id",
        )?
        .query_row(
            params![
                origin.organisation,
                release,
                origin.repository,
                entry.flavour,
                entry.description,
                entry.image.reference,
                entry.image.built_at.map(|at| at.0),
                entry.image.size.and_then(|size| i64::try_from(size).ok()),
                entry.manifest.to_json().to_string(),
                serde_json::to_string(&entry.selectors).unwrap_or_else(|_| String::from("[]")),
                requirements.collect::<Json>().to_string(),
                Json::from(entry.hints.clone()).to_string(),
                fingerprint,
                origin.now.0
            ],
            |row| row.get(0),
        )?;
    Ok((id, Outcome::Written))
}

/// Links a flavour with exactly the definitions of its entry.
fn link(
    transaction: &Transaction<'_>,
    origin: Origin,
    (flavour, entry): (i64, &Entry),
    known: &mut HashMap<String, i64>,
) -> Result<()> {
    transaction.prepare_cached("DELETE FROM flavour_definitions WHERE flavour_id = ?1")?.execute([flavour])?;
    for definition in &entry.definitions {
        let id = if let Some(id) = known.get(&definition.hash) {
            *id
        } else {
            let id = self::definition(transaction, origin, definition)?;
            known.insert(definition.hash.clone(), id);
            id
        };
        transaction
            .prepare_cached(
                "INSERT INTO flavour_definitions (flavour_id, definition_id, interface) VALUES (?1, ?2, ?3) \
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![flavour, id, definition.interface])?;
    }
    Ok(())
}

fn definition(transaction: &Transaction<'_>, origin: Origin, definition: &Definition) -> Result<i64> {
    let kind = match definition.kind {
        NodeKind::Function => "FUNCTION",
        NodeKind::Generator => "GENERATOR",
    };
    let known: Option<i64> = transaction
        .prepare_cached("SELECT id FROM definitions WHERE organisation_id = ?1 AND hash = ?2")?
        .query_row(params![origin.organisation, definition.hash], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        // Not part of the hash, so they may have changed.
        transaction
            .prepare_cached(
                "UPDATE definitions SET kind = ?2, pure = ?3, idempotent = ?4, interfaces = ?5 WHERE id = ?1",
            )?
            .execute(params![
                id,
                kind,
                definition.pure,
                definition.idempotent,
                Json::from(definition.interfaces.clone()).to_string()
            ])?;
        return Ok(id);
    }
    transaction
        .prepare_cached(
            "INSERT INTO definitions (organisation_id, hash, key, version, name, description, kind, stateful, pure, \
             idempotent, args, returns, collections, interfaces, is_test_for, defined_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(params![
            origin.organisation,
            definition.hash,
            definition.key,
            definition.version,
            definition.name,
            definition.description,
            kind,
            definition.stateful,
            definition.pure,
            definition.idempotent,
            definition.args.to_string(),
            definition.returns.to_string(),
            Json::from(definition.collections.clone()).to_string(),
            Json::from(definition.interfaces.clone()).to_string(),
            Json::from(definition.is_test_for.clone()).to_string(),
            origin.now.0
        ])?;
    let id = transaction.last_insert_rowid();
    ports(transaction, (id, "args"), None, &definition.args)?;
    ports(transaction, (id, "returns"), None, &definition.returns)?;
    Ok(id)
}

fn ports(
    transaction: &Transaction<'_>,
    (definition, side): (i64, &str),
    parent: Option<i64>,
    ports: &Json,
) -> Result<()> {
    for (position, port) in ports.as_array().into_iter().flatten().enumerate() {
        let text = |member: &str| port.get(member).and_then(Json::as_str);
        transaction
            .prepare_cached(
                "INSERT INTO ports (definition_id, parent_id, side, position, key, kind, identifier, dimension, nullable) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                definition,
                parent,
                side,
                i64::try_from(position).unwrap_or(i64::MAX),
                text("key").unwrap_or_default(),
                text("kind").unwrap_or_default(),
                text("identifier"),
                text("dimension"),
                port.get("nullable").and_then(Json::as_bool).unwrap_or(false)
            ])?;
        let id = transaction.last_insert_rowid();
        if let Some(children) = port.get("children") {
            self::ports(transaction, (definition, side), Some(id), children)?;
        }
    }
    Ok(())
}

/// Marks the flavours of a repository whose entries have disappeared.
fn withdraw(transaction: &Transaction<'_>, origin: Origin, repository: i64, present: &[i64]) -> Result<usize> {
    let present = serde_json::to_string(present).unwrap_or_else(|_| String::from("[]"));
    Ok(transaction
        .prepare_cached(
            "UPDATE flavours SET withdrawn = 1, updated_at = ?3 WHERE repository_id = ?1 AND withdrawn = 0 \
             AND id NOT IN (SELECT value FROM json_each(?2))",
        )?
        .execute(params![repository, present, origin.now.0])?)
}

/// Deletes what nothing refers to any more: definitions without flavour, releases without flavour, apps without release.
pub(super) fn tidy(transaction: &Transaction<'_>, organisation: i64) -> Result<()> {
    for statement in [
        "DELETE FROM definitions WHERE organisation_id = ?1 AND NOT EXISTS \
         (SELECT 1 FROM flavour_definitions link WHERE link.definition_id = definitions.id)",
        "DELETE FROM releases WHERE organisation_id = ?1 AND NOT EXISTS \
         (SELECT 1 FROM flavours flavour WHERE flavour.release_id = releases.id)",
        "DELETE FROM apps WHERE organisation_id = ?1 AND NOT EXISTS \
         (SELECT 1 FROM releases release WHERE release.app_id = apps.id)",
    ] {
        transaction.prepare_cached(statement)?.execute([organisation])?;
    }
    Ok(())
}
