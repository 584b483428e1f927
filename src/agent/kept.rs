//! The last word on a task, which is kept until the server has confirmed it, and how it comes out of the file of an
//! earlier process.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::shelf;

/// The last word on a task, until it is confirmed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The task.
    pub task: String,
    /// The `id` of its frame, which the confirmation refers to.
    pub id: String,
    /// The frame.
    pub frame: Value,
    /// The result, which the server does not confirm.
    pub result: Option<Value>,
    /// Whether that result has left over a connection.
    #[serde(default)]
    pub result_sent: bool,
}

/// What an earlier process could not get confirmed. The file is written when a task ends, not when its result leaves:
/// whether a result of that process arrived, only the server knows.
pub fn load(file: &Path) -> Vec<Kept> {
    let damaged = |error| tracing::warn!("{} cannot be used: {error}", file.display());
    let kept = shelf::read(file).and_then(|bytes| serde_json::from_slice::<Vec<Kept>>(&bytes).map_err(damaged).ok());
    let doubtful = |kept: Kept| Kept { result_sent: kept.result.is_some(), ..kept };
    kept.unwrap_or_default().into_iter().map(doubtful).collect()
}
