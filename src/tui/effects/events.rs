//! What the terminal tells, as messages, and how soon what a message changes has to be seen.

use crossterm::event::Event;

use super::run::Urgency;
use crate::tui::app::App;
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
        Message::Key(_) | Message::Paste(_) | Message::Mouse(_) | Message::Resize(..) | Message::Resumed => {
            Urgency::Now
        }
        // A meter alone is no reason for output.
        Message::Measured(..) if !app.watches_requests() => return None,
        Message::LogLines(..) | Message::LogDropped(..) | Message::Measured(..) => Urgency::Whenever,
        _ => Urgency::Soon,
    })
}
