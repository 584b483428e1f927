//! Every deployments file of the public catalogue on its way through the running server: what `kab repo add` counts is
//! what the file has, what it reports is what cannot be read, and the store shows all of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "support/household.rs"]
mod household;
#[path = "support/skips.rs"]
mod skips;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use household::{Engine, Household};
use kab::catalogue;
use serde_json::{Value, json};

/// App, version and flavour: of several entries for the same one the last counts.
type Key = (String, String, String);

fn catalogue_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("KAB_CATALOGUE_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/catalogue"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    let required = std::env::var("KAB_REQUIRE_CATALOGUE").as_deref() == Ok("1");
    assert!(!required, "the catalogue is required, and {} is missing", folder.display());
    skips::skip(&format!("{} is missing (KAB_CATALOGUE_DIR names another folder)", folder.display()));
    None
}

fn deployments_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(deployments_files(&path));
        } else if path.file_name().is_some_and(|name| name == "deployments.yaml" || name == "kabinet.yaml") {
            files.push(path);
        }
    }
    files.sort_unstable();
    files
}

fn keys(file: &catalogue::File) -> BTreeSet<Key> {
    let key = |entry: &catalogue::Entry| {
        let manifest = &entry.manifest;
        (manifest.identifier.clone(), manifest.version.clone(), entry.flavour.clone())
    };
    file.entries.iter().map(key).collect()
}

fn as_text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Adds a file that can be read, and compares what the server says of it with what stands in it.
fn add(household: &Household, path: &Path) -> BTreeSet<Key> {
    let file = catalogue::read(&std::fs::read_to_string(path).unwrap()).unwrap();
    let found = keys(&file);
    let added = household.ask(&["repo", "add", as_text(path)]).data();
    assert_eq!(added["state"], "done", "{}", path.display());
    assert_eq!(added["flavours"], found.len(), "{}", path.display());
    let issues: Vec<Value> =
        file.issues.iter().map(|issue| json!({"path": issue.path, "reason": issue.reason})).collect();
    assert_eq!(added["issues"], json!(issues), "{}", path.display());
    found
}

#[test]
fn every_public_file_comes_through_the_server_whole() {
    let Some(folder) = catalogue_folder() else { return };
    let files = deployments_files(&folder);
    assert!(files.len() >= 59, "{} files", files.len());
    let household = Household::new(&Engine::Process);
    let mut all = BTreeSet::new();
    for path in &files {
        all.extend(add(&household, path));
    }

    // A file takes over what an earlier one said of the same flavour; together they have every flavour once.
    let listed = household.ask(&["repo", "list"]).data();
    let listed: Vec<&Value> =
        listed.as_array().unwrap().iter().filter(|one| one["source"].as_str().unwrap().starts_with('/')).collect();
    assert_eq!(listed.len(), files.len());
    let flavours: u64 = listed.iter().map(|one| one["flavours"].as_u64().unwrap()).sum();
    assert_eq!(usize::try_from(flavours), Ok(all.len()));

    // The store shows every app with every version.
    let mut expected: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (app, version, _) in &all {
        expected.entry(app).or_default().insert(version);
    }
    let apps = household.ask(&["apps"]).data();
    for (app, versions) in expected {
        let shown = apps.as_array().unwrap().iter().find(|one| one["id"] == app);
        let shown = shown.unwrap_or_else(|| panic!("{app} is not listed"));
        let shown: BTreeSet<&str> =
            shown["versions"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        assert_eq!(shown, versions, "{app}");
    }
    assert_eq!(household.close(), [0; 0]);
}

#[test]
fn what_cannot_be_read_is_reported_and_hides_nothing_else() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/deployments");
    let household = Household::new(&Engine::Process);
    let broken = fixtures.join("broken.yaml");
    let found = add(&household, &broken);
    assert_eq!(found.len(), 2);
    let output = household.run(&["repo", "scan", as_text(&broken)]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "issues are no failure");
    for place in ["app_images[1].manifest.version", "app_images[2].image", "app_images[3]"] {
        assert!(text.contains(place), "{place} is not told:\n{text}");
    }

    // A file that is none, a folder without one, and nothing at all: each with its reason, and nothing is counted.
    let odd = household.data_dir().join("odd.yaml");
    std::fs::write(&odd, "just: a mapping\n").unwrap();
    let empty = household.data_dir().join("empty");
    std::fs::create_dir(&empty).unwrap();
    for (path, why) in [
        (odd, "deployments"),
        (empty, "not an Arkitekt Repository"),
        (household.data_dir().join("nowhere"), "No such file"),
    ] {
        let answer = household.ask(&["repo", "add", as_text(&path)]);
        assert_eq!(answer.code, 1, "{answer:?}");
        let told = answer.envelope["error"]["why"].as_str().unwrap();
        assert!(told.contains(why) && told.contains(as_text(&path)), "{told}");
    }
    let apps = household.ask(&["apps"]).data();
    assert!(apps.as_array().unwrap().iter().any(|app| app["id"] == "good"), "{apps}");
    assert_eq!(household.close(), [0; 0]);
}
