//! Installing, acting and reading logs through the deployer that stock deployments run.

use futures_util::StreamExt as _;
use kab::{
    domain::{Engine, FlavourId, PodVerb, Task, TaskEvent, TaskKind, TaskState},
    services::{Error, FollowKind, Store},
};
use serde_json::json;

use crate::{
    catalogue,
    deployer::{Deployer, Habits, Ports, Structures},
    face::{Face, Fault, Generation, Service},
    support::{PATIENCE, eventually},
};

/// A deployment with a catalogue, a deployer and a store.
pub struct House {
    pub face: Face,
    pub deployer: Deployer,
    pub store: Store,
    pub engine: Engine,
    /// The flavour without needs.
    pub flavour: FlavourId,
    /// One whose selectors the server cannot read.
    pub poisoned: FlavourId,
}

impl House {
    /// Cuts all connections, and waits until the engine is there again.
    pub async fn cut(&self) {
        let before = self.deployer.times_online();
        self.face.link().cut_all();
        self.deployer.until_online_again(before).await;
    }

    pub async fn of(habits: Habits) -> Self {
        let face = Face::start(Generation::First).await;
        face.publish("acme/poison", &catalogue::poisoned()).await;
        let deployer = Deployer::start(&face, habits).await;
        let store = Store::connect(face.access().await).await.unwrap();
        let engine = store.engines().await.unwrap().remove(0);
        assert!(engine.is_online());
        let apps = store.all_apps().await.unwrap();
        let flavour = |name: &str| {
            let app = apps.iter().find(|app| app.identifier.as_str() == name).unwrap();
            app.releases[0].flavours[0].id.clone()
        };
        let (flavour, poisoned) = (flavour("com.example.plain"), flavour("com.example.cpu"));
        face.script().forget();
        Self { face, deployer, store, engine, flavour, poisoned }
    }

    pub async fn install(&self) -> Task {
        self.store.install(&self.flavour, &self.engine).await.unwrap()
    }

    /// The events of a task until its end.
    pub async fn followed(&self, task: &Task) -> Vec<TaskEvent> {
        let events = self.store.watch(&task.id).map(Result::unwrap).collect();
        tokio::time::timeout(PATIENCE, events).await.expect("the task ends in time")
    }

