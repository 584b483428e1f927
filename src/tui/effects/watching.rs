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
    use std::collections::{BTreeMap, BTreeSet, HashMap};
    use std::ffi::{OsStr, OsString};
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::{Path, PathBuf};

    use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
    use tokio::sync::mpsc;

    use super::links;

    /// kab writes this one itself.
    const OTHER: &str = "contexts.toml";

    /// What the kernel tells, by a thread that sleeps until it does.
    pub struct Notices {
        told: mpsc::Receiver<()>,
    }

    impl Notices {
        pub fn new(files: &[PathBuf]) -> Self {
            // One notice that waits is as good as many.
            let (teller, told) = mpsc::channel(1);
            if let Ok(kernel) = inotify::init(CreateFlags::CLOEXEC) {
                let mut folders = Folders { kernel, files: files.to_vec(), meant: HashMap::new(), missing: 0 };
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

    /// What counts in a folder.
    #[derive(Debug, Default, Clone)]
    struct Meant {
        /// Where it is.
        folder: PathBuf,
        /// Whatever looks like settings does.
        is_of_settings: bool,
        /// These do: links on the way to a file, and what they lead to.
        names: BTreeSet<OsString>,
    }

    impl Meant {
        fn counts(&self, name: &OsStr) -> bool {
            self.names.contains(name) || (self.is_of_settings && is_settings(name))
        }
    }

    fn is_settings(name: &OsStr) -> bool {
        Path::new(name).extension().is_some_and(|end| end == "toml") && name != OTHER
    }

    struct Folders {
        kernel: OwnedFd,
        files: Vec<PathBuf>,
        /// By the kernel's number of a folder.
        meant: HashMap<i32, Meant>,
        /// Folders that are not there yet.
        missing: usize,
    }

    impl Folders {
        /// Which folders matter now, and what in them: those of the files, and wherever links lead.
        fn wanted(&self) -> BTreeMap<PathBuf, Meant> {
            let mut wanted: BTreeMap<PathBuf, Meant> = BTreeMap::new();
            let mut files: BTreeSet<PathBuf> = self.files.iter().cloned().collect();
            for folder in self.files.iter().filter_map(|file| file.parent()) {
                wanted.entry(folder.to_owned()).or_default().is_of_settings = true;
                let there = std::fs::read_dir(folder).into_iter().flatten().flatten();
                let there = there.filter(|entry| is_settings(&entry.file_name())).map(|entry| entry.path());
                files.extend(there.filter(|path| path.is_symlink()));
            }
            for step in files.iter().flat_map(|file| links(file)) {
                if let (Some(folder), Some(name)) = (step.parent(), step.file_name()) {
                    wanted.entry(folder.to_owned()).or_default().names.insert(name.to_owned());
                }
            }
            wanted
        }

        /// Watches folders that are there now, and instead of each other one what is above it; whether one is new.
        fn look(&mut self) -> bool {
            let written = WatchFlags::CLOSE_WRITE | WatchFlags::MOVED_TO | WatchFlags::DELETE | WatchFlags::CREATE;
            let before = self.missing;
            let mut known: Vec<PathBuf> = Vec::new();
            loop {
                self.meant.clear();
                let mut missing: Vec<PathBuf> = Vec::new();
                for (folder, meant) in self.wanted() {
                    let Ok(number) = inotify::add_watch(&self.kernel, folder.as_path(), written) else {
                        missing.push(folder);
                        continue;
                    };
                    let known = self.meant.entry(number).or_default();
                    known.names.extend(meant.names);
                    known.is_of_settings |= meant.is_of_settings;
                    known.folder = folder;
                }
                self.missing = missing.len();
                let above = missing.iter().filter_map(|folder| folder.ancestors().skip(1).find(|it| it.is_dir()));
                let above: Vec<PathBuf> = above.map(Path::to_owned).collect();
                // Once more after each step: a folder may have been made before what is above it was watched.
                if above == known {
                    return self.missing < before;
                }
                for folder in &above {
                    inotify::add_watch(&self.kernel, folder.as_path(), written).ok();
                }
                known = above;
            }
        }

        /// Waits for the next event; whether settings are meant. `None`: there will be none.
        fn wait(&mut self) -> Option<bool> {
            let mut buffer = [MaybeUninit::uninit(); 4096];
            let mut told = inotify::Reader::new(&self.kernel, &mut buffer);
            let (mut is_meant, mut is_gone) = (false, false);
            loop {
                match told.next() {
                    Ok(event) => {
                        is_gone |= event.events().contains(ReadFlags::IGNORED);
                        let name = event.file_name().map_or(&b""[..], |name| name.to_bytes());
                        let name = OsStr::from_bytes(name);
                        if let Some(meant) = self.meant.get(&event.wd()).filter(|meant| meant.counts(name)) {
                            // A file that is made is told again when it is written; a link is whole at once.
                            let is_begun = event.events().contains(ReadFlags::CREATE);
                            is_meant |= !is_begun || meant.folder.join(name).is_symlink();
                        }
                    }
                    Err(rustix::io::Errno::INTR) => {}
                    Err(_) => return None,
                }
                // Several events come together, and are all taken in.
                if told.is_buffer_empty() {
                    break;
                }
            }
            // Links may lead elsewhere now.
            let is_new = (is_meant || is_gone || self.missing > 0) && self.look();
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

    /// What a file is, and when it was written.
    type Known = Option<(PathBuf, SystemTime)>;

    /// When the files were written.
    pub struct Notices {
        files: Vec<PathBuf>,
        known: Vec<Known>,
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

    /// Links may lead to another file that is as old.
    fn times(files: &[PathBuf]) -> Vec<Known> {
        let one = |file: &PathBuf| Some((file.canonicalize().ok()?, file.metadata().ok()?.modified().ok()?));
        files.iter().map(one).collect()
    }
}

use kernel::Notices;

/// So many links may lead to a file.
#[cfg(target_os = "linux")]
const LINKS: usize = 40;

/// Every link on the way to a file, be it a folder or the file itself, and at the end where the file is.
#[cfg(target_os = "linux")]
fn links(file: &std::path::Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut at = file.to_owned();
    while found.len() < LINKS {
        let parts: Vec<_> = at.components().collect();
        let step = (1..=parts.len()).find_map(|length| {
            let so_far: PathBuf = parts[..length].iter().collect();
            let target = std::fs::read_link(&so_far).ok()?;
            let rest: PathBuf = parts[length..].iter().collect();
            Some((so_far.with_file_name(target).join(rest), so_far))
        });
        let Some((next, link)) = step else { break };
        found.push(link);
        // An empty rest leaves a slash behind, with which no link is read.
        at = next.components().collect();
    }
    found.push(at);
    found
}

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

    #[tokio::test]
    async fn a_file_that_is_a_link_is_noticed_when_what_it_leads_to_is_written_or_when_it_leads_elsewhere() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let (config, store) = (root.join("config/kab"), root.join("dotfiles"));
        std::fs::create_dir_all(root.join("config")).unwrap();
        std::fs::create_dir_all(store.join("one/themes")).unwrap();
        std::fs::write(store.join("one/kab-settings"), "a").unwrap();
        std::fs::write(store.join("one/themes/sea"), "a").unwrap();
        // The folder is a link, and the file in it is one, whose target has another name.
        symlink("../dotfiles/one", &config).unwrap();
        symlink("kab-settings", store.join("one/config.toml")).unwrap();
        symlink("../themes/sea", store.join("one/themes/sea.toml")).unwrap();
        let mut watch = Watch::new(&[config.join("config.toml"), config.join("themes/any.toml")]);
        let mut noticed = async |what: &str| {
            assert!(tokio::time::timeout(LIMIT, watch.changed()).await.is_ok(), "{what}");
        };
        std::fs::write(store.join("one/kab-settings"), "b").unwrap();
        noticed("the target is written").await;
        std::fs::write(store.join("new"), "c").unwrap();
        std::fs::rename(store.join("new"), store.join("one/kab-settings")).unwrap();
        noticed("the target is replaced").await;
        std::fs::write(store.join("one/themes/sea"), "b").unwrap();
        noticed("the target of a theme is written").await;
        std::fs::remove_file(store.join("one/config.toml")).unwrap();
        noticed("the link goes").await;
        std::fs::write(root.join("elsewhere"), "d").unwrap();
        symlink("../../elsewhere", store.join("one/config.toml")).unwrap();
        noticed("the link leads elsewhere").await;
        std::fs::write(root.join("elsewhere"), "e").unwrap();
        noticed("the new target is written").await;
        // A switch of generations: the folder's link is replaced.
        std::fs::create_dir_all(store.join("two")).unwrap();
        std::fs::write(store.join("two/config.toml"), "f").unwrap();
        symlink("../dotfiles/two", root.join("config/next")).unwrap();
        std::fs::rename(root.join("config/next"), &config).unwrap();
        noticed("the folder's link is replaced").await;
        std::fs::write(store.join("two/config.toml"), "g").unwrap();
        noticed("a file of the new folder is written").await;
    }
}
