//! Whether the connection stands, for work that makes no sense without it.

use std::time::Duration;

use tokio::sync::watch;

/// Whether the connection stands.
#[derive(Debug)]
pub struct Standing(watch::Sender<bool>);

impl Standing {
    /// Nothing is lost yet.
    pub fn new() -> Self {
        Self(watch::Sender::new(true))
    }

    /// It stands.
    pub fn stands(&self) {
        self.0.send_replace(true);
    }

    /// It is lost.
    pub fn is_lost(&self) {
        self.0.send_replace(false);
    }

    /// Returns when it has been lost for that long without a break.
    pub async fn lost_for(&self, time: Duration) {
        let mut stands = self.0.subscribe();
        loop {
            // The sender lives as long as `self`.
            stands.wait_for(|stands| !stands).await.ok();
            if tokio::time::timeout(time, stands.wait_for(|stands| *stands)).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_is_lost_when_it_does_not_come_back_in_time() {
        let standing = Standing::new();
        let mut patient = Box::pin(standing.lost_for(Duration::from_hours(1)));
        let mut lost = Box::pin(standing.lost_for(Duration::from_millis(1)));
        assert!(futures_util::poll!(&mut lost).is_pending(), "it stands");
        standing.is_lost();
        assert!(futures_util::poll!(&mut patient).is_pending());
        tokio::time::timeout(Duration::from_secs(20), lost).await.unwrap();
        standing.stands();
        assert!(futures_util::poll!(&mut patient).is_pending(), "it came back");
    }
}
