//! What all requests of a face share: the rules of the generation, the script, the way to the embedded server behind.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use kab::server::Server;
use serde_json::{Value, json};

use crate::support::TestServer;

use super::{
    Generation,
    graphql::{Defects, schema::Schema},
    kabinet,
    link::Link,
    newest::{Approvals, Newest},
    rekuest,
    script::{Script, Service},
};

const FIRST: &str = include_str!("schema/first.graphql");
const NEWEST: &str = include_str!("schema/newest.graphql");
const REKUEST: &str = include_str!("schema/rekuest.graphql");

/// A deployment.
pub struct Deployment {
    pub generation: Generation,
    pub script: Script,
    pub link: Arc<Link>,
    pub http: reqwest::Client,
    kabinet: (Schema, Box<dyn Defects>, &'static str),
    rekuest: (Schema, rekuest::Rekuest),
    pub approvals: Arc<Approvals>,
    behind: Mutex<String>,
    server: Mutex<Option<Server>>,
    files: Mutex<HashMap<String, String>>,
}

impl Deployment {
    /// One whose server behind is not known yet.
    pub fn new(generation: Generation) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let approvals = Arc::new(Approvals::default());
        let (sdl, defects): (_, Box<dyn Defects>) = match generation {
            Generation::First => (FIRST, Box::new(kabinet::First)),
            Generation::Newest => (NEWEST, Box::new(Newest(Arc::clone(&approvals)))),
        };
        Self {
            generation,
            script: Script::default(),
            link: Arc::default(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            kabinet: (Schema::parse(sdl), defects, sdl),
            approvals,
            rekuest: (Schema::parse(REKUEST), rekuest::Rekuest),
            behind: Mutex::default(),
            server: Mutex::default(),
            files: Mutex::default(),
        }
    }

    /// Where the embedded server is.
    pub fn behind(&self) -> String {
        self.behind.lock().unwrap().clone()
    }

    pub(super) fn set_behind(&self, server: &TestServer) {
        server.url.clone_into(&mut self.behind.lock().unwrap());
        *self.server.lock().unwrap() = Some(server.server.clone());
    }

    /// The embedded server.
    pub fn server(&self) -> Server {
        self.server.lock().unwrap().clone().expect("the server is there once the face is")
    }

    /// The file of a repository, by its path on the host of raw files.
    pub fn published(&self, path: &str) -> Option<String> {
        self.files.lock().unwrap().get(path).cloned()
    }

    pub(super) fn publish(&self, path: String, text: String) {
        self.files.lock().unwrap().insert(path, text);
    }

    /// The schema and the defects of a service; Lok's GraphQL is passed on as it is.
    pub fn rules(&self, service: Service) -> Option<(&Schema, &dyn Defects)> {
        match service {
            Service::Kabinet => Some((&self.kabinet.0, &*self.kabinet.1)),
            Service::Rekuest => Some((&self.rekuest.0, &self.rekuest.1)),
            Service::Lok => None,
        }
    }

    /// The schema as text.
    pub fn sdl(&self, service: Service) -> &'static str {
        if service == Service::Kabinet { self.kabinet.2 } else { REKUEST }
    }

    /// Whether a token counts; the words of the refusal otherwise. `token` is the value of the header.
    pub async fn let_in(&self, service: Service, token: Option<&str>) -> Result<(), String> {
        let bare = token.and_then(|value| value.strip_prefix("Bearer "));
        if let Some(bare) = bare {
            if self.script.is_expired(bare) {
                return Err("Token has expired".into());
            }
            self.script.issued(bare);
        }
        let answer = self.ask_behind(service, token, &json!({"query": "{ __typename }"})).await;
        match answer["errors"][0]["message"].as_str() {
            Some(message) => Err(message.to_owned()),
            None => Ok(()),
        }
    }

    /// Asks the embedded server.
    pub async fn ask_behind(&self, service: Service, token: Option<&str>, body: &Value) -> Value {
        let mut request = self.http.post(format!("{}/{}/graphql", self.behind(), path_of(service))).json(body);
        if let Some(token) = token {
            request = request.header("Authorization", token);
        }
        let gone = |why: &str| json!({"data": null, "errors": [{"message": format!("connection failed: {why}")}]});
        match request.send().await {
            Ok(answer) => answer.json().await.unwrap_or_else(|error| gone(&error.to_string())),
            Err(error) => gone(&error.to_string()),
        }
    }

    /// The address of a socket of the embedded server.
    pub fn socket_behind(&self, path: &str) -> String {
        format!("{}{path}", self.behind().replacen("http", "ws", 1))
    }
}

/// The prefix of a service.
pub fn path_of(service: Service) -> &'static str {
    match service {
        Service::Kabinet => "kabinet",
        Service::Rekuest => "rekuest",
        Service::Lok => "lok",
    }
}
