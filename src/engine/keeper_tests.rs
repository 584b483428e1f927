//! Tests of the comparison of pods and containers.

use super::*;
use crate::engine::driver::{ContainerPhase, Memory, State};

fn pod(id: &str, status: PodStatus) -> PodRecord {
    PodRecord { id: id.into(), local_id: format!("container-{id}"), status }
}

fn container(pod: &str, phase: ContainerPhase) -> Container {
    let state = State { phase, restarts: 0, last_code: None, error: None };
    let labels = BTreeMap::from([(label::TASK.to_owned(), format!("task-{pod}"))]);
    Container { id: format!("container-{pod}"), labels, state }
}

fn report(pod: &str, is_there: &str, status: PodStatus, reason: Option<&str>) -> Step {
    let container = (is_there == "there").then(|| format!("container-{pod}"));
    Step::Report { pod: pod.into(), container, status, reason: reason.map(str::to_owned) }
}

const EXITED: ContainerPhase = ContainerPhase::Exited { code: 3, memory: Memory::NotTold };
const GONE: &str = "the container is gone; it was not removed through this engine";

#[test]
fn every_pair_of_pod_and_container_has_its_step() {
    let running = ContainerPhase::Running;
    for (name, pods, containers, expected) in [
        ("in step", vec![pod("1", PodStatus::Running)], vec![container("1", running)], vec![]),
        (
            "has started",
            vec![pod("1", PodStatus::Pending)],
            vec![container("1", running)],
            vec![report("1", "there", PodStatus::Running, None)],
        ),
        (
            "has failed",
            vec![pod("1", PodStatus::Running)],
            vec![container("1", EXITED)],
            vec![report("1", "there", PodStatus::Failed, Some("exit code 3"))],
        ),
        (
            "vanished while alive",
            vec![pod("1", PodStatus::Running)],
            vec![],
            vec![report("1", "gone", PodStatus::Failed, Some(GONE))],
        ),
        (
            "vanished while unknown",
            vec![pod("1", PodStatus::Unknown)],
            vec![],
            vec![report("1", "gone", PodStatus::Failed, Some(GONE))],
        ),
        ("tidied up after its end", vec![pod("1", PodStatus::Stopped), pod("2", PodStatus::Failed)], vec![], vec![]),
        ("orphan", vec![], vec![container("9", running)], vec![Step::Orphan { container: "container-9".into() }]),
    ] {
        assert_eq!(plan(&pods, &containers, &Known::default()), expected, "{name}");
    }
}

#[test]
fn what_is_being_worked_on_is_left_alone() {
    let pods = [pod("1", PodStatus::Running), pod("2", PodStatus::Stopping)];
    let containers = [container("3", ContainerPhase::Created), container("4", ContainerPhase::Created)];
    let busy = ["1", "container-2", "task-3", "container-4"].map(str::to_owned).into_iter().collect();
    assert_eq!(plan(&pods, &containers, &Known { busy, ..Known::default() }), vec![]);
}

#[test]
fn a_reason_is_told_once_and_again_when_it_changes() {
    let pods = [pod("1", PodStatus::Failed)];
    let containers = [container("1", EXITED)];
    let told = |reason: &str| {
        let told = BTreeMap::from([("1".to_owned(), (PodStatus::Failed, Some(reason.to_owned())))]);
        Known { told, ..Known::default() }
    };
    assert_eq!(plan(&pods, &containers, &Known::default()).len(), 1, "the engine was restarted");
    assert_eq!(plan(&pods, &containers, &told("exit code 3")), vec![]);
    assert_eq!(plan(&pods, &containers, &told("exit code 1")).len(), 1);
}

#[test]
fn a_step_that_was_carried_out_is_not_planned_again() {
    let containers = [container("1", EXITED), container("2", ContainerPhase::Running)];
    let mut pods = [pod("1", PodStatus::Running), pod("2", PodStatus::Pending)];
    let mut known = Known::default();
    for step in plan(&pods, &containers, &known.clone()) {
        let Step::Report { pod: id, status, reason, .. } = step else { panic!("no orphans here") };
        pods.iter_mut().find(|pod| pod.id == id).unwrap().status = status.clone();
        known.told.insert(id, (status, reason));
    }
    assert_eq!(plan(&pods, &containers, &known), vec![]);
}

#[test]
fn a_pod_that_had_ended_is_told_once_that_its_container_is_gone() {
    let mut known = Known {
        told: BTreeMap::from([
            ("1".to_owned(), (PodStatus::Failed, Some("exit code 137".to_owned()))),
            ("2".to_owned(), (PodStatus::Stopped, None)),
        ]),
        ..Known::default()
    };
    let pods = [pod("1", PodStatus::Failed), pod("2", PodStatus::Stopped)];
    let both = format!("exit code 137; {GONE}");
    let expected =
        vec![report("1", "gone", PodStatus::Failed, Some(&both)), report("2", "gone", PodStatus::Stopped, Some(GONE))];
    assert_eq!(plan(&pods, &[], &known), expected);
    known.told.insert("1".into(), (PodStatus::Failed, Some(both)));
    known.told.insert("2".into(), (PodStatus::Stopped, Some(GONE.to_owned())));
    assert_eq!(plan(&pods, &[], &known), vec![]);
}

#[test]
fn a_container_of_another_engine_is_not_gone() {
    let why = "made by podman; this engine runs docker";
    let known = Known { elsewhere: BTreeMap::from([("1".into(), why.into())]), ..Known::default() };
    let pods = [pod("1", PodStatus::Running), pod("2", PodStatus::Running)];
    let expected =
        vec![report("1", "gone", PodStatus::Unknown, Some(why)), report("2", "gone", PodStatus::Failed, Some(GONE))];
    assert_eq!(plan(&pods, &[], &known), expected);
    let stopped = [pod("1", PodStatus::Stopped)];
    assert_eq!(plan(&stopped, &[], &known), vec![report("1", "gone", PodStatus::Unknown, Some(why))]);
}
