//! What to do after a connection ended: the protocol's table of close codes, and how long to wait. Pure.
//!
//! Only what somebody has to decide ends an agent: blocked, displaced, asked to leave. Everything else may pass, and is
//! tried again for ever, with waits that grow as long as it does not get better.

use std::time::Duration;

use super::{
    Error,
    backoff::{backoff, slowly},
};

/// Another process holds the place; a dead one loses it 30 s after its last heartbeat.
const LEASE: Duration = Duration::from_secs(35);

/// A connection that lasted so long was a good one: the next loss is the first one again.
const GOOD: Duration = Duration::from_secs(2);

/// One that the server closed because of what was said has to last longer to be called good.
const GOOD_AFTER_REFUSAL: Duration = Duration::from_mins(1);

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ending {
    /// The close code; `None` when the network broke.
    pub code: Option<u16>,
    /// How long it had been registered; `None`: `INIT` never came.
    pub registered: Option<Duration>,
    /// What a `PROTOCOL_ERROR` before it said.
    pub protocol_error: Option<String>,
}

/// What to do after a connection ended.
#[derive(Debug)]
pub enum Next {
    /// Connect again.
    Reconnect,
    /// The same, but with a new token and a new registration first.
    Afresh,
    /// The same, but slowly: the server does not understand us, and most likely never will.
    Slowly,
    /// Connect again when the lease of another process may have ended.
    Occupied,
    /// End for good.
    Stop(Error),
}

/// The protocol's table of close codes.
pub fn after(ending: &Ending) -> Next {
    match (ending.code, &ending.protocol_error, ending.registered) {
        (Some(4003), ..) => Next::Stop(Error::Blocked),
        (Some(4004), ..) => Next::Occupied,
        (Some(4005), ..) => Next::Stop(Error::Displaced),
        (Some(3003), Some(_), None) => Next::Slowly,
        (Some(3003), ..) => Next::Afresh,
        _ => Next::Reconnect,
    }
}

/// How often in a row it went wrong, and therefore how long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Patience {
    failures: u32,
}

impl Patience {
    /// The wait before connecting again. `spread` is 0 to 255.
    pub fn wait(&mut self, ending: &Ending, next: &Next, spread: u8) -> Duration {
        let good = if matches!(next, Next::Afresh) { GOOD_AFTER_REFUSAL } else { GOOD };
        if ending.registered.is_some_and(|lasted| lasted >= good) {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        match next {
            Next::Occupied => LEASE + Duration::from_millis(20 * u64::from(spread)),
            Next::Slowly => slowly(self.failures, spread),
            Next::Reconnect | Next::Afresh | Next::Stop(_) => backoff(self.failures, spread),
        }
    }

    /// The wait after the server could not be asked at all.
    pub fn unreachable(&mut self, spread: u8) -> Duration {
        self.failures = self.failures.saturating_add(1);
        backoff(self.failures, spread)
    }

    /// The wait after the server refused to be told who we are.
    pub fn refused(&mut self, spread: u8) -> Duration {
        self.failures = self.failures.saturating_add(1);
        slowly(self.failures, spread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(code: Option<u16>, registered: Option<u64>, error: Option<&str>) -> Ending {
        Ending { code, registered: registered.map(Duration::from_secs), protocol_error: error.map(str::to_owned) }
    }

    #[test]
    fn every_close_code_has_its_answer() {
        for code in [None, Some(1000), Some(1006), Some(1012), Some(3001), Some(3002), Some(3004)] {
            assert!(matches!(after(&ending(code, Some(1), None)), Next::Reconnect), "{code:?}");
            assert!(matches!(after(&ending(code, None, None)), Next::Reconnect), "{code:?}");
        }
        assert!(matches!(after(&ending(Some(3003), None, None)), Next::Afresh));
        assert!(matches!(after(&ending(Some(3003), Some(1), Some("late"))), Next::Afresh));
        assert!(matches!(after(&ending(Some(3003), None, Some("extra"))), Next::Slowly));
        assert!(matches!(after(&ending(Some(4003), None, None)), Next::Stop(Error::Blocked)));
        assert!(matches!(after(&ending(Some(4004), None, Some("busy"))), Next::Occupied));
        assert!(matches!(after(&ending(Some(4005), Some(1), None)), Next::Stop(Error::Displaced)));
    }

    #[test]
    fn waits_grow_for_ever_and_begin_anew_after_a_good_connection() {
        let wait = |patience: &mut Patience, ending: &Ending| patience.wait(ending, &after(ending), 0).as_millis();
        let mut patience = Patience::default();
        let outage = ending(Some(3003), None, None);
        let waits: Vec<_> = (0..9).map(|_| wait(&mut patience, &outage)).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
        // A network that cuts every few seconds is found again at once …
        assert_eq!(wait(&mut patience, &ending(None, Some(6), None)), 500);
        assert_eq!(wait(&mut patience, &ending(None, Some(6), None)), 500);
        // … one that cuts at once is not, nor is a server that dislikes what it is told.
        assert_eq!(wait(&mut patience, &ending(None, Some(1), None)), 1000);
        assert_eq!(wait(&mut patience, &ending(Some(3003), Some(6), None)), 2000);
        assert_eq!(wait(&mut patience, &ending(Some(3003), Some(61), None)), 500);
    }

    #[test]
    fn an_occupied_place_is_tried_after_the_lease_and_a_schema_error_slowly() {
        let mut patience = Patience::default();
        let occupied = ending(Some(4004), None, None);
        for spread in [0, 255] {
            let wait = patience.wait(&occupied, &after(&occupied), spread);
            assert!(wait > Duration::from_secs(30) && wait < Duration::from_secs(45), "{wait:?}");
        }
        let schema = ending(Some(3003), None, Some("extra"));
        let mut patience = Patience::default();
        let waits: Vec<_> = (0..7).map(|_| patience.wait(&schema, &after(&schema), 0).as_secs()).collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 600, 600]);
    }
}
