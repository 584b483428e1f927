//! Typing into a field: the filter of a list, the prompts of the log, the palette.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

use super::App;
use crate::domain::clean_line;
use crate::tui::action::{Action, Step};
use crate::tui::effect::Effect;
use crate::tui::overlays::Overlay;

/// What is being typed, where it is not in an overlay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    /// The filter of a list, or of the rows of a page.
    Filter,
    /// A text to find in the log, or on a page.
    Find,
    /// A filter of the log.
    Only,
    /// Where the log is saved.
    Save,
    /// The command that the log is piped to.
    Pipe,
    /// How much of the log is asked for.
    Reach,
}

/// What a key does to a field.
pub(in crate::tui) enum Typed {
    /// It changed the text or moved the cursor.
    Changed,
    /// `Enter`.
    Accepted,
    /// `Esc`.
    GivenUp,
    /// A move in the list below.
    Moved(Step),
    /// Nothing that a field understands.
    Other,
}

/// Whether a key does nothing in a field but to add its letter.
pub(in crate::tui) fn is_letter(event: &KeyEvent) -> bool {
    matches!(event.code, KeyCode::Char(_)) && (event.modifiers - KeyModifiers::SHIFT).is_empty()
}

/// Lets a field take a key.
pub(in crate::tui) fn feed(input: &mut Input, event: KeyEvent) -> Typed {
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let request = match (event.code, ctrl) {
        (KeyCode::Enter, _) => return Typed::Accepted,
        (KeyCode::Esc, _) => return Typed::GivenUp,
        (KeyCode::Down, _) | (KeyCode::Char('n'), true) => return Typed::Moved(Step::Down),
        (KeyCode::Up, _) | (KeyCode::Char('p'), true) => return Typed::Moved(Step::Up),
        (KeyCode::PageDown, _) => return Typed::Moved(Step::PageDown),
        (KeyCode::PageUp, _) => return Typed::Moved(Step::PageUp),
        (KeyCode::Char('u'), true) => InputRequest::DeleteLine,
        (KeyCode::Char('w'), true) => InputRequest::DeletePrevWord,
        (KeyCode::Char('k'), true) => InputRequest::DeleteTillEnd,
        (KeyCode::Char('a'), true) | (KeyCode::Home, _) => InputRequest::GoToStart,
        (KeyCode::Char('e'), true) | (KeyCode::End, _) => InputRequest::GoToEnd,
        (KeyCode::Char('h'), true) | (KeyCode::Backspace, _) => InputRequest::DeletePrevChar,
        (KeyCode::Delete, _) => InputRequest::DeleteNextChar,
        (KeyCode::Left, _) => InputRequest::GoToPrevChar,
        (KeyCode::Right, _) => InputRequest::GoToNextChar,
        (KeyCode::Char(character), false) => InputRequest::InsertChar(character),
        _ => return Typed::Other,
    };
    input.handle(request);
    Typed::Changed
}

impl App {
    /// Lets the open field take a key; `None` when no field is open, or the key is not for it.
    pub(super) fn type_key(&mut self, event: KeyEvent) -> Option<Vec<Effect>> {
        if let Some(Overlay::Palette(palette)) = &mut self.overlay {
            return match palette.feed(event, &self.typed_before) {
                Typed::Accepted => Some(self.run_palette()),
                Typed::GivenUp => {
                    self.overlay = None;
                    Some(Vec::new())
                }
                Typed::Other => Some(self.other_key(event)),
                Typed::Changed | Typed::Moved(_) => Some(Vec::new()),
            };
        }
        if let Some(effects) = self.type_in_dialog(event) {
            return Some(effects);
        }
        if matches!(self.overlay, Some(Overlay::Form(_))) {
            return self.type_in_form(event);
        }
        if let Some(Overlay::Help(help)) = &mut self.overlay
            && help.is_typing
        {
            return match help.feed(event) {
                Typed::Other => Some(self.other_key(event)),
                Typed::Moved(step) => Some(self.act_in_overlay(Action::Move(step))),
                Typed::Changed | Typed::Accepted | Typed::GivenUp => Some(Vec::new()),
            };
        }
        match self.typing? {
            Typing::Filter if event.code == KeyCode::Tab => self.take_suggestion(),
            Typing::Filter => match feed(self.filter_mut(), event) {
                Typed::Changed => self.filter_changed(),
                Typed::Accepted => self.typing = None,
                Typed::GivenUp => {
                    self.typing = None;
                    self.clear_filter();
                }
                Typed::Moved(step) => self.step(step),
                Typed::Other => return Some(self.other_key(event)),
            },
            typing => match feed(&mut self.prompt, event) {
                Typed::Changed => self.log_prompt_changed(typing),
                Typed::Accepted => return Some(self.log_prompt_accepted(typing)),
                Typed::GivenUp => self.log_prompt_given_up(typing),
                Typed::Moved(step) => self.step(step),
                Typed::Other => return Some(self.other_key(event)),
            },
        }
        Some(Vec::new())
    }

    /// Ctrl-c quits and Ctrl-l repaints, whatever is typed.
    fn other_key(&mut self, event: KeyEvent) -> Vec<Effect> {
        match event.code {
            KeyCode::Char('c') => self.interrupt(),
            KeyCode::Char('l') => vec![Effect::Repaint],
            _ => Vec::new(),
        }
    }

    fn take_suggestion(&mut self) {
        let nearest = if self.sieve().is_some() { self.meant_by_filter() } else { self.front().suggestion() };
        if let Some(nearest) = nearest {
            *self.filter_mut() = nearest.into();
            self.filter_changed();
        }
    }

    /// Shows all rows of the list or of the page again.
    pub(super) fn clear_filter(&mut self) {
        if self.sieve().is_some() {
            return self.clear_sieve();
        }
        self.front_mut().clear_filter();
        self.refill_front();
    }

    pub(in crate::tui) fn filter_changed(&mut self) {
        if self.sieve().is_some() {
            return self.sieve_changed();
        }
        self.refill_front();
        self.in_front(|list, _, key| list.choose_first(key));
    }

    /// Whether letters go into the filter of a list or a page.
    pub(in crate::tui) fn is_filtering(&self) -> bool {
        self.typing == Some(Typing::Filter) && self.overlay.is_none()
    }

    /// Letters that arrived together. The list is searched once for all of them, so that a word that was typed ahead
    /// over a large list costs what one letter costs.
    pub(super) fn letters(&mut self, events: &[KeyEvent]) -> Vec<Effect> {
        if !self.is_filtering() {
            return events.iter().flat_map(|event| self.key(*event)).collect();
        }
        self.take_size();
        for event in events {
            feed(self.filter_mut(), *event);
        }
        self.filter_changed();
        Vec::new()
    }

    /// Pasted text goes into the open field, on one line, and nowhere else: a paste never presses keys.
    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        let text = clean_line(text);
        let keys = text.chars().take(500).map(|letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
        if self.is_filtering() {
            return self.letters(&keys.collect::<Vec<_>>());
        }
        for event in keys {
            let takes = match &self.overlay {
                Some(Overlay::Palette(_) | Overlay::Form(_)) => true,
                Some(Overlay::Help(help)) => help.is_typing,
                _ => self.typing.is_some(),
            };
            if takes {
                self.type_key(event);
            }
        }
        Vec::new()
    }
}
