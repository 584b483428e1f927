//! The newest Kabinet: releases are approved before anything is deployed of them. The approvals are the face's own; all
//! else the embedded server can do already.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde_json::{Map, Value, json};

use super::{
    deployment::Deployment,
    graphql::{Defects, Prepared},
    script::Service,
};

/// What the digest of a release covers, asked for beside what fields need it.
const COVERED: &str = "faceId: id faceVersion: version faceScopes: scopes faceApp: app { identifier }
    faceFlavours: flavours { image { imageString } requirements { key service optional } }";

#[derive(Debug, Clone)]
struct Approval {
    release: Value,
    fields: Map<String, Value>,
    revoked: bool,
}

/// All approvals, by id.
#[derive(Default)]
pub struct Approvals {
    all: Mutex<BTreeMap<u64, Approval>>,
    deployed: Mutex<BTreeMap<String, u64>>,
}

/// The server.
pub struct Newest(pub Arc<Approvals>);

impl Defects for Newest {
    fn is_local(&self, parent: &str, field: &str) -> bool {
        matches!(
            (parent, field),
            ("Release", "approvals" | "approvalDigest" | "digestPinned" | "mandateManifest" | "channel" | "revision")
                | ("Deployment", "approval")
                | ("Query", "releaseApproval" | "releaseApprovals")
                | ("Mutation", "approveRelease" | "revokeApproval")
        )
    }

    fn companions(&self, parent: &str, field: &str) -> Option<&'static str> {
        match (parent, field) {
            ("Release", field) if self.is_local("Release", field) => Some(COVERED),
            ("Deployment", "approval") => Some("faceId: id"),
            _ => None,
        }
    }

    fn before(&self, _parent: &str, field: &str, arguments: &Map<String, Value>) -> Option<String> {
        let approval = arguments.get("input")?.get("approval")?.as_str()?;
        if field != "createDeployment" {
            return None;
        }
        let all = self.0.all.lock().unwrap();
        match approval.parse().ok().and_then(|id: u64| all.get(&id)) {
            None => Some("ReleaseApproval matching query does not exist.".into()),
            Some(approval) if approval.revoked => Some("The approval has been revoked".into()),
            Some(_) => None,
        }
    }

    fn after(&self, parent: &str, field: &str, row: &Map<String, Value>, value: Value) -> Result<Value, String> {
        match (parent, field) {
            ("Release", "channel" | "revision") => Ok(Value::Null),
            ("Release", "approvalDigest") => Ok(json!(digest(row))),
            ("Release", "digestPinned") => Ok(json!(
                images(row).iter().all(|image| image.as_str().is_some_and(|image| image.contains("@sha256:")))
            )),
            ("Release", "mandateManifest") => Ok(json!({
                "identifier": row["faceApp"]["identifier"], "version": row["faceVersion"], "scopes": row["faceScopes"],
                "requirements": requirements(row),
            })),
            ("Release", "approvals") => {
                let all = self.0.all.lock().unwrap();
                let of_it = all.iter().filter(|(_, approval)| approval.release == row["faceId"]);
                Ok(of_it.map(|(id, approval)| approval.told(*id, &digest(row))).collect())
            }
            ("Deployment", "approval") => {
                let deployment = row["faceId"].as_str().unwrap_or_default();
                let Some(id) = self.0.deployed.lock().unwrap().get(deployment).copied() else { return Ok(Value::Null) };
                let all = self.0.all.lock().unwrap();
                Ok(all.get(&id).map_or(Value::Null, |approval| approval.told(id, "")))
            }
            _ => Ok(value),
        }
    }

    fn said(&self, _root: &str, message: &str) -> String {
        message.to_owned()
    }
}

fn images(row: &Map<String, Value>) -> Vec<Value> {
    let flavours = row.get("faceFlavours").and_then(Value::as_array);
    flavours.into_iter().flatten().map(|flavour| flavour["image"]["imageString"].clone()).collect()
}

fn requirements(row: &Map<String, Value>) -> Vec<Value> {
    let flavours = row.get("faceFlavours").and_then(Value::as_array);
    flavours.into_iter().flatten().filter_map(|flavour| flavour["requirements"].as_array().cloned()).flatten().collect()
}

