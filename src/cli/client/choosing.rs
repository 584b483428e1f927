//! `kab repo use`: which repository an app comes from, where several offer it.

use serde_json::json;

use super::{find, lists, repo};
use crate::cli::output::Answer;
use crate::domain::{Failure, FailureKind, clean_line};
use crate::services::Store;

/// Takes an app from a repository from now on.
pub async fn take(store: &Store, repository: &str, app: &str) -> Result<Answer, Failure> {
    let (apps, repositories) = futures_util::try_join!(lists::apps(store), lists::repositories(store))?;
    let app = find::app(&apps, app)?;
    let repository = repo::named(&repositories, repository)?;
    let what = format!("Could not take {} from {}", app.identifier, repository.name);
    let release = app.newest().ok_or_else(|| Failure::new(&what, "it has no release yet"))?;
    let about = store.about(&release.id, None).await.map_err(|error| error.failure(&what))?;
    let Some(sources) = about.sources else {
        let why = "on this server the repository that was read last counts";
        return Err(Failure::new(what, why).kind(FailureKind::Failed));
    };
    store.use_repository(&sources.app, &repository.id).await.map_err(|error| error.failure(&what))?;
    let data = json!({ "app": app.identifier, "repository": repository.name });
    let text = clean_line(&format!("{} comes from {} now. What runs stays.", app.identifier, repository.name));
    Ok(Answer::text(data, text, app.identifier.as_str()))
}
