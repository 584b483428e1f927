//! Approvals of releases, on servers that want one before a release is deployed.

use graphql_client::GraphQLQuery as _;
use serde::Deserialize;

use super::super::documents::{ReleaseApprovals, release_approvals};
use super::{Result, Store};
use crate::domain::{Approval, Approvals, Moment, ReleaseId};

#[derive(Deserialize)]
struct Answer {
    release: Release,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Release {
    approval_digest: String,
    digest_pinned: bool,
    approvals: Vec<Given>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    id: String,
    agent: String,
    digest: String,
    created_at: String,
    is_stale: bool,
    is_active: bool,
    #[serde(default)]
    backends: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

impl Store {
    /// Who approved a release, and for where; `None` where the server knows no approvals.
    ///
    /// # Errors
    /// When Kabinet cannot be asked.
    pub async fn approvals(&self, release: &ReleaseId) -> Result<Option<Approvals>> {
        if !self.capabilities().await?.approvals.is_yes() {
            return Ok(None);
        }
        let body = ReleaseApprovals::build_query(release_approvals::Variables { id: release.as_str().to_owned() });
        let told = self.session.kabinet()?.post_body::<Answer>(&body).await?.data.release;
        let digest = told.approval_digest;
        let given = told.approvals.into_iter().map(|given| Approval {
            id: given.id,
            agent: given.agent,
            is_active: given.is_active,
            // Whoever compares the digests needs no server's word for it.
            is_stale: given.is_stale || given.digest != digest,
            engines: given.backends.into_iter().map(|backend| backend.id.into()).collect(),
            given_at: Moment::parse(&given.created_at),
        });
        Ok(Some(Approvals { is_pinned: told.digest_pinned, given: given.collect() }))
    }
}