    pub async fn ended(&self, task: &Task) -> Task {
        self.followed(task).await;
        self.store.task(&task.id).await.unwrap().0
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_install_is_followed_to_its_pod() {
    let house = House::of(Habits::default()).await;
    let task = house.install().await;
    assert_eq!(task.kind, TaskKind::Install);
    let events = house.followed(&task).await;
    let told: Vec<_> = events.iter().filter_map(|event| Some((event.progress?, event.message.as_deref()?))).collect();
    let expected = [
        (0, "Queued for running"),
        (0, "Initializing"),
        (10, "Pulling image..."),
        (60, "Image Pulled"),
        (70, "Starting Container"),
        (90, "Registering Pod"),
    ];
    assert_eq!(told, expected);
    let (task, _) = house.store.task(&task.id).await.unwrap();
    assert_eq!(task.state, TaskState::Done);
    let pods = house.store.pods().await.unwrap();
    assert_eq!((pods.len(), task.pod.as_ref()), (1, Some(&pods[0].id)));
    assert_eq!((pods[0].status.wire(), pods[0].app.as_str()), ("RUNNING", "com.example.plain"));
    assert_eq!(house.face.requests().errors(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_are_stopped_restarted_and_removed_but_cannot_be_started() {
    let house = House::of(Habits::default()).await;
    let task = house.install().await;
    let pod = house.ended(&task).await.pod.unwrap();
    for (verb, word) in [(PodVerb::Stop, "STOPPED"), (PodVerb::Restart, "RUNNING")] {
        let task = house.store.act(verb, &pod, &house.engine).await.unwrap();
        assert_eq!(house.ended(&task).await.state, TaskState::Done);
        assert_eq!(house.store.pod(&pod).await.unwrap().status.wire(), word);
    }
    let refused = house.store.act(PodVerb::Start, &pod, &house.engine).await.unwrap_err();
    assert!(matches!(&refused, Error::NoAction { engine, .. } if engine == "Docker"), "{refused:?}");
    let task = house.store.act(PodVerb::Remove, &pod, &house.engine).await.unwrap();
    assert_eq!(house.ended(&task).await.state, TaskState::Done);
    assert!(house.store.pods().await.unwrap().is_empty());
    assert!(house.deployer.containers().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_read_by_snapshots_where_the_engine_cannot_stream() {
    let house = House::of(Habits::default()).await;
    let task = house.install().await;
    let pod = house.ended(&task).await.pod.unwrap();
    let mut follow = house.store.follow_log(&pod, &house.engine, 100).await.unwrap();
    assert!(matches!(follow.kind(), FollowKind::Polled { .. }), "{:?}", follow.kind());
    let first = follow.next().await.unwrap().unwrap();
    assert_eq!(first.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["hello"]);
    house.deployer.writes(pod.as_str(), "segmented 12 cells");
    let dump = house.store.refresh_log(&pod, &house.engine).await.unwrap();
    let lines: Vec<_> = dump.lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(lines, ["hello", "segmented 12 cells"]);
    let more = follow.next().await.unwrap().unwrap();
    assert_eq!(more.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["segmented 12 cells"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployer_whose_refresh_does_nothing_leaves_the_older_snapshot() {
    let house = House::of(Habits { refreshes: false, ..Habits::default() }).await;
    let task = house.install().await;
    let pod = house.ended(&task).await.pod.unwrap();
    house.deployer.writes(pod.as_str(), "never dumped");
    let dump = house.store.refresh_log(&pod, &house.engine).await.unwrap();
    assert_eq!(dump.lines.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_ports_are_no_structures_offers_nothing_to_install_with() {
    let house = House::of(Habits { ports: Ports::Memory, ..Habits::default() }).await;
    let refused = house.store.install(&house.flavour, &house.engine).await.unwrap_err();
    assert!(matches!(refused, Error::NoAction { .. }), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployer_that_wants_plain_ids_gets_them() {
    let house = House::of(Habits { structures: Structures::Plain, ..Habits::default() }).await;
    for installed in 1..=2 {
        let task = house.install().await;
        assert_eq!(house.ended(&task).await.state, TaskState::Done);
        let pod = task.pod.or(house.store.task(&task.id).await.unwrap().0.pod);
        assert_eq!((house.store.pods().await.unwrap().len(), pod.is_some()), (installed, true));
        // The first one was refused in the newer form; later ones are known to want the older one.
        assert_eq!(house.deployer.assigned().len(), installed + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flavour_whose_selectors_the_server_cannot_read_fails_to_install_and_says_why() {
    let house = House::of(Habits::default()).await;
    let task = house.store.install(&house.poisoned, &house.engine).await.unwrap();
    let task = house.ended(&task).await;
    assert_eq!(task.state, TaskState::Failed);
    let words = "Couldn't expand Arguments: 18 validation errors for SelectorFieldJson";
    assert!(task.message.unwrap().starts_with(words));
}

/// What goes wrong with the answer to an assignment.
async fn installs_once(fault: Fault) {
    let house = House::of(Habits::default()).await;
    house.face.script().next(1, "Assign", fault.clone());
    let task = house.install().await;
    let task = house.ended(&task).await;
    assert_eq!(task.state, TaskState::Done, "{fault:?}");
    let requests = house.face.requests();
    let assignments = requests.of("Assign");
    assert_eq!(assignments.len(), 1, "{fault:?}");
    assert_eq!(house.deployer.assigned().len(), 1, "{fault:?}");
    assert_eq!(house.store.pods().await.unwrap().len(), 1, "{fault:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_whose_reply_is_lost_installs_once() {
    installs_once(Fault::LoseReply).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_answers_for_a_server_that_did_the_work_installs_once() {
    installs_once(Fault::Page(502)).await;
}

/// A task may run or not: that is said, and nothing is sent a second time.
async fn is_uncertain(fault: Fault) {
    let house = House::of(Habits::default()).await;
    house.face.script().next(1, "Assign", fault.clone());
    let told = std::sync::atomic::AtomicBool::new(false);
    let (store, doubt) = house.store.with_doubt();
    let tell = async { told.store(true, std::sync::atomic::Ordering::Relaxed) };
    let outcome = doubt.told(store.install(&house.flavour, &house.engine), tell).await;
    assert!(matches!(outcome, Err(Error::Uncertain(_))), "{fault:?}: {outcome:?}");
    assert!(told.into_inner(), "who waits was told that it is looked for");
    assert_eq!(house.face.requests().of("Assign").len(), 1, "{fault:?}");
    assert!(house.store.pods().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_that_never_arrived_is_told_as_uncertain_and_not_sent_again() {
    is_uncertain(Fault::LoseRequest).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_answers_for_a_server_that_is_away_leaves_an_assignment_uncertain() {
    is_uncertain(Fault::PageInstead(502)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_an_answer_installs_once() {
    installs_once(Fault::Truncate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_lost_together_with_the_first_look_for_its_task_installs_once() {
    let house = House::of(Habits::default()).await;
    house.face.script().next(1, "Assign", Fault::LoseReply);
    house.face.script().next(1, "Tasks", Fault::LoseReply);
    let outcome = house.store.install(&house.flavour, &house.engine).await;
    eventually("the deployer has got it", async || (!house.deployer.assigned().is_empty()).then_some(())).await;
    assert_eq!(house.deployer.assigned().len(), 1);
    outcome.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_left_between_the_look_and_the_assignment_is_told_as_offline() {
    let house = House::of(Habits::default()).await;
    let words = "Agent is not available (not connected, and not a webhook agent)";
    house.face.script().next(1, "Assign", Fault::Error(words.into()));
    let refused = house.store.install(&house.flavour, &house.engine).await.unwrap_err();
    assert!(matches!(refused, Error::Offline(_)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_reference_twice_makes_two_tasks_on_this_server() {
    let house = House::of(Habits::default()).await;
    house.deployer.hold_at(0);
    let token = house.face.token("org.example.careless", kab::server::ClientRole::Interface).await;
    let found = house.face.ask("rekuest", &token, "{ implementations { id interface } }", json!({})).await;
    let all = found["data"]["implementations"].as_array().unwrap();
    let deploy = all.iter().find(|one| one["interface"] == "deploy_flavour").unwrap()["id"].clone();
    let input = json!({"i": {"implementation": deploy, "args": {"flavour": "1"}, "reference": "r-1", "cached": false, "log": false,
        "capture": false, "ephemeral": false}});
    let query = "mutation ($i: AssignInput!) { assign(input: $i) { id reference } }";
    let first = house.face.ask("rekuest", &token, query, input.clone()).await["data"]["assign"].take();
    let second = house.face.ask("rekuest", &token, query, input).await["data"]["assign"].take();
    assert!(first["id"].is_string(), "{first}");
    assert_ne!(first["id"], second["id"]);
    assert_eq!((&first["reference"], &second["reference"]), (&json!("r-1"), &json!("r-1")));
    assert!(house.face.requests().0.iter().all(|request| request.service == Service::Rekuest));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_install_is_cancelled_although_the_deployer_goes_on() {
    let house = House::of(Habits::default()).await;
    house.deployer.hold_at(10);
    let task = house.install().await;
    eventually("it has begun to pull", async || {
        let (task, _) = house.store.task(&task.id).await.unwrap();
        (task.progress == Some(10)).then_some(())
    })
    .await;
    house.store.cancel(&task.id).await.unwrap();
    assert_eq!(house.ended(&task).await.state, TaskState::Cancelled);
}
