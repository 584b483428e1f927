//! The ends of logs that somebody looked at, and what authors say of apps whose pages were open: one file for each, for a
//! time when nobody can be asked. Of a context those that were looked at last are kept.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Serialize, de::DeserializeOwned};

use super::{Cache, FORMAT, Kept, Read, Written};
use crate::config::{make_private_folder, write_private};
use crate::domain::{About, Moment, PodId, ReleaseId};

/// Pods whose logs are kept, and releases of which it is kept what is said.
const MOST: usize = 50;
/// The folder of logs.
const LOGS: &str = "logs";
/// The folder of what is said.
const ABOUT: &str = "about";
/// Letters of an id that a file is called by; ids are numbers or hashes.
const LONGEST: usize = 120;

impl Cache {
    /// The end of a pod's log, in the wire form of its lines; `None` where none can be used.
    pub fn read_log(&self, pod: &PodId) -> Option<Kept<Vec<String>>> {
        self.read_one(LOGS, pod.as_str())
    }

    /// Keeps the end of a pod's log as it was then; those of other pods that were kept longest ago go.
    ///
    /// # Errors
    /// When the disk does not take it; what was there stays.
    pub fn write_log(&self, pod: &PodId, lines: &[String], at: Moment) -> io::Result<()> {
        self.write_one(LOGS, pod.as_str(), &lines, at)
    }

    /// What was said of a release; `None` where nothing can be used.
    pub fn read_about(&self, release: &ReleaseId) -> Option<Kept<About>> {
        self.read_one(ABOUT, release.as_str())
    }

    /// Keeps what is said of a release; what was kept longest ago of others goes.
    ///
    /// # Errors
    /// When the disk does not take it; what was there stays.
    pub fn write_about(&self, release: &ReleaseId, about: &About, at: Moment) -> io::Result<()> {
        self.write_one(ABOUT, release.as_str(), about, at)
    }

    fn read_one<T: DeserializeOwned>(&self, folder: &str, id: &str) -> Option<Kept<T>> {
        let file = File::open(self.path_of_one(folder, id)?).ok()?;
        let read: Read<T> = serde_json::from_reader(BufReader::new(file))
            .inspect_err(|error| tracing::info!("what was kept of {id} in {folder} cannot be used: {error}"))
            .ok()?;
        (read.format == FORMAT && read.server == self.server).then_some(Kept { value: read.value, at: read.at })
    }

    fn write_one<T: Serialize>(&self, folder: &str, id: &str, value: &T, at: Moment) -> io::Result<()> {
        let path = self.path_of_one(folder, id).ok_or(io::ErrorKind::InvalidInput)?;
        make_private_folder(&self.folder)?;
        make_private_folder(&self.folder.join(folder))?;
        let written = Written { format: FORMAT, server: &self.server, at, value };
        write_private(&path, &serde_json::to_vec(&written)?)?;
        drop_old(&self.folder.join(folder), &path)
    }

    /// Ids come from servers: in the name of a file they are letters, digits and dashes, and nothing else.
    fn path_of_one(&self, folder: &str, id: &str) -> Option<PathBuf> {
        use std::fmt::Write as _;
        let mut name = String::new();
        for byte in id.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => name.push(char::from(byte)),
                other => _ = write!(name, "_{other:02x}"),
            }
        }
        (!name.is_empty() && name.len() <= LONGEST).then(|| self.folder.join(folder).join(format!("{name}.json")))
    }
}

/// Leaves the newest files of a folder.
fn drop_old(folder: &Path, newest: &Path) -> io::Result<()> {
    let mut all: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path() != newest {
            all.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    all.sort();
    for (_, path) in all.iter().take((all.len() + 1).saturating_sub(MOST)) {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn lines(text: &str) -> Vec<String> {
        vec![text.to_owned()]
    }

    #[test]
    fn the_ends_of_logs_are_private_and_those_of_the_last_pods_stay() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), "lab", "https://lab.example.org");
        assert_eq!(cache.read_log(&"1".into()), None);
        for number in 0..MOST + 5 {
            cache.write_log(&number.to_string().as_str().into(), &lines("one"), Moment(5)).unwrap();
        }
        let logs = folder.path().join("contexts/lab/logs");
        assert_eq!(std::fs::read_dir(&logs).unwrap().count(), MOST);
        let last = PodId::from("54");
        assert_eq!(cache.read_log(&last), Some(Kept { value: lines("one"), at: Moment(5) }));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&logs), mode(&logs.join("54.json"))), (0o700, 0o600));
        let other = Cache::new(folder.path(), "lab", "https://other.example.org");
        assert_eq!(other.read_log(&last), None, "it is another server's");
        cache.forget_told().unwrap();
        assert_eq!(cache.read_log(&last), None);
    }

    #[test]
    fn what_is_said_of_an_app_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), "lab", "x");
        let readme = crate::domain::Readme::Text("# Cells".into());
        let about = About { publisher: Some("ada".into()), readme, sources: None };
        cache.write_about(&"7".into(), &about, Moment(5)).unwrap();
        assert_eq!(cache.read_about(&"7".into()), Some(Kept { value: about, at: Moment(5) }));
        assert_eq!((cache.read_about(&"8".into()), cache.read_log(&"7".into())), (None, None));
    }

    #[test]
    fn no_id_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), "lab", "x");
        let strange = PodId::from("../../pods/ü.x");
        cache.write_log(&strange, &lines("one"), Moment(5)).unwrap();
        assert_eq!(cache.read_log(&strange).unwrap().value, lines("one"));
        assert_eq!(std::fs::read_dir(folder.path().join("contexts/lab/logs")).unwrap().count(), 1);
        for none in ["", &"x".repeat(LONGEST + 1)] {
            assert!(cache.write_log(&none.into(), &lines("one"), Moment(5)).is_err());
        }
    }
}
