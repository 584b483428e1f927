//! Answers to open fields: a line is typed into them, key by key, as on a full screen.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::Plain;
use crate::tui::action::Screen;
use crate::tui::app::{App, Typing};
use crate::tui::effect::Effect;
use crate::tui::keymap::Key;
use crate::tui::message::Message;
use crate::tui::overlays::Overlay;

/// A field that is open: the next line is typed into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The filter of a list, a pattern or a file for the log.
    Prompt(Typing),
    /// The palette.
    Palette,
    /// The search of the help.
    Help,
    /// A field of a form.
    Form,
    /// The button of a form.
    Button,
    /// A name that has to be typed.
    Name,
}

/// The field that is open.
pub fn field(app: &App) -> Option<Field> {
    match &app.overlay {
        Some(Overlay::Palette(_)) => Some(Field::Palette),
        Some(Overlay::Form(form)) if form.is_at_buttons() => Some(Field::Button),
        Some(Overlay::Form(_)) => Some(Field::Form),
        Some(Overlay::Help(help)) if help.is_typing => Some(Field::Help),
        Some(Overlay::Dialog(dialog)) if dialog.name.is_some() => Some(Field::Name),
        Some(_) => None,
        None => app.typing.map(Field::Prompt),
    }
}

/// Presses a key.
fn press(app: &mut App, code: KeyCode) -> Vec<Effect> {
    app.update(Message::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

/// Types a text in the place of what stands in the field.
fn type_text(app: &mut App, text: &str) -> Vec<Effect> {
    let mut effects = app.update(Message::Key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL)));
    for letter in text.chars() {
        effects.extend(press(app, KeyCode::Char(letter)));
    }
    effects
}

/// The key that a line names, where it could be no text: `Esc`, `Tab`, `Ctrl-c`.
pub fn pressed(line: &str) -> Option<Key> {
    let key = Key::read(line).ok().filter(|key| key.name() == line)?;
    let named = matches!(
        key.code,
        KeyCode::Esc | KeyCode::Tab | KeyCode::BackTab | KeyCode::Enter | KeyCode::Up | KeyCode::Down
    );
    (key.ctrl || named).then_some(key)
}

impl Plain {
    /// The line is the answer to an open field.
    pub(super) fn answer(&mut self, app: &mut App, field: Field, line: &str) -> Vec<Effect> {
        if line.eq_ignore_ascii_case("back") {
            return press(app, KeyCode::Esc);
        }
        if let Some(key) = pressed(line) {
            let modifiers = if key.ctrl { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
            return app.update(Message::Key(KeyEvent::new(key.code, modifiers)));
        }
        match field {
            Field::Palette => self.go_or_do(app, line),
            Field::Form => {
                let mut effects = if line.is_empty() { Vec::new() } else { type_text(app, line) };
                effects.extend(press(app, KeyCode::Tab));
                effects
            }
            Field::Button => match line.to_lowercase().as_str() {
                "" | "y" | "yes" => press(app, KeyCode::Enter),
                "n" | "no" => press(app, KeyCode::Esc),
                _ => {
                    self.ask_again("Please answer yes or no");
                    Vec::new()
                }
            },
            Field::Name if line.is_empty() || line.eq_ignore_ascii_case("no") => press(app, KeyCode::Esc),
            Field::Name | Field::Help | Field::Prompt(_) => {
                let mut effects = if line.is_empty() { Vec::new() } else { type_text(app, line) };
                effects.extend(press(app, KeyCode::Enter));
                effects
            }
        }
    }

    /// What is typed into the palette: a command, a number of what was found, or something to look for.
    pub(super) fn go_or_do(&mut self, app: &mut App, line: &str) -> Vec<Effect> {
        if line.is_empty() {
            return press(app, KeyCode::Esc);
        }
        if let Ok(number) = line.parse::<usize>() {
            let Some(Overlay::Palette(palette)) = &app.overlay else { return Vec::new() };
            if number == 0 || number > palette.count().min(self.choices.len()) {
                self.ask_again(&format!("There is no number {number}"));
                return Vec::new();
            }
            let mut effects = Vec::new();
            for _ in 1..number {
                effects.extend(press(app, KeyCode::Down));
            }
            effects.extend(press(app, KeyCode::Enter));
            return effects;
        }
        let mut effects = type_text(app, line);
        let Some(Overlay::Palette(palette)) = &app.overlay else { return effects };
        // Which of several was meant is a question; what has a word of its own, or one meaning, is not.
        let commands = ["repo add", "repos add", "ctx", "context", "server", "theme"];
        let is_command = commands.iter().any(|command| line.starts_with(&format!("{command} ")))
            || Screen::ALL.iter().any(|screen| line.starts_with(&format!("{} ", screen.name().to_lowercase())));
        let last = line.rsplit(' ').next().unwrap_or(line);
        let is_named = palette.shown(1).next().is_some_and(|(_, first)| first.text == line || first.text == last);
        if is_command || is_named || palette.count() <= 1 {
            effects.extend(press(app, KeyCode::Enter));
        }
        effects
    }
}
