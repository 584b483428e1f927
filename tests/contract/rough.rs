//! The store on a rough way: proxies that answer in between, connections that break, lines that are slow, databases that
//! are down.

use std::time::Duration;

use futures_util::StreamExt as _;
use kab::{
    domain::{FailureKind, PodId, TaskState},
    server::ClientRole,
    services::{Access, Change, Error, Secret, Store, Topic},
};
use serde_json::json;

use crate::{
    catalogue,
    deployer::Habits,
    face::{Face, Fault, Generation},
    installs::House,
    support::{PATIENCE, eventually},
};

/// Follows an install whose state cannot be read a few times.
async fn watched_through(fault: Fault) {
    let house = House::of(Habits::default()).await;
    house.deployer.hold_at(0);
    let task = house.install().await;
    let mut events = house.store.watch(&task.id);
    events.next().await.unwrap().unwrap();
    house.face.script().next(2, "Tasks", fault.clone());
    let before = house.deployer.times_online();
    house.face.link().cut_all();
    let faulty = || house.face.requests().0.iter().filter(|request| request.fault.is_some()).count();
    eventually("the fault has come", async || (faulty() > 0).then_some(())).await;
    house.deployer.until_online_again(before).await;
    house.deployer.go_on();
    let rest: Vec<_> = tokio::time::timeout(PATIENCE * 2, events.collect()).await.expect("the task ends in time");
    let failed: Vec<_> = rest.iter().filter_map(|event| event.as_ref().err()).collect();
    assert!(failed.is_empty(), "{fault:?}: {failed:?}");
    let last = rest.last().unwrap().as_ref().unwrap();
    assert_eq!(last.kind.state(), Some(TaskState::Done), "{fault:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_a_task_survives_replies_that_are_lost() {
    watched_through(Fault::LoseReply).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_a_task_survives_pages_of_a_proxy() {
    watched_through(Fault::PageInstead(502)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_a_task_survives_half_an_answer() {
    watched_through(Fault::Truncate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_a_task_survives_a_database_that_is_down_for_a_moment() {
    let words = "connection failed: connection to server at \"127.0.0.1\", port 5432 failed: Connection refused";
    watched_through(Fault::Error(words.into())).await;
}

async fn pod_of(house: &House) -> PodId {
    let task = house.install().await;
    house.ended(&task).await.pod.unwrap()
}

/// Follows a log by snapshots, of which some cannot be read.
async fn log_through(fault: Fault) {
    let house = House::of(Habits::default()).await;
    let pod = pod_of(&house).await;
    let mut follow = house.store.follow_log(&pod, &house.engine, 100).await.unwrap();
    assert_eq!(follow.next().await.unwrap().unwrap()[0].text, "hello");
    house.face.script().next(1, "PodLog", fault.clone());
    let faulty = || house.face.requests().0.iter().filter(|request| request.fault.is_some()).count();
    eventually("the fault has come", async || (faulty() > 0).then_some(())).await;
    house.deployer.writes(pod.as_str(), "segmented");
    house.store.refresh_log(&pod, &house.engine).await.unwrap();
    let next = tokio::time::timeout(PATIENCE, follow.next()).await.expect("lines in time").expect("the log goes on");
    assert_eq!(next.unwrap_or_else(|error| panic!("{fault:?}: {error:?}"))[0].text, "segmented");
}

#[tokio::test(flavor = "multi_thread")]
async fn following_a_log_by_snapshots_survives_a_reply_that_is_lost() {
    log_through(Fault::LoseReply).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn following_a_log_by_snapshots_survives_a_page_of_a_proxy() {
    log_through(Fault::PageInstead(502)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_followed_by_snapshots_is_asked_for_now_and_then() {
    let house = House::of(Habits::default()).await;
    let pod = pod_of(&house).await;
    let mut follow = house.store.follow_log(&pod, &house.engine, 100).await.unwrap();
    assert_eq!(follow.next().await.unwrap().unwrap()[0].text, "hello");
    // The app writes, its status stays: only a snapshot that is asked for shows it.
    house.deployer.writes(pod.as_str(), "segmented");
    let next = tokio::time::timeout(PATIENCE, follow.next()).await.expect("lines in time");
    assert_eq!(next.unwrap().unwrap()[0].text, "segmented");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_down_is_not_asked_for_every_row() {
    let face = Face::start(Generation::First).await;
    face.publish("acme/many", &catalogue::many(120)).await;
    let store = Store::connect(face.access().await).await.unwrap();
    store.check().await.unwrap();
    let words = "connection failed: connection to server at \"127.0.0.1\", port 5432 failed: Connection refused";
    face.script().every("Releases", Fault::Error(words.into()));
    let failed = store.all_apps().await.unwrap_err();
    assert!(failed.to_string().contains("connection failed"), "{failed:?}");
    let asked = face.requests().of("Releases").len();
    assert!(asked <= 3, "{asked} requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_and_a_database_that_is_down_when_its_task_is_looked_for_do_not_install_twice() {
    let house = House::of(Habits::default()).await;
    house.face.script().next(1, "Assign", Fault::LoseReply);
    let words = "connection failed: connection to server at \"127.0.0.1\", port 5432 failed: Connection refused";
    house.face.script().next(1, "Tasks", Fault::Error(words.into()));
    // Whether it says that it worked is another matter.
    house.store.install(&house.flavour, &house.engine).await.ok();
    let sent = house.face.requests().of("Assign").len();
    assert_eq!((sent, house.deployer.assigned().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_whose_reply_is_lost_once_is_asked_for_again_or_says_so() {
    let face = Face::start(Generation::First).await;
    face.publish("acme/poison", &catalogue::poisoned()).await;
    let store = Store::connect(face.access().await).await.unwrap();
    store.check().await.unwrap();
    face.script().next(1, "Releases", Fault::LoseReply);
    match store.all_apps().await {
        Ok(apps) => assert_eq!(apps.len(), 5),
        Err(error) => assert!(matches!(error, Error::Network { .. }), "{error:?}"),
    }
    assert_eq!(store.all_apps().await.unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_is_told_as_a_web_page() {
    let face = Face::start(Generation::First).await;
    let token = Secret::new(face.token("org.example.store", ClientRole::Interface).await);
    let elsewhere = Access::Static {
        kabinet: format!("{}/kabinet/wrong", face.url()),
        rekuest: format!("{}/rekuest", face.url()),
        lok: None,
        token,
    };
    let failed = Store::connect(elsewhere).await.unwrap().check().await.unwrap_err();
    assert!(matches!(failed, Error::Page { status: 404, .. }), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_come_back_with_another_token_when_theirs_has_expired() {
    let house = House::of(Habits::default()).await;
    let access = house.face.fakts("org.example.renewing", ClientRole::Interface).await;
    let store = Store::connect(access).await.unwrap();
    let mut changes = store.changes();
    let mut connections = 0;
    let listening = async {
        while connections < 2 {
            match changes.next().await.unwrap() {
                Change::Connected { topics, .. } if topics.contains(&Topic::Tasks) => {
                    connections += 1;
                    if connections == 1 {
                        house.face.script().expire_tokens();
                        house.face.link().cut_all();
                    }
                }
                // Nobody is asked to sign in where another token can be had.
                Change::Lost { failure, .. } => assert_ne!(failure.kind, FailureKind::SignIn, "{failure}"),
                _ => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE * 2, listening).await.expect("it connects again in time");
    assert!(store.pods().await.unwrap().is_empty());
    let renewals = house.face.requests().of("token").len();
    assert!((2..=4).contains(&renewals), "{renewals} tokens were fetched");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_line_makes_an_install_late_and_nothing_worse() {
    let house = House::of(Habits::default()).await;
    house.face.link().set_round_trip(Duration::from_millis(400));
    house.face.link().set_speed(16_000);
    let task = house.install().await;
    let events = house.store.watch(&task.id).map(Result::unwrap).collect::<Vec<_>>();
    let events = tokio::time::timeout(PATIENCE * 3, events).await.expect("the task ends in time");
    let (task, whole) = house.store.task(&task.id).await.unwrap();
    assert_eq!((task.state, events.len()), (TaskState::Done, whole.len()));
    assert_eq!(house.deployer.assigned().len(), 1);
    assert_eq!(house.store.all_apps().await.unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "waits for the client's deadline of 30 seconds"]
async fn a_server_that_never_answers_is_given_up_and_the_install_runs_once() {
    let house = House::of(Habits::default()).await;
    house.face.script().next(1, "Assign", Fault::Hang);
    house.face.script().next(1, "Pods", Fault::Hang);
    let (task, pods) = futures_util::join!(house.install(), house.store.pods());
    assert!(matches!(pods, Err(Error::Deadline { .. })), "{pods:?}");
    assert_eq!(house.ended(&task).await.state, TaskState::Done);
    assert_eq!(house.deployer.assigned().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_the_server_refuses_is_told_in_its_words() {
    let face = Face::start(Generation::First).await;
    let store = Store::connect(face.access().await).await.unwrap();
    face.put("acme/ram", &catalogue::file(&[("com.example.x", "0.1.0", "vanilla", "[{kind: ram, min: 4}]")]));
    face.put("acme/plain", &catalogue::file(&[("com.example.x", "0.1.0", "vanilla", "[]")]));
    for (source, words) in [
        ("nonsense", "Invalid GitHub identifier"),
        ("acme/absent", "This seems to be not an Arkitekt Repository. Failed to fetch kabinet.yml."),
        ("acme/ram", "4 validation errors for KabinetConfigFile"),
    ] {
        let refused = store.add_repository(source).await.unwrap_err();
        assert!(matches!(&refused, Error::Refused(why) if why.starts_with(words)), "{refused:?}");
    }
    let added = store.add_repository("acme/plain").await.unwrap();
    store.scan_repository(&added).await.unwrap();
    assert_eq!(store.all_apps().await.unwrap().len(), 1);
    let refused = store.remove_repository(&added).await.unwrap_err();
    assert!(matches!(refused, Error::Refused(_)), "{refused:?}");
    assert!(face.requests().mutations().iter().all(|request| !request.query.contains("deleteGithubRepo")));
}

#[tokio::test(flavor = "multi_thread")]
async fn words_with_line_breaks_do_not_get_into_a_single_line() {
    let face = Face::start(Generation::First).await;
    face.publish("acme/poison", &catalogue::poisoned()).await;
    let token = face.token("org.example.reader", ClientRole::Interface).await;
    let answer = face.ask("kabinet", &token, "{ flavours { selectors { kind } } }", json!({})).await;
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains('\n'));
    let store = Store::connect(face.access().await).await.unwrap();
    for app in store.all_apps().await.unwrap() {
        if let kab::domain::Selectors::Unreadable(why) = &app.releases[0].flavours[0].selectors {
            assert!(!why.contains('\n'), "{why:?}");
        }
    }
}
