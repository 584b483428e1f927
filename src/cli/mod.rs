//! The command line: one file per verb, one way to print, one exit code per kind of failure.
//!
//! It puts the rooms together and decides nothing that another room decides: what can run where is `compat`'s, what a
//! pod does is the engine's.

mod answer;
mod approve;
mod client;
mod columns;
mod complete;
mod context;
mod contexts;
mod custom;
mod demo;
mod doctor;
mod encode;
mod engine;
mod envelope;
mod journal;
mod keys;
mod limited;
mod login;
mod names;
mod offered;
mod open;
mod output;
mod serve;
mod settings;
mod style;
mod terminal;
mod usage;
mod wanted;
mod whoami;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use tokio_util::task::TaskTracker;

pub use self::client::document::of as document_of;
use self::context::{Begun, Context};
use self::output::{Format, Printer};
use self::terminal::Opening;
use crate::access::{Flags, Variables};
use crate::config::{Folders, Loaded};
use crate::domain::{Failure, FailureKind};
use crate::services::ReadOnly;
use crate::tui::{Network, Start};

/// The Kabinet app store in your terminal.
///
/// Without a verb it opens the terminal program. Where no server is configured it serves its own, over the container
/// engine of this machine.
#[derive(Debug, Parser)]
#[command(name = "kab", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 ok, 1 failed, 2 usage, 3 network, 4 partly done, 5 sign in first, 6 cannot run, \
                        7 not found, 130 interrupted."
)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    /// Begin as if the terminal program had never run, and not where it was left
    #[arg(long)]
    fresh: bool,
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// What every verb takes.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
struct Common {
    /// Folder that holds everything: data, configuration, cache, state; else `KAB_DATA_DIR`
    #[arg(long, global = true, value_name = "DIR", help_heading = "Everywhere")]
    data: Option<PathBuf>,
    /// Which server: a context's name; else `KAB_CONTEXT`, else the one that `kab context use` chose
    #[arg(long, global = true, value_name = "NAME", help_heading = "Everywhere")]
    context: Option<String>,
    /// File with an access token, instead of the context's own; else `KAB_TOKEN`
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    token_file: Option<PathBuf>,
    /// PEM file with more certificate authorities to trust; else `KAB_CA_FILE`
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    ca_file: Option<PathBuf>,
    /// Change nothing on the server; else `KAB_READ_ONLY`
    #[arg(long, global = true, help_heading = "Everywhere")]
    read_only: bool,
    /// Ask no server: show what was kept from an earlier time
    #[arg(long, global = true, help_heading = "Everywhere")]
    offline: bool,
    /// How to print
    #[arg(short, long, global = true, value_name = "FORMAT", value_enum, help_heading = "Everywhere")]
    output: Option<Format>,
    /// The same as -o json
    #[arg(long, global = true, conflicts_with = "output", help_heading = "Everywhere")]
    json: bool,
    /// Print data and errors only
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    quiet: bool,
    /// Give up after so many seconds; what was begun goes on
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds, help_heading = "Everywhere")]
    timeout: Option<Duration>,
    /// Answer every question with yes
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    yes: bool,
    /// Colours: where a terminal shows them, always, or never, or how many; else `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE`
    #[arg(long, global = true, value_name = "WHEN", value_enum, help_heading = "Everywhere")]
    color: Option<style::When>,
    /// Characters for rules, bars and arrows; else `KAB_GLYPHS`
    #[arg(long, global = true, value_name = "SET", value_parser = ["auto", "ascii", "unicode"], help_heading = "Everywhere")]
    glyphs: Option<String>,
    /// The same as `--glyphs ascii`
    #[arg(long, global = true, hide = true, conflicts_with = "glyphs")]
    ascii: bool,
    /// The terminal program in lines instead of a full screen, for screen readers, pipes and terminals that can do no more;
    /// else `KAB_A11Y=1`, and always where `TERM` is dumb
    #[arg(long, global = true, help_heading = "Everywhere")]
    plain: bool,
    /// Write more into kab.log; else `KAB_LOG`
    #[arg(long, global = true, help_heading = "Everywhere")]
    debug: bool,
    /// Fail where a question would be asked
    #[arg(long, global = true, conflicts_with = "yes", help_heading = "Everywhere")]
    no_input: bool,
}

impl Common {
    fn format(&self) -> Format {
        if self.json { Format::Json } else { self.output.unwrap_or(Format::Table) }
    }

