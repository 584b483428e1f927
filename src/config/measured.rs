//! What `kab doctor --terminal` found out about terminals, for each name of a terminal (`TERM`) and each machine.
//!
//! It is one of the layers of settings: above the site's file, below the person's own. Nothing else depends on it, so that
//! a file that is broken says nothing, and the next card writes it anew.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{make_private_folder, write_private};

/// What the file says to people who open it.
const HEADING: &str = "# What terminals can do, as `kab doctor --terminal` found out. Remove what shall not hold.\n\n";

/// What one terminal can do. What is not known says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Measured {
    /// A word of `terminal.colours`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colours: Option<String>,
    /// A word of `terminal.glyphs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub glyphs: Option<String>,
    /// A word of `terminal.clipboard`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clipboard: Option<String>,
    /// When, for people: `2026-11-26`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub on: String,
}

impl Measured {
    /// Keys of settings, and what was found for them.
    pub fn words(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("terminal.colours", &self.colours),
            ("terminal.glyphs", &self.glyphs),
            ("terminal.clipboard", &self.clipboard),
        ]
        .into_iter()
        .filter_map(|(key, word)| Some((key, word.as_deref()?)))
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.words().next().is_none()
    }
}

/// The name under which a terminal's measurements are kept: `xterm-256color on lab`.
pub fn terminal_name(term: &str) -> String {
    let machine = rustix::system::uname();
    let term = if term.is_empty() { "unknown" } else { term };
    format!("{term} on {}", machine.nodename().to_string_lossy())
}

/// What is kept of the terminal that `TERM` names on this machine.
pub fn measured_here(path: &Path) -> Measured {
    let term = std::env::var("TERM").unwrap_or_default();
    read(path).remove(&terminal_name(&term)).unwrap_or_default()
}

/// Keeps what was found of a terminal.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_measured(path: &Path, name: &str, found: Measured) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        make_private_folder(folder).map_err(io::Error::other)?;
    }
    let mut all = read(path);
    all.insert(name.to_owned(), found);
    let text = toml::to_string_pretty(&all).map_err(io::Error::other)?;
    write_private(path, format!("{HEADING}{text}").as_bytes())
}

fn read(path: &Path) -> BTreeMap<String, Measured> {
    std::fs::read_to_string(path).ok().and_then(|text| toml::from_str(&text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_terminal_keeps_its_own_and_a_broken_file_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/terminals.toml");
        let found = |colours: &str| Measured { colours: Some(colours.into()), ..Measured::default() };
        keep_measured(&path, &terminal_name("xterm"), found("256")).unwrap();
        keep_measured(&path, &terminal_name("linux"), found("16")).unwrap();
        assert_eq!(read(&path)[&terminal_name("xterm")], found("256"));
        assert_eq!(read(&path)[&terminal_name("linux")].words().collect::<Vec<_>>(), [("terminal.colours", "16")]);
        std::fs::write(&path, "[broken").unwrap();
        assert!(read(&path).is_empty());
        keep_measured(&path, "x", found("true")).unwrap();
        assert_eq!(read(&path).len(), 1);
    }
}
