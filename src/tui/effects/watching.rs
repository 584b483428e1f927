//! Notices that a file of settings was written. The kernel tells of it where it can, so that nobody looks again and again;
//! elsewhere the files are looked at every few seconds.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

/// Editors write a file in several steps; after the last one so much time passes before it is read.
const SETTLES: Duration = Duration::from_millis(200);

/// Files that are watched: of a folder those that hold settings, whatever they are called.
pub(super) struct Watch {
    notices: Notices,
    settles_at: Option<Instant>,
}

impl Watch {
    /// Watches these files, whether they are there or not.
    pub fn new(files: &[PathBuf]) -> Self {
        Self { notices: Notices::new(files), settles_at: None }
    }

    /// Waits until one of the files was written. May be dropped while it waits.
    pub async fn changed(&mut self) {
        let at = if let Some(at) = self.settles_at {
            at
        } else {
            self.notices.next().await;
            let at = Instant::now() + SETTLES;
            self.settles_at = Some(at);
            at
        };
        tokio::time::sleep_until(at).await;
        self.notices.forget();
        self.settles_at = None;
    }
}

#[cfg(target_os = "linux")]
mod kernel {
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::path::{Path, PathBuf};

    use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
    use tokio::sync::mpsc;

    /// kab writes this one itself.
    const OTHER: &[u8] = b"contexts.toml";

    /// What the kernel tells, by a thread that sleeps until it does.
    pub struct Notices {
        told: mpsc::Receiver<()>,
    }

    impl Notices {
        pub fn new(files: &[PathBuf]) -> Self {
            // One notice that waits is as good as many.
            let (teller, told) = mpsc::channel(1);
            let mut missing: Vec<PathBuf> = files.iter().filter_map(|file| file.parent()).map(Path::to_owned).collect();
            missing.sort();
            missing.dedup();
            if let Ok(kernel) = inotify::init(CreateFlags::CLOEXEC) {
                let mut folders = Folders { kernel, missing };
                folders.look();
                let named = std::thread::Builder::new().name("settings-watch".into()).stack_size(64 * 1024);
                let spawned = named.spawn(move || {
                    while let Some(is_meant) = folders.wait() {
                        if is_meant && matches!(teller.try_send(()), Err(mpsc::error::TrySendError::Closed(()))) {
                            return;
                        }
                    }
                });
                if let Err(error) = spawned {
                    tracing::warn!(%error, "nobody watches the settings");
                }
            }
            Self { told }
        }

        pub async fn next(&mut self) {
            if self.told.recv().await.is_none() {
                std::future::pending::<()>().await;
            }
        }

        pub fn forget(&mut self) {
            self.told.try_recv().ok();
        }
    }

    struct Folders {
        kernel: OwnedFd,
        /// Folders that are not there yet.
        missing: Vec<PathBuf>,
    }

    impl Folders {
        /// Watches folders that are there now, and instead of each other one what is above it; whether one is new.
        fn look(&mut self) -> bool {
            let written = WatchFlags::CLOSE_WRITE | WatchFlags::MOVED_TO | WatchFlags::DELETE;
            let before = self.missing.len();
            let mut known: Vec<PathBuf> = Vec::new();
            loop {
                let kernel = &self.kernel;
                self.missing.retain(|folder| inotify::add_watch(kernel, folder.as_path(), written).is_err());
                let above = self.missing.iter().filter_map(|folder| folder.ancestors().skip(1).find(|it| it.is_dir()));
                let above: Vec<PathBuf> = above.map(Path::to_owned).collect();
                // Once more after each step: a folder may have been made before what is above it was watched.
                if above == known {
                    return self.missing.len() < before;
                }
                for folder in &above {
                    let made = written | WatchFlags::CREATE | WatchFlags::MASK_ADD;
                    inotify::add_watch(kernel, folder.as_path(), made).ok();
                }
                known = above;
            }
        }

        /// Waits for the next event; whether settings are meant. `None`: there will be none.
        fn wait(&mut self) -> Option<bool> {
            let mut buffer = [MaybeUninit::uninit(); 4096];
            let mut told = inotify::Reader::new(&self.kernel, &mut buffer);
            let mut is_meant = false;
            loop {
                match told.next() {
                    Ok(event) => {
                        let name = event.file_name().map_or(&b""[..], |name| name.to_bytes());
                        is_meant |= name.ends_with(b".toml") && name != OTHER;
                    }
                    Err(rustix::io::Errno::INTR) => {}
                    Err(_) => return None,
                }
                // Several events come together, and are all taken in.
                if told.is_buffer_empty() {
                    break;
                }
            }
            let is_new = !self.missing.is_empty() && self.look();
            Some(is_meant || is_new)
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod kernel {
    use std::path::PathBuf;
    use std::time::{Duration, SystemTime};

    /// Between two looks.
    const PAUSE: Duration = Duration::from_secs(3);

    /// When the files were written.
    pub struct Notices {
        files: Vec<PathBuf>,
        known: Vec<Option<SystemTime>>,
    }

    impl Notices {
        pub fn new(files: &[PathBuf]) -> Self {
            Self { files: files.to_vec(), known: times(files) }
        }

        pub async fn next(&mut self) {
            while times(&self.files) == self.known {
                tokio::time::sleep(PAUSE).await;
            }
        }

        pub fn forget(&mut self) {
            self.known = times(&self.files);
        }
    }

    fn times(files: &[PathBuf]) -> Vec<Option<SystemTime>> {
        files.iter().map(|file| std::fs::metadata(file).and_then(|found| found.modified()).ok()).collect()
    }
}

use kernel::Notices;

#[cfg(test)]
mod tests {
    use super::*;

    /// Far longer than it takes.
    const LIMIT: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn a_file_that_is_written_made_or_replaced_is_noticed_and_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("not/yet/config.toml");
        let mut watch = Watch::new(&[config.clone(), folder.path().join("site.toml")]);
        std::fs::create_dir_all(config.parent().unwrap()).unwrap();
        std::fs::write(&config, "a").unwrap();
        tokio::time::timeout(LIMIT, watch.changed()).await.expect("made, with its folders");
        std::fs::write(&config, "b").unwrap();
        tokio::time::timeout(LIMIT, watch.changed()).await.expect("written");
        std::fs::write(config.with_extension("new"), "c").unwrap();
        std::fs::rename(config.with_extension("new"), &config).unwrap();
        tokio::time::timeout(LIMIT, watch.changed()).await.expect("replaced");
        std::fs::write(config.with_file_name("contexts.toml"), "d").unwrap();
        let other = tokio::time::timeout(Duration::from_millis(500), watch.changed()).await;
        assert!(other.is_err(), "another file of the same folder");
    }
}
