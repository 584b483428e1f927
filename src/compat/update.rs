//! The update of a pod: to which release, in which flavour, and what that changes of what the app may do. How it is
//! carried out (install the new one, remove the old one when the new one runs) is left to who asks for it.

use super::choose::{Candidate, NoPlan, Wish, plan};
use super::permissions::{Permissions, permissions, running, update_for};
use crate::domain::{App, Engine, Pod, Release};

/// The update of one pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Update<'a> {
    /// The pod that is behind.
    pub pod: &'a Pod,
    /// The release that it can go to.
    pub release: &'a Release,
    /// What changes of what the app may do.
    pub permissions: Permissions,
    /// In which flavour, always on the pod's own engine; or why not.
    pub choice: Result<Candidate<'a>, NoPlan>,
}

/// What there is to update in a pod; `None`: it runs the newest release.
pub fn update<'a>(app: &'a App, engines: &'a [Engine], pod: &'a Pod) -> Option<Update<'a>> {
    let release = update_for(app, pod)?;
    let choice = choose(release, engines, pod);
    let flavour = choice.as_ref().map(|best| best.flavour).ok().or(release.flavours.first())?;
    let permissions = permissions(running(app, pod), (release, flavour));
    Some(Update { pod, release, permissions, choice })
}

/// The flavour that the pod has, where the new release has it and it runs; else the best. Always on the pod's engine.
fn choose<'a>(release: &'a Release, engines: &'a [Engine], pod: &Pod) -> Result<Candidate<'a>, NoPlan> {
    let engine = Some(pod.engine.as_str());
    let same = Wish { flavour: Some(&pod.flavour_name), engine };
    let plan = plan(release, engines, same).or_else(|_| plan(release, engines, Wish { flavour: None, engine }));
    plan.map(|plan| plan.best)
}
