//! Getting the deployments file of a repository.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::StatusCode;

use super::Source;
use crate::catalogue::{self, File, Unreadable};

/// Where the file lies in a repository. The folder says nothing about the form: it was called `.arkitekt` in the oldest
/// and in the newest tooling.
const PLACES: [&str; 4] = [
    ".arkitekt/deployments.yaml",
    ".arkitekt_next/deployments.yaml",
    ".arkitekt/kabinet.yaml",
    ".arkitekt_next/kabinet.yaml",
];
/// Bytes of a file at most.
const LARGEST: usize = 16 << 20;
/// Time for a connection.
const CONNECT: Duration = Duration::from_secs(8);

/// Why a repository cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The host does not answer.
    #[error("offline: {host} cannot be reached ({why})")]
    Offline {
        /// The host.
        host: String,
        /// The network's reason.
        why: String,
    },
    /// The host answers that it cannot now.
    #[error("{url} answered {status}; tried again later")]
    Busy {
        /// What was asked.
        url: String,
        /// The answer.
        status: StatusCode,
    },
    /// The host answers something else than a file.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked.
        url: String,
        /// The answer.
        status: StatusCode,
    },
    /// There is no such file.
    #[error(
        "This seems to be not an Arkitekt Repository: {place} has no {}. Check the name and the branch; private \
         repositories cannot be read",
        PLACES[..2].join(" and no ")
    )]
    Missing {
        /// Where it was looked for.
        place: String,
    },
    /// The file is longer than anybody's.
    #[error("{place} is longer than {} MiB, which is refused", LARGEST >> 20)]
    TooLong {
        /// What was read.
        place: String,
    },
    /// The file cannot be read from the disk.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no deployments file.
    #[error("{place}: {source}")]
    Unreadable {
        /// What was read.
        place: String,
        /// Why.
        source: Unreadable,
    },
    /// It is no text.
    #[error("{0} is no UTF-8 text")]
    NoText(String),
}

impl FetchError {
    /// Whether trying again later makes sense by itself.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Offline { .. } | Self::Busy { .. })
    }
}

/// The client that fetches files.
pub(super) fn client(timeout: Duration) -> reqwest::Result<reqwest::Client> {
    let builder = || {
        reqwest::Client::builder()
            .user_agent(concat!("kab/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT.min(timeout))
            .timeout(timeout)
    };
    // A machine without certificates still reads folders and plain HTTP.
    builder().build().or_else(|error| {
        tracing::warn!(%error, "repositories cannot be read over TLS");
        builder().tls_certs_only([]).build()
    })
}

/// Reads the newest form of the file that a source has.
pub(super) async fn fetch(client: &reqwest::Client, raw_host: &str, source: &Source) -> Result<File, FetchError> {
    match source {
        Source::Url(url) => {
            let text = get(client, url)
                .await?
                .ok_or_else(|| FetchError::Status { url: url.clone(), status: StatusCode::NOT_FOUND })?;
            read(url.clone(), text).await
        }
        Source::Github { user, repo, branch } => {
            let gets = PLACES.map(|place| async move {
                let url = format!("{raw_host}/{user}/{repo}/{branch}/{place}");
                match get(client, &url).await {
                    Ok(Some(text)) => Some(read(url, text).await),
                    Ok(None) => None,
                    Err(error) => Some(Err(error)),
                }
            });
            newest(join_all(gets).await, format!("{user}/{repo} at branch {branch}"))
        }
        Source::Path(path) => from_disk(path).await,
    }
}

async fn from_disk(path: &Path) -> Result<File, FetchError> {
    let folder =
        tokio::fs::metadata(path).await.map_err(|source| FetchError::File { path: path.to_owned(), source })?.is_dir();
    if !folder {
        return open(path.to_owned()).await?.ok_or(FetchError::Missing { place: path.display().to_string() })?;
    }
    let places = PLACES.iter().copied().chain(["deployments.yaml", "kabinet.yaml"]);
    let opens = places.map(|place| async move {
        match open(path.join(place)).await {
            Ok(found) => found,
            Err(error) => Some(Err(error)),
        }
    });
    newest(join_all(opens).await, path.display().to_string())
}

/// Reads a file of the disk; `None` when there is none.
async fn open(path: PathBuf) -> Result<Option<Result<File, FetchError>>, FetchError> {
    let place = path.display().to_string();
    let failed = |source| FetchError::File { path: path.clone(), source };
    let length = match tokio::fs::metadata(&path).await {
        Ok(metadata) if metadata.is_file() => metadata.len(),
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    if length > LARGEST as u64 {
        return Err(FetchError::TooLong { place });
    }
    let bytes = tokio::fs::read(&path).await.map_err(failed)?;
    let text = String::from_utf8(bytes).map_err(|_| FetchError::NoText(place.clone()))?;
    Ok(Some(read(place, text).await))
}

/// Reads a deployments file on a thread that may be kept busy.
pub(super) async fn read(place: String, text: String) -> Result<File, FetchError> {
    let result = tokio::task::spawn_blocking(move || catalogue::read(&text)).await;
    result
        .unwrap_or_else(|error| Err(Unreadable::Yaml(error.to_string())))
        .map_err(|source| FetchError::Unreadable { place, source })
}

/// The newest form among the files that were found. What cannot be read counts only where nothing can.
fn newest(found: Vec<Option<Result<File, FetchError>>>, place: String) -> Result<File, FetchError> {
    let mut best: Option<File> = None;
    let mut failure: Option<FetchError> = None;
    let form = |file: &File| {
        let generation = file.entries.iter().map(|entry| entry.generation).max();
        (generation, file.entries.iter().filter_map(|entry| entry.image.built_at).max())
    };
    for result in found.into_iter().flatten() {
        match result {
            Ok(file) if best.as_ref().is_none_or(|best| form(best) < form(&file)) => best = Some(file),
            // An unreachable host says more than an odd file.
            Err(error) if failure.as_ref().is_none_or(|failure| error.may_pass() && !failure.may_pass()) => {
                failure = Some(error);
            }
            Ok(_) | Err(_) => {}
        }
    }
    match (best, failure) {
        // Half an answer would withdraw what the other half offers.
        (_, Some(error)) if error.may_pass() => Err(error),
        (Some(file), _) => Ok(file),
        (None, Some(error)) => Err(error),
        (None, None) => Err(FetchError::Missing { place }),
    }
}

/// The text behind an URL; `None` when there is none.
async fn get(client: &reqwest::Client, url: &str) -> Result<Option<String>, FetchError> {
    let offline = |error: &reqwest::Error| FetchError::Offline {
        host: reqwest::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default(),
        why: root_cause(error),
    };
    let request = client.get(url).header(reqwest::header::CACHE_CONTROL, "no-cache");
    let mut response = request.send().await.map_err(|error| offline(&error))?;
    let status = response.status();
    if status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(FetchError::Busy { url: url.to_owned(), status });
    }
    if !status.is_success() {
        return Err(FetchError::Status { url: url.to_owned(), status });
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| offline(&error))? {
        if bytes.len() + chunk.len() > LARGEST {
            return Err(FetchError::TooLong { place: url.to_owned() });
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map(Some).map_err(|_| FetchError::NoText(url.to_owned()))
}

/// The innermost reason: `Connection refused (os error 111)`.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if error.is_timeout() { String::from("no answer in time") } else { cause.to_string() }
}
