//! A signed-in client of one deployment: where its services are, and the token they take.

use super::{
    Secret,
    error::{Error, Result},
    fakts,
    graphql::Client,
    http::{Http, url_of},
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
    },
}

impl Access {
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

/// A signed-in client; cheap to clone.
#[derive(Debug, Clone)]
pub struct Session {
    kabinet: Option<Client>,
    rekuest: Option<Client>,
    lok: Option<Client>,
    tokens: Tokens,
    client_id: Option<String>,
}

impl Session {
    /// Signs in: with a client token it claims, and picks the addresses that work. A token is fetched later, when
    /// first needed.
    ///
    /// # Errors
    /// When the deployment cannot be reached, the client token is refused, or Kabinet has no working address.
    pub async fn connect(access: Access) -> Result<Self> {
        let http = Http::new()?;
        match access {
            Access::Static { kabinet, rekuest, lok, token } => {
                let tokens = Tokens::fixed(token);
                Self::of(&http, tokens, None, Some(&kabinet), Some(&rekuest), lok.as_deref())
            }
            Access::Fakts { url, client_token } => {
                let discovery = fakts::discover(&http, &url).await?;
                let found = fakts::claim(&http, &discovery, &client_token).await?;
                let (kabinet, rekuest, lok) = futures_util::join!(
                    fakts::working_address(&http, &found, fakts::KABINET),
                    fakts::working_address(&http, &found, fakts::REKUEST),
                    fakts::working_address(&http, &found, fakts::LOK),
                );
                // Lok may be absent among the requirements, and is behind the fakts address all the same.
                let lok = lok.ok().flatten().or_else(|| {
                    let base = discovery.base_url.trim_end_matches('/');
                    base.strip_suffix("/f").map(str::to_owned)
                });
                let client_id = found.auth.client_id.clone();
                let tokens = Tokens::of_client(http.clone(), discovery, client_token, found.auth);
                Self::of(&http, tokens, Some(client_id), kabinet?.as_deref(), rekuest?.as_deref(), lok.as_deref())
            }
        }
    }

    fn of(
        http: &Http,
        tokens: Tokens,
        client_id: Option<String>,
        kabinet: Option<&str>,
        rekuest: Option<&str>,
        lok: Option<&str>,
    ) -> Result<Self> {
        let client = |service: &'static str, address: &str| {
            url_of(service, &format!("{}/graphql", address.trim_end_matches('/')))
                .map(|url| Client::new(service, http.clone(), url, tokens.clone()))
        };
        // An app in a pod may need only one of them; Kabinet's absence shows when it is asked.
        let kabinet = kabinet.map(|address| client("Kabinet", address)).transpose()?;
        let rekuest = rekuest.map(|address| client("Rekuest", address)).transpose()?;
        let lok = lok.map(|address| client("Lok", address)).transpose()?;
        Ok(Self { kabinet, rekuest, lok, tokens, client_id })
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
