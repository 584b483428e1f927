//! How the end of a long task is told to somebody who looks elsewhere, and what the terminal's title says.

use super::host::Host;
use crate::domain::clean_line;

/// How it is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Notify {
    /// By the bell: it reaches every multiplexer's monitor.
    #[default]
    Bell,
    /// By a notification of the terminal, OSC 9.
    Osc9,
    /// By both.
    Both,
    /// Not at all.
    Off,
    /// By a command of the person's own, which finds the text in `KAB_TEXT` and on its standard input.
    Command(String),
}

impl Notify {
    /// By what the setting says: `bell`, `osc9`, `both`, `off`, or `cmd: …`.
    pub fn of(setting: Option<&str>) -> Self {
        match setting {
            Some("osc9") => Self::Osc9,
            Some("both") => Self::Both,
            Some("off") => Self::Off,
            Some(other) => match other.strip_prefix("cmd:").map(str::trim) {
                Some(line) if !line.is_empty() => Self::Command(line.to_owned()),
                _ => Self::Bell,
            },
            None => Self::Bell,
        }
    }

    /// What the terminal has to be sent.
    pub fn bytes(&self, text: &str, host: &Host) -> Vec<u8> {
        let shown = host.pass(&format!("\u{1b}]9;kab: {}\u{7}", plain(text, 200)));
        let shown = if host.knows_osc() { shown } else { String::new() };
        match self {
            Self::Bell => "\u{7}".into(),
            Self::Osc9 => shown,
            Self::Both => format!("{shown}\u{7}"),
            Self::Off | Self::Command(_) => String::new(),
        }
        .into_bytes()
    }
}

/// The title of the terminal's window, as it is sent.
pub fn title(text: &str, host: &Host) -> Vec<u8> {
    if !host.knows_osc() {
        return Vec::new();
    }
    format!("\u{1b}]2;{}\u{7}", plain(text, 120)).into_bytes()
}

/// Without anything that could end the sequence, and not longer than that.
fn plain(text: &str, most: usize) -> String {
    clean_line(text).chars().filter(|letter| !letter.is_control()).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(pairs: &'static [(&str, &str)]) -> Host {
        Host::from_environment(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_setting_says_how_it_is_told() {
        let xterm = host(&[("TERM", "xterm")]);
        let bytes = |setting| Notify::of(setting).bytes("Done: it\u{7}\u{1b}[2J", &xterm);
        assert_eq!(bytes(None), b"\x07");
        assert_eq!(bytes(Some("bell")), b"\x07");
        let both = String::from_utf8(bytes(Some("both"))).unwrap();
        assert_eq!(both.matches('\u{7}').count(), 2, "{both:?}");
        assert_eq!(bytes(Some("off")), b"");
        let osc9 = String::from_utf8(bytes(Some("osc9"))).unwrap();
        assert!(osc9.starts_with("\u{1b}]9;kab: Done: it") && osc9.ends_with('\u{7}'), "{osc9:?}");
        assert_eq!(osc9.matches(char::is_control).count(), 2, "nothing of the text is one: {osc9:?}");
        assert_eq!(Notify::of(Some("cmd: notify-send kab")), Notify::Command("notify-send kab".into()));
    }

    #[test]
    fn multiplexers_pass_it_and_the_console_gets_nothing_that_it_would_print() {
        let tmux = Notify::Osc9.bytes("x", &host(&[("TERM", "tmux-256color")]));
        assert_eq!(tmux, b"\x1bPtmux;\x1b\x1b]9;kab: x\x07\x1b\\");
        assert_eq!(Notify::Both.bytes("x", &host(&[("TERM", "linux")])), b"\x07");
        assert_eq!(title("kab lab", &host(&[("TERM", "linux")])), b"");
        assert_eq!(title("kab \u{1b}]0;x\u{7}", &host(&[("TERM", "xterm")])).iter().filter(|it| **it < 32).count(), 2);
    }
}
