//! What an update changes of what an app may do: scopes and services that come and go, and which pods are behind.

use std::collections::BTreeSet;

use crate::domain::{App, Flavour, Pod, Release};

/// What another release asks for that the present one does not, and the other way round. All in the order of the alphabet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permissions {
    /// Scopes that are new.
    pub scopes_added: Vec<String>,
    /// Scopes that are not asked for any more.
    pub scopes_removed: Vec<String>,
    /// Services that are new; those that the app can do without are among them.
    pub services_added: Vec<String>,
    /// Services that are not needed any more.
    pub services_removed: Vec<String>,
    /// The present release is not in the catalogue any more, so that everything counts as new.
    pub is_present_unknown: bool,
}

impl Permissions {
    /// Whether something is asked for that was not asked for before: that needs a person's word.
    pub fn asks_for_more(&self) -> bool {
        !self.scopes_added.is_empty() || !self.services_added.is_empty()
    }

    /// Whether nothing changes.
    pub fn is_same(&self) -> bool {
        !self.asks_for_more() && self.scopes_removed.is_empty() && self.services_removed.is_empty()
    }

    /// `+ write, + service mikro, - read`; empty where nothing changes.
    pub fn words(&self) -> String {
        let signed =
            |sign: &'static str, names: &[String]| names.iter().map(move |name| format!("{sign}{name}")).collect();
        let all: [Vec<String>; 4] = [
            signed("+ ", &self.scopes_added),
            signed("+ service ", &self.services_added),
            signed("- ", &self.scopes_removed),
            signed("- service ", &self.services_removed),
        ];
        all.concat().join(", ")
    }
}

/// What changes from one release to another; `None`: the present one is not known any more.
pub fn permissions(present: Option<(&Release, &Flavour)>, next: (&Release, &Flavour)) -> Permissions {
    let scopes = |release: &Release| release.scopes.iter().cloned().collect::<BTreeSet<_>>();
    let services =
        |flavour: &Flavour| flavour.requirements.iter().map(|need| need.key.clone()).collect::<BTreeSet<_>>();
    let (old_scopes, old_services) =
        present.map_or_else(Default::default, |(release, flavour)| (scopes(release), services(flavour)));
    let (new_scopes, new_services) = (scopes(next.0), services(next.1));
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect();
    Permissions {
        scopes_added: only(&new_scopes, &old_scopes),
        scopes_removed: only(&old_scopes, &new_scopes),
        services_added: only(&new_services, &old_services),
        services_removed: only(&old_services, &new_services),
        is_present_unknown: present.is_none(),
    }
}

/// The release that a pod can be updated to; `None`: it is at the newest, or runs one that is newer than all published.
pub fn update_for<'a>(app: &'a App, pod: &Pod) -> Option<&'a Release> {
    let newest = app.newest().filter(|newest| !newest.is_withdrawn())?;
    let place = |version: &str| app.releases.iter().position(|release| release.version == version);
    // Releases stand newest first. One that is not listed any more is older than all that are.
    let present = place(&pod.version).unwrap_or(usize::MAX);
    (place(&newest.version)? < present).then_some(newest)
}

/// The release and the flavour that a pod runs, where they are still known.
pub fn running<'a>(app: &'a App, pod: &Pod) -> Option<(&'a Release, &'a Flavour)> {
    let release = app.release(&pod.version)?;
    let by_id = release.flavours.iter().find(|flavour| flavour.id == pod.flavour);
    let flavour = by_id.or_else(|| release.flavours.iter().find(|flavour| flavour.name == pod.flavour_name))?;
    Some((release, flavour))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Image, PodStatus, Requirement, Selectors};

    fn needing(name: &str, services: &[&str]) -> Flavour {
        let requirements = services
            .iter()
            .map(|key| Requirement {
                key: (*key).into(),
                service: format!("live.arkitekt.{key}"),
                optional: false,
                description: None,
            })
            .collect();
        Flavour {
            id: format!("flavour-{name}").into(),
            name: name.into(),
            image: Image { reference: format!("example/{name}:1"), built_at: None, size: None },
            selectors: Selectors::Known(Vec::new()),
            requirements,
            hints: Vec::new(),
            nodes: Vec::new(),
            repository: None,
            withdrawn: false,
        }
    }

    fn version(version: &str, scopes: &[&str], services: &[&str]) -> Release {
        Release {
            id: "release".into(),
            app: "live.kab.demo.greeter".into(),
            version: version.into(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            description: None,
            flavours: vec![needing("vanilla", services)],
        }
    }

    fn pod() -> Pod {
        Pod {
            id: "7".into(),
            local_id: "abcdef0123".into(),
            status: PodStatus::Running,
            app: "live.kab.demo.greeter".into(),
            version: "1.0.0".into(),
            release: "release".into(),
            flavour: "flavour-vanilla".into(),
            flavour_name: "vanilla".into(),
            engine: "1".into(),
            engine_name: "ws".into(),
            resource_name: None,
            client_id: None,
            created_at: None,
            updated_at: None,
            reason: None,
            owner: None,
        }
    }

    fn between(old: &Release, new: &Release) -> Permissions {
        permissions(Some((old, &old.flavours[0])), (new, &new.flavours[0]))
    }

    #[test]
    fn what_comes_and_goes_is_told_and_only_what_comes_needs_a_word() {
        let old = version("1", &["read", "write"], &["rekuest"]);
        let new = version("2", &["run", "read"], &["mikro", "rekuest"]);
        let more = between(&old, &new);
        assert_eq!(more.words(), "+ run, + service mikro, - write");
        assert!(more.asks_for_more() && !more.is_same());
        let less = between(&new, &version("3", &["read"], &["rekuest"]));
        assert_eq!((less.words().as_str(), less.asks_for_more()), ("- run, - service mikro", false));
        assert!(between(&old, &old).is_same());
        let unknown = permissions(None, (&old, &old.flavours[0]));
        assert_eq!(
            (unknown.words().as_str(), unknown.is_present_unknown),
            ("+ read, + write, + service rekuest", true)
        );
    }

    #[test]
    fn only_a_pod_that_is_behind_is_updated_and_never_to_what_was_withdrawn() {
        let mut app = App {
            identifier: "live.kab.demo.greeter".into(),
            releases: vec![version("2.0.0", &[], &[]), version("1.0.0", &[], &[])],
        };
        let mut at = pod();
        assert_eq!(update_for(&app, &at).map(|release| release.version.as_str()), Some("2.0.0"));
        assert_eq!(running(&app, &at).map(|(release, _)| release.version.as_str()), Some("1.0.0"));
        at.version = "2.0.0".into();
        assert_eq!(update_for(&app, &at), None);
        at.version = "0.1.0".into();
        assert_eq!(update_for(&app, &at).map(|release| release.version.as_str()), Some("2.0.0"));
        assert_eq!(running(&app, &at), None);
        // The newest was taken back: a pod that runs it stays as it is.
        app.releases[0].flavours[0].withdrawn = true;
        at.version = "2.0.0".into();
        assert_eq!(update_for(&app, &at), None);
    }
}
