//! Approvals of the newest generation: a release may be deployed only where somebody has approved exactly what it is now.

use serde::Deserialize;

use crate::domain::Release;

/// Whether a release may be deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// This server does not ask for approvals.
    NotNeeded,
    /// It is approved, under this id.
    Given(String),
    /// It is not.
    Missing(Missing),
}

/// What is wrong with the approvals of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Nobody has approved it.
    Never,
    /// It has changed since.
    Stale,
    /// It is approved for other engines.
    Elsewhere,
}

impl Missing {
    /// The whole sentence, with what to do about it.
    pub fn sentence(self, release: &Release, engine: &str) -> String {
        let what = format!("{} {}", release.app, release.version);
        let (why, how) = match self {
            Self::Never => (format!("{what} is not approved on this server"), "Approve it"),
            Self::Stale => (format!("{what} has changed since it was approved"), "Approve it again"),
            Self::Elsewhere => (format!("{what} is approved, but not for {engine}"), "Approve it for this engine"),
        };
        format!("{why}, and this server deploys only approved releases. {how} in Orkestrator, then install it again.")
    }
}

#[derive(Deserialize)]
pub struct Answer {
    release: Digest,
    #[serde(rename = "releaseApprovals")]
    approvals: Vec<Given>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Digest {
    approval_digest: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    id: String,
    digest: String,
    is_active: bool,
    is_stale: bool,
    #[serde(default)]
    backends: Vec<super::Id>,
}

impl Answer {
    /// The approval that holds for this engine.
    pub fn pick(self, backend: &str) -> Approval {
        if self.approvals.is_empty() {
            return Approval::Missing(Missing::Never);
        }
        let digest = &self.release.approval_digest;
        let mut missing = Missing::Stale;
        for given in self.approvals {
            if !given.is_active || given.is_stale || given.digest != *digest {
                continue;
            }
            // Without a list it holds everywhere.
            if given.backends.is_empty() || given.backends.iter().any(|known| known.id == backend) {
                return Approval::Given(given.id);
            }
            missing = Missing::Elsewhere;
        }
        Approval::Missing(missing)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn given(id: &str, digest: &str, active: bool, backends: &[&str]) -> Value {
        let backends: Vec<_> = backends.iter().map(|id| json!({"id": id})).collect();
        json!({"id": id, "digest": digest, "isActive": active, "isStale": digest != "d2", "backends": backends})
    }

    #[test]
    fn only_an_active_approval_of_what_the_release_is_now_counts_and_only_for_its_engines() {
        let pick = |approvals: Vec<Value>| {
            let answer = json!({"release": {"approvalDigest": "d2"}, "releaseApprovals": approvals});
            serde_json::from_value::<Answer>(answer).unwrap().pick("7")
        };
        assert_eq!(pick(vec![]), Approval::Missing(Missing::Never));
        assert_eq!(pick(vec![given("1", "d1", true, &[])]), Approval::Missing(Missing::Stale));
        assert_eq!(pick(vec![given("1", "d2", false, &[])]), Approval::Missing(Missing::Stale));
        assert_eq!(pick(vec![given("1", "d2", true, &["8"])]), Approval::Missing(Missing::Elsewhere));
        assert_eq!(pick(vec![given("1", "d1", true, &[]), given("2", "d2", true, &[])]), Approval::Given("2".into()));
        assert_eq!(pick(vec![given("3", "d2", true, &["8", "7"])]), Approval::Given("3".into()));
    }
}
