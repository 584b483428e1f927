//! Who tells how signing in goes on. Every step arrives: the one with the code, and the last one, are worth waiting for
//! while the screen is busy.

use super::perform::Inbox;
use crate::tui::effect::Ticket;
use crate::tui::message::Message;
use crate::tui::overlays::SignInStep;

/// Tells of one attempt to sign in.
#[derive(Debug, Clone)]
pub struct Teller {
    inbox: Inbox,
    ticket: Ticket,
}

impl Teller {
    /// For that attempt.
    pub fn new(inbox: Inbox, ticket: Ticket) -> Self {
        Self { inbox, ticket }
    }

    /// Tells, and waits while the inbox is full. A step that nobody takes any more is no loss.
    pub async fn tell(&self, step: SignInStep) {
        self.inbox.send(Message::SignIn(self.ticket, step)).await.ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_step_waits_for_room_in_the_inbox() {
        let (inbox, mut messages) = tokio::sync::mpsc::channel(1);
        inbox.try_send(Message::Resumed).unwrap();
        let granted = SignInStep::Granted("ada".into());
        let teller = Teller::new(inbox, Ticket(7));
        let telling = tokio::spawn({
            let granted = granted.clone();
            async move { teller.tell(granted).await }
        });
        assert_eq!(messages.recv().await, Some(Message::Resumed));
        assert_eq!(messages.recv().await, Some(Message::SignIn(Ticket(7), granted)));
        telling.await.unwrap();
    }
}
