//! What the server was told of each pod: its status with the reason, and which log. Kept on disk, so that an engine that
//! starts again does not say everything once more. Also when the next log may be stored: a server keeps every dump.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::maker::Maker;
use crate::domain::PodStatus;

/// What a pod was last said to be, and why.
pub type Told = (PodStatus, Option<String>);

/// Nobody asked for it: then so many dumps of a pod may follow each other, …
const BURST: u32 = 5;

/// … and one more for each such time.
const APART: Duration = Duration::from_mins(1);

/// The first look at the log of a pod that runs on; each further one comes after twice the time, without an end.
const FIRST_LOOK: Duration = Duration::from_mins(1);

/// Pods that an earlier run of the engine knew are looked at again in the course of this time, and the next.
const LATER_LOOK: Duration = Duration::from_hours(1);

/// So many logs are looked at in a row.
const AT_ONCE: usize = 5;

/// All that was said about pods.
pub struct Notes {
    file: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: BTreeMap<String, Kept>,
    pace: BTreeMap<String, Pace>,
    is_changed: bool,
}

#[derive(Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    told: Option<Told>,
    /// Digest of the last dump.
    dump: Option<String>,
    /// The container engine that has its container.
    maker: Option<Maker>,
}

struct Pace {
    /// So many dumps are free.
    credit: u32,
    /// Since then no more have become free.
    counted: Instant,
    next: Instant,
    step: Duration,
}

impl Pace {
    fn new(now: Instant, next: Instant, step: Duration) -> Self {
        Self { credit: BURST, counted: now, next, step }
    }

    fn count(&mut self, now: Instant) {
        while self.counted + APART <= now {
            self.counted = if self.credit < BURST { self.counted + APART } else { now };
            self.credit = (self.credit + 1).min(BURST);
        }
    }
}

impl Notes {
    /// Reads the file, where there is one. One that cannot be read costs a few repetitions.
    pub fn open(file: Option<PathBuf>) -> Self {
        let bytes = file.as_ref().and_then(|file| std::fs::read(file).ok());
        let kept = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self { file, state: Mutex::new(State { kept, ..State::default() }) }
    }

    /// What each pod was said to be.
    pub fn told(&self) -> BTreeMap<String, Told> {
        let state = self.lock();
        state.kept.iter().filter_map(|(pod, kept)| Some((pod.clone(), kept.told.clone()?))).collect()
    }

    /// A pod was said to be that. It has changed, so that its log is of interest again.
    pub fn tell(&self, pod: &str, told: Told) {
        let mut state = self.lock();
        let kept = state.kept.entry(pod.to_owned()).or_default();
        if kept.told.as_ref() != Some(&told) {
            kept.told = Some(told);
            state.is_changed = true;
        }
    }

    /// The container of a pod is at that container engine.
    pub fn found_at(&self, pod: &str, maker: &Maker) {
        let mut state = self.lock();
        if state.kept.get(pod).is_some_and(|kept| kept.maker.as_ref() == Some(maker)) {
            return;
        }
        state.kept.entry(pod.to_owned()).or_default().maker = Some(maker.clone());
        state.is_changed = true;
    }

    /// Why a pod cannot be judged by that container engine: the containers of another one are not gone.
    pub fn elsewhere(&self, pod: &str, maker: &Maker) -> Option<String> {
        let state = self.lock();
        let made_by = state.kept.get(pod)?.maker.as_ref()?;
        made_by.differs(maker).then(|| made_by.elsewhere(maker))
    }

    /// Whether the containers of some pod are at another container engine.
    pub fn any_elsewhere(&self, maker: &Maker) -> bool {
        let state = self.lock();
        state.kept.values().any(|kept| kept.maker.as_ref().is_some_and(|made_by| made_by.differs(maker)))
    }

    /// Whether a log with that digest is what the server has.
    pub fn has(&self, pod: &str, digest: &str) -> bool {
        self.lock().kept.get(pod).is_some_and(|kept| kept.dump.as_deref() == Some(digest))
    }

    /// The server has a log with that digest.
    pub fn dumped(&self, pod: &str, digest: String, now: Instant) {
        let mut state = self.lock();
        state.kept.entry(pod.to_owned()).or_default().dump = Some(digest);
        state.is_changed = true;
        let first = Pace::new(now, now + FIRST_LOOK, 2 * FIRST_LOOK);
        let pace = state.pace.entry(pod.to_owned()).or_insert(first);
        pace.count(now);
        pace.credit = pace.credit.saturating_sub(1);
    }

