//! Counts every request: whose, how long, how many bytes. Never what is in it: variables and tokens do not get here.
//!
//! One meter belongs to one HTTP client and to the sockets that are opened with it. Bytes are those of heads and unpacked
//! bodies; what lies below (TLS, packing) is not seen.

mod estimate;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::sync::Notify;

use super::error::{Error, Result};
use crate::domain::{Moment, Outcome, Request, Speed, clean_line};
use estimate::Estimate;

/// Requests that wait for somebody to take them; the newest are kept.
const WAITING: usize = 500;

/// A pong counts for so long.
const FRESH: Duration = Duration::from_mins(2);

/// What the person wants of a slow link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LowBandwidth {
    /// Found out by measuring.
    #[default]
    Auto,
    /// The link counts as slow.
    On,
    /// It never does.
    Off,
}

impl LowBandwidth {
    /// As the setting says.
    pub fn of(word: Option<&str>) -> Self {
        match word {
            Some("on") => Self::On,
            Some("off") => Self::Off,
            _ => Self::Auto,
        }
    }
}

/// Counts; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    news: Notify,
}

#[derive(Debug, Default)]
struct State {
    requests: VecDeque<Request>,
    estimate: Estimate,
    pong_at: Option<Instant>,
    wanted: LowBandwidth,
    /// Bytes a second at most.
    cap: Option<u64>,
    /// Until when the cap has been used up.
    used_until: Option<Instant>,
    /// Answers that are arriving.
    arriving: usize,
    /// Since when some are, and what came since.
    transfer: Option<(Instant, u64)>,
}

impl State {
    fn speed(&self) -> Speed {
        match self.wanted {
            LowBandwidth::Auto => self.estimate.speed(),
            LowBandwidth::On => Speed::Slow,
            LowBandwidth::Off => Speed::Usual,
        }
    }
}

impl Meter {
    /// As the person wants it: whether the link may count as slow, and how many bytes a second are read at most.
    pub fn hold(&self, wanted: LowBandwidth, cap: Option<u64>) {
        let mut state = self.state();
        (state.wanted, state.cap) = (wanted, cap.filter(|cap| *cap > 0));
    }

    /// Whether the link is slow.
    pub fn speed(&self) -> Speed {
        self.state().speed()
    }

    /// The smoothed round trip, where it is known.
    pub fn round_trip(&self) -> Option<Duration> {
        self.state().estimate.round_trip()
    }

    /// Bytes that come through in a second, where that was measured.
    pub fn rate(&self) -> Option<u64> {
        self.state().estimate.rate()
    }

    /// The requests that have ended since the last time, once there are some.
    pub async fn ended(&self) -> Vec<Request> {
        loop {
            let ended: Vec<_> = self.state().requests.drain(..).collect();
            if !ended.is_empty() {
                return ended;
            }
            self.0.news.notified().await;
        }
    }

    /// A request begins.
    pub(super) fn begin(&self, service: &str, name: String, sent: u64) -> Measure {
        let request = Request {
            at: now(),
            service: service.to_owned(),
            name,
            took: Duration::ZERO,
            sent,
            received: 0,
            outcome: Outcome::GivenUp,
        };
        Measure { meter: self.clone(), begun: Instant::now(), request, arrives: false }
    }

    /// The server sent something of its own accord; waits while that is more than is wanted.
    pub(super) async fn pushed(&self, service: &str, name: &str, bytes: usize) {
        let received = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.keep(Request {
            at: now(),
            service: service.to_owned(),
            name: name.to_owned(),
            took: Duration::ZERO,
            sent: 0,
            received,
            outcome: Outcome::Pushed,
        });
        self.wait_for_turn(received).await;
    }

    /// A ping came back.
    pub(super) fn pong(&self, took: Duration) {
        let mut state = self.state();
        state.pong_at = Some(Instant::now());
        state.estimate.pong(took);
    }

    /// Waits until so many more bytes are within the cap.
    async fn wait_for_turn(&self, bytes: u64) {
        if let Some(until) = self.turn(bytes) {
            tokio::time::sleep_until(until.into()).await;
        }
    }

    /// When so many more bytes are within the cap, where there is one.
    fn turn(&self, bytes: u64) -> Option<Instant> {
        let mut state = self.state();
        let cap = state.cap?;
        let from = state.used_until.map_or_else(Instant::now, |until| until.max(Instant::now()));
        let until = from + Duration::from_millis(bytes.saturating_mul(1000) / cap);
        state.used_until = Some(until);
        Some(until)
    }

