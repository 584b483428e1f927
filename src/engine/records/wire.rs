//! Answers about pods and flavours as they come in, and what they become.

use serde::Deserialize;
use serde_json::Value;

use super::{PodRecord, Recipe};
use crate::domain::{
    AppIdentifier, Flavour, FlavourId, Image, Moment, PodStatus, Release, ReleaseId, Requirement, Selectors,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WirePod {
    id: String,
    pod_id: String,
    status: PodStatus,
}

impl WirePod {
    pub fn into_record(self) -> PodRecord {
        PodRecord { id: self.id, local_id: self.pod_id, status: self.status }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wire {
    id: String,
    name: String,
    manifest: Option<Value>,
    image: WireImage,
    requirements: Vec<Requirement>,
    release: WireRelease,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireImage {
    image_string: String,
    build_at: Option<String>,
}

#[derive(Deserialize)]
pub struct WireRelease {
    id: String,
    version: String,
    scopes: Vec<String>,
    app: WireApp,
}

#[derive(Deserialize)]
pub struct WireApp {
    identifier: AppIdentifier,
}

impl Wire {
    pub fn into_recipe(self, selectors: Selectors, repository: Option<String>) -> Recipe {
        let of_manifest: Option<Vec<String>> =
            self.manifest.and_then(|manifest| serde_json::from_value(manifest["scopes"].clone()).ok());
        let flavour = Flavour {
            id: FlavourId::new(self.id),
            name: self.name,
            image: Image {
                reference: self.image.image_string,
                built_at: self.image.build_at.as_deref().and_then(Moment::parse),
                size: None,
            },
            selectors,
            requirements: self.requirements,
            hints: Vec::new(),
            nodes: Vec::new(),
            repository: None,
            withdrawn: false,
        };
        let release = Release {
            id: ReleaseId::new(self.release.id),
            app: self.release.app.identifier,
            version: self.release.version,
            scopes: of_manifest.unwrap_or(self.release.scopes),
            description: None,
            flavours: vec![flavour.clone()],
        };
        Recipe { release, flavour, repository }
    }
}
