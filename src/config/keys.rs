//! `keys.toml`: which key asks for what in the terminal program. Read here as plain words; what they mean, and whether
//! two of them clash, is known where the table of keys is.
//!
//! ```toml
//! preset = "ranger"
//! [pods]
//! stop = "x"
//! logs = ["l", "Ctrl-o"]
//! restart = "none"
//! ```

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What an action of a place shall have as keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLine {
    /// The place: `pods`.
    pub place: String,
    /// The action: `stop`.
    pub action: String,
    /// Its keys, as written.
    pub keys: Vec<String>,
    /// Where it stands.
    pub line: usize,
}

/// What is wrong with the file, and on which line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTrouble {
    /// Which line; 0: the whole file.
    pub line: usize,
    /// What, and what would be right.
    pub text: String,
}

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// A ready-made set of keys, and where it stands.
    pub preset: Option<(String, usize)>,
    /// The lines, in the order of the file.
    pub lines: Vec<KeyLine>,
    /// What could not be understood; the rest holds.
    pub trouble: Vec<KeyTrouble>,
    /// Whether nothing of the file could be read.
    pub is_broken: bool,
}

impl Keys {
    /// Reads the file; one that is missing or broken says nothing, and why is said in `trouble`.
    pub fn read(path: &Path) -> Self {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::of(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => {
                let trouble = KeyTrouble { line: 0, text: format!("it cannot be read: {error}") };
                Self { trouble: vec![trouble], is_broken: true, ..Self::default() }
            }
        }
    }

    /// Reads the text of the file.
    pub fn of(text: &str) -> Self {
        let mut keys = Self::default();
        let line_of = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                let line = error.span().map_or(0, |span| line_of(span.start));
                let text = format!("{}; no line of the file is used", error.message());
                keys.trouble.push(KeyTrouble { line, text });
                keys.is_broken = true;
                return keys;
            }
        };
        for (name, value) in table.get_ref() {
            let (line, name) = (line_of(name.span().start), name.get_ref());
            match (name.as_ref(), value.get_ref()) {
                ("preset", DeValue::String(preset)) => keys.preset = Some((preset.to_string(), line)),
                ("preset", _) => keys.complain(line, "preset is the name of a set of keys, between quotes"),
                (place, DeValue::Table(lines)) => keys.take(place, lines, &line_of),
                (name, _) => {
                    keys.complain(line, format!("{name} stands in no place; write it below [pods] or another one"));
                }
            }
        }
        keys.lines.sort_by_key(|line| line.line);
        keys.trouble.sort_by_key(|trouble| trouble.line);
        keys
    }

    fn take(&mut self, place: &str, table: &DeTable<'_>, line_of: &impl Fn(usize) -> usize) {
        for (action, value) in table {
            let line = line_of(action.span().start);
            let action = action.get_ref().to_string();
            let found: Option<Vec<String>> = match value.get_ref() {
                DeValue::String(key) => Some(vec![key.to_string()]),
                DeValue::Array(several) => several.iter().map(word).collect(),
                _ => None,
            };
            match found {
                Some(several) => {
                    self.lines.push(KeyLine { place: place.to_owned(), action, keys: several, line });
                }
                None => self.complain(
                    line,
                    format!("the keys of {action} are \"x\", [\"x\", \"Ctrl-x\"], or \"none\" for no key at all"),
                ),
            }
        }
    }

    fn complain(&mut self, line: usize, text: impl Into<String>) {
        self.trouble.push(KeyTrouble { line, text: text.into() });
    }
}

fn word(value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_actions_and_keys_are_read_with_their_lines() {
        let keys = Keys::of("preset = 'ranger'\n\n[pods]\nstop = 'x'\nlogs = ['l', 'Ctrl-o']\n[list]\nmark = 'none'\n");
        assert_eq!(keys.preset, Some(("ranger".into(), 1)));
        let lines: Vec<_> =
            keys.lines.iter().map(|it| (it.line, it.place.as_str(), it.action.as_str(), it.keys.join(" "))).collect();
        assert_eq!(
            lines,
            [
                (4, "pods", "stop", "x".into()),
                (5, "pods", "logs", "l Ctrl-o".into()),
                (7, "list", "mark", "none".into())
            ]
        );
        assert_eq!(keys.trouble, []);
    }

    #[test]
    fn what_is_no_key_is_said_and_the_rest_holds() {
        let keys = Keys::of("quit = 'x'\npreset = 3\n[pods]\nstop = 7\nlogs = ['l', 2]\nstart = 'u'\n");
        let lines: Vec<usize> = keys.trouble.iter().map(|trouble| trouble.line).collect();
        assert_eq!((lines, keys.lines.len()), (vec![1, 2, 4, 5], 1));
    }

    #[test]
    fn a_broken_file_says_where_and_changes_nothing() {
        for (text, line) in [("[pods]\nstop = \n", 2), ("[pods\n", 1), ("[pods]\nstop = 'x'\nstop = 'y'\n", 3)] {
            let keys = Keys::of(text);
            assert_eq!((keys.lines.len(), keys.trouble.len(), keys.trouble[0].line), (0, 1, line), "{text}");
        }
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Keys::read(&folder.path().join("keys.toml")), Keys::default());
        assert_eq!(Keys::read(folder.path()).trouble.len(), 1);
    }
}
