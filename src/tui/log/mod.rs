//! The log of a pod, or of several: follows the end, stays where it is put, finds, filters, copies.
//!
//! Following is a position: at the end it follows, any movement upwards pauses. While paused, the view is pinned to its
//! first row, whatever arrives or is dropped. Files and the clock are somebody else's: what is wanted of them is told as
//! effects (`wishes`).

pub mod ansi;
mod ends;
mod entry;
mod finding;
mod held;
mod json;
mod manner;
mod moving;
mod needle;
mod reach;
mod selecting;
mod shape;
mod spoken;
mod store;
#[cfg(test)]
mod store_tests;
mod streams;
#[cfg(test)]
mod tests;
mod title;
mod view;
mod wishes;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::action::Action;
use super::effect::Ticket;
use super::message::LogKind;
use crate::domain::{EngineId, Moment, PodId};
use needle::Sources;
use selecting::{Copying, Selection};
use shape::{Long, Objects, Paint, Shape};
use store::Store;
use streams::Stream;
use wishes::Older;

pub use ends::LogEnd;
pub use entry::{Burst, Entry, Level, Part};
pub use held::{Form, Held, Scribe, file_name};
pub use manner::Manner;
pub use needle::{Hunt, Lister, Needle};
pub use reach::Reach;
pub use selecting::Taken;
pub use streams::Lost;
pub use view::draw;

/// Time stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Stamps {
    Off,
    Relative,
    Local,
    #[default]
    Utc,
}

/// Whether lines still come.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    Open,
    Ended,
    Broken(String),
}

/// The position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// At the end, whatever arrives.
    Following,
    /// Pinned to a row of a line.
    Pinned { line: u64, row: usize },
}

/// Where a log opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpensAt {
    /// At its end.
    End,
    /// At its first error, once one has arrived.
    FirstError,
}

/// The action by which engines tell what they say of themselves.
pub const ENGINE_LOG: &str = "stream_engine_log";

/// The log of a pod, or of several.
#[derive(Debug)]
pub struct LogView {
    /// Which log it is, for whoever keeps a file for it.
    pub id: Ticket,
    /// Whose log it is; the first of them.
    pub pod: PodId,
    /// The engine, where it is what that says of itself, and no pod's.
    pub engine: Option<EngineId>,
    /// What people call it.
    pub title: String,
    /// How much was asked for.
    pub reach: Reach,
    streams: Vec<Stream>,
    /// Pods whose engines could not be asked when it was opened; they are, as soon as they can.
    unasked: Vec<PodId>,
    /// Until when the beginnings of several streams are waited for, to be put in order.
    gathers_until: Option<Moment>,
    store: Store,
    position: Position,
    opens_at: OpensAt,
    /// Lines that are shown since the view is pinned.
    new: usize,
    shape: Shape,
    stamps: Stamps,
    found: Option<u64>,
    lost: Option<u64>,
    selection: Option<Selection>,
    copying: Copying,
    /// The chosen row of the list of streams, while it is open.
    side: Option<usize>,
    older: Older,
    /// Where the view was before a search began to be typed, and the line at its top.
    began: Option<(Position, u64)>,
    /// Filters that were there before one began to be typed.
    kept: usize,
    asked_for: BTreeSet<u64>,
    size: (u16, u16),
}

impl LogView {
    /// An empty log of one pod, that follows.
    pub fn new(ticket: Ticket, pod: PodId, title: String, size: (u16, u16)) -> Self {
        Self::merged(vec![(ticket, pod, title.clone())], title, size)
    }

    /// An empty log of several pods, each with the ticket of its answers and its name.
    pub fn merged(pods: Vec<(Ticket, PodId, String)>, title: String, size: (u16, u16)) -> Self {
        let (id, pod) =
            pods.first().map_or_else(|| (Ticket(0), PodId::from("")), |(ticket, pod, _)| (*ticket, pod.clone()));
        Self {
            id,
            pod,
            engine: None,
            title,
            reach: Reach::default(),
            streams: pods.into_iter().map(|(ticket, pod, name)| Stream::new(ticket, pod, name)).collect(),
            unasked: Vec::new(),
            gathers_until: None,
            store: Store::default().spilling(),
            position: Position::Following,
            opens_at: OpensAt::End,
            new: 0,
            shape: Shape { long: Long::Wrapped, paint: Paint::Sent, objects: Objects::Raw, template: None },
            stamps: Stamps::Utc,
            found: None,
            lost: None,
            selection: None,
            copying: Copying::Nothing,
            side: None,
            older: Older::default(),
            began: None,
            kept: 0,
            asked_for: BTreeSet::new(),
            size,
        }
    }

    /// The same, of an engine instead of a pod.
    #[must_use]
    pub fn of_engine(mut self, engine: EngineId) -> Self {
        self.engine = Some(engine);
        self
    }

    /// The same, opened elsewhere than at its end.
    #[must_use]
    pub fn opened_at(mut self, opens_at: OpensAt) -> Self {
        self.opens_at = opens_at;
        self
    }

