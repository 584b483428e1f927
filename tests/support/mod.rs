//! Help for tests of the whole program: a server on a free port, a client of it, and waiting with a limit.
#![allow(dead_code, reason = "every test program uses another part of it")]

use std::time::Duration;

use kab::server::{ClientRole, Manifest, Options, Server};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a test waits for something that should happen at once: a slow machine under load may take its time.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A running server over a folder that goes away with it.
pub struct TestServer {
    pub server: Server,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    pub http: reqwest::Client,
    stop: CancellationToken,
    running: Option<JoinHandle<()>>,
    folder: Option<tempfile::TempDir>,
}

impl TestServer {
    /// A server with the usual options, except that it fetches no repositories.
    pub async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// A server with other options.
    pub async fn start_with(change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options::new(folder.path());
        options.repositories.defaults = Vec::new();
        change(&mut options);
        Self::open(options, Some(folder)).await
    }

    async fn open(options: Options, folder: Option<tempfile::TempDir>) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let server = Server::open(options).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let (server, stop) = (server.clone(), stop.clone());
            async move { server.serve(listener, stop).await.unwrap() }
        });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { server, url, http, stop, running: Some(running), folder }
    }

    /// Stops it and starts another one over the same folder, on another port.
    pub async fn restart(mut self, change: impl FnOnce(&mut Options)) -> Self {
        self.stop().await;
        let folder = self.folder.take();
        let mut options = Options::new(folder.as_ref().unwrap().path());
        options.repositories.defaults = Vec::new();
        change(&mut options);
        Self::open(options, folder).await
    }

    /// The same without giving it away: another server over the same folder takes its place.
    pub async fn reopen(&mut self, change: impl FnOnce(&mut Options)) {
        self.stop().await;
        let folder = self.folder.take();
        let mut options = Options::new(folder.as_ref().unwrap().path());
        options.repositories.defaults = Vec::new();
        change(&mut options);
        *self = Self::open(options, folder).await;
    }

    /// Stops it and waits for its end.
    pub async fn stop(&mut self) {
        self.stop.cancel();
        if let Some(running) = self.running.take() {
            tokio::time::timeout(PATIENCE, running).await.expect("the server stops in time").unwrap();
        }
    }

    /// `ws://127.0.0.1:PORT`.
    pub fn socket_url(&self) -> String {
        self.url.replacen("http", "ws", 1)
    }

    /// An access token of the default user for an app of this name.
    pub async fn token(&self, app: &str, role: ClientRole) -> String {
        let manifest = Manifest::for_everything(app, "1.0.0");
        let client_token = self.server.client_token_for(&manifest, role).await.unwrap();
        self.server.issue_access_token(&client_token).await.unwrap()
    }

    /// POSTs JSON and reads JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let reply = self.http.post(format!("{}{path}", self.url)).json(body).send().await.unwrap();
        assert!(reply.status().is_success(), "{path}: {}", reply.status());
        reply.json().await.unwrap()
    }

    /// Runs a GraphQL document and gives the whole reply.
    pub async fn graphql(&self, service: &str, token: &str, query: &str, variables: Value) -> Value {
        let request = self
            .http
            .post(format!("{}/{service}/graphql", self.url))
            .bearer_auth(token)
            .json(&json!({"query": query, "variables": variables}));
        let reply = request.send().await.unwrap();
        assert_eq!(reply.status(), 200);
        reply.json().await.unwrap()
    }

    /// Runs a GraphQL document that must succeed, and gives its data.
    pub async fn data(&self, service: &str, token: &str, query: &str, variables: Value) -> Value {
        let reply = self.graphql(service, token, query, variables).await;
        assert!(reply.get("errors").is_none(), "{query}: {reply}");
        reply["data"].clone()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Asks again and again until the answer is something; fails after a while.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let limit = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < limit, "{what} did not happen in time");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
