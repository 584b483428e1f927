//! kab's own container backend at deployments of both generations, with their defects, and while everything around it
//! breaks.

#[path = "engine/machine.rs"]
mod machine;

use std::{sync::Arc, time::Duration};

use kab::{
    agent::{Connection, Takeover},
    domain::{Engine, FlavourId, Pod, PodId, PodVerb, Task, TaskEvent, TaskId, TaskState},
    engine::{self, Choice, Settings},
    server::ClientRole,
    services::Store,
};
use serde_json::json;
use tokio::{runtime::Runtime, sync::watch, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use self::machine::Machine;
use crate::{
    catalogue,
    face::{Face, Fault, Generation, Service},
    household::Household,
    in_the_terminal::choose,
    support::eventually,
};

/// Reconnecting takes its time: waits double from half a second.
const LIMIT: Duration = Duration::from_mins(1);
const APP: &str = "com.example.plain";

/// A deployment, a machine, and the engine between them.
pub struct Yard {
    pub face: Face,
    pub store: Store,
    machine: Arc<Machine>,
    folder: tempfile::TempDir,
    flavour: FlavourId,
}

/// A household in front of a yard with one pod. The household goes first: it asks once more before it ends.
pub struct Farm {
    pub household: Household,
    pub yard: Arc<Yard>,
    pub runtime: Runtime,
    engine: Running,
}

impl Farm {
    /// Begins; what comes before the engine is done first.
    pub fn begin(before: impl FnOnce(&Yard)) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (yard, engine, token) = runtime.block_on(async {
            let yard = Yard::of(Generation::First).await;
            before(&yard);
            let engine = yard.engine().await;
            let token = yard.face.token("org.example.terminal", ClientRole::Interface).await;
            yard.installed().await;
            (yard, engine, token)
        });
        let household = Household::new(&crate::household::Engine::Process);
        choose(&household, &yard.face, &token);
        Self { household, yard: Arc::new(yard), runtime, engine }
    }

    pub fn end(self) {
        drop(self.household);
        self.runtime.block_on(self.engine.stop());
    }
}

pub struct Running {
    shutdown: CancellationToken,
    connection: watch::Receiver<Connection>,
    ended: JoinHandle<Result<(), engine::Error>>,
}

impl Yard {
    pub async fn of(generation: Generation) -> Self {
        let face = Face::start(generation).await;
        face.publish("acme/plain", &catalogue::file(&[(APP, "0.1.0", "vanilla", "[]")])).await;
        let store = Store::connect(face.access().await).await.unwrap();
        let flavour = store.all_apps().await.unwrap()[0].releases[0].flavours[0].id.clone();
        face.script().forget();
        let (machine, folder) = (Arc::new(Machine::new()), tempfile::tempdir().unwrap());
        Self { face, store, machine, folder, flavour }
    }

    /// Every container writes a line.
    pub fn writes(&self, text: &str) {
        self.machine.writes(text);
    }

    /// Every container has written so many lines before anybody looks.
    pub fn has_written(&self, lines: i64) {
        self.machine.history.store(lines, std::sync::atomic::Ordering::SeqCst);
    }

    pub async fn engine(&self) -> Running {
        let watch = watch::Sender::new(Connection::Connecting);
        let connection = watch.subscribe();
        let driver = Arc::clone(&self.machine) as Arc<dyn engine::driver::Driver>;
        let options = engine::Options {
            choice: Choice::Auto,
            driver: Some(driver),
            door: Arc::new(self.face.fakts("live.kab.engine", ClientRole::Agent).await),
            server: self.face.url(),
            state_dir: self.folder.path().to_owned(),
            runtime_dir: self.folder.path().to_owned(),
            gateway_url: self.face.url(),
            settings: Settings { name: Some("Yard".into()), ..Settings::default() },
            images: None,
            watch: Some(watch),
            takeover: Takeover::Ask,
            others: engine::Others::Refuse,
        };
        let shutdown = CancellationToken::new();
        let ended = tokio::spawn(engine::run(options, shutdown.clone()));
        let mut running = Running { shutdown, connection, ended };
        running.online().await;
        running
    }

    async fn seen(&self) -> Engine {
        eventually("the engine is seen", async || self.store.engines().await.ok()?.into_iter().find(Engine::is_online))
            .await
    }

    /// Installs the app, and waits until it is there.
    pub async fn installed(&self) {
        let task = self.install().await;
        assert_eq!(self.ended(&task).await.0.state, TaskState::Done);
    }

    async fn install(&self) -> TaskId {
        loop {
            // Between two connections the server takes no work for it.
            if let Ok(task) = self.store.install(&self.flavour, &self.seen().await).await {
                return task.id;
            }
        }
    }

