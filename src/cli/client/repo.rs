//! `kab repo`: where the catalogue comes from.

use std::path::Path;
use std::time::Duration;

use clap::{Args, Subcommand};
use futures_util::StreamExt as _;
use serde_json::Value;

use super::outcome::together;
use super::page::{self, Page};
use super::{choosing, data, find, lists};
use crate::cli::context::Context;
use crate::cli::output::{Answer, Columns};
use crate::domain::{Failure, FailureKind, Moment, Repository, RepositoryId, ScanIssue, ScanState};
use crate::services::{Error, Store};

/// How often a scan is looked at where the server does not tell of its end.
const LOOK: Duration = Duration::from_secs(2);

/// What is asked of repositories; `list` when nothing is said.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List them
    #[command(visible_alias = "ls")]
    List,
    /// Add one and read it
    Add {
        /// `user/repo[:branch]`, a GitHub URL, the URL of a deployments file, a folder or a file
        source: String,
        /// Wait until it has been read: the default
        #[arg(long, conflicts_with = "no_wait")]
        wait: bool,
        /// Do not wait until it has been read
        #[arg(long)]
        no_wait: bool,
    },
    /// Read one again, or all of them
    Scan {
        /// Id, name or source; all when left out
        name: Option<String>,
    },
    /// Take an app from this one, where several offer it; what runs stays
    Use {
        /// Id, name or source
        name: String,
        /// Identifier or short name of the app
        app: String,
    },
    /// Remove one with what it alone offers; what runs stays
    #[command(visible_alias = "rm")]
    Remove {
        /// Id, name or source
        name: String,
    },
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<Answer, Failure> {
    if let Some(Verb::Add { source, .. }) = &arguments.verb {
        check_place(context, source)?;
    }
    let store = context.store().await?;
    match arguments.verb.unwrap_or(Verb::List) {
        Verb::List => {
            let repositories = lists::repositories(&store).await?;
            Ok(Answer { text: None, ..answer(&repositories, page::now()) })
        }
        Verb::Add { source, wait, no_wait } => {
            let source = whereabouts(&source, &std::env::current_dir().unwrap_or_default());
            add(context, &store, &source, if wait || !no_wait { Until::Scanned } else { Until::Added }).await
        }
        Verb::Scan { name } => scan(context, &store, name.as_deref()).await,
        Verb::Use { name, app } => choosing::take(&store, &name, &app).await,
        Verb::Remove { name } => remove(&store, &name).await,
    }
}

/// Only the server of this machine can read what lies here.
fn check_place(context: &Context<'_>, source: &str) -> Result<(), Failure> {
    let chosen = context.chosen()?;
    let path = whereabouts(source, &std::env::current_dir().unwrap_or_default());
    if chosen.is_local() || !path.starts_with('/') {
        return Ok(());
    }
    let why = format!("{} cannot read what lies on this machine", chosen.name);
    Err(Failure::new(format!("Could not add {source}"), why)
        .kind(FailureKind::Usage)
        .hint("Give it as `user/repo` or a URL, or add it to this machine's own server with --context local."))
}

/// The server reads paths from its own folder, so they are made absolute. `user/repo` is none, unless it says `./`.
fn whereabouts(source: &str, here: &Path) -> String {
    let names_a_path = source.starts_with(['.', '/']) || (!source.contains('/') && here.join(source).exists());
    if !names_a_path {
        return source.to_owned();
    }
    let path = here.join(source);
    let path = path.canonicalize().or_else(|_| std::path::absolute(&path)).unwrap_or(path);
    path.to_string_lossy().into_owned()
}

/// The repository of that id, name or source; a path may be given as when it was added.
pub(super) fn named<'a>(all: &'a [Repository], name: &str) -> Result<&'a Repository, Failure> {
    let path = whereabouts(name, &std::env::current_dir().unwrap_or_default());
    match all.iter().find(|repository| repository.source == path) {
        Some(repository) if path != name => Ok(repository),
        _ => find::repository(all, name),
    }
}

/// When adding is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    Added,
    Scanned,
}

