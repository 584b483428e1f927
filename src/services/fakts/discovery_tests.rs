//! What people type, what deployments tell about themselves, and what is made of it.

use serde_json::json;

use super::*;

#[test]
fn what_people_type_becomes_addresses() {
    for (typed, expected) in [
        ("lab.org", vec!["https://lab.org/", "http://lab.org/"]),
        (" lab.org:8443/ ", vec!["https://lab.org:8443/", "http://lab.org:8443/"]),
        ("https://lab.org/", vec!["https://lab.org/"]),
        ("http://lab.org", vec!["https://lab.org/", "http://lab.org/"]),
        ("http://lab.org:8000", vec!["http://lab.org:8000/"]),
        ("http://localhost", vec!["http://localhost/"]),
        ("https://lab.org/.well-known/fakts", vec!["https://lab.org/"]),
        ("https://lab.org/lok/f/", vec!["https://lab.org/"]),
        ("https://lab.org/a/b/?x#y", vec!["https://lab.org/a/b/", "https://lab.org/"]),
        ("[::1]:80", vec!["https://[::1]:80/", "http://[::1]/"]),
    ] {
        let found: Vec<String> = candidates(typed).unwrap().into_iter().map(String::from).collect();
        assert_eq!(found, expected, "{typed}");
    }
    for wrong in ["", "ftp://lab.org", "https://ada:hunter2@lab.org", "https://ada:hunter2@", "https://"] {
        let error = candidates(wrong).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[expect(clippy::needless_pass_by_value, reason = "tables read better with values")]
fn document(more: Value) -> Value {
    let mut document = json!({"name": "lab", "base_url": "https://lab.org/lok/f/", "later": [1]});
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    document
}

fn read(address: &str, document: Value) -> Result<Discovery> {
    understand(&Url::parse(address).unwrap(), document, Encryption::Required)
}

#[test]
fn versions_are_told_apart() {
    let protocol = |version: Value| {
        let more = json!({"protocol_version": version, "token_endpoint": "https://lab.org/lok/o/token/"});
        read("https://lab.org/", document(more)).unwrap().protocol
    };
    assert_eq!(protocol(json!("1")), Protocol::One);
    assert_eq!(protocol(Value::Null), Protocol::One);
    assert_eq!(protocol(json!("2")), Protocol::Two);
    assert_eq!(protocol(json!(2)), Protocol::Two);
    assert!(read("https://lab.org/", document(json!({"protocol_version": "2"}))).is_err());
    assert!(read("https://lab.org/", json!({"base_url": "https://lab.org/lok/f/"})).is_err(), "it has no name");
    assert!(read("https://lab.org/", json!([])).is_err());
}

#[test]
fn logins_go_to_the_same_server_and_encrypted() {
    let two = |endpoint: &str| {
        let more = json!({"protocol_version": "2", "token_endpoint": endpoint});
        read("https://lab.org/", document(more)).map(|found| found.token_endpoint.unwrap())
    };
    assert_eq!(two("https://lab.org//lok/o/token/").unwrap(), "https://lab.org/lok/o/token/");
    assert_eq!(two("http://lab.org/lok/o/token/").unwrap(), "https://lab.org/lok/o/token/");
    assert!(two("https://evil.org/lok/o/token/").is_err());
    let base = |base: &str| read("https://lab.org:8443/", document(json!({"base_url": base})));
    assert_eq!(base("http://lab.org:8443/lok/f").unwrap().base_url, "https://lab.org:8443/lok/f/");
    assert_eq!(base("http://lab.org/lok/f").unwrap().base_url, "https://lab.org:8443/lok/f/");
    assert!(base("http://other.org/lok/f/").is_err());
}

#[tokio::test]
async fn a_known_address_without_encryption_needs_permission_where_it_is_elsewhere() {
    let http = Http::new().unwrap();
    let server = wiremock::MockServer::start().await;
    let document = json!({"name": "lab", "base_url": format!("{}/lok/f/", server.uri())});
    let mock = wiremock::Mock::given(wiremock::matchers::path("/.well-known/fakts"));
    mock.respond_with(wiremock::ResponseTemplate::new(200).set_body_json(document)).mount(&server).await;
    discover(&http, &server.uri(), Encryption::Required).await.unwrap();
    // What answers on this machine names another one, which is spoken to without encryption.
    let far = wiremock::MockServer::start().await;
    let document = json!({"name": "lab", "base_url": "http://lab.example.test/lok/f/"});
    let mock = wiremock::Mock::given(wiremock::matchers::path("/.well-known/fakts"));
    mock.respond_with(wiremock::ResponseTemplate::new(200).set_body_json(document)).mount(&far).await;
    let refused = discover(&http, &far.uri(), Encryption::Required).await.unwrap_err();
    assert!(refused.to_string().contains("is not encrypted"), "{refused}");
    discover(&http, &far.uri(), Encryption::Optional).await.unwrap();
}

#[test]
fn loks_address_comes_from_the_prefix_of_the_calls() {
    let found = read("http://127.0.0.1:4711/", document(json!({"base_url": "http://127.0.0.1:4711/lok/f/"})));
    assert_eq!(found.unwrap().lok(), "http://127.0.0.1:4711/lok");
    let old = read("https://lab.org/", json!({"name": "lab", "claim": "https://lab.org/lok/f/claim/"})).unwrap();
    assert_eq!(old.base_url, "https://lab.org/lok/f/");
}

#[test]
fn doubled_slashes_of_an_address_are_collapsed() {
    assert_eq!(collapsed("https://host//lok/o/token/"), "https://host/lok/o/token/");
    assert_eq!(collapsed("http://host:1/lok/o/token/"), "http://host:1/lok/o/token/");
}
