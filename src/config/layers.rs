//! The layers of settings, and which one won: default, the site's file, what was measured of the terminal, the person's
//! file, variables, flags.
//!
//! A newer or older kab may share the files: what nobody knows is a warning with a suggestion. The site's file is not the
//! person's to mend, so a broken one is a warning too.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::actions::{self, CustomAction};
use super::file::{Config, ConfigError, Warning};
use super::known::{SETTINGS, Setting, is_free, setting_of};
use super::measured::Measured;
use crate::domain::nearest;

/// Where a site puts its defaults.
const SITE: &str = "/etc/kab/config.toml";
/// The variable that moves the site's file.
const SITE_VARIABLE: &str = "KAB_SITE_CONFIG";

/// Which layer a setting came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// The site's file.
    Site,
    /// What `kab doctor --terminal` found out.
    Measured,
    /// The person's file.
    File,
    /// An environment variable.
    Environment,
    /// A flag of the command line.
    Flag,
}

/// The settings, with where they came from. What is not listed is a default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// Actions of the site and of the person.
    pub actions: Vec<CustomAction>,
    /// Key (`engine.kind`) to layer.
    pub origins: BTreeMap<String, Layer>,
    /// What does not hold, and why.
    pub warnings: Vec<Oddity>,
    /// The person's own themes, by name.
    pub themes: Vec<String>,
}

/// Something in the settings that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// A key that nobody knows.
    Key(Warning),
    /// A word that is none of those that can be.
    Value {
        /// The file, or the variable.
        from: String,
        /// The key.
        key: &'static str,
        /// What is said.
        value: String,
    },
    /// The site's file.
    Site(String),
    /// An action, with file and line.
    Action(String),
}

impl fmt::Display for Oddity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(warning) => warning.fmt(formatter),
            Self::Value { from, key, value } => {
                let allowed = setting_of(key).map_or(&[][..], |setting| setting.allowed);
                write!(formatter, "{from}: {key} cannot be {value:?}")?;
                match nearest(value, allowed.iter().copied()) {
                    Some(word) => write!(formatter, "; did you mean {word}?"),
                    None => write!(formatter, "; it can be {}", allowed.join(", ")),
                }
            }
            Self::Action(why) => formatter.write_str(why),
            Self::Site(why) => write!(formatter, "the site's settings are not used: {why}"),
        }
    }
}

/// Where the site's defaults are.
pub fn site_file() -> PathBuf {
    std::env::var_os(SITE_VARIABLE).filter(|value| !value.is_empty()).map_or_else(|| SITE.into(), PathBuf::from)
}

