//! Starts a server in the background: in a session of its own, with a log file instead of a terminal.
//!
//! The program starts itself twice: the first process makes a new session, starts the second and ends. So the server
//! has no terminal, cannot get one, and is nobody's child.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{Found, Lock, ServerInfo, find, stop};
use crate::config::Folders;
use crate::domain::{Failure, FailureKind};
use crate::services::Store;

/// The hidden verb that detaches.
pub const DETACHED_VERB: &str = "serve-detached";
/// The hidden flag of `kab serve` that makes it end by itself when nobody uses it.
pub const BACKGROUND: &str = "--background";

/// How long a start may take; a migration of a large database is the slowest part of one.
const START: Duration = Duration::from_mins(1);
/// A server takes its lock first of all. One that has not by then has died without a word.
const DEAD: Duration = Duration::from_secs(15);
/// How long an older server may take to end.
const END: Duration = Duration::from_secs(15);
/// A server that wrote its address less than this ago is new.
const FRESH: Duration = Duration::from_secs(20);
/// How often progress is looked for.
const LOOK: Duration = Duration::from_millis(20);
/// A log that is longer is moved away at the next start, in bytes.
const LOG_MAX: u64 = 8_000_000;

/// A server that answers.
#[derive(Debug)]
pub struct Ready {
    /// Where it is.
    pub server: ServerInfo,
    /// A client of it.
    pub store: Store,
    /// Something that the person should know: the server is of another version.
    pub note: Option<String>,
    /// The server has just been started: its engine and its catalogue may still be on their way.
    pub fresh: bool,
}

/// Where a server that cannot start writes why.
pub fn failed_file(folders: &Folders) -> PathBuf {
    folders.runtime.join("failed.json")
}

