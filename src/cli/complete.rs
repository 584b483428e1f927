//! What the shell offers at Tab, and the pages of the manual.
//!
//! Names come from what was kept on disk of an earlier answer: nothing is asked of any server, so Tab is quick and works
//! without a network (`names`). Names of several words become one word of the command line: zsh and fish see to that by
//! themselves, Bash is told how.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Command, CommandFactory as _, ValueEnum};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;

use super::Arguments as All;
use super::names::{Known, Names, offer};
use crate::domain::{Failure, clean_line};

/// The variable by which the shell's function asks.
const VARIABLE: &str = "KAB_COMPLETE";
/// Candidates of one kind at most.
const MOST: usize = 2_000;
/// What the script for Bash calls to complete a word, and what it calls instead.
const ASKING: [&str; 2] = ["-F _clap_complete_kab kab", "-F _kab_quoted kab"];
/// Bash puts candidates into the command line as they are. Where no quote is open they are quoted, so that each is one word.
const QUOTED: &str = r#"
_kab_quoted() {
    local at quoted
    _clap_complete_kab "$@"
    [[ ${COMP_WORDS[COMP_CWORD]} == [\"\']* ]] && return
    for at in "${!COMPREPLY[@]}"; do
        if [[ ${COMPREPLY[at]} == *[^[:alnum:]_./:@%+,=-]* ]]; then
            printf -v quoted %q "${COMPREPLY[at]}"
            COMPREPLY[at]=$quoted
        fi
    done
}
"#;

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
    let script = String::from_utf8(script).map_err(|error| failed(error.to_string()))?;
    print(quoting(arguments.shell, script).as_bytes())
}

/// The script, with what Bash needs to be told.
fn quoting(shell: Shell, script: String) -> String {
    match shell {
        Shell::Bash => format!("{QUOTED}{}", script.replace(ASKING[0], ASKING[1])),
        Shell::Zsh | Shell::Fish => script,
    }
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

fn candidates(names: Names, typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = unquoted(&typed.to_string_lossy());
    let Some(known) = Known::of(std::env::args_os().collect()) else { return Vec::new() };
    let found = names(&known).into_iter().map(|name| clean_line(&name));
    found.filter(|name| name.starts_with(&typed)).take(MOST).map(CompletionCandidate::new).collect()
}

/// A word as it is meant: shells hand it on as it was typed.
fn unquoted(typed: &str) -> String {
    typed.trim_start_matches(['"', '\'']).replace('\\', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_argument_that_names_something_has_something_to_offer() {
        let command = command();
        for (path, argument) in [
            (&["apps", "show"][..], "app"),
            (&["why"], "app"),
            (&["why"], "engine"),
            (&["install"], "app"),
            (&["install"], "flavour"),
            (&["stop"], "pods"),
            (&["logs"], "pod"),
            (&["pods", "show"], "pod"),
            (&["engines", "show"], "engine"),
            (&["tasks", "cancel"], "tasks"),
            (&["tasks", "again"], "tasks"),
            (&["pods", "forget"], "pods"),
            (&["engines", "actions"], "engine"),
            (&["engines", "ask"], "engine"),
            (&["context", "use"], "name"),
            (&["open"], "what"),
            (&["update"], "words"),
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
    fn a_word_is_completed_however_its_blanks_are_quoted() {
        for typed in ["Demo pro", "Demo\\ pro", "\"Demo pro", "'Demo pro"] {
            assert_eq!(unquoted(typed), "Demo pro");
        }
        let script = |shell| quoting(shell, format!("complete {}\n", ASKING[0]));
        assert!(script(Shell::Bash).ends_with("complete -F _kab_quoted kab\n"), "{}", script(Shell::Bash));
        assert_eq!(script(Shell::Zsh), "complete -F _clap_complete_kab kab\n");
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