async fn add(context: &Context<'_>, store: &Store, source: &str, until: Until) -> Result<Answer, Failure> {
    let added = match until {
        Until::Added => store.list_repository(source).await,
        Until::Scanned => {
            context.printer.progress(&format!("reading {source}"));
            store.add_repository(source).await
        }
    };
    let what = format!("Could not add {source}");
    let id = added.map_err(|error| not_added(&error, &what))?;
    let repository = match until {
        Until::Added => known(store, &id).await?,
        Until::Scanned => scanned(store, &id).await?,
    };
    context.printer.progress_over();
    let failure = failure(&repository).map(|failure| {
        let id = &repository.id;
        failure.hint(format!(
            "It was added all the same: `kab repo scan {id}` tries again, `kab repo remove {id}` takes it away."
        ))
    });
    let mut page = Page::new();
    if failure.is_none() {
        page.line(format!("Added {}: {}.", repository.name, found(&repository)));
    }
    issues(&mut page, &repository);
    let answer = Answer::text(data::repository(&repository), page.into_text(), repository.name);
    Ok(match failure {
        Some(failure) => answer.but(failure),
        None => answer,
    })
}

/// Our server refuses what is no source at all, upstream's what they cannot read.
fn not_added(error: &Error, what: &str) -> Failure {
    let failure = error.failure(what);
    match error {
        Error::Refused(_) => failure
            .hint("Nothing was added. A source is `user/repo[:branch]`, a GitHub URL, or the URL of a deployments file; on this machine's server also a folder or a file."),
        _ => failure,
    }
}

/// `3 flavours`, `3 flavours, 1 issue`.
fn found(repository: &Repository) -> String {
    let flavours = page::counted(usize::try_from(repository.flavours).unwrap_or(usize::MAX), "flavour");
    match (&repository.scan, issues_of(repository).len()) {
        (ScanState::Never, _) => format!("{flavours}, not read yet"),
        (ScanState::Running, _) => format!("{flavours}, being read"),
        (_, 0) => flavours,
        (_, count) => format!("{flavours}, {}", page::counted(count, "issue")),
    }
}

fn issues_of(repository: &Repository) -> &[ScanIssue] {
    match &repository.scan {
        ScanState::Done { issues, .. } => issues,
        ScanState::Never | ScanState::Running | ScanState::Failed { .. } => &[],
    }
}

fn issues(page: &mut Page, repository: &Repository) {
    let rows = issues_of(repository).iter().map(|issue| vec![issue.path.clone(), issue.reason.clone()]).collect();
    let title = crate::domain::clean_line(&format!("Issues of {}", repository.name));
    page.columns(&title, &Columns { headings: vec!["WHERE", "WHY"], rows, empty: String::new() });
}

fn failure(repository: &Repository) -> Option<Failure> {
    let ScanState::Failed { why, .. } = &repository.scan else { return None };
    let failure = Failure::new(format!("Could not read {}", repository.name), why);
    Some(failure.hint("What was known of it stays; `kab repo scan` tries again."))
}

async fn known(store: &Store, id: &RepositoryId) -> Result<Repository, Failure> {
    let all = lists::repositories(store).await?;
    all.into_iter().find(|repository| repository.id == *id).ok_or_else(|| {
        Failure::new("The repository is gone", "somebody has removed it meanwhile").kind(FailureKind::NotFound)
    })
}

/// Waits until a repository is not being scanned any more.
async fn scanned(store: &Store, id: &RepositoryId) -> Result<Repository, Failure> {
    let repository = known(store, id).await?;
    if repository.scan != ScanState::Running {
        return Ok(repository);
    }
    let mut changes = store.changes();
    loop {
        let repository = known(store, id).await?;
        if repository.scan != ScanState::Running {
            return Ok(repository);
        }
        // Any change is a reason to look, and so is silence.
        tokio::time::timeout(LOOK, changes.next()).await.ok();
    }
}

async fn scan(context: &Context<'_>, store: &Store, name: Option<&str>) -> Result<Answer, Failure> {
    let all = lists::repositories(store).await?;
    let chosen: Vec<&Repository> = match name {
        Some(name) => vec![named(&all, name)?],
        None => all.iter().collect(),
    };
    let mut failures = Vec::new();
    let mut read = Vec::new();
    for repository in &chosen {
        context.printer.progress(&format!("reading {}", repository.name));
        let asked = store.scan_repository(&repository.id).await;
        let now = scanned(store, &repository.id).await?;
        let refused = asked.err().map(|error| error.failure(format!("Could not read {}", repository.name)));
        failures.extend(failure(&now).or(refused));
        read.push(now);
    }
    let answer = answer(&read, page::now());
    Ok(match together(failures, chosen.len(), "Could not read all repositories") {
        Some(failure) => answer.but(failure),
        None => answer,
    })
}

