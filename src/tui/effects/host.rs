//! What is in front of the program: the terminal by name, the multiplexer between, and whether the person sits elsewhere.
//! Known from the environment alone; the terminal itself is never asked.

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

/// What is in front of the program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Host {
    /// `TERM`.
    pub term: String,
    /// What stands between.
    pub multiplexer: Multiplexer,
    /// The person sits at another machine.
    pub is_remote: bool,
    /// The version of tmux that the program runs in, where it says it: `(3, 4)`.
    pub tmux: Option<(u32, u32)>,
}

impl Host {
    /// As these variables of the environment say.
    pub fn from_environment(read: impl Fn(&str) -> Option<String>) -> Self {
        let filled = |name: &str| read(name).filter(|value| !value.is_empty());
        let version = || {
            let version =
                filled("TERM_PROGRAM_VERSION").filter(|_| filled("TERM_PROGRAM").as_deref() == Some("tmux"))?;
            let (major, rest) = version.trim_start_matches("next-").split_once('.')?;
            let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
            Some((major.parse().ok()?, minor.parse().ok()?))
        };
        Self {
            term: filled("TERM").unwrap_or_default(),
            multiplexer: Multiplexer::from_environment(&read),
            is_remote: filled("SSH_CONNECTION").is_some() || filled("SSH_TTY").is_some(),
            tmux: version(),
        }
    }

    /// Terminals that print what they do not know, or have nothing of the kind: the Linux console, the oldest ones.
    fn is_simple(&self) -> bool {
        self.term.is_empty() || self.term == "linux" || self.term == "dumb" || self.term.starts_with("vt1")
    }

    /// Whether OSC 52 may do something.
    pub fn knows_osc_52(&self) -> bool {
        !self.is_simple()
    }

    /// Whether other operating system commands, such as a title or a notification, do no harm.
    pub fn knows_osc(&self) -> bool {
        !self.is_simple()
    }

    /// Whether links are known: not where a multiplexer would drop or print them.
    pub fn knows_links(&self) -> bool {
        let passes = match self.multiplexer {
            Multiplexer::None => true,
            Multiplexer::Tmux => self.tmux.is_some_and(|version| version >= (3, 4)),
            Multiplexer::Screen => false,
        };
        passes && !self.is_simple()
    }

    /// A control sequence that is meant for the terminal itself, on its way through what stands between.
    pub fn pass(&self, sequence: &str) -> String {
        match self.multiplexer {
            Multiplexer::None => sequence.to_owned(),
            Multiplexer::Tmux => format!("\u{1b}Ptmux;{}\u{1b}\\", sequence.replace('\u{1b}', "\u{1b}\u{1b}")),
            Multiplexer::Screen => {
                // screen passes strings of at most 768 bytes.
                let pieces = sequence.as_bytes().chunks(512);
                let wrapped = pieces.map(|piece| format!("\u{1b}P{}\u{1b}\\", String::from_utf8_lossy(piece)));
                wrapped.collect::<Vec<_>>().concat()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(pairs: &'static [(&str, &str)]) -> Host {
        Host::from_environment(move |name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn tmux_is_known_over_ssh_too() {
        let by = |pairs| host(pairs).multiplexer;
        assert_eq!(by(&[("TERM", "tmux-256color")]), Multiplexer::Tmux);
        assert_eq!(by(&[("TERM", "screen-256color"), ("TMUX", "/tmp/x")]), Multiplexer::Tmux);
        assert_eq!(by(&[("TERM", "screen")]), Multiplexer::Screen);
        assert_eq!(by(&[("TERM", "xterm-256color")]), Multiplexer::None);
    }

    #[test]
    fn links_are_left_out_where_they_would_be_dropped_or_printed() {
        assert!(host(&[("TERM", "xterm-256color")]).knows_links());
        for pairs in [
            &[("TERM", "linux")] as &[_],
            &[("TERM", "dumb")],
            &[("TERM", "vt100")],
            &[],
            &[("TERM", "screen.xterm-256color")],
            &[("TERM", "tmux-256color")],
            &[("TERM", "tmux-256color"), ("TERM_PROGRAM", "tmux"), ("TERM_PROGRAM_VERSION", "3.3a")],
        ] {
            assert!(!host(pairs).knows_links(), "{pairs:?}");
        }
        let new = &[("TERM", "tmux-256color"), ("TERM_PROGRAM", "tmux"), ("TERM_PROGRAM_VERSION", "3.4")];
        assert!(host(new).knows_links());
    }
}
