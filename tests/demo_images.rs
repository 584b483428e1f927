//! The demo's images in real engines, and its repository in the real reader.
//!
//! The images are made of the running program, which here is this test. So a container of one runs this test's own
//! list of tests: that it starts at all shows that loader and libraries are where they belong.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops there")]

#[path = "support/engines.rs"]
mod engines;

use bollard::{
    API_DEFAULT_VERSION, Docker, body_full,
    models::{ContainerCreateBody, HostConfig},
    query_parameters::{
        CreateContainerOptions, ImportImageOptions, LogsOptions, RemoveContainerOptions, RemoveImageOptions,
        StartContainerOptions, WaitContainerOptions,
    },
};
use futures_util::TryStreamExt as _;
use kab::{
    catalogue,
    demo::{IMAGES, Images},
    domain::SelectorKind,
};

#[tokio::test]
async fn podman_loads_and_runs_an_image_made_of_the_running_program() {
    if let Some(address) = engines::podman() {
        load_and_run(&address).await;
    }
}

#[tokio::test]
async fn docker_loads_and_runs_an_image_made_of_the_running_program() {
    if let Some(address) = engines::docker() {
        load_and_run(&address).await;
    }
}

async fn load_and_run(address: &str) {
    let docker = Docker::connect_with_unix(address, 60, API_DEFAULT_VERSION).unwrap();
    let docker = docker.negotiate_version().await.unwrap();
    let images = Images::of_this_program().unwrap();
    let image = &images.offers()[0].image;
    let reference = image.reference();

    let mut archive = Vec::new();
    image.write(&mut archive).unwrap();
    let archive = body_full(archive.into());
    let said: Vec<_> = docker.import_image(ImportImageOptions::default(), archive, None).try_collect().await.unwrap();
    let found = docker.inspect_image(&reference).await.unwrap_or_else(|error| panic!("{error}, after {said:?}"));
    assert!(found.id.unwrap().ends_with(image.id()));

    let wanted = ContainerCreateBody {
        image: Some(reference.clone()),
        // In the place of the app: `kab demo-app greeter vanilla --list`, which the test program takes as filters.
        cmd: Some(vec!["--list".into()]),
        host_config: Some(HostConfig { network_mode: Some("host".into()), ..HostConfig::default() }),
        ..ContainerCreateBody::default()
    };
    let container = docker.create_container(None::<CreateContainerOptions>, wanted).await.unwrap().id;
    docker.start_container(&container, None::<StartContainerOptions>).await.unwrap();
    let ended: Result<Vec<_>, _> = docker.wait_container(&container, None::<WaitContainerOptions>).try_collect().await;
    let log = LogsOptions { stdout: true, stderr: true, ..LogsOptions::default() };
    let log: Vec<_> = docker.logs(&container, Some(log)).try_collect().await.unwrap();
    let log: String = log.iter().map(ToString::to_string).collect();
    let force = RemoveContainerOptions { force: true, ..RemoveContainerOptions::default() };
    docker.remove_container(&container, Some(force)).await.unwrap();
    docker.remove_image(&reference, None::<RemoveImageOptions>, None).await.unwrap();
    assert!(ended.is_ok() && log.contains("0 tests, 0 benchmarks"), "{ended:?}: {log}");
}

#[test]
fn the_built_in_repository_is_read_without_a_complaint() {
    let images = Images::of_this_program().unwrap();
    let file = catalogue::read(&images.repository_yaml().unwrap()).unwrap();
    assert_eq!(file.issues, []);
    let names: Vec<_> =
        file.entries.iter().map(|entry| (entry.manifest.identifier.as_str(), entry.flavour.as_str())).collect();
    assert_eq!(
        names,
        [
            ("live.kab.demo.greeter", "vanilla"),
            ("live.kab.demo.greeter", "fast"),
            ("live.kab.demo.greeter", "cuda"),
            ("live.kab.demo.greeter", "bigmem"),
            ("live.kab.demo.counter", "vanilla"),
            ("live.kab.demo.counter", "fast"),
        ]
    );
    for (entry, offer) in file.entries.iter().zip(images.offers()) {
        assert_eq!(entry.image.reference, offer.image.reference());
        assert!(entry.image.reference.starts_with(IMAGES));
        assert_eq!(entry.definitions.len(), 1);
    }
    let need = |place: usize| &file.entries[place].selectors[0];
    assert!(need(1).weight > 1 && !need(1).required);
    assert!(matches!(need(2).kind, SelectorKind::Cuda { .. }) && need(2).required);
    assert!(matches!(need(3).kind, SelectorKind::Ram { min: Some(min) } if min > 1_000) && need(3).required);
}
