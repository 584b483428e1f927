//! The drivers and the whole backend on real container engines, with a real registry.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops there")]

#[path = "support/engines.rs"]
mod engines;
#[path = "engine_real/fetching.rs"]
mod fetching;
#[path = "support/slow_link.rs"]
mod slow_link;
mod support;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::{StreamExt as _, TryStreamExt as _};
use kab::{
    agent,
    domain::{
        Engine, EngineKind, LayerState, LogSource, Phase, Pod, PodStatus, PodVerb, PullProgress, Task, TaskEvent,
        TaskId, TaskState,
    },
    engine::{
        self, Choice, Settings,
        driver::{
            ContainerPhase, ContainerSpec, Driver, Error, Follow, Gpu, Limits, LogRange, PullRequest, State,
            docker::DockerApi,
        },
    },
    server::{ClientRole, Manifest},
    services::{Access, Secret, Store},
};
use slow_link::SlowLink;
use support::TestServer;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const LIMIT: Duration = Duration::from_secs(90);
/// Bytes a second of each connection to the registry, while a pull is to be caught half way.
const SLOW: u32 = 2_000_000;

/// An image that no engine has, also not from an earlier run.
fn fresh_image(name: &str, megabytes: u32) -> Option<String> {
    engines::pushed_image(&format!("{name}-{}", uuid::Uuid::new_v4().simple()), megabytes)
}

async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = tokio::time::Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < LIMIT, "{what} did not happen in time");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn spec(image: &str, script: Option<&str>, owner: &str) -> ContainerSpec {
    let words = |script: &str| ["/bin/busybox", "sh", "-c", script].map(str::to_owned).to_vec();
    ContainerSpec {
        name: format!("kab-test-{}", uuid::Uuid::new_v4().simple()),
        image: image.to_owned(),
        environment: vec![("GREETING".into(), "hello".into())],
        labels: BTreeMap::from([("kab.test".to_owned(), owner.to_owned())]),
        command: script.map(words),
        network: "host".into(),
        gpu: Gpu::None,
        limits: Limits { memory_mb: Some(64), cpus: Some(0.5), ..Limits::default() },
    }
}

async fn state(driver: &DockerApi, id: &str) -> State {
    driver.inspect(id).await.unwrap().unwrap().state
}

async fn ended(driver: &DockerApi, id: &str) -> (i64, State) {
    until("the container ends", async || {
        let state = state(driver, id).await;
        match state.phase {
            ContainerPhase::Exited { code, .. } => Some((code, state)),
            _ => None,
        }
    })
    .await
}

