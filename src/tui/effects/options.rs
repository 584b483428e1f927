//! How the terminal program is run: plain values from whoever starts it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::clipboard::Multiplexer;
use crate::tui::app::Destination;
use crate::tui::custom::Custom;
use crate::tui::keymap::Keymap;
use crate::tui::theme::Theme;

/// How the terminal program is run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Colours and characters.
    pub theme: Theme,
    /// What stands between the program and the terminal.
    pub multiplexer: Multiplexer,
    /// Where a text goes that is too large for the clipboard.
    pub runtime_dir: Option<PathBuf>,
    /// Where lines of logs go for which there is no room in memory.
    pub cache_dir: Option<PathBuf>,
    /// Where it opens.
    pub open_at: Option<Destination>,
    /// Whether servers are asked at all.
    pub network: Network,
    /// Whether it goes on where it was left.
    pub start: Start,
    /// Which key asks for what.
    pub keys: Keymap,
    /// Actions of the person's own.
    pub custom: Vec<Custom>,
    /// How lines of JSON are written, by app.
    pub json_templates: BTreeMap<String, Arc<str>>,
    /// Files of settings, which are taken up when they are written.
    pub watched: Vec<PathBuf>,
    /// The address of the server that is connected to first, where it is elsewhere.
    pub address: Option<String>,
    /// For which eyes and hands it is.
    pub manner: Manner,
    /// The name of this machine, by which its own engines are known; empty where it has none.
    pub host: String,
    /// The log of this program, to be named where it breaks.
    pub log: Option<PathBuf>,
    /// What has to be said at the start, such as what is wrong in a file of settings.
    pub said: Vec<String>,
}

/// For which eyes and hands the program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manner {
    /// A screen, and keys.
    #[default]
    Full,
    /// The same, for those to whom it is read aloud: nothing moves, and the real cursor stands on the chosen row.
    Accessible,
    /// Lines, and no screen at all.
    Plain,
}

impl Manner {
    /// By `KAB_A11Y` (`1` or `plain`: lines; `screen`: a screen that can be read aloud; `off`), and by `TERM`: a terminal
    /// that can do nothing gets lines.
    pub fn of(wanted: Option<&str>, term: Option<&str>) -> Self {
        match (wanted, term) {
            (Some("1" | "true" | "plain"), _) | (_, Some("dumb")) => Self::Plain,
            (Some("screen"), _) => Self::Accessible,
            _ => Self::Full,
        }
    }
}

/// Whether servers are asked at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Network {
    /// As usual.
    #[default]
    Asked,
    /// What was kept from an earlier time is all there is.
    LeftAlone,
}

/// Where the program begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// Where it was left.
    #[default]
    WhereItWasLeft,
    /// As if it had never run.
    Fresh,
}

impl Options {
    /// As these variables of the environment say.
    pub fn of(read: impl Fn(&str) -> Option<String>) -> Self {
        let manner = Manner::of(read("KAB_A11Y").as_deref(), read("TERM").as_deref());
        let usual = Theme::from_environment(&read);
        // What is drawn with other characters is read aloud as their names.
        let theme = if manner == Manner::Accessible { usual.in_ascii() } else { usual };
        Self { theme, manner, multiplexer: Multiplexer::from_environment(&read), ..Self::default() }
    }
}
