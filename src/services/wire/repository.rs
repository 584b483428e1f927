//! Kabinet's repositories, with what the embedded server tells beyond upstream.

use serde::Deserialize;

use super::{Reference, moment};
use crate::domain::{self, ScanIssue, ScanState};

/// A repository of any generation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Repository {
    id: String,
    name: String,
    #[serde(default)]
    branch: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    flavours: Vec<Reference>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    scan_state: Option<String>,
    #[serde(default)]
    scan_failure: Option<String>,
    #[serde(default)]
    scanned_at: Option<String>,
    #[serde(default)]
    scan_issues: Vec<ScanIssue>,
    #[serde(default)]
    flavour_count: Option<u64>,
}

impl Repository {
    /// The repository.
    pub fn into_domain(self) -> domain::Repository {
        let at = moment(self.scanned_at.as_deref());
        let scan = match (self.scan_state.as_deref(), at) {
            (Some("RUNNING"), _) => ScanState::Running,
            (Some("DONE"), Some(at)) => ScanState::Done { at, issues: self.scan_issues },
            (Some("FAILED"), Some(at)) => {
                ScanState::Failed { at, why: self.scan_failure.unwrap_or_else(|| "the server does not say why".into()) }
            }
            _ => ScanState::Never,
        };
        let source = self.source.or_else(|| {
            let url = self.url?;
            Some(self.branch.map_or_else(|| url.clone(), |branch| format!("{url}/tree/{branch}")))
        });
        domain::Repository {
            id: self.id.into(),
            source: source.unwrap_or_else(|| self.name.clone()),
            name: self.name,
            scan,
            flavours: self.flavour_count.unwrap_or(self.flavours.len() as u64),
        }
    }
}
