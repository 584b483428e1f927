//! `contexts.toml`: the deployments that kab knows, by name, and which one is chosen.
//!
//! Nothing secret stands there: a token is in a file of its own. kab rewrites the file, keeps keys that it does not know,
//! and warns of them. The context [`LOCAL`] is this machine's own server: always there, and never in the file.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use rustix::io::Errno;
use serde::Deserialize;

use super::context::{ContextEntry, ContextName, LOCAL};
use super::file::edit_distance;
use super::{ConfigError, Warning, write_private};

/// What the file says to people who open it.
const HEADING: &str = "# The contexts of kab: `kab context` lists and changes them. Comments are not kept.\n\n";

/// Why contexts are not as they should be.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// Not a name.
    #[error("{0:?} is no name of a context: letters, digits, `-`, `_` and `.` make one")]
    Name(String),
    /// There is none of that name.
    #[error("there is no context {name}{}", nearest.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default())]
    Unknown {
        /// The name.
        name: String,
        /// A known name that is close.
        nearest: Option<ContextName>,
    },
    /// The context of this machine's own server is not in the file.
    #[error("the context {LOCAL} is this machine's own server; it cannot be changed or removed")]
    Local,
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] ConfigError),
    /// The file cannot be written.
    #[error("{path} cannot be written: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// The contexts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Contexts {
    /// The one that `kab context use` chose.
    pub current: Option<ContextName>,
    /// All but [`LOCAL`].
    pub all: BTreeMap<ContextName, ContextEntry>,
    /// What nobody knows in the file.
    pub warnings: Vec<Warning>,
    /// The file as it was read.
    table: toml::Table,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Written {
    current: Option<String>,
    context: BTreeMap<String, ContextEntry>,
}

const KEYS: [&str; 12] = [
    "url",
    "kabinet",
    "rekuest",
    "lok",
    "organisation",
    "user",
    "colour",
    "word",
    "read_only",
    "confirm",
    "token_file",
    "ca_file",
];

impl Contexts {
    /// Reads the file; one that is missing holds nothing.
    ///
    /// # Errors
    /// When the file is broken.
    pub fn read(path: &Path) -> Result<Self, ContextError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(ConfigError::Read { path: path.to_owned(), source }.into()),
        };
        Self::of(path, &text)
    }

    fn of(path: &Path, text: &str) -> Result<Self, ContextError> {
        let broken = |why: String| ConfigError::Parse { path: path.to_owned(), why };
        let table: toml::Table = toml::from_str(text).map_err(|error| broken(error.to_string()))?;
        let written: Written = toml::from_str(text).map_err(|error| broken(error.to_string()))?;
        let mut all = BTreeMap::new();
        for (name, entry) in written.context {
            let name: ContextName = name.parse().map_err(|error: ContextError| broken(error.to_string()))?;
            if name.is_local() {
                return Err(broken(ContextError::Local.to_string()).into());
            }
            all.insert(name, entry);
        }
        let current = written.current.map(|name| name.parse()).transpose()?;
        let warnings = unknown_keys(&table)
            .into_iter()
            .map(|key| {
                let word = key.rsplit('.').next().unwrap_or(&key);
                let suggestion = near(word, KEYS.iter().copied()).map(str::to_owned);
                Warning { path: path.to_owned(), suggestion, key }
            })
            .collect();
        Ok(Self { current, all, warnings, table })
    }

    /// The context of that name; `Ok(None)`: this machine's own server.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, name: &ContextName) -> Result<Option<&ContextEntry>, ContextError> {
        if name.is_local() {
            return Ok(None);
        }
        self.all.get(name).map(Some).ok_or_else(|| {
            let known = self.all.keys().map(ContextName::as_str).chain([LOCAL]);
            let nearest = near(name.as_str(), known).and_then(|name| name.parse().ok());
            ContextError::Unknown { name: name.to_string(), nearest }
        })
    }

    /// Reads the file, changes it and writes it. Programs that do this at once do it one after the other.
    ///
    /// # Errors
    /// When the file is broken or cannot be written, or the change fails: then nothing is written.
    pub fn change<T>(
        path: &Path,
        change: impl FnOnce(&mut Self) -> Result<T, ContextError>,
    ) -> Result<T, ContextError> {
        let cannot = |source: std::io::Error| ContextError::Write { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(cannot)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let lock = options.open(path.with_extension("lock")).map_err(cannot)?;
        locked(rustix::fs::flock(&lock, FlockOperation::LockExclusive)).map_err(|error| cannot(error.into()))?;
        let mut contexts = Self::read(path)?;
        let outcome = change(&mut contexts)?;
        let text = contexts.to_text().map_err(|error| cannot(std::io::Error::other(error)))?;
        write_private(path, text.as_bytes()).map_err(cannot)?;
        Ok(outcome)
    }

    /// The file: what was read, with what is known now put over it.
    fn to_text(&self) -> Result<String, toml::ser::Error> {
        let mut table = self.table.clone();
        match &self.current {
            Some(name) => _ = table.insert("current".into(), name.as_str().into()),
            None => _ = table.remove("current"),
        }
        let old = match table.remove("context") {
            Some(toml::Value::Table(old)) => old,
            _ => toml::Table::new(),
        };
        let mut written = toml::Table::new();
        for (name, entry) in &self.all {
            let mut fields = match old.get(name.as_str()) {
                Some(toml::Value::Table(fields)) => fields.clone(),
                _ => toml::Table::new(),
            };
            fields.retain(|key, _| !KEYS.contains(&key));
            fields.extend(toml::Table::try_from(entry)?);
            written.insert(name.to_string(), toml::Value::Table(fields));
        }
        if !written.is_empty() {
            table.insert("context".into(), toml::Value::Table(written));
        }
        Ok(format!("{HEADING}{}", toml::to_string_pretty(&table)?))
    }
}

