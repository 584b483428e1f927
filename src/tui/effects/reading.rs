//! Reads lists when somebody wants them, not more often than a server bears, and tells of changes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::keeping::Keeper;
use super::perform::{Inbox, State};
use crate::domain::{FailureKind, Speed};
use crate::services::{self, Change, Course, Error, Growing, Meter, NEWEST_TASKS, Store, Topic};
use crate::tui::effect::List;
use crate::tui::message::Message;
use crate::tui::net::Delivery;

/// Between two readings that a person asked for.
const PAUSE: Duration = Duration::from_millis(200);

/// Between two readings of a list that is looked at and may have changed …
const LOOKED_AT: Duration = Duration::from_secs(3);

/// … and of another one.
const ASIDE: Duration = Duration::from_secs(15);

/// Over a slow link everything is read so many times less often.
const PATIENCE: u32 = 4;

/// A list whose reading takes long, or to no end, waits up to this.
const LONGEST: Duration = Duration::from_mins(1);

/// A catalogue that could not be read is tried once more after this: nothing else would ask for it.
const LATER: Duration = Duration::from_secs(20);

/// Who waits for a list.
#[derive(Default)]
pub(super) struct Wish {
    told: Notify,
    is_urgent: AtomicBool,
    unwanted: Notify,
}

impl Wish {
    /// Somebody waits for it.
    pub fn now(&self) {
        self.is_urgent.store(true, Ordering::SeqCst);
        self.told.notify_one();
    }

    /// Nobody waits for it any more.
    pub fn stop(&self) {
        self.unwanted.notify_waiters();
    }

    /// It may have changed.
    pub fn in_turn(&self) {
        self.told.notify_one();
    }
}

/// When a list was read, and what that cost.
#[derive(Debug, Clone, Copy, Default)]
struct Rhythm {
    last: Option<Instant>,
    before: Option<Instant>,
    took: Duration,
    timeouts: u32,
}

impl Rhythm {
    /// When the next reading may begin, with this pause between readings. After a quiet time one of them may follow at
    /// once: the first change is seen as it happens, and what hails down afterwards waits.
    fn next(&self, pause: Duration) -> Option<Instant> {
        let pause = pause.max(self.took * 2).saturating_mul(1 << self.timeouts.min(6)).min(LONGEST);
        let last = self.last?;
        match self.before {
            None if self.timeouts == 0 => Some(last),
            Some(before) if self.timeouts == 0 => Some((last + pause).min(last.max(before + pause * 2))),
            _ => Some(last + pause),
        }
    }

    fn note(&mut self, begun: Instant, is_late: bool) {
        let now = Instant::now();
        (self.before, self.last, self.took) = (self.last, Some(now), now - begun);
        self.timeouts = if is_late { self.timeouts + 1 } else { 0 };
    }
}

/// Which topic a list belongs to.
pub(super) fn topic_of(list: List) -> Topic {
    match list {
        List::Pods => Topic::Pods,
        List::Tasks => Topic::Tasks,
        List::Engines => Topic::Engines,
        List::Apps | List::Nodes | List::Repositories => Topic::Catalogue,
    }
}

/// Waits until the list is wanted, and until it is its turn.
async fn wanted(list: List, state: &State, (rhythm, meter): (&Rhythm, &Meter)) {
    let wish = &state.wishes[list as usize];
    let mut looked_at = state.looked_at.subscribe();
    wish.told.notified().await;
    while !wish.is_urgent.swap(false, Ordering::SeqCst) {
        let topic = topic_of(list);
        // Nothing polls a catalogue: when it is said to have changed, it has.
        let is_seen = topic == Topic::Catalogue || looked_at.borrow_and_update().topics().contains(&topic);
        let pause = if is_seen { LOOKED_AT } else { ASIDE };
        let pause = if meter.speed() == Speed::Slow { pause * PATIENCE } else { pause };
        let Some(at) = rhythm.next(pause) else { return };
        tokio::select! {
            () = tokio::time::sleep_until(at) => return,
            () = wish.told.notified() => {}
            Ok(()) = looked_at.changed() => {}
        }
    }
}

