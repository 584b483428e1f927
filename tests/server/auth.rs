//! Signing in: tokens and their refusals, device codes, redeem tokens, claim.

use std::time::Duration;

use kab::server::{ClientRole, Forwarded, NewToken, TokenKind};
use serde_json::{Value, json};

use crate::socket::Socket;
use crate::support::{TestServer, eventually};

const ME: &str = "{ me { id username } mycontext { organization { slug } roles fitsActiveOrganization } }";

fn manifest() -> Value {
    json!({
        "identifier": "org.example.app", "version": "0.1.0", "scopes": ["read", "write"], "logo": null,
        "node_id": "b1946ac9", "public_sources": [],
        "requirements": [
            {"key": "kabinet", "service": "live.arkitekt.kabinet", "optional": false, "description": "Pods"},
            {"key": "rekuest", "service": "live.arkitekt.rekuest", "optional": false},
            {"key": "lok", "service": "live.arkitekt.lok", "optional": true},
            {"key": "images", "service": "live.arkitekt.mikro", "optional": true},
        ],
    })
}

async fn claim(server: &TestServer, token: &Value) -> Value {
    let reply = server.post("/lok/f/claim/", &json!({"token": token, "secure": false})).await;
    assert_eq!(reply["status"], "granted", "{reply}");
    reply["config"].clone()
}

