//! What is asked about apps: what their authors say, what their images would take, where they come from.

use super::perform::State;
use super::run::now;
use crate::cache::Cache;
use crate::domain::{Failure, FailureKind, ScanState};
use crate::tui::effect::{Effect, RepositoryErrand};
use crate::tui::message::Message;

/// What is said of a release: of the server, which is kept for a time when it cannot be asked, or as it was kept.
pub(super) async fn about(effect: Effect, state: &State, cache: Option<Cache>) -> Option<Message> {
    let what = "Could not ask what is said of it";
    match effect {
        Effect::About { release, repository } => {
            let work = async {
                let about = state.store(what).await?.about(&release, repository.as_ref()).await;
                about.map_err(|error| error.failure(what))
            };
            let result = work.await;
            if let (Ok(about), Some(cache)) = (&result, cache) {
                let (release, about) = (release.clone(), about.clone());
                // A disk that does not take it is no reason to say anything: nobody asked for it.
                let keep = move || {
                    if let Err(error) = cache.write_about(&release, &about, now()) {
                        tracing::warn!("what is said of {release} cannot be kept: {error}");
                    }
                };
                tokio::task::spawn_blocking(keep);
            }
            Some(Message::About(release, result))
        }
        Effect::KeptAbout(release) => {
            let wanted = release.clone();
            let read = move || cache.and_then(|cache| cache.read_about(&wanted));
            let kept = tokio::task::spawn_blocking(read).await.ok().flatten();
            let none = || Failure::new(what, "not connected, and nothing was kept of it").kind(FailureKind::Network);
            Some(Message::About(release, kept.map(|kept| kept.value).ok_or_else(none)))
        }
        _ => None,
    }
}

/// Asks the server; `None` where the effect is about something else.
pub(super) async fn ask(effect: Effect, state: &State) -> Option<Message> {
    Some(match effect {
        Effect::Fetching(flavour, engine) => {
            let what = format!("Could not ask {} what it would fetch", engine.name);
            let work = async {
                let told = state.store(&what).await?.fetching(&flavour, &engine).await;
                told.map_err(|error| error.failure(&what))
            };
            let result = work.await;
            Message::Fetching(flavour, engine.id, result)
        }
        Effect::Repository(errand) => {
            let result = about_repository(&errand, state).await;
            Message::RepositoryDone(errand, result)
        }
        _ => return None,
    })
}

/// Does what is wanted of a repository; what came of it, in words.
async fn about_repository(errand: &RepositoryErrand, state: &State) -> Result<String, Failure> {
    let what = &errand.what_failed();
    let store = state.store(what).await?;
    match errand {
        RepositoryErrand::Add(name) => {
            let id = store.add_repository(name).await.map_err(|error| error.failure(what))?;
            // A server may keep what it could not read.
            let all = store.repositories().await.map_err(|error| error.failure(what))?;
            match all.into_iter().find(|repository| repository.id == id).map(|repository| repository.scan) {
                Some(ScanState::Failed { why, .. }) => {
                    Err(Failure::new(format!("Added {name}, but could not read it"), why))
                }
                _ => Ok(format!("Added {name}")),
            }
        }
        RepositoryErrand::Use { app, short, repository, name } => {
            store.use_repository(app, repository).await.map_err(|error| error.failure(what))?;
            Ok(format!("{short} comes from {name} now"))
        }
        RepositoryErrand::Scan(id) => {
            store.scan_repository(id).await.map_err(|error| error.failure(what))?;
            Ok("Read the repository again".into())
        }
    }
}
