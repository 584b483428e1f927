//! What every verb is given: folders, settings, a way to the server, and a way to ask the person.

use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio_util::task::TaskTracker;

use super::Common;
use super::output::Printer;
use crate::access::{self, Chosen, Origin};
use crate::cache::Cache;
use crate::config::{Confirm, Folders, Loaded};
use crate::demo::FIRST_APP;
use crate::domain::{App, Engine, Failure, FailureKind, Task, TaskId};
use crate::local::{self, Ready};
use crate::services::Store;
use crate::tui::message::Session;

/// How long the engine of a new server may take to appear before a verb goes on without it.
const SETTLING: Duration = Duration::from_secs(20);

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
    /// What has to be done before the process ends, also when the verb was interrupted.
    pub leaving: TaskTracker,
    /// The tasks that this command has begun.
    pub begun: Begun,
    /// The context that is meant, once somebody has asked.
    pub chosen: OnceLock<Chosen>,
}

/// Tasks that were begun: they go on when the command ends before them.
#[derive(Debug, Default)]
pub struct Begun(Mutex<Vec<(TaskId, Course)>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    GoesOn,
    IsOver,
}

impl Begun {
    /// A task was assigned.
    pub fn add(&self, task: &Task) {
        let course = if task.state.is_done() { Course::IsOver } else { Course::GoesOn };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((task.id.clone(), course));
    }

    /// A task has ended.
    pub fn over(&self, task: &TaskId) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, course) in tasks.iter_mut().filter(|(id, _)| id == task) {
            *course = Course::IsOver;
        }
    }

    /// All of them, also those that have ended.
    pub fn all(&self) -> Vec<TaskId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|(id, _)| id.clone()).collect()
    }

    /// How to see to those that go on; `None` where none does.
    pub fn hint(&self) -> Option<String> {
        let tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let going: Vec<&str> =
            tasks.iter().filter(|(_, course)| *course == Course::GoesOn).map(|(id, _)| id.as_str()).collect();
        match going.as_slice() {
            [] => None,
            [id] => Some(format!("`kab tasks show {id}` says how it goes on, `kab tasks cancel {id}` stops it.")),
            ids => Some(format!(
                "`kab tasks` says how tasks {} go on, `kab tasks cancel {}` stops them.",
                ids.join(", "),
                ids.join(" ")
            )),
        }
    }
}

/// What the person says to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Go on.
    Given,
    /// Do not.
    Refused,
    /// There is nobody to ask.
    NobodyThere,
}

