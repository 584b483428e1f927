//! Speed of what people wait for, without terminal and network: the compatibility of a large catalogue, the search over
//! it, the import of deployments files, and a page of the server's lists.
//!
//! `cargo bench --bench store`. The goals: 16 ms for what happens at a keystroke, a second for the whole import, 50 ms
//! for a page.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot be made stops there")]

use std::{
    fs,
    hint::black_box,
    path::{Path, PathBuf},
};

use async_graphql::{Request, Variables};
use criterion::{Criterion, criterion_group, criterion_main};
use kab::{
    catalogue, compat,
    domain::{
        Engine, EngineKind, Flavour, Image, Liveness, Moment, Release, Resource, Selector, SelectorKind, Selectors,
    },
    search::{Document, Index, Searcher},
    server::{
        changes::Changes,
        identity::{Identity, Role},
        kabinet,
        repositories::{Options, Repositories, Scan, Source},
        store::Store,
    },
};
use serde_json::{Value, json};

const APPS: usize = 10_000;
const ENGINES: usize = 5;
const FLAVOURS: [&str; 3] = ["vanilla", "cuda", "fast"];
/// Words that names are made of.
const WORDS: [&str; 12] = [
    "cell", "nuclei", "star", "track", "denoise", "stitch", "segment", "omero", "render", "bridge", "convert",
    "kinetics",
];

fn word(seed: usize) -> &'static str {
    WORDS[seed % WORDS.len()]
}

fn name(app: usize) -> String {
    format!("org.lab{}.{}-{}-{app}", app % 97, word(app), word(app / 7))
}

fn selectors(flavour: usize) -> Vec<Selector> {
    match flavour {
        0 => Vec::new(),
        1 => vec![
            Selector::required(SelectorKind::Cuda {
                compute_capability: Some("7.0".into()),
                cuda_version: Some("12.1".into()),
                memory: Some(8_000),
                count: Some(1),
                cuda_cores: None,
            }),
            Selector::required(SelectorKind::Ram { min: Some(32_000) }),
        ],
        _ => vec![Selector::preferred(
            SelectorKind::Cpu { min_count: Some(8), frequency: None, arch: Some("amd64".into()) },
            5,
        )],
    }
}

fn releases() -> Vec<Release> {
    (0..APPS)
        .map(|app| Release {
            id: app.to_string().into(),
            app: name(app).as_str().into(),
            version: "1.0.0".into(),
            scopes: vec!["read".into()],
            description: Some(format!("Does {} and {} of images", word(app + 1), word(app + 2))),
            flavours: (0..3)
                .map(|flavour| Flavour {
                    id: (app * 3 + flavour).to_string().into(),
                    name: FLAVOURS[flavour].into(),
                    image: Image {
                        reference: format!("lab/{app}:{flavour}"),
                        built_at: Some(Moment(0)),
                        size: Some(2_000_000_000),
                    },
                    selectors: Selectors::Known(selectors(flavour)),
                    requirements: Vec::new(),
                    hints: Vec::new(),
                    nodes: vec![app.to_string().into()],
                    repository: None,
                    withdrawn: false,
                })
                .collect(),
        })
        .collect()
}

fn engines() -> Vec<Engine> {
    (0..ENGINES)
        .map(|engine| Engine {
            id: engine.to_string().into(),
            name: format!("host-{engine}"),
            kind: EngineKind::Podman,
            client_id: engine.to_string(),
            agent: None,
            images: std::collections::BTreeSet::new(),
            liveness: Liveness::Online,
            resources: vec![Resource {
                id: engine.to_string().into(),
                local_id: "local".into(),
                name: "host".into(),
                facts: [
                    ("gpu", if engine % 2 == 0 { "true" } else { "false" }),
                    ("gpu.count", "1"),
                    ("gpu.0.vram_mb", "24000"),
                    ("cuda.version", "12.4"),
                    ("cuda.compute_capability", "8.6"),
                    ("cpu.count", "16"),
                    ("cpu.arch", "amd64"),
                    ("ram.mb", "64000"),
                ]
                .into_iter()
                .collect(),
                reported_at: Some(Moment(0)),
            }],
        })
        .collect()
}

fn documents() -> impl Iterator<Item = Document> {
    (0..APPS).map(|app| Document {
        name: name(app).rsplit('.').next().unwrap_or_default().to_owned(),
        identifier: name(app),
        provides: vec![format!("{} {}", word(app + 3), word(app + 5))],
        description: format!("Does {} and {} of images", word(app + 1), word(app + 2)),
        inputs: vec!["@mikro/image".into()],
        outputs: vec!["@mikro/roi".into()],
        repository: "lab/apps:main".into(),
        collections: vec![format!("kind {}", app % 7)],
        protocols: Vec::new(),
    })
}

fn compatibility(criterion: &mut Criterion) {
    let (releases, engines) = (releases(), engines());
    criterion.bench_function("compat: marks of 10,000 apps x 3 flavours on 5 engines", |bench| {
        bench.iter(|| releases.iter().map(|release| compat::marks(black_box(release), &engines).len()).sum::<usize>());
    });
    criterion.bench_function("compat: marks of the 50 rows of a screen", |bench| {
        bench.iter(|| {
            releases[..50].iter().map(|release| compat::marks(black_box(release), &engines).len()).sum::<usize>()
        });
    });
    criterion.bench_function("compat: the table of one app", |bench| {
        bench.iter(|| compat::table(black_box(&releases[17]), &engines));
    });
}

