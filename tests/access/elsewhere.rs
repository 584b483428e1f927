//! A household whose server is elsewhere, and a way to see that no secret got out.

use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use kab::server::{ClientRole, FaktsVersion, Options};
use serde_json::Value;

use crate::household::{Answer, Engine, Household};
use crate::support::{TestServer, eventually};

/// A household without a server of its own, and a server.
pub struct Elsewhere {
    pub household: Household,
    pub server: TestServer,
    /// Texts that must not be printed.
    secrets: Vec<String>,
}

impl Elsewhere {
    /// With a server of protocol version 1.
    pub async fn start() -> Self {
        Self::start_with(|options| options.fakts = FaktsVersion::One).await
    }

    /// With a server of protocol version 2.
    pub async fn start_next() -> Self {
        Self::start_with(|options| options.poll_interval = Duration::from_secs(1)).await
    }

    async fn start_with(change: impl FnOnce(&mut Options)) -> Self {
        let server = TestServer::start_with(change).await;
        Self { household: Household::new(&Engine::Process), server, secrets: Vec::new() }
    }

    /// A file with an access token for the server.
    pub async fn token_file(&mut self) -> PathBuf {
        let token = self.server.token("org.example.terminal", ClientRole::Interface).await;
        self.secrets.push(token.clone());
        self.write("token", &token)
    }

    /// Writes a private file into the household's folder.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.household.data_dir().parent().unwrap().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// A context `lab` that leads to the server, with a token in a file.
    pub async fn with_lab(&mut self) -> PathBuf {
        let file = self.token_file().await;
        let url = self.server.url.clone();
        let (kabinet, rekuest) = (format!("{url}/kabinet"), format!("{url}/rekuest"));
        let file_text = file.display().to_string();
        self.ask(&["context", "add", "lab", "--kabinet", &kabinet, "--rekuest", &rekuest, "--token-file", &file_text])
            .data();
        file
    }

    /// Runs a command with `-o json`. What it prints holds no secret.
    #[track_caller]
    pub fn ask(&self, arguments: &[&str]) -> Answer {
        self.ask_with(arguments, &[])
    }

    /// The same with variables.
    #[track_caller]
    pub fn ask_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Answer {
        let mut command = self.household.command(&[arguments, &["-o", "json"]].concat());
        let output = command.envs(variables.iter().copied()).output().expect("kab");
        self.check_secrets(&output);
        answer(&output)
    }

    /// Fails where a secret was printed.
    #[track_caller]
    pub fn check_secrets(&self, output: &Output) {
        for text in [&output.stdout, &output.stderr] {
            self.check_text(&String::from_utf8_lossy(text));
        }
    }

    /// Starts `kab login`, and gives its output when it has ended.
    pub fn log_in(&self, arguments: &[&str]) -> tokio::task::JoinHandle<Answer> {
        let mut command = self.household.command(&[&["login"], arguments, &["-o", "json"]].concat());
        tokio::task::spawn_blocking(move || answer(&command.output().expect("kab")))
    }

    /// Approves the one code that waits, as soon as there is one.
    pub async fn approve(&self) {
        let server = &self.server.server;
        let code = eventually("a code to approve", async || {
            server.pending_device_codes().await.unwrap().first().map(|pending| pending.code.clone())
        });
        server.approve(&code.await).await.unwrap();
    }

    /// Signs in with a device code; the login is the context `lab`.
    pub async fn sign_in(&mut self) -> Answer {
        let url = self.server.url.clone();
        let login = self.log_in(&[&url, "--context", "lab"]);
        self.approve().await;
        let answer = login.await.unwrap();
        self.learn_secrets();
        self.check_text(&answer.said);
        self.check_text(&answer.envelope.to_string());
        answer
    }

    /// The file of the login.
    pub fn login_file(&self) -> PathBuf {
        self.household.data_dir().join("state/credentials/lab.json")
    }

    /// The login, as it is on disk.
    pub fn login(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.login_file()).unwrap()).unwrap()
    }

    /// Changes the login on disk.
    pub fn change_login(&mut self, change: impl FnOnce(&mut Value)) {
        let mut login = self.login();
        change(&mut login);
        std::fs::write(self.login_file(), login.to_string()).unwrap();
        self.learn_secrets();
    }

    /// Remembers what must not be printed.
    pub fn learn_secrets(&mut self) {
        let login = self.login();
        let places =
            ["/access/token", "/key/client_token", "/key/auth/client_secret", "/key/refresh_token", "/key/key"];
        let found = places.iter().filter_map(|place| login.pointer(place)?.as_str().map(str::to_owned));
        self.secrets.extend(found);
        assert!(!self.secrets.is_empty());
    }

    #[track_caller]
    fn check_text(&self, text: &str) {
        assert!(!self.secrets.iter().any(|secret| text.contains(secret)), "a secret was printed: {text}");
    }

    /// Whether this household has started a server of its own.
    pub fn has_own_server(&self) -> bool {
        self.household.data_dir().join("runtime/server.json").exists()
    }
}

fn answer(output: &Output) -> Answer {
    let text = String::from_utf8_lossy(&output.stdout);
    let envelope = serde_json::from_str(&text).unwrap_or(Value::Null);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Answer { code: output.status.code().unwrap_or(-1), envelope, said }
}
