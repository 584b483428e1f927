//! `kab engine --server`: the real program gets in by every way, keeps its own login, and leaves in good order.

use std::fs::File;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use kab::server::{ClientRole, NewToken, TokenKind};
use serde_json::json;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::elsewhere::Elsewhere;
use crate::support::eventually;

/// Leaving takes up to ten seconds for work and ten for its last words; there is none here.
const FAREWELL: Duration = Duration::from_secs(30);

/// A running engine, and the file of its log.
struct Program {
    child: Child,
    log: std::path::PathBuf,
}

impl Program {
    fn start(there: &Elsewhere, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let log = there.write(&format!("engine-{}.log", uuid::Uuid::new_v4().simple()), "");
        let mut command = there.household.command(&[&["engine", "process"], arguments].concat());
        command.envs(variables.iter().copied()).stderr(File::create(&log).unwrap());
        Self { child: command.spawn().unwrap(), log }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    async fn ended(&mut self) -> ExitStatus {
        let waiting = async {
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(FAREWELL, waiting).await.expect("it ends in time")
    }

    /// Asks it to leave, as a supervisor does.
    async fn leave(mut self) -> String {
        let id = rustix::process::Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        let status = self.ended().await;
        assert_eq!(status.code(), Some(0), "{}", self.log());
        self.log()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The engine as the server sees it, by its name; its user and role stand in the login.
async fn seen(there: &Elsewhere, name: &str, active: bool) {
    let token = there.server.token("org.example.watcher", ClientRole::Interface).await;
    let query = "{ agents { name active } }";
    eventually("the server sees it", async || {
        let found = there.server.data("rekuest", &token, query, json!({})).await;
        let agents = found["agents"].as_array().unwrap();
        agents.iter().any(|agent| agent["name"] == name && agent["active"] == active).then_some(())
    })
    .await;
}

async fn token(there: &Elsewhere, kind: TokenKind) -> String {
    // The organisation of the watcher, so that it sees the engine.
    match there.server.server.add_token("local", "local", kind).await.unwrap() {
        NewToken::Redeem(token) | NewToken::Mandate(token) | NewToken::Client(token) => token,
    }
}

fn logins(there: &Elsewhere) -> Vec<String> {
    fn walk(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|end| end == "json")
                && path.to_string_lossy().contains("/credentials/")
            {
                found.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut found = Vec::new();
    walk(&there.household.data_dir(), &mut found);
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redeem_token_lets_an_engine_in_once_and_its_login_does_afterwards() {
    let there = Elsewhere::start().await;
    let url = there.server.url.clone();
    let redeem = token(&there, TokenKind::Redeem).await;
    let file = there.write("redeem", &redeem).display().to_string();
    let arguments = ["--server", &url, "--redeem-token-file", &file, "--name", "First of them"];
    let first = Program::start(&there, &arguments, &[]);
    seen(&there, "First of them", true).await;
    let log = first.leave().await;
    seen(&there, "First of them", false).await;

    let logins = logins(&there);
    assert_eq!(logins.len(), 1, "a login of its own, and none of the person's");
    assert!(!there.login_file().exists() && !there.has_own_server());
    assert!(!log.contains(&redeem), "{log}");
    let login: serde_json::Value = serde_json::from_str(&logins[0]).unwrap();
    for place in ["/access/token", "/key/client_token", "/key/auth/client_secret"] {
        assert!(!log.contains(login.pointer(place).unwrap().as_str().unwrap()), "{place} is in the log");
    }

    // Nobody gives it anything now, and there is no terminal.
    let again = Program::start(&there, &["--name", "Again"], &[("FAKTS_URL", url.as_str())]);
    seen(&there, "Again", true).await;
    again.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_key_and_a_client_token_let_an_engine_in() {
    let there = Elsewhere::start_next().await;
    let url = there.server.url.clone();
    let key = token(&there, TokenKind::Mandate).await;
    let variables = [("FAKTS_URL", url.as_str()), ("FAKTS_MANDATE_KEY", key.as_str())];
    let engine = Program::start(&there, &["--name", "By mandate"], &variables);
    seen(&there, "By mandate", true).await;
    assert!(!engine.leave().await.contains(&key));

    let there = Elsewhere::start().await;
    let url = there.server.url.clone();
    let client = token(&there, TokenKind::Client).await;
    let file = there.write("client", &client).display().to_string();
    let engine = Program::start(&there, &["--server", &url, "--token-file", &file, "--name", "By token"], &[]);
    seen(&there, "By token", true).await;
    assert!(!engine.leave().await.contains(&client));
    assert!(logins(&there).is_empty(), "it needs no login");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_nothing_lets_in_says_what_would_and_a_supervisor_leaves_it_alone() {
    let there = Elsewhere::start().await;
    let url = there.server.url.clone();
    let mut engine = Program::start(&there, &["--server", &url], &[]);
    assert_eq!(engine.ended().await.code(), Some(5), "{}", engine.log());
    assert!(engine.log().contains("--redeem-token-file"), "{}", engine.log());
    let wrong = there.write("wrong", "nothing").display().to_string();
    let mut engine = Program::start(&there, &["--server", &url, "--redeem-token-file", &wrong], &[]);
    assert_eq!(engine.ended().await.code(), Some(5), "{}", engine.log());
    assert!(engine.log().contains("Invalid redeem token"), "{}", engine.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_engine_is_not_started_twice_on_one_machine() {
    let there = Elsewhere::start().await;
    let url = there.server.url.clone();
    let client = token(&there, TokenKind::Client).await;
    let variables = [("FAKTS_URL", url.as_str()), ("FAKTS_TOKEN", client.as_str())];
    let first = Program::start(&there, &["--name", "Alone"], &variables);
    seen(&there, "Alone", true).await;
    let mut second = Program::start(&there, &[], &variables);
    assert_eq!(second.ended().await.code(), Some(1), "{}", second.log());
    assert!(second.log().contains("runs on this machine already"), "{}", second.log());
    first.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_token_does_not_leave_without_encryption_unless_somebody_says_so() {
    let there = Elsewhere::start().await;
    // A proxy on this machine stands for a server elsewhere that speaks plain HTTP only.
    let proxy = MockServer::start().await;
    let document = json!({"name": "old", "base_url": "http://lab.example.test/lok/f/"});
    let mock = Mock::given(path("/.well-known/fakts"));
    mock.respond_with(ResponseTemplate::new(200).set_body_json(document)).mount(&proxy).await;
    let unknown = json!({"status": "error", "message": "No Client found for this token"});
    let mock = Mock::given(path("/lok/f/claim/"));
    mock.respond_with(ResponseTemplate::new(200).set_body_json(unknown)).mount(&proxy).await;
    let address = proxy.uri();
    let variables =
        [("HTTP_PROXY", address.as_str()), ("HTTPS_PROXY", &address), ("FAKTS_TOKEN", "secret-of-a-client")];
    let sent = async || {
        let requests = proxy.received_requests().await.unwrap();
        requests.iter().any(|request| String::from_utf8_lossy(&request.body).contains("secret-of-a-client"))
    };
    for server in ["lab.example.test", "http://lab.example.test:8000"] {
        let mut engine = Program::start(&there, &["--server", server], &variables);
        assert_eq!(engine.ended().await.code(), Some(5), "{}", engine.log());
        assert!(engine.log().contains("--allow-http"), "{}", engine.log());
        assert!(!sent().await, "{server}");
    }
    let mut engine = Program::start(&there, &["--server", "lab.example.test", "--allow-http"], &variables);
    assert_eq!(engine.ended().await.code(), Some(5), "{}", engine.log());
    assert!(engine.log().contains("No Client found") && sent().await, "{}", engine.log());
}
