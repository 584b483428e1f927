//! The file of unconfirmed last words, written on a thread of its own: a slow disk must not hold up the socket.

use std::{
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::mpsc,
    thread::JoinHandle,
};

/// The file. What was put there last is on the disk when this has been dropped.
#[derive(Debug)]
pub struct Shelf {
    contents: Option<mpsc::Sender<Vec<u8>>>,
    writer: Option<JoinHandle<()>>,
}

impl Shelf {
    /// Opens it; nothing is written yet.
    pub fn open(file: PathBuf) -> Self {
        let (contents, wanted) = mpsc::channel::<Vec<u8>>();
        let write = move || {
            while let Ok(mut newest) = wanted.recv() {
                // Only the newest counts.
                while let Ok(newer) = wanted.try_recv() {
                    newest = newer;
                }
                if let Err(error) = write(&file, &newest) {
                    tracing::warn!("unconfirmed reports could not be written to {}: {error}", file.display());
                }
            }
        };
        match std::thread::Builder::new().name("kab-reports".into()).spawn(write) {
            Ok(writer) => Self { contents: Some(contents), writer: Some(writer) },
            Err(error) => {
                tracing::warn!("unconfirmed reports are not kept over restarts: {error}");
                Self { contents: None, writer: None }
            }
        }
    }

    /// What is to be in the file.
    pub fn put(&self, contents: Vec<u8>) {
        if let Some(channel) = &self.contents {
            channel.send(contents).ok();
        }
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        drop(self.contents.take());
        if let Some(writer) = self.writer.take() {
            writer.join().ok();
        }
    }
}

/// What an earlier process put there. A file that cannot be read costs only that.
pub fn read(file: &Path) -> Option<Vec<u8>> {
    match std::fs::read(file) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::warn!("{} cannot be read: {error}", file.display());
            }
            None
        }
    }
}

/// In one step, so that a power cut leaves the old or the new; for the owner's eyes only.
fn write(file: &Path, contents: &[u8]) -> io::Result<()> {
    let draft = file.with_extension("draft");
    let mut open = std::fs::OpenOptions::new();
    let mut opened = open.create(true).write(true).truncate(true).mode(0o600).open(&draft)?;
    opened.write_all(contents)?;
    opened.sync_all()?;
    std::fs::rename(&draft, file)
}
