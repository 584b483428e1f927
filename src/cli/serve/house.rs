//! A server at work: its lock, its address file, the backend and the demo beside it, and when it ends.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Serving, backend, listen};
use crate::cli::context::Context;
use crate::config::{Config, Folders, write_private};
use crate::demo;
use crate::domain::Failure;
use crate::local::{self, Holder, Lock, ServerInfo};
use crate::server::repositories::LocalFiles;
use crate::server::{ClientRole, Forwarded, Manifest, Options, Server};
use crate::services::Secret;

/// How often is looked whether anybody uses the server, and whether its address file is there.
const ROUND: Duration = Duration::from_secs(5);
/// Without use for so long, a server in the background ends.
const IDLE: Duration = Duration::from_mins(10);
/// How often a lock that is held is tried again, and after what time.
const TRIES: usize = 20;
/// See [`TRIES`].
const PAUSE: Duration = Duration::from_millis(25);
/// How often the token in the address file is made anew; it lives for ten days.
const RENEW: Duration = Duration::from_hours(24);
/// How long the backend may take to leave.
const FAREWELL: Duration = Duration::from_secs(8);

/// Serves until a signal, or until nobody has used it for long.
///
/// # Errors
/// When another server has the folder, or it cannot be opened or listened.
pub async fn run(context: &Context<'_>, serving: Serving) -> Result<(), Failure> {
    listen::protection(&serving, &context.settings.config.server)?;
    let folders = &context.folders;
    let what = "Could not serve";
    folders.make().map_err(|error| Failure::new(what, error.to_string()))?;
    let Some(lock) = take_lock(&ServerInfo::lock_file(folders)).await? else {
        return Err(Failure::new(what, "a server runs already for this data folder")
            .hint("`kab serve status` says where, `kab serve stop` ends it."));
    };
    local::forget_descriptors();
    Holder::this_process(folders).write(&lock).map_err(|error| Failure::new(what, error.to_string()))?;
    let listen::Listening { listener, url, encrypted, bound } = listen::open(context, &serving).await?;
    let server = Server::open(options(context, bound)).await.map_err(|error| Failure::new(what, error.to_string()))?;

    let shutdown = CancellationToken::new();
    let mut running = tokio::spawn({
        let (server, shutdown) = (server.clone(), shutdown.clone());
        async move { server.serve(listener, shutdown).await }
    });
    let announcement = Announcement::new(context, &server, &url).await?;
    announcement.write(&server).await?;
    tracing::info!("serving at {url}, data in {}", folders.data.display());
    if let Some(address) = encrypted {
        tracing::info!("serving with TLS at {address}");
    }
    if !serving.background {
        let also = encrypted.map(|address| format!(", and with TLS at {address}")).unwrap_or_default();
        context.printer.note(&format!("Serving at {url}{also}. Ctrl-C ends it; pods go on running."));
    }

    let beside = TaskTracker::new();
    let leave = CancellationToken::new();
    beside.spawn(beside_the_server(context, &server, &url, leave.clone()));
    let idle = serving.background.then(|| idle_limit(&context.settings.config)).flatten();
    let why = wait_for_end(&server, &announcement, idle, &mut running).await;
    tracing::info!("ending: {}", why.as_ref().map_or_else(ToString::to_string, |why| (*why).to_owned()));
    announcement.withdraw();
    // The backend says goodbye while there is somebody to hear it.
    leave.cancel();
    beside.close();
    tokio::select! {
        left = tokio::time::timeout(FAREWELL, beside.wait()) => {
            if left.is_err() {
                tracing::warn!("the container backend did not leave in time");
            }
        }
        _ = tokio::signal::ctrl_c() => tracing::warn!("interrupted twice: the container backend was left"),
    }
    shutdown.cancel();
    if why.is_ok() {
        tokio::time::timeout(FAREWELL, running).await.ok();
    }
    why.map(|_| ())
}

