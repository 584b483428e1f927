//! The verbs of a client. Being written.

use clap::Subcommand;

use super::context::Context;
use super::output::Answer;
use crate::domain::Failure;

/// Verbs of a client.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Being written
    Apps,
}

/// Runs a verb.
#[expect(clippy::unused_async, reason = "being written")]
pub async fn run(_context: &Context<'_>, verb: Verb) -> Result<Answer, Failure> {
    match verb {
        Verb::Apps => Ok(Answer::nothing()),
    }
}
