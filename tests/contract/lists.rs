//! The store's lists against the first generation: nothing that one bad row could take away.

use std::time::Duration;

use kab::{
    domain::Selectors,
    server::ClientRole,
    services::{Page, Store},
};
use serde_json::json;

use crate::{
    catalogue,
    face::{Face, Generation},
};

async fn store(face: &Face) -> Store {
    Store::connect(face.access().await).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_are_listed_although_a_flavour_is_poisoned_and_say_why_it_is_unknown() {
    let face = Face::start(Generation::First).await;
    face.publish("acme/poison", &catalogue::poisoned()).await;
    let store = store(&face).await;
    let apps = store.all_apps().await.unwrap();
    assert_eq!(apps.len(), 5);
    for app in &apps {
        let flavour = &app.releases[0].flavours[0];
        match (app.identifier.as_str(), &flavour.selectors) {
            ("com.example.plain", Selectors::Known(known)) => assert!(known.is_empty()),
            ("com.example.cuda" | "com.example.rocm", Selectors::Known(known)) => assert_eq!(known.len(), 1),
            ("com.example.cpu", Selectors::Unreadable(why)) => {
                assert_eq!(why, "18 validation errors for SelectorFieldJson");
            }
            ("com.example.oneapi", Selectors::Unreadable(why)) => {
                assert_eq!(why, "14 validation errors for SelectorFieldJson");
            }
            (app, selectors) => panic!("{app}: {selectors:?}"),
        }
    }
    // Only the selectors may fail: no list, no constant and no field of another generation was asked for in vain.
    let errors = face.requests().errors();
    assert!(errors.iter().all(|error| error.contains("SelectorFieldJson")), "{errors:?}");
    assert!(face.requests().endless().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_repositories_engines_and_pods_are_listed_without_one_error() {
    let face = Face::start(Generation::First).await;
    face.publish("acme/poison", &catalogue::poisoned()).await;
    let engine = face.token("org.example.engine", ClientRole::Agent).await;
    let declared = face
        .ask(
            "kabinet",
            &engine,
            "mutation { declareBackend(input: {name: \"Docker\", kind: \"docker\"}) { id } }",
            json!({}),
        )
        .await;
    let backend = &declared["data"]["declareBackend"]["id"];
    let resource = json!({"i": {"backend": backend, "localId": "local_docker_node", "name": "Local Node",
        "qualifiers": [{"key": "gpu", "value": "false"}]}});
    let query = "mutation ($i: DeclareResourceInput!) { declareResource(input: $i) { id } }";
    let resource = face.ask("kabinet", &engine, query, resource).await["data"]["declareResource"]["id"].clone();
    let flavour =
        face.ask("kabinet", &engine, "{ flavours { id } }", json!({})).await["data"]["flavours"][0]["id"].clone();
    let deployment = json!({"i": {"flavour": flavour, "localId": "image"}});
    let query = "mutation ($i: CreateDeploymentInput!) { createDeployment(input: $i) { id } }";
    let deployment = face.ask("kabinet", &engine, query, deployment).await["data"]["createDeployment"]["id"].clone();
    let pod = json!({"i": {"deployment": deployment, "localId": "container", "resource": resource, "clientId": "c"}});
    let query = "mutation ($i: CreatePodInput!) { createPod(input: $i) { id } }";
    let pod = face.ask("kabinet", &engine, query, pod).await["data"]["createPod"]["id"].clone();

    face.script().forget();
    let store = store(&face).await;
    let nodes = store.nodes(Page::ALL).await.unwrap();
    assert_eq!(nodes.iter().map(|node| node.name.as_str()).collect::<Vec<_>>(), ["Segment"]);
    let repositories = store.repositories().await.unwrap();
    assert_eq!((repositories.len(), repositories[0].flavours), (1, 5));
    let engines = store.engines().await.unwrap();
    assert_eq!((engines.len(), engines[0].name.as_str()), (1, "Docker"));
    assert_eq!(engines[0].resources[0].facts.get("gpu"), Some("false"));
    let pods = store.pods().await.unwrap();
    assert_eq!((pods.len(), pods[0].local_id.as_str()), (1, "container"));
    assert_eq!(pods[0].id.as_str(), pod.as_str().unwrap());
    assert_eq!(store.pod(&pods[0].id).await.unwrap(), pods[0]);
    assert!(store.tasks(50).await.unwrap().is_empty());
    assert_eq!(face.requests().errors(), Vec::<String>::new());
    assert!(face.requests().endless().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_is_asked_for_in_pages() {
    let face = Face::start(Generation::First).await;
    face.publish("acme/many", &catalogue::many(250)).await;
    let store = store(&face).await;
    let apps = store.all_apps().await.unwrap();
    assert_eq!(apps.len(), 250);
    let requests = face.requests();
    assert_eq!(requests.of("Releases").iter().map(|request| request.rows).collect::<Vec<_>>(), [100, 100, 50]);
    assert!(requests.0.iter().all(|request| request.rows <= 100));
    assert!(requests.endless().is_empty());
    // A list that has no end would be noticed.
    let token = face.token("org.example.careless", ClientRole::Interface).await;
    for query in ["{ releases { id } }", "{ releases(pagination: {limit: -1}) { id } }"] {
        face.script().forget();
        let answer = face.ask("kabinet", &token, query, json!({})).await;
        assert_eq!(answer["data"]["releases"].as_array().unwrap().len(), 250);
        assert!(face.requests().endless().contains("releases"));
    }
    let hundred = face.ask("kabinet", &token, "{ releases(pagination: {limit: null}) { id } }", json!({})).await;
    assert_eq!(hundred["data"]["releases"].as_array().unwrap().len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_take_their_time_only_make_a_list_late() {
    let face = Face::start(Generation::First).await;
    face.publish("acme/many", &catalogue::many(120)).await;
    let store = store(&face).await;
    face.script().slow_rows(Duration::from_millis(2));
    assert_eq!(store.all_apps().await.unwrap().len(), 120);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_expires_is_renewed_and_nobody_notices() {
    let face = Face::start(Generation::First).await;
    face.publish("acme/poison", &catalogue::poisoned()).await;
    let store = Store::connect(face.fakts("org.example.store", ClientRole::Interface).await).await.unwrap();
    assert_eq!(store.all_apps().await.unwrap().len(), 5);
    face.script().expire_tokens();
    assert_eq!(store.all_apps().await.unwrap().len(), 5);
}
