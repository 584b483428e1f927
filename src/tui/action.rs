//! Wishes: what a key, a menu or the palette can ask for.

use serde::{Deserialize, Serialize};

use super::log::Reach;
use crate::domain::PodVerb;

/// The six screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Screen {
    /// What needs attention, and where to go on.
    Home,
    /// The catalogue.
    Apps,
    /// The functions that apps provide.
    Nodes,
    /// What runs.
    Pods,
    /// Where it can run.
    Engines,
    /// Work that was asked for.
    Tasks,
}

impl Screen {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 6] = [Self::Home, Self::Apps, Self::Nodes, Self::Pods, Self::Engines, Self::Tasks];

    /// The name on its tab.
    pub fn name(self) -> &'static str {
        match self {
            Self::Home => "Home",
            Self::Apps => "Apps",
            Self::Nodes => "Nodes",
            Self::Pods => "Pods",
            Self::Engines => "Engines",
            Self::Tasks => "Tasks",
        }
    }
}

/// A move of the cursor or of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// One down.
    Down,
    /// One up.
    Up,
    /// To the beginning.
    Top,
    /// To the end.
    Bottom,
    /// Half a page down.
    HalfDown,
    /// Half a page up.
    HalfUp,
    /// A page down.
    PageDown,
    /// A page up.
    PageUp,
}

impl Step {
    /// Whether it goes further than to the next row.
    pub fn is_of_pages(self) -> bool {
        matches!(self, Self::HalfDown | Self::HalfUp | Self::PageDown | Self::PageUp)
    }
}

/// Everything that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Go to a screen.
    Go(Screen),
    /// Go to the screen before this one.
    Previous,
    /// Go to the place before this one.
    HistoryBack,
    /// Go to the place after this one.
    HistoryForward,
    /// Wait for the second key of a go-to.
    Prefix,
    /// Open the palette.
    Palette,
    /// Open the help.
    Help,
    /// Open the list of messages.
    Messages,
    /// Open what requests cost.
    Costs,
    /// Open the pods of all servers.
    AllPods,
    /// Open the list of servers.
    Contexts,
    /// Sign in, or see who one is.
    SignIn,
    /// Ask the server again.
    Refresh,
    /// Paint the whole screen anew.
    Repaint,
    /// Close, clear, or go back, whatever comes first.
    Back,
    /// Close the page, or quit on a screen.
    Close,
    /// Quit.
    Quit,
    /// Ctrl-c: once for what is under way, twice to quit.
    Interrupt,
    /// Move.
    Move(Step),
    /// Type a filter, or a text to find.
    Filter,
    /// The next match.
    NextMatch,
    /// The match before.
    PreviousMatch,
    /// Copy what is chosen.
    Copy,
    /// Open what is chosen.
    Open,
    /// Mark or unmark the row.
    Mark,
    /// Mark all rows that are shown.
    MarkAll,
    /// Bookmark what is chosen, or take the bookmark away.
    Bookmark,
    /// Begin or end marking a range.
    MarkRange,
    /// Show or hide what is hidden.
    Hidden,
    /// The menu of actions.
    Menu,
    /// Why: the table of verdicts, the reason of a failure.
    Explain,
    /// Undo the last reversible action.
    Undo,
    /// Change the order.
    Sort,
    /// Turn the order round.
    Reverse,
    /// Open the facets.
    Facets,
    /// Plan an install.
    Install,
    /// Plan an install with every choice open.
    InstallWith,
    /// The tab before.
    PreviousTab,
    /// The next tab.
    NextTab,
    /// Ask something of a pod.
    Pod(PodVerb),
    /// Update pods to the newest release.
    Update,
    /// Delete the record of a pod whose engine cannot be asked.
    Forget,
    /// Open a shell in a pod.
    Shell,
    /// Open the log.
    Logs,
    /// Open the task that was asked for last.
    Watch,
    /// Take what runs already instead of installing it.
    Use,
    /// Cancel the task.
    Cancel,
    /// Stop connecting.
    StopConnecting,
    /// Ask for the same again.
    Again,
    /// Follow the log's end, or stop following.
    Follow,
    /// Show only matching lines.
    Only,
    /// Wrap long lines or cut them.
    Wrap,
    /// Show time stamps or not.
    Stamps,
    /// Show the log's own colours or not.
    Colours,
    /// JSON as it was sent, on a line, or as a block.
    Objects,
    /// Both streams of a program, or one of them.
    Sources,
    /// Lines around those that a filter shows.
    Context,
    /// Put a mark into the log.
    MarkLine,
    /// Scroll to the left.
    ScrollLeft,
    /// Scroll to the right.
    ScrollRight,
    /// Begin to select lines.
    Select,
    /// Copy what is on the screen.
    CopyScreen,
    /// Save what is held of the log.
    Save,
    /// Open the log in the pager.
    Pager,
    /// Pipe the log to a command.
    Pipe,
    /// Choose how much of the log is asked for.
    Range,
    /// Ask for so much of the log.
    Reach(Reach),
    /// Type how much of the log is asked for.
    OtherReach,
    /// The list beside the log.
    Side,
    /// The next error in the log.
    NextError,
    /// The error before.
    PreviousError,
    /// The next pane.
    NextPane,
    /// The pane before.
    PreviousPane,
    /// Make the pane in focus larger.
    ZoomIn,
    /// Make it smaller.
    ZoomOut,
    /// Narrow, usual or wide columns.
    Widths,
    /// Do what the focused button says.
    Confirm,
    /// Yes.
    Yes,
    /// No.
    No,
    /// Focus the next button.
    NextButton,
    /// Save the logs of what is removed, or let them go.
    KeepLog,
    /// Open another choice of engine or flavour.
    Change,
    /// Copy the command that does the same.
    CopyCommand,
    /// Copy the link that signs in.
    CopyLink,
    /// Show the link as a picture for a camera, or hide it.
    Picture,
}
