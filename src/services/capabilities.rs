//! What a Kabinet server has: found out by one small introspection, never by a version number.

use serde::Deserialize;

use super::{error::Result, graphql::Client};

/// Introspection is the same everywhere, so that this document needs no schema.
const DOCUMENT: &str = r#"query Capabilities {
  app: __type(name: "App") { fields { name } }
  release: __type(name: "Release") { fields { name } }
  flavour: __type(name: "Flavour") { fields { name } }
  pod: __type(name: "Pod") { fields { name } }
  resource: __type(name: "Resource") { fields { name } }
  repository: __type(name: "GithubRepo") { fields { name } }
  selector: __type(name: "Selector") { fields { name } }
  podEvent: __type(name: "PodEvent") { fields { name } }
  query: __type(name: "Query") { fields { name } }
  mutation: __type(name: "Mutation") { fields { name } }
  subscription: __type(name: "Subscription") { fields { name } }
}"#;

/// Which documents a server understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// Flavours tell size, hints and withdrawal, and their selectors are safe in lists.
    pub flavours: Has,
    /// Pods tell when, why, and whose they are.
    pub pods: Has,
    /// Resources tell when they reported.
    pub resources: Has,
    /// Repositories tell how their scan went.
    pub repositories: Has,
    /// Repositories tell what they say of themselves.
    pub readmes: Has,
    /// Apps tell who offers them, and take a choice.
    pub choices: Has,
    /// Repositories can be removed.
    pub removal: Has,
    /// Selectors of the newest generation, with weights.
    pub selectors: Has,
    /// Definitions tell their kind without failing.
    pub kinds: Has,
    /// Releases are approved before they may be deployed.
    pub approvals: Has,
    /// Pod subscriptions deliver.
    pub pod_events: Has,
    /// The catalogue can be subscribed.
    pub catalogue_events: Has,
}

/// Whether something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Has {
    /// It is.
    Yes,
    /// It is not.
    #[default]
    No,
}

impl Has {
    /// Whether it is.
    pub fn is_yes(self) -> bool {
        self == Self::Yes
    }
}

#[derive(Deserialize)]
struct Answer {
    app: Option<Type>,
    release: Option<Type>,
    flavour: Option<Type>,
    pod: Option<Type>,
    resource: Option<Type>,
    repository: Option<Type>,
    selector: Option<Type>,
    #[serde(rename = "podEvent")]
    pod_event: Option<Type>,
    query: Option<Type>,
    mutation: Option<Type>,
    subscription: Option<Type>,
}

#[derive(Deserialize)]
struct Type {
    /// `None` for types that have none: unions, enums.
    fields: Option<Vec<Field>>,
}

#[derive(Deserialize)]
struct Field {
    name: String,
}

impl Capabilities {
    /// Asks the server.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ask(kabinet: &Client) -> Result<Self> {
        let answer = kabinet.post_body::<Answer>(&serde_json::json!({ "query": DOCUMENT, "variables": {} })).await?;
        Ok(Self::of(&answer.data))
    }

    /// What kab would show and an older server does not have, as fields.
    pub fn missing(&self) -> Vec<&'static str> {
        let all = [
            (self.pods, "Pod.createdAt"),
            (self.resources, "Resource.reportedAt"),
            (self.flavours, "Flavour.size"),
            (self.repositories, "GithubRepo.scanState"),
        ];
        all.into_iter().filter(|(has, _)| !has.is_yes()).map(|(_, field)| field).collect()
    }

    fn of(answer: &Answer) -> Self {
        let has = |kind: &Option<Type>, names: &[&str]| {
            let fields = kind.as_ref().and_then(|kind| kind.fields.as_deref()).unwrap_or_default();
            let all = names.iter().all(|name| fields.iter().any(|field| field.name == *name));
            if all && !fields.is_empty() { Has::Yes } else { Has::No }
        };
        let both = |a: Has, b: Has| if a.is_yes() && b.is_yes() { Has::Yes } else { Has::No };
        Self {
            flavours: both(
                has(&answer.flavour, &["size", "withdrawn", "hints", "repo"]),
                has(&answer.release, &["description"]),
            ),
            pods: has(&answer.pod, &["createdAt", "updatedAt", "reason", "owner"]),
            resources: has(&answer.resource, &["reportedAt"]),
            repositories: has(
                &answer.repository,
                &["source", "scanState", "scanFailure", "scannedAt", "scanIssues", "flavourCount"],
            ),
            readmes: both(has(&answer.repository, &["readme"]), has(&answer.query, &["githubRepo"])),
            choices: both(has(&answer.app, &["offeredBy", "chosenRepo"]), has(&answer.mutation, &["useRepository"])),
            removal: has(&answer.mutation, &["deleteGithubRepo"]),
            selectors: has(&answer.selector, &["weight"]),
            // `kind` exists everywhere and fails on the first generation, which has no `apps`.
            kinds: has(&answer.query, &["apps"]),
            approvals: has(&answer.release, &["approvals", "approvalDigest", "digestPinned"]),
            pod_events: both(
                has(&answer.pod_event, &["create", "update", "delete"]),
                has(&answer.subscription, &["pods"]),
            ),
            catalogue_events: has(&answer.subscription, &["catalogue"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_the_first_generation_has_none_of_it() {
        let answer = serde_json::json!({
            "release": { "fields": [{ "name": "id" }, { "name": "description" }] },
            // A union has members, and no fields.
            "selector": { "fields": null },
            "query": { "fields": [{ "name": "matchFlavour" }] },
            "subscription": { "fields": [{ "name": "pods" }] },
        });
        assert_eq!(Capabilities::of(&serde_json::from_value(answer).unwrap()), Capabilities::default());
    }
}
