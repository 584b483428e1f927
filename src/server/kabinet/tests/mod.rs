//! The schema, asked as clients ask it.

use std::path::PathBuf;

use async_graphql::{Request, Response, Variables};
use serde_json::{Value as Json, json};

mod catalogue;
mod speed;
mod workplaces;

use super::*;
use crate::server::identity::Role;
use crate::server::repositories::Options;

/// A server's Kabinet over a store of its own.
struct Kab {
    schema: Schema,
    store: Store,
    repositories: Repositories,
    changes: Changes,
    _folder: tempfile::TempDir,
}

impl Kab {
    async fn new() -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("kab.sqlite")).unwrap();
        store
            .write(|transaction| {
                transaction.execute_batch(
                    "INSERT INTO organisations (id, slug, name, created_at) VALUES (1, 'local', 'Local', 0), (2, 'other', 'Other', 0);
                     INSERT INTO users (id, sub, username, created_at) VALUES (1, 'ada', 'ada', 0);
                     INSERT INTO clients (id, client_id, organisation_id, user_id, app, version, role, created_at)
                     VALUES (1, 'client-1', 1, 1, 'kab', '1', 'agent', 0), (2, 'client-2', 2, 1, 'kab', '1', 'agent', 0);",
                )?;
                Ok(())
            })
            .await
            .unwrap();
        let changes = Changes::new();
        let repositories = Repositories::new(store.clone(), changes.clone(), Options::default()).unwrap();
        Self {
            schema: schema(store.clone(), changes.clone(), repositories.clone()),
            store,
            repositories,
            changes,
            _folder: folder,
        }
    }

    async fn fed(yaml: &str) -> Self {
        let kab = Self::new().await;
        kab.repositories.store_builtin(1, yaml.into(), "").await.unwrap();
        kab
    }

    async fn send(&self, organisation: i64, document: &str, variables: Json) -> Response {
        let request = Request::new(document).variables(Variables::from_json(variables)).data(identity_of(organisation));
        self.schema.execute(request).await
    }

    /// The data of an answer without errors.
    async fn ask(&self, document: &str) -> Json {
        self.ask_with(document, json!({})).await
    }

    async fn ask_with(&self, document: &str, variables: Json) -> Json {
        let response = self.send(1, document, variables).await;
        assert_eq!(response.errors, [], "{document}");
        response.data.into_json().unwrap()
    }

    /// The first error's text.
    async fn refuse(&self, document: &str) -> String {
        let response = self.send(1, document, json!({})).await;
        response.errors.first().map_or_else(|| panic!("{document}"), |error| error.message.clone())
    }
}

fn identity_of(organisation: i64) -> Identity {
    Identity {
        user_id: 1,
        sub: "ada".into(),
        username: "ada".into(),
        organisation_id: organisation,
        organisation: if organisation == 1 { "local".into() } else { "other".into() },
        client_row: organisation,
        client_id: format!("client-{organisation}"),
        app: Some("kab".into()),
        release: Some("1".into()),
        device: Some("host".into()),
        role: Role::Member,
    }
}

const TWO_APPS: &str = "
app_images:
- appImageId: a
  flavourName: vanilla
  image: {imageString: 'ada/hello:0.1.0-vanilla', buildAt: '2026-01-01T00:00:00'}
  manifest: {identifier: com.example.hello, version: 0.1.0, scopes: [read]}
  inspection:
    size: 3000000000
    description: Says hello
    requirements: [{key: rekuest, service: live.arkitekt.rekuest, optional: false, description: Tasks}]
    implementations:
    - interface: hello
      definition:
        key: hello
        name: Hello
        kind: FUNCTION
        description: Says hello
        args:
        - {key: image, kind: STRUCTURE, identifier: '@mikro/image', nullable: false}
        - key: labels
          kind: LIST
          nullable: true
          children:
          - {key: ..., kind: LIST, children: [{key: ..., kind: STRING}]}
        returns: [{key: return0, kind: STRING}]
  selectors: []
- appImageId: b
  flavourName: cuda
  image: {imageString: 'ada/hello:0.1.0-cuda', buildAt: '2026-02-01T00:00:00'}
  manifest: {identifier: com.example.hello, version: 0.1.0, scopes: [read]}
  inspection: {size: 1, requirements: [], implementations: []}
  selectors:
  - {kind: cuda, computeCapability: '8.6', memory: 4000, required: true, weight: 3}
  - {kind: cpu, minCount: 4, frequency: 1000}
  - {kind: ram, min: 2000, required: false, weight: 5}
  - {kind: rocm, apiVersion: '6.1'}
  - {kind: oneapi, oneapiVersion: '1'}
  - {kind: label, key: site, value: lab}
  - {kind: fpga, slots: 2}
- appImageId: c
  flavourName: vanilla
  image: {imageString: 'ada/count:1', buildAt: '2026-03-01T00:00:00'}
  manifest: {identifier: com.example.count, version: '1'}
  inspection:
    size: 1
    requirements: []
    implementations:
    - interface: count
      definition:
        key: count
        name: Count
        kind: GENERATOR
        description: Counts
        args: [{key: n, kind: INT, default: 3, widget: {kind: SLIDER, min: 0, max: 9}}]
        returns: [{key: return0, kind: INT}]
";

fn text_of(path: &str) -> String {
    std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_default()
}

#[test]
fn the_schema_is_the_one_that_clients_were_checked_against() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("queries/local/kabinet.graphql");
    let sdl = sdl();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &sdl).unwrap();
    }
    assert!(
        text_of("queries/local/kabinet.graphql") == sdl,
        "run the test with UPDATE_SCHEMA=1 and look at the difference"
    );
}

#[tokio::test]
async fn without_an_identity_nothing_is_told() {
    let kab = Kab::fed(TWO_APPS).await;
    for document in ["{ me { sub } }", "{ releases { id } }", "{ app(id: 1) { id } }", "{ githubRepoStats { count } }"]
    {
        let response = kab.schema.execute(document).await;
        assert_eq!(response.errors[0].message, "User is not authenticated", "{document}");
    }
}

/// Declares a backend with a resource, deploys the first flavour, and makes a pod.
async fn a_pod(kab: &Kab) -> Json {
    kab.ask("mutation { declareBackend(input: {name: \"Workstation\", kind: \"docker\"}) { id } }").await;
    kab.ask("mutation { declareResource(input: {backend: 1, localId: \"gpu0\", name: \"GPU\", qualifiers: [{key: \"gpu\", value: \"true\"}]}) { id } }").await;
    kab.ask(
        "mutation { createDeployment(input: {flavour: 1, localId: \"image-1\", secretParams: {token: \"x\"}}) { id } }",
    )
    .await;
    kab.ask("mutation { createPod(input: {deployment: 1, localId: \"c0ffee\", resource: 1, clientId: \"app-1\"}) { id status createdAt } }").await
}

#[tokio::test]
async fn a_document_that_is_too_deep_is_refused() {
    let kab = Kab::new().await;
    let deep = format!("{{ apps {}{} }}", "{ releases { app ".repeat(14), "{ id }".to_owned() + &"} }".repeat(14));
    assert!(kab.refuse(&deep).await.contains("too deep"), "{}", kab.refuse(&deep).await);
}