async fn life_of_a_container(address: &str, image: &str) {
    let driver = DockerApi::connect(address).await.unwrap();
    assert!(!driver.info().await.unwrap().version.is_empty());
    let owner = uuid::Uuid::new_v4().to_string();

    // A pull tells of its layers, and is whole at its end.
    assert_eq!(driver.image(image).await.unwrap(), None);
    let request = PullRequest { reference: image.to_owned(), credentials: None };
    // Docker asks the registry before the pull; Podman has nothing for it.
    let platforms = driver.platforms(&request).await;
    match driver.kind() {
        EngineKind::Docker => assert!(platforms.unwrap().iter().all(|platform| platform.system == "linux")),
        _ => assert!(platforms.is_err()),
    }
    let steps: Vec<PullProgress> = driver.pull(request).try_collect().await.unwrap();
    let whole = steps.last().unwrap();
    assert!(whole.layers.len() >= 5, "{whole:?}");
    assert!(whole.layers.iter().all(|layer| matches!(layer.state, LayerState::Done | LayerState::Cached)), "{whole:?}");
    assert!(steps.len() > 1);
    let facts = driver.image(image).await.unwrap().unwrap();
    assert_eq!((facts.system.as_str(), facts.command[0].as_str()), ("linux", "/bin/busybox"));
    assert!(facts.size.unwrap() > 10_000_000);
    let missing = PullRequest { reference: format!("{image}-missing"), credentials: None };
    let error = driver.pull(missing).try_collect::<Vec<_>>().await.unwrap_err();
    assert!(matches!(error, Error::Pull { .. }), "{error}");

    // The image's own command: it ticks until it is asked to end.
    let mut events = driver.events();
    let id = driver.create(&spec(image, None, &owner)).await.unwrap();
    assert_eq!(state(&driver, &id).await.phase, ContainerPhase::Created);
    driver.start(&id).await.unwrap();
    driver.start(&id).await.unwrap();
    until("it runs", async || (state(&driver, &id).await.phase == ContainerPhase::Running).then_some(())).await;
    // What it uses grows with what it does; one that does not run uses nothing.
    let none = "0".repeat(64);
    let used = async || driver.usage(&[id.clone(), none.clone()]).await.unwrap().get(&id).copied();
    let first = until("its use is measured", async || used().await.filter(|it| it.processor.is_some())).await;
    until("it has used more", async || used().await.filter(|it| it.processor > first.processor)).await;
    assert!(driver.usage(&[none]).await.unwrap().is_empty());
    let event = async {
        while let Some(event) = events.next().await {
            if event.unwrap() == id {
                return;
            }
        }
        panic!("the events ended");
    };
    // The request for events goes out when the stream is first asked, which is before the restart begins.
    let (seen, restarted) = futures_util::join!(tokio::time::timeout(LIMIT, event), driver.restart(&id));
    seen.expect("no event came");
    restarted.unwrap();
    until("it runs after a restart", async || {
        (state(&driver, &id).await.phase == ContainerPhase::Running).then_some(())
    })
    .await;
    let listed = driver.list("kab.test", &owner).await.unwrap();
    assert_eq!((listed.len(), listed[0].id.as_str()), (1, id.as_str()));
    assert_eq!(listed[0].labels["kab.test"], owner);
    let follow = driver.logs(&id, LogRange { tail: None, follow: Follow::On }).try_collect::<Vec<_>>();
    let (lines, stopped) = futures_util::join!(follow, async {
        until("it ticks", async || {
            let range = LogRange { tail: Some(1), follow: Follow::Off };
            let lines: Vec<_> = driver.logs(&id, range).try_collect().await.unwrap();
            lines.first().filter(|line| line.text.starts_with("tick")).cloned()
        })
        .await;
        driver.stop(&id).await
    });
    stopped.unwrap();
    let lines = lines.unwrap();
    assert_eq!((lines[0].text.as_str(), lines[0].source), ("tick 0", LogSource::Stdout));
    assert_eq!(lines.last().unwrap().text, "bye", "{lines:?}");
    assert!(lines.iter().all(|line| line.at.is_some()));
    assert_eq!(ended(&driver, &id).await.0, 0);
    driver.stop(&id).await.unwrap();
    driver.restart(&id).await.unwrap();
    until("it runs again", async || (state(&driver, &id).await.phase == ContainerPhase::Running).then_some(())).await;
    driver.remove(&id).await.unwrap();
    driver.remove(&id).await.unwrap();
    assert_eq!(driver.inspect(&id).await.unwrap(), None);
    assert!(matches!(driver.start(&id).await, Err(Error::NotFound(_))));

    // One that fails is started again, and given up with its code.
    let script = "echo $GREETING; echo no model >&2; exit 3";
    let id = driver.create(&spec(image, Some(script), &owner)).await.unwrap();
    driver.start(&id).await.unwrap();
    let (code, state) = until("it is given up", async || {
        let (code, state) = ended(&driver, &id).await;
        (state.restarts >= 5 || state.phase == ContainerPhase::Dead).then_some((code, state))
    })
    .await;
    assert_eq!(code, 3, "{state:?}");
    let range = LogRange { tail: Some(50), follow: Follow::Off };
    let lines: Vec<_> = driver.logs(&id, range).try_collect().await.unwrap();
    assert!(lines.iter().any(|line| line.text == "hello" && line.source == LogSource::Stdout), "{lines:?}");
    assert!(lines.iter().any(|line| line.text == "no model" && line.source == LogSource::Stderr));
    driver.remove(&id).await.unwrap();
    assert!(driver.list("kab.test", &owner).await.unwrap().is_empty());
}

/// A server with one app of that image, and the backend on that engine.
struct World {
    server: TestServer,
    store: Store,
    driver: DockerApi,
    folder: tempfile::TempDir,
    token: String,
    address: String,
}

