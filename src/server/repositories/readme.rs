//! Getting what a repository says of itself: the README in its root. It never holds up or fails a scan.

use std::path::Path;

use reqwest::StatusCode;
use tokio::io::AsyncReadExt as _;

use super::Source;
use crate::server::store::kabinet::readmes::Readme;

/// Where it lies.
const PLACE: &str = "README.md";
/// Bytes at most; the rest is left out, and that is said.
const LARGEST: usize = 256_000;
/// What stands below one that was too long.
const CUT: &str = "\n\n*The rest is left out: it is longer than 256 kB.*\n";

/// Reads the README of a source. A single file has none.
pub(super) async fn fetch(client: &reqwest::Client, raw_host: &str, source: &Source) -> Readme {
    match source {
        Source::Url(_) => Readme::Missing,
        Source::Path(path) => from_disk(&path.join(PLACE)).await,
        Source::Github { user, repo, branch } => {
            let url = format!("{raw_host}/{user}/{repo}/{branch}/{PLACE}");
            get(client, &url).await.unwrap_or_else(|error| {
                tracing::debug!(%error, url, "a README could not be read");
                Readme::Unknown
            })
        }
    }
}

async fn get(client: &reqwest::Client, url: &str) -> reqwest::Result<Readme> {
    let mut response = client.get(url).header(reqwest::header::CACHE_CONTROL, "no-cache").send().await?;
    if response.status() == StatusCode::NOT_FOUND {
        return Ok(Readme::Missing);
    }
    if !response.status().is_success() {
        return Ok(Readme::Unknown);
    }
    let mut bytes = Vec::new();
    while bytes.len() <= LARGEST
        && let Some(chunk) = response.chunk().await?
    {
        bytes.extend_from_slice(&chunk);
    }
    Ok(readme(&bytes))
}

async fn from_disk(path: &Path) -> Readme {
    match tokio::fs::metadata(path).await {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Readme::Missing,
        Err(error) => return if is_absent(&error) { Readme::Missing } else { Readme::Unknown },
    }
    let read = async {
        let mut bytes = Vec::new();
        let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
        tokio::fs::File::open(path).await?.take(limit).read_to_end(&mut bytes).await?;
        std::io::Result::Ok(bytes)
    };
    read.await.map_or(Readme::Unknown, |bytes| readme(&bytes))
}

/// A repository that is one file has no folder to look in.
fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// The text, up to the largest size; what is no UTF-8 is replaced, and nothing but blanks is nothing.
fn readme(bytes: &[u8]) -> Readme {
    let is_cut = bytes.len() > LARGEST;
    let kept = bytes.get(..LARGEST).unwrap_or(bytes);
    // A character that the limit cuts through would look like a fault of the author.
    let kept = match std::str::from_utf8(kept) {
        Err(error) if is_cut && error.error_len().is_none() => kept.get(..error.valid_up_to()).unwrap_or(kept),
        _ => kept,
    };
    let mut text = String::from_utf8_lossy(kept).into_owned();
    if text.trim().is_empty() {
        return Readme::Missing;
    }
    if is_cut {
        text.push_str(CUT);
    }
    Readme::Text(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_one_is_cut_between_characters_and_says_so() {
        let long = "ü".repeat(LARGEST);
        let Readme::Text(text) = readme(long.as_bytes()) else { panic!("there is one") };
        assert!(text.ends_with(CUT) && !text.contains('\u{fffd}'), "{}", &text[text.len() - 80..]);
        assert!(text.len() <= LARGEST + CUT.len());
        let odd = format!("{}ü", "x".repeat(LARGEST - 1));
        let Readme::Text(text) = readme(odd.as_bytes()) else { panic!("there is one") };
        assert!(!text.contains('\u{fffd}'));
    }

    #[test]
    fn what_is_no_text_is_replaced_and_blanks_are_nothing() {
        assert_eq!(readme(b" \n\n"), Readme::Missing);
        assert_eq!(readme(b"a\xffb"), Readme::Text("a\u{fffd}b".into()));
    }
}
