//! What a running server tells its own user's programs about itself.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};

use super::Lock;
use crate::config::{Folders, write_private};
use crate::domain::{Failure, FailureKind};
use crate::services::{Access, Secret, Store};

/// How long a server may take to say that it is there. Loopback answers at once; a machine that swaps does not.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a server may take from its lock to its name in it.
const NAMING: Duration = Duration::from_secs(2);
/// How often an end is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// Address and token of the running server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// `http://127.0.0.1:4711`, without a slash at the end.
    pub url: String,
    /// An access token of the default user.
    pub token: Secret,
    /// Process id.
    pub pid: i32,
    /// Version of kab.
    pub version: String,
}

/// The file, as JSON.
#[derive(Serialize, Deserialize)]
struct Written {
    url: String,
    token: String,
    pid: i32,
    version: String,
}

/// What stands in the lock of a server: known as long as it is held, wherever the folder for run-time files is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Process id.
    pub pid: i32,
    /// Where its address is, or will be.
    pub server_file: PathBuf,
}

impl Holder {
    /// This process, with the address file of these folders.
    pub fn this_process(folders: &Folders) -> Self {
        Self { pid: i32::try_from(std::process::id()).unwrap_or_default(), server_file: folders.server_file() }
    }

    /// Writes it into the lock.
    ///
    /// # Errors
    /// When the file does not take it.
    pub fn write(&self, lock: &Lock) -> io::Result<()> {
        lock.say(&serde_json::to_string(self)?)
    }

    /// Who holds the lock, where that is known already.
    fn of(folders: &Folders) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(ServerInfo::lock_file(folders)).ok()?).ok()
    }
}

/// What there is on this machine.
#[derive(Debug)]
pub enum Found {
    /// No server.
    Nothing,
    /// A server that answers.
    Server(Box<(ServerInfo, Store)>),
    /// A server that is starting or ending, and cannot be used at this moment.
    Silent(Failure),
    /// A server that runs, and does not answer.
    Hung(Failure),
}

impl ServerInfo {
    /// The lock that a server holds as long as it runs.
    pub fn lock_file(folders: &Folders) -> PathBuf {
        folders.data.join("serve.lock")
    }

    /// Reads the file; `None`: there is none, or it is not whole.
    pub fn read(path: &Path) -> Option<Self> {
        let written: Written = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        let Written { url, token, pid, version } = written;
        Some(Self { url, token: Secret::new(token), pid, version })
    }

    /// Writes the file, for the user's eyes only.
    ///
    /// # Errors
    /// When the folder does not take it.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let written = Written {
            url: self.url.clone(),
            token: self.token.expose().to_owned(),
            pid: self.pid,
            version: self.version.clone(),
        };
        write_private(path, serde_json::to_string_pretty(&written)?.as_bytes())
    }

    /// How to get in.
    pub fn access(&self) -> Access {
        Access::stock(&self.url, self.token.clone())
    }
}

/// Looks for the running server of these folders.
///
/// # Errors
/// When the data folder cannot be read.
pub async fn find(folders: &Folders) -> Result<Found, Failure> {
    let lock = ServerInfo::lock_file(folders);
    let held = Lock::is_held(&lock).map_err(|error| {
        Failure::new("Could not look for the server", format!("{}: {error}", lock.display()))
            .hint("--data or KAB_DATA_DIR chooses another folder.")
    })?;
    if !held {
        return Ok(Found::Nothing);
    }
    let holder = Holder::of(folders);
    let file = holder.as_ref().map_or_else(|| folders.server_file(), |holder| holder.server_file.clone());
    // A file that another process wrote is left over from that.
    let info = ServerInfo::read(&file).filter(|info| holder.is_none_or(|holder| holder.pid == info.pid));
    let Some(info) = info else {
        let why = "it is starting or ending at this moment";
        return Ok(Found::Silent(Failure::new("Could not reach the local server", why)));
    };
    let checked = async {
        let store = Store::connect(info.access()).await?;
        store.check().await?;
        Ok::<_, crate::services::Error>(store)
    };
    let what = "Could not reach the local server";
    let log = folders.server_log();
    Ok(match tokio::time::timeout(PATIENCE, checked).await {
        Ok(Ok(store)) => Found::Server(Box::new((info, store))),
        Ok(Err(error)) => Found::Silent(error.failure(what)),
        Err(_) => Found::Hung(
            Failure::new(what, format!("process {} does not answer", info.pid))
                .kind(FailureKind::Network)
                .hint(format!("`kab serve stop` ends it; its log is {}.", log.display())),
        ),
    })
}

