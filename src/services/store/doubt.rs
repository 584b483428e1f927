//! Work whose reply was lost: whether it was given is looked up, and whoever waits for it is told meanwhile.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::Notify;

use super::Store;

/// Hears when the reply to what its store sent was lost.
#[derive(Debug)]
pub struct Doubt(Arc<Notify>);

impl Store {
    /// The same store for one piece of work, and what hears whether its reply was lost.
    #[must_use]
    pub fn with_doubt(&self) -> (Self, Doubt) {
        let doubt = Arc::new(Notify::new());
        (Self { doubt: Some(Arc::clone(&doubt)), ..self.clone() }, Doubt(doubt))
    }

    /// From now on nobody knows whether what was sent has arrived.
    pub(super) fn be_in_doubt(&self) {
        if let Some(doubt) = &self.doubt {
            doubt.notify_one();
        }
    }
}

impl Doubt {
    /// Does the work of that store; `tell` is done as well when nobody knows whether its request has arrived.
    pub fn told<T>(self, work: impl Future<Output = T>, tell: impl Future<Output = ()>) -> impl Future<Output = T> {
        let mut work = Box::pin(work);
        async move {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = self.0.notified() => {}
            }
            futures_util::join!(work, tell).0
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn who_waits_is_told_once_and_only_where_there_is_doubt() {
        let told = Cell::new(0);
        let tell = async || told.set(told.get() + 1);
        let doubt = || (Arc::new(Notify::new()), 7);
        let (notify, seven) = doubt();
        assert_eq!(Doubt(notify).told(async { seven }, tell()).await, 7);
        assert_eq!(told.get(), 0);
        let (notify, seven) = doubt();
        let lost = Arc::clone(&notify);
        let work = async {
            lost.notify_one();
            tokio::task::yield_now().await;
            lost.notify_one();
            seven
        };
        assert_eq!(Doubt(notify).told(work, tell()).await, 7);
        assert_eq!(told.get(), 1);
    }
}
