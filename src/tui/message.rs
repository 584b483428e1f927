//! Facts: everything that happens, in the order in which it happened.

use crossterm::event::{KeyEvent, MouseEvent};

use super::action::Action;
use super::app::{Errand, Habits};
use super::effect::{List, RepositoryErrand, Ticket};
use super::log::{Burst, Entry};
use super::net::Delivery;
use super::overlays::{ContextRow, SignInStep};
use crate::compat::Offered;
use crate::domain::{
    About, App, Approvals, Engine, EngineId, Failure, Fetching, FlavourId, Inventory, Moment, Node, Offer, Pod, PodId,
    PodUsage, PodVerb, ReleaseId, Repository, Request, Speed, Task, TaskEvent, TaskId,
};

/// Who and where we are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Session {
    /// The context's name: `local`.
    pub context: String,
    /// The organisation.
    pub organisation: String,
    /// The user.
    pub user: String,
    /// The user as services know them, by which their own tasks are found.
    pub subject: String,
    /// The server's address.
    pub url: String,
    /// A word that the person gave the context, such as `PROD`; may be empty.
    pub word: String,
    /// The name of one of the sixteen colours of ANSI that goes with it; may be empty.
    pub colour: String,
    /// What the server has and the account may give.
    pub offered: Offered,
    /// Why nothing may be changed, where that is so: the setting that says it.
    pub read_only: Option<String>,
    /// What has to be done before something is removed.
    pub confirm: Confirm,
}

/// How somebody says that something is really to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Confirm {
    /// With a key.
    #[default]
    Key,
    /// By typing its name.
    TypeName,
}

/// What was kept on disk from an earlier time. Lists that were not kept are absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cached {
    /// Who and where that was.
    pub session: Session,
    /// When the oldest of it was told.
    pub at: Option<Moment>,
    /// Apps.
    pub apps: Option<Vec<App>>,
    /// Nodes.
    pub nodes: Option<Vec<Node>>,
    /// Engines.
    pub engines: Option<Vec<Engine>>,
    /// Pods.
    pub pods: Option<Vec<Pod>>,
    /// Tasks.
    pub tasks: Option<Vec<Task>>,
    /// Repositories.
    pub repositories: Option<Vec<Repository>>,
}

/// A socket that was looked for, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// Where: `/var/run/docker.sock`, or the variable that names it.
    pub place: String,
    /// What was found: `not there`, `permission denied`, `answers: docker 27.1`.
    pub outcome: String,
    /// Whether an engine answers.
    pub answers: bool,
}