    /// The terminal has another size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        if self.size != (columns, rows) {
            self.size = (columns, rows);
            self.stay_within();
        }
    }

    /// Begins anew with another reach; looks, filters and the search stay.
    pub fn begin_again(&mut self, reach: Reach, tickets: &[Ticket]) {
        for (stream, ticket) in self.streams.iter_mut().zip(tickets) {
            stream.begin_again(*ticket);
        }
        self.id = tickets.first().copied().unwrap_or(self.id);
        self.reach = reach;
        let hunt = self.store.hunt().clone();
        self.store = Store::default().spilling();
        self.store.set_sieve(hunt.sieve);
        self.store.set_needle(hunt.needle);
        (self.position, self.new, self.found, self.lost, self.selection) = (Position::Following, 0, None, None, None);
        (self.older, self.copying) = (Older::default(), Copying::Nothing);
        self.asked_for.clear();
    }

    /// What is waited for before more can be said of the log; `None`: nothing.
    pub fn due(&self) -> Option<Moment> {
        self.gathers_until
    }

    /// Whether times are shown as clocks show them where somebody is.
    pub fn shows_local_times(&self) -> bool {
        self.stamps == Stamps::Local
    }

    /// Whether ages are shown, which change by themselves.
    pub fn shows_ages(&self) -> bool {
        self.stamps == Stamps::Relative
    }

    /// Whether lines are being selected.
    pub fn is_selecting(&self) -> bool {
        self.selection.is_some()
    }

    /// Whether the list of streams is open.
    pub fn is_choosing(&self) -> bool {
        self.side.is_some()
    }

    /// Whether it shows several streams.
    pub fn is_merged(&self) -> bool {
        self.streams.len() > 1
    }

    /// Whether lines are cut, so that there is something to scroll sideways.
    pub fn is_cut(&self) -> bool {
        matches!(self.shape.long, Long::Cut(_))
    }

    /// Does what a key asks for; the answer is something to say.
    pub fn act(&mut self, action: Action, now: Moment) -> Option<String> {
        match action {
            Action::Follow => {
                self.opens_at = OpensAt::End;
                match self.position {
                    Position::Following => self.pin(self.top()),
                    Position::Pinned { .. } => self.follow(),
                }
            }
            Action::Wrap => {
                self.shape.long = if self.is_cut() { Long::Wrapped } else { Long::Cut(0) };
                self.stay_within();
            }
            Action::ScrollLeft | Action::ScrollRight => return self.scroll_sideways(action),
            Action::Stamps => {
                self.stamps = match self.stamps {
                    Stamps::Off => Stamps::Relative,
                    Stamps::Relative => Stamps::Local,
                    Stamps::Local => Stamps::Utc,
                    Stamps::Utc => Stamps::Off,
                };
                self.stay_within();
            }
            Action::Colours => {
                self.shape.paint = match self.shape.paint {
                    Paint::Sent => Paint::Stripped,
                    Paint::Stripped => Paint::Levels,
                    Paint::Levels => Paint::Sent,
                };
            }
            Action::Objects => {
                self.shape.objects = match self.shape.objects {
                    Objects::Raw => Objects::Line,
                    Objects::Line => Objects::Block,
                    Objects::Block => Objects::Raw,
                };
                self.look_as_shown();
                self.stay_within();
            }
            Action::MarkLine => self.say_in_the_log(now, &format!("mark {} UTC", view::clock(now))),
            Action::Sources => return self.turn_sources(),
            Action::Context => return Some(self.turn_context()),
            Action::Side => return self.turn_side(),
            Action::Mark => return self.mute(),
            Action::Select => self.select(),
            Action::NextMatch | Action::PreviousMatch => return self.go_to_match(action),
            Action::NextError | Action::PreviousError => return self.go_to_error(action),
            _ => {}
        }
        None
    }

    /// `o`: both streams of the program, standard output, standard error; where the log tells them apart.
    fn turn_sources(&mut self) -> Option<String> {
        if !self.streams.iter().any(|stream| stream.tells_sources) {
            return Some("Nothing tells which lines went to standard error here: this engine sends both as one".into());
        }
        let mut sieve = self.store.hunt().sieve.clone();
        sieve.sources = match sieve.sources {
            Sources::All => Sources::Output,
            Sources::Output => Sources::Errors,
            Sources::Errors => Sources::All,
        };
        self.sift(sieve);
        None
    }

    /// `Esc`: ends the selection, closes the list, clears the search, then the filters; says whether there was one.
    pub fn clear(&mut self) -> bool {
        if self.selection.take().is_some() || self.side.take().is_some() {
            return true;
        }
        if self.is_searching() {
            self.find("");
            self.accept();
        } else if !self.store.hunt().sieve.chips.is_empty() {
            self.show_all();
        } else {
            return false;
        }
        true
    }

    /// How its lines come, as far as all streams agree.
    fn kind(&self) -> Option<LogKind> {
        self.streams.iter().find_map(|stream| stream.kind)
    }
}
