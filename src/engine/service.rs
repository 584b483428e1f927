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

impl PodmanService {
    /// Where the `podman` program is.
    pub fn program() -> Option<PathBuf> {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join("podman")).find(|program| program.is_file())
    }

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
