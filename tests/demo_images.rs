//! The demo's images in real engines.
//!
//! The images are made of the running program, which here is this test. So a container of one runs this test's own
//! list of tests: that it starts at all shows that loader and libraries are where they belong.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops there")]

#[path = "support/engines.rs"]
mod engines;

use bollard::{
    API_DEFAULT_VERSION, Docker, body_try_stream,
    models::{ContainerCreateBody, HostConfig},
    query_parameters::{
        CreateContainerOptions, ImportImageOptions, LogsOptions, RemoveContainerOptions, RemoveImageOptions,
        StartContainerOptions, WaitContainerOptions,
    },
};
use futures_util::TryStreamExt as _;
use kab::demo::Images;

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

    let archive = body_try_stream(image.stream().map_ok(Into::into));
    let said: Vec<_> = docker.import_image(ImportImageOptions::default(), archive, None).try_collect().await.unwrap();
    let found = docker.inspect_image(&reference).await.unwrap_or_else(|error| panic!("{error}, after {said:?}"));
    assert!(found.id.unwrap().ends_with(image.id()));

    let wanted = ContainerCreateBody {
        image: Some(reference.clone()),
        // In the place of the app: `kab demo-app greeter --list`, which the test program takes as filters.
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
