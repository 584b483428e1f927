//! Where logins are kept: one file for each context, for its owner's eyes only, and a lock beside it.
//!
//! The system's keyrings are not used yet. [`Credentials`] is the only one that knows that it is files, so they can come
//! to stand behind it.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::FlockOperation;
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::config::{ContextName, Folders, write_durable};
use crate::domain::Moment;
use crate::services::fakts::{Auth, Encryption, Instances, Part};
use crate::services::{Addresses, Error, Secret};

/// The form of the file.
const SCHEMA: u32 = 1;
/// How often a lock is asked for that somebody else holds.
const LOOK: Duration = Duration::from_millis(20);
/// How long somebody may hold it: two requests and their time limits.
const PATIENCE: Duration = Duration::from_secs(90);

/// A login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    schema: u32,
    /// The deployment's name.
    pub deployment: String,
    /// Its address, without a slash at the end.
    pub address: String,
    /// Prefix of its fakts calls; ends in a slash.
    pub base_url: String,
    /// Lok's address.
    pub lok: String,
    /// Whether its services may be spoken to without encryption.
    pub encryption: Encryption,
    /// What new tokens are had for.
    pub key: Key,
    /// The services.
    pub instances: Instances,
    /// The addresses that worked last time.
    pub remembered: Addresses,
    /// The newest access token.
    pub access: Option<AccessToken>,
    /// When somebody let us in.
    pub signed_in_at: Moment,
    /// When and why it was over.
    pub signed_out: Option<SignedOut>,
    /// What a newer kab has put there.
    #[serde(flatten)]
    more: BTreeMap<String, serde_json::Value>,
}

/// What a new login is made of.
#[derive(Debug)]
pub struct Fresh {
    pub deployment: String,
    pub address: String,
    pub base_url: String,
    pub lok: String,
    pub encryption: Encryption,
    pub key: Key,
    pub instances: Instances,
    pub access: AccessToken,
}

impl Stored {
    /// A new login.
    pub fn new(fresh: Fresh) -> Self {
        let Fresh { deployment, address, base_url, lok, encryption, key, instances, access } = fresh;
        Self {
            schema: SCHEMA,
            signed_in_at: access.obtained_at,
            access: Some(access),
            remembered: Addresses::default(),
            signed_out: None,
            more: BTreeMap::new(),
            deployment,
            address,
            base_url,
            lok,
            encryption,
            key,
            instances,
        }
    }

    /// The OAuth client, where it is known.
    pub fn client_id(&self) -> Option<String> {
        match &self.key {
            Key::Client { auth, .. } => Some(auth.client_id.clone()),
            Key::Refresh { client_id, .. } => Some(client_id.clone()),
            Key::Mandate { .. } | Key::Gone => None,
        }
    }

    /// Forgets everything that opens a door.
    pub fn sign_out(&mut self, why: &str) {
        self.key = Key::Gone;
        self.access = None;
        self.signed_out = Some(SignedOut { at: now(), why: why.to_owned() });
    }
}

/// What new access tokens are had for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Key {
    /// Protocol version 1: an OAuth client with a secret.
    Client {
        /// What was claimed with; claims again when the client is refused.
        client_token: Secret,
        /// Id and secret.
        auth: Auth,
    },
    /// Protocol version 2: a refresh token that is worth something once.
    Refresh {
        /// The OAuth client.
        client_id: String,
        /// The refresh token.
        refresh_token: Secret,
        /// Where it is traded.
        token_endpoint: String,
        /// Where it is taken back.
        revocation_endpoint: Option<String>,
    },
    /// Protocol version 2 without a person.
    Mandate {
        /// The key.
        key: Secret,
        /// The machine that asks.
        node: String,
        /// Where it is traded.
        token_endpoint: String,
        /// Which part of kab asks.
        #[serde(default)]
        part: Part,
    },
    /// None any more.
    Gone,
}

/// An access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// The token.
    pub token: Secret,
    /// When it was asked for, by this machine's clock.
    pub obtained_at: Moment,
    /// Its life in seconds; `None`: until it is rejected.
    pub expires_in: Option<u64>,
}

/// How a login ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedOut {
    /// When.
    pub at: Moment,
    /// Why, in the server's words.
    pub why: String,
}

/// This machine's time.
pub fn now() -> Moment {
    Moment(jiff::Timestamp::now().as_millisecond())
}

/// The logins of this user.
#[derive(Debug, Clone)]
pub struct Credentials {
    folder: PathBuf,
}

/// A lock on one login: whoever holds it may change it.
#[derive(Debug)]
pub struct Held {
    path: PathBuf,
    _lock: File,
}

impl Credentials {
    /// The logins in these folders.
    pub fn of(folders: &Folders) -> Self {
        Self { folder: folders.state.join("credentials") }
    }