impl World {
    async fn new(address: &str, image: &str) -> Self {
        let server = TestServer::start().await;
        let folder = tempfile::tempdir().unwrap();
        let token = async |app: &str, role| {
            server.server.client_token_for(&Manifest::for_everything(app, "1"), role).await.unwrap()
        };
        let engine = token("kab.engine", ClientRole::Agent).await;
        let ours = Secret::new(token("kab.store", ClientRole::Interface).await);
        let store = Store::connect(Access::of_place(server.url.clone(), ours)).await.unwrap();
        let file = folder.path().join("deployments.yaml");
        std::fs::write(&file, CATALOGUE.replace("IMAGE", image)).unwrap();
        store.add_repository(&file.display().to_string()).await.unwrap();
        let driver = DockerApi::connect(address).await.unwrap();
        Self { server, store, driver, folder, token: engine, address: address.to_owned() }
    }

    fn engine(&self) -> (CancellationToken, JoinHandle<Result<(), engine::Error>>) {
        let client_token = Secret::new(self.token.clone());
        let options = engine::Options {
            choice: Choice::Socket(self.address.clone()),
            driver: None,
            door: Arc::new(Access::of_place(self.server.url.clone(), client_token)),
            state_dir: self.folder.path().to_owned(),
            runtime_dir: self.folder.path().to_owned(),
            gateway_url: self.server.url.clone(),
            settings: Settings::default(),
            images: None,
            watch: None,
            server: self.server.url.clone(),
            takeover: agent::Takeover::Ask,
            others: engine::Others::Refuse,
        };
        let shutdown = CancellationToken::new();
        (shutdown.clone(), tokio::spawn(engine::run(options, shutdown)))
    }

    async fn online(&self) -> Engine {
        until("the engine is online", async || self.store.engines().await.unwrap().into_iter().find(Engine::is_online))
            .await
    }

    async fn install(&self) -> TaskId {
        let apps = self.store.all_apps().await.unwrap();
        let flavour = apps[0].releases[0].flavours[0].id.clone();
        self.store.install(&flavour, &self.online().await).await.unwrap().id
    }

    async fn ended(&self, task: &TaskId) -> (Task, Vec<TaskEvent>) {
        until("the task ends", async || {
            let (task, events) = self.store.task(task).await.unwrap();
            task.state.is_done().then_some((task, events))
        })
        .await
    }

    async fn pod(&self, status: PodStatus) -> Pod {
        until("the pod changes", async || self.store.pods().await.unwrap().into_iter().find(|pod| pod.status == status))
            .await
    }

    async fn ours(&self) -> usize {
        let engine = self.online().await;
        self.driver.list("arkitekt.live.kabinet", &engine.client_id).await.unwrap().len()
    }
}

const CATALOGUE: &str = "
app_images:
- appImageId: 00000000000000000000000000000001
  flavourName: vanilla
  image: {buildAt: '2026-07-01T19:34:47', imageString: 'IMAGE'}
  inspection: {implementations: [], locks: [], states: [], size: 1000, requirements: [{key: rekuest, service: live.arkitekt.rekuest, optional: false, description: null}]}
  manifest: {author: ada, identifier: com.example.ticker, scopes: [read], version: 0.1.0}
  selectors: []
";

