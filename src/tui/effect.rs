//! Requests to the outside world, as plain values. `update` returns them, `effects` and the loop perform them.

use serde_json::{Map, Value};

use super::app::{Errand, Habits, Mouse};
use super::log::{Entry, Held, Hunt, LogEnd, Reach};
use crate::domain::{Engine, EngineId, FlavourId, Offer, PodId, PodStatus, PodVerb, ReleaseId, RepositoryId, TaskId};

/// Numbers questions, so that an answer to an older one is known as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Ticket(pub u64);

/// What becomes of a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// It stays, and the person is asked.
    Ask,
    /// It is replaced, as the person said.
    Replace,
}

/// A program that gets the terminal for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reader {
    /// What `$PAGER` names.
    Pager,
    /// A command line for the shell.
    Command(String),
}

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
    pub const ALL: [Self; 6] = [Self::Apps, Self::Engines, Self::Pods, Self::Tasks, Self::Nodes, Self::Repositories];

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

/// What holds for the removal of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// How it was when the person said yes: anything else is asked again.
    pub seen: PodStatus,
    /// The file in which its log is saved before; `None`: the log goes, too.
    pub log: Option<String>,
}

/// What is wanted of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepositoryErrand {
    /// It is added, by its name.
    Add(String),
    /// An app is taken from it.
    Use {
        /// Kabinet's id of the app.
        app: String,
        /// What people call the app.
        short: String,
        /// From where.
        repository: RepositoryId,
        /// What people call the repository.
        name: String,
    },
    /// It is read again.
    Scan(RepositoryId),
}

impl RepositoryErrand {
    /// What an error says that it could not do.
    pub fn what_failed(&self) -> String {
        match self {
            Self::Add(name) => format!("Could not add {name}"),
            Self::Use { short, name, .. } => format!("Could not take {short} from {name}"),
            Self::Scan(_) => String::from("Could not read the repository"),
        }
    }
}

/// Something to be done outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Find or start the server, sign in, and listen to changes.
    Connect,
    /// Stop finding and signing in.
    StopConnecting,
    /// Stop waiting for something that was asked for by hand.
    GiveUp(Errand),
    /// Stop reading a list.
    StopReading(List),
    /// Fetch a list, now.
    Fetch(List),
    /// Fetch a list that may have changed, when it is its turn: a busy lab changes it all the time.
    FetchInTurn(List),
    /// Fetch a task with its events.
    FetchTask(TaskId),
    /// Look for the sockets of container engines on this machine.
    Probe,
    /// Have an engine tell what its pods use, until it is left.
    WatchUsage(Box<Engine>),
    /// Stop having it told.
    LeaveUsage(EngineId),
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
        /// What holds where it is removed.
        removal: Option<Removal>,
    },
    /// Delete the record of a pod; its engine is not asked.
    Forget(PodId),
    /// Give the terminal to a command line that talks to the person.
    Shell(String),
    /// Cancel a task.
    Cancel(TaskId),
    /// Interrupt a task that does not answer a cancel.
    Interrupt(TaskId),
    /// Ask what an engine offers.
    Offers(Box<Engine>),
    /// Ask for something that an engine offers.
    TakeOffer {
        /// Which request this is.
        ticket: Ticket,
        /// Of whom.
        engine: Box<Engine>,
        /// What.
        offer: Box<Offer>,
        /// With what, in the wire form.
        values: Map<String, Value>,
    },
    /// Ask who approved a release.
    Approvals(ReleaseId),
    /// Ask an engine what it would fetch of a flavour's image.
    Fetching(FlavourId, Box<Engine>),
    /// Ask what the authors of a release say of it.
    About {
        /// Of what.
        release: ReleaseId,
        /// Where it comes from.
        repository: Option<RepositoryId>,
    },
    /// Read what was kept of that, as nobody can be asked.
    KeptAbout(ReleaseId),
    /// Ask all servers for their pods.
    AllPods(Ticket),
    /// Read which servers there are.
    Contexts,
    /// Keep what the program is left at in this context.
    KeepHabits(Box<Habits>),
    /// Go to another server.
    UseContext(String),
    /// Begin to sign in.
    SignIn(Ticket),
    /// The same over a connection without encryption, as the person said.
    SignInWithoutTls(Ticket),
    /// Stop signing in.
    StopSignIn,
    /// Fetch the newest snapshot of a pod's log, then follow it where the engine can.
    Log {
        /// Which view asks.
        ticket: Ticket,
        /// Whose log.
        pod: PodId,
        /// The engine, when it is online and can be asked to stream.
        engine: Option<Box<Engine>>,
        /// How much of what was before.
        reach: Reach,
    },
    /// Show what was kept of a pod's log, as nobody can be asked.
    KeptLog {
        /// Which view asks.
        ticket: Ticket,
        /// Whose log.
        pod: PodId,
    },
    /// Keep the ends of logs that somebody looked at.
    KeepEnds(Vec<LogEnd>),
    /// Follow what an engine says of itself.
    EngineLog {
        /// Which view asks.
        ticket: Ticket,
        /// Which engine.
        engine: Box<Engine>,
        /// How much of what was before.
        reach: Reach,
    },
    /// Stop following logs, and forget what was kept of them.
    StopLog,
    /// Stop following one log; what was kept of it stays.
    LeaveLog(Ticket),
    /// Keep lines of a log for which there is no room in memory.
    KeepLog {
        /// Which log.
        log: Ticket,
        /// The number of the first one.
        from: u64,
        /// The lines.
        lines: Vec<Entry>,
    },
    /// Read lines that were kept.
    ReadLog {
        /// Which log.
        log: Ticket,
        /// Their numbers, in order.
        numbers: Vec<u64>,
    },
    /// Look through the lines that were kept.
    ScanLog {
        /// Which log.
        log: Ticket,
        /// The number of the question.
        question: u64,
        /// Lines before this one.
        before: u64,
        /// What is asked of them.
        hunt: Hunt,
    },
    /// Save a log to a file.
    SaveLog {
        /// What is held of it.
        held: Box<Held>,
        /// As it was typed.
        path: String,
        /// What becomes of a file that is there.
        over: Over,
    },
    /// Give the terminal to another program that reads a log.
    LendTerminal {
        /// What it reads.
        held: Box<Held>,
        /// The program.
        to: Reader,
    },
    /// Do something with a repository.
    Repository(RepositoryErrand),
    /// Put a text on the clipboard.
    Copy(String),
    /// Copy a text in another way: the usual one did not work.
    CopyOtherwise {
        /// The text.
        text: String,
        /// Why it did not.
        why: String,
    },
    /// Tell somebody who looks elsewhere.
    Notify(String),
    /// Take the mouse, or give it back.
    Mouse(Mouse),
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
    /// A log that is looked at.
    Log(Ticket),
    /// Signing in.
    SignIn,
    /// The pods of all servers.
    AllPods,
    /// What the pods of an engine use.
    Usage(EngineId),
}

