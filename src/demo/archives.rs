//! The demo images as files, for engines that load archives. They are made when first wanted, and kept in the cache.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, watch};

use super::{Image, Images};
use crate::engine::ImageSource;

/// Buffer of the file that is written, in bytes.
const BUFFER: usize = 1 << 20;

/// Files of other builds are removed after so long.
const OLD: Duration = Duration::from_hours(1);

/// The images of the running program, as soon as they are known. Reading the program takes a while, and an engine need
/// not wait for it.
pub type Awaited = watch::Receiver<Option<Arc<Images>>>;

/// Writes the images of the running program to a folder of its own.
pub struct Archives {
    images: Awaited,
    folder: PathBuf,
    /// One is written at a time: two requests for the same image would write the same file.
    writing: Arc<Mutex<()>>,
}

impl Archives {
    /// Archives in that folder, which belongs to this program alone: files of former builds are removed.
    pub fn new(images: Awaited, folder: PathBuf) -> Self {
        Self { images, folder, writing: Arc::default() }
    }
}

fn remove_former(images: &Images, folder: &Path) {
    let known: Vec<_> = images.offers().iter().map(|offer| file_name(&offer.image)).collect();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_known = known.iter().any(|name| entry.file_name() == **name);
        // Another kab of this user may be at work with a file of its own.
        let is_old =
            entry.metadata().and_then(|file| file.modified()).is_ok_and(|at| at.elapsed().is_ok_and(|age| age > OLD));
        if !is_known && is_old {
            fs::remove_file(entry.path()).ok();
        }
    }
}

impl ImageSource for Archives {
    fn archive(&self, reference: &str) -> BoxFuture<'static, Result<Option<PathBuf>, String>> {
        let (reference, folder) = (reference.to_owned(), self.folder.clone());
        let (mut awaited, writing) = (self.images.clone(), Arc::clone(&self.writing));
        async move {
            let images = match awaited.wait_for(Option::is_some).await {
                Ok(images) => images.clone(),
                // Whoever made them gave up.
                Err(_) => None,
            };
            let Some(images) = images else { return Ok(None) };
            let Some(image) = images.find(&reference).cloned() else { return Ok(None) };
            let path = folder.join(file_name(&image));
            let _alone = writing.lock().await;
            let target = path.clone();
            let written = tokio::task::spawn_blocking(move || {
                remove_former(&images, &folder);
                write(&image, &target)
            });
            let written = written.await;
            let why = match written {
                Ok(Ok(())) => return Ok(Some(path)),
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            };
            Err(format!("The demo image could not be written to {}: {why}.", path.display()))
        }
        .boxed()
    }
}

/// The image's id, which is the digest of all that is in it.
fn file_name(image: &Image) -> String {
    let id: String = image.id().chars().filter(char::is_ascii_alphanumeric).take(80).collect();
    format!("{id}.tar")
}

fn write(image: &Image, path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    let whole = || -> io::Result<()> {
        let mut file = BufWriter::with_capacity(BUFFER, File::create(&fresh)?);
        image.write(&mut file)?;
        file.flush()?;
        // A file that is there is trusted for ever.
        file.get_ref().sync_all()?;
        fs::rename(&fresh, path)
    };
    whole().inspect_err(|_| _ = fs::remove_file(&fresh))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_archive_is_made_once_and_older_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        let former = folder.path().join("of-a-former-build.tar");
        File::create(&former).unwrap().set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        fs::write(folder.path().join("of-another-kab.tar"), "").unwrap();
        let images = Images::of_this_program().unwrap();
        let reference = images.offers()[0].image.reference();
        let (told, awaited) = watch::channel(None);
        let archives = Archives::new(awaited, folder.path().to_owned());
        let wanted = archives.archive(&reference);
        told.send_replace(Some(Arc::new(images)));
        let path = wanted.await.unwrap().unwrap();
        let made = fs::metadata(&path).unwrap();
        assert!(made.len() > 1_000_000);
        assert_eq!(archives.archive(&reference).await.unwrap().unwrap(), path);
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), made.modified().unwrap());
        assert!(!former.exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        assert_eq!(archives.archive("localhost/kab-demo/other:1").await, Ok(None));
    }
}
