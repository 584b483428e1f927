//! What the engine offers over Rekuest: names, ports and behaviour of the existing backends, and a little more.

use std::sync::Arc;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{
    backend::Backend,
    choose,
    driver::{ContainerPhase, Error, Follow, LogRange},
    insist::insist,
    install::Install,
    passing::{self, Pace},
    records::{PodRecord, Recipe},
    status,
};
use crate::{
    agent::{Assigned, Definition, Implementation, PortSpec, Reporter, TaskError, structure},
    domain::{Moment, PodStatus, PodVerb, PortKind},
    services,
};

pub(super) const POD: &str = "@kabinet/pod";

/// Everything the engine offers.
pub fn all(backend: &Arc<Backend>) -> Vec<Implementation> {
    let flavours = "query FlavourOptions($search: String, $values: [ID!]) { options: flavours(pagination: {limit: 20}, \
                    filters: {ids: $values, search: $search}) { label: name value: id } }";
    let releases = "query ReleaseOptions($search: String, $values: [ID!]) { options: releases(pagination: {limit: 20}, \
                    filters: {ids: $values, search: $search}) { label: name value: id } }";
    let nodes = "query DefinitionOptions($search: String, $values: [ID!]) { options: definitions(pagination: {limit: 20}, \
                 filters: {ids: $values, search: $search}) { label: name value: id } }";
    let install = |key, port: PortSpec, description: &str| {
        Definition::function(key, description).arg(port).returns(PortSpec::structure("return0", POD))
    };
    let what = "What to install";
    let mut offers = vec![
        Implementation::new(
            install(
                "deploy_flavour",
                PortSpec::structure("flavour", "@kabinet/flavour").described("Flavour", what).searched(flavours),
                "Install one flavour and start it",
            ),
            installer(backend, Wanted::Flavour),
        ),
        Implementation::new(
            install(
                "deploy",
                PortSpec::structure("release", "@kabinet/release").described("Release", what).searched(releases),
                "Install the flavour of a release that fits this engine best, and start it",
            ),
            installer(backend, Wanted::Release),
        ),
        Implementation::new(
            install(
                "auto_install",
                PortSpec::structure("definition", "@kabinet/definition").described("Definition", what).searched(nodes),
                "Install an app that provides this node, and start it",
            ),
            installer(backend, Wanted::Definition),
        ),
    ];
    for verb in PodVerb::ALL {
        let description = match verb {
            PodVerb::Start => "Start a pod that does not run",
            PodVerb::Stop => "Stop a pod; it can be started again",
            PodVerb::Restart => "Stop a pod and start it again",
            PodVerb::Remove => "Delete the pod's container and its record",
        };
        let backend = Arc::clone(backend);
        offers.push(Implementation::new(
            pod_definition(verb.interface(), description),
            move |task: Assigned, reporter: Reporter, _cancel: CancellationToken| {
                let backend = Arc::clone(&backend);
                async move { act(&backend, verb, &task, &reporter).await }
            },
        ));
    }
    offers.push(super::reconcile::offer(backend));
    offers.push(super::fetch_plan::offer(backend));
    offers.push(super::own_log::offer(backend));
    offers.push(super::usage::offer(backend));
    let refresher = Arc::clone(backend);
    offers.push(Implementation::new(
        pod_definition("refresh_logs", "Store the last lines of the pod's log on the server"),
        move |task: Assigned, reporter: Reporter, _cancel: CancellationToken| {
            let backend = Arc::clone(&refresher);
            async move {
                let pod = own_pod(&backend, &task).await?;
                let trouble = backend.dump(&pod.id, &pod.local_id, None).await.map_err(|error| said(&error))?;
                if let Some(error) = trouble {
                    return Err(passing::unreadable(&error));
                }
                reporter.yield_result(json!({ "return0": structure(POD, &pod.id) })).await;
                Ok(())
            }
        },
    ));
    let follower = Arc::clone(backend);
    offers.push(Implementation::new(
        Definition::generator("stream_logs", "Follow the pod's log, line by line, until it ends or is cancelled")
            .arg(PortSpec::structure("pod", POD).described("Pod", "Whose log"))
            .arg(
                PortSpec::new("tail", PortKind::Int)
                    .nullable()
                    .described("Tail", "So many of the last lines come first; all when left out"),
            )
            .arg(
                PortSpec::new("since", PortKind::Int)
                    .nullable()
                    .described("Since", "Seconds since 1970: lines that are older are left out"),
            )
            .returns(PortSpec::list("return0", PortSpec::new("line", PortKind::String))),
        move |task: Assigned, reporter: Reporter, cancel: CancellationToken| {
            let backend = Arc::clone(&follower);
            async move { follow(&backend, &task, &reporter, &cancel).await }
        },
    ));
    offers
}

pub(super) fn pod_definition(key: &str, description: &str) -> Definition {
    Definition::function(key, description)
        .arg(PortSpec::structure("pod", POD).described("Pod", "Which pod"))
        .returns(PortSpec::structure("return0", POD))
}

/// What an installation starts from.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    Flavour,
    Release,
    Definition,
}

