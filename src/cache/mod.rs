//! What servers told, kept on disk for each context: the first frame comes from it, and it can be read offline.
//!
//! A list is a file of its own, replaced as a whole. What cannot be read (torn, from another version, from another
//! server) counts as not there: everything here can be fetched again. Secrets are never among it.

mod things;

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::config::{make_private_folder, write_private};
use crate::domain::Moment;

/// Raised when the form of a list changes, so that older files count as not there.
const FORMAT: u32 = 1;

/// The name under which it is kept what the program was left at.
pub const OWN: &str = "habits";

/// The name under which it is kept how the server knows us.
const ME: &str = "me";

/// The lists of one context.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
    server: String,
}

/// A list as it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept<T> {
    /// The list.
    pub value: T,
    /// When the server told it.
    pub at: Moment,
}

#[derive(Serialize)]
struct Written<'a, T> {
    format: u32,
    server: &'a str,
    at: Moment,
    value: &'a T,
}

#[derive(Deserialize)]
struct Read<T> {
    format: u32,
    server: String,
    at: Moment,
    value: T,
}

impl Cache {
    /// The cache of a context below the cache folder; `server` is its address. Nothing is made yet.
    pub fn new(root: &Path, context: &str, server: &str) -> Self {
        Self { folder: root.join("contexts").join(context), server: server.to_owned() }
    }

    /// A list; `None` where there is none that can be used.
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> Option<Kept<T>> {
        let file = File::open(self.path(name)).ok()?;
        let read: Read<T> = serde_json::from_reader(BufReader::with_capacity(1 << 16, file))
            .inspect_err(|error| tracing::info!("the cached {name} cannot be used: {error}"))
            .ok()?;
        (read.format == FORMAT && read.server == self.server).then_some(Kept { value: read.value, at: read.at })
    }

    /// Keeps a list; readers see the old one or this one, whole.
    ///
    /// # Errors
    /// When the disk does not take it; what was there stays.
    pub fn write<T: Serialize>(&self, name: &str, value: &T, at: Moment) -> io::Result<()> {
        make_private_folder(&self.folder)?;
        let written = Written { format: FORMAT, server: &self.server, at, value };
        write_private(&self.path(name), &serde_json::to_vec(&written)?)
    }

    /// How services knew us when the server was asked last, by which our own pods and tasks are found; empty where nothing
    /// was kept.
    pub fn read_me(&self) -> String {
        self.read(ME).map_or_else(String::new, |kept| kept.value)
    }

    /// Keeps how services know us, where it is something else than before. That the disk takes nothing is only logged.
    pub fn write_me(&self, subject: &str, at: Moment) {
        if !subject.is_empty()
            && self.read_me() != subject
            && let Err(error) = self.write(ME, &subject, at)
        {
            tracing::warn!("it cannot be kept who we are: {error}");
        }
    }

    /// Forgets what the server told, lists and logs; what the program was left at stays, which is the person's own.
    ///
    /// # Errors
    /// When something of it cannot be removed.
    pub fn forget_told(&self) -> io::Result<()> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                std::fs::remove_dir_all(entry.path())?;
            } else if entry.path() != self.path(OWN) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// How many bytes are kept about the context; what cannot be looked at does not count.
    pub fn size(&self) -> u64 {
        fn below(folder: &Path) -> u64 {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let size = |entry: std::fs::DirEntry| match entry.metadata() {
                Ok(it) if it.is_dir() => below(&entry.path()),
                Ok(it) => it.len(),
                Err(_) => 0,
            };
            entries.map(size).sum()
        }
        below(&self.folder)
    }

    /// Forgets everything about the context.
    ///
    /// # Errors
    /// When the folder cannot be removed.
    pub fn clear(&self) -> io::Result<()> {
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_was_kept_is_read_again_and_only_its_owner_can() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), "lab", "https://lab.example.org");
        assert_eq!(cache.read::<Vec<u8>>("pods"), None);
        cache.write("pods", &vec![1, 2], Moment(5)).unwrap();
        assert_eq!(cache.read("pods"), Some(Kept { value: vec![1, 2], at: Moment(5) }));
        assert_eq!(cache.read_me(), "");
        cache.write_me("7", Moment(5));
        cache.write_me("", Moment(6));
        assert_eq!(cache.read_me(), "7");
        std::fs::remove_file(folder.path().join("contexts/lab/me.json")).unwrap();
        let alone = cache.size();
        assert_eq!(alone, std::fs::metadata(folder.path().join("contexts/lab/pods.json")).unwrap().len());
        cache.write_log(&"7".into(), &["a line".into()], Moment(5)).unwrap();
        assert!(cache.size() > alone && Cache::new(folder.path(), "other", "").size() == 0);
        let path = folder.path().join("contexts/lab/pods.json");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        cache.write(OWN, &vec![7], Moment(5)).unwrap();
        cache.forget_told().unwrap();
        assert_eq!((cache.read::<Vec<u8>>("pods"), cache.read(OWN).map(|kept| kept.value)), (None, Some(vec![7])));
        cache.write("pods", &vec![1, 2], Moment(5)).unwrap();
        cache.clear().unwrap();
        cache.clear().unwrap();
        cache.forget_told().unwrap();
        assert_eq!(cache.read::<Vec<u8>>("pods"), None);
    }

    #[test]
    fn what_is_torn_or_of_another_server_counts_as_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), "lab", "https://lab.example.org");
        cache.write("pods", &vec![1], Moment(5)).unwrap();
        let other = Cache::new(folder.path(), "lab", "https://other.example.org");
        assert_eq!(other.read::<Vec<u8>>("pods"), None);
        std::fs::write(folder.path().join("contexts/lab/pods.json"), b"{\"format\":1,\"ser").unwrap();
        assert_eq!(cache.read::<Vec<u8>>("pods"), None);
    }

    #[test]
    fn a_disk_that_takes_nothing_is_an_error_and_keeps_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        // A file where the folder should be.
        std::fs::write(folder.path().join("contexts"), b"").unwrap();
        let cache = Cache::new(folder.path(), "lab", "x");
        assert!(cache.write("pods", &vec![1], Moment(5)).is_err());
        assert_eq!(cache.read::<Vec<u8>>("pods"), None);
    }
}
