//! How often the screen is painted: at once after a key, else as often as somebody can see it and the link can take it.

use std::time::Duration;

use crate::domain::Speed;

/// A frame after what the server says, at most this often.
const FRAME: Duration = Duration::from_millis(16);
/// A frame after log lines, at most this often.
pub(super) const LOG_FRAME: Duration = Duration::from_millis(100);
/// Over a slow link a frame after anything but a key, at most this often.
const SELDOM: Duration = Duration::from_millis(250);
/// After a frame that took this long to write, the link is slow.
const SLOW: Duration = Duration::from_millis(30);

/// How soon a change has to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    /// Log lines.
    Whenever,
    /// What the server says.
    Soon,
    /// The answer to a key.
    Now,
}

/// How long after the frame before the next one may be painted, which took so long to write; `None`: at once.
pub(super) fn pause(urgency: Urgency, link: Speed, took: Duration) -> Option<Duration> {
    let usual = match urgency {
        Urgency::Now => return None,
        _ if link == Speed::Slow => SELDOM,
        Urgency::Soon => FRAME,
        Urgency::Whenever => LOG_FRAME,
    };
    // A slow link gets frames as fast as it takes them, with air between for the answers to keys.
    Some(if took > SLOW { usual.max(took * 3) } else { usual })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_answered_at_once_and_what_comes_by_itself_at_most_60_times_a_second_and_4_times_where_the_link_is_slow()
    {
        let quick = Duration::from_millis(2);
        let frames = |urgency, link| pause(urgency, link, quick).map(|pause| 1000 / pause.as_millis());
        for link in [Speed::Usual, Speed::Slow] {
            assert_eq!(frames(Urgency::Now, link), None);
        }
        assert_eq!((frames(Urgency::Soon, Speed::Usual), frames(Urgency::Soon, Speed::Slow)), (Some(62), Some(4)));
        assert_eq!(
            (frames(Urgency::Whenever, Speed::Usual), frames(Urgency::Whenever, Speed::Slow)),
            (Some(10), Some(4))
        );
    }

    #[test]
    fn a_link_that_takes_its_time_for_a_frame_has_three_times_as_long_for_itself() {
        let took = Duration::from_millis(200);
        assert_eq!(pause(Urgency::Soon, Speed::Usual, took), Some(took * 3));
        assert_eq!(pause(Urgency::Whenever, Speed::Slow, Duration::from_millis(40)), Some(SELDOM));
        assert_eq!(pause(Urgency::Now, Speed::Slow, took), None);
    }
}
