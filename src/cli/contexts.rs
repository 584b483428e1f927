//! `kab context`: the servers that kab knows, and which of them is meant.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::page::Page;
use super::context::Context;
use super::output::{Answer, Columns};
use crate::access::{self, Known};
use crate::cache::Cache;
use crate::config::{Colour, Confirm, ContextEntry, ContextName};
use crate::domain::{Failure, FailureKind};

/// What is asked of contexts; `list` when nothing is said.
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
    /// Choose the one that commands without --context mean
    Use {
        /// Its name; `local` is this machine's own server
        name: String,
    },
    /// Add one
    Add(Box<New>),
    /// Forget one
    #[command(visible_alias = "rm")]
    Remove {
        /// Its name
        name: String,
    },
    /// Show one of them; the chosen one when no name is given
    Show {
        /// Its name
        name: Option<String>,
    },
}

/// A new context.
#[derive(Debug, Args)]
struct New {
    /// Its name: letters, digits, `-`, `_` and `.`
    name: String,
    /// The deployment's address
    #[arg(required_unless_present = "kabinet", conflicts_with_all = ["kabinet", "rekuest", "lok"])]
    url: Option<String>,
    /// Kabinet's address, where no deployment is to be asked for it: <https://lab.example.org/kabinet>
    #[arg(long, value_name = "URL", requires = "rekuest")]
    kabinet: Option<String>,
    /// Rekuest's address
    #[arg(long, value_name = "URL", requires = "kabinet")]
    rekuest: Option<String>,
    /// Lok's address
    #[arg(long, value_name = "URL", requires = "kabinet")]
    lok: Option<String>,
    /// File with an access token; it is read each time, and again when the server rejects it
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The organisation, for people to read; the token decides
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
    /// The user, for people to read; the token decides
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Colour of its mark: red, bright-blue …; without a word, its name in capitals is the word
    #[arg(long, value_parser = PossibleValuesParser::new(Colour::ALL.map(Colour::name)), hide_possible_values = true)]
    colour: Option<String>,
    /// Word of its mark: PROD
    #[arg(long)]
    word: Option<String>,
    /// Change nothing there
    #[arg(long)]
    read_only: bool,
    /// Want the name typed before something is removed there
    #[arg(long)]
    confirm: bool,
    /// PEM file with the site's own certificate authorities
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

/// Runs the verb.
///
/// # Errors
/// When there is no such context, or the file of contexts cannot be read or written.
pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<Answer, Failure> {
    match arguments.verb.unwrap_or(Verb::List) {
        Verb::List => {
            let chosen = chosen(context)?;
            Ok(list(&access::contexts(&context.folders)?, chosen.as_ref()))
        }
        Verb::Use { name } => {
            let name = named(&name)?;
            access::select(&context.folders, &name)?;
            let known = known(context, &name)?;
            Ok(Answer::text(data(&known, Some(&name)), format!("Commands mean {name} from now on."), name.as_str()))
        }
        Verb::Add(new) => add(context, *new),
        Verb::Remove { name } => {
            let name = named(&name)?;
            let known = known(context, &name)?;
            for note in access::remove(&context.folders, &name).await? {
                context.printer.note(&note);
            }
            let cache = Cache::new(&context.folders.cache, name.as_str(), "");
            if let Err(error) = cache.clear() {
                context.printer.note(&format!("What its server told is still on this disk: {error}"));
            }
            Ok(Answer::text(data(&known, None), format!("{name} is forgotten."), name.as_str()))
        }
        Verb::Show { name } => {
            let name = match name {
                Some(name) => named(&name)?,
                None => context.chosen()?.name.clone(),
            };
            let known = known(context, &name)?;
            Ok(Answer::text(data(&known, chosen(context)?.as_ref()), page(&known).into_text(), name.as_str()))
        }
    }
}

fn add(context: &Context<'_>, new: New) -> Result<Answer, Failure> {
    let name = named(&new.name)?;
    let address = |text: Option<String>| text.map(|text| access::parse_address(&text)).transpose();
    let colour = new.colour.as_deref().and_then(Colour::named);
    let entry = ContextEntry {
        url: address(new.url)?,
        kabinet: address(new.kabinet)?,
        rekuest: address(new.rekuest)?,
        lok: address(new.lok)?,
        organisation: new.organisation,
        user: new.user,
        colour,
        word: new.word,
        read_only: new.read_only,
        confirm: new.confirm.then_some(Confirm::TypeName),
        token_file: new.token_file.as_deref().map(absolute),
        ca_file: new.ca_file.as_deref().map(absolute),
    };
    let about_word = about_word(&name, &entry);
    access::add(&context.folders, &name, entry)?;
    let known = known(context, &name)?;
    let text =
        format!("Added {name}. `kab context use {name}` chooses it, --context {name} means it once.{about_word}");
    Ok(Answer::text(data(&known, None), text, name.as_str()))
}

/// What there is to say of a colour without a word; empty where there is nothing.
fn about_word(name: &ContextName, entry: &ContextEntry) -> String {
    match (entry.colour, &entry.word, entry.mark(name.as_str())) {
        (Some(colour), None, Some(word)) => {
            format!(" Its colour, {}, is shown on the word {word}; --word chooses another.", colour.name())
        }
        _ => String::new(),
    }
}

/// The name of the context that is meant; `None`, with a word of warning, where there is none of that name: those that
/// there are can be shown all the same.
fn chosen(context: &Context<'_>) -> Result<Option<ContextName>, Failure> {
    match context.chosen() {
        Ok(chosen) => Ok(Some(chosen.name.clone())),
        Err(failure) if failure.kind == FailureKind::NotFound => {
            context.printer.note(&format!("None of them is chosen: {}.", failure.why));
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

/// Reads a context's name.
///
/// # Errors
/// When it is none.
pub fn named(name: &str) -> Result<ContextName, Failure> {
    name.parse().map_err(|error: crate::config::ContextError| {
        Failure::new("Could not find the context", error.to_string()).kind(FailureKind::Usage)
    })
}

fn known(context: &Context<'_>, name: &ContextName) -> Result<Known, Failure> {
    access::known(&context.folders, name)
}

/// Commands run in any folder.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn list(all: &[Known], chosen: Option<&ContextName>) -> Answer {
    let row = |known: &Known| {
        let entry = known.entry.clone().unwrap_or_default();
        let mark = if Some(&known.name) == chosen { "*" } else { "" };
        let (address, who) = match &known.entry {
            Some(entry) => (entry.address().to_owned(), who(entry)),
            None => ("this machine".to_owned(), String::new()),
        };
        let word = entry.mark(known.name.as_str()).unwrap_or_default();
        let rights = if entry.read_only { "read-only" } else { "" };
        let login = known.login.words().to_owned();
        vec![mark.to_owned(), known.name.to_string(), address, who, login, word, rights.to_owned()]
    };
    let columns = Columns {
        headings: vec!["", "NAME", "ADDRESS", "WHO", "LOGIN", "MARK", ""],
        rows: all.iter().map(row).collect(),
        empty: String::new(),
    };
    let values = all.iter().map(|known| data(known, chosen)).collect();
    Answer::list(values, columns, all.iter().map(|known| known.name.to_string()).collect())
}

/// `ada@lab`.
fn who(entry: &ContextEntry) -> String {
    match (&entry.user, &entry.organisation) {
        (Some(user), Some(organisation)) => format!("{user}@{organisation}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    }
}

fn data(known: &Known, chosen: Option<&ContextName>) -> Value {
    let entry = known.entry.clone().unwrap_or_default();
    json!({
        "id": known.name,
        "current": Some(&known.name) == chosen,
        "local": known.entry.is_none(),
        "login": known.login.word(),
        "url": entry.url,
        "kabinet": entry.kabinet,
        "rekuest": entry.rekuest,
        "lok": entry.lok,
        "organisation": entry.organisation,
        "user": entry.user,
        "colour": entry.colour,
        "word": entry.mark(known.name.as_str()),
        "read_only": entry.read_only,
        "confirm": entry.confirm,
        "token_file": entry.token_file,
        "ca_file": entry.ca_file,
    })
}

fn page(known: &Known) -> Page {
    let mut page = Page::new();
    page.field("name", known.name.as_str());
    let Some(entry) = &known.entry else {
        page.field("address", "this machine's own server; `kab serve status` tells about it");
        return page;
    };
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    page.field("address", entry.url.as_deref().unwrap_or_default());
    page.field("kabinet", entry.kabinet.as_deref().unwrap_or_default());
    page.field("rekuest", entry.rekuest.as_deref().unwrap_or_default());
    page.field("lok", entry.lok.as_deref().unwrap_or_default());
    page.field("who", who(entry));
    page.field("mark", entry.mark(known.name.as_str()).unwrap_or_default());
    page.field("colour", entry.colour.map(Colour::name).unwrap_or_default());
    page.field("rights", if entry.read_only { "read-only" } else { "" });
    page.field("login", known.login.words());
    page.field("token", path(&entry.token_file));
    page.field("trust", path(&entry.ca_file));
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_without_a_word_is_shown_on_the_name_in_capitals_and_says_so() {
        let prod = named("prod").expect("a name");
        let red = ContextEntry { colour: Some(Colour::Red), ..ContextEntry::default() };
        let about = about_word(&prod, &red);
        assert!(about.contains("red, is shown on the word PROD"), "{about}");
        assert_eq!(about_word(&prod, &ContextEntry { word: Some("LIVE".into()), ..red }), "");
        assert_eq!(about_word(&prod, &ContextEntry::default()), "");
    }
}
