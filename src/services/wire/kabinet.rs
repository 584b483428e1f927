//! Kabinet's lists.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Needs, Reference, moment};
use crate::domain::{self, AppIdentifier, Facts, Image, Liveness, LogDump, LogLine, Selectors};

#[derive(Debug, Clone, Deserialize)]
struct App {
    identifier: String,
}

/// A release with its flavours.
#[derive(Debug, Clone, Deserialize)]
pub struct Release {
    pub id: String,
    version: String,
    app: App,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    pub flavours: Vec<Flavour>,
}

/// A flavour, without its selectors where the server cannot be trusted with them in lists.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Flavour {
    pub id: String,
    name: String,
    image: DockerImage,
    #[serde(default)]
    requirements: Vec<Requirement>,
    #[serde(default)]
    definitions: Vec<Reference>,
    #[serde(default)]
    size: Option<f64>,
    #[serde(default)]
    withdrawn: bool,
    #[serde(default)]
    hints: Option<Vec<String>>,
    #[serde(default)]
    repo: Option<Reference>,
    #[serde(default)]
    selectors: Option<Vec<Value>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DockerImage {
    image_string: String,
    build_at: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Requirement {
    key: String,
    service: String,
    description: Option<String>,
    #[serde(default)]
    optional: bool,
}

impl Release {
    fn into_domain(self, selectors: &BTreeMap<String, Selectors>) -> domain::Release {
        let mut flavours: Vec<_> = self.flavours.into_iter().map(|flavour| flavour.into_domain(selectors)).collect();
        flavours.sort_by(|a, b| (b.image.built_at, &a.name).cmp(&(a.image.built_at, &b.name)));
        domain::Release {
            id: self.id.into(),
            app: AppIdentifier::new(self.app.identifier),
            version: self.version,
            scopes: self.scopes,
            description: self.description.filter(|text| !text.trim().is_empty()),
            flavours,
        }
    }
}

impl Flavour {
    /// Whether the list told its selectors.
    pub fn is_complete(&self) -> bool {
        self.selectors.is_some()
    }

    fn into_domain(self, read: &BTreeMap<String, Selectors>) -> domain::Flavour {
        let selectors = match self.selectors {
            Some(selectors) => Needs { selectors }.into_domain(),
            None => read
                .get(&self.id)
                .cloned()
                .unwrap_or_else(|| Selectors::Unreadable("they have not been read yet".into())),
        };
        let hints = self.hints.unwrap_or_else(|| hints(&self.name, &self.requirements, selectors.known()));
        domain::Flavour {
            id: self.id.into(),
            name: self.name,
            image: Image {
                reference: self.image.image_string,
                built_at: moment(self.image.build_at.as_deref()),
                size: self.size.and_then(whole),
            },
            selectors,
            requirements: self.requirements.into_iter().map(Requirement::into_domain).collect(),
            hints,
            nodes: self.definitions.into_iter().map(|definition| definition.id.into()).collect(),
            repository: self.repo.map(|repository| repository.id.into()),
            withdrawn: self.withdrawn,
        }
    }
}

impl Requirement {
    fn into_domain(self) -> domain::Requirement {
        domain::Requirement {
            key: self.key,
            service: self.service,
            optional: self.optional,
            description: self.description,
        }
    }
}

/// Where the server does not tell hints: what a name or a requirement lets one guess. The wording is the catalogue's.
fn hints(name: &str, requirements: &[Requirement], selectors: &[domain::Selector]) -> Vec<String> {
    const WORDS: [&str; 4] = ["gpu", "cuda", "rocm", "nvidia"];
    if !selectors.is_empty() {
        return Vec::new();
    }
    let mut hints = Vec::new();
    for requirement in requirements {
        if WORDS.contains(&requirement.key.as_str()) {
            hints.push(format!("requirements: {}", requirement.key));
        }
    }
    if WORDS.iter().any(|word| name.to_lowercase().contains(word)) {
        hints.push(format!("flavour: {name}"));
    }
    hints
}

/// A float that counts something.
fn whole(value: f64) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked, and bytes fit")]
    (value.is_finite() && value >= 0.0).then_some(value as u64)
}

/// Groups releases by app; the newest first by build date, then by version.
pub fn apps(releases: Vec<Release>, selectors: &BTreeMap<String, Selectors>) -> Vec<domain::App> {
    let mut groups: BTreeMap<String, Vec<domain::Release>> = BTreeMap::new();
    for release in releases {
        let release = release.into_domain(selectors);
        groups.entry(release.app.as_str().to_owned()).or_default().push(release);
    }
    let version = |release: &domain::Release| semver::Version::parse(&release.version).ok();
    groups
        .into_iter()
        .map(|(identifier, mut releases)| {
            releases
                .sort_by(|a, b| (b.built_at(), version(b), &b.version).cmp(&(a.built_at(), version(a), &a.version)));
            domain::App { identifier: AppIdentifier::new(identifier), releases }
        })
        .collect()
}