    /// What goes over the settings: key, flag, word.
    fn put_over(&self) -> Vec<settings::PutOver> {
        let colours = self.color.map(|when| ("terminal.colours", "--color", when.word().to_owned()));
        let glyphs = self.glyphs.clone().map(|set| ("terminal.glyphs", "--glyphs", set));
        let glyphs = glyphs.or_else(|| self.ascii.then(|| ("terminal.glyphs", "--ascii", "ascii".to_owned())));
        let plain = self.plain.then(|| ("terminal.accessibility", "--plain", "plain".to_owned()));
        colours.into_iter().chain(glyphs).chain(plain).collect()
    }

    fn flags(&self) -> Flags {
        Flags {
            context: self.context.clone(),
            token_file: self.token_file.clone(),
            ca_file: self.ca_file.clone(),
            read_only: self.read_only.then_some(ReadOnly::Flag),
            variables: Variables::All,
        }
    }
}

#[derive(Debug, Subcommand)]
enum Verb {
    #[command(flatten)]
    Client(client::Verb),
    /// Sign in to a deployment elsewhere
    Login(login::Login),
    /// Sign out of a deployment
    Logout,
    /// Say who you are in the chosen context, and where its token is
    Whoami,
    /// List, choose, add, show or remove contexts: servers, and how to get in
    #[command(visible_alias = "ctx", alias = "contexts")]
    Context(contexts::Arguments),
    /// Run the embedded server, or see to the one that runs
    Serve(serve::Arguments),
    /// Run a container backend in this terminal, until Ctrl-C; pods go on running
    Engine(engine::Arguments),
    /// Open the store at an app that runs on every machine, without any network
    Demo(demo::Arguments),
    /// Let in a program that shows a device code
    Approve(approve::Arguments),
    /// Look for what is wrong: this machine, the sign-in, the network, each service and engine
    Doctor(doctor::Arguments),
    /// Open the terminal program at an app, a screen, a pod or a task
    Open(open::Arguments),
    /// Show, check and edit the settings, and say where each came from
    Config(settings::Arguments),
    /// Print what makes the shell complete kab's words at Tab
    Completions(complete::Completions),
    /// Print the manual, or write a page for every command
    Man(complete::Manual),
    /// Show which key asks for what in the terminal program, and check keys.toml
    Keys(keys::Arguments),
    /// Detach and serve (kab starts this by itself)
    #[command(hide = true)]
    ServeDetached,
    /// Keep a process of the process engine (kab starts this by itself)
    #[command(hide = true)]
    EngineShim {
        /// The process's folder.
        folder: PathBuf,
    },
    /// Be a demo app (its container starts this)
    #[command(hide = true)]
    DemoApp {
        /// Which app.
        app: String,
        /// Which flavour.
        flavour: String,
    },
}

