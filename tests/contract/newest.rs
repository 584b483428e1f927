//! The newest generation of Kabinet: what it has, what is gone, and the store against it.

use futures_util::StreamExt as _;
use kab::{
    domain::{NodeKind, SelectorKind, Selectors, TaskState},
    server::ClientRole,
    services::{Change, Delivery, Page, Store, Topic},
};
use serde_json::{Value, json};

use crate::{
    catalogue,
    deployer::{Deployer, Habits},
    face::{Face, Fault, Generation},
    support::PATIENCE,
};

fn selective() -> String {
    catalogue::file(&[
        (
            "com.example.cpu",
            "0.1.0",
            "cpu",
            "[{kind: cpu, minCount: 4, frequency: 2400, arch: amd64, weight: 3, required: false}]",
        ),
        ("com.example.ram", "0.1.0", "ram", "[{kind: ram, min: 16000}]"),
        ("com.example.cuda", "0.1.0", "cuda", "[{kind: cuda, computeCapability: '8.6', memory: 8000, count: 2}]"),
        ("com.example.label", "0.1.0", "label", "[{kind: label, key: room, value: cellar}]"),
        ("com.example.oneapi", "0.1.0", "oneapi", "[{kind: oneapi, oneapiVersion: '2024'}]"),
    ])
}

async fn house() -> (Face, Store, String) {
    let face = Face::start(Generation::Newest).await;
    face.publish("acme/selective", &selective()).await;
    let store = Store::connect(face.access().await).await.unwrap();
    let token = face.token("org.example.asking", ClientRole::Interface).await;
    (face, store, token)
}