/// Identity, scopes, requirements and images.
fn digest(row: &Map<String, Value>) -> String {
    let covered = json!([row["faceApp"], row["faceVersion"], row["faceScopes"], requirements(row), images(row)]);
    let hash = ring::digest::digest(&ring::digest::SHA256, covered.to_string().as_bytes());
    hash.as_ref().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

impl Approval {
    fn told(&self, id: u64, current: &str) -> Value {
        let stale = !current.is_empty() && self.fields["digest"] != current;
        let mut told = self.fields.clone();
        told.insert("id".into(), json!(id.to_string()));
        told.insert("isStale".into(), json!(stale));
        told.insert("isActive".into(), json!(!self.revoked && !stale));
        Value::Object(told)
    }
}

/// The answers to the root fields that only the face knows, by key.
pub async fn own(
    approvals: &Approvals,
    deployment: &Deployment,
    token: Option<&str>,
    prepared: &Prepared,
) -> Map<String, Value> {
    let mut own = Map::new();
    for (key, field, arguments) in prepared.roots() {
        let input = arguments.get("input").cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let answer = match field.as_str() {
            "approveRelease" => approvals.approve(deployment, token, &input).await,
            "revokeApproval" => approvals.revoke(&text(&input["id"])),
            "releaseApproval" => {
                let id = arguments.get("id").map(text).unwrap_or_default();
                approvals.list(deployment, token, |known, _| known.to_string() == id).await.pop().ok_or_else(missing)
            }
            "releaseApprovals" => {
                let filters = arguments.get("filters").cloned().unwrap_or_default();
                let wanted = |_: u64, approval: &Approval| {
                    let release = &filters["release"];
                    let revoked = filters["revoked"].as_bool();
                    (release.is_null() || *release == approval.release)
                        && revoked.is_none_or(|revoked| revoked == approval.revoked)
                };
                Ok(Value::Array(approvals.list(deployment, token, wanted).await))
            }
            _ => continue,
        };
        own.insert(key, answer.unwrap_or_else(|message| json!({ "faceError": message })));
    }
    own
}

fn missing() -> String {
    String::from("ReleaseApproval matching query does not exist.")
}

impl Approvals {
    /// Notes with which approval a deployment was made.
    pub fn note(&self, deployment: &str, approval: &str) {
        self.deployed.lock().unwrap().insert(deployment.to_owned(), approval.parse().unwrap_or_default());
    }

    async fn approve(&self, deployment: &Deployment, token: Option<&str>, input: &Value) -> Result<Value, String> {
        let release = covered(deployment, token, &input["release"]).await?;
        let current = digest(&release);
        if input["digest"] != current.as_str() {
            return Err("The digest does not match the release".into());
        }
        let mut backends = Vec::new();
        for id in input["backends"].as_array().into_iter().flatten() {
            let query = "query ($i: ID!) { me { sub } backend(id: $i) { id name kind clientId } }";
            backends.push(behind(deployment, token, query, id).await?["backend"].take());
        }
        let who = behind(deployment, token, "query ($i: ID!) { me { sub } release(id: $i) { id } }", &input["release"]);
        let approver = who.await?["me"].take();
        let fields = json!({
            "release": {"id": release["faceId"], "version": release["faceVersion"], "scopes": release["faceScopes"],
                "app": release["faceApp"], "name": "release", "entrypoint": "app"},
            "approver": approver, "mandateId": input["mandate"], "agent": input["agent"], "digest": current,
            "backends": backends, "createdAt": "2026-11-01T10:00:00+00:00", "revokedAt": null, "name": "approval",
        });
        let approval = Approval {
            release: release["faceId"].clone(),
            fields: fields.as_object().cloned().unwrap_or_default(),
            revoked: false,
        };
        let mut all = self.all.lock().unwrap();
        let id = all.len() as u64 + 1;
        let told = approval.told(id, &current);
        all.insert(id, approval);
        Ok(told)
    }

    fn revoke(&self, id: &str) -> Result<Value, String> {
        let id = id.parse().map_err(|_| missing())?;
        let mut all = self.all.lock().unwrap();
        let approval = all.get_mut(&id).ok_or_else(missing)?;
        approval.revoked = true;
        approval.fields.insert("revokedAt".into(), json!("2026-11-02T10:00:00+00:00"));
        Ok(approval.told(id, ""))
    }

    async fn list(
        &self,
        deployment: &Deployment,
        token: Option<&str>,
        wanted: impl Fn(u64, &Approval) -> bool,
    ) -> Vec<Value> {
        let all = self.all.lock().unwrap().clone();
        let mut told = Vec::new();
        for (id, approval) in all.into_iter().filter(|(id, approval)| wanted(*id, approval)) {
            let current = covered(deployment, token, &approval.release).await;
            told.push(approval.told(id, &current.map_or_else(|_| "gone".into(), |release| digest(&release))));
        }
        told
    }
}

async fn covered(deployment: &Deployment, token: Option<&str>, release: &Value) -> Result<Map<String, Value>, String> {
    let query = format!("query ($i: ID!) {{ release(id: $i) {{ {COVERED} }} }}");
    let found = behind(deployment, token, &query, release).await?["release"].take();
    Ok(found.as_object().cloned().unwrap_or_default())
}

async fn behind(deployment: &Deployment, token: Option<&str>, query: &str, id: &Value) -> Result<Value, String> {
    let ask = json!({"query": query, "variables": {"i": id}});
    let mut answer = deployment.ask_behind(Service::Kabinet, token, &ask).await;
    match answer["errors"][0]["message"].as_str() {
        Some(message) => Err(message.to_owned()),
        None => Ok(answer["data"].take()),
    }
}
