//! What has become of tasks that an earlier run of the engine left open: told from what is there, never guessed.

use std::sync::Arc;

use serde_json::json;

use super::{
    backend::{Backend, label},
    driver::{self, Container, ContainerPhase},
    insist::persist,
    records::NewPod,
};
use crate::{
    agent::{Assigned, OldTask, Settled, Wanted, passes, structure},
    domain::PodVerb,
    services,
};

const POD: &str = "@kabinet/pod";

/// Decides about one task.
pub async fn settle(backend: Arc<Backend>, old: OldTask) -> Settled {
    let lost = |what: &str| Settled::Lost(format!("The engine was restarted {what}. Ask again."));
    match old.interface.as_deref() {
        Some("deploy_flavour" | "deploy" | "auto_install") => install(&backend, &old).await,
        Some("refresh_logs" | "stream_logs" | "watch_usage" | "fetch_plan" | "stream_engine_log")
            if old.wanted == Wanted::NoMore =>
        {
            Settled::Cancelled
        }
        Some("refresh_logs" | "stream_logs" | "stream_engine_log") => lost("while it read the log"),
        Some("watch_usage") => lost("while it measured"),
        Some("fetch_plan") => lost("while it asked a registry"),
        Some(verb) => match PodVerb::ALL.into_iter().find(|known| known.interface() == verb) {
            Some(verb) => act(&backend, verb, &old).await,
            None => lost("and does not offer this any more"),
        },
        None => lost("and does not offer this any more"),
    }
}

async fn install(backend: &Backend, old: &OldTask) -> Settled {
    let _held = backend.busy.hold(&old.task);
    let containers = match persist(is_away, || backend.containers()).await {
        Ok(containers) => containers,
        Err(error) => {
            return Settled::Lost(format!(
                "The engine was restarted during the installation, and does not tell what is left: {error}."
            ));
        }
    };
    let made = containers.into_iter().find(|container| container.labels.get(label::TASK) == Some(&old.task));
    let Some(container) = made else {
        return if old.wanted == Wanted::NoMore {
            Settled::Cancelled
        } else {
            Settled::Lost(String::from(
                "The engine was restarted during the installation; nothing of it is left. Ask again.",
            ))
        };
    };
    if old.wanted == Wanted::Still && container.state.phase == ContainerPhase::Running {
        match adopt(backend, &container).await {
            Ok(pod) => return Settled::Completed(Some(json!({ "return0": structure(POD, &pod) }))),
            // An outage is waited out, so that this is a refusal.
            Err(why) => tracing::warn!(container = container.id, "an installation could not be finished: {why}"),
        }
    }
    // Half of an installation: its container was never announced as a success to anybody.
    let removed = backend.clear_away(&container.id).await;
    if let Ok(pods) = persist(passes, || backend.records.pods(&backend.place)).await {
        for pod in pods.iter().filter(|pod| pod.local_id == container.id) {
            if let Err(error) = persist(passes, || backend.records.delete_pod(&pod.id)).await {
                tracing::warn!(pod = pod.id, "the record of a pod could not be deleted: {error}");
            }
        }
    }
    match (removed, old.wanted) {
        (Err(why), _) => Settled::Lost(format!(
            "The engine was restarted during the installation, and its container could not be removed: {why}."
        )),
        (Ok(()), Wanted::NoMore) => Settled::Cancelled,
        (Ok(()), Wanted::Still) => Settled::Lost(String::from(
            "The engine was restarted during the installation, which was undone. Ask again.",
        )),
    }
}

/// The container runs: its pod is recorded, once more if it was already.
async fn adopt(backend: &Backend, container: &Container) -> Result<String, String> {
    let label = |name: &str| container.labels.get(name).filter(|value| !value.is_empty()).ok_or("a label is missing");
    let resource = backend.resource();
    let pod = NewPod {
        deployment: label(label::DEPLOYMENT)?,
        local_id: &container.id,
        client_id: label(label::CLIENT)?,
        resource: resource.as_deref(),
        task: label(label::TASK).ok().map(String::as_str),
    };
    let pod = persist(passes, || backend.records.create_pod(pod)).await.map_err(|error| error.to_string())?;
    backend.notes.found_at(&pod, &backend.maker);
    backend.wake.notify_one();
    Ok(pod)
}

/// A container engine that does not answer has not said anything.
fn is_away(error: &driver::Error) -> bool {
    matches!(error, driver::Error::Unreachable(_))
}

async fn act(backend: &Backend, verb: PodVerb, old: &OldTask) -> Settled {
    let lost = || {
        Settled::Lost(String::from(
            "The engine was restarted before it could confirm this. Ask again if it is still needed.",
        ))
    };
    let assigned = Assigned {
        task: old.task.clone(),
        interface: verb.interface().to_owned(),
        args: old.args.clone(),
        reference: None,
        user: None,
        organisation: None,
    };
    let Ok(id) = assigned.structure("pod") else { return lost() };
    let done = Settled::Completed(Some(json!({ "return0": structure(POD, &id) })));
    let pod = match persist(passes, || backend.records.pod(&id)).await {
        Ok((pod, _)) => pod,
        Err(services::Error::NotFound(_)) if verb == PodVerb::Remove => return done,
        Err(_) => return lost(),
    };
    let Ok(container) = persist(is_away, || backend.driver.inspect(&pod.local_id)).await else { return lost() };
    let runs = container.is_some_and(|container| container.state.phase == ContainerPhase::Running);
    match verb {
        PodVerb::Start if runs => done,
        PodVerb::Stop if !runs => done,
        // Whether a restart happened cannot be seen; a removal with a record left did not come to its end.
        _ if old.wanted == Wanted::NoMore => Settled::Cancelled,
        _ => lost(),
    }
}