impl Loaded {
    /// Reads the site's file, the person's file (those that are missing say nothing), and the environment; between the
    /// files goes what was measured of the terminal.
    ///
    /// # Errors
    /// When the person's file is broken, or a variable holds nonsense.
    pub fn read(path: &Path, measured: &Measured) -> Result<Self, ConfigError> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let site = site_file();
        let site = (site.clone(), text_of(&site));
        Self::layered(site, measured, (path.to_owned(), text_of(path)), variable)
    }

    /// The environment and the site's file alone, for when the person's own is broken; the defaults alone, where those are
    /// nonsense as well.
    pub fn of_environment(path: &Path) -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let site = site_file();
        let site = (site.clone(), text_of(&site));
        Self::layered(site, &Measured::default(), (path.to_owned(), Ok(String::new())), variable).unwrap_or_default()
    }

    /// The layers over each other; a file is its path and its text.
    pub(super) fn layered(
        site: (PathBuf, Result<String, ConfigError>),
        measured: &Measured,
        user: (PathBuf, Result<String, ConfigError>),
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut loaded = Self { themes: own_themes(&user.0), ..Self::default() };
        let mut table = toml::Table::new();
        let read = site.1.and_then(|text| loaded.take_file(Layer::Site, &site.0, &text));
        match read {
            Ok(site) => table = site,
            Err(error) => loaded.warnings.push(Oddity::Site(error.to_string())),
        }
        loaded.take_measured(measured, &mut table, &variable);
        let own = loaded.take_file(Layer::File, &user.0, &user.1?)?;
        merge(&mut table, own);
        loaded.config = table
            .try_into()
            .map_err(|error: toml::de::Error| ConfigError::Parse { path: user.0, why: error.to_string() })?;
        loaded.take_environment(variable)?;
        Ok(loaded)
    }

    /// Takes in what a file says; what cannot be is left out with a warning.
    fn take_file(&mut self, layer: Layer, path: &Path, text: &str) -> Result<toml::Table, ConfigError> {
        let parse = |error: toml::de::Error| ConfigError::Parse { path: path.to_owned(), why: told(text, &error) };
        let mut table: toml::Table = toml::from_str(text).map_err(parse)?;
        let (actions, wrong) = actions::take(path, text, &mut table);
        self.actions.extend(actions);
        let mut odd: Vec<Oddity> = wrong.into_iter().map(Oddity::Action).collect();
        for setting in SETTINGS.iter().filter(|setting| !setting.allowed.is_empty()) {
            if let Some(value) = settle(&mut table, setting, &self.themes) {
                odd.push(Oddity::Value { from: path.display().to_string(), key: setting.key, value });
            }
        }
        let _: Config = table.clone().try_into().map_err(|_| match toml::from_str::<Config>(text) {
            // The text's own error has line and column.
            Err(error) => parse(error),
            Ok(_) => ConfigError::Parse { path: path.to_owned(), why: "it does not fit together".into() },
        })?;
        let mut keys = Vec::new();
        flatten("", &table, &mut keys);
        for key in keys {
            if is_free(&key) || setting_of(&key).is_some() {
                self.origins.insert(key, layer);
            } else {
                let suggestion = nearest(&key, SETTINGS.iter().map(|setting| setting.key)).map(str::to_owned);
                odd.push(Oddity::Key(Warning { path: path.to_owned(), key, suggestion }));
            }
        }
        self.warnings.extend(odd);
        Ok(table)
    }

    /// Takes in what was found out about the terminal. That programs shall have no colours counts more.
    fn take_measured(
        &mut self,
        measured: &Measured,
        table: &mut toml::Table,
        variable: impl Fn(&str) -> Option<String>,
    ) {
        for (key, word) in measured.words() {
            let is_allowed = setting_of(key).is_some_and(|setting| is_allowed(setting, word, &[]));
            if !is_allowed || (key == "terminal.colours" && variable("NO_COLOR").is_some()) {
                continue;
            }
            let Some((section, name)) = key.rsplit_once('.') else { continue };
            let section = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            if let Some(section) = section.as_table_mut() {
                section.insert(name.to_owned(), word.into());
                self.origins.insert(key.to_owned(), Layer::Measured);
            }
        }
    }

    fn take_environment(&mut self, variable: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        for setting in &SETTINGS {
            let Some(name) = setting.variable else { continue };
            let Some(value) = variable(name) else { continue };
            self.set(setting, name, value)?;
        }
        Ok(())
    }

    /// Puts a word of the command line over everything; the name is that of the flag.
    ///
    /// # Errors
    /// When it holds nonsense.
    pub fn put(&mut self, key: &str, flag: &'static str, value: String) -> Result<(), ConfigError> {
        let Some(setting) = setting_of(key) else { return Ok(()) };
        self.set(setting, flag, value)?;
        self.origins.insert(key.to_owned(), Layer::Flag);
        Ok(())
    }

    fn set(&mut self, setting: &'static Setting, from: &'static str, value: String) -> Result<(), ConfigError> {
        let Config { catalogue, engine, server, terminal, .. } = &mut self.config;
        let place = match setting.key {
            "catalogue.raw_host" => &mut catalogue.raw_host,
            "engine.kind" => &mut engine.kind,
            "engine.pod_network" => &mut engine.pod_network,
            "engine.gateway_url" => &mut engine.gateway_url,
            "terminal.colours" => &mut terminal.colours,
            "terminal.glyphs" => &mut terminal.glyphs,
            "terminal.theme" => &mut terminal.theme,
            "terminal.accessibility" => &mut terminal.accessibility,
            "terminal.clipboard" => &mut terminal.clipboard,
            "terminal.notifications" => &mut terminal.notifications,
            "terminal.low_bandwidth" => &mut terminal.low_bandwidth,
            "terminal.title" => &mut terminal.title,
            "terminal.mouse" => &mut terminal.mouse,
            "terminal.links" => &mut terminal.links,
            "catalogue.repositories" => {
                // `-` is an empty list: a variable without a value counts as unset.
                let items = value.split(',').map(str::trim).filter(|item| !item.is_empty() && *item != "-");
                catalogue.repositories = Some(items.map(str::to_owned).collect());
                self.origins.insert(setting.key.to_owned(), Layer::Environment);
                return Ok(());
            }
            "server.idle_minutes" => {
                let minutes: Option<f64> =
                    value.parse().ok().filter(|minutes: &f64| minutes.is_finite() && *minutes >= 0.0);
                let wanted = "a number of minutes (0: never)";
                server.idle_minutes = Some(minutes.ok_or(ConfigError::Variable { name: from, value, wanted })?);
                self.origins.insert(setting.key.to_owned(), Layer::Environment);
                return Ok(());
            }
            _ => return Ok(()),
        };
        if !setting.allowed.is_empty() && !is_allowed(setting, &value, &self.themes) {
            self.warnings.push(Oddity::Value { from: from.to_owned(), key: setting.key, value });
            return Ok(());
        }
        *place = Some(value);
        self.origins.insert(setting.key.to_owned(), Layer::Environment);
        Ok(())
    }
}

