//! `kab config`: which settings hold and where each came from, where the files are, whether they are right, and changing
//! them. It works where the settings are too broken for any other verb.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Common;
use super::output::{Answer, Columns, Printer};
use crate::config::{
    self, Contexts, Folders, Layer, Loaded, SETTINGS, Setting, setting_of, site_file, values, write_private,
};
use crate::domain::{Failure, FailureKind, clean_line, nearest};

/// `kab config`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// The same as `config default`: print a config.toml to begin with
    #[arg(long, conflicts_with = "explain")]
    print_default: bool,
    /// The same as `config show KEY --explain`: say where a setting came from, or all of them
    #[arg(long, value_name = "KEY", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "the flag may stand alone")]
    explain: Option<Option<String>>,
}

impl Arguments {
    /// What is to be done.
    fn meant(self) -> Result<Verb, Failure> {
        let flag = match (self.print_default, self.explain) {
            (true, _) => Some(Verb::Default),
            (false, explained) => explained.map(|key| Verb::Show { key, explain: true }),
        };
        match (self.verb, flag) {
            (Some(verb), None) | (None, Some(verb)) => Ok(verb),
            (None, None) => Ok(Verb::Show { key: None, explain: false }),
            (Some(_), Some(_)) => {
                Err(Failure::new("The command was not understood", "one thing at a time: a verb or one of these flags")
                    .kind(FailureKind::Usage)
                    .hint("`kab config --help` shows what there is."))
            }
        }
    }
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show what holds
    Show {
        /// Only this one, such as `engine.kind`, or all of a section
        key: Option<String>,
        /// Say which variable would win, what can be said, and what it is
        #[arg(long)]
        explain: bool,
    },
    /// Print where the files are
    Path,
    /// Say what is wrong in config.toml, contexts.toml and keys.toml; exit code 2 where something is
    Check,
    /// Open config.toml in $VISUAL or $EDITOR, and check it afterwards
    Edit,
    /// Print a config.toml to begin with
    Default,
    /// Print the JSON schema of config.toml, for editors
    Schema,
}

/// Runs the verb.
///
/// # Errors
/// When a file is broken, or the editor does not start.
pub fn run(
    folders: &Folders,
    common: &Common,
    (arguments, printer): (Arguments, &Printer),
) -> Result<ExitCode, Failure> {
    let answer = match arguments.meant()? {
        Verb::Show { key, explain } => {
            let settings = read(folders, common)?;
            for oddity in &settings.warnings {
                printer.note(&oddity.to_string());
            }
            show(&settings, key.as_deref(), if explain { Detail::Explained } else { Detail::Brief })?
        }
        Verb::Path => path(folders),
        Verb::Check => check(folders, common),
        Verb::Edit => edit(folders, common)?,
        Verb::Schema => {
            let schema = config::schema();
            let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
            Answer::text(schema, text, "")
        }
        Verb::Default => Answer::text(json!({"text": config::template()}), config::template(), ""),
    };
    printer.answer(&answer)
}

/// The settings, with what the flags put over them.
///
/// # Errors
/// When the person's file or a variable is broken.
pub fn read(folders: &Folders, common: &Common) -> Result<Loaded, Failure> {
    let broken = |error: config::ConfigError| {
        Failure::new("Could not read the settings", error.to_string())
            .kind(FailureKind::Usage)
            .hint("`kab config edit` opens them.")
    };
    let measured = config::measured_here(&folders.terminals_file());
    let mut settings = Loaded::read(&folders.config_file(), &measured).map_err(broken)?;
    for (key, flag, value) in common.put_over() {
        settings.put(key, flag, value).map_err(broken)?;
    }
    Ok(settings)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    Brief,
    Explained,
}

/// A setting with what holds.
struct Row {
    key: String,
    setting: Option<&'static Setting>,
    /// `None`: nobody said anything.
    value: Option<toml::Value>,
    layer: Option<Layer>,
}

impl Row {
    fn from(&self) -> String {
        match self.layer {
            None => "default".into(),
            Some(Layer::Site) => site_file().display().to_string(),
            Some(Layer::Measured) => "kab doctor --terminal".into(),
            Some(Layer::File) => "config.toml".into(),
            Some(Layer::Environment) => self.setting.and_then(|it| it.variable).unwrap_or("a variable").into(),
            Some(Layer::Flag) => "a flag".into(),
        }
    }