impl Context<'_> {
    /// The context that is meant. What is odd in its file is said once.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn chosen(&self) -> Result<&Chosen, Failure> {
        if let Some(chosen) = self.chosen.get() {
            return Ok(chosen);
        }
        let chosen = access::choose(&self.folders, &self.common.flags())?;
        for warning in &chosen.warnings {
            self.printer.note(&warning.to_string());
        }
        Ok(self.chosen.get_or_init(|| chosen))
    }

    /// Sees to it that a verb about this machine's own server is not meant for another one.
    ///
    /// # Errors
    /// When the flag or the variable chooses another one.
    pub fn stay_here(&self, verb: &str) -> Result<(), Failure> {
        let chosen = self.chosen()?;
        if chosen.is_local() {
            return Ok(());
        }
        let name = &chosen.name;
        if matches!(chosen.origin, Origin::Flag | Origin::Variable) {
            let why = format!("it is about the server of this machine, and the context is {name}");
            return Err(Failure::new(format!("Did not run `{verb}`"), why)
                .kind(FailureKind::Usage)
                .hint("--context local chooses this machine."));
        }
        self.printer.note(&format!("This is about the server of this machine, not about {name}."));
        Ok(())
    }

    /// This machine's own server, started where it does not run.
    ///
    /// # Errors
    /// When it cannot be started or does not answer, or another server is meant.
    pub async fn ready(&self) -> Result<Ready, Failure> {
        let chosen = self.chosen()?;
        if !chosen.is_local() && matches!(chosen.origin, Origin::Flag | Origin::Variable) {
            let why = format!("the context is {}, which is another one", chosen.name);
            return Err(Failure::new("Did not go to this machine's own server", why)
                .kind(FailureKind::Usage)
                .hint("--context local chooses it."));
        }
        let ready =
            local::ensure(&self.folders, || self.printer.progress("starting the local server in the background")).await;
        self.printer.progress_over();
        let ready = ready?;
        if let Some(note) = &ready.note {
            self.printer.note(note);
        }
        Ok(ready)
    }

    /// Asks whether to go on, on standard error. Only `y` and `yes` mean yes.
    pub async fn consent(&self, question: &str) -> Consent {
        if self.common.yes {
            return Consent::Given;
        }
        if !self.can_ask() {
            return Consent::NobodyThere;
        }
        if is_yes(&self.ask(&format!("{question} [y/N]")).await) { Consent::Given } else { Consent::Refused }
    }

    /// As [`Self::consent`]; about what is somebody else's, and in a context that wants it (`confirm = "type-name"`), only
    /// the name itself means yes.
    ///
    /// # Errors
    /// When the context is not known.
    pub async fn consent_by_name(&self, question: &str, name: &str, of_another: bool) -> Result<Consent, Failure> {
        let confirm = self.chosen()?.entry.as_ref().and_then(|entry| entry.confirm);
        let wants_name = of_another || confirm == Some(Confirm::TypeName);
        if !wants_name || self.common.yes || !self.can_ask() {
            return Ok(self.consent(question).await);
        }
        let typed = self.ask(&format!("{question} Type {name} to go on:")).await;
        Ok(if typed.trim() == name { Consent::Given } else { Consent::Refused })
    }

    /// Whether there is somebody to ask.
    pub fn can_ask(&self) -> bool {
        !self.common.no_input && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// What the person types; nothing when the line has no end.
    async fn ask(&self, question: &str) -> String {
        self.printer.ask(question);
        let answer = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            io::stdin().read_line(&mut line).map(|_| line)
        });
        match answer.await {
            // Without a line feed the line on the terminal has no end either.
            Ok(Ok(line)) if line.ends_with('\n') => {
                self.printer.answered();
                line
            }
            _ => String::new(),
        }
    }

    /// Where the lists of the server that is meant are kept, and who and where that is.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn kept(&self) -> Result<(Cache, Session), Failure> {
        Ok(super::terminal::kept(&self.folders, self.chosen()?))
    }

    /// A client of the server that is meant. This machine's own, when it has just been started, gets a moment for its
    /// engine and its catalogue to appear: on a new machine, the first command should see what the second one sees.
    ///
    /// # Errors
    /// When there is no such server, or it does not let us in.
    pub async fn store(&self) -> Result<Store, Failure> {
        let chosen = self.chosen()?;
        let connected = access::connect(&self.folders, chosen, |what| self.printer.progress(what)).await;
        self.printer.progress_over();
        let connected = connected?;
        for note in &connected.notes {
            self.printer.note(note);
        }
        if connected.fresh && self.settings.config.engine.kind.as_deref() != Some("none") {
            self.printer.progress("waiting for the container engine");
            // Without an engine the verb itself says best what is missing.
            tokio::time::timeout(SETTLING, settled(&connected.store)).await.ok();
            self.printer.progress_over();
        }
        Ok(connected.store)
    }
}

/// Waits until an engine is online and the demo is listed: its releases, and the engine.
///
/// # Errors
/// When the server cannot be asked.
pub async fn settled(store: &Store) -> Result<(App, Engine), Failure> {
    let what = "Could not read the catalogue";
    let mut changes = store.changes();
    loop {
        let apps = store.all_apps().await.map_err(|error| error.failure(what))?;
        let engines = store.engines().await.map_err(|error| error.failure(what))?;
        let app = apps.into_iter().find(|app| app.identifier.as_str() == FIRST_APP);
        let engine = engines.into_iter().find(|engine| engine.is_online() && !engine.resources.is_empty());
        if let (Some(app), Some(engine)) = (app, engine) {
            return Ok((app, engine));
        }
        if changes.next().await.is_none() {
            return Err(Failure::new(what, "the server went away").kind(FailureKind::Network));
        }
    }
}

fn is_yes(line: &str) -> bool {
    matches!(line.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::client::testing;
    use crate::domain::TaskState;

    #[test]
    fn only_a_clear_yes_is_one() {
        assert!(["y\n", "Yes", " YES \r\n"].into_iter().all(is_yes));
        assert!(["", "\n", "n", "yeah", "yy"].into_iter().all(|line| !is_yes(line)));
    }

    #[test]
    fn only_what_was_begun_and_goes_on_is_offered_to_be_stopped() {
        let begun = Begun::default();
        assert_eq!(begun.hint(), None);
        begun.add(&testing::task("5", TaskState::Running));
        assert!(begun.hint().is_some_and(|hint| hint.contains("`kab tasks show 5`")));
        begun.add(&testing::task("6", TaskState::Queued));
        assert!(begun.hint().is_some_and(|hint| hint.contains("`kab tasks cancel 5 6`")));
        begun.over(&"5".into());
        begun.over(&"6".into());
        assert_eq!((begun.hint(), begun.all()), (None, vec!["5".into(), "6".into()]));
    }
}
