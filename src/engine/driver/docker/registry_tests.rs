//! A registry that wants a token, with an image for several machines.

use serde_json::json;
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::services::Secret;

fn digest(letter: &str) -> String {
    format!("sha256:{}", letter.repeat(64))
}

async fn answers(server: &MockServer, place: &str, token: &str, body: Value) {
    let answer = ResponseTemplate::new(200).set_body_json(body);
    let mock = Mock::given(method("GET")).and(path(place)).and(header("authorization", token));
    mock.respond_with(answer).with_priority(1).mount(server).await;
}

/// A registry with the image `lab/app:1`, which lets in whoever has a token for it.
async fn registry() -> MockServer {
    rustls::crypto::ring::default_provider().install_default().ok();
    let server = MockServer::start().await;
    let realm = format!("{}/token", server.uri());
    let challenge = format!("Bearer realm=\"{realm}\",service=\"registry.test\",scope=\"repository:lab/app:pull\"");
    let refused = ResponseTemplate::new(401).insert_header("www-authenticate", challenge.as_str());
    Mock::given(method("GET")).respond_with(refused).with_priority(9).mount(&server).await;
    let token = Mock::given(path("/token"))
        .and(query_param("service", "registry.test"))
        .and(query_param("scope", "repository:lab/app:pull"))
        .and(header("authorization", "Basic YWRhOnNlY3JldA=="));
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "token": "t" }));
    token.respond_with(answer).with_priority(1).mount(&server).await;
    let choice = |machine: &str, letter: &str| json!({ "digest": digest(letter), "platform": { "os": "linux", "architecture": machine } });
    let index = json!({ "manifests": [choice("arm64", "1"), choice("amd64", "2")] });
    answers(&server, "/v2/lab/app/manifests/1", "Bearer t", index).await;
    let layer = |letter: &str, size: u64| json!({ "digest": digest(letter), "size": size });
    let manifest = json!({
        "config": { "digest": digest("c") },
        "layers": [layer("a", 100), layer("b", 20), layer("d", 3), layer("d", 3)],
    });
    answers(&server, &format!("/v2/lab/app/manifests/{}", digest("2")), "Bearer t", manifest).await;
    let config = json!({ "rootfs": { "diff_ids": ["A", "B", "D", "D"] } });
    answers(&server, &format!("/v2/lab/app/blobs/{}", digest("c")), "Bearer t", config).await;
    server
}

fn request(server: &MockServer, tag: &str) -> PullRequest {
    let host = server.address().to_string();
    let credentials = Credentials { registry: host.clone(), user: "ada".into(), secret: Secret::new("secret") };
    PullRequest { reference: format!("{host}/lab/app:{tag}"), credentials: Some(credentials) }
}

fn images(layers: &[&[&str]]) -> Vec<Arc<[String]>> {
    layers.iter().map(|image| image.iter().map(|&layer| layer.to_owned()).collect()).collect()
}

#[tokio::test]
async fn what_is_left_to_fetch_is_known_before_the_pull() {
    let server = registry().await;
    let request = request(&server, "1");
    let Plan { progress: nothing, total } = plan(&request, "amd64", &[]).await.unwrap();
    assert_eq!(total, 123);
    assert_eq!(
        (nothing.counts(), nothing.bytes()),
        ((0, 3), (0, Some(123))),
        "a layer that is there twice counts once"
    );
    assert_eq!(nothing.layers[0].id, "a".repeat(12), "as engines name it");
    let Plan { progress: some, total } =
        plan(&request, "amd64", &images(&[&["A", "X"], &["A", "B", "Y"], &["B", "D"]])).await.unwrap();
    assert_eq!((some.counts(), some.bytes()), ((2, 3), (0, Some(3))), "only layers on top of the same ones are here");
    assert_eq!(total, 123, "all of it is as large as before");
}

#[tokio::test]
async fn what_a_registry_does_not_tell_stays_unknown() {
    let server = registry().await;
    for (tag, machine) in [("2", "amd64"), ("1", "riscv64")] {
        assert!(plan(&request(&server, tag), machine, &[]).await.is_err(), "{tag} {machine}");
    }
    let mut nobody = request(&server, "1");
    nobody.credentials = None;
    let why = plan(&nobody, "amd64", &[]).await.unwrap_err();
    assert!(why.contains("answered 401"), "{why}");
}

#[test]
fn references_lead_to_their_registries() {
    for (reference, base, tag) in [
        ("ubuntu", "https://registry-1.docker.io/v2/library/ubuntu", "latest"),
        ("jhnnsrs/stardist:1", "https://registry-1.docker.io/v2/jhnnsrs/stardist", "1"),
        ("docker.io/a/b:2", "https://registry-1.docker.io/v2/a/b", "2"),
        ("ghcr.io/lab/app@sha256:ab", "https://ghcr.io/v2/lab/app", "sha256:ab"),
        ("ghcr.io/lab/app:1@sha256:ab", "https://ghcr.io/v2/lab/app", "sha256:ab"),
        ("127.0.0.1:5001/a/b", "http://127.0.0.1:5001/v2/a/b", "latest"),
    ] {
        assert_eq!(address(reference), (base.to_owned(), tag.to_owned()), "{reference}");
    }
}
