//! Time, as a fact among others, and when the next one is due.

use super::chain::FOLLOWS;
use super::settle::BELIEVES;
use super::{App, Connection, Motion, Page, Prefix};
use crate::domain::{Moment, TaskState};
use crate::tui::action::Screen;
use crate::tui::effect::Effect;
use crate::tui::overlays::Overlay;

/// After so long elsewhere nothing is asked for by itself, in milliseconds.
const AWAY: i64 = 60_000;
/// After so many milliseconds nobody believes any more that what was asked of a pod will come.
const FORGETS: i64 = 10 * 60_000;

/// Four frames a second.
const SPIN: i64 = 250;

impl App {
    /// It is now `now`.
    pub(super) fn pass_to(&mut self, now: Moment) -> Vec<Effect> {
        let silent_at = self.data.falls_silent_at(self.now);
        self.now = self.now.max(now);
        if silent_at.is_some_and(|at| at <= self.now.0) {
            self.refresh_home();
        }
        self.settle_size(self.now);
        self.notes.age(now);
        self.net.pass_to(now);
        for page in &mut self.pages {
            if let Page::Log(log) = page {
                log.pass_to(now);
            }
        }
        if self.applies_at().is_some_and(|at| at <= now.0) {
            self.apply_changes();
        }
        self.asked.retain(|_, (_, since)| now.0 - since.0 < FORGETS);
        match &self.grace {
            Some(grace) if grace.due <= now => self.do_now(),
            _ => self.try_again(),
        }
    }

    /// When something on the screen changes by itself; `None`: never, so that nothing wakes up.
    pub fn wakes_at(&self) -> Option<Moment> {
        let now = self.now.0;
        let is_still = self.motion == Motion::Still;
        let mut due: Option<i64> = None;
        let mut add = |at: i64| due = Some(due.map_or(at, |known: i64| known.min(at)));
        if let Some(grace) = &self.grace {
            // The countdown shows whole seconds.
            let rest = grace.due.0 - now;
            let second = if rest % 1000 > 0 { rest % 1000 } else { 1000.min(rest.max(1)) };
            add(if is_still { grace.due.0 } else { now + second });
        }
        if let Some((_, until)) = &self.notes.word {
            add(until.0);
        }
        let log = if let Some(Page::Log(log)) = self.pages.last() { Some(log) } else { None };
        if let Some(at) = log.and_then(|log| log.due()) {
            add(at.0);
        }
        if let Some(at) = self.looks_due() {
            add(at.0);
        }
        if self.prefix == Prefix::GoTo && now < self.prefix_since.0 + FOLLOWS {
            add(self.prefix_since.0 + FOLLOWS);
        }
        let lost = match &self.connection {
            Connection::Lost { retry_at, .. } => Some(*retry_at),
            Connection::Failed { .. } => self.retry.at,
            _ => log.and_then(|log| log.retry_at()),
        };
        // The countdown shows whole seconds.
        if let Some(at) = lost.filter(|at| at.0 > now) {
            add(if is_still { at.0 } else { at.0 - (at.0 - now - 1) / 1000 * 1000 });
        }
        if let Connection::Connecting { since, .. } = &self.connection
            && !is_still
        {
            add(now + 1000 - (now - since.0).rem_euclid(1000));
        }
        if let Some(at) = self.waiting_wakes_at() {
            add(at);
        }
        if let Some(at) = self.beside_wakes_at() {
            add(at);
        }
        if let Some(at) = self.data.falls_silent_at(self.now) {
            add(at);
        }
        if let Some(at) = self.usage_wakes_at() {
            add(at);
        }
        if let Some(since) = self.away_since.filter(|_| !self.is_away()) {
            add(since.0 + AWAY);
        }
        if let Some(at) = self.applies_at() {
            add(at);
        }
        if self.counts_down() && !is_still {
            add(now + 1000 - now.rem_euclid(1000));
        }
        if self.spins() {
            add((now / SPIN + 1) * SPIN);
        }
        let turns = self.asked.values().flat_map(|(_, since)| [since.0 + BELIEVES, since.0 + FORGETS]);
        if let Some(first) = turns.filter(|at| *at > now).min() {
            add(first);
        }
        if self.shows_ages() {
            add((now / 60_000 + 1) * 60_000);
        }
        due.map(Moment)
    }

    /// Whether nobody looks at the program any more, so that nothing need be asked for.
    pub fn is_away(&self) -> bool {
        self.away_since.is_some_and(|since| self.now.0 - since.0 >= AWAY)
    }

    /// Whether a spinner turns: only where running work is looked at that does not tell how far it is, and never for
    /// those who do not look.
    pub fn spins(&self) -> bool {
        if self.motion == Motion::Still {
            return false;
        }
        let shown = match self.pages.last() {
            None => self.screen == Screen::Tasks,
            Some(Page::Thing(super::Target::Task(_), _)) => true,
            Some(_) => false,
        };
        shown && self.data.tasks().iter().any(|task| task.state == TaskState::Running)
    }

    /// Which picture of the spinner.
    pub fn spin(&self) -> char {
        const PICTURES: [char; 4] = ['|', '/', '-', '\\'];
        PICTURES[usize::try_from(self.now.0 / SPIN).unwrap_or(0) % PICTURES.len()]
    }

    fn shows_ages(&self) -> bool {
        if !matches!(self.connection, Connection::Live | Connection::Connecting { .. } | Connection::Offline)
            || matches!(self.overlay, Some(Overlay::Messages(_)))
        {
            return true;
        }
        match self.pages.last() {
            None => match self.screen {
                Screen::Home | Screen::Nodes => false,
                Screen::Apps => self.data.apps().iter().take(1).count() > 0,
                Screen::Pods => !self.data.pods().is_empty(),
                Screen::Engines => !self.data.engines().is_empty(),
                Screen::Tasks => !self.data.tasks().is_empty(),
            },
            Some(Page::Log(log)) => log.shows_ages(),
            Some(_) => true,
        }
    }
}