/// Takes the lock. Whoever only looks at it holds it for an instant, too.
async fn take_lock(path: &Path) -> Result<Option<Lock>, Failure> {
    for _ in 0..TRIES {
        let lock = Lock::take(path).map_err(|error| {
            Failure::new("Could not serve", format!("{}: {error}", path.display()))
                .hint("The data folder must be on a file system with locks; --data chooses another one.")
        })?;
        if lock.is_some() {
            return Ok(lock);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(None)
}

fn options(context: &Context<'_>, bound: SocketAddr) -> Options {
    let config = &context.settings.config;
    let mut options = Options::new(&context.folders.data);
    options.public_url.clone_from(&config.server.public_url);
    if config.server.trust_forwarded {
        options.forwarded = Forwarded::Trusted;
    }
    options.settings_file = Some(context.folders.config_file());
    let repositories = &mut options.repositories;
    if let Some(host) = &config.catalogue.raw_host {
        host.trim_end_matches('/').clone_into(&mut repositories.raw_host);
    }
    if let Some(list) = &config.catalogue.repositories {
        repositories.defaults.clone_from(list);
    }
    if !bound.ip().is_loopback() {
        repositories.local_files = LocalFiles::Refused;
    }
    options
}

/// `None`: it never ends by itself.
fn idle_limit(config: &Config) -> Option<Duration> {
    let Some(minutes) = config.server.idle_minutes else { return Some(IDLE) };
    Duration::try_from_secs_f64(minutes * 60.0).ok().filter(|limit| !limit.is_zero())
}

/// The demo repository, so that the catalogue is never empty, and the backend for as long as the server runs.
fn beside_the_server(
    context: &Context<'_>,
    server: &Server,
    url: &str,
    shutdown: CancellationToken,
) -> impl Future<Output = ()> + Send + 'static {
    let plan = backend::Plan {
        server: server.clone(),
        url: url.to_owned(),
        folders: context.folders.clone(),
        config: context.settings.config.engine.clone(),
    };
    async move {
        let images = backend::demo_images();
        let store = store_demo(plan.server.clone(), images.clone());
        let ((), ()) = futures_util::join!(store, plan.run(images, shutdown));
    }
}

/// Lists the demo's repository as soon as its images are known.
async fn store_demo(server: Server, mut images: demo::Awaited) {
    let images = match images.wait_for(Option::is_some).await {
        Ok(images) => images.clone(),
        Err(_) => None,
    };
    let Some(images) = images else { return };
    let stored = async {
        let organisation = server.default_member().await?.organisation_id;
        server.repositories().store_builtin(organisation, images.repository_yaml()?, demo::README).await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    if let Err(error) = stored.await {
        tracing::warn!("no demo repository: {error}");
    }
}

/// Waits until the server is to end, and says why.
async fn wait_for_end(
    server: &Server,
    announcement: &Announcement,
    idle: Option<Duration>,
    running: &mut tokio::task::JoinHandle<Result<(), crate::server::Error>>,
) -> Result<&'static str, Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::new("Could not serve", error.to_string()));
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    // Who started it with nohup wants it to outlive the terminal.
    let mut hang_up = if ignores_hang_up() { None } else { Some(listen(SignalKind::hangup())?) };
    let mut round = tokio::time::interval(ROUND);
    let mut written = tokio::time::Instant::now();
    loop {
        tokio::select! {
            ended = &mut *running => {
                let why = match ended {
                    Ok(Ok(())) => "it ended by itself".to_owned(),
                    Ok(Err(error)) => error.to_string(),
                    Err(error) => error.to_string(),
                };
                return Err(Failure::new("The server stopped", why));
            }
            _ = terminate.recv() => return Ok("asked to"),
            _ = interrupt.recv() => return Ok("interrupted"),
            () = heard(&mut hang_up) => return Ok("the terminal is gone"),
            _ = round.tick() => {}
        }
        // Systems empty the folder for run-time files when a user logs out.
        if written.elapsed() > RENEW || !announcement.is_there() {
            match announcement.write(server).await {
                Ok(()) => written = tokio::time::Instant::now(),
                Err(failure) => tracing::warn!("{failure}"),
            }
        }
        let Some(limit) = idle else { continue };
        match server.activity().await {
            Ok(activity) if !activity.is_in_use() && activity.quiet >= limit => return Ok("nobody uses it"),
            Ok(_) => {}
            Err(error) => tracing::warn!("whether anybody uses the server is unknown: {error}"),
        }
    }
}

async fn heard(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => _ = signal.recv().await,
        None => std::future::pending().await,
    }
}

/// Whether SIGHUP was ignored when the program was started; see `proc(5)`, `SigIgn`.
fn ignores_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 != 0)
}

/// The address file, and the client whose tokens it holds.
struct Announcement {
    folders: Folders,
    url: String,
    client_token: String,
}

impl Announcement {
    async fn new(context: &Context<'_>, server: &Server, url: &str) -> Result<Self, Failure> {
        let what = "Could not sign in to the own server";
        // One client token for each data folder: tokens never expire, and would pile up.
        let kept = context.folders.data.join("client-token");
        let former = std::fs::read_to_string(&kept).ok().map(|text| text.trim().to_owned());
        let client_token = match former {
            Some(token) if server.issue_access_token(&token).await.is_ok() => token,
            _ => {
                let manifest = Manifest::for_everything("live.kab.terminal", env!("CARGO_PKG_VERSION"));
                let token = server
                    .client_token_for(&manifest, ClientRole::Interface)
                    .await
                    .map_err(|error| Failure::new(what, error.to_string()))?;
                write_private(&kept, token.as_bytes()).map_err(|error| Failure::new(what, error.to_string()))?;
                token
            }
        };
        Ok(Self { folders: context.folders.clone(), url: url.to_owned(), client_token })
    }

    async fn write(&self, server: &Server) -> Result<(), Failure> {
        let what = "Could not write the server's address";
        let token = server
            .issue_access_token(&self.client_token)
            .await
            .map_err(|error| Failure::new(what, error.to_string()))?;
        let info = ServerInfo {
            url: self.url.clone(),
            token: Secret::new(token),
            pid: i32::try_from(std::process::id()).unwrap_or_default(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let path = self.folders.server_file();
        // Systems remove the folder, too; it must be private again.
        self.folders.make().map_err(|error| Failure::new(what, error.to_string()))?;
        info.write(&path).map_err(|error| Failure::new(what, format!("{}: {error}", path.display())))
    }

    fn is_there(&self) -> bool {
        self.folders.server_file().exists()
    }

    /// Takes the file away, unless it is another server's by now.
    fn withdraw(&self) {
        let path = self.folders.server_file();
        if ServerInfo::read(&path).is_some_and(|info| info.pid.unsigned_abs() == std::process::id()) {
            std::fs::remove_file(&path).ok();
        }
    }
}