    /// The file of a context's login.
    pub fn path(&self, name: &ContextName) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }

    /// Reads a login; `None`: there is none.
    ///
    /// # Errors
    /// When the file cannot be read, or is none of this kab's.
    pub fn read(&self, name: &ContextName) -> Result<Option<Stored>, Error> {
        read(&self.path(name))
    }

    /// Takes the lock of a login, and waits while another process holds it.
    ///
    /// # Errors
    /// When the folder cannot be made, or somebody holds it for too long.
    pub async fn lock(&self, name: &ContextName) -> Result<Held, Error> {
        self.make().map_err(|error| trouble(&self.folder, &error))?;
        let path = self.folder.join(format!("{name}.lock"));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let lock = options.open(&path).map_err(|error| trouble(&path, &error))?;
        let taken = async {
            loop {
                match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
                    Ok(()) => return Ok(()),
                    Err(Errno::WOULDBLOCK | Errno::INTR) => tokio::time::sleep(LOOK).await,
                    // Some network file systems have no locks: then two may renew at once, which is better than none.
                    Err(error @ (Errno::NOLCK | Errno::NOTSUP | Errno::NOSYS)) => {
                        tracing::warn!("{} cannot be locked: {error}", path.display());
                        return Ok(());
                    }
                    Err(error) => return Err(trouble(&path, &error.into())),
                }
            }
        };
        tokio::time::timeout(PATIENCE, taken)
            .await
            .map_err(|_| trouble(&path, &io::Error::other("another kab holds this lock for too long")))??;
        Ok(Held { path: self.path(name), _lock: lock })
    }

    fn make(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let mode = std::fs::metadata(&self.folder)?.mode();
        if mode & 0o077 != 0 {
            std::fs::set_permissions(&self.folder, std::fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
    }

    /// Words of warning about the place, for when a login is put there.
    pub fn warnings(&self) -> Vec<String> {
        self.warnings_at(std::env::var_os("HOME").map(PathBuf::from))
    }

    fn warnings_at(&self, home: Option<PathBuf>) -> Vec<String> {
        let mut warnings = Vec::new();
        if is_on_network(&self.folder) {
            let place = self.folder.display();
            warnings
                .push(format!("The login lies on a network file system ({place}): its administrators can read it."));
        }
        let mode = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.mode());
        if let Some(home) = home.filter(|home| mode(home) & 0o022 != 0) {
            warnings.push(format!("Others may write in {}, and so take your login's place.", home.display()));
        }
        // kab makes both private; some file systems do not do what they are told.
        if mode(&self.folder) & 0o077 != 0 {
            let place = self.folder.display();
            warnings.push(format!("Others may look into {place}, where logins are: `chmod 700 {place}` ends that."));
        }
        let files = std::fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let logins = files.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
        let mut open: Vec<PathBuf> = logins.filter(|path| mode(path) & 0o077 != 0).collect();
        open.sort();
        warnings.extend(open.iter().filter_map(|path| super::token_file_warning(path)));
        warnings
    }
}

impl Held {
    /// The login, as it is now.
    ///
    /// # Errors
    /// As [`Credentials::read`].
    pub fn read(&self) -> Result<Option<Stored>, Error> {
        read(&self.path)
    }

    /// Writes the login; when this returns, it outlives the machine.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn write(&self, stored: &Stored) -> Result<(), Error> {
        let text = serde_json::to_vec_pretty(stored).map_err(|error| trouble(&self.path, &error.into()))?;
        write_durable(&self.path, &text).map_err(|error| trouble(&self.path, &error))
    }

    /// Removes the login.
    ///
    /// # Errors
    /// When it is there and stays there.
    pub fn remove(&self) -> Result<(), Error> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(trouble(&self.path, &error)),
            _ => Ok(()),
        }
    }
}

fn read(path: &Path) -> Result<Option<Stored>, Error> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(trouble(path, &error)),
    };
    // The reasons of a parser may quote what it read.
    let stored: Stored =
        serde_json::from_slice(&text).map_err(|_| trouble(path, &io::Error::other("it is no login of kab's")))?;
    if stored.schema > SCHEMA {
        return Err(trouble(path, &io::Error::other("a newer kab has written it")));
    }
    Ok(Some(stored))
}

fn trouble(path: &Path, error: &io::Error) -> Error {
    Error::Refused(format!("{}: {error}", path.display()))
}

/// Whether a folder, or the nearest one above it that is there, lies on a network file system.
pub fn is_on_network(folder: &Path) -> bool {
    let found = folder.ancestors().find_map(|folder| rustix::fs::statfs(folder).ok());
    found.is_some_and(|found| is_network(found.f_type))
}

/// File systems whose files lie on another machine: NFS, SMB, AFS, Ceph, Lustre, GPFS, `BeeGFS`, 9P.
fn is_network(kind: impl Into<i64>) -> bool {
    // The number is 32 bits wide, and signed on some machines.
    let kind = kind.into() & 0xffff_ffff;
    let network = [
        0x6969,
        0xff53_4d42,
        0xfe53_4d42,
        0x517b,
        0x5346_414f,
        0x00c3_6400,
        0x0bd0_0bd0,
        0x4750_4653,
        0x1983_0326,
        0x0102_1997,
    ];
    network.contains(&kind)
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
