//! The Rekuest agent runtime: it registers what a program offers, takes work over the agent socket, and reports on it.
//!
//! It serves kab's container backend and the demo apps. Heartbeats are answered by a task that work never blocks; the
//! last word on a task is kept until the server has it; a lost socket is found again with the same session. Child work,
//! states and locks of the protocol are left out: nobody here needs them.
//!
//! ```no_run
//! # use kab::{agent, domain::PortKind, services::Session};
//! # use tokio_util::sync::CancellationToken;
//! # async fn example(session: Session, shutdown: CancellationToken) -> Result<(), agent::Error> {
//! let greet = agent::Definition::function("greet", "Greets somebody")
//!     .arg(agent::PortSpec::new("name", PortKind::String))
//!     .returns(agent::PortSpec::new("return0", PortKind::String));
//! let greet = agent::Implementation::new(greet, |task: agent::Assigned, reporter: agent::Reporter, _cancel| async move {
//!     let name = task.args["name"].as_str().ok_or_else(|| agent::TaskError::failed("`name` is missing"))?.to_owned();
//!     reporter.progress(50, "Thinking");
//!     reporter.yield_result(serde_json::json!({ "return0": format!("Hello, {name}!") })).await;
//!     Ok(())
//! });
//! agent::run(agent::Options::new("greeter", session, vec![greet]), shutdown).await
//! # }
//! ```

mod acquaintance;
mod backoff;
mod connection;
mod definition;
mod desk;
mod ending;
mod frames;
mod kept;
mod line;
mod mailbox;
mod passing;
mod quiet;
mod registration;
mod reporter;
mod run;
mod settling;
mod shelf;
mod standing;
mod throttle;

#[cfg(test)]
mod later_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trouble_tests;

use std::{future::Future, path::PathBuf, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub use acquaintance::Acquaintance;
pub use backoff::{backoff, slowly, spread};
pub use definition::{Definition, Implementation, PortSpec, structure};
pub use frames::{Assigned, Level};
pub use passing::passes;
pub use quiet::Quiet;
#[cfg(test)]
pub use registration::declaration;
pub use reporter::Reporter;
pub use run::{run, sign_in, wait_after};

use crate::{
    domain::{Failure, FailureKind},
    services,
};

/// What an agent is made of.
#[derive(Clone)]
pub struct Options {
    /// What people call it.
    pub name: String,
    /// The signed-in client; see [`sign_in`].
    pub session: services::Session,
    /// What it offers.
    pub implementations: Vec<Implementation>,
    /// Where last words that the server has not confirmed are kept over restarts; `None`: in memory only.
    pub state_dir: Option<PathBuf>,
    /// What becomes of tasks that an earlier process left open. `None`: they are reported as lost.
    pub settle: Option<Arc<dyn Settle>>,
    /// Told of every change of the connection.
    pub watch: Option<tokio::sync::watch::Sender<Connection>>,
    /// What to do when another process is connected as this agent.
    pub takeover: Takeover,
    /// After so long without a connection, and without work at hand, the agent ends with [`Error::Away`], so that
    /// addresses and registrations can be looked up anew. `None`: never.
    pub give_up_after: Option<Duration>,
    /// Whether the server has let this program in before; it is told here when it does.
    pub acquaintance: Acquaintance,
}

/// What to do when another process is connected as this agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Takeover {
    /// Wait until it is gone.
    #[default]
    Ask,
    /// Take its place.
    Force,
}

impl Options {
    /// An agent without memory over restarts.
    pub fn new(name: impl Into<String>, session: services::Session, implementations: Vec<Implementation>) -> Self {
        Self {
            name: name.into(),
            session,
            implementations,
            state_dir: None,
            settle: None,
            watch: None,
            takeover: Takeover::Ask,
            give_up_after: None,
            acquaintance: Acquaintance::default(),
        }
    }
}

/// A way into a deployment, which can be gone again and again: addresses and logins change in the course of months.
pub trait Door: Send + Sync {
    /// Signs in.
    fn enter(&self) -> BoxFuture<'_, services::Result<services::Session>>;
}

impl Door for services::Access {
    fn enter(&self) -> BoxFuture<'_, services::Result<services::Session>> {
        services::Session::connect(self.clone()).boxed()
    }
}

