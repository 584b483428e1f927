//! Names for Tab, from what was kept on disk of an earlier answer. Which argument stands for what is said here by its name,
//! for all verbs at once.

use std::ffi::OsString;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::access::{self, Flags};
use crate::cache::Cache;
use crate::config::{Contexts, Folders, LOCAL};
use crate::domain::{Pod, app_and_version};

/// What is known at Tab.
pub struct Known {
    /// What servers told earlier, in the context that the words mean.
    cache: Cache,
    folders: Folders,
    /// The words, of which the last ones may not be whole.
    words: Vec<OsString>,
}

impl Known {
    /// What is kept of the context that the words mean.
    pub fn of(words: Vec<OsString>) -> Option<Self> {
        let folders = Folders::find(value_of(&words, "--data").map(PathBuf::from).as_deref()).ok()?;
        let context = value_of(&words, "--context").and_then(|name| name.into_string().ok());
        let chosen = access::choose(&folders, &Flags { context, ..Flags::default() }).ok()?;
        Some(Self { cache: super::terminal::kept(&folders, &chosen).0, folders, words })
    }
}

/// Finds names.
pub type Names = fn(&Known) -> Vec<String>;

/// What can be offered for an argument of a verb.
pub fn offer(verb: &str, argument: &str) -> Option<Names> {
    match (verb, argument) {
        ("demo" | "demo-app" | "engine-shim", _) => None,
        ("open", "what") => Some(everything),
        ("update", "words") => Some(apps_and_pods),
        (_, "app" | "apps") => Some(apps),
        (_, "pod" | "pods") => Some(pods),
        (_, "engine") => Some(engines),
        (_, "flavour") => Some(flavours),
        (_, "task" | "tasks") => Some(tasks),
        (_, "node") => Some(nodes),
        ("repo", "repository" | "repositories" | "name") => Some(repositories),
        ("context", "name") | (_, "context") => Some(contexts),
        _ => None,
    }
}

/// The value of a flag among words that are not yet a whole command.
fn value_of(words: &[OsString], flag: &str) -> Option<OsString> {
    let after = words.iter().skip_while(|word| *word != "--");
    let mut words = after.skip(1);
    while let Some(word) = words.next() {
        if word == flag {
            return words.next().cloned();
        }
        let value = word.to_str().and_then(|word| word.strip_prefix(flag)?.strip_prefix('='));
        if let Some(value) = value {
            return Some(value.into());
        }
    }
    None
}

/// As much of a thing as its name needs: reading the rest would take longer than a person waits at Tab.
#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    identifier: String,
}

/// As much of an app as the names of its flavours need.
#[derive(Deserialize)]
struct Offering {
    identifier: String,
    releases: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    version: String,
    flavours: Vec<Named>,
}

fn rows<T: DeserializeOwned>(cache: &Cache, list: &str) -> Vec<T> {
    cache.read(list).map(|kept| kept.value).unwrap_or_default()
}

fn names_of(cache: &Cache, list: &str, name: impl Fn(Named) -> String) -> Vec<String> {
    rows::<Named>(cache, list).into_iter().map(name).collect()
}

fn apps(known: &Known) -> Vec<String> {
    let identifiers = names_of(&known.cache, "apps", |app| app.identifier);
    let short: Vec<String> = identifiers.iter().filter_map(|name| Some(name.rsplit_once('.')?.1.to_owned())).collect();
    short.into_iter().chain(identifiers).collect()
}

/// Those of the app that the words name, of the version that they name; where they name none, those of all apps.
fn flavours(known: &Known) -> Vec<String> {
    let apps: Vec<Offering> = rows(&known.cache, "apps");
    let words = known.words.iter().skip_while(|word| *word != "--").skip(2).filter_map(|word| word.to_str());
    let named = words.map(app_and_version).find_map(|(name, version)| {
        let is_it = |app: &&Offering| app.identifier == name || app.identifier.rsplit('.').next() == Some(name);
        Some((apps.iter().find(is_it)?, version))
    });
    let meant: Vec<&Version> = match named {
        Some((app, Some(version))) => app.releases.iter().filter(|release| release.version == version).collect(),
        Some((app, None)) => app.releases.iter().take(1).collect(),
        None => apps.iter().flat_map(|app| &app.releases).collect(),
    };
    let mut offered: Vec<String> =
        meant.into_iter().flat_map(|release| &release.flavours).map(|flavour| flavour.name.clone()).collect();
    offered.sort();
    offered.dedup();
    offered
}

