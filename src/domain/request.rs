//! A request to a service as it was measured, and what the link to a server is like. Never what was in it.

use std::time::Duration;

use super::Moment;

/// What is pushed within so many milliseconds counts as one piece.
const JOINED: i64 = 5_000;

/// A request that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// When it began.
    pub at: Moment,
    /// Whom it was for: `Kabinet`.
    pub service: String,
    /// What it is called: a GraphQL operation (`Pods`), or method and path (`GET /.well-known/fakts`).
    pub name: String,
    /// From the first byte out to the last one in; nothing for what the server pushed.
    pub took: Duration,
    /// Bytes out.
    pub sent: u64,
    /// Bytes in.
    pub received: u64,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// An answer with this status.
    Answered(u16),
    /// An answer that says what is wrong.
    Refused,
    /// No answer, and why.
    Failed(String),
    /// Nobody waited for the answer any more.
    GivenUp,
    /// The server sent it of its own accord.
    Pushed,
}

impl Request {
    /// Takes in what the server pushed right after it for the same reason; `false`: this is something else. A log that is
    /// followed comes in thousands of pieces, of which nobody wants to read a line each.
    pub fn joins(&mut self, next: &Self) -> bool {
        let is_more = self.outcome == Outcome::Pushed
            && next.outcome == Outcome::Pushed
            && (&self.service, &self.name) == (&next.service, &next.name)
            && (0..JOINED).contains(&(next.at.0 - self.at.0));
        if is_more {
            self.received += next.received;
        }
        is_more
    }
}

impl Outcome {
    /// Whether it is what was hoped for.
    pub fn is_fine(&self) -> bool {
        matches!(self, Self::Answered(101 | 200..=299) | Self::Pushed)
    }

    /// In a word or two.
    pub fn word(&self) -> String {
        match self {
            Self::Answered(status) => status.to_string(),
            Self::Refused => String::from("error in answer"),
            Self::Failed(why) => why.clone(),
            Self::GivenUp => String::from("given up"),
            Self::Pushed => String::from("pushed"),
        }
    }
}

/// What the link to the server can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Speed {
    /// Enough.
    #[default]
    Usual,
    /// Little: less is asked for, more seldom, in smaller pieces.
    Slow,
}
