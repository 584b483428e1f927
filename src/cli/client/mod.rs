//! The verbs of a client: what is there, where it runs, install, the life of pods, logs, repositories.
//!
//! A verb finds what the words mean (`find`), asks the store, and says what it found out: once for programs (`data`),
//! once for people (`page`). Lists are read whole, so that a name is either unique or known to be ambiguous.

mod acting;
mod again;
mod apps;
mod bookmarked;
mod choosing;
mod data;
pub mod document;
mod engines;
mod everywhere;
mod find;
mod forget;
mod happened;
mod install;
mod lists;
mod logs;
mod nodes;
mod offers;
mod older;
mod outcome;
pub mod page;
mod pods;
mod preview;
mod repo;
mod source;
mod tasks;
#[cfg(test)]
pub mod testing;
mod update;
mod why;

use clap::{Args, Subcommand};

pub use self::engines::list as engines;
use super::context::Context;
use super::output::Answer;
use crate::domain::{Failure, PodVerb};
use crate::search::{Document, Facts, Index, Query};
use crate::tui::data::Around;

/// Verbs of a client.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List or show apps
    #[command(visible_alias = "app")]
    Apps(Noun<apps::Search, apps::Show>),
    /// List or show nodes, the functions that apps provide
    #[command(visible_alias = "node")]
    Nodes(Noun<nodes::Search, nodes::Show>),
    /// List or show pods, the running instances of apps, or forget records of lost ones
    #[command(visible_alias = "pod")]
    Pods(pods::Arguments),
    /// List or show engines, where pods run, or ask for actions of their own
    Engines(Noun<Search, engines::Show, engines::More>),
    /// List, show or cancel tasks, or ask for the same again
    #[command(visible_alias = "task")]
    Tasks(tasks::Arguments),
    /// Say on which engines an app runs, and why not elsewhere
    Why(why::Arguments),
    /// Install an app and start it
    Install(install::Arguments),
    /// Bring pods to the newest release of their app; without words, say which are behind
    Update(update::Arguments),
    /// Start pods that do not run
    Start(acting::Arguments),
    /// Stop pods; they can be started again
    Stop(acting::Arguments),
    /// Stop pods and start them again
    Restart(acting::Arguments),
    /// Delete pods with their containers and logs
    #[command(visible_alias = "rm")]
    Remove(acting::Arguments),
    /// Print the log of a pod
    Logs(logs::Arguments),
    /// List, add, scan or remove repositories of apps
    #[command(visible_alias = "repos")]
    Repo(repo::Arguments),
}

impl Verb {
    /// Whether it only reads lists, which may also be what was kept of them.
    pub fn only_looks(&self) -> bool {
        match self {
            Self::Apps(_) | Self::Nodes(_) | Self::Why(_) => true,
            Self::Pods(arguments) => arguments.noun.only_looks(),
            Self::Engines(noun) => noun.only_looks(),
            Self::Tasks(arguments) => arguments.lists(),
            _ => false,
        }
    }

    /// Whether it goes on until somebody ends it.
    pub fn follows(&self) -> bool {
        matches!(self, Self::Logs(arguments) if arguments.follow)
    }
}

/// What can be done with a noun; `list` when nothing is said.
#[derive(Debug, Args)]
pub struct Noun<Search: Args, Show: Args, More: Subcommand = Nothing> {
    #[command(subcommand)]
    verb: Option<NounVerb<Search, Show, More>>,
    #[command(flatten)]
    search: Search,
    /// So many at most
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// No verbs beside listing and showing.
#[derive(Debug, Subcommand)]
pub enum Nothing {}

/// List or show, and what else a noun has.
#[derive(Debug, Subcommand)]
pub enum NounVerb<Search: Args, Show: Args, More: Subcommand> {
    /// List them
    #[command(visible_alias = "ls")]
    List {
        #[command(flatten)]
        search: Search,
        /// So many at most
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// Show one of them
    Show(Show),
    #[command(flatten)]
    More(More),
}

/// What a list is searched for.
#[derive(Debug, Default, Args)]
pub struct Search {
    /// Words that must match, and filters such as `status:running engine:NAME updated:<1d`, as in the terminal
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
}

impl Search {
    /// What was typed.
    fn typed(&self) -> String {
        self.query.join(" ")
    }

    /// Whether everything is wanted.
    fn is_empty(&self) -> bool {
        self.typed().trim().is_empty()
    }

    /// Those that match, the best first.
    fn among<T>(&self, all: Vec<T>, of: impl Fn(&T) -> (Document, Facts)) -> Vec<T> {
        if self.is_empty() {
            return all;
        }
        let (documents, facts): (Vec<_>, Vec<_>) = all.iter().map(of).unzip();
        let found = Index::new(documents).search_with(&Query::parse(&self.typed()), &facts);
        let mut all: Vec<Option<T>> = all.into_iter().map(Some).collect();
        found.into_iter().filter_map(|at| all.get_mut(at)?.take()).collect()
    }

