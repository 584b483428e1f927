//! The local server as a person meets it: it appears by itself, in a session of its own, keeps its secrets, and goes
//! when nobody needs it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "support/household.rs"]
mod household;

use std::{
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::{Duration, Instant},
};

use household::{Engine, Household};
use serde_json::Value;

/// What takes longer is a fault, also on a slow machine.
const LIMIT: Duration = Duration::from_mins(1);

fn server_file(household: &Household) -> Value {
    let text = std::fs::read_to_string(household.data_dir().join("runtime/server.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Waits for something that is looked up in files, up to the limit.
fn wait_until(what: &str, mut wanted: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !wanted() {
        assert!(Instant::now() < deadline, "{what} did not happen in time");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// The fields of `/proc/PID/stat` after the name: state, parent, group, session, terminal, …
fn stat(pid: i64) -> Vec<String> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    text.rsplit_once(')').unwrap().1.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_server_appears_by_itself_without_a_terminal_and_its_secrets_stay_its_own() {
    let household = Household::new(&Engine::Process);
    household.ask(&["apps"]).data();
    let file = server_file(&household);
    let (pid, token) = (file["pid"].as_i64().unwrap(), file["token"].as_str().unwrap());

    let [_, parent, _, session, terminal] = stat(pid)[..5].to_vec().try_into().unwrap_or_else(|_| panic!("stat"));
    assert_ne!(parent, std::process::id().to_string(), "it is nobody's child that waits for it");
    assert_ne!(session, stat(i64::from(std::process::id()))[3], "it has a session of its own");
    assert_eq!(terminal, "0", "it has no terminal");

    for (path, mode) in
        [("runtime", 0o700), ("data", 0o700), ("runtime/server.json", 0o600), ("data/client-token", 0o600)]
    {
        let found = std::fs::metadata(household.data_dir().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{path}");
    }
    let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap();
    assert!(!String::from_utf8_lossy(&words).contains(token));
    let log = std::fs::read_to_string(household.data_dir().join("state/server.log")).unwrap();
    assert!(!log.contains(token) && log.contains("serving at"), "{log}");

    let status = household.ask(&["serve", "status"]).data();
    assert_eq!(status["pid"], pid);
    assert_eq!(household.run(&["serve", "stop"]).status.code(), Some(0));
    assert!(!household.data_dir().join("runtime/server.json").exists());
    assert_eq!(household.ask(&["serve", "status"]).code, 7);

    // The same port again: pods have it in their environment.
    household.ask(&["apps"]).data();
    assert_eq!(server_file(&household)["url"], file["url"]);
    assert_ne!(server_file(&household)["pid"], file["pid"]);
}

#[test]
fn a_server_that_nobody_uses_ends() {
    let household = Household::new(&Engine::Process);
    let started = household.command(&["apps"]).env("KAB_IDLE_MINUTES", "0.01").output().unwrap();
    assert!(started.status.success(), "{started:?}");
    let pid = server_file(&household)["pid"].as_i64().unwrap();
    wait_until("the end of the idle server", || {
        !household.processes().iter().any(|process| i64::from(*process) == pid)
    });
    assert!(!household.data_dir().join("runtime/server.json").exists());
}

#[test]
fn an_older_server_is_replaced_and_a_newer_one_is_left_alone() {
    let household = Household::new(&Engine::Process);
    household.ask(&["apps"]).data();
    let path = household.data_dir().join("runtime/server.json");
    let pretend = |version: &str| {
        let mut file = server_file(&household);
        file["version"] = version.into();
        std::fs::write(&path, file.to_string()).unwrap();
        file["pid"].clone()
    };
    let newer = pretend("99.0.0");
    let said = household.ask(&["apps"]);
    assert!(said.said.contains("newer"), "{said:?}");
    assert_eq!(server_file(&household)["pid"], newer);
    let older = pretend("0.0.1");
    household.ask(&["apps"]).data();
    assert_ne!(server_file(&household)["pid"], older);
    assert_eq!(server_file(&household)["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let household = Household::new(&Engine::Process);
    let data = household.data_dir().join("data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::write(data.join("kab.sqlite"), "this is no database, and it is long enough to be looked at".repeat(100))
        .unwrap();
    let answer = household.ask(&["apps"]);
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(answer.envelope["error"]["why"].as_str().unwrap().contains("not a database"), "{answer:?}");
    assert_eq!(household.processes(), [0_i32; 0]);
}

#[test]
fn nobody_listens_beyond_this_machine_by_mistake() {
    let household = Household::new(&Engine::Process);
    let answer = household.ask(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(answer.code, 2, "{answer:?}");
    let hint = answer.envelope["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("--insecure") && hint.contains("--tls-cert"), "{hint}");
    assert!(!Path::new(&household.data_dir().join("runtime/server.json")).exists());
}

#[test]
fn a_server_with_a_certificate_serves_others_with_tls_and_this_machine_as_before() {
    let household = Household::new(&Engine::Process);
    let tls = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls");
    let file = |name: &str| tls.join(name).to_string_lossy().into_owned();
    let answer = household.ask(&["serve", "--listen", "127.0.0.1:0", "--tls-cert", &file("server.pem")]);
    assert_eq!(answer.code, 2, "half a certificate is none: {answer:?}");
    let (certificate, key) = (file("server.pem"), file("server.key"));
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", &certificate, "--tls-key", &key];
    let log = std::fs::File::create(household.data_dir().with_extension("log")).unwrap();
    let mut server = household.command(&arguments).stderr(log).spawn().unwrap();
    wait_until("the address of the server", || household.data_dir().join("runtime/server.json").exists());
    let near = server_file(&household)["url"].as_str().unwrap().to_owned();
    assert!(near.starts_with("http://127.0.0.1:"), "{near}");
    household.ask(&["apps"]).data();

    let said = || std::fs::read_to_string(household.data_dir().with_extension("log")).unwrap();
    let address = || said().split_once("serving with TLS at ")?.1.lines().next().map(str::to_owned);
    wait_until("the word about TLS", || address().is_some());
    let far = address().unwrap();
    rustls::crypto::ring::default_provider().install_default().ok();
    let authority = reqwest::Certificate::from_pem(&std::fs::read(tls.join("authority.pem")).unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let told: Value = runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([authority]).build().unwrap();
        client.get(format!("https://{far}/.well-known/fakts")).send().await.unwrap().json().await.unwrap()
    });
    assert_eq!(told["base_url"], format!("https://{far}/lok/f/"));
    assert_eq!(household.run(&["serve", "stop"]).status.code(), Some(0));
    assert!(server.wait().unwrap().success());
}

#[test]
fn codes_and_keys_of_version_2_let_programs_in() {
    let household = Household::new(&Engine::Process);
    let url = household.server();
    let manifest = serde_json::json!({"identifier": "org.example.app", "version": "1"});
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ask = |request: reqwest::RequestBuilder| -> Value {
        runtime.block_on(async { request.send().await.unwrap().json().await.unwrap() })
    };
    let request = serde_json::json!({"manifest": manifest});
    let started = ask(client.post(format!("{url}/lok/o/device/")).json(&request));
    let code = started["user_code"].as_str().unwrap();
    assert_eq!(household.ask(&["approve", "--list"]).data()[0]["id"], code);
    let typed = code.replace('-', "").to_lowercase();
    let answer = household.ask(&["approve", &typed]).data();
    assert_eq!((&answer["approved"], &answer["app"]), (&true.into(), &"org.example.app".into()));
    let token = format!("{url}/lok/o/token/");
    let poll = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", started["device_code"].as_str().unwrap()),
        ("client_id", started["client_id"].as_str().unwrap()),
    ];
    assert!(ask(client.post(&token).form(&poll))["refresh_token"].is_string());

    let made = household.ask(&["serve", "token", "add", "--mandate"]).data();
    assert_eq!(made["variable"], "FAKTS_MANDATE_KEY");
    let key = made["token"].as_str().unwrap();
    let manifest = manifest.to_string();
    let form = [("grant_type", "urn:fakts:grant-type:mandate-key"), ("key", key), ("manifest", manifest.as_str())];
    assert!(ask(client.post(&token).form(&form))["access_token"].is_string());
    assert_eq!(household.ask(&["serve", "token", "add", "--mandate", "--redeem"]).code, 2, "a token is of one kind");
}

/// Posts, and gives what comes back.
struct Web {
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    url: String,
}

impl Web {
    fn new(url: String) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { client, runtime, url }
    }

    fn ask(&self, request: reqwest::RequestBuilder) -> Value {
        self.runtime.block_on(async { request.send().await.unwrap().json().await.unwrap() })
    }

    fn claim(&self, token: &str) -> Value {
        let body = serde_json::json!({"token": token});
        self.ask(self.client.post(format!("{}/lok/f/claim/", self.url)).json(&body))
    }

    fn token(&self, form: &[(&str, &str)]) -> Value {
        self.ask(self.client.post(format!("{}/lok/o/token/", self.url)).form(form))
    }
}

#[test]
fn tokens_are_listed_without_their_secrets_and_withdrawn() {
    let household = Household::new(&Engine::Process);
    let web = Web::new(household.server());
    let add = |more: &[&str]| {
        let made = household.ask(&[&["serve", "token", "add", "--user", "bob"], more].concat()).data();
        made["token"].as_str().unwrap().to_owned()
    };
    let (token, other, redeem, key) = (add(&[]), add(&[]), add(&["--redeem"]), add(&["--mandate"]));
    let manifest = serde_json::json!({"identifier": "org.example.app", "version": "1"}).to_string();
    let mandate =
        [("grant_type", "urn:fakts:grant-type:mandate-key"), ("key", key.as_str()), ("manifest", manifest.as_str())];
    assert!(web.token(&mandate)["access_token"].is_string());

    let listed = household.ask(&["serve", "token", "list"]).data();
    let ids: Vec<&str> = listed.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    let kinds: Vec<&str> = ids.iter().map(|id| id.split('-').next().unwrap()).collect();
    assert_eq!(kinds, ["client", "client", "redeem", "mandate"], "{listed:#}");
    assert_eq!((&listed[0]["user"], &listed[2]["redeemed_by"]), (&"bob".into(), &Value::Null));
    assert!(listed[3]["used_at"].is_string(), "{listed:#}");
    let text = String::from_utf8(household.run(&["serve", "token", "list"]).stdout).unwrap();
    for secret in [&token, &other, &redeem, &key] {
        assert!(!text.contains(secret.as_str()) && !listed.to_string().contains(secret.as_str()), "{text}");
    }

    let auth = web.claim(&token)["config"]["auth"].clone();
    let secret = [
        ("grant_type", "client_credentials"),
        ("client_id", auth["client_id"].as_str().unwrap()),
        ("client_secret", auth["client_secret"].as_str().unwrap()),
    ];
    assert!(web.token(&secret)["access_token"].is_string());
    for id in [ids[0], ids[2], ids[3]] {
        assert_eq!(household.ask(&["serve", "token", "remove", id]).data()["removed"], true);
    }
    assert_eq!(web.claim(&token)["status"], "error");
    assert_eq!(web.token(&secret)["error"], "invalid_client", "what was had for it is void");
    assert_eq!(web.claim(&other)["status"], "granted", "the other one of the same user stays");
    assert!(web.token(&mandate)["access_token"].is_null());
    assert_eq!(household.ask(&["serve", "token", "list"]).data().as_array().unwrap().len(), 1);
    assert_eq!(household.ask(&["serve", "token", "remove", ids[0]]).code, 7);
}