/// The themes beside the person's file.
fn own_themes(path: &Path) -> Vec<String> {
    let files = std::fs::read_dir(path.with_file_name("themes")).into_iter().flatten().flatten();
    let names = files.filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".toml")?.to_owned()));
    names.collect()
}

/// Other spellings that programs have made usual, and themes of the person's own.
fn is_allowed(setting: &Setting, value: &str, themes: &[String]) -> bool {
    if setting.key == "terminal.theme" && themes.iter().any(|own| own == value) {
        return true;
    }
    let usual = setting.key == "terminal.colours" && ["always", "never", "truecolor", "24bit", "none"].contains(&value);
    let truth = matches!(setting.key, "terminal.title" | "terminal.mouse" | "terminal.links")
        && ["true", "false", "on", "off"].contains(&value);
    let command = setting.key == "terminal.notifications"
        && value.strip_prefix("cmd:").is_some_and(|line| !line.trim().is_empty());
    usual || truth || command || setting.allowed.contains(&value)
}

/// What is wrong with a text, and on which line.
pub(super) fn told(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    let before = error.span().and_then(|span| text.get(..span.start));
    before.map_or_else(|| message.clone(), |before| format!("line {}: {message}", before.matches('\n').count() + 1))
}

fn text_of(path: &Path) -> Result<String, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(ConfigError::Read { path: path.to_owned(), source }),
    }
}

/// Makes a word of a choice; takes it away and returns it where it is none of the words that can be.
fn settle(table: &mut toml::Table, setting: &Setting, themes: &[String]) -> Option<String> {
    let (section, name) = setting.key.rsplit_once('.')?;
    let section = table.get_mut(section)?.as_table_mut()?;
    // 256 and true are easily written without quotes.
    let word = match section.get(name)? {
        toml::Value::String(word) => word.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Boolean(truth) => truth.to_string(),
        _ => return None,
    };
    if is_allowed(setting, &word, themes) {
        section.insert(name.to_owned(), toml::Value::String(word));
        return None;
    }
    section.remove(name);
    Some(word)
}

/// Puts a table over another one.
fn merge(below: &mut toml::Table, above: toml::Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => merge(below, above),
            (_, value) => _ = below.insert(key, value),
        }
    }
}

/// The keys of all values that are no tables: `engine.kind`.
pub(super) fn flatten(head: &str, table: &toml::Table, keys: &mut Vec<String>) {
    for (name, value) in table {
        let key = if head.is_empty() { name.clone() } else { format!("{head}.{name}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, keys),
            _ => keys.push(key),
        }
    }
}

/// Every key that has a value, with it, as the settings stand now.
pub fn values(config: &Config) -> BTreeMap<String, toml::Value> {
    let Ok(table) = toml::Table::try_from(config) else { return BTreeMap::new() };
    let mut keys = Vec::new();
    flatten("", &table, &mut keys);
    keys.into_iter()
        .filter_map(|key| {
            let mut parts = key.split('.');
            let mut value = table.get(parts.next()?)?;
            for part in parts {
                value = value.get(part)?;
            }
            Some((key.clone(), value.clone()))
        })
        .collect()
}
