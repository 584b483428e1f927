//! A verb that ends by itself, at the person's word, or when its time is over.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use super::context::{Begun, Context};
use super::output::Answer;
use super::{Verb, approve, client, contexts, demo, doctor, keys, login, serve, whoami};
use crate::domain::{Failure, FailureKind};

/// How long the end of a command may hold it up, such as telling an engine that nobody follows a log any more.
const LEAVING: Duration = Duration::from_millis(500);

/// Runs a verb that ends by itself, at the person's word, or when its time is over.
pub(super) async fn run(context: &Context<'_>, verb: Verb) -> Result<ExitCode, Failure> {
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
            Verb::ServeDetached
            | Verb::EngineShim { .. }
            | Verb::DemoApp { .. }
            | Verb::Open(_)
            | Verb::Config(_)
            | Verb::Completions(_)
            | Verb::Man(_) => Answer::nothing(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TaskState;

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
