//! The table itself.

use crossterm::event::KeyCode;

use super::{Binding, Key, Place};
use crate::domain::PodVerb;
use crate::tui::action::{Action, Screen, Step};

const fn plain(character: char) -> Key {
    Key { code: KeyCode::Char(character), ctrl: false }
}

const fn ctrl(character: char) -> Key {
    Key { code: KeyCode::Char(character), ctrl: true }
}

const fn named(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

const fn on(place: Place, keys: &'static [Key], action: Action, text: &'static str) -> Binding {
    Binding { place, keys, action, text, hint: "" }
}

const fn hinted(
    place: Place,
    keys: &'static [Key],
    action: Action,
    (text, hint): (&'static str, &'static str),
) -> Binding {
    Binding { place, keys, action, text, hint }
}

const ENTER: &[Key] = &[named(KeyCode::Enter)];
const ESCAPE: &[Key] = &[named(KeyCode::Esc)];
const HELP: &[Key] = &[plain('?')];

/// All keys. Within a place, the order is that of the hint line.
pub const BINDINGS: &[Binding] = &[
    on(Place::Everywhere, &[plain('1')], Action::Go(Screen::Home), "Home"),
    on(Place::Everywhere, &[plain('2')], Action::Go(Screen::Apps), "Apps"),
    on(Place::Everywhere, &[plain('3')], Action::Go(Screen::Nodes), "Nodes"),
    on(Place::Everywhere, &[plain('4')], Action::Go(Screen::Pods), "Pods"),
    on(Place::Everywhere, &[plain('5')], Action::Go(Screen::Engines), "Engines"),
    on(Place::Everywhere, &[plain('6')], Action::Go(Screen::Tasks), "Tasks"),
    on(Place::Everywhere, &[plain('g')], Action::Prefix, "Go to: the next key says where"),
    on(Place::Everywhere, &[plain('-')], Action::Previous, "The screen before this one"),
    on(Place::Everywhere, &[plain('H')], Action::HistoryBack, "History back: the place before, with its page and tab"),
    on(Place::Everywhere, &[plain('L')], Action::HistoryForward, "History forward, after ⟨history-back⟩"),
    on(Place::Everywhere, &[plain(':'), ctrl('p')], Action::Palette, "Palette: screens, commands, apps, pods"),
    on(Place::Everywhere, &[plain('@')], Action::Messages, "Messages, and the last requests"),
    on(Place::Everywhere, &[plain('C')], Action::Contexts, "Servers: go to another one"),
    on(Place::Everywhere, &[plain('S')], Action::SignIn, "Sign in, or who I am"),
    on(Place::Everywhere, &[plain('R'), ctrl('r')], Action::Refresh, "Ask the server again"),
    on(Place::Everywhere, &[ctrl('l')], Action::Repaint, "Repaint the screen"),
    on(
        Place::Everywhere,
        ESCAPE,
        Action::Back,
        "Dismiss, stop waiting, clear marks, clear filter, go back, in this order",
    ),
    on(Place::Everywhere, &[plain('q')], Action::Close, "Close the page; on a screen quit"),
    on(Place::Everywhere, &[plain('Q')], Action::Quit, "Quit; tasks go on at the server"),
    on(Place::Everywhere, &[ctrl('c')], Action::Interrupt, "Stop waiting; twice within two seconds: quit"),
    hinted(Place::Everywhere, HELP, Action::Help, ("Help for this screen", "help")),
    // After g.
    hinted(Place::GoTo, &[plain('g')], Action::Move(Step::Top), ("Top", "top")),
    hinted(Place::GoTo, &[plain('h')], Action::Go(Screen::Home), ("Home", "home")),
    hinted(Place::GoTo, &[plain('a')], Action::Go(Screen::Apps), ("Apps", "apps")),
    hinted(Place::GoTo, &[plain('n')], Action::Go(Screen::Nodes), ("Nodes", "nodes")),
    hinted(Place::GoTo, &[plain('p')], Action::Go(Screen::Pods), ("Pods", "pods")),
    hinted(Place::GoTo, &[plain('e')], Action::Go(Screen::Engines), ("Engines", "engines")),
    hinted(Place::GoTo, &[plain('t')], Action::Go(Screen::Tasks), ("Tasks", "tasks")),
    // Moving.
    on(Place::Moving, &[plain('j'), named(KeyCode::Down)], Action::Move(Step::Down), "Down"),
    on(Place::Moving, &[plain('k'), named(KeyCode::Up)], Action::Move(Step::Up), "Up"),
    on(Place::Moving, &[plain('G'), named(KeyCode::End)], Action::Move(Step::Bottom), "Bottom"),
    on(Place::Moving, &[named(KeyCode::Home)], Action::Move(Step::Top), "Top"),
    on(Place::Moving, &[ctrl('d')], Action::Move(Step::HalfDown), "Half a page down"),
    on(Place::Moving, &[ctrl('u')], Action::Move(Step::HalfUp), "Half a page up"),
    on(Place::Moving, &[named(KeyCode::PageDown), ctrl('f')], Action::Move(Step::PageDown), "A page down"),
    on(Place::Moving, &[named(KeyCode::PageUp)], Action::Move(Step::PageUp), "A page up"),
    on(Place::Moving, &[plain('y')], Action::Copy, "Copy what is chosen; in the log what is selected, or shown"),
    // Apps and nodes.
    hinted(
        Place::Catalogue,
        &[plain('i')],
        Action::Install,
        ("Install the best flavour on the best engine", "install"),
    ),
    hinted(
        Place::Catalogue,
        &[plain('I')],
        Action::InstallWith,
        ("Install, with engine and flavour to choose", "options"),
    ),
    // App page.
    hinted(Place::AppPage, &[plain('i')], Action::Install, ("Install the best flavour on the best engine", "install")),
    hinted(
        Place::AppPage,
        &[plain('I')],
        Action::InstallWith,
        ("Install, with engine and flavour to choose", "options"),
    ),
    hinted(Place::AppPage, &[plain(']'), named(KeyCode::Tab)], Action::NextTab, ("Next tab", "next tab")),
    on(Place::AppPage, &[plain('['), named(KeyCode::BackTab)], Action::PreviousTab, "Previous tab"),
    hinted(Place::Rows, ENTER, Action::Open, ("Install here, show this version, open this node", "choose")),
    hinted(Place::Rows, &[plain('U')], Action::Update, ("Update its pods to the newest release; asks first", "update")),
    on(Place::Rows, &[plain('W')], Action::Watch, "Watch the task that was asked for last"),
    hinted(Place::Rows, &[plain('e')], Action::Explain, ("Where it runs, and why not elsewhere", "why")),
    hinted(Place::Rows, &[plain('/')], Action::Filter, ("Filter the rows as you type", "filter")),
    on(Place::Rows, &[plain('n')], Action::NextMatch, "Next row that the last filter matches; round the end"),
    on(Place::Rows, &[plain('N')], Action::PreviousMatch, "Row before that it matches"),
    on(Place::Rows, &[plain('m')], Action::Bookmark, "Bookmark it, or take the bookmark away; Home lists them"),
    on(Place::Rows, &[plain('a')], Action::Menu, "All actions, with reasons for those that cannot be"),
    on(Place::Rows, &[plain('z')], Action::Undo, "Undo what waits, the last stop, or the last install (asks)"),
    on(Place::Rows, &[named(KeyCode::Left)], Action::ScrollLeft, "Engines to the left, in the table of verdicts"),
    on(Place::Rows, &[named(KeyCode::Right)], Action::ScrollRight, "Engines to the right"),
    // Pods.
    hinted(Place::Pods, &[plain('l')], Action::Logs, ("Log", "logs")),
    hinted(
        Place::Pods,
        &[plain('s')],
        Action::Pod(PodVerb::Stop),
        ("Stop; ⟨undo⟩ undoes it within five seconds", "stop"),
    ),
    hinted(Place::Pods, &[plain('u')], Action::Pod(PodVerb::Start), ("Start", "start")),
    hinted(
        Place::Pods,
        &[plain('r')],
        Action::Pod(PodVerb::Restart),
        ("Restart; ⟨undo⟩ undoes it within five seconds", "restart"),
    ),
    hinted(
        Place::Pods,
        &[plain('D'), named(KeyCode::Delete)],
        Action::Pod(PodVerb::Remove),
        ("Remove; asks first", "remove"),
    ),
    on(Place::Pods, &[plain('E')], Action::Shell, "Shell in the pod, where its engine is this machine's"),
    // Pods of all servers.
    hinted(Place::AllPods, ENTER, Action::Open, ("Open it; where it is elsewhere, go there", "open")),
    hinted(Place::AllPods, &[plain('/')], Action::Filter, ("Filter as you type", "filter")),
    hinted(Place::AllPods, &[plain('o')], Action::Sort, ("Order: a menu", "order")),
    on(Place::AllPods, &[plain('O')], Action::Reverse, "The same order backwards"),
    hinted(
        Place::AllPods,
        &[plain('f')],
        Action::Facets,
        ("Facets: narrow by state, server, engine …, with counts", "facets"),
    ),
    on(Place::AllPods, &[plain('n')], Action::NextMatch, "Next row that the last filter matches; round the end"),
    on(Place::AllPods, &[plain('N')], Action::PreviousMatch, "Row before that it matches"),
    on(Place::AllPods, &[plain('w')], Action::Widths, "Columns: as usual, wide, narrow"),
    on(Place::AllPods, &[named(KeyCode::Left)], Action::ScrollLeft, "Columns to the left; the first one stays"),
    on(Place::AllPods, &[named(KeyCode::Right)], Action::ScrollRight, "Columns to the right"),
    on(Place::AllPods, &[plain('W')], Action::Watch, "Watch the task that was asked for last"),
    on(Place::AllPods, &[plain('z')], Action::Undo, "Undo what waits, the last stop, or the last install (asks)"),
    // Engines.
    hinted(Place::Engines, &[plain('l')], Action::Logs, ("What the engine says of itself", "log")),
    // Tasks.
    hinted(Place::Tasks, &[plain('c')], Action::Cancel, ("Cancel the task", "cancel")),
    hinted(Place::Tasks, &[plain('r')], Action::Again, ("Run it again; asks first", "again")),
    hinted(Place::Tasks, &[plain('l')], Action::Logs, ("Log of the task's pod", "logs")),
    // Lists.
    hinted(Place::Lists, ENTER, Action::Open, ("Open", "open")),
    hinted(Place::Lists, &[plain('e')], Action::Explain, ("Explain: why not, why it failed", "why")),
    hinted(Place::Lists, &[plain('/')], Action::Filter, ("Filter as you type", "filter")),
    hinted(
        Place::Lists,
        &[plain('a')],
        Action::Menu,
        ("All actions, with reasons for those that cannot be", "actions"),
    ),
    hinted(Place::Lists, &[plain('U')], Action::Update, ("Update to the newest release; asks first", "update")),
    on(Place::Lists, &[plain('W')], Action::Watch, "Watch the task that was asked for last"),
    on(Place::Lists, &[plain('f')], Action::Facets, "Facets: narrow by state, engine, flavour …, with counts"),
    on(Place::Lists, &[plain('o')], Action::Sort, "Order: a menu"),
    on(Place::Lists, &[plain('O')], Action::Reverse, "The same order backwards"),
    on(Place::Lists, &[plain(' ')], Action::Mark, "Mark or unmark, and go down"),
    on(Place::Lists, &[plain('*')], Action::MarkAll, "Mark all that are shown"),
    on(Place::Lists, &[plain('m')], Action::Bookmark, "Bookmark it, or take the bookmark away; Home lists them"),
    on(Place::Lists, &[plain('v')], Action::MarkRange, "Mark a range: from here to wherever the cursor goes"),
    on(Place::Lists, &[plain('n')], Action::NextMatch, "Next row that the last filter matches; round the end"),
    on(Place::Lists, &[plain('N')], Action::PreviousMatch, "Row before that it matches"),
    on(Place::Lists, &[plain('.')], Action::Hidden, "Show or hide hidden rows"),
    on(Place::Lists, &[plain('z')], Action::Undo, "Undo what waits, the last stop, or the last install (asks)"),
    on(Place::Lists, &[named(KeyCode::Tab)], Action::NextPane, "Next pane: the list, the details, the side"),
    on(Place::Lists, &[named(KeyCode::BackTab)], Action::PreviousPane, "Pane before"),
    on(Place::Lists, &[plain('+')], Action::ZoomIn, "The pane in focus larger: as usual, half, all"),
    on(Place::Lists, &[plain('_')], Action::ZoomOut, "The pane in focus smaller"),
    on(Place::Lists, &[plain('w')], Action::Widths, "Columns: as usual, wide, narrow"),
    on(Place::Lists, &[named(KeyCode::Left)], Action::ScrollLeft, "Columns to the left; the first one stays"),
    on(Place::Lists, &[named(KeyCode::Right)], Action::ScrollRight, "Columns to the right"),
    // The pages of pods, engines and nodes.
    hinted(Place::Parts, &[plain(']'), named(KeyCode::Tab)], Action::NextTab, ("Next tab", "next tab")),
    on(Place::Parts, &[plain('['), named(KeyCode::BackTab)], Action::PreviousTab, "Previous tab"),
    // The page of one thing.
    hinted(Place::Page, &[plain('a')], Action::Menu, ("All actions, with reasons for those that cannot be", "actions")),
    hinted(Place::Page, &[plain('U')], Action::Update, ("Update to the newest release; asks first", "update")),
    hinted(
        Place::Page,
        &[plain('e')],
        Action::Explain,
        ("Explain: where it runs, why it failed, why it is silent", "why"),
    ),
    on(Place::Page, &[plain('W')], Action::Watch, "Watch the task that was asked for last"),
    on(Place::Page, &[plain('z')], Action::Undo, "Undo what waits, the last stop, or the last install (asks)"),
    on(Place::Page, &[plain('m')], Action::Bookmark, "Bookmark it, or take the bookmark away; Home lists them"),
    hinted(Place::Page, ENTER, Action::Open, ("Open the row under the cursor; do at once what waits", "open")),
    hinted(
        Place::Page,
        &[plain('/')],
        Action::Filter,
        ("Filter the rows as you type; where there are none, find a text on the page", "filter"),
    ),
    on(
        Place::Page,
        &[plain('n')],
        Action::NextMatch,
        "Next row that the last filter matches, or next place of the text",
    ),
    on(Place::Page, &[plain('N')], Action::PreviousMatch, "Row or place before"),
    // Log.
    on(Place::Log, ENTER, Action::Open, "Do at once what waits"),
    on(Place::Log, &[plain('z')], Action::Undo, "Undo what waits, the last stop, or the last install (asks)"),
    hinted(Place::Log, &[plain('/')], Action::Filter, ("Find a pattern; capitals count when you type one", "find")),
    hinted(
        Place::Log,
        &[plain('&')],
        Action::Only,
        ("Add a filter; &! hides what fits; an empty one clears", "filter"),
    ),
    hinted(Place::Log, &[plain('n')], Action::NextMatch, ("Next match", "next")),
    on(Place::Log, &[plain('N')], Action::PreviousMatch, "Match before"),
    hinted(Place::Log, &[named(KeyCode::Tab)], Action::Side, ("List of the pods in this stream", "pods")),
    hinted(Place::Log, &[plain('v')], Action::Select, ("Select lines; ⟨copy⟩ copies them", "select")),
    hinted(Place::Log, &[plain('e')], Action::NextError, ("Next error", "error")),
    on(Place::Log, &[plain('E')], Action::PreviousError, "Error before"),
    hinted(Place::Log, &[plain('f'), plain('p')], Action::Follow, ("Follow the end, or stop following", "follow")),
    hinted(Place::Log, &[ctrl('s')], Action::Save, ("Save all that is held to a file", "save")),
    hinted(Place::Log, &[plain('w')], Action::Wrap, ("Wrap long lines, or cut them", "wrap")),
    hinted(Place::Log, &[plain('t')], Action::Stamps, ("Times: none, relative, local, UTC", "times")),
    hinted(Place::Log, &[plain('T')], Action::Range, ("How much of the log", "range")),
    on(Place::Log, &[plain('Y')], Action::CopyScreen, "Copy what is on the screen"),
    on(Place::Log, &[plain('O')], Action::Pager, "Open in $PAGER"),
    on(Place::Log, &[plain('|')], Action::Pipe, "Pipe to a command"),
    on(Place::Log, &[plain('c')], Action::Context, "Lines around those that a filter shows: 0, 3, 10"),
    on(Place::Log, &[plain('J')], Action::Objects, "JSON on a line, as a block, as it was sent"),
    on(Place::Log, &[plain('x')], Action::Colours, "Colours as sent, none, by level"),
    on(Place::Log, &[plain('o')], Action::Sources, "Both outputs, standard output, standard error"),
    on(Place::Log, &[plain('M')], Action::MarkLine, "Put a mark into the log"),
    on(Place::Log, &[named(KeyCode::Left)], Action::ScrollLeft, "Scroll to the left, where lines are cut"),
    on(Place::Log, &[named(KeyCode::Right)], Action::ScrollRight, "Scroll to the right"),
    on(Place::Log, &[plain(' ')], Action::Mark, "Mute the pod that is chosen in the list"),
    // Install sheet.
    hinted(Place::Sheet, ENTER, Action::Confirm, ("Do what the focused button says", "install")),
    hinted(Place::Sheet, &[plain('I')], Action::Change, ("Change engine or flavour", "change")),
    hinted(Place::Sheet, &[plain('u')], Action::Use, ("Use the pod that runs already; nothing is installed", "use it")),
    hinted(Place::Sheet, &[plain('$')], Action::CopyCommand, ("Copy the command that does the same", "copy command")),
    hinted(
        Place::Sheet,
        &[plain('e')],
        Action::Explain,
        ("Explain the rows; an error: all that is known of it", "why"),
    ),
    on(Place::Sheet, &[plain('y')], Action::Copy, "Copy the command that does the same; an error: its text"),
    on(Place::Sheet, &[plain('R'), ctrl('r')], Action::Refresh, "Ask the engine again what it would fetch"),
    on(Place::Sheet, &[plain('S')], Action::SignIn, "Sign in, and come back to the sheet"),
    on(Place::Sheet, &[named(KeyCode::Tab), named(KeyCode::Right)], Action::NextButton, "Next button"),
    on(
        Place::Sheet,
        &[plain('j'), named(KeyCode::Down)],
        Action::Move(Step::Down),
        "To the next row, which ⟨explain⟩ explains; behind the last one on",
    ),
    on(Place::Sheet, &[plain('k'), named(KeyCode::Up)], Action::Move(Step::Up), "Up"),
    hinted(Place::Sheet, ESCAPE, Action::Back, ("Cancel", "cancel")),
    hinted(Place::Sheet, HELP, Action::Help, ("Keys, and what the rows mean", "help")),
    on(Place::Sheet, &[plain('q')], Action::Close, "Cancel"),
    on(Place::Sheet, &[ctrl('l')], Action::Repaint, "Repaint the screen"),
    on(Place::Sheet, &[ctrl('c')], Action::Interrupt, "Stop waiting; twice within two seconds: quit"),
    // Dialogs.
    hinted(Place::Dialog, ENTER, Action::Confirm, ("Do what the focused button says", "focused button")),
    hinted(Place::Dialog, &[plain('y')], Action::Yes, ("Yes", "yes")),
    hinted(Place::Dialog, &[plain('n')], Action::No, ("No", "no")),
    hinted(
        Place::Dialog,
        &[named(KeyCode::Tab), named(KeyCode::Right), named(KeyCode::Left)],
        Action::NextButton,
        ("Next button", "next button"),
    ),
    hinted(Place::Dialog, ESCAPE, Action::Back, ("Cancel", "cancel")),
    on(Place::Dialog, &[plain('l')], Action::KeepLog, "Save the logs of what is removed, or not"),
    on(Place::Dialog, &[plain('j'), named(KeyCode::Down)], Action::Move(Step::Down), "Down"),
    on(Place::Dialog, &[plain('k'), named(KeyCode::Up)], Action::Move(Step::Up), "Up"),
    on(Place::Dialog, HELP, Action::Help, "Keys"),
    on(Place::Dialog, &[plain('q')], Action::Close, "Cancel"),
    on(Place::Dialog, &[ctrl('l')], Action::Repaint, "Repaint the screen"),
    on(Place::Dialog, &[ctrl('c')], Action::Interrupt, "Stop waiting; twice within two seconds: quit"),
    // Menus.
    hinted(Place::Menu, ENTER, Action::Confirm, ("Do it", "do it")),
    on(Place::Menu, &[plain('j'), named(KeyCode::Down)], Action::Move(Step::Down), "Down"),
    on(Place::Menu, &[plain('k'), named(KeyCode::Up)], Action::Move(Step::Up), "Up"),
    hinted(Place::Menu, &[plain('$')], Action::CopyCommand, ("Copy the command that does the same", "copy command")),
    on(Place::Menu, &[plain('G'), named(KeyCode::End)], Action::Move(Step::Bottom), "Bottom"),
    on(Place::Menu, &[plain('g'), named(KeyCode::Home)], Action::Move(Step::Top), "Top"),
    on(Place::Menu, &[ctrl('d')], Action::Move(Step::HalfDown), "Half a page down"),
    on(Place::Menu, &[ctrl('u')], Action::Move(Step::HalfUp), "Half a page up"),
    on(Place::Menu, &[named(KeyCode::PageDown), ctrl('f')], Action::Move(Step::PageDown), "A page down"),
    on(Place::Menu, &[named(KeyCode::PageUp)], Action::Move(Step::PageUp), "A page up"),
    hinted(Place::Choices, &[plain('e')], Action::Explain, ("Explain the choice: why, or why not", "why")),
    on(Place::Menu, HELP, Action::Help, "Keys"),
    hinted(Place::Menu, ESCAPE, Action::Back, ("Close", "close")),
    on(Place::Menu, &[plain('q')], Action::Close, "Close"),
    on(Place::Menu, &[ctrl('l')], Action::Repaint, "Repaint the screen"),
    on(Place::Menu, &[ctrl('c')], Action::Interrupt, "Stop waiting; twice within two seconds: quit"),
    // Facets.
    hinted(Place::Facets, &[plain(' ')], Action::Mark, ("Tick or untick, and stay", "tick")),
    // Copying.
    hinted(Place::Yank, &[plain('y')], Action::Copy, ("Copy it; the kind that was copied last comes first", "copy")),
    hinted(Place::Yank, &[plain('Q')], Action::Picture, ("A link as a picture for a camera; Esc goes back", "QR code")),
    // Signing in.
    hinted(Place::SignIn, &[plain('y')], Action::Copy, ("Copy the code; y also says yes", "copy code")),
    hinted(Place::SignIn, &[plain('Y')], Action::CopyLink, ("Copy the link with the code in it", "copy link")),
    hinted(
        Place::SignIn,
        &[plain('q')],
        Action::Picture,
        ("The link as a picture for a camera; where there is none, close", "QR code"),
    ),
    hinted(Place::SignIn, ENTER, Action::Confirm, ("Another code, after one that ended", "another code")),
    hinted(Place::SignIn, ESCAPE, Action::Back, ("Close", "close")),
    on(Place::SignIn, &[ctrl('l')], Action::Repaint, "Repaint the screen"),
    on(Place::SignIn, &[ctrl('c')], Action::Interrupt, "Stop waiting; twice within two seconds: quit"),
    // Forms.
    hinted(Place::Form, &[named(KeyCode::Tab), named(KeyCode::Down)], Action::NextButton, ("Next field", "next field")),
    hinted(Place::Form, ENTER, Action::Confirm, ("Next field; on the button: ask the engine", "next, ask")),
    hinted(Place::Form, ESCAPE, Action::Back, ("Cancel", "cancel")),
    on(Place::Form, &[ctrl('l')], Action::Repaint, "Repaint the screen"),
    on(Place::Form, &[ctrl('c')], Action::Interrupt, "Stop waiting; twice within two seconds: quit"),
    // While connecting.
    on(Place::Connecting, &[plain('c')], Action::StopConnecting, "Stop connecting"),
    // Help and messages.
    hinted(Place::Reading, &[plain('/')], Action::Filter, ("Search the help", "search")),
    hinted(Place::Reading, ESCAPE, Action::Back, ("Clear the search, close", "close")),
    hinted(
        Place::Reading,
        &[named(KeyCode::Tab)],
        Action::NextTab,
        ("Messages, the last requests, what they cost", "messages, requests, network"),
    ),
    on(Place::Reading, &[plain('q'), plain('?')], Action::Close, "Close"),
    on(Place::Reading, &[ctrl('l')], Action::Repaint, "Repaint the screen"),
    on(Place::Reading, &[ctrl('c')], Action::Interrupt, "Stop waiting; twice within two seconds: quit"),
];
