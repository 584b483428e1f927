//! What somebody looks at: that is kept fresh.

use super::changes::Topic;

/// What somebody looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gaze {
    /// These lists.
    At(Vec<Topic>),
    /// Nothing, and has not for a while.
    Away,
}

impl Default for Gaze {
    fn default() -> Self {
        Self::At(Vec::new())
    }
}

impl Gaze {
    /// The lists that are looked at.
    pub fn topics(&self) -> &[Topic] {
        match self {
            Self::At(topics) => topics,
            Self::Away => &[],
        }
    }
}