async fn install_to_remove(address: &str, image: &str) {
    let (registry, name) = image.split_once('/').unwrap();
    let link = SlowLink::to(registry.to_owned(), SLOW).await;
    let image = &format!("{}/{name}", link.address());
    let world = World::new(address, image).await;
    let (stop, running) = world.engine();

    // Cancelled half way, nothing is left: no image, no container, no pod.
    let task = world.install().await;
    until("bytes arrive", async || {
        let (_, events) = world.store.task(&task).await.unwrap();
        let pulls = events.iter().filter_map(|event| PullProgress::parse(event.message.as_deref()?));
        pulls.rev().find(|pull| !pull.layers.is_empty())
    })
    .await;
    world.store.cancel(&task).await.unwrap();
    assert_eq!(world.ended(&task).await.0.state, TaskState::Cancelled);
    link.until_unused(LIMIT).await;
    assert_eq!(world.driver.image(image).await.unwrap(), None);
    assert_eq!(world.ours().await, 0);
    assert!(world.store.pods().await.unwrap().is_empty());
    link.set_speed(u32::MAX);

    let task = world.install().await;
    let (task, events) = world.ended(&task).await;
    assert_eq!(task.state, TaskState::Done, "{events:?}");
    let phases: Vec<_> = events.iter().filter_map(|event| Phase::of_message(event.message.as_deref()?)).collect();
    assert!(phases.contains(&Phase::Pull) && phases.last() == Some(&Phase::Ready), "{phases:?}");
    let pod = world.pod(PodStatus::Running).await;
    let engine = world.online().await;
    let facts = &engine.resources[0].facts;
    for key in
        ["cpu.count", "cpu.arch", "ram.mb", "gpu", "engine.kind", "engine.version", "engine.rootless", "host.name"]
    {
        assert!(facts.get(key).is_some(), "{key} is missing in {facts:?}");
    }
    let mut follow = world.store.follow_log(&pod.id, &engine, 5).await.unwrap();
    let first = tokio::time::timeout(LIMIT, follow.next()).await.unwrap().unwrap().unwrap();
    assert!(first[0].text.starts_with("tick"), "{first:?}");
    follow.close().await;

    // The engine goes and comes: the pod goes on running, and is found.
    stop.cancel();
    tokio::time::timeout(LIMIT, running).await.unwrap().unwrap().unwrap();
    assert_eq!(world.driver.inspect(&pod.local_id).await.unwrap().unwrap().state.phase, ContainerPhase::Running);
    let (stop, running) = world.engine();
    let act = async |verb| {
        let task = world.store.act(verb, &pod.id, &world.online().await).await.unwrap();
        let (task, events) = world.ended(&task.id).await;
        assert_eq!(task.state, TaskState::Done, "{verb:?}: {events:?}");
    };
    act(PodVerb::Stop).await;
    world.pod(PodStatus::Stopped).await;
    act(PodVerb::Start).await;
    world.pod(PodStatus::Running).await;

    // Somebody kills it behind the engine's back.
    world.driver.remove(&pod.local_id).await.unwrap();
    let reason = until("its loss is told", async || {
        // While it goes it may be seen as one that was killed.
        world.pod(PodStatus::Failed).await.reason.filter(|reason| reason.contains("the container is gone"))
    });
    reason.await;
    act(PodVerb::Remove).await;
    assert!(world.store.pods().await.unwrap().is_empty());
    assert_eq!(world.ours().await, 0);
    stop.cancel();
    tokio::time::timeout(LIMIT, running).await.unwrap().unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn podman_runs_a_container_through_its_life() {
    let (Some(address), Some(image)) = (engines::podman(), fresh_image("life-podman", 20)) else { return };
    life_of_a_container(&address, &image).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn docker_runs_a_container_through_its_life() {
    let (Some(address), Some(image)) = (engines::docker(), fresh_image("life-docker", 20)) else { return };
    life_of_a_container(&address, &image).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn podman_installs_stops_and_removes_what_the_store_asks_for() {
    let (Some(address), Some(image)) = (engines::podman(), fresh_image("app-podman", 20)) else { return };
    install_to_remove(&address, &image).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn docker_installs_stops_and_removes_what_the_store_asks_for() {
    let (Some(address), Some(image)) = (engines::docker(), fresh_image("app-docker", 20)) else { return };
    install_to_remove(&address, &image).await;
}

#[tokio::test]
async fn the_driver_behind_the_trait_can_be_shared() {
    let address = "unix:///nowhere/podman.sock";
    let error = DockerApi::connect(address).await.map(|driver| Arc::new(driver) as Arc<dyn Driver>).err().unwrap();
    assert!(error.to_string().contains("/nowhere/podman.sock"), "{error}");
    let places = engine::Places { state: "/nowhere".into(), runtime: "/nowhere".into() };
    let error = engine::connect(&Choice::Socket(address.into()), &places).await.err().unwrap();
    assert!(error.to_string().contains("not there"), "{error}");
    let never = agent::Error::Blocked.failure("The engine could not be run");
    assert!(!never.hint.is_empty());
}
