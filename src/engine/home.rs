//! The folder in which an engine keeps what it needs again: one for each server and client, so that two engines of one
//! machine never mix, and locked, so that the same one is not started twice.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use super::maker::Maker;

/// Which container engine serves here.
pub const MAKER: &str = "engine.json";

/// The folder. Nobody else takes it as long as this lives.
#[derive(Debug)]
pub struct Home {
    folder: PathBuf,
    _lock: File,
}

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has it.
    #[error("an engine with the same server and the same client runs on this machine already")]
    Taken,
    /// The system refuses.
    #[error("{path} cannot be used: {why}")]
    Broken {
        /// The folder.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
}

impl Home {
    /// Takes the folder of that server and that client below `base`.
    ///
    /// # Errors
    /// When another process has it, or the system refuses.
    pub fn take(base: &Path, server: &str, client: &str) -> Result<Self, Error> {
        let folder = base.join(name(server, client));
        let broken = |why| Error::Broken { path: folder.clone(), why };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(broken)?;
        let mut open = OpenOptions::new();
        let lock =
            open.create(true).truncate(false).write(true).mode(0o600).open(folder.join("lock")).map_err(broken)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Taken),
            // Some network file systems have no locks; the server's own rule about double agents is left then.
            Err(TryLockError::Error(error)) => tracing::debug!("{} cannot be locked: {error}", folder.display()),
        }
        Ok(Self { folder, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// The container engine that served here before. A file that cannot be read costs the warning about another one.
    pub fn maker(&self) -> Option<Maker> {
        let bytes = fs::read(self.folder.join(MAKER)).ok()?;
        serde_json::from_slice(&bytes).map_err(|error| tracing::warn!("{MAKER} cannot be used: {error}")).ok()
    }

    /// That container engine serves here from now on.
    pub fn served_by(&self, maker: &Maker) {
        let (file, draft) = (self.folder.join(MAKER), self.folder.join("engine.draft"));
        let written = serde_json::to_vec(maker)
            .map_err(io::Error::from)
            .and_then(|bytes| fs::write(&draft, bytes))
            .and_then(|()| fs::rename(&draft, &file));
        if let Err(error) = written {
            tracing::warn!("{} cannot be written: {error}", file.display());
        }
    }
}

fn name(server: &str, client: &str) -> String {
    let server = server.trim().trim_end_matches('/').to_lowercase();
    let digest = ring::digest::digest(&ring::digest::SHA256, format!("{server}\n{client}").as_bytes());
    uuid::Uuid::from_slice(&digest.as_ref()[..16]).unwrap_or_default().simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_and_client_has_a_folder_that_only_one_engine_holds() {
        let base = tempfile::tempdir().unwrap();
        let take = |server: &str, client: &str| Home::take(base.path(), server, client);
        let home = take("https://lab.org", "c1").unwrap();
        assert!(matches!(take("https://LAB.org/", "c1"), Err(Error::Taken)));
        let second = take("https://lab.org", "c2").unwrap();
        let third = take("https://other.org", "c1").unwrap();
        assert!(home.path() != second.path() && home.path() != third.path());
        assert_eq!(home.maker(), None);
        let podman = Maker { kind: "podman".into(), store: None };
        home.served_by(&podman);
        drop(home);
        assert_eq!(take("https://lab.org", "c1").unwrap().maker(), Some(podman));
    }
}
