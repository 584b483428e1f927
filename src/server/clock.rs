//! The server's clock.

/// Milliseconds since 1970-01-01 UTC.
pub fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Seconds since 1970-01-01 UTC.
pub fn seconds() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A duration in milliseconds.
pub fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