/// How the agent is connected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Connection {
    /// Not yet.
    #[default]
    Connecting,
    /// Registered and listening.
    Online {
        /// Rekuest's id of the agent.
        agent: String,
    },
    /// Lost; it is being looked for.
    Lost {
        /// Why.
        why: String,
    },
}

/// The code of an action.
pub trait Handler: Send + Sync {
    /// Does the work. When `cancel` fires it should undo what it did and return [`TaskError::Cancelled`].
    fn call(
        &self,
        task: Assigned,
        reporter: Reporter,
        cancel: CancellationToken,
    ) -> BoxFuture<'static, Result<(), TaskError>>;
}

impl<F, W> Handler for F
where
    F: Fn(Assigned, Reporter, CancellationToken) -> W + Send + Sync,
    W: Future<Output = Result<(), TaskError>> + Send + 'static,
{
    fn call(
        &self,
        task: Assigned,
        reporter: Reporter,
        cancel: CancellationToken,
    ) -> BoxFuture<'static, Result<(), TaskError>> {
        self(task, reporter, cancel).boxed()
    }
}

/// Why a task ended without success.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// Bad input, or refused with a reason.
    #[error("{0}")]
    Failed(String),
    /// Something broke.
    #[error("{0}")]
    Critical(String),
    /// It ended because that was asked, and nothing of it is left.
    #[error("cancelled")]
    Cancelled,
}

impl TaskError {
    /// Bad input, or refused with a reason.
    pub fn failed(why: impl Into<String>) -> Self {
        Self::Failed(why.into())
    }

    /// Something broke.
    pub fn critical(why: impl std::fmt::Display) -> Self {
        Self::Critical(why.to_string())
    }
}

impl From<Failure> for TaskError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure.to_string())
    }
}

/// Decides about tasks that an earlier process left open.
pub trait Settle: Send + Sync {
    /// What has become of it.
    fn settle(&self, task: OldTask) -> BoxFuture<'static, Settled>;
}

impl<F, W> Settle for F
where
    F: Fn(OldTask) -> W + Send + Sync,
    W: Future<Output = Settled> + Send + 'static,
{
    fn settle(&self, task: OldTask) -> BoxFuture<'static, Settled> {
        self(task).boxed()
    }
}

/// A task that an earlier process left open.
#[derive(Debug, Clone, PartialEq)]
pub struct OldTask {
    /// Rekuest's id.
    pub task: String,
    /// Which implementation; `None` where it is offered no more.
    pub interface: Option<String>,
    /// By port key.
    pub args: Value,
    /// Whether somebody wants it ended.
    pub wanted: Wanted,
}

/// Whether somebody still wants a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Yes.
    Still,
    /// Its end was asked for.
    NoMore,
}

/// What has become of an old task.
#[derive(Debug, Clone, PartialEq)]
pub enum Settled {
    /// It had its effect; the result, by port key.
    Completed(Option<Value>),
    /// It had none, or a broken one; why.
    Lost(String),
    /// Its effect was undone because that was asked.
    Cancelled,
}

/// Why an agent ended for good.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The credentials are not accepted, or the deployment does not offer what is needed.
    #[error(transparent)]
    Services(#[from] services::Error),
    /// The server asked it to leave.
    #[error("the server asked this agent to leave{}", .0.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    Kicked(Option<String>),
    /// The server does not let it in.
    #[error("this agent is blocked on the server")]
    Blocked,
    /// Another process registered with the same identity.
    #[error("another process has taken this agent's place")]
    Displaced,
    /// There was no connection for a long time.
    #[error("the server could not be reached for a long time")]
    Away,
}

impl Error {
    /// The failure to show.
    pub fn failure(&self, what: impl AsRef<str>) -> Failure {
        let unwelcome = || Failure::new(what.as_ref(), self.to_string()).kind(FailureKind::SignIn);
        match self {
            Self::Services(error) => error.failure(what),
            // Whoever starts it again at once goes against somebody's will; a supervisor knows it by the exit code.
            Self::Kicked(_) => unwelcome().hint("Start it again when it is welcome."),
            Self::Blocked => unwelcome().hint("Somebody has to unblock it on the server."),
            Self::Displaced => unwelcome().hint("Only one process may run with the same credentials."),
            Self::Away => Failure::new(what, self.to_string()).kind(FailureKind::Network),
        }
    }
}
