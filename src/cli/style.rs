//! Whether what is printed has colours, and the few that there are.

use std::io::{self, IsTerminal as _};

use clap::ValueEnum;

/// When there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Where a terminal shows them
    Auto,
    /// Also in a file or a pipe
    Always,
    /// Never
    #[value(alias = "mono", alias = "none")]
    Never,
    /// The sixteen of the terminal
    #[value(name = "16")]
    Sixteen,
    /// 256
    #[value(name = "256")]
    Many,
    /// All
    #[value(name = "true", alias = "truecolor", alias = "24bit")]
    True,
}

impl When {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
            Self::Sixteen => "16",
            Self::Many => "256",
            Self::True => "true",
        }
    }
}

/// Which streams have colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Colours {
    out: bool,
    error: bool,
}

impl Colours {
    /// As the flag says, else these variables, else what the streams are.
    pub fn of(flag: Option<When>, read: impl Fn(&str) -> Option<String>) -> Self {
        let told = |name: &str| read(name).filter(|value| !value.is_empty());
        let by_variable = || {
            let is_dumb = told("TERM").is_some_and(|term| term == "dumb");
            if told("NO_COLOR").is_some() || told("CLICOLOR").is_some_and(|value| value == "0") {
                When::Never
            } else if told("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
                When::Always
            } else if is_dumb {
                When::Never
            } else {
                When::Auto
            }
        };
        match flag.filter(|when| *when != When::Auto).unwrap_or_else(by_variable) {
            When::Always => Self { out: true, error: true },
            When::Never => Self::default(),
            // How many there are makes no difference to lines, which have few.
            When::Auto | When::Sixteen | When::Many | When::True => {
                Self { out: io::stdout().is_terminal(), error: io::stderr().is_terminal() }
            }
        }
    }

    /// A line of headings on standard output.
    pub fn heading(self, text: &str) -> String {
        // Dim, as in the terminal program: what is below weighs more.
        if self.out { format!("\u{1b}[2m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// What stands beside an error on standard error, such as its name.
    pub fn aside(self, text: &str) -> String {
        if self.error { format!("\u{1b}[2m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// `error:` on standard error.
    pub fn error(self) -> &'static str {
        if self.error { "\u{1b}[31merror:\u{1b}[0m" } else { "error:" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(flag: Option<When>, variables: &[(&str, &str)]) -> Colours {
        Colours::of(flag, |name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_flag_wins_over_the_variables_and_they_over_the_terminal() {
        let (all, none) = (Colours { out: true, error: true }, Colours::default());
        assert_eq!(of(Some(When::Always), &[("NO_COLOR", "1")]), all);
        assert_eq!(of(Some(When::Never), &[("CLICOLOR_FORCE", "1")]), none);
        assert_eq!(of(None, &[("CLICOLOR_FORCE", "1")]), all);
        assert_eq!(of(None, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), none);
        assert_eq!(of(None, &[("CLICOLOR", "0"), ("CLICOLOR_FORCE", "1")]), none);
        assert_eq!(of(Some(When::Auto), &[("TERM", "dumb")]), none);
        for (word, when) in
            [("256", When::Many), ("16", When::Sixteen), ("truecolor", When::True), ("mono", When::Never)]
        {
            assert_eq!(When::from_str(word, false), Ok(when));
        }
        assert_eq!((all.error(), none.error()), ("\u{1b}[31merror:\u{1b}[0m", "error:"));
        assert_eq!((all.heading("A"), none.heading("A")), ("\u{1b}[2mA\u{1b}[0m".into(), "A".into()));
        assert_eq!((all.aside("A"), none.aside("A")), ("\u{1b}[2mA\u{1b}[0m".into(), "A".into()));
    }
}
