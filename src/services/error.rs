//! What can go wrong between kab and a server, told apart by what helps.

use std::path::PathBuf;
use std::time::Duration;

use super::tls::CertificateFault;
use crate::domain::{Failure, FailureKind};

/// A result of this room.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a conversation with a server. `service` is the name for people: `Kabinet`, `Rekuest`, `Lok`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No connection, or it broke.
    #[error("{service} cannot be reached: {why}")]
    Network {
        /// Who.
        service: String,
        /// Why, with the address.
        why: String,
        /// Whether the request may have arrived all the same.
        sent: Sent,
    },
    /// There is a server, and it does not prove that it is the right one.
    #[error("{service} cannot be trusted: {address}: {fault}")]
    Certificate {
        /// Who.
        service: String,
        /// Where.
        address: String,
        /// What is wrong.
        fault: CertificateFault,
    },
    /// The file with the site's own certificate authorities is none.
    #[error("{path} cannot be used as a file of certificate authorities: {why}")]
    Authorities {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Changes are switched off on this side; nothing was sent.
    #[error("nothing may be changed here: {0}")]
    ReadOnly(ReadOnly),
    /// No answer in time.
    #[error("{service} did not answer within {} s", .after.as_secs())]
    Deadline {
        /// Who.
        service: String,
        /// How long we waited.
        after: Duration,
    },
    /// An HTTP status that is not success.
    #[error("{service} answered HTTP {status}{}", colon(.why))]
    Status {
        /// Who.
        service: String,
        /// The status.
        status: u16,
        /// What the body said; may be empty.
        why: String,
    },
    /// A web page where data was expected: a wrong address, or a proxy's error page.
    #[error("{service} answered a web page (HTTP {status}) instead of data{}", colon(.title))]
    Page {
        /// Who.
        service: String,
        /// The status.
        status: u16,
        /// The page's title; may be empty.
        title: String,
    },
    /// The token was refused, also after it was renewed.
    #[error("not signed in: {0}")]
    SignIn(String),
    /// Nobody is let in now, and nothing says that the login itself is over: a blocked member may be let in again.
    #[error("not let in: {0}")]
    Barred(String),
    /// There is no such thing, or not for this organisation.
    #[error("{0}")]
    NotFound(String),
    /// The server understood and said no.
    #[error("{0}")]
    Refused(String),
    /// The answer does not have the agreed form.
    #[error("{service} answered something unreadable: {why}")]
    Unreadable {
        /// Who.
        service: String,
        /// What does not fit.
        why: String,
    },
    /// The deployment does not offer the service, or no address of it works.
    #[error("no working address of {service}: {why}")]
    NoAddress {
        /// Who.
        service: String,
        /// What was tried.
        why: String,
    },
    /// The reply to a request was lost, and nothing of it is known at the server.
    #[error("the reply was lost, and the server knows no such task: {0}")]
    Uncertain(String),
    /// Nobody listens behind the engine.
    #[error("the engine {0} is not connected")]
    Offline(String),
    /// The engine does not have the action.
    #[error("the engine {engine} cannot {action}")]
    NoAction {
        /// The engine's name.
        engine: String,
        /// What was wanted, as a verb.
        action: String,
    },
}

/// Which setting switched changes off.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ReadOnly {
    /// `--read-only`.
    Flag,
    /// `KAB_READ_ONLY`.
    Variable,
    /// `read_only` of the context of that name.
    Context(String),
}

impl std::fmt::Display for ReadOnly {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag => formatter.write_str("--read-only was given"),
            Self::Variable => formatter.write_str("KAB_READ_ONLY is set"),
            Self::Context(name) => write!(formatter, "the context {name} is read_only"),
        }
    }
}

/// Whether a request may have reached the server before it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Surely not: there was no connection.
    No,
    /// Perhaps: sending it again may do the work twice.
    Perhaps,
}