impl Effect {
    /// Where it belongs; `None`: it stands for itself.
    pub fn slot(&self) -> Option<Slot> {
        match self {
            Self::Connect => Some(Slot::Connect),
            Self::Fetch(list) | Self::FetchInTurn(list) => Some(Slot::List(*list)),
            Self::FetchTask(_) => Some(Slot::Task),
            Self::Log { ticket, .. } | Self::EngineLog { ticket, .. } => Some(Slot::Log(*ticket)),
            Self::AllPods(_) => Some(Slot::AllPods),
            Self::WatchUsage(engine) => Some(Slot::Usage(engine.id.clone())),
            Self::SignIn(_) | Self::SignInWithoutTls(_) | Self::StopSignIn => Some(Slot::SignIn),
            Self::StopConnecting
            | Self::GiveUp(_)
            | Self::StopReading(_)
            | Self::StopLog
            | Self::LeaveLog(_)
            | Self::KeptLog { .. }
            | Self::KeepEnds(_)
            | Self::KeepLog { .. }
            | Self::ReadLog { .. }
            | Self::ScanLog { .. }
            | Self::SaveLog { .. }
            | Self::LendTerminal { .. }
            | Self::Probe
            | Self::LeaveUsage(_)
            | Self::Install { .. }
            | Self::Act { .. }
            | Self::Forget(_)
            | Self::Shell(_)
            | Self::Cancel(_)
            | Self::Interrupt(_)
            | Self::Offers(_)
            | Self::TakeOffer { .. }
            | Self::Approvals(_)
            | Self::Fetching(..)
            | Self::About { .. }
            | Self::KeptAbout(_)
            | Self::Contexts
            | Self::KeepHabits(_)
            | Self::UseContext(_)
            | Self::Repository(_)
            | Self::Copy(_)
            | Self::CopyOtherwise { .. }
            | Self::Notify(_)
            | Self::Mouse(_)
            | Self::Repaint
            | Self::Quit => None,
        }
    }
}
