//! The ends of logs that somebody looked at, one file for each pod, for a time when nobody can be asked. Of a context those
//! of the pods that were looked at last are kept.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Cache, FORMAT, Kept, Read, Written};
use crate::config::{make_private_folder, write_private};
use crate::domain::{Moment, PodId};

/// Pods whose logs are kept.
const PODS: usize = 50;
/// Letters of an id that a file is called by; ids are numbers or hashes.
const LONGEST: usize = 120;

impl Cache {
    /// The end of a pod's log, in the wire form of its lines; `None` where none can be used.
    pub fn read_log(&self, pod: &PodId) -> Option<Kept<Vec<String>>> {
        let file = File::open(self.log_path(pod)?).ok()?;
        let read: Read<Vec<String>> = serde_json::from_reader(BufReader::new(file))
            .inspect_err(|error| tracing::info!("the kept log of pod {pod} cannot be used: {error}"))
            .ok()?;
        (read.format == FORMAT && read.server == self.server).then_some(Kept { value: read.value, at: read.at })
    }

    /// Keeps the end of a pod's log as it was then; those of other pods that were kept longest ago go.
    ///
    /// # Errors
    /// When the disk does not take it; what was there stays.
    pub fn write_log(&self, pod: &PodId, lines: &[String], at: Moment) -> io::Result<()> {
        let path = self.log_path(pod).ok_or(io::ErrorKind::InvalidInput)?;
        make_private_folder(&self.folder)?;
        make_private_folder(&self.log_folder())?;
        let written = Written { format: FORMAT, server: &self.server, at, value: &lines };
        write_private(&path, &serde_json::to_vec(&written)?)?;
        self.drop_old_logs(&path)
    }

    fn log_folder(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// Ids come from servers: in the name of a file they are letters, digits and dashes, and nothing else.
    fn log_path(&self, pod: &PodId) -> Option<PathBuf> {
        use std::fmt::Write as _;
        let mut name = String::new();
        for byte in pod.as_str().bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => name.push(char::from(byte)),
                other => _ = write!(name, "_{other:02x}"),
            }
        }
        (!name.is_empty() && name.len() <= LONGEST).then(|| self.log_folder().join(format!("{name}.json")))
    }

    fn drop_old_logs(&self, newest: &Path) -> io::Result<()> {
        let mut all: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in std::fs::read_dir(self.log_folder())? {
            let entry = entry?;
            if entry.path() != newest {
                all.push((entry.metadata()?.modified()?, entry.path()));
            }
        }
        all.sort();
        for (_, path) in all.iter().take((all.len() + 1).saturating_sub(PODS)) {
            std::fs::remove_file(path)?;
        }
        Ok(())
    }
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
        for number in 0..PODS + 5 {
            cache.write_log(&number.to_string().as_str().into(), &lines("one"), Moment(5)).unwrap();
        }
        let logs = folder.path().join("contexts/lab/logs");
        assert_eq!(std::fs::read_dir(&logs).unwrap().count(), PODS);
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
