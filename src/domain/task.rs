//! Tasks: work that was asked of an engine or an app.

use serde::{Deserialize, Serialize};

use super::{AgentId, EventId, ImplementationId, Moment, Phase, PodId, PodVerb, PullProgress, TaskId, Values};

/// A piece of work, as Rekuest keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Rekuest's id.
    pub id: TaskId,
    /// The caller's own id of it.
    pub reference: Option<String>,
    /// What kind of work, known by the action's ports and name.
    pub kind: TaskKind,
    /// The action's name for people: `Deploy Flavour`.
    pub action: String,
    /// The agent that does it.
    pub agent: Option<AgentId>,
    /// OAuth client id of that agent, which joins it to an engine.
    pub client_id: Option<String>,
    /// Which of the agent's actions.
    pub implementation: Option<ImplementationId>,
    /// How far it is.
    pub state: TaskState,
    /// 0 to 100; `None` where not told.
    pub progress: Option<u8>,
    /// The newest message.
    pub message: Option<String>,
    /// What it acts on: `@kabinet/flavour:17`.
    pub acted_on: Vec<String>,
    /// The pod that it made or acted on.
    pub pod: Option<PodId>,
    /// When it was asked.
    pub created_at: Option<Moment>,
    /// When it ended.
    pub finished_at: Option<Moment>,
    /// Who asked for it; `None` where the server does not tell.
    #[serde(default)]
    pub by: Option<Asker>,
    /// What it was given; known of those that were looked at alone.
    #[serde(default)]
    pub arguments: Values,
}

/// Who asked for a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// The user, as tokens name them.
    pub subject: String,
}

impl Task {
    /// The id behind `@kabinet/flavour:` and the like among the things acted on.
    pub fn acts_on(&self, identifier: &str) -> Option<&str> {
        self.acted_on.iter().find_map(|thing| thing.strip_prefix(identifier)?.strip_prefix(':'))
    }

    /// The phase of an install that its newest message speaks of.
    pub fn phase(&self) -> Option<Phase> {
        Phase::of_message(self.message.as_deref()?)
    }

    /// How much of the step that it is in is done, and of how much: bytes of a pull whose layers all tell their size, or
    /// the hundredths that another program tells. The other phases of an install have no end that anybody could know.
    pub fn portion(&self) -> Option<(u64, u64)> {
        match self.phase() {
            Some(Phase::Pull) => match PullProgress::parse(self.message.as_deref()?)?.bytes() {
                (current, Some(total)) => Some((current, total)),
                (_, None) => None,
            },
            Some(_) => None,
            None => self.progress.map(|percent| (u64::from(percent.min(100)), 100)),
        }
    }

    /// The same in percent, rounded down.
    pub fn percent(&self) -> Option<u64> {
        self.portion().and_then(percent)
    }

    /// Takes an event in: state, progress, message. Progress never goes backwards.
    pub fn apply(&mut self, event: &TaskEvent) {
        if let Some(message) = &event.message {
            self.message = Some(message.clone());
        }
        if let Some(progress) = event.progress {
            self.progress = Some(self.progress.unwrap_or(0).max(progress));
        }
        if let Some(pod) = &event.pod {
            self.pod = Some(pod.clone());
        }
        if !self.state.is_done()
            && let Some(state) = event.kind.state()
        {
            self.state = state;
            if self.state.is_done() {
                self.finished_at = Some(event.at);
            }
        }
    }
}

/// A part of a whole in percent, rounded down.
pub fn percent((part, whole): (u64, u64)) -> Option<u64> {
    part.min(whole).saturating_mul(100).checked_div(whole)
}

/// What kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Installs a flavour, a release, or what provides a node.
    Install,
    /// Starts a pod.
    Start,
    /// Stops a pod.
    Stop,
    /// Restarts a pod.
    Restart,
    /// Removes a pod.
    Remove,
    /// Fetches or follows a log.
    Logs,
    /// Asks what an install would fetch.
    Fetching,
    /// Measures what pods use.
    Measuring,
    /// Anything else.
    Other,
}

impl TaskKind {
    /// Whether it only reads something that somebody looks at: nobody asked for it by name, and lists leave it out.
    pub fn is_reading(self) -> bool {
        matches!(self, Self::Logs | Self::Fetching | Self::Measuring)
    }

