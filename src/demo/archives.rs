//! The demo images as files, for engines that load archives. They are made when first wanted, and kept in the cache.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use super::{Image, Images};
use crate::engine::ImageSource;

/// Buffer of the file that is written, in bytes.
const BUFFER: usize = 1 << 20;

/// Writes the images of the running program to a folder of its own.
pub struct Archives {
    images: Arc<Images>,
    folder: PathBuf,
    /// One is written at a time: two requests for the same image would write the same file.
    writing: Arc<Mutex<()>>,
}

impl Archives {
    /// Archives in that folder, which belongs to this program alone: files of former builds are removed.
    pub fn new(images: Images, folder: PathBuf) -> Self {
        let known: Vec<_> = images.offers().iter().map(|offer| file_name(&offer.image)).collect();
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if !known.iter().any(|name| entry.file_name() == **name) {
                fs::remove_file(entry.path()).ok();
            }
        }
        Self { images: Arc::new(images), folder, writing: Arc::default() }
    }
}

impl ImageSource for Archives {
    fn archive(&self, reference: &str) -> BoxFuture<'static, Result<Option<PathBuf>, String>> {
        let Some(image) = self.images.find(reference).cloned() else {
            return std::future::ready(Ok(None)).boxed();
        };
        let (path, writing) = (self.folder.join(file_name(&image)), Arc::clone(&self.writing));
        async move {
            let _alone = writing.lock().await;
            let target = path.clone();
            let written = tokio::task::spawn_blocking(move || write(&image, &target)).await;
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
    let fresh = path.with_extension("new");
    let whole = || -> io::Result<()> {
        let mut file = BufWriter::with_capacity(BUFFER, File::create(&fresh)?);
        image.write(&mut file)?;
        file.flush()?;
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
        fs::write(folder.path().join("of-a-former-build.tar"), "").unwrap();
        let images = Images::of_this_program().unwrap();
        let reference = images.offers()[0].image.reference();
        let archives = Archives::new(images, folder.path().to_owned());
        let path = archives.archive(&reference).await.unwrap().unwrap();
        let made = fs::metadata(&path).unwrap();
        assert!(made.len() > 1_000_000);
        assert_eq!(archives.archive(&reference).await.unwrap().unwrap(), path);
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), made.modified().unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(archives.archive("localhost/kab-demo/other:1").await, Ok(None));
    }
}
