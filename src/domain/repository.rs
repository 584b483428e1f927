//! Repositories: where the catalogue comes from.

use serde::{Deserialize, Serialize};

use super::{Moment, RepositoryId};

/// A source of apps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// Kabinet's id.
    pub id: RepositoryId,
    /// `user/repo:branch`, an URL, a path, or `kab demo (built in)`.
    pub name: String,
    /// Where it is read from, in full.
    pub source: String,
    /// How the last scan went.
    pub scan: ScanState,
    /// Flavours that are published in it now.
    pub flavours: u64,
}

/// How the last scan of a repository went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum ScanState {
    /// Not scanned yet, or the server does not tell.
    Never,
    /// Being scanned.
    Running,
    /// Read; bad entries are listed, good ones are in the catalogue.
    Done {
        /// When.
        at: Moment,
        /// Entries that could not be read.
        issues: Vec<ScanIssue>,
    },
    /// Could not be read; what was known stays.
    Failed {
        /// When.
        at: Moment,
        /// Why.
        why: String,
    },
}

/// An entry of a deployments file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanIssue {
    /// Where in the file: `app_images[2].manifest.version`.
    pub path: String,
    /// Why.
    pub reason: String,
}
