//! The engine when others fail: lost replies, another container engine after a boot, servers that were updated.

use std::{path::Path, sync::Arc};

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{
    Choice, Error, Options, Others, Settings,
    actions::carry_out,
    backend::Backend,
    driver::{self, ContainerPhase, Memory, Platform, fake::Fake},
    home::Home,
    install::Install,
    keeper::Keeper,
    maker::Maker,
    notes::Notes,
    records::PodRecord,
    run,
    scripted::{CLIENT, Scripted, running, spec},
    settle::settle,
    testing::LIMIT,
};
use crate::{
    agent::{OldTask, Reporter, Settled, Takeover, TaskError, Wanted},
    domain::{FailureKind, PodStatus, PodVerb},
    services::{Access, Secret},
};

async fn install(backend: &Arc<Backend>) -> Result<String, TaskError> {
    let recipe = backend.records.recipe("17").await.unwrap();
    let install = Install {
        backend: Arc::clone(backend),
        organisation: None,
        reporter: Reporter::unheard("81"),
        cancel: CancellationToken::new(),
    };
    install.run(&recipe).await
}

fn docker() -> Maker {
    Maker { kind: "docker".into(), store: None }
}

#[tokio::test]
async fn a_container_whose_making_was_not_answered_is_not_left_behind() {
    let (scripted, fake) = (Scripted::start().await, Arc::new(Fake::new()));
    let lost = driver::Error::Unreachable("timed out".into());
    fake.lock().failing = [("create's reply".to_owned(), lost)].into_iter().collect();
    let why = install(&scripted.backend(&fake).await).await.unwrap_err().to_string();
    assert!(why.contains("timed out") && !why.contains("could be undone"), "{why}");
    assert!(fake.lock().containers.is_empty(), "{:?}", fake.lock().calls);
}

#[tokio::test]
async fn a_running_app_survives_an_outage_while_its_installation_is_settled() {
    let (scripted, fake) = (Scripted::start().await, Arc::new(Fake::new()));
    let backend = scripted.backend(&fake).await;
    let mut made = spec(CLIENT, "7");
    for (label, value) in [("kab.task", "81"), ("kab.client", "c9"), ("arkitekt.live.kabinet.deployment", "3")] {
        made.labels.insert(label.into(), value.into());
    }
    fake.lock().containers.insert("c".into(), (made, running()));
    let outage = "connection failed: port 5432 failed: Connection refused";
    scripted
        .book
        .lock()
        .unwrap()
        .next
        .insert("CreatePod", [Err(outage), Err("relation \"pod\" does not exist")].into());
    let old = OldTask {
        task: "81".into(),
        interface: Some("deploy_flavour".into()),
        args: json!({"flavour": "17"}),
        wanted: Wanted::Still,
    };
    let settled = settle(Arc::clone(&backend), old).await;
    assert!(matches!(settled, Settled::Completed(Some(_))), "{settled:?}");
    assert!(!fake.lock().calls.iter().any(|call| call == "remove"));
    assert_eq!(scripted.variables("CreatePod").len(), 3);
}

#[tokio::test]
async fn a_server_that_wants_approvals_since_its_update_is_asked_anew() {
    let (scripted, fake) = (Scripted::start().await, Arc::new(Fake::new()));
    let backend = scripted.backend(&fake).await;
    install(&backend).await.unwrap();
    let given = json!([{"id": "31", "digest": "now", "isActive": true, "isStale": false, "backends": []}]);
    scripted.needs_approvals(&given);
    let refusal = "Field 'approval' of required type 'ID!' was not provided.";
    scripted.book.lock().unwrap().next.insert("CreateDeployment", [Err(refusal)].into());
    install(&backend).await.unwrap();
    let deployments = scripted.variables("CreateDeployment");
    assert_eq!(deployments.last().unwrap()["input"]["approval"], "31", "{deployments:?}");
}

#[tokio::test]
async fn a_log_that_cannot_be_read_is_not_silence() {
    let (scripted, fake) = (Scripted::start().await, Arc::new(Fake::new()));
    fake.lock().after_start = Some(ContainerPhase::Exited { code: 3, memory: Memory::NotTold });
    fake.lock().failing = [("logs".to_owned(), driver::Error::Refused("no journal".into()))].into_iter().collect();
    let backend = scripted.backend(&fake).await;
    let why = install(&backend).await.unwrap_err().to_string();
    assert!(why.contains("cannot be read: no journal") && !why.contains("said nothing"), "{why}");
    assert!(backend.dump("9", "c", Some("exit code 3")).await.unwrap().is_some());
    assert!(scripted.variables("DumpLogs").is_empty(), "nothing takes the place of the last log");
}

