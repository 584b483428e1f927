//! How fast a large catalogue is told. To be run with optimisation: `cargo test --release -- --ignored speed`.

use std::time::{Duration, Instant};

use super::*;
use crate::catalogue;

/// The store page of a client: apps with releases, flavours, selectors and what they provide.
const PAGE: &str =
    "query($o: Int) { apps(ordering: [{identifier: ASC}], pagination: {limit: 100, offset: $o}) { id identifier
    releases { id version scopes description flavours { id name image { imageString buildAt } withdrawn size hints
    repo { id } selectors { __typename kind required weight ... on CudaSelector { memory } }
    requirements { key service optional description } definitions { id } } } } }";

fn catalogue_of(apps: usize) -> String {
    let entry = |(app, flavour): (usize, &str)| {
        json!({
            "appImageId": "x", "flavourName": flavour,
            "image": {"imageString": format!("ada/app{app}:1-{flavour}"), "buildAt": "2026-01-01T00:00:00"},
            "manifest": {"identifier": format!("app{app:05}"), "version": "1", "scopes": ["read"]},
            "selectors": [{"kind": "cuda", "memory": 4000}],
            "inspection": {
                "size": 1,
                "requirements": [{"key": "rekuest", "service": "live.arkitekt.rekuest", "optional": false}],
                "implementations": [
                    {"interface": "f", "definition": {"name": format!("F {app}"), "args": [{"key": "x", "kind": "INT"}]}},
                ],
            },
        })
    };
    let entries = (0..apps).flat_map(|app| ["vanilla", "cuda", "rocm"].map(|flavour| (app, flavour))).map(entry);
    json!({"app_images": entries.collect::<Json>()}).to_string()
}

async fn kab_of(apps: usize) -> Kab {
    let kab = Kab::new().await;
    let entries = catalogue::read(&catalogue_of(apps.min(5000))).unwrap().entries;
    let files = apps.div_ceil(5000);
    for file in 0..files {
        let mut entries = entries.clone();
        for entry in &mut entries {
            entry.manifest.identifier = format!("{}-{file}", entry.manifest.identifier);
        }
        kab.store
            .write(move |transaction| {
                let origin =
                    crate::server::store::kabinet::catalogue::Origin { organisation: 1, repository: None, now: now() };
                crate::server::store::kabinet::catalogue::import(transaction, origin, &entries)
            })
            .await
            .unwrap();
    }
    kab
}

#[tokio::test]
async fn statements_do_not_grow_with_the_rows_of_a_page() {
    let batches = async |apps: usize| {
        let kab = kab_of(apps).await;
        let answer = kab.ask(PAGE).await;
        assert_eq!(answer["apps"].as_array().unwrap().len(), apps.min(100));
        loaders::batches(&kab.schema)
    };
    let (few, many) = (batches(1).await, batches(100).await);
    // A slow machine may cut a batch in two; statements per row would be hundreds.
    assert!(many <= 2 * few, "{few} for one app, {many} for a hundred");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long without optimisation"]
async fn speed_of_a_page_of_a_large_catalogue() {
    let kab = kab_of(10_000).await;
    // The first answer of a fresh server opens its connections too; it is printed and not counted.
    let started = Instant::now();
    kab.ask(PAGE).await;
    println!("first answer: {:?}", started.elapsed());
    let mut slowest = Duration::ZERO;
    for offset in [0, 100, 5000, 9900] {
        let started = Instant::now();
        let answer = kab.ask_with(PAGE, json!({"o": offset})).await;
        println!("page at {offset}: {:?}", started.elapsed());
        slowest = slowest.max(started.elapsed());
        assert_eq!(answer["apps"].as_array().unwrap().len(), 100);
    }
    for search in ["filters: {search: \"app0777\"}", "filters: {search: \"nothing\"}"] {
        let started = Instant::now();
        kab.ask(&format!("{{ apps({search}, pagination: {{limit: 100}}) {{ id }} }}")).await;
        println!("{search}: {:?}", started.elapsed());
        slowest = slowest.max(started.elapsed());
    }
    println!("slowest page: {slowest:?}");
    assert!(slowest < Duration::from_millis(50), "{slowest:?}");
}

#[tokio::test]
#[ignore = "takes long without optimisation"]
async fn speed_of_importing_every_public_file() {
    let Some(folder) = crate::catalogue::public_files() else { return };
    let kab = Kab::new().await;
    let started = Instant::now();
    for (place, path) in folder.into_iter().enumerate() {
        let file = catalogue::read(&std::fs::read_to_string(path).unwrap()).unwrap();
        kab.store
            .write(move |transaction| {
                let origin =
                    crate::server::store::kabinet::catalogue::Origin { organisation: 1, repository: None, now: now() };
                crate::server::store::kabinet::catalogue::import(transaction, origin, &file.entries)
            })
            .await
            .unwrap();
        assert!(place < 1000);
    }
    let took = started.elapsed();
    println!("import of all: {took:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
    let counts = kab.ask("{ apps { id } releases { id } flavours { id } definitions { id } }").await;
    assert_eq!(counts["apps"].as_array().unwrap().len(), 20);
}
