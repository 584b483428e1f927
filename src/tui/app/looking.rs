//! Finding a text on a page that is read: it is scrolled to, and marked where it stands.

use super::{App, Typing};
use crate::tui::action::Step;

/// What is looked for on the open page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Look {
    /// The text; empty: nothing is.
    pub text: String,
    /// The line where it was found last. The page may be too short to be scrolled so that this is its first line.
    pub at: Option<usize>,
    /// The first line that was shown when the looking began.
    from: usize,
}

/// Where a text begins in a line, in letters. Capitals count when one is typed.
pub fn places(text: &str, line: &[char]) -> Vec<usize> {
    let capitals = text.chars().any(char::is_uppercase);
    let fold = |letter: char| if capitals { letter } else { letter.to_lowercase().next().unwrap_or(letter) };
    let wanted: Vec<char> = text.chars().map(fold).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let line: Vec<char> = line.iter().map(|letter| fold(*letter)).collect();
    line.windows(wanted.len()).enumerate().filter(|(_, part)| **part == wanted[..]).map(|(at, _)| at).collect()
}

impl Look {
    /// Whether it stands in that line.
    pub fn is_in(&self, line: &str) -> bool {
        !places(&self.text, &line.chars().collect::<Vec<_>>()).is_empty()
    }
}

impl App {
    /// Begins to look for a text on the page that is open; `None`: it has no text to read.
    pub(super) fn begin_look(&mut self) -> Option<Typing> {
        let from = *self.page_top()?;
        self.look = Look { from, ..Look::default() };
        self.prompt = String::new().into();
        Some(Typing::Find)
    }

    /// Goes to the first line with the text from where the looking began.
    pub(super) fn look_for(&mut self, text: &str) {
        text.clone_into(&mut self.look.text);
        let from = self.look.from;
        self.show_found(from, Step::Down);
    }

    /// Goes to the next line with the text, or to the one before.
    pub(super) fn look_on(&mut self, step: Step) {
        let Some(top) = self.page_top().copied() else { return };
        if self.look.text.is_empty() {
            return;
        }
        // Somebody who has scrolled on, or gone elsewhere, goes on from what is seen.
        let seen = top..top + usize::from(self.areas().body_rows());
        let found = self.look.at.filter(|at| seen.contains(at));
        let found = found.filter(|at| self.page_lines().get(*at).is_some_and(|line| self.look.is_in(line)));
        let here = found.unwrap_or(top);
        let from = if step == Step::Down { here + 1 } else { here.wrapping_sub(1) };
        self.show_found(from, step);
        let round = match (step, self.look.at) {
            (Step::Down, Some(at)) if at < here => "end",
            (Step::Up, Some(at)) if at > here => "beginning",
            (_, Some(at)) if at == here => return self.notes.say(self.now, "It stands nowhere else on this page"),
            _ => return,
        };
        self.notes.say(self.now, format!("Went on round the {round} of the page"));
    }

    /// Ends it; what was read before is shown again.
    pub(super) fn end_look(&mut self) {
        let from = self.look.from;
        self.look = Look::default();
        if let Some(top) = self.page_top() {
            *top = from;
        }
    }

    /// From a line on, round the end of the page.
    fn show_found(&mut self, from: usize, step: Step) {
        let lines = self.page_lines();
        let most = lines.len().saturating_sub(usize::from(self.areas().body_rows()));
        let count = lines.len();
        let mut numbers: Vec<usize> = match step {
            Step::Down => (from..count).chain(0..from.min(count)).collect(),
            _ => (0..count).rev().map(|back| (back + from.wrapping_add(1)) % count.max(1)).collect(),
        };
        numbers.retain(|number| lines.get(*number).is_some_and(|line| self.look.is_in(line)));
        match (numbers.first().copied(), self.look.text.is_empty()) {
            (Some(number), false) => {
                self.look.at = Some(number);
                if let Some(top) = self.page_top() {
                    *top = number.min(most);
                }
            }
            (None, false) if self.typing.is_none() => {
                let text = format!("{} is not on this page", self.look.text);
                self.notes.say(self.now, text);
            }
            _ => {}
        }
    }

    fn page_top(&mut self) -> Option<&mut usize> {
        self.standing().map(|at| &mut at.top)
    }
}
