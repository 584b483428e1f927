//! A deployment that only answers what a test tells it to, and writes down every request: for counting them, and for
//! servers of other generations than the embedded one.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Json, Router, extract::State, routing::post};
use serde_json::{Value, json};

use super::{
    backend::{Backend, Parts},
    driver::{ContainerPhase, ContainerSpec, Gpu, Limits, State as ContainerState, fake::Fake},
    maker::Maker,
    notes::Notes,
    records::{Place, Records},
    settings::Settings,
};
use crate::services::{Access, Secret, Session};

/// The deployment.
pub struct Scripted {
    pub url: String,
    pub book: Arc<Mutex<Book>>,
}

/// What it answers, and what it was asked.
#[derive(Default)]
pub struct Book {
    /// Operation names with their variables, in order.
    pub asked: Vec<(String, Value)>,
    /// Answers that come before the usual ones: data, or an error text.
    pub next: BTreeMap<&'static str, VecDeque<Result<Value, &'static str>>>,
    /// The usual answers.
    pub usual: BTreeMap<&'static str, Value>,
    /// Pods of the engine: id, container, status.
    pub pods: Vec<(String, String, String)>,
    working: usize,
    /// How many requests were worked on at the same time, at most.
    pub most_at_once: usize,
}

/// The client id of the engine; it is unique, as those of real deployments.
pub const CLIENT: &str = "0b0f6f0e-3c1e-4f6e-9d40-6a1f6ac4c111";

impl Scripted {
    pub async fn start() -> Self {
        let book = Arc::new(Mutex::new(Book { usual: first_generation(), ..Book::default() }));
        let router = Router::new()
            .route("/kabinet/graphql", post(answer))
            .route("/rekuest/graphql", post(answer))
            .route("/lok/graphql", post(answer))
            .with_state(Arc::clone(&book));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, book }
    }

    /// It asks for approvals, as servers of the newest generation do.
    pub fn needs_approvals(&self, approvals: &Value) {
        let mut book = self.book.lock().unwrap();
        let field = |name: &str, kind: &str| json!({"name": name, "type": {"kind": kind}});
        let deployment = json!({"inputFields": [field("flavour", "NON_NULL"), field("approval", "NON_NULL")]});
        book.usual.insert("EngineCapabilities", json!({"selector": null, "pod": null, "deployment": deployment}));
        let answer = json!({"release": {"approvalDigest": "now"}, "releaseApprovals": approvals});
        book.usual.insert("ReleaseApprovals", answer);
    }

    pub async fn session(&self) -> Session {
        Session::connect(Access::stock(&self.url, Secret::new("t"))).await.unwrap()
    }

    pub async fn backend(&self, fake: &Arc<Fake>) -> Arc<Backend> {
        self.backend_with(fake, Notes::open(None)).await
    }

    pub async fn backend_with(&self, fake: &Arc<Fake>, notes: Notes) -> Arc<Backend> {
        let backend = Backend::new(Parts {
            driver: Arc::clone(fake) as Arc<dyn super::driver::Driver>,
            records: Records::new(self.session().await),
            settings: Settings::default(),
            place: Place { backend: "7".into(), client_id: CLIENT.into() },
            name: "fake on host".into(),
            node: "node".into(),
            gateway_url: self.url.clone(),
            images: None,
            maker: Maker { kind: "podman".into(), store: None },
            notes,
        });
        Arc::new(backend)
    }

    /// So many pods that run, here and there.
    pub fn with_pods(&self, fake: &Fake, count: usize) {
        let mut book = self.book.lock().unwrap();
        for number in 1..=count {
            let container = format!("{number:064x}");
            book.pods.push((number.to_string(), container.clone(), "RUNNING".into()));
            fake.lock().containers.insert(container, (spec(CLIENT, "7"), running()));
        }
    }

    pub fn asked(&self) -> Vec<String> {
        self.book.lock().unwrap().asked.iter().map(|(name, _)| name.clone()).collect()
    }

    pub fn variables(&self, operation: &str) -> Vec<Value> {
        let book = self.book.lock().unwrap();
        book.asked.iter().filter(|(name, _)| name == operation).map(|(_, variables)| variables.clone()).collect()
    }
}