fn search(criterion: &mut Criterion) {
    criterion.bench_function("search: index of 10,000 apps", |bench| bench.iter(|| Index::new(documents())));
    // Every letter is one keystroke; the first finds the most.
    for typed in ["s", "se", "segment", "in:@mikro/image nuclei", "zzz"] {
        criterion.bench_function(&format!("search: {typed:?} among 10,000 apps"), |bench| {
            bench.iter_batched_ref(
                || Searcher::new(Index::new(documents())),
                |searcher| searcher.search(black_box(typed)).len(),
                criterion::BatchSize::LargeInput,
            );
        });
    }
}

fn import(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/catalogue");
    let texts: Vec<String> = deployments(&folder).iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    if texts.is_empty() {
        eprintln!("catalogue: skipped, {} is not there", folder.display());
        return;
    }
    let bytes: usize = texts.iter().map(String::len).sum();
    criterion.bench_function(&format!("catalogue: {} published files, {} kB", texts.len(), bytes / 1000), |bench| {
        bench.iter(|| {
            texts.iter().filter_map(|text| catalogue::read(text).ok()).map(|file| file.entries.len()).sum::<usize>()
        });
    });
}

fn deployments(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths
        .flat_map(|path| if path.is_dir() { deployments(&path) } else { vec![path] })
        .filter(|path| path.file_name().is_some_and(|name| name == "deployments.yaml" || name == "kabinet.yaml"))
        .collect()
}

/// A deployments file of a range of apps.
fn file(apps: std::ops::Range<usize>) -> String {
    let entry = |app: usize, flavour: usize| {
        json!({
            "appImageId": format!("{app}-{flavour}"),
            "flavourName": FLAVOURS[flavour],
            "manifest": { "identifier": name(app), "version": "1.0.0", "author": "lab", "scopes": ["read"], "entrypoint": "app" },
            "image": { "imageString": format!("lab/{app}:{flavour}"), "buildAt": "2026-01-01T00:00:00" },
            "selectors": if flavour == 1 { json!([{ "kind": "cuda", "required": true }]) } else { json!([]) },
            "inspection": { "size": 1_000_000, "requirements": [], "states": [], "locks": [], "implementations": [{
                "interface": "run", "dependencies": [],
                "definition": {
                    "key": "run", "name": format!("{} {}", word(app + 3), word(app + 5)), "kind": "FUNCTION",
                    "description": format!("Does {} of images", word(app)), "collections": [], "portGroups": [],
                    "args": [{ "key": "image", "kind": "STRUCTURE", "identifier": "@mikro/image", "nullable": false }],
                    "returns": [{ "key": "return0", "kind": "INT", "nullable": false }],
                },
            }] },
        })
    };
    let entries: Vec<Value> = apps.flat_map(|app| (0..3).map(move |flavour| entry(app, flavour))).collect();
    json!({ "spec_version": 1, "app_images": entries }).to_string()
}

fn pages(criterion: &mut Criterion) {
    rustls::crypto::ring::default_provider().install_default().ok();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let schema = runtime.block_on(async {
        let store = Store::open(&folder.path().join("kab.sqlite")).unwrap();
        let rows = "INSERT INTO organisations (id, slug, name, created_at) VALUES (1, 'local', 'Local', 0);
                    INSERT INTO users (id, sub, username, created_at) VALUES (1, 'ada', 'ada', 0);";
        store.write(|transaction| Ok(transaction.execute_batch(rows)?)).await.unwrap();
        let changes = Changes::new();
        let repositories = Repositories::new(store.clone(), changes.clone(), Options::default()).unwrap();
        for part in 0..2 {
            let path = folder.path().join(format!("deployments-{part}.yaml"));
            fs::write(&path, file(part * APPS / 2..(part + 1) * APPS / 2)).unwrap();
            let source = Source::parse(path.to_str().unwrap()).unwrap();
            let started = std::time::Instant::now();
            repositories.add(1, &source, Scan::Now).await.unwrap();
            eprintln!("import of 15,000 new entries: {} ms", started.elapsed().as_millis());
        }
        kabinet::schema(store, changes, repositories)
    });
    let releases =
        "query ($offset: Int!) { releases(ordering: [{ id: ASC }], pagination: { limit: 100, offset: $offset }) {
        id version scopes app { identifier }
        flavours { id name image { imageString buildAt } requirements { key service } definitions { id } } } }";
    let definitions = "query ($offset: Int!) { definitions(pagination: { limit: 100, offset: $offset }) {
        id name description kind args { key kind identifier } returns { key kind identifier } } }";
    for (what, document) in [("releases", releases), ("definitions", definitions)] {
        for offset in [0, 9_000] {
            criterion.bench_function(&format!("server: 100 {what} from {offset}"), |bench| {
                bench.iter(|| {
                    let variables = Variables::from_json(json!({ "offset": offset }));
                    let request = Request::new(document).variables(variables).data(identity());
                    let response = runtime.block_on(schema.execute(request));
                    assert!(response.errors.is_empty(), "{:?}", response.errors);
                    response.data
                });
            });
        }
    }
}

fn identity() -> Identity {
    Identity {
        user_id: 1,
        sub: "ada".into(),
        username: "ada".into(),
        organisation_id: 1,
        organisation: "local".into(),
        client_row: 1,
        client_id: "bench".into(),
        app: None,
        release: None,
        device: None,
        role: Role::Member,
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = compatibility, search, import, pages
}
criterion_main!(benches);
