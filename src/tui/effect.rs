//! Requests to the outside world, as plain values. `update` returns them, `effects` and the loop perform them.

use crate::domain::{Engine, FlavourId, PodId, PodVerb, RepositoryId, TaskId};

/// Numbers questions, so that an answer to an older one is known as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Ticket(pub u64);

/// The lists that the server keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum List {
    /// Apps with releases and flavours.
    Apps,
    /// Nodes.
    Nodes,
    /// Engines with their facts.
    Engines,
    /// Pods.
    Pods,
    /// Tasks.
    Tasks,
    /// Repositories.
    Repositories,
}

impl List {
    /// All of them, the ones that matter most first.
    pub const ALL: [Self; 6] = [Self::Engines, Self::Pods, Self::Apps, Self::Tasks, Self::Nodes, Self::Repositories];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Apps => "apps",
            Self::Nodes => "nodes",
            Self::Engines => "engines",
            Self::Pods => "pods",
            Self::Tasks => "tasks",
            Self::Repositories => "repositories",
        }
    }
}

/// Something to be done outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Find or start the server, sign in, and listen to changes.
    Connect,
    /// Fetch a list.
    Fetch(List),
    /// Fetch a task with its events.
    FetchTask(TaskId),
    /// Look for the sockets of container engines on this machine.
    Probe,
    /// Install a flavour on an engine.
    Install {
        /// Which request this is.
        ticket: Ticket,
        /// What.
        flavour: FlavourId,
        /// Where.
        engine: Box<Engine>,
    },
    /// Ask something of a pod.
    Act {
        /// What.
        verb: PodVerb,
        /// Of whom.
        pod: PodId,
        /// Where it lives.
        engine: Box<Engine>,
    },
    /// Cancel a task.
    Cancel(TaskId),
    /// Fetch the newest snapshot of a pod's log, then follow it where the engine can.
    Log {
        /// Which view asks.
        ticket: Ticket,
        /// Whose log.
        pod: PodId,
        /// The engine, when it is online and can be asked to stream.
        engine: Option<Box<Engine>>,
    },
    /// Stop following a log.
    StopLog,
    /// Add a repository.
    AddRepository(String),
    /// Read a repository again.
    Scan(RepositoryId),
    /// Put a text on the clipboard.
    Copy(String),
    /// Paint everything anew.
    Repaint,
    /// Leave.
    Quit,
}

/// Effects with the same slot replace one another: the newest wins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The connection.
    Connect,
    /// A list.
    List(List),
    /// The task that is looked at.
    Task,
    /// The log that is looked at.
    Log,
}

impl Effect {
    /// Where it belongs; `None`: it stands for itself.
    pub fn slot(&self) -> Option<Slot> {
        match self {
            Self::Connect => Some(Slot::Connect),
            Self::Fetch(list) => Some(Slot::List(*list)),
            Self::FetchTask(_) => Some(Slot::Task),
            Self::Log { .. } | Self::StopLog => Some(Slot::Log),
            Self::Probe
            | Self::Install { .. }
            | Self::Act { .. }
            | Self::Cancel(_)
            | Self::AddRepository(_)
            | Self::Scan(_)
            | Self::Copy(_)
            | Self::Repaint
            | Self::Quit => None,
        }
    }
}