impl Verb {
    /// Its name, where it is about this machine's own server and no other.
    fn only_here(&self) -> Option<&'static str> {
        match self {
            Self::Serve(_) => Some("kab serve"),
            Self::Demo(_) => Some("kab demo"),
            Self::Approve(_) => Some("kab approve"),
            _ => None,
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// Runs the command line of this process; the exit code.
pub fn main() -> ExitCode {
    color_eyre::config::HookBuilder::default().display_env_section(false).install().ok();
    // What kab writes is its user's: databases, logs, sockets.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    // The one TLS provider of the program; there is none before.
    rustls::crypto::ring::default_provider().install_default().ok();
    let words: Vec<OsString> = std::env::args_os().collect();
    if let Some(code) = complete::answer(&words) {
        return code;
    }
    let arguments = match parse(&words) {
        Ok(arguments) => arguments,
        Err(error) => return usage::tell(&words, error),
    };
    let printer = Printer::new(arguments.common.format(), arguments.common.quiet)
        .coloured(style::Colours::of(arguments.common.color, |name| std::env::var(name).ok()));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return printer.failure(&Failure::new("Could not start", error.to_string())),
    };
    let result = runtime.block_on(run(arguments, &printer));
    // Work that nobody waits for, such as reading a terminal, must not hold up the end.
    runtime.shutdown_background();
    match result {
        Ok(code) => code,
        Err(failure) => printer.failure(&failure),
    }
}

fn parse(words: &[OsString]) -> Result<Arguments, clap::Error> {
    Arguments::from_arg_matches(&Arguments::command().try_get_matches_from(words)?)
}

async fn run(arguments: Arguments, printer: &Printer) -> Result<ExitCode, Failure> {
    let Arguments { common, fresh, verb } = arguments;
    let start = if fresh { Start::Fresh } else { Start::WhereItWasLeft };
    match verb {
        Some(Verb::EngineShim { folder }) => return shim(&folder).await,
        Some(Verb::DemoApp { app, flavour }) => return demo::app(&app, &flavour).await,
        Some(Verb::Completions(arguments)) => return complete::completions(&arguments),
        Some(Verb::Man(arguments)) => return complete::manual(&arguments),
        _ => {}
    }
    let folders = Folders::find(common.data.as_deref())
        .map_err(|error| Failure::new("Could not find kab's folders", error.to_string()))?;
    if matches!(verb, Some(Verb::ServeDetached)) {
        crate::local::detach(&folders)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(Verb::Config(arguments)) = verb {
        return settings::run(&folders, &common, (arguments, printer));
    }
    let settings = match meant(&folders, &common) {
        Ok(settings) => settings,
        // It tells of this among other things, and looks at the rest by the defaults.
        Err(_) if matches!(verb, Some(Verb::Doctor(_))) => Loaded::of_environment(&folders.config_file()),
        Err(failure) => return Err(failure),
    };
    for warning in &settings.warnings {
        printer.note(&warning.to_string());
    }
    let leaving = TaskTracker::new();
    let context =
        Context { folders, settings, common, printer, leaving, begun: Begun::default(), chosen: OnceLock::new() };
    if let Some(name) = verb.as_ref().and_then(Verb::only_here) {
        context.stay_here(name)?;
    }
    let (verb, at) = match verb {
        Some(Verb::Open(arguments)) => (None, Some(crate::tui::app::destination(&arguments.what)?)),
        verb => (verb, None),
    };
    if context.common.offline
        && let Some(verb) = &verb
    {
        asks_nobody(verb)?;
    }
    match verb {
        None => {
            let network = if context.common.offline { Network::LeftAlone } else { Network::Asked };
            Box::pin(terminal::run(&context, context.chosen()?.clone(), Opening { at, network, start })).await
        }
        Some(Verb::Serve(arguments)) if arguments.serves() => serve::run(&context, arguments).await,
        Some(Verb::Engine(arguments)) if arguments.runs() => engine::run(&context, arguments).await,
        Some(Verb::Demo(arguments)) if !arguments.prepare => demo::open(&context).await,
        // The rest ends when the person or the time limit says so.
        Some(verb) => Box::pin(limited::run(&context, verb)).await,
    }
}

/// Sees to it that a verb can do its work without asking anybody.
fn asks_nobody(verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::Client(verb) if verb.only_looks() => Ok(()),
        Verb::Keys(_) => Ok(()),
        _ => Err(Failure::new("Did nothing", "--offline asks no server, and this needs one")
            .kind(FailureKind::Usage)
            .hint("Leave --offline out. With it: apps, nodes, pods, engines, why, and the list of tasks.")),
    }
}

/// What the person has set.
///
/// # Errors
/// When that cannot be read, or cannot be meant.
fn meant(folders: &Folders, common: &Common) -> Result<Loaded, Failure> {
    let settings = settings::read(folders, common)?;
    serve::wanted(&settings.config.engine)?;
    Ok(settings)
}

async fn shim(folder: &std::path::Path) -> Result<ExitCode, Failure> {
    crate::engine::driver::process::supervise(folder)
        .await
        .map_err(|error| Failure::new("Could not keep the process", format!("{}: {error}", folder.display())))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_wish_can_be_spelled_as_other_verbs_spell_theirs() {
        let parsed = |words: &str| Arguments::try_parse_from(words.split(' ')).map(|it| format!("{:?}", it.verb));
        assert_eq!(parsed("kab keys --print").ok(), parsed("kab keys --print toml").ok());
        assert!(parsed("kab keys --print").is_ok());
        assert!(parsed("kab update --all --wait").is_ok() && parsed("kab update --wait --no-wait").is_err());
    }

    #[test]
    fn without_asking_anybody_lists_are_shown_and_nothing_is_changed() {
        let may = |words: &str| {
            let arguments = Arguments::try_parse_from(words.split(' ')).map_err(|error| error.to_string());
            let arguments = arguments.expect("the words mean something");
            assert!(arguments.common.offline, "{words}");
            asks_nobody(&arguments.verb.expect("a verb")).is_ok()
        };
        for words in
            ["kab --offline pods list star", "kab tasks --offline", "kab why x --offline", "kab engines --offline"]
        {
            assert!(may(words), "{words}");
        }
        for words in [
            "kab install x --offline",
            "kab --offline tasks cancel 5",
            "kab --offline tasks again 5",
            "kab --offline pods forget x",
            "kab --offline engines ask x move",
            "kab --offline login",
        ] {
            assert!(!may(words), "{words}");
        }
    }
}
