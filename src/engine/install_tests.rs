//! Installing and looking after pods: the embedded server, the real agent and the store around an engine in memory.

use std::time::Duration;

use super::*;
use crate::{
    domain::{Layer, LayerState, PodVerb, PullProgress, TaskEventKind, TaskState},
    engine::{
        choose,
        driver::{Error, Memory, Plan},
        settings::Settings,
        testing::{World, last_message},
    },
};

const EXITED: ContainerPhase = ContainerPhase::Exited { code: 3, memory: Memory::NotTold };

#[tokio::test(flavor = "multi_thread")]
async fn an_install_makes_a_pod_with_everything_that_the_app_needs() {
    let world = World::new().await;
    let engine = world.engine(Settings::default()).await;
    let (task, events) = world.install("com.example.plain").await;
    assert_eq!(task.state, TaskState::Done, "{events:?}");
    assert_eq!(events.iter().filter(|event| event.kind == TaskEventKind::Yield).count(), 1);
    let pods = world.pods().await;
    assert_eq!(pods.len(), 1);
    assert_eq!(task.pod, Some(pods[0].id.clone()));
    assert_eq!(pods[0].status, PodStatus::Running);

    let (spec, _) = world.fake.lock().containers[&pods[0].local_id].clone();
    let value =
        |name: &str| spec.environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap();
    assert_eq!(value("FAKTS_URL"), world.url);
    assert!(value("ARKITEKT_NODE_ID").starts_with("node-"));
    // The token claims the very client that the pod is joined by.
    let token = crate::services::Secret::new(value("FAKTS_TOKEN"));
    let access = crate::services::Access::of_place(world.url.clone(), token);
    let inside = crate::services::Session::connect(access).await.unwrap();
    assert_eq!(inside.client_id().map(str::to_owned), pods[0].client_id);
    assert_eq!(spec.labels[label::OWNER], engine.backend.place.client_id);
    assert_eq!(spec.labels[label::TASK], task.id.as_str());
    assert_eq!(spec.labels[label::ORGANISATION], "local");
    assert!(!format!("{:?}", spec.labels).contains(&value("FAKTS_TOKEN")));
    assert_eq!(spec.network, "host");
    let phases: Vec<_> = events.iter().filter_map(|event| Phase::of_message(event.message.as_deref()?)).collect();
    assert!(phases.is_sorted() && phases.last() == Some(&Phase::Ready), "{phases:?}");

    // The same app once more: a pod, a client and a node of its own.
    let (second, _) = world.install("com.example.plain").await;
    assert_eq!(second.state, TaskState::Done);
    let pods = world.pods().await;
    assert_eq!(pods.len(), 2);
    assert_ne!(pods[0].client_id, pods[1].client_id);
    engine.stop().await;
    assert_eq!(world.fake.lock().containers.len(), 2, "pods outlive the engine");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_run_here_is_refused_before_anything_is_fetched() {
    let world = World::new().await;
    let engine = world.engine(Settings::default()).await;
    for (app, words) in [
        ("com.example.cuda", "needs a CUDA GPU"),
        ("com.example.absent", "load it first"),
        ("com.example.huge", "MB are free where images are kept"),
    ] {
        let (task, events) = world.install(app).await;
        assert_eq!(task.state, TaskState::Failed);
        let message = last_message(&events);
        assert!(message.contains(words), "{message}");
    }
    let calls = world.fake.lock().calls.clone();
    assert!(!calls.iter().any(|call| call == "pull" || call == "create"), "{calls:?}");

    // Only what is missing of an image needs room.
    let layer = |id: &str, state| Layer { id: id.into(), state, current: 0, total: Some(500) };
    let layers = vec![layer("a", LayerState::Cached), layer("b", LayerState::Cached)];
    world.fake.lock().plan = Some(Plan { progress: PullProgress { layers }, total: 1_000 });
    let (task, events) = world.install("com.example.huge").await;
    assert_eq!(task.state, TaskState::Done, "{}", last_message(&events));
    assert!(world.fake.lock().calls.contains(&"pull".to_owned()));
    engine.stop().await;

    let allowed = Settings { allowed_images: vec!["ghcr.io/lab/".into()], ..Settings::default() };
    let engine = world.engine(allowed).await;
    let (_, events) = world.install("com.example.plain").await;
    assert!(last_message(&events).contains("do not allow"));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_or_a_node_is_installed_in_the_flavour_that_fits() {
    let world = World::new().await;
    let engine = world.engine(Settings::default()).await;
    let apps = world.store.all_apps().await.unwrap();
    let release = |app: &str| {
        let app = apps.iter().find(|known| known.identifier.as_str() == app).unwrap();
        app.releases[0].id.as_str().to_owned()
    };
    let recipe = choose::of_release(&engine.backend, &release("com.example.both")).await.unwrap();
    assert_eq!(recipe.flavour.name, "vanilla", "the newer one needs CUDA");
    let nodes = world.store.nodes(crate::services::Page::first(100)).await.unwrap();
    let segment = nodes.iter().find(|node| node.name == "Segment").unwrap();
    let recipe = choose::of_definition(&engine.backend, segment.id.as_str()).await.unwrap();
    assert_eq!((recipe.flavour.name.as_str(), recipe.release.version.as_str()), ("vanilla", "0.1.0"));
    let why = choose::of_release(&engine.backend, &release("com.example.cuda")).await.unwrap_err().to_string();
    assert!(why.contains("needs a CUDA GPU"), "{why}");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_failure_undoes_what_was_made() {
    let world = World::new().await;
    let engine = world.engine(Settings::default()).await;
    let failing = |call: &str, error: &str| {
        world.fake.lock().failing = [(call.to_owned(), Error::Refused(error.to_owned()))].into_iter().collect();
    };
    for (call, why) in [("pull", "no such image"), ("create", "no room"), ("start", "no such network")] {
        failing(call, why);
        let (task, events) = world.install("com.example.plain").await;
        assert_eq!(task.state, TaskState::Failed, "{call}");
        assert!(last_message(&events).to_lowercase().contains(why), "{call}: {events:?}");
        assert!(world.fake.lock().containers.is_empty(), "{call}");
        assert!(world.pods().await.is_empty(), "{call}");
    }
    world.fake.lock().failing.clear();

    world.fake.lock().after_start = Some(EXITED);
    world.fake.lock().log = vec!["Traceback".into(), "ValueError: no model".into()];
    let (task, events) = world.install("com.example.plain").await;
    assert_eq!(task.state, TaskState::Failed);
    let message = last_message(&events);
    assert!(message.contains("exit code 3") && message.contains("ValueError: no model"), "{message}");
    assert!(world.fake.lock().containers.is_empty() && world.pods().await.is_empty());
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_pull_leaves_nothing() {
    let world = World::new().await;
    let engine = world.engine(Settings::default()).await;
    world.fake.lock().stuck_pull = Some("for ever".into());
    let flavour = world.flavour("com.example.plain").await;
    let task = world.store.install(&flavour, &world.seen().await).await.unwrap();
    world
        .until("bytes arrive", async || {
            let (task, _) = world.store.task(&task.id).await.unwrap();
            task.message.filter(|message| message.contains("50/100")).map(|_| ())
        })
        .await;
    // However many came after it, what is under way is listed.
    let (newer, _) = world.install("com.example.absent").await;
    let ids = |tasks: Vec<crate::domain::Task>| tasks.into_iter().map(|task| task.id).collect::<Vec<_>>();
    assert_eq!(ids(world.store.tasks(1).await.unwrap()), std::slice::from_ref(&newer.id));
    assert_eq!(ids(world.store.tasks_and_open(1).await.unwrap()), [newer.id, task.id.clone()]);
    world.store.cancel(&task.id).await.unwrap();
    let (task, _) = world.ended(&task.id).await;
    assert_eq!(task.state, TaskState::Cancelled);
    assert!(world.fake.lock().containers.is_empty() && world.fake.lock().images.is_empty());
    assert!(world.pods().await.is_empty());
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_are_stopped_started_followed_and_removed() {
    let world = World::new().await;
    let engine = world.engine(Settings::default()).await;
    world.fake.lock().log = (0..300).map(|number| format!("line {number}")).collect();
    world.install("com.example.plain").await;
    let pod = world.pods().await.remove(0);
    let log = world.log(&pod).await;
    assert_eq!((log.len(), log.last().unwrap().as_str()), (200, "line 299"));
    assert_eq!(world.followed(&pod).await, (290..300).map(|number| format!("line {number}")).collect::<Vec<_>>());

    for (verb, status) in [
        (PodVerb::Stop, PodStatus::Stopped),
        (PodVerb::Start, PodStatus::Running),
        (PodVerb::Restart, PodStatus::Running),
    ] {
        let task = world.store.act(verb, &pod.id, &world.seen().await).await.unwrap();
        let (task, events) = world.ended(&task.id).await;
        assert_eq!(task.state, TaskState::Done, "{verb:?}: {events:?}");
        assert_eq!(world.pods().await[0].status, status, "{verb:?}");
    }
    let task = world.store.act(PodVerb::Remove, &pod.id, &world.seen().await).await.unwrap();
    assert_eq!(world.ended(&task.id).await.0.state, TaskState::Done);
    assert!(world.pods().await.is_empty() && world.fake.lock().containers.is_empty());
    let task = world.store.act(PodVerb::Stop, &pod.id, &world.seen().await).await.unwrap();
    assert_eq!(world.ended(&task.id).await.0.state, TaskState::Failed, "there is no such pod");
    world.install("com.example.plain").await;
    assert_ne!(world.pods().await[0].id, pod.id, "what is kept of the removed one never means another");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_to_a_container_reaches_the_server_by_itself() {
    let world = World::new().await;
    let engine = world.engine(Settings::default()).await;
    world.install("com.example.plain").await;
    let pod = world.pods().await.remove(0);
    world.fake.lock().log = vec!["Segmentation fault".into()];
    world.fake.set(&pod.local_id, ContainerPhase::Exited { code: 139, memory: Memory::NotTold });
    let failed = world
        .until("the failure is told", async || {
            world.pods().await.into_iter().find(|pod| pod.status == PodStatus::Failed)
        })
        .await;
    assert!(failed.reason.unwrap().contains("exit code 139"));
    let log = world.until("the log is dumped", async || {
        Some(world.log(&pod).await).filter(|log| log.iter().any(|line| line.starts_with("[kab] exit code 139")))
    });
    assert_eq!(log.await[0], "Segmentation fault");
    engine.stop().await;

    // Nobody looks while the container vanishes; the next engine notices, and deletes nothing that it cannot see.
    world.fake.lock().containers.clear();
    world.fake.lock().failing = [("list".to_owned(), Error::Unreachable("down".into()))].into_iter().collect();
    let engine = world.engine(Settings::default()).await;
    world.install("com.example.plain").await;
    assert_eq!(world.pods().await.len(), 2);
    world.fake.lock().failing.clear();
    world.fake.lock().containers.clear();
    engine.backend.wake.notify_one();
    world
        .until("the loss is told", async || {
            let pods = world.pods().await;
            pods.iter().all(|pod| pod.status == PodStatus::Failed).then_some(())
        })
        .await;
    assert!(!world.fake.lock().calls.iter().any(|call| call == "remove"));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_install_that_a_crash_interrupted_is_settled_by_what_is_there() {
    let world = World::new().await;
    // The container comes up, and the engine dies while it waits whether it stays up.
    let engine = world.engine(Settings::default()).await;
    let flavour = world.flavour("com.example.plain").await;
    let task = world.store.install(&flavour, &world.seen().await).await.unwrap();
    world
        .until("the container starts", async || {
            world.fake.lock().containers.values().any(|(_, state)| state.phase == ContainerPhase::Running).then_some(())
        })
        .await;
    engine.crash().await;
    let engine = world.engine(Settings::default()).await;
    let (task, events) = world.ended(&task.id).await;
    // A task that outlived its agent's crash inside this process may have reported by itself; both ways end well.
    assert_eq!(task.state, TaskState::Done, "{events:?}");
    assert_eq!(world.pods().await.len(), 1);
    engine.stop().await;

    // The engine dies during the pull: nothing is left, and the task says so.
    world.fake.lock().stuck_pull = Some("for ever".into());
    world.fake.lock().images.clear();
    let engine = world.engine(Settings::default()).await;
    // A look at the containers may come after the pull has begun, so that the last call says nothing.
    world.fake.lock().calls.clear();
    let task = world.store.install(&flavour, &world.seen().await).await.unwrap();
    world.until("the pull begins", async || world.fake.lock().calls.contains(&"pull".to_owned()).then_some(())).await;
    engine.crash().await;
    world.fake.lock().stuck_pull = None;
    let engine = world.engine(Settings::default()).await;
    let (task, events) = world.ended(&task.id).await;
    assert_eq!(task.state, TaskState::Failed);
    assert!(last_message(&events).contains("restarted during the installation"), "{events:?}");
    assert_eq!(world.pods().await.len(), 1);
    world
        .until("every last word is confirmed", async || {
            let left = std::fs::read_to_string(world.reports()).unwrap_or_else(|_| "[]".into());
            (left == "[]").then_some(())
        })
        .await;
    engine.stop().await;
}

#[test]
fn names_of_containers_suit_every_engine() {
    for (app, expected) in [
        ("live.arkitekt.stardist", "kab-stardist-1a2b"),
        ("com.example.ümläut!", "kab-mlut-1a2b"),
        ("...", "kab-app-1a2b"),
        ("", "kab-app-1a2b"),
    ] {
        assert_eq!(container_name(app, "1a2b"), expected);
    }
    assert!(COME_UP > STEADY + Duration::from_secs(10));
}
