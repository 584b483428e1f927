//! A `kab` of its own for each test: its own data folder, its own server and engine, nothing of this machine's.
//!
//! When it is dropped, the server is stopped, and every process that still carries the data folder in its environment
//! is ended: all of them were started by the test.

#![allow(dead_code, reason = "every test program that includes this file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test that cannot go on stops there")]

use std::{
    cell::Cell,
    path::PathBuf,
    process::{Command, Output},
    time::{Duration, Instant},
};

use kab::engine::driver::{Driver as _, docker::DockerApi};
use portable_pty::CommandBuilder;
use serde_json::Value;

/// The program that is tested.
const KAB: &str = env!("CARGO_BIN_EXE_kab");
/// Removing containers and stopping a server takes a few seconds; more is a fault.
const FAREWELL: Duration = Duration::from_secs(30);

/// Which engine the household's server runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// The one at this socket, as `auto` finds it by `CONTAINER_HOST`.
    Podman(String),
    /// The one at this socket, as `auto` finds it by `DOCKER_HOST`.
    Docker(String),
    /// Child processes.
    Process,
}

/// A data folder, and the environment that goes with it.
pub struct Household {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
    engine: Engine,
    is_closed: Cell<bool>,
}

/// What a command printed as its JSON envelope, and its exit code.
#[derive(Debug)]
pub struct Answer {
    /// The exit code.
    pub code: i32,
    /// The whole envelope; null where nothing was printed.
    pub envelope: Value,
    /// Standard error.
    pub said: String,
}

impl Answer {
    /// The envelope's `data`, of a command that succeeded.
    #[track_caller]
    pub fn data(self) -> Value {
        assert_eq!(self.code, 0, "{} {}", self.envelope, self.said);
        self.envelope["data"].clone()
    }
}

impl Household {
    /// A new one, with nothing in it.
    pub fn new(engine: &Engine) -> Self {
        let folder = tempfile::Builder::new().prefix("kab-").tempdir().unwrap();
        let home = folder.path().join("home");
        std::fs::create_dir(&home).unwrap();
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let mut environment = vec![
            ("HOME".to_owned(), path("home")),
            ("KAB_DATA_DIR".to_owned(), path("kab")),
            ("XDG_RUNTIME_DIR".to_owned(), path("home")),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("RUST_BACKTRACE".to_owned(), "1".to_owned()),
            // No default repositories: the tests have no network.
            ("KAB_REPOSITORIES".to_owned(), "-".to_owned()),
        ];
        match engine {
            Engine::Podman(address) => environment.push(("CONTAINER_HOST".to_owned(), address.clone())),
            Engine::Docker(address) => environment.push(("DOCKER_HOST".to_owned(), address.clone())),
            Engine::Process => environment.push(("KAB_ENGINE".to_owned(), "process".to_owned())),
        }
        // Without podman on the path, kab starts no service of its own.
        environment.push(("PATH".to_owned(), path("home")));
        Self { folder, environment, engine: engine.clone(), is_closed: Cell::new(false) }
    }

    /// Where everything is kept.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("kab")
    }

    /// A command of kab for a pseudo-terminal.
    pub fn in_terminal(&self, arguments: &[&str]) -> CommandBuilder {
        let mut command = CommandBuilder::new(KAB);
        command.env_clear();
        command.cwd(self.folder.path().join("home"));
        command.args(arguments);
        for (key, value) in &self.environment {
            command.env(key, value);
        }
        command
    }

    /// A line for a shell in a pseudo-terminal, where `$0` is kab.
    pub fn in_shell(&self, line: &str) -> CommandBuilder {
        let kab = self.in_terminal(&[]);
        let mut command = CommandBuilder::new("/bin/sh");
        command.env_clear();
        command.cwd(self.folder.path().join("home"));
        for (name, value) in kab.iter_full_env_as_str() {
            command.env(name, value);
        }
        command.args(["-c", line, KAB]);
        command
    }

    /// Runs a command of kab to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("kab")
    }

    /// Runs a command of kab with `-o json`.
    pub fn ask(&self, arguments: &[&str]) -> Answer {
        let output = self.run(&[arguments, &["-o", "json"]].concat());
        let text = String::from_utf8_lossy(&output.stdout);
        let envelope = serde_json::from_str(&text).unwrap_or_else(|error| match text.trim() {
            "" => Value::Null,
            text => panic!("kab {arguments:?} did not print JSON ({error}): {text}"),
        });
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Answer { code: output.status.code().unwrap_or(-1), envelope, said }
    }

    /// A command of kab that has not been started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(KAB);
        command.env_clear().envs(self.environment.iter().map(|(key, value)| (key, value)));
        command.current_dir(self.folder.path().join("home")).args(arguments);
        command
    }

    /// Asks again and again until the answer is as wanted; the fastest that a list can change is by an event, so the
    /// commands themselves are the pace.
    #[track_caller]
    pub fn wait_until(&self, arguments: &[&str], limit: Duration, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + limit;
        loop {
            let answer = self.ask(arguments);
            if answer.code == 0 && wanted(&answer.envelope["data"]) {
                return answer.envelope["data"].clone();
            }
            assert!(Instant::now() < deadline, "kab {arguments:?} never became as wanted: {answer:?}");
        }
    }

    /// Address of the server, which is started where it does not run.
    pub fn server(&self) -> String {
        self.ask(&["apps"]).data();
        self.ask(&["serve", "status"]).data()["url"].as_str().expect("an address").to_owned()
    }

    /// Ids of the containers that this server's pods have or had, by the engine's own word.
    pub fn containers(&self, server: &str) -> Vec<String> {
        let (Engine::Podman(address) | Engine::Docker(address)) = &self.engine else { return Vec::new() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let containers = runtime.block_on(async {
            let driver = DockerApi::connect_within(address, FAREWELL).await.unwrap();
            driver.list("kab.server", server).await.unwrap()
        });
        containers.into_iter().map(|container| container.id).collect()
    }

    /// Processes that carry the data folder in their environment.
    pub fn processes(&self) -> Vec<i32> {
        let mark = format!("KAB_DATA_DIR={}", self.data_dir().display());
        let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
        entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|id: &i32| {
                std::fs::read(format!("/proc/{id}/environ"))
                    .is_ok_and(|environment| environment.split(|byte| *byte == 0).any(|one| one == mark.as_bytes()))
            })
            .collect()
    }

    /// Removes all pods, stops the server, and says what is left running.
    pub fn close(&self) -> Vec<i32> {
        if self.is_closed.replace(true) || !self.data_dir().exists() {
            return self.processes();
        }
        if let Some(pods) = self.ask(&["pods", "list"]).envelope["data"].as_array() {
            for pod in pods.iter().filter_map(|pod| pod["id"].as_str()) {
                self.run(&["remove", pod, "--yes"]);
            }
        }
        self.run(&["serve", "stop"]);
        let deadline = Instant::now() + FAREWELL;
        while !self.processes().is_empty() && Instant::now() < deadline {
            std::thread::park_timeout(Duration::from_millis(50));
        }
        self.processes()
    }
}

impl Drop for Household {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.data_dir().join("state/server.log")).unwrap_or_default();
            let tail: Vec<_> = log.lines().rev().take(60).collect();
            eprintln!("the end of the server's log:\n{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
        for id in self.close() {
            if let Some(process) = rustix::process::Pid::from_raw(id) {
                rustix::process::kill_process(process, rustix::process::Signal::KILL).ok();
            }
        }
    }
}
