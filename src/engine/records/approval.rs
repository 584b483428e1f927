//! Approvals of the newest generation: a release may be deployed only where somebody has approved exactly what it is now.

use serde::Deserialize;

use crate::domain::{self, Approvals, EngineId, Release, Standing};

/// Whether a release may be deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// This server does not ask for approvals.
    NotNeeded,
    /// It is approved, under this id.
    Given(String),
    /// It is not, as things stand.
    Missing(Standing),
}

/// Why a release may not be deployed, with what to do about it.
pub fn not_approved(standing: Standing, release: &Release, engine: &str) -> String {
    let what = format!("{} {}", release.app, release.version);
    let (why, how) = match standing {
        Standing::Stale => (format!("{what} has changed since it was approved"), "Approve it again"),
        Standing::Elsewhere => (format!("{what} is approved, but not for {engine}"), "Approve it for this engine"),
        Standing::Missing | Standing::Approved => (format!("{what} is not approved on this server"), "Approve it"),
    };
    format!("{why}, and this server deploys only approved releases. {how} in Orkestrator, then install it again.")
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
        let digest = self.release.approval_digest;
        let given = self.approvals.into_iter().map(|given| domain::Approval {
            id: given.id,
            agent: String::new(),
            is_active: given.is_active,
            is_stale: given.is_stale || given.digest != digest,
            engines: given.backends.into_iter().map(|known| known.id.into()).collect(),
            given_at: None,
        });
        let approvals = Approvals { is_pinned: false, given: given.collect() };
        let engine = EngineId::from(backend);
        match approvals.holding(&engine) {
            Some(holding) => Approval::Given(holding.id.clone()),
            None => Approval::Missing(approvals.standing(&engine)),
        }
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
        assert_eq!(pick(vec![]), Approval::Missing(Standing::Missing));
        assert_eq!(pick(vec![given("1", "d1", true, &[])]), Approval::Missing(Standing::Stale));
        // One that was revoked says nothing about changes.
        assert_eq!(pick(vec![given("1", "d2", false, &[])]), Approval::Missing(Standing::Missing));
        assert_eq!(pick(vec![given("1", "d2", true, &["8"])]), Approval::Missing(Standing::Elsewhere));
        assert_eq!(pick(vec![given("1", "d1", true, &[]), given("2", "d2", true, &[])]), Approval::Given("2".into()));
        assert_eq!(pick(vec![given("3", "d2", true, &["8", "7"])]), Approval::Given("3".into()));
    }
}
