//! A signed-in client of one deployment: where its services are, and the token they take.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{
    Secret,
    error::{Error, ReadOnly, Result},
    fakts::{self, Encryption},
    graphql::Client,
    http::{Http, url_of},
    tls::Tls,
    token::Tokens,
};

/// How to get in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Addresses and a token are known.
    Static {
        /// Kabinet's address without a slash at the end: `http://127.0.0.1:4711/kabinet`.
        kabinet: String,
        /// Rekuest's.
        rekuest: String,
        /// Lok's.
        lok: Option<String>,
        /// An access token.
        token: Secret,
    },
    /// A client token of the deployment at that address.
    Fakts {
        /// The deployment's address: what pods get as `FAKTS_URL`.
        url: String,
        /// Client token: what pods get as `FAKTS_TOKEN`.
        client_token: Secret,
        /// Whether it, and what is had for it, may go elsewhere without encryption.
        encryption: Encryption,
    },
    /// The same with certificate authorities of the site's own.
    Trusting {
        /// PEM file.
        ca_file: PathBuf,
        /// The way in.
        access: Box<Access>,
    },
}

impl Access {
    /// The way in, whatever is trusted on it.
    fn within(self) -> Self {
        match self {
            Self::Trusting { access, .. } => access.within(),
            other => other,
        }
    }

    /// The deployment's address.
    pub fn url(&self) -> &str {
        match self {
            Self::Static { kabinet, .. } => kabinet.strip_suffix("/kabinet").unwrap_or(kabinet),
            Self::Fakts { url, .. } => url,
            Self::Trusting { access, .. } => access.url(),
        }
    }

    /// A client token that the place where kab runs has given it, with the address to take it to: this machine's own
    /// server, or whoever made a pod. Whether that is encrypted was decided there.
    pub fn of_place(url: impl Into<String>, client_token: Secret) -> Self {
        Self::Fakts { url: url.into(), client_token, encryption: Encryption::Optional }
    }

    /// The stock layout of a deployment behind one address, which is also the embedded server's.
    pub fn stock(url: &str, token: Secret) -> Self {
        let url = url.trim_end_matches('/');
        Self::Static {
            kabinet: format!("{url}/kabinet"),
            rekuest: format!("{url}/rekuest"),
            lok: Some(format!("{url}/lok")),
            token,
        }
    }
}

/// Where the services of a deployment are: addresses without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Addresses {
    /// Kabinet's: `https://lab.example.org/kabinet`.
    pub kabinet: Option<String>,
    /// Rekuest's.
    pub rekuest: Option<String>,
    /// Lok's.
    pub lok: Option<String>,
}

impl Addresses {
    /// The stock layout of a deployment behind one address.
    pub fn stock(url: &str) -> Self {
        let url = url.trim_end_matches('/');
        let of = |service: &str| Some(format!("{url}/{service}"));
        Self { kabinet: of("kabinet"), rekuest: of("rekuest"), lok: of("lok") }
    }
}

/// A signed-in client; cheap to clone.
#[derive(Debug, Clone)]
pub struct Session {
    kabinet: Option<Client>,
    rekuest: Option<Client>,
    lok: Option<Client>,
    tokens: Tokens,
    client_id: Option<String>,
    http: Http,
    read_only: Option<ReadOnly>,
}

impl Session {
    /// Signs in: with a client token it claims, and picks the addresses that work. A token is fetched later, when
    /// first needed.
    ///
    /// # Errors
    /// When the deployment cannot be reached, the client token is refused, or Kabinet has no working address.
    pub async fn connect(access: Access) -> Result<Self> {
        match access {
            Access::Trusting { ca_file, access } => {
                let http = Http::trusting(Tls::with_authorities(Some(&ca_file))?)?;
                Self::through(http, access.within()).await
            }
            access => Self::through(Http::new()?, access).await,
        }
    }

