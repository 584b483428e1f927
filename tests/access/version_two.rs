//! Signing in by protocol version 2: against the embedded server, and against one that is put together to be odd.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use kab::server::{ClientRole, NewToken, TokenKind};
use serde_json::{Value, json};
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::elsewhere::Elsewhere;

#[tokio::test(flavor = "multi_thread")]
async fn a_login_of_the_embedded_server_lives_through_renewals_until_it_is_taken_back() {
    let mut there = Elsewhere::start_next().await;
    let data = there.sign_in().await.data();
    assert_eq!((&data["protocol"], &data["user"]), (&json!("2"), &json!("local")));
    let first = there.login();
    there.change_login(|login| login["access"]["obtained_at"] = 0.into());
    // A refresh token that is used twice ends the login, so none of them may do that.
    let commands = (0..5).map(|_| {
        let mut command = there.household.command(&["pods", "-o", "json"]);
        tokio::task::spawn_blocking(move || command.output().unwrap())
    });
    let running: Vec<_> = commands.collect();
    for process in running {
        let output = process.await.unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let second = there.login();
    assert_ne!(first["key"]["refresh_token"], second["key"]["refresh_token"]);
    there.learn_secrets();
    let token = second["access"]["token"].as_str().unwrap().to_owned();
    assert_eq!(there.ask(&["logout"]).data()["revoked"], true);
    let url = there.server.url.clone();
    let stolen = there.ask_with(&["apps", "--context", "lab"], &[("KAB_TOKEN", &token)]);
    assert_eq!(stolen.code, 5, "{url} takes a token of a login that is over: {stolen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_key_of_the_embedded_server_lets_in() {
    let there = Elsewhere::start_next().await;
    let kind = TokenKind::Mandate;
    let NewToken::Mandate(key) = there.server.server.add_token("lab", "ada", kind).await.unwrap() else {
        panic!("another kind of token");
    };
    let url = there.server.url.clone();
    let variables = [("FAKTS_URL", url.as_str()), ("FAKTS_MANDATE_KEY", &key)];
    let login = there.ask_with(&["login", "--context", "lab"], &variables);
    assert_eq!(login.data()["user"], "ada");
    assert!(there.ask(&["apps"]).data().is_array());
}

/// Says `authorization_pending` twice, and then yes.
struct Approving {
    asked: AtomicU32,
    grant: Value,
}

impl Respond for Approving {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        match self.asked.fetch_add(1, Ordering::Relaxed) {
            0 => ResponseTemplate::new(400).set_body_json(json!({"error": "authorization_pending"})),
            1 => ResponseTemplate::new(503),
            _ => ResponseTemplate::new(200).set_body_json(&self.grant),
        }
    }
}

/// A deployment of version 2, whose services are those of the embedded server.
async fn deployment(there: &Elsewhere) -> MockServer {
    let server = MockServer::start().await;
    let at = |path: &str| format!("{}{path}", server.uri());
    let document = json!({
        "name": "next", "protocol_version": "2", "base_url": at("/lok/f/"), "token_endpoint": at("/lok/o/token/"),
        "device_authorization_endpoint": at("/lok/o/device/"), "revocation_endpoint": at("/lok/o/revoke/"),
        "later": {"unknown": true},
    });
    let authorization = json!({
        "device_code": "device-secret", "user_code": "9F3A-77C0", "client_id": "b7", "interval": 1, "expires_in": 60,
        "verification_uri": "https://lab.example.org/device",
        "verification_uri_complete": "https://lab.example.org/configure/9F3A-77C0",
    });
    let alias = |service: &str| {
        let port: u16 = there.server.url.rsplit(':').next().unwrap().parse().unwrap();
        json!([
            {"id": "1", "ssl": true, "host": "100.64.0.7", "path": service, "kind": "mesh", "challenge": "ht"},
            {"id": "2", "ssl": false, "host": "127.0.0.1", "port": port, "path": service, "challenge": "ht",
             "kind": "absolute", "reach": "public", "public": true},
        ])
    };
    let instance = |service: &str| json!({"service": format!("live.arkitekt.{service}"), "aliases": alias(service)});
    let grant = json!({
        "access_token": there.server.token("org.example.terminal", ClientRole::Interface).await,
        "refresh_token": "refresh-secret", "token_type": "Bearer", "expires_in": 3600, "client_id": "b7",
        "self": {"deployment_name": "next"}, "statuses": {}, "mesh": null,
        "instances": {"kabinet": instance("kabinet"), "rekuest": instance("rekuest")},
    });
    let json = |body: Value| ResponseTemplate::new(200).set_body_json(body);
    let mount = async |mock: Mock| mock.mount(&server).await;
    mount(Mock::given(method("GET")).and(path("/.well-known/fakts")).respond_with(json(document))).await;
    mount(Mock::given(path("/lok/o/device/")).and(body_string_contains("device_id")).respond_with(json(authorization)))
        .await;
    let approving = Approving { asked: AtomicU32::new(0), grant: grant.clone() };
    mount(Mock::given(path("/lok/o/token/")).and(body_string_contains("device-secret")).respond_with(approving)).await;
    let mut without_refresh = grant;
    without_refresh.as_object_mut().unwrap().remove("refresh_token");
    let mandate = Mock::given(path("/lok/o/token/")).and(body_string_contains("key=mandate-secret"));
    mount(mandate.respond_with(json(without_refresh))).await;
    mount(Mock::given(path("/lok/o/revoke/")).respond_with(ResponseTemplate::new(200))).await;
    mount(Mock::given(path("/lok/f/report/")).respond_with(json(json!({"status": "reported"})))).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_and_the_login_is_taken_back() {
    let mut there = Elsewhere::start().await;
    let server = deployment(&there).await;
    let answer = there.log_in(&[&server.uri(), "--context", "lab"]).await.unwrap();
    assert!(answer.said.contains("https://lab.example.org/configure/9F3A-77C0"), "{answer:?}");
    assert!(!answer.said.contains("device-secret"), "{answer:?}");
    let data = answer.data();
    assert_eq!((&data["deployment"], &data["protocol"]), (&json!("next"), &json!("2")));
    there.learn_secrets();
    assert!(there.ask(&["apps"]).data().is_array());
    let requests = server.received_requests().await.unwrap();
    let report = requests.iter().find(|request| request.url.path() == "/lok/f/report/").expect("a report");
    let body: Value = serde_json::from_slice(&report.body).unwrap();
    assert_eq!(body["alias_reports"]["kabinet"]["alias_id"], "2");
    assert!(body.get("token").is_none() && report.headers.contains_key("authorization"));
    let off = there.ask(&["logout"]).data();
    assert_eq!(off["revoked"], true);
    let requests = server.received_requests().await.unwrap();
    let revoked = requests.iter().find(|request| request.url.path() == "/lok/o/revoke/").expect("a revocation");
    assert!(String::from_utf8_lossy(&revoked.body).contains("token=refresh-secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_key_lets_a_program_in_and_is_asked_with_again() {
    let mut there = Elsewhere::start().await;
    let server = deployment(&there).await;
    let file = there.write("mandate", "mandate-secret").display().to_string();
    there.ask(&["login", &server.uri(), "--context", "lab", "--mandate-key-file", &file]).data();
    there.learn_secrets();
    there.change_login(|login| login["access"] = json!({"token": "stale", "obtained_at": 0, "expires_in": 60}));
    assert!(there.ask(&["apps"]).data().is_array());
    let requests = server.received_requests().await.unwrap();
    let asked = requests.iter().filter(|request| request.url.path() == "/lok/o/token/").count();
    assert_eq!(asked, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ready_made_login_is_taken_over() {
    let mut there = Elsewhere::start().await;
    let server = deployment(&there).await;
    let grant = json!({
        "access_token": there.server.token("org.example.terminal", ClientRole::Interface).await,
        "refresh_token": "next-secret", "expires_in": 3600, "instances": {},
    });
    let mock = Mock::given(path("/lok/o/token/")).and(body_string_contains("refresh_token=handed-over"));
    mock.respond_with(ResponseTemplate::new(200).set_body_json(grant)).mount(&server).await;
    let variables = [("FAKTS_TOKEN", "c1:handed-over")];
    let answer = there.ask_with(&["login", &server.uri(), "--context", "lab"], &variables);
    assert!(answer.said.contains("offers no Kabinet"), "{answer:?}");
    answer.data();
    there.learn_secrets();
    let login = there.login();
    assert_eq!((&login["key"]["client_id"], &login["key"]["refresh_token"]), (&json!("c1"), &json!("next-secret")));
}

/// Takes a report, and notes what it says and what stands on disk when it comes.
struct Noting {
    login_file: PathBuf,
    seen: Arc<Mutex<Vec<(Value, String)>>>,
}

impl Respond for Noting {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let on_disk = std::fs::read_to_string(&self.login_file).unwrap_or_default();
        self.seen.lock().unwrap().push((request.body_json().unwrap(), on_disk));
        ResponseTemplate::new(200).set_body_json(json!({"status": "reported"}))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_on_disk_before_its_services_are_looked_for_and_what_does_not_work_is_told() {
    let mut there = Elsewhere::start_next().await;
    let server = deployment(&there).await;
    // Nobody listens at port 1.
    let alias = json!({"id": "7", "ssl": false, "host": "127.0.0.1", "port": 1, "challenge": "ht"});
    let grant = json!({
        "access_token": there.server.token("org.example.terminal", ClientRole::Interface).await,
        "refresh_token": "next-secret", "expires_in": 3600,
        "instances": {"kabinet": {"service": "live.arkitekt.kabinet", "aliases": [alias, {"host": 5}]}},
    });
    let mock = Mock::given(path("/lok/o/token/")).and(body_string_contains("refresh_token=handed-over"));
    mock.respond_with(ResponseTemplate::new(200).set_body_json(grant)).mount(&server).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noting = Noting { login_file: there.login_file(), seen: Arc::clone(&seen) };
    Mock::given(path("/lok/f/report/")).respond_with(noting).with_priority(1).mount(&server).await;
    let variables = [("FAKTS_TOKEN", "c1:handed-over")];
    let answer = there.ask_with(&["login", &server.uri(), "--context", "lab"], &variables);
    assert!(answer.said.contains("no working address of kabinet"), "{answer:?}");
    answer.data();
    there.learn_secrets();
    let seen = seen.lock().unwrap();
    let [(report, on_disk)] = seen.as_slice() else { panic!("{seen:?}") };
    assert!(on_disk.contains("next-secret"), "the login was not on disk yet");
    assert_eq!((&report["functional"], &report["alias_reports"]["kabinet"]["valid"]), (&json!(false), &json!(false)));
}