/// Finds the running server, or starts one. `starting` is called before one is started.
///
/// # Errors
/// When none can be started, or the one that runs does not answer.
pub async fn ensure(folders: &Folders, starting: impl FnOnce()) -> Result<Ready, Failure> {
    folders.make().map_err(|error| Failure::new("Could not prepare kab's folders", error.to_string()))?;
    if let Found::Server(found) = find(folders).await? {
        let (server, store) = *found;
        if let Some(ready) = fitting(folders, server, store).await? {
            return Ok(ready);
        }
    }
    // Several programs may get here at once; one of them starts the server.
    let deadline = tokio::time::Instant::now() + START;
    let failed = failed_file(folders);
    let mut starting = Some(starting);
    let mut lock = None;
    let mut silent;
    let mut nothing_since = tokio::time::Instant::now();
    loop {
        if lock.is_none() {
            lock = Lock::take(&folders.runtime.join("start.lock")).map_err(cannot_start)?;
        }
        match find(folders).await? {
            Found::Server(found) => {
                let (server, store) = *found;
                return Ok(Ready { server, store, note: None, fresh: true });
            }
            // Each look at it has taken some seconds already.
            Found::Hung(failure) if starting.is_some() => return Err(failure),
            Found::Silent(failure) | Found::Hung(failure) => {
                silent = Some(failure);
                nothing_since = tokio::time::Instant::now();
            }
            Found::Nothing => {
                silent = None; // An earlier one has ended.
                if let Some(failure) = fs::read(&failed).ok().and_then(|text| serde_json::from_slice(&text).ok())
                    && lock.is_some()
                    && starting.is_none()
                {
                    return Err(failure);
                }
                if lock.is_some()
                    && let Some(starting) = starting.take()
                {
                    starting();
                    fs::remove_file(&failed).ok();
                    spawn(folders).await?;
                    nothing_since = tokio::time::Instant::now();
                }
            }
        }
        let died = starting.is_none() && nothing_since.elapsed() > DEAD;
        if died || tokio::time::Instant::now() >= deadline {
            let log = folders.server_log();
            return Err(silent.unwrap_or_else(|| {
                Failure::new("Could not start the local server", last_line(folders))
                    .hint(format!("Its log is {}; `kab serve` starts it in this terminal.", log.display()))
            }));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The server, unless it is older than this program and nothing keeps it from being replaced.
async fn fitting(folders: &Folders, server: ServerInfo, store: Store) -> Result<Option<Ready>, Failure> {
    let own = env!("CARGO_PKG_VERSION");
    let fresh = std::fs::metadata(folders.server_file())
        .and_then(|file| file.modified())
        .is_ok_and(|at| at.elapsed().is_ok_and(|age| age < FRESH));
    let parse = |version: &str| semver::Version::parse(version).ok();
    let (Some(ours), Some(theirs)) = (parse(own), parse(&server.version)) else {
        return Ok(Some(Ready { server, store, note: None, fresh }));
    };
    if theirs >= ours {
        let newer = format!("The running server is newer ({theirs}) than this kab ({ours}).");
        return Ok(Some(Ready { server, store, note: (theirs > ours).then_some(newer), fresh }));
    }
    let tasks =
        store.tasks(200).await.map_err(|error| error.failure("Could not read the tasks of the older server"))?;
    if tasks.iter().any(|task| !task.state.is_done()) {
        let note = format!(
            "The running server is older ({theirs}) than this kab ({ours}) and busy; `kab serve stop` ends it later."
        );
        return Ok(Some(Ready { server, store, note: Some(note), fresh }));
    }
    match stop(folders, END).await {
        Err(failure) if failure.kind != FailureKind::NotFound => Err(failure),
        _ => Ok(None),
    }
}

/// Starts the process that detaches, and waits for its end.
async fn spawn(folders: &Folders) -> Result<(), Failure> {
    let mut command = tokio::process::Command::new(program());
    command.arg0("kab");
    if let Some(root) = &folders.root {
        command.arg("--data").arg(root);
    }
    command.arg(DETACHED_VERB).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let output = command.output().await.map_err(cannot_start)?;
    if output.status.success() {
        return Ok(());
    }
    Err(Failure::new("Could not start the local server", String::from_utf8_lossy(&output.stderr)))
}

/// What the detaching process does: makes a session, starts the server in it, and is done.
///
/// # Errors
/// When the log cannot be written, or the program cannot be started.
pub fn detach(folders: &Folders) -> Result<(), Failure> {
    // Fails only for the leader of a group of processes, which then has a session of its own or a shell's job.
    rustix::process::setsid().ok();
    forget_descriptors();
    let path = folders.server_log();
    let log = open_log(folders)
        .map_err(|error| Failure::new("Could not start the local server", format!("{}: {error}", path.display())))?;
    let mut command = Command::new(program());
    command.arg0("kab");
    if let Some(root) = &folders.root {
        command.arg("--data").arg(root);
    }
    // Whatever the person does with another server is none of this one's business, their token least of all.
    for name in ["KAB_CONTEXT", "KAB_TOKEN", "KAB_READ_ONLY", "FAKTS_TOKEN", "FAKTS_REDEEM_TOKEN", "FAKTS_MANDATE_KEY"]
    {
        command.env_remove(name);
    }
    command.args(["serve", BACKGROUND]).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.spawn().map_err(cannot_start)?;
    Ok(())
}

/// Lets no open file of whoever started this pass on to programs that are started: a lock or a pipe would be held as
/// long as they live.
pub fn forget_descriptors() {
    close_fds::set_fds_cloexec(3, &[]);
}

fn open_log(folders: &Folders) -> io::Result<fs::File> {
    let path = folders.server_log();
    if fs::metadata(&path).is_ok_and(|metadata| metadata.len() > LOG_MAX) {
        fs::rename(&path, path.with_extension("log.old"))?;
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

/// This program, also where its file has been replaced since it was started.
fn program() -> PathBuf {
    std::env::current_exe().ok().filter(|path| path.exists()).unwrap_or_else(|| PathBuf::from("/proc/self/exe"))
}

fn cannot_start(error: impl std::fmt::Display) -> Failure {
    Failure::new("Could not start the local server", error.to_string())
}

fn last_line(folders: &Folders) -> String {
    let log = fs::read_to_string(folders.server_log()).unwrap_or_default();
    log.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it did not answer in time").to_owned()
}
