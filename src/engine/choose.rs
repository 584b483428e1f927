//! Which flavour to install when only a release or a node was asked for.

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{backend::Backend, records::Recipe};
use crate::{
    agent::TaskError,
    compat::{self, Verdict, Wish},
    domain::Release,
    services,
};

/// So many flavours are considered; they come newest first.
const MOST: usize = 60;

/// So many are read at once.
const AT_ONCE: usize = 3;

/// The flavour of a release that fits this engine best.
pub async fn of_release(backend: &Backend, release: &str) -> Result<Recipe, TaskError> {
    let ids = backend.records.flavours_of_release(release).await.map_err(said)?;
    let recipes = read(backend, &ids).await?;
    best(backend, recipes)?.map(|(recipe, _)| recipe).ok_or_else(|| TaskError::failed("This release has no flavour."))
}

/// The flavour that provides a node and fits best: of the newest release that runs, else of the newest that may run.
pub async fn of_definition(backend: &Backend, definition: &str) -> Result<Recipe, TaskError> {
    let ids = backend.records.flavours_of_definition(definition).await.map_err(said)?;
    let mut releases: Vec<Vec<Recipe>> = Vec::new();
    for recipe in read(backend, &ids).await? {
        match releases.iter_mut().find(|known| known[0].release.id == recipe.release.id) {
            Some(known) => known.push(recipe),
            None => releases.push(vec![recipe]),
        }
    }
    if releases.is_empty() {
        return Err(TaskError::failed("No flavour provides this node."));
    }
    let mut second_best = None;
    let mut reasons = Vec::new();
    for recipes in releases {
        match best(backend, recipes) {
            Ok(Some((recipe, Verdict::Runs))) => return Ok(recipe),
            Ok(Some((recipe, _))) => _ = second_best.get_or_insert(recipe),
            Ok(None) => {}
            Err(why) => reasons.push(why.to_string()),
        }
    }
    second_best.ok_or_else(|| TaskError::failed(reasons.join(" ")))
}

fn best(backend: &Backend, recipes: Vec<Recipe>) -> Result<Option<(Recipe, Verdict)>, TaskError> {
    let Some(first) = recipes.first() else { return Ok(None) };
    let flavours = recipes.iter().map(|recipe| recipe.flavour.clone()).collect();
    let release = Release { flavours, ..first.release.clone() };
    let engines = [backend.as_engine()];
    let plan = compat::plan(&release, &engines, Wish { flavour: None, engine: None })
        .map_err(|why| TaskError::failed(format!("{} {} cannot run here: {why}.", release.app, release.version)))?;
    let (chosen, verdict) = (plan.best.flavour.id.clone(), plan.best.judgement.verdict);
    Ok(recipes.into_iter().find(|recipe| recipe.flavour.id == chosen).map(|recipe| (recipe, verdict)))
}

/// The newest of many; a few at a time, since these servers answer one after the other anyway.
async fn read(backend: &Backend, ids: &[String]) -> Result<Vec<Recipe>, TaskError> {
    let newest: Vec<_> = ids.iter().take(MOST).map(|id| backend.records.recipe(id)).collect();
    stream::iter(newest).buffered(AT_ONCE).try_collect().await.map_err(said)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn said(error: services::Error) -> TaskError {
    TaskError::failed(format!("Kabinet does not tell what it has: {error}."))
}
