//! Undoing an installation that failed or was cancelled: nothing of it is left but the image, or it is said what is.

use super::{
    backend::{Backend, Held, label},
    driver,
    insist::insist,
};
use crate::agent::TaskError;

/// So often an engine is asked that does not answer.
const ATTEMPTS: u32 = 3;

/// What was made so far, to be undone.
#[derive(Default)]
pub struct Made {
    /// The task.
    pub task: String,
    pub container: Option<Container>,
    pub pod: Option<String>,
    /// Nobody else judges the container while it is being made.
    pub held: Vec<Held>,
}

/// The container of an installation.
pub enum Container {
    /// The engine was asked for it.
    AskedFor,
    /// The engine gave it this id.
    There(String),
}

/// Undoes it; the error to report.
pub async fn undo(backend: &Backend, made: Made, error: TaskError) -> TaskError {
    let mut left = Vec::new();
    match &made.container {
        None => {}
        Some(Container::There(container)) => {
            if let Err(why) = backend.clear_away(container).await {
                left.push(format!("the container {container} could not be removed: {why}"));
            }
        }
        // The answer may have been lost after the deed.
        Some(Container::AskedFor) => {
            if let Err(why) = clear_task_away(backend, &made.task).await {
                left.push(format!("the container engine does not tell what it has made: {why}"));
            }
        }
    }
    if let Err(why) = insist(|| unrecord(backend, &made)).await {
        left.push(format!("the record of the pod could not be deleted: {why}"));
    }
    backend.wake.notify_one();
    if left.is_empty() {
        return error;
    }
    let before = if error == TaskError::Cancelled { String::from("It was cancelled.") } else { error.to_string() };
    TaskError::critical(format!("{before} Not everything could be undone: {}.", left.join("; ")))
}

/// Deletes what bears the label of that task.
async fn clear_task_away(backend: &Backend, task: &str) -> Result<(), driver::Error> {
    let mut found = backend.driver.list(label::TASK, task).await;
    for _ in 1..ATTEMPTS {
        if !matches!(found, Err(driver::Error::Unreachable(_))) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        found = backend.driver.list(label::TASK, task).await;
    }
    for container in found?.iter().filter(|container| backend.owns(container)) {
        tracing::info!(container = container.id, task, "a container whose making was not answered is deleted");
        backend.clear_away(&container.id).await?;
    }
    Ok(())
}

/// Deletes the record of the pod, also one whose making was never answered.
async fn unrecord(backend: &Backend, made: &Made) -> crate::services::Result<()> {
    let Backend { records, place, .. } = backend;
    match (&made.pod, &made.container) {
        (Some(pod), _) => records.delete_pod(pod).await,
        (None, Some(Container::There(container))) => {
            for pod in records.pods(place).await?.iter().filter(|pod| pod.local_id == *container) {
                records.delete_pod(&pod.id).await?;
            }
            Ok(())
        }
        (None, _) => Ok(()),
    }
}
