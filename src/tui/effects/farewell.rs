//! Before a pod is removed: whether it is still as the person saw it, and its log on disk.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::handing::{expanded, private};
use crate::domain::{Engine, Failure, FailureKind, GONE, LogLine, PodId, clean_line};
use crate::services::{FollowKind, Store};
use crate::tui::effect::Removal;

/// More lines than any engine keeps.
const ALL: usize = 1_000_000;
/// After the last line that came, the rest of a log is waited for so long.
const QUIET: Duration = Duration::from_millis(1_500);
/// The first line of a log that is streamed is waited for so long; what says nothing till then is empty.
const FIRST: Duration = Duration::from_secs(5);
/// The same where the engine has to store a snapshot first.
const SNAPSHOT: Duration = Duration::from_secs(30);

/// Asks whether the pod is as it was, and saves its log where that is wanted; then it may be removed.
///
/// # Errors
/// When it has changed, or the log could not be saved: then it has to be asked for again.
pub async fn before_removal(
    store: &Store,
    (pod, engine): (&PodId, &Engine),
    removal: &Removal,
) -> Result<Option<String>, Failure> {
    let what = format!("Did not remove the pod on {}", engine.name);
    let now = store.pod(pod).await.map_err(|error| error.failure(&what))?;
    if now.status != removal.seen {
        let why =
            format!("{} is {} now; it was {} when you were asked", now.name(), now.status.word(), removal.seen.word());
        return Err(Failure::new(what, why).kind(FailureKind::Failed).hint("⟨remove⟩ asks again."));
    }
    let Some(typed) = &removal.log else { return Ok(None) };
    let path = expanded(typed, std::env::home_dir());
    let hint = "⟨remove⟩ asks again; in the question ⟨keep-log⟩ lets the log go.";
    let saved = save(store, (pod, engine), path.clone()).await;
    // Whoever removed the container has removed its log: there is nothing to wait for.
    if saved.as_ref().is_err_and(|why| why.contains(GONE)) {
        return Ok(Some(format!("{} had no log any more: {GONE}", now.name())));
    }
    let lines = saved.map_err(|why| {
        Failure::new(format!("{what}: its log could not be saved in {}", path.display()), why).hint(hint)
    })?;
    Ok((lines > 0).then(|| format!("Saved the log of {} in {}", now.name(), path.display())))
}

/// Writes what there is of a log into a new file, which nobody else may read; how many lines.
async fn save(store: &Store, (pod, engine): (&PodId, &Engine), path: PathBuf) -> Result<usize, String> {
    let mut follow = store.follow_log(pod, engine, ALL).await.map_err(|error| error.to_string())?;
    let began = super::run::now();
    let mut file = open(&path).map_err(|error| error.to_string())?;
    let mut count = 0;
    let first = if follow.kind() == FollowKind::Streamed { FIRST } else { SNAPSHOT };
    let mut until = Instant::now() + first;
    // What a running pod writes from here on is not waited for.
    while let Ok(Some(lines)) = timeout_at(until, follow.next()).await {
        let lines = lines.map_err(|error| {
            if count == 0 {
                // It was made just now, and holds nothing: it shall not be in the way of the next attempt.
                std::fs::remove_file(&path).ok();
            }
            error.to_string()
        })?;
        let is_now = lines.last().and_then(|line| line.at).is_some_and(|at| at > began);
        write(&mut file, &lines).map_err(|error| error.to_string())?;
        count += lines.len();
        if is_now || count >= ALL {
            break;
        }
        until = Instant::now() + QUIET;
    }
    follow.close().await;
    let file = file.into_inner().map_err(|error| error.to_string())?;
    file.sync_all().map_err(|error| error.to_string())?;
    if count == 0 {
        // An empty log needs no file.
        std::fs::remove_file(&path).ok();
    }
    Ok(count)
}

fn open(path: &Path) -> io::Result<BufWriter<std::fs::File>> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    private(path).map(BufWriter::new)
}

fn write(file: &mut impl Write, lines: &[LogLine]) -> io::Result<()> {
    for line in lines {
        let text = clean_line(&line.text);
        match line.at {
            Some(at) => writeln!(file, "{} {text}", at.to_iso())?,
            None => writeln!(file, "{text}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PodStatus;
    use crate::engine::{Settings, driver, testing::World};

    #[tokio::test(flavor = "multi_thread")]
    async fn a_log_that_went_with_its_container_keeps_nobody_from_removing_the_pod() {
        let world = World::new().await;
        let engine = world.engine(Settings::default()).await;
        world.install("com.example.plain").await;
        let (pod, seen) = (world.pods().await.remove(0), world.seen().await);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pod.log");
        let removal = Removal { seen: PodStatus::Running, log: Some(file.display().to_string()) };
        let before = async || before_removal(&world.store, (&pod.id, &seen), &removal).await;
        let failing = |error| [("logs".to_owned(), error)].into_iter().collect();

        // What cannot be read now may be read later: it is not let go unseen.
        world.fake.lock().failing = failing(driver::Error::Unreachable("down".into()));
        let failure = before().await.unwrap_err();
        assert!(failure.why.contains("down") && failure.what.contains("could not be saved"), "{failure}");

        world.fake.lock().failing = failing(driver::Error::NotFound("no such container".into()));
        let said = before().await.unwrap().unwrap();
        assert!(said.contains("had no log any more: the container is gone"), "{said}");
        assert!(!file.exists());
        engine.stop().await;
    }
}
