//! Lok's hand-shake with its mistakes, and the client that lives with them.

use kab::{
    server::ClientRole,
    services::{Access, Error, Secret, Store},
};
use serde_json::{Value, json};

use crate::{
    catalogue,
    face::{Device, Face, Fault, Generation},
};

async fn post(face: &Face, path: &str, body: &Value) -> (u16, Value) {
    let answer = face.behind().http.post(format!("{}{path}", face.url())).json(body).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

async fn get(face: &Face, path: &str) -> (u16, Value) {
    let answer = face.behind().http.get(format!("{}{path}", face.url())).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

fn manifest() -> Value {
    json!({"identifier": "org.example.store", "version": "0.1.0", "scopes": ["read"], "node_id": "n", "requirements": [
        {"key": "kabinet", "service": "live.arkitekt.kabinet", "optional": false},
        {"key": "rekuest", "service": "live.arkitekt.rekuest", "optional": false},
        {"key": "mikro", "service": "live.arkitekt.mikro", "optional": true}]})
}

async fn code(face: &Face) -> Value {
    let body = json!({"manifest": manifest(), "expiration_time_seconds": 300, "redirect_uris": []});
    let (status, started) = post(face, "/lok/f/start/", &body).await;
    assert_eq!((status, &started["status"]), (200, &json!("granted")));
    assert_eq!(started["code"].as_str().unwrap().len(), 8);
    started["code"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn discovery_names_the_address_that_was_asked() {
    let face = Face::start(Generation::First).await;
    let url = face.url();
    let (_, found) = get(&face, "/lok/.well-known/fakts").await;
    assert_eq!((&found["protocol_version"], &found["base_url"]), (&json!("1"), &json!(format!("{url}/lok/f/"))));
    assert_eq!(found["frontend_url"], json!(format!("{url}/")));
    assert_eq!(get(&face, "/lok/.well-known/fakts/").await.0, 404);
    face.script().lok(|manners| manners.doubled_slashes = true);
    assert_eq!(get(&face, "/.well-known/fakts").await.1["frontend_url"], json!(format!("{url}/lok/")));
    face.script().lok(|manners| manners.old = true);
    let (_, old) = get(&face, "/.well-known/fakts").await;
    assert!(old.get("frontend_url").is_none() && old.get("protocol_version").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_need_their_slash_and_nothing_may_be_fetched() {
    let face = Face::start(Generation::First).await;
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let send = || http.post(format!("{}/lok/f/claim", face.url())).json(&json!({"token": "x"})).send();
    let moved = send().await.unwrap();
    assert_eq!((moved.status().as_u16(), &moved.headers()["location"]), (301, &"/lok/f/claim/".parse().unwrap()));
    face.script().lok(|manners| manners.debug = true);
    assert_eq!(send().await.unwrap().status(), 500);
    assert_eq!(get(&face, "/lok/f/claim/").await, (405, Value::Null));
    assert_eq!(get(&face, "/lok/o/token/").await, (405, Value::Null));
    assert_eq!(post(&face, "//lok/o/token/", &json!({})).await.0, 404);
    assert_eq!(get(&face, "/nowhere").await.0, 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_has_status_200_and_its_words_in_one_of_two_members() {
    let face = Face::start(Generation::First).await;
    for (path, body, expected) in [
        ("/lok/f/challenge/", json!({"code": "nope"}), json!({"status": "error", "error": "Challenge does not exist"})),
        (
            "/lok/f/claim/",
            json!({"token": "bad"}),
            json!({"status": "error", "message": "No Client found for this token"}),
        ),
        (
            "/lok/f/report/",
            json!({"token": "x"}),
            json!({"status": "error", "message": "No Client found for this token"}),
        ),
        (
            "/lok/f/redeem/",
            json!({"token": "nope", "manifest": manifest()}),
            json!({"status": "error", "message": "Invalid redeem token"}),
        ),
    ] {
        assert_eq!(post(&face, path, &body).await, (200, expected), "{path}");
    }
    let (status, malformed) = post(&face, "/lok/f/start/", &json!({"manifest": {"identifier": "x"}})).await;
    assert_eq!((status, &malformed["status"]), (200, &json!("error")));
    assert!(malformed["error"].is_string() && malformed.get("message").is_none());
    assert_eq!(post(&face, "/lok/o/token/", &json!({})).await, (400, json!({"error": "unsupported_grant_type"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_code_ends_as_the_script_says() {
    let face = Face::start(Generation::First).await;
    let waiting = code(&face).await;
    let poll = async |code: &Value| post(&face, "/lok/f/challenge/", &json!({ "code": code })).await.1;
    face.script().lok(|manners| manners.device = [Device::Pending, Device::Granted].into());
    let pending = json!({"status": "pending", "message": "User  has not verfied the challenge"});
    assert_eq!(poll(&waiting).await, pending);
    let granted = poll(&waiting).await;
    assert_eq!(granted["status"], "granted");
    // It can be asked again, and gives the same token.
    assert_eq!(poll(&waiting).await, granted);

    let (_, claimed) = post(&face, "/lok/f/claim/", &json!({"token": granted["token"], "secure": false})).await;
    let config = &claimed["config"];
    assert_eq!(config["self"]["alias"]["ssl"], true);
    assert_eq!(config["auth"]["ionscale_auth_key"], Value::Null);
    assert_eq!(config["instances"]["kabinet"]["aliases"][0]["ssl"], false);
    assert_eq!((&config["statuses"]["mikro"], config["instances"].get("mikro")), (&json!("unavailable"), None));

    let second = code(&face).await;
    face.script().lok(|manners| {
        manners.old = true;
        manners.device = [Device::Pending, Device::Expired, Device::Vanished].into();
    });
    assert_eq!(poll(&second).await["status"], "waiting");
    assert_eq!(poll(&second).await["status"], "expired");
    assert_eq!(poll(&second).await, json!({"status": "error", "error": "Challenge does not exist"}));
}

/// A store that is signed in by a client token, whatever Lok's manners.
async fn works(change: impl FnOnce(&Face)) {
    let face = Face::start(Generation::First).await;
    face.publish("acme/poison", &catalogue::poisoned()).await;
    change(&face);
    let access = face.fakts("org.example.store", ClientRole::Interface).await;
    let store = Store::connect(access).await.unwrap();
    assert_eq!(store.all_apps().await.unwrap().len(), 5);
    // Lok is reached over plain http although its own alias says otherwise.
    assert_eq!(
        store.session().lok().unwrap().socket_address(),
        format!("{}/lok/graphql", face.url().replacen("http", "ws", 1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_claims_although_loks_own_alias_says_tls() {
    works(|_| ()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_collapses_doubled_slashes() {
    works(|face| face.script().lok(|manners| manners.doubled_slashes = true)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_signs_in_at_an_old_server() {
    works(|face| face.script().lok(|manners| manners.old = true)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_token_that_lok_does_not_know_is_told_as_not_signed_in() {
    let face = Face::start(Generation::First).await;
    let access = Access::of_place(face.url(), Secret::new("unknown"));
    let refused = Store::connect(access).await.unwrap_err();
    assert!(matches!(&refused, Error::SignIn(why) if why == "No Client found for this token"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_static_context_that_expires_is_told_as_not_signed_in() {
    let face = Face::start(Generation::First).await;
    let store = Store::connect(face.access().await).await.unwrap();
    store.check().await.unwrap();
    face.script().expire_tokens();
    let refused = store.pods().await.unwrap_err();
    assert!(matches!(&refused, Error::SignIn(why) if why == "Token has expired"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_page_in_place_of_a_claim_or_a_token_is_told_as_one() {
    let face = Face::start(Generation::First).await;
    face.script().next(1, "claim", Fault::Page(502));
    let access = face.fakts("org.example.store", ClientRole::Interface).await;
    let failed = Store::connect(access.clone()).await.unwrap_err();
    assert!(matches!(failed, Error::Page { status: 502, .. }), "{failed:?}");
    let store = Store::connect(access).await.unwrap();
    face.script().next(1, "token", Fault::Page(503));
    let failed = store.check().await.unwrap_err();
    assert!(matches!(failed, Error::Page { status: 503, .. }), "{failed:?}");
    store.check().await.unwrap();
}
