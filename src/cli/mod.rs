//! The command line: one file per verb, one way to print, one exit code per kind of failure.
//!
//! It puts the rooms together and decides nothing that another room decides: what can run where is `compat`'s, what a
//! pod does is the engine's.

mod approve;
mod client;
mod columns;
mod context;
mod contexts;
mod demo;
mod doctor;
mod encode;
mod engine;
mod envelope;
mod keys;
mod login;
mod output;
mod serve;
mod terminal;
mod usage;
mod whoami;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::task::TaskTracker;

use self::context::{Begun, Context};
use self::output::{Answer, Format, Printer};
use self::terminal::Opening;
use crate::access::{Flags, Variables};
use crate::config::{Folders, Loaded};
use crate::domain::{Failure, FailureKind};
use crate::services::ReadOnly;
use crate::tui::Network;

/// How long the end of a command may hold it up, such as telling an engine that nobody follows a log any more.
const LEAVING: Duration = Duration::from_millis(500);

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
    /// Fail where a question would be asked
    #[arg(long, global = true, conflicts_with = "yes", help_heading = "Everywhere")]
    no_input: bool,
}

impl Common {
    fn format(&self) -> Format {
        if self.json { Format::Json } else { self.output.unwrap_or(Format::Table) }
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
    let arguments = match parse(&words) {
        Ok(arguments) => arguments,
        Err(error) => return usage::tell(&words, &error),
    };
    let printer = Printer::new(arguments.common.format(), arguments.common.quiet);
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
    let Arguments { common, verb } = arguments;
    match verb {
        Some(Verb::EngineShim { folder }) => return shim(&folder).await,
        Some(Verb::DemoApp { app, flavour }) => return demo::app(&app, &flavour).await,
        _ => {}
    }
    let folders = Folders::find(common.data.as_deref())
        .map_err(|error| Failure::new("Could not find kab's folders", error.to_string()))?;
    if matches!(verb, Some(Verb::ServeDetached)) {
        crate::local::detach(&folders)?;
        return Ok(ExitCode::SUCCESS);
    }
    let settings = match settings(&folders) {
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
    if context.common.offline
        && let Some(verb) = &verb
    {
        asks_nobody(verb)?;
    }
    match verb {
        None => {
            let network = if context.common.offline { Network::LeftAlone } else { Network::Asked };
            terminal::run(&context, context.chosen()?.clone(), Opening { at: None, network }).await
        }
        Some(Verb::Serve(arguments)) if arguments.serves() => serve::run(&context, arguments).await,
        Some(Verb::Engine(arguments)) if arguments.runs() => engine::run(&context, arguments).await,
        Some(Verb::Demo(arguments)) if !arguments.prepare => demo::open(&context).await,
        // The rest ends when the person or the time limit says so.
        Some(verb) => Box::pin(limited(&context, verb)).await,
    }
}

/// Sees to it that a verb can do its work without asking anybody.
fn asks_nobody(verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::Client(verb) if verb.only_looks() => Ok(()),
        _ => Err(Failure::new("Did nothing", "--offline asks no server, and this needs one")
            .kind(FailureKind::Usage)
            .hint("Leave --offline out. With it: apps, nodes, pods, engines, why, and the list of tasks.")),
    }
}

/// What the person has set.
///
/// # Errors
/// When that cannot be read, or cannot be meant.
fn settings(folders: &Folders) -> Result<Loaded, Failure> {
    let settings = Loaded::read(&folders.config_file())
        .map_err(|error| Failure::new("Could not read the settings", error.to_string()).kind(FailureKind::Usage))?;
    serve::wanted(&settings.config.engine)?;
    Ok(settings)
}

/// Runs a verb that ends by itself, at the person's word, or when its time is over.
async fn limited(context: &Context<'_>, verb: Verb) -> Result<ExitCode, Failure> {
    // Following a log has no end of its own: whoever ends it has got what they wanted.
    let follows = matches!(&verb, Verb::Client(verb) if verb.follows());
    // One listener for all of it: a second Ctrl-C must not get lost between two.
    let mut interrupt = signal(SignalKind::interrupt())
        .map_err(|error| Failure::new("Could not listen for Ctrl-C", error.to_string()))?;
    let limit = async {
        match context.common.timeout {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    let work = async {
        let answer = match verb {
            Verb::Client(verb) => Box::pin(client::run(context, verb)).await?,
            Verb::Login(arguments) => login::login(context, arguments).await?,
            Verb::Logout => login::logout(context).await?,
            Verb::Whoami => whoami::run(context).await?,
            Verb::Context(arguments) => contexts::run(context, arguments).await?,
            Verb::Demo(_) => demo::prepare(context).await?,
            Verb::Approve(arguments) => approve::run(context, arguments).await?,
            Verb::Doctor(arguments) => doctor::run(context, arguments).await?,
            Verb::Keys(arguments) => keys::run(context, &arguments),
            Verb::Serve(arguments) => serve::see_to(context, arguments).await?,
            Verb::Engine(_) => client::engines(context, &client::Search::default(), usize::MAX).await?,
            Verb::ServeDetached | Verb::EngineShim { .. } | Verb::DemoApp { .. } => Answer::nothing(),
        };
        context.printer.answer(&answer)
    };
    let done = tokio::select! {
        done = work => done,
        _ = interrupt.recv() => {
            context.printer.interrupted();
            if follows {
                Ok(ExitCode::from(FailureKind::Interrupted.exit_code()))
            } else {
                Err(cut_short("Interrupted", "", &context.begun).kind(FailureKind::Interrupted))
            }
        }
        () = limit => {
            if follows {
                Ok(ExitCode::SUCCESS)
            } else {
                Err(cut_short("Gave up waiting", "the time limit is over", &context.begun))
            }
        }
    };
    context.leaving.close();
    tokio::select! {
        () = context.leaving.wait() => {}
        _ = interrupt.recv() => {}
        () = tokio::time::sleep(LEAVING) => {}
    }
    // What was begun goes on without this command, so programs and people need its id.
    Ok(done.unwrap_or_else(|failure| {
        let tasks = context.begun.all();
        let data = if tasks.is_empty() { Value::Null } else { json!({"tasks": tasks}) };
        context.printer.failure_with(&with_begun(failure, &context.begun), data)
    }))
}

/// A command that ended before its work did.
fn cut_short(what: &str, why: &str, begun: &Begun) -> Failure {
    let goes_on = if begun.hint().is_some() { "what was begun goes on" } else { "" };
    let why: Vec<&str> = [why, goes_on].into_iter().filter(|text| !text.is_empty()).collect();
    Failure::new(what, why.join("; "))
}

/// The failure, with the tasks that go on in its hint.
fn with_begun(failure: Failure, begun: &Begun) -> Failure {
    let Some(begun) = begun.hint() else { return failure };
    let hint = [failure.hint.as_str(), &begun].join(" ");
    failure.hint(hint)
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
    use crate::domain::TaskState;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
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
        for words in ["kab install x --offline", "kab --offline tasks cancel 5", "kab --offline login"] {
            assert!(!may(words), "{words}");
        }
    }

    #[test]
    fn only_what_was_begun_is_said_to_go_on() {
        let begun = Begun::default();
        let nothing = with_begun(cut_short("Gave up waiting", "the time limit is over", &begun), &begun);
        assert_eq!((nothing.why.as_str(), nothing.hint.as_str()), ("the time limit is over", ""));
        begun.add(&client::testing::task("5", TaskState::Running));
        let install = with_begun(cut_short("Interrupted", "", &begun), &begun);
        assert_eq!(install.why, "what was begun goes on");
        assert!(install.hint.starts_with("`kab tasks show 5`"), "{install}");
        let lost = with_begun(Failure::new("a", "b").hint("Look there."), &begun);
        assert!(lost.hint.starts_with("Look there. `kab tasks show 5`"), "{lost}");
    }
}