fn installer(backend: &Arc<Backend>, wanted: Wanted) -> impl crate::agent::Handler + use<> {
    let backend = Arc::clone(backend);
    move |task: Assigned, reporter: Reporter, cancel: CancellationToken| {
        let backend = Arc::clone(&backend);
        async move {
            let recipe = recipe(&backend, wanted, &task).await?;
            let install =
                Install { backend, organisation: task.organisation.clone(), reporter: reporter.clone(), cancel };
            let pod = install.run(&recipe).await?;
            reporter.yield_result(json!({ "return0": structure(POD, &pod) })).await;
            Ok(())
        }
    }
}

async fn recipe(backend: &Backend, wanted: Wanted, task: &Assigned) -> Result<Recipe, TaskError> {
    match wanted {
        Wanted::Flavour => backend.records.recipe(&task.structure("flavour")?).await.map_err(|error| said(&error)),
        Wanted::Release => choose::of_release(backend, &task.structure("release")?).await,
        Wanted::Definition => choose::of_definition(backend, &task.structure("definition")?).await,
    }
}

/// The pod of a task, if it is one of this engine's.
pub(super) async fn own_pod(backend: &Backend, task: &Assigned) -> Result<PodRecord, TaskError> {
    let id = task.structure("pod")?;
    let (pod, owner) = backend.records.pod(&id).await.map_err(|error| said(&error))?;
    if owner != backend.place.backend {
        return Err(TaskError::failed(format!("The pod {id} belongs to another engine than {}.", backend.name)));
    }
    Ok(pod)
}

async fn act(backend: &Backend, verb: PodVerb, task: &Assigned, reporter: &Reporter) -> Result<(), TaskError> {
    let pod = own_pod(backend, task).await?;
    let held = (backend.busy.hold(&pod.id), backend.busy.hold(&pod.local_id));
    let done = carry_out(backend, verb, &pod).await;
    drop(held);
    backend.wake.notify_one();
    done?;
    reporter.yield_result(json!({ "return0": structure(POD, &pod.id) })).await;
    Ok(())
}

pub(super) async fn carry_out(backend: &Backend, verb: PodVerb, pod: &PodRecord) -> Result<(), TaskError> {
    let (driver, id) = (&backend.driver, pod.local_id.as_str());
    let failed = |error: Error| match error {
        Error::NotFound(_) => {
            TaskError::failed("The container of this pod is gone. Remove the pod and install it again.")
        }
        error => TaskError::failed(format!("The engine could not do it: {error}.")),
    };
    // Only the server says that the container is this pod's; its labels say whose it is.
    match driver.inspect(id).await.map_err(failed)? {
        Some(container) if !backend.owns(&container) => {
            let why =
                format!("The container of the pod {} was not made by {}, which leaves it alone.", pod.id, backend.name);
            return Err(TaskError::failed(why));
        }
        Some(_) => {}
        // It may well run at the engine that made it.
        None => {
            if let Some(why) = backend.notes.elsewhere(&pod.id, &backend.maker) {
                return Err(TaskError::failed(format!("The pod {} was {why}, which cannot reach it.", pod.id)));
            }
        }
    }
    match verb {
        PodVerb::Start => driver.start(id).await.map_err(failed)?,
        PodVerb::Stop => {
            tell(backend, pod, &PodStatus::Stopping, None).await;
            driver.stop(id).await.map_err(failed)?;
        }
        PodVerb::Restart => driver.restart(id).await.map_err(failed)?,
        PodVerb::Remove => {
            tell(backend, pod, &PodStatus::Stopping, None).await;
            backend.clear_away(id).await.map_err(failed)?;
            return insist(|| backend.records.delete_pod(&pod.id)).await.map_err(|error| said(&error));
        }
    }
    let before = if verb == PodVerb::Stop { PodStatus::Stopping } else { PodStatus::Pending };
    if let Some(container) = driver.inspect(id).await.map_err(failed)? {
        let (status, reason) = status::of(&container.state, &before);
        tell(backend, pod, &status, reason.as_deref()).await;
        if matches!(container.state.phase, ContainerPhase::Exited { .. })
            && let Err(error) = backend.dump_in_turn(&pod.id, id, reason.as_deref()).await
        {
            tracing::warn!(pod = pod.id, "its log was not stored: {error}");
        }
    }
    Ok(())
}

/// The next look at the containers says it again when this fails.
async fn tell(backend: &Backend, pod: &PodRecord, status: &PodStatus, reason: Option<&str>) {
    if let Err(error) = backend.records.update_pod(&pod.id, status, reason).await {
        tracing::warn!(pod = pod.id, "its status was not reported: {error}");
    }
}

async fn follow(
    backend: &Backend,
    task: &Assigned,
    reporter: &Reporter,
    cancel: &CancellationToken,
) -> Result<(), TaskError> {
    let pod = own_pod(backend, task).await?;
    let tail = task.number("tail")?.map(|tail| usize::try_from(tail).unwrap_or(usize::MAX));
    let lines = backend.driver.logs(&pod.local_id, LogRange { tail, follow: Follow::On });
    let lines = passing::younger(lines, since(task)?);
    let pace = Pace::of(backend).await;
    passing::while_heard(passing::pass_on(lines, pace, reporter), reporter, cancel).await
}

/// From when on lines are wanted.
pub(super) fn since(task: &Assigned) -> Result<Option<Moment>, TaskError> {
    let seconds = task.number("since")?;
    Ok(seconds.map(|seconds| Moment(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000))))
}

fn said(error: &services::Error) -> TaskError {
    TaskError::failed(format!("Kabinet says: {error}."))
}
