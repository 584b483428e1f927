//! What happens after a deployment has said yes: tokens, addresses, and a context with a login on disk.

use std::path::PathBuf;

use super::claims::Claims;
use super::connect::Who;
use super::contexts::change;
use super::services::{REPORT, Resolved, report, resolve};
use super::sign_in::SignedIn;
use super::store::{AccessToken, Credentials, Fresh, Held, Key, Stored, now};
use crate::config::{ContextEntry, ContextError, ContextName, Contexts, Folders};
use crate::domain::Failure;
use crate::services::fakts::{self, Discovery, Encryption, Grant, Instances, Mandate, Manifest, Protocol, Redeemed};
use crate::services::{Error, Http, Secret};

/// Everything that a login needs.
#[derive(Debug)]
pub struct Entered {
    key: Key,
    instances: Instances,
    access: AccessToken,
}

/// Where a login is put.
pub struct Place<'a> {
    pub folders: &'a Folders,
    pub http: &'a Http,
    pub name: ContextName,
    pub encryption: Encryption,
    pub ca_file: Option<PathBuf>,
}

impl Place<'_> {
    /// Takes the lock of the login. Whoever trades a token that is worth something once holds it before, so that what
    /// comes back is on disk at once.
    pub async fn lock(&self) -> Result<Held, Error> {
        Credentials::of(self.folders).lock(&self.name).await
    }
}

/// The name of the context for a deployment: the one that leads there already, else a new one after the host.
pub fn name_of(folders: &Folders, address: &str) -> Result<ContextName, NotKept> {
    let contexts = Contexts::read(&folders.contexts_file()).map_err(|error| not_written(&error))?;
    Ok(name_for(&contexts, address))
}

/// Why a login was not kept.
#[derive(Debug)]
pub enum NotKept {
    Error(Error),
    Failure(Failure),
}