/// Some network file systems have no locks: then two programs may write at once, which is better than none.
fn locked(outcome: Result<(), Errno>) -> Result<(), Errno> {
    match outcome {
        Err(error @ (Errno::NOLCK | Errno::NOTSUP | Errno::NOSYS)) => {
            tracing::warn!("the file of contexts cannot be locked: {error}");
            Ok(())
        }
        other => other,
    }
}

fn unknown_keys(table: &toml::Table) -> Vec<String> {
    let mut unknown: Vec<String> =
        table.keys().filter(|key| !matches!(key.as_str(), "current" | "context")).cloned().collect();
    let Some(toml::Value::Table(contexts)) = table.get("context") else { return unknown };
    for (name, entry) in contexts {
        let keys = entry.as_table().into_iter().flat_map(toml::Table::keys);
        let strange = keys.filter(|key| !KEYS.contains(&key.as_str()));
        unknown.extend(strange.map(|key| format!("context.{name}.{key}")));
    }
    unknown
}

/// The known word that is fewest letters apart, if those are few.
fn near<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known.map(|known| (edit_distance(word, known), known)).min().filter(|(apart, _)| *apart <= 2).map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Colour, Place};

    fn read(text: &str) -> Result<Contexts, ContextError> {
        Contexts::of(Path::new("contexts.toml"), text)
    }

    fn name(text: &str) -> ContextName {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_written_is_read_and_unknown_keys_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config/contexts.toml");
        let entry = ContextEntry {
            url: Some("https://lab.example.org".into()),
            colour: Some(Colour::BrightRed),
            word: Some("PROD".into()),
            read_only: true,
            ..ContextEntry::default()
        };
        Contexts::change(&path, |contexts| {
            contexts.all.insert(name("lab"), entry.clone());
            contexts.current = Some(name("lab"));
            Ok(())
        })
        .unwrap();
        let text = std::fs::read_to_string(&path).unwrap().replace("word =", "later = 3\nword =");
        std::fs::write(&path, text).unwrap();
        Contexts::change(&path, |contexts| Ok(_ = contexts.all.insert(name("b"), ContextEntry::default()))).unwrap();
        let contexts = Contexts::read(&path).unwrap();
        assert_eq!(contexts.all[&name("lab")], entry);
        assert_eq!(contexts.current, Some(name("lab")));
        assert_eq!(contexts.warnings[0].key, "context.lab.later");
        Contexts::change(&path, |contexts| Ok(_ = contexts.all.remove(&name("lab")))).unwrap();
        assert_eq!(Contexts::read(&path).unwrap().warnings, [], "what is removed is removed whole");
    }

    #[test]
    fn a_file_system_without_locks_is_no_reason_to_write_nothing() {
        for absent in [Errno::NOLCK, Errno::NOTSUP, Errno::NOSYS] {
            assert_eq!(locked(Err(absent)), Ok(()));
        }
        assert_eq!(locked(Err(Errno::IO)), Err(Errno::IO));
    }

    #[test]
    fn a_change_that_fails_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contexts.toml");
        let failed: Result<(), _> = Contexts::change(&path, |contexts| {
            contexts.current = Some(name("lab"));
            Err(ContextError::Local)
        });
        assert!(failed.is_err() && !path.exists());
    }

    #[test]
    fn an_unknown_name_or_key_is_answered_with_the_nearest() {
        let contexts = read("[context.lab-2]\nurl = 'https://a'\nread_onyl = true\n").unwrap();
        let unknown = contexts.get(&name("lab2")).unwrap_err().to_string();
        assert_eq!(unknown, "there is no context lab2; did you mean lab-2?");
        let unknown = contexts.get(&name("loca")).unwrap_err().to_string();
        assert_eq!(unknown, "there is no context loca; did you mean local?");
        assert_eq!(contexts.warnings[0].suggestion.as_deref(), Some("read_only"));
        assert_eq!(contexts.get(&ContextName::local()).unwrap(), None);
    }

    #[test]
    fn broken_files_are_said() {
        for text in ["[context", "[context.lab]\ncolour = 'pink'", "[context.'a b']", "[context.local]\nurl = 'x'"] {
            let error = read(text).unwrap_err();
            assert!(matches!(error, ContextError::File(ConfigError::Parse { .. })), "{text}: {error}");
        }
    }

    #[test]
    fn a_context_leads_to_a_deployment_or_to_services() {
        let text = "[context.a]\nurl = 'https://a'\n[context.b]\nkabinet = 'http://k'\nrekuest = 'http://r'\n\
                    [context.c]\nkabinet = 'http://k'";
        let contexts = read(text).unwrap();
        let place = |of: &str| contexts.all[&name(of)].place();
        assert_eq!(place("a"), Some(Place::Deployment("https://a".into())));
        assert!(matches!(place("b"), Some(Place::Services { .. })));
        assert_eq!(place("c"), None);
    }
}
