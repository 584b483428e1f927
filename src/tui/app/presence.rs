//! Whether the person looks, and what is told otherwise: the end of a long task, the title of the window.

use super::App;
use crate::domain::Task;
use crate::tui::effect::Effect;
use crate::tui::message::Message;
use crate::tui::view::counted;

/// A task that took no longer than this, in milliseconds, was waited for.
const LONG: i64 = 10_000;

/// Whether the person looks at the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Presence {
    /// The terminal does not say.
    #[default]
    Unknown,
    /// It has the focus.
    Here,
    /// It has not.
    Away,
}

impl App {
    /// The terminal got the focus, or lost it. What others wrote over it meanwhile is painted over.
    pub(super) fn look_up(&mut self, message: &Message) -> Vec<Effect> {
        let (now, since) = match message {
            Message::FocusGained => (Presence::Here, None),
            _ => (Presence::Away, Some(self.now)),
        };
        self.away_since = since;
        let was = std::mem::replace(&mut self.presence, now);
        if was == Presence::Away && now == Presence::Here { vec![Effect::Repaint] } else { Vec::new() }
    }

    /// What tells somebody who looks elsewhere that a long task has ended.
    pub(super) fn tell_absent(&self, task: &Task, text: &str) -> Option<Effect> {
        let from = task.created_at?;
        let to = task.finished_at.unwrap_or(self.now);
        let is_worth_it = to.0 - from.0 > LONG && self.presence != Presence::Here && !task.kind.is_reading();
        is_worth_it.then(|| Effect::Notify(text.to_owned()))
    }

    /// What the window is called: `kab lab - 2 tasks, 1 alert`.
    pub fn title(&self) -> String {
        let context = &self.session.context;
        let place = if context.is_empty() { String::from("kab") } else { format!("kab {context}") };
        let working = self.data.tasks().iter().filter(|task| !task.state.is_done() && !task.kind.is_reading());
        let figures = [(working.count(), "task"), (self.alerts, "alert")];
        let figures: Vec<String> =
            figures.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| counted(count, what)).collect();
        if figures.is_empty() { place } else { format!("{place} - {}", figures.join(", ")) }
    }
}
