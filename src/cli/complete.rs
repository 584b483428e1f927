//! What the shell offers at Tab, and the pages of the manual.
//!
//! Names come from what was kept on disk of an earlier answer: nothing is asked of any server, so Tab is quick and works
//! without a network. Which argument stands for what is said here by its name, for all verbs at once.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Command, CommandFactory as _, ValueEnum};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Arguments as All;
use crate::access::{self, Flags};
use crate::cache::Cache;
use crate::config::{Contexts, Folders, LOCAL};
use crate::domain::{Failure, Pod, clean_line};

/// The variable by which the shell's function asks.
const VARIABLE: &str = "KAB_COMPLETE";
/// Candidates of one kind at most.
const MOST: usize = 2_000;

/// A shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// `kab completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// `kab man`.
#[derive(Debug, Args)]
pub struct Manual {
    /// Write a page for every command into this folder, instead of printing the first one
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Answers the shell, where it is the shell that asks.
pub fn answer(words: &[OsString]) -> Option<ExitCode> {
    std::env::var_os(VARIABLE)?;
    let folder = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(command).var(VARIABLE).bin("kab").completer("kab");
    match asked.try_complete(words.to_vec(), folder.as_deref()) {
        Ok(false) => None,
        Ok(true) => Some(ExitCode::SUCCESS),
        Err(_) => Some(ExitCode::FAILURE),
    }
}

/// Prints what makes the shell ask at Tab.
///
/// # Errors
/// When standard output does not take it.
pub fn completions(arguments: &Completions) -> Result<ExitCode, Failure> {
    let failed = |why: String| Failure::new("Could not print the completions", why);
    let name = match arguments.shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
    };
    let shells = Shells::builtins();
    let shell = shells.completer(name).ok_or_else(|| failed(format!("there are none for {name}")))?;
    let mut script = Vec::new();
    let written = shell.write_registration(VARIABLE, "kab", "kab", "kab", &mut script);
    written.map_err(|error| failed(error.to_string()))?;
    print(&script)
}

/// Prints the manual, or writes it as files.
///
/// # Errors
/// When it cannot be written.
pub fn manual(arguments: &Manual) -> Result<ExitCode, Failure> {
    let failed = |error: io::Error| Failure::new("Could not write the manual", error.to_string());
    // Without the arguments that every verb takes, each page would be two screens longer.
    let command = All::command();
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder).map_err(failed)?;
        clap_mangen::generate_to(command, folder).map_err(failed)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(failed)?;
    print(&page)
}

fn print(text: &[u8]) -> Result<ExitCode, Failure> {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new("Could not print", error.to_string()))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// The command line with what can be offered for its arguments.
pub fn command() -> Command {
    offering(All::command(), "")
}

fn offering(command: Command, verb: &str) -> Command {
    let verb = verb.to_owned();
    let command = command.mut_args(|argument| {
        let name = argument.get_id().as_str().to_owned();
        match offer(&verb, &name) {
            Some(names) => argument.add(ArgValueCompleter::new(move |typed: &OsStr| candidates(names, typed))),
            None => argument,
        }
    });
    command.mut_subcommands(|command| {
        let name = command.get_name().to_owned();
        // What an argument of `context use` means is said by `context`.
        let verb = if verb.is_empty() || verb == "root" { name } else { verb.clone() };
        offering(command, &verb)
    })
}

type Names = fn(&Cache, &Folders) -> Vec<String>;

/// What can be offered for an argument of a verb.
fn offer(verb: &str, argument: &str) -> Option<Names> {
    match (verb, argument) {
        ("demo" | "demo-app" | "engine-shim", _) => None,
        ("open", "what") => Some(everything),
        (_, "app" | "apps") => Some(apps),
        (_, "pod" | "pods") => Some(pods),
        (_, "engine") => Some(engines),
        (_, "task" | "tasks") => Some(tasks),
        (_, "node") => Some(nodes),
        ("repo", "repository" | "repositories" | "name") => Some(repositories),
        ("context", "name") | (_, "context") => Some(contexts),
        _ => None,
    }
}

fn candidates(names: Names, typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let words: Vec<OsString> = std::env::args_os().collect();
    let Some((cache, folders)) = kept(&words) else { return Vec::new() };
    let found = names(&cache, &folders).into_iter().map(|name| clean_line(&name));
    found.filter(|name| name.starts_with(typed.as_ref())).take(MOST).map(CompletionCandidate::new).collect()
}