    fn shown(&self) -> String {
        match &self.value {
            Some(toml::Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => self.setting.map_or_else(String::new, |setting| setting.default.to_owned()),
        }
    }
}

fn rows(settings: &Loaded) -> Vec<Row> {
    let held = values(&settings.config);
    let mut rows = Vec::new();
    for setting in &SETTINGS {
        let inside = format!("{}.", setting.key);
        let own = held.iter().filter(|(key, _)| *key == setting.key || key.starts_with(&inside));
        let own = own.filter(|(key, _)| settings.origins.contains_key(*key));
        let found: Vec<Row> = own
            .map(|(key, value)| Row {
                key: key.clone(),
                setting: Some(setting),
                value: Some(value.clone()),
                layer: settings.origins.get(key).copied(),
            })
            .collect();
        if found.is_empty() {
            rows.push(Row { key: setting.key.to_owned(), setting: Some(setting), value: None, layer: None });
        }
        rows.extend(found);
    }
    rows
}

fn show(settings: &Loaded, wanted: Option<&str>, detail: Detail) -> Result<Answer, Failure> {
    let mut rows = rows(settings);
    if let Some(wanted) = wanted {
        let section = format!("{wanted}.");
        rows.retain(|row| row.key == wanted || row.key.starts_with(&section));
        if rows.is_empty() {
            let why = format!("there is no setting {}", clean_line(wanted));
            let failure = Failure::new("No such setting", why).kind(FailureKind::NotFound);
            let near = nearest(wanted, SETTINGS.iter().map(|setting| setting.key));
            return Err(failure.hint(match near {
                Some(key) => format!("Did you mean {key}?"),
                None => "`kab config show` lists all of them.".to_owned(),
            }));
        }
    }
    let cells = |row: &Row| {
        let mut cells = vec![row.key.clone(), row.shown(), row.from()];
        if detail == Detail::Explained {
            let setting = row.setting.or_else(|| setting_of(&row.key));
            cells.push(setting.and_then(|it| it.variable).unwrap_or_default().to_owned());
            let allowed = setting.map_or_else(String::new, |it| it.allowed.join(", "));
            let text = setting.map_or("", |it| it.text);
            cells.push(if allowed.is_empty() { text.to_owned() } else { format!("{text}: {allowed}") });
        }
        cells
    };
    let headings = match detail {
        Detail::Brief => vec!["KEY", "VALUE", "FROM"],
        Detail::Explained => vec!["KEY", "VALUE", "FROM", "VARIABLE", "WHAT IT IS"],
    };
    let columns = Columns { headings, rows: rows.iter().map(cells).collect(), empty: String::new() };
    let data = rows.iter().map(row_data).collect();
    Ok(Answer::list(data, columns, rows.into_iter().map(|row| row.key).collect()))
}

fn row_data(row: &Row) -> Value {
    let layer = match row.layer {
        None => "default",
        Some(Layer::Site) => "site",
        Some(Layer::Measured) => "measured",
        Some(Layer::File) => "user",
        Some(Layer::Environment) => "environment",
        Some(Layer::Flag) => "flag",
    };
    json!({
        "key": row.key,
        "value": row.value,
        "layer": layer,
        "from": row.from(),
        "variable": row.setting.and_then(|setting| setting.variable),
        "allowed": row.setting.map(|setting| setting.allowed),
        "default": row.setting.map(|setting| setting.default),
        "text": row.setting.map(|setting| setting.text),
    })
}

fn path(folders: &Folders) -> Answer {
    let files = [
        ("settings", folders.config_file()),
        ("keys", folders.keys_file()),
        ("contexts", folders.contexts_file()),
        ("site", site_file()),
    ];
    let there = |path: &Path| if path.exists() { "there" } else { "not there" };
    let columns = Columns {
        headings: vec!["WHAT", "FILE", ""],
        rows: files
            .iter()
            .map(|(what, path)| vec![(*what).to_owned(), path.display().to_string(), there(path).to_owned()])
            .collect(),
        empty: String::new(),
    };
    let data = files.iter().map(|(what, path)| json!({"what": what, "path": path, "exists": path.exists()})).collect();
    Answer::list(data, columns, files.iter().map(|(_, path)| path.display().to_string()).collect())
}

fn check(folders: &Folders, common: &Common) -> Answer {
    let mut wrong: Vec<String> = Vec::new();
    match Loaded::read(&folders.config_file(), &config::Measured::default()) {
        Ok(settings) => {
            wrong.extend(settings.warnings.iter().map(ToString::to_string));
            wrong.extend(super::custom::find(&settings, &super::keys::find(folders).keymap).1);
        }
        Err(error) => wrong.push(error.to_string()),
    }
    if wrong.is_empty()
        && let Ok(settings) = read(folders, common)
        && let Err(failure) = super::serve::wanted(&settings.config.engine)
    {
        wrong.push(format!("{}; {}", failure.why, failure.hint));
    }
    match Contexts::read(&folders.contexts_file()) {
        Ok(contexts) => wrong.extend(contexts.warnings.iter().map(ToString::to_string)),
        Err(error) => wrong.push(error.to_string()),
    }
    wrong.extend(super::keys::find(folders).complaints());
    let data = json!({"trouble": wrong});
    if wrong.is_empty() {
        return Answer::text(data, "Nothing is wrong in config.toml, contexts.toml and keys.toml.", "");
    }
    let count = super::client::page::counted(wrong.len(), "thing");
    let failure = Failure::new("Not all of the settings hold", format!("{count} to mend")).kind(FailureKind::Usage);
    Answer::text(data, wrong.join("\n"), "").but(failure.hint("`kab config edit` opens config.toml."))
}

fn edit(folders: &Folders, common: &Common) -> Result<Answer, Failure> {
    let path = folders.config_file();
    let failed = |why: String| Failure::new("Could not edit the settings", why);
    if !path.exists() {
        config::make_private_folder(&folders.config).map_err(|error| failed(error.to_string()))?;
        write_private(&path, config::template().as_bytes()).map_err(|error| failed(error.to_string()))?;
    }
    let words = editor();
    let Some((program, arguments)) = words.split_first() else { return Err(failed("no editor is known".into())) };
    let ended = Command::new(program).args(arguments).arg(&path).status().map_err(|error| {
        failed(format!("{program}: {error}")).kind(FailureKind::Usage).hint("EDITOR or VISUAL names the editor.")
    })?;
    if !ended.success() {
        return Err(failed(format!("{program} ended with {ended}")));
    }
    Ok(check(folders, common))
}

/// The editor and its own arguments.
fn editor() -> Vec<String> {
    let named = ["VISUAL", "EDITOR"].into_iter().find_map(|name| std::env::var(name).ok().filter(|it| !it.is_empty()));
    let words: Vec<String> = named.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if words.is_empty() { vec!["vi".to_owned()] } else { words }
}

/// Where a flag puts something over the settings: key, flag, word.
pub type PutOver = (&'static str, &'static str, String);

/// For `kab doctor --bundle`.
pub fn files(folders: &Folders) -> [PathBuf; 3] {
    [folders.config_file(), folders.contexts_file(), folders.keys_file()]
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn meant(words: &str) -> Result<String, FailureKind> {
        let program = Program::try_parse_from(words.split(' ')).map_err(|_| FailureKind::Usage)?;
        program.arguments.meant().map(|verb| format!("{verb:?}")).map_err(|failure| failure.kind)
    }

    #[test]
    fn what_is_wanted_can_be_said_with_a_verb_or_with_a_flag() {
        for (flag, verb) in [
            ("config --print-default", "config default"),
            ("config --explain terminal.theme", "config show terminal.theme --explain"),
            ("config --explain", "config show --explain"),
            ("config", "config show"),
        ] {
            assert!(meant(flag).is_ok() && meant(flag) == meant(verb), "{flag}");
        }
        for both in ["config --print-default --explain", "config --print-default path", "config --explain=a path"] {
            assert_eq!(meant(both), Err(FailureKind::Usage), "{both}");
        }
    }
}
