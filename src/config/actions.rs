//! `[[action]]` in `config.toml`: actions of a person's own. Read here as plain words; what they mean is known where the
//! terminal's keys and things are.
//!
//! ```toml
//! [[action]]
//! name = "Journal"
//! scope = "pod"
//! key = "Ctrl-o"
//! run = "ssh {engine.host} journalctl -u {pod.id} --since {input.since}"
//! input = ["since"]
//! confirm = true
//! dangerous = true
//! ```

use std::path::Path;

use serde::Deserialize;

use super::known::ACTION_KEYS;
use crate::domain::nearest;

/// An action of the person's own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct CustomAction {
    /// What people call it.
    pub name: String,
    /// What it is about: `app`, `node`, `pod`, `engine`, `task`.
    pub scope: String,
    /// Its key, where it has one.
    pub key: Option<String>,
    /// The command line, with places for values.
    pub run: String,
    /// What is asked before.
    pub input: Vec<String>,
    /// Whether a question comes before it.
    pub confirm: bool,
    /// Whether it changes something, so that it has no place where nothing may be changed.
    pub dangerous: bool,
    /// Where it stands: `config.toml:12`.
    #[serde(skip)]
    pub from: String,
}

/// Takes the actions out of a file's table; what is wrong with them is told with file and line.
pub(super) fn take(path: &Path, text: &str, table: &mut toml::Table) -> (Vec<CustomAction>, Vec<String>) {
    let Some(written) = table.remove("action") else { return (Vec::new(), Vec::new()) };
    let toml::Value::Array(written) = written else {
        return (Vec::new(), vec![format!("{}: actions are written as [[action]]", path.display())]);
    };
    // Each begins with a heading of its own; where somebody writes them otherwise, the file alone is told.
    let headings = text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("[[action]]"));
    let mut lines = headings.map(|(at, _)| at + 1);
    let (mut actions, mut wrong) = (Vec::new(), Vec::new());
    for value in written {
        let from = match lines.next() {
            Some(line) => format!("{}:{line}", path.display()),
            None => path.display().to_string(),
        };
        if let Some(table) = value.as_table() {
            for key in table.keys().filter(|key| !ACTION_KEYS.contains(&key.as_str())) {
                let meant = nearest(key, ACTION_KEYS).map(|near| format!("; did you mean {near}?"));
                wrong.push(format!("{from}: an action has no {key}{}", meant.unwrap_or_default()));
            }
        }
        match value.try_into::<CustomAction>() {
            Ok(action) => actions.push(CustomAction { from, ..action }),
            Err(error) => wrong.push(format!("{from}: the action is not used: {}", error.message())),
        }
    }
    (actions, wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<CustomAction>, Vec<String>, toml::Table) {
        let mut table = toml::from_str(text).unwrap();
        let (actions, wrong) = take(Path::new("config.toml"), text, &mut table);
        (actions, wrong, table)
    }

    #[test]
    fn actions_are_read_one_by_one_and_told_by_their_line() {
        let (actions, wrong, table) = read(
            "[engine]\nname = 'x'\n[[action]]\nname = 'a'\nrun = 'date'\ninput = ['since']\n[[action]]\nname = 3\n\
             [[action]]\nname = 'c'\nkeey = 'x'\n",
        );
        let names: Vec<_> = actions.iter().map(|action| (action.name.as_str(), action.from.as_str())).collect();
        assert_eq!(names, [("a", "config.toml:3"), ("c", "config.toml:9")]);
        assert_eq!(actions[0].input, ["since"]);
        assert!(wrong[0].starts_with("config.toml:7: the action is not used: "), "{wrong:?}");
        assert_eq!(wrong[1], "config.toml:9: an action has no keey; did you mean key?");
        assert_eq!(table.keys().collect::<Vec<_>>(), ["engine"]);
        assert_eq!(read("action = 3").1.len(), 1);
    }
}
