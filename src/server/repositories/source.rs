//! Where a repository can lie, and how people write that.

use std::path::PathBuf;

use crate::server::store::kabinet::repositories::Addition;
use crate::server::store::kabinet::rows::Repository;

/// Why a text names no source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Not in the grammar.
    #[error(
        "Invalid GitHub identifier: `{0}`. Expected user/repo or user/repo:branch, a GitHub URL, the URL of a \
         deployments file, or the absolute path of a folder or file"
    )]
    Grammar(String),
    /// A path that depends on where somebody stands.
    #[error("`{0}` is a relative path, and the server does not know relative to what; give the absolute path")]
    Relative(String),
    /// Paths are not allowed.
    #[error("this server does not read repositories from its own files, because others can reach it")]
    LocalFiles,
}

/// Where a repository lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// On GitHub.
    Github {
        /// Owner.
        user: String,
        /// Name.
        repo: String,
        /// Branch; may have slashes.
        branch: String,
    },
    /// One file behind an URL.
    Url(String),
    /// A folder or file of this machine.
    Path(PathBuf),
}

impl Source {
    /// Reads `user/repo[:branch]`, a GitHub URL, any other http(s) URL, or an absolute path (also as `file://`).
    ///
    /// # Errors
    /// When it is none of them.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let text = text.trim();
        let wrong = || SourceError::Grammar(text.to_owned());
        if let Some(rest) = text.strip_prefix("git@github.com:").or_else(|| text.strip_prefix("ssh://git@github.com/"))
        {
            return on_github(rest).ok_or_else(wrong);
        }
        if let Some(path) = text.strip_prefix("file://") {
            return if path.starts_with('/') { Ok(Self::Path(path.into())) } else { Err(wrong()) };
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") || rest.trim_matches('/').is_empty() {
                return Err(wrong());
            }
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            return match host.to_ascii_lowercase().as_str() {
                "github.com" | "www.github.com" => on_github(path).ok_or_else(wrong),
                _ if text.contains(char::is_whitespace) => Err(wrong()),
                _ => Ok(Self::Url(text.to_owned())),
            };
        }
        if text.starts_with('/') {
            return Ok(Self::Path(text.into()));
        }
        if text == "." || text == ".." || ["./", "../", "~"].iter().any(|start| text.starts_with(start)) {
            return Err(SourceError::Relative(text.to_owned()));
        }
        let (name, branch) = text.split_once(':').unwrap_or((text, "main"));
        let (user, repo) = name.split_once('/').ok_or_else(wrong)?;
        Self::github(user, repo, branch).ok_or_else(wrong)
    }

    /// A repository on GitHub; `None` when a part cannot be one.
    pub fn github(user: &str, repo: &str, branch: &str) -> Option<Self> {
        let repo = repo.strip_suffix(".git").unwrap_or(repo);
        let plain = |part: &str| {
            !part.is_empty()
                && part.chars().all(|character| character.is_ascii_alphanumeric() || "._-".contains(character))
                && part.chars().any(|character| character != '.')
        };
        let branch_is_fine = branch.split('/').all(|part| {
            !matches!(part, "" | "." | "..")
                && !part.chars().any(|c| c.is_whitespace() || c.is_control() || "?#%\\:".contains(c))
        });
        (plain(user) && plain(repo) && branch_is_fine).then(|| Self::Github {
            user: user.to_owned(),
            repo: repo.to_owned(),
            branch: branch.to_owned(),
        })
    }

    /// The source of a stored repository.
    ///
    /// # Errors
    /// When the row was not written by [`Self::addition`].
    pub fn of(repository: &Repository) -> Result<Self, SourceError> {
        match repository.kind.as_str() {
            "github" => Self::github(&repository.user, &repository.repo, &repository.branch),
            "url" => Some(Self::Url(repository.source.clone())),
            "path" => Some(Self::Path(repository.source.clone().into())),
            _ => None,
        }
        .ok_or_else(|| SourceError::Grammar(repository.name.clone()))
    }

    /// The row that keeps it.
    pub fn addition(&self) -> Addition {
        match self {
            Self::Github { user, repo, branch } => Addition {
                kind: "github",
                name: format!("{user}/{repo}:{branch}"),
                user: user.clone(),
                repo: repo.clone(),
                branch: branch.clone(),
                source: format!("https://github.com/{user}/{repo}/tree/{branch}"),
            },
            Self::Url(url) => {
                let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
                Addition {
                    kind: "url",
                    name: url.clone(),
                    user: host.to_owned(),
                    repo: path.to_owned(),
                    branch: String::new(),
                    source: url.clone(),
                }
            }
            Self::Path(path) => {
                let text = path.to_string_lossy().into_owned();
                Addition {
                    kind: "path",
                    name: text.clone(),
                    user: String::new(),
                    repo: text.clone(),
                    branch: String::new(),
                    source: text,
                }
            }
        }
    }
}

