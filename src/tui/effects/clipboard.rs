//! The clipboard of the person in front: that of the desktop where kab runs there, else the terminal's own, over SSH and
//! through multiplexers (OSC 52). What cannot be copied is saved, and what happened is always said.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::host::{Host, Multiplexer};

/// Encoded bytes that terminals take at most; xterm's own limit, which others follow.
const MOST: usize = 74_994;

/// How a text is copied, as the person wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Way {
    /// By the desktop's clipboard where kab runs on the person's own machine, else by the terminal.
    #[default]
    Auto,
    /// By the terminal.
    Osc52,
    /// By the desktop's clipboard.
    Native,
    /// Not at all.
    Off,
}

impl Way {
    /// By its name; anything else is `auto`.
    pub fn of(name: Option<&str>) -> Self {
        match name {
            Some("osc52") => Self::Osc52,
            Some("native") => Self::Native,
            Some("off") => Self::Off,
            _ => Self::Auto,
        }
    }
}

/// Programs that put what they read on the clipboard of a desktop, and the variable that says that there is one.
const PROGRAMS: [(&str, &str, &[&str]); 3] = [
    ("WAYLAND_DISPLAY", "wl-copy", &[]),
    ("DISPLAY", "xclip", &["-selection", "clipboard", "-in"]),
    ("DISPLAY", "xsel", &["--clipboard", "--input"]),
];

/// A program that takes a text on its standard input; never on its command line, which others can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
    /// With what.
    pub arguments: &'static [&'static str],
}

/// What puts a short text on the clipboard of the terminal in front of the person.
pub fn osc52(text: &str, multiplexer: Multiplexer) -> Vec<u8> {
    let host = Host { term: "xterm".into(), multiplexer, ..Host::default() };
    match by_terminal(text, &host, None) {
        Copied::ByTerminal(bytes, _) => bytes,
        Copied::ByProgram(_) | Copied::Not(_) => Vec::new(),
    }
}

impl Program {
    /// The first one that is there for the person's desktop.
    pub fn find(read: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let path = read("PATH").unwrap_or_default();
        let in_path = |name: &str| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|it| it.is_file());
        let of_mac = cfg!(target_os = "macos").then(|| ("PATH", "pbcopy", &[] as &[&str]));
        of_mac.into_iter().chain(PROGRAMS).find_map(|(variable, name, arguments)| {
            read(variable).filter(|value| !value.is_empty())?;
            Some(Self { path: in_path(name)?, arguments })
        })
    }

    /// What it is called.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// How texts are copied here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Clipboard {
    /// As the person wants it.
    pub way: Way,
    /// The program of the desktop.
    pub program: Option<Program>,
}

/// What has to be done to copy a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copied {
    /// It is done when these bytes are written to the terminal; what to tell the person.
    ByTerminal(Vec<u8>, String),
    /// A program has to take it; where it cannot, the terminal is asked if the person left the choice to kab.
    ByProgram(Program),
    /// Nothing more can be done; what to tell the person.
    Not(String),
}

impl Clipboard {
    /// As these variables of the environment say.
    pub fn from_environment(read: impl Fn(&str) -> Option<String>) -> Self {
        Self { way: Way::of(read("KAB_CLIPBOARD").as_deref()), program: Program::find(read) }
    }

    /// How a text is copied. One that cannot be is saved in the folder, which only its owner can read.
    pub fn copy(&self, text: &str, host: &Host, folder: Option<&Path>) -> Copied {
        match (self.way, &self.program) {
            (Way::Off, _) => Copied::Not("Not copied: terminal.clipboard is off".into()),
            (Way::Native, Some(program)) => Copied::ByProgram(program.clone()),
            (Way::Native, None) => {
                let why = "There is no desktop here whose clipboard kab can reach (wl-copy, xclip, xsel, pbcopy)";
                Copied::Not(save(why, text, folder))
            }
            (Way::Auto, Some(program)) if !host.is_remote => Copied::ByProgram(program.clone()),
            (Way::Auto | Way::Osc52, _) => by_terminal(text, host, folder),
        }
    }
}

/// Copies by the terminal's own clipboard, or saves the text where it has none or takes no more.
pub fn by_terminal(text: &str, host: &Host, folder: Option<&Path>) -> Copied {
    if !host.knows_osc_52() {
        let why = format!("TERM={} has no clipboard", host.term);
        return Copied::Not(save(&why, text, folder));
    }
    let encoded = STANDARD.encode(text);
    if encoded.len() > MOST {
        let size = crate::domain::human_bytes(text.len() as u64);
        return Copied::Not(save(&format!("Too large for a terminal's clipboard ({size})"), text, folder));
    }
    let plain = format!("\u{1b}]52;c;{encoded}\u{7}");
    let (bytes, advice) = match host.multiplexer {
        Multiplexer::None => (plain, ""),
        // Passed through for tmux with allow-passthrough, and plain for tmux with set-clipboard on: one of them works.
        Multiplexer::Tmux => {
            (format!("{}{plain}", host.pass(&plain)), " (tmux: needs set-clipboard on, or allow-passthrough on)")
        }
        Multiplexer::Screen => (host.pass(&plain), " (through screen)"),
    };
    Copied::ByTerminal(bytes.into_bytes(), format!("Copied {} by OSC 52{advice}", amount(text)))
}

/// `36 characters`, `200 lines`.
pub fn amount(text: &str) -> String {
    match text.lines().count() {
        0 | 1 => format!("{} characters", text.chars().count()),
        lines => format!("{lines} lines"),
    }
}

/// Saves what could not be copied, and says why and where.
pub fn save(why: &str, text: &str, folder: Option<&Path>) -> String {
    let Some(folder) = folder else { return format!("{why}, and there is no runtime folder to save it in") };
    let path = folder.join("clip.txt");
    // Removed first, so that nobody's link is followed and the mode is ours.
    std::fs::remove_file(&path).ok();
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    match file.and_then(|mut file| file.write_all(text.as_bytes())) {
        Ok(()) => format!("{why}: saved to {}", path.display()),
        Err(error) => format!("{why}, and not saved: {error}"),
    }
}

#[cfg(test)]
#[path = "clipboard_tests.rs"]
mod tests;
