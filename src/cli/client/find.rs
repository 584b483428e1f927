//! What the words of the person mean: an app, a version, an engine, a pod, a node, a repository.
//!
//! A word that means nothing is not found (exit code 7), with near names where there are any. A word that means several
//! things is a mistake of usage (exit code 2), with all of them.

use crate::domain::{App, Engine, Failure, FailureKind, Node, Pod, Release, Repository, clean_line};

/// Names that are offered where one is not known.
const NEAR: usize = 3;
/// Letters of a container id that are enough to mean it.
const PREFIX: usize = 4;

/// The app of that identifier, or of that short name where only one has it.
pub fn app<'a>(apps: &'a [App], word: &str) -> Result<&'a App, Failure> {
    if let Some(exact) = apps.iter().find(|app| app.identifier.as_str() == word) {
        return Ok(exact);
    }
    let found = named(apps, word, App::short_name);
    let names = apps.iter().flat_map(|app| [app.short_name(), app.identifier.as_str()]);
    one(found, "app", word, |app| app.identifier.to_string()).unwrap_or_else(|| {
        Err(not_found("app", word, names, "`kab apps` lists what there is; `kab repo add` adds more."))
    })
}

/// The release of that version, or the newest.
pub fn release<'a>(app: &'a App, version: Option<&str>) -> Result<&'a Release, Failure> {
    let Some(version) = version else {
        return app.newest().ok_or_else(|| {
            Failure::new("No release", format!("{} has none yet", app.identifier)).kind(FailureKind::NotFound)
        });
    };
    app.release(version).ok_or_else(|| {
        let known: Vec<&str> = app.releases.iter().map(|release| release.version.as_str()).collect();
        let why = format!("{} has no version {version}; it has {}", app.identifier, known.join(", "));
        Failure::new("No such version", why).kind(FailureKind::NotFound)
    })
}

/// The engine of that id, name or kind. Where several have it, the only one of them that is online.
pub fn engine<'a>(engines: &'a [Engine], word: &str) -> Result<&'a Engine, Failure> {
    if let Some(exact) = engines.iter().find(|engine| engine.id.as_str() == word) {
        return Ok(exact);
    }
    let mut found = named(engines, word, |engine| &engine.name);
    if found.is_empty() {
        found = engines.iter().filter(|engine| engine.kind.name() == word).collect();
    }
    // Those that were there before leave records behind.
    if found.len() > 1 && found.iter().any(|engine| engine.is_online()) {
        found.retain(|engine| engine.is_online());
    }
    let names = engines.iter().flat_map(|engine| [engine.name.as_str(), engine.kind.name()]);
    one(found, "engine", word, |engine| format!("{} (id {})", engine.name, engine.id))
        .unwrap_or_else(|| Err(not_found("engine", word, names, "`kab engines` lists what there is.")))
}

/// The pod of that id or name, or whose container's id begins so.
pub fn pod<'a>(pods: &'a [Pod], word: &str) -> Result<&'a Pod, Failure> {
    if let Some(exact) = pods.iter().find(|pod| pod.id.as_str() == word) {
        return Ok(exact);
    }
    let mut found: Vec<&Pod> = pods.iter().filter(|pod| pod.name() == word).collect();
    if found.is_empty() && word.len() >= PREFIX {
        found = pods.iter().filter(|pod| pod.local_id.starts_with(word)).collect();
    }
    let names: Vec<String> = pods.iter().map(Pod::name).collect();
    let describe =
        |pod: &&Pod| format!("{} (id {}, container {}, on {})", pod.name(), pod.id, pod.local_id, pod.engine_name);
    one(found, "pod", word, |pod| describe(&pod)).unwrap_or_else(|| {
        Err(not_found("pod", word, names.iter().map(String::as_str), "`kab pods` lists what there is."))
    })
}

