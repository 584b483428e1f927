//! What is asked about apps: what their authors say, what their images would take, where they come from.

use super::perform::State;
use super::run::now;
use crate::cache::Cache;
use crate::domain::{Failure, FailureKind, ScanState};
use crate::tui::effect::Effect;
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
        Effect::AddRepository(name) => {
            let what = format!("Could not add {name}");
            let work = async {
                let store = state.store(&what).await?;
                let id = store.add_repository(&name).await.map_err(|error| error.failure(&what))?;
                // A server may keep what it could not read.
                let all = store.repositories().await.map_err(|error| error.failure(&what))?;
                match all.into_iter().find(|repository| repository.id == id).map(|repository| repository.scan) {
                    Some(ScanState::Failed { why, .. }) => {
                        Err(Failure::new(format!("Added {name}, but could not read it"), why))
                    }
                    _ => Ok(()),
                }
            };
            Message::RepositoryDone(work.await.map(|()| format!("Added {name}")))
        }
        Effect::UseRepository { app, repository, done } => {
            let what = "Could not take the app from there";
            let work = async {
                let store = state.store(what).await?;
                store.use_repository(&app, &repository).await.map_err(|error| error.failure(what))
            };
            Message::RepositoryDone(work.await.map(|()| done))
        }
        Effect::Scan(id) => {
            let what = "Could not read the repository";
            let work =
                async { state.store(what).await?.scan_repository(&id).await.map_err(|error| error.failure(what)) };
            Message::RepositoryDone(work.await.map(|()| "Read the repository again".into()))
        }
        _ => return None,
    })
}
