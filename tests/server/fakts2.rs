//! Signing in by version 2 of fakts: device logins, refresh tokens, mandate keys, and their end.

use std::time::Duration;

use kab::server::{FaktsVersion, NewToken, Options, TokenKind};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{TestServer, eventually};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const MANDATE_KEY: &str = "urn:fakts:grant-type:mandate-key";

fn manifest() -> Value {
    json!({
        "identifier": "org.example.app", "version": "0.1.0", "author": "unknown", "description": null, "logo": null,
        "scopes": ["openid"], "entrypoint": "app", "device_id": "b1946ac9", "public_sources": [],
        "requirements": [
            {"key": "kabinet", "service": "live.arkitekt.kabinet", "optional": false, "description": null},
            {"key": "lok", "service": "live.arkitekt.lok", "optional": false, "description": null},
            {"key": "images", "service": "live.arkitekt.mikro", "optional": true, "description": null},
        ],
    })
}

/// A server that lets programs poll as often as they like.
async fn patient() -> TestServer {
    TestServer::start_with(|options| options.poll_interval = Duration::ZERO).await
}

async fn discover(server: &TestServer) -> Value {
    let reply = server.http.get(format!("{}/.well-known/fakts", server.url)).send().await.unwrap();
    reply.json().await.unwrap()
}

async fn begin(server: &TestServer) -> Value {
    let request = json!({
        "manifest": manifest(), "expiration_time_seconds": 300, "redirect_uris": [],
        "requested_client_kind": "development", "requested_client_role": "interface",
    });
    server.post("/lok/o/device/", &request).await
}

/// POSTs a form to the address that discovery tells under this name.
async fn form(server: &TestServer, endpoint: &str, members: &[(&str, &str)]) -> (StatusCode, Value) {
    let url = discover(server).await[endpoint].as_str().unwrap().to_owned();
    let reply = server.http.post(url).form(members).send().await.unwrap();
    assert_eq!(reply.headers()["cache-control"], "no-store");
    (reply.status(), reply.json().await.unwrap())
}

async fn poll(server: &TestServer, started: &Value) -> (StatusCode, Value) {
    let text = |name: &str| started[name].as_str().unwrap();
    let members = [("grant_type", DEVICE_CODE), ("device_code", text("device_code")), ("client_id", text("client_id"))];
    form(server, "token_endpoint", &members).await
}

async fn refresh(server: &TestServer, client_id: &Value, token: &Value) -> (StatusCode, Value) {
    let members = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str().unwrap()),
        ("client_id", client_id.as_str().unwrap()),
    ];
    form(server, "token_endpoint", &members).await
}

fn is_refused((status, reply): &(StatusCode, Value), error: &str) -> bool {
    *status == StatusCode::BAD_REQUEST && reply["error"] == error
}

/// Signs in, and gives the token reply.
async fn sign_in(server: &TestServer) -> Value {
    let started = begin(server).await;
    server.server.approve(started["user_code"].as_str().unwrap()).await.unwrap();
    let (status, reply) = poll(server, &started).await;
    assert_eq!(status, StatusCode::OK, "{reply}");
    reply
}