/// What a word means that may be an app or a pod.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AppOrPod<'a> {
    /// An app.
    App(&'a App),
    /// A pod.
    Pod(&'a Pod),
}

/// The app or the pod that a word means, as [`app`] and [`pod`] find them. The full identifier of an app is always one.
pub fn app_or_pod<'a>(apps: &'a [App], pods: &'a [Pod], word: &str) -> Result<AppOrPod<'a>, Failure> {
    let is_nothing = |failure: &Failure| failure.kind == FailureKind::NotFound;
    match (app(apps, word), pod(pods, word)) {
        (Ok(app), Err(_)) => Ok(AppOrPod::App(app)),
        (Ok(app), Ok(_)) if app.identifier.as_str() == word => Ok(AppOrPod::App(app)),
        (Ok(app), Ok(pod)) => {
            let why = format!("`{word}` may mean the app {} or the pod {} (id {})", app.identifier, pod.name(), pod.id);
            let failure = Failure::new("An app and a pod have this name", why).kind(FailureKind::Usage);
            Err(failure.hint("Say which by its full name or id."))
        }
        (Err(no_app), Ok(pod)) if is_nothing(&no_app) => Ok(AppOrPod::Pod(pod)),
        (Err(no_app), Err(no_pod)) if is_nothing(&no_app) && is_nothing(&no_pod) => {
            let names: Vec<String> = pods.iter().map(Pod::name).collect();
            let apps = apps.iter().flat_map(|app| [app.short_name(), app.identifier.as_str()]);
            let names = apps.chain(names.iter().map(String::as_str));
            Err(not_found("app or pod", word, names, "`kab apps` and `kab pods` list what there is."))
        }
        (Err(no_app), Err(no_pod)) => Err(if is_nothing(&no_app) { no_pod } else { no_app }),
        (Err(several), Ok(_)) => Err(several),
    }
}

/// The node of that id, hash or name.
pub fn node<'a>(nodes: &'a [Node], word: &str) -> Result<&'a Node, Failure> {
    if let Some(exact) = nodes.iter().find(|node| node.id.as_str() == word || node.hash == word) {
        return Ok(exact);
    }
    let found = named(nodes, word, |node| &node.name);
    one(found, "node", word, |node| format!("{} (id {}, {})", node.name, node.id, node.signature())).unwrap_or_else(
        || {
            Err(not_found(
                "node",
                word,
                nodes.iter().map(|node| node.name.as_str()),
                "`kab nodes` lists what there is.",
            ))
        },
    )
}

/// The repository of that id, name or source.
pub fn repository<'a>(repositories: &'a [Repository], word: &str) -> Result<&'a Repository, Failure> {
    if let Some(exact) = repositories.iter().find(|repository| repository.id.as_str() == word) {
        return Ok(exact);
    }
    // What can be left out when adding one can be left out here.
    let is_meant = |repository: &&Repository| {
        let without_branch = repository.name.rsplit_once(':').map_or("", |(name, _)| name);
        [repository.name.as_str(), &repository.source, without_branch].contains(&word)
    };
    let found: Vec<&Repository> = repositories.iter().filter(is_meant).collect();
    let names = repositories.iter().map(|repository| repository.name.as_str());
    one(found, "repository", word, |repository| format!("{} (id {})", repository.name, repository.id))
        .unwrap_or_else(|| Err(not_found("repository", word, names, "`kab repo` lists what there is.")))
}

/// Those of that name; where there is none, those whose name differs only in capitals.
fn named<'a, T>(all: &'a [T], word: &str, name: impl Fn(&T) -> &str) -> Vec<&'a T> {
    let exact: Vec<&T> = all.iter().filter(|one| name(one) == word).collect();
    if !exact.is_empty() {
        return exact;
    }
    let word = word.to_lowercase();
    all.iter().filter(|one| name(one).to_lowercase() == word).collect()
}

