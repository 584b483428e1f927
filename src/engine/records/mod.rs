//! What the engine keeps on the server, and reads from it: backend, resource, deployments, pods, log dumps, and the
//! clients of apps. Returns `domain` values; every document is in `queries/engine/`.

mod approval;
mod capabilities;
mod wire;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use serde::Deserialize;
use serde_json::{Value, json};

pub use self::approval::{Approval, not_approved};
use self::{
    capabilities::{Approvals, Capabilities, Generation, Owners, Reasons, Sizes},
    wire::{Wire, WirePod},
};
use crate::{
    domain::{Facts, Flavour, PodStatus, Release, Selectors},
    services::{Error, Needs, Result, Secret, Session, graphql::Client},
};

macro_rules! document {
    ($name:literal) => {
        include_str!(concat!("../../../queries/engine/", $name, ".graphql"))
    };
}

/// So many pods are listed at once: one page for most engines, and still a quick answer.
const PAGE: usize = 1000;

/// The server's records; cheap to clone.
#[derive(Clone)]
pub struct Records {
    session: Session,
    /// What the server can do, as far as that was asked.
    capabilities: Arc<Mutex<Option<Capabilities>>>,
}

/// The engine's own place on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Kabinet's id of the backend.
    pub backend: String,
    /// OAuth client id of the engine: the value of the ownership label.
    pub client_id: String,
}

/// A flavour with what is needed to run it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// The release, with nothing but this flavour.
    pub release: Release,
    /// The flavour.
    pub flavour: Flavour,
    /// Where it comes from.
    pub repository: Option<String>,
}

/// The client of an app that is to run in a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodClient {
    /// What the pod claims its configuration with.
    pub token: Secret,
    /// OAuth client id, which joins the pod to its Rekuest agent.
    pub client_id: String,
}

/// A pod as the server keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodRecord {
    /// Kabinet's id.
    pub id: String,
    /// The container's id.
    pub local_id: String,
    /// The status.
    pub status: PodStatus,
}

/// A pod to be recorded.
#[derive(Debug, Clone, Copy)]
pub struct NewPod<'a> {
    pub deployment: &'a str,
    pub local_id: &'a str,
    pub client_id: &'a str,
    pub resource: Option<&'a str>,
    /// The task that it is made for.
    pub task: Option<&'a str>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

impl Records {
    /// Records behind that session.
    pub fn new(session: Session) -> Self {
        Self { session, capabilities: Arc::default() }
    }

    fn kabinet(&self) -> Result<&Client> {
        self.session.kabinet()
    }

    async fn capabilities(&self) -> Result<Capabilities> {
        let known = *self.capabilities.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known {
            return Ok(known);
        }
        let told = Capabilities::ask(self.kabinet()?).await?;
        *self.capabilities.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        Ok(told)
    }

    /// What the server can do is asked once more when it matters next: it may have been updated.
    pub fn forget_capabilities(&self) {
        *self.capabilities.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The same result; a refusal may come of an update.
    fn doubting<T>(&self, result: Result<T>) -> Result<T> {
        if matches!(result, Err(Error::Refused(_))) {
            self.forget_capabilities();
        }
        result
    }

    /// Names this engine.
    pub async fn declare(&self, name: &str, kind: &str) -> Result<Place> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Backend {
            id: String,
            client_id: String,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            declare_backend: Backend,
        }
        let input = json!({ "input": { "name": name, "kind": kind } });
        let Answer { declare_backend: found } = self.kabinet()?.run(document!("declare_backend"), input).await?;
        Ok(Place { backend: found.id, client_id: found.client_id })
    }

