//! Which apps and pods are behind what is published, and which apps several repositories publish.

use super::Data;
use super::order::is_release;
use crate::compat::update_for;
use crate::domain::{App, Pod, Release};

/// Whether a newer release than the newest pod's is published, of these pods of the app.
pub fn has_update<'a>(app: &App, pods: impl Iterator<Item = &'a Pod>) -> bool {
    let Some(newest) = app.newest() else { return false };
    let mut pods = pods.filter(|pod| pod.status.is_alive()).peekable();
    pods.peek().is_some() && pods.all(|pod| pod.release != newest.id && is_release(app, &pod.release))
}

/// Whether several repositories offer an app, as far as its flavours tell.
pub(super) fn has_choice(app: &App) -> bool {
    let flavours = app.releases.iter().flat_map(|release| &release.flavours).filter(|flavour| !flavour.withdrawn);
    let mut ids = flavours.filter_map(|flavour| flavour.repository.as_ref());
    ids.next().is_some_and(|first| ids.any(|id| id != first))
}

impl Data {
    /// Whether a newer release than the newest pod's is published.
    pub fn has_update(&self, app: &App) -> bool {
        has_update(app, self.pods().iter().filter(|pod| pod.app == app.identifier))
    }

    /// The release that a pod can be updated to.
    pub fn newer_for(&self, pod: &Pod) -> Option<&Release> {
        update_for(self.app(&pod.app)?, pod)
    }

    /// Whether any pod can be updated.
    pub fn has_pods_behind(&self) -> bool {
        self.are_pods_behind
    }

    /// Looks for that once, when apps or pods arrive.
    pub(super) fn note_pods_behind(&mut self) {
        self.are_pods_behind = self.pods().iter().any(|pod| self.newer_for(pod).is_some());
    }
}
