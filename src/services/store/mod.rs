//! The store as people see it: apps, nodes, engines, pods, tasks, repositories, and what can be asked of them.
//!
//! Works on every known generation of Kabinet: it finds out what a server has, never asks lists for what may fail, and
//! keeps what could be had.

mod about;
mod approvals;
mod assign;
mod backoff;
mod changes;
mod doubt;
mod engine_log;
mod examine;
mod fetching;
mod gaze;
mod growing;
mod kabinet;
mod listening;
mod logs;
mod offers;
mod page;
mod polls;
mod selectors;
mod snapshots;
mod tasks;
mod usage;
mod watching;
mod work;

use std::sync::Arc;

use tokio::sync::{Notify, OnceCell};

pub use backoff::delay;
pub use changes::{Change, Delivery, Topic};
pub use examine::{Features, Generation, Pushes};
pub use gaze::Gaze;
pub use growing::{Course, Growing};
pub use logs::{FollowKind, LogFollow, LogLost};
pub use page::Page;
pub use tasks::NEWEST_TASKS;
pub use usage::UsageFollow;

use super::{
    Access, Session,
    capabilities::Capabilities,
    error::{Error, Result},
};

/// A signed-in store; cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    session: Session,
    capabilities: Arc<OnceCell<Capabilities>>,
    forms: assign::Forms,
    /// Hears of replies that are lost.
    doubt: Option<Arc<Notify>>,
}

impl Store {
    /// Signs in.
    ///
    /// # Errors
    /// When the deployment cannot be reached or does not let us in.
    pub async fn connect(access: Access) -> Result<Self> {
        Ok(Self::of(Session::connect(access).await?))
    }

    /// The store of a session.
    pub fn of(session: Session) -> Self {
        Self { session, capabilities: Arc::new(OnceCell::new()), forms: assign::Forms::default(), doubt: None }
    }

    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What Kabinet has; asked once. Also proves that the server answers and takes the token.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn check(&self) -> Result<()> {
        self.capabilities().await.map(|_| ())
    }

    /// How many rows of a list were left out when it was read last, because the server could not tell them.
    pub fn left_out(&self, list: &str) -> usize {
        let (client, root) = match list {
            "tasks" => (self.session.rekuest(), "tasks"),
            "apps" => (self.session.kabinet(), "releases"),
            "nodes" => (self.session.kabinet(), "definitions"),
            "engines" => (self.session.kabinet(), "backends"),
            "repositories" => (self.session.kabinet(), "githubRepos"),
            other => (self.session.kabinet(), other),
        };
        client.map_or(0, |client| client.left_out().of(root))
    }

    /// What kab would show and this server does not have, as fields; empty before it was asked.
    pub fn missing(&self) -> Vec<&'static str> {
        self.known_capabilities().map(|has| has.missing()).unwrap_or_default()
    }

    /// What the server has, where it has been asked already.
    fn known_capabilities(&self) -> Option<Capabilities> {
        self.capabilities.get().copied()
    }

    async fn capabilities(&self) -> Result<Capabilities> {
        let kabinet = self.session.kabinet()?;
        self.capabilities.get_or_try_init(|| Capabilities::ask(kabinet)).await.copied()
    }
}
