//! How the terminal program is run: plain values from whoever starts it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::clipboard::Clipboard;
use super::host::{Host, Multiplexer};
use super::notify::Notify;
use crate::services::LowBandwidth;
use crate::tui::app::{Destination, Mouse};
use crate::tui::custom::Custom;
use crate::tui::document::Documents;
use crate::tui::keymap::Keymap;
use crate::tui::theme::Theme;

/// How the terminal program is run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Colours and characters.
    pub theme: Theme,
    /// What is in front of the program.
    pub front: Host,
    /// How texts are copied.
    pub clipboard: Clipboard,
    /// How the end of a long task is told while nobody looks.
    pub notify: Notify,
    /// Whether the window is called by what goes on.
    pub title: Title,
    /// Whether the mouse is kab's from the start.
    pub mouse: Mouse,
    /// Whether addresses can be clicked.
    pub links: Links,
    /// Where a text goes that is too large for the clipboard.
    pub runtime_dir: Option<PathBuf>,
    /// Where logs of pods are saved before these are removed, as a person writes it; empty: nowhere.
    pub log_folder: String,
    /// Where lines of logs go for which there is no room in memory.
    pub cache_dir: Option<PathBuf>,
    /// Where it opens.
    pub open_at: Option<Destination>,
    /// Whether servers are asked at all.
    pub network: Network,
    /// What the person wants of the way to the server.
    pub link: Link,
    /// Whether it goes on where it was left.
    pub start: Start,
    /// Which key asks for what.
    pub keys: Keymap,
    /// Actions of the person's own.
    pub custom: Vec<Custom>,
    /// What programs get of a thing.
    pub documents: Documents,
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
    /// The beginning of a command line that is this very program with its data folder, as a shell reads it.
    pub program: String,
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

fn is_on(value: Option<&str>) -> bool {
    matches!(value, Some("true" | "on"))
}

/// Whether the window is called by what goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Title {
    /// It keeps the name that it has.
    #[default]
    LeftAlone,
    /// It is.
    Shown,
}

/// Whether addresses can be clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Links {
    /// They are text.
    #[default]
    Off,
    /// They are links, too.
    On,
}

impl Links {
    /// By the setting; without one, where the terminal is known to take no harm.
    fn of(setting: Option<&str>, host: &Host) -> Self {
        match setting {
            Some("on" | "true") => Self::On,
            Some("off" | "false") => Self::Off,
            _ if host.knows_links() => Self::On,
            _ => Self::Off,
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

/// What the person wants of the way to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Link {
    /// Whether it counts as slow.
    pub low_bandwidth: LowBandwidth,
    /// Bytes a second that are read at most.
    pub most: Option<u64>,
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
        let front = Host::from_environment(&read);
        // A multiplexer passes on what the terminal said that it was started in, and not the one that looks at it now.
        let is_said = front.multiplexer == Multiplexer::None && read("KAB_THEME").is_none_or(|word| word.is_empty());
        let usual = Theme::from_environment(&read);
        let usual = if is_said { usual.on_background(read("COLORFGBG").as_deref()) } else { usual };
        // What is drawn with other characters is read aloud as their names.
        let theme = if manner == Manner::Accessible { usual.in_ascii() } else { usual };
        Self {
            theme,
            manner,
            clipboard: Clipboard::from_environment(&read),
            notify: Notify::of(read("KAB_NOTIFY").as_deref()),
            title: if is_on(read("KAB_TITLE").as_deref()) { Title::Shown } else { Title::LeftAlone },
            mouse: if is_on(read("KAB_MOUSE").as_deref()) { Mouse::On } else { Mouse::Off },
            links: Links::of(read("KAB_LINKS").as_deref(), &front),
            front,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Scheme;

    #[test]
    fn the_background_that_a_terminal_tells_counts_where_nobody_chose_and_no_multiplexer_hands_it_on() {
        let scheme = |more: &'static [(&str, &str)]| {
            let pairs = || [("COLORFGBG", "0;15"), ("TERM", "rxvt-256color")].iter().chain(more).rev();
            let read = |name: &str| pairs().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            Options::of(read).theme.scheme
        };
        assert_eq!(scheme(&[]), Scheme::Light);
        assert_eq!(scheme(&[("KAB_THEME", "")]), Scheme::Light);
        assert_eq!(scheme(&[("KAB_THEME", "default")]), Scheme::Usual);
        assert_eq!(scheme(&[("TMUX", "/tmp/tmux-0/default,1,0")]), Scheme::Usual);
        assert_eq!(scheme(&[("TERM", "screen-256color")]), Scheme::Usual);
    }
}