fn pods(known: &Known) -> Vec<String> {
    rows::<Pod>(&known.cache, "pods").iter().map(Pod::name).collect()
}

fn apps_and_pods(known: &Known) -> Vec<String> {
    apps(known).into_iter().chain(pods(known)).collect()
}

fn engines(known: &Known) -> Vec<String> {
    names_of(&known.cache, "engines", |engine| engine.name)
}

fn nodes(known: &Known) -> Vec<String> {
    names_of(&known.cache, "nodes", |node| node.name)
}

fn tasks(known: &Known) -> Vec<String> {
    names_of(&known.cache, "tasks", |task| task.id)
}

fn repositories(known: &Known) -> Vec<String> {
    names_of(&known.cache, "repositories", |repository| repository.name)
}

fn contexts(known: &Known) -> Vec<String> {
    let known = Contexts::read(&known.folders.contexts_file()).unwrap_or_default();
    known.all.keys().map(ToString::to_string).chain([LOCAL.to_owned()]).collect()
}

fn everything(known: &Known) -> Vec<String> {
    let screens = ["home", "apps", "nodes", "pods", "engines", "tasks"].map(str::to_owned);
    let pods = pods(known).into_iter().map(|name| format!("pod/{name}"));
    screens.into_iter().chain(apps(known)).chain(pods).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn the_words_that_are_completed_choose_folder_and_context() {
        let asked = words(&["kab", "--", "kab", "--data", "/d", "--context=lab", "show"]);
        assert_eq!(value_of(&asked, "--data"), Some("/d".into()));
        assert_eq!(value_of(&asked, "--context"), Some("lab".into()));
        assert_eq!(value_of(&words(&["kab", "--data", "/d"]), "--data"), None);
    }

    #[test]
    fn names_come_from_what_was_kept_and_short_names_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let folders = Folders::find(Some(folder.path())).expect("folders");
        let cache = Cache::new(&folders.cache, LOCAL, LOCAL);
        let app = super::super::client::testing::app("live.kab.demo.greeter");
        let pod = super::super::client::testing::pod("7", "greeter", "abcdef0123");
        cache.write("apps", &vec![app], crate::domain::Moment(0)).expect("written");
        cache.write("pods", &vec![pod.clone()], crate::domain::Moment(0)).expect("written");
        let known = Known { cache, folders, words: Vec::new() };
        assert_eq!(apps(&known), ["greeter", "live.kab.demo.greeter"]);
        assert_eq!(pods(&known), [pod.name()]);
        let updated = offer("update", "words").expect("names to update")(&known);
        assert_eq!(updated, ["greeter".to_owned(), "live.kab.demo.greeter".into(), pod.name()]);
        assert_eq!(contexts(&known), ["local"]);
        assert_eq!(tasks(&known), [""; 0]);
    }

    #[test]
    fn flavours_are_those_of_the_app_that_was_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let folders = Folders::find(Some(folder.path())).expect("folders");
        let cache = Cache::new(&folders.cache, LOCAL, LOCAL);
        let mut apps = ["live.kab.demo.greeter", "live.arkitekt.stardist"].map(super::super::client::testing::app);
        let older = apps[1].releases[0].clone();
        apps[1].releases.push(older);
        for (app, release, name) in [(0, 0, "tiny"), (1, 0, "cpu"), (1, 1, "rocm")] {
            let release = &mut apps[app].releases[release];
            release.flavours.truncate(1);
            release.flavours[0].name = name.into();
        }
        apps[1].releases[1].version = "0.1".into();
        cache.write("apps", &apps, crate::domain::Moment(0)).expect("written");
        let mut known = Known { cache, folders, words: Vec::new() };
        let mut offered = |line: &[&str]| {
            known.words = words(&[&["kab", "--", "kab", "install"], line].concat());
            flavours(&known)
        };
        assert_eq!(offered(&["stardist", "-f", ""]), ["cpu"]);
        assert_eq!(offered(&["-f", "", "live.arkitekt.stardist@0.1"]), ["rocm"]);
        assert_eq!(offered(&["-f", ""]), ["cpu", "rocm", "tiny"]);
    }
}
