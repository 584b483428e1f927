//! A context: its name, what it leads to, and how it looks.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ContextError;

/// The context of this machine's own server.
pub const LOCAL: &str = "local";

/// A context's name: letters, digits, `-`, `_` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ContextName(String);

impl ContextName {
    /// How many letters a name may have.
    pub const LONGEST: usize = 64;

    /// The name of this machine's own server.
    pub fn local() -> Self {
        Self(LOCAL.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is this machine's own server.
    pub fn is_local(&self) -> bool {
        self.0 == LOCAL
    }

    /// The nearest that can be made of any text, such as a host's name.
    pub fn made_of(text: &str) -> Option<Self> {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        let name: String = text.chars().map(|letter| if fits(letter) { letter } else { '-' }).collect();
        name.trim_matches(['.', '-']).parse().ok()
    }
}

impl fmt::Display for ContextName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for ContextName {
    type Err = ContextError;

    fn from_str(text: &str) -> Result<Self, ContextError> {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        // It becomes the name of a file.
        if text.is_empty() || text.len() > Self::LONGEST || text.starts_with('.') || !text.chars().all(fits) {
            return Err(ContextError::Name(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// One of the sixteen colours that every terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Colour {
    Black,
    Red,
    Green,
    Yellow,
    Blue,
    Magenta,
    Cyan,
    White,
    BrightBlack,
    BrightRed,
    BrightGreen,
    BrightYellow,
    BrightBlue,
    BrightMagenta,
    BrightCyan,
    BrightWhite,
}

impl Colour {
    /// All of them, in the terminal's order.
    pub const ALL: [Self; 16] = [
        Self::Black,
        Self::Red,
        Self::Green,
        Self::Yellow,
        Self::Blue,
        Self::Magenta,
        Self::Cyan,
        Self::White,
        Self::BrightBlack,
        Self::BrightRed,
        Self::BrightGreen,
        Self::BrightYellow,
        Self::BrightBlue,
        Self::BrightMagenta,
        Self::BrightCyan,
        Self::BrightWhite,
    ];

    /// The colour of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|colour| colour.name() == name)
    }

    /// Its name in the file: `bright-red`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Black => "black",
            Self::Red => "red",
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Blue => "blue",
            Self::Magenta => "magenta",
            Self::Cyan => "cyan",
            Self::White => "white",
            Self::BrightBlack => "bright-black",
            Self::BrightRed => "bright-red",
            Self::BrightGreen => "bright-green",
            Self::BrightYellow => "bright-yellow",
            Self::BrightBlue => "bright-blue",
            Self::BrightMagenta => "bright-magenta",
            Self::BrightCyan => "bright-cyan",
            Self::BrightWhite => "bright-white",
        }
    }
}

/// How much a person has to type before something is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confirm {
    /// The name of what is removed.
    TypeName,
}

/// A context, as the file has it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContextEntry {
    /// The deployment's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Kabinet's address, where no deployment is asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kabinet: Option<String>,
    /// Rekuest's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rekuest: Option<String>,
    /// Lok's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lok: Option<String>,
    /// The organisation, for people; the token decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// The user, for people; the token decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The colour of its mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<Colour>,
    /// The word of its mark: `PROD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
    /// Whether nothing may be changed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// What has to be typed before something is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<Confirm>,
    /// File with an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// PEM file with the site's own certificate authorities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// Where a context leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// To a deployment that tells where its services are.
    Deployment(String),
    /// To services at known addresses.
    Services {
        /// Kabinet's address.
        kabinet: String,
        /// Rekuest's.
        rekuest: String,
        /// Lok's.
        lok: Option<String>,
    },
}

impl ContextEntry {
    /// The word of its mark: its own, or where it has but a colour, its name in capitals, on which the colour is seen.
    pub fn mark(&self, name: &str) -> Option<String> {
        self.word.clone().or_else(|| self.colour.map(|_| name.to_uppercase()))
    }

    /// Where it leads; `None`: the entry lacks an address.
    pub fn place(&self) -> Option<Place> {
        match (&self.url, &self.kabinet, &self.rekuest) {
            (Some(url), ..) => Some(Place::Deployment(url.clone())),
            (None, Some(kabinet), Some(rekuest)) => {
                Some(Place::Services { kabinet: kabinet.clone(), rekuest: rekuest.clone(), lok: self.lok.clone() })
            }
            _ => None,
        }
    }

    /// The address to show.
    pub fn address(&self) -> &str {
        self.url.as_deref().or(self.kabinet.as_deref()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_alone_is_seen_on_the_name() {
        let coloured = ContextEntry { colour: Colour::named("red"), ..ContextEntry::default() };
        assert_eq!(coloured.mark("prod").as_deref(), Some("PROD"));
        let named = ContextEntry { word: Some("LIVE".into()), ..coloured };
        assert_eq!(named.mark("prod").as_deref(), Some("LIVE"));
        assert_eq!(ContextEntry::default().mark("prod"), None);
    }

    #[test]
    fn names_are_fit_for_files() {
        for good in ["lab", "lab-2", "a_b.c", "10.0.0.1"] {
            assert_eq!(good.parse::<ContextName>().unwrap().as_str(), good);
        }
        for bad in ["", ".", "..", "a/b", "a b", ".hidden", "\u{e4}", "a\0"] {
            assert!(bad.parse::<ContextName>().is_err(), "{bad}");
        }
        assert_eq!(ContextName::made_of("lab.example.org:8443").unwrap().as_str(), "lab.example.org-8443");
        assert_eq!(ContextName::made_of("[::1]:80").unwrap().as_str(), "1--80");
    }

    #[test]
    fn colours_have_one_name() {
        for colour in Colour::ALL {
            assert_eq!(serde_json::to_value(colour).unwrap(), colour.name());
            assert_eq!(Colour::named(colour.name()), Some(colour));
        }
    }
}