/// The path of a GitHub URL: `USER/REPO`, `USER/REPO/tree/BRANCH`, `USER/REPO/blob/BRANCH/…/deployments.yaml`.
fn on_github(path: &str) -> Option<Source> {
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_matches('/');
    let mut parts = path.splitn(4, '/');
    let (user, repo) = (parts.next()?, parts.next()?);
    match (parts.next(), parts.next()) {
        (Some("tree"), Some(branch)) => Source::github(user, repo, branch),
        // Of a file only the first part of the path can be the branch.
        (Some("blob"), Some(rest)) => Source::github(user, repo, rest.split('/').next()?),
        _ => Source::github(user, repo, "main"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> String {
        Source::parse(text).unwrap().addition().name
    }

    #[test]
    fn every_way_to_write_a_repository_is_understood() {
        for (text, expected) in [
            ("jhnnsrs/ome", "jhnnsrs/ome:main"),
            (" jhnnsrs/ome:dev ", "jhnnsrs/ome:dev"),
            ("jhnnsrs/ome:feature/x", "jhnnsrs/ome:feature/x"),
            ("https://github.com/jhnnsrs/ome", "jhnnsrs/ome:main"),
            ("https://github.com/jhnnsrs/ome/", "jhnnsrs/ome:main"),
            ("https://github.com/jhnnsrs/ome.git", "jhnnsrs/ome:main"),
            ("http://www.GitHub.com/jhnnsrs/ome/tree/dev/", "jhnnsrs/ome:dev"),
            ("https://github.com/jhnnsrs/ome/tree/feature/x", "jhnnsrs/ome:feature/x"),
            ("https://github.com/jhnnsrs/ome/blob/dev/.arkitekt/deployments.yaml", "jhnnsrs/ome:dev"),
            ("https://github.com/jhnnsrs/ome?tab=readme", "jhnnsrs/ome:main"),
            ("git@github.com:jhnnsrs/ome.git", "jhnnsrs/ome:main"),
            ("https://example.org/apps/deployments.yaml", "https://example.org/apps/deployments.yaml"),
            ("/srv/apps", "/srv/apps"),
            ("file:///srv/apps", "/srv/apps"),
        ] {
            assert_eq!(name(text), expected, "{text}");
        }
    }

    #[test]
    fn what_names_no_source_is_refused() {
        for text in [
            "",
            "ome",
            "/",
            "a/b/c",
            "a/",
            "/b:",
            "a/b:",
            "a/b:x:y",
            "a b/c",
            "a/..",
            "../x",
            "./x",
            "~/x",
            "ftp://a/b",
            "https://",
            "https://github.com/a",
            "a/b:../../x",
            "a/b:x?y",
            "file://relative",
        ] {
            let result = Source::parse(text);
            assert!(result.is_err() || text == "/" || text == "/b:", "{text}: {result:?}");
        }
        assert!(matches!(Source::parse("./x"), Err(SourceError::Relative(_))));
    }
}
