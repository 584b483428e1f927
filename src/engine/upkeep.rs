//! What an engine keeps up beside its work: the machine's facts on the server, and the server's settings here.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{backend::Backend, facts::Probe, records::Records};
use crate::{
    agent::{self, passes, slowly, spread},
    domain::Facts,
    services::{self, Session, socket},
};

/// How often the machine's facts are read again.
const FACTS_EVERY: Duration = Duration::from_mins(1);

/// Unchanged facts are reported again after so many readings, so that their age says that somebody still looks.
const FACTS_ANYWAY: u32 = 10;

/// Free space that changes by less than this, in MB, is no news.
const DISK_NOISE: u64 = 1000;

/// Reads the machine's facts until `stop`, and reports what is new. `gone` is cancelled when the server has no record of
/// this engine any more.
pub async fn keep_facts(backend: Arc<Backend>, mut probe: Probe, stop: CancellationToken, gone: CancellationToken) {
    let mut unchanged = 0;
    loop {
        let wait = if backend.resource().is_some() { FACTS_EVERY } else { Duration::from_secs(5) };
        if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            return;
        }
        let read = async {
            let facts = probe.read(&*backend.driver).await;
            let is_old = backend.resource().is_some() && !is_news(&backend.facts(), &facts);
            unchanged = if is_old { unchanged + 1 } else { FACTS_ANYWAY };
            if unchanged < FACTS_ANYWAY {
                return;
            }
            match backend.report(facts).await {
                Ok(()) => unchanged = 0,
                Err(services::Error::NotFound(why)) => {
                    tracing::warn!("the server has lost this engine's record, which is made anew: {why}");
                    gone.cancel();
                }
                Err(error) => tracing::debug!("the machine's facts were not reported: {error}"),
            }
        };
        if stop.run_until_cancelled(read).await.is_none() || gone.is_cancelled() {
            return;
        }
    }
}

/// Forgets what the server can do whenever the connection was made anew: it may have been updated meanwhile.
pub async fn ask_anew(records: Records, mut connection: watch::Receiver<agent::Connection>, stop: CancellationToken) {
    loop {
        let online = connection.wait_for(|state| matches!(state, agent::Connection::Online { .. }));
        if !matches!(stop.run_until_cancelled(online).await, Some(Ok(_))) {
            return;
        }
        records.forget_capabilities();
        let lost = connection.wait_for(|state| !matches!(state, agent::Connection::Online { .. }));
        if !matches!(stop.run_until_cancelled(lost).await, Some(Ok(_))) {
            return;
        }
    }
}

/// Whether facts differ by more than what moves all the time: a little free space, the processor's present speed.
fn is_news(old: &Facts, new: &Facts) -> bool {
    let steady = |facts: &Facts| {
        let mut facts = facts.0.clone();
        facts.retain(|key, _| key != "disk.free_mb" && key != "cpu.mhz");
        facts
    };
    let free = |facts: &Facts| facts.number("disk.free_mb").unwrap_or(0);
    steady(old) != steady(new) || free(old).abs_diff(free(new)) >= DISK_NOISE
}

/// Follows the server's settings for engines, where it has any. It is asked once whether it has; a server that has none
/// is never asked again.
pub async fn hear_settings(session: Session, poll: watch::Sender<Duration>, stop: CancellationToken) {
    let mut failures = 0;
    loop {
        let listen = async {
            if !has_settings(&session).await? {
                return Ok(());
            }
            follow_settings(&session, &poll).await
        };
        match stop.run_until_cancelled(listen).await {
            // Stopped, or the server has no such settings: ours hold.
            None | Some(Ok(()) | Err(services::Error::Refused(_))) => return,
            Some(Err(error)) => {
                tracing::debug!("the server's settings for engines cannot be followed: {error}");
                failures = if passes(&error) { 1 } else { failures + 1 };
            }
        }
        if stop.run_until_cancelled(tokio::time::sleep(slowly(failures, spread()))).await.is_none() {
            return;
        }
    }
}

async fn has_settings(session: &Session) -> services::Result<bool> {
    let document = include_str!("../../queries/engine/has_settings.graphql");
    let answer: Value = session.rekuest()?.run(document, json!({})).await?;
    let fields = answer["subscription"]["fields"].as_array();
    Ok(fields.is_some_and(|fields| fields.iter().any(|field| field["name"] == "engineSettings")))
}

/// Ends only with an error.
async fn follow_settings(session: &Session, poll: &watch::Sender<Duration>) -> services::Result<()> {
    let operation = json!({ "query": include_str!("../../queries/engine/settings.graphql"), "variables": {} });
    let frames = socket::subscribe(session.rekuest()?, std::slice::from_ref(&operation)).await?;
    let mut frames = Box::pin(frames);
    while let Some(frame) = frames.next().await {
        match frame? {
            socket::Frame::Next { data, .. } => {
                let seconds = data["engineSettings"]["pollIntervalSeconds"].as_f64();
                if let Some(every) = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
                    poll.send_replace(every.max(Duration::from_millis(100)));
                }
            }
            socket::Frame::Refused { error, .. } => return Err(error),
        }
    }
    Err(services::Error::Deadline { service: "Rekuest".into(), after: Duration::ZERO })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::{LIMIT, World};

    #[test]
    fn what_moves_all_the_time_is_no_news() {
        let facts = |free: &str, gpu: &str, speed: &str| {
            [("disk.free_mb", free), ("gpu", gpu), ("cpu.mhz", speed)].into_iter().collect::<Facts>()
        };
        let old = facts("50000", "false", "2400");
        assert!(!is_news(&old, &facts("49500", "false", "3100")));
        assert!(is_news(&old, &facts("48900", "false", "2400")));
        assert!(is_news(&old, &facts("50000", "true", "2400")));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_server_may_change_the_interval_while_the_engine_runs() {
        let world = World::new().await;
        let poll = watch::Sender::new(Duration::from_secs(10));
        let mut heard = poll.subscribe();
        let stop = CancellationToken::new();
        let _guard = stop.clone().drop_guard();
        tokio::spawn(hear_settings(world.store.session().clone(), poll, stop));
        // The first word is what holds now; then whatever is set.
        let wait = async |heard: &mut watch::Receiver<Duration>, wanted: Duration| {
            let reached = heard.wait_for(|interval| *interval == wanted);
            tokio::time::timeout(LIMIT, reached).await.unwrap().unwrap();
        };
        wait(&mut heard, Duration::from_secs(5)).await;
        world.server.set_engine_poll_interval(Duration::from_millis(1500));
        wait(&mut heard, Duration::from_millis(1500)).await;
    }
}
