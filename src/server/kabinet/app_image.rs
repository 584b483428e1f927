//! An image that is entered by hand: the input of `createAppImage`.
//!
//! It is read by the catalogue's own reader, so that an entry means the same whichever way it comes.

use async_graphql::{Error, InputObject, InputType as _, InputValueResult, Result, Scalar, ScalarType, Value};

use super::scalars::DateTime;
use crate::catalogue::{self, Entry};

/// An image with all that is known about it.
#[derive(InputObject)]
pub struct AppImageInput {
    /// Unique in the release; `default` when not given.
    flavour_name: Option<String>,
    /// What it says of its app.
    manifest: ManifestInput,
    /// What hardware it needs.
    selectors: Vec<SelectorInput>,
    /// Its own id.
    app_image_id: String,
    /// What was found in it.
    inspection: InspectionInput,
    /// The image.
    image: DockerImageInput,
}

/// What an image says of its app.
#[derive(InputObject)]
struct ManifestInput {
    /// Python module.
    entrypoint: Option<String>,
    /// Name of the app across servers.
    identifier: String,
    /// Its version.
    version: String,
    /// Who made it.
    #[graphql(default = "unknown")]
    author: String,
    /// One line about it.
    description: Option<String>,
    /// URL of a picture.
    logo: Option<String>,
    /// What it asks to be allowed.
    #[graphql(default)]
    scopes: Vec<String>,
}

/// One need or preference, with the members of all kinds.
#[derive(InputObject)]
struct SelectorInput {
    /// Which kind.
    kind: String,
    /// A need; true when not given.
    required: Option<bool>,
    /// How much a satisfied preference counts.
    weight: Option<i32>,
    /// ROCm version at least.
    api_version: Option<String>,
    /// Free text.
    api_thing: Option<String>,
    /// oneAPI version at least.
    oneapi_version: Option<String>,
    /// CUDA version at least.
    cuda_version: Option<String>,
    /// Deprecated; informs only.
    cuda_cores: Option<i32>,
    /// Compute capability at least.
    compute_capability: Option<String>,
    /// GPUs at least.
    count: Option<i32>,
    /// Cores at least.
    min_count: Option<i32>,
    /// MB of memory at least.
    min: Option<i32>,
    /// MHz at least.
    frequency: Option<i32>,
    /// MB of memory at least.
    memory: Option<i32>,
    /// Architecture.
    arch: Option<String>,
    /// A label's key.
    key: Option<String>,
    /// A label's value.
    value: Option<String>,
}

/// What was found in an image.
#[derive(InputObject)]
struct InspectionInput {
    /// Bytes, unpacked.
    size: Option<i64>,
    /// What the author says of it.
    description: Option<String>,
    /// Not kept.
    #[graphql(default)]
    locks: Vec<LockImplementationInput>,
    /// What it provides.
    implementations: Vec<ImplementationInput>,
    /// Not kept.
    #[graphql(default)]
    states: Vec<StateImplementationInput>,
    /// Not kept.
    #[graphql(default)]
    bloks: Vec<BlokImplementationInput>,
    /// Which services it needs.
    requirements: Vec<RequirementInput>,
}

/// A service that an app needs.
#[derive(InputObject)]
struct RequirementInput {
    /// The app's own name of it.
    key: String,
    /// The service.
    service: String,
    /// The app runs without it.
    #[graphql(default)]
    optional: bool,
    /// What for.
    description: Option<String>,
}

/// A container image.
#[derive(InputObject)]
struct DockerImageInput {
    /// Its reference.
    image_string: String,
    /// When it was built.
    build_at: DateTime,
}

macro_rules! as_in_files {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        struct $name(serde_json::Value);

        #[Scalar]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                Ok(Self(value.into_json()?))
            }

            fn to_value(&self) -> Value {
                Value::from_json(self.0.clone()).unwrap_or_default()
            }
        }
    )*};
}

as_in_files! {
    /// An implementation as deployments files have it: `{interface, definition: {name, kind, args, returns, …}}`.
    ImplementationInput
    /// A lock as deployments files have it.
    LockImplementationInput
    /// A state as deployments files have it.
    StateImplementationInput
    /// A blok as deployments files have it.
    BlokImplementationInput
}

/// Reads the input as an entry of a deployments file.
pub(super) fn entry(input: &AppImageInput) -> Result<Entry> {
    let json = input.to_value().into_json()?;
    let (entry, issues) =
        catalogue::read_entry(&json).map_err(|issue| Error::new(format!("{}: {}", issue.path, issue.reason)))?;
    // By hand one wants to hear of the first thing that is wrong, not to lose a definition.
    match issues.first() {
        Some(issue) => Err(Error::new(format!("{}: {}", issue.path, issue.reason))),
        None => Ok(entry),
    }
}
