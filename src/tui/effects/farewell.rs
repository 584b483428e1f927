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
    let saved = save(store, (pod, engine), path.clone()).await;
    after_saving(saved, &now.name(), &path, &what)
}

/// What is said of a log that was saved, or why the pod may not go yet.
fn after_saving(saved: Result<usize, String>, pod: &str, path: &Path, what: &str) -> Result<Option<String>, Failure> {
    match saved {
        Ok(0) => Ok(None),
        Ok(_) => Ok(Some(format!("Saved the log of {pod} in {}", path.display()))),
        // Whoever removed the container has removed its log: there is nothing to wait for.
        Err(why) if why.contains(GONE) => Ok(Some(format!("{pod} had no log any more: {GONE}"))),
        Err(why) => Err(Failure::new(format!("{what}: its log could not be saved in {}", path.display()), why)
            .hint("⟨remove⟩ asks again; in the question ⟨keep-log⟩ lets the log go.")),
    }
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

    #[test]
    fn a_log_that_went_with_its_container_keeps_nobody_from_removing_the_pod() {
        let after = |saved| after_saving(saved, "greeter-8c1f", Path::new("/logs/x.log"), "Did not remove the pod");
        assert_eq!(after(Ok(0)), Ok(None));
        assert_eq!(after(Ok(7)).unwrap().unwrap(), "Saved the log of greeter-8c1f in /logs/x.log");
        // What cannot be read now may be read later: it is not let go unseen.
        let failure = after(Err("the engine is down".into())).unwrap_err();
        assert!(failure.why.contains("down") && failure.what.contains("could not be saved in /logs"), "{failure}");
        let said = after(Err(format!("The log cannot be read: {GONE}."))).unwrap().unwrap();
        assert!(said.contains("had no log any more: the container is gone"), "{said}");
    }
}
