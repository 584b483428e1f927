//! The log of a container that is followed, to its last word: Podman may end the answer when the container has ended, before it
//! has told what was written at last, which is what people look for.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt as _, TryStreamExt as _, stream, stream::BoxStream};

use super::Error;
use crate::domain::{LogLine, LogSeam};

type Lines<'a> = BoxStream<'a, Result<LogLine, Error>>;

/// So many of the newest lines are read once more at the end.
pub(super) const LAST: usize = 100;

/// The lines that are followed, then those of the end that were not among them; `end` reads the newest lines. Where nothing was
/// told nobody can say what is missing, and a container that is gone has told everything.
pub(super) fn to_the_end<'a>(followed: Lines<'a>, end: impl FnOnce() -> Lines<'a> + Send + 'a) -> Lines<'a> {
    let seam = Arc::new(Mutex::new(LogSeam::default()));
    let noted = Arc::clone(&seam);
    let followed = followed.inspect_ok(move |line| {
        noted.lock().unwrap_or_else(PoisonError::into_inner).is_new(line);
    });
    let rest = stream::once(async move {
        let mut seam = seam.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if !seam.has_times() {
            return Vec::new();
        }
        seam.reopen();
        let lines: Vec<LogLine> = end().try_collect().await.unwrap_or_default();
        lines.into_iter().filter(|line| seam.is_new(line)).collect()
    });
    followed.chain(rest.flat_map(|lines| stream::iter(lines.into_iter().map(Ok)))).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{LogSource, Moment};

    fn lines(told: &'static [(i64, &'static str)]) -> Lines<'static> {
        let line = |(at, text): &(i64, &str)| LogLine {
            at: Some(Moment(*at)),
            source: LogSource::Stdout,
            text: (*text).to_owned(),
        };
        stream::iter(told.iter().map(line).map(Ok)).boxed()
    }

    async fn told(followed: Lines<'static>, end: Lines<'static>) -> Vec<String> {
        let told: Vec<LogLine> = to_the_end(followed, || end).try_collect().await.unwrap();
        told.into_iter().map(|line| line.text).collect()
    }

    #[tokio::test]
    async fn the_last_words_are_told_where_the_engine_ended_before_them_and_nothing_twice() {
        let whole = || lines(&[(1, "tick 0"), (2, "tick 1"), (2, "tick 2"), (3, "bye")]);
        assert_eq!(told(lines(&[(1, "tick 0"), (2, "tick 1")]), whole()).await, ["tick 0", "tick 1", "tick 2", "bye"]);
        assert_eq!(told(whole(), whole()).await.len(), 4);
        assert_eq!(told(lines(&[]), whole()).await, [""; 0], "it was followed from now on");
        let gone = stream::iter([Err(Error::NotFound("x".into()))]).boxed();
        assert_eq!(told(lines(&[(1, "tick 0")]), gone).await, ["tick 0"]);
    }
}
