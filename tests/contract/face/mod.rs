//! A deployment for tests that behaves like the real ones, defects included: a face in front of the embedded server, which
//! keeps the state. It needs nothing but loopback, and ends when it is dropped.
//!
//! ```ignore
//! let face = Face::start(Generation::First).await;
//! face.publish("acme/cells", &yaml).await;
//! let store = Store::connect(face.access().await).await.unwrap();
//! face.script().next(1, "Assign", Fault::LoseReply);
//! ```

mod agi;
mod deployment;
pub mod graphql;
mod http;
mod kabinet;
mod link;
mod lok;
mod newest;
mod rekuest;
mod scan;
mod script;
mod socket;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use kab::{
    server::{AgentTimes, ClientRole, Manifest, Options},
    services::{Access, Secret},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::support::TestServer;
use deployment::Deployment;
pub use link::Link;
pub use lok::Device;
#[allow(unused_imports, reason = "every test program uses another part of it")]
pub use script::{Fault, Request, Requests, Script, Service, Transport};

/// Which servers are played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// Kabinet 2.0.0, Rekuest 2.2, Lok 1.0.
    First,
    /// The newest Kabinet that is known, with the same Rekuest and Lok.
    Newest,
}

/// A deployment on loopback.
pub struct Face {
    deployment: Arc<Deployment>,
    server: TestServer,
    address: SocketAddr,
    inner: SocketAddr,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Face {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

fn settle(options: &mut Options, inner: SocketAddr) {
    options.agents = AgentTimes { grace: Duration::from_millis(500), ..AgentTimes::default() };
    options.repositories.raw_host = format!("http://{inner}/raw");
}

impl Face {
    /// Starts one with an empty catalogue.
    pub async fn start(generation: Generation) -> Self {
        let deployment = Arc::new(Deployment::new(generation));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let inner = listener.local_addr().unwrap();
        let router = Router::new()
            .fallback(http::answer)
            .layer(axum::extract::DefaultBodyLimit::max(32 << 20))
            .with_state(Arc::clone(&deployment));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        let server = TestServer::start_with(|options| settle(options, inner)).await;
        deployment.set_behind(&server);
        let (address, linking) = deployment.link.start(inner).await;
        Self { deployment, server, address, inner, tasks: vec![serving, linking] }
    }

    /// `http://127.0.0.1:PORT`: what a person would type, and what stays when the server behind is another.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What is to go wrong.
    pub fn script(&self) -> &Script {
        &self.deployment.script
    }

    /// The wire in front.
    pub fn link(&self) -> &Link {
        &self.deployment.link
    }

    /// Everything that was asked so far.
    pub fn requests(&self) -> Requests {
        self.deployment.script.requests()
    }

    /// The embedded server behind, without any defect.
    pub fn behind(&self) -> &TestServer {
        &self.server
    }

    /// An access token of the default user for an app of this name.
    pub async fn token(&self, app: &str, role: ClientRole) -> String {
        let token = self.server.token(app, role).await;
        self.deployment.script.issued(&token);
        token
    }

    /// The three addresses and a token that cannot be renewed.
    pub async fn access(&self) -> Access {
        Access::stock(&self.url(), Secret::new(self.token("org.example.store", ClientRole::Interface).await))
    }

    /// The address and a client token, which is claimed.
    pub async fn fakts(&self, app: &str, role: ClientRole) -> Access {
        let manifest = Manifest::for_everything(app, "1.0.0");
        let client_token = self.server.server.client_token_for(&manifest, role).await.unwrap();
        Access::of_place(self.url(), Secret::new(client_token))
    }

    /// Publishes a deployments file as a repository (`user/name`) and brings it in. Gives its id.
    pub async fn publish(&self, repository: &str, yaml: &str) -> String {
        self.put(repository, yaml);
        let token = self.server.token("org.example.seeding", ClientRole::Interface).await;
        let query = "mutation ($i: CreateGithubRepoInput!) { createGithubRepo(input: $i) { id } }";
        let added = self.server.data("kabinet", &token, query, json!({"i": {"identifier": repository}})).await;
        added["createGithubRepo"]["id"].as_str().unwrap().to_owned()
    }

    /// Publishes a deployments file where a scan finds it, and does not bring it in.
    pub fn put(&self, repository: &str, yaml: &str) {
        let path = format!("{repository}/main/.arkitekt_next/deployments.yaml");
        self.deployment.publish(path, yaml.to_owned());
    }

    /// Publishes a file, such as `user/name/main/README.md`.
    pub fn put_file(&self, path: &str, text: &str) {
        self.deployment.publish(path.to_owned(), text.to_owned());
    }

    /// Runs a document through the face as that client, and gives the whole reply.
    pub async fn ask(&self, service: &str, token: &str, query: &str, variables: Value) -> Value {
        let request = self
            .deployment
            .http
            .post(format!("{}/{service}/graphql", self.url()))
            .bearer_auth(token)
            .json(&json!({"query": query, "variables": variables}));
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Goes down: connections break and are refused from now on, and the server behind ends.
    pub async fn down(&mut self) {
        self.deployment.link.refuse(true);
        self.deployment.link.cut_all();
        self.server.stop().await;
    }

    /// Comes up again at the same address, with the same data.
    pub async fn up(&mut self) {
        let inner = self.inner;
        self.server.reopen(|options| settle(options, inner)).await;
        self.deployment.set_behind(&self.server);
        self.deployment.link.refuse(false);
    }
}
