//! kab's own demo apps as child processes, for machines without a container engine. No isolation whatsoever, so nothing
//! but `localhost/kab-demo/…` is run.
//!
//! A process is kept by a shim (a hidden verb of this program) in a session of its own, which writes the log and the
//! state to a folder. So pods survive the engine, and a new engine finds them. A process is known by its id and its
//! start time together: a number that was given to another process is not mistaken for it.

mod archive;
mod folder;
mod follow;
mod identity;
mod shim;
mod usage;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use futures_util::{FutureExt, StreamExt, stream, stream::BoxStream};
use rustix::process::Signal;
use serde::{Deserialize, Serialize};

use self::{
    folder::{Folder, Record, Written},
    identity::Identity,
};
use super::{
    Answer, Container, ContainerPhase, ContainerSpec, Driver, Error, Follow, ImageFacts, Info, LogRange, Memory,
    PullRequest, Rootless, State, Usage,
};
use crate::{
    compat::DEMO_IMAGES,
    domain::{EngineKind, LogLine, PullProgress},
};

pub use shim::supervise;

/// The hidden verb of the program that runs [`supervise`]; it takes the process's folder.
pub const SHIM_VERB: &str = "engine-shim";

/// How long a process may take to end when asked, before it is killed; the shim needs a little more.
const GRACE: Duration = Duration::from_secs(10);

/// How often files are looked at, where the system offers nothing better without unsafe code.
const LOOK: Duration = Duration::from_millis(200);

/// Child processes, with what is known of them in a folder.
#[derive(Debug, Clone)]
pub struct Processes {
    base: PathBuf,
    /// The program with its verb that keeps a process.
    shim: Vec<OsString>,
    /// The program that demo apps are part of.
    program: PathBuf,
}

/// A demo image, of which only the command matters here.
#[derive(Debug, Serialize, Deserialize)]
struct Image {
    reference: String,
    command: Vec<String>,
}

impl Processes {
    /// Keeps processes in that folder, and runs this very program.
    ///
    /// # Errors
    /// When the folder cannot be made, or this program's path is unknown.
    pub fn open(base: &Path) -> io::Result<Self> {
        let program = std::env::current_exe()?;
        let shim = vec![program.clone().into_os_string(), SHIM_VERB.into()];
        Self::with_programs(base, program, shim)
    }

