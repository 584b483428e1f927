//! What went wrong, in words for the person at the keyboard.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::clean_line;

/// The kinds of failure, each with an exit code of the command line (`ux.md` §2.16 of the design).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something else went wrong. Exit code 1.
    Failed,
    /// The command was not understood. Exit code 2.
    Usage,
    /// The other side cannot be reached. Exit code 3.
    Network,
    /// Some of it worked. Exit code 4.
    Partial,
    /// Nobody is signed in, or not any more. Exit code 5.
    SignIn,
    /// It cannot run there. Exit code 6.
    Incompatible,
    /// There is no such thing. Exit code 7.
    NotFound,
    /// Somebody stopped it. Exit code 130.
    Interrupted,
}

impl Kind {
    /// The exit code of the process.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Network => 3,
            Self::Partial => 4,
            Self::SignIn => 5,
            Self::Incompatible => 6,
            Self::NotFound => 7,
            Self::Interrupted => 130,
        }
    }
}

/// What failed, why, and what to do about it. The texts are safe to show: control characters are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Decides the exit code.
    pub kind: Kind,
    /// What failed: `Could not start stardist on hpc-gpu`.
    pub what: String,
    /// Why, in the other side's words.
    pub why: String,
    /// What the person can do; empty when we know nothing better.
    pub hint: String,
}

impl Failure {
    /// A failure of the general kind without a hint.
    pub fn new(what: impl AsRef<str>, why: impl AsRef<str>) -> Self {
        Self { kind: Kind::Failed, what: told(what.as_ref()), why: told(why.as_ref()), hint: String::new() }
    }

    /// A short name for people to point at it, the same wherever it is told: on the screen, in the log, in `-o json`.
    ///
    /// ```
    /// # use kab::domain::Failure;
    /// let id = Failure::new("Could not list the pods", "refused").id();
    /// assert_eq!(id, Failure::new("Could not list the pods", "refused").hint("R asks again.").id());
    /// assert_ne!(id, Failure::new("Could not list the pods", "no route").id());
    /// assert_eq!(id.len(), 5);
    /// ```
    pub fn id(&self) -> String {
        // FNV-1a, folded to what a person can read out.
        let mut hash: u32 = 0x811c_9dc5;
        for byte in self.what.bytes().chain([0]).chain(self.why.bytes()) {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
        format!("#{:04x}", (hash >> 16) ^ (hash & 0xffff))
    }

    /// The same failure of another kind.
    #[must_use]
    pub fn kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// The same failure with a hint.
    #[must_use]
    pub fn hint(self, hint: impl AsRef<str>) -> Self {
        Self { hint: clean_line(hint.as_ref()), ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)?;
        if !self.why.is_empty() {
            write!(formatter, ": {}", self.why)?;
        }
        if !self.hint.is_empty() {
            write!(formatter, ". {}", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// Longest words that are told, in bytes: a server may answer with anything.
const LONGEST: usize = 8_000;

fn told(words: &str) -> String {
    let end = words.floor_char_boundary(LONGEST);
    if end < words.len() { format!("{}…", clean_line(&words[..end])) } else { clean_line(words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_at_great_length_is_told_in_its_first_part() {
        let failure = Failure::new("Could not list the pods", "ä".repeat(LONGEST));
        assert!(failure.why.len() <= LONGEST + '…'.len_utf8() && failure.why.ends_with('…'));
        assert_eq!(Failure::new("a", "short").why, "short");
    }
}
