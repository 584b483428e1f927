//! One app comes from one house: of several that offer it, from the one that somebody chose, else from the one that was
//! added first. What is added later never takes an app over unseen. Repositories of one owner on GitHub are one house, and so
//! are the folders and files of this machine: they complement one another.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use super::catalogue::Origin;
use super::workplaces::{Table, exists};
use crate::domain::{Moment, ScanIssue};
use crate::server::store::{Error, Result};

/// A repository, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rival {
    id: i64,
    kind: String,
    user: String,
    name: String,
}

impl Rival {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get("id")?, kind: row.get("kind")?, user: row.get("user")?, name: row.get("name")? })
    }

    fn is_of_one_house_with(&self, other: &Self) -> bool {
        let is_of_one_owner = match self.kind.as_str() {
            "github" => self.user == other.user,
            "path" => true,
            _ => false,
        };
        self.id == other.id || is_of_one_owner && self.kind == other.kind
    }

    /// The lower, the better: the chosen house, then the program itself, whose apps nobody takes unseen, then the first that
    /// was added.
    fn rank(&self, chosen: Option<&Self>) -> (bool, bool, i64) {
        let is_chosen = chosen.is_some_and(|chosen| self.is_of_one_house_with(chosen));
        (!is_chosen, self.kind != "builtin", self.id)
    }
}

/// What came of a contest.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Apps that the repository may not offer, each with the name of the one that it comes from.
    pub lost: BTreeMap<String, String>,
    /// Whether who offers what is other than before.
    pub is_news: bool,
}

/// Apps that are named one by one where they come from elsewhere.
const NAMED: usize = 20;

impl Outcome {
    /// What is to be said of the scan because of it.
    pub fn issues(&self) -> Vec<ScanIssue> {
        let named = self.lost.iter().take(NAMED).map(|(app, holder)| ScanIssue {
            path: app.clone(),
            reason: format!("not taken from here: it comes from {holder}; `kab repo use` changes that"),
        });
        let rest = self.lost.len().saturating_sub(NAMED);
        let rest = (rest > 0).then(|| ScanIssue {
            path: format!("{rest} more apps"),
            reason: "not taken from here: they come from other repositories".into(),
        });
        named.chain(rest).collect()
    }
}

/// Decides which of these apps a repository may offer. Of those that it wins, the offers of others are withdrawn.
pub fn settle(
    transaction: &Transaction<'_>,
    origin: Origin,
    repository: i64,
    apps: &BTreeSet<&str>,
) -> Result<Outcome> {
    let own = transaction
        .prepare_cached("SELECT id, kind, user, name FROM repositories WHERE id = ?1")?
        .query_row([repository], Rival::read)?;
    let before = lost_by(transaction, repository)?;
    let holders = holders(transaction, origin.organisation, repository)?;
    let chosen = chosen(transaction, origin.organisation)?;
    let mut outcome = Outcome::default();
    for app in apps {
        let rivals = holders.get(*app).map_or(&[][..], Vec::as_slice);
        let rivals: Vec<_> = rivals.iter().filter(|rival| !rival.is_of_one_house_with(&own)).collect();
        let chosen = chosen.get(*app);
        let best = rivals.iter().min_by_key(|rival| rival.rank(chosen));
        if let Some(best) = best.filter(|best| best.rank(chosen) < own.rank(chosen)) {
            outcome.lost.insert((*app).to_owned(), best.name.clone());
            continue;
        }
        for rival in rivals {
            take_from(transaction, origin, rival.id, app)?;
            outcome.is_news = true;
        }
    }
    if before.iter().ne(outcome.lost.keys()) {
        outcome.is_news = true;
        transaction.prepare_cached("DELETE FROM contested WHERE repository_id = ?1")?.execute([repository])?;
        for app in outcome.lost.keys() {
            contest(transaction, repository, app)?;
        }
    }
    Ok(outcome)
}