    /// As [`Self::open`] with other programs.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn with_programs(base: &Path, program: PathBuf, shim: Vec<OsString>) -> io::Result<Self> {
        folder::private(base)?;
        folder::private(&base.join("images"))?;
        folder::private(&base.join("pods"))?;
        Ok(Self { base: base.to_owned(), shim, program })
    }

    fn image_file(&self, reference: &str) -> PathBuf {
        let digest = ring::digest::digest(&ring::digest::SHA256, reference.as_bytes());
        let name = uuid::Uuid::from_slice(&digest.as_ref()[..16]).unwrap_or_default().simple();
        self.base.join("images").join(format!("{name}.json"))
    }

    fn image_record(&self, reference: &str) -> Result<Option<Image>, Error> {
        match std::fs::read(self.image_file(reference)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(refused),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(refused(error)),
        }
    }

    fn folder(&self, id: &str) -> Result<Option<Folder>, Error> {
        // Ids come from the server; none of them may lead out of the folder.
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let path = self.base.join("pods").join(id);
        Ok(path.try_exists().map_err(refused)?.then(|| Folder::new(path)))
    }

    fn known(&self, id: &str) -> Result<Folder, Error> {
        self.folder(id)?.ok_or_else(|| Error::NotFound(format!("no process {id}")))
    }

    fn load(&self, archive: &Path) -> Result<(), Error> {
        for (reference, command) in archive::commands_of(archive).map_err(refused)? {
            only_demo(&reference)?;
            let image = Image { reference: reference.clone(), command };
            let bytes = serde_json::to_vec(&image).map_err(refused)?;
            folder::write(&self.image_file(&reference), &bytes).map_err(refused)?;
        }
        Ok(())
    }

    fn make(&self, spec: &ContainerSpec) -> Result<String, Error> {
        only_demo(&spec.image)?;
        let image = self
            .image_record(&spec.image)?
            .ok_or_else(|| Error::NotFound(format!("the demo image {} is not loaded", spec.image)))?;
        // The image's own first word is this program inside of it.
        let arguments = spec.command.clone().unwrap_or(image.command).into_iter().skip(1).collect();
        let id = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        let record = Record {
            name: spec.name.clone(),
            image: spec.image.clone(),
            labels: spec.labels.clone(),
            program: self.program.clone(),
            arguments,
            environment: spec.environment.clone(),
        };
        let path = self.base.join("pods").join(&id);
        folder::private(&path).map_err(refused)?;
        let folder = Folder::new(path);
        folder.write_record(&record).map_err(refused)?;
        folder.write_state(&Written::created()).map_err(refused)?;
        Ok(id)
    }

    fn container(folder: &Folder) -> Result<Container, Error> {
        let record = folder.record().map_err(refused)?;
        let id = folder.id();
        Ok(Container { id, labels: record.labels, state: state_of(folder.state()) })
    }

    async fn begin(&self, folder: &Folder) -> Result<(), Error> {
        if state_of(folder.state()).phase == ContainerPhase::Running {
            return Ok(());
        }
        let Some((program, arguments)) = self.shim.split_first() else {
            return Err(Error::Refused(String::from("no program keeps processes")));
        };
        folder.write_state(&Written::created()).map_err(refused)?;
        let mut command = tokio::process::Command::new(program);
        command.args(arguments).arg(folder.path()).current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // What runs in the pod learns nothing of this engine's own secrets.
        command.env_clear().envs(passed_on());
        let mut child =
            command.spawn().map_err(|error| Error::Refused(format!("{}: {error}", Path::new(program).display())))?;
        let begun = async {
            loop {
                if folder.state().is_ok_and(|state| state.phase != folder::Phase::Created) {
                    return Ok(());
                }
                if let Ok(Some(status)) = child.try_wait() {
                    return Err(Error::Refused(format!("the process could not be started ({status})")));
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(GRACE, begun)
            .await
            .unwrap_or_else(|_| Err(Error::Refused(String::from("the process did not start within 10 s"))))
    }

    async fn end(folder: &Folder) -> Result<(), Error> {
        let state = folder.state().map_err(refused)?;
        if let Some(shim) = state.shim.filter(Identity::lives) {
            shim.signal(Signal::TERM);
            let deadline = tokio::time::Instant::now() + GRACE + Duration::from_secs(5);
            while shim.lives() && tokio::time::Instant::now() < deadline {
                if folder.state().is_ok_and(|state| state.phase == folder::Phase::Exited) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            shim.signal_if_alive_after_end(folder);
        }
        // A shim that was killed leaves its process behind.
        if let Some(child) = folder.state().map_err(refused)?.child.filter(Identity::lives) {
            child.signal_group(Signal::KILL);
        }
        Ok(())
    }
}

impl Driver for Processes {
    fn kind(&self) -> EngineKind {
        EngineKind::Process
    }

    fn info(&self) -> Answer<'_, Info> {
        let rootless = if rustix::process::geteuid().is_root() { Rootless::No } else { Rootless::Yes };
        let info = Info {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            rootless: Some(rootless),
            root_dir: Some(self.base.display().to_string()),
            id: None,
        };
        async move { Ok(info) }.boxed()
    }

    fn image<'a>(&'a self, reference: &'a str) -> Answer<'a, Option<ImageFacts>> {
        async move {
            Ok(self
                .image_record(reference)?
                .map(|image| ImageFacts { command: image.command, ..ImageFacts::default() }))
        }
        .boxed()
    }

    fn pull(&self, request: PullRequest) -> BoxStream<'_, Result<PullProgress, Error>> {
        let why = only_demo(&request.reference).err().unwrap_or_else(|| Error::Pull {
            reference: request.reference,
            why: String::from("demo images are made by this program and never pulled"),
        });
        stream::once(async move { Err(why) }).boxed()
    }

    fn load_image<'a>(&'a self, archive: &'a Path) -> Answer<'a, ()> {
        let (this, archive) = (self.clone(), archive.to_owned());
        async move { tokio::task::spawn_blocking(move || this.load(&archive)).await.map_err(refused)? }.boxed()
    }

    fn create<'a>(&'a self, spec: &'a ContainerSpec) -> Answer<'a, String> {
        async move { self.make(spec) }.boxed()
    }

    fn start<'a>(&'a self, id: &'a str) -> Answer<'a, ()> {
        async move { self.begin(&self.known(id)?).await }.boxed()
    }

    fn stop<'a>(&'a self, id: &'a str) -> Answer<'a, ()> {
        async move { Self::end(&self.known(id)?).await }.boxed()
    }

    fn restart<'a>(&'a self, id: &'a str) -> Answer<'a, ()> {
        async move {
            let folder = self.known(id)?;
            Self::end(&folder).await?;
            self.begin(&folder).await
        }
        .boxed()
    }

    fn remove<'a>(&'a self, id: &'a str) -> Answer<'a, ()> {
        async move {
            let Some(folder) = self.folder(id)? else { return Ok(()) };
            Self::end(&folder).await?;
            std::fs::remove_dir_all(folder.path()).map_err(refused)
        }
        .boxed()
    }

    fn inspect<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Container>> {
        async move { self.folder(id)?.map(|folder| Self::container(&folder)).transpose() }.boxed()
    }

    fn list<'a>(&'a self, label: &'a str, value: &'a str) -> Answer<'a, Vec<Container>> {
        async move {
            let mut found = Vec::new();
            for folder in folder::all(&self.base.join("pods")).map_err(refused)? {
                // A folder that is just being made or deleted is no process.
                if let Ok(container) = Self::container(&folder)
                    && container.labels.get(label).is_some_and(|it| it == value)
                {
                    found.push(container);
                }
            }
            Ok(found)
        }
        .boxed()
    }

    fn logs(&self, id: &str, range: LogRange) -> BoxStream<'_, Result<LogLine, Error>> {
        let folder = match self.known(id) {
            Ok(folder) => folder,
            Err(error) => return stream::once(async { Err(error) }).boxed(),
        };
        let LogRange { tail, follow } = range;
        let first = stream::once(async move {
            let mut reader = folder.log_reader();
            let mut lines = reader.more().map_err(refused)?;
            let skip = tail.map_or(0, |tail| lines.len().saturating_sub(tail));
            lines.drain(..skip);
            Ok::<_, Error>((lines, reader, folder))
        });
        first
            .flat_map(move |begun| match begun {
                Err(error) => stream::once(async { Err(error) }).boxed(),
                Ok((lines, reader, folder)) => {
                    let head = stream::iter(lines.into_iter().map(Ok));
                    match follow {
                        Follow::Off => head.boxed(),
                        Follow::On => head.chain(follow::followed(reader, folder)).boxed(),
                    }
                }
            })
            .boxed()
    }

    fn usage<'a>(&'a self, ids: &'a [String]) -> Answer<'a, BTreeMap<String, Usage>> {
        async { Ok(usage::of(self, ids)) }.boxed()
    }

    fn events(&self) -> BoxStream<'_, Result<String, Error>> {
        let pods = self.base.join("pods");
        let look = move || {
            let folders = folder::all(&pods).unwrap_or_default();
            let states = folders.iter().map(|folder| (folder.id(), state_of(folder.state())));
            states.collect::<BTreeMap<String, State>>()
        };
        let before = look();
        stream::unfold((look, before), |(look, before)| async move {
            loop {
                tokio::time::sleep(LOOK * 2).await;
                let now = look();
                let changed = now.iter().find(|(id, state)| before.get(*id) != Some(*state)).map(|(id, _)| id.clone());
                let gone = before.keys().find(|id| !now.contains_key(*id)).cloned();
                if let Some(id) = changed.or(gone) {
                    return Some((Ok(id), (look, now)));
                }
            }
        })
        .boxed()
    }
}