/// A backend with its resources.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backend {
    id: String,
    name: String,
    kind: String,
    pub client_id: String,
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    id: String,
    #[serde(rename = "resourceId")]
    local_id: String,
    name: String,
    qualifiers: Option<Value>,
    #[serde(default)]
    reported_at: Option<String>,
}

impl Backend {
    /// The engine; liveness comes from Rekuest.
    pub fn into_domain(self, agent: Option<domain::AgentId>, liveness: Liveness) -> domain::Engine {
        let resources = self.resources.into_iter().map(|resource| domain::Resource {
            id: resource.id.into(),
            local_id: resource.local_id,
            name: resource.name,
            facts: facts(resource.qualifiers.as_ref()),
            reported_at: moment(resource.reported_at.as_deref()),
        });
        domain::Engine {
            id: self.id.into(),
            name: self.name,
            kind: self.kind.into(),
            client_id: self.client_id,
            agent,
            liveness,
            resources: resources.collect(),
            images: std::collections::BTreeSet::new(),
        }
    }
}

/// A list of `{key, value}`, or an object as some old engines report it.
fn facts(qualifiers: Option<&Value>) -> Facts {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match qualifiers {
        Some(Value::Array(list)) => {
            list.iter().filter_map(|pair| Some((pair["key"].as_str()?.to_owned(), text(pair.get("value")?)))).collect()
        }
        Some(Value::Object(members)) => members.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
        _ => Facts::default(),
    }
}

#[derive(Debug, Deserialize)]
struct Named {
    #[serde(default)]
    id: String,
    name: String,
}

/// A pod with what it runs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pod {
    id: String,
    #[serde(rename = "podId")]
    local_id: String,
    client_id: Option<String>,
    status: String,
    resource: Option<Named>,
    backend: Named,
    deployment: Deployment,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    updated_at: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    owner: Option<Owner>,
}

#[derive(Debug, Deserialize)]
struct Owner {
    sub: String,
    name: String,
}

#[derive(Debug, Deserialize)]
struct Deployment {
    flavour: PodFlavour,
}

#[derive(Debug, Deserialize)]
struct PodFlavour {
    id: String,
    name: String,
    release: PodRelease,
}

#[derive(Debug, Deserialize)]
struct PodRelease {
    id: String,
    version: String,
    app: App,
}

impl Pod {
    /// The pod.
    pub fn into_domain(self) -> domain::Pod {
        let flavour = self.deployment.flavour;
        domain::Pod {
            id: self.id.into(),
            local_id: self.local_id,
            status: self.status.into(),
            app: AppIdentifier::new(flavour.release.app.identifier),
            version: flavour.release.version,
            release: flavour.release.id.into(),
            flavour: flavour.id.into(),
            flavour_name: flavour.name,
            engine: self.backend.id.into(),
            engine_name: self.backend.name,
            resource_name: self.resource.map(|resource| resource.name),
            client_id: self.client_id,
            created_at: moment(self.created_at.as_deref()),
            updated_at: moment(self.updated_at.as_deref()),
            reason: self.reason,
            owner: self.owner.map(|owner| domain::Owner { subject: owner.sub, name: owner.name }),
        }
    }
}

/// The newest log dump of a pod.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodLog {
    latest_log_dump: Option<Dump>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dump {
    logs: String,
    created_at: String,
}

impl PodLog {
    /// The dump; without any it has no lines and no time.
    pub fn into_domain(self) -> LogDump {
        self.latest_log_dump.map_or(LogDump { lines: Vec::new(), taken_at: None }, |dump| LogDump {
            lines: dump.logs.lines().map(LogLine::parse).collect(),
            taken_at: moment(Some(&dump.created_at)),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn qualifiers_are_read_in_both_forms() {
        let list = json!([{ "key": "gpu", "value": "true" }, { "key": "broken" }]);
        assert_eq!(facts(Some(&list)).get("gpu"), Some("true"));
        assert_eq!(facts(Some(&json!({ "gpu": true }))).get("gpu"), Some("true"));
        assert_eq!(facts(None), Facts::default());
    }

    #[test]
    fn releases_are_grouped_and_the_newest_comes_first() {
        let release = |id: &str, app: &str, version: &str, built: &str| {
            json!({ "id": id, "version": version, "app": { "identifier": app }, "scopes": [], "flavours": [
                { "id": id, "name": "vanilla", "image": { "imageString": "x:1", "buildAt": built }, "selectors": [] } ] })
        };
        let releases: Vec<Release> = serde_json::from_value(json!([
            release("1", "b", "0.9.0", "2024-01-01T00:00:00Z"),
            release("2", "a", "1.0.0", "2024-01-01T00:00:00Z"),
            release("3", "b", "0.10.0", "2024-01-01T00:00:00Z"),
            release("4", "b", "0.1.0", "2025-01-01T00:00:00Z"),
        ]))
        .unwrap();
        let apps = apps(releases, &BTreeMap::new());
        let versions: Vec<_> = apps[1].releases.iter().map(|release| release.version.as_str()).collect();
        assert_eq!(apps[0].identifier.as_str(), "a");
        assert_eq!(versions, ["0.1.0", "0.10.0", "0.9.0"]);
    }
}