impl From<Error> for NotKept {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Goes on from an approved device code.
pub async fn with_code(http: &Http, discovery: &Discovery, redeemed: Redeemed) -> Result<Entered, Error> {
    match redeemed {
        Redeemed::ClientToken(token) => with_client_token(http, discovery, &token).await,
        Redeemed::Grant(grant) => with_grant(discovery, *grant, None),
    }
}

/// Goes on from a ready-made token.
pub async fn with_token(http: &Http, discovery: &Discovery, token: &Secret) -> Result<Entered, Error> {
    let two = match (discovery.protocol, token.expose().split_once(':')) {
        (Protocol::Two, Some((client, refresh))) => Some((client.to_owned(), Secret::new(refresh))),
        _ => None,
    };
    let Some((client_id, refresh_token)) = two else {
        return with_client_token(http, discovery, token).await;
    };
    let grant = fakts::refresh(http, token_endpoint(discovery)?, &client_id, &refresh_token).await?;
    with_grant(discovery, grant, Some((client_id, refresh_token)))
}

/// Goes on from a client token (version 1): claims, and asks for an access token.
pub async fn with_client_token(http: &Http, discovery: &Discovery, client_token: &Secret) -> Result<Entered, Error> {
    let claimed = fakts::claim(http, &discovery.base_url, client_token).await?;
    let obtained_at = now();
    let grant = fakts::client_credentials(http, &claimed.auth, Some(&discovery.lok())).await?;
    Ok(Entered {
        key: Key::Client { client_token: client_token.clone(), auth: claimed.auth },
        instances: claimed.instances,
        access: AccessToken { token: grant.access_token, obtained_at, expires_in: grant.expires_in },
    })
}

/// Goes on from a mandate key (version 2).
pub async fn with_mandate(
    http: &Http,
    discovery: &Discovery,
    key: &Secret,
    manifest: &Manifest,
) -> Result<Entered, Error> {
    let endpoint = token_endpoint(discovery)?;
    let obtained_at = now();
    let grant = fakts::mandate(http, endpoint, Mandate { key, manifest }).await?;
    Ok(Entered {
        key: Key::Mandate {
            key: key.clone(),
            node: manifest.node.clone(),
            token_endpoint: endpoint.to_owned(),
            part: manifest.part.clone(),
        },
        instances: grant.instances.unwrap_or_default(),
        access: AccessToken { token: grant.access_token, obtained_at, expires_in: grant.expires_in },
    })
}

/// Goes on from what a token endpoint granted (version 2). `used` is what was traded for it, where that is known.
fn with_grant(discovery: &Discovery, grant: Grant, used: Option<(String, Secret)>) -> Result<Entered, Error> {
    let (used_id, used_token) = used.unzip();
    let unreadable = |why: &str| Error::Unreadable { service: "Lok".into(), why: why.into() };
    let client_id = grant.client_id.or(used_id).ok_or_else(|| unreadable("a grant without client_id"))?;
    let refresh_token = grant.refresh_token.or(used_token);
    let refresh_token = refresh_token.ok_or_else(|| unreadable("a grant without refresh_token"))?;
    Ok(Entered {
        key: Key::Refresh {
            client_id,
            refresh_token,
            token_endpoint: token_endpoint(discovery)?.to_owned(),
            revocation_endpoint: discovery.revocation_endpoint.clone(),
        },
        instances: grant.instances.unwrap_or_default(),
        access: AccessToken { token: grant.access_token, obtained_at: now(), expires_in: grant.expires_in },
    })
}

fn token_endpoint(discovery: &Discovery) -> Result<&str, Error> {
    let absent = || Error::Refused(format!("{} speaks protocol version 1, which has none of that", discovery.address));
    discovery.token_endpoint.as_deref().ok_or_else(absent)
}

/// Puts the login on disk, and makes or renews its context. Only then is looked where its services are.
pub async fn keep(place: Place<'_>, held: Held, discovery: Discovery, entered: Entered) -> Result<SignedIn, NotKept> {
    let claims = Claims::of(&entered.access.token);
    let lok = discovery.lok();
    let Discovery { name: deployment, address, base_url, protocol, .. } = discovery;
    let Entered { key, instances, access } = entered;
    let encryption = place.encryption;
    let mut stored = Stored::new(Fresh { deployment, address, base_url, lok, encryption, key, instances, access });
    held.write(&stored)?;
    let (entry, is_current) = keep_context(&place, &stored.address, &claims)?;
    let mut notes = Vec::new();
    let Resolved { addresses, reports } = resolve(place.http, &stored).await;
    tokio::time::timeout(REPORT, report(place.http, &stored, &reports)).await.ok();
    match addresses {
        Ok(addresses) => {
            if addresses.kabinet.is_none() {
                notes.push(format!("{} offers no Kabinet to you: there will be no apps.", stored.deployment));
            }
            stored.remembered = addresses;
            if let Err(error) = held.write(&stored) {
                tracing::warn!("the working addresses of {} are not remembered: {error}", place.name);
            }
        }
        // The login is good all the same; the network may be another one tomorrow.
        Err(error) => notes.push(format!("You are signed in, but {error}")),
    }
    let credentials = Credentials::of(place.folders);
    notes.extend(credentials.warnings());
    let stored_in = credentials.path(&place.name);
    let who = Who {
        organisation: entry.organisation.clone().unwrap_or_default(),
        user: entry.user.clone().unwrap_or_default(),
        subject: claims.subject.unwrap_or_default(),
        url: stored.address,
        colour: entry.colour,
        word: entry.word,
        read_only: None,
        confirm: entry.confirm,
        context: place.name,
    };
    let deployment = stored.deployment;
    Ok(SignedIn { who, deployment, protocol, roles: claims.roles, stored_in, is_current, notes })
}

/// Makes or renews the context; whether it is the current one.
fn keep_context(place: &Place<'_>, address: &str, claims: &Claims) -> Result<(ContextEntry, bool), NotKept> {
    let changed = change(place.folders, "Could not keep the context", |contexts| {
        let is_first = contexts.all.is_empty();
        let entry = contexts.all.entry(place.name.clone()).or_default();
        (entry.kabinet, entry.rekuest, entry.lok) = (None, None, None);
        entry.url = Some(address.to_owned());
        // A token file would go before the login that was just made.
        entry.token_file = None;
        entry.organisation = claims.organisation.clone().or(entry.organisation.take());
        entry.user = claims.user.clone().or(entry.user.take());
        if place.ca_file.is_some() {
            // Commands run in any folder.
            entry.ca_file = place.ca_file.as_ref().and_then(|file| std::path::absolute(file).ok());
        }
        let entry = entry.clone();
        if is_first && contexts.current.is_none() {
            contexts.current = Some(place.name.clone());
        }
        Ok((entry, contexts.current.as_ref() == Some(&place.name)))
    });
    changed.map_err(NotKept::Failure)
}

fn not_written(error: &ContextError) -> NotKept {
    NotKept::Failure(super::choice::failure(error))
}

/// The context that leads there already, else a new name after the host.
fn name_for(contexts: &Contexts, address: &str) -> ContextName {
    let there = contexts
        .all
        .iter()
        .find(|(_, entry)| entry.url.as_deref().map(|url| url.trim_end_matches('/')) == Some(address));
    if let Some((name, _)) = there {
        return name.clone();
    }
    let host = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or(host);
    let base = ContextName::made_of(host).filter(|name| !name.is_local());
    let base = base.or_else(|| ContextName::made_of("server")).unwrap_or_else(ContextName::local);
    let free = |name: &ContextName| !name.is_local() && !contexts.all.contains_key(name);
    let numbered = (2..).filter_map(|number: u32| {
        let end = format!("-{number}");
        // A name has 64 letters at most, and its end is what makes it another one.
        let room = ContextName::LONGEST.saturating_sub(end.len()).min(base.as_str().len());
        ContextName::made_of(&format!("{}{end}", base.as_str().get(..room)?))
    });
    std::iter::once(base.clone()).chain(numbered).find(free).unwrap_or(base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ContextEntry;

    #[test]
    fn a_context_is_named_after_its_host() {
        let mut contexts = Contexts::default();
        let name = |contexts: &Contexts, address: &str| name_for(contexts, address).to_string();
        assert_eq!(name(&contexts, "https://lab.example.org/arkitekt"), "lab.example.org");
        assert_eq!(name(&contexts, "http://127.0.0.1:4711"), "127.0.0.1-4711");
        assert_eq!(name(&contexts, "https://local"), "server");
        let entry = ContextEntry { url: Some("https://lab.example.org/".into()), ..ContextEntry::default() };
        contexts.all.insert("mine".parse().unwrap(), entry);
        assert_eq!(name(&contexts, "https://lab.example.org"), "mine", "it leads there already");
        contexts.all.insert("a.org".parse().unwrap(), ContextEntry::default());
        assert_eq!(name(&contexts, "https://a.org"), "a.org-2");
        for letters in [62, 63, 64] {
            let host = "a".repeat(letters);
            contexts.all.insert(host.parse().unwrap(), ContextEntry::default());
            assert_eq!(name(&contexts, &format!("https://{host}")), format!("{}-2", &host[..62]), "{letters} letters");
        }
    }
}
