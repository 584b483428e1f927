//! What every verb is given: folders, settings, and a way to the server.

use super::Common;
use super::output::Printer;
use crate::config::{Folders, Loaded};
use crate::domain::Failure;
use crate::local::{self, Ready};
use crate::services::Store;

/// The surroundings of a verb.
pub struct Context<'a> {
    /// Where things lie.
    pub folders: Folders,
    /// What the person has set.
    pub settings: Loaded,
    /// What every verb takes.
    pub common: Common,
    /// Where output goes.
    pub printer: &'a Printer,
}

impl Context<'_> {
    /// The running server, started where none runs.
    ///
    /// # Errors
    /// When it cannot be started or does not answer.
    pub async fn ready(&self) -> Result<Ready, Failure> {
        let ready =
            local::ensure(&self.folders, || self.printer.progress("starting the local server in the background")).await;
        self.printer.progress_over();
        let ready = ready?;
        if let Some(note) = &ready.note {
            self.printer.note(note);
        }
        Ok(ready)
    }

    /// A client of the running server.
    ///
    /// # Errors
    /// As [`Self::ready`].
    pub async fn store(&self) -> Result<Store, Failure> {
        Ok(self.ready().await?.store)
    }
}
