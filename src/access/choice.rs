//! Which context is meant, and what the flags and the environment put over it.

use std::path::PathBuf;

use crate::config::{ContextEntry, ContextError, ContextName, Contexts, Folders, Warning};
use crate::domain::{Failure, FailureKind};
use crate::services::{AUTHORITIES, ReadOnly, Secret};

/// Whether a token from the environment counts. It was meant for the server that the program was started for, and must not
/// get to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Variables {
    /// All of them count.
    #[default]
    All,
    /// `KAB_TOKEN` does not.
    NoToken,
}

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--context`.
    pub context: Option<String>,
    /// `--token-file`.
    pub token_file: Option<PathBuf>,
    /// `--ca-file`.
    pub ca_file: Option<PathBuf>,
    /// `--read-only`.
    pub read_only: Option<ReadOnly>,
    /// What counts beside them.
    pub variables: Variables,
}

/// Who chose the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `--context`.
    Flag,
    /// `KAB_CONTEXT`.
    Variable,
    /// `kab context use`, some time ago.
    Current,
    /// Nobody.
    Default,
}

/// A token from outside, which goes before a stored login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Given {
    /// None.
    Nothing,
    /// In a file.
    File(PathBuf),
    /// In `KAB_TOKEN`.
    Text(Secret),
}

/// The context that is meant.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Its name.
    pub name: ContextName,
    /// Who chose it.
    pub origin: Origin,
    /// What is known of it; `None`: it is this machine's own server.
    pub entry: Option<ContextEntry>,
    /// File with certificate authorities of the site's own.
    pub ca_file: Option<PathBuf>,
    /// Why nothing may be changed; `None`: it may.
    pub read_only: Option<ReadOnly>,
    /// What nobody knows in the file of contexts.
    pub warnings: Vec<Warning>,
    pub(super) given: Given,
}

impl Chosen {
    /// This machine's own server, whatever else is chosen.
    pub fn local() -> Self {
        Self {
            name: ContextName::local(),
            origin: Origin::Default,
            entry: None,
            ca_file: None,
            read_only: None,
            warnings: Vec::new(),
            given: Given::Nothing,
        }
    }

    /// Whether it is this machine's own server.
    pub fn is_local(&self) -> bool {
        self.entry.is_none()
    }
}

/// Finds the context that is meant: the flag's, the variable's (`KAB_CONTEXT`), the current one, else this machine's.
///
/// # Errors
/// When there is none of that name, or the file of contexts is broken.
pub fn choose(folders: &Folders, flags: &Flags) -> Result<Chosen, Failure> {
    let contexts = Contexts::read(&folders.contexts_file()).map_err(|error| failure(&error))?;
    choose_of(contexts, flags, |name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

/// The failure to show; an unknown name is a thing that is not there.
pub(super) fn failure(error: &ContextError) -> Failure {
    let kind = match error {
        ContextError::Unknown { .. } => FailureKind::NotFound,
        ContextError::Write { .. } => FailureKind::Failed,
        ContextError::Name(_) | ContextError::Local | ContextError::File(_) => FailureKind::Usage,
    };
    let hint = if kind == FailureKind::NotFound { "`kab context` lists them." } else { "" };
    Failure::new("Could not choose the server", error.to_string()).kind(kind).hint(hint)
}

fn choose_of(contexts: Contexts, flags: &Flags, variable: impl Fn(&str) -> Option<String>) -> Result<Chosen, Failure> {
    let parse = |name: &str| name.parse::<ContextName>().map_err(|error| failure(&error));
    let (name, origin) = match (&flags.context, variable("KAB_CONTEXT"), &contexts.current) {
        (Some(name), ..) => (parse(name)?, Origin::Flag),
        (None, Some(name), _) => (parse(&name)?, Origin::Variable),
        (None, None, Some(name)) => (name.clone(), Origin::Current),
        (None, None, None) => (ContextName::local(), Origin::Default),
    };
    let entry = contexts.get(&name).map_err(|error| failure(&error))?.cloned();
    let own = entry.clone().unwrap_or_default();
    let read_only = flags.read_only.clone().or_else(|| {
        let variable = variable("KAB_READ_ONLY").filter(|value| !matches!(value.as_str(), "0" | "false" | "no"));
        variable.map(|_| ReadOnly::Variable).or_else(|| own.read_only.then(|| ReadOnly::Context(name.to_string())))
    });
    let token = if flags.variables == Variables::All { variable("KAB_TOKEN") } else { None };
    let given = match (&flags.token_file, token, &own.token_file) {
        // This machine's own server gives its user a token by itself.
        (Some(_), ..) if entry.is_none() => {
            let what = "Could not use --token-file";
            return Err(Failure::new(what, "the context is this machine's own server, which needs none")
                .kind(FailureKind::Usage)
                .hint("--context NAME chooses another one."));
        }
        _ if entry.is_none() => Given::Nothing,
        (Some(path), ..) | (None, None, Some(path)) => Given::File(path.clone()),
        (None, Some(token), _) => Given::Text(Secret::new(token.trim())),
        (None, None, None) => Given::Nothing,
    };
    let ca_file = flags.ca_file.clone().or_else(|| variable(AUTHORITIES).map(PathBuf::from)).or(own.ca_file.clone());
    Ok(Chosen { name, origin, entry, ca_file, read_only, warnings: contexts.warnings, given })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "current = 'b'\n[context.a]\nurl = 'https://a'\nread_only = true\ntoken_file = '/t'\n\
                        ca_file = '/ca'\n[context.b]\nurl = 'https://b'";

    fn contexts() -> Contexts {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("contexts.toml"), FILE).unwrap();
        Contexts::read(&folder.path().join("contexts.toml")).unwrap()
    }

    fn choose(flags: &Flags, variables: &[(&str, &str)]) -> Result<Chosen, Failure> {
        choose_of(contexts(), flags, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn flag(name: &str) -> Flags {
        Flags { context: Some(name.into()), ..Flags::default() }
    }

    #[test]
    fn the_flag_wins_over_the_variable_and_that_over_the_current_one() {
        for (flags, variables, name, origin) in [
            (flag("a"), vec![("KAB_CONTEXT", "b")], "a", Origin::Flag),
            (Flags::default(), vec![("KAB_CONTEXT", "a")], "a", Origin::Variable),
            (Flags::default(), vec![], "b", Origin::Current),
            (flag("local"), vec![], "local", Origin::Flag),
        ] {
            let chosen = choose(&flags, &variables).unwrap();
            assert_eq!((chosen.name.as_str(), chosen.origin), (name, origin));
            assert_eq!(chosen.is_local(), name == "local");
        }
        let unknown = choose(&flag("aa"), &[]).unwrap_err();
        assert_eq!(unknown.kind, FailureKind::NotFound);
        assert!(unknown.why.contains("did you mean a"), "{unknown}");
        let nobody = choose_of(Contexts::default(), &Flags::default(), |_| None).unwrap();
        assert_eq!((nobody.is_local(), nobody.origin), (true, Origin::Default));
    }

    #[test]
    fn a_token_from_outside_goes_before_what_the_context_says() {
        let given = |flags: &Flags, variables: &[(&str, &str)]| choose(flags, variables).unwrap().given;
        assert_eq!(given(&flag("a"), &[]), Given::File("/t".into()));
        assert_eq!(given(&flag("a"), &[("KAB_TOKEN", "x\n")]), Given::Text(Secret::new("x")));
        let both = Flags { token_file: Some("/f".into()), ..flag("a") };
        assert_eq!(given(&both, &[("KAB_TOKEN", "x")]), Given::File("/f".into()));
        assert_eq!(given(&flag("b"), &[]), Given::Nothing);
        let elsewhere = Flags { variables: Variables::NoToken, ..flag("b") };
        assert_eq!(given(&elsewhere, &[("KAB_TOKEN", "x")]), Given::Nothing, "it was meant for another server");
        assert_eq!(given(&flag("local"), &[("KAB_TOKEN", "x")]), Given::Nothing);
        let local = Flags { token_file: Some("/f".into()), ..flag("local") };
        assert_eq!(choose(&local, &[]).unwrap_err().kind, FailureKind::Usage);
    }

    #[test]
    fn reading_only_is_known_by_the_setting_that_says_so() {
        let why = |flags: &Flags, variables: &[(&str, &str)]| choose(flags, variables).unwrap().read_only;
        assert_eq!(why(&flag("b"), &[]), None);
        assert_eq!(why(&flag("a"), &[]), Some(ReadOnly::Context("a".into())));
        assert_eq!(why(&flag("local"), &[("KAB_READ_ONLY", "1")]), Some(ReadOnly::Variable));
        assert_eq!(why(&flag("b"), &[("KAB_READ_ONLY", "0")]), None);
        let flags = Flags { read_only: Some(ReadOnly::Flag), ..flag("a") };
        assert_eq!(why(&flags, &[("KAB_READ_ONLY", "1")]), Some(ReadOnly::Flag));
        let authorities = |variables: &[(&str, &str)]| choose(&flag("a"), variables).unwrap().ca_file;
        assert_eq!(authorities(&[]), Some("/ca".into()));
        assert_eq!(authorities(&[(AUTHORITIES, "/v")]), Some("/v".into()));
    }
}
