//! The contexts that there are, and changes to them: what `kab context` and the terminal's list of contexts do.

use std::path::Path;

use super::choice::{Flags, choose, failure};
use super::sign_out::sign_out;
use super::store::Credentials;
use crate::config::{ContextEntry, ContextError, ContextName, Contexts, Folders};
use crate::domain::{Failure, FailureKind, Moment};
use crate::services::without_password;

/// A context that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: ContextName,
    /// What is known of it; `None`: it is this machine's own server.
    pub entry: Option<ContextEntry>,
    /// Whether somebody is signed in.
    pub login: LoginState,
}

/// Whether somebody is signed in to a context, as far as nobody has to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginState {
    /// None is needed: it is this machine's own server.
    NotNeeded,
    /// Its token is in a file that somebody else sees to.
    TokenFile,
    /// A login is stored.
    SignedIn,
    /// One was stored, and is over since then.
    SignedOut(Moment),
    /// Nobody has signed in yet.
    Never,
}

impl LoginState {
    fn of(folders: &Folders, name: &ContextName, entry: Option<&ContextEntry>) -> Self {
        let Some(entry) = entry else { return Self::NotNeeded };
        if entry.token_file.is_some() {
            return Self::TokenFile;
        }
        match Credentials::of(folders).read(name).ok().flatten() {
            None => Self::Never,
            Some(stored) => stored.signed_out.map_or(Self::SignedIn, |out| Self::SignedOut(out.at)),
        }
    }

    /// A word for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotNeeded => "not_needed",
            Self::TokenFile => "token_file",
            Self::SignedIn => "signed_in",
            Self::SignedOut(_) => "signed_out",
            Self::Never => "never",
        }
    }

    /// In a few words for people; nothing where there is nothing to say.
    pub fn words(&self) -> &'static str {
        match self {
            Self::NotNeeded => "",
            Self::TokenFile => "token in a file",
            Self::SignedIn => "signed in",
            Self::SignedOut(_) | Self::Never => "signed out",
        }
    }
}

/// All contexts by name, this machine's own server first.
///
/// # Errors
/// When the file of contexts is broken.
pub fn contexts(folders: &Folders) -> Result<Vec<Known>, Failure> {
    let read = Contexts::read(&folders.contexts_file()).map_err(|error| failure(&error))?;
    let others = read.all.into_iter().map(|(name, entry)| known_of(folders, name, Some(entry)));
    Ok([known_of(folders, ContextName::local(), None)].into_iter().chain(others).collect())
}

/// The context of that name.
///
/// # Errors
/// When there is none, or the file of contexts is broken.
pub fn known(folders: &Folders, name: &ContextName) -> Result<Known, Failure> {
    let read = Contexts::read(&folders.contexts_file()).map_err(|error| failure(&error))?;
    let entry = read.get(name).map_err(|error| failure(&error))?.cloned();
    Ok(known_of(folders, name.clone(), entry))
}

fn known_of(folders: &Folders, name: ContextName, entry: Option<ContextEntry>) -> Known {
    let login = LoginState::of(folders, &name, entry.as_ref());
    Known { name, entry, login }
}

/// Makes it the context of commands that name none.
///
/// # Errors
/// When there is none of that name, or the file cannot be written.
pub fn select(folders: &Folders, name: &ContextName) -> Result<(), Failure> {
    change(folders, "Could not choose the context", |contexts| {
        contexts.get(name)?;
        contexts.current = Some(name.clone());
        Ok(())
    })
}

/// Adds a context.
///
/// # Errors
/// When there is one of that name, or the file cannot be written.
pub fn add(folders: &Folders, name: &ContextName, entry: ContextEntry) -> Result<(), Failure> {
    let what = format!("Could not add the context {name}");
    if name.is_local() {
        return Err(refused(&what, &ContextError::Local));
    }
    let added = change(folders, &what, |contexts| {
        let is_new = !contexts.all.contains_key(name);
        if is_new {
            contexts.all.insert(name.clone(), entry);
        }
        Ok(is_new)
    });
    if added? {
        return Ok(());
    }
    Err(Failure::new(what, "there is one of that name already")
        .kind(FailureKind::Usage)
        .hint(format!("`kab context remove {name}` removes it.")))
}

