//! Where lines come from: one pod, or several whose lines are put in order.

use super::entry::{Burst, Entry};
use super::needle::Sieve;
use super::{End, LogView, OpensAt, Position};
use crate::domain::{LogSeam, LogSource, Moment, PodId};
use crate::tui::action::Step;
use crate::tui::app::stepped;
use crate::tui::effect::Ticket;
use crate::tui::message::LogKind;
use crate::tui::widgets::text::grouped;

/// How long the beginnings of several streams are waited for, in milliseconds.
const PATIENCE: i64 = 1_500;

/// What came of snapshots.
#[derive(Debug, Clone, Copy, Default)]
pub struct Taken {
    /// Lines.
    pub lines: usize,
    /// In how many parts they came: more than one is more than one snapshot.
    pub parts: usize,
}

/// A log whose lines do not come at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Why.
    pub why: String,
    /// When the next attempt is made.
    pub retry_at: Moment,
}

/// What comes from one pod.
#[derive(Debug)]
pub struct Stream {
    /// Whose answers these are.
    pub ticket: Ticket,
    /// Whose log it is.
    pub pod: PodId,
    /// The pod's name.
    pub name: String,
    /// How lines come.
    pub kind: Option<LogKind>,
    /// Whether they still come.
    pub(super) end: End,
    /// Whether its lines are hidden.
    pub is_muted: bool,
    /// Whether its lines tell standard output from standard error.
    pub tells_sources: bool,
    /// What came of snapshots.
    pub snapshot: Taken,
    /// That no lines come at the moment; they will again.
    pub reconnecting: Option<Lost>,
    /// The next lines replace all that are there: nobody can tell which of them are the same.
    renews: bool,
    seam: LogSeam,
    /// Lines that wait for those of other streams.
    waiting: Vec<Entry>,
}

impl Stream {
    /// A stream of which nothing has arrived.
    pub fn new(ticket: Ticket, pod: PodId, name: String) -> Self {
        Self {
            ticket,
            pod,
            name,
            kind: None,
            end: End::Open,
            is_muted: false,
            tells_sources: false,
            snapshot: Taken::default(),
            reconnecting: None,
            renews: false,
            seam: LogSeam::default(),
            waiting: Vec::new(),
        }
    }

    /// Forgets what has arrived; other answers are waited for.
    pub fn begin_again(&mut self, ticket: Ticket) {
        let is_muted = self.is_muted;
        *self = Self::new(ticket, self.pod.clone(), std::mem::take(&mut self.name));
        self.is_muted = is_muted;
    }

    /// Whether what was before has arrived, as far as it will.
    fn has_begun(&self) -> bool {
        self.end != End::Open || matches!(self.kind, Some(LogKind::Live | LogKind::Polled { .. }))
    }
}

impl LogView {
    /// Whether an answer is for this log.
    pub fn listens_to(&self, ticket: Ticket) -> bool {
        self.streams.iter().any(|stream| stream.ticket == ticket)
    }

    /// The pods whose logs it shows, with the tickets of their answers.
    pub fn pods(&self) -> impl Iterator<Item = (Ticket, &PodId)> {
        self.streams.iter().map(|stream| (stream.ticket, &stream.pod))
    }

    /// Waits a moment for the beginnings of all streams, so that their lines are in order.
    pub fn gather(&mut self, now: Moment) {
        if self.is_merged() {
            self.gathers_until = Some(Moment(now.0 + PATIENCE));
        }
    }

    /// It is now `now`: the patience may be over.
    pub fn pass_to(&mut self, now: Moment) {
        if self.gathers_until.is_some_and(|until| until <= now) {
            self.put_in_order();
        }
    }

