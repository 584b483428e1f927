//! A key: from the terminal's event, from the words that people write, and back to them.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A key, with or without Ctrl. Shift is part of the character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which.
    pub code: KeyCode,
    /// Together with Ctrl.
    pub ctrl: bool,
}

/// Keys that have names, in lower case; the first name of a key is one that [`Key::name`] gives.
const NAMED: [(&str, KeyCode); 22] = [
    ("enter", KeyCode::Enter),
    ("return", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("escape", KeyCode::Esc),
    ("space", KeyCode::Char(' ')),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("backtab", KeyCode::BackTab),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pageup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("pagedown", KeyCode::PageDown),
    ("del", KeyCode::Delete),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("backspace", KeyCode::Backspace),
];

impl Key {
    /// The key of an event; `None` for a release, and for Alt, which terminals and multiplexers keep for themselves (see
    /// [`Key::apart`]).
    pub fn of(event: &KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release || event.modifiers.contains(KeyModifiers::ALT) {
            return None;
        }
        Some(Self { code: event.code, ctrl: event.modifiers.contains(KeyModifiers::CONTROL) })
    }

    /// Two keys that were read as one with Alt: over a slow link `Esc` and the next key come together, and nothing tells
    /// them from Alt with that key. Alt has no meaning here, so that Esc was meant, as editors take it, too. Arrows and the
    /// like say themselves that Alt was held, and stay what they are.
    pub fn apart(event: &KeyEvent) -> Option<[KeyEvent; 2]> {
        let is_one_byte = matches!(event.code, KeyCode::Char(_) | KeyCode::Enter | KeyCode::Tab | KeyCode::Backspace);
        if event.kind == KeyEventKind::Release || !event.modifiers.contains(KeyModifiers::ALT) || !is_one_byte {
            return None;
        }
        let rest = KeyEvent { modifiers: event.modifiers.difference(KeyModifiers::ALT), ..*event };
        Some([KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE), rest])
    }

    /// How people write it: `Ctrl-d`, `Enter`, `/`.
    pub fn name(self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "Space".into(),
            KeyCode::Char(character) => character.to_string(),
            KeyCode::Enter => "Enter".into(),
            KeyCode::Esc => "Esc".into(),
            KeyCode::Tab => "Tab".into(),
            KeyCode::BackTab => "Shift-Tab".into(),
            KeyCode::PageDown => "PgDn".into(),
            KeyCode::PageUp => "PgUp".into(),
            KeyCode::Delete => "Del".into(),
            KeyCode::F(number) => format!("F{number}"),
            other => format!("{other:?}"),
        };
        if self.ctrl { format!("Ctrl-{name}") } else { name }
    }

    /// Reads what people write: `x`, `X`, `Shift-x`, `Ctrl-x`, `C-x`, `^x`, `Enter`, `F5`.
    ///
    /// # Errors
    /// Why it is no key that could be pressed.
    pub fn read(text: &str) -> Result<Self, String> {
        let lower = text.to_lowercase();
        if ["alt-", "alt+", "meta-", "a-", "m-"].iter().any(|head| lower.starts_with(head)) {
            return Err(format!("{text} is not possible: terminals and multiplexers keep Alt for themselves"));
        }
        let after = |heads: &[&str]| heads.iter().find_map(|head| lower.strip_prefix(head));
        if let Some(rest) = after(&["ctrl-", "ctrl+", "control-", "c-", "^"]).filter(|rest| !rest.is_empty()) {
            return Self::with_ctrl(text, rest);
        }
        if let Some((_, code)) = NAMED.iter().find(|(name, _)| *name == lower) {
            return Ok(Self { code: *code, ctrl: false });
        }
        if let Some(number) =
            lower.strip_prefix('f').and_then(|rest| rest.parse().ok()).filter(|it| (1..=12).contains(it))
        {
            return Ok(Self { code: KeyCode::F(number), ctrl: false });
        }
        if let Some(letter) = after(&["shift-", "shift+", "s-"]).and_then(one).filter(|it| it.is_alphabetic()) {
            let letter = letter.to_uppercase().next().unwrap_or(letter);
            return Ok(Self { code: KeyCode::Char(letter), ctrl: false });
        }
        match one(text) {
            Some(letter) if !letter.is_control() => Ok(Self { code: KeyCode::Char(letter), ctrl: false }),
            _ => Err(format!("{text:?} is no key; a letter, Ctrl-x, Enter, Esc, Space, Tab, Up, PgDn or F5 is one")),
        }
    }

    fn with_ctrl(text: &str, rest: &str) -> Result<Self, String> {
        let same = match rest {
            "i" => Some("Tab"),
            "m" => Some("Enter"),
            "[" => Some("Esc"),
            "h" => Some("Backspace"),
            _ => None,
        };
        if let Some(same) = same {
            return Err(format!("{text} is {same} to a terminal; write {same}"));
        }
        match one(rest).filter(|letter| !letter.is_control()) {
            Some(letter) => Ok(Self { code: KeyCode::Char(letter), ctrl: true }),
            None if rest == "space" => Ok(Self { code: KeyCode::Char(' '), ctrl: true }),
            None => Err(format!("{text} is no key that every terminal can tell; Ctrl goes with a letter")),
        }
    }
}

/// The only character of a text.
fn one(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keymap::BINDINGS;

    #[test]
    fn what_is_written_is_what_is_read() {
        for key in BINDINGS.iter().flat_map(|line| line.keys) {
            assert_eq!(Key::read(&key.name()), Ok(*key), "{}", key.name());
        }
        for (text, name) in [
            ("ctrl+d", "Ctrl-d"),
            ("^D", "Ctrl-d"),
            ("Shift-x", "X"),
            ("f5", "F5"),
            ("PageDown", "PgDn"),
            ("F", "F"),
            ("^", "^"),
            ("ä", "ä"),
        ] {
            assert_eq!(Key::read(text).unwrap().name(), name);
        }
    }

    #[test]
    fn what_no_terminal_can_tell_is_refused_with_a_reason() {
        for (text, word) in
            [("Alt-x", "Alt"), ("Ctrl-i", "Tab"), ("Ctrl-m", "Enter"), ("Hyper", "no key"), ("", "no key")]
        {
            assert!(Key::read(text).unwrap_err().contains(word), "{text}");
        }
    }
}