/// Removes a context with its login. The next command without one goes to this machine's own server, if it was the
/// current one. What is worth a word comes back.
///
/// # Errors
/// When there is none of that name, or the file cannot be written.
pub async fn remove(folders: &Folders, name: &ContextName) -> Result<Vec<String>, Failure> {
    let what = format!("Could not remove the context {name}");
    if name.is_local() {
        return Err(refused(&what, &ContextError::Local));
    }
    let flags = Flags { context: Some(name.to_string()), ..Flags::default() };
    let chosen = choose(folders, &flags)?;
    let notes = sign_out(folders, &chosen).await?.notes;
    change(folders, &what, |contexts| {
        contexts.get(name)?;
        contexts.all.remove(name);
        if contexts.current.as_ref() == Some(name) {
            contexts.current = None;
        }
        Ok(())
    })?;
    Ok(notes)
}

/// Reads what a person gives as an address: without a scheme it means https; a slash at the end is left out.
///
/// # Errors
/// When it is no address of HTTP, or holds more than an address: a name and password, a query.
pub fn parse_address(text: &str) -> Result<String, Failure> {
    let shown = without_password(text);
    let wrong = |why: &str| Failure::new(format!("{shown} is no address of a server"), why).kind(FailureKind::Usage);
    let trimmed = text.trim();
    let full = if trimmed.contains("://") { trimmed.to_owned() } else { format!("https://{trimmed}") };
    let url = reqwest::Url::parse(&full).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it has to begin with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it must not hold a name or a password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it must not hold `?` or `#`"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

pub(super) fn change<T>(
    folders: &Folders,
    what: &str,
    change: impl FnOnce(&mut Contexts) -> Result<T, ContextError>,
) -> Result<T, Failure> {
    let path: &Path = &folders.contexts_file();
    Contexts::change(path, change).map_err(|error| refused(what, &error))
}

fn refused(what: &str, error: &ContextError) -> Failure {
    Failure { what: what.to_owned(), ..failure(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_type_them() {
        for (typed, expected) in [
            ("lab.example.org", "https://lab.example.org"),
            (" lab.example.org:8443/ ", "https://lab.example.org:8443"),
            ("localhost:8000", "https://localhost:8000"),
            ("http://10.0.0.1/arkitekt//", "http://10.0.0.1/arkitekt"),
            ("[::1]:80", "https://[::1]:80"),
        ] {
            assert_eq!(parse_address(typed).unwrap(), expected, "{typed}");
        }
        for wrong in
            ["", "ftp://lab", "https://", "https://ada:hunter2@lab", "https://ada:hunter2@", "https://lab?x=1", "a b"]
        {
            let failure = parse_address(wrong).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Usage, "{wrong}");
            assert!(!failure.to_string().contains("hunter2"), "{failure}");
        }
    }

    #[tokio::test]
    async fn a_removed_context_is_not_the_current_one_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::find(Some(folder.path())).unwrap();
        let name: ContextName = "lab".parse().unwrap();
        assert_eq!(select(&folders, &name).unwrap_err().kind, FailureKind::NotFound);
        add(&folders, &name, ContextEntry::default()).unwrap();
        assert_eq!(add(&folders, &name, ContextEntry::default()).unwrap_err().kind, FailureKind::Usage);
        select(&folders, &name).unwrap();
        let names: Vec<_> = contexts(&folders).unwrap().into_iter().map(|known| known.name.to_string()).collect();
        assert_eq!(names, ["local", "lab"]);
        remove(&folders, &name).await.unwrap();
        assert_eq!(Contexts::read(&folders.contexts_file()).unwrap().current, None);
        assert_eq!(remove(&folders, &name).await.unwrap_err().kind, FailureKind::NotFound);
        assert_eq!(remove(&folders, &ContextName::local()).await.unwrap_err().kind, FailureKind::Usage);
    }
}
