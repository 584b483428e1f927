//! Apps, their releases, and the flavours that a release comes in.

use serde::{Deserialize, Serialize};

use super::{AppIdentifier, FlavourId, Moment, NodeId, ReleaseId, RepositoryId, Selectors};

/// An app with all of its releases, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct App {
    /// The manifest's identifier.
    pub identifier: AppIdentifier,
    /// Newest first: by build date, then by version.
    pub releases: Vec<Release>,
}

impl App {
    /// The newest release that is still published, else the newest of all.
    pub fn newest(&self) -> Option<&Release> {
        self.releases.iter().find(|release| !release.is_withdrawn()).or_else(|| self.releases.first())
    }

    /// The release of that version, exactly as written.
    pub fn release(&self, version: &str) -> Option<&Release> {
        self.releases.iter().find(|release| release.version == version)
    }

    /// The last part of the identifier, which people say: `stardist` of `live.arkitekt.stardist`.
    pub fn short_name(&self) -> &str {
        short_name(self.identifier.as_str())
    }
}

/// Splits `APP@VERSION`.
///
/// ```
/// # use kab::domain::app_and_version;
/// assert_eq!(app_and_version("a.b@1.0"), ("a.b", Some("1.0")));
/// assert_eq!(app_and_version("a.b"), ("a.b", None));
/// assert_eq!(app_and_version("a.b@"), ("a.b@", None));
/// ```
pub fn app_and_version(word: &str) -> (&str, Option<&str>) {
    match word.split_once('@') {
        Some((app, version)) if !app.is_empty() && !version.is_empty() => (app, Some(version)),
        _ => (word, None),
    }
}

/// The part after the last dot, unless nothing would be left.
pub(crate) fn short_name(identifier: &str) -> &str {
    match identifier.rsplit_once('.') {
        Some((_, last)) if !last.is_empty() => last,
        _ => identifier,
    }
}

/// One version of an app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// Kabinet's id.
    pub id: ReleaseId,
    /// The app.
    pub app: AppIdentifier,
    /// As the author wrote it; often not semver.
    pub version: String,
    /// What the app asks to be allowed: `read`, `write`, …
    pub scopes: Vec<String>,
    /// One line about the app; `None` where the server does not know one.
    pub description: Option<String>,
    /// The images, newest build first.
    pub flavours: Vec<Flavour>,
}

impl Release {
    /// Whether no flavour of it is published any more.
    pub fn is_withdrawn(&self) -> bool {
        !self.flavours.is_empty() && self.flavours.iter().all(|flavour| flavour.withdrawn)
    }

    /// The repository that offers it: of flavours from several the first one's that is still published.
    pub fn repository(&self) -> Option<&RepositoryId> {
        let published = self.flavours.iter().filter(|flavour| !flavour.withdrawn);
        published.chain(&self.flavours).find_map(|flavour| flavour.repository.as_ref())
    }

    /// When the newest flavour was built.
    pub fn built_at(&self) -> Option<Moment> {
        self.flavours.iter().filter_map(|flavour| flavour.image.built_at).max()
    }
}

/// One container image of a release, for one kind of hardware.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flavour {
    /// Kabinet's id.
    pub id: FlavourId,
    /// Unique within the release: `vanilla`, `cuda`, …; `default` where the file names none.
    pub name: String,
    /// The image.
    pub image: Image,
    /// What hardware it needs.
    pub selectors: Selectors,
    /// Which services it needs.
    pub requirements: Vec<Requirement>,
    /// What hints at a need without stating one: `gpu` among the manifest's requirements, `runtime: nvidia`.
    pub hints: Vec<String>,
    /// The nodes (definitions) that it provides.
    pub nodes: Vec<NodeId>,
    /// The repository that offers it; `None` where the server does not know it.
    pub repository: Option<RepositoryId>,
    /// Its entry has disappeared from the repository.
    pub withdrawn: bool,
}

/// A container image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// `owner/name:tag`, with or without registry and digest.
    pub reference: String,
    /// When it was built.
    pub built_at: Option<Moment>,
    /// Unpacked size in bytes as the author measured it; `None` where unknown.
    pub size: Option<u64>,
}

/// A service that an app needs. Never a matter of hardware.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// The app's own name for it: `rekuest`.
    pub key: String,
    /// The service: `live.arkitekt.rekuest`.
    pub service: String,
    /// The app runs without it.
    pub optional: bool,
    /// What for.
    pub description: Option<String>,
}