/// Where log lines come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogKind {
    /// The engine streams them.
    Live,
    /// The engine tells its newest ones.
    Polled {
        /// Every so many seconds.
        seconds: u64,
    },
    /// A snapshot that the server keeps.
    Snapshot {
        /// When it was taken.
        taken_at: Option<Moment>,
    },
    /// What was kept on this machine when it was looked at last.
    Kept {
        /// When it was like that.
        at: Moment,
    },
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// The time. Comes before what happens at it.
    Time(Moment),
    /// A key.
    Key(KeyEvent),
    /// Letters that were there together while a filter is typed: they are one change of it.
    Letters(Vec<KeyEvent>),
    /// Something that was asked for by its name, as in plain mode.
    Asked(Action),
    /// Pasted text.
    Paste(String),
    /// The terminal has this size now.
    Resize(u16, u16),
    /// Continued after having been stopped: paint anew.
    Resumed,
    /// Something happened to the mouse.
    Mouse(MouseEvent),
    /// The terminal has the focus now.
    FocusGained,
    /// It has it no more.
    FocusLost,
    /// What is being tried to reach the server.
    Connecting(String),
    /// The server answers.
    Connected(Session),
    /// The server cannot be had.
    ConnectFailed(Failure),
    /// The stream of changes broke off; it is being tried again after that time.
    Lost(Failure, std::time::Duration),
    /// Changes of the catalogue are listened to from now on.
    CatalogueHeard,
    /// The stream of changes is back.
    Regained,
    /// What the program was left at in this context.
    Habits(Box<Habits>),
    /// What was kept from an earlier time.
    Cached(Box<Cached>),
    /// Apps that have been read so far; more will come.
    AppsSoFar(Vec<App>),
    /// Nodes that have been read so far; more will come.
    NodesSoFar(Vec<Node>),
    /// Apps.
    Apps(Result<Vec<App>, Failure>),
    /// Nodes.
    Nodes(Result<Vec<Node>, Failure>),
    /// Engines.
    Engines(Result<Vec<Engine>, Failure>),
    /// Pods.
    Pods(Result<Vec<Pod>, Failure>),
    /// Tasks.
    Tasks(Result<Vec<Task>, Failure>),
    /// Repositories.
    Repositories(Result<Vec<Repository>, Failure>),
    /// Sockets that were looked for on this machine.
    Sockets(Vec<Socket>),
    /// What the pods of an engine use.
    Usage(EngineId, Vec<PodUsage>),
    /// It says no more of it, or cannot.
    UsageEnded(EngineId),
    /// A list is not what it was; it has to be fetched again.
    Outdated(List),
    /// A pod is new or different.
    PodChanged(Box<Pod>),
    /// A pod is gone.
    PodGone(PodId),
    /// A task is new or different.
    TaskChanged(Box<Task>),
    /// Something happened to a task.
    TaskHappened(Box<TaskEvent>),
    /// A task with all of its events.
    TaskTold(TaskId, Result<(Task, Vec<TaskEvent>), Failure>),
    /// The reply to something that was asked for by hand was lost: whether it was done is looked up.
    Unsure(Errand),
    /// The answer to an install.
    Installing(Ticket, Result<Box<Task>, Failure>),
    /// The answer to something that was asked of a pod.
    Acted(PodVerb, PodId, Result<Box<Task>, Failure>),
    /// The answer to forgetting a pod's record.
    Forgotten(PodId, Result<(), Failure>),
    /// The answer to something that an engine offers.
    Taken(Ticket, Result<Box<Task>, Failure>),
    /// What an engine offers, the known verbs among it.
    Offers(EngineId, Result<Vec<Offer>, Failure>),
    /// Who approved a release; `None`: the server knows no approvals.
    Approvals(ReleaseId, Result<Option<Approvals>, Failure>),
    /// What an engine would fetch of a flavour's image; `None`: it cannot tell.
    Fetching(FlavourId, EngineId, Result<Option<Fetching>, Failure>),
    /// What the authors of a release say of it.
    About(ReleaseId, Result<About, Failure>),
    /// Which servers there are.
    Contexts(Result<Vec<ContextRow>, Failure>),
    /// Which servers are asked for their pods.
    AllPodsAsked(Ticket, Result<Vec<String>, Failure>),
    /// The pods of one of them.
    PodsOf(Ticket, String, Result<Inventory, Failure>),
    /// Signing in went on.
    SignIn(Ticket, SignInStep),
    /// The answer to a cancel.
    Cancelled(TaskId, Result<(), Failure>),
    /// A repository was added or read.
    RepositoryDone(RepositoryErrand, Result<String, Failure>),
    /// Log lines, oldest first.
    LogLines(Ticket, LogKind, Burst),
    /// Lines that were dropped on the way because they came too fast.
    LogDropped(Ticket, u64),
    /// No lines of a log come at the moment: why, and in how long the next attempt is made; `None`: they come again.
    LogLost(Ticket, Option<(Failure, std::time::Duration)>),
    /// What was bookmarked, where nothing else of an earlier time counts.
    Bookmarks(Vec<String>),
    /// No more lines will come.
    LogEnded(Ticket, Option<Failure>),
    /// Lines of a log that were not in memory, by their numbers.
    LogPage(Ticket, Vec<(u64, Entry)>),
    /// The answer to a question about lines that are not in memory: those that are shown, and those that were found.
    LogScanned(Ticket, u64, [Vec<u64>; 2]),
    /// Lines of a log cannot be kept in a file any more, and why.
    LogUnkept(Ticket, String),
    /// A log was saved, or handed to another program.
    LogDone(Result<String, Failure>),
    /// The file is there already into which the log was to be saved.
    LogFileThere(String),
    /// The clipboard was written to, or why not.
    Copied(String),
    /// The desktop's clipboard did not take a text.
    NotCopied {
        /// The text.
        text: String,
        /// Why.
        why: String,
    },
    /// So many bytes are kept on disk about the context.
    CacheSize(u64),
    /// Something about the server that the person should know.
    Said(String),
    /// The same, to be written down; it need not be seen at once.
    Noted(String),
    /// Requests that have ended, and the smoothed round trip.
    Measured(Vec<Request>, Option<std::time::Duration>),
    /// The link has become slow, or is as usual again.
    Link(Speed),
    /// How the changes of these lists get here from now on.
    Delivers(Vec<List>, Delivery),
}