fn contest(transaction: &Transaction<'_>, repository: i64, app: &str) -> Result<()> {
    transaction
        .prepare_cached("INSERT INTO contested (repository_id, identifier) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![repository, app])?;
    Ok(())
}

fn lost_by(connection: &Connection, repository: i64) -> Result<BTreeSet<String>> {
    let mut statement = connection.prepare_cached("SELECT identifier FROM contested WHERE repository_id = ?1")?;
    let rows = statement.query_map([repository], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What other repositories offer now.
fn holders(connection: &Connection, organisation: i64, but: i64) -> Result<HashMap<String, Vec<Rival>>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT app.identifier AS identifier, repository.id AS id, repository.kind AS kind, \
         repository.user AS user, repository.name AS name FROM flavours flavour \
         JOIN repositories repository ON repository.id = flavour.repository_id \
         JOIN releases release ON release.id = flavour.release_id JOIN apps app ON app.id = release.app_id \
         WHERE repository.organisation_id = ?1 AND repository.id <> ?2 AND flavour.withdrawn = 0",
    )?;
    let rows = statement.query_map(params![organisation, but], |row| Ok((row.get(0)?, Rival::read(row)?)))?;
    let mut holders = HashMap::<String, Vec<Rival>>::new();
    for row in rows {
        let (app, rival) = row?;
        holders.entry(app).or_default().push(rival);
    }
    Ok(holders)
}

/// What people have decided.
fn chosen(connection: &Connection, organisation: i64) -> Result<HashMap<String, Rival>> {
    let mut statement = connection.prepare_cached(
        "SELECT choice.identifier, repository.id AS id, repository.kind AS kind, repository.user AS user, \
         repository.name AS name FROM app_choices choice JOIN repositories repository ON repository.id = choice.repository_id \
         WHERE choice.organisation_id = ?1",
    )?;
    let rows = statement.query_map([organisation], |row| Ok((row.get(0)?, Rival::read(row)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Withdraws what a repository offers of an app, and notes that it would offer it.
fn take_from(transaction: &Transaction<'_>, origin: Origin, rival: i64, app: &str) -> Result<()> {
    transaction
        .prepare_cached(
            "UPDATE flavours SET withdrawn = 1, updated_at = ?4 WHERE repository_id = ?1 AND withdrawn = 0 \
             AND release_id IN (SELECT release.id FROM releases release JOIN apps app ON app.id = release.app_id \
             WHERE app.organisation_id = ?2 AND app.identifier = ?3)",
        )?
        .execute(params![rival, origin.organisation, app, origin.now.0])?;
    contest(transaction, rival, app)
}

/// Repositories whose offers nobody stands in the way of any more are due to be scanned. Returns how many.
pub fn reopen(transaction: &Transaction<'_>, organisation: i64, now: Moment) -> Result<usize> {
    Ok(transaction
        .prepare_cached(
            "UPDATE repositories SET retry_at = ?2 WHERE organisation_id = ?1 AND retry_at IS NULL AND kind <> 'builtin' AND id IN \
             (SELECT contest.repository_id FROM contested contest WHERE NOT EXISTS \
             (SELECT 1 FROM apps app JOIN releases release ON release.app_id = app.id \
             JOIN flavours flavour ON flavour.release_id = release.id WHERE app.organisation_id = ?1 \
             AND app.identifier = contest.identifier AND flavour.withdrawn = 0))",
        )?
        .execute(params![organisation, now.0])?)
}

/// Repositories that offer an app or would, in the order in which they were added.
pub fn offering(connection: &Connection, organisation: i64, app: &str) -> Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT repository.id FROM repositories repository WHERE repository.organisation_id = ?1 AND \
         (EXISTS (SELECT 1 FROM contested contest WHERE contest.repository_id = repository.id \
         AND contest.identifier = ?2) OR EXISTS (SELECT 1 FROM flavours flavour \
         JOIN releases release ON release.id = flavour.release_id JOIN apps app ON app.id = release.app_id \
         WHERE flavour.repository_id = repository.id AND flavour.withdrawn = 0 AND app.identifier = ?2)) \
         ORDER BY repository.kind = 'builtin', repository.id",
    )?;
    let rows = statement.query_map(params![organisation, app], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The repository that somebody chose for an app.
pub fn choice(connection: &Connection, organisation: i64, app: &str) -> Result<Option<i64>> {
    Ok(connection
        .prepare_cached("SELECT repository_id FROM app_choices WHERE organisation_id = ?1 AND identifier = ?2")?
        .query_row(params![organisation, app], |row| row.get(0))
        .optional()?)
}

/// Chooses the repository that an app comes from. Returns the app's identifier, and the choice that there was.
pub fn choose(
    transaction: &Transaction<'_>,
    organisation: i64,
    app: i64,
    repository: i64,
) -> Result<(String, Option<i64>)> {
    exists(transaction, Table::Repository, organisation, repository)?;
    let identifier: String = transaction
        .prepare_cached("SELECT identifier FROM apps WHERE id = ?1 AND organisation_id = ?2")?
        .query_row(params![app, organisation], |row| row.get(0))
        .optional()?
        .ok_or(Error::Missing("App"))?;
    if !offering(transaction, organisation, &identifier)?.contains(&repository) {
        return Err(Error::Refused(format!("this repository does not offer {identifier}")));
    }
    let kind: String = transaction
        .prepare_cached("SELECT kind FROM repositories WHERE id = ?1")?
        .query_row([repository], |row| row.get(0))?;
    if kind == "builtin" {
        let why = "the built-in repository cannot be chosen; it offers an app again when the server starts without the others";
        return Err(Error::Refused(why.into()));
    }
    let before = choice(transaction, organisation, &identifier)?;
    set_choice(transaction, organisation, &identifier, Some(repository))?;
    Ok((identifier, before))
}

/// Sets the choice, or takes it back.
pub fn set_choice(transaction: &Transaction<'_>, organisation: i64, app: &str, repository: Option<i64>) -> Result<()> {
    match repository {
        Some(repository) => transaction
            .prepare_cached(
                "INSERT INTO app_choices (organisation_id, identifier, repository_id) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (organisation_id, identifier) DO UPDATE SET repository_id = excluded.repository_id",
            )?
            .execute(params![organisation, app, repository])?,
        None => transaction
            .prepare_cached("DELETE FROM app_choices WHERE organisation_id = ?1 AND identifier = ?2")?
            .execute(params![organisation, app])?,
    };
    Ok(())
}