    /// Tells what the machine offers. Every call overwrites what was said before.
    pub async fn declare_resource(&self, place: &Place, host: &str, facts: &Facts) -> Result<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            declare_resource: Id,
        }
        let qualifiers: Vec<_> = facts.0.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        let input = json!({ "backend": place.backend, "localId": "host", "name": host, "qualifiers": qualifiers });
        let answer: Answer = self.kabinet()?.run(document!("declare_resource"), json!({ "input": input })).await?;
        Ok(answer.declare_resource.id)
    }

    /// A flavour with its needs. Needs that the server cannot read are told as such.
    pub async fn recipe(&self, flavour: &str) -> Result<Recipe> {
        #[derive(Deserialize)]
        struct Answer {
            flavour: Wire,
        }
        let answer: Answer = self.kabinet()?.run(document!("flavour"), json!({ "id": flavour })).await?;
        let (selectors, repository, size) =
            futures_util::join!(self.selectors(flavour), self.repository(flavour), self.size(flavour));
        let mut recipe = answer.flavour.into_recipe(selectors?, repository);
        for known in recipe.release.flavours.iter_mut().chain([&mut recipe.flavour]) {
            known.image.size = size;
        }
        Ok(recipe)
    }

    /// Bytes of the unpacked image, where the server tells them. What is not known keeps nothing from being installed.
    async fn size(&self, flavour: &str) -> Option<u64> {
        if self.capabilities().await.ok()?.sizes == Sizes::Unknown {
            return None;
        }
        let answer: Value = self.kabinet().ok()?.run(document!("flavour_size"), json!({ "id": flavour })).await.ok()?;
        // A float, because it does not fit an Int; whole, whatever is behind the point.
        let size = answer["flavour"]["size"].as_f64().filter(|size| *size >= 0.0)?;
        format!("{size:.0}").parse().ok()
    }

    async fn selectors(&self, flavour: &str) -> Result<Selectors> {
        #[derive(Deserialize)]
        struct Answer {
            flavour: Needs,
        }
        let document = match self.capabilities().await?.selectors {
            Generation::First => document!("selectors_first"),
            Generation::Newest => document!("selectors_newest"),
        };
        match self.kabinet()?.run::<Answer>(document, json!({ "id": flavour })).await {
            Ok(answer) => Ok(answer.flavour.into_domain()),
            Err(Error::Refused(why)) => Ok(Selectors::Unreadable(why)),
            Err(error) => Err(error),
        }
    }

    /// Only a hint for Lok; what fails here fails silently.
    async fn repository(&self, flavour: &str) -> Option<String> {
        let answer: Result<Value> = match self.kabinet() {
            Ok(kabinet) => kabinet.run(document!("flavour_repository"), json!({ "id": flavour })).await,
            Err(error) => Err(error),
        };
        answer.ok()?["flavour"]["repo"]["url"].as_str().filter(|url| url.starts_with("http")).map(str::to_owned)
    }

    /// The flavours of a release, newest first.
    pub async fn flavours_of_release(&self, release: &str) -> Result<Vec<String>> {
        #[derive(Deserialize)]
        struct Flavours {
            flavours: Vec<Id>,
        }
        #[derive(Deserialize)]
        struct Answer {
            release: Flavours,
        }
        let answer: Answer = self.kabinet()?.run(document!("release_flavours"), json!({ "id": release })).await?;
        Ok(answer.release.flavours.into_iter().map(|flavour| flavour.id).collect())
    }

    /// The flavours that provide a definition, newest first, each once.
    pub async fn flavours_of_definition(&self, definition: &str) -> Result<Vec<String>> {
        #[derive(Deserialize)]
        struct Answer {
            flavours: Vec<Id>,
        }
        let variables = json!({ "definition": definition });
        let answer: Answer = self.kabinet()?.run(document!("definition_flavours"), variables).await?;
        let mut ids: Vec<String> = Vec::new();
        for Id { id } in answer.flavours {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(ids)
    }

    /// A client for the app, on a node of its own: two pods of one app must not share an agent.
    pub async fn create_client(&self, recipe: &Recipe, node: &str) -> Result<PodClient> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Oauth {
            client_id: String,
        }
        #[derive(Deserialize)]
        struct Made {
            token: Secret,
            #[serde(rename = "oauth2Client")]
            oauth: Oauth,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            create_developmental_client: Made,
        }
        let requirements = recipe.flavour.requirements.iter().map(|requirement| {
            json!({
                "key": requirement.key,
                "service": requirement.service,
                "optional": requirement.optional,
                "description": requirement.description,
            })
        });
        let sources = recipe.repository.iter().map(|url| json!({ "kind": "GITHUB", "url": url }));
        let manifest = json!({
            "identifier": recipe.release.app,
            "version": recipe.release.version,
            "scopes": recipe.release.scopes,
            "logo": null,
            "nodeId": node,
            "requirements": requirements.collect::<Vec<_>>(),
            "publicSources": sources.collect::<Vec<_>>(),
        });
        let input = json!({ "manifest": manifest, "composition": null, "layers": null, "role": "AGENT" });
        let answer: Answer = self.session.lok()?.run(document!("create_client"), json!({ "input": input })).await?;
        let Made { token, oauth } = answer.create_developmental_client;
        Ok(PodClient { token, client_id: oauth.client_id })
    }

    /// Whether the release may be deployed by this engine.
    pub async fn approval(&self, release: &str, place: &Place) -> Result<Approval> {
        if self.capabilities().await?.approvals == Approvals::NotNeeded {
            return Ok(Approval::NotNeeded);
        }
        let answer: approval::Answer =
            self.kabinet()?.run(document!("newest/release_approvals"), json!({ "release": release })).await?;
        Ok(answer.pick(&place.backend))
    }

    /// Notes that the flavour is used here; `local_id` is one of its own, so that no two installs share it, and doing it
    /// twice is doing it once.
    pub async fn create_deployment(&self, flavour: &str, local_id: &str, approval: &Approval) -> Result<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            create_deployment: Id,
        }
        let mut input = json!({ "flavour": flavour, "localId": local_id });
        if let Approval::Given(id) = approval {
            input["approval"] = Value::from(id.as_str());
        }
        let made = self.kabinet()?.run(document!("create_deployment"), json!({ "input": input })).await;
        let answer: Answer = self.doubting(made)?;
        Ok(answer.create_deployment.id)
    }

    /// Notes a pod; doing so twice is doing so once.
    pub async fn create_pod(&self, pod: NewPod<'_>) -> Result<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            create_pod: Id,
        }
        let NewPod { deployment, local_id, client_id, resource, task } = pod;
        let mut input =
            json!({ "deployment": deployment, "localId": local_id, "clientId": client_id, "resource": resource });
        if self.capabilities().await?.owners == Owners::Kept {
            input["task"] = task.map_or(Value::Null, Value::from);
        }
        let made = self.kabinet()?.run(document!("create_pod"), json!({ "input": input })).await;
        let answer: Answer = self.doubting(made)?;
        Ok(answer.create_pod.id)
    }

    /// Sets the status of a pod, with its reason where the server keeps one.
    pub async fn update_pod(&self, pod: &str, status: &PodStatus, reason: Option<&str>) -> Result<()> {
        // Both ids have to be there, one of them null.
        let mut input = json!({ "pod": pod, "localId": null, "status": status.wire() });
        if self.capabilities().await?.reasons == Reasons::Kept {
            input["reason"] = reason.map_or(Value::Null, Value::from);
        }
        let updated: Result<Value> = self.kabinet()?.run(document!("update_pod"), json!({ "input": input })).await;
        self.doubting(updated).map(|_| ())
    }

    /// Stores a snapshot of a pod's log.
    pub async fn dump_logs(&self, pod: &str, logs: &str) -> Result<()> {
        let input = json!({ "pod": pod, "logs": logs });
        let _: Value = self.kabinet()?.run(document!("dump_logs"), json!({ "input": input })).await?;
        Ok(())
    }

    /// Deletes the record of a pod; one that is not there is no error.
    pub async fn delete_pod(&self, pod: &str) -> Result<()> {
        let deleted: Result<Value> =
            self.kabinet()?.run(document!("delete_pod"), json!({ "input": { "id": pod } })).await;
        match deleted {
            Ok(_) | Err(Error::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// All pods of this engine.
    pub async fn pods(&self, place: &Place) -> Result<Vec<PodRecord>> {
        #[derive(Deserialize)]
        struct Answer {
            pods: Vec<WirePod>,
        }
        let mut found: Vec<PodRecord> = Vec::new();
        let mut known = BTreeSet::new();
        loop {
            let variables = json!({ "backend": place.backend, "offset": known.len(), "limit": PAGE });
            let answer: Answer = self.kabinet()?.run(document!("backend_pods"), variables).await?;
            let (full, before) = (answer.pods.len() >= PAGE, known.len());
            // A pod that moved between two pages is listed once.
            found.extend(answer.pods.into_iter().map(WirePod::into_record).filter(|pod| known.insert(pod.id.clone())));
            if !full || known.len() == before {
                return Ok(found);
            }
        }
    }

    /// One pod, and the backend that it belongs to.
    pub async fn pod(&self, id: &str) -> Result<(PodRecord, String)> {
        #[derive(Deserialize)]
        struct Found {
            #[serde(flatten)]
            pod: WirePod,
            backend: Id,
        }
        #[derive(Deserialize)]
        struct Answer {
            pod: Found,
        }
        let answer: Answer = self.kabinet()?.run(document!("pod"), json!({ "id": id })).await?;
        Ok((answer.pod.pod.into_record(), answer.pod.backend.id))
    }
}