#[tokio::test]
async fn an_image_for_other_machines_is_refused_before_the_pull() {
    let (scripted, fake) = (Scripted::start().await, Arc::new(Fake::new()));
    let backend = scripted.backend(&fake).await;
    backend.report([("cpu.arch", "amd64")].into_iter().collect()).await.unwrap();
    fake.lock().platforms = vec![Platform { system: "linux".into(), architecture: "arm64".into() }];
    let why = install(&backend).await.unwrap_err().to_string();
    assert!(why.contains("made for arm64 processors, and this machine is amd64"), "{why}");
    assert!(!fake.lock().calls.iter().any(|call| call == "pull"), "{:?}", fake.lock().calls);
    fake.lock().platforms.push(Platform { system: "linux".into(), architecture: "amd64".into() });
    install(&backend).await.unwrap();
}

#[tokio::test]
async fn pods_of_another_container_engine_are_neither_judged_nor_removed() {
    let (scripted, fake) = (Scripted::start().await, Arc::new(Fake::new()));
    scripted.with_pods(&fake, 1);
    let notes = Notes::open(None);
    notes.found_at("1", &docker());
    // This one is Podman, and has no container of that pod.
    fake.lock().containers.clear();
    let backend = scripted.backend_with(&fake, notes).await;
    Keeper::new(&backend).look().await.unwrap();
    let told = scripted.variables("UpdatePod");
    assert_eq!((told.len(), told[0]["input"]["status"].as_str()), (1, Some(PodStatus::Unknown.wire())));
    let pod = PodRecord { id: "1".into(), local_id: format!("{:064x}", 1), status: PodStatus::Unknown };
    for verb in [PodVerb::Remove, PodVerb::Stop] {
        let why = carry_out(&backend, verb, &pod).await.unwrap_err().to_string();
        assert!(why.contains("made by docker; this engine runs podman"), "{why}");
    }
    assert!(scripted.variables("DeletePod").is_empty());
}

fn options(scripted: &Scripted, fake: &Arc<Fake>, state: &Path) -> Options {
    Options {
        choice: Choice::Containers,
        driver: Some(Arc::clone(fake) as Arc<dyn driver::Driver>),
        door: Arc::new(Access::stock(&scripted.url, Secret::new("t"))),
        server: scripted.url.clone(),
        state_dir: state.to_owned(),
        runtime_dir: state.to_owned(),
        gateway_url: scripted.url.clone(),
        settings: Settings::default(),
        images: None,
        watch: None,
        takeover: Takeover::Ask,
        others: Others::Refuse,
    }
}

#[tokio::test]
async fn an_engine_of_another_kind_does_not_take_the_place_of_the_one_that_made_the_pods() {
    let (scripted, fake) = (Scripted::start().await, Arc::new(Fake::new()));
    let state = tempfile::tempdir().unwrap();
    let memory = || Home::take(state.path(), &scripted.url, CLIENT).map(|home| home.maker());
    Home::take(state.path(), &scripted.url, CLIENT).unwrap().served_by(&docker());
    scripted.book.lock().unwrap().pods.push(("1".into(), format!("{:064x}", 1), "RUNNING".into()));
    let error = run(options(&scripted, &fake, state.path()), CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error, Error::OtherEngine { count: 1, .. }), "{error}");
    let failure = error.failure();
    assert!(failure.why.contains("made by docker; this engine runs podman"), "{failure}");
    // Not one of the exit codes after which a supervisor leaves it alone.
    assert_eq!(failure.kind, FailureKind::NotFound);
    assert!(!scripted.asked().iter().any(|name| name == "UpdatePod" || name == "DeletePod"));
    assert_eq!(memory().unwrap(), Some(docker()));

    // Without pods, nothing is lost by it.
    scripted.book.lock().unwrap().pods.clear();
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(run(options(&scripted, &fake, state.path()), shutdown.clone()));
    let file = std::fs::read_dir(state.path()).unwrap().flatten().next().unwrap().path().join("engine.json");
    let changed = async {
        while !std::fs::read_to_string(&file).unwrap_or_default().contains("podman") {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, changed).await.unwrap();
    shutdown.cancel();
    tokio::time::timeout(LIMIT, running).await.unwrap().unwrap().unwrap();
}
