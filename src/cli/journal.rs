//! `kab.log`: what the terminal program did, on disk, since its screen is taken. Only its owner can read it, and it never
//! grows beyond twice a megabyte.
//!
//! Secrets cannot get there: `services::Secret` does not print itself.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use crate::config::{Folders, make_private_folder};

/// Bytes of a file; then it is put aside, in the place of the one before.
const LONGEST: u64 = 1_000_000;

/// How much is written where `KAB_LOG` says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What matters.
    Usual,
    /// What helps to find a fault.
    Debug,
}

/// Begins to write; where. `None`: the disk does not take it, which is no reason not to start.
pub fn begin(folders: &Folders, detail: Detail) -> Option<PathBuf> {
    let path = folders.state.join("kab.log");
    make_private_folder(&folders.state).ok()?;
    let log = Bounded::open(&path, LONGEST).ok()?;
    let usual = match detail {
        Detail::Usual => "warn,kab=info",
        Detail::Debug => "info,kab=debug",
    };
    let filter = EnvFilter::try_from_env("KAB_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(Mutex::new(log)).with_ansi(false).try_init().ok()?;
    tracing::info!("kab {} begins, process {}", env!("CARGO_PKG_VERSION"), std::process::id());
    Some(path)
}

/// A file that is put aside when it is long enough.
struct Bounded {
    path: PathBuf,
    file: File,
    written: u64,
    longest: u64,
}

impl Bounded {
    fn open(path: &Path, longest: u64) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        let written = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, written, longest })
    }

    fn put_aside(&mut self) -> io::Result<()> {
        let mut old = self.path.clone().into_os_string();
        old.push(".old");
        fs::rename(&self.path, old)?;
        *self = Self::open(&self.path, self.longest)?;
        Ok(())
    }
}

impl Write for Bounded {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.written > 0 && self.written + line.len() as u64 > self.longest {
            // Two programs may write: where the other one was faster, this one goes on in its file.
            self.put_aside().or_else(|_| Self::open(&self.path, self.longest).map(|fresh| *self = fresh))?;
        }
        let written = self.file.write(line)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_log_is_private_bounded_and_keeps_the_newest_lines() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("kab.log");
        for round in 0..3 {
            let mut log = Bounded::open(&path, 100).expect("a log");
            for line in 0..20 {
                log.write_all(format!("{round} line {line:02}\n").as_bytes()).expect("written");
            }
        }
        let kept = fs::read_to_string(&path).expect("the log");
        let old = fs::read_to_string(folder.path().join("kab.log.old")).expect("the older one");
        assert!(kept.len() <= 100 && old.len() <= 100, "{} {}", kept.len(), old.len());
        assert!(kept.ends_with("2 line 19\n") && old.ends_with('\n'), "{kept}");
        assert_eq!(fs::metadata(&path).expect("the log").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
    }
}
