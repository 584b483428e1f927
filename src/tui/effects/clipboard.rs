//! The clipboard of the terminal in front of the person, over SSH and through multiplexers: OSC 52.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Encoded bytes that terminals take at most; xterm's own limit, which others follow.
const MOST: usize = 74_994;

/// What stands between the program and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Multiplexer {
    /// Nothing that is known.
    #[default]
    None,
    /// tmux.
    Tmux,
    /// GNU screen, or a tmux that says so.
    Screen,
}

impl Multiplexer {
    /// By `TMUX`, `STY` and `TERM`; over SSH only `TERM` tells.
    pub fn from_environment(read: impl Fn(&str) -> Option<String>) -> Self {
        let filled = |name: &str| read(name).filter(|value| !value.is_empty());
        let term = filled("TERM").unwrap_or_default();
        if filled("TMUX").is_some() || term.starts_with("tmux") {
            Self::Tmux
        } else if filled("STY").is_some() || term.starts_with("screen") {
            Self::Screen
        } else {
            Self::None
        }
    }
}

/// What to write to the terminal, and what to tell the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Bytes for the terminal; empty where the text was saved instead.
    pub bytes: Vec<u8>,
    /// For the person.
    pub said: String,
}

/// What puts a short text on the clipboard of the terminal in front of the person.
pub fn osc52(text: &str, multiplexer: Multiplexer) -> Vec<u8> {
    copy(text, multiplexer, None).bytes
}

/// Copies a text. One that is too large is saved in the runtime folder, which only its owner can read.
pub fn copy(text: &str, multiplexer: Multiplexer, folder: Option<&Path>) -> Copied {
    let encoded = STANDARD.encode(text);
    if encoded.len() > MOST {
        return Copied { bytes: Vec::new(), said: save(text, folder) };
    }
    let plain = format!("\u{1b}]52;c;{encoded}\u{7}");
    let (bytes, advice) = match multiplexer {
        Multiplexer::None => (plain, ""),
        // Passed through for tmux with allow-passthrough, and plain for tmux with set-clipboard on: one of them works.
        Multiplexer::Tmux => {
            let wrapped = format!("\u{1b}Ptmux;{}\u{1b}\\", plain.replace('\u{1b}', "\u{1b}\u{1b}"));
            (format!("{wrapped}{plain}"), " (tmux: needs set-clipboard on, or allow-passthrough on)")
        }
        Multiplexer::Screen => {
            // screen passes strings of at most 768 bytes.
            let pieces: Vec<String> = plain
                .as_bytes()
                .chunks(512)
                .map(|piece| format!("\u{1b}P{}\u{1b}\\", String::from_utf8_lossy(piece)))
                .collect();
            (pieces.concat(), " (through screen)")
        }
    };
    let count = text.chars().count();
    let what = match text.lines().count() {
        0 | 1 => format!("{count} characters"),
        lines => format!("{lines} lines"),
    };
    Copied { bytes: bytes.into_bytes(), said: format!("Copied {what} by OSC 52{advice}") }
}

fn save(text: &str, folder: Option<&Path>) -> String {
    let size = crate::domain::human_bytes(text.len() as u64);
    let Some(folder) = folder else {
        return format!("Too large for a terminal's clipboard ({size}), and there is no runtime folder to save it in");
    };
    let path = folder.join("clip.txt");
    // Removed first, so that nobody's link is followed and the mode is ours.
    std::fs::remove_file(&path).ok();
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    match file.and_then(|mut file| file.write_all(text.as_bytes())) {
        Ok(()) => format!("Too large for a terminal's clipboard ({size}): saved to {}", path.display()),
        Err(error) => format!("Too large for a terminal's clipboard ({size}), and not saved: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_arrives_through_every_multiplexer() {
        let plain = copy("kab", Multiplexer::None, None);
        assert_eq!(plain.bytes, b"\x1b]52;c;a2Fi\x07");
        assert_eq!(plain.said, "Copied 3 characters by OSC 52");
        let tmux = copy("kab", Multiplexer::Tmux, None);
        assert_eq!(tmux.bytes, b"\x1bPtmux;\x1b\x1b]52;c;a2Fi\x07\x1b\\\x1b]52;c;a2Fi\x07");
        assert!(copy("a\nb", Multiplexer::Screen, None).bytes.starts_with(b"\x1bP\x1b]52;c;"));
    }

    #[test]
    fn a_text_that_is_too_large_is_saved_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let copied = copy(&"x".repeat(200_000), Multiplexer::None, Some(folder.path()));
        assert!(copied.bytes.is_empty());
        assert!(copied.said.contains("200 kB"), "{}", copied.said);
        let file = folder.path().join("clip.txt");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_to_string(file).unwrap().len(), 200_000);
    }

    #[test]
    fn tmux_is_known_over_ssh_too() {
        let by = |pairs: &'static [(&str, &str)]| {
            Multiplexer::from_environment(move |name| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(by(&[("TERM", "tmux-256color")]), Multiplexer::Tmux);
        assert_eq!(by(&[("TERM", "screen-256color"), ("TMUX", "/tmp/x")]), Multiplexer::Tmux);
        assert_eq!(by(&[("TERM", "screen")]), Multiplexer::Screen);
        assert_eq!(by(&[("TERM", "xterm-256color")]), Multiplexer::None);
    }
}
