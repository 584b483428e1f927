//! Reads the files that app authors publish: every generation of `deployments.yaml` and `kabinet.yaml`.
//!
//! Pure: text in, entries and issues out. A bad entry is reported with its path and does not hide the good ones.
//! Members are accepted in snake case and camel case everywhere. Scanning, storing and fetching are elsewhere.

mod definition;
mod entry;
mod hash;
mod selector;
mod tree;

pub use definition::Definition;
pub use entry::{Entry, Generation, Manifest};
pub use tree::Unreadable;

use crate::domain::ScanIssue;
use tree::{Node, Value};

/// The newest `spec_version` of the file that this reader knows.
pub const SPEC_VERSION: u64 = 1;
/// Entries of a file beyond which it is refused.
const MOST_ENTRIES: usize = 20_000;

/// A file that could be read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct File {
    /// The good entries, in the order of the file: oldest first.
    pub entries: Vec<Entry>,
    /// What could not be read, or was doubtful.
    pub issues: Vec<ScanIssue>,
}

/// Reads a deployments file of any generation.
///
/// # Errors
/// When nothing of it can be used: no YAML, several documents, an alias bomb, a tag that would make objects, no list of
/// entries, or a newer form.
pub fn read(text: &str) -> Result<File, Unreadable> {
    let root = tree::parse(text)?;
    let members = root.map().ok_or(Unreadable::NoMapping)?;
    if let Some(version) = root.member("spec_version")
        && !version.is_null()
        && version.number().is_none_or(|number| number > SPEC_VERSION)
    {
        return Err(Unreadable::TooNew { found: version.text().unwrap_or_default(), known: SPEC_VERSION });
    }
    let mut file = File::default();
    for (key, node) in members.iter().filter(|(key, _)| tree::repeats(members, key).is_some()) {
        report(&mut file.issues, key, node, "this key stands there more than once; the last one counts");
    }
    let mut lists = 0;
    for name in ["deployments", "app_images"] {
        let Some(list) = root.member(name) else { continue };
        lists += 1;
        match &list.value {
            Value::List(nodes) if nodes.len() > MOST_ENTRIES => {
                return Err(Unreadable::TooMany { found: nodes.len(), most: MOST_ENTRIES });
            }
            Value::List(nodes) => {
                for (place, node) in nodes.iter().enumerate() {
                    let path = format!("{name}[{place}]");
                    match entry::read(node, &path, &mut file.issues) {
                        Ok(entry) => file.entries.push(entry),
                        Err(issue) => file.issues.push(issue),
                    }
                }
            }
            Value::Null => {}
            _ => report(&mut file.issues, name, list, "expected a list of entries"),
        }
    }
    if lists == 0 {
        return Err(Unreadable::NoEntries);
    }
    Ok(file)
}

/// Reads one entry of the newest form that arrives as JSON, as `createAppImage` sends it.
///
/// # Errors
/// The first thing that makes it unusable.
pub fn read_entry(json: &serde_json::Value) -> Result<(Entry, Vec<ScanIssue>), ScanIssue> {
    let mut issues = Vec::new();
    let entry = entry::read(&Node::from_json(json), "input", &mut issues)?;
    Ok((entry, issues))
}

/// Reads one definition that arrives as JSON, as an agent registers it; camel case is read like snake case.
///
/// # Errors
/// The first thing that makes it unusable.
pub fn read_definition(json: &serde_json::Value) -> Result<Definition, ScanIssue> {
    definition::read(&Node::from_json(json), "definition", None)
}

fn report(issues: &mut Vec<ScanIssue>, path: &str, node: &Node, reason: &str) {
    issues.push(issue(path, node, reason));
}

/// An issue that tells the line too, where there is one.
fn issue(path: &str, node: &Node, reason: &str) -> ScanIssue {
    let reason = if node.line == 0 { reason.to_owned() } else { format!("line {}: {reason}", node.line) };
    ScanIssue { path: path.to_owned(), reason }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use tests::public_files;
