//! One table of keys. Dispatch, hint line, help, palette and `docs/keys.md` are made from it.
//!
//! A key means one thing in a place: the places that are open at the same time form a chain, and a test rejects a table
//! in which two places of a chain use the same key. [`BINDINGS`] is the table as it is built in; [`Keymap`] is the one
//! that holds, with what a person has changed. Typing into a field is not in the table; it is in `input`.

mod key;
mod names;
mod presets;
mod runtime;
mod table;
#[cfg(test)]
mod tests;

use super::action::Action;
pub use key::Key;
pub use presets::{PRESETS, Preset};
pub use runtime::{Bound, Complaint, Keymap, Wish, Wishes};
pub use table::BINDINGS;

/// Where a key counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// On every screen and page.
    Everywhere,
    /// Where there is something to move through.
    Moving,
    /// In every list.
    Lists,
    /// In the list of apps and in the list of nodes.
    Catalogue,
    /// On an app's page.
    AppPage,
    /// In the rows of an app's page.
    Rows,
    /// In the list of pods, and on a pod's page.
    Pods,
    /// In the list of the pods of all servers.
    AllPods,
    /// In the list of engines, and on an engine's page.
    Engines,
    /// In the list of tasks, and on a task's page.
    Tasks,
    /// On the page of a thing that has tabs.
    Parts,
    /// On the page of one thing.
    Page,
    /// In the log.
    Log,
    /// In the install sheet.
    Sheet,
    /// In a dialog.
    Dialog,
    /// In a menu or a list that lies over the page.
    Menu,
    /// What can be chosen in the install sheet; beside the keys of menus.
    Choices,
    /// In the list of facets.
    Facets,
    /// In the choice of what to copy.
    Yank,
    /// While signing in.
    SignIn,
    /// In a form; letters go into its fields.
    Form,
    /// In the help or the messages.
    Reading,
    /// After `g`.
    GoTo,
    /// While a server is looked for.
    Connecting,
}

impl Place {
    /// All places, in the order of the help.
    pub const ALL: [Self; 24] = [
        Self::Everywhere,
        Self::GoTo,
        Self::Moving,
        Self::Lists,
        Self::Catalogue,
        Self::AppPage,
        Self::Rows,
        Self::Pods,
        Self::AllPods,
        Self::Engines,
        Self::Tasks,
        Self::Parts,
        Self::Page,
        Self::Log,
        Self::Sheet,
        Self::Dialog,
        Self::Menu,
        Self::Choices,
        Self::Facets,
        Self::Yank,
        Self::SignIn,
        Self::Form,
        Self::Reading,
        Self::Connecting,
    ];

    /// The heading in the help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Moving => "Moving",
            Self::Lists => "Every list",
            Self::Catalogue => "Apps and nodes",
            Self::AppPage => "App page",
            Self::Rows => "Rows of an app page",
            Self::Pods => "Pods",
            Self::AllPods => "Pods of all servers",
            Self::Engines => "Engines",
            Self::Tasks => "Tasks",
            Self::Parts => "Pages of pods, engines, nodes",
            Self::Page => "Page of one thing",
            Self::Log => "Log",
            Self::Sheet => "Install sheet",
            Self::Dialog => "Dialogs",
            Self::Menu => "Menus",
            Self::Choices => "Choices of the install sheet",
            Self::Facets => "Facets",
            Self::Yank => "Copying",
            Self::SignIn => "Signing in",
            Self::Form => "Forms",
            Self::Reading => "Help and messages",
            Self::GoTo => "After g",
            Self::Connecting => "While connecting",
        }
    }
}

/// A line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Where.
    pub place: Place,
    /// The keys; the first is the one that is shown.
    pub keys: &'static [Key],
    /// What it asks for.
    pub action: Action,
    /// A sentence for the help.
    pub text: &'static str,
    /// One or two words for the hint line; empty: never there.
    pub hint: &'static str,
}

impl Binding {
    /// Whether it is the line of that place and action, by their names.
    pub fn is_called(&self, place: &str, action: &str) -> bool {
        self.place.name() == place && self.action.name() == action
    }
}

impl Keymap {
    /// The table as a page of Markdown.
    pub fn to_markdown(&self) -> String {
        let mut page = String::from(
            "# Keys\n\nMade from the key table in `src/tui/keymap/table.rs`. `?` shows the same inside the program, and `kab \
             keys` in a\nshell. Every line can be changed in `keys.toml` beside `config.toml`, by place and name:\n\n\
             ```toml\npreset = \"ranger\"       # or \"default\"; h and l go back and in, logs are on o\n\n\
             [pods]\nstop = \"x\"\nlogs = [\"l\", \"Ctrl-o\"]\nrestart = \"none\"\n```\n",
        );
        for place in Place::ALL {
            page.extend(["\n## ", place.title(), " (`", place.name(), "`)\n\n"]);
            page.push_str("| Key | Name | What it does |\n| --- | --- | --- |\n");
            for line in self.lines(place) {
                let keys: Vec<_> =
                    line.keys.iter().map(|key| format!("`{}`", key.name().replace('|', "\\|"))).collect();
                let binding = line.binding;
                page.extend([
                    "| ",
                    keys.join(" ").as_str(),
                    " | `",
                    binding.action.name(),
                    "` | ",
                    self.text_of(line).as_str(),
                    " |\n",
                ]);
            }
        }
        page
    }

    /// The table as a file of keys, to begin one's own with.
    pub fn to_toml(&self) -> String {
        let mut page = String::from("# The keys of kab. Lines that say what is usual anyway can go.\n");
        for place in Place::ALL {
            page.extend(["\n# ", place.title(), "\n[", place.name(), "]\n"]);
            for line in self.lines(place).filter(|line| line.binding.action != Action::Interrupt) {
                let keys: Vec<String> = line.keys.iter().map(|key| toml_text(&key.name())).collect();
                let keys = match keys.as_slice() {
                    [] => String::from("\"none\""),
                    [one] => one.clone(),
                    several => format!("[{}]", several.join(", ")),
                };
                page.extend([
                    line.binding.action.name(),
                    " = ",
                    keys.as_str(),
                    "  # ",
                    self.text_of(line).as_str(),
                    "\n",
                ]);
            }
        }
        page
    }
}

fn toml_text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
