//! How a manifest becomes a client with a token: shared by device codes, redeem tokens, Lok's GraphQL and the
//! program around the server.

use serde::{Deserialize, Serialize};

use super::clock;
use super::keys::{self, Keys};
use super::store::identity::{self, ClientKey, ClientRole, Member};
use super::store::{self, Store};

/// Services that this server is, by their well-known names, with path and id.
pub const SERVICES: [(&str, &str, &str); 3] = [
    ("live.arkitekt.lok", "lok", "1"),
    ("live.arkitekt.rekuest", "rekuest", "2"),
    ("live.arkitekt.kabinet", "kabinet", "3"),
];

/// What an app says about itself. Unknown members are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Told")]
pub struct Manifest {
    /// App id, reverse-domain.
    pub identifier: String,
    /// App version.
    pub version: String,
    /// Scopes asked for.
    pub scopes: Vec<String>,
    /// Services asked for.
    pub requirements: Vec<Requirement>,
    /// Stable id of the machine.
    pub node_id: Option<String>,
}

/// A manifest as it comes. The machine's id has had several names, and some programs send more than one of them.
#[derive(Deserialize)]
struct Told {
    identifier: String,
    version: String,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    requirements: Vec<Requirement>,
    device_id: Option<String>,
    node_id: Option<String>,
    #[serde(rename = "nodeId")]
    camel_node_id: Option<String>,
}

impl From<Told> for Manifest {
    fn from(told: Told) -> Self {
        let node_id = told.device_id.or(told.node_id).or(told.camel_node_id);
        let Told { identifier, version, scopes, requirements, .. } = told;
        Self { identifier, version, scopes, requirements, node_id }
    }
}

/// A service that an app asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// The app's name for it.
    pub key: String,
    /// Well-known name of the service.
    pub service: String,
    /// Whether the app works without it.
    #[serde(default)]
    pub optional: bool,
    /// For people.
    #[serde(default)]
    pub description: Option<String>,
}

/// Why a manifest is refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The identifier or version cannot be used.
    #[error("Malformed manifest: {0}")]
    Malformed(&'static str),
    /// A service that the app cannot do without is not here. The text is Lok's.
    #[error("Unable to find instance for requirement {0}")]
    NoService(String),
    /// No random numbers.
    #[error(transparent)]
    Keys(#[from] keys::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Manifest {
    /// A manifest of a program that may use all services of the server.
    pub fn for_everything(identifier: &str, version: &str) -> Self {
        let requirements = SERVICES.map(|(service, key, _)| Requirement {
            key: key.to_owned(),
            service: service.to_owned(),
            optional: false,
            description: None,
        });
        Self {
            identifier: identifier.to_owned(),
            version: version.to_owned(),
            scopes: vec![String::from("read"), String::from("write")],
            requirements: requirements.into(),
            node_id: None,
        }
    }

    /// Checks what can be checked before anybody approves.
    pub fn check(&self) -> Result<(), Error> {
        if self.identifier.is_empty() || self.identifier.len() >= 256 || self.identifier.contains('/') {
            return Err(Error::Malformed("the identifier must have 1 to 255 characters and no slash"));
        }
        if self.version.is_empty() || self.version.len() >= 256 {
            return Err(Error::Malformed("the version must have 1 to 255 characters"));
        }
        Ok(())
    }

    /// Checks that every service it cannot do without is here.
    pub fn check_services(&self) -> Result<(), Error> {
        let missing = self
            .requirements
            .iter()
            .find(|wanted| !wanted.optional && !SERVICES.iter().any(|(service, ..)| *service == wanted.service));
        missing.map_or(Ok(()), |wanted| Err(Error::NoService(wanted.service.clone())))
    }

    /// The client that this manifest means for a member.
    pub fn client_key(&self, member: Member, role: ClientRole) -> ClientKey {
        let device =
            self.node_id.as_deref().filter(|node| !node.is_empty()).map_or_else(String::new, |node| {
                keys::hex(&keys::hash(&format!("{}\n{node}", member.organisation_id)))
            });
        ClientKey {
            member,
            app: self.identifier.clone(),
            version: self.version.clone(),
            device,
            role,
            scopes: to_json(&self.scopes),
            requirements: to_json(&self.requirements),
        }
    }

    /// SHA-256 of what counts in the manifest.
    pub fn fingerprint(&self) -> String {
        keys::hex(&keys::hash(&to_json(self)))
    }
}

fn to_json<T: Serialize>(value: &T) -> String {
    // Strings, lists and structs of them always serialise.
    serde_json::to_string(value).unwrap_or_default()
}

/// A new OAuth client id.
pub fn new_client_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Finds or makes the client, and gives it one more client token. Former ones stay valid.
pub async fn register(
    store: &Store,
    manifest: &Manifest,
    member: Member,
    role: ClientRole,
) -> Result<(i64, String), Error> {
    manifest.check()?;
    manifest.check_services()?;
    let key = manifest.client_key(member, role);
    let token = keys::hex(&keys::random::<24>()?);
    let hash = keys::hash(&token);
    let row = store
        .write(move |transaction| {
            let now = clock::now();
            let row = identity::ensure_client(transaction, &key, &new_client_id(), now)?;
            identity::add_token(transaction, row, &hash, now)?;
            Ok(row)
        })
        .await?;
    Ok((row, token))
}

/// The client secret of an OAuth client id.
pub fn client_secret(keys: &Keys, client_id: &str) -> String {
    keys.secret("client secret", client_id)
}

/// Whether this is the secret of the OAuth client.
pub fn is_client_secret(keys: &Keys, client_id: &str, secret: &str) -> bool {
    keys.is_secret("client secret", client_id, secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(service: &str, optional: bool) -> Manifest {
        let requirement = Requirement { key: "x".into(), service: service.into(), optional, description: None };
        Manifest {
            identifier: "org.example.app".into(),
            version: "1".into(),
            scopes: vec![],
            requirements: vec![requirement],
            node_id: None,
        }
    }

    #[test]
    fn a_missing_service_counts_only_when_it_is_needed() {
        assert!(manifest("live.arkitekt.mikro", true).check_services().is_ok());
        assert!(manifest("live.arkitekt.rekuest", false).check_services().is_ok());
        let refusal = manifest("live.arkitekt.mikro", false).check_services().unwrap_err();
        assert_eq!(refusal.to_string(), "Unable to find instance for requirement live.arkitekt.mikro");
    }

    #[test]
    fn the_old_and_new_names_of_the_node_id_are_read() {
        for name in ["node_id", "nodeId", "device_id"] {
            let text = format!(r#"{{"identifier": "a", "version": "1", "{name}": "n", "logo": null}}"#);
            assert_eq!(serde_json::from_str::<Manifest>(&text).unwrap().node_id.as_deref(), Some("n"));
        }
        let both = r#"{"identifier": "a", "version": "1", "node_id": null, "device_id": "n"}"#;
        assert_eq!(serde_json::from_str::<Manifest>(both).unwrap().node_id.as_deref(), Some("n"));
    }
}
