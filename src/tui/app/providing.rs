//! Nodes: which pod provides one already, and which flavour would on an engine where it runs.

use std::cmp::Reverse;

use super::{App, Page, Tab, Target};
use crate::compat::{self, Verdict};
use crate::domain::{AppIdentifier, Engine, Flavour, NodeId, Pod};
use crate::tui::effect::Effect;

/// The best place to have a node from.
pub struct Source<'a> {
    /// The app.
    pub app: AppIdentifier,
    /// Its version.
    pub version: String,
    /// The flavour that provides the node.
    pub flavour: &'a Flavour,
}

impl App {
    /// The node that an install would be about; `None`: it would be about an app.
    pub(super) fn node_to_install(&self) -> Option<NodeId> {
        if let Some(Page::App(page)) = self.pages.last()
            && page.tab != Tab::Nodes
        {
            return None;
        }
        match self.target()? {
            Target::Node(id) => Some(id),
            _ => None,
        }
    }

    /// A pod that runs, as far as anybody can confirm it, on an engine that is online, and provides the node.
    pub(in crate::tui) fn provider(&self, node: &NodeId) -> Option<&Pod> {
        let node = self.data.node(node)?;
        let online = |pod: &Pod| self.data.engine(&pod.engine).is_some_and(Engine::is_online);
        let runs = |pod: &&Pod| self.is_running(pod) && node.flavours.contains(&pod.flavour) && online(pod);
        self.data.pods().iter().find(runs)
    }

    /// The flavour that provides the node and runs best: what runs before what may run, then the newest release, then the
    /// usual order. `None`: none may run anywhere now.
    pub(in crate::tui) fn best_for(&self, node: &NodeId) -> Option<Source<'_>> {
        let node = self.data.node(node)?;
        let mut releases: Vec<_> =
            node.flavours.iter().filter_map(|id| self.data.flavour_at(id)).map(|at| (at.app, at.release)).collect();
        releases.sort_unstable();
        releases.dedup();
        let mut found = Vec::new();
        for (app_at, release_at) in releases {
            let Some(app) = self.data.apps().get(app_at) else { continue };
            let Some(release) = app.releases.get(release_at) else { continue };
            let best = compat::rank(release, self.data.engines()).into_iter().find(|candidate| {
                candidate.engine.is_online()
                    && candidate.judgement.verdict != Verdict::No
                    && node.flavours.contains(&candidate.flavour.id)
            });
            if let Some(best) = best {
                let key = (Reverse(best.judgement.verdict), release.is_withdrawn(), release_at, app_at);
                found.push((key, app, release, best.flavour));
            }
        }
        found.sort_by_key(|(key, ..)| *key);
        let (_, app, release, flavour) = found.into_iter().next()?;
        Some(Source { app: app.identifier.clone(), version: release.version.clone(), flavour })
    }

    /// The page of the task that was asked for last.
    pub(super) fn watch_last(&mut self) -> Vec<Effect> {
        let Some(id) = self.asked_last.clone() else {
            self.notes.say(self.now, "Nothing was asked for yet; ⟨go-tasks⟩ shows all tasks");
            return Vec::new();
        };
        let target = Target::Task(id);
        if self.shows(&target) { Vec::new() } else { self.open_target(target) }
    }
}
