//! Podman's API without its socket unit: kab runs `podman system service` itself, on a socket in its runtime folder.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::process::{Child, Command};

use super::driver::{Error, docker::DockerApi};

/// How long the service may take until it answers.
const START: Duration = Duration::from_secs(20);

/// The service ends by itself after so many idle seconds, so that none is left behind by a kab that was killed.
const IDLE: &str = "120";

/// A path of a socket may have so many bytes.
const LONGEST_PATH: usize = 107;

/// The running service; it is ended when this is dropped. Containers stay.
pub struct PodmanService {
    program: PathBuf,
    socket: PathBuf,
    child: Option<Child>,
}

/// Where the `podman` program is.
pub fn podman_program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("podman")).find(|program| program.is_file())
}

impl PodmanService {
    /// Starts the service, or finds the one that an earlier kab left.
    ///
    /// # Errors
    /// When it cannot be started, or does not answer.
    pub async fn start(program: &Path, runtime: &Path) -> Result<(Self, DockerApi), Error> {
        let socket = runtime.join("podman.sock");
        let refused = |error: io::Error| Error::Unreachable(format!("{}: {error}", program.display()));
        if socket.as_os_str().len() > LONGEST_PATH {
            let why = format!("the path of its socket is longer than {LONGEST_PATH} bytes: {}", socket.display());
            return Err(Error::Unreachable(why));
        }
        let mut service = Self { program: program.to_owned(), socket, child: None };
        if let Ok(docker) = DockerApi::connect(&service.address()).await {
            return Ok((service, docker));
        }
        std::fs::create_dir_all(runtime).map_err(refused)?;
        service.spawn().map_err(refused)?;
        let docker = service.answer().await?;
        Ok((service, docker))
    }

    /// Its address.
    pub fn address(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// Starts it again when it has ended.
    pub fn revive(&mut self) {
        let has_ended = match &mut self.child {
            Some(child) => !matches!(child.try_wait(), Ok(None)),
            None => true,
        };
        if has_ended && let Err(error) = self.spawn() {
            tracing::warn!("Podman's service could not be started again: {error}");
        }
    }

    fn spawn(&mut self) -> io::Result<()> {
        // A socket that nobody listens on is in the way.
        std::fs::remove_file(&self.socket).ok();
        let child = Command::new(&self.program)
            .args(["system", "service", "--time", IDLE, &self.address()])
            // With these Podman is a client of another service, and offers none itself.
            .env_remove("CONTAINER_HOST")
            .env_remove("CONTAINER_CONNECTION")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in a terminal ends kab, which then ends it in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        self.child = Some(child);
        Ok(())
    }

    async fn answer(&mut self) -> Result<DockerApi, Error> {
        let deadline = tokio::time::Instant::now() + START;
        loop {
            let error = match DockerApi::connect(&self.address()).await {
                Ok(docker) => return Ok(docker),
                Err(error) => error,
            };
            if let Some(child) = &mut self.child
                && let Ok(Some(status)) = child.try_wait()
            {
                return Err(Error::Unreachable(format!("`podman system service` ended at once ({status})")));
            }
            if tokio::time::Instant::now() > deadline {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::EngineKind, engine::driver::Driver as _};

    /// Podman needs its own configuration on machines like those of the checks; `tests/support/engines.sh` makes it.
    #[tokio::test]
    async fn podman_without_a_socket_is_served_by_kab_and_ended_with_it() {
        let program = podman_program().filter(|_| std::env::var_os("CONTAINERS_CONF").is_some());
        let Some(program) = program else {
            assert_ne!(std::env::var("KAB_REQUIRE_ENGINES").as_deref(), Ok("1"), "Podman is required");
            eprintln!("SKIPPED: no podman, or CONTAINERS_CONF is not set; tests/support/engines.sh makes both");
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let (mut service, podman) = PodmanService::start(&program, folder.path()).await.unwrap();
        assert_eq!(podman.kind(), EngineKind::Podman);
        assert!(!podman.info().await.unwrap().version.is_empty());
        let (second, _) = PodmanService::start(&program, folder.path()).await.unwrap();
        assert!(second.child.is_none(), "the one that runs is used");

        // It ends, as it does after its idle time, and is started again.
        service.child.as_mut().unwrap().kill().await.unwrap();
        service.revive();
        service.answer().await.unwrap();
        let pid = i32::try_from(service.child.as_ref().unwrap().id().unwrap()).unwrap();
        drop(service);
        let deadline = tokio::time::Instant::now() + START;
        while std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
            assert!(tokio::time::Instant::now() < deadline, "the service outlives kab");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