    /// What filters are held against, beside the thing itself: nothing but the present.
    fn around() -> Around<'static> {
        Around { engines: &[], pods: &[], me: "", now: page::now() }
    }

    /// What is said where there is nothing.
    fn empty(&self, noun: &str, otherwise: &str) -> String {
        if self.is_empty() { otherwise.to_owned() } else { format!("No {noun} matches `{}`.", self.typed()) }
    }
}

/// What is asked of a noun.
enum Asked<Search, Show, More> {
    List(Search, usize),
    Show(Show),
    More(More),
}

impl<Search: Args, Show: Args, More: Subcommand> Noun<Search, Show, More> {
    /// Whether it only reads lists.
    fn only_looks(&self) -> bool {
        !matches!(self.verb, Some(NounVerb::More(_)))
    }

    fn asked(self) -> Asked<Search, Show, More> {
        let outer = self.limit;
        match self.verb {
            None => Asked::List(self.search, outer.unwrap_or(usize::MAX)),
            Some(NounVerb::List { search, limit }) => Asked::List(search, limit.or(outer).unwrap_or(usize::MAX)),
            Some(NounVerb::Show(show)) => Asked::Show(show),
            Some(NounVerb::More(more)) => Asked::More(more),
        }
    }
}

/// Runs a verb.
///
/// # Errors
/// When the words mean nothing, the server cannot be asked, or the work fails.
pub async fn run(context: &Context<'_>, verb: Verb) -> Result<Answer, Failure> {
    match verb {
        Verb::Apps(noun) => match noun.asked() {
            Asked::List(search, limit) => apps::list(context, &search, limit).await,
            Asked::Show(show) => apps::show(context, &show).await,
            Asked::More(nothing) => match nothing {},
        },
        Verb::Nodes(noun) => match noun.asked() {
            Asked::List(search, limit) => nodes::list(context, &search, limit).await,
            Asked::Show(show) => nodes::show(context, &show).await,
            Asked::More(nothing) => match nothing {},
        },
        Verb::Pods(arguments) => match arguments.noun.asked() {
            Asked::List(search, limit) if arguments.all_contexts => everywhere::list(context, &search, limit).await,
            Asked::List(search, limit) => pods::list(context, &search, limit).await,
            Asked::Show(show) => pods::show(context, &show).await,
            Asked::More(pods::More::Forget(which)) => forget::run(context, &which).await,
        },
        Verb::Engines(noun) => match noun.asked() {
            Asked::List(search, limit) => engines::list(context, &search, limit).await,
            Asked::Show(show) => engines::show(context, &show).await,
            Asked::More(engines::More::Actions(whose)) => offers::list(context, &whose).await,
            Asked::More(engines::More::Ask(what)) => offers::ask(context, &what).await,
        },
        Verb::Tasks(arguments) => tasks::run(context, arguments).await,
        Verb::Why(arguments) => why::run(context, &arguments).await,
        Verb::Install(arguments) => install::run(context, &arguments).await,
        Verb::Update(arguments) => update::run(context, &arguments).await,
        Verb::Start(arguments) => acting::run(context, PodVerb::Start, &arguments).await,
        Verb::Stop(arguments) => acting::run(context, PodVerb::Stop, &arguments).await,
        Verb::Restart(arguments) => acting::run(context, PodVerb::Restart, &arguments).await,
        Verb::Remove(arguments) => acting::run(context, PodVerb::Remove, &arguments).await,
        Verb::Logs(arguments) => logs::run(context, &arguments).await,
        Verb::Repo(arguments) => repo::run(context, arguments).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(subcommand)]
        verb: Verb,
    }

    fn asked(line: &str) -> (Vec<String>, usize) {
        let program = Program::try_parse_from(line.split(' ')).unwrap();
        match program.verb {
            Verb::Pods(arguments) => match arguments.noun.asked() {
                Asked::List(search, limit) => (search.query, limit),
                Asked::Show(_) | Asked::More(_) => panic!("{line}"),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_noun_takes_its_query_with_and_without_the_word_list() {
        let query = || vec!["status:running".to_owned(), "star".to_owned()];
        assert_eq!(asked("kab pods status:running star"), (query(), usize::MAX));
        assert_eq!(asked("kab pods list status:running star"), (query(), usize::MAX));
        assert_eq!(asked("kab pods --limit 3 status:running star"), (query(), 3));
        assert_eq!(asked("kab pods").0.len(), 0);
        let lines =
            ["kab nodes in:image out:labels", "kab apps seg", "kab tasks state:failed", "kab engines status:online"];
        for line in lines {
            assert!(Program::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
    }
}