async fn remove(store: &Store, name: &str) -> Result<Answer, Failure> {
    let all = lists::repositories(store).await?;
    let repository = named(&all, name)?;
    let what = format!("Could not remove {}", repository.name);
    store.remove_repository(&repository.id).await.map_err(|error| error.failure(what))?;
    let text = crate::domain::clean_line(&format!("Removed {}.", repository.name));
    Ok(Answer::text(data::repository(repository), text, repository.name.as_str()))
}

/// Repositories as a list, with the entries that could not be read as text.
fn answer(repositories: &[Repository], now: Moment) -> Answer {
    let row = |repository: &Repository| {
        let (state, at) = match &repository.scan {
            ScanState::Never => ("not read yet", None),
            ScanState::Running => ("being read", None),
            ScanState::Done { at, .. } => ("read", Some(*at)),
            ScanState::Failed { at, .. } => ("failed", Some(*at)),
        };
        vec![
            repository.id.to_string(),
            repository.name.clone(),
            state.to_owned(),
            page::age_of(at, now),
            repository.flavours.to_string(),
            issues_of(repository).len().to_string(),
            match &repository.scan {
                ScanState::Failed { why, .. } => why.clone(),
                _ => String::new(),
            },
        ]
    };
    let columns = Columns {
        headings: vec!["ID", "REPOSITORY", "STATE", "AGE", "FLAVOURS", "ISSUES", "WHY"],
        rows: repositories.iter().map(row).collect(),
        empty: "No repositories. `kab repo add SOURCE` adds one.".into(),
    };
    let items: Vec<Value> = repositories.iter().map(data::repository).collect();
    let names = repositories.iter().map(|repository| repository.name.clone()).collect();
    let mut page = Page::new();
    for repository in repositories {
        issues(&mut page, repository);
    }
    Answer { text: Some(page.into_text()).filter(|text| !text.is_empty()), ..Answer::list(items, columns, names) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(scan: ScanState) -> Repository {
        Repository { id: "3".into(), name: "a/b:main".into(), source: "https://x".into(), scan, flavours: 2 }
    }

    #[test]
    fn a_scan_tells_what_it_found_and_what_it_could_not_read() {
        let issue = ScanIssue { path: "app_images[2].manifest.version".into(), reason: "is missing".into() };
        let read = repository(ScanState::Done { at: Moment(0), issues: vec![issue] });
        assert_eq!(found(&read), "2 flavours, 1 issue");
        assert_eq!(failure(&read), None, "issues are no failure");
        let answer = answer(&[read], Moment(60_000));
        assert!(answer.text.is_some_and(|text| text.contains("app_images[2].manifest.version  is missing")));
        assert_eq!(answer.data[0]["issues"][0]["reason"], "is missing");
        assert_eq!(answer.columns.expect("columns").rows[0], ["3", "a/b:main", "read", "1m", "2", "1", ""]);
    }

    #[test]
    fn a_scan_that_failed_is_a_failure_with_its_reason() {
        let failed = repository(ScanState::Failed { at: Moment(0), why: "HTTP 404".into() });
        let failure = failure(&failed).expect("a failure");
        assert_eq!((failure.kind, failure.why.as_str()), (FailureKind::Failed, "HTTP 404"));
        assert_eq!(data::repository(&failed)["why"], "HTTP 404");
    }

    #[test]
    fn a_source_that_is_refused_is_said_not_to_be_kept() {
        let refused = not_added(&Error::Refused("No such file".into()), "Could not add ./x");
        assert!(refused.why == "No such file" && refused.hint.starts_with("Nothing was added"), "{refused}");
        let lost = not_added(&Error::NoAddress { service: "Kabinet".into(), why: "x".into() }, "Could not add ./x");
        assert!(!lost.hint.contains("Nothing was added"), "nobody knows: {lost}");
    }

    #[test]
    fn paths_become_absolute_and_names_on_github_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let here = folder.path().canonicalize().expect("a path");
        std::fs::write(here.join("apps.yaml"), "").expect("a file");
        std::fs::create_dir_all(here.join("user/repo")).expect("a folder");
        let path = |name: &str| here.join(name).to_string_lossy().into_owned();
        assert_eq!(whereabouts("apps.yaml", &here), path("apps.yaml"));
        assert_eq!(whereabouts("./user/repo", &here), path("user/repo"));
        assert_eq!(whereabouts("user/repo", &here), "user/repo");
        assert_eq!(whereabouts("https://x.org/a.yaml", &here), "https://x.org/a.yaml");
        assert_eq!(whereabouts("/no/such", &here), "/no/such");
        assert_eq!(whereabouts("./nope.yaml", &here), path("nope.yaml"));
    }
}
