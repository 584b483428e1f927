//! The engine at servers that are not the embedded one: what it asks, how often, and what it does when they refuse.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    backend::Backend,
    driver::{ContainerPhase, Memory, fake::Fake},
    insist::insist,
    install::Install,
    keeper::Keeper,
    records::Records,
    scripted::{CLIENT, Scripted, running, spec},
    upkeep,
};
use crate::{
    agent::{Reporter, TaskError},
    domain::PodStatus,
};

fn installing(backend: &Arc<Backend>) -> Install {
    Install {
        backend: Arc::clone(backend),
        organisation: None,
        reporter: Reporter::unheard("81"),
        cancel: CancellationToken::new(),
    }
}

async fn install(scripted: &Scripted, fake: &Arc<Fake>) -> Result<String, TaskError> {
    let backend = scripted.backend(fake).await;
    let recipe = backend.records.recipe("17").await.unwrap();
    installing(&backend).run(&recipe).await
}

#[tokio::test]
async fn an_installation_asks_for_nothing_that_the_first_generation_does_not_have() {
    let (scripted, fake) = (Scripted::start().await, Arc::new(Fake::new()));
    assert_eq!(install(&scripted, &fake).await.unwrap(), "9");
    let asked = scripted.asked();
    assert!(!asked.contains(&"ReleaseApprovals".to_owned()));
    let made: Vec<_> = asked.iter().filter(|name| name.starts_with("Create")).collect();
    assert_eq!(made, ["CreateClient", "CreateDeployment", "CreatePod"]);
    let deployment = &scripted.variables("CreateDeployment")[0]["input"];
    assert_eq!(deployment.as_object().unwrap().len(), 2, "{deployment}");
    // Both ids have to be there, one of them null.
    let update = &scripted.variables("UpdatePod")[0]["input"];
    assert_eq!(*update, json!({"pod": "9", "localId": null, "status": "RUNNING"}));
    let client = &scripted.variables("CreateClient")[0]["input"];
    assert!(client["manifest"]["nodeId"].as_str().unwrap().starts_with("node-"), "a node of its own for each pod");
    let (spec, _) = fake.lock().containers.values().next().unwrap().clone();
    assert!(spec.environment.contains(&("FAKTS_TOKEN".into(), "secret".into())));
    assert!(spec.environment.contains(&("FAKTS_URL".into(), scripted.url.clone())));
    assert!(spec.command.is_none_or(|words| words.iter().all(|word| !word.contains("secret"))));
}

#[tokio::test]
async fn the_newest_generation_wants_an_approval_which_is_looked_up_before_the_pull() {
    let (scripted, fake) = (Scripted::start().await, Arc::new(Fake::new()));
    scripted.needs_approvals(&json!([]));
    let why = install(&scripted, &fake).await.unwrap_err().to_string();
    assert!(why.contains("com.example.app 0.1.0 is not approved") && why.contains("Orkestrator"), "{why}");
    let given = |digest: &str| {
        json!([{"id": "31", "digest": digest, "isActive": true, "isStale": digest != "now",
                                       "backends": []}])
    };
    scripted.needs_approvals(&given("before"));
    let why = install(&scripted, &fake).await.unwrap_err().to_string();
    assert!(why.contains("has changed since"), "{why}");
    assert!(!fake.lock().calls.iter().any(|call| call == "pull" || call == "create"));
    assert!(!scripted.asked().iter().any(|name| name.starts_with("Create")), "{:?}", scripted.asked());

    scripted.needs_approvals(&given("now"));
    install(&scripted, &fake).await.unwrap();
    assert_eq!(scripted.variables("CreateDeployment")[0]["input"]["approval"], "31");
}

#[tokio::test]
async fn an_outage_during_an_installation_passes_and_a_lost_answer_leaves_no_record() {
    let (scripted, fake) = (Scripted::start().await, Arc::new(Fake::new()));
    let outage = "Error 111 connecting to 127.0.0.1:16379. Connection refused.";
    for operation in ["CreateClient", "CreateDeployment", "CreatePod"] {
        scripted.book.lock().unwrap().next.insert(operation, [Err(outage)].into());
    }
    install(&scripted, &fake).await.unwrap();
    assert_eq!(scripted.variables("CreatePod").len(), 2);
    assert_eq!(scripted.variables("CreatePod")[0], scripted.variables("CreatePod")[1]);

    // Carried out, and answered with an error all the same: the record is found by its container.
    let id = format!("{:064x}", 2);
    {
        let mut book = scripted.book.lock().unwrap();
        book.next.insert("CreatePod", [Err("'Channel' object has no attribute 'x'")].into());
        book.pods.push(("44".into(), id, "PENDING".into()));
    }
    install(&scripted, &fake).await.unwrap_err();
    assert_eq!(scripted.variables("DeletePod"), [json!({"input": {"id": "44"}})]);
    assert_eq!(fake.lock().containers.len(), 1, "the first one runs on");
}