    /// Takes lines in. Where the engine takes over from a snapshot, lines that the snapshot held are left out.
    pub fn take(&mut self, ticket: Ticket, kind: LogKind, burst: impl Into<Burst>) {
        let Some(at) = self.streams.iter().position(|stream| stream.ticket == ticket) else { return };
        self.leave_kept(at, kind);
        let (is_alone, gathers) = (self.streams.len() == 1, self.gathers_until.is_some());
        let stream = &mut self.streams[at];
        let is_snapshot = |kind| matches!(kind, LogKind::Snapshot { .. });
        let takes_over = stream.kind.is_some_and(is_snapshot) && !is_snapshot(kind);
        if takes_over {
            stream.seam.reopen();
        }
        let Burst(lines) = burst.into();
        if !lines.is_empty() {
            stream.reconnecting = None;
        }
        let renewed = !lines.is_empty() && std::mem::take(&mut stream.renews);
        if (takes_over || renewed) && !stream.seam.has_times() {
            // Without times nobody can tell which lines are the same: the newer answer holds them all.
            stream.waiting.clear();
            if is_alone {
                self.store.clear();
            }
        }
        stream.kind = Some(kind);
        if is_snapshot(kind) {
            stream.snapshot.lines += lines.iter().filter(|line| line.part == super::Part::Begins).count();
            stream.snapshot.parts += usize::from(!lines.is_empty());
        }
        let mut is_new = true;
        let mut fresh = Vec::with_capacity(lines.len());
        for mut entry in lines {
            // The pieces of a long line share its fate.
            if entry.part == super::Part::Begins {
                is_new = stream.seam.is_new(&entry.stamp());
            }
            if is_new {
                entry.stream = u8::try_from(at).unwrap_or(u8::MAX);
                stream.tells_sources |= matches!(entry.source, LogSource::Stdout | LogSource::Stderr);
                fresh.push(entry);
            }
        }
        if gathers {
            stream.waiting.extend(fresh);
            if self.streams.iter().all(Stream::has_begun) {
                self.put_in_order();
            }
        } else {
            self.push(fresh);
        }
    }

    /// Once lines are read, those that were kept go: nobody can tell what came between.
    fn leave_kept(&mut self, at: usize, kind: LogKind) {
        let is_kept = |kind| matches!(kind, LogKind::Kept { .. });
        let stream = &mut self.streams[at];
        if !stream.kind.is_some_and(is_kept) || is_kept(kind) {
            return;
        }
        stream.seam = LogSeam::default();
        stream.waiting.clear();
        let text = format!("--- {}: above what was kept, below what is read now ---", stream.name);
        if self.streams.len() == 1 {
            self.store.clear();
        } else {
            self.push(vec![Entry::marker(None, text)]);
        }
    }

    /// Puts the beginnings of all streams in order, by their times.
    fn put_in_order(&mut self) {
        self.gathers_until = None;
        let mut all: Vec<(Option<Moment>, Entry)> = Vec::new();
        for stream in &mut self.streams {
            let mut last = None;
            for entry in stream.waiting.drain(..) {
                // A line without a time stays behind the one before it.
                last = entry.at.max(last);
                all.push((last, entry));
            }
        }
        all.sort_by_key(|(at, _)| *at);
        self.push(all.into_iter().map(|(_, entry)| entry).collect());
    }

    /// Takes lines in that are new. While the view is pinned they are counted, and it does not move.
    pub(super) fn push(&mut self, entries: Vec<Entry>) {
        self.tell_pin();
        let added = self.store.take(entries);
        self.store.settle();
        if let Position::Pinned { line, row } = &mut self.position {
            self.new += added;
            let oldest = self.store.oldest();
            if *line < oldest {
                // The pinned line is gone: say so once, and stay at what is the oldest now.
                self.lost.get_or_insert(*line);
                (*line, *row) = (oldest, 0);
            }
        }
        if self.opens_at == OpensAt::FirstError
            && let Some(first) = self.store.errors().front().copied()
        {
            self.opens_at = OpensAt::End;
            self.show(first);
        }
    }

    /// A line of kab's own.
    pub(super) fn say_in_the_log(&mut self, now: Moment, text: &str) {
        self.push(vec![Entry::marker(Some(now), format!("--- {text} ---"))]);
    }

    /// Notes that lines were dropped on the way.
    pub fn note_dropped(&mut self, count: u64) {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        self.push(vec![Entry::marker(None, format!("--- {} lines dropped (buffer full) ---", grouped(count)))]);
    }

    /// No more lines will come.
    pub fn end(&mut self, ticket: Ticket, why: Option<String>) {
        if let Some(stream) = self.streams.iter_mut().find(|stream| stream.ticket == ticket) {
            stream.reconnecting = None;
            stream.end = why.map_or(End::Ended, End::Broken);
        }
        if self.gathers_until.is_some() && self.streams.iter().all(Stream::has_begun) {
            self.put_in_order();
        }
    }

