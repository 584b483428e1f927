//! What the pods of this engine use: measured while somebody watches, and only then.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    backend::Backend,
    driver::{ContainerPhase, Error, Usage},
    passing::{self, Pace},
};
use crate::{
    agent::{Assigned, Definition, Implementation, PortSpec, Reporter, TaskError},
    domain::{PodUsage, PortKind},
};

/// How often it is told where the server keeps nothing of it, …
const OFTEN: Duration = Duration::from_secs(3);

/// … and where every reading stays in its database for ever.
const SELDOM: Duration = Duration::from_secs(15);

/// The action, as the engine offers it.
pub fn offer(backend: &Arc<Backend>) -> Implementation {
    let backend = Arc::clone(backend);
    let what = "Tell every few seconds what the running pods of this engine use, until it is cancelled";
    let lines = PortSpec::list("return0", PortSpec::new("line", PortKind::String));
    Implementation::new(
        Definition::generator("watch_usage", what).returns(lines),
        move |_task: Assigned, reporter: Reporter, cancel: CancellationToken| {
            let backend = Arc::clone(&backend);
            async move {
                let every = if Pace::of(&backend).await == Pace::Quick { OFTEN } else { SELDOM };
                let watch = async { Err(watch(&backend, &reporter, every).await) };
                passing::while_heard(watch, &reporter, &cancel).await
            }
        },
    )
}

/// Tells readings until the engine cannot be asked any more.
async fn watch(backend: &Backend, reporter: &Reporter, every: Duration) -> TaskError {
    let mut before = Before::default();
    let mut pods = Pods::default();
    loop {
        let lines = match look(backend, &mut before, &mut pods).await {
            Ok(lines) => lines,
            Err(error) => return TaskError::failed(format!("The engine does not tell what its pods use: {error}.")),
        };
        reporter.yield_result(json!({ "return0": lines })).await;
        tokio::time::sleep(every).await;
    }
}

async fn look(backend: &Backend, before: &mut Before, pods: &mut Pods) -> Result<Vec<String>, Error> {
    let containers = backend.containers().await?;
    let running = containers.into_iter().filter(|it| it.state.phase == ContainerPhase::Running);
    let ids: Vec<String> = running.map(|container| container.id).collect();
    let readings = backend.driver.usage(&ids).await?;
    let now = Instant::now();
    pods.learn(backend, &ids).await;
    let lines = readings.iter().filter_map(|(id, usage)| {
        let pod = pods.known.get(id)?.as_str().into();
        let reading = PodUsage { pod, cpu: before.percent(id, *usage, now), memory: usage.memory, limit: usage.limit };
        Some(reading.to_wire())
    });
    let lines = lines.collect();
    before.0 = readings.into_iter().map(|(id, usage)| (id, (usage, now))).collect();
    Ok(lines)
}

/// Which pod a container is. Those of others' engines, and those that are just being made, are none.
#[derive(Default)]
struct Pods {
    known: BTreeMap<String, String>,
    /// Looks until the server is asked again.
    waits: u8,
}

/// Containers that belong to no pod yet are asked about again after so many looks.
const PATIENCE: u8 = 4;

impl Pods {
    /// Asks the server when a container is new here.
    async fn learn(&mut self, backend: &Backend, ids: &[String]) {
        if ids.iter().all(|id| self.known.contains_key(id)) {
            return;
        }
        if self.waits > 0 {
            self.waits -= 1;
            return;
        }
        self.waits = PATIENCE;
        match backend.records.pods(&backend.place).await {
            Ok(pods) => self.known = pods.into_iter().map(|pod| (pod.local_id, pod.id)).collect(),
            Err(error) => tracing::debug!("which pods they are is not known: {error}"),
        }
    }
}

/// The readings before.
#[derive(Default)]
struct Before(BTreeMap<String, (Usage, Instant)>);

impl Before {
    /// Percent of one core since then; nothing where a container was started again meanwhile.
    fn percent(&self, id: &str, now: Usage, at: Instant) -> Option<f64> {
        let (before, then) = self.0.get(id)?;
        let spent = now.processor?.checked_sub(before.processor?)?;
        let passed = at.checked_duration_since(*then)?.as_secs_f64();
        (passed > 0.0).then(|| spent.as_secs_f64() / passed * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{TaskKind, TaskState},
        engine::{settings::Settings, testing::World},
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn what_pods_use_is_measured_while_somebody_watches_and_only_then() {
        let world = World::new().await;
        let engine = world.engine(Settings::default()).await;
        let (task, _) = world.install("com.example.plain").await;
        assert_eq!(task.state, TaskState::Done, "{task:?}");
        let measured = || world.fake.lock().calls.iter().filter(|call| *call == "usage").count();
        assert_eq!(measured(), 0, "nobody has asked");
        world.fake.lock().usage =
            Usage { processor: Some(Duration::from_mins(1)), memory: Some(310), limit: Some(1_000) };
        let pod = world.pods().await.remove(0).id;
        let seen = world.seen().await;
        let mut follow = world.store.watch_usage(&seen).await.unwrap();
        let first = follow.next().await.unwrap().unwrap();
        assert_eq!(first, [PodUsage { pod, cpu: None, memory: Some(310), limit: Some(1_000) }]);
        // The engine in memory keeps a core busy from look to look.
        let second = follow.next().await.unwrap().unwrap().remove(0);
        assert!((50.0..=110.0).contains(&second.cpu.unwrap()), "{second:?}");
        drop(follow);
        let tasks = world.store.tasks(50).await.unwrap();
        assert!(tasks.iter().any(|task| task.kind == TaskKind::Measuring && task.kind.is_reading()), "{tasks:?}");
        let ended = async || world.store.tasks(50).await.unwrap().iter().all(|task| task.state.is_done());
        let begun = Instant::now();
        while !ended().await {
            assert!(begun.elapsed() < crate::engine::testing::LIMIT, "the engine measures for nobody");
            tokio::task::yield_now().await;
        }
        engine.stop().await;
    }

    #[test]
    fn a_share_is_what_was_spent_between_two_looks() {
        let begun = Instant::now();
        let of = |seconds| Usage { processor: Some(Duration::from_secs(seconds)), ..Usage::default() };
        let before = Before(BTreeMap::from([(String::from("c"), (of(10), begun))]));
        let later = begun + Duration::from_secs(4);
        let percent = |usage, at| before.percent("c", usage, at);
        assert_eq!(percent(of(13), later), Some(75.0));
        assert_eq!(percent(of(18), later), Some(200.0), "two cores");
        // Started again, at the same moment, unknown, or not seen before.
        assert_eq!(percent(of(2), later), None);
        assert_eq!(percent(of(13), begun), None);
        assert_eq!(percent(Usage::default(), later), None);
        assert_eq!(before.percent("d", of(1), later), None);
    }
}
