//! What is asked of the server and what that costs: the last requests, sums for each operation, and how the link is.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::app::App;
use super::effect::{Effect, List};
use super::overlays::{Overlay, Told};
use crate::domain::{Moment, Outcome, Request, Speed};

/// Requests that are kept.
const KEPT: usize = 500;

/// The figures in the header change this often at most, in milliseconds: nobody watches them, and each change is output.
const STEP: i64 = 60_000;

/// Sums over requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// Those without a good answer.
    pub failed: u64,
    /// Bytes out.
    pub sent: u64,
    /// Bytes in.
    pub received: u64,
    /// Time of all that were answered.
    pub took: Duration,
    /// How many were answered.
    pub answered: u32,
    /// The longest.
    pub longest: Duration,
}

impl Tally {
    fn add(&mut self, request: &Request) {
        self.count += 1;
        self.failed += u64::from(!request.outcome.is_fine());
        self.sent += request.sent;
        self.received += request.received;
        if request.outcome != Outcome::Pushed {
            self.took += request.took;
            self.answered += 1;
            self.longest = self.longest.max(request.took);
        }
    }

    /// The time that one takes.
    pub fn mean(&self) -> Option<Duration> {
        self.took.checked_div(self.answered)
    }
}

/// How the changes of lists get here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The server tells.
    Pushed,
    /// It is asked again and again.
    Polled,
}

/// What is asked of the server and what that costs.
#[derive(Debug, Default)]
pub struct Net {
    /// The last requests, the oldest first.
    pub requests: VecDeque<Request>,
    /// Sums for each service and operation.
    pub tallies: BTreeMap<(String, String), Tally>,
    /// The sum of all.
    pub total: Tally,
    /// The smoothed round trip, where it is known.
    pub round_trip: Option<Duration>,
    /// How the link is.
    pub speed: Speed,
    /// Lists that the server is asked for again and again.
    pub polled: BTreeSet<List>,
    /// Lists that are read when they are first looked at, as the link is slow.
    pub put_off: BTreeSet<List>,
    /// When the first request was made.
    pub since: Option<Moment>,
    /// Bytes that are kept on disk about the context.
    pub cache: Option<u64>,
    figures: Option<(Moment, String)>,
}

impl Net {
    /// Takes requests in that have ended.
    pub fn take(&mut self, requests: Vec<Request>, round_trip: Option<Duration>) {
        for request in requests {
            self.since.get_or_insert(request.at);
            self.total.add(&request);
            let key = (request.service.clone(), request.name.clone());
            self.tallies.entry(key).or_default().add(&request);
            if self.requests.back_mut().is_some_and(|last| last.joins(&request)) {
                continue;
            }
            if self.requests.len() == KEPT {
                self.requests.pop_front();
            }
            self.requests.push_back(request);
        }
        self.round_trip = round_trip.or(self.round_trip);
    }

    /// Bytes both ways in the last minute, as far as the requests that are kept tell.
    pub fn last_minute(&self, now: Moment) -> u64 {
        let recent = self.requests.iter().rev().take_while(|request| now.0 - request.at.0 < 60_000);
        recent.map(|request| request.sent + request.received).sum()
    }

    /// Lets the figures of the header be computed anew, when it is time.
    pub fn pass_to(&mut self, now: Moment) {
        let is_due = self.figures.as_ref().is_none_or(|(at, _)| now.0 - at.0 >= STEP);
        if self.since.is_none() || !is_due {
            return;
        }
        let trip = self.round_trip.map(|trip| format!("rtt {} ms   ", rounded(trip)));
        let kilobytes = self.last_minute(now).div_ceil(1000);
        self.figures = Some((now, format!("{}{kilobytes} kB/min", trip.unwrap_or_default())));
    }

    /// Round trip and bytes for the header; empty before anything was asked.
    pub fn figures(&self) -> &str {
        self.figures.as_ref().map_or("", |(_, text)| text)
    }
}

/// Milliseconds in two figures: more would pretend to know.
pub fn rounded(time: Duration) -> u128 {
    let millis = time.as_millis();
    match millis {
        0 => 1,
        1..100 => millis,
        100..1000 => (millis + 5) / 10 * 10,
        _ => (millis + 50) / 100 * 100,
    }
}

impl App {
    /// The link has become slow, or is as usual again.
    pub(super) fn take_speed(&mut self, speed: Speed) -> Vec<Effect> {
        if self.net.speed == speed {
            return Vec::new();
        }
        self.net.speed = speed;
        match speed {
            Speed::Slow => {
                let text = "The link is slow: lists are read less often. :net shows what it costs";
                self.notes.say(self.now, text);
                Vec::new()
            }
            Speed::Usual => {
                self.notes.say(self.now, "The link is fast enough again");
                self.fetch_put_off()
            }
        }
    }

    /// Whether somebody looks at the requests.
    pub fn watches_requests(&self) -> bool {
        matches!(&self.overlay, Some(Overlay::Messages(it)) if it.told != Told::Messages)
    }

    /// Whether a list has to be read now. Over a slow link only what is looked at is; the rest waits until it is.
    pub(super) fn is_wanted_now(&mut self, list: List) -> bool {
        let is_wanted = self.net.speed == Speed::Usual || self.needs().contains(&list);
        if is_wanted {
            self.net.put_off.remove(&list);
        } else {
            self.net.put_off.insert(list);
        }
        is_wanted
    }

    /// Reads what was put off and is looked at now.
    pub(super) fn fetch_put_off(&mut self) -> Vec<Effect> {
        if !self.is_live() {
            return Vec::new();
        }
        let lists: Vec<_> = self.net.put_off.iter().copied().collect();
        let wanted: Vec<_> = lists.into_iter().filter(|list| self.is_wanted_now(*list)).collect();
        wanted.into_iter().map(|list| self.fetch(list)).collect()
    }
}