    /// The log of a pod is read once more, because the pod runs again. Known lines are left out. Says whether its log had
    /// ended.
    pub fn resume(&mut self, pod: &PodId, ticket: Ticket) -> bool {
        let waits = self.unasked.contains(pod);
        let may = |stream: &&mut Stream| stream.pod == *pod && (stream.end == End::Ended || waits);
        let Some(stream) = self.streams.iter_mut().find(may) else { return false };
        self.unasked.retain(|it| it != pod);
        (stream.ticket, stream.end) = (ticket, End::Open);
        stream.seam.reopen();
        true
    }

    /// The engine of this log could not be asked: what the server keeps is all there is for now.
    pub fn wait_for_engine(&mut self, ticket: Ticket) {
        let stream = self.streams.iter().find(|stream| stream.ticket == ticket);
        self.unasked.extend(stream.map(|stream| stream.pod.clone()));
    }

    /// The pods whose engine could not be asked.
    pub fn waiting_for_engines(&self) -> impl Iterator<Item = &PodId> {
        self.unasked.iter()
    }

    /// All logs are read once more, because somebody wants to see the newest. Known lines are left out, or replaced.
    pub fn read_again(&mut self, tickets: &[Ticket]) {
        self.unasked.clear();
        for (stream, ticket) in self.streams.iter_mut().zip(tickets) {
            (stream.ticket, stream.end) = (*ticket, End::Open);
            stream.seam.reopen();
            (stream.renews, stream.kind, stream.reconnecting) = (true, None, None);
            stream.snapshot = Taken::default();
        }
    }

    /// No lines come at the moment, for this reason; `None`: they come again.
    pub fn lose(&mut self, ticket: Ticket, lost: Option<Lost>) {
        if let Some(stream) = self.streams.iter_mut().find(|stream| stream.ticket == ticket) {
            stream.reconnecting = lost;
        }
    }

    /// When the next attempt is made to get lines again, where that counts down: of one log, not of several together.
    pub fn retry_at(&self) -> Option<Moment> {
        match self.streams.as_slice() {
            [only] if only.end == End::Open => only.reconnecting.as_ref().map(|lost| lost.retry_at),
            _ => None,
        }
    }

    /// How all streams together stand: open while one of them is.
    pub(super) fn standing(&self) -> &End {
        let open = self.streams.iter().find(|stream| stream.end == End::Open);
        let broken = || self.streams.iter().find(|stream| matches!(stream.end, End::Broken(_)));
        open.or_else(broken).or(self.streams.first()).map_or(&End::Ended, |stream| &stream.end)
    }

    /// `Tab`: the list of streams.
    pub(super) fn turn_side(&mut self) -> Option<String> {
        if !self.is_merged() {
            return Some("This is the log of one pod; mark several pods, then ⟨logs⟩, for one stream of all".into());
        }
        self.side = if self.side.is_some() { None } else { Some(0) };
        self.stay_within();
        None
    }

    /// Moves in the list of streams; says whether it is open.
    pub(super) fn step_in_side(&mut self, step: Step) -> bool {
        let last = self.streams.len().saturating_sub(1);
        match &mut self.side {
            Some(cursor) => {
                *cursor = stepped(*cursor, step, usize::from(self.size.1), last);
                true
            }
            None => false,
        }
    }

    /// `Space`: hides the lines of the chosen stream, or shows them again.
    pub(super) fn mute(&mut self) -> Option<String> {
        let Some(stream) = self.side.and_then(|at| self.streams.get_mut(at)) else {
            return Some("⟨pods⟩ opens the list of pods; ⟨mark⟩ mutes one there".into());
        };
        stream.is_muted = !stream.is_muted;
        let muted = self.streams.iter().enumerate().filter(|(_, stream)| stream.is_muted);
        let muted = muted.fold(0, |bits, (at, _)| bits | 1 << at);
        let sieve = Sieve { muted, ..self.store.hunt().sieve.clone() };
        self.sift(sieve);
        None
    }
}
