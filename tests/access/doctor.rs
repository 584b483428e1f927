//! `kab doctor` against servers that are well, and against each way in which one can be out of reach.

use std::path::Path;
use std::time::Duration;

use kab::server::{Certificate, Listener, Options, Server};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use wiremock::matchers::path_regex;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::elsewhere::Elsewhere;
use crate::household::{Answer, Engine, Household};

/// The checks of a report.
struct Report {
    code: i32,
    checks: Vec<Value>,
}

impl Report {
    #[track_caller]
    fn of(answer: &Answer) -> Self {
        let checks = answer.envelope["data"].as_array().unwrap_or_else(|| panic!("no report: {answer:?}")).clone();
        Self { code: answer.code, checks }
    }

    /// The one check whose name begins so.
    #[track_caller]
    fn check(&self, section: &str, name: &str) -> &Value {
        let fits = |check: &&Value| check["section"] == section && check["check"].as_str().unwrap().starts_with(name);
        self.checks.iter().find(fits).unwrap_or_else(|| panic!("no {section}/{name} in {:#?}", self.checks))
    }

    #[track_caller]
    fn expect(&self, section: &str, name: &str, state: &str, words: &str) -> &Value {
        let check = self.check(section, name);
        assert!(check["state"] == state && check["detail"].as_str().unwrap().contains(words), "{check:#}");
        check
    }
}

fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name).display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_well_is_told_piece_by_piece_and_none_is_started_here() {
    let mut there = Elsewhere::start().await;
    there.sign_in().await.data();
    let report = Report::of(&there.ask(&["doctor"]));
    assert_eq!(report.code, 0, "{:#?}", report.checks);
    report.expect("machine", "version", "ok", env!("CARGO_PKG_VERSION"));
    report.expect("context", "context", "ok", "lab");
    report.expect("sign_in", "login", "ok", "protocol version 1");
    report.expect("sign_in", "identity", "ok", "local");
    assert!(report.expect("sign_in", "age", "ok", "lives")["value"]["lifetime_s"].is_u64());
    report.expect("network", "tcp 127.0.0.1", "ok", "connects");
    assert_eq!(report.expect("network", "deployment", "ok", "version 1")["value"], "1");
    report.expect("network", "clock", "ok", "agrees");
    for service in ["Lok", "Kabinet", "Rekuest"] {
        let health = report.check("services", &format!("{service} health"));
        assert!(health["state"] != "fail" && health["value"]["latency_ms"].is_u64(), "{health:#}");
        report.expect("services", &format!("{service} GraphQL"), "ok", "takes the token");
    }
    assert_eq!(report.expect("services", "Kabinet generation", "ok", "own")["value"]["lacks"], json!(["approvals"]));
    let pushed = |service: &str| report.check("services", &format!("{service} changes"))["value"]["pushed"].clone();
    assert_eq!((pushed("Kabinet"), pushed("Rekuest")), (json!(["pods", "catalogue"]), json!(["tasks", "engines"])));
    report.expect("engines", "engines", "warn", "no engine");
    report.expect("server", "server", "skipped", "not needed");
    assert!(!there.has_own_server());
    let members: Vec<&String> = report.checks[0].as_object().unwrap().keys().collect();
    assert_eq!(members, ["section", "check", "state", "detail", "hint", "value"]);
    let table = there.household.run(&["doctor"]);
    let text = String::from_utf8(table.stdout).unwrap();
    assert!(text.starts_with("machine\n  ok "), "{text}");
    assert!(text.contains("\nservices\n") && text.contains("  Lok health  "), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_signed_in_hears_that_and_the_network_is_looked_at_all_the_same() {
    let mut there = Elsewhere::start().await;
    let file = there.with_lab().await;
    std::fs::write(&file, "stale").unwrap();
    let refused = Report::of(&there.ask(&["doctor", "--context", "lab"]));
    assert_eq!(refused.code, 5, "{:#?}", refused.checks);
    refused.expect("services", "Kabinet health", "ok", "answers");
    refused.expect("services", "Kabinet GraphQL", "fail", "");
    refused.expect("engines", "engines", "skipped", "lets us in");
    let url = there.server.url.clone();
    there.ask(&["context", "add", "bare", &url]).data();
    let nobody = Report::of(&there.ask(&["doctor", "--context", "bare"]));
    assert_eq!(nobody.code, 5, "{:#?}", nobody.checks);
    let login = nobody.expect("sign_in", "login", "fail", "nobody is signed in");
    assert!(login["hint"].as_str().unwrap().contains("kab login"));
    nobody.expect("network", "deployment", "ok", "protocol version");
    let unknown = Report::of(&there.ask(&["doctor", "--context", "lob"]));
    assert_eq!(unknown.code, 7);
    unknown.expect("context", "context", "fail", "lob");
    unknown.expect("machine", "data folder", "ok", "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_port_and_an_unknown_name_are_told_from_each_other() {
    let there = Elsewhere::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let token = there.write("token", "a-token-of-some-kind").display().to_string();
    for (name, url, step, words) in
        [("shut", closed.as_str(), "tcp", "refused"), ("lost", "https://kab.invalid", "dns", "")]
    {
        there.ask(&["context", "add", name, url, "--token-file", &token]).data();
        let report = Report::of(&there.ask(&["doctor", "--context", name]));
        assert_eq!(report.code, 3, "{:#?}", report.checks);
        let step = report.expect("network", step, "fail", words);
        assert!(!step["hint"].as_str().unwrap().is_empty(), "{step:#}");
        for service in ["Kabinet", "Rekuest", "Lok"] {
            report.expect("services", &format!("{service} health"), "fail", service);
        }
        report.expect("network", "clock", "skipped", "told its time");
        report.expect("machine", "version", "ok", "kab");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_contexts_are_looked_at_unless_one_was_chosen_for_this_command() {
    let mut there = Elsewhere::start().await;
    there.with_lab().await;
    let url = there.server.url.clone();
    there.ask(&["context", "add", "whole", &url]).data();
    there.ask(&["context", "add", "lost", "https://kab.invalid"]).data();
    let report = Report::of(&there.ask(&["doctor"]));
    report.expect("contexts", "whole: tcp", "ok", "connects within");
    report.expect("contexts", "whole: deployment", "ok", "protocol version");
    report.expect("contexts", "whole: Lok health", "ok", "answers within");
    report.expect("contexts", "lab: Kabinet health", "ok", "answers within");
    let lost = report.expect("contexts", "lost: dns kab.invalid", "warn", "");
    assert!(!lost["hint"].as_str().unwrap().is_empty(), "{lost:#}");
    assert!(report.code != 3, "the chosen context decides: {:#?}", report.checks);
    for report in [
        Report::of(&there.ask(&["doctor", "--context", "whole"])),
        Report::of(&there.ask_with(&["doctor"], &[("KAB_CONTEXT", "lab")])),
    ] {
        assert!(report.checks.iter().all(|check| check["section"] != "contexts"), "{:#?}", report.checks);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_told_by_what_is_wrong_with_them() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::new(folder.path());
    options.repositories.defaults = Vec::new();
    let server = Server::open(options).await.unwrap();
    let certificate = Certificate::read(Path::new(&fixture("server.pem")), Path::new(&fixture("server.key"))).unwrap();
    // The certificate is for 127.0.0.1. Every address of this machine leads to the same port.
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let stop = CancellationToken::new();
    let _stopped = stop.clone().drop_guard();
    tokio::spawn(async move { server.serve(Listener::tls(listener, &certificate), stop).await.unwrap() });
    let house = Household::new(&Engine::Process);
    for (name, host) in [("right", "127.0.0.1"), ("wrong", "127.0.0.2")] {
        house.ask(&["context", "add", name, &format!("https://{host}:{port}")]).data();
    }
    let unknown = Report::of(&house.ask(&["doctor", "--context", "right"]));
    assert_eq!(unknown.code, 3, "{:#?}", unknown.checks);
    let fault = unknown.expect("network", "tls", "fail", "authority");
    assert!(fault["hint"].as_str().unwrap().contains("--ca-file"), "{fault:#}");
    let authority = fixture("authority.pem");
    let wrong = Report::of(&house.ask(&["doctor", "--context", "wrong", "--ca-file", &authority]));
    wrong.expect("network", "tls 127.0.0.2", "fail", "another name");
    wrong.expect("context", "authorities", "ok", "authority.pem");
    let right = Report::of(&house.ask(&["doctor", "--context", "right", "--ca-file", &authority]));
    assert_eq!(right.expect("network", "tls", "ok", "trusted")["value"], "TLS 1.3");
    assert_eq!(right.code, 5, "only the sign-in is missing: {:#?}", right.checks);
    let missing = Report::of(&house.ask(&["doctor", "--context", "right", "--ca-file", "/nothing.pem"]));
    missing.expect("context", "authorities", "fail", "/nothing.pem");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_is_told_by_how_much() {
    let server = MockServer::start().await;
    let later = |_: &Request| {
        let then = jiff::Timestamp::now() + Duration::from_mins(10);
        let date = then.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        ResponseTemplate::new(200).insert_header("date", date.as_str())
    };
    Mock::given(path_regex("/ht$")).respond_with(later).mount(&server).await;
    let there = Elsewhere::start().await;
    let token = there.write("token", "a-token-of-some-kind").display().to_string();
    let (kabinet, rekuest) = (format!("{}/kabinet", server.uri()), format!("{}/rekuest", server.uri()));
    there.ask(&["context", "add", "late", "--kabinet", &kabinet, "--rekuest", &rekuest, "--token-file", &token]).data();
    let report = Report::of(&there.ask(&["doctor", "--context", "late"]));
    let clock = report.expect("network", "clock", "warn", "behind");
    assert!((590..=610).contains(&clock["value"].as_i64().unwrap()), "{clock:#}");
    assert!(clock["detail"].as_str().unwrap().contains("kab goes by the server's word"), "{clock:#}");
    report.expect("services", "Kabinet GraphQL", "fail", "404");
    assert_eq!(report.code, 1, "it can be reached: {:#?}", report.checks);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_of_a_login_that_works_holds_none_of_its_secrets() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut there = Elsewhere::start_next().await;
    there.sign_in().await.data();
    let login = there.login().to_string();
    let state = there.household.data_dir().join("state");
    std::fs::write(state.join("server.log"), format!("{login}\n{}\n", login.replace('"', "\\\""))).unwrap();
    let path = there.write("token", "x").with_file_name("out.tar");
    let name = path.display().to_string();
    let report = Report::of(&there.ask(&["doctor", "--bundle", &name]));
    assert_eq!(report.code, 0, "{:#?}", report.checks);
    report.expect("bundle", "logs/server.log", "ok", "kB");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = std::fs::read(&path).unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    for place in ["/access/token", "/key/refresh_token", "/key/client_id"] {
        let value = there.login();
        let secret =
            value.pointer(place).unwrap_or(&Value::Null).as_str().unwrap_or_else(|| panic!("{place}: {login}"));
        assert!(!text.contains(secret), "{place}");
    }
    assert!(text.contains("report.txt") && text.contains("contexts.toml") && text.contains("127.0.0.1"));
    assert_eq!(there.ask(&["doctor", "--bundle", &name]).code, 2, "it is not written over");
    assert_eq!(there.ask(&["doctor", "--hosts"]).code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn this_machines_own_server_is_looked_at_and_not_started() {
    let house = Household::new(&Engine::Process);
    let idle = Report::of(&house.ask(&["doctor"]));
    idle.expect("server", "server", "skipped", "not running");
    idle.expect("services", "services", "skipped", "starts none");
    idle.expect("sockets", "advice", "ok", "plain processes");
    assert!(!house.data_dir().join("runtime/server.json").exists());
    house.server();
    let all = json!(["install", "start", "stop", "restart", "remove", "logs", "stream"]);
    let is_whole = |checks: &Value| {
        let mut checks = checks.as_array().unwrap().iter();
        checks.any(|check| check["section"] == "engines" && check["value"]["has"] == all)
    };
    let report = house.wait_until(&["doctor"], Duration::from_mins(1), is_whole);
    let report = Report { code: 0, checks: report.as_array().unwrap().clone() };
    report.expect("server", "server", "ok", "process");
    report.expect("sign_in", "login", "ok", "gives its user a token");
    report.expect("services", "Rekuest GraphQL", "ok", "takes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_settings_file_is_a_finding_among_others() {
    let mut there = Elsewhere::start().await;
    there.sign_in().await.data();
    let file = there.household.data_dir().join("config/config.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "[engine\nkind = 'docker'").unwrap();
    assert_eq!(there.ask(&["apps"]).code, 2);
    let report = Report::of(&there.ask(&["doctor"]));
    assert_eq!(report.code, 2, "{:#?}", report.checks);
    let settings = report.expect("machine", "settings", "fail", "config.toml");
    assert!(settings["hint"].as_str().unwrap().contains("by the defaults"), "{settings:#}");
    report.expect("services", "Kabinet GraphQL", "ok", "takes the token");
}
