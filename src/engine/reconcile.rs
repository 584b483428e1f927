//! Looking at one pod now, because somebody doubts what the server says of it: the container's state is told again,
//! whether it is news or not. Nothing is started, stopped or deleted.

use std::sync::Arc;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{actions, backend::Backend, status};
use crate::{
    agent::{Assigned, Implementation, Reporter, TaskError, structure},
    domain::{GONE, PodStatus},
};

/// The action, as the engine offers it.
pub fn offer(backend: &Arc<Backend>) -> Implementation {
    let backend = Arc::clone(backend);
    let what = "Look at the pod's container now, and tell the server how it is";
    Implementation::new(
        actions::pod_definition("reconcile", what),
        move |task: Assigned, reporter: Reporter, _cancel: CancellationToken| {
            let backend = Arc::clone(&backend);
            async move { look(&backend, &task, &reporter).await }
        },
    )
}

async fn look(backend: &Backend, task: &Assigned, reporter: &Reporter) -> Result<(), TaskError> {
    let pod = actions::own_pod(backend, task).await?;
    let found = backend.driver.inspect(&pod.local_id).await;
    let found = found.map_err(|error| TaskError::failed(format!("The engine does not tell: {error}.")))?;
    let (status, reason) = match found {
        Some(container) => status::of(&container.state, &pod.status),
        None => match backend.notes.elsewhere(&pod.id, &backend.maker) {
            Some(why) => (PodStatus::Unknown, Some(why)),
            None => (PodStatus::Failed, Some(String::from(GONE))),
        },
    };
    let told = backend.records.update_pod(&pod.id, &status, reason.as_deref()).await;
    told.map_err(|error| TaskError::failed(format!("Kabinet says: {error}.")))?;
    // Whatever else is not as it was said comes to light, too.
    backend.wake.notify_one();
    reporter.yield_result(json!({ "return0": structure(actions::POD, &pod.id) })).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        domain::{PodStatus, TaskState},
        engine::{settings::Settings, testing::World},
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn a_pod_that_is_not_as_the_server_says_is_told_anew_and_a_record_can_be_forgotten() {
        let world = World::new().await;
        let engine = world.engine(Settings::default()).await;
        let (task, _) = world.install("com.example.plain").await;
        assert_eq!(task.state, TaskState::Done, "{task:?}");
        let pod = world.pods().await.remove(0);
        // Somebody wrote nonsense into the record.
        engine.backend.records.update_pod(pod.id.as_str(), &PodStatus::Unknown, Some("lost")).await.unwrap();
        let seen = world.seen().await;
        let offers = world.store.offers(&seen).await.unwrap();
        let offer = offers.iter().find(|offer| offer.interface == "reconcile").expect("it is offered");
        assert!(offer.obstacles().is_empty());
        let values = [("pod".to_owned(), json!({ "__identifier": "@kabinet/pod", "object": pod.id }))];
        let task = world.store.take_offer(&seen, offer, values.into_iter().collect()).await.unwrap();
        let (task, events) = world.ended(&task.id).await;
        assert_eq!(task.state, TaskState::Done, "{events:?}");
        let now = world.pods().await.remove(0);
        assert_eq!((now.status, now.reason), (PodStatus::Running, None));

        world.store.forget_pod(&pod.id).await.unwrap();
        assert!(world.pods().await.is_empty());
        assert!(world.store.forget_pod(&pod.id).await.is_err(), "there is nothing left to forget");
        engine.stop().await;
    }
}
