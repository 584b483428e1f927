//! A token in a file that somebody else renews: read when first needed, and again when it is rejected.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use crate::services::{Error, Keeper, Secret};

/// The token of a file.
#[derive(Debug)]
pub struct TokenFile {
    path: PathBuf,
    held: Mutex<Option<Secret>>,
}

impl TokenFile {
    /// The token of that file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), held: Mutex::new(None) }
    }
}

/// An empty file is looked at so often: whoever writes it anew empties it first, …
const LOOKS: u32 = 5;

/// … and after such a pause.
const WRITING: Duration = Duration::from_millis(100);

/// Reads a secret that stands alone in a file.
///
/// # Errors
/// When the file cannot be read, or holds nothing or more than one line.
pub async fn read_secret(path: &Path) -> Result<Secret, Error> {
    let trouble = |why: &str| Error::SignIn(format!("{}: {why}", path.display()));
    let text = settled(|| tokio::fs::read_to_string(path)).await.map_err(|error| trouble(&error.to_string()))?;
    let text = text.trim();
    if text.is_empty() {
        return Err(trouble("the file is empty"));
    }
    if text.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return Err(trouble("it holds more than one word, so it is no token"));
    }
    Ok(Secret::new(text))
}

/// What is read, once there is something.
async fn settled<F: Future<Output = io::Result<String>>>(mut read: impl FnMut() -> F) -> io::Result<String> {
    let mut text = read().await?;
    for _ in 1..LOOKS {
        if !text.trim().is_empty() {
            break;
        }
        tokio::time::sleep(WRITING).await;
        text = read().await?;
    }
    Ok(text)
}

/// A word of warning where others may read the file.
pub fn warning(path: &Path) -> Option<String> {
    let mode = std::fs::metadata(path).ok()?.mode();
    (mode & 0o077 != 0).then(|| format!("Others may read {0}: `chmod 600 {0}` keeps its secret.", path.display()))
}

impl Keeper for TokenFile {
    fn current(&self) -> BoxFuture<'_, Result<Secret, Error>> {
        async move {
            let mut held = self.held.lock().await;
            if let Some(token) = &*held {
                return Ok(token.clone());
            }
            Ok(held.insert(read_secret(&self.path).await?).clone())
        }
        .boxed()
    }

    fn renewed<'a>(&'a self, rejected: &'a Secret, why: &'a str) -> BoxFuture<'a, Result<Secret, Error>> {
        async move {
            let mut held = self.held.lock().await;
            let token = read_secret(&self.path).await?;
            if token == *rejected {
                return Err(Error::SignIn(format!("{why} (the token in {})", self.path.display())));
            }
            Ok(held.insert(token).clone())
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn a_rejected_token_is_read_again_and_the_same_one_is_not_sent_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let keeper = TokenFile::new(&path);
        assert!(matches!(keeper.current().await, Err(Error::SignIn(_))));
        std::fs::write(&path, "one\n").unwrap();
        let one = keeper.current().await.unwrap();
        assert_eq!(one.expose(), "one");
        assert!(
            matches!(keeper.renewed(&one, "Token has expired").await, Err(Error::SignIn(why)) if why.contains("expired"))
        );
        std::fs::write(&path, "two\n").unwrap();
        assert_eq!(keeper.current().await.unwrap().expose(), "one", "nobody has rejected it yet");
        assert_eq!(keeper.renewed(&one, "").await.unwrap().expose(), "two");
        assert_eq!(keeper.current().await.unwrap().expose(), "two");
    }

    #[tokio::test]
    async fn a_file_that_is_just_being_written_is_waited_for() {
        let mut looks = ["", "one"].into_iter();
        let read = settled(|| std::future::ready(Ok(looks.next().unwrap().to_owned()))).await;
        assert_eq!((read.unwrap().as_str(), looks.next()), ("one", None));
    }

    #[tokio::test]
    async fn what_is_no_token_is_not_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for text in ["", " \n", "a\nb", "-----BEGIN KEY-----\nabc"] {
            std::fs::write(&path, text).unwrap();
            let error = read_secret(&path).await.unwrap_err();
            assert!(!error.to_string().contains("abc"), "{error}");
        }
    }

    #[test]
    fn a_file_that_others_may_read_is_warned_of() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "one").unwrap();
        for (mode, warned) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(warning(&path).is_some(), warned, "{mode:o}");
        }
    }
}