/// Reads a list whenever somebody wants it. What is wanted while it is being read is read once more afterwards.
pub(super) async fn read_when_wanted(list: List, state: &State, store: &Store, (inbox, keeper): (&Inbox, &Keeper)) {
    let mut rhythm = Rhythm::default();
    let mut left_out = 0;
    let mut is_second_try = false;
    loop {
        wanted(list, state, (&rhythm, store.session().http().meter())).await;
        let begun = Instant::now();
        let mut is_late = false;
        let failed = |error: Error| {
            is_late = matches!(error, Error::Deadline { .. });
            error.failure(format!("Could not list the {}", list.name()))
        };
        let reading = async {
            match list {
                List::Apps => {
                    Message::Apps(whole(store.growing_apps(), inbox, Message::AppsSoFar).await.map_err(failed))
                }
                List::Nodes => {
                    Message::Nodes(whole(store.growing_nodes(), inbox, Message::NodesSoFar).await.map_err(failed))
                }
                List::Engines => Message::Engines(store.engines().await.map_err(failed)),
                List::Pods => Message::Pods(store.pods().await.map_err(failed)),
                List::Tasks => Message::Tasks(store.tasks_and_open(NEWEST_TASKS).await.map_err(failed)),
                List::Repositories => Message::Repositories(store.repositories().await.map_err(failed)),
            }
        };
        let message = tokio::select! {
            () = state.wishes[list as usize].unwanted.notified() => continue,
            message = reading => message,
        };
        rhythm.note(begun, is_late);
        keeper.keep(&message);
        let tries_again = topic_of(list) == Topic::Catalogue && has_failed_for_now(&message) && !is_second_try;
        if inbox.send(message).await.is_err() {
            return;
        }
        let now_left_out = store.left_out(list.name());
        if now_left_out > left_out {
            let text = format!("{now_left_out} of the {} are left out: the server cannot tell them", list.name());
            inbox.send(Message::Said(text)).await.ok();
        }
        left_out = now_left_out;
        is_second_try = tries_again;
        if tries_again {
            let wish = &state.wishes[list as usize];
            tokio::time::timeout(LATER, wish.told.notified()).await.ok();
            wish.now();
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether a list could not be read, and may be soon.
fn has_failed_for_now(message: &Message) -> bool {
    let (Message::Apps(Err(failure)) | Message::Nodes(Err(failure)) | Message::Repositories(Err(failure))) = message
    else {
        return false;
    };
    failure.kind != FailureKind::SignIn
}

/// Reads a list to its end, and tells what there is on the way.
async fn whole<T>(
    mut growing: impl Stream<Item = crate::services::Result<Growing<T>>> + Unpin,
    inbox: &Inbox,
    so_far: impl Fn(Vec<T>) -> Message,
) -> crate::services::Result<Vec<T>> {
    let mut last = Vec::new();
    while let Some(part) = growing.next().await {
        match part? {
            Growing { rows, course: Course::Whole } => last = rows,
            Growing { rows, course: Course::GoesOn } => {
                inbox.send(so_far(rows)).await.ok();
            }
        }
    }
    Ok(last)
}

/// Translates the store's changes.
pub(super) async fn tell_changes(store: &Store, state: &State, inbox: &Inbox) {
    let mut changes = store.changes_for(&state.looked_at.subscribe());
    let mut lost: Vec<Topic> = Vec::new();
    while let Some(change) = changes.next().await {
        let messages = match change {
            Change::Connected { topics, delivery } => {
                let delivered = delivered(&topics, delivery);
                if inbox.send(delivered).await.is_err() {
                    return;
                }
                let was_lost = !lost.is_empty();
                lost.retain(|topic| !topics.contains(topic));
                if was_lost && lost.is_empty() {
                    // All lists are read again then.
                    vec![Message::Regained]
                } else {
                    // Between reading the lists and listening, something may have happened to what changes often.
                    let heard = topics.contains(&Topic::Catalogue).then_some(Message::CatalogueHeard);
                    let often = topics.into_iter().filter(|topic| *topic != Topic::Catalogue);
                    often.flat_map(outdated).chain(heard).collect()
                }
            }
            Change::Lost { topics, failure, retry_in } => {
                lost.extend(topics);
                vec![Message::Lost(failure, retry_in)]
            }
            Change::Stale(topic) => outdated(topic),
            Change::Event(event) => vec![Message::TaskHappened(Box::new(event))],
        };
        for message in messages {
            if inbox.send(message).await.is_err() {
                return;
            }
        }
    }
}

/// Tells of the requests that have ended, and of the link.
pub(super) async fn tell_requests(meter: &Meter, inbox: &Inbox) {
    let mut speed = meter.speed();
    loop {
        let ended = meter.ended().await;
        if inbox.send(Message::Measured(ended, meter.round_trip())).await.is_err() {
            return;
        }
        let now = meter.speed();
        if now != speed {
            speed = now;
            inbox.send(Message::Link(speed)).await.ok();
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn delivered(topics: &[Topic], delivery: services::Delivery) -> Message {
    // A catalogue is never asked for again by itself.
    let lists = topics.iter().filter(|topic| **topic != Topic::Catalogue).flat_map(|topic| lists_of(*topic));
    let delivery = match delivery {
        services::Delivery::Pushed => Delivery::Pushed,
        services::Delivery::Polled => Delivery::Polled,
    };
    Message::Delivers(lists.copied().collect(), delivery)
}

fn lists_of(topic: Topic) -> &'static [List] {
    match topic {
        Topic::Pods => &[List::Pods],
        Topic::Tasks => &[List::Tasks],
        Topic::Engines => &[List::Engines],
        Topic::Catalogue => &[List::Apps, List::Nodes, List::Repositories],
    }
}

fn outdated(topic: Topic) -> Vec<Message> {
    lists_of(topic).iter().map(|list| Message::Outdated(*list)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When readings happen, in milliseconds, of a list that is said to have changed at these times.
    fn readings(told: impl Iterator<Item = u64>) -> Vec<u64> {
        let start = Instant::now();
        let mut rhythm = Rhythm::default();
        let mut read: Vec<u64> = Vec::new();
        for at in told {
            let at = start + Duration::from_millis(at);
            let due = rhythm.next(LOOKED_AT).map_or(at, |due| due.max(at));
            // What was said before the last reading began was read by it.
            if rhythm.last.is_some_and(|last| at < last) {
                continue;
            }
            (rhythm.before, rhythm.last) = (rhythm.last, Some(due));
            read.push(u64::try_from((due - start).as_millis()).unwrap());
        }
        read
    }

    #[test]
    fn the_first_change_is_read_at_once_and_the_hail_after_it_every_three_seconds() {
        assert_eq!(readings([0, 100, 60_000, 60_100].into_iter()), [0, 100, 60_000, 60_100]);
        let hail = readings((0..10_000).step_by(100));
        assert_eq!(hail, [0, 100, 3_100, 6_100, 9_100, 12_100]);
    }

    #[test]
    fn what_takes_long_or_comes_to_no_end_is_asked_for_less_often() {
        let now = Instant::now();
        let rhythm = Rhythm { last: Some(now), before: Some(now), took: Duration::from_secs(5), timeouts: 0 };
        assert_eq!(rhythm.next(LOOKED_AT), Some(now + Duration::from_secs(10)));
        let waits: Vec<u64> = (1..6)
            .map(|timeouts| Rhythm { took: Duration::ZERO, timeouts, ..rhythm })
            .map(|rhythm| (rhythm.next(LOOKED_AT).unwrap() - now).as_secs())
            .collect();
        assert_eq!(waits, [6, 12, 24, 48, 60]);
    }
}
