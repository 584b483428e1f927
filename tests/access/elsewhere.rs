//! A household whose server is elsewhere, and a way to see that no secret got out.

use std::path::PathBuf;
use std::process::Output;

use kab::server::ClientRole;
use serde_json::Value;

use crate::household::{Answer, Engine, Household};
use crate::support::TestServer;

/// A household without a server of its own, and a server.
pub struct Elsewhere {
    pub household: Household,
    pub server: TestServer,
    /// Texts that must not be printed.
    secrets: Vec<String>,
}

impl Elsewhere {
    pub async fn start() -> Self {
        Self { household: Household::new(&Engine::Process), server: TestServer::start().await, secrets: Vec::new() }
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
        let text = String::from_utf8_lossy(&output.stdout);
        let envelope = serde_json::from_str(&text).unwrap_or(Value::Null);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Answer { code: output.status.code().unwrap_or(-1), envelope, said }
    }

    /// Fails where a secret was printed.
    #[track_caller]
    pub fn check_secrets(&self, output: &Output) {
        for text in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(text);
            assert!(!self.secrets.iter().any(|secret| text.contains(secret)), "a secret was printed: {text}");
        }
    }

    /// Whether this household has started a server of its own.
    pub fn has_own_server(&self) -> bool {
        self.household.data_dir().join("runtime/server.json").exists()
    }
}