fn colon(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

impl Error {
    /// Whether the request may have been carried out although no answer came.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::Network { sent, .. } => *sent == Sent::Perhaps,
            Self::Status { status, .. } | Self::Page { status, .. } => *status >= 500,
            Self::Deadline { .. } | Self::Unreadable { .. } => true,
            _ => false,
        }
    }

    /// Which exit code and colour it has.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Network { .. }
            | Self::Certificate { .. }
            | Self::Deadline { .. }
            | Self::Status { .. }
            | Self::Page { .. }
            | Self::NoAddress { .. }
            | Self::Uncertain(_) => FailureKind::Network,
            Self::SignIn(_) | Self::Barred(_) => FailureKind::SignIn,
            Self::NotFound(_) => FailureKind::NotFound,
            Self::Authorities { .. } => FailureKind::Usage,
            Self::NoAction { .. } => FailureKind::Incompatible,
            Self::Refused(_) | Self::ReadOnly(_) | Self::Unreadable { .. } | Self::Offline(_) => FailureKind::Failed,
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::Network { .. } | Self::Deadline { .. } => "Check the network; `kab doctor` looks for the cause.",
            Self::Status { status: 502..=504, .. } => "The server is starting or overloaded; try again in a moment.",
            Self::Status { .. } | Self::Page { .. } => "Check the address; a proxy may have answered.",
            Self::NoAddress { .. } => "Check the network, or ask the deployment's administrator.",
            Self::Uncertain(_) => "Look at the tasks before you try again: it may still begin.",
            Self::Certificate { fault, .. } => fault.hint(),
            Self::Authorities { .. } => "It has to hold certificates in PEM form.",
            Self::ReadOnly(ReadOnly::Flag) => "Leave the flag out to make changes.",
            Self::ReadOnly(ReadOnly::Variable) => "Unset the variable to make changes.",
            Self::ReadOnly(ReadOnly::Context(_)) => "`read_only` in contexts.toml switches it.",
            Self::SignIn(_) => {
                "`kab login` signs in again; the server of this machine gives new tokens after `kab serve stop`."
            }
            Self::Barred(_) => {
                "Ask the deployment's administrator; the login is kept, and good again when they let you in."
            }
            Self::NotFound(_) => "It may have been removed meanwhile; list again.",
            Self::Offline(_) => "Start it with `kab engine`, or pick another one (`kab engines`).",
            Self::NoAction { .. } => "Pick another engine (`kab engines`), or start kab's own with `kab engine`.",
            Self::Unreadable { .. } => "The server may be newer or older than this kab.",
            Self::Refused(_) => "",
        }
    }

    /// The failure to show; `what` says what was attempted: `Could not list the pods`.
    pub fn failure(&self, what: impl AsRef<str>) -> Failure {
        if let Self::Refused(words) = self
            && let Some(missing) = missing_field(words)
        {
            let why = format!("the server is older than this client (missing '{missing}')");
            return Failure::new(what, why).hint("Everything else works; `kab doctor` says what the server has.");
        }
        Failure::new(what, self.to_string()).kind(self.kind()).hint(self.hint())
    }
}

/// The field that a server does not have, from the words of the usual GraphQL libraries: `Backend.lastSeen`.
fn missing_field(words: &str) -> Option<String> {
    let rest = words.strip_prefix("Cannot query field ").or_else(|| words.strip_prefix("Unknown field "))?;
    let mut quoted = rest.split(['\'', '"']).skip(1).step_by(2);
    let (field, kind) = (quoted.next()?, quoted.next()?);
    Some(format!("{kind}.{field}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_a_server_does_not_have_is_said_to_be_its_age() {
        for words in [
            "Cannot query field 'lastSeen' on type 'Backend'.",
            "Cannot query field 'lastSeen' on type 'Backend'. Did you mean 'lastHeard'?",
            "Unknown field \"lastSeen\" on type \"Backend\".",
        ] {
            let failure = Error::Refused(words.into()).failure("Could not list the engines");
            assert_eq!(failure.why, "the server is older than this client (missing 'Backend.lastSeen')", "{words}");
        }
        let other = Error::Refused("Cannot query".into()).failure("Could not list the engines");
        assert_eq!(other.why, "Cannot query");
    }
}
