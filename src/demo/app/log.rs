//! The log of a demo app: what is well goes to standard output, what is not to standard error.

use std::{fmt::Display, io::Write as _};

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// For the curious.
    Debug,
    /// What happens.
    Info,
    /// Odd.
    Warn,
    /// Wrong.
    Error,
}

/// Writes lines such as `INFO  greeter: heartbeat 3`; the engine adds the time.
#[derive(Debug, Clone)]
pub struct Log {
    app: &'static str,
    colour: Colour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Colour {
    Plain,
    Ansi,
}

impl Log {
    /// Plain, unless `CLICOLOR_FORCE` asks for colour.
    pub fn new(app: &'static str) -> Self {
        let forced = std::env::var("CLICOLOR_FORCE").is_ok_and(|value| !matches!(value.as_str(), "" | "0"));
        Self { app, colour: if forced { Colour::Ansi } else { Colour::Plain } }
    }

    /// Writes a line. A reader that is gone is no reason to end.
    pub fn say(&self, level: Level, text: impl Display) {
        let line = self.line(level, &text.to_string());
        match level {
            Level::Debug | Level::Info => writeln!(std::io::stdout(), "{line}").ok(),
            Level::Warn | Level::Error => writeln!(std::io::stderr(), "{line}").ok(),
        };
    }

    fn line(&self, level: Level, text: &str) -> String {
        let (word, code) = match level {
            Level::Debug => ("DEBUG", 2),
            Level::Info => ("INFO", 32),
            Level::Warn => ("WARN", 33),
            Level::Error => ("ERROR", 31),
        };
        match self.colour {
            Colour::Plain => format!("{word:<5} {}: {text}", self.app),
            Colour::Ansi => format!("\x1b[{code}m{word:<5}\x1b[0m {}: {text}", self.app),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_only_for_those_who_ask() {
        let plain = Log { app: "greeter", colour: Colour::Plain };
        assert_eq!(plain.line(Level::Warn, "odd"), "WARN  greeter: odd");
        let ansi = Log { app: "greeter", colour: Colour::Ansi };
        assert_eq!(ansi.line(Level::Error, "bad"), "\x1b[31mERROR\x1b[0m greeter: bad");
    }
}