    fn keep(&self, request: Request) {
        if self.state().requests.back_mut().is_some_and(|last| last.joins(&request)) {
            return;
        }
        tracing::debug!(
            "{} {}: {}, {} ms, {} bytes out, {} in",
            request.service,
            request.name,
            request.outcome.word(),
            request.took.as_millis(),
            request.sent,
            request.received
        );
        let mut state = self.state();
        if state.requests.len() == WAITING {
            state.requests.pop_front();
        }
        state.requests.push_back(request);
        drop(state);
        self.0.news.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way. Dropped before its end it was given up.
#[derive(Debug)]
pub(super) struct Measure {
    meter: Meter,
    begun: Instant,
    request: Request,
    arrives: bool,
}

impl Measure {
    /// The head of the answer is here.
    pub fn head(&mut self, bytes: u64) {
        self.request.received += bytes;
        self.arrives = true;
        let mut state = self.meter.state();
        state.arriving += 1;
        state.transfer.get_or_insert((Instant::now(), 0));
        if state.pong_at.is_some_and(|at| at.elapsed() > FRESH) {
            state.pong_at = None;
            state.estimate.forget_pongs();
        }
        state.estimate.first_byte(self.begun.elapsed());
    }

    /// A piece of the body is here; waits while that is more than is wanted.
    pub async fn piece(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.request.received += bytes;
        if let Some((_, sum)) = &mut self.meter.state().transfer {
            *sum += bytes;
        }
        self.meter.wait_for_turn(bytes).await;
    }

    /// It is over.
    pub fn end(mut self, outcome: Outcome) {
        self.request.outcome = outcome;
    }
}

impl Drop for Measure {
    fn drop(&mut self) {
        if self.arrives {
            let mut state = self.meter.state();
            state.arriving = state.arriving.saturating_sub(1);
            if state.arriving == 0
                && let Some((since, bytes)) = state.transfer.take()
            {
                state.estimate.transfer(bytes, since.elapsed());
            }
        }
        self.request.took = self.begun.elapsed();
        self.meter.keep(self.request.clone());
    }
}

/// What came of a request, from its answer.
pub(super) fn outcome<T>(answer: &Result<T>, told: impl Fn(&T) -> Outcome) -> Outcome {
    match answer {
        Ok(answer) => told(answer),
        Err(Error::Status { status, .. } | Error::Page { status, .. }) => Outcome::Answered(*status),
        Err(error) => Outcome::Failed(clean_line(&error.to_string())),
    }
}

/// The name of a GraphQL operation: what it says of itself, else the first word of what it asks for.
pub(super) fn operation(body: &Value) -> String {
    if let Some(name) = body["operationName"].as_str().filter(|name| !name.is_empty()) {
        return name.to_owned();
    }
    let text = body["query"].as_str().unwrap_or_default();
    let words = text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).filter(|word| !word.is_empty());
    let name = words.into_iter().find(|word| !matches!(*word, "query" | "mutation" | "subscription"));
    name.unwrap_or("question").chars().take(40).collect()
}

fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_operation_is_named_without_what_it_is_asked_with() {
        let named = |body: Value| operation(&body);
        assert_eq!(named(json!({"operationName": "Pods", "query": "query Pods { pods { id } }"})), "Pods");
        assert_eq!(
            named(json!({"query": "mutation Stop($id: ID!) { stop(id: $id) }", "variables": {"id": 7}})),
            "Stop"
        );
        assert_eq!(named(json!({"query": "{ __typename }"})), "__typename");
        assert_eq!(named(json!({})), "question");
    }

    #[tokio::test]
    async fn requests_are_told_with_what_came_of_them() {
        let meter = Meter::default();
        let mut answered = meter.begin("Kabinet", "Pods".into(), 300);
        answered.head(100);
        answered.piece(1_000).await;
        answered.end(Outcome::Answered(200));
        drop(meter.begin("Rekuest", "Tasks".into(), 200));
        meter.pushed("Rekuest", "TasksChanged", 50).await;
        meter.pushed("Rekuest", "TasksChanged", 20).await;
        let told: Vec<_> =
            meter.ended().await.into_iter().map(|it| (it.name, it.sent, it.received, it.outcome)).collect();
        let wanted = [
            ("Pods".to_owned(), 300, 1_100, Outcome::Answered(200)),
            ("Tasks".to_owned(), 200, 0, Outcome::GivenUp),
            ("TasksChanged".to_owned(), 0, 70, Outcome::Pushed),
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn a_cap_holds_back_what_comes_too_fast() {
        let meter = Meter::default();
        assert_eq!(meter.turn(1 << 30), None);
        meter.hold(LowBandwidth::On, Some(1_000));
        assert_eq!(meter.speed(), Speed::Slow);
        let begun = Instant::now();
        let turns = [1_500, 1_500].map(|bytes| meter.turn(bytes));
        assert!(turns[0] >= Some(begun + Duration::from_millis(1_500)), "{turns:?}");
        assert!(turns[1] >= Some(begun + Duration::from_secs(3)), "{turns:?}");
    }
}
