//! A point in time, without a clock.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01 UTC. Whoever needs the present gets it handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

impl Moment {
    /// Reads an ISO 8601 time; one without offset is taken as UTC, as the catalogue's files mean it.
    ///
    /// ```
    /// # use kab::domain::Moment;
    /// assert_eq!(Moment::parse("1970-01-01T00:00:01Z"), Some(Moment(1000)));
    /// assert_eq!(Moment::parse("1970-01-01T00:00:01.5"), Some(Moment(1500)));
    /// assert_eq!(Moment::parse("yesterday"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
            return Some(Self(stamp.as_millisecond()));
        }
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Self(zoned.timestamp().as_millisecond()))
    }

    /// ISO 8601 in UTC with milliseconds, as GraphQL's `DateTime` wants it.
    ///
    /// ```
    /// # use kab::domain::Moment;
    /// assert_eq!(Moment(1500).to_iso(), "1970-01-01T00:00:01.500Z");
    /// ```
    pub fn to_iso(self) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .map_or_else(|_| String::from("1970-01-01T00:00:00.000Z"), |stamp| format!("{stamp:.3}"))
    }

    /// The moment that is so much later.
    #[must_use]
    pub fn plus(self, rest: std::time::Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(rest.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Whole seconds from `self` to `later`; zero when `later` is earlier (clocks differ between hosts).
    pub fn seconds_until(self, later: Self) -> u64 {
        u64::try_from(later.0.saturating_sub(self.0) / 1000).unwrap_or(0)
    }
}

/// A length of time in one unit: `31 s`, `10 min`, `2 h`, `3 days`.
///
/// ```
/// # use kab::domain::span;
/// assert_eq!([span(119), span(600), span(7_200)], ["119 s", "10 min", "2 h"]);
/// ```
pub fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