/// A container with the labels of an engine of kab.
pub fn spec(owner: &str, backend: &str) -> ContainerSpec {
    let labels = [("arkitekt.live.kabinet", owner), ("kab.backend", backend)];
    ContainerSpec {
        name: "kab-app".into(),
        image: "user/app:1".into(),
        environment: Vec::new(),
        labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter().collect(),
        command: None,
        network: "host".into(),
        gpu: Gpu::None,
        limits: Limits::default(),
    }
}

pub fn running() -> ContainerState {
    ContainerState { phase: ContainerPhase::Running, restarts: 0, last_code: None, error: None }
}

async fn answer(State(book): State<Arc<Mutex<Book>>>, Json(body): Json<Value>) -> Json<Value> {
    let query = body["query"].as_str().unwrap_or_default();
    let name: String =
        query.split_whitespace().nth(1).unwrap_or_default().chars().take_while(|c| c.is_alphanumeric()).collect();
    {
        let mut book = book.lock().unwrap();
        book.working += 1;
        book.most_at_once = book.most_at_once.max(book.working);
        book.asked.push((name.clone(), body["variables"].clone()));
    }
    // Whoever asks twice at once is caught.
    tokio::time::sleep(Duration::from_millis(1)).await;
    let mut book = book.lock().unwrap();
    book.working -= 1;
    if let Some(next) = book.next.get_mut(name.as_str()).and_then(VecDeque::pop_front) {
        return Json(match next {
            Ok(data) => json!({ "data": data }),
            Err(error) => json!({"data": null, "errors": [{"message": error}]}),
        });
    }
    if name == "BackendPods" {
        return Json(json!({"data": {"pods": page(&book.pods, &body["variables"])}}));
    }
    match book.usual.get(name.as_str()) {
        Some(data) => Json(json!({ "data": data })),
        None => Json(json!({"data": null, "errors": [{"message": format!("Cannot query {name}.")}]})),
    }
}

fn page(pods: &[(String, String, String)], variables: &Value) -> Vec<Value> {
    let number = |name: &str| usize::try_from(variables[name].as_u64().unwrap()).unwrap();
    let page = pods.iter().skip(number("offset")).take(number("limit"));
    page.map(|(id, container, status)| json!({"id": id, "podId": container, "status": status})).collect()
}

fn first_generation() -> BTreeMap<&'static str, Value> {
    let flavour = json!({"flavour": {
        "id": "17", "name": "vanilla", "manifest": {"scopes": ["read"]},
        "image": {"imageString": "user/app:1", "buildAt": null}, "requirements": [],
        "release": {"id": "5", "version": "0.1.0", "scopes": [], "app": {"identifier": "com.example.app"}}}});
    BTreeMap::from([
        ("DeclareBackend", json!({"declareBackend": {"id": "7", "clientId": CLIENT}})),
        ("DeclareResource", json!({"declareResource": {"id": "8"}})),
        ("EngineCapabilities", json!({"selector": {"fields": [{"name": "kind"}]}, "pod": null, "deployment": null})),
        ("HasEngineSettings", json!({"subscription": {"fields": [{"name": "tasks"}]}})),
        ("UpdatePod", json!({"updatePod": {"id": "1"}})),
        ("DumpLogs", json!({"dumpLogs": {"id": "1"}})),
        ("DeletePod", json!({"deletePod": "1"})),
        ("FlavourToRun", flavour),
        ("FlavourSelectorsFirst", json!({"flavour": {"selectors": []}})),
        ("FlavourRepository", json!({"flavour": {"repo": {"url": "https://github.com/user/app"}}})),
        ("CreateClient", json!({"createDevelopmentalClient": {"token": "secret", "oauth2Client": {"clientId": "c9"}}})),
        ("CreateDeployment", json!({"createDeployment": {"id": "3"}})),
        ("CreatePod", json!({"createPod": {"id": "9"}})),
        ("EnsureAgent", json!({"ensureAgent": {"id": "2"}})),
        ("ImplementAgent", json!({"implementAgent": {"id": "2"}})),
    ])
}
