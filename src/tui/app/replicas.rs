//! Replicas: pods of one app, version and engine stand in one row until somebody opens it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{App, Target};
use crate::domain::{Pod, PodId, PodStatus};
use crate::tui::action::Screen;

/// So many of a kind make one row; two are read as easily apart.
const MANY: usize = 3;

/// What a row stands for.
type Kind = (String, String, String);

/// Which pods stand in one row.
#[derive(Debug, Default)]
pub struct Replicas {
    /// The pods of a row, by the one that the row is called after: the same one whatever states they are in.
    rows: HashMap<PodId, Vec<PodId>>,
    /// Rows that were opened, until the screen is left.
    opened: HashSet<Kind>,
}

impl Replicas {
    /// The pods of the row that is called after this one; `None`: it stands for itself.
    pub fn of(&self, first: &PodId) -> Option<&[PodId]> {
        self.rows.get(first).map(Vec::as_slice)
    }

    /// Whether no row stands for several pods.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

fn kind(pod: &Pod) -> Kind {
    (pod.app.to_string(), pod.version.clone(), pod.engine.to_string())
}

/// `9 run 3 pend`: how many are how; with a question mark those that nobody confirms.
pub fn summary<'a>(app: &App, pods: impl Iterator<Item = &'a Pod>) -> String {
    const WORDS: [&str; 5] = ["fail", "run", "pend", "stop", "odd"];
    let mut counts = BTreeMap::new();
    for pod in pods {
        let word = match &pod.status {
            PodStatus::Failed => 0,
            PodStatus::Running => 1,
            PodStatus::Pending => 2,
            PodStatus::Stopping | PodStatus::Stopped => 3,
            PodStatus::Unknown | PodStatus::Other(_) => 4,
        };
        *counts.entry((word, app.is_ghost(pod))).or_insert(0) += 1;
    }
    let told = counts.into_iter().map(|((word, is_ghost), count)| {
        let doubt = if is_ghost { "?" } else { "" };
        format!("{count} {}{doubt}", WORDS[word])
    });
    told.collect::<Vec<_>>().join(" ")
}

impl App {
    /// Puts replicas into one row each. What was searched for stands for itself.
    pub(super) fn fold(&mut self, rows: Vec<usize>) -> Vec<usize> {
        self.replicas.rows.clear();
        if self.list(Screen::Pods).is_filtered() {
            return rows;
        }
        let mut kinds: HashMap<Kind, Vec<usize>> = HashMap::new();
        let pods = self.data.pods();
        for row in &rows {
            if let Some(pod) = pods.get(*row) {
                kinds.entry(kind(pod)).or_default().push(*row);
            }
        }
        kinds.retain(|kind, rows| rows.len() >= MANY && !self.replicas.opened.contains(kind));
        let mut folded = HashMap::new();
        let kept = rows.into_iter().filter_map(|row| {
            let Some(group) = pods.get(row).and_then(|pod| kinds.get(&kind(pod))) else { return Some(row) };
            // Where the first of them stands in the list, which puts first what needs a look.
            if group[0] != row {
                return None;
            }
            let ids: Vec<PodId> = group.iter().filter_map(|row| pods.get(*row)).map(|pod| pod.id.clone()).collect();
            let named = *group.iter().min_by_key(|row| pods.get(**row).map(|pod| (pod.id.as_str().len(), &pod.id)))?;
            folded.insert(pods.get(named)?.id.clone(), ids);
            Some(named)
        });
        let kept = kept.collect();
        self.replicas.rows = folded;
        kept
    }

    /// The pods that a row of the list stands for, where it stands for several.
    pub fn replicas_of(&self, first: &PodId) -> Option<&[PodId]> {
        (self.pages.is_empty() && self.screen == Screen::Pods).then(|| self.replicas.of(first)).flatten()
    }

    /// Opens a row that stands for several pods; whether it was one.
    pub(super) fn unfold(&mut self, target: &Target) -> bool {
        let Target::Pod(id) = target else { return false };
        if self.replicas_of(id).is_none() {
            return false;
        }
        let Some(kind) = self.data.pod(id).map(kind) else { return false };
        self.replicas.opened.insert(kind);
        self.refill(Screen::Pods);
        true
    }

    /// Rows that were opened close when the screen is left.
    pub(super) fn fold_again(&mut self) {
        if !self.looks.unfolded.is_empty() {
            self.looks.unfolded.clear();
            self.refresh_home();
        }
        if !self.replicas.opened.is_empty() {
            self.replicas.opened.clear();
            self.refill(Screen::Pods);
        }
    }
}
