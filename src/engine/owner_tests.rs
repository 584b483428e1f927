//! Whose a pod is: the user whose task had it made, as the server itself knows, and nobody where it does not.

use super::{records::NewPod, settings::Settings, testing::World};
use crate::{
    domain::TaskState,
    server::{NewToken, TokenKind},
    services::{Access, Secret, Store},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_belongs_to_whoever_asked_for_it_and_no_engine_can_say_otherwise() {
    let world = World::new().await;
    let engine = world.engine(Settings::default()).await;
    let NewToken::Client(token) = world.server.add_token("local", "mara", TokenKind::Client).await.unwrap() else {
        panic!("another kind of token")
    };
    let mara = Store::connect(Access::of_place(world.url.clone(), Secret::new(token))).await.unwrap();
    let task = mara.install(&world.flavour("com.example.plain").await, &world.seen().await).await.unwrap();
    let by = mara.task(&task.id).await.unwrap().0.by.expect("the server tells who asked");
    assert_eq!(world.ended(&task.id).await.0.state, TaskState::Done);
    let pod = world.pods().await.remove(0);
    let owner = pod.owner.clone().expect("it is mara's");
    assert_eq!((owner.name.as_str(), &owner.subject), ("mara", &by.subject));
    assert!(pod.is_of(&by.subject) && !pod.is_of("") && !pod.is_of("somebody else"));

    // What is done twice changes no owner, and what is no task of the engine's makes none.
    let records = &engine.backend.records;
    let deployment = records
        .create_deployment(
            world.flavour("com.example.plain").await.as_str(),
            "another",
            &super::records::Approval::NotNeeded,
        )
        .await
        .unwrap();
    let again = |local_id, task| NewPod { deployment: &deployment, local_id, client_id: "c", resource: None, task };
    assert_eq!(records.create_pod(again(&pod.local_id, None)).await.unwrap(), pod.id.as_str());
    for (local_id, task) in [("1", None), ("2", Some("987654")), ("3", Some("no number"))] {
        records.create_pod(again(local_id, task)).await.unwrap();
    }
    for found in world.pods().await {
        let expected = if found.id == pod.id { Some(&owner) } else { None };
        assert_eq!(found.owner.as_ref(), expected, "{found:?}");
    }
    engine.stop().await;
}