#[tokio::test]
async fn a_record_that_is_gone_is_deleted_and_a_refusal_is_not_insisted_on() {
    let scripted = Scripted::start().await;
    let records = Records::new(scripted.session().await);
    let next = [Err("Pod matching query does not exist."), Err("Cannot do it")].into();
    scripted.book.lock().unwrap().next.insert("DeletePod", next);
    insist(|| records.delete_pod("1")).await.unwrap();
    insist(|| records.delete_pod("1")).await.unwrap_err();
    assert_eq!(scripted.variables("DeletePod").len(), 2);
}

#[tokio::test]
async fn containers_of_others_are_neither_judged_nor_touched() {
    let (scripted, fake) = (Scripted::start().await, Arc::new(Fake::new()));
    let backend = scripted.backend(&fake).await;
    let mut foreign = spec(CLIENT, "7");
    // The existing backends use the same label, with a value that people choose.
    foreign.labels.remove("kab.backend");
    fake.lock().containers.insert("d26".into(), (foreign, running()));
    fake.lock().containers.insert("other".into(), (spec("another engine", "8"), running()));
    fake.lock().containers.insert("ours".into(), (spec(CLIENT, "7"), running()));
    let seen: Vec<_> = backend.containers().await.unwrap().into_iter().map(|container| container.id).collect();
    assert_eq!(seen, ["ours"]);
    let mut keeper = Keeper::new(&backend);
    keeper.look().await.unwrap();
    keeper.look().await.unwrap();
    assert!(fake.lock().calls.iter().all(|call| call == "list" || call == "logs"), "{:?}", fake.lock().calls);
}

#[tokio::test]
async fn pods_are_read_in_pages() {
    let (scripted, fake) = (Scripted::start().await, Arc::new(Fake::new()));
    scripted.with_pods(&fake, 2300);
    let backend = scripted.backend(&fake).await;
    assert_eq!(backend.records.pods(&backend.place).await.unwrap().len(), 2300);
    let pages: Vec<_> = scripted.variables("BackendPods").iter().map(|page| page["offset"].clone()).collect();
    assert_eq!(pages, [json!(0), json!(1000), json!(2000)]);
}

#[tokio::test]
async fn five_hundred_pods_that_do_not_change_cost_one_request_a_look() {
    let (scripted, fake) = (Scripted::start().await, Arc::new(Fake::new()));
    scripted.with_pods(&fake, 500);
    let mut keeper = Keeper::new(&scripted.backend(&fake).await);
    for _ in 0..20 {
        keeper.look().await.unwrap();
    }
    assert_eq!(scripted.asked(), vec!["BackendPods"; 20], "with ten seconds between two looks");
    assert_eq!(fake.lock().calls, vec!["list"; 20]);

    // One that changes is told once, with its log; and nothing again after that.
    let id = format!("{:064x}", 250);
    fake.set(&id, ContainerPhase::Exited { code: 3, memory: Memory::NotTold });
    keeper.look().await.unwrap();
    scripted.book.lock().unwrap().pods[249].2 = "FAILED".into();
    keeper.look().await.unwrap();
    let asked = scripted.asked();
    assert_eq!(asked[20..], ["BackendPods", "EngineCapabilities", "UpdatePod", "DumpLogs", "BackendPods"]);
    assert_eq!(scripted.variables("UpdatePod")[0]["input"]["status"], PodStatus::Failed.wire());
}

#[tokio::test]
async fn a_status_that_was_stored_with_an_error_is_not_told_twice() {
    let (scripted, fake) = (Scripted::start().await, Arc::new(Fake::new()));
    scripted.with_pods(&fake, 1);
    scripted.book.lock().unwrap().pods[0].2 = "PENDING".into();
    scripted.book.lock().unwrap().next.insert("UpdatePod", [Err("Error 111 connecting to redis")].into());
    let mut keeper = Keeper::new(&scripted.backend(&fake).await);
    keeper.look().await.unwrap_err();
    // The server has it all the same, which only a new look tells.
    scripted.book.lock().unwrap().pods[0].2 = "RUNNING".into();
    keeper.look().await.unwrap();
    keeper.look().await.unwrap();
    assert_eq!(scripted.variables("UpdatePod").len(), 1);
}

#[tokio::test]
async fn a_server_without_settings_for_engines_is_asked_once() {
    let scripted = Scripted::start().await;
    let poll = tokio::sync::watch::Sender::new(Duration::from_secs(10));
    let listening = upkeep::hear_settings(scripted.session().await, poll, CancellationToken::new());
    tokio::time::timeout(super::testing::LIMIT, listening).await.unwrap();
    assert_eq!(scripted.asked(), ["HasEngineSettings"]);
}