fn state_of(written: io::Result<Written>) -> State {
    let Ok(written) = written else {
        return State { phase: ContainerPhase::Unknown, restarts: 0, last_code: None, error: None };
    };
    let lives = written.shim.as_ref().is_some_and(Identity::lives);
    let (phase, error) = match written.phase {
        folder::Phase::Created => (ContainerPhase::Created, None),
        folder::Phase::Running if lives => (ContainerPhase::Running, None),
        folder::Phase::Waiting if lives => (ContainerPhase::Restarting, None),
        folder::Phase::Exited => {
            (ContainerPhase::Exited { code: written.code.unwrap_or(0), memory: Memory::NotTold }, written.error)
        }
        folder::Phase::Running | folder::Phase::Waiting => {
            let why = String::from("the process is gone, and nobody saw how it ended (the machine may have restarted)");
            (ContainerPhase::Exited { code: 137, memory: Memory::NotTold }, Some(why))
        }
    };
    State { phase, restarts: written.restarts, last_code: written.code, error }
}

fn only_demo(reference: &str) -> Result<(), Error> {
    if reference.starts_with(DEMO_IMAGES) {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "{reference} is not one of kab's own demo images ({DEMO_IMAGES}…), and an engine without isolation runs nothing else; \
         install Podman or Docker"
    )))
}

/// Of the environment: what a program needs to find its way, nothing that may be secret.
fn passed_on() -> impl Iterator<Item = (OsString, OsString)> {
    const NAMES: [&str; 9] = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "RUST_LOG", "RUST_BACKTRACE"];
    NAMES.into_iter().filter_map(|name| Some((OsString::from(name), std::env::var_os(name)?)))
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::Refused(error.to_string())
}

#[cfg(test)]
mod tests;