    /// What was asked of a pod; `None`: it is about no pod, or only looked at it.
    pub fn pod_verb(self) -> Option<PodVerb> {
        match self {
            Self::Start => Some(PodVerb::Start),
            Self::Stop => Some(PodVerb::Stop),
            Self::Restart => Some(PodVerb::Restart),
            Self::Remove => Some(PodVerb::Remove),
            Self::Install | Self::Logs | Self::Fetching | Self::Measuring | Self::Other => None,
        }
    }

    /// What is done, before the name of the thing: `install`, `read the log of`. `None`: nobody but the action knows.
    pub fn verb(self) -> Option<&'static str> {
        Some(match self {
            Self::Install => "install",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Remove => "remove",
            Self::Logs => "read the log of",
            Self::Fetching => "look up what to fetch for",
            Self::Measuring | Self::Other => return None,
        })
    }
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskState {
    /// Waits for its agent.
    Queued,
    /// Is worked on.
    Running,
    /// Was asked to end; not confirmed yet.
    Cancelling,
    /// Ended at somebody's wish.
    Cancelled,
    /// Ended well.
    Done,
    /// Ended badly.
    Failed,
    /// The agent was lost; the outcome is unknown, and may still come.
    Disconnected,
}

impl TaskState {
    /// Whether nothing more will come.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Cancelled | Self::Done | Self::Failed)
    }

    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Cancelling => "CANCELLING",
            Self::Cancelled => "CANCELLED",
            Self::Done => "DONE",
            Self::Failed => "FAILED",
            Self::Disconnected => "UNKNOWN",
        }
    }
}

/// Something that happened to a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskEvent {
    /// Rekuest's id; grows.
    pub id: EventId,
    /// The task.
    pub task: TaskId,
    /// What happened.
    pub kind: TaskEventKind,
    /// In words.
    pub message: Option<String>,
    /// 0 to 100.
    pub progress: Option<u8>,
    /// The pod of a yield.
    pub pod: Option<PodId>,
    /// The lines of a log yield.
    pub lines: Vec<String>,
    /// What was returned, where it is no log.
    #[serde(default)]
    pub returns: Values,
    /// When.
    pub at: Moment,
}

macro_rules! event_kinds {
    ($($variant:ident $name:literal $state:expr),* $(,)?) => {
        /// Rekuest's task event kinds.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum TaskEventKind {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
            /// A kind that this program does not know, as written.
            Other(String),
        }

        impl TaskEventKind {
            /// The name on the wire.
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(name) => name,
                }
            }

            /// The state that a task is in after it; `None` when it changes none.
            pub fn state(&self) -> Option<TaskState> {
                match self {
                    $(Self::$variant => $state,)*
                    Self::Other(_) => None,
                }
            }
        }

        impl From<String> for TaskEventKind {
            fn from(name: String) -> Self {
                match name.as_str() {
                    $($name => Self::$variant,)*
                    _ => Self::Other(name),
                }
            }
        }

        impl From<TaskEventKind> for String {
            fn from(kind: TaskEventKind) -> Self {
                kind.name().to_owned()
            }
        }
    };
}

event_kinds! {
    Bound "BOUND" Some(TaskState::Queued),
    Queued "QUEUED" Some(TaskState::Queued),
    Started "STARTED" Some(TaskState::Running),
    Progress "PROGRESS" None,
    Delegate "DELEGATE" None,
    Disconnected "DISCONNECTED" Some(TaskState::Disconnected),
    Yield "YIELD" None,
    Completed "COMPLETED" Some(TaskState::Done),
    Log "LOG" None,
    Cancelling "CANCELLING" Some(TaskState::Cancelling),
    Cancelled "CANCELLED" Some(TaskState::Cancelled),
    Interrupting "INTERRUPTING" Some(TaskState::Cancelling),
    Interrupted "INTERRUPTED" Some(TaskState::Cancelled),
    Pausing "PAUSING" None,
    Paused "PAUSED" None,
    Resuming "RESUMING" None,
    Resumed "RESUMED" None,
    Failed "FAILED" Some(TaskState::Failed),
    Critical "CRITICAL" Some(TaskState::Failed),
}
