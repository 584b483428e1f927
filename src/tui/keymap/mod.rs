//! One table of keys. Dispatch, hint line, help, palette and `docs/keys.md` are made from it.
//!
//! A key means one thing in a place: the places that are open at the same time form a chain, and a test rejects a table
//! in which two places of a chain use the same key. Typing into a field is not in the table; it is in `input`.

mod table;
#[cfg(test)]
mod tests;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::action::Action;
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
    /// In the list of apps.
    Apps,
    /// On an app's page.
    AppPage,
    /// In the rows of an app's page.
    Rows,
    /// In the list of pods, and on a pod's page.
    Pods,
    /// In the list of engines, and on an engine's page.
    Engines,
    /// In the list of tasks, and on a task's page.
    Tasks,
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
    /// While signing in.
    SignIn,
    /// In a form; letters go into its fields.
    Form,
    /// In the help or the messages.
    Reading,
    /// After `g`.
    GoTo,
}

impl Place {
    /// All places, in the order of the help.
    pub const ALL: [Self; 19] = [
        Self::Everywhere,
        Self::GoTo,
        Self::Moving,
        Self::Lists,
        Self::Catalogue,
        Self::Apps,
        Self::AppPage,
        Self::Rows,
        Self::Pods,
        Self::Engines,
        Self::Tasks,
        Self::Page,
        Self::Log,
        Self::Sheet,
        Self::Dialog,
        Self::Menu,
        Self::SignIn,
        Self::Form,
        Self::Reading,
    ];

    /// The heading in the help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Moving => "Moving",
            Self::Lists => "Every list",
            Self::Catalogue => "Apps and nodes",
            Self::Apps => "Apps",
            Self::AppPage => "App page",
            Self::Rows => "Rows of an app page",
            Self::Pods => "Pods",
            Self::Engines => "Engines",
            Self::Tasks => "Tasks",
            Self::Page => "Page of one thing",
            Self::Log => "Log",
            Self::Sheet => "Install sheet",
            Self::Dialog => "Dialogs",
            Self::Menu => "Menus",
            Self::SignIn => "Signing in",
            Self::Form => "Forms",
            Self::Reading => "Help and messages",
            Self::GoTo => "After g",
        }
    }
}

/// A key, with or without Ctrl. Shift is part of the character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which.
    pub code: KeyCode,
    /// Together with Ctrl.
    pub ctrl: bool,
}

impl Key {
    /// The key of an event; `None` for a release, and for Alt, which terminals and multiplexers keep for themselves.
    pub fn of(event: &KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release || event.modifiers.contains(KeyModifiers::ALT) {
            return None;
        }
        Some(Self { code: event.code, ctrl: event.modifiers.contains(KeyModifiers::CONTROL) })
    }

    /// How people write it: `Ctrl-d`, `Enter`, `/`.
    pub fn name(self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "Space".into(),
            KeyCode::Char(character) => character.to_string(),
            KeyCode::Enter => "Enter".into(),
            KeyCode::Esc => "Esc".into(),
            KeyCode::Tab => "Tab".into(),
            KeyCode::BackTab => "Shift-Tab".into(),
            KeyCode::PageDown => "PgDn".into(),
            KeyCode::PageUp => "PgUp".into(),
            KeyCode::Delete => "Del".into(),
            other => format!("{other:?}"),
        };
        if self.ctrl { format!("Ctrl-{name}") } else { name }
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

/// What a key asks for in a chain of places, the innermost first.
pub fn resolve(chain: &[Place], key: Key) -> Option<Action> {
    chain.iter().find_map(|place| {
        BINDINGS.iter().find(|line| line.place == *place && line.keys.contains(&key)).map(|line| line.action)
    })
}

/// The key that asks for an action in a chain of places.
pub fn key_for(chain: &[Place], action: Action) -> Option<Key> {
    chain.iter().find_map(|place| {
        BINDINGS.iter().find(|line| line.place == *place && line.action == action)?.keys.first().copied()
    })
}

/// The table as a page of Markdown.
pub fn to_markdown() -> String {
    let mut page = String::from(
        "# Keys\n\nMade from the key table in `src/tui/keymap/table.rs`. `?` shows the same inside the program.\n",
    );
    for place in Place::ALL {
        page.extend(["\n## ", place.title(), "\n\n| Key | What it does |\n| --- | --- |\n"]);
        for line in BINDINGS.iter().filter(|line| line.place == place) {
            let keys: Vec<_> = line.keys.iter().map(|key| format!("`{}`", key.name().replace('|', "\\|"))).collect();
            page.extend(["| ", keys.join(" ").as_str(), " | ", line.text, " |\n"]);
        }
    }
    page
}