    async fn through(http: Http, access: Access) -> Result<Self> {
        match access {
            Access::Trusting { .. } => Err(Error::Refused(String::from("two files of authorities are one too many"))),
            Access::Static { kabinet, rekuest, lok, token } => {
                let addresses = Addresses { kabinet: Some(kabinet), rekuest: Some(rekuest), lok };
                Self::of(&http, &addresses, Tokens::fixed(token))
            }
            Access::Fakts { url, client_token, encryption } => {
                let discovery = fakts::discover(&http, &url, encryption).await?;
                let found = fakts::claim(&http, &discovery.base_url, &client_token).await?;
                let search = fakts::Search { remembered: None, encryption, deployment: &discovery.address };
                let find = async |service| {
                    let found = fakts::find_address(&http, &found.instances, service, &search).await?;
                    Ok::<_, Error>(found.map(|found| found.url))
                };
                let (kabinet, rekuest, lok) =
                    futures_util::join!(find(fakts::KABINET), find(fakts::REKUEST), find(fakts::LOK));
                // Lok may be absent among the requirements, and is behind the fakts address all the same.
                let lok = lok.ok().flatten().or_else(|| Some(discovery.lok()));
                let client_id = found.auth.client_id.clone();
                let tokens = Tokens::of_client(http.clone(), discovery, client_token, found.auth);
                let addresses = Addresses { kabinet: kabinet?, rekuest: rekuest?, lok };
                Ok(Self { client_id: Some(client_id), ..Self::of(&http, &addresses, tokens)? })
            }
        }
    }

    /// A session at known addresses. Nothing is asked of anybody yet.
    ///
    /// # Errors
    /// When an address is none.
    pub fn of(http: &Http, addresses: &Addresses, tokens: Tokens) -> Result<Self> {
        let client = |service: &'static str, address: &Option<String>| {
            let address = address.as_ref().map(|address| format!("{}/graphql", address.trim_end_matches('/')));
            let url = address.map(|address| url_of(service, &address)).transpose()?;
            Ok::<_, Error>(url.map(|url| Client::new(service, http.clone(), url, tokens.clone())))
        };
        // An app in a pod may need only one of them; Kabinet's absence shows when it is asked.
        Ok(Self {
            kabinet: client("Kabinet", &addresses.kabinet)?,
            rekuest: client("Rekuest", &addresses.rekuest)?,
            lok: client("Lok", &addresses.lok)?,
            http: http.clone(),
            client_id: None,
            read_only: None,
            tokens,
        })
    }

    /// The same session; with a reason, it sends nothing that changes something.
    #[must_use]
    pub fn with_read_only(self, reason: Option<ReadOnly>) -> Self {
        let held = |client: Option<Client>| client.map(|client| client.read_only(reason.clone()));
        let (kabinet, rekuest, lok) = (held(self.kabinet), held(self.rekuest), held(self.lok));
        Self { kabinet, rekuest, lok, read_only: reason, ..self }
    }

    /// The same session of a client whose OAuth id is known.
    #[must_use]
    pub fn with_client_id(self, client_id: Option<String>) -> Self {
        Self { client_id, ..self }
    }

    /// Why it changes nothing; `None`: it may.
    pub fn read_only(&self) -> Option<&ReadOnly> {
        self.read_only.as_ref()
    }

    /// The HTTP client, with what it trusts.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// Kabinet's GraphQL.
    ///
    /// # Errors
    /// When the deployment does not offer Kabinet to this client.
    pub fn kabinet(&self) -> Result<&Client> {
        self.kabinet.as_ref().ok_or_else(|| absent("Kabinet"))
    }

    /// Rekuest's GraphQL.
    ///
    /// # Errors
    /// When the deployment does not offer Rekuest to this client.
    pub fn rekuest(&self) -> Result<&Client> {
        self.rekuest.as_ref().ok_or_else(|| absent("Rekuest"))
    }

    /// Lok's GraphQL.
    ///
    /// # Errors
    /// When its address is unknown.
    pub fn lok(&self) -> Result<&Client> {
        self.lok.as_ref().ok_or_else(|| absent("Lok"))
    }

    /// Address of Rekuest's agent socket: `ws://…/rekuest/agi`.
    ///
    /// # Errors
    /// When the deployment does not offer Rekuest to this client.
    pub fn agent_socket(&self) -> Result<String> {
        let address = self.rekuest()?.socket_address();
        Ok(format!("{}agi", address.strip_suffix("graphql").unwrap_or(&address)))
    }

    /// The access token's keeper; the agent socket sends the token in its `REGISTER`.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// OAuth client id of this client, where a claim told it.
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }
}

fn absent(service: &str) -> Error {
    Error::NoAddress { service: service.to_owned(), why: "the deployment does not offer it to this client".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_agent_socket_lies_beside_graphql() {
        let access = Access::stock("http://127.0.0.1:4711/", Secret::new("t"));
        let session = Session::connect(access).await.unwrap();
        assert_eq!(session.agent_socket().unwrap(), "ws://127.0.0.1:4711/rekuest/agi");
    }
}