/// The only one found, or the mistake of meaning several; `None` for none.
fn one<T>(mut found: Vec<T>, what: &str, word: &str, describe: impl Fn(T) -> String) -> Option<Result<T, Failure>> {
    if found.len() <= 1 {
        return found.pop().map(Ok);
    }
    let known: Vec<String> = found.into_iter().map(describe).collect();
    let why = format!("`{word}` may mean {}", known.join(" or "));
    let failure = Failure::new(format!("Several {what}s have this name"), why).kind(FailureKind::Usage);
    Some(Err(failure.hint("Say which by its full name or id.")))
}

/// Nothing has that name.
pub fn not_found<'a>(what: &str, word: &str, names: impl Iterator<Item = &'a str>, hint: &str) -> Failure {
    let mut near: Vec<(usize, &str)> = names.filter_map(|name| Some((distance(word, name)?, name))).collect();
    near.sort_unstable();
    near.dedup();
    near.truncate(NEAR);
    let failure = Failure::new(format!("No such {what}"), format!("there is no {what} `{word}`"));
    let failure = failure.kind(FailureKind::NotFound);
    if near.is_empty() {
        return failure.hint(hint);
    }
    let names: Vec<String> = near.into_iter().map(|(_, name)| clean_line(name)).collect();
    failure.hint(format!("Did you mean {}? {hint}", names.join(" or ")))
}