/// `cargo test --lib engine::remote_tests::how_much -- --ignored --nocapture` prints the figures; the scripted server
/// works in the same process, so that they are upper bounds.
#[tokio::test]
#[ignore = "it measures, and judges nothing"]
async fn how_much_processor_five_hundred_pods_cost() {
    let (scripted, fake) = (Scripted::start().await, Arc::new(Fake::new()));
    scripted.with_pods(&fake, 500);
    fake.lock().log = (0..200).map(|number| format!("2026-01-01 line {number} of a log like others")).collect();
    let mut keeper = Keeper::new(&scripted.backend(&fake).await);
    keeper.look().await.unwrap();
    let before = processor_time();
    for _ in 0..100 {
        keeper.look().await.unwrap();
    }
    let steady = processor_time().saturating_sub(before) / 100;
    for pod in &mut scripted.book.lock().unwrap().pods {
        pod.2 = "PENDING".into();
    }
    let before = processor_time();
    keeper.look().await.unwrap();
    let full = processor_time().saturating_sub(before);
    let asked = scripted.asked().len();
    println!("a look without news: {steady:?}; 500 pods reported with their logs: {full:?}; {asked} requests in all");
}

/// What this process has used, in user and system, from `/proc`: in ticks of 10 ms.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().map(|at| fields[*at].parse::<u64>().unwrap()).sum();
    Duration::from_millis(10 * ticks)
}

/// Members that some server refuses would end every registration there.
#[tokio::test]
async fn everything_that_the_actions_declare_is_known_to_the_reference_schema() {
    let (scripted, fake) = (Scripted::start().await, Arc::new(Fake::new()));
    let backend = scripted.backend(&fake).await;
    let offers = super::actions::all(&backend);
    let wire = crate::agent::declaration("name", &offers);
    let actions: Vec<&Value> = wire["implementations"].as_array().unwrap().iter().collect();
    for action in &actions {
        let definition = &action["definition"];
        if action["interface"] == "watch_usage" {
            assert_eq!(definition["args"], json!([]), "it is about the whole engine");
            continue;
        }
        if action["interface"] == "stream_engine_log" {
            let args = definition["args"].as_array().unwrap();
            assert!(args.iter().all(|port| port["nullable"] == true), "it is about the whole engine: {definition}");
            continue;
        }
        let (args, returns) = (definition["args"].as_array().unwrap(), definition["returns"].as_array().unwrap());
        let key = args[0]["key"].as_str().unwrap();
        assert!(["flavour", "release", "definition", "pod"].contains(&key), "{key}");
        assert_eq!(args[0]["kind"], "STRUCTURE");
        assert_eq!(args[0]["identifier"], format!("@kabinet/{key}"));
        assert!(args[1..].iter().all(|port| port["nullable"] == true), "only the first may be needed: {definition}");
        if !["stream_logs", "fetch_plan"].contains(&action["interface"].as_str().unwrap()) {
            assert_eq!(returns[0]["identifier"], "@kabinet/pod", "{definition}");
        }
    }
    let interfaces: Vec<_> = actions.iter().map(|action| action["interface"].as_str().unwrap()).collect();
    for expected in ["deploy_flavour", "deploy", "auto_install", "stop", "restart", "remove", "refresh_logs"] {
        assert!(interfaces.contains(&expected), "{interfaces:?}");
    }

    // The members of Rekuest 2.2 that the generation before has too; whoever adds one has to look it up for both.
    let known: &[(&str, &[&str])] = &[
        ("ImplementAgentInput", &["name", "hash", "implementations", "states", "locks"]),
        ("ImplementationInput", &["interface", "dependencies", "needsToken", "effect", "definition"]),
        (
            "DefinitionInput",
            &[
                "key",
                "version",
                "name",
                "kind",
                "description",
                "stateful",
                "portGroups",
                "isTestFor",
                "args",
                "returns",
            ],
        ),
        (
            "PortInput",
            &["key", "kind", "nullable", "identifier", "label", "description", "default", "children", "widget"],
        ),
        ("AssignWidgetInput", &["kind", "ward", "query"]),
    ];
    let check = |value: &Value, kind: &str| {
        let members = known.iter().find(|(name, _)| *name == kind).unwrap().1;
        for member in value.as_object().unwrap().keys() {
            assert!(members.contains(&member.as_str()), "{kind} has no {member}");
        }
    };
    check(&wire, "ImplementAgentInput");
    for action in actions {
        check(action, "ImplementationInput");
        let definition = &action["definition"];
        check(definition, "DefinitionInput");
        assert_eq!(definition["isTestFor"], json!([]), "its items differ between generations");
        for port in ["args", "returns"].iter().flat_map(|side| definition[*side].as_array().unwrap()) {
            check(port, "PortInput");
            if port["widget"].is_object() {
                check(&port["widget"], "AssignWidgetInput");
            }
        }
    }
}
