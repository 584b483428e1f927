//! What an engine says that it would fetch of an image, held against what the registry has.

use std::fmt::Write as _;

use kab::domain::{Fetching, Portion, TaskKind};
use serde_json::Value;

use super::{PullRequest, World, engines, fresh_image, until};
use futures_util::TryStreamExt as _;
use kab::engine::driver::Driver as _;

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// The manifest of an image at the registry, and where that is.
async fn manifest(image: &str) -> (String, Value) {
    let (place, tag) = address(image);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("{place}/manifests/{tag}")).header("accept", MANIFEST).send().await.unwrap();
    (place, answer.error_for_status().unwrap().json().await.unwrap())
}

fn address(image: &str) -> (String, &str) {
    let (registry, name) = image.split_once('/').unwrap();
    let (name, tag) = name.split_once(':').unwrap_or((name, "latest"));
    (format!("http://{registry}/v2/{name}"), tag)
}

/// Another tag, with the first layers of that image alone.
async fn beginning_of(image: &str, layers: usize) -> String {
    let (place, mut manifest) = manifest(image).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let config = manifest["config"]["digest"].as_str().unwrap();
    let mut config: Value = client.get(format!("{place}/blobs/{config}")).send().await.unwrap().json().await.unwrap();
    config["rootfs"]["diff_ids"].as_array_mut().unwrap().truncate(layers);
    config.as_object_mut().unwrap().remove("history");
    manifest["layers"].as_array_mut().unwrap().truncate(layers);
    let config = config.to_string();
    let digest = ring::digest::digest(&ring::digest::SHA256, config.as_bytes());
    let digest = digest.as_ref().iter().fold(String::from("sha256:"), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    manifest["config"]["digest"] = digest.as_str().into();
    manifest["config"]["size"] = config.len().into();

    let upload = client.post(format!("{place}/blobs/uploads/")).send().await.unwrap();
    let place_of_upload = upload.headers()["location"].to_str().unwrap().to_owned();
    let upload = client.put(place_of_upload).query(&[("digest", &digest)]).body(config).send().await.unwrap();
    upload.error_for_status().unwrap();
    let put = client.put(format!("{place}/manifests/beginning")).header("content-type", MANIFEST);
    put.body(manifest.to_string()).send().await.unwrap().error_for_status().unwrap();
    format!(
        "{}:beginning",
        image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(image, |(name, _)| name)
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn podman_tells_what_an_install_would_fetch() {
    let (Some(address), Some(image)) = (engines::podman(), fresh_image("fetch-podman", 8)) else { return };
    let world = World::new(&address, &image).await;
    let (_, manifest) = manifest(&image).await;
    let sizes: Vec<u64> =
        manifest["layers"].as_array().unwrap().iter().map(|it| it["size"].as_u64().unwrap()).collect();
    let total: u64 = sizes.iter().sum();
    let (stop, running) = world.engine();
    let engine = world.online().await;
    let flavour = world.store.all_apps().await.unwrap()[0].releases[0].flavours[0].id.clone();
    let told = async || world.store.fetching(&flavour, &engine).await.unwrap().unwrap();
    let layers = sizes.len() as u64;
    assert_eq!(told().await, Fetching::Part(Portion { bytes: total, total, here: 0, layers, speed: None }));

    let reference = beginning_of(&image, 3).await;
    let request = PullRequest { reference: reference.clone(), credentials: None };
    world.driver.pull(request).try_collect::<Vec<_>>().await.unwrap();
    let bytes = sizes[3..].iter().sum();
    assert_eq!(told().await, Fetching::Part(Portion { bytes, total, here: 3, layers, speed: None }));

    let task = world.install().await;
    world.ended(&task).await;
    let Fetching::Part(portion) = told().await else { panic!("it is known") };
    assert_eq!(portion, Portion { bytes: 0, total, here: layers, layers, speed: portion.speed });
    assert!(portion.speed.is_some_and(|speed| speed > 0), "it has fetched something: {portion:?}");

    // What was looked up leaves nothing behind that somebody would have to look at.
    let tasks = world.store.tasks(100).await.unwrap();
    assert!(tasks.iter().all(|task| matches!(task.kind, TaskKind::Install | TaskKind::Fetching)), "{tasks:?}");
    for pod in world.store.pods().await.unwrap() {
        let task = world.store.act(kab::domain::PodVerb::Remove, &pod.id, &engine).await.unwrap();
        world.ended(&task.id).await;
    }
    until("nothing of ours is left", async || (world.ours().await == 0).then_some(())).await;
    assert!(world.store.pods().await.unwrap().is_empty());
    stop.cancel();
    running.await.unwrap().unwrap();
}