async fn who(server: &TestServer, reply: &Value) -> Value {
    let token = reply["access_token"].as_str().unwrap();
    server.graphql("lok", token, "{ me { username } mycontext { organization { slug } } }", json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn discovery_tells_both_versions_on_the_origin_of_the_request() {
    let server = TestServer::start().await;
    let told = discover(&server).await;
    assert_eq!(told["protocol_version"], "2");
    for (name, path) in [
        ("base_url", "/lok/f/"),
        ("frontend_url", "/"),
        ("issuer", "/lok"),
        ("token_endpoint", "/lok/o/token/"),
        ("device_authorization_endpoint", "/lok/o/device/"),
        ("revocation_endpoint", "/lok/o/revoke/"),
        ("jwks_uri", "/lok/o/jwks/"),
        ("configure", "/configure/{code}"),
    ] {
        assert_eq!(told[name], format!("{}{path}", server.url), "{name}");
    }
    let grants = told["grant_types_supported"].as_array().unwrap();
    for grant in [DEVICE_CODE, MANDATE_KEY, "refresh_token", "client_credentials"] {
        assert!(grants.contains(&json!(grant)), "{grant}");
    }
    assert_eq!(told["token_endpoint_auth_methods_supported"][0], "none");
    let request = server.http.get(format!("{}/.well-known/fakts", server.url)).header("host", "lab.example.org");
    let told: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(told["token_endpoint"], "http://lab.example.org/lok/o/token/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_version_1_knows_nothing_of_version_2() {
    let server = TestServer::start_with(|options| options.fakts = FaktsVersion::One).await;
    let told = discover(&server).await;
    assert_eq!((&told["protocol_version"], told.get("token_endpoint")), (&json!("1"), None));
    for path in ["/lok/o/device/", "/lok/o/revoke/"] {
        let reply = server.http.post(format!("{}{path}", server.url)).json(&json!({})).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let ask = async |grant: &str| {
        let url = format!("{}/lok/o/token/", server.url);
        let reply = server.http.post(url).form(&[("grant_type", grant)]).send().await.unwrap();
        reply.json::<Value>().await.unwrap()["error"].clone()
    };
    assert_eq!(ask(DEVICE_CODE).await, "unsupported_grant_type");
    assert_eq!(ask(MANDATE_KEY).await, "unsupported_grant_type");
    assert_eq!(ask("refresh_token").await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_login_gets_tokens_and_addresses_in_one_reply() {
    let server = patient().await;
    let started = begin(&server).await;
    let user_code = started["user_code"].as_str().unwrap();
    assert_eq!(user_code.find('-'), Some(4), "{user_code}");
    assert_eq!(started["verification_uri"], format!("{}/device", server.url));
    let page = started["verification_uri_complete"].as_str().unwrap();
    let page = server.http.get(page).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(&format!("kab approve {user_code}")), "{page}");
    assert!(is_refused(&poll(&server, &started).await, "authorization_pending"));

    let waiting = server.server.pending_device_codes().await.unwrap();
    assert_eq!((waiting[0].code.as_str(), waiting[0].app.as_str()), (user_code, "org.example.app"));
    server.server.approve(&user_code.replace('-', "").to_lowercase()).await.unwrap();
    let (status, reply) = poll(&server, &started).await;
    assert_eq!((status, &reply["token_type"], &reply["expires_in"]), (StatusCode::OK, &json!("Bearer"), &json!(3600)));
    assert_eq!(reply["client_id"], started["client_id"], "a new client keeps the id that it was told");
    assert_eq!(reply["statuses"], json!({"kabinet": "granted", "lok": "granted", "images": "unavailable"}));
    let alias = &reply["instances"]["kabinet"]["aliases"][0];
    assert_eq!(
        (&alias["kind"], &alias["reach"], &alias["ssl"]),
        (&json!("absolute"), &json!("loopback"), &json!(false))
    );
    let health =
        format!("http://{}:{}/{}/ht", alias["host"].as_str().unwrap(), alias["port"], alias["path"].as_str().unwrap());
    assert_eq!(server.http.get(health).send().await.unwrap().status(), 200);
    assert_eq!(reply["self"]["deployment_name"], "local");
    assert_eq!((&reply["self"]["hub"], &reply["mesh"]), (&Value::Null, &Value::Null));
    assert_eq!(who(&server, &reply).await["data"]["me"]["username"], "local");
    assert!(is_refused(&poll(&server, &started).await, "invalid_grant"), "a code is good for one login");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_polls_faster_than_allowed_is_slowed_down() {
    let server = TestServer::start().await;
    let started = begin(&server).await;
    assert_eq!(started["interval"], 5);
    assert!(is_refused(&poll(&server, &started).await, "authorization_pending"));
    assert!(is_refused(&poll(&server, &started).await, "slow_down"));
    server.server.approve(started["user_code"].as_str().unwrap()).await.unwrap();
    assert_eq!(poll(&server, &started).await.0, StatusCode::OK, "a decision is told however fast it is asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_can_be_denied_can_expire_and_belongs_to_one_client() {
    let server = patient().await;
    let started = begin(&server).await;
    let mut stranger = started.clone();
    stranger["client_id"] = json!("somebody");
    assert!(is_refused(&poll(&server, &stranger).await, "invalid_grant"));
    stranger["device_code"] = json!("nonsense");
    assert!(is_refused(&poll(&server, &stranger).await, "invalid_grant"));
    server.server.deny(started["user_code"].as_str().unwrap()).await.unwrap();
    assert!(is_refused(&poll(&server, &started).await, "access_denied"));

    let request = json!({"manifest": manifest(), "expiration_time_seconds": 0});
    let started = server.post("/lok/o/device", &request).await;
    eventually("the code expires", async || is_refused(&poll(&server, &started).await, "expired_token").then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_code_is_worth_nothing_at_the_challenge_of_version_1() {
    let server = patient().await;
    let started = begin(&server).await;
    let user_code = started["user_code"].as_str().unwrap();
    server.server.approve(user_code).await.unwrap();
    for code in [user_code.to_owned(), user_code.replace('-', "").to_lowercase()] {
        let reply = server.post("/lok/f/challenge/", &json!({"code": code})).await;
        assert_eq!(reply["error"], "Challenge does not exist", "{reply}");
    }
    assert_eq!(poll(&server, &started).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_started_is_refused_with_the_reason() {
    let server = TestServer::start().await;
    let url = format!("{}/lok/o/device/", server.url);
    for (request, reason) in [
        (json!({"manifest": {"identifier": "x"}}), "Malformed request"),
        (json!({"manifest": {"identifier": "a/b", "version": "1"}}), "Malformed manifest"),
        (json!({"manifest": manifest(), "requested_client_kind": "relying_party"}), "Unknown client kind"),
    ] {
        let reply = server.http.post(&url).json(&request).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::BAD_REQUEST);
        let reply: Value = reply.json().await.unwrap();
        assert_eq!(reply["error"], "invalid_request");
        assert!(reply["error_description"].as_str().unwrap().starts_with(reason), "{reply}");
    }
    let mut last = StatusCode::OK;
    for _ in 0..=200 {
        let reply = server.http.post(&url).json(&json!({"manifest": manifest()})).send().await.unwrap();
        last = reply.status();
        if last != StatusCode::OK {
            assert_eq!(reply.json::<Value>().await.unwrap()["error"], "slow_down");
            break;
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS, "a stranger must not fill the store");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_changes_at_every_use_and_brings_the_addresses_again() {
    let server = patient().await;
    let first = sign_in(&server).await;
    // A login is handed on as client_id:refresh_token; nothing else is needed to go on with it.
    let (status, second) = refresh(&server, &first["client_id"], &first["refresh_token"]).await;
    assert_eq!(status, StatusCode::OK, "{second}");
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!((&first["instances"], &first["statuses"]), (&second["instances"], &second["statuses"]));
    assert_eq!(first["client_id"], second["client_id"]);
    let (status, third) = refresh(&server, &second["client_id"], &second["refresh_token"]).await;
    assert_eq!(status, StatusCode::OK);
    for reply in [&first, &second, &third] {
        assert_eq!(who(&server, reply).await["data"]["mycontext"]["organization"]["slug"], "local");
    }
    let stranger = refresh(&server, &json!("somebody"), &third["refresh_token"]).await;
    assert!(is_refused(&stranger, "invalid_grant"));
    let nonsense = refresh(&server, &third["client_id"], &json!("a.1.b")).await;
    assert!(is_refused(&nonsense, "invalid_grant"));
    assert_eq!(refresh(&server, &third["client_id"], &third["refresh_token"]).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_comes_back_ends_the_whole_login() {
    let server = patient().await;
    let first = sign_in(&server).await;
    let other = sign_in(&server).await;
    let (_, second) = refresh(&server, &first["client_id"], &first["refresh_token"]).await;
    assert!(is_refused(&refresh(&server, &first["client_id"], &first["refresh_token"]).await, "invalid_grant"));
    assert!(is_refused(&refresh(&server, &second["client_id"], &second["refresh_token"]).await, "invalid_grant"));
    let refusal = who(&server, &second).await;
    assert_eq!(refusal["errors"][0]["message"], "Token claims are invalid", "{refusal}");
    // Another login of the same program goes on, under the id that it was told or the client's own.
    assert_eq!(who(&server, &other).await["data"]["me"]["username"], "local");
    assert_eq!(refresh(&server, &other["client_id"], &other["refresh_token"]).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_lies_unused_for_too_long_is_gone() {
    let server = patient().await;
    let login = sign_in(&server).await;
    let mut server = server.restart(|options| options.login_life = Duration::ZERO).await;
    eventually("the login dies", async || {
        is_refused(&refresh(&server, &login["client_id"], &login["refresh_token"]).await, "invalid_grant").then_some(())
    })
    .await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_login_of_a_program_shares_its_client_and_may_use_the_id_that_it_was_told() {
    let server = patient().await;
    let first = sign_in(&server).await;
    let started = begin(&server).await;
    server.server.approve(started["user_code"].as_str().unwrap()).await.unwrap();
    let (_, second) = poll(&server, &started).await;
    assert_eq!(first["client_id"], second["client_id"]);
    assert_ne!(started["client_id"], second["client_id"]);
    assert_eq!(refresh(&server, &started["client_id"], &second["refresh_token"]).await.0, StatusCode::OK);
}

async fn mandate(server: &TestServer, key: &str, manifest: &Value, kind: &str) -> (StatusCode, Value) {
    let manifest = manifest.to_string();
    let members = [
        ("grant_type", MANDATE_KEY),
        ("key", key),
        ("manifest", &manifest),
        ("requested_client_kind", kind),
        ("requested_client_role", "agent"),
        ("request_auth_key", "false"),
    ];
    form(server, "token_endpoint", &members).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_key_lets_programs_in_without_a_person() {
    let server = TestServer::start().await;
    let NewToken::Mandate(key) = server.server.add_token("lab", "ada", TokenKind::Mandate).await.unwrap() else {
        panic!("a mandate key was asked for")
    };
    let (status, reply) = mandate(&server, &key, &manifest(), "development").await;
    assert_eq!(status, StatusCode::OK, "{reply}");
    assert_eq!(reply.get("refresh_token"), None, "whoever has the key asks again");
    assert_eq!(reply["instances"]["kabinet"]["service"], "live.arkitekt.kabinet");
    let me = who(&server, &reply).await;
    assert_eq!(
        (&me["data"]["me"]["username"], &me["data"]["mycontext"]["organization"]["slug"]),
        (&json!("ada"), &json!("lab"))
    );
    let mut newer = manifest();
    newer["version"] = json!("0.2.0");
    assert_eq!(mandate(&server, &key, &newer, "desktop").await.0, StatusCode::OK, "programs are brought up to date");

    assert!(is_refused(&mandate(&server, "wrong", &manifest(), "development").await, "invalid_grant"));
    assert!(is_refused(&mandate(&server, &key, &json!("no"), "development").await, "invalid_request"));
    assert!(is_refused(&mandate(&server, &key, &manifest(), "website").await, "invalid_request"));
    newer["requirements"][2]["optional"] = json!(false);
    let (_, refusal) = mandate(&server, &key, &newer, "development").await;
    assert_eq!(refusal["error_description"], "Unable to find instance for requirement live.arkitekt.mikro");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_login_is_over_at_once() {
    let server = patient().await;
    let revoke = async |token: &Value, client: &Value| {
        let members = [
            ("token", token.as_str().unwrap()),
            ("token_type_hint", "refresh_token"),
            ("client_id", client.as_str().unwrap()),
        ];
        form(&server, "revocation_endpoint", &members).await
    };
    let login = sign_in(&server).await;
    assert!(is_refused(&revoke(&login["refresh_token"], &json!("somebody")).await, "invalid_client"));
    assert_eq!(who(&server, &login).await["data"]["me"]["username"], "local");
    assert_eq!(revoke(&login["refresh_token"], &login["client_id"]).await, (StatusCode::OK, json!({})));
    assert_eq!(who(&server, &login).await["errors"][0]["message"], "Token claims are invalid");
    assert!(is_refused(&refresh(&server, &login["client_id"], &login["refresh_token"]).await, "invalid_grant"));
    // What is over already, or was never there, is over.
    assert_eq!(revoke(&login["refresh_token"], &login["client_id"]).await.0, StatusCode::OK);
    assert_eq!(revoke(&json!("nonsense"), &login["client_id"]).await.0, StatusCode::OK);
    let login = sign_in(&server).await;
    assert_eq!(revoke(&login["access_token"], &login["client_id"]).await.0, StatusCode::OK);
    assert_eq!(who(&server, &login).await["errors"][0]["message"], "Token claims are invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_taken_with_the_access_token() {
    let server = patient().await;
    let login = sign_in(&server).await;
    let report =
        json!({"alias_reports": {"kabinet": {"alias_id": "3", "valid": true, "reason": null}}, "functional": true});
    let url = format!("{}report/", discover(&server).await["base_url"].as_str().unwrap());
    let ask = server.http.post(&url).json(&report);
    let reply = ask.bearer_auth(login["access_token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(reply.json::<Value>().await.unwrap()["status"], "reported");
    let reply = server.http.post(&url).json(&report).send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::UNAUTHORIZED);
    let reply = server.http.post(&url).json(&report).bearer_auth("nonsense").send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::UNAUTHORIZED);
}

#[test]
fn a_server_speaks_both_versions_unless_told_otherwise() {
    assert_eq!(Options::new("/nowhere").fakts, FaktsVersion::Both);
}
