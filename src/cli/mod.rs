//! The command line: one file per verb, one way to print, one exit code per kind of failure.
//!
//! It puts the rooms together and decides nothing that another room decides: what can run where is `compat`'s, what a
//! pod does is the engine's.

mod approve;
mod client;
mod columns;
mod context;
mod demo;
mod doctor;
mod engine;
mod output;
mod serve;
mod terminal;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use tokio_util::task::TaskTracker;

use self::context::Context;
use self::output::{Answer, Format, Printer};
use crate::config::{Folders, Loaded};
use crate::domain::{Failure, FailureKind};

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
    /// Never ask; a question counts as answered with no
    #[arg(long, global = true, conflicts_with = "yes", help_heading = "Everywhere")]
    no_input: bool,
}

impl Common {
    fn format(&self) -> Format {
        if self.json { Format::Json } else { self.output.unwrap_or(Format::Table) }
    }
}

#[derive(Debug, Subcommand)]
enum Verb {
    #[command(flatten)]
    Client(client::Verb),
    /// Run the embedded server, or see to the one that runs
    Serve(serve::Arguments),
    /// Run a container backend
    Engine(engine::Arguments),
    /// Open the store at an app that runs on every machine, without any network
    Demo(demo::Arguments),
    /// Let in a program that shows a device code
    Approve(approve::Arguments),
    /// Say what kab finds on this machine
    Doctor(doctor::Arguments),
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
        Err(error) => return usage(&words, &error),
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

/// Says what is wrong with the words, in JSON where they ask for it. Help and version are no errors.
fn usage(words: &[OsString], error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    if !matches!(error.kind(), DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand)
        && let Some(format) = output::format_in(words)
    {
        let text = error.to_string();
        let mut lines = text.lines().map(|line| line.trim_start_matches("error: ").trim());
        // What is missing stands on lines of its own, up to an empty one.
        let why = lines.by_ref().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
        let failure = Failure::new("The command was not understood", why).kind(FailureKind::Usage);
        let hint = lines.find_map(|line| line.strip_prefix("tip: ")).unwrap_or("`kab --help` shows what there is.");
        return Printer::new(format, false).failure(&failure.hint(hint));
    }
    error.print().ok();
    ExitCode::from(if error.use_stderr() { FailureKind::Usage.exit_code() } else { 0 })
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
    let settings = Loaded::read(&folders.config_file())
        .map_err(|error| Failure::new("Could not read the settings", error.to_string()).kind(FailureKind::Usage))?;
    for warning in &settings.warnings {
        printer.note(&warning.to_string());
    }
    let context = Context { folders, settings, common, printer, leaving: TaskTracker::new() };
    match verb {
        None => terminal::run(&context, None).await,
        Some(Verb::Serve(arguments)) => serve::run(&context, arguments).await,
        Some(Verb::Engine(arguments)) => engine::run(&context, arguments).await,
        Some(Verb::Demo(arguments)) if !arguments.prepare => demo::open(&context).await,
        // The rest ends when the person or the time limit says so.
        Some(verb) => limited(&context, verb).await,
    }
}

async fn limited(context: &Context<'_>, verb: Verb) -> Result<ExitCode, Failure> {
    const HINT: &str = "`kab tasks` shows it, `kab tasks cancel ID` stops it.";
    // Following a log has no end of its own: whoever ends it has got what they wanted.
    let follows = matches!(&verb, Verb::Client(verb) if verb.follows());
    let limit = async {
        match context.common.timeout {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    let work = async {
        let answer = match verb {
            Verb::Client(verb) => client::run(context, verb).await?,
            Verb::Demo(_) => demo::prepare(context).await?,
            Verb::Approve(arguments) => approve::run(context, arguments).await?,
            Verb::Doctor(_) => doctor::run(context).await?,
            Verb::Serve(_) | Verb::Engine(_) | Verb::ServeDetached | Verb::EngineShim { .. } | Verb::DemoApp { .. } => {
                Answer::nothing()
            }
        };
        context.printer.answer(&answer)
    };
    let done = tokio::select! {
        done = work => done,
        _ = tokio::signal::ctrl_c() => {
            if follows {
                Ok(ExitCode::from(FailureKind::Interrupted.exit_code()))
            } else {
                let failure = Failure::new("Interrupted", "what was begun goes on");
                Err(failure.kind(FailureKind::Interrupted).hint(HINT))
            }
        }
        () = limit => {
            if follows {
                Ok(ExitCode::SUCCESS)
            } else {
                Err(Failure::new("Gave up waiting", "the time limit is over; what was begun goes on").hint(HINT))
            }
        }
    };
    context.leaving.close();
    context.leaving.wait().await;
    done
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
}