#[tokio::test(flavor = "multi_thread")]
async fn all_selectors_are_known_with_their_weights() {
    let (face, store, _) = house().await;
    let apps = store.all_apps().await.unwrap();
    assert_eq!(apps.len(), 5);
    for app in &apps {
        let Selectors::Known(known) = &app.releases[0].flavours[0].selectors else { panic!("{app:?}") };
        match (app.identifier.as_str(), &known[0].kind) {
            ("com.example.cpu", SelectorKind::Cpu { min_count, frequency, arch }) => {
                assert_eq!((*min_count, *frequency, arch.as_deref()), (Some(4), Some(2400), Some("amd64")));
                assert_eq!((known[0].required, known[0].weight), (false, 3));
            }
            ("com.example.ram", SelectorKind::Ram { min }) => assert_eq!(*min, Some(16000)),
            ("com.example.cuda", SelectorKind::Cuda { compute_capability, memory, count, .. }) => {
                let read = (compute_capability.as_deref(), *memory, *count);
                assert_eq!(read, (Some("8.6"), Some(8000), Some(2)));
            }
            ("com.example.label", SelectorKind::Label { key, value }) => {
                assert_eq!((key.as_str(), value.as_deref()), ("room", Some("cellar")));
            }
            ("com.example.oneapi", SelectorKind::OneApi { version, .. }) => {
                assert_eq!(version.as_deref(), Some("2024"));
            }
            (app, kind) => panic!("{app}: {kind:?}"),
        }
    }
    let nodes = store.nodes(Page::ALL).await.unwrap();
    assert_eq!((nodes.len(), nodes[0].kind), (1, Some(NodeKind::Function)));
    assert_eq!(store.repositories().await.unwrap().len(), 1);
    assert!(store.engines().await.unwrap().is_empty() && store.pods().await.unwrap().is_empty());
    assert_eq!(face.requests().errors(), Vec::<String>::new());
    assert!(face.requests().endless().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_first_generation_alone_had_is_refused() {
    let (face, _, token) = house().await;
    for (query, words) in [
        ("{ releases { installed } }", "Cannot query field 'installed' on type 'Release'."),
        ("{ releases { colour } }", "Cannot query field 'colour' on type 'Release'."),
        ("{ flavours { description } }", "Cannot query field 'description' on type 'Flavour'."),
        ("{ deployments { apiToken } }", "Cannot query field 'apiToken' on type 'Deployment'."),
        ("{ matchFlavour(input: {}) { id } }", "Cannot query field 'matchFlavour' on type 'Query'."),
        ("{ flavours { size } }", "Cannot query field 'size' on type 'Flavour'."),
        ("{ pods { createdAt } }", "Cannot query field 'createdAt' on type 'Pod'."),
        (
            "{ flavours { selectors { ... on CPUSelector { min } } } }",
            "Cannot query field 'min' on type 'CPUSelector'.",
        ),
        (
            "mutation { createDeployment(input: {flavour: \"1\", localId: \"x\"}) { id } }",
            "Field 'CreateDeploymentInput.approval' of required type 'ID!' was not provided.",
        ),
    ] {
        let answer = face.ask("kabinet", &token, query, json!({})).await;
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.starts_with(words), "{query}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_approved_by_its_digest_and_the_approval_grows_stale() {
    let (face, _, token) = house().await;
    let ask = async |query: &str, variables: Value| face.ask("kabinet", &token, query, variables).await;
    let query = "{ releases(filters: {search: \"\"}, ordering: [{id: ASC}]) { id approvalDigest digestPinned
        mandateManifest approvals { id } flavours { id } } }";
    let release = ask(query, json!({})).await["data"]["releases"][0].take();
    assert_eq!((&release["digestPinned"], &release["approvals"]), (&json!(false), &json!([])));
    assert_eq!(release["mandateManifest"]["identifier"], "com.example.cpu");
    let approve = "mutation ($i: ApproveReleaseInput!) { approveRelease(input: $i) {
        id isActive isStale digest agent mandateId release { id } approver { sub } } }";
    let mut input = json!({"i": {"release": release["id"], "mandate": "7", "agent": "kab", "digest": "other"}});
    let refused = ask(approve, input.clone()).await;
    assert_eq!(refused["errors"][0]["message"], "The digest does not match the release");
    input["i"]["digest"] = release["approvalDigest"].clone();
    let approval = ask(approve, input).await["data"]["approveRelease"].take();
    assert_eq!((&approval["isActive"], &approval["release"]["id"]), (&json!(true), &release["id"]));

    let deploy = "mutation ($i: CreateDeploymentInput!) { createDeployment(input: $i) { id approval { id } status } }";
    let mut input = json!({"i": {"flavour": release["flavours"][0]["id"], "localId": "x", "approval": "99"}});
    let missing = ask(deploy, input.clone()).await;
    assert_eq!(missing["errors"][0]["message"], "ReleaseApproval matching query does not exist.");
    input["i"]["approval"] = approval["id"].clone();
    let deployed = ask(deploy, input.clone()).await;
    assert!(deployed["errors"].is_null(), "{deployed}");
    let query = "{ deployments { approval { id } } }";
    assert_eq!(ask(query, json!({})).await["data"]["deployments"][0]["approval"]["id"], approval["id"]);

    // The same release with another image.
    face.publish("acme/selective", &selective().replace("0.1.0-cpu", "0.1.0-cpu-rebuilt")).await;
    let list = "query ($r: ID!) { releaseApprovals(filters: {release: $r, revoked: false}) { id isStale isActive } }";
    let known = ask(list, json!({"r": release["id"]})).await["data"]["releaseApprovals"].take();
    assert_eq!(known, json!([{"id": approval["id"], "isStale": true, "isActive": false}]));
    let revoke = "mutation ($i: RevokeApprovalInput!) { revokeApproval(input: $i) { revokedAt isActive } }";
    let revoked = ask(revoke, json!({"i": {"id": approval["id"]}})).await["data"]["revokeApproval"].take();
    assert!(revoked["revokedAt"].is_string());
    assert_eq!(ask(list, json!({"r": release["id"]})).await["data"]["releaseApprovals"], json!([]));
    assert_eq!(ask(deploy, input).await["errors"][0]["message"], "The approval has been revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_are_pushed() {
    let (face, store, token) = house().await;
    let mut changes = store.changes();
    let query = "{ releases(ordering: [{id: ASC}]) { id approvalDigest flavours { id } } }";
    let release = face.ask("kabinet", &token, query, json!({})).await["data"]["releases"][0].take();
    let approve = "mutation ($i: ApproveReleaseInput!) { approveRelease(input: $i) { id } }";
    let input =
        json!({"i": {"release": release["id"], "mandate": "7", "agent": "kab", "digest": release["approvalDigest"]}});
    let approval = face.ask("kabinet", &token, approve, input).await["data"]["approveRelease"]["id"].take();
    let deploy = "mutation ($i: CreateDeploymentInput!) { createDeployment(input: $i) { id } }";
    let input = json!({"i": {"flavour": release["flavours"][0]["id"], "localId": "x", "approval": approval}});
    let deployment = face.ask("kabinet", &token, deploy, input).await["data"]["createDeployment"]["id"].take();
    let listening = async {
        loop {
            match changes.next().await.unwrap() {
                Change::Connected { topics, delivery } if topics.contains(&Topic::Pods) => {
                    assert_eq!(delivery, Delivery::Pushed);
                    let feeds = || face.script().feeds();
                    crate::support::eventually("the feed is in place", async || (feeds() > 0).then_some(())).await;
                    let create = "mutation ($i: CreatePodInput!) { createPod(input: $i) { id } }";
                    let input = json!({"i": {"deployment": deployment, "localId": "container"}});
                    assert!(face.ask("kabinet", &token, create, input).await["errors"].is_null());
                }
                Change::Stale(Topic::Pods) => break,
                Change::Lost { failure, .. } => panic!("{failure:?}"),
                _ => {}
            }
        }
        assert_eq!(store.pods().await.unwrap().len(), 1);
    };
    tokio::time::timeout(PATIENCE, listening).await.expect("the pod is heard of in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_whose_subscription_is_refused_is_polled_and_says_so() {
    let (face, store, _) = house().await;
    face.script().every("PodsChanged", Fault::Error("Permission denied".into()));
    let mut changes = store.changes();
    let listening = async {
        let mut deliveries = Vec::new();
        loop {
            match changes.next().await.unwrap() {
                Change::Connected { topics, delivery } if topics.contains(&Topic::Pods) => deliveries.push(delivery),
                Change::Stale(Topic::Pods) if deliveries.last() == Some(&Delivery::Polled) => break deliveries,
                Change::Lost { failure, .. } => panic!("{failure:?}"),
                _ => {}
            }
        }
    };
    let deliveries = tokio::time::timeout(PATIENCE, listening).await.expect("pods are polled in time");
    assert_eq!(deliveries, [Delivery::Pushed, Delivery::Polled]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_knows_no_approvals_fails_and_says_why() {
    let (face, store, _) = house().await;
    let _deployer = Deployer::start(&face, Habits::default()).await;
    let engine = store.engines().await.unwrap().remove(0);
    let flavour = store.all_apps().await.unwrap()[0].releases[0].flavours[0].id.clone();
    let task = store.install(&flavour, &engine).await.unwrap();
    let events = tokio::time::timeout(PATIENCE, store.watch(&task.id).collect::<Vec<_>>()).await;
    assert!(events.expect("the task ends in time").iter().all(Result::is_ok));
    let (task, _) = store.task(&task.id).await.unwrap();
    assert_eq!(task.state, TaskState::Failed);
    assert!(task.message.unwrap().contains("approval"));
}
