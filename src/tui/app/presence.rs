//! Whether the person looks, and what is told otherwise: the end of a long task, the title of the window.

use super::App;
use crate::domain::{Task, TaskKind};
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

    /// Whether a task is known to be somebody else's.
    pub(super) fn is_of_others(&self, task: &Task) -> bool {
        let me = &self.session.subject;
        !me.is_empty() && task.by.as_ref().is_some_and(|by| by.subject != *me)
    }

    /// Whether the end of a task is news for the person: it was asked for here, or is one's own as far as the server tells.
    /// Of what has no known owner, only what the own machine's server does is; calls of apps are nobody's news.
    pub(super) fn concerns_us(&self, task: &Task) -> bool {
        if self.begun.contains(&task.id) {
            return true;
        }
        if task.kind == TaskKind::Other || self.is_of_others(task) {
            return false;
        }
        let is_mine = task.by.is_some() && !self.session.subject.is_empty();
        is_mine || self.session.context == "local"
    }

    /// What tells somebody who looks elsewhere that a long task has ended.
    pub(super) fn tell_absent(&self, task: &Task, text: &str) -> Option<Effect> {
        let from = task.created_at?;
        let to = task.finished_at.unwrap_or(self.now);
        let is_worth_it = to.0 - from.0 > LONG && self.presence != Presence::Here && !task.kind.is_reading();
        let is_worth_it = is_worth_it && task.kind != TaskKind::Other;
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
