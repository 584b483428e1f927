//! Doing what may be done twice, again while the server is away: an installation does not fail because a server restarts.

use crate::{
    agent::{backoff, passes, spread},
    services::Result,
};

/// Carries it out for as long as it takes, while `passes` says that waiting helps. For what must not be decided by an
/// outage.
pub async fn persist<T, E, W>(passes: impl Fn(&E) -> bool, mut attempt: impl FnMut() -> W) -> Result<T, E>
where
    E: std::fmt::Display,
    W: Future<Output = Result<T, E>>,
{
    let mut failures = 0_u32;
    loop {
        match attempt().await {
            Err(error) if passes(&error) => {
                failures = failures.saturating_add(1);
                tracing::debug!("again soon: {error}");
                tokio::time::sleep(backoff(failures, spread())).await;
            }
            other => return other,
        }
    }
}

/// So often, which takes about half a minute.
const ATTEMPTS: u32 = 6;

/// Carries it out; the last error when it does not get better. Only for what does no harm when it is done twice: an
/// answer may be lost after the work was done.
pub async fn insist<T, W: Future<Output = Result<T>>>(mut attempt: impl FnMut() -> W) -> Result<T> {
    for failures in 1..=ATTEMPTS {
        match attempt().await {
            Err(error) if passes(&error) => {
                tracing::debug!("again soon: {error}");
                tokio::time::sleep(backoff(failures, spread())).await;
            }
            other => return other,
        }
    }
    attempt().await
}