/// What is kept of the context that the words mean.
fn kept(words: &[OsString]) -> Option<(Cache, Folders)> {
    let folders = Folders::find(value_of(words, "--data").map(PathBuf::from).as_deref()).ok()?;
    let context = value_of(words, "--context").and_then(|name| name.into_string().ok());
    let chosen = access::choose(&folders, &Flags { context, ..Flags::default() }).ok()?;
    Some((super::terminal::kept(&folders, &chosen).0, folders))
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

fn rows<T: DeserializeOwned>(cache: &Cache, list: &str) -> Vec<T> {
    cache.read(list).map(|kept| kept.value).unwrap_or_default()
}

fn names_of(cache: &Cache, list: &str, name: impl Fn(Named) -> String) -> Vec<String> {
    rows::<Named>(cache, list).into_iter().map(name).collect()
}

fn apps(cache: &Cache, _: &Folders) -> Vec<String> {
    let identifiers = names_of(cache, "apps", |app| app.identifier);
    let short: Vec<String> = identifiers.iter().filter_map(|name| Some(name.rsplit_once('.')?.1.to_owned())).collect();
    short.into_iter().chain(identifiers).collect()
}

fn pods(cache: &Cache, _: &Folders) -> Vec<String> {
    rows::<Pod>(cache, "pods").iter().map(Pod::name).collect()
}

fn engines(cache: &Cache, _: &Folders) -> Vec<String> {
    names_of(cache, "engines", |engine| engine.name)
}

fn nodes(cache: &Cache, _: &Folders) -> Vec<String> {
    names_of(cache, "nodes", |node| node.name)
}

fn tasks(cache: &Cache, _: &Folders) -> Vec<String> {
    names_of(cache, "tasks", |task| task.id)
}

fn repositories(cache: &Cache, _: &Folders) -> Vec<String> {
    names_of(cache, "repositories", |repository| repository.name)
}

fn contexts(_: &Cache, folders: &Folders) -> Vec<String> {
    let known = Contexts::read(&folders.contexts_file()).unwrap_or_default();
    known.all.keys().map(ToString::to_string).chain([LOCAL.to_owned()]).collect()
}

fn everything(cache: &Cache, folders: &Folders) -> Vec<String> {
    let screens = ["home", "apps", "nodes", "pods", "engines", "tasks"].map(str::to_owned);
    let pods = pods(cache, folders).into_iter().map(|name| format!("pod/{name}"));
    screens.into_iter().chain(apps(cache, folders)).chain(pods).collect()
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
    fn every_argument_that_names_something_has_something_to_offer() {
        let command = command();
        for (path, argument) in [
            (&["apps", "show"][..], "app"),
            (&["why"], "app"),
            (&["why"], "engine"),
            (&["install"], "app"),
            (&["stop"], "pods"),
            (&["logs"], "pod"),
            (&["pods", "show"], "pod"),
            (&["engines", "show"], "engine"),
            (&["tasks", "cancel"], "tasks"),
            (&["context", "use"], "name"),
            (&["open"], "what"),
            (&["update"], "apps"),
        ] {
            let mut at = &command;
            for name in path {
                at = at.find_subcommand(name).unwrap_or_else(|| panic!("{path:?}"));
            }
            let argument = at.get_arguments().find(|it| it.get_id() == argument).unwrap_or_else(|| panic!("{path:?}"));
            assert!(argument.get::<ArgValueCompleter>().is_some(), "{path:?} {}", argument.get_id());
        }
        let context = command.get_arguments().find(|it| it.get_id() == "context").expect("--context");
        assert!(context.get::<ArgValueCompleter>().is_some());
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
        assert_eq!(apps(&cache, &folders), ["greeter", "live.kab.demo.greeter"]);
        assert_eq!(pods(&cache, &folders), [pod.name()]);
        assert_eq!(contexts(&cache, &folders), ["local"]);
        assert_eq!(tasks(&cache, &folders), [""; 0]);
    }

    #[test]
    fn there_is_a_page_of_the_manual_for_every_verb_and_the_first_has_the_exit_codes() {
        let folder = tempfile::tempdir().expect("a folder");
        manual(&Manual { out: Some(folder.path().to_owned()) }).expect("a manual");
        let first = std::fs::read_to_string(folder.path().join("kab.1")).expect("kab.1");
        assert!(first.contains("7 not found"), "{first}");
        for verb in All::command().get_subcommands() {
            let page = folder.path().join(format!("kab-{}.1", verb.get_name()));
            assert_eq!(page.exists(), !verb.is_hide_set(), "{}", page.display());
        }
    }
}