/// Asks the running server to end, and waits for it. Its process id.
///
/// # Errors
/// When there is none, or it does not end in time.
pub async fn stop(folders: &Folders, limit: Duration) -> Result<i32, Failure> {
    let what = "Could not stop the server";
    let lock = ServerInfo::lock_file(folders);
    let is_running = || Lock::is_held(&lock).unwrap_or(false);
    if !is_running() {
        return Err(Failure::new(what, "no server runs").kind(FailureKind::NotFound));
    }
    let named = async {
        loop {
            match Holder::of(folders) {
                Some(holder) => return holder.pid,
                // It took the lock a moment ago.
                None => tokio::time::sleep(LOOK).await,
            }
        }
    };
    let pid = tokio::time::timeout(NAMING, named).await.ok().and_then(Pid::from_raw);
    let Some(pid) = pid else {
        let why = format!("somebody holds {}, and does not say who that is", lock.display());
        return Err(Failure::new(what, why));
    };
    rustix::process::kill_process(pid, Signal::TERM).map_err(|error| Failure::new(what, error.to_string()))?;
    let ended = async {
        while is_running() {
            tokio::time::sleep(LOOK).await;
        }
    };
    let pid = pid.as_raw_nonzero();
    match tokio::time::timeout(limit, ended).await {
        Ok(()) => Ok(pid.get()),
        Err(_) => Err(Failure::new(what, format!("process {pid} was asked, and still runs"))
            .hint(format!("`kill -9 {pid}` ends it; pods go on running."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders() -> (tempfile::TempDir, Folders) {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::find(Some(folder.path())).unwrap();
        folders.make().unwrap();
        (folder, folders)
    }

    fn info(url: &str) -> ServerInfo {
        ServerInfo { url: url.to_owned(), token: Secret::new("secret"), pid: 1, version: "0.1.0".to_owned() }
    }

    #[test]
    fn what_is_written_is_read() {
        let (_folder, folders) = folders();
        let info = info("http://127.0.0.1:1");
        info.write(&folders.server_file()).unwrap();
        assert_eq!(ServerInfo::read(&folders.server_file()), Some(info));
        std::fs::write(folders.server_file(), "{").unwrap();
        assert_eq!(ServerInfo::read(&folders.server_file()), None);
    }

    #[tokio::test]
    async fn a_file_without_a_lock_is_left_over() {
        rustls::crypto::ring::default_provider().install_default().ok();
        let (_folder, folders) = folders();
        info("http://127.0.0.1:1").write(&folders.server_file()).unwrap();
        assert!(matches!(find(&folders).await.unwrap(), Found::Nothing));
        let stopped = stop(&folders, Duration::from_secs(1)).await.unwrap_err();
        assert_eq!(stopped.kind, FailureKind::NotFound, "process 1 is not touched");
        let lock = Lock::take(&ServerInfo::lock_file(&folders)).unwrap().unwrap();
        Holder::this_process(&folders).write(&lock).unwrap();
        assert!(matches!(find(&folders).await.unwrap(), Found::Silent(_)), "another process wrote the address");
        // Port 1 answers to nobody.
        let mut info = info("http://127.0.0.1:1");
        info.pid = Holder::this_process(&folders).pid;
        info.write(&folders.server_file()).unwrap();
        assert!(
            matches!(find(&folders).await.unwrap(), Found::Silent(failure) if failure.kind == FailureKind::Network)
        );
    }
}
