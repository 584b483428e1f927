//! What is told of an app beyond its entry: read when somebody looks at its page.

use serde::{Deserialize, Serialize};

use super::RepositoryId;

/// What is told of a release.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct About {
    /// Who made it; `None` where nobody says.
    pub publisher: Option<String>,
    /// What its repository says of itself.
    pub readme: Readme,
    /// Who else offers the app; `None` where the server does not tell.
    pub sources: Option<Sources>,
}

/// What a repository says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Readme {
    /// The text, in Markdown, as it was written.
    Text(String),
    /// There is none.
    Missing,
    /// The server cannot tell.
    #[default]
    Unknown,
}

/// The repositories that offer an app. It comes from those of one owner; somebody may choose others.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sources {
    /// Kabinet's id of the app.
    pub app: String,
    /// All that offer it, with their names, in the order in which they were added.
    pub all: Vec<(RepositoryId, String)>,
    /// The one that somebody chose.
    pub chosen: Option<RepositoryId>,
}