    async fn ended(&self, task: &TaskId) -> (Task, Vec<TaskEvent>) {
        let look = async {
            loop {
                if let Ok((task, events)) = self.store.task(task).await
                    && task.state.is_done()
                {
                    return (task, events);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(LIMIT, look).await.expect("the task ends in time")
    }

    async fn pod(&self) -> Pod {
        self.store.pods().await.unwrap().remove(0)
    }

    async fn act(&self, verb: PodVerb, pod: &PodId) {
        let task = self.store.act(verb, pod, &self.seen().await).await.unwrap();
        let (task, events) = self.ended(&task.id).await;
        assert_eq!(task.state, TaskState::Done, "{verb:?}: {events:?}");
    }

    /// Approves what the release is now.
    pub async fn approve(&self) {
        let token = self.face.token("org.example.approver", ClientRole::Interface).await;
        let query = "{ releases(ordering: [{id: ASC}]) { id approvalDigest } }";
        let release = self.face.ask("kabinet", &token, query, json!({})).await["data"]["releases"][0].take();
        let approve = "mutation ($i: ApproveReleaseInput!) { approveRelease(input: $i) { id } }";
        let input =
            json!({"release": release["id"], "mandate": "7", "agent": "kab", "digest": release["approvalDigest"]});
        let answer = self.face.ask("kabinet", &token, approve, json!({ "i": input })).await;
        assert!(answer["errors"].is_null(), "{answer}");
    }
}

impl Running {
    async fn online(&mut self) {
        let online = self.connection.wait_for(|state| matches!(state, Connection::Online { .. }));
        timeout(LIMIT, online).await.expect("it is online in time").unwrap();
    }

    async fn lost(&mut self) {
        let lost = self.connection.wait_for(|state| matches!(state, Connection::Lost { .. }));
        timeout(LIMIT, lost).await.expect("it notices in time").unwrap();
    }

    pub async fn stop(self) {
        self.shutdown.cancel();
        timeout(LIMIT, self.ended).await.expect("it ends in time").unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_installed_stopped_restarted_logged_and_removed_at_both_generations() {
    for generation in [Generation::First, Generation::Newest] {
        let yard = Yard::of(generation).await;
        if generation == Generation::Newest {
            yard.approve().await;
            yard.face.script().forget();
        }
        let engine = yard.engine().await;
        let (task, events) = yard.ended(&yard.install().await).await;
        assert_eq!(task.state, TaskState::Done, "{generation:?}: {events:?}");
        let pod = yard.pod().await;
        assert_eq!((pod.status.wire(), task.pod.as_ref()), ("RUNNING", Some(&pod.id)));
        let containers = yard.machine.containers();
        let spec = &containers[&pod.local_id];
        assert!(spec.environment.iter().any(|(key, value)| key == "FAKTS_URL" && *value == yard.face.url()));

        let log = yard.store.log(&pod.id).await.unwrap();
        assert_eq!(log.lines.last().unwrap().text, "line 49", "no NUL reaches the server");
        let mut follow = yard.store.follow_log(&pod.id, &yard.seen().await, 5).await.unwrap();
        let lines = timeout(LIMIT, follow.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(lines.last().unwrap().text, "line 49");
        drop(follow);

        for (verb, word) in [(PodVerb::Stop, "STOPPED"), (PodVerb::Start, "RUNNING"), (PodVerb::Restart, "RUNNING")] {
            yard.act(verb, &pod.id).await;
            assert_eq!(yard.pod().await.status.wire(), word, "{verb:?}");
        }
        yard.act(PodVerb::Remove, &pod.id).await;
        assert!(yard.store.pods().await.unwrap().is_empty() && yard.machine.containers().is_empty());
        engine.stop().await;

        // Its first request to Kabinet was alone, and none was refused.
        let requests = yard.face.requests();
        assert_eq!(requests.errors(), Vec::<String>::new(), "{generation:?}");
        let of_engine = ["DeclareBackend", "DeclareResource", "EngineCapabilities", "BackendPods"];
        let mut first = requests.0.iter().filter(|request| of_engine.contains(&request.operation.as_str()));
        let declared = first.next().unwrap();
        assert_eq!(declared.operation, "DeclareBackend");
        assert!(first.all(|request| request.at >= declared.at + declared.took));
        let once = requests.0.iter().filter(|request| request.operation == "HasEngineSettings").count();
        assert!(once <= 1, "a server without settings for engines is asked once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_written_goes_on_after_a_page_of_a_proxy() {
    let yard = Yard::of(Generation::First).await;
    let engine = yard.engine().await;
    yard.ended(&yard.install().await).await;
    let mut follow = yard.store.follow_log(&yard.pod().await.id, &yard.seen().await, 5).await.unwrap();
    timeout(LIMIT, follow.next()).await.unwrap().unwrap().unwrap();
    yard.face.script().next(1, "Assign", Fault::PageInstead(404));
    yard.face.link().cut_all();
    let next = timeout(LIMIT, follow.next()).await.expect("lines in time").expect("the log goes on");
    assert!(next.is_ok(), "{next:?}");
    drop(follow);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_approval_nothing_is_fetched_and_the_person_learns_where_to_get_one() {
    let yard = Yard::of(Generation::Newest).await;
    let engine = yard.engine().await;
    let (task, events) = yard.ended(&yard.install().await).await;
    assert_eq!(task.state, TaskState::Failed);
    let words = events.iter().rev().find_map(|event| event.message.clone()).unwrap();
    assert!(words.contains("not approved") && words.contains("Orkestrator"), "{words}");
    assert_eq!(yard.machine.pulls_begun(), 0);
    yard.approve().await;
    assert_eq!(yard.ended(&yard.install().await).await.0.state, TaskState::Done);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_install_leaves_nothing() {
    let yard = Yard::of(Generation::First).await;
    let engine = yard.engine().await;
    yard.machine.pulls.send_replace(false);
    let task = yard.install().await;
    eventually("it pulls", async || (yard.machine.pulls_begun() > 0).then_some(())).await;
    yard.store.cancel(&task).await.unwrap();
    assert_eq!(yard.ended(&task).await.0.state, TaskState::Cancelled);
    assert!(yard.machine.containers().is_empty() && yard.store.pods().await.unwrap().is_empty());
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_install_goes_on_while_the_deployment_restarts() {
    let mut yard = Yard::of(Generation::First).await;
    let mut engine = yard.engine().await;
    yard.machine.pulls.send_replace(false);
    let task = yard.install().await;
    eventually("it pulls", async || (yard.machine.pulls_begun() > 0).then_some(())).await;
    yard.face.down().await;
    engine.lost().await;
    // The image arrives while nobody is there to hear of it.
    yard.machine.pulls.send_replace(true);
    yard.face.up().await;
    let (task, events) = yard.ended(&task).await;
    assert_eq!(task.state, TaskState::Done, "{events:?}");
    assert_eq!((yard.store.pods().await.unwrap().len(), yard.machine.containers().len()), (1, 1));
    engine.online().await;
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_that_are_cut_again_and_again_cost_nothing_but_time() {
    let yard = Yard::of(Generation::First).await;
    let engine = yard.engine().await;
    yard.face.script().sockets_last(Some(Duration::from_millis(700)));
    yard.face.link().cut_all();
    let task = yard.install().await;
    let (task, events) = yard.ended(&task).await;
    assert_eq!(task.state, TaskState::Done, "{events:?}");
    assert_eq!(yard.store.pods().await.unwrap().len(), 1);
    assert_eq!(yard.machine.pulls_begun(), 1);
    yard.face.script().sockets_last(None);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn close_codes_that_pass_are_passed_and_those_that_somebody_meant_end_it() {
    let yard = Yard::of(Generation::First).await;
    for code in [3001, 3002, 3003, 1012] {
        // Each anew: an engine that loses one connection after the other waits longer and longer.
        let mut engine = yard.engine().await;
        yard.face.script().close_next_agent(code);
        yard.face.link().cut_all();
        engine.lost().await;
        engine.online().await;
        engine.stop().await;
    }
    // All tokens have expired, as they do while a laptop sleeps.
    let mut engine = yard.engine().await;
    yard.face.script().expire_tokens();
    yard.face.link().cut_all();
    engine.lost().await;
    engine.online().await;

    for (code, words) in [(4003, "blocked"), (4005, "place")] {
        yard.face.script().close_next_agent(code);
        yard.face.link().cut_all();
        let failure = timeout(LIMIT, engine.ended).await.unwrap().unwrap().unwrap_err().failure();
        assert!(failure.why.contains(words), "{code}: {failure}");
        engine = yard.engine().await;
    }
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_lost_and_errors_after_the_deed_leave_one_pod() {
    let yard = Yard::of(Generation::First).await;
    let engine = yard.engine().await;
    yard.face.script().next(1, "CreateClient", Fault::LoseRequest);
    yard.face.script().next(1, "CreateDeployment", Fault::LoseReply);
    yard.face.script().next(1, "CreatePod", Fault::LoseReply);
    let (task, events) = yard.ended(&yard.install().await).await;
    assert_eq!(task.state, TaskState::Done, "{events:?}");
    assert_eq!((yard.store.pods().await.unwrap().len(), yard.machine.containers().len()), (1, 1));
    let requests = yard.face.requests();
    let kabinet = requests.0.iter().filter(|request| request.service == Service::Kabinet);
    assert!(kabinet.clone().all(|request| !["podForAgent", "myPodAt"].iter().any(|name| request.query.contains(name))));
    engine.stop().await;
}