/// Letters to change, add or leave out to make one of the other; `None` where that is too many for a slip.
fn distance(one: &str, other: &str) -> Option<usize> {
    let one: Vec<char> = one.to_lowercase().chars().collect();
    let other: Vec<char> = other.to_lowercase().chars().collect();
    let most = (one.len().max(other.len()) / 3).max(1);
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, rival) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != rival);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::domain::{Liveness, ScanState};

    fn kind<T: std::fmt::Debug>(result: Result<T, Failure>) -> FailureKind {
        result.expect_err("a failure").kind
    }

    #[test]
    fn an_app_is_meant_by_its_identifier_or_by_a_short_name_that_only_one_has() {
        let apps = ["live.kab.demo.greeter", "live.arkitekt.stardist", "org.other.stardist"].map(testing::app);
        assert_eq!(app(&apps, "greeter").map(|app| app.identifier.as_str()), Ok("live.kab.demo.greeter"));
        assert_eq!(app(&apps, "Greeter").map(|app| app.identifier.as_str()), Ok("live.kab.demo.greeter"));
        assert_eq!(app(&apps, "org.other.stardist").map(|app| app.identifier.as_str()), Ok("org.other.stardist"));
        let several = app(&apps, "stardist").expect_err("two of them");
        assert_eq!(several.kind, FailureKind::Usage);
        assert!(several.why.contains("live.arkitekt.stardist or org.other.stardist"), "{several}");
    }

    #[test]
    fn an_unknown_app_is_not_found_and_near_names_are_offered() {
        let apps = ["live.kab.demo.greeter", "live.kab.demo.counter"].map(testing::app);
        let near = app(&apps, "greetter").expect_err("a slip");
        assert_eq!(near.kind, FailureKind::NotFound);
        assert!(near.hint.starts_with("Did you mean greeter?"), "{near}");
        let far = app(&apps, "napari").expect_err("another");
        assert!(!far.hint.contains("Did you mean"), "{far}");
    }

    #[test]
    fn an_engine_is_meant_by_id_name_or_kind_and_one_that_is_online_first() {
        let mut engines = [testing::engine("1", "ws", &[]), testing::engine("2", "hpc", &[])];
        assert_eq!(engine(&engines, "2").map(|engine| engine.name.as_str()), Ok("hpc"));
        assert_eq!(engine(&engines, "ws").map(|engine| engine.id.as_str()), Ok("1"));
        assert_eq!(kind(engine(&engines, "docker")), FailureKind::Usage, "both are of this kind");
        engines[0].liveness = Liveness::Offline { last_seen: None };
        assert_eq!(engine(&engines, "docker").map(|engine| engine.name.as_str()), Ok("hpc"));
        assert_eq!(kind(engine(&engines, "podman")), FailureKind::NotFound);
    }

    #[test]
    fn a_pod_is_meant_by_id_name_or_the_beginning_of_its_container() {
        let pods = [
            testing::pod("1", "greeter", "aaaa1111bbbb"),
            testing::pod("2", "counter", "aaaa2222bbbb"),
            testing::pod("3", "counter", "aaaa2222cccc"),
        ];
        let id = |word| pod(&pods, word).map(|pod| pod.id.as_str());
        assert_eq!(id("3"), Ok("3"));
        assert_eq!(id("greeter-aaaa1111"), Ok("1"));
        assert_eq!(id("aaaa1"), Ok("1"));
        assert_eq!(id("aaaa2222c"), Ok("3"));
        assert_eq!(kind(id("aaaa")), FailureKind::Usage);
        assert_eq!(kind(id("counter-aaaa2222")), FailureKind::Usage, "two share the name");
        assert_eq!(kind(id("aaa")), FailureKind::NotFound, "three letters are too few");
        assert_eq!(kind(id("")), FailureKind::NotFound);
    }

    #[test]
    fn a_word_for_an_app_or_a_pod_means_one_of_both_or_says_what_is_unclear() {
        let apps = ["live.kab.demo.greeter", "org.other.beef"].map(testing::app);
        let pods = [testing::pod("1", "greeter", "aaaa1111bbbb"), testing::pod("2", "greeter", "beef2222bbbb")];
        let meant = |word| app_or_pod(&apps, &pods, word);
        assert_eq!(meant("greeter"), Ok(AppOrPod::App(&apps[0])));
        assert_eq!(meant("greeter-aaaa1111"), Ok(AppOrPod::Pod(&pods[0])));
        assert_eq!((meant("2"), meant("beef2")), (Ok(AppOrPod::Pod(&pods[1])), Ok(AppOrPod::Pod(&pods[1]))));
        assert_eq!(kind(meant("beef")), FailureKind::Usage, "an app, and the beginning of a container");
        assert_eq!(meant("org.other.beef"), Ok(AppOrPod::App(&apps[1])));
        let neither = meant("greeter-aaaa1112").expect_err("nothing");
        assert_eq!((neither.kind, neither.what.as_str()), (FailureKind::NotFound, "No such app or pod"));
        assert!(neither.hint.contains("greeter-aaaa1111"), "{neither}");
    }

    #[test]
    fn a_repository_is_meant_by_id_name_or_source() {
        let repository = |id: &str, name: &str, source: &str| Repository {
            id: id.into(),
            name: name.into(),
            source: source.into(),
            scan: ScanState::Never,
            flavours: 0,
        };
        let all = [
            repository("1", "jhnnsrs/ome:main", "https://github.com/jhnnsrs/ome/tree/main"),
            repository("2", "/apps", "/apps"),
        ];
        let id = |word| super::repository(&all, word).map(|repository| repository.id.as_str());
        assert_eq!((id("jhnnsrs/ome:main"), id("jhnnsrs/ome"), id("2")), (Ok("1"), Ok("1"), Ok("2")));
        assert_eq!((id("/apps"), id("https://github.com/jhnnsrs/ome/tree/main")), (Ok("2"), Ok("1")));
        assert_eq!(kind(id("ome")), FailureKind::NotFound);
    }

    #[test]
    fn a_version_has_to_exist() {
        let app = testing::app("live.kab.demo.greeter");
        assert_eq!(release(&app, None).map(|release| release.version.as_str()), Ok("1.0.0"));
        let missing = release(&app, Some("9")).expect_err("no such version");
        assert_eq!(missing.kind, FailureKind::NotFound);
        assert!(missing.why.ends_with("it has 1.0.0"), "{missing}");
    }
}
