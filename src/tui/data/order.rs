//! The order of pods and tasks, and what joins them.

use crate::domain::{App, Pod, PodId, PodStatus, ReleaseId, Task, TaskState};

pub(super) fn pod_id_of(task: &Task) -> Option<PodId> {
    task.pod.clone().or_else(|| task.acts_on("@kabinet/pod").map(PodId::from))
}

pub(super) fn is_release(app: &App, release: &ReleaseId) -> bool {
    app.releases.iter().any(|known| known.id == *release)
}

/// What needs a look first, then by name.
pub fn order_of_pods(a: &Pod, b: &Pod) -> std::cmp::Ordering {
    let rank = |pod: &Pod| match pod.status {
        PodStatus::Failed => 0,
        PodStatus::Pending | PodStatus::Stopping => 1,
        PodStatus::Unknown | PodStatus::Other(_) => 2,
        PodStatus::Running => 3,
        PodStatus::Stopped => 4,
    };
    let name = |pod: &Pod| (pod.app.clone(), pod.engine_name.clone(), pod.id.clone());
    rank(a).cmp(&rank(b)).then_with(|| name(a).cmp(&name(b)))
}

pub(super) fn order_of_tasks(a: &Task, b: &Task) -> std::cmp::Ordering {
    let rank = |task: &Task| match task.state {
        TaskState::Running | TaskState::Cancelling => 0,
        TaskState::Disconnected => 1,
        TaskState::Queued => 2,
        TaskState::Done | TaskState::Failed | TaskState::Cancelled => 3,
    };
    rank(a).cmp(&rank(b)).then(b.created_at.cmp(&a.created_at)).then_with(|| b.id.cmp(&a.id))
}
