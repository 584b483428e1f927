//! The folders of one installation: data, configuration, cache, state, and a private one for what lives now.
//!
//! Addresses and tokens of the running server lie in the runtime folder, which only its owner can enter. It is
//! `$XDG_RUNTIME_DIR/kab/<hash of the data folder>`, else `kab-<uid>/<hash>` in the system's temporary folder, whose
//! owner and mode are checked: another user may have made it first.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

/// The environment variable that moves everything.
pub const VARIABLE: &str = "KAB_DATA_DIR";

/// Why there are no folders.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No home folder, and none was given.
    #[error("no home folder was found; set {VARIABLE} to a folder that kab may use")]
    NoHome,
    /// A folder cannot be made.
    #[error("{path} cannot be made: {source}; set {VARIABLE} to another folder")]
    Make {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else could read or write in the runtime folder.
    #[error("{path} belongs to another user, or others may enter it; remove it, or set XDG_RUNTIME_DIR or {VARIABLE}")]
    NotPrivate {
        /// The folder.
        path: PathBuf,
    },
}

/// The folders. [`Folders::find`] names them; [`Folders::make`] makes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// The database, the key, the chosen port.
    pub data: PathBuf,
    /// `config.toml`.
    pub config: PathBuf,
    /// What can be fetched again.
    pub cache: PathBuf,
    /// Logs, and what an engine has to remember.
    pub state: PathBuf,
    /// Address and token of the running server; sockets.
    pub runtime: PathBuf,
    /// The folder that moved everything, where one did.
    pub root: Option<PathBuf>,
}

impl Folders {
    /// Names the folders. `root` (a flag or `KAB_DATA_DIR`) holds them all; without one they follow the XDG rules.
    ///
    /// # Errors
    /// When there is no home folder.
    pub fn find(root: Option<&Path>) -> Result<Self, Error> {
        let variable = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(root) = root.map(Path::to_owned).or(variable) {
            let root = std::path::absolute(&root).map_err(|source| Error::Make { path: root.clone(), source })?;
            return Ok(Self::under(root));
        }
        let base = etcetera::choose_base_strategy().map_err(|_| Error::NoHome)?;
        let data = base.data_dir().join("kab");
        let state = base.state_dir().unwrap_or_else(|| base.data_dir()).join("kab");
        let runtime = match std::env::var_os("XDG_RUNTIME_DIR").filter(|value| !value.is_empty()) {
            Some(folder) if Path::new(&folder).is_dir() => PathBuf::from(folder).join("kab"),
            _ => std::env::temp_dir().join(format!("kab-{}", rustix::process::getuid().as_raw())),
        };
        let runtime = runtime.join(short_hash(data.as_os_str()));
        Ok(Self {
            config: base.config_dir().join("kab"),
            cache: base.cache_dir().join("kab"),
            state,
            runtime,
            data,
            root: None,
        })
    }

    /// Everything below one folder.
    fn under(root: PathBuf) -> Self {
        Self {
            data: root.join("data"),
            config: root.join("config"),
            cache: root.join("cache"),
            state: root.join("state"),
            runtime: root.join("runtime"),
            root: Some(root),
        }
    }

    /// Makes the folders, readable by their owner only. The one for configuration is left to whoever writes there.
    ///
    /// # Errors
    /// When one cannot be made, or the runtime folder is not private.
    pub fn make(&self) -> Result<(), Error> {
        let make = |path: &Path| {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(path)
                .map_err(|source| Error::Make { path: path.to_owned(), source })
        };
        for path in [&self.data, &self.cache, &self.state, &self.runtime] {
            make(path)?;
        }
        // With a root of the person's own, the folder above is theirs to keep as they like.
        let guarded = if self.root.is_some() { None } else { self.runtime.parent() };
        for path in [Some(self.runtime.as_path()), guarded].into_iter().flatten() {
            check_private(path)?;
        }
        Ok(())
    }

    /// The configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The keys of the terminal program.
    pub fn keys_file(&self) -> PathBuf {
        self.config.join("keys.toml")
    }

    /// The contexts: deployments, and how to get in.
    pub fn contexts_file(&self) -> PathBuf {
        self.config.join("contexts.toml")
    }

    /// What was measured of terminals.
    pub fn terminals_file(&self) -> PathBuf {
        self.state.join("terminals.toml")
    }

    /// Address and token of the running server.
    pub fn server_file(&self) -> PathBuf {
        self.runtime.join("server.json")
    }

    /// The log of a server that runs in the background.
    pub fn server_log(&self) -> PathBuf {
        self.state.join("server.log")
    }
}

/// Makes a folder, with those above it, that only its owner can enter.
///
/// # Errors
/// When it cannot be made.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn check_private(path: &Path) -> Result<(), Error> {
    let metadata = fs::symlink_metadata(path).map_err(|source| Error::Make { path: path.to_owned(), source })?;
    let own = metadata.is_dir() && metadata.uid() == rustix::process::getuid().as_raw();
    if own && metadata.mode().trailing_zeros() >= 6 { Ok(()) } else { Err(Error::NotPrivate { path: path.to_owned() }) }
}

/// 64 bits of FNV-1a in hexadecimal: tells data folders apart, and keeps no secret.
fn short_hash(text: &OsStr) -> String {
    let hash = text
        .as_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// Writes a file that only its owner can read, in one step: readers see the old content or the new.
///
/// # Errors
/// When the folder does not take it.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    replace(path, content, File::flush)
}

/// The same, and when it returns, the file outlives a machine that loses its power.
///
/// # Errors
/// When the folder or the disk does not take it.
pub fn write_durable(path: &Path, content: &[u8]) -> io::Result<()> {
    replace(path, content, |file| file.sync_all())?;
    // The name is a thing of the folder's. Some file systems cannot do this to folders.
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all().or(Ok(())))
}

fn replace(path: &Path, content: &[u8], settle: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let fresh = path.with_file_name(name);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(content).and_then(|()| settle(&mut file)).inspect_err(|_| _ = fs::remove_file(&fresh))?;
    drop(file);
    fs::rename(&fresh, path).inspect_err(|_| _ = fs::remove_file(&fresh))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_root_holds_everything() {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::find(Some(folder.path())).unwrap();
        folders.make().unwrap();
        for path in [&folders.data, &folders.runtime, &folders.state, &folders.cache] {
            assert!(path.starts_with(folder.path()) && path.is_dir());
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn a_runtime_folder_that_others_may_enter_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::find(Some(folder.path())).unwrap();
        folders.make().unwrap();
        fs::set_permissions(&folders.runtime, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(folders.make(), Err(Error::NotPrivate { .. })));
    }

    #[test]
    fn a_private_file_is_private_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.json");
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