async fn sign_in(server: &TestServer, config: &Value) -> String {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", config["auth"]["client_id"].as_str().unwrap()),
        ("client_secret", config["auth"]["client_secret"].as_str().unwrap()),
        ("scope", "read write"),
    ];
    let url = config["auth"]["token_url"].as_str().unwrap();
    let reply: Value = server.http.post(url).form(&form).send().await.unwrap().json().await.unwrap();
    assert_eq!((&reply["token_type"], &reply["expires_in"]), (&json!("Bearer"), &json!(864_000)), "{reply}");
    reply["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_code_leads_to_a_signed_in_client() {
    let server = TestServer::start().await;
    let discovered: Value =
        server.http.get(format!("{}/.well-known/fakts", server.url)).send().await.unwrap().json().await.unwrap();
    assert_eq!(discovered["base_url"], format!("{}/lok/f/", server.url));
    assert_eq!(discovered["frontend_url"], format!("{}/", server.url));
    assert_eq!(discovered["protocol_version"], "2", "clients of version 1 do not look at it");

    let started =
        server.post("/lok/f/start/", &json!({"manifest": manifest(), "requested_client_role": "agent"})).await;
    let code = started["code"].as_str().unwrap().to_owned();
    assert_eq!((code.len(), &started["status"]), (8, &json!("granted")));
    let page = server.http.get(format!("{}/configure/{code}", server.url)).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(&format!("kab approve {code}")));
    let poll = json!({"code": code});
    assert_eq!(server.post("/lok/f/challenge/", &poll).await["status"], "pending");

    let waiting = server.server.pending_device_codes().await.unwrap();
    assert_eq!((waiting.len(), waiting[0].app.as_str()), (1, "org.example.app"));
    assert_eq!(waiting[0].host.as_deref(), Some("127.0.0.1"));
    server.server.approve(&code.to_uppercase()).await.unwrap();
    assert!(server.server.pending_device_codes().await.unwrap().is_empty());
    assert!(server.server.approve(&code).await.is_err());

    // With and without the slash, and again and again until the code dies.
    let granted = server.post("/lok/f/challenge", &poll).await;
    assert_eq!(server.post("/lok/f/challenge/", &poll).await, granted);
    let config = claim(&server, &granted["token"]).await;
    assert_eq!(
        config["statuses"],
        json!({"kabinet": "granted", "rekuest": "granted", "lok": "granted", "images": "unavailable"})
    );
    assert!(config["instances"].get("images").is_none());
    let alias = &config["instances"]["kabinet"]["aliases"][0];
    assert_eq!(
        (&alias["ssl"], &alias["path"], &alias["host"]),
        (&json!(false), &json!("kabinet"), &json!("127.0.0.1"))
    );
    assert_eq!(config["self"]["alias"]["ssl"], false);
    let health = format!("http://{}:{}/kabinet/ht", alias["host"].as_str().unwrap(), alias["port"]);
    assert_eq!(server.http.get(health).send().await.unwrap().status(), 200);

    let token = sign_in(&server, &config).await;
    let me = server.data("lok", &token, ME, json!({})).await;
    assert_eq!(me["me"]["username"], "local");
    assert_eq!(me["mycontext"]["organization"]["slug"], "local");
    let report = json!({"token": granted["token"], "functional": true, "alias_reports": {}});
    assert_eq!(server.post("/lok/f/report/", &report).await["status"], "reported");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_can_be_denied_and_can_expire() {
    let server = TestServer::start().await;
    let code = server.post("/lok/f/start/", &json!({"manifest": manifest()})).await["code"].clone();
    server.server.deny(code.as_str().unwrap()).await.unwrap();
    let poll = json!({"code": code});
    assert_eq!(server.post("/lok/f/challenge/", &poll).await["status"], "denied");
    let gone = server.post("/lok/f/challenge/", &poll).await;
    assert_eq!((&gone["status"], &gone["error"]), (&json!("error"), &json!("Challenge does not exist")));

    let start = json!({"manifest": manifest(), "expiration_time_seconds": 0});
    let code = server.post("/lok/f/start/", &start).await["code"].clone();
    eventually("the code expires", async || {
        let status = server.post("/lok/f/challenge/", &json!({"code": code})).await["status"].take();
        (status == "expired").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_needed_service_that_is_missing_is_named_at_approval() {
    let server = TestServer::start().await;
    let mut manifest = manifest();
    manifest["requirements"][3]["optional"] = json!(false);
    let code = server.post("/lok/f/start/", &json!({"manifest": manifest})).await["code"].clone();
    let refusal = server.server.approve(code.as_str().unwrap()).await.unwrap_err();
    assert_eq!(refusal.to_string(), "Unable to find instance for requirement live.arkitekt.mikro");
    let malformed = server.post("/lok/f/start/", &json!({"manifest": {"identifier": "x"}})).await;
    assert!(malformed["error"].as_str().unwrap().starts_with("Malformed request"), "{malformed}");
    let kind = json!({"manifest": manifest, "requested_client_kind": "website"});
    assert_eq!(server.post("/lok/f/start/", &kind).await["status"], "error");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redeem_token_serves_one_manifest_many_times() {
    let server = TestServer::start().await;
    let NewToken::Redeem(redeem) = server.server.add_token("lab", "ada", TokenKind::Redeem).await.unwrap() else {
        panic!("a redeem token was asked for")
    };
    let first = server.post("/lok/f/redeem/", &json!({"token": redeem, "manifest": manifest()})).await;
    let again = server.post("/lok/f/redeem", &json!({"token": redeem, "manifest": manifest()})).await;
    assert_eq!((&first["status"], &first), (&json!("granted"), &again));
    let mut newer = manifest();
    newer["version"] = json!("0.2.0");
    let changed = server.post("/lok/f/redeem/", &json!({"token": redeem, "manifest": newer})).await;
    assert!(changed["message"].as_str().unwrap().contains("different manifest"));
    let wrong = server.post("/lok/f/redeem/", &json!({"token": "x", "manifest": manifest()})).await;
    assert_eq!(wrong["message"], "Invalid redeem token");
    let token = sign_in(&server, &claim(&server, &first["token"]).await).await;
    let me = server.data("lok", &token, ME, json!({})).await;
    assert_eq!((&me["me"]["username"], &me["mycontext"]["organization"]["slug"]), (&json!("ada"), &json!("lab")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_pod_of_an_app_leaves_the_first_ones_token_alone() {
    let server = TestServer::start().await;
    let engine = server.token("live.kab.engine", ClientRole::Agent).await;
    let create = "mutation ($i: DevelopmentClientInput!) {
        createDevelopmentalClient(input: $i) { id token role oauth2Client { clientId } } }";
    let mut input = json!({"i": {"composition": null, "layers": null, "role": "AGENT", "manifest": {
        "identifier": "com.example.stardist", "version": "0.2.0", "scopes": ["read"], "logo": null, "nodeId": "n",
        "requirements": [{"key": "rekuest", "service": "live.arkitekt.rekuest", "optional": false, "description": null}],
        "publicSources": [{"kind": "GITHUB", "url": "https://github.com/example/stardist"}],
    }}});
    let first = server.data("lok", &engine, create, input.clone()).await["createDevelopmentalClient"].take();
    let second = server.data("lok", &engine, create, input.clone()).await["createDevelopmentalClient"].take();
    assert_eq!(
        (&first["id"], &first["oauth2Client"], &first["role"]),
        (&second["id"], &second["oauth2Client"], &json!("AGENT"))
    );
    assert_ne!(first["token"], second["token"]);
    for made in [&first, &second] {
        let config = claim(&server, &made["token"]).await;
        assert_eq!(config["auth"]["client_id"], made["oauth2Client"]["clientId"]);
        sign_in(&server, &config).await;
    }
    input["i"]["manifest"]["requirements"][0]["service"] = json!("live.arkitekt.nope");
    let refused = server.graphql("lok", &engine, create, input).await;
    assert_eq!(refused["errors"][0]["message"], "Unable to find instance for requirement live.arkitekt.nope");
}

async fn refusal(server: &TestServer, authorization: Option<&str>) -> Value {
    let mut request =
        server.http.post(format!("{}/rekuest/graphql/", server.url)).json(&json!({"query": "{ agents { id } }"}));
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    let reply = request.send().await.unwrap();
    assert_eq!(reply.status(), 200);
    let reply: Value = reply.json().await.unwrap();
    assert_eq!((&reply["data"], &reply["errors"][0]["extensions"]["code"]), (&Value::Null, &json!("UNAUTHENTICATED")));
    reply["errors"][0]["message"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_token_is_refused_in_upstreams_words() {
    let server = TestServer::start().await;
    let good = server.token("org.example.app", ClientRole::Interface).await;
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let flipped: String = signature.chars().rev().collect();
    for (authorization, text) in [
        (None, "No Authorization header"),
        (Some(format!("bearer {good}")), "Not a valid token"),
        (Some(String::from("Bearer nonsense")), "Error decoding token header"),
        (Some(String::from("Bearer e30.e30.AA")), "Missing kid in header"),
        (Some(format!("Bearer {signed}.{flipped}")), "Error decoding token"),
    ] {
        assert_eq!(refusal(&server, authorization.as_deref()).await, text);
    }
    let server = server.restart(|options| options.access_token_life = Duration::ZERO).await;
    let old = server.token("org.example.app", ClientRole::Interface).await;
    assert_eq!(refusal(&server, Some(&format!("Bearer {old}"))).await, "Token has expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_without_a_valid_token_is_closed_and_never_silent() {
    let server = TestServer::start().await;
    let current = Some("graphql-transport-ws");
    for (protocol, first, code) in [
        (None, json!({"type": "connection_init"}), 4406),
        (current, json!({"type": "connection_init"}), 4401),
        (current, json!({"type": "subscribe", "id": "1", "payload": {"query": "{ me { id } }"}}), 4401),
        (current, json!({"type": "connection_init", "payload": {"token": "nope"}}), 4403),
        (Some("graphql-ws"), json!({"type": "connection_init", "payload": {"token": "nope"}}), 4403),
    ] {
        let mut socket = Socket::open(&server, "/lok/graphql", protocol).await;
        socket.send(first.clone()).await;
        assert_eq!(socket.close_code().await, code, "{first}");
    }
    let mut legacy = Socket::open(&server, "/lok/graphql/", Some("graphql-ws")).await;
    let token = server.token("org.example.app", ClientRole::Interface).await;
    legacy.send(json!({"type": "connection_init", "payload": {"token": token}})).await;
    assert_eq!(legacy.next().await["type"], "connection_ack");
    legacy.send(json!({"type": "start", "id": "1", "payload": {"query": "{ me { username } }"}})).await;
    let data = legacy.next_of("data").await;
    assert_eq!(data["payload"]["data"]["me"]["username"], "local");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_outlives_its_token_starts_nothing_new() {
    let server = TestServer::start_with(|options| options.access_token_life = Duration::from_secs(2)).await;
    let token = server.token("org.example.app", ClientRole::Interface).await;
    let mut socket = Socket::graphql(&server, "rekuest", &token).await;
    for attempt in 0.. {
        socket.subscribe(&attempt.to_string(), "{ agents { id } }").await;
        let reply = socket.next_of("next").await["payload"].take();
        if reply["errors"][0]["message"] == "Token has expired" {
            assert_eq!(reply["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
            break;
        }
        assert_eq!(reply["data"]["agents"], json!([]));
        assert!(attempt < 1000, "the token never expired");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mutations_work_over_a_socket() {
    let server = TestServer::start().await;
    let token = server.token("org.example.app", ClientRole::Agent).await;
    let mut socket = Socket::graphql(&server, "rekuest", &token).await;
    socket.subscribe("1", "mutation { ensureAgent(input: {name: \"Me\"}) { name } }").await;
    assert_eq!(socket.next_data().await["ensureAgent"]["name"], "Me");
    assert_eq!(socket.next().await, json!({"type": "complete", "id": "1"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_endpoint_refuses_in_the_words_of_the_standard() {
    let server = TestServer::start().await;
    let token =
        server.server.client_token_for(&kab::server::Manifest::for_everything("a", "1"), ClientRole::Agent).await;
    let config = claim(&server, &json!(token.unwrap())).await;
    let id = config["auth"]["client_id"].as_str().unwrap();
    let secret = config["auth"]["client_secret"].as_str().unwrap();
    let url = format!("{}/lok/o/token/", server.url);
    let grant = ("grant_type", "client_credentials");
    let post = |form: Vec<(&'static str, String)>| server.http.post(&url).form(&form);
    let form = |id: &str, secret: &str| {
        vec![(grant.0, grant.1.to_owned()), ("client_id", id.to_owned()), ("client_secret", secret.to_owned())]
    };
    let only_grant = || vec![(grant.0, grant.1.to_owned())];
    for (request, status, error) in [
        (post(form(id, "wrong")), 401, "invalid_client"),
        (post(only_grant()), 401, "invalid_client"),
        (post(form("nobody", "x")), 400, "invalid_client"),
        (post(only_grant()).basic_auth("nobody", Some("x")), 401, "invalid_client"),
        (post(vec![("grant_type", String::from("password"))]), 400, "unsupported_grant_type"),
        (post(vec![("grant_type", String::from("refresh_token"))]), 400, "invalid_request"),
        (server.http.post(&url).json(&json!({"grant_type": "client_credentials"})), 400, "unsupported_grant_type"),
    ] {
        let reply = request.send().await.unwrap();
        assert_eq!(reply.status(), status, "{error}");
        assert_eq!(reply.headers().contains_key("www-authenticate"), status == 401);
        assert_eq!(reply.json::<Value>().await.unwrap()["error"], error);
    }
    let basic = post(only_grant()).basic_auth(id, Some(secret)).send().await.unwrap();
    assert_eq!(basic.status(), 200);
    assert_eq!(server.http.get(&url).send().await.unwrap().status(), 405);
    let keys =
        server.http.get(format!("{}/lok/o/jwks/", server.url)).send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(keys["keys"][0]["crv"], "Ed25519");
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_follow_the_host_that_the_client_used() {
    let server = TestServer::start_with(|options| options.forwarded = Forwarded::Trusted).await;
    let request = server
        .http
        .get(format!("{}/lok/.well-known/fakts", server.url))
        .header("x-forwarded-host", "lab.example.org")
        .header("x-forwarded-proto", "https");
    let told: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(told["base_url"], "https://lab.example.org/lok/f/");
    let server = server.restart(|_| ()).await;
    let request = server
        .http
        .get(format!("{}/.well-known/fakts", server.url))
        .header("host", "10.1.2.3:8080")
        .header("x-forwarded-host", "evil.example.org");
    let told: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(told["base_url"], "http://10.1.2.3:8080/lok/f/");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_no_token_is_answered_without_one() {
    let server = TestServer::start().await;
    for service in ["lok", "rekuest", "kabinet"] {
        for path in ["schema", "ht", ".well-known/fakts-challenge"] {
            let reply = server.http.get(format!("{}/{service}/{path}", server.url)).send().await.unwrap();
            assert_eq!(reply.status(), 200, "{service}/{path}");
        }
    }
    let url = format!("{}/rekuest/graphql", server.url);
    let text = server.http.post(&url).body("{ agents { id } }").send().await.unwrap();
    assert_eq!((text.status().as_u16(), text.text().await.unwrap().as_str()), (400, "Unsupported content type"));
    let token = server.token("org.example.app", ClientRole::Interface).await;
    let asked = server.http.get(format!("{url}?query=%7B%20agents%20%7B%20id%20%7D%20%7D")).bearer_auth(token);
    assert_eq!(asked.send().await.unwrap().json::<Value>().await.unwrap()["data"]["agents"], json!([]));
    let page = server.http.get(format!("{}/configure/%3Cscript%3E", server.url)).send().await.unwrap();
    assert!(!page.text().await.unwrap().contains("<script>"));
}
