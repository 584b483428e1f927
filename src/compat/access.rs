//! What a release asks to be allowed, in one line, and what of it is new beside the releases that are installed.

use std::collections::BTreeSet;

use super::permissions::running;
use crate::domain::{App, Pod, Release, sentences};

/// What the installed releases of an app may do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Installed {
    /// Their scopes.
    pub scopes: BTreeSet<String>,
    /// The services that they talk to, by key.
    pub services: BTreeSet<String>,
}

/// What the releases of an app that are installed may do; `None`: none is, or this one is among them.
pub fn installed(app: &App, release: &Release, pods: &[Pod]) -> Option<Installed> {
    let mut pods = pods.iter().filter(|pod| pod.app == app.identifier && pod.status.is_alive()).peekable();
    pods.peek()?;
    let mut found = Installed::default();
    for pod in pods {
        if pod.release == release.id {
            return None;
        }
        let known = app.releases.iter().find(|known| known.id == pod.release);
        found.scopes.extend(known.into_iter().flat_map(|release| release.scopes.iter().cloned()));
        let needs = running(app, pod).into_iter().flat_map(|(_, flavour)| &flavour.requirements);
        found.services.extend(needs.map(|need| need.key.clone()));
    }
    Some(found)
}

/// What a release asks for as sentences, what is new last: `reads your data + new: runs things for you`.
pub fn access_words(app: &App, release: &Release, pods: &[Pod]) -> String {
    let before = installed(app, release, pods);
    let is_new = |scope: &&String| before.as_ref().is_some_and(|before| !before.scopes.contains(*scope));
    let (new, old): (Vec<_>, Vec<_>) = release.scopes.iter().partition(is_new);
    let said = |scopes: &[&String]| sentences(scopes.iter().map(|scope| scope.as_str()));
    match (said(&old), said(&new)) {
        (old, new) if old.is_empty() && new.is_empty() => "nothing: it sees no data of yours".into(),
        (old, new) if new.is_empty() => old,
        (old, new) if old.is_empty() => format!("+ new: {new}"),
        (old, new) => format!("{old} + new: {new}"),
    }
}
