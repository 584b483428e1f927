//! The end of a pod's log beside its details, where there is room, and on a tab of its page. It is asked for when the pod
//! has been looked at for a moment, and never over a slow link or while nobody looks: nobody asked for it by a key.

use std::collections::VecDeque;

use super::presence::Presence;
use super::{App, Page, Part, Standing, Target};
use crate::domain::{Engine, Failure, Moment, PodId, PodStatus, Speed};
use crate::tui::action::Screen;
use crate::tui::effect::{Effect, Ticket};
use crate::tui::log::{Entry, Reach};
use crate::tui::message::{LogKind, Message};

/// A pod is looked at when its row is chosen for so many milliseconds.
const RESTS: i64 = 700;
/// Lines that are asked for, and kept.
const LINES: u32 = 100;

/// The end of a log.
#[derive(Debug)]
pub struct Beside {
    /// Whose.
    pub pod: PodId,
    /// How its lines come.
    pub kind: Option<LogKind>,
    /// The newest lines.
    pub lines: VecDeque<Entry>,
    /// Whether no more will come, and why.
    pub ended: Option<Option<Failure>>,
    /// Since when the pod is looked at.
    since: Moment,
    /// Whose answers these are; `None` before it was asked.
    ticket: Option<Ticket>,
    /// The pod's status then.
    status: PodStatus,
}

impl Beside {
    fn new(pod: PodId, status: PodStatus, since: Moment) -> Self {
        Self { pod, kind: None, lines: VecDeque::new(), ended: None, since, ticket: None, status }
    }

    /// Whether it has been asked for.
    pub fn is_asked(&self) -> bool {
        self.ticket.is_some()
    }

    fn take(&mut self, kind: LogKind, lines: Vec<Entry>) {
        // A stream begins with its own newest lines, among which are those of the snapshot before it.
        let begins = self.kind.is_none_or(|known| std::mem::discriminant(&known) != std::mem::discriminant(&kind));
        if begins || matches!(kind, LogKind::Snapshot { .. }) {
            self.lines.clear();
        }
        self.kind = Some(kind);
        self.lines.extend(lines);
        let kept = usize::try_from(LINES).unwrap_or(usize::MAX);
        self.lines.drain(..self.lines.len().saturating_sub(kept));
    }
}

impl App {
    /// The end of the log of the pod under the cursor, where it is shown.
    pub fn beside(&self) -> Option<&Beside> {
        self.looks.beside.as_ref()
    }

    /// The pod whose log stands beside its details.
    pub fn pod_beside(&self) -> Option<&PodId> {
        if let Some(Page::Thing(Target::Pod(id), Standing { part: Part::Log, .. })) = self.pages.last() {
            return self.data.pod(id).map(|pod| &pod.id);
        }
        if !self.pages.is_empty() || self.screen != Screen::Pods || self.panes().log.is_none() {
            return None;
        }
        match self.target() {
            Some(Target::Pod(id)) if self.replicas_of(&id).is_none() => self.data.pod(&id).map(|pod| &pod.id),
            _ => None,
        }
    }

    /// Whether a log may be asked for that nobody has asked for.
    fn may_look_beside(&self) -> bool {
        self.is_live() && self.net.speed == Speed::Usual && self.presence != Presence::Away
    }

    /// Whether the end of the log is on the page that is open, and is still to come.
    pub fn waits_for_beside(&self) -> bool {
        let is_open = matches!(self.pages.last(), Some(Page::Thing(_, Standing { part: Part::Log, .. })));
        let has_come = |it: &Beside| it.kind.is_some() || it.ended.is_some();
        is_open && self.pod_beside().is_some() && self.may_look_beside() && !self.beside().is_some_and(has_come)
    }

    /// Asks for the log of the pod that is looked at, when it is time, and leaves that of another one.
    pub(super) fn settle_beside(&mut self) -> Vec<Effect> {
        let wanted = self.pod_beside().filter(|_| self.may_look_beside()).cloned();
        let Some(pod) = wanted.as_ref().and_then(|id| self.data.pod(id)).cloned() else {
            return self.leave_beside(None);
        };
        let mut effects = Vec::new();
        let goes_on = self.looks.beside.as_ref().is_some_and(|it| {
            // A pod that was started again has more to say.
            it.pod == pod.id && (it.ended.is_none() || it.status == pod.status)
        });
        if !goes_on {
            effects = self.leave_beside(Some(Beside::new(pod.id.clone(), pod.status.clone(), self.now)));
        }
        let now = self.now;
        let is_due = self.looks.beside.as_ref().is_some_and(|it| !it.is_asked() && now.0 - it.since.0 >= RESTS);
        if is_due {
            let ticket = self.ticket();
            let engine = self.data.engine(&pod.engine).filter(|it| Engine::is_online(it) && pod.status.is_alive());
            let engine = engine.map(|engine| Box::new(engine.clone()));
            effects.push(Effect::Log { ticket, pod: pod.id, engine, reach: Reach::Newest(LINES) });
            if let Some(beside) = &mut self.looks.beside {
                beside.ticket = Some(ticket);
            }
        }
        effects.extend(self.look_once());
        effects
    }

    /// An engine that cannot stream is asked once: asking it again and again is for those who open the log.
    fn look_once(&mut self) -> Option<Effect> {
        let beside = self.looks.beside.as_mut()?;
        if !matches!(beside.kind, Some(LogKind::Polled { .. })) || beside.ended.is_some() {
            return None;
        }
        beside.ended = Some(None);
        beside.ticket.map(Effect::LeaveLog)
    }

    fn leave_beside(&mut self, next: Option<Beside>) -> Vec<Effect> {
        let left = std::mem::replace(&mut self.looks.beside, next);
        left.and_then(|it| it.ticket.filter(|_| it.ended.is_none())).map(Effect::LeaveLog).into_iter().collect()
    }

    /// Takes in what comes of that log. Whether it was about it.
    pub(super) fn take_beside(&mut self, message: &mut Message) -> bool {
        let (Message::LogLines(ticket, ..) | Message::LogEnded(ticket, _)) = message else { return false };
        let ticket = *ticket;
        let Some(beside) = self.looks.beside.as_mut().filter(|it| it.ticket == Some(ticket)) else { return false };
        match message {
            Message::LogLines(_, kind, lines) => beside.take(*kind, std::mem::take(&mut lines.0)),
            Message::LogEnded(_, why) => beside.ended = Some(why.take()),
            _ => {}
        }
        true
    }

    /// When the pod under the cursor has been looked at for long enough.
    pub(super) fn beside_wakes_at(&self) -> Option<i64> {
        let waits = self.looks.beside.as_ref().filter(|it| !it.is_asked())?;
        Some(waits.since.0 + RESTS)
    }
}
