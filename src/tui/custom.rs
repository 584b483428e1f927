//! Actions of a person's own: read from plain words, with their keys checked against the table of keys.

use super::action::Screen;
use super::app::App;
use super::keymap::{Key, Keymap};
use crate::domain::shell::Template;
use crate::domain::{clean_line, nearest};

/// What an action can be about, by its word in the settings and the screen that lists such things.
const SCOPES: [(&str, Screen); 5] = [
    ("app", Screen::Apps),
    ("node", Screen::Nodes),
    ("pod", Screen::Pods),
    ("engine", Screen::Engines),
    ("task", Screen::Tasks),
];

/// Values that every action has.
const ANYWHERE: [&str; 2] = ["context", "server"];
/// Values of an engine, for what has one.
const ENGINE: [&str; 4] = ["engine.id", "engine.name", "engine.kind", "engine.host"];

/// An action, as it is written in the settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CustomWish {
    /// What people call it.
    pub name: String,
    /// What it is about.
    pub scope: String,
    /// Its key.
    pub key: Option<String>,
    /// The command line.
    pub run: String,
    /// What is asked before.
    pub input: Vec<String>,
    /// Whether a question comes before it.
    pub confirm: bool,
    /// Whether it changes something.
    pub dangerous: bool,
    /// Where it stands: `config.toml:12`.
    pub from: String,
}

/// An action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Custom {
    /// What people call it.
    pub name: String,
    /// The screen that lists what it is about.
    pub scope: Screen,
    /// Its key.
    pub key: Option<Key>,
    /// The command line.
    pub template: Template,
    /// What is asked before.
    pub inputs: Vec<String>,
    /// Whether a question comes before it.
    pub confirm: bool,
    /// Whether it changes something.
    pub dangerous: bool,
}

/// Reads the actions; what cannot be is told, with the action's name.
pub fn read(wishes: Vec<CustomWish>, keymap: &Keymap) -> (Vec<Custom>, Vec<String>) {
    let (mut actions, mut wrong): (Vec<Custom>, Vec<String>) = (Vec::new(), Vec::new());
    for wish in wishes {
        let (from, name) = (wish.from.clone(), clean_line(&wish.name));
        let mut action = match one(wish) {
            Ok(action) => action,
            Err(why) => {
                wrong.push(clean_line(&format!("{from}: the action {name:?} is not used: {why}")));
                continue;
            }
        };
        if let Some(why) = action.key.and_then(|key| against_key(key, &action, (&actions, keymap))) {
            action.key = None;
            wrong.push(clean_line(&format!(
                "{from}: the action {name:?} has no key, only its place in the menu: {why}"
            )));
        }
        actions.push(action);
    }
    (actions, wrong)
}

fn one(wish: CustomWish) -> Result<Custom, String> {
    // Without a name it is called by what it runs.
    let name = Some(wish.name.trim()).filter(|name| !name.is_empty()).or_else(|| wish.run.split_whitespace().next());
    let name = clean_line(name.unwrap_or_default());
    if name.is_empty() {
        return Err("it has no name, and runs nothing".into());
    }
    let words = SCOPES.map(|(word, _)| word);
    let scope = SCOPES.iter().find(|(word, _)| *word == wish.scope).map(|(_, screen)| *screen);
    let scope = scope.ok_or_else(|| match nearest(&wish.scope, words) {
        Some(near) => format!("there is no scope {:?}; did you mean {near}?", wish.scope),
        None => format!("there is no scope {:?}; it can be {}", wish.scope, words.join(", ")),
    })?;
    let is_word =
        |name: &str| !name.is_empty() && name.chars().all(|it| it.is_ascii_alphanumeric() || "-_".contains(it));
    if let Some(odd) = wish.input.iter().find(|name| !is_word(name)) {
        return Err(format!("{odd:?} cannot be asked for: letters, digits, - and _ make a name"));
    }
    let inputs: Vec<String> = wish.input.iter().map(|name| format!("input.{name}")).collect();
    let known: Vec<&str> = variables(scope).into_iter().chain(inputs.iter().map(String::as_str)).collect();
    let template = Template::read(&wish.run, &known)?;
    let key = wish.key.as_deref().map(Key::read).transpose()?;
    let CustomWish { input: inputs, confirm, dangerous, .. } = wish;
    Ok(Custom { name, scope, key, template, inputs, confirm, dangerous })
}

/// Why a key cannot be that action's.
fn against_key(key: Key, action: &Custom, (others, keymap): (&[Custom], &Keymap)) -> Option<String> {
    let same = |other: &&Custom| other.scope == action.scope && other.key == Some(key);
    if let Some(other) = others.iter().find(same) {
        return Some(format!("{} is {:?} there", key.name(), other.name));
    }
    let taken = App::chains_about(action.scope).iter().find_map(|chain| keymap.resolve(chain, key));
    taken.map(|taken| format!("{} is {} there", key.name(), taken.name()))
}

/// The values that an action about things of a screen has.
pub fn variables(scope: Screen) -> Vec<&'static str> {
    let own: &[&str] = match scope {
        Screen::Apps => &["app.id", "app.name", "app.version"],
        Screen::Nodes => &["node.id", "node.hash", "node.name"],
        Screen::Pods => &["pod.id", "pod.name", "pod.app", "pod.version", "pod.status", "pod.container"],
        Screen::Tasks => &["task.id", "task.action"],
        Screen::Engines | Screen::Home => &[],
    };
    let engine = if matches!(scope, Screen::Pods | Screen::Engines | Screen::Tasks) { &ENGINE[..] } else { &[] };
    own.iter().chain(engine).chain(&ANYWHERE).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(name: &str, change: impl FnOnce(&mut CustomWish)) -> CustomWish {
        let mut wish = CustomWish {
            name: name.into(),
            scope: "pod".into(),
            run: "echo {pod.id}".into(),
            from: "config.toml:3".into(),
            ..CustomWish::default()
        };
        change(&mut wish);
        wish
    }

    #[test]
    fn what_cannot_be_is_told_by_name_and_the_rest_holds() {
        let wishes = vec![
            wish("Journal", |it| it.key = Some("Ctrl-o".into())),
            wish("Typo", |it| it.run = "echo {pod.idd}".into()),
            wish("Foreign", |it| it.run = "echo {app.name}".into()),
            wish("Nowhere", |it| it.scope = "pods".into()),
            wish("Taken", |it| it.key = Some("s".into())),
            wish("Twice", |it| it.key = Some("Ctrl-o".into())),
            wish("No key", |it| it.key = Some("Alt-x".into())),
            wish("Odd", |it| it.input = vec!["a b".into()]),
            wish("", |it| it.run = String::new()),
            wish("", |_| ()),
        ];
        let (actions, wrong) = read(wishes, &Keymap::default());
        let names: Vec<_> = actions.iter().map(|it| (it.name.as_str(), it.key.is_some())).collect();
        assert_eq!(names, [("Journal", true), ("Taken", false), ("Twice", false), ("echo", false)]);
        for (line, words) in wrong.iter().zip([
            ["\"Typo\"", "did you mean {pod.id}?"],
            ["\"Foreign\"", "there is no {app.name}"],
            ["\"Nowhere\"", "did you mean pod?"],
            ["\"Taken\"", "s is stop there"],
            ["\"Twice\"", "Ctrl-o is \"Journal\" there"],
            ["\"No key\"", "Alt"],
            ["\"Odd\"", "cannot be asked for"],
            ["\"\"", "no name"],
        ]) {
            assert!(line.starts_with("config.toml:3: ") && words.iter().all(|word| line.contains(word)), "{line}");
        }
    }
}
