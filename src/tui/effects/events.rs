//! What the terminal tells, as messages, and how soon what a message changes has to be seen.

use std::task::Poll;

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt as _;

use super::pace::Urgency;
use super::run::Ended;
use super::watchdog;
use crate::tui::app::{App, is_letter};
use crate::tui::message::Message;

/// What happened at the terminal, as a message.
pub(super) fn of_event(event: Event) -> Message {
    match event {
        Event::Key(key) => Message::Key(key),
        Event::Paste(text) => Message::Paste(text),
        Event::Resize(columns, rows) => Message::Resize(columns, rows),
        Event::FocusGained => Message::FocusGained,
        Event::FocusLost => Message::FocusLost,
        Event::Mouse(event) => Message::Mouse(event),
    }
}

/// How soon what a message changes has to be seen; `None`: not for its own sake.
pub(super) fn urgency(app: &App, message: &Message) -> Option<Urgency> {
    Some(match message {
        Message::Key(_)
        | Message::Letters(_)
        | Message::Paste(_)
        | Message::Mouse(_)
        | Message::Resize(..)
        | Message::Resumed
        // Somebody went there, and waits for it.
        | Message::LogPage(..) => Urgency::Now,
        // A meter alone is no reason for output.
        Message::Measured(..) if !app.watches_requests() => return None,
        Message::LogLines(..) | Message::LogDropped(..) | Message::Measured(..) | Message::Usage(..) => {
            Urgency::Whenever
        }
        _ => Urgency::Soon,
    })
}

/// The message; where it is a letter of a filter, with the letters that have arrived behind it, and what came after those.
pub(super) async fn letters(
    app: &App,
    message: Message,
    events: &mut EventStream,
) -> Result<(Message, Option<Message>), Ended> {
    let Message::Key(first) = message else { return Ok((message, None)) };
    if !app.is_filtering() || !is_letter(&first) {
        return Ok((message, None));
    }
    let mut letters = vec![first];
    loop {
        match next_event(events).await? {
            Some(Message::Key(key)) if is_letter(&key) => letters.push(key),
            behind => return Ok((Message::Letters(letters), behind)),
        }
    }
}

/// What the terminal tells now, if anything. A terminal that cannot be read is gone.
pub(super) async fn next_event(events: &mut EventStream) -> Result<Option<Message>, Ended> {
    if watchdog::is_gone() {
        return Err(Ended::HungUp);
    }
    match waiting(events).await {
        Poll::Ready(Some(Ok(event))) => Ok(Some(of_event(event))),
        Poll::Ready(Some(Err(_)) | None) => Err(Ended::HungUp),
        Poll::Pending => Ok(None),
    }
}

/// The next event if there is one now. Asked with the waker of this task: the stream keeps the first waker that it sees.
async fn waiting(events: &mut EventStream) -> Poll<Option<std::io::Result<Event>>> {
    std::future::poll_fn(|context| Poll::Ready(events.poll_next_unpin(context))).await
}