    /// Whether the log of a pod that has just changed may be stored; when not, it is due later.
    pub fn may_dump(&self, pod: &str, now: Instant) -> bool {
        let mut state = self.lock();
        let pace = state.pace.entry(pod.to_owned()).or_insert(Pace::new(now, now, FIRST_LOOK));
        pace.count(now);
        let may = pace.credit > 0;
        // What it says next is of interest soon, and less and less afterwards.
        (pace.next, pace.step) =
            if may { (now + FIRST_LOOK, 2 * FIRST_LOOK) } else { (pace.counted + APART, FIRST_LOOK) };
        may
    }

    /// Pods whose log is due, a few at a time; they are not due again at once.
    pub fn due(&self, pods: &BTreeSet<&str>, now: Instant) -> Vec<String> {
        let mut state = self.lock();
        let mut due = Vec::new();
        for pod in pods {
            let later = Pace::new(now, now + LATER_LOOK + later(pod), LATER_LOOK);
            let pace = state.pace.entry((*pod).to_owned()).or_insert(later);
            if pace.next <= now && due.len() < AT_ONCE {
                pace.next = now + pace.step / 2;
                pace.step = pace.step.saturating_mul(2);
                due.push((*pod).to_owned());
            }
        }
        due
    }

    /// The server has these pods only.
    pub fn retain(&self, pods: &BTreeSet<&str>) {
        let mut state = self.lock();
        let before = state.kept.len();
        state.kept.retain(|pod, _| pods.contains(pod.as_str()));
        state.pace.retain(|pod, _| pods.contains(pod.as_str()));
        state.is_changed |= state.kept.len() != before;
    }

    /// Writes what has changed since the last time.
    pub async fn save(&self) {
        let Some(file) = self.file.clone() else { return };
        let bytes = {
            let mut state = self.lock();
            if !std::mem::take(&mut state.is_changed) {
                return;
            }
            serde_json::to_vec(&state.kept).unwrap_or_default()
        };
        let write = move || {
            let draft = file.with_extension("draft");
            let written = std::fs::write(&draft, bytes).and_then(|()| std::fs::rename(&draft, &file));
            if let Err(error) = written {
                tracing::debug!("{} cannot be written: {error}", file.display());
            }
        };
        _ = tokio::task::spawn_blocking(write).await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Spreads pods over the first hours.
fn later(pod: &str) -> Duration {
    let number = pod.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    Duration::from_secs(number % LATER_LOOK.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set<'a>(pods: &[&'a str]) -> BTreeSet<&'a str> {
        pods.iter().copied().collect()
    }

    #[test]
    fn a_pod_that_changes_all_the_time_fills_no_disk() {
        let (notes, start) = (Notes::open(None), Instant::now());
        let mut dumps = 0;
        for second in 0..3600 {
            let now = start + Duration::from_secs(second);
            if notes.may_dump("1", now) {
                dumps += 1;
                notes.dumped("1", second.to_string(), now);
            }
        }
        assert_eq!(dumps, 5 + 59);
        // The last change is not forgotten.
        let now = start + Duration::from_hours(1);
        assert!(!notes.due(&set(&["1"]), now + APART).is_empty());
    }

    #[test]
    fn a_pod_that_runs_on_is_looked_at_less_and_less() {
        let (notes, start) = (Notes::open(None), Instant::now());
        assert!(notes.may_dump("1", start));
        notes.dumped("1", "a".into(), start);
        let mut minutes = Vec::new();
        for minute in 0..7 * 24 * 60 {
            if !notes.due(&set(&["1"]), start + Duration::from_mins(minute)).is_empty() {
                minutes.push(minute);
            }
        }
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]);
    }

    #[test]
    fn after_a_start_the_logs_of_many_pods_are_not_all_looked_at_at_once() {
        let (notes, start) = (Notes::open(None), Instant::now());
        let names: Vec<String> = (0..500).map(|number| number.to_string()).collect();
        let pods = names.iter().map(String::as_str).collect();
        let counts: Vec<_> =
            (0..2 * 360).map(|look| notes.due(&pods, start + Duration::from_secs(10 * look)).len()).collect();
        assert_eq!(counts[..360].iter().sum::<usize>(), 0);
        assert!(counts.iter().all(|count| *count <= AT_ONCE));
        assert!(counts.iter().sum::<usize>() > 400);
    }

    #[tokio::test]
    async fn what_was_told_outlives_the_engine_and_ends_with_the_pod() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pods.json");
        let notes = Notes::open(Some(file.clone()));
        let told = (PodStatus::Failed, Some(String::from("exit code 3")));
        notes.tell("1", told.clone());
        notes.tell("2", (PodStatus::Running, None));
        notes.dumped("1", "digest".into(), Instant::now());
        notes.save().await;
        let notes = Notes::open(Some(file.clone()));
        assert_eq!(notes.told()["1"], told);
        assert!(notes.has("1", "digest") && !notes.has("2", "digest"));
        notes.retain(&set(&["2"]));
        notes.save().await;
        assert_eq!(Notes::open(Some(file)).told().len(), 1);
    }
}
